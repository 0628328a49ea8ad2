//! One direction of the network: what becomes of each datagram, and the log of it.
//!
//! Layers, in order: links near the sender, loss (bursts, then independent, then outages), delay with
//! steps and jitter, links near the receiver, order (kept or not), duplication (the copy draws its own
//! jitter). Each layer draws for every datagram,
//! also for one that another layer has lost, from a stream of its own.
//!
//! Always: the state of the link is a function of time, not of the traffic, except where a setting
//! says "by packet".
//! From: impairments.md 1.2 to 1.4, 3 and 4 of the project's specification.

pub mod g1050;
pub mod jitter;
pub mod log;
pub mod loss;
pub mod preset;
pub mod segment;

pub use jitter::Jitter;
pub use log::{Culprit, Fate, Log, Passage};
pub use loss::{Bursts, Outages, Stepped};
pub use segment::Segment;

use super::draw::{Direction, happens, stream};
use crate::stimulus::Rng;
use fax_core::{Span, Timestamp};

/// What the network does in one direction.
#[derive(Clone, Debug, PartialEq)]
pub struct Network {
    /// Delay without jitter.
    pub delay: Span,
    /// What is added to it.
    pub jitter: Jitter,
    /// Changes of the delay by route changes.
    pub steps: Option<Steps>,
    /// Probability that a datagram is lost by itself.
    pub loss: f64,
    /// A link with a good and a bad state.
    pub bursts: Option<Bursts>,
    /// Times in which nothing passes.
    pub outages: Outages,
    /// Whether a datagram may overtake another.
    pub order: Order,
    /// Probability that a datagram arrives twice.
    pub duplicate: f64,
    /// Links ahead of all that, in order.
    pub near: Vec<Segment>,
    /// Links behind it.
    pub far: Vec<Segment>,
}

/// Whether datagrams may overtake each other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Order {
    /// Each arrives when its own delay says.
    Free,
    /// None arrives before an earlier one, but for those that are held back.
    Kept {
        /// Probability that one is held back and may be overtaken.
        held: f64,
        /// By how long, milliseconds.
        extra_ms: (f64, f64),
    },
}

/// Delay that changes again and again, around the base.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Steps {
    /// Time between changes.
    pub every: Span,
    /// To what.
    pub change: Change,
}

/// A change of the delay, milliseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Change {
    /// A new offset between these, at each multiple of the interval.
    Random(f64, f64),
    /// So much is added and taken away again by turns; first at a random point of the first interval.
    Alternate(f64),
}

impl Default for Network {
    /// 20 ms and nothing else.
    fn default() -> Self {
        Self {
            delay: Span::from_millis(20),
            jitter: Jitter::None,
            steps: None,
            loss: 0.0,
            bursts: None,
            outages: Outages::None,
            order: Order::Free,
            duplicate: 0.0,
            near: Vec::new(),
            far: Vec::new(),
        }
    }
}

/// One direction in use.
#[derive(Debug)]
pub struct Path {
    network: Network,
    loss: Rng,
    bursts: Option<loss::Link>,
    outages: loss::Gaps,
    jitter: jitter::Delays,
    steps: StepsInUse,
    order: Rng,
    latest: Timestamp,
    near: Vec<segment::Link>,
    far: Vec<segment::Link>,
    duplicate: Rng,
    copies: jitter::Delays,
    log: Log,
}

impl Path {
    /// A fresh path; equal seeds give equal fates to equal traffic.
    pub fn new(network: &Network, seed: u64, direction: Direction) -> Self {
        let stream = |process: &str| stream(seed, direction, process);
        Self {
            loss: stream("loss"),
            bursts: network
                .bursts
                .map(|bursts| loss::Link::new(bursts, stream("burst state"), stream("burst loss"))),
            outages: loss::Gaps::new(&network.outages, stream("outages")),
            jitter: jitter::Delays::new(network.jitter, stream("jitter")),
            steps: StepsInUse::new(stream("steps")),
            order: stream("order"),
            latest: Timestamp::ZERO,
            near: links(&network.near, "near", &stream),
            far: links(&network.far, "far", &stream),
            duplicate: stream("duplicate"),
            copies: jitter::Delays::new(network.jitter, stream("copies")),
            log: Log::default(),
            network: network.clone(),
        }
    }

