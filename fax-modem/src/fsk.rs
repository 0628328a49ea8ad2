//! V.21: frequency shift keying at 300 bit/s, one tone for each bit.
//!
//! T.30 sends its binary coded signals on channel 2 in both directions; V.8 uses channel 1 from the
//! caller and channel 2 from the answerer.
//!
//! From: V.21 (11/88) clauses 2, 3, 5.

mod front;
mod hunt;
mod lapse;
mod receiver;
mod tones;
mod track;
mod transmitter;

pub use hunt::Preamble;
pub use receiver::FskReceiver;
pub use transmitter::FskTransmitter;

/// A channel of V.21: its two tones stand 100 Hz on either side of its mean frequency (V.21 cl. 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Channel {
    /// Mean 1080 Hz: 1 = 980 Hz, 0 = 1180 Hz.
    One,
    /// Mean 1750 Hz: 1 = 1650 Hz, 0 = 1850 Hz.
    Two,
}

/// How far the tones stand from the mean, hertz.
const DEVIATION: f64 = 100.0;

impl Channel {
    /// The mean frequency, hertz.
    pub const fn mean(self) -> f64 {
        match self {
            Self::One => 1080.0,
            Self::Two => 1750.0,
        }
    }

    /// The tone of a bit, hertz: a one (mark) is the lower.
    pub const fn tone(self, bit: bool) -> f64 {
        self.mean() + if bit { -DEVIATION } else { DEVIATION }
    }
}
