//! Our octets against libtiff's, our rows against those of `hayro-ccitt`.

use crate::pages::{MODES, Page, ccitt, decode_page, encode, every_run, mode};
use fax_core::image::{Coding, EncoderSettings};
use hayro_ccitt::{DecodeSettings, DecoderContext, EncodingMode};

#[test]
fn the_ccitt_pages_are_coded_octet_for_octet_as_libtiff_codes_them() {
    let strips = include_str!("../../../test-vectors/image/libtiff-strips.txt");
    for number in 1..=8 {
        let page = ccitt(number);
        for name in MODES {
            let octets = encode(&page, mode(name, page.width));
            let line = format!("itu{number} {name} {} {:016x}", octets.len(), fnv(&octets));
            assert!(strips.lines().any(|known| known == line), "{line}");
        }
    }
}

fn fnv(octets: &[u8]) -> u64 {
    octets
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, octet| (hash ^ u64::from(*octet)).wrapping_mul(0x100_0000_01b3))
}

#[test]
fn pages_come_back_pel_for_pel_however_the_line_cuts_them() {
    let pages = [ccitt(1), ccitt(4), every_run(), stripes()];
    for page in pages {
        for name in MODES {
            let settings = mode(name, page.width);
            let octets = encode(&page, settings);
            for piece in [1, 7, 33, usize::MAX] {
                let back = decode_page(&octets, settings.coding, page.width, piece);
                assert!(back == page, "{name} in pieces of {piece}");
            }
        }
    }
}

/// Rows with as many changes as there are pels, all told by nothing but their being the same as above.
fn stripes() -> Page {
    let mut page = Page { width: 1728, pels: Vec::new() };
    for _ in 0..20 {
        page.push_runs([1; 1728]);
    }
    page
}

/// Also rows that alternate every pel, which libtiff cannot read.
#[test]
fn a_foreign_decoder_reads_every_run_and_every_page() {
    for page in [every_run(), ccitt(3), ccitt(7), ccitt(8)] {
        for name in MODES {
            let settings = mode(name, page.width);
            assert!(foreign(&encode(&page, settings), settings, page.height()) == page, "{name}");
        }
    }
}

fn foreign(octets: &[u8], settings: EncoderSettings, rows: u32) -> Page {
    let mut context = DecoderContext::new(DecodeSettings {
        columns: settings.width,
        rows,
        end_of_block: true,
        end_of_line: settings.coding != Coding::Mmr,
        rows_are_byte_aligned: false,
        encoding: match settings.coding {
            Coding::Mh => EncodingMode::Group3_1D,
            Coding::Mr => EncodingMode::Group3_2D,
            Coding::Mmr => EncodingMode::Group4,
        },
        strict: true,
    });
    let mut sink = Sink(Page { width: settings.width, pels: Vec::new() });
    hayro_ccitt::decode(octets, &mut sink, &mut context).unwrap();
    sink.0
}

struct Sink(Page);

impl hayro_ccitt::Decoder for Sink {
    fn push_row(&mut self, changes: &[u32]) {
        let starts = [0].into_iter().chain(changes.iter().copied());
        let runs = changes.iter().copied().chain([self.0.width]).zip(starts).map(|(to, from)| to - from);
        self.0.push_runs(runs.collect::<Vec<_>>());
    }
}
