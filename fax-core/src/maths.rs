//! Arithmetic that gives the same bits on every machine: functions from `libm` instead of the
//! platform's, sums in a written order, phases that wrap.

mod complex;
mod dot;
mod phase;

pub use complex::Complex;
pub use dot::{axpy, axpy_conj, dot, dot_complex, dot_conj, dot_pair, power};
pub use phase::Phase;

/// Pi as the modems use it.
pub const PI: f64 = core::f64::consts::PI;

/// Sine of an angle in radians.
pub fn sin(x: f64) -> f64 {
    libm::sin(x)
}

/// Cosine of an angle in radians.
pub fn cos(x: f64) -> f64 {
    libm::cos(x)
}

/// Angle of the point (x, y), in radians from -pi to pi.
pub fn atan2(y: f32, x: f32) -> f32 {
    libm::atan2f(y, x)
}

/// e to the x.
pub fn exp(x: f64) -> f64 {
    libm::exp(x)
}

/// 10 to the x.
pub fn exp10(x: f64) -> f64 {
    libm::exp(x * core::f64::consts::LN_10)
}

/// Logarithm to base 10; -infinity for 0.
pub fn log10(x: f64) -> f64 {
    libm::log10(x)
}

/// Natural logarithm; -infinity for 0.
pub fn ln(x: f64) -> f64 {
    libm::log(x)
}

/// Complementary error function; half of it at x / sqrt 2 is the tail of a normal distribution.
pub fn erfc(x: f64) -> f64 {
    libm::erfc(x)
}

/// Modified Bessel function of the first kind, order 0, for Kaiser windows: its power series, which
/// is exact to `f64` for the 0 to 15 that windows use.
pub fn bessel_i0(x: f64) -> f64 {
    let quarter = x * x / 4.0;
    let (mut term, mut sum) = (1.0, 1.0);
    for k in 1..60 {
        term *= quarter / f64::from(k * k);
        sum += term;
    }
    sum
}
