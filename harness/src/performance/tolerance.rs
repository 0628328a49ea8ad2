//! How far each impairment may go, and what an offset that works costs.

use super::short::{beginning, sample};
use super::{Plan, errors::Measured};
use crate::bench::threshold;
use crate::bench::tolerance::{Axis, Limit, Subject};
use crate::stimulus::{Gap, Impairments};
use crate::system::{System, Unavailable};
use fax_core::Opening;
use serde::{Deserialize, Serialize};

/// All tolerances.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Tolerances {
    pub(super) limits: Vec<Reach>,
    pub(super) losses: Vec<Loss>,
    pub(super) gaps: Vec<GapNoise>,
}

/// One modem along one axis.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Reach {
    pub(super) mode: String,
    pub(super) rx: String,
    pub(super) axis: Axis,
    pub(super) limit: Limit,
}

/// What an offset costs: thresholds at [`LEVEL`] with and without.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Loss {
    pub(super) mode: String,
    /// Frequency offset, hertz.
    pub(super) frequency: f64,
    /// Clock offset, ppm.
    pub(super) clock_ppm: f64,
    pub(super) with_db: Option<f64>,
    pub(super) without_db: Option<f64>,
}

/// Training with noise of this level in the gap, the burst at -13 dBm0.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct GapNoise {
    pub(super) mode: String,
    pub(super) rx: String,
    pub(super) noise_dbm0: f64,
    pub(super) trained: usize,
    pub(super) garbage: usize,
    pub(super) bursts: usize,
}

impl Loss {
    pub(super) fn db(&self) -> Option<f64> {
        Some(self.with_db? - self.without_db?)
    }
}

/// Offsets whose cost is measured: the goals and twice as much.
const OFFSETS: [(f64, f64); 8] = [
    (30.0, 0.0),
    (-30.0, 0.0),
    (50.0, 0.0),
    (-50.0, 0.0),
    (0.0, 500.0),
    (0.0, -500.0),
    (0.0, 1000.0),
    (0.0, -1000.0),
];
/// Levels of noise in the gap, dBm0.
const GAPS: [f64; 10] = [-31.0, -33.0, -35.0, -37.0, -39.0, -41.0, -43.0, -45.0, -47.0, -49.0];
/// Error ratio at which the cost is measured: ten times the goals' 1e-4, because there the same bits
/// tell a tenth of a decibel.
pub(super) const LEVEL: f64 = 1e-3;
const MOST: usize = 12;

pub(super) fn measure(plan: &Plan) -> Result<Tolerances, Unavailable> {
    let mut axes = Vec::new();
    for (system, opening) in plan.subjects() {
        axes.extend(Axis::all().into_iter().map(|axis| (system, opening, axis)));
    }
    let limits = plan.all("tolerances", &axes, |(system, opening, axis)| {
        let limit = subject(plan, *system, *opening).limit(*axis)?;
        Ok(Reach { mode: opening.name().to_owned(), rx: system.to_string(), axis: *axis, limit })
    })?;
    let losses = plan.all("loss by offsets", &plan.modes(System::Ours), |opening| losses(plan, *opening))?;
    let fast: Vec<(System, Opening)> =
        plan.subjects().into_iter().filter(|(_, opening)| *opening != Opening::V21).collect();
    let gaps = plan.all("noise in the gap", &fast, |(system, opening)| gaps(plan, *system, *opening))?;
    Ok(Tolerances {
        limits,
        losses: losses.into_iter().flatten().collect(),
        gaps: gaps.into_iter().flatten().collect(),
    })
}

fn subject(plan: &Plan, system: System, opening: Opening) -> Subject {
    Subject { opening, tx: system, rx: system, seed: plan.seed }
}

fn losses(plan: &Plan, opening: Opening) -> Result<Vec<Loss>, Unavailable> {
    let subject = subject(plan, System::Ours, opening);
    let begin = beginning(opening, LEVEL);
    let crossing = |frequency: f64, clock_ppm: f64| {
        let curve = threshold::curve(begin, LEVEL, MOST, |snr| {
            let line = Impairments { snr_db: Some(snr), frequency, clock_ppm, ..Impairments::default() };
            subject.row(&line, plan.effort(200)).map(|row| sample(&Measured::from(row)))
        })?;
        Ok(threshold::crossing(&curve, LEVEL))
    };
    let without_db = crossing(0.0, 0.0)?;
    OFFSETS
        .iter()
        .map(|(frequency, clock_ppm)| {
            let with_db = crossing(*frequency, *clock_ppm)?;
            let mode = opening.name().to_owned();
            Ok(Loss { mode, frequency: *frequency, clock_ppm: *clock_ppm, with_db, without_db })
        })
        .collect()
}

fn gaps(plan: &Plan, system: System, opening: Opening) -> Result<Vec<GapNoise>, Unavailable> {
    let subject = subject(plan, system, opening);
    GAPS.iter()
        .map(|noise| {
            let line = Impairments { snr_db: Some(-13.0 - noise), gap: Gap::Noisy, ..Impairments::default() };
            let row = subject.row(&line, plan.effort(50))?;
            Ok(GapNoise {
                mode: opening.name().to_owned(),
                rx: system.to_string(),
                noise_dbm0: *noise,
                trained: row.trained,
                garbage: row.garbage,
                bursts: row.bursts,
            })
        })
        .collect()
}
