//! Pages: the codings of T.4 and T.6, row by row.
//!
//! A page is rows of pels, a row is runs of alternating colour. [`Encoder`] takes rows and gives octets for the
//! line, [`Decoder`] takes octets in pieces of any size and gives rows, each with a [`Verdict`]; the
//! [`Account`] of a page is what T.30 judges its quality by.
//!
//! From: T.4 clause 4, T.6 clause 2; `docs/image-coding.md` says what the field adds.
//!
//! Always: the first bit on the line is the top bit of its octet; a set pel is black. Memory is taken when a
//! coder is made, for two rows of its width; a page has a limit of rows.
//!
//! Not here: how octets travel (T.30, T.38), and bit order in files.

mod account;
mod bits;
mod changes;
mod codes;
mod decode;
mod encode;
mod lookup;

pub use account::{Account, Flaw, Verdict};
pub use decode::{Concealment, Decoder, DecoderSettings, End, RowMark};
pub use encode::{Encoder, EncoderSettings, Eol};

/// The widest row: 303 mm at 1200 pels to the inch.
pub const MAX_WIDTH: u32 = 14592;

/// A row that came off the line.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Row<'a> {
    /// Whether it is what was sent.
    pub verdict: Verdict,
    /// Its pels, first on top of the first octet, a set bit is black; zeros behind the width.
    pub pels: &'a [u8],
}

/// Tells the verdict and hides the page.
impl core::fmt::Debug for Row<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Row({:?}, {} octets)", self.verdict, self.pels.len())
    }
}

/// How a page is coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coding {
    /// Modified Huffman: every row by itself. T.4 4.1.
    Mh,
    /// Modified READ: rows told by their difference from the row above, and now and then one by itself. T.4 4.2.
    Mr,
    /// Modified Modified READ: all rows by their difference, no marks between them. T.6.
    Mmr,
}

/// Why a page or a row was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// A row has 1 to [`MAX_WIDTH`] pels.
    #[error("the width is out of bounds")]
    Width,
    /// A row of pels has as many octets as its width needs.
    #[error("the row has another width")]
    RowLength,
}

/// A width in bounds.
fn width(pels: u32) -> Result<u16, Refusal> {
    match u16::try_from(pels) {
        Ok(width) if width > 0 && pels <= MAX_WIDTH => Ok(width),
        _ => Err(Refusal::Width),
    }
}
