//! One call, from off hook to on hook.

use super::agenda::Agenda;
use super::cast::{self, CannotBuild};
use super::draw::Direction;
use super::ends::{Note, Outcome};
use super::network::log::Tally;
use super::network::{Log, Path};
use super::page::{Document, Page, identical};
use super::scenario::Scenario;
use super::side::{Recording, Side};
use cpu_time::ThreadTime;
use fax_core::Timestamp;

/// What a call was.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// Its seed.
    pub seed: u64,
    /// Seconds until both were on hook.
    pub seconds: f64,
    /// How the caller and the answerer saw it; none if one never ended.
    pub outcomes: [Option<Outcome>; 2],
    /// Pages of the document.
    pub pages: usize,
    /// Pages that were received.
    pub received: usize,
    /// Pages that were received pixel for pixel at their place.
    pub identical: usize,
    /// Requests for repetition that the sender heard.
    pub pprs: usize,
    /// What the network did, from and to the caller.
    pub tallies: [Tally; 2],
    /// CPU seconds of the gateways and of everything. Alone of all this, not the same in every run.
    pub cpu: Cpu,
}

/// CPU seconds.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cpu {
    /// The caller's and the answerer's gateway.
    pub gateways: [f64; 2],
    /// The whole call.
    pub whole: f64,
}

/// No run is told from another by what it cost.
impl PartialEq for Cpu {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// What to keep besides the record.
#[derive(Clone, Copy, Debug, Default)]
pub struct Taps {
    /// Notes of the fax machines, records of the gateways, the network's log and the pages.
    pub events: bool,
    /// Every datagram.
    pub datagrams: bool,
    /// Samples of the phone lines.
    pub audio: bool,
}

/// What was kept.
#[derive(Debug, Default)]
pub struct Kept {
    /// Notes of the caller and the answerer, in the call's time.
    pub notes: [Vec<(Timestamp, Note)>; 2],
    /// What became of each datagram, from and to the caller.
    pub logs: [Log; 2],
    /// The datagrams themselves, in the same order.
    pub datagrams: [Vec<Vec<u8>>; 2],
    /// The caller's and the answerer's line.
    pub audio: [Option<Recording>; 2],
    /// What the caller's and the answerer's gateway keep of the call, as text.
    pub gateways: [Option<String>; 2],
    /// What was received.
    pub pages: Vec<Page>,
}

/// A verdict of the bench.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Both ends call it a success.
    pub t30_ok: bool,
    /// As many pages as were sent, each identical.
    pub pages_ok: bool,
}

impl Record {
    /// The verdict.
    pub fn verdict(&self) -> Verdict {
        Verdict {
            t30_ok: self.outcomes.iter().all(|outcome| outcome.as_ref().is_some_and(|outcome| outcome.ok)),
            pages_ok: self.received == self.pages && self.identical == self.pages,
        }
    }

    /// Why it failed, as both ends say it.
    pub fn cause(&self) -> String {
        let cause = |outcome: &Option<Outcome>| {
            outcome.as_ref().map_or("never ended", |outcome| outcome.cause.as_str()).to_owned()
        };
        let [caller, answerer] = self.outcomes.each_ref().map(cause);
        match self.verdict() {
            Verdict { t30_ok: true, pages_ok: false } => "OK, page damaged".to_owned(),
            _ => format!("caller {caller}; answerer {answerer}"),
        }
    }
}

impl Verdict {
    /// Both ends call it a success and all is identical.
    pub const fn strict(self) -> bool {
        self.t30_ok && self.pages_ok
    }

    /// Both ends call it a success and something is missing.
    pub const fn damaged_ok(self) -> bool {
        self.t30_ok && !self.pages_ok
    }
}

/// Runs a call.
pub fn run(
    scenario: &Scenario,
    document: &Document,
    seed: u64,
    taps: Taps,
) -> Result<(Record, Kept), CannotBuild> {
    let begun = ThreadTime::now();
    let mut stage = Stage::new(scenario, document, seed, taps)?;
    stage.play(cast::limit(document));
    let (mut record, kept) = stage.end(document, seed);
    record.cpu.whole = begun.elapsed().as_secs_f64();
    Ok((record, kept))
}

/// What happens next.
#[derive(Debug)]
enum Happening {
    /// A side's block of audio ends.
    Beat(usize),
    /// A datagram reaches a side.
    Arrival(usize, Vec<u8>),
    /// A side asked to be called.
    Deadline(usize),
    /// The answerer is hung up.
    HangUp,
}

