//! Counts since the start, for Prometheus.

use crate::ledger::Ledger;
use crate::ledger::entry::Entry;
use core::sync::atomic::{AtomicU64, Ordering};
use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;
use std::time::Duration;

/// All of them.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    calls: Family<Ended, Counter>,
    modes: Family<Mode, Counter>,
    pages: Family<Way, Counter>,
    refused: Family<Refused, Counter>,
    t38_refused: Family<T38Refused, Counter>,
    packets: Family<Packets, Counter>,
    on: Gauge,
    lag: Gauge<f64, AtomicU64>,
    records_failed: Gauge,
    records_dropped: Gauge,
    records_waiting: Gauge,
    captures: Family<Capture, Counter>,
    registered: Family<Registration, Gauge>,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Ended {
    from: String,
    to: String,
    cause: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Mode {
    from: String,
    asked: String,
    used: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Way {
    from: String,
    to: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Refused {
    why: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct T38Refused {
    trunk: String,
    code: u32,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Packets {
    trunk: String,
    what: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Registration {
    trunk: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Capture {
    what: String,
}

/// Codes that peers refuse T.38 with; all others are one.
const CODES: [u16; 8] = [200, 400, 404, 408, 415, 488, 500, 606];

impl Metrics {
    pub(super) fn new() -> Self {
        let mut registry = Registry::with_prefix("faxgw");
        let r = &mut registry;
        let version = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
        r.register("build", "The version of the program", version);
        Self {
            calls: add(
                r,
                "calls",
                "Calls that ended, by where they came from, where they went and why they ended",
            ),
            modes: add(
                r,
                "fax_mode",
                "Calls by the mode that their route asks for and the mode they ended in",
            ),
            pages: add(r, "pages", "Pages confirmed by the receiver"),
            refused: add(r, "refused", "Calls that were not taken, by the reason"),
            t38_refused: add(
                r,
                "t38_refused",
                "Offers of T.38 that a peer refused, by its code; 0 is any other",
            ),
            packets: add(r, "media_packets", "Media packets that were lost, late, repaired, or of strangers"),
            on: add(r, "calls_on", "Calls that are on"),
            lag: add(r, "loop_lag_seconds", "How late the program was at worst in the last second"),
            records_failed: add(r, "records_failed", "Writes of records that failed since the start"),
            records_dropped: add(r, "records_dropped", "Records that are in no file, since the start"),
            records_waiting: add(r, "records_waiting", "Records that wait for the disk"),
            captures: add(
                r,
                "captures",
                "Captures of packets that were kept, dropped as not wanted, or stopped",
            ),
            registered: add(r, "registered", "Whether our registration with a trunk holds"),
            registry,
        }
    }

    /// A call is over.
    pub(super) fn over(&self, entry: &Entry) {
        let named = |name: &str| if name.is_empty() { "none".to_owned() } else { name.to_owned() };
        let (from, to) = (named(&entry.from), named(&entry.to));
        let ended = Ended { from: from.clone(), to: to.clone(), cause: entry.cause.clone() };
        self.calls.get_or_create(&ended).inc();
        let mode =
            Mode { from: from.clone(), asked: named(&entry.mode_asked), used: entry.mode_used.clone() };
        self.modes.get_or_create(&mode).inc();
        self.pages.get_or_create(&Way { from: from.clone(), to: to.clone() }).inc_by(entry.pages().into());
        for (trunk, leg) in [(&from, &entry.near), (&to, &entry.far)] {
            for code in &leg.refusals {
                let code = if CODES.contains(code) { u32::from(*code) } else { 0 };
                self.t38_refused.get_or_create(&T38Refused { trunk: trunk.clone(), code }).inc();
            }
            for (what, count) in [("lost", leg.lost), ("late", leg.late), ("stranger", leg.strangers)] {
                let packets = Packets { trunk: trunk.clone(), what: what.into() };
                self.packets.get_or_create(&packets).inc_by(count);
            }
        }
        if let Some(fax) = &entry.fax {
            for (trunk, heard) in [(&from, &fax.near), (&to, &fax.far)] {
                for (what, count) in [("t38_lost", heard.lost), ("t38_repaired", heard.repaired)] {
                    let packets = Packets { trunk: trunk.clone(), what: what.into() };
                    self.packets.get_or_create(&packets).inc_by(count.into());
                }
            }
        }
    }

    /// A call was not taken, for one of the reasons that this program has.
    pub fn refuse(&self, why: &'static str) {
        self.refused.get_or_create(&Refused { why: why.into() }).inc();
    }

    /// A capture was `kept`, `dropped` or `stopped`.
    pub fn capture(&self, what: &'static str) {
        self.captures.get_or_create(&Capture { what: what.into() }).inc();
    }

    pub(super) fn registered(&self, trunk: &str, holds: bool) {
        self.registered.get_or_create(&Registration { trunk: trunk.into() }).set(holds.into());
    }

    pub(super) fn set_lag(&self, lag: Duration) {
        self.lag.set(lag.as_secs_f64());
    }

    /// The text that Prometheus reads.
    pub fn text(&self, calls: usize, ledger: &Ledger) -> String {
        let alarms = ledger.alarms();
        let count = |count: &AtomicU64| i64::try_from(count.load(Ordering::Relaxed)).unwrap_or(i64::MAX);
        self.on.set(i64::try_from(calls).unwrap_or(i64::MAX));
        self.records_failed.set(count(&alarms.failed));
        self.records_dropped.set(count(&alarms.dropped));
        self.records_waiting.set(count(&alarms.waiting));
        let mut out = String::new();
        // Writing into a string cannot fail.
        _ = text::encode(&mut out, &self.registry);
        out
    }
}

fn add<M>(registry: &mut Registry, name: &str, help: &str) -> M
where
    M: prometheus_client::registry::Metric + Clone + Default,
{
    let metric = M::default();
    registry.register(name, help, metric.clone());
    metric
}
