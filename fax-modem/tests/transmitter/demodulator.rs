//! An ideal demodulator: the whole root raised cosine, evaluated at exact instants, and a carrier of
//! known phase. Slow and simple; of the code under test it shares only the formula of the pulse, which
//! the reference signals confirm.

use fax_core::SAMPLE_RATE;
use fax_core::maths::{Complex, PI, cos, log10, sin};
use fax_modem::Modem;
use fax_modem::pulse::root_raised_cosine;

/// Where a burst lies in a stream of samples.
pub(crate) struct Place {
    /// Sample, and part of a sample, of the centre of symbol 0.
    pub(crate) centre: f64,
    /// Carrier phase at sample 0, turns.
    pub(crate) phase: f64,
    /// Mean power of the constellation as it was sent, dBm0.
    pub(crate) level: f32,
}

/// Symbols to either side that are looked at.
const REACH: f64 = 30.0;

/// Symbol number `n`, in the units of the modem's table.
pub(crate) fn symbol(modem: &Modem, place: &Place, samples: &[i16], n: usize) -> Complex {
    let per_symbol = f64::from(SAMPLE_RATE) / f64::from(modem.symbol_rate.0);
    let centre = place.centre + n as f64 * per_symbol;
    let first = (centre - REACH * per_symbol).ceil().max(0.0) as usize;
    let last = ((centre + REACH * per_symbol) as usize + 1).min(samples.len());
    let (mut re, mut im) = (0.0, 0.0);
    for (k, &sample) in samples.iter().enumerate().take(last).skip(first) {
        let weight = f64::from(sample)
            * root_raised_cosine((k as f64 - centre) / per_symbol, f64::from(modem.roll_off));
        let turns = (place.phase + f64::from(modem.carrier.0) * k as f64 / f64::from(SAMPLE_RATE)).fract();
        re += weight * cos(2.0 * PI * turns);
        im -= weight * sin(2.0 * PI * turns);
    }
    let unit = fax_core::Dbm0(place.level).rms() * (2.0 / modem.mean_power()).sqrt();
    let scale = 2.0 / per_symbol / f64::from(unit);
    Complex::new((re * scale) as f32, (im * scale) as f32)
}

/// Mean power of the errors against that of the constellation, decibels; and the largest error.
pub(crate) fn error_vector(modem: &Modem, pairs: impl Iterator<Item = (Complex, Complex)>) -> (f64, f32) {
    let (mut sum, mut largest, mut count) = (0.0, 0.0_f32, 0);
    for (heard, expected) in pairs {
        let error = (heard - expected).norm_sqr();
        (sum, largest, count) = (sum + f64::from(error), largest.max(error), count + 1);
    }
    assert!(count > 0);
    (10.0 * log10(sum / f64::from(count) / f64::from(modem.mean_power())), largest.sqrt())
}
