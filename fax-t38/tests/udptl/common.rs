//! What the tests share: datagrams written by hand, a receiver under a script, seeded chance.

use fax_core::{Span, Timestamp};
use fax_t38::udptl::{Delivery, Hold, Receiver, ReceiverSettings};
use fax_t38::{Event, Refusal, Seq};

pub(crate) const fn ms(millis: u64) -> Span {
    Span::from_millis(millis)
}

pub(crate) const fn at(millis: u64) -> Timestamp {
    Timestamp::from_micros(millis * 1000)
}

/// A packet of image data that names its number; the longer the number, the longer the packet.
pub(crate) fn ifp(number: u32) -> Vec<u8> {
    let extra = number as usize % 5;
    let length = 4 + extra;
    let mut octets = vec![0xD0, 1, 0xE0, 0, length as u8 - 1];
    octets.extend(number.to_be_bytes());
    octets.resize(5 + length, 0); // ends in zeros, as parity has to cope with
    octets
}

/// One octet of V.21.
pub(crate) fn v21(octet: u8) -> Vec<u8> {
    vec![0xC0, 1, 0x80, 0, 0, octet]
}

fn element(octets: &[u8]) -> Vec<u8> {
    match octets.len() {
        length @ 0..0x80 => [&[length as u8], octets].concat(),
        length => [&(0x8000 | length as u16).to_be_bytes(), octets].concat(),
    }
}

/// A datagram with secondaries, newest first.
pub(crate) fn datagram(seq: u16, primary: &[u8], secondaries: &[Vec<u8>]) -> Vec<u8> {
    let mut octets = [&seq.to_be_bytes(), &element(primary)[..], &[0, secondaries.len() as u8]].concat();
    secondaries.iter().for_each(|secondary| octets.extend(element(secondary)));
    octets
}

/// A datagram with parity.
pub(crate) fn with_parity(seq: u16, primary: &[u8], span: u8, rows: &[Vec<u8>]) -> Vec<u8> {
    let mut octets = [&seq.to_be_bytes(), &element(primary)[..], &[0x80, 1, span, rows.len() as u8]].concat();
    rows.iter().for_each(|row| octets.extend(element(row)));
    octets
}

/// Number `n` of a stream in which packet n is `ifp(n)`, with `depth` secondaries; numbers wrap.
pub(crate) fn numbered(n: u32, depth: u32) -> Vec<u8> {
    let secondaries: Vec<_> = (1..=depth.min(n)).map(|back| ifp(n - back)).collect();
    datagram(n as u16, &ifp(n), &secondaries)
}

/// What a receiver handed out, owned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Out {
    Ifp(u16, Vec<u8>),
    Missing(u16, Option<u16>),
}

/// A receiver whose output is fetched after every step.
pub(crate) struct Bench {
    pub(crate) receiver: Receiver,
    pub(crate) out: Vec<Out>,
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self::with(ReceiverSettings::default())
    }

    pub(crate) fn holding(hold: Span) -> Self {
        Self::with(ReceiverSettings { hold: Hold::fixed(hold), ..ReceiverSettings::default() })
    }

    pub(crate) fn with(settings: ReceiverSettings) -> Self {
        Self { receiver: Receiver::new(settings), out: Vec::new() }
    }

    /// A stream of V.21 is running: packets 0 and 1 have come and were fetched.
    pub(crate) fn locked() -> Self {
        let mut bench = Self::new();
        bench.take(0, &datagram(0, &v21(0), &[])).unwrap();
        bench.take(0, &datagram(1, &v21(1), &[])).unwrap();
        assert_eq!(bench.drain(), [Out::Ifp(0, v21(0)), Out::Ifp(1, v21(1))]);
        bench
    }

    pub(crate) fn take(&mut self, millis: u64, datagram: &[u8]) -> Result<(), Refusal> {
        let taken = self.receiver.take(at(millis), datagram);
        self.fetch();
        taken
    }

    /// Time passes, with a call at every deadline.
    pub(crate) fn advance(&mut self, millis: u64) {
        while let Some(deadline) = self.receiver.deadline().filter(|deadline| *deadline <= at(millis)) {
            self.receiver.advance(deadline);
            assert!(
                self.receiver.deadline().is_none_or(|next| next > deadline),
                "a deadline that does not move"
            );
            self.fetch();
        }
        self.receiver.advance(at(millis));
        self.fetch();
    }

    fn fetch(&mut self) {
        while let Some(delivery) = self.receiver.next() {
            self.out.push(match delivery {
                Delivery::Ifp { seq, octets } => Out::Ifp(seq.0, octets.to_vec()),
                Delivery::Missing { from, packets } => Out::Missing(from.0, packets),
            });
        }
    }

    pub(crate) fn drain(&mut self) -> Vec<Out> {
        core::mem::take(&mut self.out)
    }

    pub(crate) fn events(&mut self) -> Vec<Event> {
        core::iter::from_fn(|| self.receiver.event()).map(|(_, event)| event).collect()
    }
}

/// Packets of [`numbered`] as they should be handed out.
pub(crate) fn in_order(numbers: impl IntoIterator<Item = u32>) -> Vec<Out> {
    numbers.into_iter().map(|n| Out::Ifp(n as u16, ifp(n))).collect()
}

pub(crate) const fn seq(number: u16) -> Seq {
    Seq(number)
}

/// Seeded chance: xorshift64*.
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        ((self.next() >> 32) * limit) >> 32
    }
}
