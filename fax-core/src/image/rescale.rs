//! A page in another resolution or width.

use super::changes::{Canvas, Changes};
use super::{Refusal, Resolution};

/// Takes rows of one format and gives rows of another. Where several pels become one, it is black if any of them
/// was: thin lines stay.
#[derive(Clone)]
pub struct Rescaler {
    from: Resolution,
    to: Resolution,
    from_width: u16,
    to_width: u16,
    found: Changes,
    scaled: Changes,
    canvas: Canvas,
    /// Rows that go into the next one.
    merged: Vec<u8>,
    /// How far the next row is, in rows of the source times rows to the inch of the target.
    due: u32,
}

impl Rescaler {
    /// From rows of `from_width` pels to rows of `to_width`.
    pub fn new(from_width: u32, from: Resolution, to_width: u32, to: Resolution) -> Result<Self, Refusal> {
        let (from_width, to_width) = (super::width(from_width)?, super::width(to_width)?);
        let at_least_one =
            |dots: Resolution| Resolution { across: dots.across.max(1), down: dots.down.max(1) };
        Ok(Self {
            from: at_least_one(from),
            to: at_least_one(to),
            from_width,
            to_width,
            found: Changes::white(from_width),
            scaled: Changes::white(to_width),
            canvas: Canvas::new(to_width),
            merged: vec![0; usize::from(from_width).div_ceil(8)],
            due: 0,
        })
    }

    /// Takes a row, and gives none, one or several to `each`.
    pub fn row(&mut self, pels: &[u8], mut each: impl FnMut(&[u8])) -> Result<(), Refusal> {
        if pels.len() != self.merged.len() {
            return Err(Refusal::RowLength);
        }
        self.merged.iter_mut().zip(pels).for_each(|(merged, pels)| *merged |= pels);
        self.due += u32::from(self.to.down);
        if self.due < u32::from(self.from.down) {
            return Ok(());
        }
        self.scale();
        while self.due >= u32::from(self.from.down) {
            self.due -= u32::from(self.from.down);
            each(self.canvas.pels());
        }
        self.merged.fill(0);
        Ok(())
    }

    fn scale(&mut self) {
        self.found.find(&self.merged);
        self.scaled.clear();
        let (from, to) = (u64::from(self.from_width), u64::from(self.to_width));
        let mut pen = self.scaled.pen();
        let mut last = 0;
        for run in self.found.positions().chunks(2) {
            let [left, right] = match run {
                [left, right] => [*left, *right],
                [left] => [*left, self.from_width],
                _ => [0, 0],
            };
            // Rounded outwards, so that no black run vanishes; white ones between may.
            let left = (u64::from(left) * to / from) as i32;
            let right = (u64::from(right) * to).div_ceil(from) as i32;
            if left > last || pen.count() == 0 {
                pen.push(left);
                pen.push(right);
            } else {
                pen.move_last(right);
            }
            last = right;
        }
        let count = pen.count();
        self.scaled.keep(count);
        self.scaled.drop_imaginary();
        self.canvas.paint(&self.scaled);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rescaled(rows: &[[u8; 2]], from: Resolution, to_width: u32, to: Resolution) -> Vec<Vec<u8>> {
        let mut rescaler = Rescaler::new(16, from, to_width, to).unwrap();
        let mut out = Vec::new();
        for row in rows {
            rescaler.row(row, |row| out.push(row.to_vec())).unwrap();
        }
        out
    }

    #[test]
    fn a_thin_line_outlives_half_the_rows() {
        let rows = [[0, 0], [0x10, 0], [0, 0], [0, 0]];
        let half = rescaled(&rows, Resolution::FINE, 16, Resolution::STANDARD);
        assert_eq!(half, [[0x10, 0], [0, 0]]);
        let twice = rescaled(&rows, Resolution::STANDARD, 16, Resolution::FINE);
        assert_eq!(twice.len(), 8);
    }

    #[test]
    fn a_row_in_another_width_keeps_its_proportions() {
        let same = Resolution::FINE;
        assert_eq!(rescaled(&[[0x0F, 0x01]], same, 32, same), [[0x00, 0xFF, 0x00, 0x03]]);
        assert_eq!(rescaled(&[[0x0F, 0x01]], same, 8, same), [[0x31]]);
        assert_eq!(rescaled(&[[0xAA, 0xAA]], same, 8, same), [[0xFF]]);
        assert_eq!(rescaled(&[[0xFF, 0xFF]], same, 20, same), [[0xFF, 0xFF, 0xF0]]);
    }
}
