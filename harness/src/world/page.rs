//! A page as a raster: what was sent held against what came, whatever the coding between.

use std::fmt;
use std::path::{Path, PathBuf};

/// A page of one bit a pixel.
#[derive(Clone, PartialEq, Eq)]
pub struct Page {
    /// Pixels a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// The rows from the top, each from a new octet on; first pixel in the top bit, a set bit is black.
    pub rows: Vec<u8>,
}

impl Page {
    /// Rows that are not the other page's row of the same number; all where the widths differ.
    pub fn rows_that_differ(&self, other: &Self) -> usize {
        let most = self.height.max(other.height);
        if self.width != other.width {
            return most;
        }
        let octets = self.width.div_ceil(8).max(1);
        let pairs = self.rows.chunks_exact(octets).zip(other.rows.chunks_exact(octets));
        most - pairs.filter(|(ours, theirs)| ours == theirs).count()
    }
}

/// A document to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// A TIFF file.
    pub path: PathBuf,
    /// Its pages.
    pub pages: Vec<Page>,
}

/// A document cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {why}", path.display())]
pub struct DocumentError {
    path: PathBuf,
    why: &'static str,
}

impl Document {
    /// Reads a TIFF file.
    pub fn read(path: &Path) -> Result<Self, DocumentError> {
        #[cfg(feature = "spandsp")]
        let (pages, why) = (super::spandsp::pages(path), "not a TIFF file of pages of one bit a pixel");
        #[cfg(not(feature = "spandsp"))]
        let (pages, why) = (Vec::new(), "this binary reads no TIFF; build with `--features spandsp`");
        match pages.is_empty() {
            true => Err(DocumentError { path: path.to_owned(), why }),
            false => Ok(Self { path: path.to_owned(), pages }),
        }
    }
}

/// Not the pixels.
impl fmt::Debug for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Page({} x {})", self.width, self.height)
    }
}

/// Pages of `sent` that `received` has at the same place, pixel for pixel.
pub fn identical(sent: &[Page], received: &[Page]) -> usize {
    sent.iter().zip(received).filter(|(sent, received)| sent == received).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_told_apart_and_dimensions_count() {
        let page = Page { width: 12, height: 3, rows: vec![1, 0, 2, 0, 3, 0] };
        let other = Page { rows: vec![1, 0, 2, 16, 3, 0], ..page.clone() };
        assert_eq!(page.rows_that_differ(&page), 0);
        assert_eq!(page.rows_that_differ(&other), 1);
        let shorter = Page { height: 2, rows: vec![1, 0, 2, 0], ..page.clone() };
        assert_eq!((page.rows_that_differ(&shorter), shorter.rows_that_differ(&page)), (1, 1));
        let wider = Page { width: 13, ..page.clone() };
        assert_eq!(page.rows_that_differ(&wider), 3);
        assert_eq!(identical(&[page.clone(), page.clone()], &[page.clone(), other]), 1);
        assert_eq!(format!("{page:?}"), "Page(12 x 3)");
    }
}
