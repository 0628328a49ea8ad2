//! The last 64 numbers of a stream: which packets are known, which are missing and since when.

use fax_core::Timestamp;

use super::LARGEST_DATAGRAM;
use super::arena::{Arena, Handle};
use super::datagram::REACH;
use crate::Seq;
use crate::ifp::{Traffic, traffic};

const SIZE: usize = REACH as usize + 1;

/// 32 held packets of 240 octets, which is more than any stack puts into one, and room for the largest
/// datagram twice: the next to come, and what a ring wastes at its end. Of larger packets fewer are held.
pub(super) const ARENA: usize = HELD + 2 * LARGEST_DATAGRAM;
const HELD: usize = 32 * 240;

/// What is known of one number.
#[derive(Clone, Copy, Debug)]
pub(super) enum State {
    /// Older than the window, or than the first packet of the stream (UTL-12).
    Before,
    /// Newer than anything that came.
    After,
    /// A later one came, at this time.
    Missing { since: Timestamp },
    /// Nobody waits for it any more.
    GivenUp { since: Timestamp },
    /// It is here.
    Known { packet: Handle, at: Timestamp, traffic: Traffic },
}

/// Packets by number. Its newest number only grows; what falls out at the other end is forgotten.
#[derive(Clone, Debug)]
pub(super) struct Window {
    states: [State; SIZE],
    newest: Seq,
    /// How many numbers up to the newest belong to the stream, at most [`SIZE`].
    length: u16,
    arena: Arena,
}

impl Window {
    pub(super) fn new() -> Self {
        Self { states: [State::Before; SIZE], newest: Seq(0), length: 0, arena: Arena::new(ARENA) }
    }

    /// Forgets all numbers; the next new one is `first`. Handles stay good.
    pub(super) fn begin(&mut self, first: Seq) {
        (self.newest, self.length) = (first.minus(1), 0);
    }

    pub(super) const fn newest(&self) -> Seq {
        self.newest
    }

    pub(super) fn state(&self, seq: Seq) -> State {
        let age = self.newest.ahead_of(seq);
        if age < 0 {
            return State::After;
        }
        if age >= i32::from(self.length) {
            return State::Before;
        }
        self.states.get(index(seq)).copied().unwrap_or(State::Before)
    }

    /// Makes `seq` the newest number; those between are missing from `now` on.
    pub(super) fn extend(&mut self, seq: Seq, now: Timestamp) {
        let more = seq.0.wrapping_sub(self.newest.0);
        self.length = self.length.saturating_add(more).min(SIZE as u16);
        self.newest = seq;
        for back in 0..more.min(SIZE as u16) {
            self.set(seq.minus(back), State::Missing { since: now });
        }
    }

    /// Keeps the packet of a number inside the window.
    pub(super) fn keep(&mut self, seq: Seq, octets: &[u8], now: Timestamp) {
        let packet = self.arena.store(octets);
        self.set(seq, State::Known { packet, at: now, traffic: traffic(octets) });
    }

    pub(super) fn give_up(&mut self, seq: Seq) {
        if let State::Missing { since } = self.state(seq) {
            self.set(seq, State::GivenUp { since });
        }
    }

    pub(super) fn octets(&self, packet: Handle) -> Option<&[u8]> {
        self.arena.octets(packet)
    }

    /// The packet of that number, if it is known and its octets are still here.
    pub(super) fn packet(&self, seq: Seq) -> Option<&[u8]> {
        match self.state(seq) {
            State::Known { packet, .. } => self.arena.octets(packet),
            _ => None,
        }
    }

    /// Whether one more datagram may push out a packet from `from` on.
    pub(super) fn is_crowded(&self, from: Seq) -> bool {
        self.from(from).any(|seq| match self.state(seq) {
            State::Known { packet, .. } => self.arena.age(packet) > HELD as u64,
            _ => false,
        })
    }

    /// The numbers from `from` to the newest.
    pub(super) fn from(&self, from: Seq) -> impl Iterator<Item = Seq> + use<> {
        let count = self.newest.next().0.wrapping_sub(from.0).min(SIZE as u16);
        (0..count).map(move |more| from.plus(more))
    }

    fn set(&mut self, seq: Seq, state: State) {
        if let Some(place) = self.states.get_mut(index(seq)) {
            *place = state;
        }
    }
}

const fn index(seq: Seq) -> usize {
    seq.0 as usize % SIZE
}
