//! One stream of RTP to a peer, whoever speaks in it: numbers and stamps run on (NAT-7).

use super::order::Audio;

/// Octets of an RTP header without contributors.
const HEADER: usize = 12;
/// Octets of the longest packet: 40 ms and the 40 ms before it.
pub(super) const LONGEST: usize = HEADER + 5 + 2 * 320;
/// Header bit of RFC 2198: another header follows.
const MORE: u8 = 0x80;

/// Numbers, stamps and source of a stream, and its last payload for RFC 2198.
#[derive(Clone, Debug)]
pub(super) struct RtpOut {
    ssrc: u32,
    seq: u16,
    stamp: u32,
    marked: bool,
    before: Vec<u8>,
    /// What is added to the numbers and stamps of the packets that are passed on.
    passing: Option<(u16, u32)>,
}

/// A packet that is passed on.
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
        Self { ssrc, seq, stamp, marked: true, before: Vec::with_capacity(320), passing: None }
    }

    /// Writes our own next packet; its length. Octets of which there is no room are not sent, but counted in the stamp.
    pub(super) fn packet(&mut self, audio: &Audio, octets: &[u8], out: &mut [u8]) -> Option<usize> {
        self.passing = None;
        let (seq, stamp, marked) = (self.seq, self.stamp, core::mem::take(&mut self.marked));
        self.seq = seq.wrapping_add(1);
        self.stamp = stamp.wrapping_add(octets.len() as u32);
        let kind = audio.law.payload_type();
        let (header, body) = out.split_at_mut_checked(HEADER)?;
        let older = audio.red.map(|_| self.before.as_slice()).filter(|before| !before.is_empty());
        let mut rest = body;
        let mut length = HEADER;
        let mut put = |octets: &[u8]| {
            let (place, after) = core::mem::take(&mut rest).split_at_mut_checked(octets.len())?;
            place.copy_from_slice(octets);
            (rest, length) = (after, length + octets.len());
            Some(())
        };
        if let Some(older) = older {
            let size = older.len() as u16; // in octets, and in ticks back
            put(&[MORE | kind, (size >> 6) as u8, (size << 2) as u8 | (size >> 8) as u8 & 3, size as u8])?;
        }
        if audio.red.is_some() {
            put(&[kind])?;
        }
        put(older.unwrap_or_default())?;
        put(octets)?;
        self.write_header(audio.red.unwrap_or(kind), marked, seq, stamp, header);
        self.before.clear();
        self.before.extend(octets.iter().take(320));
        Some(length)
    }

    /// Writes a packet of the other side as it is, under our numbers; its length.
    pub(super) fn pass(&mut self, packet: &Passed<'_>, out: &mut [u8]) -> Option<usize> {
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
        let (header, body) = out.split_at_mut_checked(HEADER)?;
        body.get_mut(..packet.payload.len())?.copy_from_slice(packet.payload);
        self.write_header(packet.payload_type, marked, seq, stamp, header);
        Some(HEADER + packet.payload.len())
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
            let length = stream.pass(&passed, &mut out).unwrap();
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
            let length = stream.pass(&passed, &mut out).unwrap();
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
}
