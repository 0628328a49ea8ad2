//! Chance that can be repeated: the waits that RFC 3261 draws at random.

use fax_core::Span;

/// SplitMix64, from a seed given at construction.
#[derive(Clone, Debug)]
pub(super) struct Chance(u64);

impl Chance {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A multiple of `step` milliseconds from `least` to `most` milliseconds.
    pub(super) fn wait(&mut self, least: u64, most: u64, step: u64) -> Span {
        let step = step.max(1);
        let steps = most.saturating_sub(least) / step + 1;
        Span::from_millis(least + self.draw() % steps * step)
    }

    fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_stay_within_their_bounds_and_on_their_steps() {
        let mut chance = Chance::new(7);
        for _ in 0..1000 {
            let wait = chance.wait(2100, 4000, 10).micros();
            assert!((2_100_000..=4_000_000).contains(&wait) && wait % 10_000 == 0, "{wait}");
        }
    }
}
