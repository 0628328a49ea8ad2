//! From samples to the complex envelope around the mean frequency, eight values a bit.

use super::Channel;
use fax_core::SAMPLE_RATE;
use fax_core::maths::{self, Complex};

/// Values of the envelope in a bit: 2400 a second.
pub(super) const PER_BIT: usize = 8;

/// Thirds of a sample between two values: 8000 / 2400 = 10 / 3.
const STRIDE: usize = 10;
const THIRDS: usize = 3;

/// Taps of the filter. What lies further than about 1 kHz from the mean folds back onto the tones
/// and is stopped; 500 Hz on either side pass.
const TAPS: usize = 24;

/// Samples taken at a time.
const BLOCK: usize = 160;

/// After so many values the mixing phase is where it began: 48 at 1750 Hz, 20 at 1080 Hz.
const MIXER: usize = 240;

/// Filters, mixes and thins the samples out in one step.
#[derive(Clone, Debug)]
pub(super) struct Front {
    /// The newest samples, the last `TAPS - 1` of the block before in front.
    samples: [f32; TAPS - 1 + BLOCK],
    /// Thirds of a sample from the first sample of the next block to the next value.
    next: usize,
    /// Filter taps, oldest sample first, for a value at 0, 1 and 2 thirds after a sample.
    taps: [Taps; THIRDS],
    mixer: Vec<Complex>,
    mixer_at: usize,
}

#[derive(Clone, Debug)]
struct Taps {
    re: [f32; TAPS],
    im: [f32; TAPS],
}

/// Partial sums that run side by side.
const LANES: usize = 4;

impl Taps {
    fn over(&self, window: &[f32; TAPS]) -> Complex {
        let fold = |s: [f32; LANES]| (s[0] + s[2]) + (s[1] + s[3]);
        let [re, im] = self.sums(window).map(fold);
        Complex::new(re, im)
    }

    /// Four partial sums each, both from one pass over the samples. Not inlined: apart from what is done with
    /// the sums it is nothing but whole vectors.
    #[inline(never)]
    fn sums(&self, window: &[f32; TAPS]) -> [[f32; LANES]; 2] {
        let (mut re, mut im) = ([0.0; LANES], [0.0; LANES]);
        for first in (0..TAPS).step_by(LANES) {
            for lane in 0..LANES {
                re[lane] += window[first + lane] * self.re[first + lane];
                im[lane] += window[first + lane] * self.im[first + lane];
            }
        }
        [re, im]
    }
}

impl Front {
    pub(super) fn new(channel: Channel) -> Self {
        let turns = channel.mean() / f64::from(SAMPLE_RATE);
        Self {
            samples: [0.0; TAPS - 1 + BLOCK],
            next: 0,
            taps: core::array::from_fn(|third| taps(turns, third)),
            mixer: (0..MIXER).map(|k| mixer(turns, k)).collect(),
            mixer_at: 0,
        }
    }

    /// Values for which a sample goes on showing: the filter's half, and two more of its slope.
    pub(super) const SMEAR: u64 = (TAPS * THIRDS / STRIDE / 2) as u64 + 2;

    /// Values that so many samples make, near enough.
    pub(super) const fn values(samples: usize) -> u64 {
        (samples * THIRDS / STRIDE) as u64
    }

    /// Looks at another channel from the next value on.
    pub(super) fn tune(&mut self, channel: Channel) {
        let turns = channel.mean() / f64::from(SAMPLE_RATE);
        self.taps = core::array::from_fn(|third| taps(turns, third));
        self.mixer.iter_mut().enumerate().for_each(|(k, value)| *value = mixer(turns, k));
    }

    /// Lets samples pass as if they had been zeros, after zeros; returns how many values they would have
    /// completed.
    pub(super) fn skip(&mut self, samples: u64) -> u64 {
        let thirds = samples * THIRDS as u64;
        let values = thirds.saturating_sub(self.next as u64).div_ceil(STRIDE as u64);
        self.next = (self.next as u64 + values * STRIDE as u64 - thirds) as usize;
        self.mixer_at = ((self.mixer_at as u64 + values) % MIXER as u64) as usize;
        self.samples.fill(0.0);
        values
    }

