//! Which packets of a capture are T.38, and from whom to whom.
//!
//! SDP says so, or the caller does, or the packets themselves: several datagrams of one direction that
//! parse to their last octet, with IFP packets inside and numbers that go on.

use super::Options;
use super::capture::Capture;
use super::decoder::Carrier;
use super::network::{Carriage, Opened, Packet, open};
use super::sip::{self, Ends};
use super::timeline::{Direction, Entry, File, What};
use fax_core::Timestamp;
use fax_t38::ifp::Ifp;
use fax_t38::udptl::{Datagram, Recovery};
use fax_t38::{Seq, Syntax, Version, tpkt};
use std::collections::BTreeMap;
use std::net::SocketAddr;

/// Packets between two ends, and why they are taken for T.38.
#[derive(Debug)]
pub(super) struct Conversation<'a> {
    pub(super) carrier: Carrier,
    /// Who spoke first, and the other.
    pub(super) ends: [SocketAddr; 2],
    /// The lower of both versions, if SDP says it.
    pub(super) version: Option<Version>,
    pub(super) described: Option<String>,
    pub(super) packets: Vec<Dated<'a>>,
}

/// A packet of a conversation.
#[derive(Clone, Copy, Debug)]
pub(super) struct Dated<'a> {
    pub(super) at: Timestamp,
    pub(super) direction: Direction,
    pub(super) carriage: Carriage,
    pub(super) payload: &'a [u8],
}

/// Everything found, what SDP said, and what was passed over.
#[derive(Debug, Default)]
pub(super) struct Found<'a> {
    pub(super) conversations: Vec<Conversation<'a>>,
    pub(super) descriptions: Vec<(Timestamp, SocketAddr, SocketAddr, String)>,
    pub(super) file: File,
}

impl<'a> Found<'a> {
    pub(super) fn in_capture(capture: &Capture<'a>, options: &Options) -> Self {
        let mut found = Self::default();
        let (mut ends, mut pairs) = (Ends::default(), Pairs::default());
        let start = capture.packets.first().map_or(0, |packet| packet.at);
        found.file.packets = capture.packets.len();
        for captured in &capture.packets {
            let at = Timestamp::from_micros(captured.at.saturating_sub(start) / 1000);
            found.file.micros = at.micros();
            let reason = match open(captured) {
                Opened::Packet(packet) => {
                    if let Some(told) = ends.take(packet.payload) {
                        found.descriptions.push((at, packet.from, packet.to, told));
                    }
                    pairs.take(at, &packet);
                    continue;
                }
                Opened::Fragment => "IP fragments, not put together (UTL-17)",
                Opened::Cut => "packets that the capture has not kept whole",
                Opened::Other => "packets that are neither UDP nor TCP",
                Opened::Broken => "packets with broken headers",
                Opened::UnknownLink(_) => "packets of an unknown link type",
            };
            found.skip(reason, 1);
        }
        found.skip("broken blocks of the file", capture.broken);
        found.skip("octets at the end of the file, cut off or behind a broken length", capture.unread);
        found.conversations =
            pairs.0.into_iter().filter_map(|pair| pair.conversation(&ends, options)).collect();
        found
    }

    fn skip(&mut self, reason: &'static str, count: usize) {
        if count > 0 {
            *self.file.skipped.entry(reason).or_default() += count;
        }
    }
}

/// Pairs of ends in order of their first packet.
#[derive(Debug, Default)]
struct Pairs<'a>(Vec<Pair<'a>>, BTreeMap<(SocketAddr, SocketAddr, bool), usize>);

#[derive(Debug)]
struct Pair<'a> {
    ends: [SocketAddr; 2],
    is_tcp: bool,
    packets: Vec<Dated<'a>>,
}

impl<'a> Pairs<'a> {
    fn take(&mut self, at: Timestamp, packet: &Packet<'a>) {
        let Packet { from, to, carriage, payload } = *packet;
        let is_tcp = matches!(carriage, Carriage::Tcp { .. });
        let Self(pairs, places) = self;
        let place = *places.entry((from.min(to), from.max(to), is_tcp)).or_insert_with(|| {
            pairs.push(Pair { ends: [from, to], is_tcp, packets: Vec::new() });
            pairs.len() - 1
        });
        let Some(pair) = pairs.get_mut(place) else { return };
        let direction = if pair.ends[0] == from { Direction::AtoB } else { Direction::BtoA };
        pair.packets.push(Dated { at, direction, carriage, payload });
    }
}

