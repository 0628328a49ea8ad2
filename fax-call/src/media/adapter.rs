//! A telephone channel as RTP: what an adapter between a phone line and a network does, and no more.
//!
//! From: RFC 3550, RFC 3551, RFC 2198; field notes AUD-1, AUD-2.
//! Always: each block that is heard is one packet; each block that is said is as long.
//! Not here: T.38, and what two legs do to each other ([`Path`](super::Path)).

use super::audio_leg::{AudioCounters, AudioLeg, BLOCK};
use super::order::Audio;
use super::path::{Sending, Socket};
use super::playout::silence;
use super::settings::LegSettings;
use core::net::SocketAddr;
use fax_core::Timestamp;

/// A telephone channel over RTP, driven by the samples of its channel: their clock is its clock.
///
/// Of the settings of its leg it keeps to `learning` and `jitter`.
#[derive(Clone, Debug)]
pub struct Adapter {
    leg: AudioLeg,
}

impl Adapter {
    /// A channel on which nothing is agreed yet. `seed`: see [`Settings::seed`](super::Settings::seed).
    pub fn new(settings: &LegSettings, seed: u64) -> Self {
        Self { leg: AudioLeg::new(settings, seed) }
    }

    /// Signalling has agreed on this. How long a packet is follows from the blocks, not from what is said there.
    pub fn order(&mut self, now: Timestamp, audio: Audio) {
        self.leg.begin(now, audio);
    }

    /// Takes a packet that came, and says whether it is the peer's.
    pub fn receive(&mut self, now: Timestamp, from: SocketAddr, packet: &[u8]) -> bool {
        self.leg.receive(now, from, packet, |_| {})
    }

    /// Hears a block of the channel, at most 40 ms, and says as much. Where nothing is agreed there is silence.
    pub fn exchange(&mut self, heard: &[i16], said: &mut [i16]) {
        said.fill(0);
        let Some(Audio { law, .. }) = self.leg.audio else { return };
        let (decode, encode) = (law.decoder(), law.encoder());
        let mut octets = [silence(law); BLOCK];
        octets.iter_mut().zip(heard).for_each(|(octet, sample)| *octet = encode(*sample));
        self.leg.send(octets.get(..heard.len()).unwrap_or(&octets));
        let played = octets.get_mut(..said.len().min(BLOCK)).unwrap_or_default();
        self.leg.play(played);
        said.iter_mut().zip(played).for_each(|(sample, octet)| *sample = decode(*octet));
    }

    /// Writes the next packet to send. To be called until there is none.
    pub fn transmit(&mut self, out: &mut [u8]) -> Option<Sending> {
        let (to, length) = self.leg.transmit(out)?;
        Some(Sending { socket: Socket::Rtp, to, length })
    }

    /// What it has seen.
    pub fn counters(&self) -> AudioCounters {
        self.leg.counters()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Law;
    use crate::media::{Flow, Redundancy};
    use fax_core::Span;

    /// The blocks that are said of ten, block n of a thousand times n, each `late` blocks after it was heard at least, if
    /// these are lost.
    fn said(generations: u8, late: impl Fn(u64) -> u64, lost: &[u64]) -> Vec<i16> {
        let remote: SocketAddr = ([192, 0, 2, 1], 4000).into();
        let red = (generations > 0).then_some(Redundancy { payload_type: 101, generations });
        let (packet, law) = (Span::from_millis(20), Law::Mu);
        let adapter = |seed| {
            let mut adapter = Adapter::new(&LegSettings::default(), seed);
            adapter
                .order(Timestamp::ZERO, Audio { remote, law, packet, red, events: None, flow: Flow::Both });
            adapter
        };
        let (mut from, mut to) = (adapter(1), adapter(2));
        let mut under_way = Vec::new();
        let mut heard = Vec::new();
        for n in 0..10 {
            let mut packet = [0; 600];
            from.exchange(&[1000 * n as i16; 160], &mut [0; 160]);
            let Sending { length, .. } = from.transmit(&mut packet).expect("a packet");
            assert!(from.transmit(&mut packet).is_none());
            if !lost.contains(&n) {
                under_way.push((n + late(n), packet, length));
            }
            let now = Timestamp::from_samples(160 * n);
            under_way.retain(|(due, packet, length)| {
                let is_due = *due == n;
                assert!(!is_due || to.receive(now, remote, &packet[..*length]));
                !is_due
            });
            let mut block = [0; 160];
            to.exchange(&[0; 160], &mut block);
            assert!(block.iter().all(|sample| *sample == block[0]));
            heard.push((block[0] + 500) / 1000);
        }
        heard
    }

    #[test]
    fn a_channel_comes_out_after_the_jitter_that_is_allowed_for_and_a_hole_repeats() {
        assert_eq!(said(0, |_| 0, &[4]), [0, 0, 0, 0, 1, 2, 3, 3, 5, 6]);
        assert_eq!(said(0, |n| n % 3, &[]), [0, 0, 0, 0, 1, 2, 3, 4, 5, 6]);
    }

    #[test]
    fn what_comes_later_than_that_is_missing() {
        assert_eq!(said(0, |n| if n == 3 { 4 } else { 0 }, &[]), [0, 0, 0, 0, 1, 2, 2, 4, 5, 6]);
    }

    #[test]
    fn generations_fill_holes_as_long_as_they_are() {
        assert_eq!(said(1, |_| 0, &[3]), [0, 0, 0, 0, 1, 2, 3, 4, 5, 6]);
        assert_eq!(said(2, |_| 0, &[3, 4]), [0, 0, 0, 0, 1, 2, 3, 4, 5, 6]);
        assert_eq!(said(2, |_| 0, &[2, 3, 4]), [0, 0, 0, 0, 1, 1, 3, 4, 5, 6]);
    }

    #[test]
    fn nothing_is_said_or_sent_before_an_order() {
        let mut adapter = Adapter::new(&LegSettings::default(), 1);
        let mut block = [7; 160];
        adapter.exchange(&[9; 160], &mut block);
        assert_eq!((block, adapter.transmit(&mut [0; 600])), ([0; 160], None));
    }
}