    /// Takes samples of any number and hands on the values of the envelope they complete. A tone of
    /// peak 1 has an envelope of magnitude 1.
    pub(super) fn process(&mut self, samples: &[i16], mut give: impl FnMut(Complex)) {
        for block in samples.chunks(BLOCK) {
            for (place, sample) in self.samples[TAPS - 1..].iter_mut().zip(block) {
                *place = f32::from(*sample);
            }
            while self.next < block.len() * THIRDS {
                let (sample, third) = (self.next / THIRDS, self.next % THIRDS);
                let value =
                    self.samples[sample..].first_chunk().map_or(Complex::ZERO, |x| self.taps[third].over(x));
                give(value * self.mixer[self.mixer_at]);
                self.mixer_at = (self.mixer_at + 1) % MIXER;
                self.next += STRIDE;
            }
            self.next -= block.len() * THIRDS;
            self.samples.copy_within(block.len()..block.len() + TAPS - 1, 0);
        }
    }

    /// The sample at which the signal was that the envelope shows at value `at`.
    pub(super) fn sample(at: f64) -> u64 {
        let sample = at * STRIDE as f64 / THIRDS as f64 - (TAPS - 1) as f64 / 2.0;
        sample.max(0.0) as u64
    }
}

/// What turns value `k` down to zero frequency.
fn mixer(turns: f64, k: usize) -> Complex {
    let per_value = turns * STRIDE as f64 / THIRDS as f64;
    Complex::unit(-2.0 * maths::PI * per_value * k as f64)
}

/// A windowed low-pass at 750 Hz, moved up to the mean frequency.
fn taps(turns: f64, third: usize) -> Taps {
    const EDGE: f64 = 750.0 / SAMPLE_RATE as f64;
    let middle = (TAPS - 1) as f64 / 2.0;
    // Time from the middle of the filter, in samples; the window is a Hamming one.
    let time = |tap: usize| (TAPS - 1 - tap) as f64 - middle + third as f64 / THIRDS as f64;
    let shape = |tap: usize| {
        let x = 2.0 * EDGE * time(tap);
        let sinc = if x == 0.0 { 1.0 } else { maths::sin(maths::PI * x) / (maths::PI * x) };
        let window = 0.54 + 0.46 * maths::cos(2.0 * maths::PI * time(tap) / TAPS as f64);
        sinc * window
    };
    let gain = 2.0 / (0..TAPS).map(shape).sum::<f64>();
    let tap = |tap: usize| {
        let age = (TAPS - 1 - tap) as f64 + third as f64 / THIRDS as f64;
        let angle = 2.0 * maths::PI * turns * age;
        let size = gain * shape(tap);
        [size * maths::cos(angle), size * maths::sin(angle)]
    };
    Taps { re: core::array::from_fn(|n| tap(n)[0] as f32), im: core::array::from_fn(|n| tap(n)[1] as f32) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Power of the envelope of a tone of peak 10 000, relative to a tone at the mean, in dB.
    fn gain(channel: Channel, hertz: f64) -> f64 {
        let mut front = Front::new(channel);
        let tone: Vec<i16> = (0..4000)
            .map(|n| (1e4 * maths::sin(2.0 * maths::PI * hertz * f64::from(n) / 8000.0)) as i16)
            .collect();
        let (mut power, mut count) = (0.0, 0);
        for block in tone.chunks(77) {
            front.process(block, |value| {
                count += 1;
                if count > 20 {
                    power += f64::from(value.norm_sqr());
                }
            });
        }
        assert_eq!(count, 1200);
        10.0 * maths::log10(power / f64::from(count - 20) / 1e8)
    }

    #[test]
    fn what_is_skipped_leaves_the_values_where_silence_would_have_left_them() {
        let values = |skipped: usize, skip: bool| {
            let mut front = Front::new(Channel::Two);
            let mut values = Vec::new();
            front.process(&[0; 40], |value| values.push(value));
            if skip {
                values.resize(values.len() + front.skip(skipped as u64) as usize, Complex::ZERO);
            } else {
                front.process(&vec![0; skipped], |value| values.push(value));
            }
            front.process(&[1000, -500, 3000, 20, -4000, 7, 8, 9], |value| values.push(value));
            values
        };
        for skipped in (0..30).chain([40, 1000, 24_001]) {
            assert_eq!(values(skipped, true), values(skipped, false), "{skipped}");
        }
    }

    #[test]
    fn the_tones_pass_and_what_would_fold_onto_them_does_not() {
        for channel in [Channel::One, Channel::Two] {
            for offset in [-300.0, -150.0, 0.0, 150.0, 300.0] {
                assert!(gain(channel, channel.mean() + offset).abs() < 1.0, "{channel:?} {offset}");
            }
            for offset in [1750.0, 2050.0] {
                assert!(gain(channel, channel.mean() + offset) < -40.0, "{channel:?} {offset}");
            }
        }
    }
}
