//! The pulse that carries a symbol: a root raised cosine, and a finite one with its virtues.
//!
//! From: V.27ter 2.1.1 for the shape; V.29 11 and V.17 2.4 leave it free within limits that it meets.
//! Always: computed once, when a modem is made.

use fax_core::maths::{PI, cos, sin};

/// Root raised cosine of unit energy at `t` symbols from its centre, for an excess bandwidth of
/// `roll_off` (above 0, at most 1).
pub fn root_raised_cosine(t: f64, roll_off: f64) -> f64 {
    let r = roll_off;
    let singular = 4.0 * r * t.abs() - 1.0;
    if t.abs() < 1e-9 {
        1.0 - r + 4.0 * r / PI
    } else if singular.abs() < 1e-9 {
        let (sine, cosine) = (sin(PI / (4.0 * r)), cos(PI / (4.0 * r)));
        r * core::f64::consts::FRAC_1_SQRT_2 * ((1.0 + 2.0 / PI) * sine + (1.0 - 2.0 / PI) * cosine)
    } else {
        let numerator = sin(PI * t * (1.0 - r)) + 4.0 * r * t * cos(PI * t * (1.0 + r));
        numerator / (PI * t * (1.0 - (4.0 * r * t) * (4.0 * r * t)))
    }
}

/// A root raised cosine that fades out and is mended: a receiver with the whole, infinite pulse sees
/// next to none of a symbol's neighbours.
///
/// A pulse that is merely cut off loses what kept it orthogonal to its neighbours (-44 dB of
/// intersymbol interference at six symbols to either side of a roll-off of 0.25), and the cut
/// scatters power out of band, which folds back at 0 and 4000 Hz. So the pulse is faded, and what a
/// receiver would still see of each neighbour is taken out, over and over, by faded neighbours. At
/// the same length that leaves less than -59 dB of interference and half the power out of band.
#[derive(Clone, Debug)]
pub struct Pulse {
    /// From the centre outwards, `per_symbol` steps a symbol.
    half: Vec<f64>,
}

/// Rounds of mending; each leaves a quarter of the interference or less.
const ROUNDS: usize = 8;

/// Where the fade ends, 1 being its middle.
const FADE: f64 = 0.4;

impl Pulse {
    /// A pulse of unit energy that is zero beyond `reach` steps from its centre; `per_symbol` steps are a symbol.
    pub fn new(roll_off: f64, per_symbol: usize, reach: usize) -> Self {
        let neighbours = 2 * reach / per_symbol.max(1);
        let whole: Vec<f64> = (0..=reach + neighbours * per_symbol)
            .map(|n| root_raised_cosine(n as f64 / per_symbol as f64, roll_off))
            .collect();
        let fade = |n: usize| {
            let wave = cos(PI * n as f64 / (reach + 1) as f64);
            (1.0 + FADE) / 2.0 + (1.0 - FADE) / 2.0 * wave
        };
        let fades: Vec<f64> = (0..=reach).map(fade).collect();
        let mut half: Vec<f64> = whole.iter().zip(&fades).map(|(whole, fade)| whole * fade).collect();
        for _ in 0..ROUNDS {
            for shift in (1..=neighbours).map(|n| n * per_symbol) {
                // The neighbours on both sides; the pulse is even, so each is seen like the other.
                let both = |n: usize| whole[n + shift] + whole[n.abs_diff(shift)];
                let seen: f64 = half.iter().enumerate().skip(1).map(|(n, p)| p * both(n)).sum();
                let seen = (seen + half[0] * whole[shift]) / per_symbol as f64;
                for (n, (p, fade)) in half.iter_mut().zip(&fades).enumerate() {
                    *p -= seen * fade * both(n);
                }
            }
        }
        let sides: f64 = half.iter().skip(1).map(|p| 2.0 * p * p).sum();
        let energy = (sides + half[0] * half[0]) / per_symbol as f64;
        half.iter_mut().for_each(|p| *p /= energy.sqrt());
        Self { half }
    }

    /// The pulse `n` steps from its centre.
    pub fn at(&self, n: isize) -> f64 {
        self.half.get(n.unsigned_abs()).copied().unwrap_or(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_root_raised_cosine_is_smooth_where_its_formula_is_not() {
        for roll_off in [0.25, 0.5] {
            for t in [0.0, 0.25 / roll_off] {
                let beside = root_raised_cosine(t + 1e-5, roll_off) + root_raised_cosine(t - 1e-5, roll_off);
                assert!((root_raised_cosine(t, roll_off) - beside / 2.0).abs() < 1e-8);
            }
        }
    }

    /// Power of all neighbours against that of the symbol, in a receiver with the whole pulse.
    fn interference(pulse: &Pulse, roll_off: f64, steps: isize, reach: isize) -> f64 {
        let seen = |shift: isize| -> f64 {
            (-reach..=reach)
                .map(|n| {
                    let t = (n - shift * steps) as f64 / steps as f64;
                    pulse.at(n) * root_raised_cosine(t, roll_off)
                })
                .sum()
        };
        let others: f64 = (1..60).map(|shift| 2.0 * seen(shift) * seen(shift)).sum();
        let symbol = seen(0) / steps as f64;
        assert!((symbol - 1.0).abs() < 1e-3, "the symbol itself is seen as {symbol}");
        10.0 * fax_core::maths::log10(others / (seen(0) * seen(0)))
    }

    #[test]
    fn neighbours_are_below_minus_59_decibels() {
        for (roll_off, per_symbol, reach) in [(0.25, 10, 58), (0.5, 5, 19), (0.5, 20, 82)] {
            let pulse = Pulse::new(roll_off, per_symbol, reach);
            let level = interference(&pulse, roll_off, per_symbol as isize, reach as isize);
            assert!(level < -59.0, "{roll_off}: {level} dB");
        }
    }
}
