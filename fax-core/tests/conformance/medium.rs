//! What lies between the tester and the session.

use crate::wire::{Wire, lasting, lead};
use fax_core::t30::session::{Session, Sink, Source};
use fax_core::{Opening, Signal, Span, Timestamp};

/// How far a medium goes on in one step.
pub(crate) const STEP: Span = Span::from_millis(10);

/// A line and the tester's end of it.
pub(crate) trait Medium: Default {
    /// For how long there may be bits behind what is not framed, as a carrier goes off.
    const TAIL: Span;

    /// A step is over at `now`; the session is driven.
    fn pass(&mut self, now: Timestamp, session: &mut Session, source: &mut dyn Source, sink: &mut dyn Sink);

    /// The tester says something, from this time on: a tone of a given length, or a burst.
    fn say(&mut self, at: Timestamp, what: Saying);

    /// When what the tester says is over, as soon as that is known.
    fn said(&mut self) -> Option<Timestamp>;

    /// The tester waits for a burst of this kind.
    fn expect(&mut self, opening: Opening);

    /// What the tester hears.
    fn hear(&mut self) -> Option<(Timestamp, Signal)>;
}

/// What the tester says in one piece.
#[derive(Clone, Debug)]
pub(crate) enum Saying {
    Tone(fax_core::Tone, Span),
    /// From the carrier on, its end not included.
    Burst(Opening, Vec<Signal>),
}

/// A line without noise or delay, on which the tester's signals take the time that they take.
#[derive(Default)]
pub(crate) struct Ideal {
    wire: Wire,
    over: Option<Timestamp>,
}

impl Medium for Ideal {
    const TAIL: Span = Span::ZERO;

    fn pass(&mut self, now: Timestamp, session: &mut Session, source: &mut dyn Source, sink: &mut dyn Sink) {
        self.wire.advance(now);
        session.drive(now, &mut self.wire, source, sink);
    }

    fn say(&mut self, at: Timestamp, what: Saying) {
        let over = match what {
            Saying::Tone(tone, span) => {
                self.wire.deliver(at, Signal::Tone(tone));
                at + span
            }
            Saying::Burst(opening, signals) => {
                self.wire.deliver(at, Signal::Begin(opening));
                let at = self.deliver(at + lead(opening), opening, &signals) + Span::from_millis(20);
                self.wire.deliver(at, Signal::End);
                at
            }
        };
        self.wire.deliver(over, Signal::Silence);
        self.over = Some(over);
    }

    fn said(&mut self) -> Option<Timestamp> {
        self.over.take()
    }

    fn expect(&mut self, _: Opening) {}

    fn hear(&mut self) -> Option<(Timestamp, Signal)> {
        self.wire.said.pop_front()
    }
}

impl Ideal {
    /// When the last of these signals is over.
    fn deliver(&mut self, mut at: Timestamp, opening: Opening, signals: &[Signal]) -> Timestamp {
        if opening != Opening::V21 && matches!(signals.first(), Some(Signal::Octets(_))) {
            at += Span::from_millis(250); // flags
        }
        for signal in signals {
            at += match signal {
                Signal::Octets(chunk) | Signal::Bits(chunk) => lasting(chunk.len_bits(), opening),
                _ => lasting(24, opening),
            };
            self.wire.deliver(at, *signal);
        }
        at
    }
}
