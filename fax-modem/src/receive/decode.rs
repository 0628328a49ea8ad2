//! From equalised symbols to user bits: decide, decode, descramble.

use super::lesson::Lesson;
use super::slicer::Slicer;
use super::trellis::Viterbi;
use crate::encoder::Coder;
use crate::scrambler::Descrambler;
use crate::table::{Coding, Modem};
use fax_core::maths::Complex;

/// Symbols that can be withheld while it is not sure that the carrier is still there.
const WITHHELD: usize = 128;

/// The decoder of one modem.
#[derive(Clone, Debug)]
pub(crate) struct Decoder {
    modem: &'static Modem,
    decide: Decide,
    coder: Coder,
    descrambler: Descrambler,
    /// Decoded symbols that still belong to the training.
    skip: usize,
    withheld: [u8; WITHHELD],
    held: usize,
}

#[derive(Clone, Debug)]
enum Decide {
    Nearest(Slicer),
    Trellis(Box<Viterbi>),
}

impl Decoder {
    pub(crate) fn new(modem: &'static Modem) -> Self {
        let decide = match &modem.coding {
            Coding::Differential(_) => Decide::Nearest(Slicer::new(modem)),
            Coding::Trellis(trellis) => Decide::Trellis(Box::new(Viterbi::new(modem, trellis))),
        };
        Self {
            modem,
            decide,
            coder: Coder::default(),
            descrambler: Descrambler::new(modem.scrambler),
            skip: 0,
            withheld: [0; WITHHELD],
            held: 0,
        }
    }

    /// Starts where the known symbols of a training end.
    pub(crate) fn begin(&mut self, lesson: &Lesson) {
        self.coder = lesson.encoder.coder();
        self.descrambler = Descrambler::in_step_with(lesson.encoder.scrambler());
        self.skip = lesson.data_at - lesson.known.len();
        self.held = 0;
        if let Decide::Trellis(viterbi) = &mut self.decide {
            viterbi.reset();
        }
    }

    /// Takes the next symbol. `out` gets user bits as they are sure. Returns the decision to learn from.
    #[inline]
    pub(crate) fn symbol(&mut self, z: Complex, hold: bool, out: &mut impl FnMut(u8)) -> Complex {
        match &mut self.decide {
            Decide::Nearest(slicer) => {
                let (point, decision) = slicer.nearest(z);
                self.point(point, hold, out);
                decision
            }
            Decide::Trellis(viterbi) => {
                let decision = viterbi.step(z);
                if let Some(decided) = viterbi.decided() {
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
        let line = self.coder.decode(&self.modem.coding, point);
        let bits = self.descrambler.descramble(line, self.modem.bits_per_symbol) as u8;
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
