//! Physical quantities as types, so that a rate is never added to a level.

use crate::maths;
use core::fmt;

/// A frequency in hertz.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Hertz(pub f32);

/// Symbols a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Baud(pub u16);

/// Bits a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BitRate(pub u32);

/// A ratio of powers in decibels.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Decibel(pub f32);

/// A power level in dBm0. 0 dBm0 is an RMS of 16140.6 in 16-bit linear samples; a sine of peak 32768
/// is +3.14 dBm0 (G.711, table of the digital milliwatt).
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Dbm0(pub f32);

/// dBm0 of an RMS of 32768.
const FULL_SCALE_RMS_DBM0: f64 = 6.1503;

impl Decibel {
    /// The ratio of powers.
    pub fn power(self) -> f32 {
        maths::exp10(f64::from(self.0) / 10.0) as f32
    }

    /// The ratio of amplitudes.
    pub fn amplitude(self) -> f32 {
        maths::exp10(f64::from(self.0) / 20.0) as f32
    }

    /// Decibels of a ratio of powers; -infinity for 0.
    pub fn from_power(ratio: f32) -> Self {
        Self((10.0 * maths::log10(f64::from(ratio))) as f32)
    }
}

impl Dbm0 {
    /// The RMS in 16-bit linear samples.
    pub fn rms(self) -> f32 {
        (32768.0 * maths::exp10((f64::from(self.0) - FULL_SCALE_RMS_DBM0) / 20.0)) as f32
    }

    /// The level of a signal of mean square `power` in 16-bit linear samples; -infinity for silence.
    pub fn from_power(power: f32) -> Self {
        let full = f64::from(power) / (32768.0 * 32768.0);
        Self((10.0 * maths::log10(full) + FULL_SCALE_RMS_DBM0) as f32)
    }
}

impl fmt::Display for Dbm0 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.1} dBm0", self.0)
    }
}

impl fmt::Display for BitRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bit/s", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_dbm0_is_the_rms_of_the_digital_milliwatt() {
        assert!((Dbm0(0.0).rms() - 16140.6).abs() < 1.0);
        assert!((Dbm0::from_power(Dbm0(-13.0).rms() * Dbm0(-13.0).rms()).0 + 13.0).abs() < 1e-4);
    }

    #[test]
    fn decibels_of_power_and_amplitude_agree() {
        assert!((Decibel(20.0).power() - 100.0).abs() < 1e-3);
        assert!((Decibel(20.0).amplitude() - 10.0).abs() < 1e-4);
        assert!((Decibel::from_power(0.5).0 + 3.0103).abs() < 1e-4);
    }
}
