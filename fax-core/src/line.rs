//! What every line offers: it hears, it says, it tells how much room it has and what it expects.
//!
//! A phone line (`fax_modem::AudioLine`) and a T.38 line (`fax_t38::T38Line`) are both this, so that
//! a relay joins any two and a fax machine sits on either.

mod events;
mod outbox;

pub use events::Events;
pub use outbox::Outbox;

use crate::signal::{Heard, Opening, Signal};
use crate::time::{Span, Timestamp};

/// A fax line, without its I/O: samples or packets go in and out through the type's own functions.
///
/// After each mutation the owner drains [`Line::hear`] and [`Line::progress`]; what is not drained
/// waits in bounded queues, and the oldest hearing is never overwritten silently.
pub trait Line {
    /// What it is made of, as far as it matters to whoever paces what is said.
    fn nature(&self) -> Nature;

    /// The line's own time. A phone line counts samples, which is not the clock of whoever drives it.
    fn now(&self) -> Timestamp;

    /// The next thing heard, oldest first.
    fn hear(&mut self) -> Option<Heard>;

    /// How much may be said now.
    fn room(&self) -> Room;

    /// Says the next signal. A refused signal changed nothing.
    fn say(&mut self, signal: Signal) -> Result<(), Refusal>;

    /// Replaces what the next burst is expected to open with. Set after every good frame; it never
    /// lapses by itself. V.21 and tones are heard regardless.
    fn expect(&mut self, expectation: Expectation);

    /// What became of what was said; T.30's timers need it.
    fn progress(&mut self) -> Option<Progress>;

    /// When the line must be driven again though nothing came in, and why.
    fn deadline(&self) -> Option<Deadline>;
}

/// What a line is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nature {
    /// A carrier that must not run dry within a frame or a row, and a channel on which one does not
    /// hear while speaking.
    Modem,
    /// Packets: they may pause anywhere, and both directions are their own.
    Packets,
}

/// Room for more to be said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// Bits of the open carrier that are taken now. Zero when no carrier is open.
    pub bits: usize,
    /// When the line runs dry if nothing more is said, in the line's own time.
    pub dry_at: Option<Timestamp>,
}

/// Why a signal was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// More than [`Line::room`] offered.
    #[error("no room for this signal now; ask room() and say less")]
    Full,
    /// The signal may not stand here.
    #[error("out of order: {0}")]
    Grammar(#[from] crate::signal::Fault),
}

/// What became of what was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// The first sample or packet of this opening left.
    Started(Opening, Timestamp),
    /// All octets and bits said so far have left; the carrier is idle on flags or fill.
    Drained(Timestamp),
    /// The carrier has been turned off.
    Ended(Timestamp),
}

/// The openings that the next burst may have, likeliest first. Empty means that nothing is known and
/// that any fast modem may come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Expectation {
    entries: [Option<Expected>; Expectation::CAPACITY],
}

/// One opening that may come, and what it will carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expected {
    /// The modem and its training.
    pub opening: Opening,
    /// What its bits are.
    pub framing: Framing,
}

/// What the bits of a burst are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Framing {
    /// Not known: the line looks for flags at the start of the data and decides.
    #[default]
    Unknown,
    /// HDLC frames (V.21, ECM).
    Frames,
    /// Bits as they come (TCF, pages without ECM).
    Bits,
}

/// The next moment at which a line must be driven, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadline {
    /// Not later than this.
    pub at: Timestamp,
    /// What is waited for.
    pub why: Wait,
}

/// What a line waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Wait {
    /// The next step of a carrier that is being sent.
    NextStep,
    /// A hole in what was received may still be filled until then.
    Repair,
    /// A gap that the protocol asks for.
    Gap(Span),
    /// The far end has begun something; if nothing more of it comes, it is over then.
    Peer,
}

impl Expectation {
    /// Openings that can be named at once.
    pub const CAPACITY: usize = 4;

    /// Nothing is known.
    pub const ANYTHING: Self = Self { entries: [None; Self::CAPACITY] };

    /// Exactly this.
    pub fn only(opening: Opening, framing: Framing) -> Self {
        Self::ANYTHING.or(opening, framing)
    }

    /// Also this, less likely than what stands before it. What does not fit is left out.
    #[must_use]
    pub fn or(mut self, opening: Opening, framing: Framing) -> Self {
        if let Some(free) = self.entries.iter_mut().find(|entry| entry.is_none()) {
            *free = Some(Expected { opening, framing });
        }
        self
    }

    /// The entries, likeliest first.
    pub fn iter(&self) -> impl Iterator<Item = Expected> + '_ {
        self.entries.iter().flatten().copied()
    }

    /// Whether nothing is known.
    pub fn is_anything(&self) -> bool {
        self.entries.iter().all(Option::is_none)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signal::V29Rate;

    #[test]
    fn an_expectation_keeps_its_order_and_its_bound() {
        let fast = Opening::V29(V29Rate::R9600);
        let mut all = Expectation::only(fast, Framing::Bits);
        for _ in 0..9 {
            all = all.or(Opening::V21, Framing::Frames);
        }
        assert_eq!(all.iter().count(), Expectation::CAPACITY);
        assert_eq!(all.iter().next().map(|e| e.opening), Some(fast));
        assert!(!all.is_anything() && Expectation::ANYTHING.is_anything());
    }
}
