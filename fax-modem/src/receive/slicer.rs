//! Decides uncoded symbols: the nearest point of the constellation.

use crate::table::Modem;
use fax_core::maths::Complex;

/// Points compared side by side.
const LANES: usize = 8;
/// Points at most in an uncoded constellation.
const POINTS: usize = 2 * LANES;
/// Bits of a score that hold the number of its point.
const NUMBER: u32 = POINTS as u32 - 1;

/// Nearest-point decision over at most sixteen points.
///
/// |z - p|^2 is smallest where Re z p* - |p|^2 / 2 is largest. Every point is tried, eight side by
/// side; the number of the point rides in the last four bits of its score, one part in 2^19, so that
/// the largest score names it.
#[derive(Clone, Debug)]
pub(crate) struct Slicer {
    vectors: [Vector; 2],
    used: usize,
    points: [Complex; POINTS],
}

#[derive(Clone, Copy, Debug)]
struct Vector {
    re: [f32; LANES],
    im: [f32; LANES],
    half_power: [f32; LANES],
    number: [u32; LANES],
}

impl Slicer {
    pub(crate) fn new(modem: &Modem) -> Self {
        // A place without a point is never nearest.
        let empty =
            Vector { re: [0.0; LANES], im: [0.0; LANES], half_power: [1e30; LANES], number: [0; LANES] };
        let mut slicer = Self { vectors: [empty; 2], used: 1, points: [Complex::ZERO; POINTS] };
        for (n, (re, im)) in modem.points.iter().copied().take(POINTS).enumerate() {
            let (vector, lane) = (&mut slicer.vectors[n / LANES], n % LANES);
            (vector.re[lane], vector.im[lane]) = (re, im);
            (vector.half_power[lane], vector.number[lane]) = ((re * re + im * im) / 2.0, n as u32);
            slicer.points[n] = Complex::new(re, im);
            slicer.used = n / LANES + 1;
        }
        slicer
    }

    /// Number of the nearest point, and the point.
    #[inline]
    pub(crate) fn nearest(&self, z: Complex) -> (usize, Complex) {
        let mut best = self.vectors[0].scores(z);
        if self.used > 1 {
            best = larger(best, self.vectors[1].scores(z));
        }
        let four: [f32; 4] =
            core::array::from_fn(|n| if best[n] > best[n + 4] { best[n] } else { best[n + 4] });
        let two = [
            if four[0] > four[2] { four[0] } else { four[2] },
            if four[1] > four[3] { four[1] } else { four[3] },
        ];
        let one = if two[0] > two[1] { two[0] } else { two[1] };
        let number = (one.to_bits() & NUMBER) as usize;
        (number, self.points[number])
    }
}

impl Vector {
    #[inline(always)]
    fn scores(&self, z: Complex) -> [f32; LANES] {
        let mut scores = [0.0; LANES];
        for lane in 0..LANES {
            scores[lane] = z.re * self.re[lane] + z.im * self.im[lane] - self.half_power[lane];
        }
        for lane in 0..LANES {
            scores[lane] = f32::from_bits(scores[lane].to_bits() & !NUMBER | self.number[lane]);
        }
        scores
    }
}

#[inline(always)]
fn larger(a: [f32; LANES], b: [f32; LANES]) -> [f32; LANES] {
    let mut larger = a;
    for lane in 0..LANES {
        larger[lane] = if a[lane] > b[lane] { a[lane] } else { b[lane] };
    }
    larger
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_point_is_nearer_than_the_one_that_is_chosen() {
        for modem in Modem::ALL.into_iter().filter(|modem| modem.points.len() <= POINTS) {
            let slicer = Slicer::new(modem);
            for n in 0..10_000_u32 {
                let z = Complex::new((n % 100) as f32 * 0.13 - 6.4, (n / 100) as f32 * 0.127 - 6.3);
                let (number, point) = slicer.nearest(z);
                assert_eq!(point, modem.point(number));
                let distance = |p: &(f32, f32)| (z - Complex::new(p.0, p.1)).norm_sqr();
                let least = modem.points.iter().map(distance).fold(f32::MAX, f32::min);
                assert!((z - point).norm_sqr() <= least * 1.0001 + 1e-4, "{} {z:?}", modem.opening);
            }
        }
    }
}
