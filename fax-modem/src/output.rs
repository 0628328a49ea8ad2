//! What a receiver says while samples go in, and how good it finds the line.

use fax_core::maths;
use fax_core::{Decibel, Opening, V17Rate, V27terRate, V29Rate};

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
    /// As [`Output::Bits`], but they were heard in samples that nobody sent
    /// ([`FskReceiver::process_invented`](crate::fsk::FskReceiver::process_invented)): any of them may be wrong.
    Doubtful {
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

impl Quality {
    /// How much more noise the line could have before one bit in 10 000 is wrong at `opening`'s rate: so a
    /// training at one rate tells whether a higher one would do. Negative if it has too much already.
    pub fn margin(&self, opening: Opening) -> Decibel {
        Decibel(Threshold::of(opening).evm - self.evm.0)
    }

    /// Bit error rate to expect at `opening`'s rate on this line, 0 to 0.5.
    pub fn bit_error(&self, opening: Opening) -> f32 {
        let decades = self.margin(opening).0 / Threshold::of(opening).per_decade;
        (maths::exp10(f64::from(-4.0 - decades)) as f32).min(0.5)
    }

    /// Part of the frames of `octets` octets that will hold an error at `opening`'s rate, 0 to 1. One wrong
    /// decision makes about six wrong bits (differential code, descrambler), so frames are hit a sixth
    /// as often as bits.
    pub fn frame_error(&self, opening: Opening, octets: usize) -> f32 {
        const BITS_PER_DECISION: f64 = 6.0;
        let hits = f64::from(self.bit_error(opening)) * 8.0 * octets as f64 / BITS_PER_DECISION;
        (1.0 - maths::exp(-hits)) as f32
    }
}

/// Where a modem makes one bit error in 10 000.
struct Threshold {
    /// Error of the symbols there, dB.
    evm: f32,
    /// Decibels that change the error rate tenfold, about there.
    per_decade: f32,
}

impl Threshold {
    /// From an ideal receiver (docs/modem-performance.md); ours are within 0.2 dB of it. V.21: our own.
    const fn of(opening: Opening) -> Self {
        let (evm, per_decade) = match opening {
            Opening::V21 => (-7.7, 1.4),
            Opening::V27ter(V27terRate::R2400) => (-12.3, 1.3),
            Opening::V27ter(V27terRate::R4800) => (-17.4, 1.2),
            Opening::V29(V29Rate::R7200) => (-16.6, 1.4),
            Opening::V29(V29Rate::R9600) => (-20.0, 1.4),
            Opening::V17(V17Rate::R7200, _) => (-13.1, 0.9),
            Opening::V17(V17Rate::R9600, _) => (-16.3, 0.8),
            Opening::V17(V17Rate::R12000, _) => (-19.6, 0.9),
            Opening::V17(V17Rate::R14400, _) => (-22.4, 0.7),
        };
        Self { evm, per_decade }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fax_core::{Dbm0, Training};

    fn quality(evm: f32) -> Quality {
        Quality { evm: Decibel(evm), frequency_offset: 0.0, clock_offset: 0.0, level: Dbm0(-13.0) }
    }

    #[test]
    fn a_line_that_just_carries_one_rate_has_margin_at_the_lower_ones_only() {
        let at = |rate| Opening::V17(rate, Training::Long);
        let line = quality(-20.0);
        assert!(line.margin(at(V17Rate::R14400)).0 < -2.0);
        assert!((line.margin(at(V17Rate::R12000)).0 - 0.4).abs() < 0.01);
        assert!(line.margin(at(V17Rate::R9600)).0 > 3.0);
        assert!((line.bit_error(Opening::V29(V29Rate::R9600)) - 1e-4).abs() < 1e-6);
        assert!(line.frame_error(at(V17Rate::R14400), 260) > 0.3);
        assert!(line.frame_error(at(V17Rate::R9600), 260) < 1e-3);
    }

    #[test]
    fn nothing_to_hear_is_half_wrong() {
        for opening in Opening::ALL {
            assert_eq!(quality(0.0).bit_error(opening), 0.5);
            assert!(quality(0.0).frame_error(opening, 260) > 0.99);
            assert!(quality(-60.0).frame_error(opening, 260) < 1e-9);
        }
    }
}
