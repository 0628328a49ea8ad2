//! Fields of twenty characters: who calls, who is called, where to, and with which password.
//!
//! From: T.30 5.3.6.1.4; field note T30-7 (they come reversed, padded at either end, and not in ASCII).
//! Always: what came is kept as it came; nothing of it prints unless revealed.

use super::fcf::Fcf;
use crate::private::Private;

/// A field of up to twenty characters as it stands in the frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ident {
    /// Which field.
    pub kind: IdentKind,
    field: Private<[u8; Ident::CAPACITY]>,
    length: u8,
}

/// Which of the fields of twenty characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IdentKind {
    /// Called subscriber.
    Csi,
    /// Calling subscriber, with DTC.
    Cig,
    /// Transmitting subscriber.
    Tsi,
    /// Password.
    Pwd,
    /// Selective polling.
    Sep,
    /// Polled sub-address.
    Psa,
    /// Sub-address.
    Sub,
    /// Sender identification.
    Sid,
}

/// A space, as it goes on the line: least significant bit first.
const PAD: u8 = b' '.reverse_bits();

impl Ident {
    /// Characters in a field.
    pub const CAPACITY: usize = 20;

    /// From text: the last character first, padded with spaces. Characters outside ASCII become `?`,
    /// and what does not fit is left out.
    pub fn from_text(kind: IdentKind, text: &str) -> Self {
        let mut field = [PAD; Self::CAPACITY];
        let length = text.chars().take(Self::CAPACITY).count();
        for (place, c) in field.iter_mut().take(length).rev().zip(text.chars()) {
            let printable = u8::try_from(c).ok().filter(|c| matches!(c, b' '..=b'~'));
            *place = printable.unwrap_or(b'?').reverse_bits();
        }
        Self { kind, field: Private::new(field), length: Self::CAPACITY as u8 }
    }

    /// From the information field of a frame. More than twenty characters are cut off; `None` if there
    /// is none at all.
    pub(super) fn from_octets(kind: IdentKind, octets: &[u8]) -> Option<Self> {
        let mut field = [PAD; Self::CAPACITY];
        let mut length = 0;
        for (place, octet) in field.iter_mut().zip(octets) {
            *place = *octet;
            length += 1;
        }
        (length > 0).then_some(Self { kind, field: Private::new(field), length })
    }

    /// The octets of the frame, first bit on the line on top.
    pub fn octets(&self) -> Private<&[u8]> {
        let field = self.field.reveal();
        Private::new(field.get(..usize::from(self.length)).unwrap_or(field))
    }

    /// For people: in reading order, without padding at either end, and every octet that is not printable
    /// ASCII as `.`. At most twenty characters.
    pub fn text(&self) -> Private<IdentText> {
        let mut text = IdentText { characters: [0; Self::CAPACITY], length: 0 };
        let octets = self.octets();
        let is_pad = |octet: &&u8| matches!(octet.reverse_bits(), b' ' | 0);
        let from_end = octets.reveal().iter().rev().skip_while(is_pad);
        for (place, octet) in text.characters.iter_mut().zip(from_end) {
            let c = octet.reverse_bits();
            *place = if matches!(c, b' '..=b'~') { c } else { b'.' };
            text.length += 1;
        }
        let padding = octets.reveal().iter().take_while(is_pad).count() as u8;
        text.length = text.length.saturating_sub(padding);
        Private::new(text)
    }
}

/// The printable form of an [`Ident`]; ASCII.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct IdentText {
    characters: [u8; Ident::CAPACITY],
    length: u8,
}

impl IdentText {
    /// As a string.
    pub fn as_str(&self) -> &str {
        let shown = self.characters.get(..usize::from(self.length)).unwrap_or_default();
        core::str::from_utf8(shown).unwrap_or_default()
    }
}

impl IdentKind {
    /// Each with its frame.
    const FRAMES: [(Self, Fcf); 8] = [
        (Self::Csi, Fcf::Csi),
        (Self::Cig, Fcf::Cig),
        (Self::Tsi, Fcf::Tsi),
        (Self::Pwd, Fcf::Pwd),
        (Self::Sep, Fcf::Sep),
        (Self::Psa, Fcf::Psa),
        (Self::Sub, Fcf::Sub),
        (Self::Sid, Fcf::Sid),
    ];

    /// The frame that carries it.
    pub fn fcf(self) -> Fcf {
        Self::FRAMES.iter().find(|(kind, _)| *kind == self).map_or(Fcf::Csi, |(_, fcf)| *fcf)
    }

    /// The field that a frame carries, if it is one of these.
    pub(super) fn of(fcf: Fcf) -> Option<Self> {
        Self::FRAMES.iter().find(|(_, carrier)| *carrier == fcf).map(|(kind, _)| *kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(octets: &[u8]) -> String {
        let ident = Ident::from_octets(IdentKind::Tsi, octets).unwrap();
        ident.text().reveal().as_str().to_owned()
    }

    fn on_the_line(characters: &[u8]) -> Vec<u8> {
        characters.iter().map(|c| c.reverse_bits()).collect()
    }

    /// The field of the conformance case MRGN01.
    #[test]
    fn a_number_goes_last_character_first() {
        let ident = Ident::from_text(IdentKind::Csi, "+0123456789");
        let mut wire = [0x04; 20];
        wire[..11].copy_from_slice(&[0x9C, 0x1C, 0xEC, 0x6C, 0xAC, 0x2C, 0xCC, 0x4C, 0x8C, 0x0C, 0xD4]);
        assert_eq!(*ident.octets().reveal(), wire);
        assert_eq!(ident.text().reveal().as_str(), "+0123456789");
    }

    /// T30-7.
    #[test]
    fn padding_is_taken_off_at_either_end_and_only_there() {
        assert_eq!(text(&on_the_line(b"  321 +  ")), "+ 123");
        assert_eq!(text(&on_the_line(b"321\0\0\0")), "123");
        assert_eq!(text(&on_the_line(b"      ")), "");
    }

    /// T30-7.
    #[test]
    fn octets_that_are_no_text_become_dots_and_are_kept_in_the_field() {
        let octets = on_the_line(&[b'A', 0xFC, 0x07, b'Z']);
        assert_eq!(text(&octets), "Z..A");
        assert_eq!(*Ident::from_octets(IdentKind::Sub, &octets).unwrap().octets().reveal(), octets);
    }

    #[test]
    fn a_field_is_never_longer_than_twenty() {
        assert_eq!(text(&on_the_line(&[b'1'; 40])).len(), 20);
        assert!(Ident::from_octets(IdentKind::Sub, &[]).is_none());
        let long = Ident::from_text(IdentKind::Sid, "Ünder the name of somebody else");
        assert_eq!(long.text().reveal().as_str(), "?nder the name of so");
    }

    #[test]
    fn debug_output_shows_no_number() {
        let printed = format!("{:?}", Ident::from_text(IdentKind::Pwd, "12345"));
        assert!(!printed.contains("12345") && !printed.contains("172"), "{printed}");
    }
}
