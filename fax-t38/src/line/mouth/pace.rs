//! How long things last on the far modem's line.

use fax_core::{BitRate, Opening, Span, Training, V27terRate};

/// Flags before the first frame of a fast burst: 200 ms, at most 300 (T.4 A.3).
pub(crate) const FAST_FLAGS: Span = Span::from_millis(200);

/// From an indicator to when the far modem can take data: its training, or for V.21 its preamble. T.30
/// allows 0.85 s of preamble; some terminal adapters need a second (IFP-10). V.29: 608 symbols of
/// 2400 a second (V.29 table 5); the others as measured on a deployed terminal.
pub(crate) const fn lead(opening: Opening) -> Span {
    Span::from_millis(match opening {
        Opening::V21 => 1000,
        Opening::V27ter(V27terRate::R2400) => 943,
        Opening::V27ter(V27terRate::R4800) => 708,
        Opening::V29(_) => 253,
        Opening::V17(_, Training::Long) => 1393,
        Opening::V17(_, Training::Short) => 142,
    })
}

/// How long so many bits last.
pub(crate) fn lasting(bits: usize, rate: BitRate) -> Span {
    Span::from_micros((bits as u64).saturating_mul(1_000_000) / u64::from(rate.0.max(1)))
}

/// How many whole octets pass in `span`.
pub(crate) fn octets_in(span: Span, rate: BitRate) -> usize {
    (span.micros().saturating_mul(u64::from(rate.0)) / 8_000_000) as usize
}

/// Counts the bits of a frame as HDLC sends it, a zero after each five ones (T.30 5.3.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Stuffing {
    ones: u8,
}

impl Stuffing {
    /// Two octets of check sequence and a flag.
    pub(crate) const END: usize = 24;

    /// Bits that these octets of a frame take.
    pub(crate) fn bits(&mut self, octets: &[u8]) -> usize {
        let bits = octets.iter().flat_map(|octet| (0..8).rev().map(move |n| octet >> n & 1 == 1));
        let inserted = bits.filter(|bit| self.is_inserted_after(*bit)).count();
        8 * octets.len() + inserted
    }

    fn is_inserted_after(&mut self, bit: bool) -> bool {
        self.ones = if bit { self.ones + 1 } else { 0 };
        let is_fifth = self.ones == 5;
        if is_fifth {
            self.ones = 0;
        }
        is_fifth
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zero_is_counted_after_five_ones_across_octets() {
        let mut stuffing = Stuffing::default();
        assert_eq!(stuffing.bits(&[0xFF]), 9);
        assert_eq!(stuffing.bits(&[0xC0]), 9, "three ones before and two here");
        assert_eq!(stuffing.bits(&[0xF0, 0xF8]), 17);
    }

    #[test]
    fn thirty_milliseconds_at_14_400_are_54_octets() {
        assert_eq!(octets_in(Span::from_millis(30), BitRate(14_400)), 54);
        assert_eq!(lasting(8 * 54, BitRate(14_400)), Span::from_millis(30));
    }
}
