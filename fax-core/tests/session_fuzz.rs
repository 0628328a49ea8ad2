//! The body of the fuzz target over seeded input: noise, and the beginnings of calls that go on at random.

#[path = "fuzz/session.rs"]
mod body;
mod support;

use fax_core::t30::Fcf;
use std::collections::BTreeSet;
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
    let reached: BTreeSet<_> = corpus().iter().flat_map(|call| body::states(call).0).collect();
    assert_eq!(reached.into_iter().collect::<Vec<_>>(), STATES);
}

/// Each call is broken off before each thing that happens in it, and goes on with each frame of T.30 in its stead:
/// with either X bit, and a field of some length. Then the far machine is silent.
#[test]
fn every_frame_is_borne_in_every_state() {
    let mut random = Random(0x5E57);
    let mut met = BTreeSet::new();
    for call in corpus() {
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
