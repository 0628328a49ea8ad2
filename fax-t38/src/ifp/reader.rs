//! A cursor over aligned PER that cannot run past its end.
//!
//! From: X.691 10.9 (lengths), 13 (enumerations), 16 (octet strings).
//! Always: bits that pad to an octet boundary are zero, or the input is refused.

use crate::Refusal;

/// Where in the octets the next bit is.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a> {
    rest: &'a [u8],
    /// Bits of the first octet of `rest` that are used up, 0..=7.
    used: u8,
}

impl<'a> Reader<'a> {
    pub(super) const fn new(octets: &'a [u8]) -> Self {
        Self { rest: octets, used: 0 }
    }

    /// What was not read, from an octet boundary on.
    pub(super) const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub(super) fn flag(&mut self) -> Result<bool, Refusal> {
        Ok(self.bits(1)? == 1)
    }

    /// `count` bits, 1..=8.
    pub(super) fn bits(&mut self, count: u8) -> Result<u8, Refusal> {
        let (first, behind) = self.rest.split_first().ok_or(Refusal::Truncated)?;
        let end = self.used + count;
        let second = match behind.first() {
            Some(second) => *second,
            None if end > 8 => return Err(Refusal::Truncated),
            None => 0,
        };
        let window = u16::from_be_bytes([*first, second]) << self.used;
        if end >= 8 {
            self.rest = behind;
        }
        self.used = end % 8;
        Ok((window >> (16 - count)) as u8)
    }

    /// An extensible enumeration with `roots` values in `width` bits: its value, extensions counted on
    /// after the roots. More than 64 extensions, which would take the long form, are no T.38.
    pub(super) fn enumeration(&mut self, width: u8, roots: u8) -> Result<u8, Refusal> {
        if !self.flag()? {
            let value = self.bits(width)?;
            return if value < roots { Ok(value) } else { Err(Refusal::NotIfp) };
        }
        if self.flag()? {
            return Err(Refusal::NotIfp);
        }
        Ok(roots + self.bits(6)?)
    }

    /// On to the next octet boundary.
    pub(super) fn align(&mut self) -> Result<(), Refusal> {
        if self.used == 0 || self.bits(8 - self.used)? == 0 { Ok(()) } else { Err(Refusal::NotIfp) }
    }

    /// A count that PER bounds nowhere: one octet below 128, two below 16 384, then fragments (PER-9).
    pub(super) fn count(&mut self) -> Result<u16, Refusal> {
        let first = self.octet()?;
        match first {
            0..0x80 => Ok(u16::from(first)),
            0x80..0xC0 => Ok(u16::from_be_bytes([first & 0x3F, self.octet()?])),
            0xC0.. => Err(Refusal::Fragmented),
        }
    }

    /// OCTET STRING (SIZE (1..65535)), aligned.
    pub(super) fn octet_string(&mut self) -> Result<&'a [u8], Refusal> {
        self.align()?;
        let (length, behind) = self.rest.split_first_chunk().ok_or(Refusal::Truncated)?;
        let length = usize::from(u16::from_be_bytes(*length)) + 1;
        if length > usize::from(u16::MAX) {
            return Err(Refusal::TooLong);
        }
        let (octets, behind) = behind.split_at_checked(length).ok_or(Refusal::Truncated)?;
        self.rest = behind;
        Ok(octets)
    }

    /// Only on an octet boundary.
    fn octet(&mut self) -> Result<u8, Refusal> {
        let (first, behind) = self.rest.split_first().ok_or(Refusal::Truncated)?;
        self.rest = behind;
        Ok(*first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_read_across_octets_and_never_past_the_end() {
        let mut reader = Reader::new(&[0b1010_0000, 0b0110_0000]);
        assert_eq!(reader.bits(3), Ok(0b101));
        assert_eq!(reader.bits(7), Ok(0b01));
        assert_eq!({ reader }.align(), Err(Refusal::NotIfp));
        assert_eq!(reader.bits(7), Err(Refusal::Truncated));
        assert_eq!(reader.bits(6), Ok(0b10_0000));
        assert_eq!(reader.align(), Ok(()));
        assert_eq!(reader.bits(1), Err(Refusal::Truncated));
    }

    #[test]
    fn a_string_of_the_65536_octets_that_the_length_could_say_is_refused() {
        let mut octets = vec![0xFF; 2 + 65_536];
        assert_eq!(Reader::new(&octets).octet_string(), Err(Refusal::TooLong));
        octets[1] = 0xFE;
        assert_eq!(Reader::new(&octets).octet_string().map(<[u8]>::len), Ok(65_535));
    }
}
