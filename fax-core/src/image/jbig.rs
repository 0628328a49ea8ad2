//! JBIG as fax has it: T.82 within the bounds of T.85.
//!
//! One plane, stripes, a template of two or three rows, typical prediction, and a template pel that may move while
//! decoding. Coded stripes end at markers, so a page can be sent before its height is known.
//!
//! From: T.82, T.85; held against jbigkit in both directions.
//!
//! Always: a page's memory is a few rows; a damaged page ends with what came before.

mod decode;
mod encode;
mod qm;

pub use decode::JbigDecoder;
pub use encode::{JbigEncoder, JbigSettings};

/// Octets of the header ahead of the stripes. T.82 6.2.
const HEADER: usize = 20;

/// The option bits of the header's last octet.
const TWO_ROWS: u8 = 0x40;
const VARIABLE_LENGTH: u8 = 0x20;
const TYPICAL_PREDICTION: u8 = 0x08;

/// What follows FF. T.82 table 11.
mod marker {
    pub(super) const STUFFED: u8 = 0x00;
    pub(super) const END_OF_STRIPE: u8 = 0x02;
    pub(super) const END_AND_RESET: u8 = 0x03;
    pub(super) const NEW_LENGTH: u8 = 0x05;
    pub(super) const MOVE_TEMPLATE: u8 = 0x06;
    pub(super) const COMMENT: u8 = 0x07;
}

/// The furthest that the template pel moves to the left.
const MAX_MOVE: usize = 127;

/// Which pels tell the probability of the next. T.82 figures 3 and 4.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Template {
    /// Pels of this row and the one above.
    TwoRows,
    /// Pels of this row and the two above: the shorter code, most often.
    ThreeRows,
}

impl Template {
    /// The context that tells whether a row is as the one above. T.82 figures 8 and 9.
    fn typical(self) -> usize {
        match self {
            Self::TwoRows => 0x195,
            Self::ThreeRows => 0x0E5,
        }
    }
}

/// This row and the two above, an octet a pel, with white around them.
#[derive(Clone)]
struct Rows {
    rows: [Vec<u8>; 3],
    width: usize,
}

/// White left of the first pel and right of the last.
const LEFT: usize = MAX_MOVE + 1;
const RIGHT: usize = 4;

impl Rows {
    fn new(width: u16) -> Self {
        let row = vec![0; LEFT + usize::from(width) + RIGHT];
        Self { rows: [row.clone(), row.clone(), row], width: usize::from(width) }
    }

    fn clear(&mut self) {
        self.rows.iter_mut().for_each(|row| row.fill(0));
    }

    /// This row becomes the one above.
    fn advance(&mut self) {
        self.rows.rotate_right(1);
    }

    /// This row is as the one above.
    fn repeat(&mut self) {
        let [this, above, _] = &mut self.rows;
        this.copy_from_slice(above);
    }

    fn is_as_above(&self) -> bool {
        let [this, above, _] = &self.rows;
        this == above
    }

    fn unpack(&mut self, pels: &[u8]) {
        let [this, ..] = &mut self.rows;
        let this = this.iter_mut().skip(LEFT).take(self.width);
        for (place, pel) in this.enumerate() {
            *pel = pels.get(place / 8).map_or(0, |octet| octet >> (7 - place % 8) & 1);
        }
    }

    fn pack(&self, pels: &mut [u8]) {
        let [this, ..] = &self.rows;
        let this = this.get(LEFT..LEFT + self.width).unwrap_or_default();
        for (octet, eight) in pels.iter_mut().zip(this.chunks(8)) {
            *octet = eight.iter().enumerate().fold(0, |octet, (place, pel)| octet | pel << (7 - place));
        }
    }

    /// The context of the pel at `x`; `moved` is how far left of it the template pel stands in this row, 0 where it
    /// has not moved from the row above.
    #[inline(always)]
    fn context(&self, template: Template, x: usize, moved: usize) -> usize {
        let at = x + LEFT;
        let [this, above, top] = &self.rows;
        let bits = |row: &[u8], from: usize, count: usize| {
            let pels = row.get(from..from + count).unwrap_or_default();
            pels.iter().fold(0, |bits, pel| bits << 1 | usize::from(*pel))
        };
        let adaptive = if moved == 0 { bits(above, at + 2, 1) } else { bits(this, at - moved, 1) };
        match template {
            Template::TwoRows => bits(above, at - 3, 5) << 5 | adaptive << 4 | bits(this, at - 4, 4),
            Template::ThreeRows => {
                bits(top, at - 1, 3) << 7
                    | bits(above, at - 2, 4) << 3
                    | adaptive << 2
                    | bits(this, at - 2, 2)
            }
        }
    }

    /// The pel at `x` of this row.
    #[inline(always)]
    fn pel(&self, x: usize) -> u8 {
        let [this, ..] = &self.rows;
        this.get(LEFT + x).copied().unwrap_or(0)
    }

    #[inline(always)]
    fn set_pel(&mut self, x: usize, pel: u8) {
        let [this, ..] = &mut self.rows;
        if let Some(place) = this.get_mut(LEFT + x) {
            *place = pel;
        }
    }
}
