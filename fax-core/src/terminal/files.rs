//! Between files in memory and pages: TIFF in; TIFF, PDF and PNG out.

#[cfg(feature = "tiff")]
mod tiff;

#[cfg(feature = "tiff")]
pub use tiff::{read_tiff, write_tiff};

use super::{Page, PageRefusal};

/// Pages as a PDF document, in true size.
#[cfg(feature = "pdf")]
pub fn write_pdf<'a>(pages: impl IntoIterator<Item = &'a Page>) -> Vec<u8> {
    let mut pdf = crate::image::pdf::PdfWriter::new();
    for page in pages {
        pdf.mmr_page(page.width(), page.height(), page.resolution(), page.mmr());
    }
    pdf.finish()
}

/// One page as a PNG picture.
///
/// # Errors
/// When the file cannot be written.
#[cfg(feature = "png")]
pub fn write_png(file: impl std::io::Write, page: &Page) -> Result<(), PageRefusal> {
    let raster = page.raster();
    let rows = raster.chunks_exact(page.row_octets());
    Ok(crate::image::png::write_png(file, page.width(), page.resolution(), rows)?)
}
