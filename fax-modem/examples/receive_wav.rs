//! Receives whatever fast modem is in some recordings, the rate included.
//! `cargo run --release -p fax-modem --example receive_wav -- FILE.wav...` (8000 Hz, 16 bits, mono)
//!
//! All files go through one receiver, as bursts of one call: V.17's short training can only be read
//! after a long one.

use fax_modem::{Output, QamReceiver};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut receiver = QamReceiver::any();
    let (mut count, mut ones) = (0_u32, 0_u32);
    for path in std::env::args().skip(1) {
        let mut recording = hound::WavReader::open(path)?;
        let spec = recording.spec();
        if (spec.sample_rate, spec.bits_per_sample, spec.channels) != (8000, 16, 1) {
            return Err("not 8000 Hz, 16 bits, mono".into());
        }
        let samples = recording.samples().collect::<Result<Vec<i16>, _>>()?;
        // Blocks may have any length; the outputs do not depend on it.
        for block in samples.chunks(160) {
            receiver.process(block, &mut |output| match output {
                Output::Recognised { began, .. } => println!("{:7.3} s  a training", seconds(began)),
                Output::Trained { opening, quality, .. } => println!(
                    "           {opening}: EVM {:.1} dB, carrier {:+.1} Hz, clock {:+.0} ppm, {}",
                    quality.evm.0, quality.frequency_offset, quality.clock_offset, quality.level
                ),
                Output::TrainingFailed { opening, .. } => println!("           no {opening} after all"),
                Output::Bits { bits, count: n } | Output::Doubtful { bits, count: n } => {
                    count += u32::from(n);
                    ones += bits.count_ones();
                }
                Output::Ended { at } => {
                    println!("{:7.3} s  end after {count} bits, {ones} of them ones", seconds(at));
                    (count, ones) = (0, 0);
                }
            });
        }
    }
    Ok(())
}

fn seconds(sample: u64) -> f64 {
    sample as f64 / 8000.0
}
