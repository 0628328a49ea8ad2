//! Audio in SDP: which G.711 an end offers, and what two ends agree on.
//!
//! From: RFC 3264 6, RFC 3551, RFC 4733, RFC 2198; field notes AUD-2, SIP-16.
//! Always: a line that is written has at least one law; other codecs are declined, never transcoded.

use crate::Law;
use crate::media::{Audio, Flow, Redundancy};
use core::net::SocketAddr;
use fax_core::Span;
use fax_t38::sdp::{Attribute, Description, Direction, Host, Media};

/// What an audio line of ours says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Codecs {
    /// The best first; at least one.
    pub laws: Vec<Law>,
    /// The payload type of `telephone-event/8000`.
    pub events: Option<u8>,
    /// The payload type of `red/8000`.
    pub red: Option<u8>,
}

/// What an audio line of the peer says, as far as we can carry it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Voice {
    /// Its laws, the best first; at least one.
    pub laws: Vec<Law>,
    /// The payload type of its `telephone-event/8000`.
    pub events: Option<u8>,
    /// Its `red/8000`, and how many generations it says that there may be, as far as we send them; one if it says
    /// nothing.
    pub red: Option<Redundancy>,
    /// What a packet that it gets should hold.
    pub packet: Option<Span>,
    /// Which way it goes, as the peer sees it.
    pub direction: Direction,
    /// Where it wants it.
    pub remote: SocketAddr,
    /// Whether it rests, by its direction or the older 0.0.0.0.
    pub held: bool,
}

impl Law {
    const fn encoding(self) -> &'static str {
        match self {
            Self::Mu => "PCMU/8000",
            Self::A => "PCMA/8000",
        }
    }
}

impl Voice {
    /// The first audio line with G.711 and an address, and its place among the lines.
    pub fn read(description: &Description) -> Option<(usize, Self)> {
        let lines = description.media.iter().enumerate();
        let mut live = lines.filter(|(_, media)| media.port != 0 && media.is_audio());
        live.find_map(|(slot, media)| Some((slot, Self::of(description, media)?)))
    }

    fn of(description: &Description, media: &Media) -> Option<Self> {
        let Host::Ip(host) = description.host_of(media)? else { return None };
        let types: Vec<u8> = media.formats.split(' ').filter_map(|format| format.parse().ok()).collect();
        let mut laws: Vec<Law> = Vec::new();
        for law in types.iter().filter_map(|&of| Law::of_payload_type(of)) {
            if !laws.contains(&law) {
                laws.push(law);
            }
        }
        let first = *laws.first()?;
        let named = |name: &str| {
            let is_named = |of: &u8| rtpmap(media, *of).is_some_and(|map| map.eq_ignore_ascii_case(name));
            types.iter().copied().find(is_named)
        };
        let red = |payload_type: u8| {
            let generations = fmtp(media, payload_type).map_or(Some(1), |blocks| beside(blocks, first))?;
            Some(Redundancy { payload_type, generations })
        };
        Some(Self {
            laws,
            events: named("telephone-event/8000"),
            red: named("red/8000").and_then(red),
            packet: value(media, "ptime").and_then(|ptime| ptime.parse().ok()).map(Span::from_millis),
            direction: media.direction,
            remote: SocketAddr::new(*host, media.port),
            held: description.is_held(media),
        })
    }

    /// What is agreed if one line is `ours` and the other this one. `law` is the one we answer with, if we answer.
    pub fn agree(&self, ours: &Codecs, law: Option<Law>, wanted: Span) -> Option<Audio> {
        let both = |law: &Law| ours.laws.contains(law);
        let law =
            law.filter(|law| self.laws.contains(law)).or_else(|| self.laws.iter().copied().find(both))?;
        Some(Audio {
            remote: self.remote,
            law,
            packet: self.packet.map_or(wanted, clamp),
            red: self.red.filter(|_| ours.red.is_some() && self.laws.first() == Some(&law)),
            events: self.events.filter(|_| ours.events.is_some()),
            flow: self.flow(),
        })
    }

    /// Which way it goes, seen from here.
    fn flow(&self) -> Flow {
        match self.direction {
            Direction::Inactive => Flow::Neither,
            Direction::Send => Flow::Receive,
            // 0.0.0.0 is no place to send to.
            _ if self.held => Flow::Receive,
            Direction::Receive => Flow::Send,
            Direction::Both => Flow::Both,
        }
    }
}

impl Codecs {
    /// What we can take of what the peer offers, in its order.
    pub fn common(laws: &[Law], voice: &Voice) -> Option<Self> {
        let laws: Vec<Law> = voice.laws.iter().copied().filter(|law| laws.contains(law)).collect();
        (!laws.is_empty()).then_some(Self { laws, events: voice.events, red: None })
    }

    /// These, with audio redundancy under a payload type that nothing else has.
    #[must_use]
    pub fn with_red(self, red: bool) -> Self {
        let free = if self.events == Some(121) { 122 } else { 121 };
        Self { red: red.then_some(free), ..self }
    }

