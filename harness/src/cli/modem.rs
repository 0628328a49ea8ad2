//! `faxlab modem ...`.

mod files;
mod soak;

use clap::{Args, Subcommand};
use fax_core::Opening;
use fax_harness::bench::ber::{Point, Row};
use fax_harness::bench::cpu::{self, Effort};
use fax_harness::bench::in_order;
use fax_harness::bench::tolerance::{Axis, Subject};
use fax_harness::demo;
use fax_harness::performance::{Part, Plan};
use fax_harness::stimulus::{Echo, Gap, Impairments, Jitter, Law, Line};
use fax_harness::system::System;
use std::error::Error;
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Bit errors and training success at one point, or one row for each of several.
    Ber(Ber),
    /// CPU time a sample, sending and receiving, and the slowest block.
    Cpu(Cpu),
    /// The whole table of docs/modem-performance.md.
    Table(Table),
    /// How far frequency, clock, level, echo and jitter may go.
    Tolerance(Tolerance),
    /// A page through a bad line: pictures, sound and figures.
    Demo(Demo),
    /// Hours of random, broken and spliced audio, with clean bursts from time to time.
    Soak(soak::Soak),
    /// Bits from a text file to a WAV file.
    Modulate(files::Modulate),
    /// A WAV file to bits in a text file.
    Demodulate(files::Demodulate),
}

impl Command {
    pub(crate) fn run(self) -> Result<(), Box<dyn Error>> {
        match self {
            Self::Ber(ber) => ber.run(),
            Self::Cpu(cpu) => cpu.run(),
            Self::Table(table) => table.run(),
            Self::Tolerance(tolerance) => tolerance.run(),
            Self::Demo(demo) => demo.run(),
            Self::Soak(soak) => soak.run(),
            Self::Modulate(modulate) => modulate.run(),
            Self::Demodulate(demodulate) => demodulate.run(),
        }
    }
}

/// What the line does; the same for all commands that send a burst over one.
#[derive(Debug, Args)]
pub(crate) struct LineOptions {
    /// When the noise is there: `quiet` (with the burst only) or `noisy` (always).
    #[arg(long, default_value = "quiet", value_parser = gap)]
    gap: Gap,
    /// Level of the burst, dBm0.
    #[arg(long, default_value_t = -13.0, allow_negative_numbers = true)]
    level: f64,
    /// Frequency offset, Hz.
    #[arg(long, default_value_t = 0.0, allow_negative_numbers = true)]
    freq: f64,
    /// Clock offset of the far end, ppm.
    #[arg(long, default_value_t = 0.0, allow_negative_numbers = true)]
    clock: f64,
    /// Level of an echo against the signal, dB.
    #[arg(long, requires = "echo_ms", allow_negative_numbers = true)]
    echo_db: Option<f64>,
    /// Delay of the echo, ms.
    #[arg(long, requires = "echo_db")]
    echo_ms: Option<f64>,
    /// Phase jitter from peak to peak, degrees.
    #[arg(long, requires = "jitter_hz")]
    jitter_deg: Option<f64>,
    /// Frequency of the jitter, Hz.
    #[arg(long, requires = "jitter_deg")]
    jitter_hz: Option<f64>,
    /// Line filter: V.56bis attenuation and envelope delay, as in AD-7/EDD-2.
    #[arg(long)]
    line: Option<Line>,
    /// Digital legs: ulaw, alaw, with commas between.
    #[arg(long, value_delimiter = ',')]
    g711: Vec<Law>,
}

impl LineOptions {
    pub(crate) fn impairments(&self, snr_db: Option<f64>) -> Impairments {
        Impairments {
            snr_db,
            gap: self.gap,
            level: self.level,
            frequency: self.freq,
            clock_ppm: self.clock,
            echo: self.echo_db.zip(self.echo_ms).map(|(db, ms)| Echo { db, ms }),
            jitter: self.jitter_deg.zip(self.jitter_hz).map(|(degrees, hertz)| Jitter { degrees, hertz }),
            line: self.line.clone(),
            g711: self.g711.clone(),
        }
    }
}

fn gap(text: &str) -> Result<Gap, String> {
    match text {
        "quiet" => Ok(Gap::Quiet),
        "noisy" => Ok(Gap::Noisy),
        _ => Err("use quiet or noisy".to_owned()),
    }
}

