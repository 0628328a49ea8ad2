//! What was said and has not left yet.

use fax_core::{Chunk, FrameEnd};
use std::collections::VecDeque;

/// Octets that wait at most: two thirds of a second of 9600 bit/s, or a whole V.21 frame; and the zeros
/// that a machine adds to a page.
pub(crate) const OCTETS: usize = 768;

/// Octets and ends of frames in their order. A frame has an octet at least, so ends are never more.
#[derive(Clone, Debug)]
pub(crate) struct Backlog {
    pieces: VecDeque<Piece>,
    octets: usize,
    /// Bits that do not fill an octet yet, the first on the line on top.
    partial: Chunk,
    /// An octet of the frame that is being said was taken.
    in_frame: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Piece {
    Octet(u8),
    End(FrameEnd),
}

/// What stands at the front.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Front {
    /// So many octets, as far as one looked.
    pub(crate) octets: usize,
    /// The end of the frame right behind them.
    pub(crate) end: Option<FrameEnd>,
    /// Nothing stands behind those.
    pub(crate) is_all: bool,
}

impl Backlog {
    pub(crate) fn new() -> Self {
        Self {
            pieces: VecDeque::with_capacity(2 * OCTETS),
            octets: 0,
            partial: Chunk::EMPTY,
            in_frame: false,
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    /// Whole octets that wait.
    pub(crate) fn octets(&self) -> usize {
        self.octets
    }

    /// Octets that may still be pushed, the one that is not full yet counted as taken.
    pub(crate) fn room(&self) -> usize {
        OCTETS.saturating_sub(self.octets + usize::from(!self.partial.is_empty()))
    }

    pub(crate) fn push_octets(&mut self, octets: &[u8]) {
        self.in_frame |= !octets.is_empty();
        octets.iter().for_each(|octet| self.push(*octet));
    }

    /// Ends the frame whose octets were pushed; one without octets leaves no trace.
    pub(crate) fn end_frame(&mut self, end: FrameEnd) {
        if core::mem::take(&mut self.in_frame) && self.pieces.len() < self.pieces.capacity() {
            self.pieces.push_back(Piece::End(end));
        }
    }

    pub(crate) fn push_bits(&mut self, bits: &Chunk) {
        if self.partial.is_empty() && bits.len_bits().is_multiple_of(8) {
            bits.octets().iter().for_each(|octet| self.push(*octet));
            return;
        }
        for bit in bits.iter_bits() {
            self.partial.push_bit(bit);
            if self.partial.len_bits() == 8 {
                self.pad();
            }
        }
    }

    /// Fills the last octet with zeros.
    pub(crate) fn pad(&mut self) {
        let octet = core::mem::take(&mut self.partial).octets().first().copied();
        octet.into_iter().for_each(|octet| self.push(octet));
    }

    pub(crate) fn push_zeros(&mut self, octets: usize) {
        (0..octets).for_each(|_| self.push(0));
    }

    /// Whether a frame has octets and no end yet.
    pub(crate) fn is_in_frame(&self) -> bool {
        self.in_frame
    }

    /// Looks at the first `most` octets of one frame, and at what is behind them.
    pub(crate) fn front(&self, most: usize) -> Front {
        let octets =
            self.pieces.iter().take(most).take_while(|piece| matches!(piece, Piece::Octet(_))).count();
        let end = match self.pieces.get(octets) {
            Some(Piece::End(end)) => Some(*end),
            Some(Piece::Octet(_)) | None => None,
        };
        Front { octets, end, is_all: self.pieces.len() == octets + usize::from(end.is_some()) }
    }

    /// Takes octets from the front, as many as `out` holds.
    pub(crate) fn take_octets(&mut self, out: &mut [u8]) {
        for place in out {
            if let Some(Piece::Octet(octet)) = self.pieces.pop_front() {
                *place = octet;
                self.octets = self.octets.saturating_sub(1);
            }
        }
    }

    pub(crate) fn take_end(&mut self) {
        if let Some(Piece::End(_)) = self.pieces.front() {
            self.pieces.pop_front();
        }
    }

    fn push(&mut self, octet: u8) {
        if self.octets < OCTETS {
            self.pieces.push_back(Piece::Octet(octet));
            self.octets += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_become_octets_and_the_last_is_padded() {
        let mut backlog = Backlog::new();
        let mut bits = Chunk::from_octets(&[0xA5]);
        bits.push_bit(true);
        backlog.push_bits(&bits);
        backlog.push_bits(&Chunk::from_octets(&[0xFF]));
        backlog.pad();
        let mut out = [0; 3];
        assert_eq!(backlog.front(9), Front { octets: 3, end: None, is_all: true });
        backlog.take_octets(&mut out);
        assert_eq!(out, [0xA5, 0xFF, 0x80]);
        assert!(backlog.is_empty() && backlog.octets() == 0);
    }

    #[test]
    fn a_full_backlog_still_takes_the_end_of_a_frame() {
        let mut backlog = Backlog::new();
        let capacity = backlog.pieces.capacity();
        for _ in 0..OCTETS {
            backlog.push_octets(&[1]);
            backlog.end_frame(FrameEnd::Good);
            backlog.end_frame(FrameEnd::Good);
        }
        assert_eq!((backlog.room(), backlog.pieces.len()), (0, 2 * OCTETS));
        assert_eq!(backlog.front(9), Front { octets: 1, end: Some(FrameEnd::Good), is_all: false });
        backlog.push_octets(&[1]);
        assert_eq!(backlog.pieces.capacity(), capacity);
    }
}
