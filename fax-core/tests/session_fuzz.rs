//! The body of the fuzz target over seeded input: noise, and the beginnings of calls that go on at random.

#[path = "fuzz/session.rs"]
mod body;
mod support;

use std::path::Path;
use support::Random;

fn corpus() -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus/session");
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.file_name().is_some_and(|name| name.len() < 40));
    paths.sort();
    paths.iter().map(|path| std::fs::read(path).unwrap()).collect()
}

#[test]
fn no_far_machine_breaks_a_session_or_holds_it_for_ever() {
    let mut random = Random(0x5E55);
    for _ in 0..1500 {
        let noise: Vec<u8> = (0..random.below(80)).map(|_| random.next() as u8).collect();
        body::check(&noise);
    }
}

#[test]
fn no_damage_to_a_call_breaks_a_session() {
    let corpus = corpus();
    assert!(corpus.len() >= 8);
    let mut random = Random(0x5E56);
    for call in &corpus {
        body::check(call);
        for _ in 0..150 {
            let mut call = call.clone();
            for _ in 0..=random.below(4) {
                let at = random.below(call.len());
                match random.below(4) {
                    0 => call[at] = random.next() as u8,
                    1 => call[at] ^= 1 << random.below(8),
                    2 => call.insert(at, random.next() as u8),
                    _ if call.len() > 1 => drop(call.remove(at)),
                    _ => {}
                }
            }
            body::check(&call);
        }
    }
}