/// `faxlab modem ber`.
#[derive(Debug, Args)]
pub(crate) struct Ber {
    /// Modem, or several with commas between: v21, v27ter-2400, ... v17-14400.
    #[arg(long, value_delimiter = ',', required = true)]
    mode: Vec<Opening>,
    /// Burst power over noise power in 4 kHz, dB; several with commas between; `none` for no noise.
    #[arg(long, value_delimiter = ',', default_value = "40", allow_negative_numbers = true, value_parser = snr)]
    snr: Vec<Snr>,
    /// Bursts a point.
    #[arg(long, default_value_t = 200)]
    bursts: usize,
    /// Short training, each group of four bursts behind a long one (V.17).
    #[arg(long)]
    short: bool,
    #[command(flatten)]
    line: LineOptions,
    /// Seed of all that is random.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Whose transmitter: ours or spandsp.
    #[arg(long, default_value = "ours")]
    tx: System,
    /// Whose receiver: ours or spandsp.
    #[arg(long, default_value = "ours")]
    rx: System,
    /// Threads; results do not depend on it.
    #[arg(long, default_value_t = cores())]
    jobs: usize,
    /// One JSON object a line.
    #[arg(long)]
    json: bool,
}

/// `faxlab modem cpu`.
#[derive(Debug, Args)]
pub(crate) struct Cpu {
    /// Modem, or several with commas between.
    #[arg(long, value_delimiter = ',', required = true)]
    mode: Vec<Opening>,
    /// Whose modem: ours or spandsp.
    #[arg(long, default_value = "ours")]
    system: System,
    /// Audio of a run, seconds.
    #[arg(long, default_value_t = 60)]
    seconds: usize,
    /// Runs, of which the median counts.
    #[arg(long, default_value_t = 5)]
    runs: usize,
    /// One JSON object a line.
    #[arg(long)]
    json: bool,
}

impl Cpu {
    fn run(self) -> Result<(), Box<dyn Error>> {
        if !self.json {
            println!(
                "{:<12} {:>17} {:>17} {:>22} {:>18}",
                "mode", "tx_ns_per_sample", "rx_ns_per_sample", "rx_lost_ns_per_sample", "rx_worst_block_us"
            );
        }
        for opening in &self.mode {
            let effort = Effort { seconds: self.seconds.max(1), runs: self.runs.max(1) };
            let row = cpu::measure(self.system, *opening, effort)?;
            if self.json {
                println!("{}", serde_json::to_string(&row)?);
            } else {
                println!(
                    "{:<12} {:>17} {:>17} {:>22} {:>18}",
                    row.mode,
                    row.tx_ns_per_sample,
                    row.rx_ns_per_sample,
                    row.rx_lost_ns_per_sample,
                    row.rx_worst_block_us
                );
            }
        }
        Ok(())
    }
}

/// `faxlab modem table`.
#[derive(Debug, Args)]
pub(crate) struct Table {
    /// Folder of the page and of its figures and pictures.
    #[arg(long, default_value = "docs")]
    out: PathBuf,
    /// Only these parts, with commas between: ber, short, tolerance, lines, tones, cpu. The page keeps
    /// what was measured of the others before.
    #[arg(long, value_delimiter = ',')]
    only: Vec<Part>,
    /// Only these modems, with commas between; the page then shows no others.
    #[arg(long, value_delimiter = ',')]
    mode: Vec<Opening>,
    /// A tenth of the effort.
    #[arg(long)]
    quick: bool,
    /// Seed of all that is random.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Threads; results do not depend on it.
    #[arg(long, default_value_t = cores())]
    jobs: usize,
}

impl Table {
    fn run(self) -> Result<(), Box<dyn Error>> {
        let parts = if self.only.is_empty() { Part::ALL.to_vec() } else { self.only };
        let plan = Plan {
            out: self.out,
            parts,
            jobs: self.jobs.max(1),
            quick: self.quick,
            seed: self.seed,
            modes: self.mode,
        };
        plan.run()
    }
}

/// `faxlab modem tolerance`.
#[derive(Debug, Args)]
pub(crate) struct Tolerance {
    /// Modem, or several with commas between.
    #[arg(long, value_delimiter = ',', required = true)]
    mode: Vec<Opening>,
    /// Whose transmitter: ours or spandsp.
    #[arg(long, default_value = "ours")]
    tx: System,
    /// Whose receiver: ours or spandsp.
    #[arg(long, default_value = "ours")]
    rx: System,
    /// Seed of all that is random.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Threads; results do not depend on it.
    #[arg(long, default_value_t = cores())]
    jobs: usize,
    /// One JSON object a line.
    #[arg(long)]
    json: bool,
}

