//! The pages that the tests code, and coding them whole.

use fax_core::image::{Coding, Decoder, DecoderSettings, Encoder, EncoderSettings, Eol, Row, Verdict};

/// A page of pels: rows of whole octets, a set bit is black.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Page {
    pub(crate) width: u32,
    pub(crate) pels: Vec<u8>,
}

impl Page {
    pub(crate) fn rows(&self) -> impl Iterator<Item = &[u8]> {
        self.pels.chunks(self.width.div_ceil(8) as usize)
    }

    pub(crate) fn height(&self) -> u32 {
        self.rows().count() as u32
    }
}

/// The modes of `test-vectors/image/libtiff-strips.txt`.
pub(crate) const MODES: [&str; 6] = ["mh", "mh-aligned", "mr-2", "mr-4", "mr-4-aligned", "mmr"];

pub(crate) fn mode(name: &str, width: u32) -> EncoderSettings {
    let coding = match &name[..2] {
        "mh" => Coding::Mh,
        "mr" => Coding::Mr,
        _ => Coding::Mmr,
    };
    let eol = if name.ends_with("aligned") { Eol::OctetEnd } else { Eol::AnyBit };
    let k = if name.starts_with("mr-2") { 2 } else { 4 };
    EncoderSettings { k, eol, ..EncoderSettings::new(coding, width) }
}

/// The page as a strip of a TIFF file: without RTC.
pub(crate) fn encode(page: &Page, settings: EncoderSettings) -> Vec<u8> {
    let mut encoder = Encoder::new(settings).unwrap();
    let mut octets = Vec::new();
    for row in page.rows() {
        octets.extend_from_slice(encoder.row(row).unwrap());
    }
    octets.extend_from_slice(encoder.end_of_strip());
    octets
}

/// All rows of what came in pieces of `piece` octets.
pub(crate) fn decode(
    octets: &[u8],
    settings: DecoderSettings,
    piece: usize,
    mut each: impl FnMut(Row<'_>),
) -> Decoder {
    let mut decoder = Decoder::new(settings).unwrap();
    for piece in octets.chunks(piece) {
        let mut rest = piece;
        while let Some(row) = decoder.next(&mut rest) {
            each(row);
        }
        assert!(rest.is_empty() || decoder.end().is_some());
    }
    if let Some(row) = decoder.finish() {
        each(row);
    }
    decoder
}

/// The page that comes of it, if all of its rows are good.
pub(crate) fn decode_page(octets: &[u8], coding: Coding, width: u32, piece: usize) -> Page {
    let mut pels = Vec::new();
    decode(octets, DecoderSettings::new(coding, width), piece, |row| {
        assert_eq!(row.verdict, Verdict::Good);
        pels.extend_from_slice(row.pels);
    });
    Page { width, pels }
}

/// The classic CCITT test documents 1 to 8.
pub(crate) fn ccitt(number: u32) -> Page {
    let path = format!("{}/../test-vectors/pages/itu{number}.tif", env!("CARGO_MANIFEST_DIR"));
    let file = std::fs::read(path).unwrap();
    let mut strip = only_strip(&file).to_vec();
    strip.iter_mut().for_each(|octet| *octet = octet.reverse_bits());
    let page = decode_page(&strip, Coding::Mmr, 1728, usize::MAX);
    assert_eq!(page.height(), 2376);
    page
}

/// The strip of a little-endian file of one page in one strip.
fn only_strip(file: &[u8]) -> &[u8] {
    let number = |at: usize| u32::from_le_bytes(file[at..at + 4].try_into().unwrap()) as usize;
    let directory = number(4);
    let entries = usize::from(file[directory]);
    let value = |tag: u16| {
        (0..entries)
            .map(|entry| directory + 2 + 12 * entry)
            .find(|at| file[*at..*at + 2] == tag.to_le_bytes())
            .map(|at| number(at + 8))
            .unwrap()
    };
    let (offset, length) = (value(273), value(279));
    &file[offset..offset + length]
}

/// Rows of 5632 pels: every run of 0 to 2751 pels in both colours, runs beyond what two make-up codes reach,
/// rows that alternate every pel, and noise.
pub(crate) fn every_run() -> Page {
    let width = 5632;
    let mut page = Page { width, pels: Vec::new() };
    for run in 0..2752 {
        page.push_runs([run, run + 1, run, 17]);
    }
    for run in 2752..width {
        if run % 37 == 0 {
            page.push_runs([run, width - run]);
            page.push_runs([0, run, width - run]);
        }
    }
    page.push_runs([]);
    page.push_runs([0, width]);
    page.push_runs(core::iter::repeat_n(1, width as usize));
    page.push_runs([0].into_iter().chain(core::iter::repeat_n(1, width as usize)));
    let mut noise = Noise(5);
    for _ in 0..200 {
        let sparse = noise.next() % 4;
        let row = (0..width / 8).map(|_| (0..sparse).fold(noise.next(), |octet, _| octet & noise.next()));
        page.pels.extend(row.collect::<Vec<_>>());
    }
    page
}

impl Page {
    /// A row of runs, white first; what is missing is white.
    pub(crate) fn push_runs(&mut self, runs: impl IntoIterator<Item = u32>) {
        let mut row = vec![0u8; self.width.div_ceil(8) as usize];
        let mut left = 0;
        for (number, run) in runs.into_iter().enumerate() {
            let right = (left + run).min(self.width);
            if number % 2 == 1 {
                (left..right).for_each(|pel| row[pel as usize / 8] |= 0x80 >> (pel % 8));
            }
            left = right;
        }
        self.pels.extend(row);
    }
}

/// Octets without an order.
pub(crate) struct Noise(pub(crate) u64);

impl Noise {
    pub(crate) fn next(&mut self) -> u8 {
        self.below(256) as u8
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) % bound
    }
}
