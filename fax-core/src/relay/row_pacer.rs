//! Plays a page without ECM: bits that may not pause, in rows that may be stretched before their end.
//!
//! Every row ends with an EOL, eleven zeros or more and a one, and zeros before it are fill that a
//! receiver skips. So a page is said up to the last EOL that has come and no further; when the line
//! would run dry, it gets fill right there.
//!
//! From: T.4 4.1.2 (EOL), 4.1.3 (fill), 4.1.4 (RTC); T.30 table 2 (minimum scan line time); field notes
//! IFP-12, IFP-17, IFP-22, IFP-23.
//! Always: no octet of the page is altered or left out once its first EOL has come; nothing is put
//! between the EOLs of an RTC.
//! Not here: what T.38 leaves out when fill removal is agreed on (`relay::fill`).

use super::tape::{Mark, Tape};
use crate::line::{Line, Nature};
use crate::signal::{Chunk, Signal};
use crate::time::Span;

/// A line that would run dry within this gets fill; see the frame pacer.
const MARGIN: Span = Span::from_millis(30);
/// Fill at a time: the page may go on after it.
const FILL: Span = Span::from_millis(20);
/// Zeros that make an EOL with the one after them (T.4 4.1.2).
const EOL_ZEROS: u32 = 11;
/// Bits from one EOL to the zeros of the next in an RTC: none, or the tag of two-dimensional coding.
const RTC_GAP: u32 = 1;

/// The page that is being played.
#[derive(Clone, Debug)]
pub(super) struct RowPacer {
    /// Looks ahead, to where `seen` octets of the tape have been looked at.
    ahead: EolScan,
    seen: usize,
    /// Octets that may be said, `None` before the first EOL has come.
    safe: Option<usize>,
    /// Looks at what is said.
    spoken: EolScan,
    /// Shortest row, bits with its EOL.
    shortest: u32,
    filled: u32,
    /// Fill that is due here, octets.
    due: u32,
}

/// Finds EOLs in a stream of octets.
#[derive(Clone, Copy, Debug, Default)]
struct EolScan {
    /// Zeros since the last one.
    zeros: u32,
    /// Bits since the last EOL's end.
    row: u32,
    /// An EOL has been seen.
    begun: bool,
}

/// An EOL that ends within an octet; the boundary before the octet lies among its zeros.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Eol {
    /// Bits of the row that it ends, with it; `None` for the first EOL of a page.
    row: Option<u32>,
    /// It follows the one before it at once: an RTC.
    again: bool,
}

impl EolScan {
    fn push(&mut self, octet: u8) -> Option<Eol> {
        let mut found = None;
        for bit in (0..8).rev() {
            self.row = self.row.saturating_add(1);
            if octet >> bit & 1 == 0 {
                self.zeros = self.zeros.saturating_add(1);
                continue;
            }
            if self.zeros >= EOL_ZEROS {
                let row = self.row;
                let again = self.begun && row <= self.zeros + 1 + RTC_GAP;
                found = Some(Eol { row: self.begun.then_some(row), again });
                (self.row, self.begun) = (0, true);
            }
            self.zeros = 0;
        }
        found
    }
}

impl RowPacer {
    /// For a page whose rows have `shortest` bits at least, their EOL included.
    pub(super) fn new(shortest: u32) -> Self {
        Self {
            ahead: EolScan::default(),
            seen: 0,
            safe: None,
            spoken: EolScan::default(),
            shortest,
            filled: 0,
            due: 0,
        }
    }

    /// Octets of fill put in so far.
    pub(super) fn filled(&self) -> u32 {
        self.filled
    }

    /// Says the next piece. Returns whether anything was done, so that there may be more to do.
    pub(super) fn step(&mut self, rate: u32, tape: &mut Tape, line: &mut impl Line) -> bool {
        let end = tape.until(|mark| matches!(mark, Mark::End | Mark::Begin(_)));
        let come = end.map_or(tape.len(), |(octets, _)| octets);
        self.look_ahead(tape, come);
        let safe = if end.is_some() { come } else { self.safe.unwrap_or(0) };
        let room = line.room();
        let chunk = self.next_chunk(tape, safe, room.bits / 8);
        if !chunk.is_empty() {
            return line.say(Signal::Bits(chunk)).is_ok();
        }
        let dry = room.dry_at.is_some_and(|dry| dry <= line.now() + MARGIN);
        let stalled = safe == 0 && self.safe.is_some() && end.is_none();
        if !(stalled && dry && line.nature() == Nature::Modem) {
            return false;
        }
        self.due = (u64::from(rate) * FILL.micros() / 8_000_000).max(1) as u32;
        true
    }

    /// Finds the last place at which the page may stand still.
    fn look_ahead(&mut self, tape: &mut Tape, mut come: usize) {
        /// The zeros of an EOL and what stands in their first octet.
        const FIRST_EOL: usize = 3;
        while self.seen < come {
            let Some(octet) = tape.octet(self.seen) else { break };
            let eol = self.ahead.push(octet);
            self.seen += 1;
            match eol {
                // What stands before the first EOL is the ones of the training's end.
                Some(_) if self.safe.is_none() => {
                    let before = self.seen.saturating_sub(FIRST_EOL);
                    tape.pass(before);
                    (self.seen, come) = (self.seen - before, come - before);
                    self.safe = Some(0);
                }
                Some(eol) if !eol.again => self.safe = Some(self.seen - 1),
                _ => {}
            }
        }
    }

    /// Up to `room` octets, fill before rows that are too short.
    fn next_chunk(&mut self, tape: &mut Tape, safe: usize, room: usize) -> Chunk {
        let (mut chunk, mut taken) = (Chunk::EMPTY, 0);
        while chunk.octets().len() < room.min(Chunk::CAPACITY) {
            if self.due > 0 {
                self.due -= 1;
                self.filled += 1;
                self.spoken.push(0);
                chunk.push_octet(0);
                continue;
            }
            if taken >= safe {
                break;
            }
            let Some(octet) = tape.octet(taken) else { break };
            let mut spoken = self.spoken;
            if let Some(Eol { row: Some(row), again: false }) = spoken.push(octet)
                && row < self.shortest
            {
                self.due = (self.shortest - row).div_ceil(8);
                continue;
            }
            self.spoken = spoken;
            chunk.push_octet(octet);
            taken += 1;
        }
        tape.pass(taken);
        self.seen = self.seen.saturating_sub(taken);
        self.safe = self.safe.map(|safe| safe.saturating_sub(taken));
        chunk
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Octets of bits given as text; blanks mean nothing.
    fn octets(text: &str) -> Vec<u8> {
        let bits: Vec<u8> = text.bytes().filter(|b| *b != b' ').map(|b| b - b'0').collect();
        bits.chunks(8).map(|octet| octet.iter().enumerate().fold(0, |o, (n, b)| o | b << (7 - n))).collect()
    }

    #[test]
    fn eols_are_found_across_octets_and_an_rtc_is_told_from_rows() {
        let eol = "000000000001";
        let text = format!("1111 {eol} 10110 {eol} 0000{eol} {eol}1{eol}1{eol}");
        let mut scan = EolScan::default();
        let found: Vec<(Option<u32>, bool)> = octets(&text)
            .into_iter()
            .filter_map(|octet| scan.push(octet))
            .map(|eol| (eol.row, eol.again))
            .collect();
        let expected = [
            (None, false),
            (Some(17), false),
            (Some(16), true),
            (Some(12), true),
            (Some(13), true),
            (Some(13), true),
        ];
        assert_eq!(found, expected);
    }
}
