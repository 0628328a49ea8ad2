//! `faxlab`: the lab's command line.

mod cli;

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    match cli::Cli::parse().run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("faxlab: {error}");
            ExitCode::FAILURE
        }
    }
}
