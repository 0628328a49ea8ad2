//! From symbols to samples: one pulse a symbol, added where it belongs.

use crate::pulse::Pulse;
use crate::table::Modem;
use fax_core::maths::{Complex, Phase};
use fax_core::{Dbm0, SAMPLE_RATE};

/// Lays symbols down as pulses on a window of samples.
///
/// Symbols come every 10/3, 5 or 20/3 samples, so a symbol's centre has one of at most three places
/// between two samples; for each there is a pulse that has the carrier in it, with phase zero at its
/// centre. The carrier's phase at the centres runs through a table too: clock and carrier are exact.
#[derive(Clone, Debug)]
pub(super) struct Shaper {
    /// For each place: blocks of [`LANES`] in-phase taps and as many quadrature taps, negated.
    pulses: Vec<f32>,
    /// Samples of a pulse, a multiple of [`LANES`].
    taps: usize,
    /// Whole samples from a symbol's pulse to the next one's, for each place.
    advances: Vec<usize>,
    /// Carrier at the centres of successive symbols.
    carrier: Vec<Complex>,
    place: usize,
    turn: usize,
    window: Box<[f32; WINDOW]>,
    /// Where the next pulse begins; what stands before will not change.
    next: usize,
    /// What has been taken.
    taken: usize,
    run_out: usize,
}

/// Samples computed side by side.
const LANES: usize = 8;

/// Room for many chunks, so that the window is seldom moved.
const WINDOW: usize = 1024;

impl Shaper {
    /// The most samples that may be waited for at once.
    pub(super) const CHUNK: usize = 240;

    pub(super) fn new(modem: &Modem, level: Dbm0) -> Self {
        let (steps, places) = modem.samples_per_symbol();
        let (steps, places) = (steps as usize, places as usize);
        let taps = (steps * pulse_symbols(modem)).div_ceil(places).next_multiple_of(LANES);
        let (turns, denominator) = modem.turns_per_symbol();
        Self {
            pulses: pulses(modem, level, taps),
            taps,
            advances: (0..places).map(|n| (n + 1) * steps / places - n * steps / places).collect(),
            carrier: (0..denominator)
                .map(|n| Phase::from_turns(f64::from(n * turns % denominator) / f64::from(denominator)))
                .map(|phase| phase.advance(modem.start_phase).point())
                .collect(),
            place: 0,
            turn: 0,
            window: Box::new([0.0; WINDOW]),
            next: 0,
            taken: 0,
            run_out: (taps * places).div_ceil(steps),
        }
    }

    /// Forgets all symbols: the next one is the first of a burst.
    pub(super) fn reset(&mut self) {
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
        self.taps / 2 - 1
    }

    /// Symbols of silence after which the last pulse is over.
    pub(super) const fn run_out(&self) -> usize {
        self.run_out
    }

    /// Adds a symbol.
    #[inline]
    pub(super) fn lay(&mut self, symbol: Complex) {
        if self.next + self.taps > WINDOW {
            self.move_down();
        }
        if symbol != Complex::ZERO {
            let Complex { re, im } = symbol * self.carrier[self.turn];
            let pulse = &self.pulses[self.place * 2 * self.taps..][..2 * self.taps];
            let samples = &mut self.window[self.next..][..self.taps];
            for (samples, pulse) in samples.chunks_exact_mut(LANES).zip(pulse.chunks_exact(2 * LANES)) {
                for lane in 0..LANES {
                    samples[lane] += re * pulse[lane] + im * pulse[LANES + lane];
                }
            }
        }
        self.next += self.advances[self.place];
        self.place = if self.place + 1 == self.advances.len() { 0 } else { self.place + 1 };
        self.turn = if self.turn + 1 == self.carrier.len() { 0 } else { self.turn + 1 };
    }

    /// Takes as many samples as there are, at most what `out` holds.
    pub(super) fn take(&mut self, out: &mut [i16]) -> usize {
        let count = self.ready().min(out.len());
        for (out, &sample) in out.iter_mut().zip(&self.window[self.taken..self.taken + count]) {
            *out = to_sample(sample);
        }
        self.taken += count;
        count
    }

    /// Moves what is still needed to the front.
    fn move_down(&mut self) {
        let end = (self.next + self.taps).min(WINDOW);
        self.window.copy_within(self.taken..end, 0);
        self.window[end - self.taken..].fill(0.0);
        self.next -= self.taken;
        self.taken = 0;
    }
}

/// Symbols a pulse lasts. The smaller the roll-off, the slower it falls.
fn pulse_symbols(modem: &Modem) -> usize {
    4 + (2.0 / modem.roll_off) as usize
}

/// The pulses with carrier for each place of a centre between samples, scaled to the level.
fn pulses(modem: &Modem, level: Dbm0, taps: usize) -> Vec<f32> {
    let (steps, places) = modem.samples_per_symbol();
    let (steps, places) = (steps as usize, places as usize);
    let centre = (taps / 2 - 1) * places;
    let pulse = Pulse::new(f64::from(modem.roll_off), steps, centre + places - 1);
    // Half of the symbols' mean power is in the real part.
    let gain = f64::from(level.rms()) * (2.0 / f64::from(modem.mean_power())).sqrt();
    let mut all = Vec::with_capacity(places * 2 * taps);
    for place in 0..places {
        let offset = (centre + place * steps % places) as isize;
        let steps_from_centre = |n: usize| (n * places) as isize - offset;
        for block in (0..taps).step_by(LANES) {
            let envelope = |n| gain * pulse.at(steps_from_centre(n));
            let turns = |n| {
                let seconds = steps_from_centre(n) as f64 / f64::from(SAMPLE_RATE) / places as f64;
                Phase::from_turns(f64::from(modem.carrier.0) * seconds).point()
            };
            all.extend((block..block + LANES).map(|n| envelope(n) as f32 * turns(n).re));
            all.extend((block..block + LANES).map(|n| -envelope(n) as f32 * turns(n).im));
        }
    }
    all
}

/// To the nearest integer, halves to even; what is too large is cut off.
#[inline]
fn to_sample(value: f32) -> i16 {
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
