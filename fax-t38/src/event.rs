//! What happened that a person or a record should know. Numbers only; no engine reads these.

use crate::ifp::Indicator;
use crate::{Refusal, Seq, Syntax};

/// What a T.38 line saw or decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A packet, or a part of one, was not taken.
    Refused(Refusal),
    /// Packets that nothing could repair in time.
    Lost {
        /// The first of them.
        from: Seq,
        /// How many; `None` after a restart of unknown extent.
        packets: Option<u16>,
    },
    /// A packet that did not arrive was rebuilt.
    Repaired {
        /// Which.
        seq: Seq,
        /// From what.
        by: Repair,
    },
    /// The peer began a new sequence.
    Restarted {
        /// Its first number.
        at: Seq,
    },
    /// The peer writes the other syntax than the one agreed on; from here on it is read so (PER-3).
    SyntaxLatched(Syntax),
    /// An indicator that a G3 line has no signal for (V.8, V.34, V.33).
    Indicated(Indicator),
    /// A burst ended because nothing came for so long (IFP-19).
    Starved,
    /// The peer's datagrams can hold less than wanted; redundancy was cut to so many secondaries.
    DepthCut {
        /// Secondaries that fit.
        secondaries: u8,
    },
    /// What was received was not taken from the line in time and is gone.
    Overflow,
}

/// What a lost packet was rebuilt from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Repair {
    /// A copy in a later datagram.
    Secondary,
    /// Parity over a group.
    Parity,
}
