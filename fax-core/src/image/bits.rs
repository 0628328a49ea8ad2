//! Bits in and out of octets; the first bit on the line is the top bit of its octet.

use super::codes::Word;

/// Reads code words from octets that arrive in pieces. What is taken from a piece and not yet used stays in
/// the window, so that a piece may end anywhere.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Window {
    bits: u64,
    count: u32,
    /// Zeros at the end of what was taken last: an EOL may begin inside a code word that is damaged.
    tail: u32,
    /// Octets taken in all.
    taken: u64,
}

/// A [`Window`] over a piece of input. A loop over code words copies it, so that it can live in registers.
#[derive(Clone, Copy)]
pub(crate) struct Bits<'a> {
    /// The next bits, first on top. Below the `count` that are valid may be more of the same stream.
    bits: u64,
    count: u32,
    /// The bits before the last `take`, and how many it took.
    spent: (u64, u32),
    rest: &'a [u8],
    /// Octets taken, once `rest` will be.
    end: u64,
}

impl Window {
    /// Goes on with `rest`.
    pub(crate) fn over(self, rest: &[u8]) -> Bits<'_> {
        let end = self.taken.saturating_add(rest.len() as u64);
        Bits { bits: self.bits, count: self.count, spent: (1 << self.tail, 64), rest, end }
    }
}

impl<'a> Bits<'a> {
    /// Makes at least 56 bits ready, or all there are. Whether any are needed is not asked: that would be guessed
    /// wrong too often.
    #[inline(always)]
    pub(crate) fn fill(&mut self) {
        if let Some(chunk) = self.rest.first_chunk::<8>() {
            self.bits |= u64::from_be_bytes(*chunk) >> self.count;
            let taken = (63 - self.count) / 8;
            self.rest = self.rest.get(taken as usize..).unwrap_or_default();
            self.count |= 56;
        } else {
            *self = self.filled_by_octets();
        }
    }

    /// By value, or the compiler keeps all of it in memory.
    #[cold]
    #[inline(never)]
    fn filled_by_octets(mut self) -> Self {
        while self.count < 56
            && let Some((&octet, rest)) = self.rest.split_first()
        {
            self.bits |= u64::from(octet) << (56 - self.count);
            self.count += 8;
            self.rest = rest;
        }
        self
    }

    /// The next `count` bits (1 to 63), with zeros where there are no more.
    #[inline(always)]
    pub(crate) fn peek(&self, count: u32) -> usize {
        (self.bits >> (64 - count)) as usize
    }

    /// Bits that are ready.
    #[inline(always)]
    pub(crate) fn ready(&self) -> u32 {
        self.count
    }

    /// Takes `count` bits (1 to 63) of those that are ready.
    #[inline(always)]
    pub(crate) fn take(&mut self, count: u32) {
        debug_assert!(count <= self.count);
        self.spent = (self.bits, count);
        self.bits <<= count;
        self.count -= count;
    }

    /// Takes `word` if it is what the ready bits begin with.
    #[inline(always)]
    pub(crate) fn take_word(&mut self, word: Word) -> bool {
        let is_next = word.length <= self.count && self.peek(word.length) == word.bits as usize;
        if is_next {
            self.take(word.length);
        }
        is_next
    }

    /// Takes the zeros that stand next in the ready bits, and tells how many there were.
    pub(crate) fn take_zeros(&mut self) -> u32 {
        let zeros = self.bits.leading_zeros().min(self.count);
        self.bits = self.bits.checked_shl(zeros).unwrap_or(0);
        self.count -= zeros;
        zeros
    }

    /// Zeros at the end of what was taken last.
    pub(crate) fn tail(&self) -> u32 {
        let (bits, count) = self.spent;
        bits.checked_shr(64 - count).map_or(0, |taken| taken.trailing_zeros().min(count))
    }

    /// The number of the next bit, counted from the first of the page.
    pub(crate) fn position(&self) -> u64 {
        (self.octets_taken() * 8).saturating_sub(u64::from(self.count))
    }

    fn octets_taken(&self) -> u64 {
        self.end.saturating_sub(self.rest.len() as u64)
    }

    /// What has to be kept until the next piece, and the octets that were not touched.
    pub(crate) fn suspend(self) -> (Window, &'a [u8]) {
        let valid = !u64::MAX.checked_shr(self.count).unwrap_or(0);
        let taken = self.octets_taken();
        (Window { bits: self.bits & valid, count: self.count, tail: self.tail(), taken }, self.rest)
    }
}

/// Writes code words into a buffer that was made once.
#[derive(Clone, Debug)]
pub(crate) struct BitWriter {
    /// The last bits, first on top; zeros below `count`.
    bits: u64,
    count: u32,
    octets: Vec<u8>,
    length: usize,
}

impl BitWriter {
    /// A writer with room for `capacity` octets between two [`BitWriter::octets`].
    pub(crate) fn new(capacity: usize) -> Self {
        Self { bits: 0, count: 0, octets: vec![0; capacity.saturating_add(16)], length: 0 }
    }

    /// Adds the `length` (1 to 32) low bits of `bits`.
    #[inline(always)]
    pub(crate) fn put(&mut self, bits: u32, length: u32) {
        let bits = u64::from(bits);
        let free = 64 - self.count;
        if length < free {
            self.bits |= bits << (free - length);
            self.count += length;
        } else {
            let rest = length - free;
            self.store((self.bits | bits >> rest).to_be_bytes());
            self.bits = bits.checked_shl(64 - rest).unwrap_or(0);
            self.count = rest;
        }
    }

    /// Adds zeros.
    pub(crate) fn zeros(&mut self, count: u32) {
        for _ in 0..count / 32 {
            self.put(0, 32);
        }
        if !count.is_multiple_of(32) {
            self.put(0, count % 32);
        }
    }

    /// Bits since the last whole octet.
    pub(crate) fn odd_bits(&self) -> u32 {
        self.count % 8
    }

    /// Bits that the next [`BitWriter::octets`] would cover, and those behind it.
    pub(crate) fn written(&self) -> u64 {
        self.length as u64 * 8 + u64::from(self.count)
    }

    /// The whole octets written since the last call.
    pub(crate) fn octets(&mut self) -> &[u8] {
        let whole = self.count / 8;
        let at = self.length;
        self.store(self.bits.to_be_bytes());
        self.bits = self.bits.checked_shl(whole * 8).unwrap_or(0);
        self.count %= 8;
        self.length = 0;
        self.octets.get(..at + whole as usize).unwrap_or_default()
    }

    #[inline(always)]
    fn store(&mut self, octets: [u8; 8]) {
        if let Some(place) = self.octets.get_mut(self.length..).and_then(|rest| rest.first_chunk_mut::<8>()) {
            *place = octets;
            self.length += 8;
        } else {
            debug_assert!(false, "the buffer is made for the longest row");
        }
    }
}
