//! The body of the fuzz target `line`, on its corpus and on scripts that grow from it.

#[path = "../fuzz/line.rs"]
mod fuzz;

#[test]
fn no_script_of_packets_and_signals_breaks_an_invariant() {
    let corpus = concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz/corpus/line");
    let mut paths: Vec<_> = std::fs::read_dir(corpus).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let seeds: Vec<Vec<u8>> = paths.iter().map(|path| std::fs::read(path).unwrap()).collect();
    assert!(!seeds.is_empty());
    seeds.iter().for_each(|seed| fuzz::check(seed));
    let mut chance = Chance(38);
    for n in 0..10_000 {
        let mut script = match n % 3 {
            0 => (0..chance.below(300)).map(|_| chance.below(256) as u8).collect(),
            _ => seeds[chance.below(seeds.len())].clone(),
        };
        for _ in 0..chance.below(12) {
            let place = chance.below(script.len() + 1);
            match chance.below(4) {
                0 => script.insert(place, chance.below(256) as u8),
                1 => script.truncate(place.max(2)),
                2 => script.extend_from_within(place..),
                _ => script.iter_mut().skip(place).take(1).for_each(|octet| *octet ^= 1 << chance.below(8)),
            }
            script.truncate(1500);
        }
        fuzz::check(&script);
    }
}

/// splitmix64
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ z >> 31) % (limit.max(1) as u64)) as usize
    }
}
