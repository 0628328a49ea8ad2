//! The stages of a line that keep state between blocks.

use crate::stimulus::interpolate::{REACH, TAPS, value};
use crate::stimulus::rotate::{DELAY, Rotation, quadrature};
use crate::stimulus::{Impairments, Rng};
use fax_core::maths;

/// A filter with these taps.
#[derive(Debug)]
pub(super) struct Fir {
    /// Last tap first.
    reversed: Vec<f32>,
    /// The last samples, one fewer than taps, and the block.
    window: Vec<f32>,
}

impl Fir {
    pub(super) fn new(mut taps: Vec<f32>) -> Self {
        taps.reverse();
        let window = vec![0.0; taps.len().saturating_sub(1)];
        Self { reversed: taps, window }
    }

    /// The signal and a copy of it, `db` stronger and `ms` later, both later by [`REACH`] samples.
    pub(super) fn echo(db: f64, ms: f64) -> Self {
        let gain = maths::exp10(db / 20.0) as f32;
        let (whole, rest) = ((ms * 8.0) as usize, ms * 8.0 - ((ms * 8.0) as usize) as f64);
        // The interpolator looks back from a whole sample by less than one.
        let (base, fraction) = if rest == 0.0 { (whole, 0.0) } else { (whole + 1, 1.0 - rest) };
        let mut taps = vec![0.0; base + TAPS];
        for (k, tap) in taps[base..].iter_mut().enumerate() {
            let mut unit = [0.0; TAPS];
            unit[TAPS - 1 - k] = gain;
            *tap = value(&unit, fraction);
        }
        taps[REACH] += 1.0;
        Self::new(taps)
    }

    pub(super) fn pass(&mut self, block: &mut [f32]) {
        self.window.extend_from_slice(block);
        let taps = self.reversed.len();
        for (out, window) in block.iter_mut().zip(self.window.windows(taps)) {
            *out = maths::dot(&self.reversed, window);
        }
        self.window.drain(..block.len());
    }
}

/// Turns the carrier; the signal is later by [`DELAY`] samples.
#[derive(Debug)]
pub(super) struct Rotator {
    rotation: Rotation,
    sample: u64,
    window: Vec<f32>,
}

impl Rotator {
    /// The rotation that a line asks for, its phases drawn.
    pub(super) fn rotation(impairments: &Impairments, chance: &mut Rng) -> Rotation {
        let (phase, jitter_phase) = (chance.uniform(), chance.uniform());
        let (jitter_degrees, jitter_hertz) = impairments.jitter.map_or((0.0, 0.0), |j| (j.degrees, j.hertz));
        Rotation {
            phase: 2.0 * maths::PI * phase,
            frequency: impairments.frequency,
            jitter_degrees,
            jitter_hertz,
            jitter_phase: 2.0 * maths::PI * jitter_phase,
        }
    }

    pub(super) fn new(rotation: Rotation) -> Self {
        Self { rotation, sample: 0, window: vec![0.0; 2 * DELAY] }
    }

    pub(super) fn pass(&mut self, block: &mut [f32]) {
        self.window.extend_from_slice(block);
        for (out, window) in block.iter_mut().zip(self.window.windows(2 * DELAY + 1)) {
            let angle = self.rotation.angle(self.sample);
            self.sample += 1;
            *out = window[DELAY] * maths::cos(angle) as f32 - quadrature(window) * maths::sin(angle) as f32;
        }
        self.window.drain(..block.len());
    }
}

/// Reads a signal with another clock. The reader stands [`TAPS`] samples behind what has come in, so a
/// block may be a sample shorter than the clocks would have it.
#[derive(Debug)]
pub(super) struct Resampler {
    step: f64,
    /// Where the next value's window begins in `held`; the whole and the fraction of a sample.
    at: f64,
    held: Vec<f32>,
}

impl Resampler {
    /// `step` samples in for each one out, `later` (0 to 1) sample later.
    pub(super) fn new(step: f64, later: f64) -> Self {
        Self { step, at: 1.0 - later, held: vec![0.0; TAPS + 2] }
    }

    /// The block becomes `count` samples.
    pub(super) fn pass(&mut self, block: &mut Vec<f32>, count: usize) {
        self.held.extend_from_slice(block);
        block.clear();
        for _ in 0..count {
            let (whole, fraction) = (self.at as usize, self.at - (self.at as usize) as f64);
            let window = self.held.get(whole..whole + TAPS);
            block.push(window.map_or(0.0, |window| value(window, fraction)));
            self.at += self.step;
        }
        let read = (self.at as usize).min(self.held.len());
        self.held.drain(..read);
        self.at -= read as f64;
    }
}
