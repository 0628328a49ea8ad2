//! The ground floor: what a fax line carries, when, and the arithmetic that is the same everywhere.
//!
//! A fax line carries a sequence of [`Signal`]s. A phone line writes them as samples (`fax-modem`),
//! T.38 as packets (`fax-t38`); both are a [`Line`], and everything above speaks only this
//! vocabulary.
//!
//! Always: no I/O, no clock, no threads. Time comes in as a [`Timestamp`]; equal inputs give equal
//! outputs, bit for bit, on every machine ([`maths`] holds the functions that make this so).

pub mod image;
pub mod line;
pub mod maths;
mod private;
pub mod relay;
pub mod signal;
pub mod t30;
pub mod terminal;
pub mod time;
pub mod units;

pub use line::{
    Deadline, Events, Expectation, Expected, Framing, Line, Nature, Outbox, Progress, Refusal, Room, Wait,
};
pub use private::Private;
pub use signal::{
    Chunk, FrameEnd, Grammar, Grounds, Heard, Opening, Signal, Tone, Training, V17Rate, V27terRate, V29Rate,
};
pub use time::{SAMPLE_RATE, Span, Timestamp};
pub use units::{Baud, BitRate, Dbm0, Decibel, Hertz};
