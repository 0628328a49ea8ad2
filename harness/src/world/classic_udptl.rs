//! UDPTL as the servers in the field speak it, for ends that bring none of their own.
//!
//! What the classic systems do, and no more: redundancy of exactly k secondaries, or parity; copies at
//! once and back to back, as the engine asks for them; no queue that waits for what was overtaken:
//! what is late is dropped; what a datagram brings back is handed on before its primary.
//!
//! From: T.38 9.1; the behaviour of four servers as noted in the project's peer baseline, section 2.
//! Not here: holding, spaced copies, checks for hostile datagrams. That is `fax-t38`'s.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;

/// What protects the packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recovery {
    /// So many secondaries in each datagram.
    Redundancy(usize),
    /// Parity over `span` packets, `entries` of them a datagram, interleaved.
    Parity {
        /// Packets in a sum.
        span: usize,
        /// Sums.
        entries: usize,
    },
}

impl fmt::Display for Recovery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Redundancy(1) => f.write_str("1 secondary"),
            Self::Redundancy(count) => write!(f, "{count} secondaries"),
            Self::Parity { span, entries } => write!(f, "parity {span} x {entries}"),
        }
    }
}

/// One side's UDPTL.
#[derive(Debug)]
pub struct ClassicUdptl {
    recovery: Recovery,
    /// Packets sent lately, the newest last.
    history: VecDeque<Vec<u8>>,
    outbox: VecDeque<Vec<u8>>,
    /// The number expected next, counted on past 65 535.
    expected: u64,
    /// What is known of the packets up to now: only parity needs it.
    known: BTreeMap<u64, Vec<u8>>,
    sums: VecDeque<Sum>,
}

/// A parity sum and the packets in it.
#[derive(Debug)]
struct Sum {
    members: Vec<u64>,
    octets: Vec<u8>,
}

/// Packets that are kept for parity.
const KEPT: u64 = 64;
const PARITY: u8 = 0x80;

impl ClassicUdptl {
    /// Both directions from number 0 on.
    pub fn new(recovery: Recovery) -> Self {
        Self {
            recovery,
            history: VecDeque::new(),
            outbox: VecDeque::new(),
            expected: 0,
            known: BTreeMap::new(),
            sums: VecDeque::new(),
        }
    }

    /// Sends an IFP packet `copies` times.
    pub fn send(&mut self, seq: u16, ifp: &[u8], copies: u32) {
        let datagram = self.datagram(seq, ifp);
        for _ in 0..copies.max(1) {
            self.outbox.push_back(datagram.clone());
        }
        self.history.push_back(ifp.to_vec());
        let reach = match self.recovery {
            Recovery::Redundancy(depth) => depth,
            Recovery::Parity { span, entries } => span * entries,
        };
        while self.history.len() > reach {
            self.history.pop_front();
        }
    }

    /// Writes the next datagram that wants to be sent; its length.
    pub fn transmit(&mut self, out: &mut [u8]) -> Option<usize> {
        let datagram = self.outbox.pop_front()?;
        out.get_mut(..datagram.len())?.copy_from_slice(&datagram);
        Some(datagram.len())
    }

    /// Takes a datagram; the IFP packets that it brings, with their numbers, in order.
    pub fn receive(&mut self, datagram: &[u8], deliver: &mut dyn FnMut(&[u8], u16)) {
        let Some(read) = Datagram::read(datagram) else { return };
        let ahead = read.seq.wrapping_sub(self.expected as u16) as i16;
        if ahead < 0 {
            return;
        }
        let number = self.expected + ahead as u64;
        let (from, expected) = (self.expected, number + 1);
        let mut brought: BTreeMap<u64, Vec<u8>> = BTreeMap::new();
        match read.recovery {
            Read::Secondaries(secondaries) => {
                for (back, secondary) in (1..).zip(secondaries).filter(|(_, octets)| !octets.is_empty()) {
                    if let Some(number) = number.checked_sub(back).filter(|number| *number >= from) {
                        brought.insert(number, secondary.to_vec());
                    }
                }
            }
            Read::Sums { span, sums } => {
                self.known.insert(number, read.primary.to_vec());
                self.note_sums(number, span, &sums);
                brought = self.repaired().into_iter().filter(|(number, _)| *number >= from).collect();
            }
        }
        for (number, octets) in brought {
            deliver(&octets, number as u16);
        }
        deliver(read.primary, read.seq);
        self.expected = expected;
    }

