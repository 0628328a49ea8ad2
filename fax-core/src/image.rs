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
//! Not here: how octets travel (T.30, T.38).
//!
//! Files need a feature each: `tiff`, `pdf`, `png`; `picture` makes pages of grey and colour.

mod account;
mod bits;
mod changes;
mod codes;
mod decode;
mod encode;
mod header;
pub mod jbig;
mod lookup;
#[cfg(feature = "pdf")]
pub mod pdf;
#[cfg(feature = "picture")]
pub mod picture;
#[cfg(feature = "png")]
pub mod png;
mod rescale;
#[cfg(feature = "tiff")]
pub mod tiff;

pub use account::{Account, Flaw, Verdict};
pub use decode::{Concealment, Decoder, DecoderSettings, End, RowMark};
pub use encode::{Encoder, EncoderSettings, Eol};
pub use header::HeaderLine;
pub use rescale::Rescaler;

/// The widest row: 303 mm at 1200 pels to the inch.
pub const MAX_WIDTH: u32 = 14592;

/// How close the pels of a page stand, in dots to the inch: 204 × 98 is T.4's standard resolution, 204 × 196 fine,
/// 204 × 391 superfine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resolution {
    /// In a row.
    pub across: u16,
    /// Down the page.
    pub down: u16,
}

impl Resolution {
    /// T.4's 8 × 3.85 to the millimetre.
    pub const STANDARD: Self = Self { across: 204, down: 98 };
    /// T.4's 8 × 7.7 to the millimetre.
    pub const FINE: Self = Self { across: 204, down: 196 };
    /// 8 × 15.4 to the millimetre.
    pub const SUPERFINE: Self = Self { across: 204, down: 391 };
}

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
    /// A page has rows, and no more than its limit.
    #[error("the height is out of bounds")]
    Height,
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
