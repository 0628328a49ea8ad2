//! One stream of RTP to a peer, whoever speaks in it: numbers and stamps run on (NAT-7).

use super::order::{Audio, Redundancy};

/// Octets of an RTP header without contributors.
const HEADER: usize = 12;
/// Octets of the longest packet: 40 ms, and beside it what was 40 ms each.
pub(super) const LONGEST: usize = HEADER + 1 + 320 + KEPT * (4 + 320);
/// Packets that are kept to go along with later ones.
const KEPT: usize = Redundancy::MOST as usize;
/// Header bit of RFC 2198: another header follows.
const MORE: u8 = 0x80;

/// Numbers, stamps and source of a stream, and its last audio for RFC 2198.
#[derive(Clone, Debug)]
pub(super) struct RtpOut {
    ssrc: u32,
    seq: u16,
    stamp: u32,
    marked: bool,
    /// Newest first.
    before: [Before; KEPT],
    /// What is added to the numbers and stamps of the packets that are passed on.
    passing: Option<(u16, u32)>,
}

/// Audio that was sent.
#[derive(Clone, Debug)]
struct Before {
    seq: u16,
    stamp: u32,
    octets: Vec<u8>,
}

/// A packet that is passed on.
#[derive(Clone, Copy)]
pub(super) struct Passed<'a> {
    pub(super) payload_type: u8,
    pub(super) marked: bool,
    pub(super) seq: u16,
    pub(super) stamp: u32,
    pub(super) payload: &'a [u8],
}

impl RtpOut {
    /// A stream that begins anywhere: RFC 3550 wants all three unpredictable.
    pub(super) fn new(seed: u64) -> Self {
        let mixed = mix(seed);
        let (ssrc, seq, stamp) = (mixed as u32, (mixed >> 32) as u16, mix(mixed) as u32);
        let before = [(); KEPT].map(|()| Before { seq, stamp, octets: Vec::with_capacity(320) });
        Self { ssrc, seq, stamp, marked: true, before, passing: None }
    }

    /// Writes our own next packet; its length. Octets of which there is no room are not sent, but counted in the stamp.
    pub(super) fn packet(&mut self, audio: &Audio, octets: &[u8], out: &mut [u8]) -> Option<usize> {
        self.passing = None;
        let (seq, stamp, marked) = (self.seq, self.stamp, core::mem::take(&mut self.marked));
        self.seq = seq.wrapping_add(1);
        self.stamp = stamp.wrapping_add(octets.len() as u32);
        let payload_type = audio.law.payload_type();
        self.write(audio.red, &Passed { payload_type, marked, seq, stamp, payload: octets }, out)
    }

    /// Writes a packet of the other side as it is, under our numbers; its length. `red`: what carries it together with
    /// those before it, if it is audio and that is agreed.
    pub(super) fn pass(
        &mut self,
        packet: &Passed<'_>,
        red: Option<Redundancy>,
        out: &mut [u8],
    ) -> Option<usize> {
        let starts = self.passing.is_none();
        let (seqs, stamps) = *self
            .passing
            .get_or_insert((self.seq.wrapping_sub(packet.seq), self.stamp.wrapping_sub(packet.stamp)));
        let (seq, stamp) = (packet.seq.wrapping_add(seqs), packet.stamp.wrapping_add(stamps));
        if seq.wrapping_sub(self.seq) < 1 << 15 {
            self.seq = seq.wrapping_add(1);
            self.stamp = stamp.wrapping_add(packet.payload.len() as u32);
        }
        let marked = packet.marked || starts && core::mem::take(&mut self.marked);
        self.write(red, &Passed { marked, seq, stamp, ..*packet }, out)
    }

