//! What passes on the sockets of a leg, counted without a look at what it means.
//!
//! From: RFC 3550 6.4.1 and A.8 (jitter).

use crate::ledger::entry::Leg;
use fax_call::media::Socket;
use fax_core::{Span, Timestamp};

/// The watch over one leg.
#[derive(Clone, Debug, Default)]
pub(super) struct Watch {
    packets_in: u64,
    packets_out: u64,
    last: Option<Timestamp>,
    /// Since when media are due, and have not come since.
    due: Option<Timestamp>,
    longest: Span,
    one_way: u32,
    told: bool,
    jitter: Jitter,
}

#[derive(Clone, Copy, Debug, Default)]
struct Jitter {
    transit: Option<u32>,
    /// In units of the stamps, 1/8000 s, times 16.
    scaled: u32,
    worst: u32,
}

impl Watch {
    /// Media are due from now on, or are not any more.
    pub(super) fn expect(&mut self, now: Timestamp, due: bool) {
        self.due = due.then(|| self.due.unwrap_or(now));
        self.last = None;
    }

    pub(super) fn came(&mut self, now: Timestamp, socket: Socket, datagram: &[u8]) {
        self.packets_in += 1;
        if let Some(last) = self.last.replace(now) {
            self.longest = self.longest.max(now.since(last));
        }
        self.due = self.due.map(|_| now);
        self.told = false;
        if socket == Socket::Rtp {
            self.jitter.note(now, datagram);
        }
    }

    pub(super) fn went(&mut self) {
        self.packets_out += 1;
    }

    /// How long nothing has come that is due, at `now`.
    pub(super) fn silent(&self, now: Timestamp) -> Option<Span> {
        Some(now.since(self.due?))
    }

    /// Whether a gap of this length has just been reached; told once for each gap.
    pub(super) fn is_one_way(&mut self, now: Timestamp, limit: Span) -> bool {
        let reached = !self.told && self.silent(now).is_some_and(|silent| silent >= limit);
        if reached {
            self.told = true;
            self.one_way = self.one_way.saturating_add(1);
        }
        reached
    }

    pub(super) fn heard_nothing(&self) -> bool {
        self.packets_in == 0
    }

    pub(super) fn tell(&self, leg: &mut Leg, now: Timestamp) {
        leg.packets_in = self.packets_in;
        leg.packets_out = self.packets_out;
        leg.jitter_ms = f64::from(self.jitter.worst) / 16.0 / 8.0;
        leg.one_way_gaps = self.one_way;
        let longest = self.longest.max(self.silent(now).unwrap_or(Span::ZERO));
        leg.longest_gap_ms = longest.micros() / 1000;
    }
}

impl Jitter {
    fn note(&mut self, now: Timestamp, datagram: &[u8]) {
        let (Some(&[first]), Some(&[a, b, c, d])) = (datagram.first_chunk::<1>(), chunk(datagram, 4)) else {
            return;
        };
        if first >> 6 != 2 {
            return;
        }
        let arrived = (now.since(Timestamp::ZERO).micros() / 125) as u32;
        let transit = arrived.wrapping_sub(u32::from_be_bytes([a, b, c, d]));
        if let Some(before) = self.transit.replace(transit) {
            let moved = transit.wrapping_sub(before).cast_signed().unsigned_abs();
            // A new stream has stamps of its own: that is no jitter.
            if moved < 8000 {
                self.scaled = self.scaled + moved - ((self.scaled + 8) >> 4);
                self.worst = self.worst.max(self.scaled);
            }
        }
    }
}

fn chunk(octets: &[u8], at: usize) -> Option<&[u8; 4]> {
    octets.get(at..)?.first_chunk()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rtp(stamp: u32) -> Vec<u8> {
        [&[0x80, 0, 0, 1][..], &stamp.to_be_bytes(), &[0; 8]].concat()
    }

    fn at(millis: u64) -> Timestamp {
        Timestamp::from_micros(millis * 1000)
    }

    #[test]
    fn packets_in_their_time_have_no_jitter_and_late_ones_have() {
        let (mut even, mut uneven) = (Watch::default(), Watch::default());
        for packet in 0..500_u32 {
            let due = u64::from(packet) * 20;
            even.came(at(due), Socket::Rtp, &rtp(packet * 160));
            uneven.came(at(due + u64::from(packet % 2) * 8), Socket::Rtp, &rtp(packet * 160));
        }
        let told = |watch: &Watch| {
            let mut leg = Leg::default();
            watch.tell(&mut leg, at(10_000));
            leg.jitter_ms
        };
        assert!(told(&even) < 0.01);
        // Each differs by 8 ms from the one before.
        assert!((7.0..8.1).contains(&told(&uneven)), "{}", told(&uneven));
    }

    #[test]
    fn a_gap_is_told_once_and_only_where_media_are_due() {
        let (mut watch, limit) = (Watch::default(), Span::from_millis(5000));
        assert!(!watch.is_one_way(at(60_000), limit));
        watch.expect(at(0), true);
        assert!(!watch.is_one_way(at(4999), limit));
        assert!(watch.is_one_way(at(5000), limit));
        assert!(!watch.is_one_way(at(9000), limit));
        watch.came(at(9000), Socket::Udptl, &[]);
        assert!(watch.is_one_way(at(14_000), limit));
        watch.expect(at(14_000), false);
        assert!(!watch.is_one_way(at(90_000), limit));
    }

    #[test]
    fn what_is_no_rtp_is_counted_and_not_looked_at() {
        let mut watch = Watch::default();
        for octets in [&[][..], &[0x80], &[0x80; 7], &[0; 40]] {
            watch.came(at(1), Socket::Rtp, octets);
        }
        assert_eq!(watch.packets_in, 4);
    }
}
