//! Chance: one random stream for each thing that is random, so that turning one on leaves the others
//! as they were.

use crate::stimulus::Rng;
use fax_core::maths;

/// A direction between the two ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Direction {
    /// From the caller.
    AToB,
    /// To the caller.
    BToA,
}

impl Direction {
    /// Both.
    pub const BOTH: [Self; 2] = [Self::AToB, Self::BToA];

    /// As file names and reports have it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AToB => "a_to_b",
            Self::BToA => "b_to_a",
        }
    }

    /// 0 or 1.
    pub const fn index(self) -> usize {
        self as usize
    }

    /// The other one.
    pub const fn back(self) -> Self {
        match self {
            Self::AToB => Self::BToA,
            Self::BToA => Self::AToB,
        }
    }
}

/// The stream of the process with this name: xoshiro256++ seeded by FNV-1a of seed, direction and name.
pub fn stream(seed: u64, direction: Direction, process: &str) -> Rng {
    let octets =
        seed.to_le_bytes().into_iter().chain(direction.name().bytes()).chain([0]).chain(process.bytes());
    Rng::seeded(octets.fold(FNV_BASIS, |hash, octet| (hash ^ u64::from(octet)).wrapping_mul(FNV_PRIME)))
}

const FNV_BASIS: u64 = 0xCBF2_9CE4_8422_2325;
const FNV_PRIME: u64 = 0x0000_0100_0000_01B3;

/// Whether something of this probability happens; one draw, whatever the answer.
pub fn happens(rng: &mut Rng, probability: f64) -> bool {
    rng.uniform() < probability
}

/// Exponential with this mean.
pub fn exponential(rng: &mut Rng, mean: f64) -> f64 {
    -mean * maths::ln(1.0 - rng.uniform())
}

/// Gamma with this shape and scale 1 (Marsaglia and Tsang 2000).
pub fn gamma(rng: &mut Rng, shape: f64) -> f64 {
    if shape < 1.0 {
        let raised = gamma(rng, shape + 1.0);
        return raised * maths::exp(maths::ln(1.0 - rng.uniform()) / shape);
    }
    let d = shape - 1.0 / 3.0;
    let c = 1.0 / (9.0 * d).sqrt();
    loop {
        let x = rng.normal();
        let v = (1.0 + c * x) * (1.0 + c * x) * (1.0 + c * x);
        let u = 1.0 - rng.uniform();
        if v > 0.0 && maths::ln(u) < 0.5 * x * x + d - d * v + d * maths::ln(v) {
            return d * v;
        }
    }
}

/// The probability that a normal variable stays below `z`.
pub fn normal_cdf(z: f64) -> f64 {
    0.5 * maths::erfc(-z / std::f64::consts::SQRT_2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mean(mut draw: impl FnMut() -> f64) -> f64 {
        (0..200_000).map(|_| draw()).sum::<f64>() / 200_000.0
    }

    #[test]
    fn streams_differ_by_seed_direction_and_process() {
        let mut first: Vec<u64> = Vec::new();
        for seed in 0..20 {
            for direction in Direction::BOTH {
                for process in ["loss", "jitter", "duplicate"] {
                    first.push(stream(seed, direction, process).next_u64());
                }
            }
        }
        let count = first.len();
        first.sort_unstable();
        first.dedup();
        assert_eq!(first.len(), count);
        assert_eq!(
            stream(1, Direction::AToB, "loss").next_u64(),
            stream(1, Direction::AToB, "loss").next_u64()
        );
    }

    #[test]
    fn distributions_have_their_means() {
        let mut rng = Rng::seeded(3);
        assert!((mean(|| exponential(&mut rng, 40.0)) - 40.0).abs() < 0.4);
        for shape in [0.5, 1.0, 1.5, 4.0] {
            let measured = mean(|| gamma(&mut rng, shape));
            assert!((measured / shape - 1.0).abs() < 0.015, "shape {shape}: {measured}");
        }
        assert!((normal_cdf(0.0) - 0.5).abs() < 1e-9);
        assert!((normal_cdf(1.96) - 0.975).abs() < 1e-4);
    }
}
