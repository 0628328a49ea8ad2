//! `faxlab flood`: packets that nobody asked for, at a known rate, at programs of this machine.
//!
//! Always: only loopback is a target, and only loopback a source; what comes back is counted, as a stranger should get
//! no answer.

use clap::{Args, ValueEnum};
use fax_harness::stimulus::Rng;
use serde::Serialize;
use std::error::Error;
use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// `faxlab flood`.
#[derive(Debug, Args)]
pub(crate) struct Flood {
    /// Where to, at random: addresses and ports of this machine.
    #[arg(required = true)]
    targets: Vec<SocketAddr>,
    /// What, at random.
    #[arg(long, value_enum, value_delimiter = ',', default_value = "rtp")]
    what: Vec<What>,
    /// Where from, at random; each a socket on a free port.
    #[arg(long, value_delimiter = ',', default_value = "127.0.0.2")]
    sources: Vec<IpAddr>,
    /// Packets a second, all together.
    #[arg(long, default_value_t = 10_000)]
    rate: u32,
    /// How long, seconds.
    #[arg(long, default_value_t = 60)]
    seconds: u32,
    /// The number that SIP requests call.
    #[arg(long, default_value = "200")]
    number: String,
    /// Other octets by another number.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum What {
    /// 20 ms of G.711 in RTP.
    Rtp,
    /// A T.38 indicator in UDPTL, with one secondary.
    Udptl,
    /// Random octets, up to 1400.
    Noise,
    /// SIP OPTIONS.
    Options,
    /// SIP REGISTER.
    Register,
    /// SIP INVITE with an offer.
    Invite,
    /// A SIP request with random octets changed, left out or doubled.
    Garbage,
}

/// The result, as one JSON object.
#[derive(Debug, Default, Serialize)]
struct Tally {
    rate_asked: u32,
    /// Packets that the system took, a second.
    rate: f64,
    sent: u64,
    octets: u64,
    /// Packets that the system did not take.
    not_sent: u64,
    /// In the slowest whole second.
    slowest_second: u64,
    /// Packets that came back.
    answers: u64,
    seconds: f64,
}

/// Between two looks at the clock.
const STEP: Duration = Duration::from_millis(1);

impl Flood {
    pub(crate) fn run(self) -> Result<ExitCode, Box<dyn Error>> {
        let everybody = self.targets.iter().map(SocketAddr::ip).chain(self.sources.iter().copied());
        if let Some(foreign) = everybody.into_iter().find(|ip| !ip.is_loopback()) {
            return Err(format!("{foreign} is not this machine").into());
        }
        let sockets = self.sources.iter().map(|source| socket(*source)).collect::<Result<Vec<_>, _>>()?;
        let tally = self.send(&sockets);
        println!("{}", serde_json::to_string(&tally)?);
        Ok(ExitCode::SUCCESS)
    }

    /// What was not sent in its time is sent later, so that the rate is that of the whole run.
    fn send(&self, sockets: &[UdpSocket]) -> Tally {
        let mut tally = Tally { rate_asked: self.rate, slowest_second: u64::MAX, ..Tally::default() };
        let mut rng = Rng::seeded(self.seed);
        let (began, whole) = (Instant::now(), Duration::from_secs(self.seconds.into()));
        let (mut second, mut before) = (1, 0);
        let mut packet = Vec::with_capacity(2048);
        loop {
            let elapsed = began.elapsed();
            let due = (elapsed.min(whole).as_secs_f64() * f64::from(self.rate)) as u64;
            while tally.sent + tally.not_sent < due {
                let (to, socket) = (*any(&self.targets, &mut rng), any(sockets, &mut rng));
                self.write(*any(&self.what, &mut rng), to, socket, &mut rng, &mut packet);
                match socket.send_to(&packet, to) {
                    Ok(length) => (tally.sent, tally.octets) = (tally.sent + 1, tally.octets + length as u64),
                    Err(_) => tally.not_sent += 1,
                }
            }
            if elapsed.as_secs() >= second {
                tally.slowest_second = tally.slowest_second.min(tally.sent - before);
                (second, before) = (elapsed.as_secs() + 1, tally.sent);
            }
            tally.answers += sockets.iter().map(answers).sum::<u64>();
            if elapsed >= whole {
                break;
            }
            std::thread::sleep(STEP);
        }
        tally.seconds = began.elapsed().as_secs_f64();
        tally.rate = tally.sent as f64 / tally.seconds;
        std::thread::sleep(Duration::from_millis(500));
        tally.answers += sockets.iter().map(answers).sum::<u64>();
        tally
    }

    fn write(&self, what: What, to: SocketAddr, from: &UdpSocket, rng: &mut Rng, packet: &mut Vec<u8>) {
        packet.clear();
        let random = rng.next_u64();
        let [a, b, c, d, e, f, g, h] = random.to_be_bytes();
        match what {
            What::Rtp => {
                packet.extend([0x80, 0, a, b, 0, c, d, e, 1, 2, f, g]);
                packet.extend((0..20).flat_map(|_| rng.next_u64().to_be_bytes()));
            }
            // The indicators CED and V.21 preamble.
            What::Udptl => packet.extend([a, b, 1, h & 2 | 4, 0, 1, 1, g & 2 | 4]),
            What::Noise => {
                let words = rng.below(175);
                packet.extend((0..=words).flat_map(|_| rng.next_u64().to_be_bytes()));
            }
            What::Options => self.request("OPTIONS", to, from, random, packet),
            What::Register => self.request("REGISTER", to, from, random, packet),
            What::Invite => self.request("INVITE", to, from, random, packet),
            What::Garbage => {
                let method = ["INVITE", "BYE", "ACK", "NOTIFY"][usize::from(a) % 4];
                self.request(method, to, from, random, packet);
                for _ in 0..=b % 8 {
                    spoil(packet, rng);
                }
            }
        }
    }

