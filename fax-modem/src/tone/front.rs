//! The detector's first stage: from 8000 samples a second to 400 looks a second at each frequency.
//!
//! A look is one product of 40 samples (5 ms) with a raised cosine on the tone's frequency, every 20
//! samples. It passes about 150 Hz either side and nulls what is 400 Hz away.

use super::{ANSWER, CNG};
use fax_core::maths::{self, Complex, PI};
use fax_core::{Hertz, SAMPLE_RATE};

/// Samples between two looks.
pub(super) const HOP: usize = 20;

/// Samples in a look.
const LOOK: usize = 2 * HOP;

/// Partial sums that run side by side.
const LANES: usize = 8;

/// Hops kept: 120 ms.
const PAST: usize = 48;

/// How far the power of a tone is off at most when looks tell it, as a part of it.
const POWER_ERROR: f32 = 0.03;

/// Samples over which the autocorrelation is looked at.
const LAGS: usize = 16;

/// Looks a second.
pub(super) const LOOKS_PER_SECOND: f32 = SAMPLE_RATE as f32 / HOP as f32;

/// Power of a look at white noise, per noise power: the sum of the squares of the weights, half of it
/// because a look at a tone is its peak amplitude and half its square the tone's power.
pub(super) const NOISE_SHARE: f32 = 0.075;

/// What one hop brought.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look {
    /// Amplitude and phase near 1100 Hz.
    pub(super) cng: Complex,
    /// Amplitude and phase near 2100 Hz.
    pub(super) answer: Complex,
    /// Sum of the squares of the hop's new samples about their mean: a hum or an offset does not
    /// count.
    pub(super) energy: f32,
}

/// Weights of the looks at both frequencies, and the samples they are taken from.
#[derive(Clone, Debug)]
pub(super) struct Front {
    weights: [[f32; LOOK]; 4],
    samples: [f32; LOOK],
    filled: usize,
    /// The samples of the last hops, for a closer look; `newest` is where the next hop goes.
    past: [[f32; HOP]; PAST],
    newest: usize,
    /// Hops taken, modulo 4: the phase of both frequencies moves by quarter turns a hop.
    quarter: u8,
    notch: Option<Notch>,
}

impl Front {
    pub(super) fn new() -> Self {
        let [cng_re, cng_im] = weights(CNG);
        let [answer_re, answer_im] = weights(ANSWER);
        Self {
            weights: [cng_re, cng_im, answer_re, answer_im],
            samples: [0.0; LOOK],
            filled: HOP,
            past: [[0.0; HOP]; PAST],
            newest: 0,
            quarter: 0,
            notch: None,
        }
    }

    /// Takes the own tone at `hertz` out of everything that follows; `None` ends it.
    pub(super) fn ignore(&mut self, hertz: Option<Hertz>) {
        self.notch = hertz.map(Notch::new);
    }

    /// Whether a tone is taken out, and the noise around it.
    pub(super) const fn notched(&self) -> bool {
        self.notch.is_some()
    }

    /// Lets whole hops pass as if they had been silence, after silence.
    pub(super) fn skip(&mut self, hops: u64) {
        self.samples.fill(0.0);
        self.past = [[0.0; HOP]; PAST];
        self.filled = HOP;
        self.quarter = ((u64::from(self.quarter) + hops) % 4) as u8;
    }

