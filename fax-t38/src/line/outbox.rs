//! What has been heard and not yet taken: bounded, and always a grammatical sentence.

use crate::Event;
use fax_core::{FrameEnd, Grammar, Grounds, Heard, Signal, Timestamp};
use std::collections::VecDeque;

/// Signals that wait at most.
const SIGNALS: usize = 128;
/// Signals that may wait while another packet is still read: the largest packet that a datagram holds
/// finds room behind them, and what is not read waits in the carriage.
const AT_EASE: usize = 48;
/// Places kept for the end of a burst whose rest finds none.
const RESERVE: usize = 8;
/// Events that wait at most; the oldest give way.
const EVENTS: usize = 32;

/// The way out of a line's ear.
#[derive(Clone, Debug)]
pub(crate) struct Outbox {
    signals: VecDeque<Heard>,
    events: VecDeque<(Timestamp, Event)>,
    grammar: Grammar,
    /// When the last signal was, so that time does not run backwards whatever the owner says it is.
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

    /// Whether another packet may be read.
    pub(crate) fn is_at_ease(&self) -> bool {
        self.signals.len() <= AT_EASE
    }

    pub(crate) fn note(&mut self, at: Timestamp, event: Event) {
        if self.events.len() == EVENTS {
            self.events.pop_front();
        }
        self.events.push_back((at, event));
    }

    /// Tells a signal that opens or goes on; [`Outbox::close`] ends. A burst that finds no room is ended
    /// where it stands, and what is left of it is let go; so is what does not belong where it would stand.
    pub(crate) fn tell(&mut self, at: Timestamp, signal: Signal, grounds: Grounds) {
        if self.muffled {
            return;
        }
        if self.signals.len() < SIGNALS - RESERVE {
            self.push(at, signal, grounds);
        } else {
            self.overflow(at, signal);
        }
    }

    /// Ends what is open, a frame before its burst. Whether a burst was open.
    pub(crate) fn close(&mut self, at: Timestamp) -> bool {
        let was_open = self.grammar.in_burst() || self.muffled;
        if self.grammar.in_frame() {
            self.push(at, Signal::FrameEnd(FrameEnd::Aborted), Grounds::Heard);
        }
        if self.grammar.in_burst() {
            self.push(at, Signal::End, Grounds::Heard);
        }
        self.muffled = false;
        was_open
    }

    fn overflow(&mut self, at: Timestamp, signal: Signal) {
        self.note(at, Event::Overflow);
        let was_open = self.close(at);
        self.muffled = was_open || matches!(signal, Signal::Begin(_));
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
    use fax_core::{Chunk, Opening};

    #[test]
    fn a_burst_that_nobody_takes_is_ended_and_the_next_one_is_heard() {
        let mut outbox = Outbox::new();
        let mut tell = |signal| outbox.tell(Timestamp::ZERO, signal, Grounds::Heard);
        tell(Signal::Begin(Opening::V21));
        (0..2 * SIGNALS).for_each(|_| tell(Signal::Octets(Chunk::from_octets(&[1]))));
        tell(Signal::FrameEnd(FrameEnd::Good));
        assert!(outbox.close(Timestamp::ZERO));
        assert_eq!(outbox.event(), Some((Timestamp::ZERO, Event::Overflow)));
        assert_eq!(outbox.event(), None);
        let mut grammar = Grammar::default();
        let heard: Vec<Signal> = core::iter::from_fn(|| outbox.take()).map(|heard| heard.signal).collect();
        assert!(heard.iter().all(|signal| grammar.take(*signal).is_ok()));
        assert_eq!(heard[heard.len() - 2..], [Signal::FrameEnd(FrameEnd::Aborted), Signal::End]);
        outbox.tell(Timestamp::ZERO, Signal::Begin(Opening::V21), Grounds::Heard);
        assert_eq!(outbox.take().map(|heard| heard.signal), Some(Signal::Begin(Opening::V21)));
    }
}
