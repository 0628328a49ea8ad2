//! Sums over slices, in one written order: eight partial sums, added pairwise at the end. A plain
//! loop may not be reordered by the compiler and stays scalar; this form becomes vector code and
//! still gives the same bits everywhere.

use super::Complex;

/// Partial sums that run side by side.
const LANES: usize = 8;

fn fold(s: [f32; LANES]) -> f32 {
    ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]))
}

/// Sum of products; what one slice has beyond the other does not count.
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    let n = a.len().min(b.len());
    let (a, b) = (&a[..n], &b[..n]);
    let (a_chunks, b_chunks) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let rest: f32 = a_chunks.remainder().iter().zip(b_chunks.remainder()).map(|(x, y)| x * y).sum();
    let mut sums = [0.0; LANES];
    for (x, y) in a_chunks.zip(b_chunks) {
        for lane in 0..LANES {
            sums[lane] += x[lane] * y[lane];
        }
    }
    fold(sums) + rest
}

/// Sums of products of one real array with two others: a real signal through a complex filter whose
/// real and imaginary parts are `a` and `b`. What `N` has beyond a multiple of eight does not count.
#[inline]
pub fn dot_pair<const N: usize>(x: &[f32; N], a: &[f32; N], b: &[f32; N]) -> Complex {
    Sums::of_pair(x, a, b).fold()
}

/// Sum of complex products without conjugation, real and imaginary parts in slices of their own.
#[inline]
pub fn dot_complex(a_re: &[f32], a_im: &[f32], b_re: &[f32], b_im: &[f32]) -> Complex {
    let n = a_re.len().min(a_im.len()).min(b_re.len()).min(b_im.len());
    let whole = n - n % LANES;
    let sums = Sums::of_complex::<false>(&a_re[..whole], &a_im[..whole], &b_re[..whole], &b_im[..whole]);
    let mut sum = sums.fold();
    for k in whole..n {
        sum += Complex::new(a_re[k], a_im[k]) * Complex::new(b_re[k], b_im[k]);
    }
    sum
}

/// Sum of complex products with the second factor conjugated.
#[inline]
pub fn dot_conj(a_re: &[f32], a_im: &[f32], b_re: &[f32], b_im: &[f32]) -> Complex {
    let n = a_re.len().min(a_im.len()).min(b_re.len()).min(b_im.len());
    let whole = n - n % LANES;
    let sums = Sums::of_complex::<true>(&a_re[..whole], &a_im[..whole], &b_re[..whole], &b_im[..whole]);
    let mut sum = sums.fold();
    for k in whole..n {
        sum += Complex::new(a_re[k], a_im[k]) * Complex::new(b_re[k], b_im[k]).conj();
    }
    sum
}

/// Partial sums of real and imaginary parts, in memory: the loops below stay apart from what is done
/// with the sums, else the compiler pairs real with imaginary lanes and shuffles at every step.
struct Sums {
    re: [f32; LANES],
    im: [f32; LANES],
}

impl Sums {
    #[inline(never)]
    fn of_pair<const N: usize>(x: &[f32; N], a: &[f32; N], b: &[f32; N]) -> Self {
        let (mut re, mut im) = ([0.0; LANES], [0.0; LANES]);
        for ((x, a), b) in vectors(x).zip(vectors(a)).zip(vectors(b)) {
            for lane in 0..LANES {
                re[lane] += x[lane] * a[lane];
            }
            for lane in 0..LANES {
                im[lane] += x[lane] * b[lane];
            }
        }
        Self { re, im }
    }

    #[inline(never)]
    fn of_complex<const CONJ: bool>(a_re: &[f32], a_im: &[f32], b_re: &[f32], b_im: &[f32]) -> Self {
        let (mut re, mut im) = ([0.0; LANES], [0.0; LANES]);
        let (a, b) = (vectors(a_re).zip(vectors(a_im)), vectors(b_re).zip(vectors(b_im)));
        for ((ar, ai), (br, bi)) in a.zip(b) {
            for lane in 0..LANES {
                let cross = ai[lane] * bi[lane];
                re[lane] += if CONJ { ar[lane] * br[lane] + cross } else { ar[lane] * br[lane] - cross };
            }
            for lane in 0..LANES {
                let cross = ai[lane] * br[lane];
                im[lane] += if CONJ { cross - ar[lane] * bi[lane] } else { cross + ar[lane] * bi[lane] };
            }
        }
        Self { re, im }
    }

    #[inline]
    fn fold(&self) -> Complex {
        Complex::new(fold(self.re), fold(self.im))
    }
}

#[inline(always)]
fn vectors(slice: &[f32]) -> impl Iterator<Item = &[f32; LANES]> {
    slice.as_chunks::<LANES>().0.iter()
}

/// Adds `factor` times the conjugate of `x` to `y`: one step of a least-mean-squares adaption.
#[inline]
pub fn axpy_conj(factor: Complex, x_re: &[f32], x_im: &[f32], y_re: &mut [f32], y_im: &mut [f32]) {
    for ((yr, yi), (xr, xi)) in y_re.iter_mut().zip(y_im).zip(x_re.iter().zip(x_im)) {
        *yr += factor.re * xr + factor.im * xi;
        *yi += factor.im * xr - factor.re * xi;
    }
}

/// Sum of squares.
pub fn power(a: &[f32]) -> f32 {
    dot(a, a)
}

/// Adds `factor` times `x` to `y`, element by element.
pub fn axpy(factor: f32, x: &[f32], y: &mut [f32]) {
    for (y, x) in y.iter_mut().zip(x) {
        *y += factor * x;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_of_whole_numbers_are_exact_at_every_length() {
        for n in 0..40_u8 {
            let a: Vec<f32> = (0..n).map(f32::from).collect();
            let b: Vec<f32> = (0..n).map(|k| f32::from(k) + 1.0).collect();
            let expected: f32 = (0..n).map(|k| f32::from(k) * (f32::from(k) + 1.0)).sum();
            assert_eq!(dot(&a, &b), expected);
            let z = dot_complex(&a, &b, &b, &a);
            assert_eq!(z.re, 0.0);
            assert_eq!(z.im, power(&a) + power(&b));
        }
    }

    #[test]
    fn axpy_adds_in_place() {
        let mut y = [1.0, 2.0, 3.0];
        axpy(2.0, &[1.0, 1.0], &mut y);
        assert_eq!(y, [3.0, 4.0, 3.0]);
    }

    #[test]
    fn conjugated_sums_agree_with_single_products() {
        let (a, b): (Vec<f32>, Vec<f32>) = (0..19_u8).map(|k| (f32::from(k), 3.0 - f32::from(k))).unzip();
        let z = |k: usize| Complex::new(a[k], b[k]);
        let expected = (0..19).fold(Complex::ZERO, |sum, k| sum + z(k) * z(18 - k).conj());
        let (a_back, b_back): (Vec<f32>, Vec<f32>) =
            (a.iter().rev().copied().collect(), b.iter().rev().copied().collect());
        assert_eq!(dot_conj(&a, &b, &a_back, &b_back), expected);
        let (x, y) = (core::array::from_fn::<f32, 16, _>(|k| a[k]), core::array::from_fn(|k| b[k]));
        assert_eq!(dot_pair(&x, &x, &y), Complex::new(dot(&x, &x), dot(&x, &y)));
        let (mut re, mut im) = (a.clone(), b.clone());
        axpy_conj(Complex::new(2.0, -1.0), &a, &b, &mut re, &mut im);
        let moved = z(7) + Complex::new(2.0, -1.0) * z(7).conj();
        assert_eq!(Complex::new(re[7], im[7]), moved);
    }
}