    /// Takes samples up to the end of the hop; tells what is left of them, and the look if the hop is
    /// complete.
    pub(super) fn take<'a>(&mut self, samples: &'a [i16]) -> (&'a [i16], Option<Look>) {
        let count = samples.len().min(LOOK - self.filled);
        let (now, rest) = samples.split_at(count);
        for (place, &sample) in self.samples[self.filled..].iter_mut().zip(now) {
            *place = f32::from(sample);
        }
        if let Some(notch) = &mut self.notch {
            notch.filter(&mut self.samples[self.filled..self.filled + count]);
        }
        self.filled += count;
        if self.filled < LOOK {
            return (rest, None);
        }
        let look = self.look();
        if let (Some(past), Some(new)) = (self.past.get_mut(self.newest), self.samples.last_chunk()) {
            *past = *new;
        }
        self.newest = (self.newest + 1) % PAST;
        self.samples.copy_within(HOP.., 0);
        self.filled = HOP;
        (rest, Some(look))
    }

    /// How far the last 120 ms are from white noise once a tone of `power` at `hertz` is taken off: the
    /// sum of the squares of the autocorrelation at 1 to 16 samples. White noise gives 0.02, noise of a
    /// telephone band 0.15, a voice or a chord 1 and more.
    pub(super) fn colour(&self, hertz: f32, power: f32) -> f32 {
        let mut window = [0.0_f32; PAST * HOP];
        for (place, past) in
            window.as_chunks_mut().0.iter_mut().zip(self.past.iter().cycle().skip(self.newest))
        {
            *place = *past;
        }
        // Hum and offset go; both tones have whole half-waves in these 5 ms.
        for part in window.as_chunks_mut::<LOOK>().0 {
            let mean = part.iter().sum::<f32>() * (1.0 / LOOK as f32);
            part.iter_mut().for_each(|x| *x -= mean);
        }
        let turn = Complex::unit(2.0 * PI * f64::from(hertz) / f64::from(SAMPLE_RATE));
        let mut tone = Complex::ONE;
        let (mut correlations, mut waves) = ([0.0; LAGS], [0.0; LAGS]);
        for (n, (correlation, wave)) in correlations.iter_mut().zip(&mut waves).enumerate() {
            tone = tone * turn;
            let lag = n + 1;
            let (early, late) = (&window[..window.len() - lag], &window[lag..]);
            *correlation = maths::dot(early, late) * (1.0 / early.len() as f32);
            *wave = tone.re;
        }
        // White noise agrees with itself at no lag, so what agrees like a wave is the tone: its power is
        // taken from there, within what the looks leave open. A hundredth of it too much or too little
        // would colour noise 12 dB below it.
        let agreed = maths::dot(&correlations, &waves) / maths::power(&waves).max(f32::MIN_POSITIVE);
        let power = agreed.clamp(power * (1.0 - POWER_ERROR), power * (1.0 + POWER_ERROR));
        let rest = (maths::power(&window) * (1.0 / window.len() as f32) - power).max(f32::MIN_POSITIVE);
        let mut squares = 0.0;
        for (correlation, wave) in correlations.iter().zip(&waves) {
            let beside = correlation - power * wave;
            squares += beside * beside;
        }
        squares / (rest * rest)
    }

    fn look(&mut self) -> Look {
        let mut sums = [[0.0_f32; LANES]; 4];
        for (sum, weights) in sums.iter_mut().zip(&self.weights) {
            let (x, w) = (self.samples.as_chunks::<LANES>().0, weights.as_chunks::<LANES>().0);
            for (x, w) in x.iter().zip(w) {
                for lane in 0..LANES {
                    sum[lane] += x[lane] * w[lane];
                }
            }
        }
        let [cng_re, cng_im, answer_re, answer_im] = sums.map(fold);
        // 1100 Hz turns by 2 3/4 turns a hop, 2100 Hz by 5 1/4.
        let quarter = self.quarter;
        self.quarter = (quarter + 1) % 4;
        Look {
            cng: quarter_turns(Complex::new(cng_re, cng_im), quarter),
            answer: quarter_turns(Complex::new(answer_re, answer_im), 4 - quarter),
            energy: self.energy(),
        }
    }

    fn energy(&self) -> f32 {
        let (mut sum, mut squares) = ([0.0_f32; 4], [0.0_f32; 4]);
        for x in self.samples[HOP..].as_chunks::<4>().0 {
            for lane in 0..4 {
                sum[lane] += x[lane];
                squares[lane] += x[lane] * x[lane];
            }
        }
        let total = |s: [f32; 4]| (s[0] + s[2]) + (s[1] + s[3]);
        let sum = total(sum);
        (total(squares) - sum * sum * (1.0 / HOP as f32)).max(0.0)
    }
}

/// Raised cosine of 40 samples times the tone, so that a tone of peak amplitude 1 gives 1.
fn weights(hertz: Hertz) -> [[f32; LOOK]; 2] {
    let step = 2.0 * PI * f64::from(hertz.0) / f64::from(SAMPLE_RATE);
    let mut out = [[0.0; LOOK]; 2];
    let [re, im] = &mut out;
    for (n, (re, im)) in re.iter_mut().zip(im).enumerate() {
        let place = n as f64 + 0.5;
        let weight = (1.0 - maths::cos(2.0 * PI * place / LOOK as f64)) / HOP as f64;
        let tone = Complex::unit(-step * (place - HOP as f64));
        (*re, *im) = (weight as f32 * tone.re, weight as f32 * tone.im);
    }
    out
}

