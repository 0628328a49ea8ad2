//! What was said in a capture, in order: the nouns of the decoder.

use fax_core::Timestamp;
use fax_t38::event::Repair;
use fax_t38::ifp::{DataType, FieldType, Indicator};
use fax_t38::{Refusal, Seq};
use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;

/// Everything that a capture tells about T.38.
#[derive(Debug, Default)]
pub struct Timeline {
    /// Who spoke with whom.
    pub streams: Vec<Stream>,
    /// What was said, in order of time.
    pub entries: Vec<Entry>,
    /// What the file held.
    pub file: File,
}

/// The file as a whole.
#[derive(Clone, Debug, Default)]
pub struct File {
    /// Packets in it.
    pub packets: usize,
    /// From the first to the last, microseconds.
    pub micros: u64,
    /// What was passed over and why, with counts.
    pub skipped: BTreeMap<&'static str, usize>,
}

/// Two ends that speak T.38.
#[derive(Debug)]
pub struct Stream {
    /// What carries the packets: UDPTL, RTP, TPKT.
    pub carrier: &'static str,
    /// The end that spoke first, and the other.
    pub ends: [SocketAddr; 2],
    /// What SDP in the capture says, if it says something.
    pub described: Option<String>,
    /// What A and what B sent.
    pub totals: [Totals; 2],
}

/// Which way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Direction {
    /// From the end that spoke first.
    AtoB,
    /// To it.
    BtoA,
}

impl Direction {
    /// Both, in their order in tables.
    pub const BOTH: [Self; 2] = [Self::AtoB, Self::BtoA];
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::AtoB => "A>B",
            Self::BtoA => "B>A",
        })
    }
}

/// One thing that was said, or that is missing.
#[derive(Clone, Debug)]
pub struct Entry {
    /// When it came, counted from the first packet of the file. What a repair gave back came with the
    /// repair.
    pub at: Timestamp,
    /// Place in [`Timeline::streams`].
    pub stream: usize,
    /// Which way.
    pub direction: Direction,
    /// Its number, where the carrier has numbers.
    pub seq: Option<Seq>,
    /// What.
    pub what: What,
}

/// What an entry is about.
#[derive(Clone, Debug)]
pub enum What {
    /// What the line does from here on.
    Indicator {
        /// Which.
        indicator: Indicator,
        /// How it came.
        came: Came,
    },
    /// What a modem received.
    Data {
        /// The modem.
        kind: DataType,
        /// Its fields and how many octets each has.
        fields: Vec<(FieldType, usize)>,
        /// How it came.
        came: Came,
    },
    /// A frame is complete with the packet before.
    Frame(Frame),
    /// Packets that nothing repaired.
    Missing {
        /// How many; `None` where the peer began a new sequence.
        packets: Option<u16>,
    },
    /// A packet in sequence that is no IFP packet.
    Unreadable(Refusal),
    /// SDP about T.38.
    Description(String),
}

/// How a packet came.
#[derive(Clone, Copy, Debug, Default)]
pub struct Came {
    /// Datagrams that were sent for it.
    pub copies: u32,
    /// What gave it back, if it did not come by itself in time.
    pub repair: Option<Repair>,
}

/// An HDLC frame.
#[derive(Clone, Debug)]
pub struct Frame {
    /// Its name in T.30.
    pub name: String,
    /// What it says in short.
    pub gist: Option<String>,
    /// What it says in full; only if asked for.
    pub content: Option<String>,
    /// Its number, if it is a part of a page.
    pub ecm: Option<u8>,
    /// Octets, address to the last before the FCS.
    pub octets: usize,
    /// How it ended.
    pub ending: Ending,
}

/// How a frame ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// With a right FCS.
    Good,
    /// With a wrong FCS.
    Bad,
    /// It may say that the FCS was right, but packets of it are missing.
    Holed,
    /// Without any.
    Unfinished,
}

impl Ending {
    /// In one word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Bad => "FCS bad",
            Self::Holed => "with a hole",
            Self::Unfinished => "unfinished",
        }
    }
}

/// What went one way, in numbers.
#[derive(Clone, Debug, Default)]
pub struct Totals {
    /// Datagrams or segments.
    pub datagrams: u64,
    /// Octets of them, without headers of the network.
    pub octets: u64,
    /// The longest of them.
    pub longest: usize,
    /// IFP packets, repaired ones included.
    pub packets: u64,
    /// Number of the first.
    pub first: Option<Seq>,
    /// Packets that nothing repaired.
    pub lost: u32,
    /// Repaired from a secondary.
    pub by_secondary: u32,
    /// Repaired from parity.
    pub by_parity: u32,
    /// Behind a later one, in time.
    pub reordered: u32,
    /// Too late to be used.
    pub late: u32,
    /// The same number again.
    pub duplicates: u32,
    /// Most secondaries in a datagram.
    pub secondaries: usize,
    /// Most rows of parity in a datagram.
    pub rows: usize,
    /// Not taken, by reason.
    pub refused: BTreeMap<String, u32>,
    /// The syntax that the packets were read in.
    pub syntax: &'static str,
    /// Distance of neighbouring image packets, microseconds.
    pub spacing: Option<Spacing>,
    /// Frames by how they ended.
    pub frames: BTreeMap<&'static str, u32>,
    /// What is not as it should be, by the id of the field note: how often, since when, what.
    pub oddities: BTreeMap<&'static str, Oddity>,
}

/// How far apart neighbouring packets of one burst of image data came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spacing {
    /// Half came closer, microseconds.
    pub median: u64,
    /// One in twenty came farther apart, microseconds.
    pub p95: u64,
    /// The farthest, microseconds.
    pub max: u64,
}

/// Something that is not as it should be.
#[derive(Clone, Copy, Debug)]
pub struct Oddity {
    /// In words.
    pub text: &'static str,
    /// How often.
    pub count: u32,
    /// Since when.
    pub first: Timestamp,
}

impl Totals {
    /// Notes an oddity.
    pub(super) fn odd(&mut self, at: Timestamp, id: &'static str, text: &'static str) {
        self.oddities.entry(id).or_insert(Oddity { text, count: 0, first: at }).count += 1;
    }
}
