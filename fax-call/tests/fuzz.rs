//! The body of the fuzz target over seeded input: noise, and calls that are damaged.

#[path = "fuzz/call.rs"]
mod body;
#[path = "../../test-support/shared/seeded.rs"]
mod seeded;

use seeded::{Random, corpus};

#[test]
fn whatever_comes_a_call_ends_and_says_so_once() {
    let mut random = Random(0xCA11);
    for _ in 0..150 {
        body::check(&random.noise(60));
    }
}

#[test]
fn no_damage_to_a_call_breaks_it() {
    let corpus = corpus("fuzz/corpus/call");
    assert!(corpus.len() >= 4);
    let mut random = Random(0xCA12);
    for call in &corpus {
        body::check(call);
        for _ in 0..12 {
            body::check(&random.damage(call));
        }
    }
}
