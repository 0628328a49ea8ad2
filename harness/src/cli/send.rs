//! `faxlab send FILE`: our fax machine sends a document.

use super::machine::{Format, MachineOptions, WayOptions, header, read_document, terminal, write_document};
use clap::Args;
use fax_call::Leg;
use fax_core::Private;
use fax_core::t30::session::{Offer, Role};
use fax_core::terminal::Document;
use fax_harness::carrier::{Medium, between};
use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;

/// `faxlab send`.
#[derive(Debug, Args)]
pub(crate) struct Send {
    /// The document, a TIFF file.
    file: PathBuf,
    /// Another fax machine in this process receives it into this file (.tif, .pdf, .png), in virtual time.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["pcm", "udptl"])]
    to: Option<PathBuf>,
    /// With --to: over T.38 instead of a phone line.
    #[arg(long, requires = "to")]
    t38: bool,
    /// A line above each page, with {page} and {pages} for the numbers.
    #[arg(long)]
    header: Option<String>,
    /// SUB: where the document is to go behind the far machine.
    #[arg(long)]
    sub: Option<String>,
    /// Answers, and lets the document be fetched.
    #[arg(long)]
    offer: bool,
    #[command(flatten)]
    way: WayOptions,
    #[command(flatten)]
    machine: MachineOptions,
}

impl Send {
    pub(crate) fn run(self) -> Result<ExitCode, Box<dyn Error>> {
        let document = read_document(&self.file)?;
        let mut settings = self.machine.settings();
        settings.header = header(self.header.as_deref());
        settings.session.sub_address = self.sub.clone().map(Private::new);
        if let Some(to) = &self.to {
            return self.loopback(document, settings, to);
        }
        if !self.way.is_given() {
            return Err("give a way to the far machine: --pcm, --udptl or --to".into());
        }
        let role = if self.offer { Role::Answerer } else { Role::Caller };
        settings.session.offers = if self.offer { Offer::Freely } else { Offer::Nothing };
        let mut terminal = terminal(role, settings, document, self.way.leg());
        self.way.carry(&mut terminal, &self.machine)?;
        Ok(self.machine.tell(terminal.machine(), Vec::new(), self.way.pcm))
    }

    /// Both ends here.
    fn loopback(
        &self,
        document: Document,
        settings: fax_core::terminal::Settings,
        to: &std::path::Path,
    ) -> Result<ExitCode, Box<dyn Error>> {
        Format::of(to)?;
        let medium = if self.t38 { Medium::T38 } else { Medium::Audio };
        let leg = || if self.t38 { self.way.t38_leg() } else { Leg::audio() };
        let mut sender = terminal(Role::Caller, settings, document, leg());
        let mut receiver = terminal(Role::Answerer, self.machine.settings(), Document::default(), leg());
        let recording = between(&mut sender, &mut receiver, medium);
        while let Some((at, event)) = sender.event() {
            self.machine.note(at, &event);
        }
        self.way.write_recording(Some(&recording))?;
        let files = write_document(to, receiver.machine().received())?;
        Ok(self.machine.tell(sender.machine(), files, false))
    }
}
