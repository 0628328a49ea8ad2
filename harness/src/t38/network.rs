//! UDP datagrams and TCP segments out of captured packets.
//!
//! From: RFC 791, 8200, 768, 9293; the link types of tcpdump.org. `etherparse` reads the headers.
//! Not here: checksums, which captures of a sender's own packets do not have; putting fragments together.

use super::capture::Captured;
use etherparse::{EtherType, LaxNetSlice, LaxSlicedPacket, TransportSlice};
use pcap_file::DataLink;
use std::net::{IpAddr, SocketAddr};

/// A datagram or a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packet<'a> {
    /// Who sent it.
    pub from: SocketAddr,
    /// To whom.
    pub to: SocketAddr,
    /// How.
    pub carriage: Carriage,
    /// What.
    pub payload: &'a [u8],
}

/// The transport protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carriage {
    /// UDP.
    Udp,
    /// TCP.
    Tcp {
        /// Number of the first octet.
        seq: u32,
        /// A connection begins; the first octet's number is one more.
        is_syn: bool,
    },
}

/// What a captured packet is for us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opened<'a> {
    /// Of use.
    Packet(Packet<'a>),
    /// A part of an IP packet that was sent in several (UTL-17).
    Fragment,
    /// The capture has not kept all of it.
    Cut,
    /// ARP, ICMP and the like.
    Other,
    /// Its headers contradict themselves.
    Broken,
    /// A link type that is not known here.
    UnknownLink(u32),
}

/// Strips the headers of a captured packet.
pub fn open<'a>(captured: &Captured<'a>) -> Opened<'a> {
    let octets = captured.octets;
    let ether = |at: usize, header: usize| {
        let kind = u16::from_be_bytes(*octets.get(at..)?.first_chunk()?);
        Some(LaxSlicedPacket::from_ether_type(EtherType(kind), octets.get(header..)?))
    };
    let ip = |header: usize| LaxSlicedPacket::from_ip(octets.get(header..)?).ok();
    let sliced = match captured.link {
        DataLink::ETHERNET => LaxSlicedPacket::from_ethernet(octets).ok(),
        DataLink::LINUX_SLL => ether(14, 16),
        DataLink::LINUX_SLL2 => ether(0, 20),
        // The address family before it is written in the order of whoever captured; IP says its version itself.
        DataLink::NULL | DataLink::LOOP => ip(4),
        // 12 and 14 are raw IP too, by the numbers of some systems.
        DataLink::RAW | DataLink::IPV4 | DataLink::IPV6 | DataLink::Unknown(12 | 14) => ip(0),
        other => return Opened::UnknownLink(other.into()),
    };
    sliced.as_ref().map_or(Opened::Broken, |sliced| transport(sliced, captured.is_cut))
}

fn transport<'a>(sliced: &LaxSlicedPacket<'a>, is_cut: bool) -> Opened<'a> {
    let (from, to): (IpAddr, IpAddr) = match &sliced.net {
        Some(LaxNetSlice::Ipv4(ip)) => {
            (ip.header().source_addr().into(), ip.header().destination_addr().into())
        }
        Some(LaxNetSlice::Ipv6(ip)) => {
            (ip.header().source_addr().into(), ip.header().destination_addr().into())
        }
        Some(LaxNetSlice::Arp(_)) => return Opened::Other,
        None if sliced.stop_err.is_some() => return Opened::Broken,
        None => return Opened::Other,
    };
    let payload = sliced.net.as_ref().and_then(LaxNetSlice::ip_payload_ref);
    if payload.is_some_and(|payload| payload.fragmented) {
        return Opened::Fragment;
    }
    let is_short = payload.is_some_and(|payload| payload.incomplete);
    let packet = |source, destination, carriage, payload| Packet {
        from: SocketAddr::new(from, source),
        to: SocketAddr::new(to, destination),
        carriage,
        payload,
    };
    match &sliced.transport {
        Some(_) if is_cut || is_short => Opened::Cut,
        Some(TransportSlice::Udp(udp)) if usize::from(udp.length()) > udp.slice().len() => Opened::Broken,
        Some(TransportSlice::Udp(udp)) => {
            Opened::Packet(packet(udp.source_port(), udp.destination_port(), Carriage::Udp, udp.payload()))
        }
        Some(TransportSlice::Tcp(tcp)) => {
            let carriage = Carriage::Tcp { seq: tcp.sequence_number(), is_syn: tcp.syn() };
            Opened::Packet(packet(tcp.source_port(), tcp.destination_port(), carriage, tcp.payload()))
        }
        None if sliced.stop_err.is_some() => Opened::Broken,
        _ => Opened::Other,
    }
}
