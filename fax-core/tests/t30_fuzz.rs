//! The body of the fuzz target over seeded input: noise, the corpus, and the corpus damaged.

#[path = "fuzz/t30.rs"]
mod body;
#[path = "../../test-support/shared/seeded.rs"]
mod seeded;

use seeded::{Random, corpus};

#[test]
fn no_octets_break_frames_edits_or_tracker() {
    let mut random = Random(0x7430);
    for _ in 0..20_000 {
        body::check(&random.noise(300));
    }
}

#[test]
fn no_damage_to_a_call_breaks_frames_edits_or_tracker() {
    let corpus = corpus("fuzz/corpus/t30");
    assert!(corpus.len() >= 10);
    let mut random = Random(0x5430);
    for call in &corpus {
        body::check(call);
        for _ in 0..1_000 {
            body::check(&random.damage(call));
        }
    }
}
