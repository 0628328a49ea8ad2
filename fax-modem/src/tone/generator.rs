//! Makes tones. Frequencies are exact to 2 microhertz and durations to the sample.
//!
//! From: T.30 4.1.1, V.25 2.3, V.8 7.2.

use super::{MODULATION, MODULATION_DEPTH, REVERSAL_PERIOD, frequency};
use fax_core::maths::Phase;
use fax_core::{Dbm0, SAMPLE_RATE, Tone};

/// CNG sounds for 0.5 s (T.30 4.1.1).
const CNG_ON: u32 = 4000;

/// CNG is on for 0.5 s, off for 3 s (T.30 4.1.1).
const CNG_PERIOD: u32 = 28_000;

/// The amplitude while the phase turns, sample by sample. V.25 2.3 wants the turn within 1 ms and less
/// than 3 dB below level for at most 0.4 ms; this crosses zero in 0.5 ms, 0.35 ms of it below.
const TURN: [f32; 3] = [0.5, 0.0, -0.5];

/// A source of one tone. It sounds from the first sample pulled until its owner stops pulling; the
/// pauses of CNG and the reversals of ANS are its own.
#[derive(Clone, Debug)]
pub struct Generator {
    tone: Tone,
    amplitude: f32,
    phase: Phase,
    step: Phase,
    modulation: Phase,
    modulation_step: Phase,
    /// Samples since the cadence or the time between two reversals began.
    elapsed: u32,
    /// +1 or -1: which way round the wave is now.
    polarity: f32,
}

impl Generator {
    /// A tone at a mean power of `level` while it sounds; above +3.1 dBm0 it clips.
    pub fn new(tone: Tone, level: Dbm0) -> Self {
        let rate = f64::from(SAMPLE_RATE);
        let swing = if modulated(tone) { MODULATION_DEPTH } else { 0.0 };
        // The swing adds half its square to the power.
        let amplitude = level.rms() * (2.0 / (1.0 + swing * swing / 2.0)).sqrt();
        Self {
            tone,
            amplitude,
            phase: Phase::default(),
            step: Phase::step(f64::from(frequency(tone).0), rate),
            modulation: Phase::default(),
            modulation_step: Phase::step(f64::from(MODULATION.0), rate),
            elapsed: 0,
            polarity: 1.0,
        }
    }

    /// The tone it makes.
    pub const fn tone(&self) -> Tone {
        self.tone
    }

    /// Whether the next sample belongs to the tone rather than to a pause of CNG.
    pub const fn sounding(&self) -> bool {
        !matches!(self.tone, Tone::Cng) || self.elapsed < CNG_ON
    }

    /// Writes the next samples, all of `out`.
    pub fn fill(&mut self, out: &mut [i16]) {
        let mut rest = out;
        while !rest.is_empty() {
            let run = (self.until_change() as usize).min(rest.len());
            let (now, later) = rest.split_at_mut(run);
            self.fill_run(now);
            self.elapsed += run as u32;
            self.change();
            rest = later;
        }
    }

    /// Samples for which the tone goes on as it is.
    fn until_change(&self) -> u32 {
        match self.tone {
            Tone::Cng if self.elapsed < CNG_ON => CNG_ON - self.elapsed,
            Tone::Cng => CNG_PERIOD - self.elapsed,
            Tone::AnsPr | Tone::AnsAmPr if self.turning() => 1,
            Tone::AnsPr | Tone::AnsAmPr => REVERSAL_PERIOD - TURN.len() as u32 - self.elapsed,
            Tone::Ced | Tone::AnsAm => u32::MAX - self.elapsed,
        }
    }

    /// Whether the next sample is one of those in which the phase turns.
    const fn turning(&self) -> bool {
        self.elapsed + TURN.len() as u32 >= REVERSAL_PERIOD
    }

    /// What happens between two runs.
    fn change(&mut self) {
        match self.tone {
            Tone::Cng if self.elapsed == CNG_PERIOD => {
                self.elapsed = 0;
                self.phase = Phase::default();
            }
            Tone::AnsPr | Tone::AnsAmPr if self.elapsed == REVERSAL_PERIOD => {
                self.elapsed = 0;
                self.polarity = -self.polarity;
            }
            Tone::Ced | Tone::AnsAm => self.elapsed = 0,
            Tone::Cng | Tone::AnsPr | Tone::AnsAmPr => {}
        }
    }

    fn fill_run(&mut self, out: &mut [i16]) {
        if !self.sounding() {
            out.fill(0);
            return;
        }
        let mut amplitude = self.amplitude * self.polarity;
        if matches!(self.tone, Tone::AnsPr | Tone::AnsAmPr) && self.turning() {
            let place = (self.elapsed + TURN.len() as u32 - REVERSAL_PERIOD) as usize;
            amplitude *= TURN.get(place).copied().unwrap_or(0.0);
        }
        if modulated(self.tone) {
            for sample in out {
                let swing = 1.0 + MODULATION_DEPTH * sine(self.modulation);
                *sample = rounded(amplitude * swing * sine(self.phase));
                self.phase = self.phase.advance(self.step);
                self.modulation = self.modulation.advance(self.modulation_step);
            }
        } else {
            for sample in out {
                *sample = rounded(amplitude * sine(self.phase));
                self.phase = self.phase.advance(self.step);
            }
        }
    }
}

const fn modulated(tone: Tone) -> bool {
    matches!(tone, Tone::AnsAm | Tone::AnsAmPr)
}

