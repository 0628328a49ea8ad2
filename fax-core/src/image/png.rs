//! A page as a PNG picture, for people.

use super::{Refusal, Resolution};
use std::io::Write;

/// Why no picture came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PngRefusal {
    /// The rows are not those of the width, or there are none.
    #[error(transparent)]
    Page(#[from] Refusal),
    /// The file cannot be written.
    #[error("the file cannot be written")]
    Write,
}

/// Writes rows as [`super::Encoder::row`] takes them as a picture of one bit a pel, with its resolution.
pub fn write_png<'r>(
    file: impl Write,
    width: u32,
    resolution: Resolution,
    rows: impl IntoIterator<Item = &'r [u8]>,
) -> Result<(), PngRefusal> {
    let octets = usize::from(super::width(width)?).div_ceil(8);
    let mut pels = Vec::new();
    for row in rows {
        if row.len() != octets {
            return Err(Refusal::RowLength.into());
        }
        pels.extend(row.iter().map(|octet| !octet)); // in PNG a set bit is white
    }
    let height = u32::try_from(pels.len() / octets).unwrap_or(u32::MAX);
    let mut picture = png::Encoder::new(file, width, height);
    picture.set_color(png::ColorType::Grayscale);
    picture.set_depth(png::BitDepth::One);
    picture.set_pixel_dims(Some(png::PixelDimensions {
        xppu: per_metre(resolution.across),
        yppu: per_metre(resolution.down),
        unit: png::Unit::Meter,
    }));
    let mut written = picture.write_header().map_err(|_| PngRefusal::Write)?;
    written.write_image_data(&pels).map_err(|_| PngRefusal::Write)?;
    written.finish().map_err(|_| PngRefusal::Write)
}

fn per_metre(per_inch: u16) -> u32 {
    u32::from(per_inch) * 10_000 / 254
}
