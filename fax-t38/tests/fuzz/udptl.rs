//! The body of the fuzz target `udptl`: octets as a script of datagrams and times.
//!
//! The first octet chooses: a receiver with state under whatever comes, or a sender with any settings
//! whose datagrams go to a receiver over a channel that loses, repeats and reorders them.

use fax_core::{Span, Timestamp};
use fax_t38::udptl::{
    Class, Copies, Datagram, Delivery, Gaps, Hold, LARGEST_DATAGRAM, Layout, Protection, Receiver,
    ReceiverSettings, Repeat, Sender, SenderSettings,
};
use fax_t38::{Seq, Syntax};

/// Panics if an invariant of the receiver or the sender does not hold.
pub(crate) fn check(data: &[u8]) {
    let mut script = Script(data);
    match script.octet() & 1 {
        0 => receive(&mut script),
        _ => send(&mut script),
    }
}

/// What is left to be played; zeros when it is over.
struct Script<'a>(&'a [u8]);

impl<'a> Script<'a> {
    fn is_over(&self) -> bool {
        self.0.is_empty()
    }

    fn octet(&mut self) -> u8 {
        self.take(1).first().copied().unwrap_or(0)
    }

    fn take(&mut self, count: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(count.min(self.0.len()));
        self.0 = rest;
        taken
    }

    /// An IFP packet, or something like one.
    fn ifp(&mut self) -> Vec<u8> {
        let kind = self.octet();
        match kind & 7 {
            0 => vec![kind >> 3 << 1],
            1 => vec![0xC0, 1, 0x80, 0, 0, self.octet()],
            2 => vec![0xC0, 1, 0x20],
            3 => {
                let octets = self.take(usize::from(kind >> 3) + 1);
                [&[0xD0, 1, 0xE0, 0, octets.len().saturating_sub(1) as u8], octets].concat()
            }
            4 => [&[0xD0, 1, 0xE0, 0, 149][..], &[self.octet(); 150]].concat(),
            5 => vec![0],
            6 => Vec::new(),
            _ => self.take(usize::from(kind >> 3)).to_vec(),
        }
    }
}

/// Order and count of what a receiver hands out.
#[derive(Default)]
struct Order {
    next: Option<Seq>,
    handed_out: u64,
    missing: u64,
}

impl Order {
    fn fetch(&mut self, receiver: &mut Receiver) {
        while let Some(delivery) = receiver.next() {
            match delivery {
                Delivery::Ifp { seq, octets } => {
                    assert!(!octets.is_empty(), "an empty packet");
                    assert!(self.next.is_none_or(|next| next == seq), "{seq:?} instead of {:?}", self.next);
                    self.next = Some(seq.next());
                    self.handed_out += 1;
                }
                Delivery::Missing { from, packets } => {
                    assert!(self.next.is_none_or(|next| next == from), "{from:?} instead of {:?}", self.next);
                    assert_ne!(packets, Some(0));
                    self.next = packets.map(|packets| from.plus(packets));
                    self.missing += u64::from(packets.unwrap_or(0));
                }
            }
        }
    }
}

fn receiver_of(script: &mut Script<'_>) -> Receiver {
    let choice = script.octet();
    Receiver::new(ReceiverSettings {
        syntax: if choice & 1 == 0 { Syntax::Y1998 } else { Syntax::Y2002 },
        max_datagram: if choice & 2 == 0 { 1400 } else { 3000 },
        hold: if choice & 4 == 0 {
            Hold::default()
        } else {
            Hold::fixed(Span::from_millis(u64::from(choice)))
        },
    })
}

fn receive(script: &mut Script<'_>) {
    let mut receiver = receiver_of(script);
    let (mut order, mut now, mut seq, mut datagrams) = (Order::default(), Timestamp::ZERO, Seq(0), 0);
    while !script.is_over() {
        let step = script.octet();
        match step >> 5 {
            0 => now += Span::from_millis(u64::from(step & 31) * 8),
            1 => seq = Seq(u16::from_be_bytes([script.octet(), script.octet()])),
            2 => seq = seq.minus(u16::from(step & 31)),
            3 => order.fetch(&mut receiver),
            4 => {
                let octets = script.take(usize::from(step & 31) * 2);
                datagrams += 1;
                let _ = receiver.take(now, octets);
            }
            5 => {
                let (primary, secondary) = (script.ifp(), script.ifp());
                datagrams += 1;
                let _ = receiver.take_parts(now, seq, &primary, [&secondary[..], &[]].into_iter());
                seq = seq.next();
            }
            choice => {
                datagrams += 1;
                let octets = datagram(script, seq, choice == 7, step & 31);
                let _ = receiver.take(now, &octets);
                seq = seq.plus(1 + u16::from(step & 1));
            }
        }
        receiver.advance(now);
        assert!(receiver.deadline().is_none_or(|deadline| deadline > now), "a deadline in the past");
        while receiver.event().is_some() {}
    }
    receiver.advance(now + Span::from_millis(10_000));
    assert_eq!(receiver.deadline(), None, "a hole that is never given up");
    order.fetch(&mut receiver);
    let counters = receiver.counters();
    assert_eq!(counters.received + counters.refused_in_all(), datagrams);
    assert!(order.missing <= u64::from(counters.lost + counters.overflowed));
}