    fn datagram(&self, seq: u16, ifp: &[u8]) -> Vec<u8> {
        let mut datagram = seq.to_be_bytes().to_vec();
        open_type(&mut datagram, ifp);
        match self.recovery {
            Recovery::Redundancy(depth) => {
                let count = depth.min(self.history.len());
                datagram.extend([0, count as u8]);
                for older in self.history.iter().rev().take(count) {
                    open_type(&mut datagram, older);
                }
            }
            Recovery::Parity { span, entries } => {
                // At the beginning only sums over packets that exist.
                let entries = entries.min(self.history.len() / span.max(1));
                let span = if entries == 0 { 0 } else { span };
                datagram.extend([PARITY, 1, span as u8, entries as u8]);
                for row in 0..entries {
                    let members = (1..=span).filter_map(|j| self.back(entries * j - row));
                    open_type(&mut datagram, &sum(members));
                }
            }
        }
        datagram
    }

    /// The packet sent `back` packets before this one.
    fn back(&self, back: usize) -> Option<&[u8]> {
        let index = self.history.len().checked_sub(back)?;
        self.history.get(index).map(Vec::as_slice)
    }

    fn note_sums(&mut self, number: u64, span: usize, sums: &[&[u8]]) {
        for (row, octets) in sums.iter().enumerate() {
            let back = |j: usize| number.checked_sub((sums.len() * j - row) as u64);
            if let Some(members) = (1..=span).map(back).collect::<Option<Vec<u64>>>() {
                self.sums.push_back(Sum { members, octets: octets.to_vec() });
            }
        }
        let oldest = number.saturating_sub(KEPT);
        self.known.retain(|number, _| *number >= oldest);
        self.sums.retain(|sum| sum.members.iter().all(|member| *member >= oldest));
    }

    /// Packets that a sum gives, newest sums first, each once: what one gives serves the next.
    fn repaired(&mut self) -> Vec<(u64, Vec<u8>)> {
        let mut repaired = Vec::new();
        for n in (0..self.sums.len()).rev() {
            let parity = &self.sums[n];
            let mut missing = parity.members.iter().filter(|member| !self.known.contains_key(*member));
            let (Some(number), None) = (missing.next().copied(), missing.next()) else { continue };
            let present = parity.members.iter().filter_map(|member| self.known.get(member));
            let octets = sum(present.map(Vec::as_slice).chain([parity.octets.as_slice()]));
            self.known.insert(number, octets.clone());
            repaired.push((number, octets));
        }
        repaired
    }
}

/// The octets of all added without carry, as long as the longest.
fn sum<'a>(packets: impl Iterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut sum = Vec::new();
    for packet in packets {
        sum.resize(sum.len().max(packet.len()), 0);
        sum.iter_mut().zip(packet).for_each(|(sum, octet)| *sum ^= octet);
    }
    sum
}

/// Octets behind their length (X.691 10.9); IFP packets stay far below the third form of lengths.
fn open_type(datagram: &mut Vec<u8>, octets: &[u8]) {
    debug_assert!(octets.len() < 0x4000, "no IFP packet is that long");
    match octets.len() {
        short @ 0..=0x7F => datagram.push(short as u8),
        long => datagram.extend((long as u16 | 0x8000).to_be_bytes()),
    }
    datagram.extend(octets);
}

/// A datagram taken apart.
struct Datagram<'a> {
    seq: u16,
    primary: &'a [u8],
    recovery: Read<'a>,
}

/// What comes behind the primary.
enum Read<'a> {
    /// The packets before it, the last one first.
    Secondaries(Vec<&'a [u8]>),
    /// Parity sums.
    Sums { span: usize, sums: Vec<&'a [u8]> },
}

impl<'a> Datagram<'a> {
    fn read(octets: &'a [u8]) -> Option<Self> {
        let (seq, mut rest) = octets.split_at_checked(2)?;
        let seq = u16::from_be_bytes([seq[0], seq[1]]);
        let primary = open(&mut rest)?;
        let recovery = match octet(&mut rest)? & PARITY {
            0 => Read::Secondaries(entries(&mut rest)?),
            _ => {
                // The span is an integer without bounds: a length of one octet, then its value.
                octet(&mut rest).filter(|length| *length == 1)?;
                let span = octet(&mut rest)?.into();
                Read::Sums { span, sums: entries(&mut rest)? }
            }
        };
        Some(Self { seq, primary, recovery })
    }
}

fn octet(rest: &mut &[u8]) -> Option<u8> {
    let (first, behind) = rest.split_first()?;
    *rest = behind;
    Some(*first)
}

fn open<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = match octet(rest)? {
        short @ 0..=0x7F => short.into(),
        long => usize::from(long & 0x3F) << 8 | usize::from(octet(rest)?),
    };
    let (octets, behind) = rest.split_at_checked(length)?;
    *rest = behind;
    Some(octets)
}

