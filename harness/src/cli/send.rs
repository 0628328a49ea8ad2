//! `faxlab send FILE`: our fax machine sends a document.

use super::machine::{Format, MachineOptions, WayOptions, header, read_document, terminal, write_document};
use super::picture::Greys;
use super::sip::{SipOptions, Uri};
use clap::Args;
use fax_call::Leg;
use fax_core::Private;
use fax_core::t30::session::{Offer, Role};
use fax_core::terminal::{Document, FaxMachine};
use fax_harness::carrier::{Medium, between};
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// `faxlab send`.
#[derive(Debug, Args)]
pub(crate) struct Send {
    /// The document, a TIFF file or a PNG or JPEG picture; before it, to call over SIP, whom: sip:NUMBER@HOST:PORT.
    #[arg(value_name = "[sip:NUMBER@HOST:PORT] FILE", num_args = 1..=2, required = true)]
    what: Vec<String>,
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
    /// With --offer: only to whom says this password, of digits.
    #[arg(long, requires = "offer")]
    password: Option<String>,
    /// How a picture's greys and colours become black and white.
    #[arg(long, default_value = "diffusion")]
    greys: Greys,
    #[command(flatten)]
    way: WayOptions,
    #[command(flatten)]
    sip: SipOptions,
    #[command(flatten)]
    machine: MachineOptions,
}

impl Send {
    pub(crate) fn run(self) -> Result<ExitCode, Box<dyn Error>> {
        let (whom, file) = match &self.what[..] {
            [whom, file] => (Some(Uri::read(whom)?), file),
            [file, ..] => (None, file),
            [] => return Err("which document?".into()),
        };
        let document = read_document(Path::new(file), self.greys)?;
        let mut settings = self.machine.settings();
        settings.header = header(self.header.as_deref());
        settings.session.sub_address = self.sub.clone().map(Private::new);
        if let Some(to) = &self.to {
            return self.loopback(document, settings, to);
        }
        if let Some(whom) = whom {
            let machine = FaxMachine::new(Role::Caller, settings, document);
            let machine = self.sip.call(&whom, machine, &self.machine)?;
            return Ok(self.machine.tell(&machine, Vec::new(), false));
        }
        if !self.way.is_given() {
            return Err("give a way to the far machine: sip:NUMBER@HOST:PORT, --pcm, --udptl or --to".into());
        }
        let role = if self.offer { Role::Answerer } else { Role::Caller };
        settings.session.offers = match &self.password {
            _ if !self.offer => Offer::Nothing,
            None => Offer::Freely,
            Some(password) => Offer::WithPassword(Private::new(password.clone())),
        };
        let mut terminal = terminal(role, settings, document, self.way.leg());
        self.way.carry(&mut terminal, &self.machine)?;
        Ok(self.machine.tell(terminal.machine(), Vec::new(), self.way.pcm))
    }

    /// Both ends here.
    fn loopback(
        &self,
        document: Document,
        settings: fax_core::terminal::Settings,
        to: &Path,
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
