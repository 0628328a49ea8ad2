//! What a transmitter costs: data at each rate, in blocks of 20 ms.
//!
//! Throughput is in samples; the inverse of "Melem/s" is what one sample costs, and 8000 samples a
//! second are one channel.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use fax_core::{Dbm0, Training};
use fax_modem::{EchoProtection, Modem, QamTransmitter};
use std::hint::black_box;

const BLOCK: usize = 160;

fn transmit(c: &mut Criterion) {
    let mut group = c.benchmark_group("transmit");
    group.throughput(Throughput::Elements(BLOCK as u64));
    for modem in Modem::ALL {
        let mut line = QamTransmitter::new(modem, Dbm0(-13.0));
        line.start(Training::Long, EchoProtection::Off);
        let (mut block, mut word) = ([0; BLOCK], 1_u32);
        let mut fill = || {
            while line.bits().room() >= 32 {
                word = word.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                line.bits().push(word, 32);
            }
            line.fill(black_box(&mut block))
        };
        (0..200).for_each(|_| assert_eq!(fill(), BLOCK)); // past the training
        group.bench_function(modem.opening.name(), |b| b.iter(&mut fill));
    }
    group.finish();
}

criterion_group!(benches, transmit);
criterion_main!(benches);
