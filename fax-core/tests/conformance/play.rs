//! Plays cases on media, judges how each ended, and prints the table.

use crate::case::{Case, cases};
use crate::medium::Medium;
use crate::oddity::{ENDS, Oddity, Variant};
use crate::tester::Tester;

/// The scripts' names of ends, as numbers of [`Cause::code`](fax_core::t30::session::Cause::code).
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

/// A medium, and how a case is played on it.
pub(crate) struct Column {
    name: &'static str,
    play: fn(&Case) -> Result<(), String>,
}

impl Column {
    pub(crate) const fn new<M: Medium>(name: &'static str) -> Self {
        Self { name, play: play::<M> }
    }
}

/// Plays all cases, or the one that `CASE` names, and prints the table. None may fail.
pub(crate) fn table(columns: &[Column]) {
    let all = cases();
    assert_eq!(all.len(), 151);
    let only = std::env::var("CASE").ok();
    let (mut failed, mut group, mut odd) = (Vec::new(), "", 0);
    for case in all.iter().filter(|case| only.as_ref().is_none_or(|only| *only == case.name)) {
        if group != case.group {
            let names: String = columns.iter().map(|column| format!("{:7} ", column.name)).collect();
            println!("\n{}\n{names}", case.group);
            group = &case.group;
        }
        let (mut words, mut notes) = (String::new(), named(case));
        let is_odd = !notes.is_empty();
        for column in columns {
            let word = match (column.play)(case) {
                Err(what) => {
                    notes.push(format!("{}: {what}", column.name));
                    failed.push(format!("{} on {}: {what:.600}", case.name, column.name));
                    "FAIL"
                }
                Ok(()) if is_odd => "oddity",
                Ok(()) => "pass",
            };
            words += &format!("{word:7} ");
        }
        odd += usize::from(is_odd);
        println!("{words}{:24}  {}", case.name, case.about);
        notes.iter().for_each(|note| println!("{:indent$}{note:.400}", "", indent = 8 * columns.len() + 26));
    }
    println!("\n{} cases, {odd} of them with a named oddity, {} failures", all.len(), failed.len());
    assert!(failed.is_empty(), "{failed:#?}");
}

/// What is odd about a case.
fn named(case: &Case) -> Vec<String> {
    let oddity = Oddity::of(&case.name).map(|oddity| oddity.why.to_owned());
    let end = ENDS.iter().find(|(name, ..)| *name == case.name);
    let end = end.map(|(_, ours, why)| format!("ends as {ours}, in the script as {}: {why}", case.result));
    oddity.into_iter().chain(end).collect()
}

/// With the counts of the script and with the right ones, and to the end that the script names; else what went
/// otherwise.
fn play<M: Medium>(case: &Case) -> Result<(), String> {
    for variant in [Variant::AsWritten, Variant::CountsMended] {
        let cause = Tester::<M>::new(case, variant).play()?;
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