    /// The m-line that says so.
    pub fn line(&self, port: u16, packet: Span, direction: Direction) -> Media {
        let mut formats = Vec::new();
        let mut attributes = Vec::new();
        let mut say = |name: &str, value: String| {
            attributes.push(Attribute { name: name.to_owned(), value: Some(value) });
        };
        for law in &self.laws {
            formats.push(law.payload_type().to_string());
            say("rtpmap", format!("{} {}", law.payload_type(), law.encoding()));
        }
        if let Some(events) = self.events {
            formats.push(events.to_string());
            say("rtpmap", format!("{events} telephone-event/8000"));
            say("fmtp", format!("{events} 0-16"));
        }
        if let (Some(red), Some(law)) = (self.red, self.laws.first()) {
            formats.push(red.to_string());
            say("rtpmap", format!("{red} red/8000"));
            let blocks = vec![law.payload_type().to_string(); usize::from(Redundancy::MOST) + 1];
            say("fmtp", format!("{red} {}", blocks.join("/")));
        }
        say("ptime", (packet.micros() / 1000).to_string());
        // AUD-2: what is left out as silence is missing from a fax.
        say("silenceSupp", "off - - - -".to_owned());
        Media { direction, attributes, ..Media::audio(port, &formats.join(" ")) }
    }
}

/// The other way round, for an answer (RFC 3264 6.1).
pub(super) const fn mirrored(direction: Direction) -> Direction {
    match direction {
        Direction::Both => Direction::Both,
        Direction::Send => Direction::Receive,
        Direction::Receive => Direction::Send,
        Direction::Inactive => Direction::Inactive,
    }
}

/// How many RFC 2198 blocks there may be beside the newest, if all are of that law.
fn beside(blocks: &str, law: Law) -> Option<u8> {
    let is_of_law = |block: &str| block.trim().parse() == Ok(law.payload_type());
    let generations = blocks.split('/').skip(1).count().min(Redundancy::MOST.into());
    blocks.split('/').all(is_of_law).then_some(generations as u8)
}

fn clamp(packet: Span) -> Span {
    packet.clamp(Span::from_millis(10), Span::from_millis(40))
}

fn rtpmap(media: &Media, of: u8) -> Option<&str> {
    about(media, "rtpmap", of)
}

fn fmtp(media: &Media, of: u8) -> Option<&str> {
    about(media, "fmtp", of)
}

fn about<'a>(media: &'a Media, name: &str, of: u8) -> Option<&'a str> {
    let named = media.attributes.iter().filter(|attribute| attribute.name.eq_ignore_ascii_case(name));
    named
        .filter_map(|attribute| attribute.value.as_deref()?.trim().split_once(' '))
        .find_map(|(number, rest)| (number.parse() == Ok(of)).then(|| rest.trim()))
}

fn value<'a>(media: &'a Media, name: &str) -> Option<&'a str> {
    let attribute = media.attributes.iter().find(|attribute| attribute.name.eq_ignore_ascii_case(name))?;
    attribute.value.as_deref().map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lines: &str) -> Option<Voice> {
        let text =
            format!("v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n{lines}");
        Voice::read(&Description::parse(text.as_bytes()).unwrap()).map(|(_, voice)| voice)
    }

    #[test]
    fn laws_are_taken_in_the_order_of_the_line_and_other_codecs_left_out() {
        let voice =
            read("m=audio 4000 RTP/AVP 18 8 0 101\r\na=rtpmap:101 telephone-event/8000\r\na=ptime:30\r\n")
                .unwrap();
        assert_eq!(voice.laws, [Law::A, Law::Mu]);
        assert_eq!((voice.events, voice.packet), (Some(101), Some(Span::from_millis(30))));
        assert_eq!(read("m=audio 4000 RTP/AVP 18 4\r\n"), None);
    }

    #[test]
    fn a_packet_is_ten_to_forty_milliseconds_whatever_is_asked_for() {
        let ours = Codecs { laws: vec![Law::A], events: None, red: None };
        for (asked, packet) in [("1", 10), ("60", 40), ("20", 20), ("x", 20)] {
            let voice = read(&format!("m=audio 4000 RTP/AVP 8\r\na=ptime:{asked}\r\n")).unwrap();
            let audio = voice.agree(&ours, None, Span::from_millis(20)).unwrap();
            assert_eq!(audio.packet, Span::from_millis(packet), "{asked}");
        }
    }

    /// RFC 2198 5.
    #[test]
    fn as_many_generations_are_sent_as_the_peer_lists() {
        for (blocks, generations) in
            [("", Some(1)), ("0", Some(0)), ("0/0", Some(1)), ("0/0/0/0/0", Some(2)), ("0/8", None)]
        {
            let fmtp = if blocks.is_empty() { String::new() } else { format!("a=fmtp:99 {blocks}\r\n") };
            let voice =
                read(&format!("m=audio 4000 RTP/AVP 0 99\r\na=rtpmap:99 red/8000\r\n{fmtp}")).unwrap();
            let wanted = generations.map(|generations| Redundancy { payload_type: 99, generations });
            assert_eq!(voice.red, wanted, "{blocks}");
        }
    }

    #[test]
    fn what_is_written_is_read_the_same() {
        let codecs = Codecs { laws: vec![Law::Mu, Law::A], events: Some(121), red: None }.with_red(true);
        let line = codecs.line(4000, Span::from_millis(20), Direction::Send);
        let host = Some(Host::Ip([192, 0, 2, 1].into()));
        let text = Description { host, media: vec![line], ..Description::default() }.to_string();
        let (_, voice) = Voice::read(&Description::parse(text.as_bytes()).unwrap()).unwrap();
        let red = Redundancy { payload_type: 122, generations: 2 };
        assert_eq!((voice.laws, voice.events, voice.red), (codecs.laws, Some(121), Some(red)));
        assert_eq!(voice.direction, Direction::Send);
    }
}
