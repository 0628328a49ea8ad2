//! `faxlab modem modulate` and `faxlab modem demodulate`: bits as text of 0 and 1, samples as WAV.

use clap::Args;
use fax_core::{Dbm0, Opening, Training};
use fax_harness::system::{Figures, Report, System};
use fax_harness::wav;
use serde::Serialize;
use std::error::Error;
use std::path::PathBuf;

/// Silence before and after a burst, samples.
const SILENCE: usize = 800;
/// Characters a line of a bit file.
const WIDTH: usize = 80;

/// `faxlab modem modulate`.
#[derive(Debug, Args)]
pub(crate) struct Modulate {
    /// Modem: v21, v27ter-2400, ... v17-14400.
    #[arg(long)]
    mode: Opening,
    /// Text of 0 and 1, the first bit in time first; blanks and line ends do not count.
    #[arg(long)]
    bits: PathBuf,
    /// WAV file to write: 8000 samples a second, 16 bit.
    #[arg(long)]
    out: PathBuf,
    /// Short training (V.17).
    #[arg(long)]
    short: bool,
    /// Level of the burst, dBm0.
    #[arg(long, default_value_t = -13.0, allow_negative_numbers = true)]
    level: f32,
    /// Whose transmitter: ours or spandsp.
    #[arg(long, default_value = "ours")]
    tx: System,
}

impl Modulate {
    pub(crate) fn run(self) -> Result<(), Box<dyn Error>> {
        let text = std::fs::read_to_string(&self.bits)
            .map_err(|error| format!("{}: {error}", self.bits.display()))?;
        let bits = parse(&text).map_err(|error| format!("{}: {error}", self.bits.display()))?;
        let mut transmitter = self.tx.transmitter_at(self.mode, Dbm0(self.level))?;
        let mut samples = vec![0; SILENCE];
        samples.extend(transmitter.burst(training(self.short), &bits));
        samples.resize(samples.len() + SILENCE, 0);
        wav::write(&self.out, &samples)?;
        println!("{}: {} bits, {:.3} s", self.out.display(), bits.len(), samples.len() as f64 / 8000.0);
        Ok(())
    }
}

/// `faxlab modem demodulate`.
#[derive(Debug, Args)]
pub(crate) struct Demodulate {
    /// Modem: v21, v27ter-2400, ... v17-14400.
    #[arg(long)]
    mode: Opening,
    /// WAV files, heard one after the other by one receiver; the bits of the last one are written.
    #[arg(required = true)]
    wavs: Vec<PathBuf>,
    /// Text file of 0 and 1 to write.
    #[arg(long)]
    bits: PathBuf,
    /// Files after the first open with the short training (V.17).
    #[arg(long)]
    short: bool,
    /// Channel of the WAV file, 0 the first.
    #[arg(long, default_value_t = 0)]
    channel: usize,
    /// Whose receiver: ours or spandsp.
    #[arg(long, default_value = "ours")]
    rx: System,
    /// One JSON object a burst.
    #[arg(long)]
    json: bool,
}

/// One burst that was received.
#[derive(Debug, Serialize)]
struct Burst {
    file: String,
    mode: String,
    bits: usize,
    evm_db: Option<f64>,
    frequency_hz: Option<f64>,
    clock_ppm: Option<f64>,
    level_dbm0: Option<f64>,
}

impl Demodulate {
    pub(crate) fn run(self) -> Result<(), Box<dyn Error>> {
        let mut receiver = self.rx.receiver(self.mode)?;
        let mut bits = Vec::new();
        for (n, path) in self.wavs.iter().enumerate() {
            let samples = wav::read(path, self.channel)?;
            receiver.expect(training(self.short && n > 0));
            let mut bursts: Vec<(Option<Figures>, usize)> = Vec::new();
            bits.clear();
            for block in samples.chunks(160) {
                receiver.process(block, &mut |report| match report {
                    Report::Trained { quality } => bursts.push((quality, 0)),
                    Report::Bits { bits: new, count } => {
                        bits.extend((0..count).map(|n| new >> n & 1 == 1));
                        if let Some((_, bits)) = bursts.last_mut() {
                            *bits += usize::from(count);
                        }
                    }
                    Report::Failed | Report::Ended => {}
                });
            }
            self.tell(&path.display().to_string(), &bursts)?;
        }
        std::fs::write(&self.bits, print(&bits))
            .map_err(|error| format!("{}: {error}", self.bits.display()))?;
        Ok(())
    }

    fn tell(&self, file: &str, bursts: &[(Option<Figures>, usize)]) -> Result<(), Box<dyn Error>> {
        if bursts.is_empty() && !self.json {
            println!("{file}: no {} burst", self.mode);
        }
        for (quality, bits) in bursts {
            let burst = Burst {
                file: file.to_owned(),
                mode: self.mode.name().to_owned(),
                bits: *bits,
                evm_db: quality.map(|q| q.evm_db),
                frequency_hz: quality.map(|q| q.frequency),
                clock_ppm: quality.map(|q| q.clock_ppm),
                level_dbm0: quality.map(|q| q.level),
            };
            if self.json {
                println!("{}", serde_json::to_string(&burst)?);
                continue;
            }
            print!("{file}: {}, {bits} bits", self.mode);
            if let Some(q) = quality {
                let (evm, level) = (q.evm_db, q.level);
                print!(
                    ", EVM {evm:.1} dB, carrier {:+.2} Hz, clock {:+.0} ppm, {level:.1} dBm0",
                    q.frequency, q.clock_ppm
                );
            }
            println!();
        }
        Ok(())
    }
}

fn training(short: bool) -> Training {
    if short { Training::Short } else { Training::Long }
}

fn parse(text: &str) -> Result<Vec<bool>, String> {
    text.chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| match c {
            '0' => Ok(false),
            '1' => Ok(true),
            other => Err(format!("{other:?} is neither 0 nor 1")),
        })
        .collect()
}

fn print(bits: &[bool]) -> String {
    let mut text = String::with_capacity(bits.len() + bits.len() / WIDTH + 1);
    for line in bits.chunks(WIDTH) {
        text.extend(line.iter().map(|bit| if *bit { '1' } else { '0' }));
        text.push('\n');
    }
    text
}
