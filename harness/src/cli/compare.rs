//! `faxlab compare`: two cells over the same seeds.

use super::call::{CellOptions, progress};
use super::modem::cores;
use clap::Args;
use fax_harness::calls::compare::Comparison;
use fax_harness::calls::{Plan, records};
use fax_harness::world::{Document, Record};
use std::error::Error;

/// `faxlab compare`.
#[derive(Debug, Args)]
pub(crate) struct Compare {
    /// The one cell: the options of `faxlab call`, as one argument.
    #[arg(allow_hyphen_values = true)]
    a: String,
    /// The other cell.
    #[arg(allow_hyphen_values = true)]
    b: String,
    /// Calls of each.
    #[arg(long, default_value_t = 100)]
    calls: usize,
    /// Seed of the first call; the others follow.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Threads; results do not depend on it.
    #[arg(long, default_value_t = cores())]
    jobs: usize,
    /// One JSON object.
    #[arg(long)]
    json: bool,
}

impl Compare {
    pub(crate) fn run(self) -> Result<(), Box<dyn Error>> {
        let (a, b) = (self.records(&self.a)?, self.records(&self.b)?);
        let comparison = Comparison::of(&a, &b);
        if self.json {
            println!("{}", serde_json::to_string(&comparison)?);
            return Ok(());
        }
        let Comparison { pairs, a_strict, b_strict, only_a, only_b, p_value, .. } = comparison;
        println!("A strict      {a_strict} of {pairs}, {only_a} of them only A");
        println!("B strict      {b_strict} of {pairs}, {only_b} of them only B");
        println!("McNemar       p = {p_value:.4} (paired by seed, exact, two-sided)");
        let overlap = if comparison.intervals_overlap { "overlap" } else { "do not overlap" };
        println!("intervals     the two 95 % Wilson intervals {overlap}");
        if let Some(seconds) = comparison.seconds_longer {
            println!("time          B takes {seconds:+.2} s where both are strict");
        }
        Ok(())
    }

    fn records(&self, cell: &str) -> Result<Vec<Record>, Box<dyn Error>> {
        let cell = CellOptions::read(cell.split_whitespace().map(str::to_owned))?;
        let plan = Plan { calls: self.calls, seed: self.seed, jobs: self.jobs.max(1) };
        let bar = progress(self.calls);
        let records = records(&cell.scenario()?, &Document::read(&cell.doc)?, plan, &|| bar.inc(1))?;
        bar.finish_and_clear();
        Ok(records)
    }
}
