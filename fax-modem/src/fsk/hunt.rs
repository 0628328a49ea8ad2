//! Looks for the beginning of a V.21 signal: flags (T.30) or the ten ones and the synchronisation of
//! a V.8 message.
//!
//! In two steps. Four times a bit the difference of the two tones' powers is correlated with the
//! pattern, which needs neither phase nor frequency and is cheap. Where that shows something, the
//! bits of the pattern are added up as one continuous carrier, over all frequencies that may be:
//! only V.21 stays in phase over dozens of bits of two tones.

use super::front::PER_BIT;
use super::tones::{Tones, after};
use super::track::Found;
use fax_core::maths::{Complex, PI};

/// What a receiver waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Preamble {
    /// HDLC flags: T.30.
    Flags,
    /// Ten ones and the synchronisation octet of CI, CM or JM: V.8 5.1.
    V8,
}

/// Values of the envelope kept: 128 bits, so that a preamble found late is followed to its start.
const KEPT: usize = 1024;

/// Values between two looks: a quarter of a bit.
const GRID: usize = 2;
const PER_BIT_LOOKS: usize = PER_BIT / GRID;
const LOOKS: usize = 256;

#[derive(Clone, Debug)]
pub(super) struct Hunt {
    patterns: &'static [Pattern],
    /// The envelope, written twice so that every window stands in one piece.
    envelope: Vec<Complex>,
    /// Values taken.
    taken: u64,
    /// Looks since the hunt began.
    looks: u64,
    /// Difference and sum of the two tones' powers in the bit that ended at each look.
    difference: [f32; LOOKS],
    sum: [f32; LOOKS],
    best: Option<Candidate>,
}

/// What a signal may begin with.
#[derive(Debug)]
struct Pattern {
    /// The bits, the first in bit 0.
    bits: u64,
    len: usize,
    /// Least contrast of the tones' powers that is worth a closer look, and least coherence then.
    contrast: f32,
    coherence: f32,
    /// Whether all its bits being plain is enough without coherence: the modulator's phase may jump.
    plain: bool,
    /// Whether the pattern may have been there longer; then it repeats every eight bits.
    repeats: bool,
}

const FLAGS: &[Pattern] = &[
    Pattern { bits: 0x7E7E_7E7E, len: 32, contrast: 0.3, coherence: 0.6, plain: true, repeats: true },
    Pattern { bits: 0x7E_7E7E, len: 24, contrast: 0.6, coherence: 0.75, plain: false, repeats: true },
];

const V8: &[Pattern] = &[
    // Ten ones, then 0 00000111 1.
    Pattern { bits: 0xF_03FF, len: 20, contrast: 0.5, coherence: 0.72, plain: true, repeats: false },
    // Ten ones, then 0 00000000 1.
    Pattern { bits: 0x8_03FF, len: 20, contrast: 0.5, coherence: 0.72, plain: true, repeats: false },
];

/// A pattern found; kept until one more look has not found it better.
#[derive(Clone, Copy, Debug)]
struct Candidate {
    pattern: &'static Pattern,
    /// Looks taken when its last bit had come.
    look: u64,
    fit: Fit,
    patience: u8,
}

/// How well a pattern stands at a place.
#[derive(Clone, Copy, Debug)]
struct Fit {
    /// Bits in which the tone that should be there is at least twice as strong as the other.
    plain: usize,
    /// Power of the pattern as one carrier, relative to what its bits hold.
    coherence: f32,
    /// Magnitude squared of the sum, to compare places.
    power: f32,
    /// Turn of the carrier over a bit, radians.
    turn: f32,
    /// Mean correlation of a bit, phase at the beginning of the first bit.
    carrier: Complex,
}

/// A signal found, and how good it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Catch {
    pub(super) found: Found,
    /// Noise power relative to the signal's over a bit.
    pub(super) noise: f32,
}

impl Hunt {
    pub(super) fn new(preamble: Preamble) -> Self {
        Self {
            patterns: match preamble {
                Preamble::Flags => FLAGS,
                Preamble::V8 => V8,
            },
            envelope: vec![Complex::ZERO; 2 * KEPT],
            taken: 0,
            looks: 0,
            difference: [0.0; LOOKS],
            sum: [0.0; LOOKS],
            best: None,
        }
    }

    /// Values taken since construction.
    pub(super) const fn taken(&self) -> u64 {
        self.taken
    }

