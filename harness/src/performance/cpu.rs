//! CPU time, ours and the peer's by turns on one core.

use super::Plan;
use crate::bench::cpu::{self, Effort, Row};
use crate::system::Unavailable;
use serde::{Deserialize, Serialize};

/// One modem's cost.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Cost {
    pub(super) system: String,
    pub(super) row: Row,
}

pub(super) fn measure(plan: &Plan) -> Result<Vec<Cost>, Unavailable> {
    let effort = if plan.quick { Effort { seconds: 10, runs: 3 } } else { Effort::default() };
    // The peer directly behind ours for each modem, and nothing else beside them.
    let mut subjects = plan.subjects();
    subjects.sort_by_key(|(system, opening)| (opening.name(), *system));
    let alone = Plan { jobs: 1, ..plan.clone() };
    alone.all("CPU time", &subjects, |(system, opening)| {
        Ok(Cost { system: system.to_string(), row: cpu::measure(*system, *opening, effort)? })
    })
}