impl Tolerance {
    fn run(self) -> Result<(), Box<dyn Error>> {
        let axes = Axis::all();
        for opening in &self.mode {
            let subject = Subject { opening: *opening, tx: self.tx, rx: self.rx, seed: self.seed };
            let limits = in_order(axes.len(), self.jobs, |n| subject.limit(axes[n]))?;
            for (axis, limit) in axes.iter().zip(limits) {
                if self.json {
                    let row = serde_json::json!({
                        "mode": opening.name(), "axis": axis, "value": limit.value, "unlimited": limit.unlimited
                    });
                    println!("{row}");
                } else {
                    let value = limit.value.map_or("none".to_owned(), |value| value.to_string());
                    let more = if limit.unlimited { " and more" } else { "" };
                    println!("{:<12} {:<16} {value}{more}", opening.name(), format!("{axis:?}"));
                }
            }
        }
        Ok(())
    }
}

/// `faxlab modem demo`.
#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Folder for the sound and the pictures.
    #[arg(long, default_value = "demo")]
    out: PathBuf,
    /// Burst power over noise power in 4 kHz, dB.
    #[arg(long, default_value_t = 26.0, allow_negative_numbers = true)]
    snr: f64,
    /// Seed of all that is random.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

impl Demo {
    fn run(self) -> Result<(), Box<dyn Error>> {
        let line = Impairments { snr_db: Some(self.snr), ..demo::bad_line() };
        let story = demo::run(&self.out, line, self.seed)?;
        let line = &story.line;
        println!("A page of {} bits, sent by V.17 at 14400 bit/s.", story.bits);
        let name = line.line.as_ref().map_or(String::new(), |name| format!("V.56bis {name}, "));
        println!(
            "The line:     {name}{} dBm0, SNR {} dB, carrier {:+} Hz, clock {:+} ppm",
            line.level, self.snr, line.frequency, line.clock_ppm
        );
        match story.heard {
            Some(heard) => println!(
                "As received:  EVM {:.1} dB, {:.1} dBm0, carrier {:+.2} Hz, clock {:+.0} ppm, {} symbols",
                heard.evm_db, heard.level, heard.frequency, heard.clock_ppm, story.symbols
            ),
            None => println!("As received:  no training was recognised"),
        }
        let ber = story.errors / story.bits as f64;
        println!("Bit errors:   {} (ratio {ber:.1e})", story.errors);
        for file in demo::FILES {
            println!("              {}", self.out.join(file).display());
        }
        Ok(())
    }
}

/// A signal to noise ratio, or no noise at all.
#[derive(Clone, Copy, Debug)]
struct Snr(Option<f64>);

fn snr(text: &str) -> Result<Snr, String> {
    match text {
        "none" => Ok(Snr(None)),
        _ => text.parse().map(|db| Snr(Some(db))).map_err(|_| "a number of dB, or none".to_owned()),
    }
}

/// Cores of this machine.
pub(crate) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

impl Ber {
    fn run(self) -> Result<(), Box<dyn Error>> {
        if !self.json {
            println!(
                "{:<12} {:>7} {:>7} {:>7} {:>7} {:>10} {:>9} {:>9} {:>7}",
                "mode", "snr_db", "bursts", "trained", "garbage", "bits", "errors", "ber", "evm_db"
            );
        }
        for opening in &self.mode {
            for Snr(snr) in &self.snr {
                let point = Point {
                    opening: *opening,
                    bursts: self.bursts,
                    short: self.short,
                    line: self.line.impairments(*snr),
                    seed: self.seed,
                    tx: self.tx,
                    rx: self.rx,
                };
                let row = point.run(self.jobs)?;
                if self.json {
                    println!("{}", serde_json::to_string(&row)?);
                } else {
                    print_row(&row);
                }
            }
        }
        Ok(())
    }
}

fn print_row(row: &Row) {
    println!(
        "{:<12} {:>7} {:>7} {:>7} {:>7} {:>10} {:>9} {:>9} {:>7}",
        row.mode,
        row.snr_db.map_or("-".to_owned(), |db| format!("{db}")),
        row.bursts,
        row.trained,
        row.garbage,
        row.bits,
        row.errors,
        row.ber.map_or("-".to_owned(), |ber| format!("{ber:.2e}")),
        row.evm_db.map_or("-".to_owned(), |db| format!("{db:.1}")),
    );
}
