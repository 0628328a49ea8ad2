//! The 151 conformance cases of T.30 against our session, in virtual time: over a line without noise, with real modems
//! on a phone line, and over T.38.
//!
//! `make conformance` prints the table. `CASE=NAME` plays one case.

#[path = "../../../fax-core/tests/conformance/blocks.rs"]
mod blocks;
#[path = "../../../fax-core/tests/conformance/case.rs"]
mod case;
#[path = "../../../fax-core/tests/conformance/chart.rs"]
mod chart;
#[path = "../../../fax-core/tests/conformance/desk.rs"]
mod desk;
mod lines;
#[path = "../../../fax-core/tests/conformance/medium.rs"]
mod medium;
#[path = "../../../fax-core/tests/conformance/oddity.rs"]
mod oddity;
#[path = "../../../fax-core/tests/conformance/play.rs"]
mod play;
#[path = "../../../fax-core/tests/support/mod.rs"]
mod support;
#[path = "../../../fax-core/tests/conformance/tester.rs"]
mod tester;
#[path = "../../../fax-core/tests/support/wire.rs"]
mod wire;

use lines::{Packets, Phone};
use medium::Ideal;
use play::Column;

#[test]
fn every_case_passes_on_every_medium_or_its_oddity_is_named() {
    play::table(&[
        Column::new::<Ideal>("ideal"),
        Column::new::<Phone>("phone"),
        Column::new::<Packets>("T.38"),
    ]);
}
