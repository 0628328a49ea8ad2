//! Watches one frequency: is there a tone, since when, until when?
//!
//! A tone is believed when 120 ms of looks agree with one steady wave, and when what is left beside
//! it looks like noise: as strong near the tone as anywhere else in the band. So a tone is heard at
//! 0 dB SNR, and the harmonic of a voice, which has its neighbours and moves, is not.
//!
//! From: measured: docs/talk-off.md.

use super::front::{HOP, LOOKS_PER_SECOND, NOISE_SHARE};
use fax_core::maths::Complex;

/// Looks in a block; the tests run once a block, every 10 ms.
const BLOCK: usize = 4;

/// Blocks that must agree: 120 ms.
const BLOCKS: usize = 12;

/// Looks that must agree.
const WINDOW: usize = BLOCK * BLOCKS;

/// Looks remembered, a power of two: 640 ms, so that the start of a tone that was believed late is
/// still found.
const MEMORY: usize = 256;

/// What a tone of one frequency must be like.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Farthest from nominal that is believed, hertz.
    pub(super) offset: f32,
    /// What may swing slowly about the steady wave, per tone power.
    pub(super) unsteady: f32,
}

/// Weakest tone believed, power in squared sample units: -50 dBm0.
const FLOOR: f32 = 3470.0;

/// Smallest part of the whole power: an SNR of -3.7 dB.
const SHARE: f32 = 0.3;

/// Noise near the tone is at most this many times the noise elsewhere, and the other way round.
const EVEN: f32 = 2.0;

/// Besides even noise, this part of the tone's power may be anything (harmonics, a voice far behind).
const UNEVEN: f32 = 0.15;

/// Noise near the tone of this part of the tone's power is always fine (G.711, phase jitter).
const NEAR: f32 = 0.01;

/// What a [`Watch`] sees happen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Seen {
    /// A tone that began at this sample.
    Began(u64),
    /// The tone ended at this sample.
    Ended(u64),
}

/// A tone that is on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Carrier {
    /// Turn from look to look: the offset from nominal.
    pub(super) step: Complex,
    /// Square of its amplitude.
    pub(super) square: f32,
    /// The last look that it was seen in.
    last: u64,
    /// Blocks without it.
    missing: u8,
}

/// Sums over a block.
#[derive(Clone, Copy, Debug, Default)]
struct Block {
    /// Of the squared looks.
    square: f32,
    /// Of each look times the conjugate of the one before.
    turn: Complex,
    /// Of the energy of all samples.
    energy: f32,
}

/// One frequency under watch.
#[derive(Clone, Debug)]
pub(super) struct Watch {
    limits: &'static Limits,
    looks: [Complex; MEMORY],
    /// Looks taken.
    count: u64,
    blocks: [Block; BLOCKS],
    current: Block,
    carrier: Option<Carrier>,
}

impl Watch {
    pub(super) fn new(limits: &'static Limits) -> Self {
        Self {
            limits,
            looks: [Complex::ZERO; MEMORY],
            count: 0,
            blocks: [Block::default(); BLOCKS],
            current: Block::default(),
            carrier: None,
        }
    }

    /// The tone that is on.
    pub(super) const fn carrier(&self) -> Option<&Carrier> {
        self.carrier.as_ref()
    }

    /// Samples taken.
    pub(super) const fn samples(&self) -> u64 {
        self.count * HOP as u64
    }

    /// The looks that the tests stand on, in their order.
    pub(super) fn window(&self) -> impl Iterator<Item = Complex> {
        (1..=WINDOW as u64).rev().map(|back| self.look(back))
    }

    /// Takes the next look and the energy of its hop.
    pub(super) fn take(&mut self, look: Complex, energy: f32) -> Option<Seen> {
        let turn = look * self.look(1).conj();
        self.looks[self.count as usize % MEMORY] = look;
        self.count += 1;
        self.current.square += look.norm_sqr();
        self.current.turn += turn;
        self.current.energy += energy;
        if let Some(carrier) = &mut self.carrier
            && along(turn, carrier.step) > HALF_AMPLITUDE * carrier.square
        {
            carrier.last = self.count;
        }
        if !self.count.is_multiple_of(BLOCK as u64) {
            return None;
        }
        let block = core::mem::take(&mut self.current);
        self.blocks[(self.count as usize / BLOCK) % BLOCKS] = block;
        match self.carrier {
            Some(carrier) => self.follow(carrier, block),
            None => self.hunt(),
        }
    }

    /// The look `back` looks ago; 1 is the latest.
    fn look(&self, back: u64) -> Complex {
        self.looks[self.count.wrapping_sub(back) as usize % MEMORY]
    }

    /// No tone so far: is there one now?
    fn hunt(&mut self) -> Option<Seen> {
        let mut sum = Block::default();
        for block in &self.blocks {
            sum.square += block.square;
            sum.turn += block.turn;
            sum.energy += block.energy;
        }
        let total = sum.energy * (1.0 / (WINDOW * HOP) as f32);
        let near = sum.square * (0.5 / WINDOW as f32);
        let turn = sum.turn.norm_sqr();
        if near < FLOOR || near < SHARE * total || turn < ALIGNED * ALIGNED * sum.square * sum.square {
            return None;
        }
        let step = sum.turn.scale(1.0 / turn.sqrt());
        let wave = self.steady_wave(step);
        let offset = wave.offset();
        if offset.abs() > self.limits.offset || !self.believed(&wave, near, total) {
            return None;
        }
        let began = self.beginning(&wave);
        let carrier = Carrier { step: wave.step, square: wave.square, last: self.count, missing: 0 };
        self.carrier = Some(carrier);
        Some(Seen::Began(began))
    }

