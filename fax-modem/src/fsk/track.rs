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

/// Bits that a decision waits for, 20 ms. Measured at -5 dB: 3 cost a tenth more errors, 5 none.
pub(super) const DELAY: u32 = 6;

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

/// What a track shows of its signal.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen {
    /// Magnitude of the correlation over a bit.
    pub(super) strength: f32,
    /// Noise power relative to the signal's, over a bit.
    pub(super) noise: f32,
    /// Turn of the carrier against the mean, radians a value.
    pub(super) turn: f32,
    /// Values of the envelope that a bit is longer than nominal.
    pub(super) stretch: f32,
}

#[derive(Clone, Debug)]
pub(super) struct Track {
    /// The newest values of the envelope, carrier offset removed.
    envelope: [Complex; 16],
    /// Values taken, counted like those of the envelope.
    taken: u64,
    rotor: Complex,
    turn: Complex,
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
    /// What the last bit and the one before held, turned back by the carrier expected: a carrier
    /// that is ahead shows in the imaginary part.
    step: Complex,
    step_before: Complex,
}

impl Track {
    /// Values of the envelope whose bits are not decided when a bit has been taken in.
    pub(super) const UNDECIDED: u64 = (DELAY as u64 + 1) * PER_BIT as u64;
    /// Weight of the past in a survivor's carrier.
    const MEMORY: f32 = 0.93;
    /// Gains of the frequency loop and of the two timing loops, for each bit and each transition.
    const FREQUENCY_GAIN: f32 = 0.0012;
    const TIMING_GAIN: f32 = 0.06;
    const CLOCK_GAIN: f32 = 0.0008;
    /// Values a bit by which the far clock may differ: 2000 parts in a million.
    const STRETCH_LIMIT: f32 = 0.016;