    /// Writes a packet under these numbers.
    fn write(&mut self, red: Option<Redundancy>, packet: &Passed<'_>, out: &mut [u8]) -> Option<usize> {
        let Passed { payload_type, marked, seq, stamp, payload } = *packet;
        let (header, body) = out.split_at_mut_checked(HEADER)?;
        let mut rest = body;
        let mut length = HEADER;
        let mut put = |octets: &[u8]| {
            let (place, after) = core::mem::take(&mut rest).split_at_mut_checked(octets.len())?;
            place.copy_from_slice(octets);
            (rest, length) = (after, length + octets.len());
            Some(())
        };
        if let Some(Redundancy { generations, .. }) = red {
            let older = self.run_before(seq, stamp).min(generations.into());
            let older = self.before.get(..older)?;
            for before in older.iter().rev() {
                let back = stamp.wrapping_sub(before.stamp) as u16;
                let size = before.octets.len() as u16;
                let [low, high] = [back << 2 | size >> 8, back >> 6].map(|octet| octet as u8);
                put(&[MORE | payload_type, high, low, size as u8])?;
            }
            put(&[payload_type])?;
            older.iter().rev().try_for_each(|before| put(&before.octets))?;
        }
        put(payload)?;
        self.write_header(red.map_or(payload_type, |red| red.payload_type), marked, seq, stamp, header);
        if red.is_some() {
            self.keep(seq, stamp, payload);
        }
        Some(length)
    }

    /// How many of the packets that are kept are those right before a packet: RFC 2198 says how far back each begins, and
    /// nothing of numbers, so whoever mends a loss with them takes them for the packets before.
    fn run_before(&self, seq: u16, stamp: u32) -> usize {
        let mut next = (seq, stamp);
        let follows = |before: &&Before| {
            let is_right = (before.seq.wrapping_add(1), before.end()) == next && !before.octets.is_empty();
            next = (before.seq, before.stamp);
            is_right
        };
        self.before.iter().take_while(follows).count()
    }

    /// Keeps a packet, unless another overtook it.
    fn keep(&mut self, seq: u16, stamp: u32, payload: &[u8]) {
        if self.before.first().is_some_and(|newest| seq.wrapping_sub(newest.seq) >= 1 << 15) {
            return;
        }
        self.before.rotate_right(1);
        if let Some(place) = self.before.first_mut() {
            (place.seq, place.stamp) = (seq, stamp);
            place.octets.clear();
            place.octets.extend(payload.iter().take(320));
        }
    }

    /// What is passed on from now comes from elsewhere, or goes on after a pause.
    pub(super) fn stop_passing(&mut self) {
        self.passing = None;
        self.marked = true;
    }

    fn write_header(&self, kind: u8, marked: bool, seq: u16, stamp: u32, header: &mut [u8]) {
        let [high, low] = seq.to_be_bytes();
        let [a, b, c, d] = stamp.to_be_bytes();
        let [e, f, g, h] = self.ssrc.to_be_bytes();
        header.copy_from_slice(&[0x80, u8::from(marked) << 7 | kind, high, low, a, b, c, d, e, f, g, h]);
    }
}

impl Before {
    /// The stamp of what comes right after it.
    fn end(&self) -> u32 {
        self.stamp.wrapping_add(self.octets.len() as u32)
    }
}

