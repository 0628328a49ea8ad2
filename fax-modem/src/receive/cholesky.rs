//! Least squares by Cholesky's method, grown one unknown at a time: the residual of every smaller
//! problem comes out on the way, so that the best number of unknowns can be chosen afterwards.

use fax_core::maths::{self, Complex};

/// A Hermitian positive definite system of at most `capacity` unknowns, factored row by row in the
/// place of its products.
#[derive(Clone, Debug)]
pub(crate) struct Cholesky {
    capacity: usize,
    rows: usize,
    /// Below the diagonal: the lower factor as far as it has grown, then the unknowns' products with
    /// each other. Row n begins at n (n - 1) / 2.
    re: Vec<f32>,
    im: Vec<f32>,
    /// The diagonal, real and positive: of the factor and inverted, then of the products.
    diagonal: Vec<f32>,
    /// Forward-substituted right side, conjugated so that one kind of sum serves both.
    y_re: Vec<f32>,
    y_im: Vec<f32>,
}

/// Part of an unknown's own power that must be new, not made of the unknowns before it.
const INDEPENDENT: f32 = 1e-6;

impl Cholesky {
    pub(crate) fn new(capacity: usize) -> Self {
        let triangle = vec![0.0; row_start(capacity)];
        let line = vec![0.0; capacity];
        Self {
            capacity,
            rows: 0,
            re: triangle.clone(),
            im: triangle,
            diagonal: line.clone(),
            y_re: line.clone(),
            y_im: line,
        }
    }

    /// Begins anew: all products are to be [set](Self::set_product).
    pub(crate) fn clear(&mut self) {
        self.rows = 0;
    }

    /// Sets the product of two unknowns, the conjugate of `a` times `b`.
    #[inline]
    pub(crate) fn set_product(&mut self, a: usize, b: usize, product: Complex) {
        if a == b {
            self.diagonal[a] = product.re;
            return;
        }
        let (place, im) =
            if a > b { (row_start(a) + b, product.im) } else { (row_start(b) + a, -product.im) };
        (self.re[place], self.im[place]) = (product.re, im);
    }

    /// The product that was set, before the system has grown over it.
    #[inline]
    pub(crate) fn product(&self, a: usize, b: usize) -> Complex {
        if a == b {
            return Complex::new(self.diagonal[a], 0.0);
        }
        let (place, sign) = if a > b { (row_start(a) + b, 1.0) } else { (row_start(b) + a, -1.0) };
        Complex::new(self.re[place], sign * self.im[place])
    }

    /// Adds the next unknown, its own product raised by `ridge`, by its product with the right side.
    /// Returns by how much the squared residual shrinks, or `None` (adding nothing) when the unknown
    /// depends on the others or there is no room.
    pub(crate) fn grow(&mut self, ridge: f32, right: Complex) -> Option<f32> {
        let n = self.rows;
        if n >= self.capacity {
            return None;
        }
        let start = row_start(n);
        let (done_re, new_re) = self.re.split_at_mut(start);
        let (done_im, new_im) = self.im.split_at_mut(start);
        for j in 0..n {
            let row = row_start(j)..row_start(j) + j;
            let sum = maths::dot_conj(&new_re[..j], &new_im[..j], &done_re[row.clone()], &done_im[row]);
            let value = (Complex::new(new_re[j], new_im[j]) - sum).scale(self.diagonal[j]);
            (new_re[j], new_im[j]) = (value.re, value.im);
        }
        let (new_re, new_im) = (&new_re[..n], &new_im[..n]);
        let own = self.diagonal[n] + ridge;
        let rest = own - maths::power(new_re) - maths::power(new_im);
        if rest <= own * INDEPENDENT {
            return None;
        }
        let known = maths::dot_complex(new_re, new_im, &self.y_re[..n], &self.y_im[..n]);
        let inverse = 1.0 / rest.sqrt();
        let y = (right - known).scale(inverse);
        (self.diagonal[n], self.y_re[n], self.y_im[n]) = (inverse, y.re, y.im);
        self.rows += 1;
        Some(y.norm_sqr())
    }

