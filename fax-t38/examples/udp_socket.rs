//! A T.38 line on a UDP socket: all that the owner of a line does. Two of them talk over the loopback
//! interface here, one says a command of T.30 and the other shows what it hears.
#![allow(clippy::disallowed_types, reason = "the socket and the clock are the owner's")]

use fax_core::{Chunk, FrameEnd, Heard, Line, Opening, Signal, Span, Timestamp};
use fax_t38::T38Line;
use fax_t38::line::{Pacing, Settings};
use fax_t38::udptl::LARGEST_DATAGRAM;
use std::io::{self, ErrorKind};
use std::net::UdpSocket;
use std::time::{Duration, Instant};

fn main() -> io::Result<()> {
    let [near, far] = [UdpSocket::bind("127.0.0.1:0")?, UdpSocket::bind("127.0.0.1:0")?];
    near.connect(far.local_addr()?)?;
    far.connect(near.local_addr()?)?;
    let start = Instant::now();
    std::thread::scope(|scope| {
        scope.spawn(move || drive(T38Line::new(Settings::default()), &far, start, &[], show));
        let settings = Settings { pacing: Pacing::METERED, ..Settings::default() };
        drive(T38Line::new(settings), &near, start, &command(), |_| {})
    })
}

/// Three seconds in the life of a line: it says `signals` as it takes them, and tells what it hears.
fn drive(
    mut line: T38Line,
    socket: &UdpSocket,
    start: Instant,
    mut signals: &[Signal],
    tell: fn(Heard),
) -> io::Result<()> {
    let now = || Timestamp::from_micros(start.elapsed().as_micros() as u64);
    let mut datagram = [0; LARGEST_DATAGRAM];
    while now() < Timestamp::from_micros(3_000_000) {
        while let Some(length) = line.transmit(&mut datagram) {
            socket.send(&datagram[..length])?;
        }
        while let Some(heard) = line.hear() {
            tell(heard);
        }
        while let [next, rest @ ..] = signals
            && line.say(*next).is_ok()
        {
            signals = rest;
        }
        // Sleep until something comes or the line wants to be driven, and 50 ms at most.
        let wait = line.deadline().map_or(Span::from_millis(50), |deadline| deadline.at.since(now()));
        socket.set_read_timeout(Some(Duration::from_micros(wait.micros().clamp(1000, 50_000))))?;
        match socket.recv(&mut datagram) {
            // What it does not take it has counted.
            Ok(length) => drop(line.receive(now(), &datagram[..length])),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                line.advance(now());
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// CFR.
fn command() -> [Signal; 4] {
    let octets = Chunk::from_octets(&[0xFF, 0xC8, 0x21]);
    [Signal::Begin(Opening::V21), Signal::Octets(octets), Signal::FrameEnd(FrameEnd::Good), Signal::End]
}

fn show(heard: Heard) {
    println!("{} {:?}", heard.at, heard.signal);
}
