//! Our page coding against libtiff: strips octet for octet, files pel for pel.

use fax_core::image::tiff::{BitOrder, PageTags, TiffLimits, TiffReader, TiffWriter};
use fax_core::image::{Coding, Encoder, EncoderSettings, Eol, Resolution};
use peer_spandsp::{Page, StripCoding, TiffStrip, read_pages, write_pages};
use std::fs;
use std::path::PathBuf;

const MODES: [(StripCoding, Coding, u32); 4] = [
    (StripCoding::Mh, Coding::Mh, 1),
    (StripCoding::MrK2, Coding::Mr, 2),
    (StripCoding::MrK4, Coding::Mr, 4),
    (StripCoding::Mmr, Coding::Mmr, 1),
];

fn ccitt(number: u32) -> Page {
    let path = format!("{}/../test-vectors/pages/itu{number}.tif", env!("CARGO_MANIFEST_DIR"));
    read_pages(&PathBuf::from(path)).unwrap().remove(0)
}

/// Every run of 0 to 2751 pels in both colours, and longer ones.
fn every_run() -> Page {
    let width = 5632;
    let (mut rows, mut height) = (Vec::new(), 0);
    let runs = (0..2752).map(|run| [run, run + 1, run, 17]);
    let longer = (2752..width).step_by(31).map(|run| [0, run, width - run, 0]);
    for runs in runs.chain(longer) {
        let mut row = vec![0; width as usize / 8];
        let mut left = 0;
        for (number, run) in runs.into_iter().enumerate() {
            let right = (left + run).min(width);
            if number % 2 == 1 {
                (left..right).for_each(|pel| row[pel as usize / 8] |= 0x80 >> (pel % 8));
            }
            left = right;
        }
        rows.extend(row);
        height += 1;
    }
    Page { width, height, rows }
}

fn rows(page: &Page) -> impl Iterator<Item = &[u8]> {
    page.rows.chunks_exact(page.width.div_ceil(8) as usize)
}

fn strip(page: &Page, settings: EncoderSettings) -> Vec<u8> {
    let mut encoder = Encoder::new(settings).unwrap();
    let mut octets = Vec::new();
    for row in rows(page) {
        octets.extend_from_slice(encoder.row(row).unwrap());
    }
    octets.extend_from_slice(encoder.end_of_strip());
    octets
}

#[test]
fn our_strips_are_those_of_libtiff_octet_for_octet_and_it_reads_them() {
    let pages = (1..=8).map(ccitt).chain([every_run()]);
    for (number, page) in pages.enumerate() {
        for (theirs, coding, k) in MODES {
            for eol in [Eol::AnyBit, Eol::OctetEnd] {
                let aligned = eol == Eol::OctetEnd && coding != Coding::Mmr;
                let settings = EncoderSettings { k, eol, ..EncoderSettings::new(coding, page.width) };
                let ours = strip(&page, settings);
                let libtiff = TiffStrip { width: page.width, height: page.height, coding: theirs, aligned };
                let mut octets = Vec::new();
                let (length, _) = libtiff.encode(&page.rows, &mut octets).unwrap();
                assert!(ours == octets[..length], "page {number} {theirs:?} {eol:?}");
                let mut read = Vec::new();
                libtiff.decode(&ours, &mut read).unwrap();
                assert!(read == page.rows, "page {number} {theirs:?} {eol:?}");
            }
        }
    }
}

#[test]
fn libtiff_reads_the_files_we_write_and_we_read_its() {
    let pages = [ccitt(1), ccitt(5), ccitt(8)];
    let folder = std::env::temp_dir().join(format!("our-pages-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let path = folder.join("pages.tif");
    for (_, coding, k) in MODES {
        for bit_order in [BitOrder::TopFirst, BitOrder::BottomFirst] {
            let mut writer = TiffWriter::new(fs::File::create(&path).unwrap()).unwrap();
            for (number, page) in pages.iter().enumerate() {
                let encoder = EncoderSettings { k, ..EncoderSettings::new(coding, page.width) };
                let number = (number as u16, pages.len() as u16);
                let tags =
                    PageTags { encoder, bit_order, number, ..PageTags::new(page.width, Resolution::FINE) };
                writer.page(&tags, rows(page)).unwrap();
            }
            drop(writer);
            let there = read_pages(&path).unwrap();
            assert!(there.iter().zip(&pages).all(|(there, page)| there.rows == page.rows));
            assert_eq!(there.len(), pages.len());
        }
    }
    write_pages(&path, &pages).unwrap();
    let file = fs::read(&path).unwrap();
    let mut reader = TiffReader::new(&file, TiffLimits::default()).unwrap();
    for page in &pages {
        let ours = reader.page().unwrap().unwrap();
        let (mut rows, mut pels) = (ours.rows().unwrap(), Vec::new());
        while let Some(row) = rows.next() {
            pels.extend_from_slice(row.pels);
        }
        assert!(pels == page.rows);
    }
    assert!(reader.page().unwrap().is_none());
    fs::remove_dir_all(folder).unwrap();
}
