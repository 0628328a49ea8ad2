//! The networks of G.1050 (11/2007) by severity, from `data/g1050-2007.json`: links in `segment`, the core
//! between them as delay, jitter, loss, route flaps and outages.

use super::segment::Segment;
use super::{Change, Jitter, Network, Order, Outages, Steps};
use crate::world::draw::Direction;
use fax_core::Span;
use serde::Deserialize;
use std::sync::LazyLock;

/// The network of a severity, A to H, in one direction; none where the data has no such severity or
/// speed pattern.
pub fn network(severity: &str, regional: bool, pattern: u32, direction: Direction) -> Option<Network> {
    let found = MODEL.severities.iter().find(|entry| entry.severity == severity)?;
    let speeds = MODEL.speed_patterns.iter().find(|speeds| speeds.id == pattern)?;
    let lan = |link: &LinkEntry, rate| Segment::lan(rate, link.occupancy_percent, link.mtu_bytes);
    let access = |link: &LinkEntry, rate| Segment::access(rate, link.occupancy_percent, link.mtu_bytes);
    let (lan_a, lan_b) = (lan(&found.lan_a, speeds.lan_a_bps), lan(&found.lan_b, speeds.lan_b_bps));
    let (near, far) = match direction {
        Direction::AToB => (
            vec![lan_a, access(&found.access_a, speeds.access_a_up_bps)],
            vec![access(&found.access_b, speeds.access_b_down_bps), lan_b],
        ),
        Direction::BToA => (
            vec![lan_b, access(&found.access_b, speeds.access_b_up_bps)],
            vec![access(&found.access_a, speeds.access_a_down_bps), lan_a],
        ),
    };
    let core = &found.core;
    let delay = if regional { core.delay_regional_ms } else { core.delay_intercontinental_ms };
    let repeated = |interval_s: f64| (interval_s > 0.0).then_some(interval_s * 1000.0);
    Some(Network {
        delay: Span::from_micros((delay * 1000.0) as u64),
        jitter: Jitter::Uniform { max: core.jitter_peak_ms },
        steps: repeated(core.route_flap_interval_s).map(|every| Steps {
            every: Span::from_millis(every as u64),
            change: Change::Alternate(core.route_flap_delay_ms),
        }),
        loss: core.loss_percent / 100.0,
        bursts: None,
        outages: repeated(core.link_failure_interval_s).map_or(Outages::None, |interval_ms| {
            let duration = core.link_failure_duration_ms;
            Outages::Repeated { interval_ms, random: false, duration_ms: (duration, duration) }
        }),
        order: Order::Kept { held: 0.0, extra_ms: (0.0, 0.0) },
        duplicate: 0.0,
        near,
        far,
    })
}

static MODEL: LazyLock<Model> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../../data/g1050-2007.json")).expect("the file is well formed")
});

#[derive(Debug, Deserialize)]
struct Model {
    severities: Vec<Severity>,
    speed_patterns: Vec<Speeds>,
}

#[derive(Debug, Deserialize)]
struct Severity {
    severity: String,
    lan_a: LinkEntry,
    access_a: LinkEntry,
    core: Core,
    access_b: LinkEntry,
    lan_b: LinkEntry,
}

#[derive(Debug, Deserialize)]
struct LinkEntry {
    occupancy_percent: f64,
    mtu_bytes: f64,
}

#[derive(Debug, Deserialize)]
struct Core {
    delay_regional_ms: f64,
    delay_intercontinental_ms: f64,
    loss_percent: f64,
    jitter_peak_ms: f64,
    route_flap_interval_s: f64,
    route_flap_delay_ms: f64,
    link_failure_interval_s: f64,
    link_failure_duration_ms: f64,
}

#[derive(Debug, Deserialize)]
struct Speeds {
    id: u32,
    lan_a_bps: f64,
    access_a_up_bps: f64,
    access_a_down_bps: f64,
    lan_b_bps: f64,
    access_b_up_bps: f64,
    access_b_down_bps: f64,
}