/// A call in progress.
struct Stage<'a> {
    scenario: &'a Scenario,
    sides: [Side; 2],
    /// By the side that sends.
    paths: [Path; 2],
    agenda: Agenda<Happening>,
    now: Timestamp,
    /// Deadlines that are in the agenda.
    entered: [Option<Timestamp>; 2],
    caller_gone: bool,
    taps: Taps,
    kept: Kept,
}

const MAX_DATAGRAM: usize = 4096;

impl<'a> Stage<'a> {
    fn new(scenario: &'a Scenario, document: &Document, seed: u64, taps: Taps) -> Result<Self, CannotBuild> {
        let mut sides = cast::sides(scenario, document, seed)?;
        let mut agenda = Agenda::default();
        for (n, side) in sides.iter_mut().enumerate() {
            agenda.enter(side.next_beat(), Happening::Beat(n));
            if taps.audio {
                side.record();
            }
        }
        let path = |direction: Direction| Path::new(&scenario.network[direction.index()], seed, direction);
        Ok(Self {
            scenario,
            sides,
            paths: Direction::BOTH.map(path),
            agenda,
            now: Timestamp::ZERO,
            entered: [None; 2],
            caller_gone: false,
            taps,
            kept: Kept::default(),
        })
    }

    /// Lets things happen until both are on hook, or until the limit.
    fn play(&mut self, limit: Timestamp) {
        while let Some((now, happening)) = self.agenda.pop() {
            self.now = now;
            match happening {
                Happening::Beat(n) => {
                    self.sides[n].beat(now);
                    self.agenda.enter(self.sides[n].next_beat(), Happening::Beat(n));
                    self.settle(n);
                    if self.all_gone() || now >= limit {
                        return;
                    }
                }
                Happening::Arrival(n, datagram) => {
                    self.sides[n].receive(now, &datagram);
                    self.settle(n);
                }
                Happening::Deadline(n) => {
                    self.entered[n] = None;
                    self.sides[n].advance(now);
                    self.settle(n);
                }
                Happening::HangUp => self.sides[1].machine_mut().hang_up(),
            }
        }
    }

    /// Sends what a side wants sent and notes when it wants to be called.
    fn settle(&mut self, n: usize) {
        let mut buffer = [0; MAX_DATAGRAM];
        while let Some(length) = self.sides[n].transmit(self.now, &mut buffer) {
            let datagram = &buffer[..length];
            for at in self.paths[n].carry(self.now, length).arrivals() {
                self.agenda.enter(at, Happening::Arrival(1 - n, datagram.to_vec()));
            }
            if self.taps.datagrams {
                self.kept.datagrams[n].push(datagram.to_vec());
            }
        }
        let deadline = self.sides[n].deadline();
        if let Some(at) = deadline.filter(|at| self.entered[n].is_none_or(|entered| *at < entered)) {
            self.entered[n] = Some(at);
            self.agenda.enter(at.max(self.now), Happening::Deadline(n));
        }
    }

    /// Whether both are on hook. When the caller is, the answerer's time runs.
    fn all_gone(&mut self) -> bool {
        let [caller, answerer] = self.sides.each_ref().map(|side| side.machine().is_on_hook());
        if caller && !self.caller_gone {
            self.caller_gone = true;
            if let Some(after) = self.scenario.hang_up {
                self.agenda.enter(self.now + after, Happening::HangUp);
            }
        }
        caller && answerer
    }

    fn end(mut self, document: &Document, seed: u64) -> (Record, Kept) {
        let notes = self.sides.each_mut().map(|side| {
            let off_hook = side.off_hook();
            let at = |note: &Note| off_hook + Timestamp::from_samples(note.at).since(Timestamp::ZERO);
            side.machine_mut().notes().into_iter().map(|note| (at(&note), note)).collect::<Vec<_>>()
        });
        let sender = self.scenario.sender.index();
        let received = self.sides[1 - sender].machine_mut().received();
        let record = Record {
            seed,
            seconds: self.now.seconds(),
            outcomes: self.sides.each_ref().map(|side| side.machine().outcome()),
            pages: document.pages.len(),
            received: received.len(),
            identical: identical(&document.pages, &received),
            pprs: notes[sender].iter().filter(|(_, note)| note.text.starts_with("hears PPR")).count(),
            tallies: self.paths.each_ref().map(|path| path.log().tally()),
            cpu: Cpu {
                gateways: self.sides.each_ref().map(|side| side.gateway_cpu().as_secs_f64()),
                whole: 0.0,
            },
        };
        if self.taps.events {
            self.kept.notes = notes;
            self.kept.gateways = self.sides.each_mut().map(|side| side.close(self.now));
            self.kept.pages = received;
        }
        self.kept.audio = self.sides.each_mut().map(Side::take_recording);
        self.kept.logs = self.paths.map(Path::into_log);
        (record, self.kept)
    }
}
