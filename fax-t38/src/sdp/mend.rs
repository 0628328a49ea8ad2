//! From octets to lines that every parser takes. One bad line costs that line, never the description.
//!
//! From: hardening list (long lines, repetitions, octets that are no text), field notes SDP-11, SDP-13.
//! Always: what comes out is at most a few octets longer than what went in.

use super::Unreadable;
use super::oddity::{Oddities, Oddity};

/// No description is longer, in octets.
pub const MAX_OCTETS: usize = 65_536;

/// Nor has it more lines.
pub const MAX_LINES: usize = 2_048;

/// Nor does any line that matters hold more octets.
pub const MAX_LINE: usize = 2_048;

/// Nor are there more m-lines.
pub const MAX_MEDIA: usize = 64;

/// No o= or c= line holds more, and no word of an m-line more than an eighth of it.
const MAX_NAME_LINE: usize = 512;

/// The lines of v=, o=, c=, m= and a=, each whole, ended by CRLF.
pub(super) fn mend(octets: &[u8], odd: &mut Oddities) -> Result<String, Unreadable> {
    if octets.len() > MAX_OCTETS {
        return Err(Unreadable::TooLong);
    }
    let text = String::from_utf8_lossy(octets);
    if matches!(text, std::borrow::Cow::Owned(_)) {
        odd.note(Oddity::Octets);
    }
    if text.len() > MAX_OCTETS {
        return Err(Unreadable::TooLong);
    }
    let lines = text.split(['\n', '\r']).map(|line| line.trim_matches(blank)).filter(|line| !line.is_empty());
    let mut mended = Mended::new(text.len());
    for (number, line) in lines.enumerate() {
        if number >= MAX_LINES {
            return Err(Unreadable::TooMany);
        }
        mended.take(number, line, odd)?;
    }
    if mended.is_sdp { Ok(mended.text) } else { Err(Unreadable::NotSdp) }
}

fn blank(c: char) -> bool {
    c == '\0' || c.is_whitespace()
}

struct Mended {
    text: String,
    is_sdp: bool,
    media: usize,
    origins: usize,
    /// c= lines of this section.
    connections: usize,
}

impl Mended {
    fn new(length: usize) -> Self {
        let mut text = String::with_capacity(length + 64);
        text.push_str("v=0\r\n");
        Self { text, is_sdp: false, media: 0, origins: 0, connections: 0 }
    }

    fn take(&mut self, number: usize, line: &str, odd: &mut Oddities) -> Result<(), Unreadable> {
        let Some((key, value)) = line.split_once('=') else {
            odd.note(Oddity::StrayLine);
            return Ok(());
        };
        if number == 0 && (key, value) != ("v", "0") {
            odd.note(Oddity::NoVersionLine);
        }
        if line.len() > MAX_LINE {
            odd.note(Oddity::LongLine);
            return if key == "m" { Err(Unreadable::TooLong) } else { Ok(()) };
        }
        let clean;
        let value = if value.contains('\0') {
            odd.note(Oddity::Octets);
            clean = value.replace('\0', "");
            clean.trim()
        } else {
            value.trim()
        };
        match key {
            "v" => self.is_sdp = true,
            "m" => self.media_line(value, odd)?,
            "a" if !value.is_empty() => self.push("a", value),
            "o" => {
                self.origins += 1;
                self.once(key, value, self.origins, odd);
            }
            "c" => {
                self.connections += 1;
                self.once(key, value, self.connections, odd);
            }
            "s" | "i" | "u" | "e" | "p" | "b" | "t" | "r" | "z" | "k" => {}
            _ => odd.note(Oddity::StrayLine),
        }
        Ok(())
    }

    /// A line of which a section has one. The first counts; whether it is one, its own parser says.
    fn once(&mut self, key: &str, value: &str, occurrence: usize, odd: &mut Oddities) {
        if occurrence > 1 {
            odd.note(Oddity::Duplicate);
        } else if value.len() > MAX_NAME_LINE {
            odd.note(Oddity::LongLine);
        } else if sdp_types::Session::parse(format!("v=0\r\n{key}={value}\r\n").as_bytes()).is_ok() {
            self.push(key, value);
        } else {
            odd.note(Oddity::StrayLine);
        }
    }

    /// `<media> <port>[/<ports>] <proto> <formats>`. A line with parts missing keeps its place, so that an
    /// answer can have as many as the offer.
    fn media_line(&mut self, value: &str, odd: &mut Oddities) -> Result<(), Unreadable> {
        let mut words = value.split_whitespace();
        let Some(kind) = words.next() else {
            odd.note(Oddity::StrayLine);
            return Ok(());
        };
        self.media += 1;
        if self.media > MAX_MEDIA {
            return Err(Unreadable::TooMany);
        }
        self.is_sdp = true;
        self.connections = 0;
        let port = words.next().and_then(|ports| ports.split('/').next()).and_then(|port| port.parse().ok());
        if port.is_none() {
            odd.note(Oddity::Port);
        }
        let port: u16 = port.unwrap_or(0);
        let protocol = words.next();
        if kind.len().max(protocol.map_or(0, str::len)) > MAX_NAME_LINE / 8 {
            return Err(Unreadable::TooLong);
        }
        let formats = words.collect::<Vec<_>>().join(" ");
        if formats.is_empty() {
            odd.note(Oddity::MediaLine);
        }
        let image = kind.eq_ignore_ascii_case("image");
        let (protocol, formats) = match (protocol, formats.as_str()) {
            (Some(protocol), "") => (protocol, if image { "t38" } else { "0" }),
            (Some(protocol), formats) => (protocol, formats),
            (None, _) if image => ("udptl", "t38"),
            (None, _) => ("RTP/AVP", "0"),
        };
        self.push("m", &format!("{kind} {port} {protocol} {formats}"));
        Ok(())
    }

    fn push(&mut self, key: &str, value: &str) {
        for part in [key, "=", value, "\r\n"] {
            self.text.push_str(part);
        }
    }
}
