//! The information field of DIS, DTC and DCS as an array of bits.

use super::table::{Bit, Role};

/// Octets of the longest field that has a meaning.
pub(crate) const MAX: usize = 16;
/// Octets of the shortest one: there is no extension bit before the third.
const MIN: usize = 3;

/// 3 to 16 octets with their extension bits right. What is not there reads as 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bits {
    octets: [u8; MAX],
    length: u8,
}

impl Bits {
    /// Three octets of nothing.
    pub(super) const NONE: Self = Self { octets: [0; MAX], length: MIN as u8 };

    /// From the field of a frame, up to the first octet whose extension bit ends it; what some stations
    /// send behind it is ignored, what they announce and do not send reads as 0. `None` below three octets.
    pub(super) fn from_octets(field: &[u8]) -> Option<Self> {
        let mut bits = Self { octets: [0; MAX], length: 0 };
        for (place, octet) in bits.octets.iter_mut().zip(field) {
            *place = *octet;
            bits.length += 1;
            if usize::from(bits.length) >= MIN && octet & 1 == 0 {
                break;
            }
        }
        if usize::from(bits.length) < MIN {
            return None;
        }
        bits.put(usize::from(bits.length) - 1, 1, 0);
        Some(bits)
    }

    pub(super) fn octets(&self) -> &[u8] {
        self.octets.get(..usize::from(self.length)).unwrap_or(&self.octets)
    }

    pub(super) fn has(&self, bit: Bit) -> bool {
        self.octet(bit.octet()) & bit.mask() != 0
    }

    /// Sets or clears a bit. Extension bits are not for the caller.
    pub(super) fn set(&mut self, bit: Bit, value: bool) {
        if bit.row().dis == Role::Extension {
            return;
        }
        self.put(bit.octet(), bit.mask(), if value { bit.mask() } else { 0 });
    }

    /// An octet; 0 if it is not there.
    pub(super) fn octet(&self, index: usize) -> u8 {
        self.octets.get(index).copied().unwrap_or(0)
    }

    /// Replaces the bits of `mask` in one octet, and makes the field long enough to say so.
    pub(super) fn put(&mut self, index: usize, mask: u8, value: u8) {
        let Some(octet) = self.octets.get_mut(index) else { return };
        *octet = *octet & !mask | value & mask;
        if value & mask == 0 {
            return;
        }
        let last = index.max(usize::from(self.length).saturating_sub(1));
        for octet in self.octets.iter_mut().take(last).skip(MIN - 1) {
            *octet |= 1;
        }
        self.length = (last + 1) as u8;
    }
}
