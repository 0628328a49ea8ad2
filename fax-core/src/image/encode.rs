//! Rows in, octets for the line out.

use super::bits::BitWriter;
use super::changes::Changes;
use super::codes::{Colour, EOL, HORIZONTAL, LONGEST_MAKE_UP, PASS, VERTICAL, Word, word};
use super::lookup::{CODED_AT_ONCE, RUNS};
use super::{Coding, Refusal};

/// Codes one page. The octets of a row are the caller's before the next row is taken.
#[derive(Clone)]
pub struct Encoder {
    settings: EncoderSettings,
    width: u16,
    /// Rows until one is coded by itself again.
    until_one_dimensional: u32,
    row: Changes,
    /// The row above.
    reference: Changes,
    writer: BitWriter,
}

/// What an encoder is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EncoderSettings {
    /// The coding.
    pub coding: Coding,
    /// Pels a row, 1 to [`super::MAX_WIDTH`].
    pub width: u32,
    /// With MR, of how many rows one is coded by itself: T.4's K, 2 at standard and 4 at fine resolution.
    /// 0 counts as 1.
    pub k: u32,
    /// With MH and MR, where an end of line stands.
    pub eol: Eol,
    /// With MH and MR, the fewest bits of a row with its EOL: bit rate times minimum scan line time. Zeros fill
    /// up what is missing. T.4 4.1.3; at most 65535 are kept.
    pub min_row_bits: u32,
}

/// Where an end of line stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Eol {
    /// Right behind the row.
    AnyBit,
    /// So that its one ends an octet, zeros before it; a tag bit begins the next. TIFF T4Options bit 2.
    OctetEnd,
}

impl EncoderSettings {
    /// Settings for a page of `coding`, `width` pels wide, with K for fine resolution and no fill.
    pub fn new(coding: Coding, width: u32) -> Self {
        Self { coding, width, k: 4, eol: Eol::AnyBit, min_row_bits: 0 }
    }
}

impl Encoder {
    /// An encoder at the top of a page.
    pub fn new(settings: EncoderSettings) -> Result<Self, Refusal> {
        let width = super::width(settings.width)?;
        let settings = EncoderSettings { min_row_bits: settings.min_row_bits.min(0xFFFF), ..settings };
        // The longest row is horizontal mode over runs of one pel: six bits a pel.
        let row_bits = settings.width * 6 + 256 + settings.min_row_bits;
        Ok(Self {
            settings,
            width,
            until_one_dimensional: 0,
            row: Changes::white(width),
            reference: Changes::white(width),
            writer: BitWriter::new(row_bits as usize / 8),
        })
    }

    /// Takes a row: top bit first, a set bit is black, what lies right of the width does not matter. Gives the
    /// octets that are now complete; a part of an octet waits for the next row.
    pub fn row(&mut self, pels: &[u8]) -> Result<&[u8], Refusal> {
        if pels.len() != usize::from(self.width).div_ceil(8) {
            return Err(Refusal::RowLength);
        }
        self.row.find(pels);
        match self.settings.coding {
            Coding::Mh => {
                self.eol(None);
                self.marked_row(Self::one_dimensional);
            }
            Coding::Mr => self.mr_row(),
            Coding::Mmr => self.two_dimensional(),
        }
        core::mem::swap(&mut self.row, &mut self.reference);
        Ok(self.writer.octets())
    }

    /// Ends the page for the line: RTC (six EOL) or EOFB (two), then zeros to the end of the octet.
    pub fn end(&mut self) -> &[u8] {
        let (count, end) = match self.settings.coding {
            Coding::Mh => (6, EOL),
            Coding::Mr => (6, EOL.then(VERTICAL_0)),
            Coding::Mmr => (2, EOL),
        };
        for _ in 0..count {
            self.put(end);
        }
        self.stop()
    }

    /// Ends the page for a TIFF file: MH and MR without RTC, MMR with EOFB; zeros to the end of the octet.
    pub fn end_of_strip(&mut self) -> &[u8] {
        match self.settings.coding {
            Coding::Mh | Coding::Mr => self.stop(),
            Coding::Mmr => self.end(),
        }
    }

