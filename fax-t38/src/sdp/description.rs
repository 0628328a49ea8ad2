//! A description as far as fax is concerned with it: who, where, and the m-lines in order.

use core::fmt;
use core::net::{IpAddr, Ipv4Addr};

use super::oddity::Oddities;
use super::parameters::T38Parameters;

/// What one end says of a call: RFC 8866, reduced to what an offer or answer about fax needs. Times, titles,
/// bandwidths and keys are not kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Description {
    /// Whose it is.
    pub origin: Origin,
    /// Where media goes that have no address of their own.
    pub host: Option<Host>,
    /// Attributes of the session that are neither T.38's nor a direction.
    pub attributes: Vec<Attribute>,
    /// The m-lines, in order. Their number never shrinks while a call lasts (RFC 3264 8).
    pub media: Vec<Media>,
    /// What had to be put right to read it.
    pub oddities: Oddities,
}

impl Description {
    /// Where media of that line go: its own address, or that of all.
    pub fn host_of<'a>(&'a self, media: &'a Media) -> Option<&'a Host> {
        media.host.as_ref().or(self.host.as_ref())
    }

    /// The lines that can carry fax and are not refused, in order, with their place among all.
    pub fn fax_lines(&self) -> impl Iterator<Item = (usize, &Media, &Fax)> {
        let live = self.media.iter().enumerate().filter(|(_, media)| media.port != 0);
        live.filter_map(|(slot, media)| Some((slot, media, media.fax.as_ref()?)))
    }

    /// Whether any line that is not refused carries speech.
    pub fn has_audio(&self) -> bool {
        self.media.iter().any(|media| media.port != 0 && media.is_audio())
    }

    /// Whether media are to rest on that line: `a=inactive`, or the older 0.0.0.0.
    pub fn is_held(&self, media: &Media) -> bool {
        media.direction == Direction::Inactive
            || matches!(self.host_of(media), Some(Host::Ip(ip)) if ip.is_unspecified())
    }
}

/// Whether `a` and `b` describe the same media: what is compared is what they say, not the version on their
/// o= line, which not everybody counts (SDP-16). What comes anew with equal content is a refresh (SIP-8).
pub fn same_session(a: &Description, b: &Description) -> bool {
    let same = |(one, other): (&Media, &Media)| {
        let alike = one.port == other.port && one.kind == other.kind && one.direction == other.direction;
        let content = match (&one.fax, &other.fax) {
            (Some(one), Some(other)) => one == other,
            (None, None) => one.formats == other.formats && one.attributes == other.attributes,
            _ => false,
        };
        let refused = one.port == 0 && other.port == 0 && one.kind == other.kind;
        refused || alike && content && a.host_of(one) == b.host_of(other)
    };
    a.media.len() == b.media.len() && a.media.iter().zip(&b.media).all(same)
}

/// One m-line with what belongs to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Media {
    /// Its media type.
    pub kind: Kind,
    /// Its port, 0 if it is refused or removed.
    pub port: u16,
    /// Its protocol as it was written, such as `udptl` or `RTP/AVP`.
    pub protocol: String,
    /// Its formats as they were written, such as `t38` or `0 8 101`.
    pub formats: String,
    /// Its own address.
    pub host: Option<Host>,
    /// Which way it goes. A fax always goes both ways unless it rests.
    pub direction: Direction,
    /// What it says of T.38, if it can carry that.
    pub fax: Option<Fax>,
    /// All its other attributes, in order.
    pub attributes: Vec<Attribute>,
}

impl Media {
    /// An m-line for fax and nothing else: `m=image PORT udptl t38` and its siblings.
    /// `Transport::Rtp` makes it `m=audio PORT RTP/AVP ...` without any codec.
    pub fn fax(port: u16, transport: Transport, parameters: T38Parameters) -> Self {
        let (kind, protocol, formats) = match transport {
            Transport::Udptl => (Kind::Image, "udptl", "t38".to_owned()),
            Transport::Tcp => (Kind::Image, "tcp", "t38".to_owned()),
            Transport::Dtls => (Kind::Image, "UDP/TLS/UDPTL", "t38".to_owned()),
            Transport::Rtp(rtp) => (Kind::Audio, "RTP/AVP", rtp.formats()),
        };
        Self {
            kind,
            port,
            protocol: protocol.to_owned(),
            formats,
            host: None,
            direction: Direction::Both,
            fax: Some(Fax { transport, parameters }),
            attributes: Vec::new(),
        }
    }

    /// An m-line for speech, `m=audio PORT RTP/AVP FORMATS`.
    pub fn audio(port: u16, formats: &str) -> Self {
        Self {
            kind: Kind::Audio,
            port,
            protocol: "RTP/AVP".to_owned(),
            formats: formats.to_owned(),
            host: None,
            direction: Direction::Both,
            fax: None,
            attributes: Vec::new(),
        }
    }

    /// The same line refused: its port is 0, and nothing is left that would mean something.
    #[must_use]
    pub fn refused(&self) -> Self {
        Self {
            kind: self.kind.clone(),
            port: 0,
            protocol: self.protocol.clone(),
            formats: self.formats.clone(),
            host: None,
            direction: Direction::Both,
            fax: None,
            attributes: Vec::new(),
        }
    }

    /// Whether it carries speech: an audio line with another format than T.38's.
    pub fn is_audio(&self) -> bool {
        self.kind == Kind::Audio
            && match self.fax.map(|fax| fax.transport) {
                None => true,
                Some(Transport::Rtp(rtp)) => self.formats.split(' ').any(|format| !rtp.has(format)),
                Some(_) => false,
            }
    }
}

