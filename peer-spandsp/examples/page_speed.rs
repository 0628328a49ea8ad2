//! How fast pages are coded and read: ours and libtiff's codec in one process, the least time of many runs.
//!
//!     cargo run --release -p peer-spandsp --example page_speed -- test-vectors/pages/itu*.tif

use core::time::Duration;
use fax_core::image::{Coding, Decoder, DecoderSettings, Encoder, EncoderSettings};
use peer_spandsp::{Page, StripCoding, TiffStrip, read_pages};
use std::path::Path;
use std::time::Instant;

/// Runs of each; they alternate, so that both meet the same machine.
const RUNS: usize = 60;

const MODES: [(&str, StripCoding, Coding, u32); 4] = [
    ("MH", StripCoding::Mh, Coding::Mh, 1),
    ("MR, K = 2", StripCoding::MrK2, Coding::Mr, 2),
    ("MR, K = 4", StripCoding::MrK4, Coding::Mr, 4),
    ("MMR", StripCoding::Mmr, Coding::Mmr, 1),
];

fn main() {
    let pages: Vec<(String, Page)> = std::env::args()
        .skip(1)
        .flat_map(|path| {
            let pages = read_pages(Path::new(&path)).expect("a TIFF file of pages");
            pages.into_iter().map(move |page| (path.clone(), page))
        })
        .collect();
    println!("| coding | page | encode, ours ms | libtiff | times | decode, ours ms | libtiff | times |");
    println!("|---|---|---|---|---|---|---|---|");
    for (name, theirs, ours, k) in MODES {
        let mut sum = [Duration::ZERO; 4];
        for (path, page) in &pages {
            let times = measure(page, theirs, ours, k);
            let file = Path::new(path).file_stem().map(|stem| stem.to_string_lossy().into_owned());
            print_row(name, &file.unwrap_or_default(), times);
            sum.iter_mut().zip(times).for_each(|(sum, time)| *sum += time);
        }
        print_row(name, "**all**", sum);
    }
}

fn print_row(name: &str, page: &str, [encode, their_encode, decode, their_decode]: [Duration; 4]) {
    let ms = |time: Duration| time.as_secs_f64() * 1e3;
    println!(
        "| {name} | {page} | {:.2} | {:.2} | {:.1} | {:.2} | {:.2} | {:.1} |",
        ms(encode),
        ms(their_encode),
        ms(their_encode) / ms(encode),
        ms(decode),
        ms(their_decode),
        ms(their_decode) / ms(decode),
    );
}

fn measure(page: &Page, theirs: StripCoding, ours: Coding, k: u32) -> [Duration; 4] {
    let strip = TiffStrip { width: page.width, height: page.height, coding: theirs, aligned: false };
    // Buffers are used again, on both sides: no page fault is timed.
    let (mut room, mut octets, mut rows) = (Vec::new(), Vec::new(), Vec::new());
    let (length, _) = strip.encode(&page.rows, &mut room).expect("libtiff codes");
    let coded = room[..length].to_vec();
    let mut least = [Duration::MAX; 4];
    for _ in 0..RUNS {
        let encode = our_encode(page, ours, k, &mut octets);
        assert!(octets == coded);
        let decode = our_decode(page, ours, &coded, &mut rows);
        assert!(rows == page.rows);
        let (_, their_encode) = strip.encode(&page.rows, &mut room).expect("libtiff codes");
        let their_decode = strip.decode(&coded, &mut rows).expect("libtiff reads");
        assert!(rows == page.rows);
        let times = [encode, their_encode, decode, their_decode];
        least.iter_mut().zip(times).for_each(|(least, time)| *least = time.min(*least));
    }
    least
}

fn our_encode(page: &Page, coding: Coding, k: u32, octets: &mut Vec<u8>) -> Duration {
    let settings = EncoderSettings { k, ..EncoderSettings::new(coding, page.width) };
    let mut encoder = Encoder::new(settings).expect("a width in bounds");
    octets.clear();
    let begin = Instant::now();
    for row in page.rows.chunks_exact(page.width.div_ceil(8) as usize) {
        octets.extend_from_slice(encoder.row(row).expect("a row of the width"));
    }
    octets.extend_from_slice(encoder.end_of_strip());
    begin.elapsed()
}

fn our_decode(page: &Page, coding: Coding, octets: &[u8], rows: &mut Vec<u8>) -> Duration {
    let mut decoder = Decoder::new(DecoderSettings::new(coding, page.width)).expect("a width in bounds");
    rows.clear();
    let begin = Instant::now();
    let mut rest = octets;
    while let Some(row) = decoder.next(&mut rest) {
        rows.extend_from_slice(row.pels);
    }
    if let Some(row) = decoder.finish() {
        rows.extend_from_slice(row.pels);
    }
    begin.elapsed()
}
