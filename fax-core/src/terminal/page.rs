//! Pages in memory: rows of pels kept as MMR, the most compact form that every file takes as it is.

use crate::image::{self, Coding, Decoder, DecoderSettings, Encoder, EncoderSettings};
use core::fmt;
use std::sync::Arc;

/// A page in memory. It holds its rows as MMR: some 10 to 70 kB for a page of A4 at fine resolution.
#[derive(Clone, PartialEq, Eq)]
pub struct Page {
    width: u32,
    height: u32,
    resolution: image::Resolution,
    mmr: Vec<u8>,
}

impl Page {
    /// Pels of a row.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Rows, 1 at least.
    pub fn height(&self) -> u32 {
        self.height
    }

    /// Dots to the inch.
    pub fn resolution(&self) -> image::Resolution {
        self.resolution
    }

    /// The rows as MMR with EOFB, first bit on top.
    pub fn mmr(&self) -> &[u8] {
        &self.mmr
    }

    /// The rows, top to bottom, in one piece: each begins with a new octet, a set bit is black.
    pub fn raster(&self) -> Vec<u8> {
        let mut raster = Vec::new();
        if let Ok(mut reader) = RowReader::new(self) {
            while let Some(row) = reader.next(self) {
                raster.extend_from_slice(row);
            }
        }
        raster
    }

    /// Octets of a row.
    pub fn row_octets(&self) -> usize {
        self.width.div_ceil(8) as usize
    }
}

/// Tells the size and hides the page.
impl fmt::Debug for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Page({} x {})", self.width, self.height)
    }
}

/// Makes a page of rows.
#[derive(Clone)]
pub struct PageWriter {
    encoder: Encoder,
    page: Page,
    max_octets: usize,
}

impl PageWriter {
    /// A page of rows `width` pels wide, which may take so many octets coded.
    ///
    /// # Errors
    /// When the width is out of bounds.
    pub fn new(width: u32, resolution: image::Resolution, max_octets: usize) -> Result<Self, PageRefusal> {
        let encoder = Encoder::new(EncoderSettings::new(Coding::Mmr, width))?;
        Ok(Self { encoder, page: Page { width, height: 0, resolution, mmr: Vec::new() }, max_octets })
    }

    /// Adds a row as [`Encoder::row`] takes it.
    ///
    /// # Errors
    /// When the row has another width, or the page is as large as it may be. It stays as it was.
    pub fn row(&mut self, pels: &[u8]) -> Result<(), PageRefusal> {
        if self.page.mmr.len() >= self.max_octets {
            return Err(PageRefusal::Full);
        }
        self.page.mmr.extend_from_slice(self.encoder.row(pels)?);
        self.page.height = self.page.height.saturating_add(1);
        Ok(())
    }

    /// Rows so far.
    pub fn height(&self) -> u32 {
        self.page.height
    }

    /// The page. One without rows gets one of white, so that it counts as a page everywhere.
    pub fn finish(mut self) -> Page {
        if self.page.height == 0 {
            self.max_octets = usize::MAX;
            let white = vec![0; self.page.row_octets()];
            debug_assert!(self.row(&white).is_ok(), "a row of its own width");
        }
        self.page.mmr.extend_from_slice(self.encoder.end());
        self.page
    }
}

/// Reads a page's rows. It does not hold the page, so that whoever owns both can keep it.
#[derive(Clone)]
pub(super) struct RowReader {
    decoder: Decoder,
    read: usize,
}

impl RowReader {
    pub(super) fn new(page: &Page) -> Result<Self, image::Refusal> {
        let settings =
            DecoderSettings { max_rows: page.height, ..DecoderSettings::new(Coding::Mmr, page.width) };
        Ok(Self { decoder: Decoder::new(settings)?, read: 0 })
    }

    pub(super) fn next(&mut self, page: &Page) -> Option<&[u8]> {
        let mut rest = page.mmr.get(self.read..)?;
        let before = rest.len();
        let row = self.decoder.next(&mut rest)?;
        self.read += before - rest.len();
        Some(row.pels)
    }
}

/// Pages to be sent. Copies share them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Document(Arc<[Page]>);

impl Document {
    /// The pages, first to last.
    pub fn pages(&self) -> &[Page] {
        &self.0
    }
}

impl FromIterator<Page> for Document {
    fn from_iter<T: IntoIterator<Item = Page>>(pages: T) -> Self {
        Self(pages.into_iter().collect())
    }
}

/// What a machine may keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Pages of a document.
    pub pages: usize,
    /// Octets of all its pages, coded.
    pub octets: usize,
    /// Rows of a page.
    pub rows: u32,
}

impl Default for Limits {
    /// 1000 pages, 64 MiB, 20 000 rows: 100 pages of dense text are 10 MiB.
    fn default() -> Self {
        Self { pages: 1000, octets: 64 << 20, rows: 20_000 }
    }
}

/// Why a page or a document was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PageRefusal {
    /// The page is none that can be coded.
    #[error(transparent)]
    Page(#[from] image::Refusal),
    /// It is larger than the limits.
    #[error("the document is larger than may be kept")]
    Full,
    /// There is no page.
    #[error("the document has no page")]
    Empty,
    /// The file has fewer rows of this page, counted from 0, than it says.
    #[error("page {0} of the file is damaged")]
    Damaged(usize),
    /// The file is none of ours.
    #[cfg(feature = "tiff")]
    #[error(transparent)]
    Tiff(#[from] image::tiff::TiffRefusal),
    /// No picture came of it.
    #[cfg(feature = "png")]
    #[error(transparent)]
    Png(#[from] image::png::PngRefusal),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_gives_back_the_rows_it_was_made_of() {
        let rows: Vec<[u8; 2]> = (0..40).map(|n| [n * 5, n << 4]).collect();
        let mut writer = PageWriter::new(12, image::Resolution::FINE, 1000).unwrap();
        rows.iter().for_each(|row| writer.row(row).unwrap());
        let page = writer.finish();
        assert_eq!((page.height(), page.raster()), (40, rows.concat()));
        assert_eq!(format!("{page:?}"), "Page(12 x 40)");
    }

    #[test]
    fn a_page_is_no_larger_than_it_may_be_and_never_empty() {
        let mut writer = PageWriter::new(16, image::Resolution::FINE, 4).unwrap();
        let taken = (0..100).take_while(|_| writer.row(&[0xAA, 0x55]).is_ok()).count();
        assert!((1..5).contains(&taken), "{taken}");
        assert_eq!(writer.finish().height() as usize, taken);
        assert_eq!(PageWriter::new(16, image::Resolution::FINE, 4).unwrap().finish().raster(), [0, 0]);
    }
}
