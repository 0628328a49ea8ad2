//! A cursor over aligned PER that cannot run past its end.
//!
//! From: X.691 10.9 (lengths), 16 (octet strings).
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

    /// What comes next, its first bit on top; zeros stand in for what is not there. At least 9 bits.
    pub(super) fn window(&self) -> Result<u16, Refusal> {
        let (first, behind) = self.rest.split_first().ok_or(Refusal::Truncated)?;
        let second = behind.first().copied().unwrap_or(0);
        Ok(u16::from_be_bytes([*first, second]) << self.used)
    }

    /// On by so many bits, at most 9.
    pub(super) fn skip(&mut self, bits: u8) -> Result<(), Refusal> {
        let end = self.used + bits;
        self.rest = self.rest.get(usize::from(end / 8)..).ok_or(Refusal::Truncated)?;
        self.used = end % 8;
        if self.used > 0 && self.rest.is_empty() { Err(Refusal::Truncated) } else { Ok(()) }
    }

    /// On to the next octet boundary.
    pub(super) fn align(&mut self) -> Result<(), Refusal> {
        if self.used == 0 {
            return Ok(());
        }
        let padding = self.octet()? << self.used;
        self.used = 0;
        if padding == 0 { Ok(()) } else { Err(Refusal::NotIfp) }
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

    /// The next octet, from an octet boundary.
    pub(super) fn octet(&mut self) -> Result<u8, Refusal> {
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
        assert_eq!(reader.skip(3), Ok(()));
        assert_eq!(reader.window(), Ok(0b0000_0011_0000_0000));
        assert_eq!(reader.skip(7), Ok(()));
        assert_eq!(reader.window(), Ok(0b1000_0000_0000_0000));
        assert_eq!({ reader }.align(), Err(Refusal::NotIfp));
        assert_eq!({ reader }.skip(7), Err(Refusal::Truncated));
        assert_eq!(reader.skip(1), Ok(()));
        assert_eq!({ reader }.align(), Ok(()));
        assert_eq!(reader.skip(5), Ok(()));
        assert_eq!((reader.window(), reader.skip(1)), (Err(Refusal::Truncated), Err(Refusal::Truncated)));
    }

    #[test]
    fn a_string_of_the_65536_octets_that_the_length_could_say_is_refused() {
        let mut octets = vec![0xFF; 2 + 65_536];
        assert_eq!(Reader::new(&octets).octet_string(), Err(Refusal::TooLong));
        octets[1] = 0xFE;
        assert_eq!(Reader::new(&octets).octet_string().map(<[u8]>::len), Ok(65_535));
    }
}
