//! The front of a fast receiver: samples are kept for a while, and a matched filter reads them at any
//! instant.
//!
//! The filter is a root raised cosine around the modem's carrier, complex and still in the passband:
//! one real dot product a component gives the analytic signal at a chosen instant, interpolation
//! and matched filtering in one. Carrier and clock offsets change only the instants and the turn
//! that follow; the filter stays.

use crate::pulse::root_raised_cosine;
use fax_core::maths::{self, Complex};

/// Bits of a sample's fraction in an [`Instant`].
pub(crate) const FRACTION_BITS: u32 = 24;
const ONE_SAMPLE: f64 = (1_u64 << FRACTION_BITS) as f64;

/// A point of the sample stream, with fraction. Wraps after two thousand years.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Instant(pub(crate) i64);

impl Instant {
    pub(crate) fn of_sample(sample: u64) -> Self {
        Self((sample as i64) << FRACTION_BITS)
    }

    /// So many samples later (or earlier).
    #[must_use]
    pub(crate) fn plus(self, samples: f64) -> Self {
        Self(self.0.wrapping_add((samples * ONE_SAMPLE) as i64))
    }

    /// The sample at or before it.
    pub(crate) fn sample(self) -> i64 {
        self.0 >> FRACTION_BITS
    }

    /// Samples from `earlier` to here.
    pub(crate) fn samples_from(self, earlier: Self) -> f64 {
        self.0.wrapping_sub(earlier.0) as f64 / ONE_SAMPLE
    }
}

/// Samples kept, a power of two. The longest first look at a training ([`super::fit`]) spans 1900 with its
/// 96 taps and may be put off by 1200 while other modems are tried first; when it fails, the search
/// goes back to where it began, over as much again.
const KEPT: usize = 8192;

/// The last [`KEPT`] samples, readable in one piece wherever a filter lies.
#[derive(Clone, Debug)]
pub(crate) struct History {
    /// `KEPT` samples as a ring, then the first [`TAPS`] of them again.
    ring: Vec<f32>,
    written: u64,
}

impl History {
    pub(crate) fn new() -> Self {
        Self { ring: vec![0.0; KEPT + TAPS], written: 0 }
    }

    /// Appends a block that is shorter than what is kept.
    pub(crate) fn push(&mut self, samples: &[f32]) {
        let at = self.written as usize & (KEPT - 1);
        let (before, after) = samples.split_at(samples.len().min(KEPT - at));
        self.ring[at..at + before.len()].copy_from_slice(before);
        self.ring[..after.len()].copy_from_slice(after);
        if at < TAPS || !after.is_empty() {
            self.ring.copy_within(..TAPS, KEPT);
        }
        self.written += samples.len() as u64;
    }

    /// Lets samples pass that hold nothing.
    pub(crate) fn skip(&mut self, samples: u64) {
        self.ring.fill(0.0);
        self.written += samples;
    }

    /// Copies the samples from number `first` on, which must not be older than what is kept.
    pub(crate) fn copy(&self, first: u64, out: &mut [i16]) {
        for (n, out) in (first..).zip(out) {
            // What was kept had been a sample.
            *out = self.ring[n as usize & (KEPT - 1)] as i16;
        }
    }

    /// Samples pushed since the beginning.
    pub(crate) fn written(&self) -> u64 {
        self.written
    }

    /// Whether a filter read at `instant` has all its samples: they have come and are still here.
    #[inline]
    pub(crate) fn covers(&self, instant: Instant) -> bool {
        let newest = instant.sample() + (TAPS / 2) as i64 + 1;
        newest < self.written as i64 && newest + KEPT as i64 > self.written as i64 + 2 * TAPS as i64
    }

    /// Mean square of the samples from number `first` on, as far back as they are kept.
    pub(crate) fn power_since(&self, first: u64) -> f32 {
        let first = first.max(self.written.saturating_sub(KEPT as u64));
        let count = self.written.saturating_sub(first).max(1);
        let square = |n: u64| {
            let sample = f64::from(self.ring[(n % KEPT as u64) as usize]);
            sample * sample
        };
        ((first..self.written).map(square).sum::<f64>() / count as f64) as f32
    }

    /// The `TAPS` samples from number `first` on.
    #[inline]
    fn window(&self, first: i64) -> &[f32; TAPS] {
        let at = first as usize & (KEPT - 1);
        // The ring is longer than any place in it by a whole window.
        self.ring[at..].first_chunk().unwrap_or(&[0.0; TAPS])
    }
}

/// Length of the filter in samples: at 2400 baud 9.6 symbols. It must part 300 Hz from -300 Hz, which
/// would fall into the band when only two samples a symbol are taken.
pub(crate) const TAPS: usize = 32;
/// Positions between two samples: the jitter of the nearest is 53 dB below the signal at the band edge.
const PHASES: usize = 128;
/// Shape of the window that cuts the pulse: side lobes 45 dB down.
const KAISER_BETA: f64 = 3.2;

