//! Audio as RTP packets of G.711: what a phone line becomes on a network without T.38.
//!
//! 20 ms a packet, older packets repeated beside it if wanted (RFC 2198), a playout delay that is fixed by
//! the first packet, late packets dropped, a hole filled with the last 20 ms. (20 ms hold a whole number of
//! symbols and of carrier periods in every fax modem, so a repeat keeps phase and timing; silence fares far
//! worse.)
//!
//! From: RFC 3550, RFC 3551, RFC 2198; the project's peer baseline, section 2 and table T9.

use super::ends::PacketSide;
use crate::stimulus::Law;
use audio_codec_algorithms::{decode_alaw, decode_ulaw, encode_alaw, encode_ulaw};
use fax_core::{Span, Timestamp};
use fax_t38::rtp::{Packet, Red};
use std::collections::{BTreeMap, VecDeque};

/// One end of an RTP session.
#[derive(Debug)]
pub struct RtpAudio {
    law: Law,
    playout: Span,
    /// Older packets beside each.
    generations: usize,
    seq: u16,
    /// Payloads that are repeated, the oldest first.
    sent: VecDeque<Vec<u8>>,
    outbox: VecDeque<Vec<u8>>,
    incoming: Incoming,
}

/// The jitter buffer.
#[derive(Debug, Default)]
struct Incoming {
    /// Set by the first packet: when it is played.
    begins: Option<Timestamp>,
    /// Number of the packet that is played next, counted on past 65 535.
    next: u64,
    waiting: BTreeMap<u64, Vec<i16>>,
    last: Vec<i16>,
}

/// The payload type of RFC 2198; G.711 has 0 and 8.
pub(crate) const RED: u8 = 101;

impl RtpAudio {
    /// Plays each packet `playout` after the first one's arrival and the time between them, and sends so many
    /// older packets beside each.
    pub fn new(law: Law, playout: Span, generations: usize) -> Self {
        Self {
            law,
            playout,
            generations,
            seq: 0,
            sent: VecDeque::new(),
            outbox: VecDeque::new(),
            incoming: Incoming::default(),
        }
    }

    /// Sends a block.
    pub fn say(&mut self, samples: &[i16]) {
        let (kind, encode): (u8, fn(i16) -> u8) = match self.law {
            Law::Mu => (0, encode_ulaw),
            Law::A => (8, encode_alaw),
        };
        let payload: Vec<u8> = samples.iter().map(|x| encode(*x)).collect();
        let mut packet = vec![0x80, if self.generations == 0 { kind } else { RED }];
        packet.extend(self.seq.to_be_bytes());
        packet.extend((u32::from(self.seq) * samples.len() as u32).to_be_bytes());
        packet.extend([0; 4]);
        if self.generations > 0 {
            for (age, old) in (1..=self.sent.len()).rev().zip(&self.sent) {
                // Another header follows; 14 bits of distance, 10 of length.
                let distance_and_length = (age * samples.len()) << 10 | old.len();
                packet.push(0x80 | kind);
                packet.extend(&(distance_and_length as u32).to_be_bytes()[1..]);
            }
            packet.push(kind);
            packet.extend(self.sent.iter().flatten());
        }
        packet.extend(&payload);
        self.outbox.push_back(packet);
        self.seq = self.seq.wrapping_add(1);
        self.sent.push_back(payload);
        if self.sent.len() > self.generations {
            self.sent.pop_front();
        }
    }

    /// Plays the next block; whether it came, or was invented.
    pub fn play(&mut self, now: Timestamp, said: &mut [i16]) -> bool {
        self.incoming.play(now, said)
    }
}

impl PacketSide for RtpAudio {
    fn receive(&mut self, now: Timestamp, datagram: &[u8]) {
        let Ok(packet) = Packet::parse(datagram) else { return };
        let seq = packet.seq.0;
        if self.incoming.begins.is_none() {
            self.incoming.begins = Some(now + self.playout);
            self.incoming.next = seq.into();
        }
        if packet.payload_type != RED {
            return self.incoming.take(self.law, seq, packet.payload);
        }
        let Ok(red) = Red::parse(packet.payload) else { return };
        self.incoming.take(self.law, seq, red.primary);
        for (age, block) in (1..).zip(red.newest_first()) {
            self.incoming.take(self.law, seq.wrapping_sub(age), block.octets);
        }
    }

