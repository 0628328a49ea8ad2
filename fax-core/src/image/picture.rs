//! Grey and colour pictures as pages of black and white.

use super::{MAX_WIDTH, Refusal, Resolution};
use image::imageops::{self, FilterType};
use image::{DynamicImage, GrayImage, ImageBuffer};

/// A picture in memory, rows from the top, pels of equal height and width.
#[derive(Clone, Copy)]
pub struct Picture<'a> {
    /// Pels a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// What an octet is.
    pub samples: Samples,
    /// The octets of all pels.
    pub octets: &'a [u8],
}

/// What the octets of a pel are; 255 is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Samples {
    /// One: how white.
    Grey,
    /// Three.
    Rgb,
    /// Four; what is transparent shows white paper.
    Rgba,
}

/// How grey becomes black and white.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dither {
    /// Black below the middle: for text and drawings.
    Threshold,
    /// A fixed pattern of 8 × 8: it codes shorter than error diffusion.
    Ordered,
    /// Floyd and Steinberg's error diffusion, every other row from the right: for photographs.
    ErrorDiffusion,
}

/// A page of black and white.
#[derive(Clone, PartialEq, Eq)]
pub struct BilevelPage {
    /// Pels a row.
    pub width: u32,
    pels: Vec<u8>,
}

impl BilevelPage {
    /// The rows, as an encoder takes them.
    pub fn rows(&self) -> impl Iterator<Item = &[u8]> {
        self.pels.chunks_exact(self.width.div_ceil(8) as usize)
    }
}

/// The most pels of a picture: about an A3 page at 600 dots to the inch.
const MAX_PELS: u64 = 80_000_000;

/// The most rows that come of one.
const MAX_ROWS: u64 = 20_000;

impl Picture<'_> {
    /// The picture as wide as a page of `width` pels, as high as its proportions ask for at `resolution`.
    pub fn to_page(
        &self,
        width: u32,
        resolution: Resolution,
        dither: Dither,
    ) -> Result<BilevelPage, Refusal> {
        super::width(width)?;
        let across = u64::from(self.width) * u64::from(resolution.across);
        let rows =
            (u64::from(self.height) * u64::from(width) * u64::from(resolution.down)).checked_div(across);
        let height = rows.filter(|rows| (1..=MAX_ROWS).contains(rows)).ok_or(Refusal::Height)?;
        let grey = self.grey()?;
        let scaled = imageops::resize(&grey, width, height as u32, FilterType::Triangle);
        let row_octets = width.div_ceil(8) as usize;
        let mut pels = vec![0; row_octets * height as usize];
        let rows = scaled.as_raw().chunks_exact(width as usize).zip(pels.chunks_exact_mut(row_octets));
        match dither {
            Dither::Threshold => rows.for_each(|(grey, pels)| blacken(pels, grey, |_, white| white < 128)),
            Dither::Ordered => rows.enumerate().for_each(|(number, (grey, pels))| {
                let pattern = PATTERN.get(number % 8).copied().unwrap_or_default();
                let limit = |place: usize| pattern.get(place % 8).copied().unwrap_or_default() * 4 + 2;
                blacken(pels, grey, |place, white| white < limit(place));
            }),
            Dither::ErrorDiffusion => diffuse(width as usize, rows),
        }
        Ok(BilevelPage { width, pels })
    }

    fn grey(&self) -> Result<GrayImage, Refusal> {
        let pels = u64::from(self.width) * u64::from(self.height);
        if self.width == 0 || self.width > 4 * MAX_WIDTH || pels == 0 || pels > MAX_PELS {
            return Err(Refusal::Width);
        }
        let octets = self.octets.to_vec();
        let (width, height) = (self.width, self.height);
        let grey = match self.samples {
            Samples::Grey => ImageBuffer::from_raw(width, height, octets),
            Samples::Rgb => ImageBuffer::from_raw(width, height, octets)
                .map(|picture| DynamicImage::ImageRgb8(picture).into_luma8()),
            Samples::Rgba => {
                let opaque = octets.as_chunks::<4>().0.iter().flat_map(|[red, green, blue, alpha]| {
                    [*red, *green, *blue].map(|colour| on_paper(colour, *alpha))
                });
                ImageBuffer::from_raw(width, height, opaque.collect())
                    .map(|picture| DynamicImage::ImageRgb8(picture).into_luma8())
            }
        };
        grey.ok_or(Refusal::RowLength)
    }
}

fn on_paper(colour: u8, alpha: u8) -> u8 {
    let (colour, alpha) = (u32::from(colour), u32::from(alpha));
    ((colour * alpha + 255 * (255 - alpha)) / 255) as u8
}

