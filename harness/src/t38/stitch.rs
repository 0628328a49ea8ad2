//! TCP segments back to a byte stream, as far as a capture has them.
//!
//! Always: at most 64 segments wait for one that is missing; then it is given up.

use std::collections::BTreeMap;

/// Segments that wait at most.
const WAITING: usize = 64;

/// One direction of a connection.
#[derive(Debug, Default)]
pub(super) struct Stitch {
    /// Number of the next octet; `None` before the first.
    expected: Option<u32>,
    /// Segments from beyond it, by how far they lie beyond the first octet ever expected.
    waiting: BTreeMap<u32, Vec<u8>>,
}

impl Stitch {
    /// Takes a segment; `give` gets the octets that are in order, `None` where some are missing.
    pub(super) fn take(
        &mut self,
        seq: u32,
        is_syn: bool,
        payload: &[u8],
        give: &mut dyn FnMut(Option<&[u8]>),
    ) {
        if is_syn {
            self.waiting.clear();
        }
        let first = seq.wrapping_add(u32::from(is_syn));
        let expected =
            if is_syn { *self.expected.insert(first) } else { *self.expected.get_or_insert(first) };
        if first == expected {
            self.give(payload, give);
        } else if !payload.is_empty() {
            self.waiting.insert(first, payload.to_vec());
        }
        self.catch_up(give);
        if self.waiting.len() > WAITING {
            give(None);
            let next = self.nearest();
            self.expected = next.or(self.expected);
            self.catch_up(give);
        }
    }

    fn give(&mut self, octets: &[u8], give: &mut dyn FnMut(Option<&[u8]>)) {
        give(Some(octets));
        self.expected = self.expected.map(|expected| expected.wrapping_add(octets.len() as u32));
    }

    /// Whatever waits and is in order now, overlaps cut off.
    fn catch_up(&mut self, give: &mut dyn FnMut(Option<&[u8]>)) {
        while let Some(expected) = self.expected {
            let in_reach = |(seq, octets): (&u32, &Vec<u8>)| {
                let behind = expected.wrapping_sub(*seq) as i32;
                (behind >= 0).then_some((*seq, behind as usize, octets.len()))
            };
            let Some((seq, behind, _)) = self.waiting.iter().find_map(in_reach) else { break };
            let Some(octets) = self.waiting.remove(&seq) else { break };
            self.give(octets.get(behind..).unwrap_or_default(), give);
        }
    }

    /// The segment that lies least far beyond.
    fn nearest(&self) -> Option<u32> {
        let expected = self.expected?;
        self.waiting.keys().copied().min_by_key(|seq| seq.wrapping_sub(expected))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stitched(segments: &[(u32, &[u8])]) -> Vec<u8> {
        let mut stitch = Stitch::default();
        let mut out = Vec::new();
        for (seq, payload) in segments {
            stitch.take(*seq, false, payload, &mut |piece| out.extend_from_slice(piece.unwrap_or(b"?")));
        }
        out
    }

    #[test]
    fn segments_come_out_in_order_once_and_over_the_wrap() {
        let first = u32::MAX - 1;
        let segments: [(u32, &[u8]); 5] = [
            (first, b"ab"),
            (first.wrapping_add(4), b"ef"),
            (first, b"ab"),
            (first.wrapping_add(1), b"bcd"),
            (first.wrapping_add(6), b"g"),
        ];
        assert_eq!(stitched(&segments), b"abcdefg");
    }

    #[test]
    fn a_segment_that_never_comes_is_given_up() {
        let later: Vec<_> = (0..=64).map(|n| (100 + n, &b"x"[..])).collect();
        let all = [&[(0, &b"a"[..])], &later[..]].concat();
        assert_eq!(stitched(&all).iter().filter(|octet| **octet == b'x').count(), 65);
        assert!(stitched(&all).starts_with(b"a?x"));
    }
}
