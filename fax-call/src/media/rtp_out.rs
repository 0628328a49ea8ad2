//! One stream of RTP to a peer, whoever speaks in it: numbers and stamps run on (NAT-7).

use super::order::Audio;

/// Octets of an RTP header without contributors.
const HEADER: usize = 12;
/// Octets of the longest packet: 40 ms and the 40 ms before it.
pub(super) const LONGEST: usize = HEADER + 5 + 2 * 320;
/// Header bit of RFC 2198: another header follows.
const MORE: u8 = 0x80;

/// Numbers, stamps and source of a stream, and its last audio for RFC 2198.
#[derive(Clone, Debug)]
pub(super) struct RtpOut {
    ssrc: u32,
    seq: u16,
    stamp: u32,
    marked: bool,
    before: Before,
    /// What is added to the numbers and stamps of the packets that are passed on.
    passing: Option<(u16, u32)>,
}

/// The audio that was sent last.
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
        let before = Before { seq, stamp, octets: Vec::with_capacity(320) };
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

    /// Writes a packet of the other side as it is, under our numbers; its length. `red`: what carries it together with the
    /// packet before it, if it is audio and that is agreed.
    pub(super) fn pass(&mut self, packet: &Passed<'_>, red: Option<u8>, out: &mut [u8]) -> Option<usize> {
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
    fn write(&mut self, red: Option<u8>, packet: &Passed<'_>, out: &mut [u8]) -> Option<usize> {
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
        if red.is_some() {
            let older = self.before.of(seq, stamp);
            if !older.is_empty() {
                let size = older.len() as u16; // in octets, and in ticks back
                put(&[
                    MORE | payload_type,
                    (size >> 6) as u8,
                    (size << 2) as u8 | (size >> 8) as u8 & 3,
                    size as u8,
                ])?;
            }
            put(&[payload_type])?;
            put(older)?;
        }
        put(payload)?;
        self.write_header(red.unwrap_or(payload_type), marked, seq, stamp, header);
        if red.is_some() {
            self.before.keep(seq, stamp, payload);
        }
        Some(length)
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
    /// The octets, if they are those right before a packet: RFC 2198 says how far back they begin, and nothing of numbers, so
    /// whoever mends a loss with them takes them for the packet before.
    fn of(&self, seq: u16, stamp: u32) -> &[u8] {
        let end = self.stamp.wrapping_add(self.octets.len() as u32);
        if self.seq.wrapping_add(1) == seq && end == stamp { &self.octets } else { &[] }
    }

    /// Keeps a packet, unless another overtook it.
    fn keep(&mut self, seq: u16, stamp: u32, octets: &[u8]) {
        if seq.wrapping_sub(self.seq) >= 1 << 15 {
            return;
        }
        (self.seq, self.stamp) = (seq, stamp);
        self.octets.clear();
        self.octets.extend(octets.iter().take(320));
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
    use crate::media::Flow;
    use fax_core::Span;
    use fax_t38::rtp::{Packet, Red};

    fn audio(red: Option<u8>) -> Audio {
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

    #[test]
    fn with_redundancy_each_packet_carries_the_one_before() {
        let mut stream = RtpOut::new(2);
        let mut out = [0; LONGEST];
        for n in 0..3_u8 {
            let length = stream.packet(&audio(Some(121)), &[n; 160], &mut out).unwrap();
            let packet = Packet::parse(&out[..length]).unwrap();
            assert_eq!(packet.payload_type, 121);
            let red = Red::parse(packet.payload).unwrap();
            assert_eq!((red.payload_type, red.primary), (8, &[n; 160][..]));
            let older: Vec<_> =
                red.newest_first().map(|b| (b.payload_type, b.offset, b.octets.to_vec())).collect();
            assert_eq!(older, if n == 0 { vec![] } else { vec![(8, 160, vec![n - 1; 160])] });
        }
    }

    /// What is passed on and what is our own is one stream; a packet that is not the one before is not sent in its place.
    #[test]
    fn what_is_passed_on_carries_the_packet_before_it_and_no_other() {
        let mut stream = RtpOut::new(3);
        let mut out = [0; LONGEST];
        let mut older = |stream: &mut RtpOut, seq: Option<u16>, fill: u8| {
            let payload = &[fill; 160];
            let length = match seq {
                Some(seq) => {
                    let stamp = 160 * u32::from(seq);
                    let passed = Passed { payload_type: 8, marked: false, seq, stamp, payload };
                    stream.pass(&passed, Some(121), &mut out)
                }
                None => stream.packet(&audio(Some(121)), payload, &mut out),
            };
            let packet = Packet::parse(&out[..length.unwrap()]).unwrap();
            let red = Red::parse(packet.payload).unwrap();
            assert_eq!((packet.payload_type, red.primary), (121, &payload[..]));
            red.newest_first().map(|block| (block.offset, block.octets[0])).next()
        };
        let order = [Some(10), Some(11), Some(13), Some(12), Some(14), Some(15), None, None];
        let carried: Vec<_> =
            order.into_iter().zip(0..).map(|(seq, fill)| older(&mut stream, seq, fill)).collect();
        let before = |fill| Some((160, fill));
        assert_eq!(carried, [None, before(0), None, None, before(2), before(4), before(5), before(6)]);
    }
}
