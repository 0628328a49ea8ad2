//! What a receiver says while samples go in, and how good it finds the line.

use fax_core::{Decibel, Opening};

/// One thing a modem receiver has to tell, in the order of the line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Output {
    /// A burst of this modem has been recognised and trained; bits follow.
    Trained {
        /// The modem, its rate and the training it used.
        opening: Opening,
        /// Sample of the receiver's stream at which the training (V.21: the preamble) began.
        began: u64,
        /// What the training showed.
        quality: Quality,
    },
    /// A fast modem's training has been recognised; whether it succeeds is told later. Comes once a
    /// burst, 50 to 250 ms after its beginning; again if the first sight was wrong.
    Recognised {
        /// The modem, rate and training, if nothing else that is expected opens alike.
        opening: Option<Opening>,
        /// Sample at which it began.
        began: u64,
    },
    /// A training was recognised and did not lead to usable reception.
    TrainingFailed {
        /// What it was taken for.
        opening: Opening,
        /// Sample at which it began.
        began: u64,
    },
    /// User bits, descrambled; the first in time is bit 0.
    Bits {
        /// The bits.
        bits: u8,
        /// How many of them, 1 to 8.
        count: u8,
    },
    /// The carrier is gone.
    Ended {
        /// Sample at which it went.
        at: u64,
    },
}

/// What a receiver knows of the line it hears.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quality {
    /// Mean squared error of the equalised symbols against the right ones, relative to the mean
    /// power of the symbols: the line's noise as the decisions meet it.
    pub evm: Decibel,
    /// Carrier offset, hertz.
    pub frequency_offset: f32,
    /// How much faster than nominal the far symbol clock runs, parts in 10^6.
    pub clock_offset: f32,
    /// Received level of the burst, dBm0.
    pub level: fax_core::Dbm0,
}
