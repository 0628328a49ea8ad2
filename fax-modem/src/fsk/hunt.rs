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
pub(super) const GRID: usize = 2;
pub(super) const PER_BIT_LOOKS: usize = PER_BIT / GRID;
const LOOKS: usize = 1 << u8::BITS;

#[derive(Clone, Debug)]
pub(super) struct Hunt {
    patterns: &'static [Pattern],
    /// The envelope, its first values written again at the end, so that every bit stands in one piece.
    envelope: Box<[Complex; KEPT + PER_BIT]>,
    /// Values taken.
    taken: u64,
    /// Looks since the hunt began.
    looks: u64,
    /// Place of the newest look in the rings.
    newest: u8,
    /// The tones of the bit that ended at each look.
    tones: Box<[Tones; LOOKS]>,
    /// Difference and sum of their powers, added up over every fourth look since the hunt began.
    difference: Box<[f64; LOOKS]>,
    sum: Box<[f64; LOOKS]>,
    /// The difference in the ones of a flag that ended at each look, added up over every eighth bit.
    flag_ones: Box<[f64; LOOKS]>,
    turns: Turns,
    best: Option<Candidate>,
}

/// What a signal may begin with.
#[derive(Debug)]
struct Pattern {
    /// The bits, the first in bit 0.
    bits: u64,
    len: usize,
    /// Its runs of ones: first bit and the bit after the last, counted from the pattern's end; not
    /// needed where it repeats flags.
    ones: &'static [(usize, usize)],
    /// Length over number of ones and of zeros.
    weights: [f64; 2],
    /// Least contrast of the tones' powers that is worth a closer look, and least coherence then.
    contrast: f64,
    coherence: f32,
    /// Whether all its bits being plain is enough without coherence: the modulator's phase may jump.
    plain: bool,
    /// Whether it is made of flags; there may have been more before then.
    repeats: bool,
    /// Looks without a better place after which the best is taken.
    patience: u8,
}

const FLAGS: &[Pattern] = &[Pattern::flags(4, 0.62, 0.6), Pattern::flags(3, 0.85, 0.75)];

const V8: &[Pattern] = &[
    // CM and JM: ten ones, then 0 00000111 1.
    Pattern::v8(0xF_03FF, &[(20, 10), (4, 0)]),
    // CI: ten ones, then 0 00000000 1.
    Pattern::v8(0x8_03FF, &[(20, 10), (1, 0)]),
];

/// A flag by itself, for counting back.
const FLAG: Pattern = Pattern::flags(1, 0.0, 0.6);

impl Pattern {
    const fn flags(count: usize, contrast: f64, coherence: f32) -> Self {
        let bits = 0x7E7E_7E7E & ((1 << (8 * count)) - 1);
        let plain = count == 4;
        Self { contrast, coherence, plain, repeats: true, patience: 2, ..Self::of(bits, 8 * count, &[]) }
    }

    const fn v8(bits: u64, ones: &'static [(usize, usize)]) -> Self {
        Self { plain: true, patience: 8, ..Self::of(bits, 20, ones) }
    }

    const fn of(bits: u64, len: usize, ones: &'static [(usize, usize)]) -> Self {
        let count = bits.count_ones() as f64;
        let weights = [len as f64 / count, len as f64 / (len as f64 - count)];
        Self {
            bits,
            len,
            ones,
            weights,
            contrast: 0.65,
            coherence: 0.72,
            plain: false,
            repeats: false,
            patience: 0,
        }
    }
}

/// A pattern found; kept until one more look has not found it better.
#[derive(Clone, Copy, Debug)]
struct Candidate {
    pattern: &'static Pattern,
    /// Looks taken when its last bit had come.
    look: u64,
    fit: Fit,
    coherent: bool,
    patience: u8,
}

impl Candidate {
    /// To compare places; without coherence a place is only better than none.
    fn merit(&self) -> f32 {
        if self.coherent { self.fit.sum.norm_sqr() } else { self.fit.power }
    }
}

/// How well a pattern stands at a place.
#[derive(Clone, Copy, Debug)]
struct Fit {
    /// Bits in which the tone that should be there is clearly stronger than the other.
    plain: usize,
    /// Whether the last bit is one of these.
    last_plain: bool,
    /// Power of the weakest four bits, relative to the mean.
    evenness: f32,
    /// Power of the pattern as one carrier, relative to what its bits hold.
    coherence: f32,
    /// Sum of the powers of its bits.
    power: f32,
    /// Turn of the carrier over a bit, radians.
    turn: f32,
    /// Sum as one carrier, phase at the beginning of the first bit.
    sum: Complex,
}