    /// Ends with the octet, and is ready for the next page or strip.
    fn stop(&mut self) -> &[u8] {
        self.writer.zeros((8 - self.writer.odd_bits()) % 8);
        self.until_one_dimensional = 0;
        self.reference.clear();
        self.writer.octets()
    }

    fn mr_row(&mut self) {
        if self.until_one_dimensional == 0 {
            self.until_one_dimensional = self.settings.k.max(1) - 1;
            self.eol(Some(1));
            self.marked_row(Self::one_dimensional);
        } else {
            self.until_one_dimensional -= 1;
            self.eol(Some(0));
            self.marked_row(Self::two_dimensional);
        }
    }

    /// An EOL and its tag bit, which tells whether the row behind it is one-dimensional.
    fn eol(&mut self, tag: Option<u32>) {
        let tagged = match tag {
            Some(bit) => EOL.then(Word { bits: bit, length: 1 }),
            None => EOL,
        };
        if self.settings.eol == Eol::OctetEnd {
            self.writer.zeros((8 - (self.writer.odd_bits() + EOL.length) % 8) % 8);
        }
        self.put(tagged);
    }

    /// A row that an EOL follows, filled up to the fewest bits.
    fn marked_row(&mut self, code: impl FnOnce(&mut Self)) {
        let before = self.writer.written();
        code(self);
        let tag = if self.settings.coding == Coding::Mr { 1 } else { 0 };
        let bits = (self.writer.written() - before) as u32 + EOL.length + tag;
        self.writer.zeros(self.settings.min_row_bits.saturating_sub(bits));
    }

    /// T.4 4.1: runs, white first.
    fn one_dimensional(&mut self) {
        let mut left = 0;
        let mut black = false;
        for position in self.row.positions().iter().chain([&self.width]) {
            run(&mut self.writer, black, i32::from(*position) - left);
            left = i32::from(*position);
            black = !black;
        }
    }

    /// T.4 4.2.1.3, T.6 2.2: from a0 rightwards, by the changes of this row (a1, a2) and of the row above (b1, b2).
    fn two_dimensional(&mut self) {
        let (row, above, writer) = (&self.row, &self.reference, &mut self.writer);
        let width = i32::from(self.width);
        let mut a0 = -1;
        // a1 and b1 by number; both are even where white ends.
        let (mut a, mut b) = (0, 0);
        while a0 < width {
            let (a1, b1) = (row.position(a), above.position(b));
            let distance = a1 - b1;
            if distance > 0 && above.position(b + 1) < a1 {
                put(writer, PASS);
                a0 = above.position(b + 1);
                b += 2;
            } else if let Some(vertical) = VERTICAL.get((distance + 3) as usize) {
                put(writer, *vertical);
                a0 = a1;
                a += 1;
                // One further, or one back if that has come to lie right of a0 again.
                b = if distance < 0 && b > 0 && above.position(b - 1) > a0 { b - 1 } else { b + 1 };
            } else {
                let a2 = row.position(a + 1);
                put(writer, HORIZONTAL);
                run(writer, a % 2 == 1, a1 - a0.max(0));
                run(writer, a % 2 == 0, a2 - a1);
                a0 = a2;
                a += 2;
            }
            while above.position(b) <= a0 && a0 < width {
                b += 2;
            }
        }
    }

    fn put(&mut self, word: Word) {
        put(&mut self.writer, word);
    }
}

const VERTICAL_0: Word = VERTICAL[3];

/// A run of any length; what is beyond the tables repeats the longest make-up code.
#[inline(always)]
fn run(writer: &mut BitWriter, black: bool, length: i32) {
    let [white_runs, black_runs] = &RUNS;
    let runs = if black { black_runs } else { white_runs };
    let mut length = length as usize;
    while length >= CODED_AT_ONCE {
        put(writer, word(Colour::White, LONGEST_MAKE_UP)); // of both colours
        length -= LONGEST_MAKE_UP as usize;
    }
    if let Some(word) = runs.get(length) {
        put(writer, *word);
    }
}

#[inline(always)]
fn put(writer: &mut BitWriter, word: Word) {
    writer.put(word.bits, word.length);
}
