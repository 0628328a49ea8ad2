//! Where an IFP packet ends that nothing delimits.
//!
//! From: the ASN.1 of T.38, strict aligned PER.
//! Not here: whether what is inside makes sense; that is asked when the packet is read.

use crate::{Refusal, Syntax};

/// How far the first IFP packet of the octets reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extent {
    /// So many octets.
    Whole(usize),
    /// Further than what is there.
    Partial,
}

/// How far the first IFP packet reaches, judged by lengths and presence bits alone.
pub(super) fn extent(octets: &[u8], syntax: Syntax) -> Result<Extent, Refusal> {
    let mut walk = Walk { octets, bit: 0 };
    match walk.packet(syntax) {
        Ok(()) => Ok(Extent::Whole(walk.bit / 8)),
        Err(Refusal::Truncated) => Ok(Extent::Partial),
        Err(why) => Err(why),
    }
}

/// A cursor that counts bits and cannot pass the end.
struct Walk<'a> {
    octets: &'a [u8],
    bit: usize,
}

impl Walk<'_> {
    fn packet(&mut self, syntax: Syntax) -> Result<(), Refusal> {
        let has_fields = self.bits(1)? == 1;
        let is_data = self.bits(1)? == 1;
        let is_extension = self.bits(1)? == 1;
        // A normally small number has its own flag, which no enumeration here is large enough to set.
        if is_extension && self.bits(1)? == 1 {
            return Err(Refusal::NotIfp);
        }
        self.bits(if is_extension { 6 } else { 4 })?;
        self.align()?;
        match (is_data, has_fields) {
            (false, true) => Err(Refusal::IndicatorWithData), // PER-4
            (_, false) => Ok(()),                             // PER-5: data without a field
            (true, true) => {
                (0..self.count()?).try_for_each(|_| self.field(syntax)).and_then(|()| self.align())
            }
        }
    }

    fn count(&mut self) -> Result<usize, Refusal> {
        Ok(match self.bits(8)? {
            high @ 0x80..0xC0 => (high & 0x3F) << 8 | self.bits(8)?,
            0xC0.. => return Err(Refusal::Fragmented), // PER-9
            count => count,
        })
    }

    fn field(&mut self, syntax: Syntax) -> Result<(), Refusal> {
        let has_octets = self.bits(1)? == 1;
        let is_extension = syntax == Syntax::Y2002 && self.bits(1)? == 1;
        if is_extension && self.bits(1)? == 1 {
            return Err(Refusal::NotIfp);
        }
        self.bits(if is_extension { 6 } else { 3 })?;
        if has_octets {
            self.align()?;
            let length = self.bits(16)? + 1;
            self.bit += length * 8;
            if self.bit > self.octets.len() * 8 {
                return Err(Refusal::Truncated);
            }
        }
        Ok(())
    }

    /// On to the octet border, over zeros.
    fn align(&mut self) -> Result<(), Refusal> {
        while !self.bit.is_multiple_of(8) {
            if self.bits(1)? == 1 {
                return Err(Refusal::NotIfp);
            }
        }
        Ok(())
    }

    fn bits(&mut self, count: usize) -> Result<usize, Refusal> {
        (0..count).try_fold(0, |value, _| {
            let octet = self.octets.get(self.bit / 8).ok_or(Refusal::Truncated)?;
            let bit = octet >> (7 - self.bit % 8) & 1;
            self.bit += 1;
            Ok(value << 1 | usize::from(bit))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Syntax::{Y1998, Y2002};

    #[test]
    fn a_packet_ends_where_per_ends_it() {
        for (octets, syntax, length) in [
            (&[0x06, 0x06][..], Y1998, 1),
            (&[0x20, 0x40, 0x00], Y2002, 2),
            (&[0xC0, 0x01, 0x80, 0x00, 0x00, 0xFF, 0xC0], Y1998, 6),
            (&[0xC0, 0x02, 0x21, 0x00], Y1998, 3),
            (&[0xC0, 0x02, 0x10, 0x40, 0x00], Y2002, 4),
            (&[0xE1, 0x40, 0x01, 0x38, 0x00], Y2002, 4),
            (&[0xC0, 0x00, 0x06], Y1998, 2),
        ] {
            assert_eq!(extent(octets, syntax), Ok(Extent::Whole(length)), "{octets:02x?}");
            for cut in 0..length {
                assert_eq!(extent(&octets[..cut], syntax), Ok(Extent::Partial), "{octets:02x?} cut at {cut}");
            }
        }
    }

    /// PER-4. The first octet of TPKT is no IFP packet in either syntax.
    #[test]
    fn what_cannot_begin_a_packet_is_refused_at_once() {
        for syntax in [Y1998, Y2002] {
            assert_eq!(extent(&[0x03], syntax), Err(Refusal::NotIfp));
            assert_eq!(extent(&[0x81], syntax), Err(Refusal::NotIfp));
            assert_eq!(extent(&[0x80], syntax), Err(Refusal::IndicatorWithData));
            assert_eq!(extent(&[0xC0, 0xC1], syntax), Err(Refusal::Fragmented));
        }
    }
}