fn fold(s: [f32; LANES]) -> f32 {
    ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]))
}

fn quarter_turns(z: Complex, quarters: u8) -> Complex {
    match quarters % 4 {
        0 => z,
        1 => z.turned(),
        2 => -z,
        _ => -z.turned(),
    }
}

/// Two poles behind two zeros on the own tone: 100 Hz wide either side, so that the echo of an ANSam
/// goes with its sidebands. Settles within 5 ms.
#[derive(Clone, Copy, Debug)]
struct Notch {
    cosine: f32,
    state: [f32; 2],
}

/// Radius of the poles.
const POLE: f32 = 0.92;

/// Brings what is far from the notch back to its level.
const GAIN: f32 = (1.0 + POLE * POLE) / 2.0;

impl Notch {
    fn new(hertz: Hertz) -> Self {
        let turn = 2.0 * PI * f64::from(hertz.0) / f64::from(SAMPLE_RATE);
        Self { cosine: 2.0 * maths::cos(turn) as f32, state: [0.0; 2] }
    }

    fn filter(&mut self, samples: &mut [f32]) {
        let [mut s1, mut s2] = self.state;
        for sample in samples {
            let x = *sample;
            let y = GAIN * x + s1;
            s1 = s2 - GAIN * self.cosine * x + POLE * self.cosine * y;
            s2 = GAIN * x - POLE * POLE * y;
            *sample = y;
        }
        // What rings on in silence must not end as numbers too small to be fast.
        self.state = [s1, s2].map(|s| if s.abs() < 1e-9 { 0.0 } else { s });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tone::Generator;
    use fax_core::{Dbm0, Tone};

    fn looks(front: &mut Front, mut samples: &[i16]) -> Vec<Look> {
        let mut out = Vec::new();
        while !samples.is_empty() {
            let (rest, look) = front.take(samples);
            out.extend(look);
            samples = rest;
        }
        out
    }

    #[test]
    fn a_look_at_a_tone_is_its_amplitude_at_a_phase_that_stands() {
        for (tone, pick) in
            [(Tone::Cng, (|l: &Look| l.cng) as fn(&Look) -> Complex), (Tone::Ced, |l: &Look| l.answer)]
        {
            let mut samples = [0; 1600];
            Generator::new(tone, Dbm0(-10.0)).fill(&mut samples);
            let looks = looks(&mut Front::new(), &samples);
            let peak = Dbm0(-10.0).rms() * 2.0_f32.sqrt();
            for pair in looks[2..].windows(2) {
                let (a, b) = (pick(&pair[0]), pick(&pair[1]));
                assert!((a.abs() / peak - 1.0).abs() < 1e-3);
                assert!((a - b).abs() / peak < 1e-3, "{tone:?}: {a:?} {b:?}");
            }
        }
    }

    #[test]
    fn the_noise_share_is_half_the_sum_of_the_squared_weights() {
        for hertz in [CNG, ANSWER] {
            let [re, im] = weights(hertz);
            let squares = maths::power(&re) + maths::power(&im);
            assert!((squares / 2.0 - NOISE_SHARE).abs() < 1e-5, "{squares}");
        }
    }

    #[test]
    fn the_notch_takes_the_own_tone_down_by_60_db_and_leaves_the_other() {
        let mut samples = [0; 4000];
        Generator::new(Tone::Cng, Dbm0(0.0)).fill(&mut samples);
        let mut front = Front::new();
        front.ignore(Some(CNG));
        let last = looks(&mut front, &samples).pop().unwrap();
        assert!(last.cng.abs() < 1e-3 * 32768.0 && last.energy / 20.0 < 1e-6 * 16140.0 * 16140.0);
        Generator::new(Tone::Ced, Dbm0(-20.0)).fill(&mut samples);
        let last = looks(&mut front, &samples).pop().unwrap();
        let peak = Dbm0(-20.0).rms() * 2.0_f32.sqrt();
        assert!((last.answer.abs() / peak - 1.0).abs() < 0.02);
    }
}
