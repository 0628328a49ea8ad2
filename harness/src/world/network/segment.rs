//! A link on the way, LAN or access, of the five-segment model of G.1050 (2007): a busy and a quiet
//! state, and a delay that jumps and decays, both in slices of a millisecond.
//!
//! From: impairments.md 2.2 and 2.4. Its probabilities are per packet and turned into those of a slice
//! at a packet each 20 ms, as the public model does.

use super::super::draw::happens;
use crate::stimulus::Rng;
use fax_core::maths;

/// A link.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Segment {
    /// Rate, bit/s.
    pub rate: f64,
    /// Probability per slice to become busy, and to become quiet again.
    pub to_busy: f64,
    /// As above.
    pub to_quiet: f64,
    /// Loss of a packet in the busy state.
    pub loss_busy: f64,
    /// Probability of a jump per slice, quiet and busy.
    pub jump: [f64; 2],
    /// Highest jump, ms: quiet, uniform from 0; busy, as `full_when_busy` says.
    pub height: f64,
    /// Whether a jump in the busy state always has its full height.
    pub full_when_busy: bool,
    /// Share of a jump that enters the delay; the rest of the delay stays from slice to slice.
    pub filter: f64,
    /// Uniform extra delay of a packet, ms.
    pub extra: f64,
}

impl Segment {
    /// A LAN of this rate (bit/s), its use in per cent, its largest packet in octets.
    pub fn lan(rate: f64, use_percent: f64, mtu: f64) -> Self {
        let longest = 8000.0 * mtu / rate;
        Self {
            rate,
            to_busy: per_slice(0.0001 * use_percent),
            to_quiet: per_slice(0.1),
            loss_busy: 0.000_025 * use_percent,
            jump: [0.0, per_slice(0.5)],
            height: longest * (1.0 + use_percent / 40.0),
            full_when_busy: false,
            filter: 1.0,
            extra: 1.5,
        }
    }

    /// An access link likewise.
    pub fn access(rate: f64, use_percent: f64, mtu: f64) -> Self {
        let longest = 8000.0 * mtu / rate;
        Self {
            rate,
            to_busy: per_slice(0.0002 * use_percent),
            to_quiet: per_slice(0.2 / (1.0 + use_percent)),
            loss_busy: 0.0005 * use_percent,
            jump: [per_slice(0.001 + use_percent / 2000.0), per_slice(0.3 + 0.4 * use_percent / 100.0)],
            height: 0.25 * longest * (1.0 + use_percent / 40.0),
            full_when_busy: true,
            filter: 0.25,
            extra: 0.0,
        }
    }
}

/// Interval of packets for which the model's probabilities stand, ms.
const INTERVAL: f64 = 20.0;

fn per_slice(per_packet: f64) -> f64 {
    1.0 - maths::exp(maths::ln(1.0 - per_packet) / INTERVAL)
}

/// A link in use.
#[derive(Debug)]
pub(super) struct Link {
    segment: Segment,
    rng: Rng,
    packets: Rng,
    slices: u64,
    busy: bool,
    /// Delay of this slice, ms.
    delay: f64,
    /// When the last packet left, microseconds.
    left: u64,
}

/// Octets of IP and UDP around a payload.
const HEADERS: f64 = 28.0;

impl Link {
    pub(super) fn new(segment: Segment, rng: Rng, packets: Rng) -> Self {
        Self { segment, rng, packets, slices: 0, busy: false, delay: 0.0, left: 0 }
    }

    /// When a packet that enters at `at` leaves, and whether it is lost. Order is kept.
    pub(super) fn pass(&mut self, at: u64, octets: usize) -> (u64, bool) {
        while self.slices < at / 1000 {
            self.slices += 1;
            self.step();
        }
        let segment = &self.segment;
        let lost = happens(&mut self.packets, if self.busy { segment.loss_busy } else { 0.0 });
        let extra = segment.extra * self.packets.uniform();
        let ms = self.delay + extra + (octets as f64 + HEADERS) * 8000.0 / segment.rate;
        self.left = self.left.max(at + (ms * 1000.0) as u64);
        (self.left, lost)
    }

    fn step(&mut self) {
        let segment = &self.segment;
        self.busy ^= happens(&mut self.rng, if self.busy { segment.to_quiet } else { segment.to_busy });
        let jumps = happens(&mut self.rng, segment.jump[usize::from(self.busy)]);
        let share = self.rng.uniform();
        let height = match (jumps, self.busy && segment.full_when_busy) {
            (false, _) => 0.0,
            (true, true) => segment.height,
            (true, false) => segment.height * share,
        };
        self.delay = segment.filter * height + (1.0 - segment.filter) * self.delay;
    }
}
