//! The line at the top of a page that says who sends it, and when.
//!
//! The letters are those of misc-fixed 9 × 18 of the X Window System ("Public domain font. Share and enjoy."): Latin,
//! Greek and Cyrillic, 728 of them, in `header/9x18.font`, made by `header/make_font.py`. Anything else is printed as
//! a box and counted.

use super::{Refusal, Rescaler, Resolution};

/// A line of text as rows.
#[derive(Clone)]
pub struct HeaderLine {
    rows: Vec<u8>,
    row_octets: usize,
    boxes: u32,
}

impl HeaderLine {
    /// The line for a page of `width` pels. Text that is wider than the page is cut off.
    pub fn new(text: &str, width: u32, resolution: Resolution) -> Result<Self, Refusal> {
        let row_octets = usize::from(super::width(width)?).div_ceil(8);
        // As wide in pels as the page would be in the resolution that the letters are drawn for.
        let drawn_width = width * u32::from(DRAWN_FOR.across) / u32::from(resolution.across.max(1));
        let drawn = Drawing::new(text, drawn_width.clamp(8, super::MAX_WIDTH));
        let mut rescaler = Rescaler::new(drawn.width, DRAWN_FOR, width, resolution)?;
        let mut rows = Vec::new();
        for row in drawn.rows.chunks_exact(drawn.width.div_ceil(8) as usize) {
            rescaler.row(row, |row| rows.extend_from_slice(row))?;
        }
        Ok(Self { rows, row_octets, boxes: drawn.boxes })
    }

    /// The rows, as an encoder takes them.
    pub fn rows(&self) -> impl Iterator<Item = &[u8]> {
        self.rows.chunks_exact(self.row_octets)
    }

    /// Letters that are printed as a box.
    pub fn boxes(&self) -> u32 {
        self.boxes
    }
}

/// At 204 × 196 to the inch a letter is 1.1 mm wide and the line 2.9 mm high.
const DRAWN_FOR: Resolution = Resolution::FINE;

const LETTER_WIDTH: usize = 9;
const LETTER_HEIGHT: usize = 18;

/// White rows above and below.
const MARGIN: usize = 2;

/// White letters ahead of the first: machines do not print to the edge.
const INDENT: usize = 4;

struct Drawing {
    width: u32,
    rows: Vec<u8>,
    boxes: u32,
}

impl Drawing {
    fn new(text: &str, width: u32) -> Self {
        let octets = width.div_ceil(8) as usize;
        let mut drawing = Self { width, rows: vec![0; octets * (LETTER_HEIGHT + 2 * MARGIN)], boxes: 0 };
        let room = (width as usize / LETTER_WIDTH).saturating_sub(2 * INDENT);
        for (place, letter) in text.chars().take(room).enumerate() {
            let found = letter_shape(letter);
            drawing.boxes += u32::from(found.is_none());
            drawing.draw((INDENT + place) * LETTER_WIDTH, found.unwrap_or(&BOX));
        }
        drawing
    }

    fn draw(&mut self, left: usize, shape: &[u8]) {
        let octets = self.width.div_ceil(8) as usize;
        for pel in 0..LETTER_WIDTH * LETTER_HEIGHT {
            let black = shape.get(pel / 8).is_some_and(|octet| octet << (pel % 8) & 0x80 != 0);
            let (x, y) = (left + pel % LETTER_WIDTH, MARGIN + pel / LETTER_WIDTH);
            if black && let Some(octet) = self.rows.get_mut(y * octets + x / 8) {
                *octet |= 0x80 >> (x % 8);
            }
        }
    }
}

/// All letters: a code point in two octets, ascending, then the rows of nine pels one behind the other.
static LETTERS: &[u8] = include_bytes!("header/9x18.font");

const SHAPE: usize = (LETTER_WIDTH * LETTER_HEIGHT).div_ceil(8);

fn letter_shape(letter: char) -> Option<&'static [u8]> {
    let code = u16::try_from(u32::from(letter)).ok()?;
    let (letters, _) = LETTERS.as_chunks::<{ 2 + SHAPE }>();
    let place =
        letters.binary_search_by_key(&code, |[high, low, ..]| u16::from_be_bytes([*high, *low])).ok()?;
    letters.get(place)?.get(2..)
}

/// A frame of seven pels by ten on the letters' line.
const BOX: [u8; SHAPE] = box_shape();

const fn box_shape() -> [u8; SHAPE] {
    let mut shape = [0; SHAPE];
    let mut y = 4;
    while y < 14 {
        let mut x = 1;
        while x < 8 {
            if y == 4 || y == 13 || x == 1 || x == 7 {
                let pel = y * LETTER_WIDTH + x;
                shape[pel / 8] |= 0x80 >> (pel % 8);
            }
            x += 1;
        }
        y += 1;
    }
    shape
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(line: &HeaderLine, from: usize, to: usize) -> String {
        let row = |row: &[u8]| -> String {
            (from..to).map(|x| if row[x / 8] << (x % 8) & 0x80 != 0 { '#' } else { '.' }).collect()
        };
        line.rows().map(row).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn letters_of_three_scripts_are_printed_and_others_are_boxes() {
        let line = HeaderLine::new("Zürich Ωμέγα Жёлтый łódź €5", 1728, Resolution::FINE).unwrap();
        assert_eq!((line.boxes(), line.rows().count()), (0, 22));
        let line = HeaderLine::new("電話 ☎", 1728, Resolution::FINE).unwrap();
        assert_eq!(line.boxes(), 3);
    }

    #[test]
    fn a_letter_looks_as_it_should() {
        let line = HeaderLine::new("Ж", 1728, Resolution::FINE).unwrap();
        let rows = ".#..#..#.\n.#..#..#.\n..#.#.#..\n..#.#.#..\n...###...\n..#.#.#..\n..#.#.#..\n.#..#..#.";
        assert!(picture(&line, 36, 45).contains(rows), "{}", picture(&line, 36, 45));
    }

    #[test]
    fn a_line_is_as_high_on_paper_in_every_resolution() {
        for (resolution, width, rows) in [
            (Resolution::STANDARD, 1728, 11),
            (Resolution::SUPERFINE, 1728, 43),
            (Resolution { across: 408, down: 391 }, 3456, 43),
            (Resolution { across: 300, down: 300 }, 2592, 33),
        ] {
            let line = HeaderLine::new(&"From 0123456789 ".repeat(30), width, resolution).unwrap();
            assert_eq!(line.rows().count(), rows, "{resolution:?}");
            assert!(line.rows().all(|row| row.len() == width as usize / 8));
            assert!(line.rows().any(|row| row.iter().any(|octet| *octet != 0)));
        }
        assert!(HeaderLine::new("narrow", 1, Resolution::FINE).is_ok());
    }
}
