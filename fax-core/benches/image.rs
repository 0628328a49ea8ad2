//! What a page costs: the eight CCITT pages coded and read in each coding. Beside libtiff's codec they are timed
//! by `peer-spandsp/examples/page_speed.rs`.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use fax_core::image::{Coding, Decoder, DecoderSettings, Encoder, EncoderSettings};
use std::hint::black_box;

#[allow(dead_code)] // the tests need more of it
#[path = "../tests/image/pages.rs"]
mod pages;

fn coders(c: &mut Criterion) {
    let pages: Vec<pages::Page> = (1..=8).map(pages::ccitt).collect();
    let mut group = c.benchmark_group("pages");
    group.throughput(Throughput::Elements(pages.len() as u64));
    for coding in [Coding::Mh, Coding::Mr, Coding::Mmr] {
        let settings = EncoderSettings::new(coding, 1728);
        group.bench_function(BenchmarkId::new("encode", format!("{coding:?}")), |bench| {
            let mut encoder = Encoder::new(settings).unwrap();
            bench.iter(|| {
                for page in &pages {
                    for row in page.rows() {
                        let _ = black_box(encoder.row(row));
                    }
                    black_box(encoder.end());
                }
            });
        });
        let strips: Vec<Vec<u8>> = pages.iter().map(|page| pages::encode(page, settings)).collect();
        group.bench_function(BenchmarkId::new("decode", format!("{coding:?}")), |bench| {
            bench.iter(|| {
                for strip in &strips {
                    let mut decoder = Decoder::new(DecoderSettings::new(coding, 1728)).unwrap();
                    let mut rest = strip.as_slice();
                    while let Some(row) = decoder.next(&mut rest) {
                        black_box(row);
                    }
                    black_box(decoder.finish());
                }
            });
        });
    }
    group.finish();
}

criterion_group!(benches, coders);
criterion_main!(benches);
