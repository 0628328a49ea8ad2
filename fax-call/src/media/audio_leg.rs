//! A phone leg over RTP: what comes in goes into the playout, what goes out has one stream.
//!
//! Its clock is the peer's: how much waits in the playout tells whether the peer counts samples faster than we do, and
//! both directions then go a little faster too. So no sample is ever lost or doubled for drift, and the far gateway's
//! clock rules both directions (AUD-1).

use super::ear::Ear;
use super::order::{Audio, Flow};
use super::pin::Pin;
use super::playout::{Playout, PlayoutCounters};
use super::rtp_out::{LONGEST, Passed, RtpOut};
use super::settings::LegSettings;
use super::sign::Sign;
use crate::Law;
use audio_codec_algorithms::{convert_alaw_to_ulaw, convert_ulaw_to_alaw};
use core::net::SocketAddr;
use fax_core::{Span, Timestamp};
use fax_t38::rtp::{Packet, Red};
use std::collections::VecDeque;

/// Packets that wait to be sent; each is sent as soon as it is fetched.
const OUTBOX: usize = 8;
/// Octets of the longest block that is played at once: 40 ms.
pub(super) const BLOCK: usize = 320;
/// How far the clock may follow the peer's: parts in a million.
const REACH_PPM: f32 = 500.0;
/// So many parts in a million for each octet more or less that waits: 10 ms make 200.
const PPM_PER_OCTET: f32 = 2.5;

/// One phone leg.
#[derive(Clone, Debug)]
pub(super) struct AudioLeg {
    pub(super) audio: Option<Audio>,
    pin: Pin,
    playout: Playout,
    ear: Ear,
    out: RtpOut,
    outbox: VecDeque<Vec<u8>>,
    spare: Vec<Vec<u8>>,
    source: Option<u32>,
    clock: Clock,
    received: u32,
    unreadable: u32,
    overflowed: u32,
    last: Option<Timestamp>,
    longest_gap: Span,
}

/// What a phone leg has seen, as numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AudioCounters {
    /// Packets taken.
    pub received: u32,
    /// Packets that were no RTP, or of a payload type that was not agreed.
    pub unreadable: u32,
    /// Packets of others than the peer.
    pub strangers: u32,
    /// How often the peer's address was learned.
    pub moves: u32,
    /// Packets that nobody fetched for sending.
    pub overflowed: u32,
    /// The longest time without a packet, between two.
    pub longest_gap: Span,
    /// How much faster the peer's clock runs than ours, parts in a million.
    pub drift_ppm: i16,
    /// What was played.
    pub playout: PlayoutCounters,
}

/// When the next block is due.
#[derive(Clone, Copy, Debug, Default)]
struct Clock {
    next: Timestamp,
    /// What the whole microseconds leave over, thousandths of one.
    rest: i64,
    /// Octets that wait beyond the delay, in the mean of the last second or so.
    excess: f32,
}

/// A block that was played.
#[derive(Clone, Copy, Debug)]
pub(super) struct Played {
    /// Octets.
    pub(super) length: usize,
    /// Whether most of them stand for a packet that did not come.
    pub(super) invented: bool,
}

impl AudioLeg {
    pub(super) fn new(settings: &LegSettings, seed: u64) -> Self {
        Self {
            audio: None,
            pin: Pin::new(settings.learning),
            playout: Playout::new(delay(settings)),
            ear: Ear::default(),
            out: RtpOut::new(seed),
            outbox: VecDeque::with_capacity(OUTBOX),
            spare: (0..OUTBOX).map(|_| Vec::with_capacity(LONGEST)).collect(),
            source: None,
            clock: Clock::default(),
            received: 0,
            unreadable: 0,
            overflowed: 0,
            last: None,
            longest_gap: Span::ZERO,
        }
    }

    /// Another peer is to come.
    pub(super) fn treat(&mut self, settings: &LegSettings) {
        self.pin.treat(settings.learning);
        self.playout.set_delay(delay(settings));
    }

    /// Signalling has agreed on this.
    pub(super) fn begin(&mut self, now: Timestamp, audio: Audio) {
        self.pin.name(audio.remote);
        self.playout.set_law(audio.law);
        if self.audio.is_none() {
            self.clock.next = now;
        }
        self.audio = Some(audio);
    }

    /// Nothing is played or sent until signalling agrees on audio again.
    pub(super) fn rest(&mut self) {
        self.audio = None;
    }

