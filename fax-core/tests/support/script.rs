//! Plays the far machine of a session by a script that reads like a row of the conformance table.
//!
//! ```text
//! < DCS[005000] TCF     the far machine says a burst of these frames, and a TCF
//! > CFR                 the session must say this next
//! = Success             it must end with this cause
//! ```
//! Of the far machine: `NAME[HEX]` a frame (joined by `,` in one burst; `!` behind it spoils its check), `TCF`
//! and `TCF~` (ones among the zeros), `PAGE`, `ECM:0-8,12` (frames), `RAW[HEX]`, `w3000` (ms of silence before),
//! `DROP`. Of the session: `NAME[HEX]` its last frame (the field, if given, must begin so), `TCF@v17-14400`,
//! `PAGE@..`, `ECM@v29-9600:3` (count of FCD frames), `quiet4000` (says nothing for so long).

#![allow(dead_code)] // not every test file needs all of it

use super::desk::{Pile, Tray};
use super::wire::{Wire, lasting, lead};
use fax_core::t30::session::{Event, Role, Session, Settings};
use fax_core::t30::{Body, Dcs, Fcf, Frame, Station};
use fax_core::{Chunk, FrameEnd, Opening, Signal, Span, Timestamp};

/// A session, the line to it, and what its far machine has heard.
pub(crate) struct Bench {
    pub(crate) session: Session,
    pub(crate) pile: Pile,
    pub(crate) tray: Tray,
    pub(crate) events: Vec<(Timestamp, Event)>,
    pub(crate) now: Timestamp,
    station: Station,
    wire: Wire,
    /// The session's burst that is going on.
    burst: Option<Burst>,
    bursts: std::collections::VecDeque<Burst>,
    /// When the far machine may speak.
    free_at: Timestamp,
    /// What the far machine's next image comes with.
    opening: Opening,
}

/// An answerer of the usual kind that has been through this script.
pub(crate) fn answerer(script: &str) -> Bench {
    answerer_with(Settings::default(), Pile::noise(&[]), Tray::default(), script)
}

pub(crate) fn answerer_with(settings: Settings, pile: Pile, tray: Tray, script: &str) -> Bench {
    let mut bench = Bench::new(Role::Answerer, settings, pile, tray);
    bench.play(script);
    bench
}

/// A caller of the usual kind with so many pages, that has been through this script.
pub(crate) fn caller(pages: usize, script: &str) -> Bench {
    caller_with(Settings::default(), Pile::noise(&vec![1000; pages]), script)
}

pub(crate) fn caller_with(settings: Settings, pile: Pile, script: &str) -> Bench {
    let mut bench = Bench::new(Role::Caller, settings, pile, Tray::default());
    bench.play(script);
    bench
}

/// A burst of the session.
#[derive(Debug)]
pub(crate) struct Burst {
    pub(crate) opening: Opening,
    pub(crate) frames: Vec<Vec<u8>>,
    pub(crate) bits: usize,
    pub(crate) began: Timestamp,
    pub(crate) ended: Timestamp,
}

const STEP: Span = Span::from_millis(10);
const GAP: Span = Span::from_millis(75);
/// A session that says nothing for so long has stopped.
const LONGEST: Span = Span::from_millis(400_000);

impl Bench {
    pub(crate) fn new(role: Role, settings: Settings, pile: Pile, tray: Tray) -> Self {
        let station = if role == Role::Caller { Station::Called } else { Station::Calling };
        Self {
            session: Session::new(role, settings),
            pile,
            tray,
            events: Vec::new(),
            now: Timestamp::ZERO,
            station,
            wire: Wire::default(),
            burst: None,
            bursts: Default::default(),
            free_at: Timestamp::ZERO,
            opening: Opening::V21,
        }
    }

    /// Plays a script. Panics with the place where the session did otherwise.
    pub(crate) fn play(&mut self, script: &str) {
        let mut told = true;
        for (place, word) in script.split_whitespace().enumerate() {
            let here = || format!("word {place} ({word}) at {:.2} s of: {script}", self.now.seconds());
            match word {
                "<" => told = false,
                ">" => told = true,
                "=" => {
                    let cause = script.split_once('=').expect("it stands there").1.trim();
                    let here = here();
                    return self.end(cause, &here);
                }
                "DROP" => {
                    let now = self.now;
                    self.session.dropped(now, &mut self.pile, &mut self.tray);
                }
                _ if told => {
                    let here = here();
                    self.expect(word, &here);
                }
                _ => self.say(word),
            }
        }
    }

