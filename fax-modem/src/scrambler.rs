//! The self-synchronising scramblers of the fast modems, and their inverses.
//!
//! From: V.17 4 and V.29 7 (1 + x^-18 + x^-23); V.27ter 9 with V.27 appendix I (1 + x^-6 + x^-7 with
//! a guard against repetition).
//! Always: the descrambler is right from the 23rd (V.27ter: 12th) received bit on, whatever it held.
//! V.27ter's guard count needs a stretch without guard to come right; see [`Guard`].

/// Which scrambler a modem runs, and what its register holds at first use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScramblerKind {
    /// The two distances back whose outputs are added to the input, the shorter first.
    taps: [u8; 2],
    /// The register at first use; bit 0 is the newest output.
    seed: u32,
    guard: Option<Guard>,
}

/// Watches for output that repeats itself, and breaks the repetition (V.27ter 9).
///
/// A count, zero at first use, says for how many bits in a row the output was equal to at least one
/// of the outputs `watch` places before. At `limit` the next output bit is inverted and the count
/// starts again, without a comparison for that bit. On random data this happens once in about 770
/// bits; on constant zeros, ones or flags never. The count of a descrambler agrees with the sender's
/// from the first bit on that differs from all watched ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Guard {
    /// Distances at which a repetition counts.
    pub watch: [u8; 3],
    /// Repeating bits before one is inverted.
    pub limit: u8,
}

impl ScramblerKind {
    /// V.29 clause 7 (register zero at segment 4, appendix II).
    pub const V29: Self = Self { taps: [18, 23], seed: 0, guard: None };

    /// V.17 clause 4. The seed makes scrambled ones begin as table 4 prints them.
    pub const V17: Self = Self { taps: [18, 23], seed: 0x2E_CDD5, guard: None };

    /// V.27ter clause 9; seed 0011110, right-hand digit first (appendix I).
    pub const V27TER: Self =
        Self { taps: [6, 7], seed: 0x3C, guard: Some(Guard { watch: [8, 9, 12], limit: 33 }) };

    /// What keeps the output from repeating itself, if anything does.
    pub const fn guard(self) -> Option<Guard> {
        self.guard
    }
}

/// Makes user bits look random: `out[n] = in[n] ^ out[n - a] ^ out[n - b]` for the taps a and b.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scrambler {
    line: LineBits,
}

/// Undoes a [`Scrambler`] from nothing but the line bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Descrambler {
    line: LineBits,
}

impl Scrambler {
    /// A scrambler at its first use.
    pub fn new(kind: ScramblerKind) -> Self {
        Self { line: LineBits::new(kind) }
    }

    /// Scrambles the low `count` bits, bit 0 first in time; at most 32. Bits above come out as zero.
    #[inline]
    pub fn scramble(&mut self, bits: u32, count: usize) -> u32 {
        if count > self.line.stride {
            return in_strides(self.line.stride, bits, count, |bits, count| self.scramble(bits, count));
        }
        let out = (bits ^ self.line.taps()) & mask(count);
        let out = out ^ self.line.inverted(out, count);
        self.line.push(out, count);
        out
    }

    /// The last 23 outputs; bit 0 is the newest.
    pub fn register(&self) -> u32 {
        self.line.register()
    }

    /// How far the guard has counted; zero without a guard.
    pub const fn guard_count(&self) -> u8 {
        self.line.count
    }
}

impl Descrambler {
    /// A descrambler in step with a scrambler at its first use.
    pub fn new(kind: ScramblerKind) -> Self {
        Self { line: LineBits::new(kind) }
    }

    /// A descrambler in step with what `scrambler` sends next, guard included: a receiver that knows
    /// the training starts its data from the training's scrambler.
    pub const fn in_step_with(scrambler: &Scrambler) -> Self {
        Self { line: scrambler.line }
    }

