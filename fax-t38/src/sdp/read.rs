//! From a parsed description to what it says about fax.

use core::net::IpAddr;

use sdp_types::AddrType;

use super::attributes::{Reader, Taken, decimal};
use super::description::{
    Attribute, Carrier, Description, Direction, Fax, Host, Kind, Media, Origin, RtpFax, RtpFraming,
    RtpRedundancy, Transport,
};
use super::oddity::{Oddities, Oddity};
use super::parameters::{Corrections, T38Parameters};

/// Reads all of it. What is odd is put right and noted.
pub(super) fn read(session: sdp_types::Session, mut odd: Oddities) -> Description {
    let mut defaults = Reader::new(T38Parameters::BARE);
    let mut direction = Direction::Both;
    let mut attributes = Vec::new();
    for attribute in session.attributes {
        match defaults.take(&attribute.attribute, attribute.value.as_deref(), &mut odd) {
            Taken::Known => continue,
            Taken::Unknown => {}
            Taken::Foreign => {
                if let Some(said) = read_direction(&attribute) {
                    direction = said;
                    continue;
                }
            }
        }
        attributes.push(kept(attribute));
    }
    if defaults.is_touched() {
        odd.note(Oddity::SessionLevel);
    }
    let section = |media| read_media(media, defaults.parameters, direction, &mut odd);
    let media = session.medias.into_iter().map(section).collect();
    let host = session.connection.and_then(|connection| connected(&connection, &mut odd));
    let origin = Origin {
        user: session.origin.username.unwrap_or_else(|| "-".to_owned()),
        id: session.origin.sess_id,
        version: session.origin.sess_version,
        host: Host::read(&session.origin.unicast_address).unwrap_or(Origin::default().host),
    };
    Description { origin, host, attributes, media, oddities: odd }
}

fn read_media(
    media: sdp_types::Media,
    defaults: T38Parameters,
    direction: Direction,
    odd: &mut Oddities,
) -> Media {
    let kind = Kind::read(&media.media);
    let carrier = carrier(&kind, &media.proto, &media.fmt, odd);
    let mut out = Media {
        port: media.port,
        host: media.connections.first().and_then(|connection| connected(connection, odd)),
        direction,
        fax: None,
        attributes: Vec::new(),
        protocol: media.proto,
        formats: media.fmt,
        kind,
    };
    let mut reader = Reader::new(defaults);
    for attribute in media.attributes {
        match reader.take(&attribute.attribute, attribute.value.as_deref(), odd) {
            // On an RTP line they belong into fmtp; who puts them here as well means the same.
            Taken::Known => continue,
            Taken::Foreign if is_leftover(carrier, &attribute.attribute) => {
                odd.note(Oddity::AudioLeftover);
                continue;
            }
            Taken::Foreign => {
                if let Some(said) = read_direction(&attribute) {
                    out.direction = said;
                    continue;
                }
            }
            Taken::Unknown => {}
        }
        out.attributes.push(kept(attribute));
    }
    match carrier {
        // A refused line says nothing, unless it lists what could be had (SIP-18).
        _ if out.port == 0 && !reader.is_touched() => {}
        Some(Carrier::Rtp) => out.fax = rtp_fax(&mut out, reader, odd),
        Some(carrier) => {
            let transport = match carrier {
                Carrier::Tcp => Transport::Tcp,
                Carrier::Dtls => Transport::Dtls,
                Carrier::Udptl | Carrier::Rtp | Carrier::RtpUdptl => Transport::Udptl,
            };
            out.fax = Some(Fax { transport, parameters: reader.parameters });
        }
        None => {}
    }
    if out.fax.is_some() && matches!(out.direction, Direction::Send | Direction::Receive) {
        odd.note(Oddity::Direction);
    }
    out
}

/// What may carry T.38 on that m-line (SDP-11, SDP-15, SDP-23).
fn carrier(kind: &Kind, protocol: &str, formats: &str, odd: &mut Oddities) -> Option<Carrier> {
    let is_t38 = formats.split(' ').any(|format| format.eq_ignore_ascii_case("t38"));
    let over_rtp = protocol.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("rtp/"));
    let carrier = match protocol.to_ascii_lowercase().as_str() {
        "udptl" => Carrier::Udptl,
        "tcp" => Carrier::Tcp,
        "udp/tls/udptl" => Carrier::Dtls,
        "rtp/avp" | "rtp/avpf" if *kind == Kind::Audio => return Some(Carrier::Rtp),
        _ => {
            if over_rtp && is_t38 && *kind == Kind::Image {
                odd.note(Oddity::ImageOverRtp);
            }
            return None;
        }
    };
    match kind {
        _ if !is_t38 => None,
        Kind::Image => Some(carrier),
        Kind::Other(other) if other != "application" => None,
        Kind::Audio | Kind::Other(_) => {
            odd.note(Oddity::MediaType);
            Some(carrier)
        }
    }
}

/// What belongs to audio and is left on image lines by those who rewrite descriptions (SDP-14).
fn is_leftover(carrier: Option<Carrier>, name: &str) -> bool {
    const AUDIO: &[&str] =
        &["ptime", "maxptime", "rtcp", "rtcp-mux", "rtpmap", "fmtp", "silenceSupp", "direction", "crypto"];
    matches!(carrier, Some(Carrier::Udptl | Carrier::Tcp | Carrier::Dtls))
        && AUDIO.iter().any(|audio| audio.eq_ignore_ascii_case(name.trim()))
}

