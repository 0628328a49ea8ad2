//! The speaking half of a line: what is said becomes packets, each in its time.
//!
//! There is one thing that happens next, the [`Act`] of [`Mouth::plan`], at a known time, and
//! [`Mouth::speak`] does it when that time has come. With a live source nearly all is due at once; a
//! machine's mind is held to the rate that was announced.

mod backlog;
mod burst;
mod pace;

use super::carriage::Carriage;
use super::settings::{AnswerTones, Pacing, Settings};
use crate::ifp::{DataType, FieldType, Indicator, write_indicator};
use crate::udptl::Class;
use backlog::Backlog;
use burst::{Burst, Carries, Packet, Step};
use fax_core::{Grammar, Opening, Progress, Refusal, Room, Signal, Span, Timestamp, Tone, Wait};
use std::collections::VecDeque;

/// Silence between what ends and what begins, when nobody's modem makes it: 75 +- 20 ms (T.30 5.3.2.2).
const GAP: Span = Span::from_millis(75);
/// How long CNG lasts for one who hears its tone stop: its pause is 3 s +- 15 % (T.30 4.1.1).
const CNG_PAUSE: Span = Span::from_millis(3600);
/// Octets of data in one packet at most.
const MOST: usize = 256;
/// Octets of a packet that are not data: data type, count, field, length, and a second field.
const AROUND: usize = 6;
/// Progress that waits at most.
const WAITING: usize = 32;

/// Everything that speaks.
#[derive(Clone, Debug)]
pub(crate) struct Mouth {
    settings: Settings,
    grammar: Grammar,
    state: State,
    /// What the peer was told last; nothing before the first packet.
    indicated: Option<Indicator>,
    /// A burst that begins when the one before has ended and the gap is kept.
    next: Option<Opening>,
    /// From when on a burst may begin.
    free_at: Timestamp,
    backlog: Backlog,
    progress: VecDeque<Progress>,
}

#[derive(Clone, Copy, Debug)]
enum State {
    /// Nothing is on. The peer need not know before `known_at`.
    Silence {
        known_at: Timestamp,
    },
    Tone(Tone),
    Burst(Burst),
    /// The carrier was ended; that nothing is on is still to be said (IFP-8).
    Ended {
        rest_at: Timestamp,
    },
}

/// What happens next.
struct Act {
    at: Timestamp,
    why: Wait,
    what: What,
}

enum What {
    Indicate(Indicator),
    Start(Opening),
    Step(Step),
    Rest,
}

impl Mouth {
    pub(crate) fn new(settings: Settings) -> Self {
        Self {
            settings,
            grammar: Grammar::default(),
            state: State::Silence { known_at: Timestamp::ZERO },
            indicated: None,
            next: None,
            free_at: Timestamp::ZERO,
            backlog: Backlog::new(),
            progress: VecDeque::with_capacity(WAITING),
        }
    }

    pub(crate) fn progress(&mut self) -> Option<Progress> {
        self.progress.pop_front()
    }

    /// What may be said of the open burst.
    pub(crate) fn room(&self) -> Room {
        match &self.state {
            State::Burst(burst) => burst.room(&self.settings, &self.backlog),
            _ => Room { bits: 0, dry_at: None },
        }
    }

    /// Takes the next signal. A refused one changed nothing.
    pub(crate) fn say(&mut self, now: Timestamp, signal: Signal) -> Result<(), Refusal> {
        let mut after = self.grammar;
        after.take(signal)?;
        match signal {
            Signal::Silence => self.hush(now),
            Signal::Tone(tone) => self.start_tone(tone)?,
            Signal::Begin(opening) => self.begin(now, opening)?,
            Signal::Octets(chunk) => {
                self.carry(now, Carries::Frames, chunk.len_bits())?;
                self.backlog.push_octets(chunk.octets());
            }
            Signal::FrameEnd(end) => {
                self.carry(now, Carries::Frames, 0)?;
                self.backlog.end_frame(end);
            }
            Signal::Bits(chunk) => {
                self.carry(now, Carries::Bits, chunk.len_bits())?;
                self.backlog.push_bits(&chunk);
            }
            // A frame with a hole can only be ended bad, and what is missing of a page is filled by the
            // one who paces the modem.
            Signal::Missing => {}
            Signal::End => self.end(now)?,
        }
        self.grammar = after;
        Ok(())
    }

