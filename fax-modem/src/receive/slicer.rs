//! Decides uncoded symbols: the nearest point of the constellation.

use crate::table::Modem;
use fax_core::maths::Complex;

/// Points at most in an uncoded constellation.
const POINTS: usize = 16;

/// Nearest-point decision over at most sixteen points.
///
/// |z - p|^2 is smallest where Re z p* - |p|^2 / 2 is largest; every point is tried, eight side by
/// side, so the decision is exact everywhere.
#[derive(Clone, Debug)]
pub(crate) struct Slicer {
    re: [f32; POINTS],
    im: [f32; POINTS],
    half_power: [f32; POINTS],
}

impl Slicer {
    pub(crate) fn new(modem: &Modem) -> Self {
        // A place without a point is never nearest.
        let mut slicer = Self { re: [0.0; POINTS], im: [0.0; POINTS], half_power: [f32::MAX; POINTS] };
        for (n, (re, im)) in modem.points.iter().copied().take(POINTS).enumerate() {
            (slicer.re[n], slicer.im[n], slicer.half_power[n]) = (re, im, (re * re + im * im) / 2.0);
        }
        slicer
    }

    /// Number of the nearest point, and the point.
    #[inline]
    pub(crate) fn nearest(&self, z: Complex) -> (usize, Complex) {
        let mut score = [0.0; POINTS];
        for n in 0..POINTS {
            score[n] = z.re * self.re[n] + z.im * self.im[n] - self.half_power[n];
        }
        let mut best = 0;
        for n in 1..POINTS {
            if score[n] > score[best] {
                best = n;
            }
        }
        (best, Complex::new(self.re[best], self.im[best]))
    }
}
