//! The last 64 packets that were sent, by number.

use super::arena::{Arena, Handle};
use super::datagram::REACH;
use crate::Seq;

const SIZE: usize = REACH as usize + 1;

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
    pub(super) fn new(first: Seq) -> Self {
        Self { packets: [None; SIZE], next: first, sent: 0, arena: Arena::new(33 * 1200) }
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

    /// How many packets before that one are still here.
    pub(super) fn before(&self, seq: Seq) -> u16 {
        (1..=REACH).take_while(|back| self.packet(seq.minus(*back)).is_some()).count() as u16
    }
}

const fn index(seq: Seq) -> usize {
    seq.0 as usize % SIZE
}
