//! A complex number of two `f32`, with only operations whose result is defined exactly.

use core::ops::{Add, AddAssign, Mul, Neg, Sub, SubAssign};

/// A complex number.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Complex {
    /// Real part, in phase.
    pub re: f32,
    /// Imaginary part, in quadrature.
    pub im: f32,
}

impl Complex {
    /// Zero.
    pub const ZERO: Self = Self::new(0.0, 0.0);
    /// One.
    pub const ONE: Self = Self::new(1.0, 0.0);

    /// `re + i im`.
    pub const fn new(re: f32, im: f32) -> Self {
        Self { re, im }
    }

    /// A point of unit length at `angle` radians.
    pub fn unit(angle: f64) -> Self {
        Self::new(super::cos(angle) as f32, super::sin(angle) as f32)
    }

    /// The conjugate.
    pub const fn conj(self) -> Self {
        Self::new(self.re, -self.im)
    }

    /// Squared magnitude.
    pub fn norm_sqr(self) -> f32 {
        self.re * self.re + self.im * self.im
    }

    /// Magnitude.
    pub fn abs(self) -> f32 {
        self.norm_sqr().sqrt()
    }

    /// Angle in radians, -pi to pi; 0 for zero.
    pub fn angle(self) -> f32 {
        super::atan2(self.im, self.re)
    }

    /// The number times a real factor.
    pub fn scale(self, factor: f32) -> Self {
        Self::new(self.re * factor, self.im * factor)
    }

    /// Turned by a quarter counter-clockwise: times i.
    pub fn turned(self) -> Self {
        Self::new(-self.im, self.re)
    }
}

impl Add for Complex {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self::new(self.re + other.re, self.im + other.im)
    }
}

impl AddAssign for Complex {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sub for Complex {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self::new(self.re - other.re, self.im - other.im)
    }
}

impl SubAssign for Complex {
    fn sub_assign(&mut self, other: Self) {
        *self = *self - other;
    }
}

impl Mul for Complex {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        Self::new(self.re * other.re - self.im * other.im, self.re * other.im + self.im * other.re)
    }
}

impl Neg for Complex {
    type Output = Self;
    fn neg(self) -> Self {
        Self::new(-self.re, -self.im)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quarter_turn_is_a_product_with_i() {
        let z = Complex::new(3.0, -2.0);
        assert_eq!(z.turned(), z * Complex::new(0.0, 1.0));
        assert_eq!((z * z.conj()).re, z.norm_sqr());
        assert!((Complex::unit(1.0).angle() - 1.0).abs() < 1e-6);
    }
}
