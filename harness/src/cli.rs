//! Command lines: `faxlab modem ...`, `faxlab listen`, `faxlab t38 ...`.

mod listen;
mod modem;
mod t38;

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
#[allow(clippy::large_enum_variant, reason = "one a process")]
enum Command {
    /// Measures and runs single modems.
    #[command(subcommand)]
    Modem(modem::Command),
    /// What the whole receiver bank hears in a recording: tones, trainings, frames, with times.
    Listen(listen::Listen),
    /// Reads T.38.
    #[command(subcommand)]
    T38(t38::Command),
}

impl Cli {
    pub(crate) fn run(self) -> Result<(), Box<dyn Error>> {
        match self.command {
            Command::Modem(command) => command.run(),
            Command::Listen(listen) => listen.run(),
            Command::T38(command) => command.run(),
        }
    }
}