    /// Takes a packet that came on the RTP port, and says whether it is the peer's. Gives what is to be passed on of it, oldest
    /// first.
    pub(super) fn receive(
        &mut self,
        now: Timestamp,
        from: SocketAddr,
        octets: &[u8],
        mut pass: impl FnMut(Passed<'_>),
    ) -> bool {
        let Some(audio) = self.audio else {
            self.pin.passes_over(from);
            return false;
        };
        let packet = Packet::parse(octets).ok().filter(|packet| is_agreed(&audio, packet.payload_type));
        let is_good = packet.is_some();
        let Some(packet) = packet.filter(|_| self.pin.admits(now, from, true)) else {
            if !is_good {
                self.pin.admits(now, from, false);
                self.unreadable = self.unreadable.saturating_add(1);
            }
            return false;
        };
        self.arrived(now, &packet);
        if audio.flow == Flow::Send || audio.flow == Flow::Neither {
            return true;
        }
        let marked = octets.get(1).is_some_and(|octet| octet & 0x80 != 0);
        let passed = |payload_type, seq, stamp, payload| Passed { payload_type, marked, seq, stamp, payload };
        let seq = packet.seq.0;
        if Some(packet.payload_type) == audio.events {
            pass(passed(packet.payload_type, seq, packet.stamp, packet.payload));
        } else if Some(packet.payload_type) != audio.red.map(|red| red.payload_type) {
            self.take(&audio, passed(packet.payload_type, seq, packet.stamp, packet.payload), &mut pass);
        } else if let Ok(red) = Red::parse(packet.payload) {
            let mut older = [(0_u16, 0_u32, 0_u8, &[][..]); 4];
            let found = older.iter_mut().zip(red.newest_first()).zip(1..).map(|((place, block), back)| {
                let stamp = packet.stamp.wrapping_sub(block.offset.into());
                *place = (seq.wrapping_sub(back), stamp, block.payload_type, block.octets);
            });
            let found = found.count();
            for (seq, stamp, kind, payload) in older.iter().take(found).rev() {
                self.take(&audio, passed(*kind, *seq, *stamp, payload), &mut pass);
            }
            self.take(&audio, passed(red.payload_type, seq, packet.stamp, red.primary), &mut pass);
        } else {
            self.unreadable = self.unreadable.saturating_add(1);
        }
        true
    }

    /// Whom it speaks with.
    pub(super) fn peer(&self) -> Option<SocketAddr> {
        self.pin.target()
    }

    fn arrived(&mut self, now: Timestamp, packet: &Packet<'_>) {
        self.received = self.received.saturating_add(1);
        if let Some(last) = self.last {
            self.longest_gap = self.longest_gap.max(now.since(last));
        }
        self.last = Some(now);
        if self.source.is_some_and(|source| source != packet.ssrc) {
            self.playout.restart();
            self.clock.excess = 0.0;
        }
        self.source = Some(packet.ssrc);
    }

    /// Octets of audio, once: those that are there already are not passed on again.
    fn take(&mut self, audio: &Audio, packet: Passed<'_>, pass: &mut impl FnMut(Passed<'_>)) {
        let Some(law) = Law::of_payload_type(packet.payload_type) else { return };
        if packet.payload.is_empty() || packet.payload.len() > BLOCK || self.playout.has(packet.stamp) {
            return;
        }
        let mut octets = [0; BLOCK];
        let octets = &mut octets[..packet.payload.len()];
        octets.copy_from_slice(packet.payload);
        convert(octets, law, audio.law);
        let ahead = self.playout.take(packet.stamp, octets);
        if ahead > -(octets.len() as i32) {
            self.clock.saw(ahead - self.playout.delay());
            pass(packet);
        }
    }

    /// Passes on a packet of the other side as it is, with those before it where RFC 2198 is agreed on here; an event only
    /// if events are. `edit` may change audio: its law, its stamp there, its octets.
    pub(super) fn pass(&mut self, packet: &Passed<'_>, edit: impl FnOnce((Law, u32, &mut [u8]))) {
        let Some(audio) = self.audio.filter(|audio| may_send(audio.flow)) else { return };
        let law = Law::of_payload_type(packet.payload_type);
        let Some(payload_type) = law.map_or(audio.events, |_| Some(audio.law.payload_type())) else { return };
        let mut octets = [0; BLOCK];
        let Some(octets) = octets.get_mut(..packet.payload.len()) else { return };
        octets.copy_from_slice(packet.payload);
        if let Some(law) = law {
            convert(octets, law, audio.law);
            edit((audio.law, packet.stamp, octets));
        }
        let red = audio.red.filter(|_| law.is_some());
        let mut slot = self.slot();
        let written = self.out.pass(&Passed { payload_type, payload: octets, ..*packet }, red, &mut slot);
        self.post(slot, written);
    }

    /// Sends our own next octets.
    pub(super) fn send(&mut self, octets: &[u8]) {
        let Some(audio) = self.audio.filter(|audio| may_send(audio.flow)) else { return };
        let mut slot = self.slot();
        let written = self.out.packet(&audio, octets, &mut slot);
        self.post(slot, written);
    }

