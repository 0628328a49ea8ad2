//! Whom a socket believes.
//!
//! Neither RTP nor UDPTL says who sends: the source address is the only barrier. It is the one that signalling named,
//! and nobody else's packets count. Behind a NAT that address is wrong; then it may be learned, once for each
//! agreement, from packets that are what they should be.
//!
//! From: field notes NAT-1, NAT-2; the attacks on proxies that learn for ever (RTP Bleed, 2017).
//! Always: a packet of a stranger changes a counter and nothing else; nothing is ever sent to a stranger.

use core::net::SocketAddr;
use fax_core::{Span, Timestamp};

/// Whether a peer's address may be learned from what it sends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Learning {
    /// No: only what signalling named.
    #[default]
    Pinned,
    /// Once for each agreement: the peer is behind a NAT that signalling does not show.
    Nat,
}

/// Good packets in a row from one source that nobody named before it is believed.
const PROBATION: u8 = 4;
/// For so long after the first of them the named source still takes precedence.
const WINDOW: Span = Span::from_millis(1500);
/// After so long without a packet of the source its host may have been given another port.
const SILENT: Span = Span::from_millis(1000);

/// The source that one socket believes.
#[derive(Clone, Debug, Default)]
pub(super) struct Pin {
    learning: Learning,
    named: Option<SocketAddr>,
    learned: Option<Learned>,
    candidate: Option<(SocketAddr, u8)>,
    /// The last packet of whom is believed; none since it was named.
    last: Option<Timestamp>,
    strangers: u32,
    moves: u32,
}

#[derive(Clone, Copy, Debug)]
struct Learned {
    source: SocketAddr,
    since: Timestamp,
}

impl Pin {
    pub(super) fn new(learning: Learning) -> Self {
        Self { learning, ..Self::default() }
    }

    /// Another peer is to be named, of which another rule holds.
    pub(super) fn treat(&mut self, learning: Learning) {
        if self.learning != learning {
            (self.learning, self.learned, self.candidate) = (learning, None, None);
        }
    }

    /// Signalling names the peer. Whatever was learned holds only while the name stays.
    pub(super) fn name(&mut self, peer: SocketAddr) {
        if self.named != Some(peer) {
            (self.named, self.learned, self.candidate, self.last) = (Some(peer), None, None, None);
        }
    }

    /// Where to send.
    pub(super) fn target(&self) -> Option<SocketAddr> {
        self.learned.map(|learned| learned.source).or(self.named)
    }

    /// Whether a packet is the peer's. `is_good`: whether it is what belongs on this socket.
    pub(super) fn admits(&mut self, now: Timestamp, from: SocketAddr, is_good: bool) -> bool {
        let admitted = is_good && (self.knows(now, from) || self.learns(now, from));
        if admitted {
            self.last = Some(now);
        } else {
            self.strangers = self.strangers.saturating_add(1);
        }
        admitted
    }

    /// A packet came while none is due: it is a stranger's unless whom is believed has sent it.
    pub(super) fn passes_over(&mut self, from: SocketAddr) {
        if self.target() != Some(from) {
            self.strangers = self.strangers.saturating_add(1);
        }
    }

    /// Packets that were not the peer's.
    pub(super) fn strangers(&self) -> u32 {
        self.strangers
    }

    /// How often another source than the named one was believed.
    pub(super) fn moves(&self) -> u32 {
        self.moves
    }

    fn knows(&mut self, now: Timestamp, from: SocketAddr) -> bool {
        match self.learned {
            Some(learned) if learned.source == from => true,
            // The named source came late, but in time.
            Some(learned) if self.named == Some(from) && now.since(learned.since) <= WINDOW => {
                self.learned = None;
                true
            }
            Some(_) => false,
            None => self.named == Some(from),
        }
    }

    fn learns(&mut self, now: Timestamp, from: SocketAddr) -> bool {
        if self.learning == Learning::Pinned || !self.may_move(now, from) {
            return false;
        }
        let count = match self.candidate {
            Some((source, count)) if source == from => count + 1,
            _ => 1,
        };
        self.candidate = Some((from, count));
        if count < PROBATION {
            return false;
        }
        self.candidate = None;
        self.learned = Some(Learned { source: from, since: now });
        self.moves = self.moves.saturating_add(1);
        true
    }

