//! Octets of G.711 in the order of their stamps: the jitter buffer of a phone leg, and what it has just played.
//!
//! A fixed delay, no stretching: one sample lost or doubled breaks a page (AUD-1). A hole is filled with the 20 ms
//! before it, which hold a whole number of symbols and carrier periods of every fax modem. How much waits is reported, so
//! that the clock that plays can follow the clock that sends. A sender that was held up, and has left nothing out, is later
//! from then on: all that it says would come too late, so the stream begins anew.
//!
//! From: RFC 3550; field notes AUD-1, AUD-2.
//! Always: memory is one ring; a stamp far away begins anew and is counted.

use crate::Law;

/// Octets in the ring: 2 s.
const RING: usize = 16_384;
/// Octets that may wait: 400 ms.
const AHEAD: usize = 3_200;
/// Octets of the past that are kept: 1.6 s.
pub(super) const PAST: usize = 12_800;
/// A hole is filled with what lies so far back: 20 ms.
const REPEAT: usize = 160;
/// Beyond so much of a hole there is silence: 600 ms. Receivers of modems keep carrier and timing that long; a shorter time
/// costs calls where losses come in bursts (measured: docs/media.md).
const LONGEST_HOLE: usize = 4_800;
/// When for so long nothing came but what was too late, what comes next will be too: 100 ms.
const LATER: usize = 800;

const _: () = assert!(AHEAD + PAST <= RING && RING.is_power_of_two());

/// What passed through a playout, in octets and packets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PlayoutCounters {
    /// Packets that came too late for any of their octets.
    pub late: u32,
    /// Octets played that never came.
    pub invented: u64,
    /// Streams begun anew: a jump of the stamps, or another source.
    pub restarts: u32,
}

/// The buffer of one direction.
#[derive(Clone, Debug)]
pub(super) struct Playout {
    octets: Box<[u8; RING]>,
    present: Box<[u64; RING / 64]>,
    /// The stamp that is played next.
    next: u32,
    started: bool,
    /// Octets between the first packet's arrival and its play.
    delay: u32,
    /// Octets missing in a row.
    hole: usize,
    /// How many were missing when the first packet came that was too late to be among them.
    late_at: Option<usize>,
    /// Octets played in all, up to [`PAST`].
    played: usize,
    silence: u8,
    counters: PlayoutCounters,
}

impl Playout {
    pub(super) fn new(delay: u32) -> Self {
        Self {
            octets: Box::new([silence(Law::A); RING]),
            present: Box::new([0; RING / 64]),
            next: 0,
            started: false,
            delay: delay.min(AHEAD as u32 / 2),
            hole: 0,
            late_at: None,
            played: 0,
            silence: silence(Law::A),
            counters: PlayoutCounters::default(),
        }
    }

    /// How long octets wait, of the next stream.
    pub(super) fn set_delay(&mut self, delay: u32) {
        self.delay = delay.min(AHEAD as u32 / 2);
    }

    /// Whose octets these are.
    pub(super) fn set_law(&mut self, law: Law) {
        self.silence = silence(law);
    }

    /// Another source speaks: its stamps mean something else.
    pub(super) fn restart(&mut self) {
        if self.started {
            self.started = false;
            self.late_at = None;
            self.counters.restarts = self.counters.restarts.saturating_add(1);
            self.present.fill(0);
        }
    }

    /// Octets between the first packet's arrival and its play.
    pub(super) fn delay(&self) -> i32 {
        self.delay as i32
    }

    /// Whether the octet of this stamp is there and waits.
    pub(super) fn has(&self, stamp: u32) -> bool {
        self.started && stamp.wrapping_sub(self.next) < AHEAD as u32 && self.is_present(stamp)
    }

