//! A stand-in for the IFP codec.

use crate::Syntax;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Traffic {
    Indicator,
    V21,
    Image,
}

pub(super) fn traffic(octets: &[u8]) -> Traffic {
    match octets.first() {
        Some(0xC0) => Traffic::V21,
        Some(0xC1..) => Traffic::Image,
        _ => Traffic::Indicator,
    }
}

/// Octets of the packet at the front if only zeros follow.
pub(super) fn extent(octets: &[u8], _syntax: Syntax) -> Option<usize> {
    let first = *octets.first()?;
    let mut at = 1;
    if first & 0xC0 == 0xC0 {
        let count = *octets.get(1)?;
        at = 2;
        for _ in 0..count {
            let item = *octets.get(at)?;
            at += 1;
            if item & 0x80 != 0 {
                at += 3 + usize::from(*octets.get(at)?) * 256 + usize::from(*octets.get(at + 1)?);
            }
        }
    } else if first & 0xC1 != 0 || first & 0x20 != 0 {
        return None;
    }
    octets.get(at..)?.iter().all(|octet| *octet == 0).then_some(at)
}
