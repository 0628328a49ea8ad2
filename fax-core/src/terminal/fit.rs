//! A page fitted to what the far machine prints.
//!
//! Pels and rows are kept one to one wherever they can be: a page that is narrower than the paper gets white on
//! its right, one that is wider or in another resolution is scaled.

use super::page::Page;
use crate::image::{self, Rescaler};
use crate::t30::Dis;
use crate::t30::fields::{Length, Resolution, Width};

/// The resolution nearest to the page's, and the narrowest paper that it fits on, of those that the far
/// machine prints.
pub(super) fn choose(page: &Page, offered: &Dis) -> (Resolution, Width, Length) {
    let own = page.resolution();
    let distance = |resolution: &Resolution| {
        let (across, down) = resolution.dots();
        u32::from(across.abs_diff(own.across)) + u32::from(down.abs_diff(own.down))
    };
    let printed = Resolution::all().filter(|resolution| offered.prints(*resolution));
    let resolution = printed.min_by_key(distance).unwrap_or(Resolution::R8x3_85);
    let mut widths =
        [Width::Mm215, Width::Mm255, Width::Mm303].into_iter().filter(|width| *width <= offered.width());
    let pels = pels_at(page, resolution);
    let width = widths.clone().find(|width| resolution.pels(*width) >= pels).or(widths.next_back());
    // A receiver that cannot take more than A4 is sent a longer page all the same: it prints it on two sheets.
    (resolution, width.unwrap_or(Width::Mm215), length(page).min(offered.length()))
}

/// The paper that the page is as long as, with 3 % for what scanners add.
fn length(page: &Page) -> Length {
    let millimetres = u64::from(page.height()) * 254 / 10 / u64::from(page.resolution().down.max(1));
    match millimetres {
        0..=305 => Length::A4,
        306..=374 => Length::B4,
        _ => Length::Unlimited,
    }
}

/// Pels of the page's rows at another resolution.
fn pels_at(page: &Page, resolution: Resolution) -> u32 {
    scaled(page.width(), nominal(page.resolution().across), nominal(resolution.dots().0))
}

/// 204 and 408 pels to the inch are called 200 and 400 where widths are compared: 1728, 2592 and 3456 pels are the
/// same paper (T.30 Table 2).
fn nominal(across: u16) -> u16 {
    match across {
        200..=208 => 200,
        400..=416 => 400,
        other => other,
    }
}

/// `count` from one resolution to another. Up to 3 % apart count as the same: 200 and 204 are, to everybody.
fn scaled(count: u32, from: u16, to: u16) -> u32 {
    let (from, to) = (u64::from(from.max(1)), u64::from(to));
    if from.abs_diff(to) * 100 <= from * 3 {
        return count;
    }
    u32::try_from(u64::from(count) * to / from).unwrap_or(u32::MAX).max(1)
}

/// Turns a page's rows into those that were agreed on.
pub(super) struct Fit {
    rescaler: Option<Rescaler>,
    /// A row of the agreed width, white behind what the page has.
    row: Vec<u8>,
}

impl Fit {
    pub(super) fn new(page: &Page, resolution: Resolution, width: Width) -> Result<Self, image::Refusal> {
        let (room, wanted) = (resolution.pels(width), pels_at(page, resolution));
        let content = wanted.min(room);
        let own = page.resolution();
        // What is too wide is scaled down both ways.
        let rows_of_ten_thousand = u64::from(scaled(10_000, own.down, resolution.dots().1));
        let rows_of_ten_thousand = rows_of_ten_thousand * u64::from(content) / u64::from(wanted.max(1));
        let is_same = content == page.width() && rows_of_ten_thousand == 10_000;
        let from = image::Resolution { across: own.across, down: 10_000 };
        let down = u16::try_from(rows_of_ten_thousand).unwrap_or(u16::MAX);
        let to = image::Resolution { across: resolution.dots().0, down };
        let rescaler = if is_same { None } else { Some(Rescaler::new(page.width(), from, content, to)?) };
        Ok(Self { rescaler, row: vec![0; room.div_ceil(8) as usize] })
    }