    /// Takes a packet's octets. Gives how many octets before its time it came; negative if it is late.
    pub(super) fn take(&mut self, stamp: u32, octets: &[u8]) -> i32 {
        let octets = octets.get(..octets.len().min(AHEAD / 2)).unwrap_or_default();
        if self.is_elsewhere(stamp, octets.len()) || self.is_later(stamp, octets.len()) {
            self.restart();
        }
        if !self.started {
            self.started = true;
            self.next = stamp.wrapping_sub(self.delay);
            // Nothing of this stream lies before it that could be repeated.
            self.hole = LONGEST_HOLE;
        }
        let ahead = stamp.wrapping_sub(self.next) as i32;
        for (octet, stamp) in octets.iter().zip(0..).map(|(octet, n)| (octet, stamp.wrapping_add(n))) {
            if stamp.wrapping_sub(self.next) < AHEAD as u32 {
                self.put(stamp, *octet);
            }
        }
        ahead
    }

    /// Plays the next octets; how many of them were invented.
    pub(super) fn play(&mut self, out: &mut [u8]) -> usize {
        let mut invented = 0;
        for octet in out.iter_mut() {
            let stamp = self.next;
            if self.started && self.is_present(stamp) {
                (self.hole, self.late_at) = (0, None);
                self.forget(stamp);
            } else {
                self.invent(stamp);
                invented += 1;
            }
            *octet = self.octet(stamp);
            self.next = stamp.wrapping_add(1);
        }
        self.played = (self.played + out.len()).min(PAST);
        invented
    }

    /// The last octets played, oldest first: at most so many.
    pub(super) fn past(&self, length: usize) -> impl Iterator<Item = u8> + '_ {
        let length = length.min(self.played);
        (1..=length as u32).rev().map(|back| self.octet(self.next.wrapping_sub(back)))
    }

    pub(super) fn counters(&self) -> &PlayoutCounters {
        &self.counters
    }

    fn is_elsewhere(&self, stamp: u32, length: usize) -> bool {
        let ahead = stamp.wrapping_sub(self.next) as i32;
        self.started && (ahead.saturating_add(length as i32) > AHEAD as i32 || ahead < -(PAST as i32))
    }

    /// Counts a packet that comes too late. Those that a network held back come at once; here time passes between them.
    fn is_later(&mut self, stamp: u32, length: usize) -> bool {
        let ahead = stamp.wrapping_sub(self.next) as i32;
        if !self.started || ahead.saturating_add(length as i32) > 0 {
            return false;
        }
        self.counters.late = self.counters.late.saturating_add(1);
        self.hole >= *self.late_at.get_or_insert(self.hole) + LATER
    }

    fn invent(&mut self, stamp: u32) {
        self.hole += 1;
        let is_short = self.started && self.hole <= LONGEST_HOLE;
        let octet = if is_short { self.octet(stamp.wrapping_sub(REPEAT as u32)) } else { self.silence };
        if let Some(place) = self.octets.get_mut(place(stamp)) {
            *place = octet;
        }
        self.counters.invented += u64::from(self.started);
    }

    fn octet(&self, stamp: u32) -> u8 {
        self.octets.get(place(stamp)).copied().unwrap_or(self.silence)
    }

    fn put(&mut self, stamp: u32, octet: u8) {
        let at = place(stamp);
        if let (Some(place), Some(bits)) = (self.octets.get_mut(at), self.present.get_mut(at / 64)) {
            *place = octet;
            *bits |= 1 << (at % 64);
        }
    }

    fn is_present(&self, stamp: u32) -> bool {
        let at = place(stamp);
        self.present.get(at / 64).is_some_and(|bits| bits >> (at % 64) & 1 == 1)
    }

    fn forget(&mut self, stamp: u32) {
        let at = place(stamp);
        if let Some(bits) = self.present.get_mut(at / 64) {
            *bits &= !(1 << (at % 64));
        }
    }
}

/// The octet of silence.
pub(super) const fn silence(law: Law) -> u8 {
    match law {
        Law::A => 0xD5,
        Law::Mu => 0xFF,
    }
}

