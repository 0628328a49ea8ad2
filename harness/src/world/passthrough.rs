//! Audio as RTP packets of G.711, end to end: no T.38 at all.
//!
//! 20 ms a packet, a playout delay that is fixed by the first packet, late packets dropped, a hole
//! filled with the last 20 ms. (20 ms hold a whole number of symbols and of carrier periods in every
//! fax modem, so a repeat keeps phase and timing; silence fares far worse.)
//!
//! From: RFC 3550, RFC 3551; the project's peer baseline, section 2 and table T9.

use super::ends::{Gateway, PacketSide};
use crate::stimulus::Law;
use audio_codec_algorithms::{decode_alaw, decode_ulaw, encode_alaw, encode_ulaw};
use fax_core::{Span, Timestamp};
use std::collections::{BTreeMap, VecDeque};

/// One side.
#[derive(Debug)]
pub struct Passthrough {
    law: Law,
    playout: Span,
    seq: u16,
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

const HEADER: usize = 12;

impl Passthrough {
    /// A side that plays each packet `playout` after the first one's arrival and the time between them.
    pub fn new(law: Law, playout: Span) -> Self {
        Self { law, playout, seq: 0, outbox: VecDeque::new(), incoming: Incoming::default() }
    }

    fn packet(&self, heard: &[i16]) -> Vec<u8> {
        let (kind, encode): (u8, fn(i16) -> u8) = match self.law {
            Law::Mu => (0, encode_ulaw),
            Law::A => (8, encode_alaw),
        };
        let mut packet = vec![0x80, kind];
        packet.extend(self.seq.to_be_bytes());
        packet.extend((u32::from(self.seq) * heard.len() as u32).to_be_bytes());
        packet.extend([0; 4]);
        packet.extend(heard.iter().map(|x| encode(*x)));
        packet
    }
}

impl Gateway for Passthrough {
    fn exchange(&mut self, now: Timestamp, heard: &[i16], said: &mut [i16]) {
        let packet = self.packet(heard);
        self.outbox.push_back(packet);
        self.seq = self.seq.wrapping_add(1);
        self.incoming.play(now, said);
    }
}

impl PacketSide for Passthrough {
    fn receive(&mut self, now: Timestamp, datagram: &[u8]) {
        let Some((header, payload)) = datagram.split_at_checked(HEADER) else { return };
        let seq = u16::from_be_bytes([header[2], header[3]]);
        let decode = match self.law {
            Law::Mu => decode_ulaw,
            Law::A => decode_alaw,
        };
        if self.incoming.begins.is_none() {
            self.incoming.begins = Some(now + self.playout);
            self.incoming.next = seq.into();
        }
        let ahead = seq.wrapping_sub(self.incoming.next as u16) as i16;
        if let Ok(ahead) = u64::try_from(ahead) {
            let samples = payload.iter().map(|octet| decode(*octet)).collect();
            self.incoming.waiting.insert(self.incoming.next + ahead, samples);
        }
    }

    fn transmit(&mut self, _now: Timestamp, out: &mut [u8]) -> Option<usize> {
        let packet = self.outbox.pop_front()?;
        out.get_mut(..packet.len())?.copy_from_slice(&packet);
        Some(packet.len())
    }
}

impl Incoming {
    fn play(&mut self, now: Timestamp, said: &mut [i16]) {
        said.fill(0);
        if self.begins.is_none_or(|begins| now < begins) {
            return;
        }
        if let Some(samples) = self.waiting.remove(&self.next) {
            self.last = samples;
        }
        self.next += 1;
        for (out, x) in said.iter_mut().zip(&self.last) {
            *out = *x;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> Timestamp {
        Timestamp::from_micros(ms * 1000)
    }

    #[test]
    fn audio_comes_out_after_its_playout_delay_and_a_hole_repeats() {
        let side = || Passthrough::new(Law::Mu, Span::from_millis(60));
        let (mut from, mut to) = (side(), side());
        let mut played = Vec::new();
        for n in 0..10_i16 {
            let block = [1000 * n; 160];
            let mut said = [0; 160];
            from.exchange(at(20 * n as u64), &block, &mut said);
            let mut packet = [0; 200];
            let length = from.transmit(at(20 * n as u64), &mut packet).expect("a packet");
            assert_eq!(length, 172);
            if n != 4 {
                to.receive(at(20 * n as u64), &packet[..length]);
            }
            to.exchange(at(20 * n as u64 + 1), &block, &mut said);
            played.push((said[0] + 500) / 1000);
        }
        assert_eq!(played, [0, 0, 0, 0, 1, 2, 3, 3, 5, 6]);
    }

    #[test]
    fn what_comes_late_is_dropped() {
        let mut to = Passthrough::new(Law::A, Span::from_millis(20));
        let mut from = Passthrough::new(Law::A, Span::from_millis(20));
        let mut packets = Vec::new();
        for n in 0..4 {
            let mut said = [0; 160];
            from.exchange(at(20 * n), &[5000 + 1000 * n as i16; 160], &mut said);
            let mut packet = [0; 200];
            let length = from.transmit(at(0), &mut packet).expect("a packet");
            packets.push(packet[..length].to_vec());
        }
        let mut said = [0; 160];
        to.receive(at(0), &packets[0]);
        to.exchange(at(20), &[0; 160], &mut said);
        to.exchange(at(40), &[0; 160], &mut said);
        to.receive(at(41), &packets[1]);
        assert!(to.incoming.waiting.is_empty());
        to.receive(at(42), &packets[2]);
        to.exchange(at(60), &[0; 160], &mut said);
        assert!((said[0] - 7000).abs() < 300, "{}", said[0]);
    }
}
