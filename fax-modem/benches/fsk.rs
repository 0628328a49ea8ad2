//! What V.21 costs: one second of audio sent, received, and listened to in vain.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use fax_core::Dbm0;
use fax_modem::fsk::{Channel, FskReceiver, FskTransmitter, Preamble};
use std::hint::black_box;

const SECOND: usize = 8000;
const BLOCK: usize = 160;

/// One second of flags and data.
fn signal() -> Vec<i16> {
    let mut transmitter = FskTransmitter::new(Channel::Two, Dbm0(-13.0));
    for _ in 0..12 {
        transmitter.bits().push(0x7E7E_7E7E, 32);
    }
    transmitter.start();
    let mut samples = vec![0; SECOND];
    transmitter.fill(&mut samples);
    samples
}

/// A signal it cannot follow: a fast carrier with a random phase every 10/3 samples.
fn lost() -> Vec<i16> {
    let mut state = 1_u32;
    (0..SECOND)
        .map(|n| {
            if (3 * n) % 10 < 3 {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            }
            let quarter = state >> 30;
            let place = (n as u32 * 17 + quarter * 20) % 80;
            if place < 40 { 4000 } else { -4000 }
        })
        .collect()
}

fn sending(c: &mut Criterion) {
    let mut group = c.benchmark_group("v21");
    group.throughput(Throughput::Elements(SECOND as u64));
    group.bench_function("tx", |bench| {
        let mut transmitter = FskTransmitter::new(Channel::Two, Dbm0(-13.0));
        transmitter.start();
        let mut block = [0; BLOCK];
        bench.iter(|| {
            for _ in 0..10 {
                transmitter.bits().push(0x5A3C_0FF0, 32);
            }
            for _ in 0..SECOND / BLOCK {
                transmitter.fill(black_box(&mut block));
            }
        });
    });
    group.finish();
}

fn receiving(c: &mut Criterion) {
    let mut group = c.benchmark_group("v21");
    group.throughput(Throughput::Elements(SECOND as u64));
    for (name, samples, preamble) in [
        ("rx", signal(), Preamble::Flags),
        ("rx_lost", lost(), Preamble::Flags),
        ("rx_lost_v8", lost(), Preamble::V8),
    ] {
        group.bench_function(name, |bench| {
            let mut receiver = FskReceiver::hunting(Channel::Two, preamble);
            bench.iter(|| {
                let mut told = 0;
                for block in samples.chunks(BLOCK) {
                    receiver.process(black_box(block), &mut |_| told += 1);
                }
                told
            });
        });
    }
    group.finish();
}

criterion_group!(benches, sending, receiving);
criterion_main!(benches);
