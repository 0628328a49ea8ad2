//! The figures of many calls, as `faxlab call --json` prints them.

use super::statistics::{Interval, wilson};
use crate::world::Record;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One line of JSON. Counts are calls.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Calls made.
    pub calls: usize,
    /// Both ends call it a success, and every page is there, pixel for pixel.
    pub strict: usize,
    /// Both ends call it a success.
    pub t30_ok: usize,
    /// Every page is there, pixel for pixel, whatever the ends say.
    pub pages_ok: usize,
    /// Both ends call it a success, and a page is missing or damaged.
    pub damaged_ok: usize,
    /// Mean length of the strict calls, until both ends are on hook.
    pub mean_seconds: Option<f64>,
    /// Requests for repetition that the caller heard, over all calls.
    pub ppr_per_call: f64,
    /// Why calls were not strict.
    pub causes: BTreeMap<String, usize>,
    /// UDP payload both ways.
    pub octets_per_call: f64,
    /// Datagrams both ways.
    pub packets_per_call: f64,
    /// CPU of the caller's and the answerer's gateway, UDPTL included, ms a second of call.
    pub cpu_ms_per_call_second: [f64; 2],
    /// Seconds of call for a second of CPU of the whole lab on one core.
    pub realtime_factor: f64,
}

impl Report {
    /// The figures of these calls.
    pub fn of(records: &[Record]) -> Self {
        let calls = records.len();
        let count = |holds: &dyn Fn(&Record) -> bool| records.iter().filter(|record| holds(record)).count();
        let per_call = |sum: f64| rounded(sum / calls.max(1) as f64, 2);
        let seconds: f64 = records.iter().map(|record| record.seconds).sum();
        let strict: Vec<&Record> = records.iter().filter(|record| record.verdict().strict()).collect();
        let mut causes = BTreeMap::new();
        for record in records.iter().filter(|record| !record.verdict().strict()) {
            *causes.entry(record.cause()).or_insert(0) += 1;
        }
        let traffic = |figure: fn(&crate::world::network::log::Tally) -> u64| {
            records.iter().flat_map(|record| &record.tallies).map(|tally| figure(tally) as f64).sum::<f64>()
        };
        let whole: f64 = records.iter().map(|record| record.cpu.whole).sum();
        let gateway = |n: usize| {
            let sum: f64 = records.iter().map(|record| record.cpu.gateways[n]).sum();
            rounded(1000.0 * sum / seconds.max(1e-9), 3)
        };
        Self {
            calls,
            strict: strict.len(),
            t30_ok: count(&|record| record.verdict().t30_ok),
            pages_ok: count(&|record| record.verdict().pages_ok),
            damaged_ok: count(&|record| record.verdict().damaged_ok()),
            mean_seconds: (!strict.is_empty()).then(|| {
                rounded(strict.iter().map(|record| record.seconds).sum::<f64>() / strict.len() as f64, 2)
            }),
            ppr_per_call: per_call(records.iter().map(|record| record.pprs as f64).sum()),
            causes,
            octets_per_call: per_call(traffic(|tally| tally.octets)),
            packets_per_call: per_call(traffic(|tally| tally.packets)),
            cpu_ms_per_call_second: [gateway(0), gateway(1)],
            realtime_factor: rounded(seconds / whole.max(1e-9), 1),
        }
    }

    /// Wilson's 95 % interval of the strict rate.
    pub fn interval(&self) -> Interval {
        wilson(self.strict, self.calls)
    }

    /// The strict rate.
    pub fn rate(&self) -> f64 {
        self.strict as f64 / self.calls.max(1) as f64
    }
}

/// Seeds of the calls that were not strict.
pub fn failed_seeds(records: &[Record]) -> Vec<u64> {
    records.iter().filter(|record| !record.verdict().strict()).map(|record| record.seed).collect()
}

fn rounded(x: f64, digits: i32) -> f64 {
    let scale = 10.0_f64.powi(digits);
    (x * scale).round() / scale
}
