//! `faxlab t38 ...`.

use clap::{Args, Subcommand};
use fax_harness::t38::{self, Options, json, text};
use fax_t38::Syntax;
use fax_t38::rtp::{Content, Format};
use std::error::Error;
use std::io::{self, ErrorKind, Write};
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// What a capture says in T.38: indicators, frames, losses and repairs, as a timeline.
    Decode(Decode),
}

impl Command {
    pub(crate) fn run(self) -> Result<(), Box<dyn Error>> {
        match self {
            Self::Decode(decode) => decode.run(),
        }
    }
}

/// `faxlab t38 decode`.
#[derive(Debug, Args)]
pub(crate) struct Decode {
    /// A capture: pcap or pcapng.
    capture: PathBuf,
    /// One JSON object a line.
    #[arg(long)]
    json: bool,
    /// Each packet on a line of its own, those of a page too.
    #[arg(long)]
    all: bool,
    /// A port whose packets are T.38 whatever they look like; may be given more than once.
    #[arg(long)]
    port: Vec<u16>,
    /// At those ports T.38 is inside RTP: its payload type, and that of the redundancy behind a comma.
    #[arg(long, requires = "port", value_parser = format)]
    rtp: Option<Format>,
    /// Begin with this syntax, whatever SDP says: 1998 (version 0) or 2002.
    #[arg(long, value_parser = syntax)]
    syntax: Option<Syntax>,
    /// Show telephone numbers and the octets of frames.
    #[arg(long)]
    show_content: bool,
}

impl Decode {
    fn run(self) -> Result<(), Box<dyn Error>> {
        let file = std::fs::read(&self.capture)
            .map_err(|error| format!("cannot read {}: {error}", self.capture.display()))?;
        let options = Options {
            ports: self.port,
            rtp: self.rtp,
            syntax: self.syntax,
            shows_content: self.show_content,
        };
        let timeline =
            t38::decode(&file, &options).map_err(|error| format!("{}: {error}", self.capture.display()))?;
        let mut out = io::BufWriter::new(io::stdout().lock());
        let written = if self.json {
            json::write(&timeline, &mut out)
        } else {
            text::write(&timeline, self.all, &mut out)
        };
        match written.and_then(|()| out.flush()) {
            // Whoever reads has enough of it.
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
            other => Ok(other?),
        }
    }
}

fn syntax(text: &str) -> Result<Syntax, String> {
    match text {
        "1998" => Ok(Syntax::Y1998),
        "2002" => Ok(Syntax::Y2002),
        _ => Err("use 1998 or 2002".to_owned()),
    }
}

fn format(text: &str) -> Result<Format, String> {
    let number = |text: &str| text.parse::<u8>().ok().filter(|number| *number < 128);
    let (plain, red) = text.split_once(',').map_or((text, None), |(plain, red)| (plain, Some(red)));
    let red = red.map(|red| number(red).ok_or("two payload types, 0 to 127")).transpose()?;
    let payload_type = number(plain).ok_or("a payload type, 0 to 127")?;
    Ok(Format { payload_type, red, content: Content::Ifp })
}