    /// Sends what is due, as far as there is a way out for it.
    pub(crate) fn speak(&mut self, now: Timestamp, carriage: &mut impl Carriage) {
        while carriage.has_room() {
            match self.plan() {
                Some(Act { at, what, .. }) if at <= now => self.act(now, what, carriage),
                _ => return,
            }
        }
    }

    /// When something happens next, and what is waited for until then.
    pub(crate) fn deadline(&self) -> Option<(Timestamp, Wait)> {
        self.plan().map(|act| (act.at, act.why))
    }

    fn hush(&mut self, now: Timestamp) {
        if let State::Tone(tone) = self.state {
            let pause = if tone == Tone::Cng { CNG_PAUSE } else { Span::ZERO };
            self.state = State::Silence { known_at: now + pause };
            self.free_at = now + self.gap();
        }
    }

    fn start_tone(&mut self, tone: Tone) -> Result<(), Refusal> {
        if matches!(self.state, State::Burst(_) | State::Ended { .. }) || self.next.is_some() {
            return Err(Refusal::Full);
        }
        self.state = State::Tone(tone);
        Ok(())
    }

    fn begin(&mut self, now: Timestamp, opening: Opening) -> Result<(), Refusal> {
        if self.next.is_some() {
            return Err(Refusal::Full);
        }
        self.hush(now);
        self.next = Some(opening);
        Ok(())
    }

    /// Opens the way for so many bits of frames or of a page, if there is room for them.
    fn carry(&mut self, now: Timestamp, carries: Carries, bits: usize) -> Result<(), Refusal> {
        let room = self.room();
        match &mut self.state {
            State::Burst(burst) if bits <= room.bits && !burst.is_ending() => {
                burst.carry(now, carries, &self.settings, &self.backlog);
                Ok(())
            }
            _ => Err(Refusal::Full),
        }
    }

    fn end(&mut self, now: Timestamp) -> Result<(), Refusal> {
        match &mut self.state {
            State::Burst(burst) if !burst.is_ending() => {
                burst.end(now, &self.settings, &mut self.backlog);
                Ok(())
            }
            // The burst has not begun yet.
            _ => Err(Refusal::Full),
        }
    }

    fn plan(&self) -> Option<Act> {
        let act = |at, why, what| Some(Act { at, why, what });
        match &self.state {
            // The peer learns that we are here, and its path to us opens (IFP-13).
            _ if self.indicated.is_none() => {
                act(Timestamp::ZERO, Wait::NextStep, What::Indicate(Indicator::NoSignal))
            }
            State::Silence { known_at } => {
                let start =
                    self.next.and_then(|opening| act(self.free_at, Wait::Gap(GAP), What::Start(opening)));
                let is_known = self.indicated == Some(Indicator::NoSignal);
                let tell = Act {
                    at: *known_at,
                    why: Wait::Gap(CNG_PAUSE),
                    what: What::Indicate(Indicator::NoSignal),
                };
                // When both are due, the burst speaks for itself.
                start.into_iter().chain((!is_known).then_some(tell)).min_by_key(|act| act.at)
            }
            State::Tone(tone) => {
                let indicator = self.indicator(*tone);
                let is_known = self.indicated == Some(indicator);
                act(Timestamp::ZERO, Wait::NextStep, What::Indicate(indicator)).filter(|_| !is_known)
            }
            State::Burst(burst) => {
                let (at, step) = burst.plan(&self.settings, &self.backlog)?;
                act(at, Wait::NextStep, What::Step(step))
            }
            State::Ended { rest_at } => act(*rest_at, Wait::NextStep, What::Rest),
        }
    }