    /// The solution that uses the first `unknowns` only, written to `solution`.
    pub(crate) fn solve(&self, unknowns: usize, solution: &mut [Complex]) {
        let n = unknowns.min(self.rows).min(solution.len());
        for (k, x) in solution[..n].iter_mut().enumerate() {
            *x = Complex::new(self.y_re[k], self.y_im[k]);
        }
        for k in (0..n).rev() {
            let x = solution[k].scale(self.diagonal[k]);
            solution[k] = x;
            let row = row_start(k)..row_start(k) + k;
            let row = self.re[row.clone()].iter().zip(&self.im[row]);
            for (earlier, (re, im)) in solution[..k].iter_mut().zip(row) {
                *earlier -= Complex::new(*re, -*im) * x;
            }
        }
    }
}

const fn row_start(n: usize) -> usize {
    if n == 0 { 0 } else { n * (n - 1) / 2 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(k: usize, n: usize) -> Complex {
        Complex::unit((k * k * 3 + n * n + 7 * k * n) as f64 * 0.37).scale(1.0 + k as f32 * 0.1)
    }

    #[test]
    fn every_leading_problem_is_solved() {
        const N: usize = 40;
        const K: usize = 11;
        let truth: Vec<Complex> =
            (0..K).map(|k| Complex::unit(k as f64).scale(1.0 / (1.0 + k as f32))).collect();
        let target = |n: usize| (0..K).fold(Complex::ZERO, |sum, k| sum + truth[k] * column(k, n));
        let mut system = Cholesky::new(K);
        let mut left: f32 = (0..N).map(|n| target(n).norm_sqr()).sum();
        let product = |a, b| (0..N).fold(Complex::ZERO, |sum, n| sum + column(a, n).conj() * column(b, n));
        for (a, b) in (0..K).flat_map(|a| (a..K).map(move |b| (a, b))) {
            // Either order of a pair is the same pair.
            if (a + b) % 2 == 0 {
                system.set_product(a, b, product(a, b));
            } else {
                system.set_product(b, a, product(b, a));
            }
            assert!((system.product(a, b) - product(a, b)).abs() < 1e-4);
            assert!((system.product(b, a) - product(b, a)).abs() < 1e-4);
        }
        for k in 0..K {
            let right = (0..N).fold(Complex::ZERO, |sum, n| sum + column(k, n).conj() * target(n));
            left -= system.grow(0.0, right).unwrap();
            let mut x = [Complex::ZERO; K];
            system.solve(k + 1, &mut x);
            let residual: f32 = (0..N)
                .map(|n| {
                    let fitted = (0..=k).fold(Complex::ZERO, |sum, j| sum + x[j] * column(j, n));
                    (target(n) - fitted).norm_sqr()
                })
                .sum();
            assert!((residual - left).abs() < 1e-3 * (1.0 + left), "{k}: {residual} {left}");
        }
        let mut x = [Complex::ZERO; K];
        system.solve(K, &mut x);
        for (found, true_value) in x.iter().zip(&truth) {
            assert!((*found - *true_value).abs() < 1e-3);
        }
    }

    #[test]
    fn a_dependent_unknown_is_refused() {
        let mut system = Cholesky::new(3);
        for (a, b) in [(0, 0), (1, 0), (1, 1)] {
            system.set_product(a, b, Complex::ONE);
        }
        assert!(system.grow(0.0, Complex::ONE).is_some());
        assert!(system.grow(0.0, Complex::ONE).is_none());
        let mut x = [Complex::ZERO; 3];
        system.solve(3, &mut x);
        assert_eq!(x, [Complex::ONE, Complex::ZERO, Complex::ZERO]);
    }
}
