//! `faxlab receive FILE`: our fax machine receives a document.

use super::machine::{Format, MachineOptions, WayOptions, terminal, write_document};
use clap::Args;
use fax_core::Private;
use fax_core::t30::session::{Poll, Role};
use fax_core::terminal::Document;
use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

/// `faxlab receive`.
#[derive(Debug, Args)]
pub(crate) struct Receive {
    /// Where the document goes: a .tif, .pdf or .png file. Pages that broke off or were rejected are in it too; the
    /// result says which they are.
    file: PathBuf,
    /// Calls, and fetches what the far machine offers.
    #[arg(long)]
    poll: bool,
    /// With --poll: a password.
    #[arg(long, requires = "poll")]
    password: Option<String>,
    #[command(flatten)]
    way: WayOptions,
    #[command(flatten)]
    machine: MachineOptions,
}

impl Receive {
    pub(crate) fn run(self) -> Result<ExitCode, Box<dyn Error>> {
        Format::of(&self.file)?;
        if !self.way.is_given() {
            return Err("give a way to the far machine: --pcm or --udptl".into());
        }
        let mut settings = self.machine.settings();
        let role = if self.poll { Role::Caller } else { Role::Answerer };
        if self.poll {
            let password = self.password.clone().map(Private::new);
            settings.session.polls = Some(Poll { password, document: None });
        }
        let mut terminal = terminal(role, settings, Document::default(), self.way.leg());
        self.way.carry(&mut terminal, &self.machine)?;
        let files = write_document(&self.file, terminal.machine().received())?;
        Ok(self.machine.tell(terminal.machine(), files, self.way.pcm))
    }
}
