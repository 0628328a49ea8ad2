//! Bits on their way to a transmitter: a bounded queue, first in, first out.

/// Words of 64 bits in a [`BitQueue`].
const WORDS: usize = 64;

/// A queue of at most [`BitQueue::CAPACITY`] bits. What does not fit is refused, not lost: the owner
/// asks [`BitQueue::room`] first.
#[derive(Clone, Debug)]
pub struct BitQueue {
    words: [u64; WORDS],
    head: usize,
    len: usize,
}

impl BitQueue {
    /// Bits that fit: 284 ms at 14 400 bit/s.
    pub const CAPACITY: usize = WORDS * 64;

    /// An empty queue.
    pub const fn new() -> Self {
        Self { words: [0; WORDS], head: 0, len: 0 }
    }

    /// Bits held.
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether no bit is held.
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Bits that fit now.
    pub const fn room(&self) -> usize {
        Self::CAPACITY - self.len
    }

    /// Appends the low `count` bits (at most 32), bit 0 first. Returns `false`, changing nothing,
    /// when they do not all fit.
    pub fn push(&mut self, bits: u32, count: usize) -> bool {
        let count = count.min(32);
        if count > self.room() {
            return false;
        }
        let bits = u64::from(bits) & ((1 << count) - 1);
        let at = (self.head + self.len) % Self::CAPACITY;
        let (word, shift) = (at / 64, at % 64);
        self.words[word] = self.words[word] & !(((1 << count) - 1) << shift) | bits << shift;
        if shift + count > 64 {
            let next = (word + 1) % WORDS;
            let over = shift + count - 64;
            self.words[next] = self.words[next] & !((1 << over) - 1) | bits >> (64 - shift);
        }
        self.len += count;
        true
    }

    /// Takes up to `count` bits (at most 32), the first in bit 0. Returns them and how many there
    /// were; the bits above are zero.
    pub fn take(&mut self, count: usize) -> (u32, usize) {
        let count = count.min(self.len).min(32);
        let (word, shift) = (self.head / 64, self.head % 64);
        let mut bits = self.words[word] >> shift;
        if shift + count > 64 {
            bits |= self.words[(word + 1) % WORDS] << (64 - shift);
        }
        self.head = (self.head + count) % Self::CAPACITY;
        self.len -= count;
        ((bits & ((1 << count) - 1)) as u32, count)
    }

    /// Forgets all bits.
    pub fn clear(&mut self) {
        (self.head, self.len) = (0, 0);
    }
}

impl Default for BitQueue {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::VecDeque;

    proptest! {
        #[test]
        fn bits_come_out_as_they_went_in(steps in prop::collection::vec((any::<bool>(), any::<u32>(), 0..=32_usize), 0..900)) {
            let mut queue = BitQueue::new();
            let mut model = VecDeque::new();
            for (push, bits, count) in steps {
                if push {
                    let fits = model.len() + count <= BitQueue::CAPACITY;
                    prop_assert_eq!(queue.push(bits, count), fits);
                    if fits {
                        model.extend((0..count).map(|n| bits >> n & 1));
                    }
                } else {
                    let (bits, got) = queue.take(count);
                    prop_assert_eq!(got, count.min(model.len()));
                    for n in 0..got {
                        prop_assert_eq!(model.pop_front(), Some(bits >> n & 1));
                    }
                }
                prop_assert_eq!(queue.len(), model.len());
            }
        }
    }
}
