//! Command lines: `faxlab modem ...`, `faxlab listen`.

mod modem;

use clap::{Parser, Subcommand};
use std::error::Error;

/// The lab: what fax modems make of an impaired line.
#[derive(Debug, Parser)]
#[command(name = "faxlab", version, about)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Measures and runs single modems.
    #[command(subcommand)]
    Modem(modem::Command),
}

impl Cli {
    pub(crate) fn run(self) -> Result<(), Box<dyn Error>> {
        match self.command {
            Command::Modem(command) => command.run(),
        }
    }
}
