//! Follows a V.21 signal once its phase, frequency and timing are known: a sequence detector over
//! the continuous phase, each survivor with a phase of its own.
//!
//! With a tone spacing of 2/3 of the bit rate the phase at the edges of the bits takes three values
//! (relative to the mean frequency), so three survivors are enough. Each carries its own estimate of
//! the carrier as a decaying sum over its own past, which costs 0.2 dB against a known phase and
//! needs no loop to lock.

use super::front::PER_BIT;
use super::tones::{TURN, Tones, after};
use fax_core::maths::Complex;

/// Bits that a decision waits for. Longer gains nothing: survivors part for two or three bits.
pub(super) const DELAY: u32 = 10;

/// Where a signal was found and how it stood there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found {
    /// Value of the envelope at which the first bit begins.
    pub(super) at: u64,
    /// How far after that value, 0 to 1.
    pub(super) late: f32,
    /// Turn of the carrier against the mean from one value to the next, radians.
    pub(super) turn: f32,
    /// The correlation expected of the first bit: magnitude and phase.
    pub(super) carrier: Complex,
    /// Whether the phase is continuous, so that it tells something.
    pub(super) coherent: bool,
}

/// What a bit told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// More values are needed.
    Wait,
    /// A bit has been taken in; [`Track::decided`] gives the one that is decided by it.
    Bit,
    /// The signal is gone.
    Gone,
}

#[derive(Clone, Debug)]
pub(super) struct Track {
    /// The newest values of the envelope, carrier offset removed.
    envelope: [Complex; 16],
    /// Values taken, counted like those of the envelope.
    taken: u64,
    rotor: Complex,
    turn: Complex,
    frequency: f32,
    at: u64,
    late: f32,
    /// Values that a bit is longer than nominal.
    stretch: f32,
    survivors: [Survivor; 3],
    bits: u32,
    coherent: bool,
    amplitude: f32,
    presence: Presence,
}

/// A path through the phases.
#[derive(Clone, Copy, Debug)]
struct Survivor {
    score: f32,
    /// The carrier expected at the beginning of the next bit.
    carrier: Complex,
    /// Its bits, the newest in bit 0.
    bits: u64,
    /// How far the carrier was ahead in the last bit, relative to the amplitude.
    lead: f32,
}

impl Track {
    /// Weight of the past in a survivor's carrier.
    const MEMORY: f32 = 0.93;
    /// Gains of the frequency loop and of the two timing loops, for each bit and each transition.
    const FREQUENCY_GAIN: f32 = 0.0012;
    const TIMING_GAIN: f32 = 0.06;
    const CLOCK_GAIN: f32 = 0.0008;
    /// Values a bit by which the far clock may differ: 2000 parts in a million.
    const STRETCH_LIMIT: f32 = 0.016;

    pub(super) fn new() -> Self {
        let nobody = Survivor { score: 0.0, carrier: Complex::ONE, bits: 0, lead: 0.0 };
        Self {
            envelope: [Complex::ZERO; 16],
            taken: 0,
            rotor: Complex::ONE,
            turn: Complex::ONE,
            frequency: 0.0,
            at: 0,
            late: 0.0,
            stretch: 0.0,
            survivors: [nobody; 3],
            bits: 0,
            coherent: true,
            amplitude: 1.0,
            presence: Presence::new(),
        }
    }

    /// Begins at what was found; the next value to be pushed is number `found.at`.
    pub(super) fn start(&mut self, found: &Found) {
        *self = Self::new();
        self.taken = found.at;
        (self.at, self.late) = (found.at, found.late);
        self.coherent = found.coherent;
        self.amplitude = found.carrier.abs().max(1e-9);
        self.frequency = found.turn;
        self.turn = Complex::unit(-f64::from(found.turn));
        for (n, survivor) in self.survivors.iter_mut().enumerate() {
            survivor.carrier = found.carrier;
            survivor.score = if n == 0 { 0.0 } else { -100.0 * self.amplitude };
        }
    }