    /// What is passed on from now comes from elsewhere, or goes on after a pause.
    pub(super) fn stop_passing(&mut self) {
        self.out.stop_passing();
    }

    /// Plays the next block, if it is time.
    pub(super) fn tick(&mut self, now: Timestamp, out: &mut [u8; BLOCK]) -> Option<Played> {
        let audio = self.audio.filter(|_| now >= self.clock.next)?;
        let length = (audio.packet.samples() as usize).clamp(80, BLOCK);
        let invented = self.play(out.get_mut(..length)?);
        self.clock.advance(now, length);
        Some(Played { length, invented: 2 * invented >= length })
    }

    /// Plays the next octets, of whoever has a clock of his own; how many were invented.
    pub(super) fn play(&mut self, out: &mut [u8]) -> usize {
        self.playout.play(out)
    }

    /// Listens for signs of a fax in what was just played.
    pub(super) fn listen(&mut self, octets: &[u8]) -> Option<Sign> {
        self.ear.listen(self.audio?.law, octets, &self.playout)
    }

    /// What has been heard in what was played.
    pub(super) fn ear(&self) -> &Ear {
        &self.ear
    }

    /// The last octets played, oldest first.
    pub(super) fn past(&self, length: usize) -> Vec<u8> {
        self.playout.past(length).collect()
    }

    pub(super) fn deadline(&self) -> Option<Timestamp> {
        self.audio.map(|_| self.clock.next)
    }

    /// Writes the next packet to send; its length, and where to.
    pub(super) fn transmit(&mut self, out: &mut [u8]) -> Option<(SocketAddr, usize)> {
        let target = self.pin.target()?;
        let packet = self.outbox.pop_front()?;
        let length = packet.len();
        let written = out.get_mut(..length).map(|place| place.copy_from_slice(&packet));
        self.spare.push(packet);
        written.map(|()| (target, length))
    }

    pub(super) fn counters(&self) -> AudioCounters {
        AudioCounters {
            received: self.received,
            unreadable: self.unreadable,
            strangers: self.pin.strangers(),
            moves: self.pin.moves(),
            overflowed: self.overflowed,
            longest_gap: self.longest_gap,
            drift_ppm: self.clock.ppm() as i16,
            playout: *self.playout.counters(),
        }
    }

    /// An empty packet; the oldest that waits gives way.
    fn slot(&mut self) -> Vec<u8> {
        let mut slot = self.spare.pop().unwrap_or_else(|| {
            self.overflowed = self.overflowed.saturating_add(1);
            self.outbox.pop_front().unwrap_or_default()
        });
        slot.resize(LONGEST, 0);
        slot
    }

    fn post(&mut self, mut slot: Vec<u8>, written: Option<usize>) {
        match written {
            Some(length) => {
                slot.truncate(length);
                self.outbox.push_back(slot);
            }
            None => self.spare.push(slot),
        }
    }
}

impl Clock {
    /// A packet came with so many octets more than the delay in hand.
    fn saw(&mut self, excess: i32) {
        const WEIGHT: f32 = 1.0 / 64.0;
        self.excess += WEIGHT * (excess as f32 - self.excess);
    }

    fn ppm(&self) -> f32 {
        (self.excess * PPM_PER_OCTET).clamp(-REACH_PPM, REACH_PPM)
    }

    /// The block after this one is due after its length, a little sooner if more and more waits.
    fn advance(&mut self, now: Timestamp, octets: usize) {
        let nanos = octets as i64 * 125_000;
        let nanos = nanos - (nanos as f32 * self.ppm() * 1e-6) as i64 + self.rest;
        self.rest = nanos % 1000;
        let next = self.next + Span::from_micros((nanos / 1000).max(0) as u64);
        // Whoever drives us was away: what was not played in time is not played in a hurry.
        self.next = if now.since(next) > Span::from_millis(200) { now } else { next };
    }
}

/// Octets that wait before they are played.
fn delay(settings: &LegSettings) -> u32 {
    settings.jitter.samples().clamp(160, 1600) as u32
}

fn is_agreed(audio: &Audio, payload_type: u8) -> bool {
    Law::of_payload_type(payload_type).is_some()
        || Some(payload_type) == audio.red.map(|red| red.payload_type)
        || Some(payload_type) == audio.events
}

fn may_send(flow: Flow) -> bool {
    matches!(flow, Flow::Both | Flow::Send)
}

fn convert(octets: &mut [u8], from: Law, to: Law) {
    match (from, to) {
        (Law::A, Law::Mu) => octets.iter_mut().for_each(|octet| *octet = convert_alaw_to_ulaw(*octet)),
        (Law::Mu, Law::A) => octets.iter_mut().for_each(|octet| *octet = convert_ulaw_to_alaw(*octet)),
        _ => {}
    }
}
