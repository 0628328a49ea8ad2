//! The training check: 1.5 s of zeros at the rate of the pages to come.
//!
//! From: T.30 5.3.2.1 (TCF); the thresholds are field practice, for T.30 has none.

use crate::signal::{Chunk, Opening};
use crate::t30::fields::{Ecm, Terms};

/// Octets of zeros in a TCF.
pub(super) fn octets(opening: Opening) -> usize {
    opening.bit_rate().0 as usize * 3 / 2 / 8
}

/// A TCF as it comes in. What stands before and after the longest run of zeros does not hurt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tcf {
    pub(super) bits: u32,
    pub(super) longest: u32,
    run: u32,
}

impl Tcf {
    pub(super) fn take(&mut self, chunk: &Chunk) {
        self.bits = self.bits.saturating_add(chunk.len_bits() as u32);
        if chunk.octets().iter().all(|octet| *octet == 0) {
            self.run = self.run.saturating_add(chunk.len_bits() as u32);
        } else {
            for bit in chunk.iter_bits() {
                self.longest = self.longest.max(self.run);
                self.run = if bit { 0 } else { self.run.saturating_add(1) };
            }
        }
        self.longest = self.longest.max(self.run);
    }

    /// Whether a modem was trained at all: 0.1 s of bits came.
    pub(super) fn is_something(&self, opening: Opening) -> bool {
        self.bits >= opening.bit_rate().0 / 10
    }

    /// Zeros for 1 s; with ECM, which mends, for half of it.
    pub(super) fn is_good(&self, terms: &Terms) -> bool {
        let second = terms.opening.bit_rate().0;
        self.longest >= if terms.ecm == Ecm::Off { second } else { second / 2 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_run_of_zeros_counts_across_chunks() {
        let mut tcf = Tcf::default();
        tcf.take(&Chunk::from_octets(&[0x55, 0x55, 0x00]));
        tcf.take(&Chunk::from_octets(&[0; 32]));
        tcf.take(&Chunk::from_octets(&[0x01, 0x00]));
        assert_eq!((tcf.bits, tcf.longest), (24 + 256 + 16, 8 + 256 + 7));
    }

    #[test]
    fn a_tcf_lasts_a_second_and_a_half() {
        let lengths = Opening::ALL.map(octets);
        assert_eq!(lengths[1..], [450, 900, 1350, 1800, 1350, 1800, 2250, 2700]);
    }
}
