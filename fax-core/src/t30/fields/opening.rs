//! Bits 11 to 14: the modems a station has, and the one that will be used.
//!
//! From: T.30 Table 2, notes 3 and 31 to 33 (all sixteen rows of 09/2005); field notes T30-1, T30-11.

use crate::signal::{Opening, Training, V17Rate, V27terRate, V29Rate};
use crate::units::BitRate;

/// Bits 11 to 14 in the second octet.
pub(crate) const MASK: u8 = 0x3C;

/// Code and opening of DCS. 0010 and 0110 were V.33 in 1992.
const RATES: [(u8, Opening); 8] = [
    (0b0000 << 2, Opening::V27ter(V27terRate::R2400)),
    (0b0100 << 2, Opening::V27ter(V27terRate::R4800)),
    (0b1000 << 2, Opening::V29(V29Rate::R9600)),
    (0b1100 << 2, Opening::V29(V29Rate::R7200)),
    (0b0001 << 2, Opening::V17(V17Rate::R14400, Training::Long)),
    (0b0101 << 2, Opening::V17(V17Rate::R12000, Training::Long)),
    (0b1001 << 2, Opening::V17(V17Rate::R9600, Training::Long)),
    (0b1101 << 2, Opening::V17(V17Rate::R7200, Training::Long)),
];

/// What the second octet of a DCS or CTC says; `None` for a code that is not in use.
pub(crate) fn of_code(octet: u8, training: Training) -> Option<Opening> {
    RATES.iter().find(|(code, _)| *code == octet & MASK).map(|(_, opening)| opening.with_training(training))
}

/// Bits 11 to 14 for a rate, in their place in the second octet; `None` for V.21.
pub(crate) fn code(opening: Opening) -> Option<u8> {
    let rate = opening.with_training(Training::Long);
    RATES.iter().find(|(_, known)| *known == rate).map(|(code, _)| *code)
}

/// The modems that DIS and DTC can claim: the five codes in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ModemSet {
    /// V.27ter at 2400 bit/s only, the fall-back; also what machines say that mean to use V.34.
    Fallback,
    /// V.27ter.
    V27ter,
    /// V.29.
    V29,
    /// V.27ter and V.29.
    V27terV29,
    /// V.27ter, V.29 and V.17: V.17 is never claimed alone.
    V27terV29V17,
}

/// Sets of rates, as bits.
const R2400: u8 = 1;
const R4800: u8 = 2;
const V29: u8 = 4;
const V17: u8 = 8;

impl ModemSet {
    /// Every set.
    pub const ALL: [Self; 5] = [Self::Fallback, Self::V27ter, Self::V29, Self::V27terV29, Self::V27terV29V17];

    /// What the second octet of a DIS or DTC says. Codes not in use are read as V.27ter and V.29 (T30-1).
    pub fn of_code(octet: u8) -> Self {
        Self::ALL.into_iter().find(|set| set.code() == octet & MASK).unwrap_or(Self::V27terV29)
    }

    /// Bits 11 to 14, in their place in the second octet.
    pub const fn code(self) -> u8 {
        match self {
            Self::Fallback => 0b0000 << 2,
            Self::V27ter => 0b0100 << 2,
            Self::V29 => 0b1000 << 2,
            Self::V27terV29 => 0b1100 << 2,
            Self::V27terV29V17 => 0b1101 << 2,
        }
    }

    /// Whether a burst of this modem and rate may be sent.
    pub const fn permits(self, opening: Opening) -> bool {
        self.rates()
            & match opening {
                Opening::V21 => u8::MAX,
                Opening::V27ter(V27terRate::R2400) => R2400,
                Opening::V27ter(V27terRate::R4800) => R4800,
                Opening::V29(_) => V29,
                Opening::V17(..) => V17,
            }
            != 0
    }

    /// What both have, as far as a code can say it; the fall-back if that is nothing.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        let common = self.rates() & other.rates();
        if common & V17 != 0 {
            Self::V27terV29V17
        } else if common & V29 != 0 {
            if common & R4800 != 0 { Self::V27terV29 } else { Self::V29 }
        } else if common & R4800 != 0 {
            Self::V27ter
        } else {
            Self::Fallback
        }
    }

    /// What a limit leaves. Codes know 14 400, 9600, 4800 and 2400 bit/s: others round down, so that
    /// nothing above the limit is ever claimed. (V.29 alone under 9600 leaves the fall-back.)
    #[must_use]
    pub const fn within(self, limit: BitRate) -> Self {
        self.and(match limit.0 {
            14_400.. => Self::V27terV29V17,
            9_600.. => Self::V27terV29,
            4_800.. => Self::V27ter,
            _ => Self::Fallback,
        })
    }

    const fn rates(self) -> u8 {
        match self {
            Self::Fallback => R2400,
            Self::V27ter => R2400 | R4800,
            Self::V29 => V29,
            Self::V27terV29 => R2400 | R4800 | V29,
            Self::V27terV29V17 => R2400 | R4800 | V29 | V17,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rate_has_one_code() {
        for opening in Opening::ALL {
            assert_eq!(code(opening).is_none(), opening == Opening::V21);
            if let Some(code) = code(opening) {
                assert_eq!(of_code(code, Training::Long), Some(opening));
            }
        }
        let used = (0..16).filter(|code| of_code(code << 2, Training::Short).is_some()).count();
        assert_eq!(used, 8);
        let short = of_code(0x04, Training::Short);
        assert_eq!(short, Some(Opening::V17(V17Rate::R14400, Training::Short)));
        assert_eq!(short.and_then(code), Some(0x04));
    }

    /// T30-11.
    #[test]
    fn v27ter_at_2400_is_always_there_with_v27ter() {
        let slow = Opening::V27ter(V27terRate::R2400);
        for set in [ModemSet::Fallback, ModemSet::V27ter, ModemSet::V27terV29, ModemSet::V27terV29V17] {
            assert!(set.permits(slow), "{set:?}");
        }
    }

    /// T30-1.
    #[test]
    fn codes_not_in_use_are_read_as_v27ter_and_v29() {
        for code in (0..16).map(|code| code << 2) {
            let known = ModemSet::ALL.iter().any(|set| set.code() == code);
            assert!(known || ModemSet::of_code(code) == ModemSet::V27terV29);
        }
        assert_eq!(ModemSet::of_code(0b1110 << 2), ModemSet::V27terV29);
    }

    #[test]
    fn nothing_above_a_limit_is_claimed() {
        for set in ModemSet::ALL {
            for limit in (2400..=16_800).step_by(1200).map(BitRate) {
                let left = set.within(limit);
                let fits = |opening: &Opening| !left.permits(*opening) || opening.bit_rate() <= limit;
                assert!(Opening::ALL.iter().all(fits), "{set:?} within {limit:?}");
                assert_eq!(left.within(limit), left);
            }
            assert_eq!(set.within(BitRate(14_400)), set);
            assert_eq!(set.and(set), set);
        }
    }
}
