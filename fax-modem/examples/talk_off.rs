//! Listens for fax tones where there are none, and counts the false ones:
//! `cargo run --release -p fax-modem --example talk_off -- HOURS [SEED]` for the seeded conversation,
//! `... -- HOURS FILE.wav...` for recordings, looped at levels from -9 to -42 dBm0, every other loop
//! through a G.711 leg. Recipe and results: docs/talk-off.md.

#![allow(clippy::disallowed_types, clippy::disallowed_methods, reason = "measures time")]

#[path = "../tests/support/mod.rs"]
mod support;

use fax_core::Tone;
use fax_modem::tone::{Detector, ToneOutput};
use std::time::Instant;
use support::random::Random;
use support::signals::{a_law_leg, mu_law_leg, rms};
use support::speech::Conversation;
use support::wav;

const HOUR: u64 = 3600 * 8000;

/// Finds of a run, and the time the detector took.
#[derive(Default)]
struct Count {
    cng: usize,
    ced: usize,
    listening: f64,
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let hours: f64 = arguments.next().and_then(|n| n.parse().ok()).unwrap_or(1.0);
    let rest: Vec<String> = arguments.collect();
    let samples = (hours * HOUR as f64) as u64;
    let seed: Option<u64> = rest.first().map_or(Some(1), |first| first.parse().ok());
    let count = match seed {
        Some(seed) => {
            let mut conversation = Conversation::new(seed);
            run(samples, |block| {
                conversation.fill(block);
                conversation.scene()
            })
        }
        None => {
            let mut loops = Loops::new(&rest);
            println!("{:.1} minutes of recordings", loops.recording.len() as f64 / 480_000.0);
            run(samples, |block| {
                loops.fill(block);
                "recording"
            })
        }
    };
    println!(
        "{hours} h: {} CNG, {} CED/ANS; {:.2} ns a sample listening",
        count.cng,
        count.ced,
        count.listening * 1e9 / samples as f64
    );
}

#[allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "a measuring program, not the library"
)]
fn run(samples: u64, mut fill: impl FnMut(&mut [i16]) -> &'static str) -> Count {
    let (mut detector, mut count) = (Detector::new(), Count::default());
    let mut block = vec![0; 8000];
    for second in 0..samples / 8000 {
        let scene = fill(&mut block);
        let start = Instant::now();
        detector.process(&block, &mut |output| {
            match output {
                ToneOutput::Began { tone: Tone::Cng, .. } => count.cng += 1,
                ToneOutput::Began { .. } => count.ced += 1,
                ToneOutput::Refined { .. } | ToneOutput::Ended { .. } => {}
            }
            println!("{second:7} s {scene} {output:?}");
        });
        count.listening += start.elapsed().as_secs_f64();
    }
    count
}

/// Recordings one after the other, again and again at other levels.
struct Loops {
    recording: Vec<f64>,
    random: Random,
    place: usize,
    gain: f64,
    codec: usize,
}

impl Loops {
    fn new(names: &[String]) -> Self {
        let mut recording = Vec::new();
        for name in names {
            let octets = std::fs::read(name).unwrap_or_else(|error| panic!("{name}: {error}"));
            recording.extend(wav::at_8000(&octets).unwrap_or_else(|| panic!("{name}: not 16-bit PCM")));
        }
        let power = recording.iter().map(|x| x * x).sum::<f64>() / recording.len().max(1) as f64;
        recording.iter_mut().for_each(|x| *x /= power.sqrt());
        let place = recording.len();
        Self { recording, random: Random::new(1), place, gain: 0.0, codec: 0 }
    }

    fn fill(&mut self, block: &mut [i16]) {
        for out in block {
            if self.place >= self.recording.len() {
                self.place = 0;
                self.gain = rms(self.random.between(-42.0, -9.0));
                self.codec = self.random.below(4);
            }
            let sample = (self.recording[self.place] * self.gain).clamp(-32768.0, 32767.0) as i16;
            *out = match self.codec {
                0 => mu_law_leg(sample),
                1 => a_law_leg(sample),
                _ => sample,
            };
            self.place += 1;
        }
    }
}
