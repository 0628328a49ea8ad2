//! `faxlab sweep`: a matrix of cells over the same seeds.

use super::call::{CellOptions, progress};
use super::modem::cores;
use clap::Args;
use fax_harness::calls::sweep::Matrix;
use fax_harness::calls::{Plan, Report, records};
use fax_harness::world::Document;
use std::error::Error;
use std::path::PathBuf;

/// `faxlab sweep`.
#[derive(Debug, Args)]
pub(crate) struct Sweep {
    /// The matrix, a TOML file (docs/lab.md has an example).
    file: PathBuf,
    /// Where the table and the picture go: OUT.csv and OUT.svg; the file's own name if not given.
    #[arg(long)]
    out: Option<PathBuf>,
    /// Calls a cell, instead of the file's.
    #[arg(long)]
    calls: Option<usize>,
    /// Threads; results do not depend on it.
    #[arg(long, default_value_t = cores())]
    jobs: usize,
}

impl Sweep {
    pub(crate) fn run(self) -> Result<(), Box<dyn Error>> {
        let text = std::fs::read_to_string(&self.file);
        let text = text.map_err(|error| format!("{}: {error}", self.file.display()))?;
        let matrix = Matrix::read(&text)?;
        let calls = self.calls.unwrap_or(matrix.calls);
        let plan = Plan { calls, seed: matrix.seed, jobs: self.jobs.max(1) };
        let cells = matrix.cells();
        // All cells are read before the first call is made.
        let options: Result<Vec<_>, _> =
            cells.iter().map(|cell| CellOptions::read(cell.options.clone())).collect();
        let options = options?;
        let bar = progress(calls * cells.len());
        let mut results = Vec::new();
        for (cell, options) in cells.into_iter().zip(options) {
            let document = Document::read(&options.doc)?;
            let records = records(&options.scenario()?, &document, plan, &|| bar.inc(1))?;
            let report = Report::of(&records);
            let place: Vec<String> =
                cell.place.iter().map(|(name, value)| format!("{name} {value}")).collect();
            bar.suspend(|| println!("{:<50} {:>5} of {}", place.join(", "), report.strict, report.calls));
            results.push((cell, report));
        }
        bar.finish_and_clear();
        let out = self.out.unwrap_or(self.file);
        std::fs::write(out.with_extension("csv"), matrix.csv(&results))?;
        matrix.picture(&out.with_extension("svg"), &results)
    }
}
