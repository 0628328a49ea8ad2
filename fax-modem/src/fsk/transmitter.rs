//! The V.21 modulator: a phase that never jumps, and a bit clock that never drifts.

use super::Channel;
use crate::BitQueue;
use crate::transmit::to_sample;
use fax_core::maths::{self, Phase};
use fax_core::{Dbm0, SAMPLE_RATE};
use std::sync::LazyLock;

/// Sends bits on one channel of V.21.
///
/// A tone changes at the exact instant of the bit's edge, also between two samples: a bit lasts 80/3
/// samples.
#[derive(Clone, Debug)]
pub struct FskTransmitter {
    bits: BitQueue,
    state: State,
    /// One turn of a sine of peak 1.
    wave: &'static [f32; WAVE_STEPS],
    peak: f32,
    /// Steps a sample of the tone of a zero and of a one.
    tones: [Phase; 2],
    phase: Phase,
    step: Phase,
    /// Thirds of a sample from the next sample to the end of the bit being sent.
    left: u32,
    underrun_bits: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Idle,
    Sending,
    /// The burst ends when no bit is left.
    Finishing,
}

/// Steps of the stored sine; the nearest is taken, so that what is not the tone is 70 dB down.
const WAVE_STEPS: usize = 4096;
const WAVE_SHIFT: u32 = 32 - WAVE_STEPS.ilog2();

static WAVE: LazyLock<[f32; WAVE_STEPS]> = LazyLock::new(|| {
    let turns = |step: usize| (step as f64 + 0.5) / WAVE_STEPS as f64;
    core::array::from_fn(|step| maths::sin(2.0 * maths::PI * turns(step)) as f32)
});

/// Thirds of a sample in a bit: 8000 / 300 = 80 / 3.
const BIT: u32 = 80;
const SAMPLE: u32 = 3;

impl FskTransmitter {
    /// An idle transmitter at `level`, the mean power of the tone; above +3.1 dBm0 its peaks clip.
    pub fn new(channel: Channel, level: Dbm0) -> Self {
        let tone = |bit| Phase::step(channel.tone(bit), f64::from(SAMPLE_RATE));
        Self {
            bits: BitQueue::new(),
            state: State::Idle,
            wave: &WAVE,
            peak: level.rms() * core::f32::consts::SQRT_2,
            tones: [tone(false), tone(true)],
            phase: Phase::default(),
            step: Phase::default(),
            left: 0,
            underrun_bits: 0,
        }
    }

    /// Begins a burst; bits that are queued already are its first.
    pub fn start(&mut self) {
        if self.state == State::Idle {
            (self.phase, self.step, self.left) = (Phase::default(), Phase::default(), 0);
        }
        self.state = State::Sending;
    }

    /// The bits to be sent, pushed ahead of need. While there are none, ones are sent.
    pub const fn bits(&mut self) -> &mut BitQueue {
        &mut self.bits
    }

    /// Bits pushed and not yet sent.
    pub const fn queued_bits(&self) -> usize {
        self.bits.len()
    }

    /// Ends the burst once the last queued bit has left. V.21 has no turn-off sequence.
    pub fn finish(&mut self) {
        if self.state == State::Sending {
            self.state = State::Finishing;
        }
    }

    /// Writes the next samples and returns how many: fewer than asked for only when the burst ended,
    /// none when there is no burst.
    pub fn fill(&mut self, out: &mut [i16]) -> usize {
        let mut written = 0;
        while self.state != State::Idle && written < out.len() {
            if self.left == 0 && !self.next_bit(0) {
                break;
            }
            let run = (self.left.div_ceil(SAMPLE) as usize).min(out.len() - written);
            for sample in &mut out[written..written + run] {
                *sample = to_sample(self.wave[(self.phase.0 >> WAVE_SHIFT) as usize] * self.peak);
                self.phase = self.phase.advance(self.step);
            }
            written += run;
            let passed = run as u32 * SAMPLE;
            let over = passed.saturating_sub(self.left);
            self.left = self.left.saturating_sub(passed);
            if over > 0 && !self.next_bit(over) {
                break;
            }
        }
        written
    }

    /// Ones sent because no bit was queued, since construction.
    pub const fn underrun_bits(&self) -> u64 {
        self.underrun_bits
    }

