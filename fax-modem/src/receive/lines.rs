//! Hears the alternation that opens every training, by its spectrum.
//!
//! Two symbols in turn are a carrier and two lines half the symbol rate beside it: nothing else on a
//! telephone line puts its power there, so the level does not matter and noise before the burst
//! does no harm. A carrier alone (echo protection) has no side lines; V.21, tones and data have
//! their power elsewhere.
//!
//! Blocks of 5 ms are correlated with the lines; four blocks in a row decide. The lines all turn by
//! the same angle from block to block, which gives the frequency offset.

use fax_core::maths::{self, Complex, Phase};

/// Samples a block: bins of 200 Hz, so that an offset of 50 Hz costs 0.9 dB.
pub(crate) const BLOCK: usize = 40;
/// Blocks that decide together: 20 ms fit into V.27ter's 31 ms of alternation however they lie.
const BLOCKS: usize = 4;
/// Samples that decide together.
pub(crate) const SPAN: usize = BLOCKS * BLOCK;
/// Part of all power in the lines that is no longer data of the same modem by chance.
pub(crate) const SURELY: f32 = 0.75;
/// Part of all power that the lines must hold. White noise as strong as the signal leaves 0.55, noise
/// alone has 0.15, data of the same modem 0.25.
const LINES_HOLD: f32 = 0.45;
/// Part of what a line should hold that it must hold at least: a line may lose 9 dB at the band edge.
const LINE_HOLDS: f32 = 0.2;
/// How far the lines must turn alike: noise alone gives 0.3.
const COHERENCE: f32 = 0.6;
/// Farthest offset taken for the modem's own, in turns a block: 70 Hz.
const FARTHEST: f32 = 0.35;

/// The lines of one modem's alternation.
#[derive(Debug)]
pub(crate) struct Lines {
    lines: Vec<Line>,
}

/// Listens for one modem's lines.
#[derive(Clone, Debug)]
pub(crate) struct LineDetector {
    blocks: [Block; BLOCKS],
    next: usize,
}

#[derive(Debug)]
struct Line {
    re: [f32; BLOCK],
    im: [f32; BLOCK],
    /// Turn of a signal exactly on the line from one block to the next, taken back.
    back: Complex,
    /// Part of the alternation's power that this line has.
    share: f32,
}

#[derive(Clone, Copy, Debug, Default)]
struct Block {
    lines: [Complex; 3],
    power: f32,
}

/// An alternation has been heard.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Alternation {
    /// Carrier offset in cycles a sample, good to 2 Hz in the worst noise.
    pub(crate) offset: f64,
    /// How much of the power was in the lines, 0 to 1.
    pub(crate) held: f32,
}

impl Lines {
    /// For the two symbols of the alternation; carrier and symbol rate in cycles and symbols a sample.
    pub(crate) fn new(carrier: f64, symbol_rate: f64, symbols: [Complex; 2]) -> Self {
        let mean = (symbols[0] + symbols[1]).norm_sqr() / 4.0;
        let swing = (symbols[0] - symbols[1]).norm_sqr() / 4.0;
        let all = mean + swing;
        let half = symbol_rate / 2.0;
        let edge = swing / all / 2.0;
        let lines = [(carrier, mean / all), (carrier - half, edge), (carrier + half, edge)]
            .into_iter()
            .filter(|(_, share)| *share > 1e-3)
            .map(|(cycles, share)| Line::new(cycles, share))
            .collect();
        Self { lines }
    }
}

impl LineDetector {
    pub(crate) const fn new() -> Self {
        Self { blocks: [Block { lines: [Complex::ZERO; 3], power: 0.0 }; BLOCKS], next: 0 }
    }

    pub(crate) fn reset(&mut self) {
        *self = Self::new();
    }

    /// Takes the next block of mean square sum `power`; tells whether the last [`BLOCKS`] of them were the
    /// alternation.
    pub(crate) fn block(&mut self, lines: &Lines, samples: &[f32; BLOCK], power: f32) -> Option<Alternation> {
        let mut block = Block { power, ..Block::default() };
        for (sum, line) in block.lines.iter_mut().zip(&lines.lines) {
            *sum = maths::dot_pair(samples, &line.re, &line.im);
        }
        self.blocks[self.next] = block;
        self.next = (self.next + 1) % BLOCKS;
        self.judge(lines)
    }

    fn judge(&self, lines: &Lines) -> Option<Alternation> {
        let power: f32 = self.blocks.iter().map(|block| block.power).sum();
        // A real line of power p gives |sum|^2 = p BLOCK^2 / 2.
        let scale = 2.0 / (BLOCK as f32 * power.max(f32::MIN_POSITIVE));
        let (mut held, mut turn, mut paired) = (0.0, Complex::ZERO, 0.0);
        for (n, line) in lines.lines.iter().enumerate() {
            let sums = |back: usize| self.blocks[(self.next + BLOCKS - 1 - back) % BLOCKS].lines[n];
            let holds = scale * (0..BLOCKS).map(|k| sums(k).norm_sqr()).sum::<f32>();
            if holds < LINE_HOLDS * line.share {
                return None;
            }
            held += holds;
            for k in 1..BLOCKS {
                let (now, before) = (sums(k - 1), sums(k));
                turn += now * before.conj() * line.back;
                paired += (now.norm_sqr() + before.norm_sqr()) / 2.0;
            }
        }
        let turns = turn.angle() / (2.0 * maths::PI as f32);
        (held >= LINES_HOLD && turn.abs() >= COHERENCE * paired && turns.abs() <= FARTHEST)
            .then(|| Alternation { offset: f64::from(turns) / BLOCK as f64, held })
    }
}

impl Line {
    fn new(cycles: f64, share: f32) -> Self {
        let point = |n: usize| Phase::from_turns(-cycles * n as f64).point();
        Self {
            re: core::array::from_fn(|n| point(n).re),
            im: core::array::from_fn(|n| point(n).im),
            back: point(BLOCK),
            share,
        }
    }
}