    /// Takes a row, and gives none, one or several to `each`.
    pub(super) fn row(&mut self, pels: &[u8], mut each: impl FnMut(&[u8])) {
        let Self { rescaler, row } = self;
        let mut padded = |pels: &[u8]| {
            row.iter_mut().zip(pels).for_each(|(place, octet)| *place = *octet);
            each(row);
        };
        match rescaler {
            None => padded(pels),
            Some(rescaler) => {
                let taken = rescaler.row(pels, padded);
                debug_assert!(taken.is_ok(), "rows have the page's width");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::page::PageWriter;
    use super::*;
    use crate::t30::fields::Bit;

    fn page(width: u32, height: u32, across: u16, down: u16) -> Page {
        let mut writer = PageWriter::new(width, image::Resolution { across, down }, usize::MAX).unwrap();
        let row = vec![0x80; width.div_ceil(8) as usize];
        (0..height).for_each(|_| writer.row(&row).unwrap());
        writer.finish()
    }

    fn rows(page: &Page, resolution: Resolution, width: Width) -> (usize, usize) {
        let mut fit = Fit::new(page, resolution, width).unwrap();
        let (mut count, mut octets) = (0, 0);
        for row in page.raster().chunks(page.row_octets()) {
            fit.row(row, |row| (count, octets) = (count + 1, row.len()));
        }
        (count, octets)
    }

    #[test]
    fn a_page_keeps_its_resolution_where_the_far_machine_prints_it() {
        let everything = Resolution::all().filter_map(Resolution::bit).fold(Dis::NOTHING, Dis::with);
        let everything = everything.with_width(Width::Mm303).with_length(Length::Unlimited);
        for resolution in Resolution::all() {
            let (across, down) = resolution.dots();
            for width in [Width::Mm215, Width::Mm255, Width::Mm303] {
                let page = page(resolution.pels(width), 10, across, down);
                assert_eq!(choose(&page, &everything), (resolution, width, Length::A4));
                assert!(Fit::new(&page, resolution, width).unwrap().rescaler.is_none());
            }
        }
    }

    #[test]
    fn what_is_not_printed_is_scaled() {
        let fine = page(1728, 2200, 204, 196);
        let (resolution, width, _) = choose(&fine, &Dis::NOTHING);
        assert_eq!((resolution, width), (Resolution::R8x3_85, Width::Mm215));
        assert_eq!(rows(&fine, resolution, width), (1100, 216));

        let sharp = page(2592, 3300, 300, 300);
        let offered = Dis::NOTHING.with(Bit::FINE);
        assert_eq!(choose(&sharp, &offered).0, Resolution::R200x200);
        let (count, octets) = rows(&sharp, Resolution::R200x200, Width::Mm215);
        assert!((2199..=2201).contains(&count) && octets == 216, "{count}");

        // A3 on A4, both ways smaller.
        let wide = page(2432, 3200, 204, 196);
        assert_eq!(choose(&wide, &offered).1, Width::Mm215);
        let (count, _) = rows(&wide, Resolution::R8x7_7, Width::Mm215);
        assert!((2270..=2275).contains(&count), "{count}");
    }

    #[test]
    fn a_narrow_page_gets_white_on_its_right() {
        let letter = page(1700, 3, 200, 200);
        let mut fit = Fit::new(&letter, Resolution::R200x200, Width::Mm215).unwrap();
        assert!(fit.rescaler.is_none());
        fit.row(&[0xFF; 213], |row| assert_eq!((row.len(), row[214], row[215]), (216, 0, 0)));
    }

    #[test]
    fn a_page_is_as_long_as_its_paper() {
        let lengths = [2200, 2287, 2800, 4000].map(|rows| length(&page(8, rows, 204, 196)));
        assert_eq!(lengths, [Length::A4, Length::A4, Length::B4, Length::Unlimited]);
    }
}
