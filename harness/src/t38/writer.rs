//! Captures that any dissector reads: our datagrams, dated in the time of the call.

use etherparse::{IpHeaders, PacketBuilder, PacketBuilderStep};
use fax_core::Timestamp;
use pcap_file::pcapng::PcapNgWriter;
use pcap_file::pcapng::blocks::enhanced_packet::EnhancedPacketBlock;
use pcap_file::pcapng::blocks::interface_description::{
    InterfaceDescriptionBlock, InterfaceDescriptionOption,
};
use pcap_file::{DataLink, Endianness};
use std::borrow::Cow;
use std::io::{Error, Result, Write};
use std::net::SocketAddr;
use std::time::Duration;

/// Longest packet written, octets.
const SNAP: u32 = 65_535;

/// Packets live as long as anywhere.
const HOPS: u8 = 64;

/// Writes a pcapng file of bare IP packets. The call's beginning is midnight of 1 January 1970.
#[derive(Debug)]
pub struct CaptureWriter<W: Write> {
    out: W,
    scratch: Vec<u8>,
}

impl<W: Write> CaptureWriter<W> {
    /// Begins a file.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn new(mut out: W) -> Result<Self> {
        let mut interface = InterfaceDescriptionBlock::new(DataLink::RAW, SNAP);
        // The crate writes nanoseconds and does not say so by itself.
        interface.options.push(InterfaceDescriptionOption::IfTsResol(9));
        let mut head = PcapNgWriter::with_endianness(Vec::new(), Endianness::Little).map_err(Error::other)?;
        head.write_pcapng_block(interface).map_err(Error::other)?;
        out.write_all(&head.into_inner())?;
        Ok(Self { out, scratch: Vec::new() })
    }

    /// Writes a UDP datagram.
    ///
    /// # Errors
    /// Those of `out`; a payload that IP cannot carry; addresses of two families.
    pub fn datagram(
        &mut self,
        at: Timestamp,
        from: SocketAddr,
        to: SocketAddr,
        payload: &[u8],
    ) -> Result<()> {
        let packet = ip(from, to)?.udp(from.port(), to.port());
        self.scratch.clear();
        packet.write(&mut self.scratch, payload).map_err(Error::other)?;
        self.block(at)
    }

    /// Writes a TCP segment that begins with octet number `seq`.
    ///
    /// # Errors
    /// As [`datagram`](Self::datagram).
    pub fn segment(
        &mut self,
        at: Timestamp,
        from: SocketAddr,
        to: SocketAddr,
        seq: u32,
        payload: &[u8],
    ) -> Result<()> {
        let packet = ip(from, to)?.tcp(from.port(), to.port(), seq, u16::MAX).psh().ack(1);
        self.scratch.clear();
        packet.write(&mut self.scratch, payload).map_err(Error::other)?;
        self.block(at)
    }

    /// Gives back what was written to.
    pub fn into_inner(self) -> W {
        self.out
    }

    fn block(&mut self, at: Timestamp) -> Result<()> {
        let block = EnhancedPacketBlock {
            interface_id: 0,
            timestamp: Duration::from_micros(at.micros()),
            original_len: self.scratch.len() as u32,
            data: Cow::Borrowed(&self.scratch),
            options: Vec::new(),
        };
        let block = pcap_file::pcapng::Block::EnhancedPacket(block);
        block.write_to::<byteorder_slice::LittleEndian, _>(&mut self.out).map(drop)
    }
}

fn ip(from: SocketAddr, to: SocketAddr) -> Result<PacketBuilderStep<IpHeaders>> {
    match (from, to) {
        (SocketAddr::V4(from), SocketAddr::V4(to)) => {
            Ok(PacketBuilder::ipv4(from.ip().octets(), to.ip().octets(), HOPS))
        }
        (SocketAddr::V6(from), SocketAddr::V6(to)) => {
            Ok(PacketBuilder::ipv6(from.ip().octets(), to.ip().octets(), HOPS))
        }
        _ => Err(Error::other("one address is IPv4, the other IPv6")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::t38::capture::Capture;
    use crate::t38::network::{Carriage, Opened, Packet, open};

    #[test]
    fn what_is_written_is_read_again() {
        let mut out = CaptureWriter::new(Vec::new()).unwrap();
        let (a, b): (SocketAddr, SocketAddr) =
            ("192.0.2.1:4000".parse().unwrap(), "192.0.2.2:4002".parse().unwrap());
        let (c, d): (SocketAddr, SocketAddr) =
            ("[2001:db8::1]:5000".parse().unwrap(), "[2001:db8::2]:6000".parse().unwrap());
        out.datagram(Timestamp::from_micros(1), a, b, &[1, 2, 3]).unwrap();
        out.datagram(Timestamp::from_micros(2), c, d, &[4]).unwrap();
        out.segment(Timestamp::from_micros(5_000_000_000), b, a, 77, &[5, 6]).unwrap();
        assert!(out.datagram(Timestamp::ZERO, a, d, &[]).is_err());
        let file = out.into_inner();
        let capture = Capture::read(&file).unwrap();
        let read: Vec<_> = capture.packets.iter().map(|packet| (packet.at / 1000, open(packet))).collect();
        let packet = |from, to, carriage, payload| Opened::Packet(Packet { from, to, carriage, payload });
        let tcp = Carriage::Tcp { seq: 77, is_syn: false };
        assert_eq!(
            read,
            [
                (1, packet(a, b, Carriage::Udp, &[1, 2, 3])),
                (2, packet(c, d, Carriage::Udp, &[4])),
                (5_000_000_000, packet(b, a, tcp, &[5, 6])),
            ]
        );
        assert_eq!((capture.broken, capture.unread), (0, 0));
    }
}
