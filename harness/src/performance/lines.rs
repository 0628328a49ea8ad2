//! The eighteen pairs of attenuation and envelope delay of V.56bis.

use super::Plan;
use crate::bench::tolerance::{BURSTS, Subject};
use crate::stimulus::{Impairments, Line};
use crate::system::Unavailable;
use fax_core::Opening;
use serde::{Deserialize, Serialize};

/// One modem over one line.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Over {
    pub(super) mode: String,
    pub(super) rx: String,
    pub(super) line: String,
    pub(super) snr_db: f64,
    pub(super) trained: usize,
    pub(super) bursts: usize,
    pub(super) ber: Option<f64>,
}

impl Over {
    pub(super) fn works(&self) -> bool {
        self.trained == self.bursts && self.ber.is_some_and(|ber| ber < 1e-4)
    }
}

/// SNRs at which a modem is sent over the lines: the goal's and a clean one.
fn snrs(opening: Opening) -> [f64; 2] {
    let goal = if opening.bit_rate().0 > 9600 { 33.0 } else { 28.0 };
    [goal, 40.0]
}

pub(super) fn measure(plan: &Plan) -> Result<Vec<Over>, Unavailable> {
    let mut tasks = Vec::new();
    for (system, opening) in plan.subjects() {
        for line in Line::all() {
            tasks.extend(snrs(opening).map(|snr| (system, opening, line.clone(), snr)));
        }
    }
    plan.all("lines", &tasks, |(system, opening, line, snr_db)| {
        let subject = Subject { opening: *opening, tx: *system, rx: *system, seed: plan.seed };
        let over = Impairments { snr_db: Some(*snr_db), line: Some(line.clone()), ..Impairments::default() };
        let row = subject.row(&over, BURSTS)?;
        Ok(Over {
            mode: opening.name().to_owned(),
            rx: system.to_string(),
            line: line.to_string(),
            snr_db: *snr_db,
            trained: row.trained,
            bursts: row.bursts,
            ber: row.ber,
        })
    })
}
