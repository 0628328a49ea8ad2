//! The body of the fuzz target over seeded input: noise, and calls that are damaged.

#[path = "fuzz/call.rs"]
mod body;

use std::path::Path;

/// Vigna's xorshift64*.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 16
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }
}

#[test]
fn whatever_comes_a_call_ends_and_says_so_once() {
    let mut random = Random(0xCA11);
    for _ in 0..150 {
        let noise: Vec<u8> = (0..random.below(60)).map(|_| random.next() as u8).collect();
        body::check(&noise);
    }
}

#[test]
fn no_damage_to_a_call_breaks_it() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus/call");
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.file_name().is_some_and(|name| name.len() < 40));
    paths.sort();
    assert!(paths.len() >= 4);
    let mut random = Random(0xCA12);
    for call in paths.iter().map(|path| std::fs::read(path).unwrap()) {
        body::check(&call);
        for _ in 0..12 {
            let mut call = call.clone();
            for _ in 0..=random.below(4) {
                let at = random.below(call.len());
                match random.below(3) {
                    0 => call[at] = random.next() as u8,
                    1 => call[at] ^= 1 << random.below(8),
                    _ => call.insert(at, random.next() as u8),
                }
            }
            body::check(&call);
        }
    }
}
