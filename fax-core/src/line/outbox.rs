//! What a line has heard and nobody has taken yet.
//!
//! Always: bounded; a grammatical sentence, whatever is told and however late it is taken; time in it does not
//! run backwards.

use super::events::Events;
use crate::signal::{FrameEnd, Grammar, Grounds, Heard, Signal};
use crate::time::Timestamp;
use std::collections::VecDeque;

/// Signals that wait at most: 1 s of a page at 14 400 bit/s in blocks of 20 ms.
const SIGNALS: usize = 128;
/// Places kept for the end of a burst whose rest finds none.
const RESERVE: usize = 8;

/// The way out of a line's ear, with `N` of the events of its kind.
#[derive(Clone, Debug)]
pub struct Outbox<E, const N: usize> {
    signals: VecDeque<Heard>,
    events: Events<E, N>,
    /// What is noted when a burst finds no room.
    overflow: E,
    grammar: Grammar,
    /// When the last signal was: a frame is told when its block has been heard, the end of its carrier for when it went,
    /// and an owner may say that time runs backwards.
    last: Timestamp,
    /// The rest of the burst is not kept.
    muffled: bool,
}

impl<E: Clone, const N: usize> Outbox<E, N> {
    /// Nothing has been heard. `overflow` is noted whenever a burst finds no room.
    pub fn new(overflow: E) -> Self {
        Self {
            signals: VecDeque::with_capacity(SIGNALS),
            events: Events::new(),
            overflow,
            grammar: Grammar::default(),
            last: Timestamp::ZERO,
            muffled: false,
        }
    }

    /// The oldest signal that waits.
    pub fn take(&mut self) -> Option<Heard> {
        self.signals.pop_front()
    }

    /// The oldest event that waits.
    pub fn event(&mut self) -> Option<(Timestamp, E)> {
        self.events.take()
    }

    /// How many signals wait.
    pub fn waiting(&self) -> usize {
        self.signals.len()
    }

    /// Whether a carrier is on, as far as has been told.
    pub fn in_burst(&self) -> bool {
        self.grammar.in_burst() || self.muffled
    }

    /// Something happened that people should know.
    pub fn note(&mut self, at: Timestamp, event: E) {
        self.events.note(at, event);
    }

    /// Tells a signal that was heard itself.
    pub fn tell(&mut self, at: Timestamp, signal: Signal) {
        self.tell_on(Grounds::Heard, at, signal);
    }

    /// Tells a signal. A burst that finds no room is ended where it stands, and what is left of it is let go; what does
    /// not belong where it would stand is let go too.
    pub fn tell_on(&mut self, grounds: Grounds, at: Timestamp, signal: Signal) {
        if self.muffled {
            self.muffled = signal != Signal::End;
        } else if self.signals.len() < SIGNALS - RESERVE || signal == Signal::End {
            self.push(at, signal, grounds);
        } else {
            self.events.note(at, self.overflow.clone());
            self.muffled = self.close(at) || matches!(signal, Signal::Begin(_));
        }
    }

    /// Ends what is open, a frame before its burst. Whether a burst was open.
    pub fn close(&mut self, at: Timestamp) -> bool {
        let was_open = self.in_burst();
        if self.grammar.in_frame() {
            self.push(at, Signal::FrameEnd(FrameEnd::Aborted), Grounds::Heard);
        }
        if self.grammar.in_burst() {
            self.push(at, Signal::End, Grounds::Heard);
        }
        self.muffled = false;
        was_open
    }

    fn push(&mut self, at: Timestamp, signal: Signal, grounds: Grounds) {
        if self.signals.len() < SIGNALS && self.grammar.take(signal).is_ok() {
            self.last = self.last.max(at);
            self.signals.push_back(Heard { at: self.last, signal, grounds });
        } else {
            debug_assert!(false, "{signal:?} does not fit in here");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signal::{Chunk, Opening};

    const OVERFLOW: u8 = 7;

    /// A burst of V.21 with a frame that is longer than there is room for.
    fn overfull() -> Outbox<u8, 4> {
        let mut outbox = Outbox::new(OVERFLOW);
        outbox.tell(Timestamp::ZERO, Signal::Begin(Opening::V21));
        for _ in 0..2 * SIGNALS {
            outbox.tell(Timestamp::ZERO, Signal::Octets(Chunk::from_octets(&[1])));
        }
        outbox.tell(Timestamp::ZERO, Signal::FrameEnd(FrameEnd::Good));
        outbox
    }

    fn check(mut outbox: Outbox<u8, 4>) {
        assert_eq!(outbox.event(), Some((Timestamp::ZERO, OVERFLOW)));
        assert_eq!(outbox.event(), None);
        let mut grammar = Grammar::default();
        let heard: Vec<Signal> = core::iter::from_fn(|| outbox.take()).map(|heard| heard.signal).collect();
        assert!(heard.iter().all(|signal| grammar.take(*signal).is_ok()));
        assert_eq!(heard[heard.len() - 2..], [Signal::FrameEnd(FrameEnd::Aborted), Signal::End]);
        outbox.tell(Timestamp::ZERO, Signal::Begin(Opening::V21));
        assert_eq!(outbox.take().map(|heard| heard.signal), Some(Signal::Begin(Opening::V21)));
    }

    #[test]
    fn a_burst_that_nobody_takes_is_ended_and_the_next_one_is_heard() {
        let mut outbox = overfull();
        outbox.tell(Timestamp::ZERO, Signal::End);
        check(outbox);
    }

    #[test]
    fn a_burst_that_nobody_takes_and_that_is_closed_is_ended_too() {
        let mut outbox = overfull();
        assert!(outbox.close(Timestamp::ZERO));
        check(outbox);
    }

    #[test]
    fn time_does_not_run_backwards() {
        let mut outbox = Outbox::<u8, 4>::new(OVERFLOW);
        outbox.tell(Timestamp::from_samples(9), Signal::Begin(Opening::V21));
        outbox.tell(Timestamp::from_samples(3), Signal::End);
        outbox.take();
        assert_eq!(outbox.take().map(|heard| heard.at), Some(Timestamp::from_samples(9)));
    }
}
