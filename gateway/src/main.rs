//! The daemon `faxgw`.

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    fax_gateway::cli::Cli::parse().run()
}
