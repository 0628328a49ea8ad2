//! A page as a raster: what was sent held against what came, whatever the coding between.

use fax_core::terminal::files::read_tiff;
use fax_core::terminal::{self, Limits};
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
    /// Its pages, as libtiff reads them where it is built in.
    pub pages: Vec<Page>,
    /// The same as our fax machines take it.
    pub for_ours: terminal::Document,
}

/// A document cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {why}", path.display())]
pub struct DocumentError {
    path: PathBuf,
    why: String,
}

impl Document {
    /// Reads a TIFF file.
    pub fn read(path: &Path) -> Result<Self, DocumentError> {
        let refused = |why: String| DocumentError { path: path.to_owned(), why };
        let file = std::fs::read(path).map_err(|error| refused(error.to_string()))?;
        let for_ours = read_tiff(&file, Limits::default()).map_err(|why| refused(why.to_string()))?;
        #[cfg(feature = "spandsp")]
        let pages = super::spandsp::pages(path);
        #[cfg(not(feature = "spandsp"))]
        let pages: Vec<Page> = for_ours.pages().iter().map(Page::from).collect();
        match pages.is_empty() {
            true => Err(refused("libtiff cannot read it".to_owned())),
            false => Ok(Self { path: path.to_owned(), pages, for_ours }),
        }
    }
}

impl From<&terminal::Page> for Page {
    fn from(page: &terminal::Page) -> Self {
        Self { width: page.width() as usize, height: page.height() as usize, rows: page.raster() }
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
