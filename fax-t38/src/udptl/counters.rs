//! What a receiver has seen, as numbers.

use crate::Refusal;

/// Counts since the receiver was made; they stop at their largest value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Datagrams that were taken, duplicates included.
    pub received: u32,
    /// Of these, such whose primary was here already.
    pub duplicates: u32,
    /// Primaries that came after their number had been given up, or from before the window.
    pub late: u32,
    /// Primaries that came behind a later one, in time.
    pub reordered: u32,
    /// Packets given up.
    pub lost: u32,
    /// Packets rebuilt from a secondary in time.
    pub repaired_by_secondary: u32,
    /// Packets rebuilt from parity in time.
    pub repaired_by_parity: u32,
    /// Datagrams whose primary was taken and whose recovery part was not (UTL-15).
    pub broken_recovery: u32,
    /// Datagrams whose lengths were read as one octet each (UTL-19).
    pub one_octet_lengths: u32,
    /// Parity rows that fit no known way to make them.
    pub foreign_parity: u32,
    /// New beginnings of the sequence.
    pub restarts: u32,
    /// Packets that were not taken out in time.
    pub overflowed: u32,
    refused: [u32; REASONS],
}

/// Room for every [`Refusal`].
const REASONS: usize = 24;

impl Counters {
    /// Datagrams refused for this reason; [`Refusal::OtherProtocol`] counts what was foreign.
    pub fn refused(&self, reason: Refusal) -> u32 {
        self.refused.get(reason as usize).copied().unwrap_or(0)
    }

    /// Datagrams refused for any reason.
    pub fn refused_in_all(&self) -> u32 {
        self.refused.iter().fold(0, |sum, count| sum.saturating_add(*count))
    }

    pub(super) fn refuse(&mut self, reason: Refusal) {
        if let Some(count) = self.refused.get_mut(reason as usize) {
            count.up();
        }
    }
}

/// A count that stops instead of wrapping.
pub(super) trait Count {
    fn up(&mut self);
    fn up_by(&mut self, more: u32);
}

impl Count for u32 {
    fn up(&mut self) {
        self.up_by(1);
    }

    fn up_by(&mut self, more: u32) {
        *self = self.saturating_add(more);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_counted_under_its_reason_alone() {
        let mut counters = Counters::default();
        counters.refuse(Refusal::NoRoom);
        counters.refuse(Refusal::OtherProtocol);
        counters.refuse(Refusal::OtherProtocol);
        assert_eq!((counters.refused(Refusal::OtherProtocol), counters.refused(Refusal::NoRoom)), (2, 1));
        assert_eq!((counters.refused(Refusal::Truncated), counters.refused_in_all()), (0, 3));
    }
}
