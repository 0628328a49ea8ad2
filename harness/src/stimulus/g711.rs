//! Digital legs: G.711 encoded and decoded again.
//!
//! Between two legs the signal is moved by half a sample: coding the very same samples again would
//! lose nothing, and a call with several codecs has an analogue step between them.

use super::interpolate::{self, REACH};
use super::to_i16;
use audio_codec_algorithms::{decode_alaw, decode_ulaw, encode_alaw, encode_ulaw};
use std::fmt;
use std::str::FromStr;

/// A companding law of G.711.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Law {
    /// A-law.
    A,
    /// mu-law.
    Mu,
}

/// The text names no law.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no such law; use ulaw or alaw")]
pub struct ParseLawError;

impl Law {
    /// A sample after one coding and decoding.
    pub fn recode(self, sample: i16) -> i16 {
        match self {
            Self::A => decode_alaw(encode_alaw(sample)),
            Self::Mu => decode_ulaw(encode_ulaw(sample)),
        }
    }
}

/// The signal after these legs, one after the other.
pub fn legs(laws: &[Law], mut signal: Vec<f32>) -> Vec<f32> {
    for (n, law) in laws.iter().enumerate() {
        if n > 0 {
            signal = interpolate::delay(&signal, 0.5).split_off(REACH);
        }
        for x in &mut signal {
            *x = f32::from(law.recode(to_i16(*x)));
        }
    }
    signal
}

impl fmt::Display for Law {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::A => "alaw",
            Self::Mu => "ulaw",
        })
    }
}

impl FromStr for Law {
    type Err = ParseLawError;

    fn from_str(text: &str) -> Result<Self, ParseLawError> {
        match text {
            "alaw" => Ok(Self::A),
            "ulaw" => Ok(Self::Mu),
            _ => Err(ParseLawError),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::rng::Rng;
    use super::*;
    use fax_core::{Dbm0, maths};

    fn snr_db(laws: &[Law], level: f32) -> f64 {
        let mut rng = Rng::seeded(5);
        let rms = f64::from(Dbm0(level).rms());
        let input: Vec<f32> = (0..400_000).map(|_| (rms * rng.normal()) as f32).collect();
        let output = legs(laws, input.clone());
        let (mut signal, mut noise) = (0.0, 0.0);
        for (x, y) in input.iter().zip(&output) {
            signal += f64::from(*x) * f64::from(*x);
            noise += f64::from(y - x) * f64::from(y - x);
        }
        10.0 * maths::log10(signal / noise)
    }

    /// Golden values for a Gaussian signal.
    #[test]
    fn the_quantising_noise_of_both_laws_is_that_of_the_table() {
        let levels = [-6.0, -13.0, -20.0, -30.0, -40.0, -43.0];
        let a = [37.5, 37.6, 37.5, 36.9, 30.8, 27.8];
        let mu = [37.4, 37.4, 37.0, 35.8, 32.7, 31.1];
        for (law, expected) in [(Law::A, a), (Law::Mu, mu)] {
            for (level, expected) in levels.into_iter().zip(expected) {
                let snr = snr_db(&[law], level);
                assert!((snr - expected).abs() < 0.2, "{law} at {level}: {snr} dB, not {expected}");
            }
        }
    }

    #[test]
    fn coding_a_second_time_with_the_same_law_loses_nothing() {
        for sample in i16::MIN..=i16::MAX {
            for law in [Law::A, Law::Mu] {
                let once = law.recode(sample);
                assert_eq!(law.recode(once), once, "{law} {sample}");
            }
        }
    }
}