    /// Descrambles the low `count` line bits, bit 0 first in time; at most 32. Bits above come out as
    /// zero.
    #[inline]
    pub fn descramble(&mut self, bits: u32, count: usize) -> u32 {
        if count > self.line.stride {
            return in_strides(self.line.stride, bits, count, |bits, count| self.descramble(bits, count));
        }
        let line = bits & mask(count);
        let out = (line ^ self.line.taps()) & mask(count);
        let out = out ^ self.line.inverted(line, count);
        self.line.push(line, count);
        out
    }
}

/// Takes at most 32 bits through `step`, `stride` at a time.
#[cold]
fn in_strides(stride: usize, bits: u32, count: usize, mut step: impl FnMut(u32, usize) -> u32) -> u32 {
    let count = count.min(32);
    (0..count).step_by(stride).fold(0, |out, done| out | step(bits >> done, stride.min(count - done)) << done)
}

/// The last line bits and the guard's count: all the state that either direction has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct LineBits {
    /// The oldest bit that still counts in bit 0, the newest in bit `DEPTH - 1`: so the bits that act
    /// on the next few inputs stand in the order in which those come.
    past: u64,
    /// How far down the taps stand.
    taps: [u8; 2],
    /// Bits that depend only on earlier ones: as many as fit into the shorter tap.
    stride: usize,
    guard: Option<Guard>,
    count: u8,
}

/// Line bits that are kept.
const DEPTH: u8 = 23;

/// The low `count` bits, fewer than 32.
const fn mask(count: usize) -> u32 {
    (1 << count) - 1
}

impl LineBits {
    fn new(kind: ScramblerKind) -> Self {
        Self {
            past: reversed(kind.seed).into(),
            taps: kind.taps.map(|distance| DEPTH - distance),
            stride: kind.taps[0].into(),
            guard: kind.guard,
            count: 0,
        }
    }

    /// What the taps add to the next bits, the next one in bit 0.
    #[inline]
    const fn taps(&self) -> u32 {
        (self.past >> self.taps[0] ^ self.past >> self.taps[1]) as u32
    }

    /// The places at which the guard inverts `count` next bits. `line` is these bits on the line if
    /// it inverts none; an inverted bit acts on none of the others, as they are fewer than the
    /// shortest distance.
    #[inline]
    fn inverted(&mut self, line: u32, count: usize) -> u32 {
        self.guard.map_or(0, |guard| self.guarded(guard, line, count))
    }

    /// Not inlined: only V.27ter has a guard.
    #[inline(never)]
    fn guarded(&mut self, Guard { watch, limit }: Guard, line: u32, count: usize) -> u32 {
        let differs = watch
            .iter()
            .fold(mask(count), |all, &distance| all & (line ^ (self.past >> (DEPTH - distance)) as u32));
        let mut inverted = 0;
        for k in 0..count {
            if self.count >= limit {
                inverted |= 1 << k;
                self.count = 0;
            } else if differs >> k & 1 != 0 {
                self.count = 0;
            } else {
                self.count += 1;
            }
        }
        inverted
    }

    #[inline]
    const fn push(&mut self, line: u32, count: usize) {
        self.past = (self.past | (line as u64) << DEPTH) >> count;
    }

    const fn register(&self) -> u32 {
        reversed(self.past as u32)
    }
}

