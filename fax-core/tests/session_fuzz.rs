//! The body of the fuzz target over seeded input: noise, and the beginnings of calls that go on at random.

#[path = "fuzz/session.rs"]
mod body;
#[path = "../../test-support/shared/seeded.rs"]
mod seeded;

use fax_core::t30::Fcf;
use seeded::{Random, corpus};
use std::collections::BTreeSet;

/// Calls whose far machine does as T.30 says.
const CORPUS: &str = "fuzz/corpus/session";

#[test]
fn no_far_machine_breaks_a_session_or_holds_it_for_ever() {
    let mut random = Random(0x5E55);
    for _ in 0..1500 {
        body::check(&random.noise(80));
    }
}

#[test]
fn no_damage_to_a_call_breaks_a_session() {
    let corpus = corpus(CORPUS);
    assert!(corpus.len() >= 8);
    let mut random = Random(0x5E56);
    for call in &corpus {
        body::check(call);
        for _ in 0..150 {
            body::check(&random.damage(call));
        }
    }
}

/// All of them but the one before the call.
const STATES: [&str; 19] = [
    "AfterEom",
    "AfterEop",
    "Answer",
    "AwaitCommand",
    "AwaitConfirmation",
    "AwaitOffer",
    "AwaitOperator",
    "AwaitReceipt",
    "AwaitTcf",
    "Busy",
    "Calling",
    "Correct",
    "Over",
    "ReceiveBlock",
    "ReceivePage",
    "Release",
    "SendBlock",
    "SendPage",
    "Train",
];

#[test]
fn the_calls_of_the_corpus_lead_through_every_state() {
    let reached: BTreeSet<_> = corpus(CORPUS).iter().flat_map(|call| body::states(call).0).collect();
    assert_eq!(reached.into_iter().collect::<Vec<_>>(), STATES);
}

/// Each call is broken off before each thing that happens in it, and goes on with each frame of T.30 in its stead:
/// with either X bit, and a field of some length. Then the far machine is silent.
#[test]
fn every_frame_is_borne_in_every_state() {
    let mut random = Random(0x5E57);
    let mut met = BTreeSet::new();
    for call in corpus(CORPUS) {
        let (_, marks) = body::states(&call);
        for (at, state) in marks {
            // The state in which the frame ends may be the next one.
            for number in 0..Fcf::all().count() {
                let mut other = call[..at].to_vec();
                let length = random.below(8);
                other.extend([3 | (random.next() as u8 & 8), number as u8, length as u8]);
                other.extend((0..length).map(|_| random.next() as u8));
                body::check(&other);
                met.insert((state, number));
            }
        }
    }
    let states = met.iter().map(|(state, _)| *state).collect::<BTreeSet<_>>();
    let without = STATES.iter().filter(|state| !states.contains(*state)).collect::<Vec<_>>();
    assert_eq!(without, [&"Over"]);
    assert_eq!(met.len(), states.len() * Fcf::all().count());
}
