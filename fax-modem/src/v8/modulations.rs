//! Sets of modulations, as V.8 numbers them.

use core::fmt;
use core::ops::{BitAnd, BitOr};

/// A set of modulations. Of those that both ends have, the one with the lowest number wins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Modulations(u16);

/// One modulation: where it stands in the modulation octets, and its name. In the order of V.8 table 4,
/// that is from best to worst.
struct Item {
    octet: u8,
    mask: u8,
    name: &'static str,
}

/// V.8 table 4.
static ITEMS: [Item; 13] = [
    Item { octet: 0, mask: 0x20, name: "PCM" },
    Item { octet: 0, mask: 0x40, name: "V.34" },
    Item { octet: 0, mask: 0x80, name: "V.34 half-duplex" },
    Item { octet: 1, mask: 0x01, name: "V.32bis" },
    Item { octet: 1, mask: 0x02, name: "V.22bis" },
    Item { octet: 1, mask: 0x04, name: "V.17" },
    Item { octet: 1, mask: 0x40, name: "V.29" },
    Item { octet: 1, mask: 0x80, name: "V.27ter" },
    Item { octet: 2, mask: 0x01, name: "V.26ter" },
    Item { octet: 2, mask: 0x02, name: "V.26bis" },
    Item { octet: 2, mask: 0x04, name: "V.23" },
    Item { octet: 2, mask: 0x40, name: "V.23 half-duplex" },
    Item { octet: 2, mask: 0x80, name: "V.21" },
];

/// Modulation octets there are.
pub(super) const MODULATION_OCTETS: usize = 3;

impl Modulations {
    /// None at all: the end of V.8.
    pub const NONE: Self = Self(0);
    /// A PCM modem (V.90, V.91); a category of its own says which.
    pub const PCM: Self = Self(1);
    /// V.34 duplex. A fax does not offer it: it would win over half-duplex.
    pub const V34: Self = Self(1 << 1);
    /// V.34 half-duplex: Super G3.
    pub const V34_HALF_DUPLEX: Self = Self(1 << 2);
    /// V.32bis and V.32.
    pub const V32BIS: Self = Self(1 << 3);
    /// V.22bis and V.22.
    pub const V22BIS: Self = Self(1 << 4);
    /// V.17.
    pub const V17: Self = Self(1 << 5);
    /// V.29 half-duplex.
    pub const V29: Self = Self(1 << 6);
    /// V.27ter.
    pub const V27TER: Self = Self(1 << 7);
    /// V.26ter.
    pub const V26TER: Self = Self(1 << 8);
    /// V.26bis.
    pub const V26BIS: Self = Self(1 << 9);
    /// V.23 duplex.
    pub const V23: Self = Self(1 << 10);
    /// V.23 half-duplex.
    pub const V23_HALF_DUPLEX: Self = Self(1 << 11);
    /// V.21 duplex.
    pub const V21: Self = Self(1 << 12);

    /// All that V.8 knows.
    pub const ALL: Self = Self((1 << 13) - 1);
    /// What a G3 fax without V.34 has.
    pub const G3: Self = Self(Self::V17.0 | Self::V29.0 | Self::V27TER.0 | Self::V21.0);
    /// What needs more than G3: V.34 and PCM.
    pub const BEYOND_G3: Self = Self(Self::PCM.0 | Self::V34.0 | Self::V34_HALF_DUPLEX.0);

    /// Whether all of `others` are in it.
    pub const fn contains(self, others: Self) -> bool {
        self.0 & others.0 == others.0
    }

    /// Whether it is empty.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The set without `others`.
    #[must_use]
    pub const fn without(self, others: Self) -> Self {
        Self(self.0 & !others.0)
    }

    /// The one of them that wins: the lowest number (V.8 7.4).
    pub const fn best(self) -> Self {
        Self(self.0 & self.0.wrapping_neg())
    }

    /// Those that bits of the modulation octet `octet` (0 to 2) stand for.
    pub(super) fn from_octet(octet: usize, value: u8) -> Self {
        let set = |set: u16, (n, item): (usize, &Item)| {
            set | u16::from(usize::from(item.octet) == octet && value & item.mask != 0) << n
        };
        Self(ITEMS.iter().enumerate().fold(0, set))
    }

    /// The bits that they are in the modulation octet `octet`.
    pub(super) fn to_octet(self, octet: usize) -> u8 {
        let bits = |bits: u8, (n, item): (usize, &Item)| {
            let here = usize::from(item.octet) == octet && self.0 >> n & 1 == 1;
            bits | if here { item.mask } else { 0 }
        };
        ITEMS.iter().enumerate().fold(0, bits)
    }

    /// Modulation octets needed to show them; one at least.
    pub(super) fn octets(self) -> usize {
        (1..MODULATION_OCTETS).rev().find(|&n| self.to_octet(n) != 0).map_or(1, |n| n + 1)
    }
}

impl BitOr for Modulations {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitAnd for Modulations {
    type Output = Self;
    fn bitand(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

impl fmt::Display for Modulations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("none");
        }
        let mut first = true;
        for item in ITEMS.iter().enumerate().filter(|(n, _)| self.0 >> n & 1 == 1).map(|(_, item)| item) {
            f.write_str(if first { "" } else { ", " })?;
            f.write_str(item.name)?;
            first = false;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn octets_and_sets_are_the_same_thing() {
        for bits in 0..=Modulations::ALL.0 {
            let set = Modulations(bits);
            let back =
                (0..3).fold(Modulations::NONE, |back, n| back | Modulations::from_octet(n, set.to_octet(n)));
            assert_eq!(back, set);
        }
    }

    #[test]
    fn the_lowest_number_wins() {
        let both = Modulations::V34_HALF_DUPLEX | Modulations::V34 | Modulations::G3;
        assert_eq!(both.best(), Modulations::V34);
        assert_eq!(Modulations::G3.best(), Modulations::V17);
        assert_eq!(Modulations::NONE.best(), Modulations::NONE);
        assert_eq!(Modulations::G3.to_string(), "V.17, V.29, V.27ter, V.21");
    }
}
