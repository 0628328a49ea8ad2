//! Error curves of every modem, and what its training says.

use super::Plan;
use crate::bench::ber::{Point, Row};
use crate::bench::threshold::{self, STEP_DB, Sample};
use crate::ideal;
use crate::stimulus::{Gap, Impairments};
use crate::system::{System, Unavailable};
use fax_core::Opening;
use serde::{Deserialize, Serialize};

/// All curves.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Errors {
    pub(super) ideal: Vec<Ideal>,
    pub(super) curves: Vec<Curve>,
    pub(super) trainings: Vec<Trainings>,
}

/// What theory permits.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Ideal {
    pub(super) mode: String,
    pub(super) points: Vec<(f64, f64)>,
}

/// One transmitter into one receiver.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Curve {
    pub(super) mode: String,
    pub(super) tx: String,
    pub(super) rx: String,
    pub(super) points: Vec<Measured>,
}

/// One point of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Measured {
    pub(super) snr_db: f64,
    pub(super) bursts: usize,
    pub(super) trained: usize,
    pub(super) garbage: usize,
    pub(super) bits: u64,
    pub(super) errors: f64,
    pub(super) ber: Option<f64>,
    /// Without the bursts that were garbage.
    pub(super) ber_sound: Option<f64>,
    pub(super) evm_db: Option<f64>,
}

/// How a modem trains at the SNR where the ideal receiver makes one error in a hundred bits.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Trainings {
    pub(super) mode: String,
    pub(super) rx: String,
    /// Noise with the burst only.
    pub(super) quiet: Measured,
    /// Noise all the time.
    pub(super) noisy: Measured,
    /// Error of a perfectly equalised symbol there, dB.
    pub(super) true_evm_db: f64,
}

/// Error ratio at which training is judged.
const TRAINING_LEVEL: f64 = 1e-2;
/// Lowest error ratio that is measured.
const LOWEST: f64 = 1e-5;
/// Steps of a curve at most.
const MOST: usize = 25;

impl Ideal {
    pub(super) fn crossing(&self, level: f64) -> Option<f64> {
        threshold::crossing(&samples(&self.points), level)
    }
}

impl Curve {
    pub(super) fn crossing(&self, level: f64) -> Option<f64> {
        let samples: Vec<Sample> = self.points.iter().map(|p| p.sample(p.ber)).collect();
        threshold::crossing(&samples, level)
    }

    /// Where bursts that were garbage throughout do not count.
    pub(super) fn crossing_sound(&self, level: f64) -> Option<f64> {
        let samples: Vec<Sample> = self.points.iter().map(|p| p.sample(p.ber_sound)).collect();
        threshold::crossing(&samples, level)
    }

    /// The lowest SNR of the curve from which on at least 99 % of the bursts train.
    pub(super) fn trains_from(&self) -> Option<f64> {
        let fails = |point: &Measured| (point.trained as f64) < 0.99 * point.bursts as f64;
        match self.points.iter().rposition(fails) {
            None => self.points.first().map(|point| point.snr_db),
            Some(last) => self.points.get(last + 1).map(|point| point.snr_db),
        }
    }
}

impl Measured {
    fn sample(&self, ber: Option<f64>) -> Sample {
        Sample { snr_db: self.snr_db, ber, bits: self.bits }
    }
}

impl From<Row> for Measured {
    fn from(row: Row) -> Self {
        Self {
            snr_db: row.snr_db.unwrap_or(f64::INFINITY),
            bursts: row.bursts,
            trained: row.trained,
            garbage: row.garbage,
            bits: row.bits,
            errors: row.errors,
            ber: row.ber,
            ber_sound: row.ber_sound,
            evm_db: row.evm_db,
        }
    }
}

fn samples(points: &[(f64, f64)]) -> Vec<Sample> {
    points.iter().map(|(snr_db, ber)| Sample { snr_db: *snr_db, ber: Some(*ber), bits: 10_000_000 }).collect()
}