fn entries<'a>(rest: &mut &'a [u8]) -> Option<Vec<&'a [u8]>> {
    let count = octet(rest)?;
    (0..count).map(|_| open(rest)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sends `count` packets, loses those that `lose` names, and tells the numbers that arrive.
    fn arrivals(recovery: Recovery, count: u16, lose: &[u16]) -> Vec<u16> {
        let (mut ours, mut theirs) = (ClassicUdptl::new(recovery), ClassicUdptl::new(recovery));
        let mut arrived = Vec::new();
        for seq in 0..count {
            let ifp: Vec<u8> = (0..1 + seq % 200).map(|n| (n * 7 + seq) as u8).collect();
            ours.send(seq, &ifp, 1);
            let mut datagram = [0; 4096];
            let length = ours.transmit(&mut datagram).expect("a datagram");
            assert_eq!(ours.transmit(&mut datagram), None);
            if lose.contains(&seq) {
                continue;
            }
            theirs.receive(&datagram[..length], &mut |octets, seq| {
                let expected: Vec<u8> = (0..1 + seq % 200).map(|n| (n * 7 + seq) as u8).collect();
                assert_eq!(octets[..expected.len()], expected, "packet {seq}");
                // A sum is as long as its longest packet.
                assert!(octets[expected.len()..].iter().all(|octet| *octet == 0));
                arrived.push(seq);
            });
        }
        arrived
    }

    #[test]
    fn redundancy_mends_exactly_its_depth() {
        for depth in 0..=7 {
            let lost: Vec<u16> = (20..20 + depth).collect();
            let recovery = Recovery::Redundancy(depth.into());
            assert_eq!(arrivals(recovery, 60, &lost), (0..60).collect::<Vec<_>>(), "{depth}");
            let lost: Vec<u16> = (20..=20 + depth).collect();
            assert_eq!(
                arrivals(recovery, 60, &lost),
                [0..20, 21..60].into_iter().flatten().collect::<Vec<_>>()
            );
        }
    }

    #[test]
    fn parity_mends_a_run_of_as_many_as_it_has_sums() {
        let recovery = Recovery::Parity { span: 3, entries: 3 };
        assert_eq!(arrivals(recovery, 80, &[30, 31, 32]), (0..80).collect::<Vec<_>>());
        assert_eq!(arrivals(recovery, 80, &[30, 31, 32, 33]).len(), 78, "30 and 33 share their sums");
        assert_eq!(arrivals(Recovery::Parity { span: 3, entries: 1 }, 80, &[30]).len(), 80);
        // Both are in every sum until 34's, and by then 31 is late.
        assert_eq!(arrivals(Recovery::Parity { span: 3, entries: 1 }, 80, &[30, 31]).len(), 78);
    }

    #[test]
    fn what_is_late_or_repeated_is_dropped() {
        let mut ours = ClassicUdptl::new(Recovery::Redundancy(1));
        let mut sent = Vec::new();
        for seq in 0..3 {
            ours.send(seq, &[seq as u8], 2);
            let mut datagram = [0; 64];
            while let Some(length) = ours.transmit(&mut datagram) {
                sent.push(datagram[..length].to_vec());
            }
        }
        assert_eq!(sent.len(), 6, "copies");
        let mut theirs = ClassicUdptl::new(Recovery::Redundancy(1));
        let mut arrived = Vec::new();
        for n in [0, 1, 4, 2, 5] {
            theirs.receive(&sent[n], &mut |octets, seq| arrived.push((octets.to_vec(), seq)));
        }
        assert_eq!(arrived, [(vec![0], 0), (vec![1], 1), (vec![2], 2)]);
    }

    #[test]
    fn numbers_wrap_and_lengths_have_two_forms() {
        let mut ours = ClassicUdptl::new(Recovery::Redundancy(2));
        let mut theirs = ClassicUdptl::new(Recovery::Redundancy(2));
        theirs.expected = 65_534;
        let mut arrived = Vec::new();
        for seq in [65_534, 65_535, 0, 1] {
            ours.send(seq, &vec![9; 300], 1);
            let mut datagram = [0; 2048];
            let length = ours.transmit(&mut datagram).expect("a datagram");
            if seq != 65_535 {
                theirs.receive(&datagram[..length], &mut |octets, seq| arrived.push((octets.len(), seq)));
            }
        }
        assert_eq!(arrived, [(300, 65_534), (300, 65_535), (300, 0), (300, 1)]);
    }

    /// T.38 appendix: an indicator with one secondary, octet by octet.
    #[test]
    fn a_datagram_looks_as_on_the_wire() {
        let mut udptl = ClassicUdptl::new(Recovery::Redundancy(1));
        udptl.send(0, &[0x06], 1);
        udptl.send(1, &[0xC0, 0x01], 1);
        let mut out = [0; 32];
        assert_eq!(udptl.transmit(&mut out).map(|n| out[..n].to_vec()), Some(vec![0, 0, 1, 6, 0, 0]));
        assert_eq!(
            udptl.transmit(&mut out).map(|n| out[..n].to_vec()),
            Some(vec![0, 1, 2, 0xC0, 1, 0, 1, 1, 6])
        );
    }
}
