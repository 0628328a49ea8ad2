//! What happened, for people: the newest of it.

use crate::time::Timestamp;
use std::collections::VecDeque;

/// Events that wait to be taken: `N` at most, of more the oldest give way. Its memory is allocated once.
#[derive(Clone, Debug)]
pub struct Events<E, const N: usize>(VecDeque<(Timestamp, E)>);

impl<E, const N: usize> Events<E, N> {
    /// Octets that it holds on the heap.
    pub const HEAP: usize = N * size_of::<(Timestamp, E)>();

    /// None yet.
    pub fn new() -> Self {
        Self(VecDeque::with_capacity(N))
    }

    /// Something happened.
    pub fn note(&mut self, at: Timestamp, event: E) {
        if self.0.len() >= N {
            self.0.pop_front();
        }
        self.0.push_back((at, event));
    }

    /// The oldest that waits, and when it was.
    pub fn take(&mut self) -> Option<(Timestamp, E)> {
        self.0.pop_front()
    }
}

impl<E, const N: usize> Default for Events<E, N> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_event_gives_way() {
        let mut events = Events::<u8, 2>::new();
        (0..3).for_each(|n| events.note(Timestamp::from_samples(u64::from(n)), n));
        assert_eq!(events.take(), Some((Timestamp::from_samples(1), 1)));
        assert_eq!(events.take(), Some((Timestamp::from_samples(2), 2)));
        assert_eq!(events.take(), None);
    }
}