const fn place(stamp: u32) -> usize {
    stamp as usize & (RING - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn played(playout: &mut Playout, length: usize) -> Vec<u8> {
        let mut out = vec![0; length];
        playout.play(&mut out);
        out
    }

    #[test]
    fn octets_come_out_in_order_after_the_delay_whatever_order_they_came_in() {
        let mut playout = Playout::new(320);
        for n in [0_u32, 2, 1, 3] {
            playout.take((u32::MAX - 200).wrapping_add(160 * n), &[n as u8 + 1; 160]);
        }
        assert_eq!(played(&mut playout, 320), [silence(Law::A); 320]);
        let out = played(&mut playout, 640);
        assert!((0..4).all(|n| out[160 * n..160 * (n + 1)] == [n as u8 + 1; 160]));
        assert_eq!(playout.past(10).collect::<Vec<_>>(), [4; 10]);
    }

    /// AUD-1.
    #[test]
    fn a_hole_keeps_its_length_and_repeats_twenty_milliseconds() {
        let mut playout = Playout::new(0);
        let wave: Vec<u8> = (0..160).map(|n| n as u8).collect();
        playout.take(1000, &wave);
        playout.take(1000 + 480, &[7; 160]);
        let out = played(&mut playout, 640);
        assert_eq!((&out[..160], &out[160..320], &out[320..480]), (&wave[..], &wave[..], &wave[..]));
        assert_eq!(out[480..], [7; 160]);
        assert_eq!(playout.counters().invented, 320);
        assert_eq!(played(&mut playout, 4_800), [7; 4_800]);
        assert_eq!(played(&mut playout, 160), [silence(Law::A); 160]);
    }

    /// What lies in the ring then is of another stream, or of nobody.
    #[test]
    fn before_a_stream_there_is_silence() {
        for law in [Law::A, Law::Mu] {
            let mut playout = Playout::new(480);
            playout.set_law(law);
            playout.take(0, &[1; 160]);
            assert_eq!(played(&mut playout, 640)[..480], [silence(law); 480]);
            playout.restart();
            playout.take(1_000_000, &[1; 160]);
            assert_eq!(played(&mut playout, 640)[..480], [silence(law); 480]);
        }
    }

    #[test]
    fn a_late_packet_is_counted_and_a_jump_begins_anew() {
        let mut playout = Playout::new(160);
        playout.take(0, &[1; 160]);
        played(&mut playout, 480);
        assert!(playout.take(0, &[2; 160]) < 0);
        assert_eq!((playout.counters().late, playout.counters().restarts), (1, 0));
        assert_eq!(playout.take(1_000_000, &[3; 160]), 160);
        assert_eq!(playout.counters().restarts, 1);
        assert_eq!(played(&mut playout, 320)[160..], [3; 160]);
    }

    /// The sender was held up, and goes on where it was: a fixed delay would throw away all that it says from now on.
    #[test]
    fn a_stream_that_is_later_from_now_on_is_heard_again() {
        let mut playout = Playout::new(480);
        let mut heard = 0;
        for block in 0..100_u32 {
            // 160 ms of nothing, and no octet left out.
            if !(50..58).contains(&block) {
                let sent = if block < 50 { block } else { block - 8 };
                playout.take(160 * sent, &[sent as u8; 160]);
            }
            let out = played(&mut playout, 160);
            heard += u32::from(
                block >= 70 && out.iter().all(|octet| *octet == out[0]) && out[0] != silence(Law::A),
            );
        }
        assert_eq!((heard, playout.counters().restarts), (30, 1));
    }

    /// A network that holds packets back and then sends them all: what follows is in time again, sample for sample.
    #[test]
    fn packets_that_were_held_back_do_not_move_the_stream() {
        let mut playout = Playout::new(480);
        let mut out = Vec::new();
        for block in 0..100_u32 {
            let due = match block {
                50..70 => 0..0,
                70 => 50..71,
                _ => block..block + 1,
            };
            due.for_each(|sent| _ = playout.take(160 * sent, &[sent as u8; 160]));
            out.extend(played(&mut playout, 160));
        }
        assert_eq!(playout.counters().restarts, 0);
        assert!((72..100).all(|block| out[160 * block..160 * (block + 1)] == [block as u8 - 3; 160]));
    }
}
