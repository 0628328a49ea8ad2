//! Leaves fill out of a page on its way into packets, where both ends have agreed on it.
//!
//! A run of zeros longer than any inside a row is fill with the EOL behind it. What goes is only the excess;
//! the far gateway puts back what its machine needs (`relay::row_pacer`).
//!
//! From: T.38 T38FaxFillBitRemoval, T.4 4.1.3; field note IFP-22.
//! Always: never in a TCF, never in ECM; nothing but zeros goes.

use super::tape::{Mark, Tape};
use crate::line::Line;
use crate::signal::{Chunk, Signal};

/// The longest run of zeros that is no fill: three at the end of a code word and eleven of an EOL.
const RUN: u32 = 14;

/// A page on its way into packets.
#[derive(Clone, Debug, Default)]
pub(super) struct FillRemover {
    zeros: u32,
    /// Bits that have not left.
    kept: Chunk,
    removed: u32,
}

impl FillRemover {
    /// Octets of fill left out so far.
    pub(super) fn removed(&self) -> u32 {
        self.removed / 8
    }

    /// Says the next piece. Returns whether anything was done, so that there may be more to do.
    pub(super) fn step(&mut self, tape: &mut Tape, line: &mut impl Line) -> bool {
        let ended = tape.mark_here().is_some_and(|here| here.mark == Mark::End);
        let full = self.kept.len_bits() > 8 * (Chunk::CAPACITY - 2);
        if full || ended && !self.kept.is_empty() {
            let (whole, rest) = if ended { (self.kept, Chunk::EMPTY) } else { split(&self.kept) };
            let said = whole.len_bits() <= line.room().bits && line.say(Signal::Bits(whole)).is_ok();
            if said {
                self.kept = rest;
            }
            return said;
        }
        if tape.octets_here() == 0 {
            return false;
        }
        let Some(octet) = tape.octet(0) else { return false };
        tape.pass(1);
        for bit in (0..8).rev().map(|n| octet >> n & 1 == 1) {
            self.zeros = if bit { 0 } else { self.zeros.saturating_add(1) };
            if self.zeros > RUN {
                self.removed = self.removed.saturating_add(1);
            } else {
                self.kept.push_bit(bit);
            }
        }
        true
    }
}

/// Whole octets, and the bits behind them.
fn split(chunk: &Chunk) -> (Chunk, Chunk) {
    let whole = Chunk::from_octets(&chunk.octets()[..chunk.len_bits() / 8]);
    let mut rest = Chunk::EMPTY;
    chunk.iter_bits().skip(whole.len_bits()).for_each(|bit| _ = rest.push_bit(bit));
    (whole, rest)
}
