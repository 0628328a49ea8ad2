//! TIFF-F: pages in files.
//!
//! Reads what fax programs write: many pages, many strips, T.4 and T.6, both bit orders, and files that end early.
//! Writes one strip a page with the tags of TIFF-F.
//!
//! From: RFC 2306, RFC 3949; tolerance by `docs/image-coding.md`.
//!
//! Always: a hostile file costs no more than its own length and the limits; directories that go in circles end.

mod read;
mod write;

pub use read::{TiffLimits, TiffPage, TiffReader, TiffRows};
pub use write::{BitOrder, PageTags, TiffWriter};

/// Why a file or a page was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TiffRefusal {
    /// No TIFF file, or its first directory cannot be read.
    #[error("not a TIFF file")]
    Signature,
    /// A directory or a value of it lies outside of the file or contradicts itself.
    #[error("a directory is damaged")]
    Directory,
    /// The page has more than one bit a pel, or more than one sample.
    #[error("not a page of black and white")]
    Depth,
    /// A compression that is no fax coding.
    #[error("the compression is none of a fax")]
    Compression,
    /// Wider or higher than the limits, or of no width or height.
    #[error("the size is out of bounds")]
    Size,
    /// More pages than the limit.
    #[error("too many pages")]
    Pages,
    /// The file cannot be written.
    #[error("the file cannot be written")]
    Write,
}
