//! The pages of the conformance cases, as rows and as code.
//!
//! From: ETS 300 242 as `docs` of the cases tell it; the resolution chart is one of our own of the same size and kind.

use fax_core::image::{Coding, Encoder, EncoderSettings, Eol};

/// Pels of a row.
pub(crate) const WIDTH: usize = 1728;

/// A row, a set bit is black.
pub(crate) type Row = Vec<u8>;

/// The pages of a document.
pub(crate) fn document(name: &str) -> Vec<Vec<Row>> {
    match name {
        "white_2p" => vec![page("white"), page("white")],
        "impress_white" => vec![page("impress"), page("white")],
        "" => vec![],
        one => vec![page(one)],
    }
}

/// One page.
pub(crate) fn page(name: &str) -> Vec<Row> {
    match name {
        "white" => rows(1100, |_, _| false),
        "diago1" => rows(1002, |row, pel| row > 1000 || pel >= row),
        "diago2" => rows(1002, |row, pel| row > 1000 || pel >= row + 728),
        "stairstep" => rows(1728, |row, pel| pel / 64 == row % 27),
        "duration1" | "duration2" => rows(237, |row, pel| match row {
            0 | 117 | 119 | 236 => true,
            118 => pel % 2 == 1,
            _ => false,
        }),
        "error" => rows(400, |row, pel| match row {
            68 | 331 => true,
            70..=329 => (pel.wrapping_sub(16) / 64) == (row - 70) % 26,
            _ => false,
        }),
        "impress" => rows(1079, |row, pel| match row {
            20..80 => pel / 8 % 2 == 0,
            80..118 => pel % 2 == 0,
            118..156 => pel % 2 == 1,
            194..232 => row % 2 == 0,
            300..700 => pel == row || pel + row == 1400,
            800..1000 => pel % 100 == 0,
            _ => false,
        }),
        other => panic!("no chart {other}"),
    }
}

/// How a page is coded.
pub(crate) struct How<'a> {
    pub(crate) coding: Coding,
    /// The fewest bits of a row.
    pub(crate) least_bits: u32,
    /// Rows whose code is broken.
    pub(crate) bad_rows: &'a [usize],
    /// A row and the octets by which it is made longer.
    pub(crate) stretched: Option<(usize, usize)>,
}

impl How<'_> {
    pub(crate) fn plain(coding: Coding, least_bits: u32) -> Self {
        Self { coding, least_bits, bad_rows: &[], stretched: None }
    }
}

/// The code of a page, its end mark included.
pub(crate) fn code(rows: &[Row], how: &How<'_>) -> Vec<u8> {
    let settings = EncoderSettings {
        min_row_bits: how.least_bits,
        k: 2,
        eol: if how.stretched.is_some() { Eol::OctetEnd } else { Eol::AnyBit },
        ..EncoderSettings::new(how.coding, WIDTH as u32)
    };
    let mut encoder = Encoder::new(settings).expect("a width of T.4");
    let mut octets = Vec::new();
    for (number, row) in rows.iter().enumerate() {
        let start = octets.len();
        octets.extend_from_slice(encoder.row(row).expect("a row of this width"));
        if how.bad_rows.contains(&number) {
            let middle = start + (octets.len() - start) / 2;
            octets[middle] ^= 0xFF;
        }
        if let Some((_, fill)) = how.stretched.filter(|(longer, _)| longer + 1 == number) {
            // Before the one of this row's EOL.
            let one = start + octets[start..].iter().position(|octet| *octet == 1).expect("an EOL");
            octets.splice(one..one, std::iter::repeat_n(0, fill));
        }
    }
    octets.extend_from_slice(encoder.end());
    octets
}

fn rows(count: usize, is_black: impl Fn(usize, usize) -> bool) -> Vec<Row> {
    let row = |number| {
        let mut row = vec![0; WIDTH / 8];
        (0..WIDTH).filter(|pel| is_black(number, *pel)).for_each(|pel| row[pel / 8] |= 0x80 >> (pel % 8));
        row
    };
    (0..count).map(row).collect()
}
