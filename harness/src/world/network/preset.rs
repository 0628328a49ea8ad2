//! Networks by name, from `data/network-presets.json`.

use super::{Bursts, Change, Jitter, Network, Order, Outages, Stepped, Steps, g1050};
use crate::world::draw::Direction;
use fax_core::{Span, Timestamp};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Why a name gives no network.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PresetError {
    /// There is none of that name.
    #[error("no such network: {0}; there are {1}")]
    Unknown(String, String),
    /// The lab does not model what it needs.
    #[error("network {0} needs {1}, which the lab does not model")]
    NotModelled(String, &'static str),
}

/// The network of this name in one direction.
pub fn named(name: &str, direction: Direction) -> Result<Network, PresetError> {
    let preset = PRESETS
        .presets
        .get(name)
        .ok_or_else(|| PresetError::Unknown(name.to_owned(), names().collect::<Vec<_>>().join(" ")))?;
    let other = match direction {
        Direction::AToB => &preset.a_to_b,
        Direction::BToA => &preset.b_to_a,
    };
    match other {
        Some(other) => named(other, direction),
        None => preset.network(name, direction),
    }
}

/// All names that [`named`] knows.
pub fn names() -> impl Iterator<Item = &'static str> {
    PRESETS.presets.keys().map(String::as_str)
}

static PRESETS: LazyLock<Presets> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../../data/network-presets.json")).expect("the file is well formed")
});

#[derive(Debug, Deserialize)]
struct Presets {
    presets: BTreeMap<String, Preset>,
}

#[derive(Debug, Deserialize)]
struct Preset {
    #[serde(default)]
    delay_ms: f64,
    jitter: Option<JitterEntry>,
    loss: Option<LossEntry>,
    outages: Option<OutagesEntry>,
    delay_steps: Option<DelaySteps>,
    route_flap: Option<RouteFlap>,
    reorder: Option<Reorder>,
    duplicate: Option<Duplicate>,
    rebind: Option<serde_json::Value>,
    severity: Option<String>,
    core: Option<String>,
    speed_pattern: Option<u32>,
    a_to_b: Option<String>,
    b_to_a: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "model", rename_all = "snake_case")]
enum JitterEntry {
    None,
    Gamma { shape: f64, scale_ms: f64, clip_ms: f64 },
    Lognormal { median_ms: f64, sigma: f64, clip_ms: f64, corr: f64 },
    Gev { location_ms: f64, scale_ms: f64, shape: f64, clip_ms: f64, corr: f64 },
    OnoffQueue { idle_mean_ms: f64, busy_mean_ms: f64, queue_max_ms: f64, rise_ms: f64, fall_ms: f64 },
}

#[derive(Debug, Deserialize)]
#[serde(tag = "model", rename_all = "snake_case")]
enum LossEntry {
    None,
    Bernoulli { p: f64 },
    GeTime { good_mean_ms: f64, bad_mean_ms: f64, loss_good: f64, loss_bad: f64 },
}

#[derive(Debug, Deserialize)]
#[serde(tag = "model", rename_all = "snake_case")]
enum OutagesEntry {
    Renewal { interval_mean_ms: f64, duration_ms: (f64, f64) },
    Periodic { interval_ms: f64, duration_ms: (f64, f64) },
    Event { at: String, duration_ms: (f64, f64), direction: Option<String> },
}

#[derive(Debug, Deserialize)]
struct DelaySteps {
    every_ms: u64,
    step_ms: (f64, f64),
}

#[derive(Debug, Deserialize)]
struct RouteFlap {
    interval_ms: u64,
    step_ms: f64,
}

#[derive(Debug, Deserialize)]
struct Reorder {
    prob: f64,
    extra_ms: (f64, f64),
}

#[derive(Debug, Deserialize)]
struct Duplicate {
    prob: f64,
}

