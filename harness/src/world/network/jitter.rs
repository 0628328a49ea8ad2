//! Jitter: what is added to the delay of each datagram.

use super::super::draw::{exponential, gamma, normal_cdf};
use crate::stimulus::Rng;
use fax_core::{Span, Timestamp, maths};

/// A distribution of extra delay; milliseconds throughout.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Jitter {
    /// Nothing is added.
    None,
    /// Uniform from 0.
    Uniform {
        /// The most.
        max: f64,
    },
    /// Light tail: wired networks.
    Gamma {
        /// Shape.
        shape: f64,
        /// Scale.
        scale: f64,
        /// The most.
        clip: f64,
    },
    /// Heavy tail: Wi-Fi.
    Lognormal {
        /// Median.
        median: f64,
        /// Standard deviation of the logarithm.
        sigma: f64,
        /// The most.
        clip: f64,
        /// Correlation of the normal scores 20 ms apart.
        correlation: f64,
    },
    /// Generalised extreme value: mobile networks.
    Gev {
        /// Location.
        location: f64,
        /// Scale.
        scale: f64,
        /// Shape; not 0.
        shape: f64,
        /// The most.
        clip: f64,
        /// Correlation of the normal scores 20 ms apart.
        correlation: f64,
    },
    /// A queue that fills while others are busy and drains while they are not.
    OnOffQueue {
        /// Mean time without others.
        idle: f64,
        /// Mean time with others.
        busy: f64,
        /// Delay of a full queue.
        full: f64,
        /// Time constant of filling.
        rise: f64,
        /// Time constant of draining.
        fall: f64,
    },
}

/// Jitter in use.
#[derive(Debug)]
pub(super) struct Delays {
    jitter: Jitter,
    rng: Rng,
    last: Timestamp,
    /// Normal score of the last datagram.
    score: f64,
    queue: Queue,
}

/// State of a queue.
#[derive(Debug, Default)]
struct Queue {
    busy: bool,
    /// When the others start or stop next, ms.
    turn: f64,
    /// The time the level was computed for, ms.
    at: f64,
    level: f64,
}

impl Delays {
    pub(super) fn new(jitter: Jitter, mut rng: Rng) -> Self {
        let score = rng.normal();
        Self { jitter, rng, last: Timestamp::ZERO, score, queue: Queue::default() }
    }

    /// Extra delay of the datagram sent at `now`.
    pub(super) fn next(&mut self, now: Timestamp) -> Span {
        let ms = match self.jitter {
            Jitter::None => 0.0,
            Jitter::Uniform { max } => max * self.rng.uniform(),
            Jitter::Gamma { shape, scale, clip } => (scale * gamma(&mut self.rng, shape)).min(clip),
            Jitter::Lognormal { median, sigma, clip, correlation } => {
                (median * maths::exp(sigma * self.correlated(correlation, now))).min(clip)
            }
            Jitter::Gev { location, scale, shape, clip, correlation } => {
                let below = normal_cdf(self.correlated(correlation, now)).clamp(1e-12, 1.0 - 1e-12);
                let power = maths::exp(-shape * maths::ln(-maths::ln(below)));
                (location + scale * (power - 1.0) / shape).clamp(0.0, clip)
            }
            Jitter::OnOffQueue { idle, busy, full, rise, fall } => self.queue.advance(
                &mut self.rng,
                now.micros() as f64 / 1000.0,
                (idle, busy),
                (full, rise, fall),
            ),
        };
        self.last = now;
        Span::from_micros((ms * 1000.0) as u64)
    }

    /// A normal score that depends on the last one, less the longer ago that was.
    fn correlated(&mut self, per_20_ms: f64, now: Timestamp) -> f64 {
        let gap = now.since(self.last).micros() as f64 / 20_000.0;
        let rho = if per_20_ms <= 0.0 { 0.0 } else { maths::exp(gap * maths::ln(per_20_ms)) };
        self.score = rho * self.score + (1.0 - rho * rho).max(0.0).sqrt() * self.rng.normal();
        self.score
    }
}

impl Queue {
    fn advance(
        &mut self,
        rng: &mut Rng,
        now: f64,
        (idle, busy): (f64, f64),
        (full, rise, fall): (f64, f64, f64),
    ) -> f64 {
        loop {
            let until = self.turn.min(now);
            let (target, constant) = if self.busy { (full, rise) } else { (0.0, fall) };
            self.level = target + (self.level - target) * maths::exp(-(until - self.at) / constant);
            self.at = until;
            if now < self.turn {
                return self.level;
            }
            // The first turn, at 0, begins an idle time.
            self.busy = self.turn > 0.0 && !self.busy;
            self.turn += exponential(rng, if self.busy { busy } else { idle }) + 1e-3;
        }
    }
}
