//! The two UDP sockets of a leg: RTP and UDPTL, each on an even port.
//!
//! From: RFC 3550 11 (even ports); NAT-8 (the address media are bound to is its own setting).
//! Always: an ICMP error is no end: a peer whose port is closed for a moment does not end a call.
//! Not here: what a datagram says and who may send it (`fax_call::media`).

use core::net::{IpAddr, SocketAddr};
use core::sync::atomic::{AtomicU16, Ordering};
use core::task::Poll;
use socket2::{Domain, Protocol, Type};
use std::io;
use std::sync::Arc;
use tokio::io::ReadBuf;
use tokio::net::UdpSocket;

/// Which of a leg's sockets: the one of `fax_call::media` with the same names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Socket {
    /// RTP.
    Rtp,
    /// UDPTL.
    Udptl,
}

/// The ports that media may use, even ones only; shared by all calls, taken in turn so that a port rests before it is used again.
#[derive(Clone, Debug)]
pub struct PortRange {
    first: u16,
    count: u16,
    next: Arc<AtomicU16>,
}

impl PortRange {
    /// The even ports from `first` to `last`, both included; `None` if there are not two of them.
    pub fn new(first: u16, last: u16) -> Option<Self> {
        let first = first.checked_next_multiple_of(2)?;
        let count = last.checked_sub(first)? / 2 + 1;
        (first > 0 && count >= 2).then(|| Self { first, count, next: Arc::default() })
    }

    /// How many calls' legs it holds: each takes two ports.
    pub const fn legs(&self) -> u16 {
        self.count / 2
    }

    fn take(&self) -> u16 {
        self.first + self.next.fetch_add(1, Ordering::Relaxed) % self.count * 2
    }
}

/// How the sockets mark and buffer what passes.
#[derive(Clone, Copy, Debug)]
pub struct Marking {
    /// The type-of-service octet (IPv4) or traffic class (IPv6): 0xB8 is expedited forwarding.
    pub tos: u8,
    /// Receive buffer in octets; a page in a burst is some 100 kB.
    pub buffer: usize,
}

impl Default for Marking {
    fn default() -> Self {
        Self { tos: 0xB8, buffer: 256 * 1024 }
    }
}

/// One leg's sockets.
#[derive(Debug)]
pub struct MediaSockets {
    rtp: UdpSocket,
    udptl: UdpSocket,
    rtp_port: u16,
    udptl_port: u16,
}

impl MediaSockets {
    /// Binds two free ports of `range` on `address`. Must run inside a tokio runtime.
    ///
    /// # Errors
    /// `AddrInUse` when the range is used up; what the system says otherwise.
    pub fn bind(address: IpAddr, range: &PortRange, marking: Marking) -> io::Result<Self> {
        let (rtp, rtp_port) = Self::bind_one(address, range, marking)?;
        let (udptl, udptl_port) = Self::bind_one(address, range, marking)?;
        Ok(Self { rtp, udptl, rtp_port, udptl_port })
    }

    /// The port of RTP, for the offer.
    pub const fn rtp_port(&self) -> u16 {
        self.rtp_port
    }

    /// The port of UDPTL, for the offer.
    pub const fn udptl_port(&self) -> u16 {
        self.udptl_port
    }

    /// Waits for a datagram on either socket. What does not fit into `buffer` is cut off. Dropping the future loses nothing.
    pub async fn receive(&self, buffer: &mut [u8]) -> (Socket, SocketAddr, usize) {
        // The sockets take turns at going first, so that a flood on one does not silence the other.
        let mut flip = false;
        core::future::poll_fn(|cx| {
            flip = !flip;
            let order = if flip { [Socket::Udptl, Socket::Rtp] } else { [Socket::Rtp, Socket::Udptl] };
            for which in order {
                // An error here is an ICMP answer to something sent before; the next try goes on past it.
                for _ in 0..MAX_ERRORS {
                    let mut read = ReadBuf::new(buffer);
                    match self.socket(which).poll_recv_from(cx, &mut read) {
                        Poll::Ready(Ok(from)) => return Poll::Ready((which, from, read.filled().len())),
                        Poll::Ready(Err(_)) => {}
                        Poll::Pending => break,
                    }
                }
            }
            Poll::Pending
        })
        .await
    }

    /// Takes a datagram that has already come, if there is one.
    pub fn try_receive(&self, buffer: &mut [u8]) -> Option<(Socket, SocketAddr, usize)> {
        [Socket::Udptl, Socket::Rtp].into_iter().find_map(|which| {
            self.socket(which).try_recv_from(buffer).ok().map(|(length, from)| (which, from, length))
        })
    }

    /// Sends `datagram`, without waiting: a full socket or an unreachable peer loses it, as a network does. Says whether it went.
    pub fn send(&self, which: Socket, to: SocketAddr, datagram: &[u8]) -> bool {
        self.socket(which).try_send_to(datagram, to).is_ok()
    }