impl Preset {
    fn network(&self, name: &str, direction: Direction) -> Result<Network, PresetError> {
        let lacking = |what| Err(PresetError::NotModelled(name.to_owned(), what));
        if let (Some(severity), Some(core), Some(pattern)) = (&self.severity, &self.core, self.speed_pattern)
        {
            let network = g1050::network(severity, core == "regional", pattern, direction);
            return network.map_or_else(|| lacking("a severity that the data lacks"), Ok);
        }
        if self.rebind.is_some() {
            return lacking("addresses that change");
        }
        let Some(outages) = self.outages(direction) else {
            return lacking("an outage at an event of the fax");
        };
        let (loss, bursts) = self.loss();
        let (held, extra_ms) = self.reorder.as_ref().map_or((0.0, (0.0, 0.0)), |r| (r.prob, r.extra_ms));
        Ok(Network {
            delay: Span::from_micros((self.delay_ms * 1000.0) as u64),
            jitter: self.jitter(),
            steps: self.steps(),
            loss,
            bursts,
            outages,
            order: Order::Kept { held, extra_ms },
            duplicate: self.duplicate.as_ref().map_or(0.0, |d| d.prob),
            near: Vec::new(),
            far: Vec::new(),
        })
    }

    fn jitter(&self) -> Jitter {
        match self.jitter {
            None | Some(JitterEntry::None) => Jitter::None,
            Some(JitterEntry::Gamma { shape, scale_ms, clip_ms }) => {
                Jitter::Gamma { shape, scale: scale_ms, clip: clip_ms }
            }
            Some(JitterEntry::Lognormal { median_ms, sigma, clip_ms, corr }) => {
                Jitter::Lognormal { median: median_ms, sigma, clip: clip_ms, correlation: corr }
            }
            Some(JitterEntry::Gev { location_ms, scale_ms, shape, clip_ms, corr }) => Jitter::Gev {
                location: location_ms,
                scale: scale_ms,
                shape,
                clip: clip_ms,
                correlation: corr,
            },
            Some(JitterEntry::OnoffQueue { idle_mean_ms, busy_mean_ms, queue_max_ms, rise_ms, fall_ms }) => {
                Jitter::OnOffQueue {
                    idle: idle_mean_ms,
                    busy: busy_mean_ms,
                    full: queue_max_ms,
                    rise: rise_ms,
                    fall: fall_ms,
                }
            }
        }
    }

    fn loss(&self) -> (f64, Option<Bursts>) {
        match self.loss {
            None | Some(LossEntry::None) => (0.0, None),
            Some(LossEntry::Bernoulli { p }) => (p, None),
            Some(LossEntry::GeTime { good_mean_ms, bad_mean_ms, loss_good, loss_bad }) => {
                let (good, bad) = (good_mean_ms, bad_mean_ms);
                (0.0, Some(Bursts { stepped: Stepped::ByTime, good, bad, loss_good, loss_bad }))
            }
        }
    }

    fn steps(&self) -> Option<Steps> {
        if let Some(steps) = &self.delay_steps {
            let (low, high) = steps.step_ms;
            return Some(Steps {
                every: Span::from_millis(steps.every_ms),
                change: Change::Random(low, high),
            });
        }
        let flap = self.route_flap.as_ref()?;
        Some(Steps { every: Span::from_millis(flap.interval_ms), change: Change::Alternate(flap.step_ms) })
    }

    /// None: bound to something that only the fax can tell.
    fn outages(&self, direction: Direction) -> Option<Outages> {
        Some(match &self.outages {
            None => Outages::None,
            Some(OutagesEntry::Renewal { interval_mean_ms, duration_ms }) => {
                Outages::Repeated { interval_ms: *interval_mean_ms, random: true, duration_ms: *duration_ms }
            }
            Some(OutagesEntry::Periodic { interval_ms, duration_ms }) => {
                Outages::Repeated { interval_ms: *interval_ms, random: false, duration_ms: *duration_ms }
            }
            Some(OutagesEntry::Event { at, duration_ms, direction: only }) => {
                let at: u64 = at.strip_prefix("t=")?.strip_suffix("ms")?.parse().ok()?;
                if only.as_ref().is_some_and(|only| only != direction.name()) {
                    return Some(Outages::None);
                }
                let span = Span::from_millis(duration_ms.0 as u64);
                Outages::At(vec![(Timestamp::from_micros(at * 1000), span)])
            }
        })
    }
}
