//! Tones and V.21's preamble against noise.

use super::Plan;
use crate::bench::tones::{self, Row, Sound};
use crate::stimulus::Impairments;
use crate::system::{System, Unavailable};
use serde::{Deserialize, Serialize};

/// One detector over all SNRs.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Detection {
    pub(super) rx: String,
    pub(super) sound: Sound,
    pub(super) rows: Vec<Row>,
    /// Hits in two minutes of white noise at -20 dBm0.
    pub(super) false_hits: usize,
}

impl Detection {
    /// The first row from which on at least 99 % are heard.
    pub(super) fn sure_from(&self) -> Option<&Row> {
        let fails = |row: &Row| (row.detected as f64) < 0.99 * row.trials as f64;
        match self.rows.iter().rposition(fails) {
            None => self.rows.first(),
            Some(last) => self.rows.get(last + 1),
        }
    }

    /// Time within which 99 % are heard at this SNR and at every better one; `None` if at one they never are.
    pub(super) fn within_from(&self, snr_db: f64) -> Option<f64> {
        let times: Option<Vec<f64>> =
            self.rows.iter().filter(|row| row.snr_db >= snr_db).map(|row| row.within_ms).collect();
        times?.into_iter().max_by(f64::total_cmp)
    }

    pub(super) fn at(&self, snr_db: f64) -> Option<&Row> {
        self.rows.iter().find(|row| row.snr_db == snr_db)
    }
}

const LOWEST_DB: i32 = -8;
const HIGHEST_DB: i32 = 20;
const NOISE_SECONDS: usize = 120;

pub(super) fn measure(plan: &Plan) -> Result<Vec<Detection>, Unavailable> {
    let tasks: Vec<(System, Sound)> =
        plan.systems().into_iter().flat_map(|system| Sound::ALL.map(|sound| (system, sound))).collect();
    plan.all("tones", &tasks, |(system, sound)| {
        let rows: Result<Vec<Row>, Unavailable> = (LOWEST_DB..=HIGHEST_DB)
            .chain([30])
            .map(|snr| {
                let line = Impairments { snr_db: Some(f64::from(snr)), ..Impairments::default() };
                tones::measure(*system, *sound, &line, plan.effort(200), plan.seed, 1)
            })
            .collect();
        Ok(Detection {
            rx: system.to_string(),
            sound: *sound,
            rows: rows?,
            false_hits: tones::false_hits(*system, *sound, NOISE_SECONDS, plan.seed)?,
        })
    })
}
