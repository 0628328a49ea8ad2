//! Many calls of one kind: what came of them, with intervals, and what tells two kinds apart.
//!
//! Call n of a run with seed s has the seed s + n: whatever the cell, the same seeds are the same
//! chances, so two cells are compared call by call.

pub mod compare;
pub mod report;
pub mod statistics;
pub mod sweep;
pub mod table;
pub mod timeline;

pub use report::Report;

use crate::bench::in_order;
use crate::world::{CannotBuild, Document, Record, Scenario, Taps, run};

/// How many calls, and which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Calls.
    pub calls: usize,
    /// Seed of the first.
    pub seed: u64,
    /// Threads; results do not depend on it.
    pub jobs: usize,
}

/// The records of all calls, in the order of their seeds; `done` is told of each that ends.
pub fn records(
    scenario: &Scenario,
    document: &Document,
    plan: Plan,
    done: &(dyn Fn() + Sync),
) -> Result<Vec<Record>, CannotBuild> {
    in_order(plan.calls, plan.jobs, |n| {
        let (record, _) = run(scenario, document, plan.seed.wrapping_add(n as u64), Taps::default())?;
        done();
        Ok(record)
    })
}