/// The register printed newest bit first, read oldest bit first, or the other way round.
const fn reversed(register: u32) -> u32 {
    register.reverse_bits() >> (32 - DEPTH)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The rule of the Recommendation, bit by bit, on a list of all past bits.
    struct Plain {
        kind: ScramblerKind,
        line: Vec<u32>,
        count: u8,
    }

    impl Plain {
        fn new(kind: ScramblerKind) -> Self {
            Self { kind, line: (0..32).rev().map(|n| kind.seed >> n & 1).collect(), count: 0 }
        }

        fn back(&self, distance: u8) -> u32 {
            self.line[self.line.len() - usize::from(distance)]
        }

        fn scramble(&mut self, bit: u32) -> u32 {
            let mut out = bit ^ self.back(self.kind.taps[0]) ^ self.back(self.kind.taps[1]);
            if let Some(Guard { watch, limit }) = self.kind.guard {
                if self.count == limit {
                    out ^= 1;
                    self.count = 0;
                } else if watch.iter().all(|&distance| self.back(distance) != out) {
                    self.count = 0;
                } else {
                    self.count += 1;
                }
            }
            self.line.push(out);
            out
        }
    }

    fn kinds() -> impl Strategy<Value = ScramblerKind> {
        prop::sample::select(vec![ScramblerKind::V17, ScramblerKind::V29, ScramblerKind::V27TER])
    }

    proptest! {
        #[test]
        fn the_descrambler_gives_back_what_was_scrambled(
            kind in kinds(),
            groups in prop::collection::vec((any::<u32>(), 0..=32_usize), 0..200),
        ) {
            let (mut scrambler, mut descrambler) = (Scrambler::new(kind), Descrambler::new(kind));
            let mut plain = Plain::new(kind);
            for (bits, count) in groups {
                let line = scrambler.scramble(bits, count);
                for k in 0..count {
                    prop_assert_eq!(line >> k & 1, plain.scramble(bits >> k & 1));
                }
                prop_assert_eq!(descrambler.descramble(line, count), bits & u32::MAX.unbounded_shr(32 - count as u32));
                prop_assert_eq!(scrambler.line, descrambler.line);
            }
        }

        #[test]
        fn a_descrambler_in_step_is_right_from_the_first_bit(
            kind in kinds(),
            before in prop::collection::vec(any::<u32>(), 0..20),
            after in prop::collection::vec(any::<u32>(), 0..20),
        ) {
            let mut scrambler = Scrambler::new(kind);
            for bits in before {
                scrambler.scramble(bits, 32);
            }
            let mut descrambler = Descrambler::in_step_with(&scrambler);
            for bits in after {
                prop_assert_eq!(descrambler.descramble(scrambler.scramble(bits, 32), 32), bits);
            }
        }

        #[test]
        fn a_descrambler_that_joins_late_comes_right_by_itself(
            kind in kinds(),
            missed in prop::collection::vec(any::<u32>(), 0..9),
            held in any::<u32>(),
            seed in any::<u32>(),
        ) {
            let (mut scrambler, mut late) = (Scrambler::new(kind), Descrambler::new(kind));
            late.descramble(held, 32);
            for bits in missed {
                scrambler.scramble(bits, 32);
            }
            // Random bits clear the guard's count within a few hundred bits.
            let mut state = seed | 1;
            for n in 0..64 {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let bits = state ^ state >> 16;
                let heard = late.descramble(scrambler.scramble(bits, 32), 32);
                if n == 0 && kind.guard.is_none() {
                    prop_assert_eq!(heard >> 23, bits >> 23);
                }
                if n >= 32 {
                    prop_assert_eq!(heard, bits);
                }
            }
        }
    }

    #[test]
    fn the_guard_fires_once_in_about_770_random_bits_and_never_on_idle_patterns() {
        let fired = |next: &mut dyn FnMut() -> u32, bits: u32| {
            let mut scrambler = Scrambler::new(ScramblerKind::V27TER);
            let mut fired = 0;
            for _ in 0..bits {
                let reached = scrambler.guard_count() == 33;
                scrambler.scramble(next(), 1);
                fired += u32::from(reached);
            }
            fired
        };
        let mut state = 1_u64;
        let mut random = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 63) as u32
        };
        let count = fired(&mut random, 4_000_000);
        assert!((730..800).contains(&(4_000_000 / count)), "one in {}", 4_000_000 / count);
        assert_eq!(fired(&mut || 0, 100_000), 0);
        assert_eq!(fired(&mut || 1, 100_000), 0);
        let mut n = 0;
        let mut flags = || {
            n += 1;
            0x7E >> (n % 8) & 1
        };
        assert_eq!(fired(&mut flags, 100_000), 0);
    }
}
