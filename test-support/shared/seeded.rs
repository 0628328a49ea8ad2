//! What tests feed to the bodies of fuzz targets (`#[path]`): the corpus in git, noise, and damage, the same in
//! every run.

#![allow(dead_code, reason = "each test file uses its part")]

use std::path::Path;

/// Vigna's xorshift64*; any seed but 0.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 16
    }

    /// Less than `bound`, or 0.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }

    /// Octets of no meaning, fewer than `limit`.
    pub(crate) fn noise(&mut self, limit: usize) -> Vec<u8> {
        (0..self.below(limit)).map(|_| self.next() as u8).collect()
    }

    /// One to four octets or bits of it other than they were, some gone, some new.
    pub(crate) fn damage(&mut self, octets: &[u8]) -> Vec<u8> {
        let mut octets = octets.to_vec();
        for _ in 0..=self.below(4) {
            let at = self.below(octets.len());
            match self.below(4) {
                0 => octets[at] = self.next() as u8,
                1 => octets[at] ^= 1 << self.below(8),
                2 => octets.insert(at, self.next() as u8),
                _ if octets.len() > 1 => drop(octets.remove(at)),
                _ => {}
            }
        }
        octets
    }
}

/// The files of a folder below the root, by name. What a fuzzer found on this machine is named by its hash and is left out.
pub(crate) fn corpus(folder: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(folder);
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.file_name().is_some_and(|name| name.len() < 40));
    paths.sort();
    paths.iter().map(|path| std::fs::read(path).unwrap()).collect()
}