    /// Lets 10 ms pass.
    pub(crate) fn step(&mut self) {
        self.now += STEP;
        self.wire.advance(self.now);
        self.session.drive(self.now, &mut self.wire, &mut self.pile, &mut self.tray);
        while let Some(event) = self.session.event() {
            self.events.push(event);
        }
        while let Some((at, signal)) = self.wire.said.pop_front() {
            self.listen(at, signal);
        }
    }

    fn listen(&mut self, at: Timestamp, signal: Signal) {
        match (signal, &mut self.burst) {
            (Signal::Begin(opening), _) => {
                self.burst = Some(Burst { opening, frames: vec![vec![]], bits: 0, began: at, ended: at });
            }
            (Signal::Octets(chunk), Some(burst)) => {
                burst.frames.last_mut().expect("one at least").extend_from_slice(chunk.octets());
            }
            (Signal::FrameEnd(FrameEnd::Good), Some(burst)) => burst.frames.push(vec![]),
            (Signal::Bits(chunk), Some(burst)) => burst.bits += chunk.len_bits(),
            (Signal::End, _) => {
                let mut burst = self.burst.take().expect("a burst ends");
                burst.frames.pop();
                burst.ended = at;
                self.bursts.push_back(burst);
            }
            _ => {}
        }
    }

    /// The session's next burst.
    pub(crate) fn next(&mut self, here: &str) -> Burst {
        let end = self.now + LONGEST;
        while self.bursts.is_empty() {
            assert!(self.now < end, "nothing is said: {here}, {:?}", self.session);
            assert!(self.session.outcome().is_none(), "it is over ({:?}): {here}", self.session.outcome());
            self.step();
        }
        self.bursts.pop_front().expect("one is there")
    }

    fn expect(&mut self, word: &str, here: &str) {
        if let Some(span) = word.strip_prefix("quiet") {
            let end = self.now + Span::from_millis(span.parse().expect("milliseconds"));
            while self.now < end {
                self.step();
            }
            assert!(self.bursts.is_empty() && self.burst.is_none(), "{:?}: {here}", self.bursts);
            return;
        }
        let burst = self.next(here);
        let opening = burst.opening;
        self.free_at = burst.ended + GAP;
        let (name, count) = word.split_once(':').unwrap_or((word, ""));
        let (name, rate) = name.split_once('@').unwrap_or((name, ""));
        match name {
            "TCF" | "PAGE" | "ECM" => {
                assert!(opening != Opening::V21, "{burst:?}: {here}");
                assert!(rate.is_empty() || opening.to_string() == rate, "{opening}: {here}");
                let fcd = burst.frames.iter().filter(|frame| frame[2] == 0x60).count();
                assert!(count.is_empty() || fcd.to_string() == count, "{fcd} frames: {here}");
            }
            _ => {
                assert_eq!(opening, Opening::V21, "{burst:?}: {here}");
                let last = burst.frames.last().expect("a frame");
                let frame = Frame::parse(last).expect("a frame");
                let (name, field) = parts(word);
                assert_eq!(frame.fcf().name(), name, "{here}");
                assert!(frame.information().reveal().starts_with(&field), "{last:02X?}: {here}");
            }
        }
    }

    fn end(&mut self, cause: &str, here: &str) {
        let end = self.now + LONGEST;
        while self.session.outcome().is_none() && self.now < end {
            self.step();
        }
        assert!(self.bursts.is_empty(), "{:?}: {here}", self.bursts);
        let found = self.session.outcome().map(|outcome| format!("{:?}", outcome.cause));
        assert_eq!(found.as_deref(), Some(cause), "{here}");
    }

    /// The far machine speaks.
    fn say(&mut self, word: &str) {
        self.free_at = self.free_at.max(self.now);
        if let Some(span) = word.strip_prefix('w') {
            self.free_at += Span::from_millis(span.parse().expect("milliseconds"));
        } else if let Some(frames) = word.strip_prefix("ECM:") {
            self.say_block(frames);
        } else {
            match word {
                "TCF" | "TCF~" => {
                    let octets = self.opening.bit_rate().0 as usize * 3 / 2 / 8;
                    self.say_bits(&vec![if word == "TCF" { 0 } else { 0x55 }; octets]);
                }
                "PAGE" => self.say_bits(&[0x35; 900]),
                "CED" => {
                    self.wire.deliver(self.free_at, Signal::Tone(fax_core::Tone::Ced));
                    self.free_at += Span::from_millis(3000);
                    self.wire.deliver(self.free_at, Signal::Silence);
                }
                _ => self.say_control(word),
            }
        }
        while self.now < self.free_at - GAP {
            self.step();
        }
    }

