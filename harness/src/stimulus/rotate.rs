//! Turns the carrier: a fixed phase, a frequency offset, a phase that swings. The signal and its
//! Hilbert transform are one complex signal, which is turned and its real part kept.
//!
//! The transformer has 127 taps under a Kaiser window with beta 8: the other side band lies more than
//! 70 dB down from 300 to 3700 Hz.

use super::kaiser;
use fax_core::SAMPLE_RATE;
use fax_core::maths;
use std::sync::LazyLock;

/// Samples by which [`Rotation::apply`] makes a signal later.
pub const DELAY: usize = 63;

/// Taps of one sign of offset that are not zero: those at odd offsets.
const ODD_TAPS: usize = DELAY + 1;
const BETA: f64 = 8.0;

/// The angle by which a signal's carrier is turned, as a function of time.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rotation {
    /// Turn at the first sample, radians.
    pub phase: f64,
    /// Frequency offset, hertz; positive raises the carrier.
    pub frequency: f64,
    /// Phase jitter, degrees from peak to peak.
    pub jitter_degrees: f64,
    /// Frequency of the jitter, hertz.
    pub jitter_hertz: f64,
    /// Phase of the jitter's sine at the first sample, radians.
    pub jitter_phase: f64,
}

impl Rotation {
    /// The signal turned; it is [`DELAY`] samples later and twice that longer.
    pub fn apply(&self, input: &[f32]) -> Vec<f32> {
        let quadrature = hilbert(input);
        let still = self.is_still();
        let (mut cos, mut sin) = (maths::cos(self.phase) as f32, maths::sin(self.phase) as f32);
        let mut output = Vec::with_capacity(quadrature.len());
        for (n, q) in quadrature.iter().enumerate() {
            if !still {
                let angle = self.angle(n as u64);
                (cos, sin) = (maths::cos(angle) as f32, maths::sin(angle) as f32);
            }
            let i = n.checked_sub(DELAY).and_then(|n| input.get(n)).copied().unwrap_or(0.0);
            output.push(i * cos - q * sin);
        }
        output
    }

    /// Whether the angle is the same all the time.
    pub(crate) fn is_still(&self) -> bool {
        self.frequency == 0.0 && self.jitter_degrees == 0.0
    }

    /// The angle at a sample, radians.
    pub(crate) fn angle(&self, sample: u64) -> f64 {
        let time = sample as f64 * (2.0 * maths::PI / f64::from(SAMPLE_RATE));
        let swing = self.jitter_degrees / 2.0 * maths::PI / 180.0;
        let jitter = swing * maths::sin(self.jitter_hertz * time + self.jitter_phase);
        self.phase + self.frequency * time + jitter
    }
}

/// The Hilbert transform, later by [`DELAY`] samples and longer by twice that. As every second tap is
/// zero, the samples of either parity run by themselves.
fn hilbert(input: &[f32]) -> Vec<f32> {
    let length = input.len() + 2 * DELAY;
    let mut padded = vec![0.0; 2 * DELAY];
    padded.extend_from_slice(input);
    padded.resize(length + 2 * DELAY + 2, 0.0);
    let parity = |first: usize| -> Vec<f32> { padded[first..].iter().step_by(2).copied().collect() };
    let halves = [parity(0), parity(1)];
    // Output n is the sum over odd k in 0..127, counted in taps from the oldest sample, n + k.
    (0..length)
        .map(|n| {
            let half = &halves[n % 2];
            half.get(n / 2..n / 2 + ODD_TAPS).map_or(0.0, |window| maths::dot(&TAPS[..], window))
        })
        .collect()
}

/// The Hilbert transform at the middle of a window of 2 * [`DELAY`] + 1 samples.
pub(crate) fn quadrature(window: &[f32]) -> f32 {
    let mut odd = [0.0; ODD_TAPS];
    for (tap, sample) in odd.iter_mut().zip(window.iter().step_by(2)) {
        *tap = *sample;
    }
    maths::dot(&TAPS[..], &odd)
}

/// Taps on the even places of 0..=126, that is at the odd offsets -63, -61 .. 63, oldest sample first.
static TAPS: LazyLock<[f32; ODD_TAPS]> = LazyLock::new(|| {
    core::array::from_fn(|k| {
        // The tap meets the sample that is `offset` older than the centre.
        let offset = DELAY as f64 - 2.0 * k as f64;
        (2.0 / (maths::PI * offset) * kaiser(offset / (DELAY as f64 + 1.0), BETA)) as f32
    })
});

#[cfg(test)]
mod tests {
    use super::*;

    /// Power of the component at `hertz`, relative to a sine of amplitude 1.
    fn power_at(signal: &[f32], hertz: f64) -> f64 {
        let (mut re, mut im, mut weight) = (0.0, 0.0, 0.0);
        for (n, x) in signal.iter().enumerate() {
            let w = kaiser(2.0 * n as f64 / signal.len() as f64 - 1.0, 12.0);
            let angle = 2.0 * maths::PI * hertz * n as f64 / 8000.0;
            re += w * f64::from(*x) * maths::cos(angle);
            im += w * f64::from(*x) * maths::sin(angle);
            weight += w;
        }
        4.0 * (re * re + im * im) / (weight * weight)
    }

    fn wave(hertz: f64, count: u32) -> Vec<f32> {
        (0..count).map(|n| maths::cos(2.0 * maths::PI * hertz * f64::from(n) / 8000.0) as f32).collect()
    }

    #[test]
    fn a_frequency_shift_leaves_less_than_70_db_of_the_other_side_band() {
        for hertz in [300.0, 600.0, 1800.0, 3000.0, 3400.0] {
            for offset in [-37.0, 13.0] {
                let shifted = Rotation { frequency: offset, ..Rotation::default() }.apply(&wave(hertz, 8000));
                let shifted = &shifted[200..7900];
                let wanted = 10.0 * maths::log10(power_at(shifted, hertz + offset));
                let image = 10.0 * maths::log10(power_at(shifted, hertz - offset));
                assert!(wanted.abs() < 0.01, "{hertz} Hz: level {wanted} dB");
                assert!(image < -70.0, "{hertz} Hz by {offset} Hz: image at {image} dB");
            }
        }
    }

    #[test]
    fn a_turn_of_the_carrier_is_a_turn_of_a_wave() {
        let angle = 1.1;
        let turned = Rotation { phase: angle, ..Rotation::default() }.apply(&wave(1700.0, 2000));
        for n in 200..1800 {
            let expected = maths::cos(2.0 * maths::PI * 1700.0 * f64::from(n) / 8000.0 + angle);
            let error = f64::from(turned[n as usize + DELAY]) - expected;
            assert!(error.abs() < 3e-4, "off by {error} at {n}");
        }
    }

    #[test]
    fn jitter_swings_by_half_its_peak_to_peak_value() {
        let jitter = Rotation { jitter_degrees: 10.0, jitter_hertz: 60.0, ..Rotation::default() };
        let shaken = jitter.apply(&wave(1800.0, 80_000));
        // Narrow-band phase modulation by a small angle: side bands of half that angle.
        let ratio = (power_at(&shaken, 1860.0) / power_at(&shaken, 1800.0)).sqrt();
        let expected = 5.0 * maths::PI / 180.0 / 2.0;
        assert!((ratio / expected - 1.0).abs() < 0.01, "{ratio} instead of {expected}");
    }
}