    fn transmit(&mut self, _now: Timestamp, out: &mut [u8]) -> Option<usize> {
        let packet = self.outbox.pop_front()?;
        out.get_mut(..packet.len())?.copy_from_slice(&packet);
        Some(packet.len())
    }
}

impl Incoming {
    /// Keeps a packet that is not too late.
    fn take(&mut self, law: Law, seq: u16, payload: &[u8]) {
        let decode = match law {
            Law::Mu => decode_ulaw,
            Law::A => decode_alaw,
        };
        let ahead = seq.wrapping_sub(self.next as u16) as i16;
        if let Ok(ahead) = u64::try_from(ahead) {
            let samples = || payload.iter().map(|octet| decode(*octet)).collect();
            self.waiting.entry(self.next + ahead).or_insert_with(samples);
        }
    }

    fn play(&mut self, now: Timestamp, said: &mut [i16]) -> bool {
        said.fill(0);
        if self.begins.is_none_or(|begins| now < begins) {
            return true;
        }
        let came = self.waiting.remove(&self.next).map(|samples| self.last = samples).is_some();
        self.next += 1;
        for (out, x) in said.iter_mut().zip(&self.last) {
            *out = *x;
        }
        came
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> Timestamp {
        Timestamp::from_micros(ms * 1000)
    }

    /// What is played of ten blocks, block n of a thousand times n, if these numbers are lost.
    fn played(generations: usize, lost: &[i16]) -> Vec<i16> {
        let side = || RtpAudio::new(Law::Mu, Span::from_millis(60), generations);
        let (mut from, mut to) = (side(), side());
        let play = |n: i16| {
            let now = at(20 * n as u64);
            from.say(&[1000 * n; 160]);
            let mut packet = [0; 700];
            let length = from.transmit(now, &mut packet).expect("a packet");
            let full = if generations == 0 { 172 } else { 173 + 164 * generations.min(n as usize) };
            assert_eq!(length, full);
            if !lost.contains(&n) {
                to.receive(now, &packet[..length]);
            }
            let mut said = [0; 160];
            to.play(at(20 * n as u64 + 1), &mut said);
            (said[0] + 500) / 1000
        };
        (0..10).map(play).collect()
    }

    #[test]
    fn audio_comes_out_after_its_playout_delay_and_a_hole_repeats() {
        assert_eq!(played(0, &[4]), [0, 0, 0, 0, 1, 2, 3, 3, 5, 6]);
    }

    #[test]
    fn generations_fill_holes_as_long_as_they_are() {
        assert_eq!(played(2, &[3, 4]), [0, 0, 0, 0, 1, 2, 3, 4, 5, 6]);
        assert_eq!(played(2, &[2, 3, 4]), [0, 0, 0, 0, 1, 1, 3, 4, 5, 6]);
    }

    #[test]
    fn what_comes_late_is_dropped() {
        let mut to = RtpAudio::new(Law::A, Span::from_millis(20), 0);
        let mut from = RtpAudio::new(Law::A, Span::from_millis(20), 0);
        let mut packets = Vec::new();
        for n in 0..4 {
            from.say(&[5000 + 1000 * n as i16; 160]);
            let mut packet = [0; 200];
            let length = from.transmit(at(0), &mut packet).expect("a packet");
            packets.push(packet[..length].to_vec());
        }
        let mut said = [0; 160];
        to.receive(at(0), &packets[0]);
        to.play(at(20), &mut said);
        to.play(at(40), &mut said);
        to.receive(at(41), &packets[1]);
        assert!(to.incoming.waiting.is_empty());
        to.receive(at(42), &packets[2]);
        to.play(at(60), &mut said);
        assert!((said[0] - 7000).abs() < 300, "{}", said[0]);
    }
}