/// Finds `t38` among the payload types, and RFC 2198 around it; takes their attributes off the line.
fn rtp_fax(media: &mut Media, mut reader: Reader, odd: &mut Oddities) -> Option<Fax> {
    let types: Vec<u8> = media.formats.split(' ').filter_map(|format| format.parse().ok()).collect();
    let maps = || media.attributes.iter().filter_map(|attribute| about(attribute, "rtpmap"));
    // Tables of what each payload type is, then a choice: one walk over each kind of line, however many there are.
    let (mut clocks, mut red) = ([None; 256], [false; 256]);
    for (of, encoding) in maps() {
        let of = usize::from(of);
        if let (Some(clock), Some(red)) = (clocks.get_mut(of), red.get_mut(of)) {
            *clock = clock.or_else(|| encoding_clock(encoding, "t38", odd));
            *red |= encoding_clock(encoding, "red", odd).is_some();
        }
    }
    // Of several the m-line's order tells which: that of the attributes means nothing.
    let (payload_type, clock) = types.iter().find_map(|of| Some((*of, (*clocks.get(usize::from(*of))?)?)))?;
    let fmtps = || media.attributes.iter().filter_map(|attribute| about(attribute, "fmtp"));
    let redundancy = fmtps().find_map(|(of, blocks)| {
        let is_red = red.get(usize::from(of)) == Some(&true) && of != payload_type && types.contains(&of);
        let around = is_red && blocks.split('/').all(|block| block.trim().parse() == Ok(payload_type));
        let depth = u8::try_from(blocks.split('/').count().saturating_sub(1)).unwrap_or(u8::MAX);
        around.then_some(RtpRedundancy { payload_type: of, depth })
    });
    let mut framing = RtpFraming::Ifp;
    let of_fax = fmtps().filter(|&(of, _)| of == payload_type);
    for parameter in of_fax.flat_map(|(_, value)| value.split(';')) {
        let (name, value) = match parameter.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (parameter, None),
        };
        if name.trim().eq_ignore_ascii_case("AcUdptl") {
            framing = RtpFraming::Udptl;
        } else {
            reader.take(name, value, odd);
        }
    }
    let rtp = RtpFax { payload_type, clock, framing, redundancy };
    media.attributes.retain(|attribute| {
        let of = about(attribute, "rtpmap").or_else(|| about(attribute, "fmtp")).map(|(of, _)| of);
        !of.is_some_and(|of| rtp.has(&of.to_string()))
    });
    // What corrects losses there is RFC 2198.
    let parameters = T38Parameters { corrections: Corrections::Unsaid, ..reader.parameters };
    Some(Fax { transport: Transport::Rtp(rtp), parameters })
}

/// Payload type and the rest of `rtpmap` or `fmtp`.
fn about<'a>(attribute: &'a Attribute, name: &str) -> Option<(u8, &'a str)> {
    let value = attribute.value.as_deref().filter(|_| attribute.name.eq_ignore_ascii_case(name))?;
    let (of, rest) = value.trim().split_once(' ')?;
    Some((of.parse().ok()?, rest.trim()))
}

/// The clock rate of `NAME/CLOCK`.
fn encoding_clock(encoding: &str, name: &str, odd: &mut Oddities) -> Option<u32> {
    let mut parts = encoding.split('/');
    parts.next().filter(|encoding| encoding.trim().eq_ignore_ascii_case(name))?;
    decimal(parts.next().unwrap_or("8000"), odd).filter(|&clock| clock > 0)
}

fn read_direction(attribute: &sdp_types::Attribute) -> Option<Direction> {
    Some(match attribute.attribute.trim().to_ascii_lowercase().as_str() {
        "sendrecv" => Direction::Both,
        "sendonly" => Direction::Send,
        "recvonly" => Direction::Receive,
        "inactive" => Direction::Inactive,
        _ => return None,
    })
}

fn kept(attribute: sdp_types::Attribute) -> Attribute {
    Attribute { name: attribute.attribute, value: attribute.value }
}

impl Kind {
    fn read(text: &str) -> Self {
        match text.to_ascii_lowercase().as_str() {
            "audio" => Self::Audio,
            "image" => Self::Image,
            other => Self::Other(other.to_owned()),
        }
    }
}

fn connected(connection: &sdp_types::Connection, odd: &mut Oddities) -> Option<Host> {
    let host = Host::read(&connection.connection_address);
    let fits = match &host {
        Some(Host::Ip(IpAddr::V4(_))) => connection.addrtype == AddrType::Ip4,
        Some(Host::Ip(IpAddr::V6(_))) => connection.addrtype == AddrType::Ip6,
        Some(Host::Name(_)) => true,
        None => false,
    };
    if !fits {
        odd.note(Oddity::Address);
    }
    host
}

impl Host {
    /// Takes an address with or without brackets, zone or TTL (SDP-19), or a name.
    pub fn read(text: &str) -> Option<Self> {
        let text = text.trim().trim_start_matches('[');
        let text = text.split(['/', ']', '%']).next().unwrap_or_default();
        if let Ok(ip) = text.parse() {
            return Some(Self::Ip(ip));
        }
        let is_name = !text.is_empty()
            && text.len() <= 255
            && text.bytes().all(|octet| octet.is_ascii_alphanumeric() || b".-_".contains(&octet));
        is_name.then(|| Self::Name(text.to_owned()))
    }
}
