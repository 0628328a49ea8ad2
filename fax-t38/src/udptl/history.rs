//! The last 64 packets that were sent, by number.

use super::arena::{Arena, Handle};
use super::datagram::REACH;
use crate::Seq;

const SIZE: usize = REACH as usize + 1;

/// 32 packets of the largest size that wait, and one more for what a ring wastes at its end.
pub(super) const ARENA: usize = 33 * 1200;

/// What a sender may send again.
#[derive(Clone, Debug)]
pub(super) struct History {
    packets: [Option<Handle>; SIZE],
    next: Seq,
    /// Packets ever sent, until there are enough.
    sent: u16,
    arena: Arena,
}

impl History {
    /// Numbers from `first` on, packets of at most `largest` octets.
    pub(super) fn new(first: Seq, largest: usize) -> Self {
        let size = largest.saturating_mul(SIZE + 1).min(ARENA);
        Self { packets: [None; SIZE], next: first, sent: 0, arena: Arena::new(size) }
    }

    /// Keeps a packet under the next number.
    pub(super) fn push(&mut self, packet: &[u8]) -> Seq {
        let (seq, handle) = (self.next, self.arena.store(packet));
        if let Some(place) = self.packets.get_mut(index(seq)) {
            *place = Some(handle);
        }
        (self.next, self.sent) = (seq.next(), self.sent.saturating_add(1).min(SIZE as u16));
        seq
    }

    /// The packet of that number, if it was sent and is still here.
    pub(super) fn packet(&self, seq: Seq) -> Option<&[u8]> {
        let age = self.next.ahead_of(seq);
        let handle =
            if (1..=i32::from(self.sent)).contains(&age) { self.packets.get(index(seq))? } else { &None };
        self.arena.octets((*handle)?)
    }

    /// How many packets before that one are still here; `most` are looked for.
    pub(super) fn before(&self, seq: Seq, most: u16) -> u16 {
        (1..=most.min(REACH)).take_while(|back| self.packet(seq.minus(*back)).is_some()).count() as u16
    }
}

const fn index(seq: Seq) -> usize {
    seq.0 as usize % SIZE
}
