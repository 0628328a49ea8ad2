//! A V.21 sender and a line for tests: any start phase and instant, offsets, echo, noise. It shares
//! nothing with the transmitter under test but the tones.

use fax_core::{Dbm0, maths};
use fax_modem::fsk::Channel;

/// A seeded source of noise (splitmix64, Box-Muller).
pub(crate) struct Noise(pub(crate) u64);

impl Noise {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ z >> 31
    }

    /// Uniform, 0 to 1.
    pub(crate) fn uniform(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Normal, variance 1.
    pub(crate) fn normal(&mut self) -> f64 {
        let radius = (-2.0 * maths::ln(1.0 - self.uniform())).sqrt();
        radius * maths::cos(2.0 * maths::PI * self.uniform())
    }
}

/// What the line does to a burst.
#[derive(Clone, Copy)]
pub(crate) struct Line {
    pub(crate) channel: Channel,
    pub(crate) level: f64,
    /// Signal to noise over 0 to 4 kHz, dB; the noise is on 5 ms before and after the burst too.
    pub(crate) snr: f64,
    /// Whether the noise is on all the time.
    pub(crate) noisy: bool,
    pub(crate) hertz: f64,
    pub(crate) ppm: f64,
    /// Delay of an echo in milliseconds, 4 dB down; none at 0.
    pub(crate) echo: f64,
    /// Whether the sender's phase jumps at every bit.
    pub(crate) jumping: bool,
}

impl Line {
    pub(crate) const CLEAN: Self = Self {
        channel: Channel::Two,
        level: -13.0,
        snr: 40.0,
        noisy: false,
        hertz: 0.0,
        ppm: 0.0,
        echo: 0.0,
        jumping: false,
    };

    /// The samples of a burst of `bits`, with 100 to 200 ms before it and 150 ms after, and the
    /// sample at which it begins.
    pub(crate) fn carry(&self, bits: &[u8], noise: &mut Noise) -> (Vec<i16>, usize) {
        let start = 800 + (noise.next() % 800) as usize;
        let fraction = noise.uniform();
        let rate = 1.0 + self.ppm * 1e-6;
        let bit_samples = 80.0 / 3.0 / rate;
        let hertz = |bit: u8| self.channel.tone(bit == 1) * rate + self.hertz;
        let mut turns = vec![noise.uniform()];
        for bit in bits {
            let before = turns[turns.len() - 1];
            let jump = if self.jumping { noise.uniform() } else { 0.0 };
            turns.push(before + hertz(*bit) * bit_samples / 8000.0 + jump);
        }
        let wave = |time: f64| {
            if time < 0.0 {
                return 0.0;
            }
            let bit = (time / bit_samples) as usize;
            bits.get(bit).map_or(0.0, |value| {
                let since = time - bit as f64 * bit_samples;
                maths::cos(2.0 * maths::PI * (turns[bit] + hertz(*value) * since / 8000.0))
            })
        };
        let peak = f64::from(Dbm0(self.level as f32).rms()) * core::f64::consts::SQRT_2;
        let loud = f64::from(Dbm0((self.level - self.snr) as f32).rms());
        let quiet = f64::from(Dbm0(-75.0).rms());
        let length = (bits.len() as f64 * bit_samples) as usize + 1;
        let samples = (0..start + length + 1200).map(|n| {
            let time = n as f64 - start as f64 - fraction;
            let echo = if self.echo > 0.0 { 0.63 * wave(time - 8.0 * self.echo) } else { 0.0 };
            let on = self.noisy || (start..start + length + 80).contains(&(n + 40));
            let noise = noise.normal() * if on { loud } else { quiet };
            (peak * (wave(time) + echo) + noise).round().clamp(-32768.0, 32767.0) as i16
        });
        (samples.collect(), start)
    }
}
