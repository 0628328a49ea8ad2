//! `faxlab table`: the whole table of docs/call-performance.md, in pieces if need be.

use super::call::CellOptions;
use super::modem::cores;
use clap::Args;
use fax_harness::calls::table;
use fax_harness::world::Document;
use std::error::Error;
use std::path::PathBuf;

/// `faxlab table`.
#[derive(Debug, Args)]
pub(crate) struct Table {
    /// Folder of the page and of its pictures.
    #[arg(long, default_value = "docs")]
    out: PathBuf,
    /// What has been measured, a line a cell: what is there is not measured again.
    #[arg(long, default_value = "target/call-table.jsonl")]
    store: PathBuf,
    /// Divides the numbers of calls: for a quick look.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    scale: u64,
    /// Only groups whose title has this in it; `cpu` for CPU time. The page has all that was measured.
    #[arg(long, default_value = "")]
    only: String,
    /// Threads; results do not depend on it.
    #[arg(long, default_value_t = cores())]
    jobs: usize,
}

impl Table {
    pub(crate) fn run(self) -> Result<(), Box<dyn Error>> {
        let table = table::Table {
            out: self.out,
            store: self.store,
            scale: self.scale as usize,
            jobs: self.jobs.max(1),
            only: self.only,
        };
        let read = |cell: &str| {
            let options = CellOptions::read(cell.split_whitespace().map(str::to_owned))?;
            Ok((options.scenario()?, Document::read(&options.doc)?))
        };
        table.make(&read, &|cell| eprintln!("{cell}"))
    }
}
