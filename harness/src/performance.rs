//! The whole table of `docs/modem-performance.md`: ours and the peer side by side, against the ideal.
//!
//! Measured in parts; each part leaves its figures as JSON beside the page, so that one part can be
//! measured again and the page still shows all of them.

mod cpu;
mod errors;
mod goals;
mod lines;
mod page;
mod short;
mod tolerance;
mod tones;

use crate::bench::in_order;
use crate::system::{System, Unavailable};
use fax_core::Opening;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// A part of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Error curves, thresholds, training, honesty of the reported quality, noise in the gap.
    Ber,
    /// Short training of V.17.
    Short,
    /// Frequency, clock, level, echo, jitter.
    Tolerance,
    /// The eighteen lines.
    Lines,
    /// Tones and V.21's preamble.
    Tones,
    /// CPU time.
    Cpu,
}

/// What is to be measured.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Folder of the page.
    pub out: PathBuf,
    /// Parts to measure now.
    pub parts: Vec<Part>,
    /// Threads.
    pub jobs: usize,
    /// A tenth of the effort, for a first look.
    pub quick: bool,
    /// Seed of all that is random.
    pub seed: u64,
    /// Only these modems; empty for all.
    pub modes: Vec<Opening>,
}

impl Part {
    /// Every part, in the order of the page.
    pub const ALL: [Self; 6] = [Self::Ber, Self::Short, Self::Tolerance, Self::Lines, Self::Tones, Self::Cpu];

    /// Its name on the command line and that of its file.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ber => "ber",
            Self::Short => "short",
            Self::Tolerance => "tolerance",
            Self::Lines => "lines",
            Self::Tones => "tones",
            Self::Cpu => "cpu",
        }
    }
}

impl FromStr for Part {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|part| part.name() == text)
            .ok_or_else(|| format!("no such part: {text}; use ber, short, tolerance, lines, tones or cpu"))
    }
}

impl Plan {
    /// Measures the parts and writes the page with all parts there are.
    pub fn run(&self) -> Result<(), Box<dyn Error>> {
        std::fs::create_dir_all(self.folder())?;
        for part in &self.parts {
            match part {
                Part::Ber => self.save(*part, &errors::measure(self)?)?,
                Part::Short => self.save(*part, &short::measure(self)?)?,
                Part::Tolerance => self.save(*part, &tolerance::measure(self)?)?,
                Part::Lines => self.save(*part, &lines::measure(self)?)?,
                Part::Tones => self.save(*part, &tones::measure(self)?)?,
                Part::Cpu => self.save(*part, &cpu::measure(self)?)?,
            }
        }
        page::write(self)
    }

    /// Where figures and pictures are.
    fn folder(&self) -> PathBuf {
        self.out.join("modem-performance")
    }

    fn save(&self, part: Part, figures: &impl Serialize) -> Result<(), Box<dyn Error>> {
        let path = self.folder().join(part.name()).with_extension("json");
        std::fs::write(&path, serde_json::to_string_pretty(figures)? + "\n")?;
        Ok(())
    }

    /// The figures of a part, if it has ever been measured.
    fn load<T: DeserializeOwned>(&self, part: Part) -> Option<T> {
        load(&self.folder().join(part.name()).with_extension("json"))
    }

    /// Bursts, trials or symbols: `full`, or fewer when quick.
    fn effort(&self, full: usize) -> usize {
        if self.quick { (full / 10).max(20) } else { full }
    }

    /// Modems that a system has, of those asked for.
    fn modes(&self, system: System) -> Vec<Opening> {
        let wanted = |opening: &Opening| self.modes.is_empty() || self.modes.contains(opening);
        let there =
            |opening: &Opening| system.transmitter(*opening).is_ok() && system.receiver(*opening).is_ok();
        Opening::ALL.into_iter().filter(wanted).filter(there).collect()
    }

    /// Ours and, when it is built in, the peer.
    fn systems(&self) -> Vec<System> {
        let there = |system: &System| system.receiver(Opening::V21).is_ok();
        [System::Ours, System::Spandsp].into_iter().filter(there).collect()
    }

    /// Every modem of every system.
    fn subjects(&self) -> Vec<(System, Opening)> {
        let of = |system| self.modes(system).into_iter().map(move |opening| (system, opening));
        self.systems().into_iter().flat_map(of).collect()
    }

    /// Does the tasks on all threads, showing how far it has come.
    fn all<T: Sync, R: Send>(
        &self,
        title: &'static str,
        tasks: &[T],
        work: impl Fn(&T) -> Result<R, Unavailable> + Sync,
    ) -> Result<Vec<R>, Unavailable> {
        let bar = ProgressBar::new(tasks.len() as u64).with_message(title);
        if let Ok(style) = ProgressStyle::with_template("{msg:<24} {bar:40} {pos}/{len} {elapsed_precise}") {
            bar.set_style(style);
        }
        let results = in_order(tasks.len(), self.jobs, |n| {
            let result = work(&tasks[n]);
            bar.inc(1);
            result
        });
        bar.finish();
        results
    }
}

fn load<T: DeserializeOwned>(path: &Path) -> Option<T> {
    serde_json::from_str(&std::fs::read_to_string(path).ok()?).ok()
}
