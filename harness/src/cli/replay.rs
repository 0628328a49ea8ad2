//! `faxlab replay`: one call again, with its timeline.

use super::call::{CellOptions, OneCall};
use clap::Args;
use fax_harness::world::Document;
use std::error::Error;

/// `faxlab replay`.
#[derive(Debug, Args)]
pub(crate) struct Replay {
    /// The cell: the options of `faxlab call`, as one argument.
    #[arg(allow_hyphen_values = true)]
    cell: String,
    /// The call's seed.
    seed: u64,
    #[command(flatten)]
    one: OneCall,
}

impl Replay {
    pub(crate) fn run(self) -> Result<(), Box<dyn Error>> {
        let cell = CellOptions::read(self.cell.split_whitespace().map(str::to_owned))?;
        self.one.with_timeline().show(&cell.scenario()?, &Document::read(&cell.doc)?, self.seed)?;
        Ok(())
    }
}