    fn request(&self, method: &str, to: SocketAddr, from: &UdpSocket, random: u64, packet: &mut Vec<u8>) {
        let Ok(from) = from.local_addr() else { return };
        let number = &self.number;
        let offer = match method {
            "INVITE" => format!(
                "v=0\r\no=- 1 1 IN IP4 {0}\r\ns=-\r\nc=IN IP4 {0}\r\nt=0 0\r\nm=audio 9 RTP/AVP 8\r\n",
                from.ip()
            ),
            _ => String::new(),
        };
        let kind = if offer.is_empty() { "" } else { "Content-Type: application/sdp\r\n" };
        let head = format!(
            "{method} sip:{number}@{to} SIP/2.0\r\nVia: SIP/2.0/UDP {from};branch=z9hG4bK{random:x};rport\r\n\
             From: <sip:flood@{from}>;tag={random:x}\r\nTo: <sip:{number}@{to}>\r\nCall-ID: {random:x}\r\n\
             CSeq: 1 {method}\r\nContact: <sip:flood@{from}>\r\nMax-Forwards: 70\r\n{kind}Content-Length: {}\r\n\r\n",
            offer.len()
        );
        packet.extend_from_slice(head.as_bytes());
        packet.extend_from_slice(offer.as_bytes());
    }
}

/// One of several; there is always one.
fn any<'a, T>(all: &'a [T], rng: &mut Rng) -> &'a T {
    &all[rng.below(all.len() as u64) as usize]
}

/// Changes, leaves out or doubles a piece.
fn spoil(packet: &mut Vec<u8>, rng: &mut Rng) {
    let at = rng.below(packet.len() as u64) as usize;
    let end = packet.len().min(at + 1 + rng.below(16) as usize);
    match rng.below(3) {
        0 => packet[at..end].iter_mut().for_each(|octet| *octet = rng.next_u64() as u8),
        1 if end - at < packet.len() => drop(packet.drain(at..end)),
        _ => {
            let piece = packet[at..end].to_vec();
            packet.splice(at..at, piece);
        }
    }
}

fn socket(source: IpAddr) -> std::io::Result<UdpSocket> {
    let socket = UdpSocket::bind((source, 0))?;
    socket.set_nonblocking(true)?;
    Ok(socket)
}

/// How many packets have come since the last look.
fn answers(socket: &UdpSocket) -> u64 {
    let mut count = 0;
    loop {
        match socket.recv_from(&mut [0; 64]) {
            Ok(_) => count += 1,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return count,
            Err(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        flood: Flood,
    }

    fn flood(arguments: &str) -> Flood {
        Line::parse_from(format!("flood {arguments}").split(' ')).flood
    }

    #[test]
    fn only_this_machine_is_flooded() {
        let refused = |arguments| flood(arguments).run().unwrap_err().to_string();
        assert_eq!(refused("127.0.0.1:9 192.0.2.1:5060"), "192.0.2.1 is not this machine");
        assert_eq!(refused("127.0.0.1:9 --sources 192.0.2.7"), "192.0.2.7 is not this machine");
    }

    #[test]
    fn every_kind_goes_to_every_target() {
        let targets = [(); 2].map(|()| UdpSocket::bind("127.0.0.1:0").unwrap());
        let [one, two] = targets.each_ref().map(|target| target.local_addr().unwrap());
        let all = "rtp,udptl,noise,options,register,invite,garbage";
        let flood = flood(&format!("{one} {two} --what {all} --rate 1400 --seconds 1"));
        let sockets = [socket([127, 0, 0, 2].into()).unwrap()];
        let tally = flood.send(&sockets);
        assert_eq!((tally.sent, tally.not_sent, tally.answers), (1400, 0, 0));
        for target in &targets {
            target.set_nonblocking(true).unwrap();
            let mut buffer = [0; 2048];
            let mut beginnings = std::collections::BTreeSet::new();
            // As many as a socket keeps.
            for _ in 0..100 {
                let (length, from) = target.recv_from(&mut buffer).unwrap();
                assert!(length > 0 && from.ip() == IpAddr::from([127, 0, 0, 2]));
                beginnings.insert(buffer[0]);
            }
            assert!([0x80, b'O', b'R', b'I'].iter().all(|first| beginnings.contains(first)));
        }
    }

    #[test]
    fn a_spoilt_request_is_never_empty() {
        let mut rng = Rng::seeded(3);
        let mut packet = vec![1, 2, 3];
        for _ in 0..10_000 {
            spoil(&mut packet, &mut rng);
            packet.truncate(2000);
            assert!(!packet.is_empty());
        }
    }
}
