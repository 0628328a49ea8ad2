//! Short training of V.17, at random phases of the carrier.

use super::Plan;
use super::errors::Measured;
use crate::bench::ber::Point;
use crate::bench::threshold::{self, STEP_DB, Sample};
use crate::ideal;
use crate::stimulus::Impairments;
use crate::system::{System, Unavailable};
use fax_core::Opening;
use serde::{Deserialize, Serialize};

/// Short training of one modem.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Short {
    pub(super) mode: String,
    pub(super) rx: String,
    /// The curve with short training down to 1e-4, and points far above.
    pub(super) points: Vec<Measured>,
    /// Where it crosses 1e-4 with long training, measured the same way.
    pub(super) long_db: Option<f64>,
    /// Where it crosses 1e-4 with short training, over the bursts that trained.
    pub(super) short_db: Option<f64>,
}

impl Short {
    /// Bursts that trained, and all, where the long training gives fewer than 1e-4.
    pub(super) fn success(&self) -> (usize, usize) {
        let from = self.long_db.unwrap_or(f64::MAX);
        let counted = self.points.iter().filter(|point| point.snr_db >= from);
        counted.fold((0, 0), |(trained, all), point| (trained + point.trained, all + point.bursts))
    }
}

/// Error ratio that is compared.
const LEVEL: f64 = 1e-4;
/// SNRs far above every threshold, dB.
const ABOVE: [f64; 3] = [28.0, 32.0, 40.0];
const MOST: usize = 25;

pub(super) fn measure(plan: &Plan) -> Result<Vec<Short>, Unavailable> {
    let tasks: Vec<(System, Opening)> =
        plan.subjects().into_iter().filter(|(_, opening)| matches!(opening, Opening::V17(..))).collect();
    plan.all("short training", &tasks, |(system, opening)| one(plan, *system, *opening))
}

fn one(plan: &Plan, system: System, opening: Opening) -> Result<Short, Unavailable> {
    let run = |short: bool, snr_db: f64, bursts: usize| {
        let line = Impairments { snr_db: Some(snr_db), ..Impairments::default() };
        let point = Point { opening, bursts, short, line, seed: plan.seed, tx: system, rx: system };
        point.run(1).map(Measured::from)
    };
    let begin = beginning(opening, LEVEL);
    // The goal is a fifth of a decibel: ours takes three times the bits of the error curves, whose
    // thresholds are known to a tenth.
    let bursts = plan.effort(if system == System::Ours { 1200 } else { 400 });
    let long = threshold::curve(begin, LEVEL, MOST, |snr| run(false, snr, bursts).map(|m| sample(&m)))?;
    let mut points: Vec<Measured> = Vec::new();
    let short = threshold::curve(begin, LEVEL, MOST, |snr| {
        let measured = run(true, snr, bursts)?;
        points.push(measured.clone());
        Ok::<_, Unavailable>(sample(&measured))
    })?;
    for snr in ABOVE {
        points.push(run(true, snr, plan.effort(1000))?);
    }
    points.sort_by(|a, b| a.snr_db.total_cmp(&b.snr_db));
    Ok(Short {
        mode: opening.name().to_owned(),
        rx: system.to_string(),
        points,
        long_db: threshold::crossing(&long, LEVEL),
        short_db: threshold::crossing(&short, LEVEL),
    })
}

/// A step of the grid near the ideal's threshold.
pub(super) fn beginning(opening: Opening, level: f64) -> f64 {
    let mut snr = -8.0;
    while snr < 40.0 && ideal::ber(opening, snr, 100_000, 1) > level {
        snr += STEP_DB;
    }
    snr
}

pub(super) fn sample(measured: &Measured) -> Sample {
    Sample { snr_db: measured.snr_db, ber: measured.ber, bits: measured.bits }
}
