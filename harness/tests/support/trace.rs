//! Calls recorded as IFP packets, sent again over an imagined network into a capture.

use fax_core::Timestamp;
use fax_harness::t38::writer::CaptureWriter;
use fax_t38::Seq;
use fax_t38::udptl::{Class, Copies, Protection, Sender, SenderSettings};
use std::net::SocketAddr;
use std::path::Path;

/// A packet of a trace.
pub struct Sent {
    pub at: Timestamp,
    pub from_a: bool,
    pub seq: Seq,
    pub copies: usize,
    pub ifp: Vec<u8>,
}

/// What the network does to datagram `seq` of one way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Arrives,
    Lost,
    /// So many microseconds later than others.
    Late(u64),
}

pub const A: &str = "192.0.2.1:40000";
pub const B: &str = "198.51.100.7:18232";

/// Reads a trace of `test-vectors/t38`.
pub fn trace(name: &str) -> Vec<Sent> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../test-vectors/t38").join(name);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.lines().filter_map(sent).collect()
}

fn sent(line: &str) -> Option<Sent> {
    let mut words = line.split_whitespace();
    let at: f64 = words.next()?.parse().ok()?;
    let from_a = words.next()? == "A>B";
    let seq = words.next()?.strip_prefix("seq=")?.parse().ok()?;
    let copies = words.next()?.strip_prefix('x')?.parse().ok()?;
    let ifp = octets(words.next()?);
    Some(Sent { at: Timestamp::from_micros((at * 1e6).round() as u64), from_a, seq: Seq(seq), copies, ifp })
}

/// Octets from hex.
pub fn octets(hex: &str) -> Vec<u8> {
    let pair = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
    (0..hex.len()).step_by(2).map(pair).collect()
}

/// Both ways as datagrams: from whom, when, what.
pub fn datagrams(
    trace: &[Sent],
    protection: Protection,
    fate: impl Fn(bool, u16) -> Fate,
) -> Vec<(Timestamp, bool, Vec<u8>)> {
    let settings = SenderSettings {
        peer_max_datagram: 1400,
        max_ifp: 400,
        protection,
        copies: Copies::NONE,
        keep_alive: None,
        ..SenderSettings::default()
    };
    let mut senders = [Sender::new(settings), Sender::new(settings)];
    let mut out = Vec::new();
    for packet in trace {
        let sender = &mut senders[usize::from(!packet.from_a)];
        let class = if packet.ifp[0] & 0xFE == 0xC0 { Class::Control } else { Class::Image };
        sender.submit(packet.at, &packet.ifp, class).unwrap();
        let mut datagram = vec![0; 1400];
        let length = sender.poll(packet.at, &mut datagram).expect("a datagram for each packet");
        datagram.truncate(length);
        assert_eq!(datagram[..2], packet.seq.0.to_be_bytes(), "the trace numbers from 0 on");
        let after = match fate(packet.from_a, packet.seq.0) {
            Fate::Lost => continue,
            Fate::Arrives => 0,
            Fate::Late(micros) => micros,
        };
        for copy in 0..packet.copies as u64 {
            let at = Timestamp::from_micros(packet.at.micros() + after + copy * 100);
            out.push((at, packet.from_a, datagram.clone()));
        }
    }
    out.sort_by_key(|(at, ..)| *at);
    out
}

/// A capture of them.
pub fn capture(datagrams: &[(Timestamp, bool, Vec<u8>)]) -> Vec<u8> {
    let mut out = CaptureWriter::new(Vec::new()).unwrap();
    for (at, from_a, datagram) in datagrams {
        let (from, to) = ends(*from_a);
        out.datagram(*at, from, to, datagram).unwrap();
    }
    out.into_inner()
}

/// From whom to whom.
pub fn ends(from_a: bool) -> (SocketAddr, SocketAddr) {
    let (a, b) = (A.parse().unwrap(), B.parse().unwrap());
    if from_a { (a, b) } else { (b, a) }
}
