//! What a fast receiver costs: data at each rate on a clean line, and a signal that it cannot follow.
//!
//! Throughput is in samples; the inverse of "Melem/s" is what one sample costs, and 8000 samples a
//! second are one channel.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use fax_core::{Dbm0, Training};
use fax_modem::{EchoProtection, Modem, QamReceiver, QamTransmitter};
use std::hint::black_box;

const BLOCK: usize = 160;
/// Blocks of data that go round: 10 s.
const ROUND: usize = 500;

fn burst(modem: &'static Modem) -> Vec<i16> {
    let mut line = QamTransmitter::new(modem, Dbm0(-13.0));
    line.start(Training::Long, EchoProtection::Off);
    let (mut samples, mut word) = (vec![0; (100 + ROUND) * BLOCK], 1_u32);
    for block in samples.chunks_mut(BLOCK) {
        while line.bits().room() >= 32 {
            word = word.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            line.bits().push(word, 32);
        }
        line.fill(block);
    }
    samples
}

/// Runs through the burst, training included, over and over.
fn receive(c: &mut Criterion) {
    for (group, other) in [("receive", false), ("receive what it cannot follow", true)] {
        let mut group = c.benchmark_group(group);
        for modem in Modem::ALL {
            let samples = burst(modem);
            let heard = if other { &Modem::ALL[usize::from(modem.bits_per_symbol < 4) * 7] } else { &modem };
            let mut line = QamReceiver::new(heard);
            let mut count = 0_u64;
            // The training is heard once; then the data goes by, as in a long page.
            line.process(&samples[..100 * BLOCK], &mut |_| count += 1);
            let mut blocks = samples[100 * BLOCK..].chunks(BLOCK).cycle();
            group.throughput(Throughput::Elements(BLOCK as u64));
            group.bench_function(modem.opening.name(), |b| {
                b.iter(|| {
                    let block = blocks.next().unwrap_or(&[]);
                    line.process(black_box(block), &mut |_| count += 1);
                });
            });
            black_box(count);
        }
        group.finish();
    }
}

criterion_group!(benches, receive);
criterion_main!(benches);