    /// When the datagram of `octets` octets sent at `now` arrives: never, once or twice. `now` must not
    /// run backwards.
    pub fn carry(&mut self, now: Timestamp, octets: usize) -> Fate {
        let culprit = self.culprit(now);
        let (near, lost_near) = through(&mut self.near, now, octets);
        let (arrival, lost_far) = {
            let behind = self.arrival(near);
            through(&mut self.far, behind, octets)
        };
        let culprit = culprit.or((lost_near || lost_far).then_some(Culprit::Link));
        let doubled = happens(&mut self.duplicate, self.network.duplicate);
        let copy = now + self.network.delay + self.copies.next(now);
        let fate = match (culprit, doubled) {
            (Some(culprit), _) => Fate::Lost(culprit),
            (None, false) => Fate::Delivered(self.in_order(arrival)),
            (None, true) => Fate::Doubled(self.in_order(arrival), copy),
        };
        self.log.note(Passage { sent: now, octets, fate });
        fate
    }

    /// What became of every datagram so far.
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// Takes the log out, at the end.
    pub fn into_log(self) -> Log {
        self.log
    }

    /// Every layer draws; the first that loses the datagram answers for it.
    fn culprit(&mut self, now: Timestamp) -> Option<Culprit> {
        let burst = self.bursts.as_mut().is_some_and(|link| link.loses(now));
        let alone = happens(&mut self.loss, self.network.loss);
        let outage = self.outages.cover(now);
        match (burst, alone, outage) {
            (true, _, _) => Some(Culprit::Burst),
            (_, true, _) => Some(Culprit::Alone),
            (_, _, true) => Some(Culprit::Outage),
            _ => None,
        }
    }

    fn arrival(&mut self, now: Timestamp) -> Timestamp {
        let steps = self.steps.offset_us(self.network.steps, now);
        let micros = now.micros() + self.network.delay.micros() + self.jitter.next(now).micros();
        // A step towards shorter delay cannot reach back before the datagram was sent.
        Timestamp::from_micros(micros.saturating_add_signed(steps).max(now.micros()))
    }

    fn in_order(&mut self, arrival: Timestamp) -> Timestamp {
        let Order::Kept { held, extra_ms } = self.network.order else { return arrival };
        let (hold, extra) = (happens(&mut self.order, held), between(&mut self.order, extra_ms));
        let kept = arrival.max(self.latest);
        if hold {
            return kept + Span::from_micros((extra * 1000.0) as u64);
        }
        self.latest = kept;
        kept
    }
}

fn links(segments: &[Segment], place: &str, stream: &dyn Fn(&str) -> Rng) -> Vec<segment::Link> {
    let link = |(n, segment): (usize, &Segment)| {
        let (slices, packets) = (format!("{place} link {n}"), format!("{place} link {n} packets"));
        segment::Link::new(*segment, stream(&slices), stream(&packets))
    };
    segments.iter().enumerate().map(link).collect()
}

/// When a datagram leaves the last of these links, and whether one lost it.
fn through(links: &mut [segment::Link], at: Timestamp, octets: usize) -> (Timestamp, bool) {
    let (mut micros, mut lost) = (at.micros(), false);
    for link in links {
        let (left, lost_here) = link.pass(micros, octets);
        (micros, lost) = (left, lost | lost_here);
    }
    (Timestamp::from_micros(micros), lost)
}

/// The random offset of the delay at each moment.
#[derive(Debug)]
struct StepsInUse {
    rng: Rng,
    /// Where in the first interval the first change is, 0 to 1, if that is random.
    first: f64,
    /// Number of the step drawn last.
    drawn: u64,
    offset_us: i64,
}

impl StepsInUse {
    fn new(mut rng: Rng) -> Self {
        let first = rng.uniform();
        Self { rng, first, drawn: 0, offset_us: 0 }
    }

    fn offset_us(&mut self, steps: Option<Steps>, now: Timestamp) -> i64 {
        let Some(Steps { every, change }) = steps else { return 0 };
        let every = every.micros().max(1);
        let ahead = match change {
            Change::Random(..) => 0,
            Change::Alternate(_) => ((1.0 - self.first) * every as f64) as u64,
        };
        let number = (now.micros() + ahead) / every;
        while self.drawn < number {
            self.drawn += 1;
            let ms = match change {
                Change::Random(low, high) => between(&mut self.rng, (low, high)),
                Change::Alternate(ms) if self.drawn % 2 == 1 => ms,
                Change::Alternate(_) => 0.0,
            };
            self.offset_us = (ms * 1000.0) as i64;
        }
        self.offset_us
    }
}

/// Uniform between two bounds; one draw.
fn between(rng: &mut Rng, (low, high): (f64, f64)) -> f64 {
    low + (high - low) * rng.uniform()
}
