//! Command lines: `faxlab modem ...`, `faxlab listen`, `faxlab t38 ...`, and whole calls: `faxlab call`,
//! `sweep`, `replay`, `compare`; and our fax machine: `send`, `receive`.

mod call;
mod compare;
mod demo;
mod flood;
mod listen;
mod load;
mod machine;
mod modem;
mod picture;
mod receive;
mod replay;
mod send;
mod sip;
mod sweep;
mod t38;
mod table;

use clap::{Parser, Subcommand};
use std::error::Error;
use std::process::ExitCode;

/// A laboratory for faxes: modems on impaired lines and whole calls over impaired networks, measured; and a fax machine for
/// the command line.
///
/// To begin with: `faxlab demo`, then `faxlab call --doc FILE.tif --loss 0.05`. All is told in docs/lab.md and
/// docs/impairments.md.
#[derive(Debug, Parser)]
#[command(name = "faxlab", version, about)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
#[allow(clippy::large_enum_variant, reason = "one a process")]
enum Command {
    /// A page through two gateways over a network that loses packets, with all there is to see.
    Demo(demo::Demo),
    /// Whole fax calls through gateways and an impaired network, in virtual time.
    Call(call::Call),
    /// One call again, with its timeline.
    Replay(replay::Replay),
    /// Two kinds of call over the same seeds, pair by pair.
    Compare(compare::Compare),
    /// A matrix of calls over the same seeds: a table and curves.
    Sweep(sweep::Sweep),
    /// The whole table of docs/call-performance.md.
    Table(table::Table),
    /// Measures and runs single modems.
    #[command(subcommand)]
    Modem(modem::Command),
    /// What the whole receiver bank hears in a recording: tones, trainings, frames, with times.
    Listen(listen::Listen),
    /// Reads T.38.
    #[command(subcommand)]
    T38(t38::Command),
    /// Sends a document: over a phone line as a pipe, over T.38, or to another machine in this process.
    Send(send::Send),
    /// Receives a document.
    Receive(receive::Receive),
    /// Many faxes at once through a gateway, over SIP and in real time.
    Load(load::Load),
    /// Throws packets that nobody asked for at programs of this machine.
    Flood(flood::Flood),
}

impl Cli {
    /// The exit code of what was done.
    pub(crate) fn run(self) -> Result<ExitCode, Box<dyn Error>> {
        let done = |()| ExitCode::SUCCESS;
        match self.command {
            Command::Modem(command) => command.run().map(done),
            Command::Listen(listen) => listen.run().map(done),
            Command::Call(call) => call.run().map(done),
            Command::Sweep(sweep) => sweep.run().map(done),
            Command::Table(table) => table.run().map(done),
            Command::Demo(demo) => demo.run().map(done),
            Command::Replay(replay) => replay.run().map(done),
            Command::Compare(compare) => compare.run().map(done),
            Command::Send(send) => send.run(),
            Command::Load(load) => load.run(),
            Command::Receive(receive) => receive.run(),
            Command::Flood(flood) => flood.run(),
            Command::T38(command) => command.run().map(done),
        }
    }
}
