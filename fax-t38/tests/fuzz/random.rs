//! Numbers for tests, the same in every run.
#![allow(dead_code, reason = "each test file uses its part")]

/// SplitMix64.
pub struct Random(u64);

impl Random {
    /// Numbers of that seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ mixed >> 31
    }

    /// Less than `limit`, or 0.
    pub fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }

    /// Any octet.
    pub fn octet(&mut self) -> u8 {
        self.next() as u8
    }

    /// Overwrites a few octets, or none.
    pub fn break_some(&mut self, octets: &mut [u8]) {
        for _ in 0..self.below(6).min(octets.len()) {
            let place = self.below(octets.len());
            octets[place] = self.octet();
        }
    }
}