impl<'a> Pair<'a> {
    fn conversation(mut self, ends: &Ends, options: &Options) -> Option<Conversation<'a>> {
        let said = self.ends.map(|end| ends.at(end));
        let described = said.iter().flatten().next();
        let is_asked = self.ends.iter().any(|end| options.ports.contains(&end.port()));
        let carrier = match (self.is_tcp, options.rtp) {
            (true, _) if is_asked || described.is_some() || self.looks_like_tpkt() => Carrier::Tcp,
            (true, _) => return None,
            (false, Some(format)) if is_asked => Carrier::Rtp(format),
            (false, _) => match described.and_then(|end| sip::format(end.transport)) {
                Some(format) => Carrier::Rtp(format),
                None if is_asked || described.is_some() || self.looks_like_udptl() => Carrier::Udptl,
                None => return None,
            },
        };
        // Audio may have come first on the same ports: whoever speaks T.38 first is A.
        let first = self.packets.iter().find(|packet| match carrier {
            Carrier::Udptl => udptl(packet.payload).is_some(),
            Carrier::Rtp(_) | Carrier::Tcp => true,
        });
        if first.is_some_and(|packet| packet.direction == Direction::BtoA) {
            self.ends.reverse();
            for packet in &mut self.packets {
                packet.direction = match packet.direction {
                    Direction::AtoB => Direction::BtoA,
                    Direction::BtoA => Direction::AtoB,
                };
            }
        }
        let versions: Vec<_> = said.iter().flatten().map(|end| end.version).collect();
        let version = versions.iter().copied().min();
        let described = version.map(|version| {
            let ends = if versions.len() == 2 { "both ends" } else { "one end" };
            format!("SDP of {ends}: version {}", version.number())
        });
        Some(Conversation { carrier, ends: self.ends, version, described, packets: self.packets })
    }

    /// Three datagrams in a row of one direction, or all there are if they are two.
    fn looks_like_udptl(&self) -> bool {
        const ROW: usize = 3;
        Direction::BOTH.into_iter().any(|direction| {
            let own = || self.packets.iter().filter(|packet| packet.direction == direction);
            let mut row: Vec<Seq> = Vec::new();
            let mut longest = 0;
            for packet in own() {
                match udptl(packet.payload) {
                    Some(seq) if row.last().is_none_or(|last| (0..100).contains(&seq.ahead_of(*last))) => {
                        row.push(seq);
                    }
                    Some(seq) => row = vec![seq],
                    None => row.clear(),
                }
                let goes_on = row.first() != row.last();
                longest = longest.max(if goes_on { row.len() } else { row.len().min(1) });
            }
            longest >= ROW || longest == 2 && own().count() == 2
        })
    }

    /// Two segments that are whole envelopes of whole IFP packets.
    fn looks_like_tpkt(&self) -> bool {
        let is_tpkt = |payload: &[u8]| match *payload {
            [3, 0, high, low, ref ifp @ ..] => {
                usize::from(u16::from_be_bytes([high, low])) == tpkt::HEADER + ifp.len() && is_ifp(ifp)
            }
            _ => false,
        };
        self.packets.iter().filter(|packet| is_tpkt(packet.payload)).take(2).count() == 2
    }
}

/// The number of a datagram that is UDPTL to its last octet, with IFP packets inside.
fn udptl(payload: &[u8]) -> Option<Seq> {
    let datagram = Datagram::parse(payload).ok()?;
    let are_good = match datagram.recovery.ok()? {
        Recovery::Secondaries(mut entries) => entries.all(|entry| entry.is_empty() || is_ifp(entry)),
        Recovery::Parity { .. } => true,
    };
    (are_good && is_ifp(datagram.primary)).then_some(datagram.seq)
}

fn is_ifp(octets: &[u8]) -> bool {
    [Syntax::Y1998, Syntax::Y2002].into_iter().any(|syntax| Ifp::parse(octets, syntax).is_ok())
}

/// SDP as an entry of the conversation it is about: it names an end of it.
pub(super) fn description(
    stream: usize,
    conversation: &Conversation<'_>,
    (at, from, to, told): &(Timestamp, SocketAddr, SocketAddr, String),
) -> Option<Entry> {
    let [a, b] = conversation.ends;
    let names = |end: &SocketAddr| told.contains(&format!(" {end},"));
    let direction = match (names(&a), names(&b)) {
        (true, _) => Direction::AtoB,
        (_, true) => Direction::BtoA,
        _ => return None,
    };
    let told = format!("{told} (SIP {from} to {to})");
    Some(Entry { at: *at, stream, direction, seq: None, what: What::Description(told) })
}