    fn say_control(&mut self, word: &str) {
        let mut at = self.begin(Opening::V21);
        let words: Vec<_> = word.split(',').collect();
        for (place, word) in words.iter().enumerate() {
            let spoilt = word.ends_with('!');
            let (name, field) = parts(word.trim_end_matches('!'));
            let frame =
                if name == "RAW" { field } else { self.frame(name, &field, place + 1 == words.len()) };
            at = self.frame_at(at, &frame, if spoilt { FrameEnd::Bad } else { FrameEnd::Good }, Opening::V21);
        }
        self.finish(at);
    }

    /// A frame as the far machine says it; a DCS tells what its images come with.
    fn frame(&mut self, name: &str, field: &[u8], last: bool) -> Vec<u8> {
        let fcf = Fcf::all().find(|fcf| fcf.name() == name).unwrap_or_else(|| panic!("no frame {name}"));
        if fcf == Fcf::Dcs {
            self.opening = Dcs::from_octets(field).and_then(|dcs| dcs.opening()).unwrap_or(self.opening);
        }
        let mut frame = vec![0xFF, if last { 0xC8 } else { 0xC0 }, fcf.octet(self.station.x())];
        frame.extend_from_slice(field);
        frame
    }

    fn say_bits(&mut self, octets: &[u8]) {
        let mut at = self.begin(self.opening);
        for part in octets.chunks(Chunk::CAPACITY) {
            at += lasting(8 * part.len(), self.opening);
            self.wire.deliver(at, Signal::Bits(Chunk::from_octets(part)));
        }
        self.finish(at);
        self.opening = self.opening.with_training(fax_core::Training::Short);
    }

    /// Frames of 256 octets, each full of its own number.
    fn say_block(&mut self, frames: &str) {
        let mut at = self.begin(self.opening) + Span::from_millis(200);
        let write = |at, body: &Body<'_>, bench: &mut Self| {
            let mut octets = [0; Frame::MAX];
            let length = body.write(Station::Called, &mut octets).expect("it fits");
            bench.frame_at(at, &octets[..length], FrameEnd::Good, bench.opening)
        };
        for range in frames.split(',').filter(|range| !range.is_empty()) {
            let (first, last) = range.split_once('-').unwrap_or((range, range));
            for number in first.parse::<u8>().expect("a number")..=last.parse().expect("a number") {
                let data = [number; 256];
                let fcd = fax_core::t30::Fcd { number, data: fax_core::Private::new(&data[..]) };
                at = write(at, &Body::Fcd(fcd), self);
            }
        }
        at = write(at, &Body::Plain(Fcf::Rcp), self);
        self.finish(at);
    }

    fn begin(&mut self, opening: Opening) -> Timestamp {
        self.wire.deliver(self.free_at, Signal::Begin(opening));
        self.free_at + lead(opening)
    }

    fn frame_at(&mut self, mut at: Timestamp, frame: &[u8], end: FrameEnd, opening: Opening) -> Timestamp {
        for part in frame.chunks(8) {
            at += lasting(8 * part.len(), opening);
            self.wire.deliver(at, Signal::Octets(Chunk::from_octets(part)));
        }
        at += lasting(24, opening);
        self.wire.deliver(at, Signal::FrameEnd(end));
        at
    }

    fn finish(&mut self, at: Timestamp) {
        let at = at + Span::from_millis(20);
        self.wire.deliver(at, Signal::End);
        self.wire.deliver(at, Signal::Silence);
        self.free_at = at + GAP;
    }

    pub(crate) fn count(&self, is: impl Fn(&Event) -> bool) -> usize {
        self.events.iter().filter(|(_, event)| is(event)).count()
    }
}

/// A name and the octets in brackets behind it.
fn parts(word: &str) -> (&str, Vec<u8>) {
    match word.trim_end_matches(']').split_once('[') {
        Some((name, hex)) => (name, super::support::octets(hex)),
        None => (word, Vec::new()),
    }
}