impl Hunt {
    pub(super) fn new(preamble: Preamble) -> Self {
        Self {
            patterns: match preamble {
                Preamble::Flags => FLAGS,
                Preamble::V8 => V8,
            },
            envelope: Box::new([Complex::ZERO; KEPT + PER_BIT]),
            taken: 0,
            looks: 0,
            newest: 0,
            tones: Box::new([Tones::default(); LOOKS]),
            difference: Box::new([0.0; LOOKS]),
            sum: Box::new([0.0; LOOKS]),
            flag_ones: Box::new([0.0; LOOKS]),
            turns: Turns::new(),
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
        if place < PER_BIT {
            self.envelope[place + KEPT] = value;
        }
        self.taken += 1;
    }

    /// A value kept before; `at` is less than [`KEPT`] values old.
    pub(super) fn value(&self, at: u64) -> Complex {
        self.envelope[at as usize % KEPT]
    }

    /// Looks since the hunt began.
    pub(super) const fn looks(&self) -> u64 {
        self.looks
    }

    /// Value of the envelope before which the bit of the last look ended.
    pub(super) const fn last_look(&self) -> u64 {
        self.taken - self.taken % GRID as u64
    }

    /// The bit that ended `age` looks before the last.
    pub(super) fn tones(&self, age: usize) -> Tones {
        self.tones[self.newest.wrapping_sub(age as u8) as usize]
    }

    /// Begins anew: what came before does not count.
    pub(super) fn restart(&mut self) {
        self.looks = 0;
        self.best = None;
        self.difference.fill(0.0);
        self.sum.fill(0.0);
        self.flag_ones.fill(0.0);
    }

    /// Lets values pass that hold nothing.
    pub(super) fn skip(&mut self, values: u64) {
        self.envelope.fill(Complex::ZERO);
        self.taken += values;
        self.restart();
    }

    /// Looks at the newest values; to be called after each of them.
    pub(super) fn look(&mut self) -> Option<Found> {
        if !self.taken.is_multiple_of(GRID as u64) {
            return None;
        }
        let tones = self.tones_ending(self.taken);
        let (space, mark) = (tones.space.norm_sqr(), tones.mark.norm_sqr());
        self.newest = self.newest.wrapping_add(1);
        let (place, bit_before) = (self.place(0), self.place(1));
        self.tones[place] = tones;
        self.difference[place] = self.difference[bit_before] + f64::from(mark - space);
        self.sum[place] = self.sum[bit_before] + f64::from(mark + space);
        let ones = self.difference[self.place(1)] - self.difference[self.place(7)];
        self.flag_ones[place] = self.flag_ones[self.place(8)] + ones;
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
        let earlier = (pattern.len * PER_BIT_LOOKS) as u64;
        if self.looks <= earlier || !self.contrasts(pattern) {
            return;
        }
        let fit = self.fit(pattern, |bit| self.tones[self.place(bit)]);
        let coherent = fit.coherence >= pattern.coherence;
        let plain = pattern.plain && fit.plain == pattern.len;
        // Two tones in a row would do for the ones and zeros of CI but for the last bit.
        let closed = pattern.repeats || fit.last_plain;
        if !coherent && !plain || fit.evenness < LEAST_EVENNESS || !closed {
            return;
        }
        let candidate = Candidate { pattern, look: self.looks, fit, coherent, patience: pattern.patience };
        if self.best.is_none_or(|best| candidate.merit() > best.merit()) {
            self.best = Some(candidate);
        }
    }

    /// Where the rings hold the bit that is so many from the newest.
    const fn place(&self, bits_back: usize) -> usize {
        self.newest.wrapping_sub((bits_back * PER_BIT_LOOKS) as u8) as usize
    }

    /// Whether the tones' powers differ as in the pattern: their mean difference in its ones less
    /// that in its zeros, relative to the mean power of both, is 0 for noise and for any steady
    /// tone, and 1.4 for the pattern.
    fn contrasts(&self, pattern: &Pattern) -> bool {
        let between =
            |ring: &[f64; LOOKS], from: usize, to: usize| ring[self.place(to)] - ring[self.place(from)];
        let all = between(&self.difference, pattern.len, 0);
        let power = between(&self.sum, pattern.len, 0);
        let ones = if pattern.repeats {
            between(&self.flag_ones, pattern.len, 0)
        } else {
            pattern.ones.iter().map(|(from, to)| between(&self.difference, *from, *to)).sum()
        };
        let [ones_weight, zeros_weight] = pattern.weights;
        ones * ones_weight - (all - ones) * zeros_weight > pattern.contrast * (power + LEAST_POWER)
    }

    /// Adds up a pattern as one carrier; `tones` gives the bit that is so many from the last.
    fn fit(&self, pattern: &Pattern, tones: impl Fn(usize) -> Tones) -> Fit {
        let mut carriers = [Complex::ZERO; MOST_BITS];
        let (mut power, mut plain, mut least) = (0.0, 0, f32::MAX);
        let mut last_plain = false;
        let mut phase = Complex::ONE;
        let mut part = 0.0;
        for (n, carrier) in carriers.iter_mut().take(pattern.len).enumerate() {
            let bit = pattern.bits >> n & 1 == 1;
            let tones = tones(pattern.len - 1 - n);
            let size = tones.of_bit(bit).norm_sqr();
            *carrier = tones.of_bit(bit) * phase.conj();
            last_plain = size > 1.5 * tones.of_bit(!bit).norm_sqr();
            plain += usize::from(last_plain);
            phase = after(phase, bit);
            power += size;
            part += size;
            if n % PART == PART - 1 {
                least = least.min(part);
                part = 0.0;
            }
        }
        let carriers = &carriers[..pattern.len];
        let (turn, sum) = self.turns.strongest(carriers);
        let len = pattern.len as f32;
        Fit {
            plain,
            last_plain,
            evenness: least * len / (PART as f32 * power + 1.0),
            coherence: sum.norm_sqr() / (len * power + 1.0),
            power,
            turn,
            sum,
        }
    }

    /// The same at any value of the envelope.
    fn fit_ending(&self, pattern: &Pattern, end: u64) -> Fit {
        self.fit(pattern, |bit| self.tones_ending(end.wrapping_sub((bit * PER_BIT) as u64)))
    }

    fn tones_ending(&self, end: u64) -> Tones {
        let first = (end as usize + KEPT - PER_BIT) % KEPT;
        self.envelope[first..].first_chunk().map_or_else(Tones::default, Tones::of)
    }

    /// Turns a candidate into the place where the tracker begins.
    fn catch(&self, best: &Candidate) -> Found {
        let pattern = best.pattern;
        let end = self.taken - (self.looks - best.look) * GRID as u64;
        let coherent = best.coherent;
        let merit = |end| Candidate { fit: self.fit_ending(pattern, end), ..*best }.merit();
        let shift = peak(merit(end - 1), best.merit(), merit(end + 1)).clamp(-0.99, 0.99);
        let mut first = end - (pattern.len * PER_BIT) as u64;
        let turn = if coherent { best.fit.turn / PER_BIT as f32 } else { 0.0 };
        let len = pattern.len as f32;
        let mut carrier = if coherent {
            // A bit that is off by some hertz holds a little less, at the phase of its middle.
            let half = turn * (PER_BIT - 1) as f32 / 2.0;
            best.fit.sum.scale((1.0 + half * half / 6.0) / len) * Complex::unit(f64::from(-half))
        } else {
            Complex::new((best.fit.power / len).sqrt(), 0.0)
        };
        if pattern.repeats {
            let earlier = if coherent { self.flags_before(first, carrier.norm_sqr()) } else { 0 };
            first = first.saturating_sub((earlier * 8 * PER_BIT) as u64);
            // Two thirds of a turn forth for six ones and back for two zeros: a third for each flag.
            let angle = -f64::from(best.fit.turn) * 8.0 * earlier as f64
                + f64::from(earlier as u32) * 4.0 * 2.0 * PI / 3.0;
            carrier = carrier * Complex::unit(angle);
        }
        let (at, late) =
            if shift < 0.0 && first > 0 { (first - 1, shift + 1.0) } else { (first, shift.max(0.0)) };
        Found { at, late, turn, carrier, coherent }
    }

    /// Flags that stand right before value `first`, at least half as strong.
    fn flags_before(&self, first: u64, power: f32) -> usize {
        let oldest = self.taken.saturating_sub(KEPT as u64 - 16);
        let mut flags = 0;
        while let Some(end) = first.checked_sub((flags * 8 * PER_BIT) as u64) {
            if end < oldest + 8 * PER_BIT as u64 + 2 {
                break;
            }
            let fit = self.fit_ending(&FLAG, end);
            if fit.coherence < FLAG.coherence || fit.sum.norm_sqr() < 0.4 * 64.0 * power {
                break;
            }
            flags += 1;
        }
        flags
    }
}

/// Far below any signal: a tone of peak 1 has 64 over a bit.
const LEAST_POWER: f64 = 64.0;

/// Bits of the longest pattern; bits whose power is compared with the rest; and the least it may
/// have, so that the beginning of something loud after silence is not taken for the end of a pattern.
const MOST_BITS: usize = 32;
const PART: usize = 4;
const LEAST_EVENNESS: f32 = 0.3;

/// The frequencies that a carrier is looked for at: 69 Hz on either side in steps of 6 Hz. Pairs of
/// bits tell no more than 75 Hz apart.
#[derive(Clone, Debug)]
struct Turns {
    /// Turn backwards over two bits.
    re: [f32; Turns::COUNT],
    im: [f32; Turns::COUNT],
}

impl Turns {
    const COUNT: usize = 24;
    /// Radians over a bit.
    const STEP: f64 = 2.0 * PI * 6.0 / 300.0;