/// To the nearest whole number, with saturation: beyond 3 * 2^22 a float has no fraction.
fn rounded(x: f32) -> i16 {
    const WHOLE: f32 = 12_582_912.0;
    ((x + WHOLE) - WHOLE) as i16
}

/// Sine of an angle, right to 4e-6: the Taylor series to x^9 on a quarter turn either side. Cheaper
/// than a table for a vector unit, and the same everywhere.
fn sine(phase: Phase) -> f32 {
    // Folded to a quarter turn either side of zero: the wave beyond it is the wave before it.
    let turn = phase.0.cast_signed();
    let folded = if turn.wrapping_add(1 << 30) < 0 { (1_i32 << 31).wrapping_sub(turn) } else { turn };
    let x = folded as f32 * (core::f32::consts::TAU / 4_294_967_296.0);
    let square = x * x;
    let tail = 1.0 / 120.0 + square * (-1.0 / 5040.0 + square * (1.0 / 362_880.0));
    x + x * square * (-1.0 / 6.0 + square * tail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use fax_core::maths;

    fn samples(tone: Tone, level: f32, count: usize) -> Vec<i16> {
        let mut out = vec![0; count];
        Generator::new(tone, Dbm0(level)).fill(&mut out);
        out
    }

    fn level(samples: &[i16]) -> f32 {
        let power: f64 = samples.iter().map(|&x| f64::from(x) * f64::from(x)).sum();
        Dbm0::from_power((power / samples.len() as f64) as f32).0
    }

    #[test]
    fn the_sine_is_right_to_4e_6() {
        for n in 0..100_000_u32 {
            let phase = Phase(n.wrapping_mul(42_949));
            let exact = maths::sin(f64::from(phase.0) * (2.0 * maths::PI / 4_294_967_296.0));
            assert!((f64::from(sine(phase)) - exact).abs() < 4e-6, "{phase:?}");
        }
    }

    #[test]
    fn every_tone_has_the_level_asked_for() {
        for tone in [Tone::Cng, Tone::Ced, Tone::AnsPr, Tone::AnsAm, Tone::AnsAmPr] {
            for asked in [-10.0, -13.0, -40.0] {
                // 0.2 s are whole periods of carrier and swing.
                let got = level(&samples(tone, asked, 1600));
                assert!((got - asked).abs() < 0.01, "{tone:?} {asked}: {got}");
            }
        }
    }

    #[test]
    fn cng_is_on_for_4000_samples_of_28000_and_starts_again_at_phase_zero() {
        let out = samples(Tone::Cng, -11.0, 2 * 28_000 + 1000);
        for (n, &sample) in out.iter().enumerate() {
            let place = n % 28_000;
            assert_eq!(sample, if place < 4000 { out[place] } else { 0 }, "sample {n}");
        }
        // No step where it begins and ends: its slope is all there is.
        let steepest = out.windows(2).map(|w| (w[1] - w[0]).abs()).max();
        assert_eq!(steepest, out[..4000].windows(2).map(|w| (w[1] - w[0]).abs()).max());
    }

    #[test]
    fn the_cut_of_the_blocks_does_not_show() {
        for tone in [Tone::Cng, Tone::Ced, Tone::AnsPr, Tone::AnsAm, Tone::AnsAmPr] {
            let whole = samples(tone, -11.0, 60_000);
            let mut generator = Generator::new(tone, Dbm0(-11.0));
            let mut pieces = vec![0; 60_000];
            let mut at = 0;
            let mut size = 1;
            while at < pieces.len() {
                let end = (at + size).min(pieces.len());
                generator.fill(&mut pieces[at..end]);
                at = end;
                size = size * 7 % 331;
            }
            assert_eq!(whole, pieces, "{tone:?}");
        }
    }

    #[test]
    fn the_phase_turns_every_450_ms_within_1_ms_and_is_weak_for_less_than_400_us() {
        let plain = samples(Tone::Ced, -11.0, 20_000);
        let turned = samples(Tone::AnsPr, -11.0, 20_000);
        for (n, (&a, &b)) in plain.iter().zip(&turned).enumerate() {
            let place = n % 3600;
            if place < 3597 {
                assert_eq!(b, if n / 3600 % 2 == 0 { a } else { -a }, "sample {n}");
            } else {
                assert!(b.abs() <= a.abs());
            }
        }
        // From full to full, four sample intervals (0.5 ms), 1/sqrt 2 of the way below 3 dB.
        let weak_us = (TURN.len() + 1) as f32 * 125.0 * core::f32::consts::FRAC_1_SQRT_2;
        assert!(weak_us <= 400.0);
    }

    #[test]
    fn the_envelope_of_ansam_swings_from_0_8_to_1_2() {
        let out = samples(Tone::AnsAm, -11.0, 8000);
        let mean = Dbm0(-11.0).rms() * (2.0_f32 / 1.02).sqrt();
        let peaks: Vec<f32> = out
            .chunks(20)
            .map(|c| c.iter().fold(0.0_f32, |m, &x| m.max(f32::from(x.abs()))) / mean)
            .collect();
        let (low, high) = peaks.iter().fold((9.0_f32, 0.0_f32), |(l, h), &p| (l.min(p), h.max(p)));
        assert!((low - 0.8).abs() < 0.01 && (high - 1.2).abs() < 0.01, "{low} {high}");
    }
}
