//! Follows a trained burst symbol by symbol: reads the samples at the right instants, equalises,
//! turns back, and learns from each decision.

use super::equaliser::Equaliser;
use super::fit::{Fit, NEIGHBOUR_SLOPE, Outcome, Timebase};
use super::front::{FRACTION_BITS, History, Instant, MatchedFilter};
use super::resync::Learned;
use fax_core::maths::{self, Complex, Phase};

/// Gains of the carrier loop: a noise bandwidth of 1 % of the symbol rate in quiet, up to what a
/// phase jitter of mains frequency asks for.
const CARRIER_GAIN: (f32, f32) = (0.02, 0.7);
/// How fast the gain follows the errors' likeness to each other.
const GAIN_STEP: f32 = 0.003;
/// Symbols after which the errors' variance is looked at again.
const RENEW: u32 = 16;
/// Gain of the timing loop.
const TIMING_GAIN: f32 = 0.01;
/// What the clock loop may add to the clock that the training showed: 0.2 %.
const FASTEST: f32 = 2e-3;
/// Symbols over which the error is averaged, inverted.
const ERROR_MEMORY: f32 = 1.0 / 128.0;

/// [`Instant`] units a sample.
const UNIT: f64 = (1_u64 << FRACTION_BITS) as f64;

/// Equaliser and loops of a running burst.
#[derive(Clone, Debug)]
pub(crate) struct Track {
    /// Instant of the next half symbol to read.
    next: Instant,
    /// Samples a half symbol as the training found them.
    half: f64,
    /// The same with the clock loop's correction, in [`Instant`] units.
    step: i64,
    /// Turns of the carrier a sample, as the training found them, in steps of a [`Phase`].
    carrier: u32,
    /// Turn of the carrier at the symbol that is decided next.
    phase: Phase,
    carrier_loop: CarrierLoop,
    timing_loop: TimingLoop,
    pub(crate) equaliser: Equaliser,
    /// Mean power of a symbol, inverted.
    per_power: f32,
    /// Mean squared error relative to the mean power of a symbol.
    pub(crate) error: f32,
    /// The symbol that waits for its decision, before and after it is turned back.
    equalised: Complex,
    back: Complex,
    /// The last decision and its error.
    last: (Complex, Complex),
}

/// Second-order carrier loop, one step a symbol. Its gain rises while one error resembles the next
/// (a jitter that it is too slow for) and falls while it overshoots noise: the errors of the best gain
/// are white.
#[derive(Clone, Copy, Debug)]
struct CarrierLoop {
    gain: f32,
    /// Turns a symbol.
    frequency: f32,
    last: f32,
    variance: f32,
    /// One over the variance, taken anew every [`RENEW`] symbols.
    per_variance: f32,
    symbols: u32,
}

/// Second-order clock loop, one step a symbol.
#[derive(Clone, Copy, Debug, Default)]
struct TimingLoop {
    /// Symbols too late a symbol.
    clock: f32,
}

impl Track {
    pub(crate) fn new() -> Self {
        Self {
            next: Instant::default(),
            half: 1.0,
            step: 0,
            carrier: 0,
            phase: Phase::default(),
            carrier_loop: CarrierLoop::new(),
            timing_loop: TimingLoop::default(),
            equaliser: Equaliser::new(),
            per_power: 1.0,
            error: 0.0,
            equalised: Complex::ZERO,
            back: Complex::ONE,
            last: (Complex::ZERO, Complex::ZERO),
        }
    }

    /// Symbols will have this mean power.
    pub(crate) fn expect_power(&mut self, power: f32) {
        self.per_power = 1.0 / power;
    }

    /// Starts at symbol `first` with what a fit found.
    pub(crate) fn begin(
        &mut self,
        fit: &Fit,
        outcome: &Outcome,
        first: i64,
        history: &History,
        filter: &MatchedFilter,
    ) {
        self.equaliser.take(fit, outcome);
        self.join(fit.time, first, history, filter);
        self.error = outcome.error;
    }

    /// Starts at symbol `first` with the equaliser as it stands.
    pub(crate) fn join(&mut self, time: Timebase, first: i64, history: &History, filter: &MatchedFilter) {
        self.half = time.half;
        self.step = (time.half * UNIT) as i64;
        self.carrier = Phase::from_turns(time.cycles).0;
        self.phase = time.turn(first as f64);
        self.carrier_loop = CarrierLoop::new();
        self.timing_loop = TimingLoop::default();
        self.last = (Complex::ZERO, Complex::ZERO);
        let newest = 2 * first + self.equaliser.ahead() as i64 - 2;
        self.equaliser.clear();
        for back in (0..self.equaliser.len() as i64).rev() {
            self.equaliser.push(filter.read(history, time.instant(newest - back)));
        }
        self.equaliser.settle();
        self.next = time.instant(newest + 1);
    }

