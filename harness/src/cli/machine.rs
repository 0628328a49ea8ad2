//! What `faxlab send` and `faxlab receive` share: the machine, its way to the far one, the result.

use super::picture::{Greys, is_picture, read_picture};
use clap::{ArgAction, Args};
use fax_call::{Leg, Terminal};
use fax_core::t30::fields::{Bit, Coding, ScanTime};
use fax_core::t30::session::{Event, Role};
use fax_core::t30::{Dis, ModemSet};
use fax_core::terminal::files::{write_pdf, write_png, write_tiff};
use fax_core::terminal::{Document, FaxMachine, Header, Limits, ReceivedPage, Settings};
use fax_core::{BitRate, Private, Timestamp};
use fax_harness::carrier::{Carrier, Clock, Pcm, UdptlSocket, carry};
use fax_harness::receipt::{Receipt, exit_code};
use fax_harness::wav;
use fax_harness::world::Recording;
use fax_harness::world::scenario::Modem;
use fax_t38::Version;
use fax_t38::line::{Pacing, Settings as LineSettings, T38Line, Udptl};
use fax_t38::udptl::{Protection, ReceiverSettings, SenderSettings};
use std::error::Error;
use std::fs::File;
use std::io::{BufReader, BufWriter, stdin, stdout};
use std::net::{SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// A fax machine.
#[derive(Debug, Args)]
pub(crate) struct MachineOptions {
    /// Its number, as it tells the far machine: up to 20 characters.
    #[arg(long, default_value = "")]
    ident: String,
    /// The fastest modem: v17, v29 or v27ter.
    #[arg(long, default_value = "v17")]
    mode: Modem,
    /// Bit rate at which it starts to send, at most.
    #[arg(long)]
    max_rate: Option<u32>,
    /// Error correction: on or off.
    #[arg(long, default_value = "on", value_parser = super::call::on_or_off, action = ArgAction::Set)]
    ecm: bool,
    /// The best coding: mh, mr, mmr or jbig; the last two need error correction.
    #[arg(long, default_value = "mmr", value_parser = coding)]
    coding: Best,
    /// Prints what happens to standard error.
    #[arg(long)]
    trace: bool,
    /// The result as one JSON object.
    #[arg(long)]
    json: bool,
}

/// The way to the far machine.
#[derive(Debug, Args)]
pub(crate) struct WayOptions {
    /// A phone line as a pipe: blocks of 160 samples (16 bit, little-endian, 8000 a second) out to standard output and
    /// in from standard input, in turn, a block out first. The result goes to standard error.
    #[arg(long, conflicts_with = "udptl")]
    pub(crate) pcm: bool,
    /// T.38 by UDPTL from this address of ours, in real time.
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) udptl: Option<SocketAddr>,
    /// The far end's address; without it, whoever sends the first datagram.
    #[arg(long, value_name = "ADDRESS", requires = "udptl")]
    peer: Option<SocketAddr>,
    /// Secondaries in each datagram.
    #[arg(long, default_value_t = 3)]
    redundancy: u8,
    /// T38FaxVersion.
    #[arg(long, default_value_t = 0)]
    t38_version: u8,
    /// A WAV file of the phone line: what was said on the left, what was heard on the right.
    #[arg(long, value_name = "WAV")]
    pub(crate) record: Option<PathBuf>,
}

/// The best coding, with those below it.
#[derive(Clone, Copy, Debug)]
struct Best {
    codings: &'static [Coding],
    /// What the DIS has besides, or has not.
    with: &'static [Bit],
    without: &'static [Bit],
}

fn coding(text: &str) -> Result<Best, String> {
    use Coding::{Jbig, Mh, Mmr, Mr};
    let best = |codings, with, without| Ok(Best { codings, with, without });
    match text {
        "mh" => best(&[Mh], &[], &[Bit::MR, Bit::MMR]),
        "mr" => best(&[Mr, Mh], &[], &[Bit::MMR]),
        "mmr" => best(&[Mmr, Mr, Mh], &[], &[]),
        "jbig" => best(&[Jbig, Mmr, Mr, Mh], &[Bit::JBIG], &[]),
        _ => Err("use mh, mr, mmr or jbig".to_owned()),
    }
}

impl MachineOptions {
    pub(crate) fn settings(&self) -> Settings {
        let mut settings = Settings { codings: self.coding.codings, ..Settings::default() };
        let session = &mut settings.session;
        session.identification = Private::new(self.ident.clone());
        session.modems = match self.mode {
            Modem::V27ter => ModemSet::V27ter,
            Modem::V29 => ModemSet::V27terV29,
            Modem::V17 => ModemSet::V27terV29V17,
        };
        session.max_rate = self.max_rate.map_or(session.max_rate, BitRate);
        session.ecm = self.ecm;
        let receives = self.coding.with.iter().fold(session.receives, |dis, bit| dis.with(*bit));
        let receives = self.coding.without.iter().fold(receives, |dis, bit| dis.without(*bit));
        let receives = if self.ecm { receives } else { Dis::without(receives, Bit::ECM) };
        session.receives = receives.with_modems(session.modems).with_scan_time(ScanTime::Ms0);
        settings
    }

    /// Tells what happens, if that is wanted.
    pub(crate) fn note(&self, at: Timestamp, event: &Event) {
        if self.trace {
            eprintln!("{:9.3} {event:?}", at.seconds());
        }
    }

    /// As [`MachineOptions::note`], of what signalling does too.
    pub(crate) fn remark(&self, at: Timestamp, what: &dyn core::fmt::Debug) {
        if self.trace {
            eprintln!("{:9.3} {what:?}", at.seconds());
        }
    }

