//! Watches one frequency: is there a tone, since when, until when?
//!
//! Every 10 ms it asks the last 120 ms: [`Wave`] says what it believes.

use super::front::{Front, HOP};
use super::wave::{Belief, FLOOR, Limits, Powers, SHARE, Wave, along};
use fax_core::maths::Complex;

/// Looks in a block; the tests run once a block, every 10 ms.
const BLOCK: usize = 4;

/// Blocks kept: the window and 100 ms before it.
const KEPT: usize = BLOCKS + 10;

/// Blocks that must agree: 120 ms.
const BLOCKS: usize = 12;

/// Looks that must agree.
pub(super) const WINDOW: usize = BLOCK * BLOCKS;

/// Looks remembered, a power of two: 640 ms, so that the start of a tone that was believed late is
/// still found.
const MEMORY: usize = 256;

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
    /// Of the squared looks at the other frequency.
    other: f32,
}

/// One frequency under watch.
#[derive(Clone, Debug)]
pub(super) struct Watch {
    limits: &'static Limits,
    looks: [Complex; MEMORY],
    /// Looks taken.
    count: u64,
    blocks: [Block; KEPT],
    current: Block,
    carrier: Option<Carrier>,
    /// Blocks in a row that seemed to be a tone.
    likely: u8,
    /// Looks taken when the last tone ended.
    ended: u64,
}

/// For so many blocks a tone that is likely must go on: 330 ms from its beginning.
const LIKELY_BLOCKS: u8 = 22;

/// A tone that comes after 10 ms this much louder may be what is left of a chord or a vowel.
const DYING: f32 = 2.0;

impl Watch {
    pub(super) fn new(limits: &'static Limits) -> Self {
        Self {
            limits,
            looks: [Complex::ZERO; MEMORY],
            count: 0,
            blocks: [Block::default(); KEPT],
            current: Block::default(),
            carrier: None,
            likely: 0,
            ended: 0,
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
    pub(super) fn take(&mut self, look: Complex, other: Complex, energy: f32, front: &Front) -> Option<Seen> {
        let turn = look * self.look(1).conj();
        self.looks[self.count as usize % MEMORY] = look;
        self.count += 1;
        self.current.square += look.norm_sqr();
        self.current.turn += turn;
        self.current.energy += energy;
        self.current.other += other.norm_sqr();
        if let Some(carrier) = &mut self.carrier
            && along(turn, carrier.step) > HALF_AMPLITUDE * carrier.square
        {
            carrier.last = self.count;
        }
        if !self.count.is_multiple_of(BLOCK as u64) {
            return None;
        }
        let block = core::mem::take(&mut self.current);
        self.blocks.copy_within(1.., 0);
        self.blocks[KEPT - 1] = block;
        match self.carrier {
            Some(carrier) => self.follow(carrier, block),
            None => self.hunt(front),
        }
    }

    /// Lets looks pass that hold nothing, while no tone is on.
    pub(super) fn skip(&mut self, looks: u64) {
        self.looks = [Complex::ZERO; MEMORY];
        self.blocks = [Block::default(); KEPT];
        self.current = Block::default();
        self.likely = 0;
        self.count += looks;
    }

    /// The look `back` looks ago; 1 is the latest.
    fn look(&self, back: u64) -> Complex {
        self.looks[self.count.wrapping_sub(back) as usize % MEMORY]
    }

    /// No tone so far: is there one now?
    fn hunt(&mut self, front: &Front) -> Option<Seen> {
        let mut sum = Block::default();
        let (before, window) = self.blocks.split_at(KEPT - BLOCKS);
        for block in window {
            sum.square += block.square;
            sum.turn += block.turn;
            sum.energy += block.energy;
            sum.other += block.other;
        }
        let powers = Powers {
            near: sum.square * (0.5 / WINDOW as f32),
            other: (!front.notched()).then_some(sum.other * (0.5 / WINDOW as f32)),
            total: sum.energy * (1.0 / (WINDOW * HOP) as f32),
        };
        let turn = sum.turn.norm_sqr();
        let aligned = ALIGNED * sum.square;
        if powers.near < FLOOR || powers.near < SHARE * powers.total || turn < aligned * aligned {
            self.likely = 0;
            return None;
        }
        let wave = Wave::fit(core::array::from_fn(|n| self.look((WINDOW - n) as u64)), sum.turn);
        let loud = before.iter().fold(0.0, |loud: f32, block| loud.max(block.energy));
        let dying = loud * BLOCKS as f32 > DYING * sum.energy;
        let belief = wave.belief(&powers, self.limits, |hertz, power| front.colour(hertz, power));
        self.likely = if belief.is_some() { self.likely + 1 } else { 0 };
        if (belief != Some(Belief::Sure) || dying) && self.likely < LIKELY_BLOCKS {
            return None;
        }
        self.likely = 0;
        let began = self.beginning(&wave);
        let carrier = Carrier { step: wave.step, square: wave.square, last: self.count, missing: 0 };
        self.carrier = Some(carrier);
        Some(Seen::Began(began))
    }

    /// The sample at which the wave began: back from now, as far as looks keep step.
    fn beginning(&self, wave: &Wave) -> u64 {
        let threshold = HALF_AMPLITUDE * wave.square;
        let oldest = (self.count - self.ended).min(MEMORY as u64 - 1);
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
        self.blocks = [Block::default(); KEPT];
        self.ended = carrier.last;
        Some(Seen::Ended(carrier.last * HOP as u64))
    }
}

/// A tone is over when it was missing in so many blocks: 40 ms, more than a reversal takes.
const MISSING: u8 = 4;

/// In the looks at half a tone's beginning and at half its end it has half its amplitude.
const HALF_AMPLITUDE: f32 = 0.25;

/// Looks turn in step, to this part of their power, in anything worth a closer look.
const ALIGNED: f32 = 0.7;