/// A media type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `audio`.
    Audio,
    /// `image`.
    Image,
    /// Another; in lower case.
    Other(String),
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Audio => "audio",
            Self::Image => "image",
            Self::Other(other) => other,
        })
    }
}

/// T.38 on a line: what carries it, and what is said about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fax {
    /// What carries it.
    pub transport: Transport,
    /// What is said about it.
    pub parameters: T38Parameters,
}

/// What carries IFP packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// UDPTL over UDP.
    Udptl,
    /// TPKT over TCP (T.38, RFC 1006).
    Tcp,
    /// UDPTL over DTLS (RFC 7345).
    Dtls,
    /// A payload type of an RTP stream (RFC 4612).
    Rtp(RtpFax),
}

impl Transport {
    /// Which it is, without its numbers.
    pub const fn carrier(self) -> Carrier {
        match self {
            Self::Udptl => Carrier::Udptl,
            Self::Tcp => Carrier::Tcp,
            Self::Dtls => Carrier::Dtls,
            Self::Rtp(RtpFax { framing: RtpFraming::Ifp, .. }) => Carrier::Rtp,
            Self::Rtp(RtpFax { framing: RtpFraming::Udptl, .. }) => Carrier::RtpUdptl,
        }
    }
}

/// A [`Transport`] without its numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Carrier {
    /// UDPTL over UDP.
    Udptl,
    /// TPKT over TCP.
    Tcp,
    /// UDPTL over DTLS.
    Dtls,
    /// IFP in RTP.
    Rtp,
    /// UDPTL in RTP, as one maker has it (SDP-15).
    RtpUdptl,
}

impl Carrier {
    /// Whether it is a payload type of an audio line.
    pub const fn is_rtp(self) -> bool {
        matches!(self, Self::Rtp | Self::RtpUdptl)
    }
}

/// T.38 as a payload type of RTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RtpFax {
    /// Its payload type.
    pub payload_type: u8,
    /// Ticks a second of its timestamps, 8000 as a rule.
    pub clock: u32,
    /// What is inside a packet.
    pub framing: RtpFraming,
    /// RFC 2198 around it.
    pub redundancy: Option<RtpRedundancy>,
}

impl RtpFax {
    /// What our offers say: two dynamic payload types that `audio` does not use, and two older blocks.
    pub(super) fn beside(audio: Option<&Media>, framing: RtpFraming) -> Self {
        let taken = |free: &u8| {
            audio.is_some_and(|audio| audio.formats.split(' ').any(|format| format.parse() == Ok(*free)))
        };
        let mut free = (98..128).chain(96..98).filter(|payload_type| !taken(payload_type));
        let payload_type = free.next().unwrap_or(98);
        let redundancy = free.next().map(|payload_type| RtpRedundancy { payload_type, depth: 2 });
        Self { payload_type, clock: 8000, framing, redundancy }
    }

    /// Its payload types as on an m-line.
    pub(super) fn formats(&self) -> String {
        match self.redundancy {
            Some(red) => format!("{} {}", self.payload_type, red.payload_type),
            None => self.payload_type.to_string(),
        }
    }

    /// Whether that format of an m-line is one of its payload types.
    pub(super) fn has(&self, format: &str) -> bool {
        let format = format.parse().ok();
        format == Some(self.payload_type)
            || format.is_some() && format == self.redundancy.map(|red| red.payload_type)
    }
}

/// What is inside an RTP packet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RtpFraming {
    /// One IFP: RFC 4612.
    #[default]
    Ifp,
    /// A UDPTL datagram: `AcUdptl` of one maker (SDP-15).
    Udptl,
}

/// RFC 2198 redundancy around one payload type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RtpRedundancy {
    /// Its payload type.
    pub payload_type: u8,
    /// How many older blocks a packet may carry.
    pub depth: u8,
}

/// Which way media go, as the writer of the description sees it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Direction {
    /// `sendrecv`, which is also what nothing means.
    #[default]
    Both,
    /// `sendonly`.
    Send,
    /// `recvonly`.
    Receive,
    /// `inactive`.
    Inactive,
}

/// A host: an address, or a name that somebody else must resolve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Host {
    /// Version 4 or 6 (SDP-19).
    Ip(IpAddr),
    /// A domain name.
    Name(String),
}

/// An attribute that is not T.38's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// What stands before the colon.
    pub name: String,
    /// What stands behind it, if there is one.
    pub value: Option<String>,
}

/// The o= line.
#[derive(Clone, PartialEq, Eq)]
pub struct Origin {
    /// The user's name, `-` for none. It may be a telephone number and is not shown by `Debug`.
    pub user: String,
    /// What makes it unique.
    pub id: String,
    /// What should be counted up with each change (SDP-16).
    pub version: u64,
    /// Where it was made.
    pub host: Host,
}

impl Origin {
    /// A first description, of nobody named.
    pub fn new(id: u64, host: IpAddr) -> Self {
        Self { id: id.to_string(), version: 1, host: Host::Ip(host), ..Self::default() }
    }

    /// The next description of the same end.
    #[must_use]
    pub fn next(&self) -> Self {
        Self { version: self.version.wrapping_add(1), ..self.clone() }
    }
}

/// What is read where there is no o= line.
impl Default for Origin {
    fn default() -> Self {
        Self {
            user: "-".to_owned(),
            id: "0".to_owned(),
            version: 0,
            host: Host::Ip(Ipv4Addr::UNSPECIFIED.into()),
        }
    }
}

impl fmt::Debug for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Origin")
            .field("user", &format_args!("…"))
            .field("id", &self.id)
            .field("version", &self.version)
            .field("host", &self.host)
            .finish()
    }
}
