//! The vocabulary: what a fax line can carry, whoever writes it down, and the order it comes in.
//!
//! It holds what a T.30 machine would notice and nothing that only a modem or a packet knows:
//! sequence numbers, FCS octets, echo protection tones and equaliser figures are events of their
//! crates.

mod grammar;
mod opening;

pub use grammar::{Fault, Grammar};
pub use opening::{Opening, ParseOpeningError, Training, V17Rate, V27terRate, V29Rate};

use crate::time::Timestamp;
use core::fmt;

/// What a fax line can carry. Between bursts there is silence or a tone; a burst is `Begin`, then
/// frames or bits, then `End`. [`Grammar`] checks that order in tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// How a line starts, and what ends a tone.
    Silence,
    /// A tone is on until the next signal. A later tone refines it: a 2100 Hz tone is told as
    /// `Ced` at once and as `AnsAm` when its modulation has been seen.
    Tone(Tone),
    /// A modem carrier with its training (fast modems) or its preamble (V.21).
    Begin(Opening),
    /// Octets of one HDLC frame, address first, no FCS.
    Octets(Chunk),
    /// The end of the frame whose octets came before.
    FrameEnd(FrameEnd),
    /// TCF, or a page without ECM.
    Bits(Chunk),
    /// Something stood here and is lost. The next writer decides how to fill it.
    Missing,
    /// The carrier is gone.
    End,
}

/// How a frame ended. `Good` exists only where a whole frame passed its check (T.30 5.3.7), and no
/// modem makes one by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameEnd {
    /// Whole, FCS right.
    Good,
    /// Closed by a flag, FCS wrong.
    Bad,
    /// Broken off: seven ones in a row, or the carrier went.
    Aborted,
}

/// The tones of fax call establishment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// 1100 Hz, 0.5 s on, 3 s off: a calling fax (T.30 4.1.1).
    Cng,
    /// 2100 Hz: an answering fax (T.30 4.1.1), or V.25 ANS.
    Ced,
    /// 2100 Hz with phase reversals every 450 ms (V.25 2.3).
    AnsPr,
    /// 2100 Hz with 15 Hz amplitude modulation: a V.8 answerer (V.8 7.2).
    AnsAm,
    /// `AnsAm` with phase reversals every 450 ms (V.8 7.2).
    AnsAmPr,
}

/// Up to [`Chunk::CAPACITY`] octets, or a count of bits that need not fill the last octet. The first
/// bit on the line is the top bit of the first octet, as T.38 writes it: an HDLC address is 0xFF, a
/// final control octet 0xC8.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Chunk {
    bits: u16,
    octets: [u8; Chunk::CAPACITY],
}

/// A signal as a line reports it: when, and how we know. A record never shows a guess as a hearing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heard {
    /// When the signal was on the line, in the time of the call.
    pub at: Timestamp,
    /// What it was.
    pub signal: Signal,
    /// How the line knows.
    pub grounds: Grounds,
}

/// How a line knows what it reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grounds {
    /// It was heard.
    Heard,
    /// It must follow from what went before (a training after DCS).
    Predicted,
    /// The announcement was lost and what came after shows that it was there.
    Inferred,
}

impl Tone {
    /// Whether it invites V.8 messages.
    pub const fn is_v8(self) -> bool {
        matches!(self, Self::AnsAm | Self::AnsAmPr)
    }
}

impl Chunk {
    /// Octets that fit into one chunk.
    pub const CAPACITY: usize = 32;

    /// A chunk without bits, to be filled with [`Chunk::push_bit`].
    pub const EMPTY: Self = Self { bits: 0, octets: [0; Self::CAPACITY] };

    /// As many whole octets of `octets` as fit.
    pub fn from_octets(octets: &[u8]) -> Self {
        let mut chunk = Self::EMPTY;
        let octets = &octets[..octets.len().min(Self::CAPACITY)];
        chunk.octets[..octets.len()].copy_from_slice(octets);
        chunk.bits = 8 * octets.len() as u16;
        chunk
    }

    /// Appends one bit, the next on the line. Returns `false`, changing nothing, when it is full.
    pub fn push_bit(&mut self, bit: bool) -> bool {
        let Some(octet) = self.octets.get_mut(usize::from(self.bits / 8)) else { return false };
        *octet |= u8::from(bit) << (7 - self.bits % 8);
        self.bits += 1;
        true
    }

    /// Appends one octet. Returns `false`, changing nothing, when it is full or ends within an octet.
    pub fn push_octet(&mut self, value: u8) -> bool {
        if !self.bits.is_multiple_of(8) {
            return false;
        }
        let Some(octet) = self.octets.get_mut(usize::from(self.bits / 8)) else { return false };
        *octet = value;
        self.bits += 8;
        true
    }

    /// Bits held.
    pub fn len_bits(&self) -> usize {
        usize::from(self.bits)
    }

    /// No bits at all.
    pub fn is_empty(&self) -> bool {
        self.bits == 0
    }

    /// No room for another bit.
    pub fn is_full(&self) -> bool {
        self.len_bits() == Self::CAPACITY * 8
    }

    /// The octets held; the unused low bits of a last partial octet are zero.
    pub fn octets(&self) -> &[u8] {
        self.octets.get(..self.len_bits().div_ceil(8)).unwrap_or(&self.octets)
    }

    /// The bits in line order.
    pub fn iter_bits(&self) -> impl Iterator<Item = bool> + '_ {
        self.octets
            .iter()
            .flat_map(|octet| (0..8).rev().map(move |n| octet >> n & 1 == 1))
            .take(self.len_bits())
    }
}

impl Default for Chunk {
    fn default() -> Self {
        Self::EMPTY
    }
}

/// Shows the length only: frames and pages are personal data.
impl fmt::Debug for Chunk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Chunk({} bits)", self.bits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_bit_on_the_line_is_the_top_bit() {
        let mut chunk = Chunk::EMPTY;
        for bit in [true, true, false, false, true, false, false, false] {
            assert!(chunk.push_bit(bit));
        }
        assert_eq!(chunk.octets(), [0xC8]);
        assert_eq!(chunk.iter_bits().collect::<Vec<_>>()[..5], [true, true, false, false, true]);
    }

    #[test]
    fn a_full_chunk_refuses_and_stays_as_it_is() {
        let mut chunk = Chunk::from_octets(&[0xFF; 40]);
        assert!(chunk.is_full() && !chunk.push_bit(true) && !chunk.push_octet(1));
        assert_eq!(chunk.octets().len(), Chunk::CAPACITY);
        assert_eq!(chunk.iter_bits().count(), 256);
    }

    #[test]
    fn debug_output_does_not_show_content() {
        assert_eq!(format!("{:?}", Chunk::from_octets(b"5551234")), "Chunk(56 bits)");
    }
}
