//! Damages coded pages and files of all kinds a million times and reads them: nothing panics, no limit of rows, pages or
//! octets is passed, and how a line is cut does not matter.
//!
//!     cargo run --release -p fax-core --features tiff --example damage -- 1000000

#[allow(dead_code)] // the tests need more of it
#[path = "../tests/image/pages.rs"]
mod pages;

#[allow(unreachable_pub)]
#[path = "../tests/fuzz/t4.rs"]
mod fuzz_t4;

#[allow(unreachable_pub)]
#[path = "../tests/fuzz/t85.rs"]
mod fuzz_t85;

#[allow(unreachable_pub)]
#[path = "../tests/fuzz/tiff.rs"]
mod fuzz_tiff;

#[allow(dead_code)]
#[path = "../tests/image/mutate.rs"]
mod mutate;

use fax_core::image::Resolution;
use fax_core::image::jbig::{JbigEncoder, JbigSettings, Template};
use fax_core::image::tiff::{PageTags, TiffWriter};
use pages::{MODES, Noise, Page};
use std::io::Cursor;

/// What is damaged, and what reads it.
struct Kind {
    name: &'static str,
    seeds: Vec<Vec<u8>>,
    read: fn(&[u8], &mut Noise),
}

fn main() {
    let rounds = std::env::args().nth(1).and_then(|rounds| rounds.parse().ok()).unwrap_or(1_000_000_u64);
    let parts: Vec<Page> = [(1, 560), (4, 420), (7, 1000), (8, 300)]
        .map(|(number, row)| {
            let page = pages::ccitt(number);
            Page { pels: page.pels[216 * row..216 * (row + 16)].to_vec(), ..page }
        })
        .to_vec();
    let coded = |start: &str| {
        let modes = MODES.iter().filter(|name| name.starts_with(start));
        modes.flat_map(|name| parts.iter().map(|part| pages::encode(part, pages::mode(name, 1728)))).collect()
    };
    let kinds = [
        Kind { name: "MH", seeds: coded("mh"), read: |data, noise| strip(0, data, noise) },
        Kind { name: "MR", seeds: coded("mr"), read: |data, noise| strip(2, data, noise) },
        Kind { name: "MMR", seeds: coded("mmr"), read: |data, noise| strip(5, data, noise) },
        Kind { name: "JBIG", seeds: jbig(&parts), read: |data, _| fuzz_t85::check(data) },
        Kind { name: "TIFF", seeds: tiff(&parts), read: |data, _| fuzz_tiff::check(data) },
    ];
    let mut noise = Noise(2026);
    for Kind { name, seeds, read } in &kinds {
        let share = rounds / kinds.len() as u64;
        for seed in seeds.iter().cycle().take(share as usize) {
            let damaged = mutate::mutated(seed, &mut noise);
            read(&damaged, &mut noise);
        }
        println!("{name}: {share} damaged and read");
    }
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status.lines().filter(|line| line.starts_with("VmHWM")).for_each(|line| println!("{line}"));
}

/// The first octet of what the fuzz target takes chooses the coding. The width is nearly always the right one: others are
/// told at once by their first row.
fn strip(head: u8, damaged: &[u8], noise: &mut Noise) {
    let width = if noise.below(16) == 0 { noise.next() } else { 0 };
    fuzz_t4::check(&[&[head, width, noise.next()], damaged].concat());
}

fn jbig(parts: &[Page]) -> Vec<Vec<u8>> {
    let templates = [Template::ThreeRows, Template::TwoRows];
    let pages = parts.iter().flat_map(|part| templates.map(|template| (part, template)));
    let code = |(part, template): (&Page, Template)| {
        let settings = JbigSettings { template, height: Some(part.height()), ..JbigSettings::new(1728) };
        let mut encoder = JbigEncoder::new(settings).unwrap();
        let mut octets = Vec::new();
        part.rows().for_each(|row| octets.extend_from_slice(encoder.row(row).unwrap()));
        octets.extend_from_slice(encoder.end());
        octets
    };
    pages.map(code).collect()
}

fn tiff(parts: &[Page]) -> Vec<Vec<u8>> {
    let files = MODES.map(|name| {
        let mut file = Cursor::new(Vec::new());
        let mut writer = TiffWriter::new(&mut file).unwrap();
        for part in parts {
            let tags = PageTags { encoder: pages::mode(name, 1728), ..PageTags::new(1728, Resolution::FINE) };
            writer.page(&tags, part.rows()).unwrap();
        }
        file.into_inner()
    });
    files.to_vec()
}
