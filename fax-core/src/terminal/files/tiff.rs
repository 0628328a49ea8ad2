//! TIFF files.

use super::super::{Document, Limits, Page, PageRefusal, PageWriter, ReceivedPage};
use crate::image::tiff::{PageTags, TiffLimits, TiffReader, TiffWriter};
use crate::image::{MAX_WIDTH, Resolution};
use crate::t30::fields::Ecm;
use std::io::{Seek, Write};

/// The document of a TIFF file.
///
/// # Errors
/// When the file is none, has no pages, breaks off in a page, or is beyond the limits.
pub fn read_tiff(file: &[u8], limits: Limits) -> Result<Document, PageRefusal> {
    let max_pages = u32::try_from(limits.pages).unwrap_or(u32::MAX);
    let mut reader = TiffReader::new(file, TiffLimits { max_rows: limits.rows, max_pages })?;
    let (mut pages, mut octets) = (Vec::new(), 0_usize);
    while let Some(page) = reader.page()? {
        let resolution = page.resolution.unwrap_or_else(|| guess(page.width, page.height));
        let mut writer = PageWriter::new(page.width, resolution, limits.octets.saturating_sub(octets))?;
        let mut rows = page.rows()?;
        while let Some(row) = rows.next() {
            writer.row(row.pels)?;
        }
        if writer.height() < page.height {
            return Err(PageRefusal::Damaged(pages.len()));
        }
        let page = writer.finish();
        octets = octets.saturating_add(page.mmr().len());
        pages.push(page);
    }
    if pages.is_empty() { Err(PageRefusal::Empty) } else { Ok(pages.into_iter().collect()) }
}

/// The resolution of a page that does not tell: its width is A4, and whether it is standard or fine its height
/// tells.
fn guess(width: u32, height: u32) -> Resolution {
    let across = (width.min(MAX_WIDTH) * 204 / 1728).max(1);
    let down = if height < width * 13 / 16 { across / 2 } else { across };
    let dots = |dots: u32| u16::try_from(dots.max(1)).unwrap_or(u16::MAX);
    match (dots(across), dots(down)) {
        (204, 102) => Resolution::STANDARD,
        (204, 204) => Resolution::FINE,
        (across, down) => Resolution { across, down },
    }
}

/// Writes received pages as TIFF-F, with the account of those that came without ECM.
///
/// # Errors
/// When the file cannot be written.
pub fn write_tiff<W: Write + Seek>(file: W, pages: &[ReceivedPage]) -> Result<(), PageRefusal> {
    let mut writer = TiffWriter::new(file)?;
    let total = u16::try_from(pages.len()).unwrap_or(0);
    for (number, received) in (0..=u16::MAX).zip(pages) {
        let page: &Page = &received.page;
        let account = (received.terms.ecm == Ecm::Off).then_some(received.account);
        let tags =
            PageTags { number: (number, total), account, ..PageTags::new(page.width(), page.resolution()) };
        writer.mmr_page(&tags, page.height(), page.mmr())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_without_resolution_is_taken_for_one_of_a4() {
        assert_eq!(guess(1728, 1100), Resolution::STANDARD);
        assert_eq!(guess(1728, 2200), Resolution::FINE);
        assert_eq!(guess(2592, 3300), Resolution { across: 306, down: 306 });
    }
}
