//! What a packet costs to read and to write: one octet of V.21, and 30 ms of a page at 14 400 bit/s.
//!
//! Instructions, which do not depend on what else the machine does:
//!
//! ```text
//! cargo bench -p fax-t38 --bench ifp --no-run
//! valgrind --tool=callgrind --toggle-collect='*counted_decode*' target/release/deps/ifp-… --counted
//! ```
//!
//! tells them for two million packets, half of each kind; `counted_latch` and `counted_encode` likewise.
//! 411, 690 and 198 a packet were measured, with rustc 1.95 on x86-64; through a latch that has no
//! proof of the syntax yet a packet is read in both.

use criterion::Criterion;
use fax_t38::Syntax;
use fax_t38::ifp::{DataType, Field, FieldType, Ifp, SyntaxLatch, write_data};
use std::hint::black_box;

/// 30 ms at 14 400 bit/s.
const PAGE: [u8; 54] = [0x5A; 54];

const PACKETS: [(&str, DataType, Field<'static>); 2] = [
    ("V.21 octet", DataType::V21, Field { kind: FieldType::HdlcData, octets: &[0xFF] }),
    ("image", DataType::V17At14400, Field { kind: FieldType::NonEcmData, octets: &PAGE }),
];

/// Everything in the packet is looked at once.
fn decode(octets: &[u8]) -> usize {
    match Ifp::parse(octets, Syntax::Y2002) {
        Ok(parsed) => content(parsed.ifp),
        Err(_) => 0,
    }
}

fn latched(latch: &mut SyntaxLatch, octets: &[u8]) -> usize {
    latch.read(octets).map_or(0, content)
}

fn content(ifp: Ifp<'_>) -> usize {
    match ifp {
        Ifp::Indicator(indicator) => usize::from(indicator.value()),
        Ifp::Data(data) => {
            data.fields().map(|field| field.octets.len() + usize::from(field.kind.value())).sum()
        }
    }
}

fn encode(kind: DataType, field: Field<'_>, out: &mut [u8]) -> usize {
    write_data(kind, &[field], Syntax::Y2002, out).unwrap_or(0)
}

fn measured() {
    let mut criterion = Criterion::default().configure_from_args();
    for (name, kind, field) in PACKETS {
        let mut out = [0; 64];
        let length = encode(kind, field, &mut out);
        let packet = &out[..length];
        let mut latch = SyntaxLatch::new(Syntax::Y2002);
        criterion.bench_function(&format!("IFP decode, {name}"), |b| b.iter(|| decode(black_box(packet))));
        criterion.bench_function(&format!("IFP decode through the latch, {name}"), |b| {
            b.iter(|| latched(&mut latch, black_box(packet)))
        });
        let mut out = [0; 64];
        criterion.bench_function(&format!("IFP encode, {name}"), |b| {
            b.iter(|| encode(black_box(kind), black_box(field), &mut out))
        });
    }
    criterion.final_summary();
}

const COUNT: usize = 1_000_000;

#[inline(never)]
fn counted_decode(packet: &[u8]) -> usize {
    (0..COUNT).map(|_| decode(black_box(packet))).sum()
}

#[inline(never)]
fn counted_latch(packet: &[u8]) -> usize {
    let mut latch = SyntaxLatch::new(Syntax::Y2002);
    (0..COUNT).map(|_| latched(&mut latch, black_box(packet))).sum()
}

#[inline(never)]
fn counted_encode(kind: DataType, field: Field<'_>) -> usize {
    let mut out = [0; 64];
    (0..COUNT).map(|_| encode(black_box(kind), black_box(field), black_box(&mut out))).sum()
}

fn counted() {
    for (name, kind, field) in PACKETS {
        let mut out = [0; 64];
        let length = encode(kind, field, &mut out);
        let sums =
            [counted_decode(&out[..length]), counted_latch(&out[..length]), counted_encode(kind, field)];
        println!("{name}: {sums:?}");
    }
}

fn main() {
    if std::env::args().any(|argument| argument == "--counted") { counted() } else { measured() }
}
