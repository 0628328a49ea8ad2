//! An angle as a fraction of a turn in 32 bits. It wraps by itself, so that a difference of two
//! angles is right on both sides of half a turn.

use super::Complex;

const STEPS_PER_TURN: f64 = 4_294_967_296.0;

/// An angle; 2^32 steps are one turn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Phase(pub u32);

impl Phase {
    /// The angle that is this fraction of a turn; whole turns fall away.
    pub fn from_turns(turns: f64) -> Self {
        let fraction = turns - libm::floor(turns);
        Self((fraction * STEPS_PER_TURN) as u64 as u32)
    }

    /// The step a sample of a wave of `hertz` at `rate` samples a second; negative runs backwards.
    pub fn step(hertz: f64, rate: f64) -> Self {
        Self::from_turns(hertz / rate)
    }

    /// The angle after a further turn by `step`.
    #[must_use]
    pub const fn advance(self, step: Self) -> Self {
        Self(self.0.wrapping_add(step.0))
    }

    /// The shortest way from `other` to here, as a signed fraction of a turn, -1/2 to 1/2.
    pub fn turns_from(self, other: Self) -> f32 {
        self.0.wrapping_sub(other.0).cast_signed() as f32 * (1.0 / STEPS_PER_TURN as f32)
    }

    /// The point of unit length at this angle, right to 4e-7: Taylor's polynomials within an eighth of
    /// a turn, then whole quarters. Sums and products only, so it is cheap and the same everywhere.
    #[inline]
    pub fn point(self) -> Complex {
        const RADIANS_PER_STEP: f32 = (2.0 * super::PI / STEPS_PER_TURN) as f32;
        let quarters = self.0.wrapping_add(1 << 29) >> 30;
        let x = self.0.wrapping_sub(quarters << 30).cast_signed() as f32 * RADIANS_PER_STEP;
        let x2 = x * x;
        let sine = x * (1.0 + x2 * (-1.0 / 6.0 + x2 * (1.0 / 120.0 - x2 * (1.0 / 5040.0))));
        let cosine = 1.0 + x2 * (-0.5 + x2 * (1.0 / 24.0 + x2 * (-1.0 / 720.0 + x2 * (1.0 / 40320.0))));
        // Turned by whole quarters without a branch, which the carrier's turn would make unpredictable.
        let odd = quarters & 1 == 1;
        let (re, im) = if odd { (sine, cosine) } else { (cosine, sine) };
        let flip_re = (quarters.wrapping_add(1) & 2) << 30;
        let flip_im = (quarters & 2) << 30;
        Complex::new(f32::from_bits(re.to_bits() ^ flip_re), f32::from_bits(im.to_bits() ^ flip_im))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_is_right_on_both_sides_of_half_a_turn() {
        let (a, b) = (Phase::from_turns(0.49), Phase::from_turns(-0.49));
        assert!((b.turns_from(a) - 0.02).abs() < 1e-6);
        assert!((a.turns_from(b) + 0.02).abs() < 1e-6);
    }

    #[test]
    fn a_wave_comes_back_after_its_period() {
        let mut phase = Phase::default();
        for _ in 0..8 {
            phase = phase.advance(Phase::step(1000.0, 8000.0));
        }
        assert_eq!(phase, Phase::default());
        assert!((Phase::from_turns(0.25).point() - Complex::new(0.0, 1.0)).abs() < 1e-7);
        for step in 0..1000_u32 {
            let phase = Phase(step.wrapping_mul(0x0123_4567));
            let exact = Complex::unit(f64::from(phase.0) / STEPS_PER_TURN * 2.0 * super::super::PI);
            assert!((phase.point() - exact).abs() < 4e-7);
        }
        assert_eq!(Phase::step(-1000.0, 8000.0).advance(Phase::step(1000.0, 8000.0)), Phase::default());
    }
}
