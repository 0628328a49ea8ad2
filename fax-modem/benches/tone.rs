//! What tones cost a sample: made, and listened for in silence, noise, a tone and talk. A second of
//! audio an iteration: divide by 8000.

#![allow(missing_docs, reason = "criterion's macros make public items")]

#[path = "../tests/support/mod.rs"]
mod support;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use fax_core::{Dbm0, Tone};
use fax_modem::tone::{Detector, Generator};
use support::random::Random;
use support::signals::{add_noise, rounded};
use support::speech::Conversation;

/// Seconds of audio that the listening benches go round.
const SECONDS: usize = 60;

fn listen(criterion: &mut Criterion) {
    let mut talk = vec![0; SECONDS * 8000];
    Conversation::new(1).fill(&mut talk);
    let mut noise = vec![0.0; SECONDS * 8000];
    add_noise(&mut noise, -30.0, &mut Random::new(1));
    let mut answer = vec![0; SECONDS * 8000];
    Generator::new(Tone::AnsAmPr, Dbm0(-13.0)).fill(&mut answer);
    let mut group = criterion.benchmark_group("listen");
    group.throughput(Throughput::Elements(8000));
    for (name, samples) in
        [("silence", vec![0; SECONDS * 8000]), ("noise", rounded(&noise)), ("ansam", answer), ("talk", talk)]
    {
        let (mut detector, mut seconds) = (Detector::new(), samples.chunks_exact(8000).cycle());
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                for block in seconds.next().unwrap_or_default().chunks(160) {
                    detector.process(block, &mut |output| {
                        core::hint::black_box(output);
                    });
                }
            });
        });
    }
    group.finish();
}

fn generate(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("generate");
    group.throughput(Throughput::Elements(8000));
    for tone in [Tone::Ced, Tone::AnsAmPr] {
        let (mut generator, mut block) = (Generator::new(tone, Dbm0(-13.0)), [0; 160]);
        group.bench_function(format!("{tone:?}"), |bencher| {
            bencher.iter(|| {
                for _ in 0..50 {
                    generator.fill(core::hint::black_box(&mut block));
                }
            });
        });
    }
    group.finish();
}

criterion_group!(benches, listen, generate);
criterion_main!(benches);