    /// Keeps the next value of the envelope.
    pub(super) fn keep(&mut self, value: Complex) {
        let place = self.taken as usize % KEPT;
        self.envelope[place] = value;
        self.envelope[place + KEPT] = value;
        self.taken += 1;
    }

    /// A value kept before; `at` is less than [`KEPT`] values old.
    pub(super) fn value(&self, at: u64) -> Complex {
        self.envelope[at as usize % KEPT]
    }

    /// Begins anew: what came before does not count.
    pub(super) fn restart(&mut self) {
        self.looks = 0;
        self.best = None;
        self.difference = [0.0; LOOKS];
        self.sum = [0.0; LOOKS];
    }

    /// Looks at the newest values; to be called after each of them.
    pub(super) fn look(&mut self) -> Option<Catch> {
        if !self.taken.is_multiple_of(GRID as u64) {
            return None;
        }
        let tones = self.tones_ending(self.taken);
        let (space, mark) = (tones.space.norm_sqr(), tones.mark.norm_sqr());
        let place = self.looks as usize % LOOKS;
        self.difference[place] = mark - space;
        self.sum[place] = mark + space;
        self.looks += 1;
        for pattern in self.patterns {
            self.try_pattern(pattern);
        }
        let best = self.best.as_mut()?;
        if best.patience > 0 {
            best.patience -= 1;
            return None;
        }
        let best = self.best.take()?;
        Some(self.catch(&best))
    }

    fn try_pattern(&mut self, pattern: &'static Pattern) {
        if self.looks < (pattern.len * PER_BIT_LOOKS) as u64 {
            return;
        }
        let contrast = self.contrast(pattern);
        if contrast < pattern.contrast {
            return;
        }
        let fit = self.fit(pattern, self.taken);
        if fit.coherence < pattern.coherence && !(pattern.plain && fit.plain == pattern.len) {
            return;
        }
        let better = self.best.is_none_or(|best| fit.power > best.fit.power);
        if better {
            self.best = Some(Candidate { pattern, look: self.looks, fit, patience: 2 });
        }
    }

    /// Mean power difference of the tones in the pattern's ones less that in its zeros, relative to
    /// the mean power of both: 0 for noise and for any steady tone, 1.4 for the pattern.
    fn contrast(&self, pattern: &Pattern) -> f32 {
        let (mut ones, mut zeros, mut power) = (0.0, 0.0, 0.0);
        let newest = self.looks as usize - 1;
        for back in 0..pattern.len {
            let place = (newest - back * PER_BIT_LOOKS) % LOOKS;
            let one = pattern.bits >> (pattern.len - 1 - back) & 1 == 1;
            *(if one { &mut ones } else { &mut zeros }) += self.difference[place];
            power += self.sum[place];
        }
        let count = pattern.bits.count_ones() as f32;
        let len = pattern.len as f32;
        (ones / count - zeros / (len - count)) * len / (power + LEAST_POWER)
    }

    /// Adds up the pattern that ends at value `end` as one carrier.
    fn fit(&self, pattern: &Pattern, end: u64) -> Fit {
        let mut carriers = [Complex::ZERO; 64];
        let (mut power, mut plain) = (0.0, 0);
        let mut phase = Complex::ONE;
        for (n, carrier) in carriers.iter_mut().take(pattern.len).enumerate() {
            let bit = pattern.bits >> n & 1 == 1;
            let tones = self.tones_ending(end - ((pattern.len - 1 - n) * PER_BIT) as u64);
            *carrier = tones.of_bit(bit) * phase.conj();
            power += carrier.norm_sqr();
            plain += usize::from(carrier.norm_sqr() > 2.0 * tones.of_bit(!bit).norm_sqr());
            phase = after(phase, bit);
        }
        let carriers = &carriers[..pattern.len];
        let (turn, sum) = strongest(carriers);
        let len = pattern.len as f32;
        Fit {
            plain,
            coherence: sum.norm_sqr() / (len * power + LEAST_POWER),
            power: sum.norm_sqr(),
            turn,
            carrier: sum.scale(1.0 / len),
        }
    }

    fn tones_ending(&self, end: u64) -> Tones {
        let first = (end as usize + KEPT - PER_BIT) % KEPT;
        Tones::of(&self.envelope[first..first + PER_BIT])
    }