/// A datagram by hand, so that nonsense in it gets past the first lengths.
fn datagram(script: &mut Script<'_>, seq: Seq, parity: bool, entries: u8) -> Vec<u8> {
    let mut octets = seq.0.to_be_bytes().to_vec();
    let element = |octets: &mut Vec<u8>, part: &[u8]| {
        if part.len() < 128 {
            octets.push(part.len() as u8);
        } else {
            octets.extend((0x8000 | part.len() as u16).to_be_bytes());
        }
        octets.extend(part);
    };
    element(&mut octets, &script.ifp());
    if parity {
        octets.extend([0x80, 1, script.octet()]);
    } else {
        octets.push(0);
    }
    octets.push(entries >> 1);
    for _ in 0..entries >> 1 {
        element(&mut octets, &script.ifp());
    }
    octets
}

fn send(script: &mut Script<'_>) {
    let settings = settings_of(script);
    let mut sender = Sender::new(settings);
    let mut receiver = receiver_of(script);
    let (mut order, mut now) = (Order::default(), Timestamp::ZERO);
    let mut submitted: Vec<Vec<u8>> = Vec::new();
    let mut first_sent: Vec<Option<Vec<u8>>> = Vec::new();
    let (mut lossless, mut buffer) = (true, [0; LARGEST_DATAGRAM]);
    while !script.is_over() {
        let step = script.octet();
        match step >> 6 {
            0 => now += Span::from_millis(u64::from(step)),
            1 => sender.outage(Span::from_millis(u64::from(step & 63) * 16)),
            _ => {
                let class =
                    [Class::Indicator, Class::Control, Class::ControlEnd, Class::Image, Class::ImageEnd];
                let ifp = script.ifp();
                if sender.submit(now, &ifp, class[usize::from(step & 63) % class.len()]).is_ok() {
                    submitted.push(ifp);
                    first_sent.push(None);
                }
            }
        }
        while let Some(length) = sender.poll(now, &mut buffer) {
            let octets = &buffer[..length];
            let datagram = Datagram::parse(octets).expect("what is sent can be read");
            datagram.recovery.expect("and its recovery part");
            let index = usize::from(datagram.seq.0.wrapping_sub(settings.first.0));
            assert_eq!(datagram.primary, submitted[index]);
            match &first_sent[index] {
                Some(before) => assert_eq!(before, octets, "a copy that differs"),
                None => first_sent[index] = Some(octets.to_vec()),
            }
            match script.octet() & 3 {
                0 => lossless = false,
                _ => receiver.take(now, octets).unwrap_or_else(|_| lossless = false),
            }
            order.fetch(&mut receiver);
        }
        assert!(
            sender.deadline().is_none_or(|deadline| deadline > now),
            "something is due and was not given"
        );
        receiver.advance(now);
    }
    receiver.advance(now + Span::from_millis(10_000));
    order.fetch(&mut receiver);
    if lossless {
        assert_eq!(order.handed_out, submitted.len() as u64);
    }
}

fn settings_of(script: &mut Script<'_>) -> SenderSettings {
    let (choice, depth) = (script.octet(), script.octet());
    let gaps = if choice & 1 == 0 { Gaps::Even } else { Gaps::Doubling };
    let repeat = Repeat { count: choice >> 5, spacing: Span::from_millis(u64::from(depth)), gaps };
    SenderSettings {
        first: Seq(u16::from_be_bytes([script.octet(), script.octet()])),
        peer_max_datagram: usize::from(script.octet()) * 6,
        usual_ifp: usize::from(script.octet()),
        max_ifp: if choice & 1 == 0 { 127 } else { 1300 },
        protection: match choice & 6 {
            0 => Protection::Parity { span: depth & 15, rows: depth >> 4, layout: Layout::Raw },
            2 => Protection::Parity { span: depth & 15, rows: depth >> 4, layout: Layout::Prefixed },
            _ => Protection::Secondaries { control: depth & 15, image: depth >> 4 },
        },
        copies: if choice & 8 == 0 { Copies::default() } else { Copies::of_all(repeat) },
        keep_alive: (choice & 16 == 0).then(|| Span::from_millis(200)),
    }
}
