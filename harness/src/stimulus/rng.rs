//! Random numbers of the stimulus: one generator, fixed by name, so that a run is repeated anywhere.
//!
//! xoshiro256++ seeded by splitmix64; normal numbers by Box-Muller, the cosine output first.

use fax_core::maths;

/// The generator xoshiro256++ (Blackman, Vigna 2019).
#[derive(Clone, Debug)]
pub struct Rng {
    state: [u64; 4],
    /// The sine output of the last Box-Muller pair, not yet used.
    spare: Option<f64>,
}

/// What a stream of random numbers is for. Each purpose draws from its own stream, so that turning one
/// impairment on does not change the draws of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The user's bits.
    Data = 1,
    /// Silence ahead, fractional delay, carrier phase, phase of the jitter.
    Channel = 2,
    /// The line's noise.
    Noise = 3,
    /// Signals made by the lab itself.
    Source = 4,
}

impl Rng {
    /// A generator whose state is four outputs of splitmix64 from `seed`.
    pub fn seeded(seed: u64) -> Self {
        let mut counter = seed;
        let state = core::array::from_fn(|_| {
            counter = counter.wrapping_add(GOLDEN_GAMMA);
            mix(counter)
        });
        Self { state, spare: None }
    }

    /// The stream for one purpose in one instance (a burst's number) of a run with this seed.
    pub fn stream(seed: u64, purpose: Purpose, instance: u64) -> Self {
        let salted = mix(seed.wrapping_add(GOLDEN_GAMMA)).wrapping_add(purpose as u64);
        Self::seeded(mix(salted.wrapping_add(GOLDEN_GAMMA)).wrapping_add(instance))
    }

    /// The next 64 random bits.
    pub fn next_u64(&mut self) -> u64 {
        let s = &mut self.state;
        let result = s[0].wrapping_add(s[3]).rotate_left(23).wrapping_add(s[0]);
        let shifted = s[1] << 17;
        s[2] ^= s[0];
        s[3] ^= s[1];
        s[1] ^= s[2];
        s[0] ^= s[3];
        s[2] ^= shifted;
        s[3] = s[3].rotate_left(45);
        result
    }

    /// Uniform in 0..1, 1 excluded.
    pub fn uniform(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 * STEP
    }

    /// A whole number, uniform in 0..`below`.
    pub fn below(&mut self, below: u64) -> u64 {
        (self.uniform() * below as f64) as u64
    }

    /// Normal with mean 0 and variance 1.
    pub fn normal(&mut self) -> f64 {
        if let Some(sine) = self.spare.take() {
            return sine;
        }
        let u1 = ((self.next_u64() >> 11) + 1) as f64 * STEP;
        let u2 = self.uniform();
        let radius = (-2.0 * maths::ln(u1)).sqrt();
        let angle = 2.0 * maths::PI * u2;
        self.spare = Some(radius * maths::sin(angle));
        radius * maths::cos(angle)
    }

    /// `count` random bits.
    pub fn bits(&mut self, count: usize) -> Vec<bool> {
        (0..count).map(|_| self.next_u64() >> 63 == 1).collect()
    }
}

const GOLDEN_GAMMA: u64 = 0x9E37_79B9_7F4A_7C15;
const STEP: f64 = 1.0 / (1_u64 << 53) as f64;

/// The output function of splitmix64.
const fn mix(z: u64) -> u64 {
    let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_generator_gives_its_authors_numbers() {
        let mut rng = Rng { state: [1, 2, 3, 4], spare: None };
        let expected = [41_943_041, 58_720_359, 3_588_806_011_781_223, 3_591_011_842_654_386];
        assert_eq!(expected.map(|_| rng.next_u64()), expected);
        assert_eq!(mix(1_477_776_061_723_855_037_u64.wrapping_add(GOLDEN_GAMMA)), 1_985_237_415_132_408_290);
    }

    #[test]
    fn normal_numbers_have_the_moments_and_tails_of_the_normal_distribution() {
        let mut rng = Rng::seeded(1);
        let n = 1_000_000;
        let x: Vec<f64> = (0..n).map(|_| rng.normal()).collect();
        let moment = |p: i32| x.iter().map(|v| v.powi(p)).sum::<f64>() / f64::from(n);
        assert!(moment(1).abs() < 0.004);
        assert!((moment(2) - 1.0).abs() < 0.006);
        assert!(moment(3).abs() < 0.012);
        assert!((moment(4) - 3.0).abs() < 0.04);
        for z in [1.0, 2.0, 3.0, 4.0] {
            let beyond = x.iter().filter(|v| v.abs() > z).count() as f64 / f64::from(n);
            let expected = maths::erfc(z / std::f64::consts::SQRT_2);
            let sigma = (expected / f64::from(n)).sqrt();
            assert!((beyond - expected).abs() < 4.0 * sigma, "beyond {z}: {beyond}, not {expected}");
        }
        let lag: f64 = x.windows(2).map(|w| w[0] * w[1]).sum::<f64>() / f64::from(n);
        assert!(lag.abs() < 0.004, "neighbours are correlated: {lag}");
    }

    #[test]
    fn streams_of_other_purposes_instances_and_seeds_differ() {
        let mut first: Vec<u64> = Vec::new();
        for seed in 0..10 {
            for purpose in [Purpose::Data, Purpose::Channel, Purpose::Noise, Purpose::Source] {
                first.extend((0..50).map(|n| Rng::stream(seed, purpose, n).next_u64()));
            }
        }
        let count = first.len();
        first.sort_unstable();
        first.dedup();
        assert_eq!(first.len(), count);
    }
}
