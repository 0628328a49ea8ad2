//! Pictures as documents: a PNG or JPEG file, grey or in colour, is a page of A4's width at fine resolution.

use clap::ValueEnum;
use fax_core::image::Resolution;
use fax_core::image::picture::{Dither, Picture, Samples};
use fax_core::terminal::{Document, Limits, Page, PageWriter};
use image::{ColorType, ImageReader};
use std::error::Error;
use std::path::Path;

/// Pels of a row of A4 at 204 to the inch.
const WIDTH: u32 = 1728;
/// A picture of 100 million pels in colour, and what its decoder needs beside it.
const MAX_OCTETS: u64 = 512 << 20;

/// How grey becomes black and white.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Greys {
    /// Error diffusion, for photographs.
    Diffusion,
    /// A fixed pattern, which codes shorter.
    Ordered,
    /// Black below the middle, for text and drawings.
    Threshold,
}

/// Whether the file is a picture by its ending.
pub(crate) fn is_picture(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    ["png", "jpg", "jpeg"].iter().any(|known| ending.eq_ignore_ascii_case(known))
}

/// Reads a picture as a document of one page.
pub(crate) fn read_picture(path: &Path, greys: Greys) -> Result<Document, Box<dyn Error>> {
    let failed = |why: &dyn Error| format!("{}: {why}", path.display());
    let mut reader =
        ImageReader::open(path).and_then(ImageReader::with_guessed_format).map_err(|error| failed(&error))?;
    let mut limits = image::Limits::default();
    limits.max_alloc = Some(MAX_OCTETS);
    reader.limits(limits);
    let picture = reader.decode().map_err(|error| failed(&error))?;
    let (width, height) = (picture.width(), picture.height());
    let (samples, octets) = match picture.color() {
        ColorType::L8 | ColorType::L16 => (Samples::Grey, picture.into_luma8().into_raw()),
        colour if colour.has_alpha() => (Samples::Rgba, picture.into_rgba8().into_raw()),
        _ => (Samples::Rgb, picture.into_rgb8().into_raw()),
    };
    let picture = Picture { width, height, samples, octets: &octets };
    Ok([page(&picture, greys).map_err(|error| failed(&*error))?].into_iter().collect())
}

fn page(picture: &Picture<'_>, greys: Greys) -> Result<Page, Box<dyn Error>> {
    let dither = match greys {
        Greys::Diffusion => Dither::ErrorDiffusion,
        Greys::Ordered => Dither::Ordered,
        Greys::Threshold => Dither::Threshold,
    };
    let bilevel = picture.to_page(WIDTH, Resolution::FINE, dither)?;
    let mut page = PageWriter::new(WIDTH, Resolution::FINE, Limits::default().octets)?;
    for row in bilevel.rows() {
        page.row(row)?;
    }
    Ok(page.finish())
}
