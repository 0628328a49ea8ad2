//! The 151 conformance cases of T.30 against our session, over a line without noise, in virtual time.
//!
//! `make conformance` plays them also on a phone line and over T.38, and prints the table. `CASE=NAME` plays one case.

mod blocks;
mod case;
mod chart;
mod desk;
mod medium;
mod oddity;
mod play;
#[path = "../support/mod.rs"]
mod support;
mod tester;
#[path = "../support/wire.rs"]
mod wire;

#[test]
fn every_case_passes_or_its_oddity_is_named() {
    play::table(&[play::Column::new::<medium::Ideal>("ideal")]);
}