    /// The steady wave that fits the window best, near the turn `step` a look.
    fn steady_wave(&self, step: Complex) -> Wave {
        const PARTS: usize = 6;
        const PART: usize = WINDOW / PARTS;
        let mut parts = [Complex::ZERO; PARTS];
        let mut back = WINDOW as u64;
        let mut turned = Complex::ONE;
        let (mut before, mut last) = (Complex::ZERO, Complex::ZERO);
        let mut rough = 0.0;
        for (n, part) in parts.iter_mut().enumerate() {
            for k in 0..PART {
                let look = self.look(back) * turned.conj();
                *part += look;
                if n > 0 || k > 1 {
                    rough += (look - last - (last - before)).norm_sqr();
                }
                (before, last) = (last, look);
                turned = turned * step;
                back -= 1;
            }
        }
        // What the parts still turn against each other, averaged with weight on the middle.
        let mut residual = Complex::ZERO;
        for pair in parts.windows(2) {
            residual += pair[1] * pair[0].conj();
        }
        let slope = residual.angle() / PART as f32;
        let mut sum = Complex::ZERO;
        for (n, part) in parts.iter().enumerate() {
            sum += *part * Complex::unit(f64::from(-slope * (n * PART) as f32));
        }
        let step = step * Complex::unit(f64::from(slope));
        let square = sum.norm_sqr() * (1.0 / (WINDOW * WINDOW) as f32);
        Wave { step, square, rough: rough * (1.0 / (WINDOW - 2) as f32) }
    }

    /// Whether the wave is a tone and the rest is noise. `near` is the power of the looks, `total` of
    /// the samples.
    fn believed(&self, wave: &Wave, near: f32, total: f32) -> bool {
        let tone = wave.square * 0.5;
        // Second differences pass nothing slow, and white noise by a factor known from the weights:
        // 6 for independent looks, less 8 times the 1/6 by which neighbours agree.
        let noise_near = wave.rough * (0.5 / 4.667);
        let noise = noise_near * (1.0 / NOISE_SHARE);
        let slow = near - tone - noise_near;
        let tone = tone * wave.droop();
        let rest = (total - tone).max(0.0);
        tone >= FLOOR
            && tone >= SHARE * total
            && slow <= self.limits.unsteady * tone + 0.6 * noise_near
            && noise_near <= EVEN * NOISE_SHARE * rest + NEAR * tone
            && rest <= EVEN * noise + UNEVEN * tone
    }

    /// The sample at which the wave began: back from now, as far as looks keep step.
    fn beginning(&self, wave: &Wave) -> u64 {
        let threshold = HALF_AMPLITUDE * wave.square;
        let oldest = self.count.min(MEMORY as u64 - 1);
        let mut first = self.count;
        for back in 1..oldest {
            let turn = self.look(back) * self.look(back + 1).conj();
            let look = self.count - back;
            if along(turn, wave.step) > threshold {
                first = look;
            } else if first > look + 2 {
                break;
            }
        }
        // Both looks of the first pair had the tone; the earlier one is centred a hop before.
        first.saturating_sub(1) * HOP as u64
    }

    /// A tone is on: is it still there?
    fn follow(&mut self, mut carrier: Carrier, block: Block) -> Option<Seen> {
        let turn = along(block.turn, carrier.step);
        let there = turn > 0.5 * block.square && block.square > (0.2 * BLOCK as f32) * carrier.square;
        if there {
            carrier.missing = 0;
            carrier.square += (block.square * (1.0 / BLOCK as f32) - carrier.square) * (1.0 / 16.0);
        } else {
            carrier.missing += 1;
        }
        self.carrier = (carrier.missing < MISSING).then_some(carrier);
        if self.carrier.is_some() {
            return None;
        }
        self.blocks = [Block::default(); BLOCKS];
        Some(Seen::Ended(carrier.last * HOP as u64))
    }
}

/// A tone is over when it was missing in so many blocks: 40 ms, more than a reversal takes.
const MISSING: u8 = 4;

/// In the looks at half a tone's beginning and at half its end it has half its amplitude.
const HALF_AMPLITUDE: f32 = 0.25;

/// Looks turn in step, to this part of their power, in anything worth a closer look.
const ALIGNED: f32 = 0.7;

/// A steady wave, fitted.
#[derive(Clone, Copy, Debug)]
struct Wave {
    /// Turn a look.
    step: Complex,
    /// Square of the amplitude.
    square: f32,
    /// Mean square of the second differences.
    rough: f32,
}

impl Wave {
    /// Offset from nominal, hertz.
    fn offset(&self) -> f32 {
        self.step.angle() * (LOOKS_PER_SECOND / core::f32::consts::TAU)
    }

    /// What the look's raised cosine takes off a tone beside its middle, as a factor of power to put
    /// it right: 1 + 1.3 x^2, x the offset times 5 ms; right to 1 % within 50 Hz.
    fn droop(&self) -> f32 {
        let x = self.offset() * 0.005;
        1.0 + 1.3 * x * x
    }
}

/// How far `turn` goes along `step`.
fn along(turn: Complex, step: Complex) -> f32 {
    turn.re * step.re + turn.im * step.im
}