    /// Takes the next bit, whose edge lies `over` thirds of a sample before the next sample. Returns
    /// `false` when the burst is over.
    fn next_bit(&mut self, over: u32) -> bool {
        let (bit, count) = self.bits.take(1);
        if count == 0 && self.state == State::Finishing {
            self.state = State::Idle;
            return false;
        }
        self.underrun_bits += u64::from(count == 0);
        let step = self.tones[usize::from(count == 0 || bit == 1)];
        let turn = step.0.wrapping_sub(self.step.0).cast_signed() / SAMPLE.cast_signed() * over.cast_signed();
        self.phase = self.phase.advance(Phase(turn.cast_unsigned()));
        self.step = step;
        self.left = BIT - over;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(channel: Channel, level: Dbm0, bits: &[u8], block: usize) -> Vec<i16> {
        let mut transmitter = FskTransmitter::new(channel, level);
        bits.iter().for_each(|bit| assert!(transmitter.bits().push(u32::from(*bit), 1)));
        transmitter.start();
        transmitter.finish();
        let (mut line, mut samples) = (Vec::new(), vec![0; block]);
        loop {
            let count = transmitter.fill(&mut samples);
            line.extend_from_slice(&samples[..count]);
            if count < block {
                return line;
            }
        }
    }

    fn pattern(bits: u32) -> Vec<u8> {
        (0..bits).map(|k| (k.wrapping_mul(2_654_435_761) >> 29 & 1) as u8).collect()
    }

    #[test]
    fn every_sample_lies_on_the_wave_of_exact_edges() {
        let bits = pattern(400);
        for channel in [Channel::One, Channel::Two] {
            let line = sent(channel, Dbm0(-10.0), &bits, 160);
            let peak = f64::from(Dbm0(-10.0).rms()) * core::f64::consts::SQRT_2;
            for (n, sample) in line.iter().enumerate() {
                let bits = bits.iter().enumerate();
                let turns: f64 = bits
                    .map(|(k, bit)| {
                        let past = (n as f64 - k as f64 * 80.0 / 3.0).clamp(0.0, 80.0 / 3.0);
                        channel.tone(*bit == 1) * past / 8000.0
                    })
                    .sum();
                let wanted = peak * maths::sin(2.0 * maths::PI * turns);
                assert!((f64::from(*sample) - wanted).abs() < peak * 0.002 + 1.0, "{channel:?} sample {n}");
            }
        }
    }

    #[test]
    fn three_bits_last_eighty_samples_for_ever() {
        for bits in [1, 2, 3, 4000] {
            let line = sent(Channel::Two, Dbm0(-13.0), &pattern(bits), 97);
            assert_eq!(line.len(), (bits as usize * 80).div_ceil(3));
        }
    }

    #[test]
    fn blocks_of_any_length_give_the_same_samples() {
        let bits = pattern(100);
        let whole = sent(Channel::One, Dbm0(-13.0), &bits, 5000);
        for block in [1, 7, 26, 27, 160] {
            assert_eq!(sent(Channel::One, Dbm0(-13.0), &bits, block), whole);
        }
    }

    #[test]
    fn the_level_is_the_one_asked_for() {
        for level in [-3.0, -14.0, -43.0] {
            let line = sent(Channel::Two, Dbm0(level), &pattern(3000), 160);
            let power = line.iter().map(|s| f32::from(*s) * f32::from(*s)).sum::<f32>() / line.len() as f32;
            assert!((Dbm0::from_power(power).0 - level).abs() < 0.05, "{level}");
        }
    }

    #[test]
    fn ones_are_sent_and_counted_while_no_bit_is_there() {
        let mut transmitter = FskTransmitter::new(Channel::Two, Dbm0(-13.0));
        let mut line = [0; 800];
        assert_eq!(transmitter.fill(&mut line), 0);
        transmitter.start();
        assert_eq!(transmitter.fill(&mut line), 800);
        assert_eq!(transmitter.underrun_bits(), 30);
        transmitter.finish();
        assert!(transmitter.fill(&mut line) < 27);
        assert_eq!(transmitter.fill(&mut line), 0);
    }
}