    /// Turns a candidate into the place where the tracker begins.
    fn catch(&self, best: &Candidate) -> Catch {
        let pattern = best.pattern;
        let end = self.taken - (self.looks - best.look) * GRID as u64;
        let sides = [end - 1, end + 1].map(|end| self.fit(pattern, end).power);
        let shift = peak(sides[0], best.fit.power, sides[1]).clamp(-0.99, 0.99);
        let coherent = best.fit.coherence >= pattern.coherence;
        let mut first = end - (pattern.len * PER_BIT) as u64;
        let turn = if coherent { best.fit.turn / PER_BIT as f32 } else { 0.0 };
        let mut carrier = best.fit.carrier;
        if !coherent {
            carrier = Complex::new((self.mean_power(pattern) * 0.85).sqrt(), 0.0);
        }
        let len = pattern.len as f32;
        let signal = ((len * best.fit.coherence - 1.0) / (len - 1.0)).clamp(0.01, 1.0);
        if pattern.repeats {
            let earlier = self.flags_before(first, coherent, carrier.norm_sqr());
            first = first.saturating_sub((earlier * 8 * PER_BIT) as u64);
            // Two thirds of a turn forth for six ones and back for two zeros: a third for each flag.
            let angle = -f64::from(best.fit.turn) * 8.0 * earlier as f64
                + f64::from(earlier as u32) * 4.0 * 2.0 * PI / 3.0;
            carrier = carrier * Complex::unit(angle);
        }
        let (at, late) =
            if shift < 0.0 && first > 0 { (first - 1, shift + 1.0) } else { (first, shift.max(0.0)) };
        Catch { found: Found { at, late, turn, carrier, coherent }, noise: (1.0 - signal) / signal }
    }

    fn mean_power(&self, pattern: &Pattern) -> f32 {
        let newest = self.looks as usize - 1;
        let powers = (0..pattern.len).map(|back| self.sum[(newest - back * PER_BIT_LOOKS) % LOOKS]);
        powers.sum::<f32>() / pattern.len as f32
    }

    /// Flags that stand right before value `first`, at least half as strong.
    fn flags_before(&self, first: u64, coherent: bool, power: f32) -> usize {
        const FLAG: Pattern =
            Pattern { bits: 0x7E, len: 8, contrast: 0.0, coherence: 0.0, plain: false, repeats: true };
        let oldest = self.taken.saturating_sub(KEPT as u64 - 16);
        let mut flags = 0;
        while coherent {
            let Some(end) = first.checked_sub((flags * 8 * PER_BIT) as u64) else { break };
            if end < oldest + 8 * PER_BIT as u64 + 2 {
                break;
            }
            let fit = self.fit(&FLAG, end);
            if fit.coherence < 0.6 || fit.carrier.norm_sqr() < 0.4 * power {
                break;
            }
            flags += 1;
        }
        flags
    }
}

/// Far below any signal: a tone of peak 1 has 64 over a bit.
const LEAST_POWER: f32 = 1.0;

/// The turn over a bit at which the sum is strongest, within 80 Hz, and the sum there.
fn strongest(carriers: &[Complex]) -> (f32, Complex) {
    /// Radians: 80 Hz in steps of 5 Hz, over a bit.
    const STEP: f64 = 2.0 * PI * 5.0 / 300.0;
    const STEPS: i32 = 16;
    let sum_at = |turn: f64| {
        let step = Complex::unit(-turn);
        // Horner's rule from the last bit to the first.
        carriers.iter().rev().fold(Complex::ZERO, |sum, carrier| sum * step + *carrier)
    };
    let (mut best, mut best_power) = (0, -1.0);
    let mut powers = [0.0; 2 * STEPS as usize + 1];
    for (n, power) in powers.iter_mut().enumerate() {
        *power = sum_at(f64::from(n as i32 - STEPS) * STEP).norm_sqr();
        if *power > best_power {
            (best, best_power) = (n, *power);
        }
    }
    let (before, behind) = (best.checked_sub(1).and_then(|n| powers.get(n)), powers.get(best + 1));
    let shift = match (before, behind) {
        (Some(before), Some(behind)) => peak(*before, best_power, *behind),
        _ => 0.0,
    };
    let turn = (f64::from(best as i32 - STEPS) + f64::from(shift)) * STEP;
    (turn as f32, sum_at(turn))
}

/// Where the parabola through three neighbours has its top, relative to the middle one.
fn peak(before: f32, middle: f32, behind: f32) -> f32 {
    let bend = 2.0 * middle - before - behind;
    if bend <= 0.0 { 0.0 } else { ((behind - before) / (2.0 * bend)).clamp(-1.0, 1.0) }
}