    pub(super) fn new() -> Self {
        let nobody = Survivor {
            score: 0.0,
            carrier: Complex::ONE,
            bits: 0,
            step: Complex::ZERO,
            step_before: Complex::ZERO,
        };
        Self {
            envelope: [Complex::ZERO; 16],
            taken: 0,
            rotor: Complex::ONE,
            turn: Complex::ONE,
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
        // Without a phase the timing is judged by the bit as it stands one value later.
        let needed = PER_BIT as u64 + if self.coherent { 0 } else { 1 };
        if self.taken <= self.at + needed {
            return Step::Wait;
        }
        self.bit();
        if self.presence.is_gone(self.amplitude, self.coherent) { Step::Gone } else { Step::Bit }
    }

    /// The bit decided by the last one taken in, if there is one yet.
    pub(super) fn decided(&self) -> Option<bool> {
        (self.bits > DELAY).then(|| self.best().bits >> DELAY & 1 == 1)
    }

    /// Value of the envelope at which that bit began.
    pub(super) const fn decided_at(&self) -> u64 {
        self.at.saturating_sub(Self::UNDECIDED)
    }

    /// The bits not decided yet that came before the signal went, the first in time in the highest
    /// place, and how many. In noise the end may look up to three bits earlier than it was, and the
    /// last bit of a closing flag counts: what is too much does less harm than what lacks.
    pub(super) fn rest(&self) -> (u64, u32) {
        let waiting = self.bits.min(DELAY + 1);
        let dead = self.presence.dead_bits(self.amplitude).saturating_sub(3).min(waiting);
        (self.best().bits >> dead & ((1 << (waiting - dead)) - 1), waiting - dead)
    }

    /// Value of the envelope at which the signal went.
    pub(super) fn gone_at(&self) -> f64 {
        self.at as f64 - f64::from(self.presence.dead_bits(self.amplitude)) * PER_BIT as f64
    }

    /// Turn of the carrier against the mean, radians a value, and its strength over a bit.
    pub(super) fn carrier(&self) -> (f32, f32) {
        (-self.turn.angle(), self.amplitude)
    }

    /// What the last bits showed of the signal.
    pub(super) fn seen(&self) -> Seen {
        let (strength, noise) = self.presence.strength_and_noise();
        Seen { strength, noise, turn: -self.turn.angle(), stretch: self.stretch }
    }

    /// Whether the last bits stood on one carrier.
    pub(super) fn is_in_step(&self) -> bool {
        let (on_carrier, size) = self.presence.sums();
        self.presence.count >= Presence::WINDOW && on_carrier > 0.85 * size
    }

    fn best(&self) -> &Survivor {
        let [a, b, c] = &self.survivors;
        let ab = if b.score > a.score { b } else { a };
        if c.score > ab.score { c } else { ab }
    }

    /// What the bit holds that begins a little after value `at`.
    fn tones(&self, at: u64) -> Tones {
        let window = core::array::from_fn(|n| self.envelope[(at as usize + n) % 16]);
        Tones::between(&window, self.late)
    }

    fn bit(&mut self) {
        let tones = self.tones(self.at);
        let before = self.survivors;
        let sizes = [tones.space.abs(), tones.mark.abs()];
        let leads = before.map(|survivor| {
            let unit = survivor.carrier.conj().scale(1.0 / survivor.carrier.abs().max(1e-20));
            [tones.space * unit, tones.mark * unit]
        });
        let step = |from: usize, bit: bool| {
            let lead = leads[from][usize::from(bit)];
            if self.coherent { lead } else { Complex::new(sizes[usize::from(bit)], lead.im) }
        };
        self.survivors = core::array::from_fn(|state| {
            // A zero comes from the phase a third of a turn behind, a one from that ahead.
            let (zero_from, one_from) = ((state + 2) % 3, (state + 1) % 3);
            let (zero, one) = (step(zero_from, false), step(one_from, true));
            let zero_score = before[zero_from].score + zero.re;
            let one_score = before[one_from].score + one.re;
            let bit = one_score > zero_score;
            let (from, step, score) =
                if bit { (one_from, one, one_score) } else { (zero_from, zero, zero_score) };
            let kept = before[from].carrier.scale(Self::MEMORY);
            Survivor {
                score,
                carrier: after(kept + tones.of_bit(bit).scale(1.0 - Self::MEMORY), bit),
                bits: before[from].bits << 1 | u64::from(bit),
                step,
                step_before: before[from].step,
            }
        });
        self.bits = self.bits.saturating_add(1);
        let newest = *self.best();
        self.survivors.iter_mut().for_each(|survivor| survivor.score -= newest.score);
        self.follow(&newest);
        self.presence.take(newest.step, sizes[0].max(sizes[1]));
        self.amplitude += 0.02 * (newest.step.re.clamp(0.0, 2.0 * self.amplitude) - self.amplitude);
    }

    /// Timing and frequency loops.
    fn follow(&mut self, newest: &Survivor) {
        let late = if self.coherent { self.lateness(newest) } else { self.lateness_by_size(newest) };
        self.stretch =
            (self.stretch - Self::CLOCK_GAIN * late).clamp(-Self::STRETCH_LIMIT, Self::STRETCH_LIMIT);
        self.at += PER_BIT as u64;
        self.late += self.stretch - Self::TIMING_GAIN * late;
        if self.late >= 1.0 {
            self.late -= 1.0;
            self.at += 1;
        } else if self.late < 0.0 {
            self.late += 1.0;
            self.at -= 1;
        }
        self.rotor = self.rotor.scale(1.5 - 0.5 * self.rotor.norm_sqr());
    }

    /// How late the window begins, in values. A late window sees a zero ahead and a one behind, so a
    /// transition tells the timing apart from the carrier's phase. What both share is frequency.
    fn lateness(&mut self, newest: &Survivor) -> f32 {
        let [lead, lead_before] =
            [newest.step, newest.step_before].map(|step| (step.im / self.amplitude).clamp(-1.0, 1.0));
        self.turn_by(Self::FREQUENCY_GAIN * lead);
        let rise = lead - lead_before;
        match (newest.bits >> 1 & 1, newest.bits & 1) {
            (0, 1) => -rise / (2.0 * TURN),
            (1, 0) => rise / (2.0 * TURN),
            _ => 0.0,
        }
    }

    /// The same without a phase: whether the bit holds more of its tone a value earlier or later.
    fn lateness_by_size(&self, newest: &Survivor) -> f32 {
        let bit = newest.bits & 1 == 1;
        let size = |at| self.tones(at).of_bit(bit).abs();
        let rise = (size(self.at.wrapping_sub(1)) - size(self.at + 1)) / self.amplitude;
        5.0 * rise.clamp(-1.0, 1.0)
    }

    /// Corrects the frequency; `angle` is the carrier's lead over one bit.
    fn turn_by(&mut self, angle: f32) {
        let per_value = angle * (1.0 / PER_BIT as f32);
        let turn = self.turn * Complex::new(1.0, -per_value);
        self.turn = turn.scale(1.5 - 0.5 * turn.norm_sqr());
    }
}

/// Whether the signal is still there: how much of each bit stood on the carrier that was expected.
#[derive(Clone, Debug)]
struct Presence {
    /// Of the last bits: what stood on and beside the carrier, and how strong the stronger tone was.
    steps: [Complex; Presence::KEPT],
    size: [f32; Presence::KEPT],
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
        Self { steps: [Complex::ZERO; Self::KEPT], size: [0.0; Self::KEPT], at: 0, count: 0, beside: 0.0 }
    }