/// Bayer's pattern: each of 0 to 63 once, neighbours far apart.
#[rustfmt::skip]
const PATTERN: [[u8; 8]; 8] = [
    [ 0, 32,  8, 40,  2, 34, 10, 42],
    [48, 16, 56, 24, 50, 18, 58, 26],
    [12, 44,  4, 36, 14, 46,  6, 38],
    [60, 28, 52, 20, 62, 30, 54, 22],
    [ 3, 35, 11, 43,  1, 33,  9, 41],
    [51, 19, 59, 27, 49, 17, 57, 25],
    [15, 47,  7, 39, 13, 45,  5, 37],
    [63, 31, 55, 23, 61, 29, 53, 21],
];

fn blacken(pels: &mut [u8], grey: &[u8], is_black: impl Fn(usize, u8) -> bool) {
    for (octet, (number, grey)) in pels.iter_mut().zip(grey.chunks(8).enumerate()) {
        for (place, white) in grey.iter().enumerate() {
            *octet |= u8::from(is_black(number * 8 + place, *white)) << (7 - place);
        }
    }
}

/// What a pel is too white or too black goes to those not yet decided: 7/16 on, 3/16, 5/16 and 1/16 below.
fn diffuse<'r>(width: usize, rows: impl Iterator<Item = (&'r [u8], &'r mut [u8])>) {
    // With a pel more on each side, so that no edge is special.
    let (mut here, mut below) = (vec![0_i32; width + 2], vec![0_i32; width + 2]);
    for (number, (grey, pels)) in rows.enumerate() {
        let step: isize = if number % 2 == 0 { 1 } else { -1 };
        for count in 0..width {
            let place = if step > 0 { count } else { width - 1 - count };
            let error =
                |row: &[i32], at: isize| row.get((place as isize + 1 + at) as usize).copied().unwrap_or(0);
            let white = i32::from(grey.get(place).copied().unwrap_or(255)) + error(&here, 0) / 16;
            let black = white < 128;
            if black && let Some(octet) = pels.get_mut(place / 8) {
                *octet |= 0x80 >> (place % 8);
            }
            let rest = white - if black { 0 } else { 255 };
            let give = |row: &mut Vec<i32>, at: isize, parts: i32| {
                if let Some(error) = row.get_mut((place as isize + 1 + at) as usize) {
                    *error += rest * parts;
                }
            };
            give(&mut here, step, 7);
            give(&mut below, -step, 3);
            give(&mut below, 0, 5);
            give(&mut below, step, 1);
        }
        core::mem::swap(&mut here, &mut below);
        below.fill(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn black_of(dither: Dither, white: u8) -> f64 {
        let octets = vec![white; 100 * 50];
        let picture = Picture { width: 100, height: 50, samples: Samples::Grey, octets: &octets };
        let page = picture.to_page(800, Resolution::FINE, dither).unwrap();
        let black: u32 = page.pels.iter().map(|octet| octet.count_ones()).sum();
        assert_eq!(page.rows().count(), 384);
        f64::from(black) / f64::from(800 * 384)
    }

    #[test]
    fn as_much_is_black_as_the_grey_is_dark() {
        for white in [0, 30, 64, 128, 200, 255] {
            let dark = 1.0 - f64::from(white) / 255.0;
            for dither in [Dither::Ordered, Dither::ErrorDiffusion] {
                let black = black_of(dither, white);
                assert!((black - dark).abs() < 0.02, "{dither:?} {white}: {black} for {dark}");
            }
        }
        assert_eq!((black_of(Dither::Threshold, 127), black_of(Dither::Threshold, 128)), (1.0, 0.0));
    }

    #[test]
    fn what_is_transparent_is_white() {
        let octets = [[0, 0, 0, 0], [0, 0, 0, 255], [255, 255, 255, 255], [255, 0, 0, 255]].concat();
        let picture = Picture { width: 4, height: 1, samples: Samples::Rgba, octets: &octets };
        let same = Resolution { across: 1, down: 1 };
        assert_eq!(picture.to_page(4, same, Dither::Threshold).unwrap().pels, [0x50]);
    }

    #[test]
    fn a_picture_out_of_bounds_is_refused() {
        let picture = Picture { width: 1, height: 30_000, samples: Samples::Grey, octets: &[0; 30_000] };
        let page = picture.to_page(1728, Resolution::FINE, Dither::Ordered);
        assert_eq!(page.err(), Some(Refusal::Height));
        let picture = Picture { width: 10, height: 10, samples: Samples::Rgb, octets: &[0; 299] };
        let page = picture.to_page(1728, Resolution::FINE, Dither::Ordered);
        assert_eq!(page.err(), Some(Refusal::RowLength));
    }
}
