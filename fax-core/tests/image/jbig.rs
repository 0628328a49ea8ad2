//! JBIG against what jbigkit's `pbmtojbg85` made.

use crate::fuzz_t85::check;
use crate::pages::{Noise, Page, ccitt};
use fax_core::image::jbig::{JbigDecoder, JbigEncoder, JbigSettings, Template};
use fax_core::image::{End, Refusal};

fn vector(name: &str) -> Vec<u8> {
    let root = env!("CARGO_MANIFEST_DIR");
    std::fs::read(format!("{root}/../test-vectors/image/jbig/{name}.jbg")).unwrap()
}

fn part(number: u32, rows: core::ops::Range<usize>) -> Page {
    let page = ccitt(number);
    Page { pels: page.pels[216 * rows.start..216 * rows.end].to_vec(), ..page }
}

fn decode(octets: &[u8], width: u32, piece: usize) -> (Page, JbigDecoder) {
    let mut decoder = JbigDecoder::new(width, 20_000).unwrap();
    let mut pels = Vec::new();
    for piece in octets.chunks(piece) {
        let mut rest = piece;
        while let Some(row) = decoder.next(&mut rest) {
            pels.extend_from_slice(row.pels);
        }
    }
    while let Some(row) = decoder.finish() {
        pels.extend_from_slice(row.pels);
    }
    (Page { width, pels }, decoder)
}

fn encode(page: &Page, settings: JbigSettings) -> Vec<u8> {
    let mut encoder = JbigEncoder::new(settings).unwrap();
    let mut octets = Vec::new();
    for row in page.rows() {
        octets.extend_from_slice(encoder.row(row).unwrap());
    }
    octets.extend_from_slice(encoder.end());
    octets
}

/// Two templates, with and without typical prediction, a template pel that moves, a new length, a comment.
#[test]
fn pages_of_jbigkit_are_read_pel_for_pel() {
    let (letter, text) = (part(1, 560..760), part(4, 400..500));
    let whole = [("three-rows", &letter), ("two-rows", &letter), ("no-prediction", &letter)];
    let moving = [("moving", &text), ("moving-two-rows", &text)];
    let others = [("new-length", &letter), ("comment", &text), ("one-stripe", &text)];
    for (name, page) in whole.into_iter().chain(moving).chain(others) {
        for piece in [1, 10, usize::MAX] {
            let (back, decoder) = decode(&vector(name), 1728, piece);
            assert_eq!(decoder.end(), Some(End::Marked), "{name}");
            assert_eq!(back.height(), page.height(), "{name}");
            assert!(back == *page, "{name} in pieces of {piece}");
        }
    }
}

#[test]
fn a_page_is_coded_octet_for_octet_as_jbigkit_codes_it() {
    let page = part(1, 560..760);
    let three = JbigSettings { height: Some(200), ..JbigSettings::new(1728) };
    assert_eq!(encode(&page, three), vector("three-rows"));
    assert_eq!(encode(&page, JbigSettings { template: Template::TwoRows, ..three }), vector("two-rows"));
}

#[test]
fn a_page_comes_back_whether_or_not_its_height_was_known() {
    let mut odd = Page { width: 77, pels: Vec::new() };
    (0..300).for_each(|row| odd.push_runs([row % 70, 1 + row % 5, 2]));
    for page in [ccitt(2), part(7, 0..256), odd] {
        for height in [None, Some(page.height())] {
            for template in [Template::ThreeRows, Template::TwoRows] {
                let settings = JbigSettings { height, template, ..JbigSettings::new(page.width) };
                let octets = encode(&page, settings);
                for piece in [3, usize::MAX] {
                    let (back, decoder) = decode(&octets, page.width, piece);
                    assert_eq!(back.height(), page.height(), "{height:?} {template:?}");
                    assert!(back == page, "{height:?} {template:?}");
                    assert_eq!(decoder.end(), Some(End::Marked));
                }
            }
        }
    }
}

#[test]
fn a_page_that_ends_early_is_white_below() {
    let page = part(1, 600..700);
    let octets = encode(&page, JbigSettings { height: Some(300), ..JbigSettings::new(1728) });
    let (back, decoder) = decode(&octets, 1728, 50);
    assert_eq!((back.height(), decoder.end()), (300, Some(End::Marked)));
    let (there, below) = back.pels.split_at(page.pels.len());
    assert!(there == page.pels && below.iter().all(|octet| *octet == 0));
}

#[test]
fn what_was_not_agreed_is_refused() {
    assert_eq!(JbigDecoder::new(0, 1).err(), Some(Refusal::Width));
    assert_eq!(decode(&vector("three-rows"), 2048, 9).1.account().rows(), 0);
    let mut planes = vector("three-rows");
    planes[2] = 4;
    assert!(matches!(decode(&planes, 1728, 9).1.end(), Some(End::Lost(_))));
    let mut decoder = JbigDecoder::new(1728, 10).unwrap();
    let page = vector("three-rows");
    let mut rest = page.as_slice();
    while decoder.next(&mut rest).is_some() {}
    assert_eq!((decoder.account().rows(), decoder.end()), (10, Some(End::RowLimit)));
}

#[test]
fn no_page_makes_the_decoder_panic_or_go_beyond_its_limits() {
    let mut noise = Noise(85);
    let names =
        ["three-rows", "two-rows", "moving", "moving-two-rows", "new-length", "comment", "one-stripe"];
    for name in names {
        let seed = vector(name);
        check(&seed);
        for _ in 0..60 {
            let mut page = seed.clone();
            for _ in 0..=noise.below(5) {
                let near = if noise.below(3) == 0 { 30 } else { page.len() as u64 };
                let at = noise.below(near) as usize;
                page[at] = if noise.below(3) == 0 { 0xFF } else { noise.next() };
            }
            check(&page);
        }
    }
}
