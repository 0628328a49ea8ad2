//! What a receiver has decided and nobody has fetched yet.

use std::collections::VecDeque;

use super::arena::Handle;
use crate::Seq;

/// What became of a number, or of several.
#[derive(Clone, Copy, Debug)]
pub(super) enum Decision {
    Packet { seq: Seq, packet: Handle },
    Missing { from: Seq, packets: Option<u16> },
}

/// Decisions in the order of their numbers. When nobody fetches them the oldest become missing.
#[derive(Clone, Debug)]
pub(super) struct Decided(VecDeque<Decision>);

impl Decided {
    /// Twice what a window holds.
    const CAPACITY: usize = 128;
    pub(super) const HEAP: usize = Self::CAPACITY * size_of::<Decision>();

    pub(super) fn new() -> Self {
        Self(VecDeque::with_capacity(Self::CAPACITY))
    }

    /// Adds a decision; returns how many packets had to make room for it.
    pub(super) fn push(&mut self, decision: Decision) -> u32 {
        if let Some(joined) = self.0.back().and_then(|last| last.joined_by(&decision)) {
            self.0.pop_back();
            self.0.push_back(joined);
            return 0;
        }
        let mut pushed_out = 0;
        if self.0.len() >= Self::CAPACITY
            && let (Some(oldest), Some(second)) = (self.0.pop_front(), self.0.pop_front())
        {
            pushed_out = oldest.packets() + second.packets();
            self.0.push_front(oldest.given_up_with(second));
        }
        self.0.push_back(decision);
        pushed_out
    }

    pub(super) fn pop(&mut self) -> Option<Decision> {
        self.0.pop_front()
    }
}

impl Decision {
    /// Both as one, if both are losses of known extent, one after the other.
    fn joined_by(&self, next: &Self) -> Option<Self> {
        match (*self, *next) {
            (
                Self::Missing { from, packets: Some(packets) },
                Self::Missing { from: then, packets: Some(more) },
            ) if from.plus(packets) == then => {
                Some(Self::Missing { from, packets: Some(packets.checked_add(more)?) })
            }
            _ => None,
        }
    }

    /// Both as one loss, whatever they were.
    fn given_up_with(self, next: Self) -> Self {
        let packets = self.extent().zip(next.extent()).and_then(|(some, more)| some.checked_add(more));
        Self::Missing { from: self.from(), packets }
    }

    const fn from(self) -> Seq {
        match self {
            Self::Packet { seq, .. } => seq,
            Self::Missing { from, .. } => from,
        }
    }

    const fn extent(self) -> Option<u16> {
        match self {
            Self::Packet { .. } => Some(1),
            Self::Missing { packets, .. } => packets,
        }
    }

    fn packets(self) -> u32 {
        u32::from(matches!(self, Self::Packet { .. }))
    }
}
