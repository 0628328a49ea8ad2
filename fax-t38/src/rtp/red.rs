//! Redundant payloads beside a newest one (RFC 2198).
//!
//! A list of headers, oldest block first, each with the distance of its stamp and its length; the last
//! header is one octet and stands for the newest block, which takes what the others leave.

use crate::Refusal;

/// Most redundant blocks beside a newest one. Deployed senders use up to five.
pub(super) const MAX_BLOCKS: usize = 16;

/// Furthest that a block's stamp may lie back, ticks: fourteen bits.
pub(super) const MAX_OFFSET: u32 = (1 << 14) - 1;

/// Longest redundant block, octets: ten bits.
pub(super) const MAX_BLOCK: usize = (1 << 10) - 1;

/// Octets of a header with distance and length.
pub(super) const HEADER: usize = 4;

/// Header bit: another header follows.
const MORE: u8 = 0x80;

/// A redundant payload.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Block<'a> {
    /// What it is.
    pub payload_type: u8,
    /// How many ticks before the newest it was stamped, 0..=16 383.
    pub offset: u16,
    /// It itself; may be empty.
    pub octets: &'a [u8],
}

/// A payload of RFC 2198, checked once: nothing read from it later can fail.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Red<'a> {
    headers: &'a [u8],
    bodies: &'a [u8],
    /// What the newest block is.
    pub payload_type: u8,
    /// The newest block.
    pub primary: &'a [u8],
}

impl<'a> Red<'a> {
    /// Reads the headers and cuts the blocks.
    ///
    /// # Errors
    /// `Truncated` if blocks or headers are longer than the payload, `TooMany` for more redundant
    /// blocks than any sender needs.
    pub fn parse(payload: &'a [u8]) -> Result<Self, Refusal> {
        let mut rest = payload;
        let (mut count, mut total) = (0, 0);
        let payload_type = loop {
            match *rest {
                [last, ..] if last & MORE == 0 => break last,
                [_, _, length_high, length_low, ref after @ ..] if count < MAX_BLOCKS => {
                    total += length(length_high, length_low);
                    count += 1;
                    rest = after;
                }
                [_, _, _, _, ..] => return Err(Refusal::TooMany),
                _ => return Err(Refusal::Truncated),
            }
        };
        let cut = || {
            let (headers, rest) = payload.split_at_checked(count * HEADER)?;
            let (bodies, primary) = rest.get(1..)?.split_at_checked(total)?;
            Some(Self { headers, bodies, payload_type, primary })
        };
        cut().ok_or(Refusal::Truncated)
    }

    /// The redundant blocks, newest first.
    pub fn newest_first(&self) -> impl Iterator<Item = Block<'a>> + use<'a> {
        let mut bodies = self.bodies;
        self.headers.rchunks_exact(HEADER).filter_map(move |header| {
            let &[kind, offset, middle, low] = header else { return None };
            let (before, octets) = bodies.split_at_checked(bodies.len().checked_sub(length(middle, low))?)?;
            bodies = before;
            let offset = u16::from(offset) << 6 | u16::from(middle) >> 2;
            Some(Block { payload_type: kind & !MORE, offset, octets })
        })
    }
}

/// A block's length from the last two octets of its header.
fn length(middle: u8, low: u8) -> usize {
    usize::from(middle & 3) << 8 | usize::from(low)
}

/// The header of a redundant block.
pub(super) fn header(payload_type: u8, offset: u16, length: u16) -> [u8; HEADER] {
    let [offset_high, offset_low] = (offset << 2).to_be_bytes();
    let [length_high, length_low] = length.to_be_bytes();
    [MORE | payload_type, offset_high, offset_low | length_high & 3, length_low]
}

/// Shows lengths only: pages are personal data.
impl core::fmt::Debug for Red<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_list().entries(self.newest_first()).entry(&format_args!("[{}]", self.primary.len())).finish()
    }
}

/// Shows the length only: pages are personal data.
impl core::fmt::Debug for Block<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "type {} {} ticks back [{}]", self.payload_type, self.offset, self.octets.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_read_as_it_was_written() {
        for (offset, octets) in [(0, 0), (16_383, 1023), (240, 59), (8191, 512)] {
            let mut payload = header(98, offset, octets).to_vec();
            payload.push(98);
            payload.resize(payload.len() + usize::from(octets), 0xAA);
            payload.push(0x06);
            let red = Red::parse(&payload).unwrap();
            assert_eq!((red.payload_type, red.primary), (98, &[0x06][..]));
            let block = red.newest_first().next().unwrap();
            assert_eq!((block.payload_type, block.offset, block.octets.len()), (98, offset, octets.into()));
        }
    }

    #[test]
    fn no_part_of_the_headers_passes_for_the_whole() {
        let payload = [0x80 | 98, 0x03, 0xC0, 2, 0x80 | 98, 0, 0x80, 1, 98, 0xC0, 0x00, 0x06, 0x04];
        let red = Red::parse(&payload).unwrap();
        let blocks: Vec<_> = red.newest_first().map(|block| (block.offset, block.octets)).collect();
        assert_eq!(blocks, [(32, &[0x06][..]), (240, &[0xC0, 0x00])]);
        assert_eq!(red.primary, [0x04]);
        for cut in 0..12 {
            assert_eq!(Red::parse(&payload[..cut]), Err(Refusal::Truncated), "cut at {cut}");
        }
        assert_eq!(Red::parse(&[0x80; 4096]), Err(Refusal::TooMany));
    }
}