    fn act(&mut self, now: Timestamp, what: What, carriage: &mut impl Carriage) {
        match what {
            What::Indicate(indicator) => self.indicate(now, indicator, carriage),
            What::Start(opening) => {
                self.next = None;
                self.indicate(now, Indicator::of(opening), carriage);
                self.state = State::Burst(Burst::new(opening, now, &self.settings));
                self.report(Progress::Started(opening, now));
            }
            What::Step(step) => self.step(now, step, carriage),
            What::Rest => {
                self.indicate(now, Indicator::NoSignal, carriage);
                self.state = State::Silence { known_at: now };
                self.free_at = now + self.gap();
                self.report(Progress::Ended(now));
            }
        }
    }

    fn indicate(&mut self, now: Timestamp, indicator: Indicator, carriage: &mut impl Carriage) {
        let mut ifp = [0; 2];
        if let Some(ifp) = write_indicator(indicator, &mut ifp).ok().and_then(|length| ifp.get(..length)) {
            send(now, ifp, Class::Indicator, carriage);
        }
        self.indicated = Some(indicator);
    }

    fn step(&mut self, now: Timestamp, step: Step, carriage: &mut impl Carriage) {
        let State::Burst(burst) = &mut self.state else { return };
        let packet = match step {
            Step::Send(packet) => packet,
            Step::Drained => return self.report_drained(now),
        };
        let mut octets = [0; MOST];
        let octets = octets.get_mut(..packet.octets).unwrap_or_default();
        self.backlog.take_octets(octets);
        if packet.end.is_some_and(FieldType::is_fcs) {
            self.backlog.take_end();
        }
        burst.sent(now, packet, octets, &self.settings);
        let class = class(burst.opening(), packet, octets);
        let kind = DataType::of(burst.opening());
        let mut ifp = [0; MOST + AROUND];
        let written = packet.write(kind, octets, self.settings.version.syntax(), &mut ifp);
        debug_assert!(written.is_ok(), "{packet:?} cannot be written");
        if let Some(ifp) = written.ok().and_then(|length| ifp.get(..length)) {
            send(now, ifp, class, carriage);
        }
        if packet.is_sig_end() {
            let rest_at = burst.rest_at(packet, &self.settings);
            self.report_drained(now);
            self.state = State::Ended { rest_at };
        }
    }

    fn report_drained(&mut self, now: Timestamp) {
        if let State::Burst(burst) = &mut self.state
            && burst.drained()
        {
            // With a live source there are many, and only the last counts.
            if let Some(Progress::Drained(_)) = self.progress.back() {
                self.progress.pop_back();
            }
            self.report(Progress::Drained(now));
        }
    }

    fn report(&mut self, progress: Progress) {
        if self.progress.len() == WAITING {
            self.progress.pop_front();
        }
        self.progress.push_back(progress);
    }

    fn gap(&self) -> Span {
        if self.settings.pacing == Pacing::Live { Span::ZERO } else { GAP }
    }

    fn indicator(&self, tone: Tone) -> Indicator {
        let tells_v8 = self.settings.answer_tones == AnswerTones::AsV8 && self.settings.version.knows_v34();
        match tone {
            Tone::Cng => Indicator::Cng,
            Tone::AnsAm | Tone::AnsAmPr if tells_v8 => Indicator::V8AnsAm,
            Tone::Ced | Tone::AnsPr | Tone::AnsAm | Tone::AnsAmPr => Indicator::Ced,
        }
    }
}

/// Submits a packet. There is room, and it is as short as the peer wants it, unless the peer takes no packet
/// that has any data in it: then there is nothing to be done.
fn send(now: Timestamp, ifp: &[u8], class: Class, carriage: &mut impl Carriage) {
    let submitted = carriage.submit(now, ifp, class);
    debug_assert!(submitted.is_ok() || ifp.len() <= 1 + AROUND, "{submitted:?}");
}

/// How delicate a packet is.
fn class(opening: Opening, packet: Packet, octets: &[u8]) -> Class {
    match (opening, packet.is_sig_end()) {
        (Opening::V21, false) => Class::Control,
        (Opening::V21, true) => Class::ControlEnd,
        (_, false) if octets.iter().all(|octet| *octet == 0) => Class::Zeros,
        (_, false) => Class::Image,
        (_, true) => Class::ImageEnd,
    }
}
