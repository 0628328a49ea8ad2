//! From equalised symbols to user bits: decide, decode, descramble.

use super::lesson::Lesson;
use super::plan::{Decide, Plan};
use super::trellis::Viterbi;
use crate::encoder::Coder;
use crate::scrambler::Descrambler;
use fax_core::maths::Complex;

/// Symbols that can be withheld while it is not sure that the carrier is still there.
const WITHHELD: usize = 128;

/// The decoder of a burst.
#[derive(Clone, Debug)]
pub(crate) struct Decoder {
    plan: &'static Plan,
    viterbi: Viterbi,
    coder: Coder,
    descrambler: Descrambler,
    /// Decoded symbols that still belong to the training.
    skip: usize,
    withheld: [u8; WITHHELD],
    held: usize,
}

impl Decoder {
    pub(crate) fn new(plan: &'static Plan) -> Self {
        Self {
            plan,
            viterbi: Viterbi::new(),
            coder: Coder::default(),
            descrambler: Descrambler::new(plan.modem.scrambler),
            skip: 0,
            withheld: [0; WITHHELD],
            held: 0,
        }
    }

    /// Starts where the known symbols of a training end.
    pub(crate) fn begin(&mut self, plan: &'static Plan, lesson: &Lesson) {
        self.plan = plan;
        self.coder = lesson.encoder.coder();
        self.descrambler = Descrambler::in_step_with(lesson.encoder.scrambler());
        self.skip = lesson.data_at - lesson.known.len();
        self.held = 0;
        self.viterbi.reset();
    }

    /// How many of the bits of `symbols`, which follow the known ones, are not the ones that a sender at
    /// this rate sends there; as a part of all, 0 to 1.
    pub(crate) fn unlike_ones(plan: &'static Plan, lesson: &Lesson, symbols: &[Complex]) -> f32 {
        let mut decoder = Self::new(plan);
        decoder.begin(plan, lesson);
        decoder.skip = 0;
        let (mut zeros, mut all) = (0, 0);
        let mut count = |bits: u8| {
            zeros += plan.modem.bits_per_symbol as u32 - bits.count_ones();
            all += plan.modem.bits_per_symbol as u32;
        };
        for symbol in symbols {
            decoder.symbol(*symbol, false, &mut count);
        }
        zeros as f32 / all.max(1) as f32
    }

    /// Takes the next symbol. `out` gets user bits as they are sure. Returns the decision to learn from.
    #[inline]
    pub(crate) fn symbol(&mut self, z: Complex, hold: bool, out: &mut impl FnMut(u8)) -> Complex {
        match &self.plan.decide {
            Decide::Nearest(slicer) => {
                let (point, decision) = slicer.nearest(z);
                self.point(point, hold, out);
                decision
            }
            Decide::Trellis(code) => {
                let decision = self.viterbi.step(code, z);
                if let Some(decided) = self.viterbi.decided() {
                    for point in decided.points() {
                        self.point(point, hold, out);
                    }
                }
                decision
            }
        }
    }

    /// The carrier is sure to be gone: what was withheld came from noise.
    pub(crate) fn drop_withheld(&mut self) {
        self.held = 0;
    }

    #[inline]
    fn point(&mut self, point: usize, hold: bool, out: &mut impl FnMut(u8)) {
        let line = self.coder.decode(&self.plan.modem.coding, point);
        let bits = self.descrambler.descramble(line, self.plan.modem.bits_per_symbol) as u8;
        if self.skip > 0 {
            self.skip -= 1;
            return;
        }
        if hold && self.held < WITHHELD {
            self.withheld[self.held] = bits;
            self.held += 1;
            return;
        }
        for bits in &self.withheld[..self.held] {
            out(*bits);
        }
        self.held = 0;
        out(bits);
    }
}
