//! The 151 conformance cases of T.30 against our session, over a line without noise, in virtual time.
//!
//! `make conformance` prints the table. `CASE=NAME` plays one case.

mod blocks;
mod case;
mod chart;
mod desk;
mod oddity;
#[path = "../support/mod.rs"]
mod support;
mod tester;
#[path = "../support/wire.rs"]
mod wire;

use case::Case;
use oddity::{ENDS, Oddity, Variant};
use tester::Tester;

/// The scripts' names of ends, as numbers of [`Cause::code`].
const RESULTS: &[(&str, u8)] = &[
    ("OK", 0),
    ("T0_EXPIRED", 2),
    ("T1_EXPIRED", 3),
    ("CANNOT_TRAIN", 6),
    ("RX_INCAPABLE", 9),
    ("TX_INCAPABLE", 10),
    ("UNEXPECTED", 13),
    ("TX_BADDCS", 14),
    ("TX_BADPG", 15),
    ("TX_INVALRSP", 18),
    ("TX_NODIS", 19),
    ("TX_PHBDEAD", 20),
    ("TX_PHDDEAD", 21),
    ("TX_T5EXP", 22),
    ("RX_INVALCMD", 25),
    ("RX_DCNWHY", 35),
    ("RX_DCNDATA", 36),
    ("RX_DCNPHD", 38),
    ("RX_DCNNORTN", 40),
    ("RETRYDCN", 48),
    ("CALLDROPPED", 49),
    ("PWD_UNACCEPTABLE", 55),
];

#[test]
fn every_case_passes_or_its_oddity_is_named() {
    let cases = case::cases();
    assert_eq!(cases.len(), 151);
    let only = std::env::var("CASE").ok();
    let (mut failed, mut group, mut odd) = (Vec::new(), "", 0);
    for case in cases.iter().filter(|case| only.as_ref().is_none_or(|only| *only == case.name)) {
        if group != case.group {
            println!("\n{}", case.group);
            group = &case.group;
        }
        let outcome = play(case);
        let oddity = Oddity::of(&case.name);
        let end = ENDS.iter().find(|(name, ..)| *name == case.name);
        let word = match (&outcome, oddity.is_some() || end.is_some()) {
            (Err(_), _) => "FAIL",
            (Ok(_), true) => "oddity",
            (Ok(_), false) => "pass",
        };
        odd += usize::from(word == "oddity");
        println!("{word:6}  {:24}  {}", case.name, case.about);
        let note = |text: &str| println!("{:34}{text:.400}", "");
        if let Some(oddity) = oddity {
            note(oddity.why);
        }
        if let Some((_, ours, why)) = end {
            note(&format!("ends as {ours}, in the script as {}: {why}", case.result));
        }
        if let Err(what) = outcome {
            note(&what);
            failed.push(&case.name);
        }
    }
    println!("\n{} cases, {} of them with a named oddity, {} fail", cases.len(), odd, failed.len());
    assert!(failed.is_empty(), "{failed:?}");
}

/// Both ways, and to the end that the script names.
fn play(case: &Case) -> Result<(), String> {
    for variant in [Variant::AsWritten, Variant::CountsMended] {
        let cause = Tester::new(case, variant).play()?;
        let Some(cause) = cause.filter(|_| !case.result.is_empty()) else { continue };
        let (_, code) = RESULTS.iter().find(|(name, _)| *name == case.result).expect("a name of the table");
        let end = format!("{cause:?}");
        let is_named = ENDS.iter().any(|(name, ours, _)| *name == case.name && *ours == end);
        if cause.code() != *code && !is_named {
            return Err(format!("it ends with {end}, not with {}", case.result));
        }
    }
    Ok(())
}
