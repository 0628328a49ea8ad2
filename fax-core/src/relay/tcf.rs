//! TCF by method 1: it does not cross the network. The gateway at the sender judges it, the one at the
//! receiver makes its own.
//!
//! From: T.38 8.1 (data rate management method 1), T.30 5.3.6.1.4 (1.5 s of zeros).

use crate::signal::{Chunk, Opening, Signal};
use crate::time::Span;

/// Who carries TCF.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TcfMethod {
    /// Method 1: each gateway its own.
    Local,
    /// Method 2: it passes like a page, and the two machines judge it.
    #[default]
    Transferred,
}

/// How long a TCF lasts (T.30 5.3.6.1.4).
const TCF: Span = Span::from_millis(1500);
/// Zeros in a row that make a good one.
const GOOD: Span = Span::from_millis(1000);

/// Judges a TCF as it comes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct TcfJudge {
    run: u32,
    longest: u32,
    /// Zeros that are needed.
    needed: u32,
}

impl TcfJudge {
    /// A carrier came up that brings a TCF.
    pub(super) fn begin(&mut self, opening: Opening) {
        let needed = u64::from(opening.bit_rate().0) * GOOD.micros() / 1_000_000;
        *self = Self { run: 0, longest: 0, needed: needed as u32 };
    }

    /// The next bits of it.
    pub(super) fn bits(&mut self, chunk: &Chunk) {
        for bit in chunk.iter_bits() {
            self.run = if bit { 0 } else { self.run.saturating_add(1) };
            self.longest = self.longest.max(self.run);
        }
    }

    /// Whether the last TCF was good enough for its rate.
    pub(super) fn is_good(&self) -> bool {
        self.longest >= self.needed
    }
}

/// A TCF, to be said.
pub(super) fn tcf(opening: Opening) -> impl Iterator<Item = Signal> {
    let octets = (u64::from(opening.bit_rate().0) * TCF.micros() / 8_000_000) as usize;
    let zeros = (0..octets.div_ceil(Chunk::CAPACITY)).map(move |n| {
        let left = (octets - n * Chunk::CAPACITY).min(Chunk::CAPACITY);
        Signal::Bits(Chunk::from_octets(&[0; Chunk::CAPACITY][..left]))
    });
    [Signal::Begin(opening)].into_iter().chain(zeros).chain([Signal::End, Signal::Silence])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signal::V29Rate;

    const OPENING: Opening = Opening::V29(V29Rate::R9600);

    #[test]
    fn what_is_made_is_judged_as_good_and_what_is_broken_is_not() {
        let mut judge = TcfJudge::default();
        judge.begin(OPENING);
        assert!(!judge.is_good());
        let signals: Vec<Signal> = tcf(OPENING).collect();
        let bits: usize = signals
            .iter()
            .map(|signal| if let Signal::Bits(chunk) = signal { chunk.len_bits() } else { 0 })
            .sum();
        assert_eq!(bits, 14_400);
        for signal in &signals {
            if let Signal::Bits(chunk) = signal {
                judge.bits(chunk);
            }
        }
        assert!(judge.is_good());
        judge.begin(OPENING);
        (0..100).for_each(|_| judge.bits(&Chunk::from_octets(&[0, 0, 0, 0, 1])));
        assert!(!judge.is_good());
    }
}