    /// Takes the next value of the envelope.
    pub(super) fn push(&mut self, value: Complex) -> Step {
        self.envelope[self.taken as usize % 16] = value * self.rotor;
        self.rotor = self.rotor * self.turn;
        self.taken += 1;
        if self.taken <= self.at + PER_BIT as u64 {
            return Step::Wait;
        }
        self.bit();
        if self.presence.is_gone(self.amplitude, self.coherent) { Step::Gone } else { Step::Bit }
    }

    /// The bit decided by the last one taken in, if there is one yet.
    pub(super) fn decided(&self) -> Option<bool> {
        (self.bits > DELAY).then(|| self.best().bits >> DELAY & 1 == 1)
    }

    /// The bits not decided yet that came before the signal went, the first in time in the highest
    /// place, and how many.
    pub(super) fn rest(&self) -> (u64, u32) {
        let waiting = self.bits.min(DELAY);
        let dead = self.presence.dead_bits(self.amplitude).min(waiting);
        (self.best().bits >> dead & ((1 << (waiting - dead)) - 1), waiting - dead)
    }

    /// Value of the envelope at which the signal went.
    pub(super) fn gone_at(&self) -> f64 {
        self.at as f64 - f64::from(self.presence.dead_bits(self.amplitude)) * PER_BIT as f64
    }

    /// Turn of the carrier against the mean, radians a value.
    pub(super) const fn frequency(&self) -> f32 {
        self.frequency
    }

    fn best(&self) -> &Survivor {
        let [a, b, c] = &self.survivors;
        let ab = if b.score > a.score { b } else { a };
        if c.score > ab.score { c } else { ab }
    }

    fn bit(&mut self) {
        let window = core::array::from_fn(|n| self.envelope[(self.at as usize + n) % 16]);
        let tones = Tones::between(&window, self.late);
        let before = self.survivors;
        let sizes = [tones.space.abs(), tones.mark.abs()];
        let leads = before.map(|survivor| {
            let unit = survivor.carrier.conj().scale(1.0 / survivor.carrier.abs().max(1e-20));
            [tones.space * unit, tones.mark * unit]
        });
        let mut steps = [Complex::ZERO; 3];
        for state in 0..3 {
            // A zero comes from the phase a third of a turn behind, a one from that ahead.
            let (zero_from, one_from) = ((state + 2) % 3, (state + 1) % 3);
            let (zero, one) = (leads[zero_from][0], leads[one_from][1]);
            let (zero_step, one_step) = if self.coherent { (zero.re, one.re) } else { (sizes[0], sizes[1]) };
            let zero_score = before[zero_from].score + zero_step;
            let one_score = before[one_from].score + one_step;
            let bit = one_score > zero_score;
            let (from, lead, score) =
                if bit { (one_from, one, one_score) } else { (zero_from, zero, zero_score) };
            let carrier =
                before[from].carrier.scale(Self::MEMORY) + tones.of_bit(bit).scale(1.0 - Self::MEMORY);
            steps[state] = if self.coherent { lead } else { Complex::new(sizes[usize::from(bit)], lead.im) };
            self.survivors[state] = Survivor {
                score,
                carrier: after(carrier, bit),
                bits: before[from].bits << 1 | u64::from(bit),
                lead: (lead.im / self.amplitude).clamp(-1.0, 1.0),
            };
        }
        self.bits = self.bits.saturating_add(1);
        let [a, b, c] = self.survivors.map(|survivor| survivor.score);
        let (ab, ab_at) = if b > a { (b, 1) } else { (a, 0) };
        let (top, best) = if c > ab { (c, 2) } else { (ab, ab_at) };
        self.survivors.iter_mut().for_each(|survivor| survivor.score -= top);
        let newest = self.survivors[best];
        let from = if newest.bits & 1 == 1 { (best + 1) % 3 } else { (best + 2) % 3 };
        self.follow(newest, before[from].lead);
        self.presence.take(steps[best]);
        self.amplitude += 0.02 * (steps[best].re.clamp(0.0, 2.0 * self.amplitude) - self.amplitude);
    }

