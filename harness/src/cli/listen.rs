//! `faxlab listen IN.wav`.

use clap::Args;
use fax_harness::{listen, wav};
use std::error::Error;
use std::io::{ErrorKind, Write};
use std::path::PathBuf;

/// `faxlab listen`.
#[derive(Debug, Args)]
pub(crate) struct Listen {
    /// WAV file of any rate; it is heard at 8000 samples a second.
    input: PathBuf,
    /// Channel of the file, 0 being the first.
    #[arg(long, default_value_t = 0)]
    channel: usize,
    /// One JSON object a line.
    #[arg(long)]
    json: bool,
}

impl Listen {
    pub(crate) fn run(self) -> Result<(), Box<dyn Error>> {
        let mut out = std::io::stdout().lock();
        for entry in listen::listen(&wav::read(&self.input, self.channel)?) {
            let line = if self.json { serde_json::to_string(&entry)? } else { entry.to_string() };
            match writeln!(out, "{line}") {
                // Whoever reads has enough of it.
                Err(error) if error.kind() == ErrorKind::BrokenPipe => return Ok(()),
                other => other?,
            }
        }
        Ok(())
    }
}
