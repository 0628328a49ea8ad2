//! The adaptive equaliser: a line of half symbols, still in the passband, and a complex tap on each.

use super::fit::{AHEAD, BEHIND, Fit, Outcome, TAPS};
use fax_core::maths::{self, Complex};

/// Half symbols kept before they are moved to the front again.
const LINE: usize = 512;
/// Taps at least: those that the training found not worth their noise start at zero and may grow.
const FEWEST: usize = 16;
/// Taps come in vectors of this many.
const VECTOR: usize = 8;
/// Part of the error that one symbol corrects.
const ADAPT: f32 = 0.01;

/// Line and taps.
#[derive(Clone, Debug)]
pub(crate) struct Equaliser {
    re: Vec<f32>,
    im: Vec<f32>,
    /// Half symbols in the line.
    end: usize,
    taps: Taps,
    /// [`ADAPT`] over the power that all taps see together.
    step: f32,
}

/// The taps alone: what one burst leaves to the next.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Taps {
    /// In the order of time: the first one sees the oldest half symbol.
    re: [f32; TAPS],
    im: [f32; TAPS],
    len: usize,
    /// Half symbols that the last tap lies ahead of the symbol's instant.
    ahead: usize,
}

impl Equaliser {
    pub(crate) fn new() -> Self {
        Self {
            re: vec![0.0; LINE],
            im: vec![0.0; LINE],
            end: 0,
            taps: Taps { re: [0.0; TAPS], im: [0.0; TAPS], len: FEWEST, ahead: 0 },
            step: 0.0,
        }
    }

    /// Takes over the taps of a fit, with some more around them.
    pub(crate) fn take(&mut self, fit: &Fit, outcome: &Outcome) {
        let used = outcome.ahead + 1 + outcome.behind;
        let len = used.next_multiple_of(VECTOR).clamp(FEWEST, TAPS);
        let ahead = (outcome.ahead + (len - used) / 3).min(AHEAD).max((len - 1).saturating_sub(BEHIND));
        self.taps.len = len;
        self.taps.ahead = ahead;
        for n in 0..len {
            let tap = fit.tap((len - 1 - n) as i64 - ahead as i64);
            (self.taps.re[n], self.taps.im[n]) = (tap.re, tap.im);
        }
    }

    pub(crate) fn taps(&self) -> Taps {
        self.taps
    }

    pub(crate) fn restore(&mut self, taps: Taps) {
        self.taps = taps;
    }

    /// Multiplies all taps.
    pub(crate) fn scale(&mut self, factor: Complex) {
        for (re, im) in self.taps.re.iter_mut().zip(&mut self.taps.im) {
            let tap = Complex::new(*re, *im) * factor;
            (*re, *im) = (tap.re, tap.im);
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.taps.len
    }

    pub(crate) fn ahead(&self) -> usize {
        self.taps.ahead
    }

    pub(crate) fn clear(&mut self) {
        self.end = 0;
    }

    /// Appends the next half symbol.
    #[inline]
    pub(crate) fn push(&mut self, sample: Complex) {
        if self.end == LINE {
            self.re.copy_within(LINE - TAPS.., 0);
            self.im.copy_within(LINE - TAPS.., 0);
            self.end = TAPS;
        }
        (self.re[self.end], self.im[self.end]) = (sample.re, sample.im);
        self.end += 1;
    }

    /// Sets the step of adaption by the power of what is in the line.
    pub(crate) fn settle(&mut self) {
        let line = self.window();
        let power = maths::power(&self.re[line.clone()]) + maths::power(&self.im[line]);
        self.step = ADAPT / power.max(f32::MIN_POSITIVE);
    }

    /// The taps' sum over the line.
    #[inline]
    pub(crate) fn output(&self) -> Complex {
        let (line, len) = (self.window(), self.taps.len);
        maths::dot_complex(&self.re[line.clone()], &self.im[line], &self.taps.re[..len], &self.taps.im[..len])
    }

    /// Moves every tap along its input by a part of `wanted`, what the output lacked.
    #[inline]
    pub(crate) fn adapt(&mut self, wanted: Complex) {
        let (line, len) = (self.window(), self.taps.len);
        maths::axpy_conj(
            wanted.scale(self.step),
            &self.re[line.clone()],
            &self.im[line],
            &mut self.taps.re[..len],
            &mut self.taps.im[..len],
        );
    }

    #[inline]
    fn window(&self) -> core::ops::Range<usize> {
        self.end.saturating_sub(self.taps.len)..self.end
    }
}