pub(super) fn measure(plan: &Plan) -> Result<Errors, Unavailable> {
    let modes: Vec<Opening> =
        Opening::ALL.into_iter().filter(|o| plan.modes.is_empty() || plan.modes.contains(o)).collect();
    let ideal = plan.all("ideal curves", &modes, |mode| Ok(ideal_curve(plan, *mode)))?;
    let begin = |opening: Opening| {
        let curve = ideal.iter().find(|curve| curve.mode == opening.name());
        curve.and_then(|curve| curve.crossing(TRAINING_LEVEL)).unwrap_or(0.0)
    };
    let mut tasks = Vec::new();
    for tx in plan.systems() {
        for rx in plan.systems() {
            let both = plan.modes(rx).into_iter().filter(|mode| tx.transmitter(*mode).is_ok());
            tasks.extend(both.map(|mode| (mode, tx, rx)));
        }
    }
    let curves = plan.all("error curves", &tasks, |(opening, tx, rx)| {
        let steps = (begin(*opening) / STEP_DB).floor();
        curve(plan, *opening, *tx, *rx, steps * STEP_DB)
    })?;
    let trainings = plan.all("training", &plan.subjects(), |(system, opening)| {
        trainings(plan, *system, *opening, begin(*opening))
    })?;
    Ok(Errors { ideal, curves, trainings })
}

fn ideal_curve(plan: &Plan, opening: Opening) -> Ideal {
    let (mut snr, mut points) = (-9.0, Vec::new());
    while snr < 40.0 {
        let rough = ideal::ber(opening, snr, 50_000, 1);
        if rough < 0.05 {
            // Enough for a hundredth of a decibel where thresholds are read.
            let symbols = if plan.quick || rough > 5e-3 { 300_000 } else { 5_000_000 };
            let ratio = ideal::ber(opening, snr, symbols, 1);
            if ratio < LOWEST / 3.0 {
                break;
            }
            points.push((snr, ratio));
        }
        snr += STEP_DB;
    }
    Ideal { mode: opening.name().to_owned(), points }
}

fn point(
    plan: &Plan,
    opening: Opening,
    tx: System,
    rx: System,
    line: Impairments,
) -> Result<Measured, Unavailable> {
    let bursts = plan.effort(200);
    let point = Point { opening, bursts, short: false, line, seed: plan.seed, tx, rx };
    point.run(1).map(Measured::from)
}

/// A curve from `begin` upwards: whole for a system by itself, to 1e-4 for a mixed pair.
fn curve(plan: &Plan, opening: Opening, tx: System, rx: System, begin: f64) -> Result<Curve, Unavailable> {
    let (level, begin) = if tx == rx { (LOWEST, begin) } else { (1e-4, begin + 1.0) };
    let mut points: Vec<Measured> = Vec::new();
    threshold::curve(begin, level, MOST, |snr_db| {
        let line = Impairments { snr_db: Some(snr_db), ..Impairments::default() };
        let measured = point(plan, opening, tx, rx, line)?;
        let sample = measured.sample(measured.ber);
        points.push(measured);
        Ok::<_, Unavailable>(sample)
    })?;
    points.sort_by(|a, b| a.snr_db.total_cmp(&b.snr_db));
    let (mode, tx, rx) = (opening.name().to_owned(), tx.to_string(), rx.to_string());
    Ok(Curve { mode, tx, rx, points })
}

fn trainings(plan: &Plan, system: System, opening: Opening, snr: f64) -> Result<Trainings, Unavailable> {
    let quiet = Impairments { snr_db: Some(snr), ..Impairments::default() };
    let noisy = Impairments { gap: Gap::Noisy, ..quiet.clone() };
    let run = |line: Impairments| point(plan, opening, system, system, line);
    Ok(Trainings {
        mode: opening.name().to_owned(),
        rx: system.to_string(),
        quiet: run(quiet)?,
        noisy: run(noisy)?,
        true_evm_db: -ideal::es_n0_db(opening, snr),
    })
}
