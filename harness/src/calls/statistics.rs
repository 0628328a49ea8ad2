//! What a number of successes shows.

use fax_core::maths;
use serde::Serialize;

/// An interval of probability.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Interval {
    /// Lower bound.
    pub low: f64,
    /// Upper bound.
    pub high: f64,
}

/// Two-sided 95 % of a normal distribution.
const Z95: f64 = 1.959_963_984_540_054;

/// Wilson's 95 % interval of a success rate; 0 to 1 without any trial.
pub fn wilson(successes: usize, trials: usize) -> Interval {
    if trials == 0 {
        return Interval { low: 0.0, high: 1.0 };
    }
    let (k, n) = (successes as f64, trials as f64);
    let (p, z2) = (k / n, Z95 * Z95);
    let centre = (p + z2 / (2.0 * n)) / (1.0 + z2 / n);
    let half = Z95 / (1.0 + z2 / n) * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt();
    Interval {
        low: if successes == 0 { 0.0 } else { centre - half },
        high: if successes == trials { 1.0 } else { centre + half },
    }
}

/// McNemar's exact test: the probability of pairs this unequal, or more so, if both were the same;
/// `first` pairs succeeded only first, `second` only second.
pub fn mcnemar(first: usize, second: usize) -> f64 {
    let (n, few) = (first + second, first.min(second));
    // The binomial tail at one half, by logarithms: n may be thousands.
    let half = -maths::ln(2.0) * n as f64;
    let (mut log, mut tail) = (0.0, 0.0);
    for k in 0..=few {
        tail += maths::exp(half + log);
        log += maths::ln((n - k).max(1) as f64) - maths::ln((k + 1) as f64);
    }
    (2.0 * tail).min(1.0)
}

impl Interval {
    /// Whether both have something in common.
    pub fn overlaps(self, other: Self) -> bool {
        self.low <= other.high && other.low <= self.high
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values of the literature: 95 of 100 gives 88.8 to 97.8 %, 100 of 100 gives 96.3 to 100 %.
    #[test]
    fn wilson_gives_the_known_intervals() {
        for (k, n, low, high) in [
            (95, 100, 0.8882, 0.9785),
            (100, 100, 0.9630, 1.0),
            (0, 100, 0.0, 0.0370),
            (1, 2, 0.0945, 0.9055),
        ] {
            let interval = wilson(k, n);
            assert!((interval.low - low).abs() < 1e-3 && (interval.high - high).abs() < 1e-3, "{interval:?}");
        }
        assert!(wilson(50, 100).overlaps(wilson(55, 100)));
        assert!(!wilson(10, 100).overlaps(wilson(50, 100)));
    }

    #[test]
    fn mcnemar_is_the_binomial_tail_at_one_half() {
        assert_eq!(mcnemar(0, 0), 1.0);
        assert_eq!(mcnemar(3, 3), 1.0);
        assert!((mcnemar(0, 6) - 2.0 / 64.0).abs() < 1e-12);
        assert!((mcnemar(1, 9) - 2.0 * 11.0 / 1024.0).abs() < 1e-12);
        assert!(mcnemar(1500, 1700) < 0.001 && mcnemar(1500, 1700) > 0.0001);
    }
}
