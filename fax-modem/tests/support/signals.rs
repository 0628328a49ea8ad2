//! Signals of exact frequency and level, the noise they stand in, and the codec between.

use super::random::Random;
use fax_core::{Dbm0, Tone, maths};

/// A tone as a line may bring it.
#[derive(Clone, Copy, Debug)]
pub struct Wave {
    pub hertz: f64,
    pub level: f64,
    /// Phase it begins with, in turns.
    pub phase: f64,
    /// Swing of ANSam: 0 or 0.2.
    pub swing: f64,
    /// Turns by half a turn every 450 ms.
    pub reversals: bool,
}

impl Wave {
    pub fn plain(hertz: f64, level: f64) -> Self {
        Self { hertz, level, phase: 0.0, swing: 0.0, reversals: false }
    }

    pub fn of(tone: Tone, level: f64) -> Self {
        let mut wave = Self::plain(if tone == Tone::Cng { 1100.0 } else { 2100.0 }, level);
        wave.swing = if matches!(tone, Tone::AnsAm | Tone::AnsAmPr) { 0.2 } else { 0.0 };
        wave.reversals = matches!(tone, Tone::AnsPr | Tone::AnsAmPr);
        wave
    }

    /// Adds `count` samples of it to `out` from sample `at`, which may be a fraction.
    pub fn add(&self, out: &mut [f64], at: f64, count: usize) {
        let peak = rms(self.level) * (2.0 / (1.0 + self.swing * self.swing / 2.0)).sqrt();
        let first = at.ceil() as usize;
        for (n, out) in out.iter_mut().enumerate().skip(first).take(count) {
            let t = n as f64 - at;
            let turned = if self.reversals && (t / 3600.0) as u64 % 2 == 1 { 0.5 } else { 0.0 };
            let turns = self.hertz * t / 8000.0 + self.phase + turned;
            let envelope = 1.0 + self.swing * maths::sin(2.0 * maths::PI * 15.0 * t / 8000.0);
            *out += peak * envelope * maths::sin(2.0 * maths::PI * (turns - turns.floor()));
        }
    }
}

/// RMS of a level in 16-bit units.
pub fn rms(level: f64) -> f64 {
    f64::from(Dbm0(level as f32).rms())
}

/// Adds white noise.
pub fn add_noise(out: &mut [f64], level: f64, random: &mut Random) {
    let rms = rms(level);
    for out in out {
        *out += rms * random.normal();
    }
}

/// To 16 bits, with saturation.
pub fn rounded(samples: &[f64]) -> Vec<i16> {
    samples.iter().map(|x| x.round_ties_even() as i16).collect()
}

/// One leg of G.711, mu-law, as codec and decoder see it.
pub fn mu_law_leg(sample: i16) -> i16 {
    let magnitude = (i32::from(sample).abs() / 4).min(8158) + 33;
    let segment = 31 - magnitude.leading_zeros() - 5;
    let step = 1 << (segment + 1);
    let quantised = magnitude / step * step + step / 2 - 33;
    (if sample < 0 { -quantised * 4 } else { quantised * 4 }) as i16
}

/// One leg of G.711, A-law.
pub fn a_law_leg(sample: i16) -> i16 {
    let magnitude = (i32::from(sample).abs() / 8).min(4095);
    let segment = if magnitude < 64 { 0 } else { 31 - magnitude.leading_zeros() - 5 };
    let step = 1 << (segment.max(1));
    let quantised = magnitude / step * step + step / 2;
    (if sample < 0 { -quantised * 8 } else { quantised * 8 }) as i16
}

/// FSK with continuous phase: `bits` at `baud` between two frequencies, the first for 1.
pub fn fsk(hertz: [f64; 2], baud: f64, bits: impl Fn(usize) -> bool, level: f64, count: usize) -> Vec<f64> {
    let peak = rms(level) * core::f64::consts::SQRT_2;
    let mut turns = 0.0_f64;
    (0..count)
        .map(|n| {
            turns += hertz[usize::from(!bits((n as f64 * baud / 8000.0) as usize))] / 8000.0;
            peak * maths::sin(2.0 * maths::PI * turns.fract())
        })
        .collect()
}

/// Something like V.27ter, V.29 or V.17: points at `baud` on a carrier, raised cosine pulses two
/// symbols long.
pub fn qam(carrier: f64, baud: f64, point: impl Fn(usize) -> [f64; 2], level: f64, count: usize) -> Vec<f64> {
    let mut out: Vec<f64> = (0..count)
        .map(|n| {
            let symbol = n as f64 * baud / 8000.0;
            let (first, part) = (symbol as usize, symbol.fract());
            let weight = 0.5 + 0.5 * maths::cos(maths::PI * part);
            let ([a, b], [c, d]) = (point(first), point(first + 1));
            let (i, q) = (a * weight + c * (1.0 - weight), b * weight + d * (1.0 - weight));
            let angle = 2.0 * maths::PI * (carrier * n as f64 / 8000.0).fract();
            i * maths::cos(angle) - q * maths::sin(angle)
        })
        .collect();
    let power = out.iter().map(|x| x * x).sum::<f64>() / count as f64;
    out.iter_mut().for_each(|x| *x *= rms(level) / power.sqrt());
    out
}
