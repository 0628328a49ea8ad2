//! Makes the tones of fax call establishment and hears them again.
//! `cargo run --release -p fax-modem --example hear_tones`

use fax_core::{Dbm0, Timestamp, Tone};
use fax_modem::tone::{Detector, Generator, ToneOutput};

/// 20 ms.
const BLOCK: usize = 160;

fn main() {
    let mut detector = Detector::new();
    for tone in [Tone::Cng, Tone::Ced, Tone::AnsAmPr] {
        // A generator sounds for as long as it is pulled; 1.5 s of tone, then 0.5 s of silence.
        let mut generator = Generator::new(tone, Dbm0(-20.0));
        for block in 0..100 {
            let mut samples = [0; BLOCK];
            if block < 75 {
                generator.fill(&mut samples);
            }
            detector.process(&samples, &mut tell);
        }
    }
}

fn tell(output: ToneOutput) {
    let (at, what) = match output {
        ToneOutput::Began { tone, at } => (at, format!("{tone:?}")),
        ToneOutput::Refined { tone, at } => (at, format!("  it is {tone:?}")),
        ToneOutput::Ended { at } => (at, "  end".to_owned()),
    };
    println!("{} s  {what}", Timestamp::from_samples(at));
}
