//! Command lines: `faxlab modem ...`, `faxlab listen`, `faxlab t38 ...`, and whole calls: `faxlab call`,
//! `sweep`, `replay`, `compare`.

mod call;
mod compare;
mod demo;
mod listen;
mod modem;
mod replay;
mod sweep;
mod t38;
mod table;

use clap::{Parser, Subcommand};
use std::error::Error;

/// The lab: what fax modems make of an impaired line, and fax calls of an impaired network.
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
    /// Whole fax calls through gateways and an impaired network, in virtual time.
    Call(call::Call),
    /// A matrix of calls over the same seeds: a table and curves.
    Sweep(sweep::Sweep),
    /// The whole table of docs/call-performance.md.
    Table(table::Table),
    /// A page through two gateways over a network that loses packets.
    Demo(demo::Demo),
    /// One call again, with its timeline.
    Replay(replay::Replay),
    /// Two kinds of call over the same seeds, pair by pair.
    Compare(compare::Compare),
    /// Reads T.38.
    #[command(subcommand)]
    T38(t38::Command),
}

impl Cli {
    pub(crate) fn run(self) -> Result<(), Box<dyn Error>> {
        match self.command {
            Command::Modem(command) => command.run(),
            Command::Listen(listen) => listen.run(),
            Command::Call(call) => call.run(),
            Command::Sweep(sweep) => sweep.run(),
            Command::Table(table) => table.run(),
            Command::Demo(demo) => demo.run(),
            Command::Replay(replay) => replay.run(),
            Command::Compare(compare) => compare.run(),
            Command::T38(command) => command.run(),
        }
    }
}
