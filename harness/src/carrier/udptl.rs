//! T.38 over plain UDP sockets, without signalling: both sides know each other's address and begin at once.

use super::{Carrier, Step};
use fax_call::Terminal;
use fax_core::{Span, Timestamp};
use std::io::{self, ErrorKind};
use std::net::{SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

/// A clock that cannot be set: microseconds since it was made.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    made: Instant,
    speed: u32,
}

impl Clock {
    /// A clock in real time.
    #[allow(clippy::new_without_default, reason = "it begins to run")]
    pub fn new() -> Self {
        Self::of_speed(1)
    }

    /// A clock so many times as fast, for both ends of a call at once.
    pub fn of_speed(speed: u32) -> Self {
        Self { made: Instant::now(), speed: speed.max(1) }
    }

    fn now(&self) -> Timestamp {
        let micros = u64::try_from(self.made.elapsed().as_micros()).unwrap_or(u64::MAX);
        Timestamp::from_micros(micros.saturating_mul(self.speed.into()))
    }

    fn real(&self, span: Span) -> Duration {
        Duration::from_micros(span.micros() / u64::from(self.speed))
    }
}

/// A socket and the address of the far end.
#[derive(Debug)]
pub struct UdptlSocket {
    socket: UdpSocket,
    peer: Option<SocketAddr>,
    clock: Clock,
    strangers: u64,
}

const MAX_DATAGRAM: usize = 4096;

/// How long a machine that has ended goes on with copies of its last word.
const LINGER: Span = Span::from_millis(2000);

/// The longest wait, so that nothing depends on one deadline.
const MAX_WAIT: Span = Span::from_millis(50);

/// Shorter waits are not worth a system call, and 0 would mean for ever.
const MIN_WAIT: Duration = Duration::from_micros(200);

impl UdptlSocket {
    /// Takes datagrams from `peer` only; without one, from whoever sends the first.
    pub fn new(socket: UdpSocket, peer: Option<SocketAddr>, clock: Clock) -> Self {
        Self { socket, peer, clock, strangers: 0 }
    }

    /// Datagrams that came from elsewhere.
    pub fn strangers(&self) -> u64 {
        self.strangers
    }

    /// Waits for a datagram until `until`.
    fn receive(&mut self, until: Timestamp, buffer: &mut [u8]) -> io::Result<Option<usize>> {
        let span = until.since(self.clock.now()).min(MAX_WAIT);
        self.socket.set_read_timeout(Some(self.clock.real(span).max(MIN_WAIT)))?;
        match self.socket.recv_from(buffer) {
            Ok((length, from)) if *self.peer.get_or_insert(from) == from => Ok(Some(length)),
            Ok(_) => {
                self.strangers += 1;
                Ok(None)
            }
            // Nothing came; or the far end is not there yet, as ICMP says.
            Err(error) => match error.kind() {
                ErrorKind::WouldBlock
                | ErrorKind::TimedOut
                | ErrorKind::Interrupted
                | ErrorKind::ConnectionRefused
                | ErrorKind::ConnectionReset => Ok(None),
                _ => Err(error),
            },
        }
    }

    fn send(&self, terminal: &mut Terminal, buffer: &mut [u8]) -> io::Result<()> {
        while let Some(length) = terminal.transmit(buffer) {
            let Some(peer) = self.peer else { continue };
            match self.socket.send_to(&buffer[..length], peer) {
                // What a socket does not take is as good as lost on the way.
                Err(error)
                    if !matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::ConnectionRefused) =>
                {
                    return Err(error);
                }
                _ => {}
            }
        }
        Ok(())
    }
}

impl Carrier for UdptlSocket {
    fn step(&mut self, terminal: &mut Terminal) -> io::Result<Step> {
        let mut buffer = [0; MAX_DATAGRAM];
        terminal.advance(self.clock.now());
        self.send(terminal, &mut buffer)?;
        let until = terminal.deadline().map_or(Timestamp::from_micros(u64::MAX), |deadline| deadline.at);
        if let Some(length) = self.receive(until, &mut buffer)? {
            // What it refuses it counts.
            _ = terminal.receive(self.clock.now(), &buffer[..length]);
            self.send(terminal, &mut buffer)?;
        }
        Ok(Step::On)
    }

    fn finish(&mut self, terminal: &mut Terminal) -> io::Result<()> {
        let end = self.clock.now() + LINGER;
        while self.clock.now() < end {
            self.step(terminal)?;
        }
        Ok(())
    }
}