    /// The next symbol, equalised and turned back; `None` until its samples have come. It must be
    /// followed by [`Track::learn`].
    #[inline]
    pub(crate) fn next(&mut self, history: &History, filter: &MatchedFilter) -> Option<Complex> {
        let (first, second) = (self.next, Instant(self.next.0.wrapping_add(self.step)));
        if !history.covers(second) {
            return None;
        }
        self.equaliser.push(filter.read(history, first));
        self.equaliser.push(filter.read(history, second));
        self.next = Instant(second.0.wrapping_add(self.step));
        self.back = Phase(self.phase.0.wrapping_neg()).point();
        self.equalised = self.equaliser.output() * self.back;
        Some(self.equalised)
    }

    /// Corrects equaliser, carrier and clock by what the symbol should have been.
    #[inline]
    pub(crate) fn learn(&mut self, decision: Complex) {
        let z = self.equalised;
        let error = z - decision;
        self.error += ERROR_MEMORY * (error.norm_sqr() * self.per_power - self.error);
        let (last_decision, last_error) = self.last;
        let late = ((last_decision.conj() * error).re - (decision.conj() * last_error).re)
            * self.per_power
            * (1.0 / NEIGHBOUR_SLOPE);
        self.last = (decision, error);
        // The equaliser works before the turn back, so its error is turned forward again.
        self.equaliser.adapt(-error * self.back.conj());
        let turn = self.carrier_loop.step((z * decision.conj()).im * self.per_power);
        let way = self.next_symbol(late);
        self.turn(way, turn);
    }

    /// Steps the clock; returns the way from this symbol to the next in [`Instant`] units.
    #[inline]
    fn next_symbol(&mut self, late: f32) -> i64 {
        let shift = self.timing_loop.step(late);
        let correction = (-shift * 2.0 * self.step as f32) as i64;
        let way = 2 * self.step + correction;
        self.next.0 = self.next.0.wrapping_add(correction);
        self.step = (self.half * (1.0 - f64::from(self.timing_loop.clock)) * UNIT) as i64;
        way
    }

    /// Keeps phase and clock running without learning, while the signal is away.
    #[inline]
    pub(crate) fn coast(&mut self) {
        self.last = (Complex::ZERO, Complex::ZERO);
        let way = self.next_symbol(0.0);
        self.turn(way, Phase::from_turns(f64::from(self.carrier_loop.frequency)));
    }

    /// Turns the carrier over a way in [`Instant`] units, and by `more` besides.
    #[inline]
    fn turn(&mut self, way: i64, more: Phase) {
        let carrier = (way as u64).wrapping_mul(u64::from(self.carrier)) >> FRACTION_BITS;
        self.phase = self.phase.advance(Phase(carrier as u32)).advance(more);
    }

    /// The instant that has been read up to.
    pub(crate) fn now(&self) -> Instant {
        self.next
    }

    /// What the next burst can start from.
    pub(crate) fn learned(&self) -> Learned {
        Learned { taps: self.equaliser.taps(), cycles: self.cycles(), half: self.half() }
    }

    /// Carrier with its offset as it is now, cycles a sample.
    pub(crate) fn cycles(&self) -> f64 {
        f64::from(self.carrier) / 4_294_967_296.0 + f64::from(self.carrier_loop.frequency) / (2.0 * self.half)
    }

    /// Samples a half symbol as they are now.
    pub(crate) fn half(&self) -> f64 {
        self.half * (1.0 - f64::from(self.timing_loop.clock))
    }
}

impl CarrierLoop {
    const fn new() -> Self {
        Self { gain: CARRIER_GAIN.0, frequency: 0.0, last: 0.0, variance: 0.0, per_variance: 0.0, symbols: 0 }
    }

    /// Takes the phase error in radians; returns the turn to make besides the carrier's.
    #[inline]
    fn step(&mut self, error: f32) -> Phase {
        const TURNS: f32 = 1.0 / (2.0 * maths::PI as f32);
        self.variance += (error * error - self.variance) * 0.02;
        self.symbols = self.symbols.wrapping_add(1);
        if self.symbols.is_multiple_of(RENEW) {
            self.per_variance = 1.0 / self.variance.max(1e-9);
        }
        let likeness = (error * self.last * self.per_variance).clamp(-3.0, 3.0);
        self.gain = (self.gain * (1.0 + GAIN_STEP * likeness)).clamp(CARRIER_GAIN.0, CARRIER_GAIN.1);
        self.last = error;
        self.frequency += self.gain * self.gain * 0.25 * error * TURNS;
        Phase(((self.frequency + self.gain * error * TURNS) * 4_294_967_296.0) as i32 as u32)
    }
}

impl TimingLoop {
    /// Takes how late a symbol was read, in symbols; returns how much later than the clock says the
    /// next one would be.
    #[inline]
    fn step(&mut self, late: f32) -> f32 {
        // Also where the equaliser has diverged the clock must go on, and forwards.
        let late = if late.is_finite() { late.clamp(-0.5, 0.5) } else { 0.0 };
        self.clock = (self.clock + TIMING_GAIN * TIMING_GAIN * 0.25 * late).clamp(-FASTEST, FASTEST);
        TIMING_GAIN * late
    }
}