    /// From the start anybody may be the named one behind its NAT, unless that one has been heard; later only the same host,
    /// when it has fallen silent.
    fn may_move(&self, now: Timestamp, from: SocketAddr) -> bool {
        let silent = self.last.is_none_or(|last| now.since(last) >= SILENT);
        match (self.learned, self.named) {
            (Some(learned), _) => silent && learned.source.ip() == from.ip(),
            (None, Some(named)) => self.last.is_none() || silent && named.ip() == from.ip(),
            (None, None) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> Timestamp {
        Timestamp::from_micros(ms * 1000)
    }

    fn peer(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    fn pin(learning: Learning) -> Pin {
        let mut pin = Pin::new(learning);
        pin.name(peer("192.0.2.1:4000"));
        pin
    }

    #[test]
    fn without_leave_to_learn_only_the_named_source_counts() {
        let mut pin = pin(Learning::Pinned);
        for n in 0..100 {
            assert!(!pin.admits(at(n), peer("192.0.2.1:4002"), true));
            assert!(!pin.admits(at(n), peer("198.51.100.9:4000"), true));
        }
        assert!(pin.admits(at(100), peer("192.0.2.1:4000"), true));
        assert_eq!((pin.strangers(), pin.target()), (200, Some(peer("192.0.2.1:4000"))));
    }

    /// NAT-1.
    #[test]
    fn behind_a_nat_four_good_packets_in_a_row_move_the_stream() {
        let mut pin = pin(Learning::Nat);
        let behind = peer("203.0.113.5:61000");
        let admitted: Vec<bool> = (0..6).map(|n| pin.admits(at(20 * n), behind, true)).collect();
        assert_eq!(admitted, [false, false, false, true, true, true]);
        assert_eq!((pin.target(), pin.moves()), (Some(behind), 1));
    }

    /// NAT-2.
    #[test]
    fn what_does_not_belong_on_the_socket_moves_nothing() {
        let mut pin = pin(Learning::Nat);
        for n in 0..100 {
            assert!(!pin.admits(at(20 * n), peer("203.0.113.5:61000"), false));
        }
        assert_eq!((pin.moves(), pin.strangers()), (0, 100));
    }

    /// An attacker that is first loses to the named source within 1.5 s, and cannot come back.
    #[test]
    fn the_named_source_takes_precedence_within_the_window() {
        let mut pin = pin(Learning::Nat);
        let attacker = peer("198.51.100.9:9");
        for n in 0..1000 {
            pin.admits(at(n), attacker, true);
        }
        assert_eq!(pin.target(), Some(attacker));
        assert!(pin.admits(at(1400), peer("192.0.2.1:4000"), true));
        for n in 1400..9000 {
            assert!(!pin.admits(at(n), attacker, true));
            assert!(n % 20 != 0 || pin.admits(at(n), peer("192.0.2.1:4000"), true));
        }
    }

    #[test]
    fn a_heard_source_is_replaced_only_by_its_own_host_and_only_when_it_is_silent() {
        let mut pin = pin(Learning::Nat);
        assert!(pin.admits(at(0), peer("192.0.2.1:4000"), true));
        let (stranger, rebound) = (peer("198.51.100.9:9"), peer("192.0.2.1:55555"));
        for n in 0..10 {
            assert!(!pin.admits(at(500 + n), rebound, true));
            assert!(!pin.admits(at(5000 + n), stranger, true));
        }
        let admitted: Vec<bool> = (0..5).map(|n| pin.admits(at(6000 + 20 * n), rebound, true)).collect();
        assert_eq!(admitted, [false, false, false, true, true]);
    }

    /// NAT-6.
    #[test]
    fn a_new_name_forgets_what_was_learned_and_the_same_name_does_not() {
        let mut pin = pin(Learning::Nat);
        let behind = peer("203.0.113.5:61000");
        (0..4).for_each(|n| _ = pin.admits(at(n), behind, true));
        pin.name(peer("192.0.2.1:4000"));
        assert_eq!(pin.target(), Some(behind));
        pin.name(peer("192.0.2.1:4004"));
        assert_eq!(pin.target(), Some(peer("192.0.2.1:4004")));
    }
}
