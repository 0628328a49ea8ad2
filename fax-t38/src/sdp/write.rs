//! From what is said about fax to lines, in the one spelling that all understand.

use core::fmt;
use core::net::IpAddr;

use sdp_types::{AddrType, NetType};

use super::attributes::{written, written_as_fmtp};
use super::description::{
    Attribute, Description, Direction, Fax, Host, Media, Origin, RtpFax, RtpFraming, Transport,
};

/// The description as it goes into a message body, lines ended by CRLF.
impl fmt::Display for Description {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut session = sdp_types::Session::new(origin(&self.origin), "-");
        session.connection = self.host.as_ref().map(connection);
        session.attributes = self.attributes.iter().map(attribute).collect();
        session.medias = self.media.iter().map(media).collect();
        session.fmt(f)
    }
}

fn media(media: &Media) -> sdp_types::Media {
    let mut attributes = Vec::new();
    match &media.fax {
        Some(Fax { transport: Transport::Rtp(rtp), parameters }) => {
            attributes.extend(media.attributes.iter().map(attribute));
            payload_types(rtp, written_as_fmtp(parameters), &mut attributes);
        }
        Some(Fax { parameters, .. }) => {
            let own = written(parameters).into_iter();
            attributes
                .extend(own.map(|(name, value)| sdp_types::Attribute { attribute: name.to_owned(), value }));
            attributes.extend(media.attributes.iter().map(attribute));
        }
        None => attributes.extend(media.attributes.iter().map(attribute)),
    }
    if let Some(name) = media.direction.written() {
        attributes.push(sdp_types::Attribute::new(name));
    }
    sdp_types::Media {
        media: media.kind.to_string(),
        port: media.port,
        num_ports: None,
        proto: media.protocol.clone(),
        fmt: media.formats.clone(),
        media_title: None,
        connections: media.host.iter().map(connection).collect(),
        bandwidths: Vec::new(),
        key: None,
        attributes,
    }
}

/// RFC 4612 5, RFC 2198 5.
fn payload_types(rtp: &RtpFax, mut fmtp: String, attributes: &mut Vec<sdp_types::Attribute>) {
    if rtp.framing == RtpFraming::Udptl {
        fmtp.push_str(";AcUdptl");
    }
    let mut say = |name: &str, value: String| attributes.push(sdp_types::Attribute::with_value(name, value));
    say("rtpmap", format!("{} t38/{}", rtp.payload_type, rtp.clock));
    say("fmtp", format!("{} {fmtp}", rtp.payload_type));
    if let Some(red) = rtp.redundancy {
        let blocks = vec![rtp.payload_type.to_string(); usize::from(red.depth) + 1].join("/");
        say("rtpmap", format!("{} red/{}", red.payload_type, rtp.clock));
        say("fmtp", format!("{} {blocks}", red.payload_type));
    }
}

impl Direction {
    /// Nothing is said where nothing need be: both ways.
    fn written(self) -> Option<&'static str> {
        match self {
            Self::Both => None,
            Self::Send => Some("sendonly"),
            Self::Receive => Some("recvonly"),
            Self::Inactive => Some("inactive"),
        }
    }
}

fn attribute(attribute: &Attribute) -> sdp_types::Attribute {
    sdp_types::Attribute { attribute: attribute.name.clone(), value: attribute.value.clone() }
}

fn connection(host: &Host) -> sdp_types::Connection {
    sdp_types::Connection {
        nettype: NetType::In,
        addrtype: host.family(),
        connection_address: host.to_string(),
    }
}

fn origin(origin: &Origin) -> sdp_types::Origin {
    sdp_types::Origin {
        username: Some(origin.user.clone()),
        sess_id: origin.id.clone(),
        sess_version: origin.version,
        nettype: NetType::In,
        addrtype: origin.host.family(),
        unicast_address: origin.host.to_string(),
    }
}

impl Host {
    fn family(&self) -> AddrType {
        match self {
            Self::Ip(IpAddr::V6(_)) => AddrType::Ip6,
            Self::Ip(IpAddr::V4(_)) | Self::Name(_) => AddrType::Ip4,
        }
    }
}

/// Without brackets, as SDP wants it (SDP-19).
impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ip(ip) => ip.fmt(f),
            Self::Name(name) => f.write_str(name),
        }
    }
}
