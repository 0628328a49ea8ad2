//! The tones of fax call establishment: CNG, CED, ANSam and their relatives, made and recognised.
//!
//! [`Generator`] is pulled and sounds for as long as its owner pulls; [`Detector`] is pushed and says
//! when a tone began, what it turned out to be, and when it ended.
//!
//! From: T.30 4.1 (CNG, CED), V.25 2.2 and 2.3 (ANS, reversals), V.8 7.2 (ANSam).
//! Not here: V.21 flags, the safer sign of a fax ([`crate::fsk`]), V.8 messages ([`crate::v8`]).

mod answer;
mod detector;
mod front;
mod generator;
mod watch;
mod wave;

pub use detector::{Detector, ToneOutput};
pub use generator::Generator;

use fax_core::{Hertz, Tone};

/// Frequency of CNG (T.30 4.1.1).
const CNG: Hertz = Hertz(1100.0);

/// Frequency of CED, ANS and ANSam (T.30 4.1.1, V.25 2.2, V.8 7.2).
const ANSWER: Hertz = Hertz(2100.0);

/// Samples between two phase reversals: 450 ms (V.25 2.3, V.8 7.2).
const REVERSAL_PERIOD: u32 = 3600;

/// Frequency at which ANSam's amplitude swings (V.8 7.2).
const MODULATION: Hertz = Hertz(15.0);

/// How far ANSam's amplitude swings about its mean: 0.8 to 1.2 (V.8 7.2).
const MODULATION_DEPTH: f32 = 0.2;

/// The frequency a tone is made of.
const fn frequency(tone: Tone) -> Hertz {
    match tone {
        Tone::Cng => CNG,
        Tone::Ced | Tone::AnsPr | Tone::AnsAm | Tone::AnsAmPr => ANSWER,
    }
}
