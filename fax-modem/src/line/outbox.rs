//! What has been heard and not yet taken: bounded, and always a grammatical sentence.

use super::event::Event;
use fax_core::{FrameEnd, Grammar, Grounds, Heard, Signal, Timestamp};
use std::collections::VecDeque;

/// Signals that wait at most: 1 s of a page at 14 400 bit/s in blocks of 20 ms.
const SIGNALS: usize = 128;
/// Places kept for the end of a burst whose rest finds none.
const RESERVE: usize = 8;
/// Events that wait at most; the oldest give way.
const EVENTS: usize = 64;

/// The way out of a line's ear.
#[derive(Clone, Debug)]
pub(crate) struct Outbox {
    signals: VecDeque<Heard>,
    events: VecDeque<(Timestamp, Event)>,
    grammar: Grammar,
    /// When the last signal was, so that time does not run backwards: a frame is told when its block has
    /// been heard, the end of its carrier for when it went.
    last: Timestamp,
    /// The rest of the burst is not kept.
    muffled: bool,
}

impl Outbox {
    pub(crate) fn new() -> Self {
        Self {
            signals: VecDeque::with_capacity(SIGNALS),
            events: VecDeque::with_capacity(EVENTS),
            grammar: Grammar::default(),
            last: Timestamp::ZERO,
            muffled: false,
        }
    }

    pub(crate) fn take(&mut self) -> Option<Heard> {
        self.signals.pop_front()
    }

    pub(crate) fn event(&mut self) -> Option<(Timestamp, Event)> {
        self.events.pop_front()
    }

    /// Whether a carrier is on, as far as has been told.
    pub(crate) fn in_burst(&self) -> bool {
        self.grammar.in_burst() || self.muffled
    }

    pub(crate) fn note(&mut self, at: Timestamp, event: Event) {
        if self.events.len() == EVENTS {
            self.events.pop_front();
        }
        self.events.push_back((at, event));
    }

    /// Tells a signal. A burst that finds no room is ended where it stands, and what is left of it is
    /// let go; what does not belong where it would stand is let go too.
    pub(crate) fn tell(&mut self, at: Timestamp, signal: Signal) {
        if self.muffled {
            self.muffled = signal != Signal::End;
            return;
        }
        if self.signals.len() >= SIGNALS - RESERVE && signal != Signal::End {
            self.overflow(at, signal);
            return;
        }
        self.push(at, signal);
    }

    /// Ends what is open, a frame before its burst.
    pub(crate) fn close(&mut self, at: Timestamp) {
        if self.grammar.in_frame() {
            self.push(at, Signal::FrameEnd(FrameEnd::Aborted));
        }
        if self.grammar.in_burst() {
            self.push(at, Signal::End);
        }
        self.muffled = false;
    }

    fn overflow(&mut self, at: Timestamp, signal: Signal) {
        self.note(at, Event::Overflow);
        let was_in_burst = self.grammar.in_burst();
        self.close(at);
        self.muffled = was_in_burst || matches!(signal, Signal::Begin(_));
    }

    fn push(&mut self, at: Timestamp, signal: Signal) {
        if self.signals.len() < SIGNALS && self.grammar.take(signal).is_ok() {
            self.last = self.last.max(at);
            self.signals.push_back(Heard { at: self.last, signal, grounds: Grounds::Heard });
        } else {
            debug_assert!(false, "{signal:?} does not fit in here");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fax_core::{Chunk, Opening};

    #[test]
    fn a_burst_that_nobody_takes_is_ended_and_the_next_one_is_heard() {
        let mut outbox = Outbox::new();
        let chunk = Signal::Octets(Chunk::from_octets(&[1]));
        outbox.tell(Timestamp::ZERO, Signal::Begin(Opening::V21));
        for _ in 0..2 * SIGNALS {
            outbox.tell(Timestamp::ZERO, chunk);
        }
        outbox.tell(Timestamp::ZERO, Signal::FrameEnd(FrameEnd::Good));
        outbox.tell(Timestamp::ZERO, Signal::End);
        assert_eq!(outbox.event(), Some((Timestamp::ZERO, Event::Overflow)));
        assert_eq!(outbox.event(), None);
        let mut grammar = Grammar::default();
        let heard: Vec<Signal> = core::iter::from_fn(|| outbox.take()).map(|heard| heard.signal).collect();
        assert!(heard.iter().all(|signal| grammar.take(*signal).is_ok()));
        assert_eq!(heard[heard.len() - 2..], [Signal::FrameEnd(FrameEnd::Aborted), Signal::End]);
        outbox.tell(Timestamp::ZERO, Signal::Begin(Opening::V21));
        assert_eq!(outbox.take().map(|heard| heard.signal), Some(Signal::Begin(Opening::V21)));
    }
}