/// Spreads a seed over all bits (SplitMix64, Steele and others 2014).
fn mix(seed: u64) -> u64 {
    let mut z = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ z >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ z >> 31
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Law;
    use crate::media::{Flow, Redundancy};
    use fax_core::Span;
    use fax_t38::rtp::{Packet, Red};

    const fn red(generations: u8) -> Option<Redundancy> {
        Some(Redundancy { payload_type: 121, generations })
    }

    fn audio(red: Option<Redundancy>) -> Audio {
        Audio {
            remote: ([127, 0, 0, 1], 9).into(),
            law: Law::A,
            packet: Span::from_millis(20),
            red,
            events: None,
            flow: Flow::Both,
        }
    }

    #[test]
    fn numbers_and_stamps_run_on_from_passed_packets_to_our_own() {
        let mut stream = RtpOut::new(1);
        let mut out = [0; LONGEST];
        let mut seen = Vec::new();
        for n in 0..4_u16 {
            let passed = Passed {
                payload_type: 8,
                marked: false,
                seq: 700 + n,
                stamp: 160 * u32::from(n),
                payload: &[n as u8; 160],
            };
            let length = stream.pass(&passed, None, &mut out).unwrap();
            let packet = Packet::parse(&out[..length]).unwrap();
            assert_eq!(packet.payload, [n as u8; 160]);
            seen.push((packet.seq.0, packet.stamp));
        }
        for _ in 0..2 {
            let length = stream.packet(&audio(None), &[9; 160], &mut out).unwrap();
            let packet = Packet::parse(&out[..length]).unwrap();
            seen.push((packet.seq.0, packet.stamp));
        }
        assert!(
            seen.windows(2).all(|w| w[1].0 == w[0].0.wrapping_add(1) && w[1].1 == w[0].1.wrapping_add(160))
        );
    }

    #[test]
    fn a_lost_packet_stays_lost_in_what_is_passed_on() {
        let mut stream = RtpOut::new(1);
        let mut out = [0; LONGEST];
        let mut numbers = [10_u16, 12, 11, 13].map(|seq| {
            let passed = Passed {
                payload_type: 0,
                marked: false,
                seq,
                stamp: 160 * u32::from(seq),
                payload: &[0; 160],
            };
            let length = stream.pass(&passed, None, &mut out).unwrap();
            Packet::parse(&out[..length]).unwrap().seq.0
        });
        let first = numbers[0];
        numbers.iter_mut().for_each(|seq| *seq = seq.wrapping_sub(first));
        assert_eq!(numbers, [0, 2, 1, 3]);
    }

    /// The offset, length and first octet of what goes along with a packet, oldest first.
    fn beside(packet: &[u8], payload: &[u8]) -> Vec<(u16, usize, u8)> {
        let packet = Packet::parse(packet).unwrap();
        let red = Red::parse(packet.payload).unwrap();
        assert_eq!((packet.payload_type, red.payload_type, red.primary), (121, 8, payload));
        let mut older: Vec<_> =
            red.newest_first().map(|block| (block.offset, block.octets.len(), block.octets[0])).collect();
        older.reverse();
        older
    }

    #[test]
    fn with_redundancy_each_packet_carries_those_before() {
        for generations in 0..=Redundancy::MOST {
            let mut stream = RtpOut::new(2);
            let mut out = [0; LONGEST];
            for n in 0..5_u8 {
                let payload = [n; 160];
                let length = stream.packet(&audio(red(generations)), &payload, &mut out).unwrap();
                let wanted: Vec<_> = (n.saturating_sub(generations)..n)
                    .map(|older| (160 * u16::from(n - older), 160, older))
                    .collect();
                assert_eq!(beside(&out[..length], &payload), wanted);
            }
        }
    }

    #[test]
    fn the_longest_packets_have_room() {
        let mut stream = RtpOut::new(2);
        let mut out = [0; LONGEST];
        let lengths = [0; 3]
            .map(|octet| stream.packet(&audio(red(Redundancy::MOST)), &[octet; 320], &mut out).unwrap());
        assert_eq!(lengths, [333, 657, LONGEST]);
    }

    /// What is passed on and what is our own is one stream; a packet that is not the one before is not sent in its place.
    #[test]
    fn what_is_passed_on_carries_the_packets_before_it_and_no_others() {
        let mut stream = RtpOut::new(3);
        let mut out = [0; LONGEST];
        let mut older = |stream: &mut RtpOut, seq: Option<u16>, fill: u8| {
            let payload = [fill; 160];
            let length = match seq {
                Some(seq) => {
                    let stamp = 160 * u32::from(seq);
                    let passed = Passed { payload_type: 8, marked: false, seq, stamp, payload: &payload };
                    stream.pass(&passed, red(2), &mut out)
                }
                None => stream.packet(&audio(red(2)), &payload, &mut out),
            };
            beside(&out[..length.unwrap()], &payload).iter().map(|(_, _, octet)| *octet).collect::<Vec<_>>()
        };
        let order = [Some(10), Some(11), Some(13), Some(12), Some(14), Some(15), None, None];
        let carried: Vec<_> =
            order.into_iter().zip(0..).map(|(seq, fill)| older(&mut stream, seq, fill)).collect();
        assert_eq!(carried, [vec![], vec![0], vec![], vec![], vec![2], vec![2, 4], vec![4, 5], vec![5, 6]]);
    }
}
