//! What a datagram costs: to read, to take in and hand out, to make. 54 octets of image data are 30 ms
//! at 14 400 bit/s; with three secondaries a datagram has 244 octets.
//!
//! Instructions, which do not depend on what else the machine does: `make bench-t38` runs
//!
//! ```text
//! cargo bench -p fax-t38 --bench udptl --no-run
//! valgrind --tool=callgrind --toggle-collect='*counted*' target/release/deps/udptl-… --counted
//! ```
//!
//! which does each a hundred thousand times.

use std::hint::black_box;

use criterion::Criterion;
use fax_core::{Span, Timestamp};
use fax_t38::Seq;
use fax_t38::udptl::{
    Class, Copies, Datagram, Delivery, Layout, Protection, Receiver, ReceiverSettings, Recovery, Sender,
    SenderSettings,
};

const IFP: [u8; 59] = {
    let mut ifp = [0x5A; 59];
    (ifp[0], ifp[1], ifp[2], ifp[3], ifp[4]) = (0xD0, 1, 0xE0, 0, 53);
    ifp
};

const REDUNDANCY: Protection = Protection::Secondaries { control: 3, image: 3 };
const PARITY: Protection = Protection::Parity { span: 3, rows: 3, layout: Layout::Raw };

/// Both ends of a stream.
struct Ends {
    sender: Sender,
    receiver: Receiver,
    now: Timestamp,
    sent: u64,
    buffer: [u8; 1500],
}

impl Ends {
    fn new(protection: Protection) -> Self {
        let settings = SenderSettings { protection, copies: Copies::NONE, ..SenderSettings::default() };
        Self {
            sender: Sender::new(settings),
            receiver: Receiver::new(ReceiverSettings::default()),
            now: Timestamp::ZERO,
            sent: 0,
            buffer: [0; 1500],
        }
    }

    /// A packet of its own becomes a datagram.
    fn send(&mut self) -> usize {
        let mut ifp = IFP;
        ifp[5..13].copy_from_slice(&self.sent.to_be_bytes());
        self.sent += 1;
        self.now += Span::from_millis(30);
        let submitted = self.sender.submit(self.now, &ifp, Class::Image).is_ok();
        self.sender.poll(self.now, &mut self.buffer).filter(|_| submitted).unwrap_or(0)
    }

    /// A datagram becomes packets.
    fn receive(&mut self, length: usize) -> usize {
        let taken = self.receiver.take(self.now, &self.buffer[..length]).is_ok();
        let mut octets = usize::from(taken);
        while let Some(delivery) = self.receiver.next() {
            if let Delivery::Ifp { octets: packet, .. } = delivery {
                octets += packet.len();
            }
        }
        while self.receiver.event().is_some() {}
        octets
    }

    /// Packets all the way; each `lost`th does not come.
    fn pass(&mut self, lost: u64) -> usize {
        let length = self.send();
        if self.sent.is_multiple_of(lost) { 0 } else { self.receive(length) }
    }
}

/// Everything in the datagram is looked at once.
fn parse(octets: &[u8]) -> usize {
    match Datagram::parse(octets) {
        Ok(Datagram { primary, recovery: Ok(Recovery::Secondaries(entries)), .. }) => {
            primary.len() + entries.map(<[u8]>::len).sum::<usize>()
        }
        _ => 0,
    }
}

/// The fifth datagram of a stream, which has all its secondaries.
fn datagram() -> Vec<u8> {
    let mut ends = Ends::new(REDUNDANCY);
    let length = (0..5).map(|_| ends.send()).last().unwrap_or(0);
    ends.buffer[..length].to_vec()
}

fn measured() {
    let mut criterion = Criterion::default().configure_from_args();
    let octets = datagram();
    criterion.bench_function("UDPTL parse, 3 secondaries", |b| b.iter(|| parse(black_box(&octets))));
    criterion.bench_function("UDPTL take and next, 3 secondaries", |b| {
        let mut receiver = Receiver::new(ReceiverSettings::default());
        let (mut octets, mut seq) = (datagram(), Seq(4));
        b.iter(|| {
            octets[..2].copy_from_slice(&seq.0.to_be_bytes());
            seq = seq.next();
            let taken = receiver.take(Timestamp::ZERO, black_box(&octets)).is_ok();
            (receiver.next().is_some(), taken)
        });
    });
    for (name, protection) in [("3 secondaries", REDUNDANCY), ("3 x 3 parity", PARITY)] {
        criterion.bench_function(&format!("UDPTL submit and poll, {name}"), |b| {
            let mut ends = Ends::new(protection);
            b.iter(|| ends.send());
        });
        criterion.bench_function(&format!("UDPTL both ends, every tenth lost, {name}"), |b| {
            let mut ends = Ends::new(protection);
            b.iter(|| ends.pass(10));
        });
    }
    criterion.final_summary();
}

const COUNT: usize = 100_000;

#[inline(never)]
fn counted_parse(octets: &[u8]) -> usize {
    (0..COUNT).map(|_| parse(black_box(octets))).sum()
}

#[inline(never)]
fn counted_send(ends: &mut Ends) -> usize {
    (0..COUNT).map(|_| ends.send()).sum()
}

#[inline(never)]
fn counted_receive(receiver: &mut Receiver, octets: &mut [u8]) -> usize {
    (4..COUNT + 4)
        .map(|n| {
            octets[..2].copy_from_slice(&(n as u16).to_be_bytes());
            let taken = receiver.take(Timestamp::ZERO, black_box(octets)).is_ok();
            usize::from(taken && receiver.next().is_some())
        })
        .sum()
}

#[inline(never)]
fn counted_pass(ends: &mut Ends) -> usize {
    (0..COUNT).map(|_| ends.pass(10)).sum()
}

fn counted() {
    let mut octets = datagram();
    println!("parse: {}", counted_parse(&octets));
    println!(
        "take and next: {}",
        counted_receive(&mut Receiver::new(ReceiverSettings::default()), &mut octets)
    );
    println!("submit and poll: {}", counted_send(&mut Ends::new(REDUNDANCY)));
    println!("both ends, every tenth lost: {}", counted_pass(&mut Ends::new(REDUNDANCY)));
}

fn main() {
    if std::env::args().any(|argument| argument == "--counted") { counted() } else { measured() }
}