    /// Frequency and timing loops. A window that begins late sees a zero ahead and a one behind, so
    /// a transition tells the timing apart from the carrier's phase.
    fn follow(&mut self, newest: Survivor, lead_before: f32) {
        let mut shift = self.stretch;
        if self.coherent {
            self.turn_by(Self::FREQUENCY_GAIN * newest.lead);
            if (newest.bits ^ newest.bits >> 1) & 1 == 1 {
                let rise = newest.lead - lead_before;
                let late = if newest.bits & 1 == 1 { -rise } else { rise } / (2.0 * TURN);
                self.stretch =
                    (self.stretch - Self::CLOCK_GAIN * late).clamp(-Self::STRETCH_LIMIT, Self::STRETCH_LIMIT);
                shift = self.stretch - Self::TIMING_GAIN * late;
            }
        }
        self.at += PER_BIT as u64;
        self.late += shift;
        if self.late >= 1.0 {
            self.late -= 1.0;
            self.at += 1;
        } else if self.late < 0.0 {
            self.late += 1.0;
            self.at -= 1;
        }
        self.rotor = self.rotor.scale(1.5 - 0.5 * self.rotor.norm_sqr());
    }

    /// Corrects the frequency; `angle` is the carrier's lead over one bit.
    fn turn_by(&mut self, angle: f32) {
        let per_value = angle * (1.0 / PER_BIT as f32);
        self.frequency += per_value;
        let turn = self.turn * Complex::new(1.0, -per_value);
        self.turn = turn.scale(1.5 - 0.5 * turn.norm_sqr());
    }
}

/// Whether the signal is still there: how much of each bit stood on the carrier that was expected.
#[derive(Clone, Debug)]
struct Presence {
    /// Of the last bits, the newest first.
    on_carrier: [f32; Presence::KEPT],
    at: usize,
    count: usize,
    /// Mean square beside the carrier.
    beside: f32,
}

impl Presence {
    /// Bits over which the signal must have gone: 40 ms.
    const WINDOW: usize = 12;
    const KEPT: usize = 32;

    const fn new() -> Self {
        Self { on_carrier: [0.0; Self::KEPT], at: 0, count: 0, beside: 0.0 }
    }

    fn take(&mut self, step: Complex) {
        self.at = (self.at + 1) % Self::KEPT;
        self.on_carrier[self.at] = step.re;
        self.count = (self.count + 1).min(Self::KEPT);
        self.beside += (1.0 / 16.0) * (step.im * step.im - self.beside);
    }

    fn back(&self, bits: usize) -> f32 {
        self.on_carrier[(self.at + Self::KEPT - bits) % Self::KEPT]
    }

    fn is_gone(&self, amplitude: f32, coherent: bool) -> bool {
        if self.count < Self::WINDOW {
            return false;
        }
        let sum: f32 = (0..Self::WINDOW).map(|bits| self.back(bits)).sum();
        let least = if coherent { 0.5 } else { 0.65 };
        let drowned = coherent && self.count == Self::KEPT && self.beside > 0.6 * amplitude * amplitude;
        sum < least * Self::WINDOW as f32 * amplitude || drowned
    }

    /// How many of the last bits came after the signal went: where the sum over what each bit lacks
    /// of the amplitude is greatest.
    fn dead_bits(&self, amplitude: f32) -> u32 {
        let (mut lack, mut most, mut dead) = (0.0, 0.0, 0);
        for bits in 0..self.count {
            lack += 0.6 * amplitude - self.back(bits);
            if lack > most {
                (most, dead) = (lack, bits as u32 + 1);
            }
        }
        dead
    }
}
