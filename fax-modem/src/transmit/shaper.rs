//! From symbols to samples: one pulse a symbol, added where it belongs.

use crate::pulse::Pulse;
use crate::table::Modem;
use fax_core::maths::{Complex, Phase};
use fax_core::{Dbm0, SAMPLE_RATE};
use std::sync::LazyLock;

/// Lays symbols down as pulses on a window of samples.
///
/// Symbols come every 10/3, 5 or 20/3 samples, so a symbol's centre has one of at most three places
/// between two samples; for each there is a pulse that has the carrier in it, with phase zero at its
/// centre. The carrier's phase at the centres runs through a table too: clock and carrier are exact.
#[derive(Clone, Debug)]
pub(super) struct Shaper {
    pulses: &'static Pulses,
    gain: f32,
    /// The carrier at the centres of successive symbols, from its phase where the burst begins and with
    /// what makes the mean power that of the level.
    carrier: [Complex; TURNS],
    /// Place of the next symbol's centre, and its turn in the table of the carrier.
    place: usize,
    turn: usize,
    window: Box<[f32; WINDOW]>,
    /// Where the next pulse begins; what stands before will not change.
    next: usize,
    /// What has been taken.
    taken: usize,
}

/// The pulses of one modem, with a mean power of 1: made once and shared by every line.
#[derive(Debug)]
struct Pulses {
    places: Vec<Place>,
    /// Carrier at the centres of successive symbols.
    carrier: Vec<Complex>,
    /// Symbols of silence after which the last pulse is over.
    run_out: usize,
}

/// What there is to a symbol whose centre has a certain place between two samples.
#[derive(Clone, Debug)]
struct Place {
    /// Answer to a symbol of 1.
    in_phase: [f32; TAPS],
    /// Answer to a symbol of i.
    quadrature: [f32; TAPS],
    /// Whole samples from the begin of this pulse to that of the next one.
    advance: usize,
}

/// Samples of a pulse: 14 symbols at 2400 baud, where the pulse falls slowest, and 7 at 1200.
const TAPS: usize = 48;

/// Whole samples from the begin of a pulse to its centre.
const DELAY: usize = TAPS / 2 - 1;

/// Symbols after which the carrier's phase is where it began, at most: 24 of V.29.
const TURNS: usize = 24;

/// Room for many chunks, so that the window is seldom moved.
const WINDOW: usize = 1024;

impl Shaper {
    /// The most samples that may be waited for at once.
    pub(super) const CHUNK: usize = 240;

    pub(super) fn new(modem: &'static Modem, level: Dbm0) -> Self {
        // All of them, so that no burst ever makes one.
        Modem::ALL.iter().for_each(|modem| _ = Pulses::of(modem));
        Self {
            pulses: Pulses::of(modem),
            gain: level.rms(),
            carrier: [Complex::ZERO; TURNS],
            place: 0,
            turn: 0,
            window: Box::new([0.0; WINDOW]),
            next: 0,
            taken: 0,
        }
    }

    /// Forgets all symbols: the next one is the first of a burst of this modem.
    pub(super) fn reset(&mut self, modem: &'static Modem) {
        self.pulses = Pulses::of(modem);
        let start = modem.start_phase.point().scale(self.gain);
        for (turned, carrier) in self.carrier.iter_mut().zip(&self.pulses.carrier) {
            *turned = *carrier * start;
        }
        self.window.fill(0.0);
        (self.place, self.turn, self.next, self.taken) = (0, 0, 0, 0);
    }

    /// Samples that can be taken.
    #[inline]
    pub(super) const fn ready(&self) -> usize {
        self.next - self.taken
    }

    /// Samples from the begin of a burst to the centre of its first symbol.
    pub(super) const fn delay(&self) -> usize {
        DELAY
    }

    /// Symbols of silence after which the last pulse is over.
    pub(super) const fn run_out(&self) -> usize {
        self.pulses.run_out
    }

    /// Adds a symbol.
    #[inline]
    pub(super) fn lay(&mut self, symbol: Complex) {
        if self.next + TAPS > WINDOW {
            self.move_down();
        }
        let Pulses { places, carrier, .. } = self.pulses;
        let place = &places[self.place];
        if let Some(samples) = self.window[self.next..].first_chunk_mut() {
            add(samples, place, symbol * self.carrier[self.turn]);
        }
        self.next += place.advance;
        self.place = if self.place + 1 == places.len() { 0 } else { self.place + 1 };
        self.turn = if self.turn + 1 == carrier.len() { 0 } else { self.turn + 1 };
    }

    /// Takes as many samples as there are, at most what `out` holds.
    pub(super) fn take(&mut self, out: &mut [i16]) -> usize {
        let count = self.ready().min(out.len());
        convert(&self.window[self.taken..self.taken + count], out);
        self.taken += count;
        count
    }