/// The matched filter of one modem, at [`PHASES`] positions between two samples.
#[derive(Clone, Debug)]
pub(crate) struct MatchedFilter {
    re: Vec<[f32; TAPS]>,
    im: Vec<[f32; TAPS]>,
}

impl MatchedFilter {
    /// For a carrier and symbol rate in cycles and symbols a sample.
    pub(crate) fn new(carrier: f64, symbol_rate: f64, roll_off: f64) -> Self {
        let tap = |phase: usize, k: usize| {
            let t = k as f64 - (TAPS / 2 - 1) as f64 - phase as f64 / PHASES as f64;
            let edge = t / (TAPS as f64 / 2.0);
            let window = maths::bessel_i0(KAISER_BETA * (1.0 - edge * edge).max(0.0).sqrt())
                / maths::bessel_i0(KAISER_BETA);
            let envelope = root_raised_cosine(t * symbol_rate, roll_off) * window * symbol_rate.sqrt();
            let turn = -2.0 * maths::PI * carrier * t;
            ((envelope * maths::cos(turn)) as f32, (envelope * maths::sin(turn)) as f32)
        };
        let row = |phase: usize, part: fn((f32, f32)) -> f32| core::array::from_fn(|k| part(tap(phase, k)));
        Self {
            re: (0..PHASES).map(|phase| row(phase, |t| t.0)).collect(),
            im: (0..PHASES).map(|phase| row(phase, |t| t.1)).collect(),
        }
    }

    /// The analytic signal at `instant`. [`History::covers`] must hold, else it is made of wrong samples.
    #[inline]
    pub(crate) fn read(&self, history: &History, instant: Instant) -> Complex {
        let rounded = instant.0.wrapping_add(1 << (FRACTION_BITS - 8)) >> (FRACTION_BITS - 7);
        let (sample, phase) = (rounded >> 7, (rounded & (PHASES as i64 - 1)) as usize);
        let window = history.window(sample - (TAPS / 2 - 1) as i64);
        maths::dot_pair(window, &self.re[phase], &self.im[phase])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_tone(cycles: f64, at: f64) -> Complex {
        let mut history = History::new();
        let samples: Vec<f32> =
            (0..200).map(|n| maths::cos(2.0 * maths::PI * cycles * f64::from(n)) as f32).collect();
        history.push(&samples);
        let filter = MatchedFilter::new(1800.0 / 8000.0, 0.3, 0.25);
        let instant = Instant::default().plus(at);
        assert!(history.covers(instant));
        filter.read(&history, instant)
    }

    #[test]
    fn a_tone_in_the_band_keeps_its_phase_at_every_instant() {
        let reference = read_tone(0.225, 100.0).abs();
        for step in 0..40 {
            let at = 90.0 + f64::from(step) * 0.37;
            let expected = Complex::unit(2.0 * maths::PI * 0.225 * at).scale(reference);
            // Nearest of 128 positions: the phase is off by at most 2 pi 0.225 / 256.
            assert!((read_tone(0.225, at) - expected).abs() < 0.006 * reference, "at {at}");
        }
    }

    #[test]
    fn the_image_below_zero_hertz_is_shut_out() {
        let carrier = read_tone(0.225, 100.3).abs();
        // -300 Hz would fall on the band edge; 3700 Hz lies beyond the upper one.
        for hertz in [-300.0, -600.0, -1800.0, 3700.0] {
            let history_tone = |cycles: f64| {
                let mut history = History::new();
                let filter = MatchedFilter::new(1800.0 / 8000.0, 0.3, 0.25);
                let mut parts = [Complex::ZERO; 2];
                for (part, quarter) in parts.iter_mut().zip([0.0, 0.25]) {
                    let samples: Vec<f32> = (0..200)
                        .map(|n| maths::cos(2.0 * maths::PI * (cycles * f64::from(n) - quarter)) as f32)
                        .collect();
                    history.push(&samples);
                    *part = filter.read(&history, Instant::of_sample(history.written() - 50));
                }
                // cos + i sin is the single line at +cycles.
                (parts[0] + parts[1].turned()).abs() / 2.0
            };
            let leak = history_tone(hertz / 8000.0) / carrier;
            assert!(leak < 0.02, "{hertz} Hz leaks {leak}");
        }
    }

    #[test]
    fn what_is_not_there_is_not_covered() {
        let mut history = History::new();
        history.push(&[1.0; 100]);
        assert!(!history.covers(Instant::of_sample(90)));
        assert!(history.covers(Instant::of_sample(80)));
        (0..KEPT / 64).for_each(|_| history.push(&[1.0; 64]));
        assert!(!history.covers(Instant::of_sample(80)));
    }
}
