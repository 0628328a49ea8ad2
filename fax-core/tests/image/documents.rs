//! TIFF files, written, read and damaged; PDF and PNG.

use crate::fuzz_tiff::check;
use crate::pages::{MODES, Noise, Page, ccitt, mode};
use fax_core::image::pdf::PdfWriter;
use fax_core::image::png::write_png;
use fax_core::image::tiff::{BitOrder, PageTags, TiffLimits, TiffReader, TiffRefusal, TiffWriter};
use fax_core::image::{Coding, Resolution, Verdict};
use fax_core::terminal::Limits;
use fax_core::terminal::files::read_tiff;
use std::io::Cursor;

fn vector(path: &str) -> Vec<u8> {
    std::fs::read(format!("{}/../test-vectors/{path}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn read(file: &[u8]) -> Vec<Page> {
    let mut reader = TiffReader::new(file, TiffLimits::default()).unwrap();
    let mut pages = Vec::new();
    while let Some(page) = reader.page().unwrap() {
        let (mut rows, mut pels) = (page.rows().unwrap(), Vec::new());
        while let Some(row) = rows.next() {
            assert_eq!(row.verdict, Verdict::Good);
            pels.extend_from_slice(row.pels);
        }
        assert_eq!(rows.account().rows(), page.height);
        pages.push(Page { width: page.width, pels });
    }
    pages
}

fn written(pages: &[Page], name: &str, bit_order: BitOrder) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    let mut writer = TiffWriter::new(&mut file).unwrap();
    for (number, page) in pages.iter().enumerate() {
        let tags = PageTags {
            encoder: mode(name, page.width),
            bit_order,
            number: (number as u16, pages.len() as u16),
            texts: ["a test", "2026:11:25 12:00:00", ""],
            ..PageTags::new(page.width, Resolution::FINE)
        };
        writer.page(&tags, page.rows()).unwrap();
    }
    file.into_inner()
}

#[test]
fn files_of_one_strip_and_of_many_are_read_as_libtiff_wrote_them() {
    assert!(read(&vector("pages/itu1.tif")) == [ccitt(1)]);
    for name in ["strips-mh", "strips-mr-aligned-bottom-first", "strips-mmr-bottom-first"] {
        assert!(read(&vector(&format!("image/{name}.tif"))) == [ccitt(2)], "{name}");
    }
}

#[test]
fn a_file_of_many_pages_is_read_as_it_was_written() {
    let mut odd = Page { width: 1003, pels: Vec::new() };
    odd.push_runs([0, 500, 3]);
    odd.push_runs([1, 1002]);
    let pages = [ccitt(1), odd, ccitt(6)];
    for name in MODES {
        for order in [BitOrder::TopFirst, BitOrder::BottomFirst] {
            assert!(read(&written(&pages, name, order)) == pages, "{name} {order:?}");
        }
    }
}

#[test]
fn a_page_says_its_size_resolution_and_number() {
    let file = written(&[ccitt(1), ccitt(2)], "mmr", BitOrder::BottomFirst);
    let mut reader = TiffReader::new(&file, TiffLimits::default()).unwrap();
    let _first = reader.page().unwrap().unwrap();
    let page = reader.page().unwrap().unwrap();
    assert_eq!((page.width, page.height), (1728, 2376));
    assert_eq!((page.resolution, page.number), (Some(Resolution::FINE), Some((1, 2))));
}

#[test]
fn limits_of_rows_and_pages_are_kept() {
    let file = written(&[ccitt(1), ccitt(2)], "mmr", BitOrder::BottomFirst);
    let rows = TiffLimits { max_rows: 2375, max_pages: 9 };
    assert_eq!(TiffReader::new(&file, rows).unwrap().page().err(), Some(TiffRefusal::Size));
    let mut reader = TiffReader::new(&file, TiffLimits { max_rows: 9999, max_pages: 1 }).unwrap();
    assert!(reader.page().is_ok());
    assert_eq!(reader.page().err(), Some(TiffRefusal::Pages));
    assert_eq!(TiffReader::new(b"no file", rows).err(), Some(TiffRefusal::Signature));
}

/// A page of 2 kB as often as anybody likes: its directory is followed by itself.
#[test]
fn a_file_whose_directories_run_in_a_circle_is_refused_by_every_limit() {
    let small = Page { width: 1728, pels: ccitt(4).pels[216 * 400..216 * 440].to_vec() };
    let mut file = written(&[small], "mmr", BitOrder::TopFirst);
    let directory: [u8; 4] = file[4..8].try_into().unwrap();
    let at = u32::from_le_bytes(directory) as usize;
    let next = at + 2 + 12 * usize::from(u16::from_le_bytes([file[at], file[at + 1]]));
    assert_eq!(file[next..next + 4], [0; 4]);
    file[next..next + 4].copy_from_slice(&directory);
    let tiff = |pages| TiffLimits { max_rows: 100, max_pages: pages };
    let count =
        |mut reader: TiffReader<'_>| core::iter::from_fn(|| reader.page().ok().flatten().map(|_| ())).count();
    assert!(TiffReader::new(&file, tiff(30)).map_or(0, count) <= 30);
    for limits in [Limits { pages: 30, ..Limits::default() }, Limits { octets: 10_000, ..Limits::default() }]
    {
        assert!(read_tiff(&file, limits).is_err(), "{limits:?}");
    }
}

/// A strip of a few octets, and as many rows as anybody likes: a bit is a row, and 20 000 rows of 14 592 pels are 36 MB.
#[test]
fn a_page_that_would_become_a_thousand_times_its_file_stays_as_small_as_it_came() {
    let white = |height: usize| Page { width: 14_592, pels: vec![0; 1824 * height] };
    let file = written(&[white(19_000)], "mmr", BitOrder::TopFirst);
    assert!(file.len() < 4000, "{}", file.len());
    let document = read_tiff(&file, Limits::default()).unwrap();
    assert!(document.pages()[0].mmr().len() < 4000);
    assert_eq!(document.pages()[0].height(), 19_000);
    let file = written(&[white(20_001)], "mmr", BitOrder::TopFirst);
    assert!(read_tiff(&file, Limits::default()).is_err());
    let fewer = Limits { octets: 1000, ..Limits::default() };
    assert!(read_tiff(&file, fewer).is_err());
}

#[test]
fn a_file_cut_short_gives_the_rows_that_are_there() {
    let file = vector("pages/itu4.tif");
    let (directories, strip) = file.split_at(8);
    assert_eq!(&directories[..2], b"II");
    assert!(strip.len() > 70_000);
    // The directory is behind the strip, so octets are taken out of the strip's middle.
    let mut damaged = file.clone();
    damaged[30_000..40_000].fill(0);
    let mut reader = TiffReader::new(&damaged, TiffLimits::default()).unwrap();
    let page = reader.page().unwrap().unwrap();
    let mut rows = page.rows().unwrap();
    let whole = ccitt(4);
    let equal = whole.rows().take_while(|row| rows.next().is_some_and(|there| there.pels == *row)).count();
    assert!((500..2000).contains(&equal), "{equal}");
}

#[test]
fn no_file_makes_the_reader_panic_or_go_beyond_its_limits() {
    let mut noise = Noise(11);
    let mut seeds: Vec<Vec<u8>> = ["mh", "mr-aligned-bottom-first", "mmr-bottom-first"]
        .map(|name| vector(&format!("image/strips-{name}.tif")))
        .to_vec();
    let small = Page { width: 1728, pels: ccitt(1).pels[216 * 600..216 * 640].to_vec() };
    for name in MODES {
        seeds.push(written(&[small.clone(), small.clone()], name, BitOrder::TopFirst));
    }
    let folder = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz/corpus/tiff")).unwrap();
    for seed in folder {
        seeds.push(std::fs::read(seed.unwrap().path()).unwrap());
        assert!(read_tiff(seeds.last().unwrap(), Limits::default()).is_ok());
    }
    for seed in &seeds {
        check(seed);
        let rounds = if seed.len() > 10_000 { 60 } else { 400 };
        for _ in 0..rounds {
            let mut file = seed.clone();
            for _ in 0..=noise.below(6) {
                // The directories, at the ends of a file, more often than the strips.
                let near = noise.below(400).min(file.len() as u64 - 1) as usize;
                let at = match noise.below(3) {
                    0 => near,
                    1 => file.len() - 1 - near,
                    _ => noise.below(file.len() as u64) as usize,
                };
                file[at] = if noise.below(2) == 0 { noise.next() } else { file[at] ^ 1 << noise.below(8) };
            }
            if noise.below(4) == 0 {
                file.truncate(noise.below(file.len() as u64) as usize);
            }
            check(&file);
        }
    }
}

/// The strip goes into the document as it is, and the page has its true size.
#[test]
fn a_document_has_the_octets_of_mmr_and_the_size_of_the_paper() {
    let page = ccitt(1);
    let mut document = PdfWriter::new();
    document.page(1728, Resolution::FINE, page.rows()).unwrap();
    document.page(1728, Resolution::FINE, page.rows()).unwrap();
    let pdf = document.finish();
    let strip = crate::pages::encode(&page, mode("mmr", 1728));
    assert!(pdf.windows(strip.len()).any(|octets| octets == strip));
    let text = String::from_utf8_lossy(&pdf);
    // 1728 / 204 and 2376 / 196 inches of 72 points.
    assert!(text.contains("/MediaBox [0 0 609.8823 872.81635]"), "{}", &text[..400]);
    assert!(text.contains("/K -1") && text.contains("/Columns 1728") && text.contains("/Count 2"));
}

#[test]
fn a_picture_has_white_where_the_page_has_none() {
    let page = ccitt(1);
    let mut file = Vec::new();
    write_png(&mut file, 1728, Resolution::FINE, page.rows()).unwrap();
    let mut picture = png::Decoder::new(Cursor::new(file)).read_info().unwrap();
    let mut pels = vec![0; picture.output_buffer_size().unwrap()];
    picture.next_frame(&mut pels).unwrap();
    assert!(pels.iter().zip(&page.pels).all(|(white, black)| *white == !black));
}

#[test]
fn bad_rows_are_told_in_the_file() {
    use fax_core::image::{Decoder, DecoderSettings};
    let page = ccitt(4);
    let mut octets = crate::pages::encode(&page, mode("mh", 1728));
    octets[40_000..40_010].fill(0x55);
    let mut decoder = Decoder::new(DecoderSettings::new(Coding::Mh, 1728)).unwrap();
    let mut rest = octets.as_slice();
    while decoder.next(&mut rest).is_some() {}
    decoder.finish();
    let account = *decoder.account();
    assert!(account.bad_rows() > 0);
    let mut file = Cursor::new(Vec::new());
    let tags = PageTags { account: Some(account), ..PageTags::new(1728, Resolution::FINE) };
    TiffWriter::new(&mut file).unwrap().page(&tags, page.rows()).unwrap();
    assert!(read(&file.into_inner()) == [page]);
}
