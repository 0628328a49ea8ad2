//! Loss: a link with a good and a bad state, and outages.

use super::super::draw::{exponential, happens};
use crate::stimulus::Rng;
use fax_core::{Span, Timestamp};

/// A link of two states (Gilbert and Elliott).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bursts {
    /// What moves it from step to step.
    pub stepped: Stepped,
    /// Mean stay in the good state, steps.
    pub good: f64,
    /// Mean stay in the bad state, steps; at least 1.
    pub bad: f64,
    /// Loss in the good state.
    pub loss_good: f64,
    /// Loss in the bad state.
    pub loss_bad: f64,
}

/// What moves a link from step to step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stepped {
    /// Time: a step a millisecond. More traffic meets the same bursts.
    ByTime,
    /// Traffic: a step a datagram. More traffic makes bursts shorter.
    ByPacket,
}

impl Bursts {
    /// All is lost in the bad state and nothing in the good one; `rate` is the share of steps in the bad
    /// state, below 1, `mean` the mean length of a burst in steps.
    pub fn blackouts(stepped: Stepped, rate: f64, mean: f64) -> Self {
        Self { stepped, good: mean * (1.0 - rate) / rate, bad: mean, loss_good: 0.0, loss_bad: 1.0 }
    }

    /// Share of steps in the bad state.
    pub fn share_bad(&self) -> f64 {
        self.bad / (self.good + self.bad)
    }
}

/// A link in use.
#[derive(Debug)]
pub(super) struct Link {
    bursts: Bursts,
    states: Rng,
    losses: Rng,
    bad: bool,
    /// Steps taken.
    steps: u64,
}

const STEP_MICROS: u64 = 1000;

impl Link {
    /// Begins in a state drawn from the long run.
    pub(super) fn new(bursts: Bursts, mut states: Rng, losses: Rng) -> Self {
        let bad = happens(&mut states, bursts.share_bad());
        Self { bursts, states, losses, bad, steps: 0 }
    }

    /// Whether it loses the datagram sent at `now`.
    pub(super) fn loses(&mut self, now: Timestamp) -> bool {
        let due = match self.bursts.stepped {
            Stepped::ByTime => now.micros() / STEP_MICROS,
            Stepped::ByPacket => self.steps + 1,
        };
        while self.steps < due {
            self.steps += 1;
            let mean = if self.bad { self.bursts.bad } else { self.bursts.good };
            self.bad ^= happens(&mut self.states, 1.0 / mean);
        }
        let loss = if self.bad { self.bursts.loss_bad } else { self.bursts.loss_good };
        happens(&mut self.losses, loss)
    }
}

/// Times in which nothing passes.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Outages {
    /// There are none.
    #[default]
    None,
    /// At these times, each from when for how long.
    At(Vec<(Timestamp, Span)>),
    /// Again and again, first at a random point of the first interval; the interval random or fixed.
    Repeated {
        /// From the end of one to the beginning of the next, milliseconds.
        interval_ms: f64,
        /// Whether the interval is exponential with that mean, or always the same.
        random: bool,
        /// Shortest and longest, milliseconds.
        duration_ms: (f64, f64),
    },
}

/// Outages in use.
#[derive(Debug)]
pub(super) struct Gaps {
    outages: Outages,
    rng: Rng,
    /// The outage that is now or next, in microseconds.
    next: (u64, u64),
}

impl Gaps {
    pub(super) fn new(outages: &Outages, rng: Rng) -> Self {
        let mut gaps = Self { outages: outages.clone(), rng, next: (0, 0) };
        if let Outages::Repeated { interval_ms, .. } = gaps.outages {
            let begin = (gaps.rng.uniform() * interval_ms * 1000.0) as u64;
            gaps.next = (begin, begin + gaps.duration());
        }
        gaps
    }

    /// Whether one covers this moment.
    pub(super) fn cover(&mut self, now: Timestamp) -> bool {
        match &self.outages {
            Outages::None => false,
            Outages::At(times) => times.iter().any(|(from, span)| *from <= now && now < *from + *span),
            Outages::Repeated { interval_ms, random, .. } => {
                let (interval, random) = (*interval_ms, *random);
                while self.next.1 <= now.micros() {
                    let gap = if random { exponential(&mut self.rng, interval) } else { interval };
                    // At least a microsecond, so that this ends.
                    let begin = self.next.1 + (gap * 1000.0) as u64 + 1;
                    self.next = (begin, begin + self.duration());
                }
                self.next.0 <= now.micros()
            }
        }
    }

    fn duration(&mut self) -> u64 {
        let Outages::Repeated { duration_ms: (low, high), .. } = self.outages else { return 0 };
        ((low + (high - low) * self.rng.uniform()) * 1000.0) as u64
    }
}
