//! Audio that is no clean call, piece by piece.

use super::{burst, frame_bits};
use crate::stimulus::{Law, Purpose, Rng, rms, to_i16};
use fax_core::{Dbm0, Opening, Tone, Training, maths};
use fax_modem::EchoProtection;
use fax_modem::tone::Generator;
use std::collections::BTreeSet;

/// An endless source of pieces.
pub(super) struct Abuse {
    rng: Rng,
    /// Whole bursts of every modem, training and protection, for cutting.
    bursts: Vec<Vec<i16>>,
    /// Frames in them.
    sent: BTreeSet<Vec<u8>>,
}

/// Frequencies that receivers and detectors look at.
const SENSITIVE: [f64; 16] = [
    400.0, 500.0, 600.0, 980.0, 1000.0, 1100.0, 1180.0, 1200.0, 1650.0, 1700.0, 1800.0, 1850.0, 2100.0,
    2200.0, 2600.0, 3000.0,
];

type Make = fn(&mut Abuse, usize) -> Vec<i16>;

/// The kinds of pieces, each as often as it stands here.
const KINDS: [(&str, Make); 16] = [
    ("noise", Abuse::noise),
    ("clipped noise", Abuse::clipped_noise),
    ("random samples", Abuse::random_samples),
    ("silence", |_, length| vec![0; length]),
    ("a constant", Abuse::constant),
    ("a square wave", Abuse::square),
    ("pulses", Abuse::pulses),
    ("tones", Abuse::tones),
    ("a sweep", Abuse::sweep),
    ("a fax tone", Abuse::fax_tone),
    ("a splice", Abuse::splice),
    ("a splice", Abuse::splice),
    ("a splice", Abuse::splice),
    ("a splice in noise", Abuse::noisy_splice),
    ("a splice over a splice", Abuse::double_talk),
    ("a clipped splice", Abuse::clipped_splice),
];

impl Abuse {
    pub(super) fn new(seed: u64) -> Self {
        let mut rng = Rng::stream(seed, Purpose::Source, 0);
        let (mut bursts, mut sent) = (Vec::new(), BTreeSet::new());
        for opening in Opening::ALL {
            for (training, protection) in [
                (Training::Long, EchoProtection::Off),
                (Training::Short, EchoProtection::Off),
                (Training::Long, EchoProtection::On),
            ] {
                let bits = rng.bits(opening.bit_rate().0 as usize);
                bursts.push(burst(opening, training, protection, Dbm0(-13.0), &bits));
                let mut frame = vec![0xFF, if rng.below(2) == 0 { 0xC0 } else { 0xC8 }];
                frame.extend((0..30 + rng.below(200)).map(|_| rng.next_u64() as u8));
                bursts.push(burst(opening, training, protection, Dbm0(-13.0), &frame_bits(40, &frame)));
                sent.insert(frame);
            }
        }
        Self { rng, bursts, sent }
    }

    /// Frames that the bursts it cuts from carry.
    pub(super) fn sent(&self) -> &BTreeSet<Vec<u8>> {
        &self.sent
    }

    /// The next piece and what it is.
    pub(super) fn next(&mut self) -> (&'static str, Vec<i16>) {
        let (name, make) = KINDS[self.rng.below(KINDS.len() as u64) as usize];
        // Mostly short: what matters is what comes after what.
        let length = if self.rng.below(8) == 0 { self.rng.below(40_000) } else { self.rng.below(6000) };
        (name, make(self, 1 + length as usize))
    }

    fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.rng.uniform()
    }

    fn pick(&mut self, count: usize) -> usize {
        self.rng.below(count as u64) as usize
    }

    fn noise(&mut self, length: usize) -> Vec<i16> {
        let level = self.between(-70.0, -3.0);
        self.noise_at(level, length)
    }

    fn noise_at(&mut self, level: f64, length: usize) -> Vec<i16> {
        let rms = rms(level);
        (0..length).map(|_| to_i16((rms * self.rng.normal()) as f32)).collect()
    }

    fn clipped_noise(&mut self, length: usize) -> Vec<i16> {
        let level = self.between(5.0, 40.0);
        self.noise_at(level, length)
    }

    fn random_samples(&mut self, length: usize) -> Vec<i16> {
        (0..length).map(|_| self.rng.next_u64() as i16).collect()
    }

    fn constant(&mut self, length: usize) -> Vec<i16> {
        let value = match self.pick(4) {
            0 => i16::MIN,
            1 => i16::MAX,
            _ => self.rng.next_u64() as i16,
        };
        vec![value; length]
    }

    fn square(&mut self, length: usize) -> Vec<i16> {
        let half = 1 + self.pick(40);
        let peak = if self.pick(2) == 0 { i16::MAX } else { (self.rng.next_u64() as i16).saturating_abs() };
        (0..length).map(|n| if (n / half).is_multiple_of(2) { peak } else { -1 - peak }).collect()
    }

    fn pulses(&mut self, length: usize) -> Vec<i16> {
        let period = 1 + self.rng.below(2000);
        (0..length)
            .map(|_| if self.rng.below(period) == 0 { self.rng.next_u64() as i16 } else { 0 })
            .collect()
    }

    fn tones(&mut self, length: usize) -> Vec<i16> {
        let mut sum = vec![0.0; length];
        for _ in 0..1 + self.pick(3) {
            let hertz = match self.pick(3) {
                0 => self.between(100.0, 3900.0),
                _ => SENSITIVE[self.pick(SENSITIVE.len())] + self.between(-10.0, 10.0),
            };
            let (peak, phase) = (rms(self.between(-50.0, -5.0)) * 1.41, self.rng.uniform());
            for (n, x) in sum.iter_mut().enumerate() {
                *x += peak * maths::sin(2.0 * maths::PI * (hertz * n as f64 / 8000.0 + phase).fract());
            }
        }
        sum.into_iter().map(|x| to_i16(x as f32)).collect()
    }

    fn sweep(&mut self, length: usize) -> Vec<i16> {
        let (from, to) = (self.between(50.0, 3900.0), self.between(50.0, 3900.0));
        let (peak, mut turns) = (rms(self.between(-40.0, 10.0)) * 1.41, 0.0_f64);
        (0..length)
            .map(|n| {
                turns += (from + (to - from) * n as f64 / length as f64) / 8000.0;
                to_i16((peak * maths::sin(2.0 * maths::PI * turns.fract())) as f32)
            })
            .collect()
    }

    fn fax_tone(&mut self, length: usize) -> Vec<i16> {
        const TONES: [Tone; 5] = [Tone::Cng, Tone::Ced, Tone::AnsPr, Tone::AnsAm, Tone::AnsAmPr];
        let level = Dbm0(self.between(-45.0, -5.0) as f32);
        let mut samples = vec![0; length];
        Generator::new(TONES[self.pick(TONES.len())], level).fill(&mut samples);
        samples
    }

    /// Cuts of bursts glued together.
    fn splice(&mut self, length: usize) -> Vec<i16> {
        let mut samples = Vec::with_capacity(2 * length);
        while samples.len() < length {
            let burst = self.pick(self.bursts.len());
            let whole = self.bursts[burst].len();
            // From the beginning half the time: trainings matter most.
            let from = if self.pick(2) == 0 { 0 } else { self.pick(whole) };
            let count = 1 + self.pick(whole - from);
            let gain = if self.pick(2) == 0 { 1.0 } else { self.between(-1.0, 1.0) as f32 };
            let law = [None, None, Some(Law::A), Some(Law::Mu)][self.pick(4)];
            let cut = self.bursts[burst][from..from + count].iter().map(|x| {
                let sample = to_i16(f32::from(*x) * gain);
                law.map_or(sample, |law| law.recode(sample))
            });
            let begin = samples.len();
            samples.extend(cut);
            if self.pick(6) == 0 {
                samples[begin..].reverse();
            }
            if self.pick(4) == 0 {
                let gap = self.pick(1600);
                samples.extend(std::iter::repeat_n(0, gap));
            }
        }
        samples
    }

    fn noisy_splice(&mut self, length: usize) -> Vec<i16> {
        let splice = self.splice(length);
        let noise = self.noise(splice.len());
        splice.iter().zip(noise).map(|(a, b)| a.saturating_add(b)).collect()
    }

    fn double_talk(&mut self, length: usize) -> Vec<i16> {
        let (one, other) = (self.splice(length), self.splice(length));
        one.iter().zip(&other).map(|(a, b)| a.saturating_add(*b)).collect()
    }

    fn clipped_splice(&mut self, length: usize) -> Vec<i16> {
        let gain = self.between(4.0, 200.0) as f32;
        self.splice(length).iter().map(|x| to_i16(f32::from(*x) * gain)).collect()
    }
}