    /// Prints the result; the exit code that stands for it.
    pub(crate) fn tell(&self, machine: &FaxMachine, files: Vec<String>, on_stderr: bool) -> ExitCode {
        let receipt = Receipt::of(machine, files);
        let text = match self.json {
            true => serde_json::to_string(&receipt).unwrap_or_default() + "\n",
            false => receipt.to_string(),
        };
        if on_stderr {
            eprint!("{text}");
        } else {
            print!("{text}");
        }
        machine.outcome().map_or(ExitCode::FAILURE, |outcome| exit_code(outcome.cause).into())
    }
}

impl WayOptions {
    /// Whether any way was given.
    pub(crate) fn is_given(&self) -> bool {
        self.pcm || self.udptl.is_some()
    }

    /// The leg that goes with the way.
    pub(crate) fn leg(&self) -> Leg {
        if self.udptl.is_some() { self.t38_leg() } else { Leg::audio() }
    }

    pub(crate) fn t38_leg(&self) -> Leg {
        let version = Version::new(self.t38_version);
        let receiver = ReceiverSettings { syntax: version.syntax(), ..ReceiverSettings::default() };
        let protection = Protection::Secondaries { control: self.redundancy, image: self.redundancy };
        let sender = SenderSettings { protection, ..SenderSettings::default() };
        let settings = LineSettings { version, pacing: Pacing::METERED, ..LineSettings::default() };
        Leg::t38(T38Line::over(Udptl::new(receiver, sender), settings))
    }

    /// Has the call.
    pub(crate) fn carry(
        &self,
        terminal: &mut Terminal,
        options: &MachineOptions,
    ) -> Result<(), Box<dyn Error>> {
        let mut note = |at, event: &Event| options.note(at, event);
        if let Some(address) = self.udptl {
            let socket = UdpSocket::bind(address).map_err(|error| format!("{address}: {error}"))?;
            let mut carrier = UdptlSocket::new(socket, self.peer, Clock::new());
            return Ok(carry(terminal, &mut carrier, &mut note)?);
        }
        let pcm = Pcm::new(BufReader::new(stdin().lock()), BufWriter::new(stdout().lock()));
        let mut pcm = if self.record.is_some() { pcm.recorded() } else { pcm };
        let carrier: &mut dyn Carrier = &mut pcm;
        carry(terminal, carrier, &mut note)?;
        self.write_recording(pcm.into_recording().as_ref())
    }

    pub(crate) fn write_recording(&self, recording: Option<&Recording>) -> Result<(), Box<dyn Error>> {
        if let Some((path, line)) = self.record.as_ref().zip(recording) {
            wav::write_channels(path, &[&line.said, &line.heard])?;
        }
        Ok(())
    }
}

/// A machine on the leg of its way.
pub(crate) fn terminal(role: Role, settings: Settings, document: Document, leg: Leg) -> Terminal {
    Terminal::new(FaxMachine::new(role, settings, document), leg)
}

/// A line above each page, if there is a text for it.
pub(crate) fn header(text: Option<&str>) -> Option<Header> {
    text.map(Header::new)
}

/// Reads the document to be sent.
pub(crate) fn read_document(path: &Path, greys: Greys) -> Result<Document, Box<dyn Error>> {
    if is_picture(path) {
        return read_picture(path, greys);
    }
    let failed = |why: &dyn Error| format!("{}: {why}", path.display());
    let file = std::fs::read(path).map_err(|error| failed(&error))?;
    Ok(fax_core::terminal::files::read_tiff(&file, Limits::default()).map_err(|error| failed(&error))?)
}

/// How received pages are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Tiff,
    Pdf,
    Png,
}

impl Format {
    /// By the file's ending.
    pub(crate) fn of(path: &Path) -> Result<Self, String> {
        match path.extension().and_then(|ending| ending.to_str()) {
            Some("tif" | "tiff") => Ok(Self::Tiff),
            Some("pdf") => Ok(Self::Pdf),
            Some("png") => Ok(Self::Png),
            _ => Err(format!("{}: a document is written as .tif, .pdf or .png", path.display())),
        }
    }
}

/// Writes the pages; the names of the files. A document in PNG has a file for each page, the second and later with
/// their numbers in the name.
pub(crate) fn write_document(path: &Path, pages: &[ReceivedPage]) -> Result<Vec<String>, Box<dyn Error>> {
    if pages.is_empty() {
        return Ok(Vec::new());
    }
    let failed = |path: &Path, why: &dyn Error| format!("{}: {why}", path.display());
    let create = |path: &Path| File::create(path).map(BufWriter::new).map_err(|error| failed(path, &error));
    match Format::of(path)? {
        Format::Tiff => write_tiff(create(path)?, pages).map_err(|error| failed(path, &error))?,
        Format::Pdf => std::fs::write(path, write_pdf(pages.iter().map(|received| &received.page)))
            .map_err(|error| failed(path, &error))?,
        Format::Png => {
            let mut names = Vec::new();
            for (number, received) in (1..).zip(pages) {
                let path = numbered(path, number);
                write_png(create(&path)?, &received.page).map_err(|error| failed(&path, &error))?;
                names.push(path.display().to_string());
            }
            return Ok(names);
        }
    }
    Ok(vec![path.display().to_string()])
}

fn numbered(path: &Path, number: u32) -> PathBuf {
    if number == 1 {
        return path.to_owned();
    }
    let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or("page");
    path.with_file_name(format!("{stem}-{number}.png"))
}