    const fn socket(&self, which: Socket) -> &UdpSocket {
        match which {
            Socket::Rtp => &self.rtp,
            Socket::Udptl => &self.udptl,
        }
    }

    fn bind_one(address: IpAddr, range: &PortRange, marking: Marking) -> io::Result<(UdpSocket, u16)> {
        for _ in 0..range.count {
            let port = range.take();
            match open(SocketAddr::new(address, port), marking) {
                Ok(socket) => return Ok((socket, port)),
                Err(trouble) if trouble.kind() == io::ErrorKind::AddrInUse => {}
                Err(trouble) => return Err(trouble),
            }
        }
        Err(io::ErrorKind::AddrInUse.into())
    }
}

const MAX_ERRORS: usize = 8;

/// A bound, non-blocking UDP socket.
pub(crate) fn open(address: SocketAddr, marking: Marking) -> io::Result<UdpSocket> {
    let domain = Domain::for_address(address);
    let socket = socket2::Socket::new(domain, Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_nonblocking(true)?;
    // Both are wishes: a system that caps the buffer or forbids the mark still carries calls.
    let _ = socket.set_recv_buffer_size(marking.buffer);
    let _ = match domain {
        Domain::IPV6 => socket.set_tclass_v6(marking.tos.into()),
        _ => socket.set_tos_v4(marking.tos.into()),
    };
    socket.bind(&address.into())?;
    UdpSocket::from_std(socket.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::net::{Ipv4Addr, Ipv6Addr};

    /// A range of its own for each test: a socket on port 0 says where ports are free.
    fn range(size: u16) -> PortRange {
        let probe = std::net::UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let first = probe.local_addr().unwrap().port().min(60_000);
        PortRange::new(first, first + size).unwrap()
    }

    #[tokio::test]
    async fn both_sockets_have_even_ports_and_say_which_of_them_heard() {
        let sockets = MediaSockets::bind(Ipv4Addr::LOCALHOST.into(), &range(64), Marking::default()).unwrap();
        assert_eq!((sockets.rtp_port() % 2, sockets.udptl_port() % 2), (0, 0));
        let peer = std::net::UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let mut buffer = [0; 64];
        peer.send_to(b"audio", (Ipv4Addr::LOCALHOST, sockets.rtp_port())).unwrap();
        assert_eq!(sockets.receive(&mut buffer).await, (Socket::Rtp, peer.local_addr().unwrap(), 5));
        peer.send_to(b"fax", (Ipv4Addr::LOCALHOST, sockets.udptl_port())).unwrap();
        assert_eq!(sockets.receive(&mut buffer).await, (Socket::Udptl, peer.local_addr().unwrap(), 3));
    }

    #[tokio::test]
    async fn a_peer_that_is_gone_for_a_moment_ends_nothing() {
        let sockets = MediaSockets::bind(Ipv4Addr::LOCALHOST.into(), &range(64), Marking::default()).unwrap();
        let gone = {
            let peer = std::net::UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
            peer.local_addr().unwrap()
        };
        sockets.send(Socket::Rtp, gone, b"nobody hears this");
        sockets.send(Socket::Rtp, gone, b"nor this");
        let back = std::net::UdpSocket::bind(gone).unwrap();
        back.send_to(b"here", (Ipv4Addr::LOCALHOST, sockets.rtp_port())).unwrap();
        assert_eq!(sockets.receive(&mut [0; 64]).await, (Socket::Rtp, gone, 4));
    }

    #[tokio::test]
    async fn a_range_that_is_used_up_says_so_and_recovers() {
        let range = PortRange::new(range(64).first, range(64).first + 2).unwrap();
        let local = IpAddr::from(Ipv4Addr::LOCALHOST);
        let Ok(held) = MediaSockets::bind(local, &range, Marking::default()) else { return }; // another test's port
        assert_eq!(
            MediaSockets::bind(local, &range, Marking::default()).unwrap_err().kind(),
            io::ErrorKind::AddrInUse
        );
        drop(held);
        assert!(MediaSockets::bind(local, &range, Marking::default()).is_ok());
    }

    #[tokio::test]
    async fn media_go_over_ipv6() {
        let Ok(sockets) = MediaSockets::bind(Ipv6Addr::LOCALHOST.into(), &range(64), Marking::default())
        else {
            return;
        };
        let peer = std::net::UdpSocket::bind((Ipv6Addr::LOCALHOST, 0)).unwrap();
        assert!(sockets.send(Socket::Udptl, peer.local_addr().unwrap(), b"fax"));
        assert_eq!(peer.recv_from(&mut [0; 8]).unwrap().0, 3);
    }

    #[test]
    fn a_range_without_two_even_ports_is_none() {
        assert!(PortRange::new(4001, 4003).is_none());
        assert!(PortRange::new(4001, 4004).is_some_and(|range| range.legs() == 1));
        assert!(PortRange::new(u16::MAX, u16::MAX).is_none());
        assert!(PortRange::new(0, 1).is_none());
    }
}
