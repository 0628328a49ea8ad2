//! A line without noise or delay: what one end says, the other hears at the time that it takes.

#![allow(dead_code)] // not every test file needs all of it

use fax_core::{
    Chunk, Deadline, Expectation, Grammar, Grounds, Heard, Line, Nature, Opening, Progress, Refusal, Room,
    Signal, Span, Timestamp, Training, V27terRate, Wait,
};
use std::collections::VecDeque;

/// One end. It keeps the gaps and trainings that the real lines keep.
#[derive(Default)]
pub(crate) struct Wire {
    now: Timestamp,
    grammar: Grammar,
    next: Option<Opening>,
    burst: Option<Burst>,
    free_at: Timestamp,
    /// What has been said, and when it is over there.
    pub(crate) said: VecDeque<(Timestamp, Signal)>,
    heard: VecDeque<(Timestamp, Signal)>,
    progress: VecDeque<Progress>,
    pub(crate) expectation: Expectation,
}

struct Burst {
    opening: Opening,
    /// When what was said so far is over.
    until: Timestamp,
    ending: bool,
}

const GAP: Span = Span::from_millis(75);
const AHEAD: Span = Span::from_millis(300);

/// From the carrier to the first octet.
pub(crate) fn lead(opening: Opening) -> Span {
    Span::from_millis(match opening {
        Opening::V21 => 1000,
        Opening::V27ter(V27terRate::R2400) => 943,
        Opening::V27ter(V27terRate::R4800) => 708,
        Opening::V29(_) => 253,
        Opening::V17(_, Training::Long) => 1393,
        Opening::V17(_, Training::Short) => 142,
    })
}

pub(crate) fn lasting(bits: usize, opening: Opening) -> Span {
    Span::from_micros(bits as u64 * 1_000_000 / u64::from(opening.bit_rate().0))
}

impl Wire {
    pub(crate) fn advance(&mut self, now: Timestamp) {
        self.now = now;
        if let Some(opening) = self.next.filter(|_| self.burst.is_none() && self.free_at <= now) {
            self.next = None;
            self.said.push_back((now, Signal::Begin(opening)));
            self.progress.push_back(Progress::Started(opening, now));
            self.burst = Some(Burst { opening, until: now + lead(opening), ending: false });
        }
        if let Some(Burst { until, ending: true, .. }) = self.burst
            && until <= now
        {
            self.said.extend([(until, Signal::End), (until, Signal::Silence)]);
            self.progress.push_back(Progress::Ended(until));
            self.burst = None;
            self.free_at = until + GAP;
        }
    }

    /// This is on the line from the other end, then.
    pub(crate) fn deliver(&mut self, at: Timestamp, signal: Signal) {
        self.heard.push_back((at, signal));
    }

    pub(crate) fn is_quiet(&self) -> bool {
        self.burst.is_none() && self.next.is_none()
    }
}

impl Line for Wire {
    fn nature(&self) -> Nature {
        Nature::Modem
    }

    fn now(&self) -> Timestamp {
        self.now
    }

    fn hear(&mut self) -> Option<Heard> {
        let (at, signal) = *self.heard.front().filter(|(at, _)| *at <= self.now)?;
        self.heard.pop_front();
        Some(Heard { at, signal, grounds: Grounds::Heard })
    }

    fn room(&self) -> Room {
        let Some(Burst { opening, until, ending: false }) = &self.burst else {
            return Room { bits: 0, dry_at: None };
        };
        let ahead = AHEAD.micros().saturating_sub(until.since(self.now).micros());
        let bits = ahead * u64::from(opening.bit_rate().0) / 1_000_000;
        Room { bits: bits as usize, dry_at: Some(*until) }
    }

    fn say(&mut self, signal: Signal) -> Result<(), Refusal> {
        let mut after = self.grammar;
        after.take(signal).expect("a session speaks grammatically");
        let room = self.room().bits;
        let mut carry = |chunk: &Chunk| match &mut self.burst {
            Some(burst) if chunk.len_bits() <= room => {
                burst.until = burst.until.max(self.now) + lasting(chunk.len_bits(), burst.opening);
                Ok(burst.until)
            }
            _ => Err(Refusal::Full),
        };
        match signal {
            Signal::Silence | Signal::Tone(_) => self.said.push_back((self.now, signal)),
            Signal::Begin(opening) if self.next.is_none() => self.next = Some(opening),
            Signal::Octets(chunk) | Signal::Bits(chunk) => {
                let at = carry(&chunk)?;
                self.said.push_back((at, signal));
            }
            Signal::FrameEnd(_) => {
                let burst = self.burst.as_mut().ok_or(Refusal::Full)?;
                burst.until += lasting(24, burst.opening);
                self.said.push_back((burst.until, signal));
            }
            Signal::End if self.next.is_none() => {
                self.burst.as_mut().ok_or(Refusal::Full)?.ending = true;
            }
            Signal::Begin(_) | Signal::End => return Err(Refusal::Full),
            Signal::Missing => {}
        }
        self.grammar = after;
        Ok(())
    }

    fn expect(&mut self, expectation: Expectation) {
        self.expectation = expectation;
    }

    fn progress(&mut self) -> Option<Progress> {
        self.progress.pop_front()
    }

    fn deadline(&self) -> Option<Deadline> {
        Some(Deadline { at: self.now + Span::from_millis(10), why: Wait::NextStep })
    }
}