    fn new() -> Self {
        let turn = |n| Complex::unit(-2.0 * Self::turn(n, 0.0));
        Self { re: core::array::from_fn(|n| turn(n).re), im: core::array::from_fn(|n| turn(n).im) }
    }

    /// The turn over a bit at a place of the table.
    fn turn(n: usize, shift: f32) -> f64 {
        (n as f64 + f64::from(shift) - (Self::COUNT - 1) as f64 / 2.0) * Self::STEP
    }

    /// The turn over a bit at which the sum is strongest, and the sum there, phase at the first.
    fn strongest(&self, carriers: &[Complex]) -> (f32, Complex) {
        // Horner's rule from the last pair of bits to the first, all frequencies side by side.
        let (mut re, mut im) = ([0.0; Self::COUNT], [0.0; Self::COUNT]);
        for pair in carriers.chunks_exact(2).rev() {
            let pair = pair[0] + pair[1];
            for n in 0..Self::COUNT {
                let turned = re[n] * self.re[n] - im[n] * self.im[n];
                im[n] = re[n] * self.im[n] + im[n] * self.re[n] + pair.im;
                re[n] = turned + pair.re;
            }
        }
        let power = |n: usize| re[n] * re[n] + im[n] * im[n];
        let best = (0..Self::COUNT).fold(0, |best, n| if power(n) > power(best) { n } else { best });
        let shift = match best {
            1..=22 => peak(power(best - 1), power(best), power(best + 1)),
            _ => 0.0,
        };
        let coarse = Self::turn(best, shift);
        // What the carrier still turns from one half to the other is the rest of its frequency.
        let half = carriers.len() / 2;
        let [first, second] = [&carriers[..half], &carriers[half..]].map(|part| sum_at(coarse, part));
        let across = second * Complex::unit(-coarse * half as f64) * first.conj();
        let turn = coarse + f64::from(across.angle()) / half as f64;
        (turn as f32, sum_at(turn, carriers))
    }
}

/// The sum of the carriers, each turned back by `turn` more than the one before.
fn sum_at(turn: f64, carriers: &[Complex]) -> Complex {
    let step = Complex::unit(-turn);
    carriers.iter().rev().fold(Complex::ZERO, |sum, carrier| sum * step + *carrier)
}

/// Where the parabola through three neighbours has its top, relative to the middle one.
fn peak(before: f32, middle: f32, behind: f32) -> f32 {
    let bend = 2.0 * middle - before - behind;
    if bend <= 0.0 { 0.0 } else { ((behind - before) / (2.0 * bend)).clamp(-1.0, 1.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_frequency_of_a_carrier_is_found_all_over_the_range() {
        let turns = Turns::new();
        for hertz in (-68..=68).map(f64::from) {
            let turn = 2.0 * PI * hertz / 300.0;
            for len in [20, 24, 32] {
                let carriers: Vec<Complex> =
                    (0..len).map(|n| Complex::unit(1.0 + turn * f64::from(n)).scale(3.0)).collect();
                let (found, sum) = turns.strongest(&carriers);
                assert!((f64::from(found) - turn).abs() < 1e-3, "{hertz} Hz: {found} for {turn}");
                assert!((sum - Complex::unit(1.0).scale(3.0 * len as f32)).abs() < 0.1);
            }
        }
    }
}