    /// Moves what is still needed to the front.
    #[cold]
    fn move_down(&mut self) {
        let end = (self.next + TAPS).min(WINDOW);
        self.window.copy_within(self.taken..end, 0);
        self.window[end - self.taken..].fill(0.0);
        self.next -= self.taken;
        self.taken = 0;
    }
}

/// Not inlined: alone, its arguments are known not to overlap, and it is nothing but vector code.
#[inline(never)]
fn add(samples: &mut [f32; TAPS], place: &Place, symbol: Complex) {
    for ((sample, p), q) in samples.iter_mut().zip(&place.in_phase).zip(&place.quadrature) {
        *sample += symbol.re * p + symbol.im * q;
    }
}

/// As [`Modem::ALL`].
static PULSES: [LazyLock<Pulses>; Modem::ALL.len()] = [
    LazyLock::new(|| Pulses::new(Modem::ALL[0])),
    LazyLock::new(|| Pulses::new(Modem::ALL[1])),
    LazyLock::new(|| Pulses::new(Modem::ALL[2])),
    LazyLock::new(|| Pulses::new(Modem::ALL[3])),
    LazyLock::new(|| Pulses::new(Modem::ALL[4])),
    LazyLock::new(|| Pulses::new(Modem::ALL[5])),
    LazyLock::new(|| Pulses::new(Modem::ALL[6])),
    LazyLock::new(|| Pulses::new(Modem::ALL[7])),
];

impl Pulses {
    /// The pulses of a modem. The first call for each modem allocates.
    fn of(modem: &'static Modem) -> &'static Self {
        let at = Modem::ALL.iter().position(|known| known.opening == modem.opening);
        &PULSES[at.unwrap_or(0)]
    }

    fn new(modem: &Modem) -> Self {
        let (samples, symbols) = modem.samples_per_symbol();
        let (turns, denominator) = modem.turns_per_symbol();
        Self {
            places: places(modem),
            carrier: (0..denominator)
                .map(|n| Phase::from_turns(f64::from(n * turns % denominator) / f64::from(denominator)))
                .map(Phase::point)
                .collect(),
            run_out: (TAPS * symbols as usize).div_ceil(samples as usize),
        }
    }
}

/// The pulses of all places.
fn places(modem: &Modem) -> Vec<Place> {
    let (samples, symbols) = modem.samples_per_symbol();
    let (samples, symbols) = (samples as usize, symbols as usize);
    // In steps of which `symbols` are a sample and `samples` a symbol.
    let centre = DELAY * symbols;
    let pulse = Pulse::new(f64::from(modem.roll_off), samples, centre + symbols - 1);
    // Half of the symbols' mean power is in the real part.
    let gain = (2.0 / f64::from(modem.mean_power())).sqrt();
    let place = |number: usize| {
        let centre = (centre + number * samples % symbols) as isize;
        let tap = |n: usize| {
            let steps = (n * symbols) as isize - centre;
            let seconds = steps as f64 / f64::from(SAMPLE_RATE) / symbols as f64;
            let carrier = Phase::from_turns(f64::from(modem.carrier.0) * seconds).point();
            carrier.scale((gain * pulse.at(steps)) as f32)
        };
        Place {
            in_phase: core::array::from_fn(|n| tap(n).re),
            quadrature: core::array::from_fn(|n| -tap(n).im),
            advance: (number + 1) * samples / symbols - number * samples / symbols,
        }
    };
    (0..symbols).map(place).collect()
}

#[inline(never)]
fn convert(samples: &[f32], out: &mut [i16]) {
    for (out, &sample) in out.iter_mut().zip(samples) {
        *out = to_sample(sample);
    }
}

/// To the nearest integer, halves to even; what is too large is cut off.
#[inline]
pub(crate) fn to_sample(value: f32) -> i16 {
    /// Added to a float below 2^22 it leaves no bits for fractions, and the integer stands in the low
    /// bits of the sum: a conversion in vector registers.
    const ROUND: f32 = 12_582_912.0;
    let limit = f32::from(i16::MAX);
    let value = if value > limit { limit } else { value };
    let value = if value < -limit { -limit } else { value };
    (value + ROUND).to_bits() as i16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_rounded_and_cut_off() {
        for value in [0.0, 0.4, -0.4, 0.6, -0.6, 1.5, 2.5, -1.5, 32766.7, -32766.7, 12345.0] {
            assert_eq!(f32::from(to_sample(value)), value.round_ties_even());
        }
        assert_eq!([to_sample(1e9), to_sample(-1e9)], [i16::MAX, -i16::MAX]);
    }
}