    fn take(&mut self, step: Complex, size: f32) {
        self.at = (self.at + 1) % Self::KEPT;
        self.steps[self.at] = step;
        self.size[self.at] = size;
        self.count = (self.count + 1).min(Self::KEPT);
        self.beside += (1.0 / 16.0) * (step.im * step.im - self.beside);
    }

    fn place(&self, bits_back: usize) -> usize {
        (self.at + Self::KEPT - bits_back) % Self::KEPT
    }

    /// What stood on the carrier in the last bits, and what their stronger tones held.
    fn sums(&self) -> (f32, f32) {
        let (mut on_carrier, mut size) = (0.0, 0.0);
        for bits_back in 0..Self::WINDOW {
            on_carrier += self.steps[self.place(bits_back)].re;
            size += self.size[self.place(bits_back)];
        }
        (on_carrier, size)
    }

    /// Gone is what has become much weaker, or weaker and no longer in step with its carrier; or
    /// what drowns in something else. An echo may weaken some bits, but they stay in step.
    fn is_gone(&self, amplitude: f32, coherent: bool) -> bool {
        if self.count < Self::WINDOW {
            return false;
        }
        let (on_carrier, size) = self.sums();
        let whole = Self::WINDOW as f32 * amplitude;
        if !coherent {
            return on_carrier < 0.6 * whole;
        }
        let drowned = self.count == Self::KEPT && self.beside > 0.6 * amplitude * amplitude;
        on_carrier < 0.2 * whole || on_carrier < 0.5 * whole && on_carrier < 0.8 * size || drowned
    }

    /// Strength of the carrier and noise power relative to it, over what is kept.
    fn strength_and_noise(&self) -> (f32, f32) {
        let kept = || (0..self.count).map(|bits_back| self.steps[self.place(bits_back)]);
        let count = self.count.max(1) as f32;
        let strength = kept().map(|step| step.re).sum::<f32>() / count;
        let noise = kept().map(|step| (step - Complex::new(strength, 0.0)).norm_sqr()).sum::<f32>() / count;
        (strength, noise / (strength * strength).max(f32::MIN_POSITIVE))
    }

    /// How many of the last bits came after the signal went: where the sum over what each bit lacks
    /// of the amplitude is greatest.
    fn dead_bits(&self, amplitude: f32) -> u32 {
        let (mut lack, mut most, mut dead) = (0.0, 0.0, 0);
        for bits_back in 0..self.count {
            lack += 0.6 * amplitude - self.steps[self.place(bits_back)].re;
            if lack > most {
                (most, dead) = (lack, bits_back as u32 + 1);
            }
        }
        dead
    }
}
