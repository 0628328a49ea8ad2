//! What is going to happen, in order of time; what was entered first comes first among equals.

use fax_core::Timestamp;
use std::cmp::Ordering;
use std::collections::BinaryHeap;

/// Things to come.
#[derive(Debug)]
pub struct Agenda<T> {
    heap: BinaryHeap<Entry<T>>,
    entered: u64,
}

#[derive(Debug)]
struct Entry<T> {
    at: Timestamp,
    number: u64,
    what: T,
}

impl<T> Default for Agenda<T> {
    fn default() -> Self {
        Self { heap: BinaryHeap::new(), entered: 0 }
    }
}

impl<T> Agenda<T> {
    /// Enters something.
    pub fn enter(&mut self, at: Timestamp, what: T) {
        self.heap.push(Entry { at, number: self.entered, what });
        self.entered += 1;
    }

    /// Takes out what comes first.
    pub fn pop(&mut self) -> Option<(Timestamp, T)> {
        self.heap.pop().map(|entry| (entry.at, entry.what))
    }

    /// How much is entered.
    pub fn len(&self) -> usize {
        self.heap.len()
    }

    /// Whether nothing is to come.
    pub fn is_empty(&self) -> bool {
        self.heap.is_empty()
    }
}

impl<T> Entry<T> {
    const fn key(&self) -> (Timestamp, u64) {
        (self.at, self.number)
    }
}

impl<T> PartialEq for Entry<T> {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl<T> Eq for Entry<T> {}

impl<T> PartialOrd for Entry<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The heap's greatest is the earliest.
impl<T> Ord for Entry<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        other.key().cmp(&self.key())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn things_come_in_order_of_time_and_then_of_entry() {
        let mut agenda = Agenda::default();
        for (n, at) in [30, 10, 20, 10, 30, 10].into_iter().enumerate() {
            agenda.enter(Timestamp::from_micros(at), n);
        }
        assert_eq!(agenda.len(), 6);
        let order: Vec<usize> = std::iter::from_fn(|| agenda.pop().map(|(_, n)| n)).collect();
        assert_eq!(order, [1, 3, 5, 2, 0, 4]);
        assert!(agenda.is_empty());
    }
}
