//! A row as its changing elements: the pels whose colour differs from the pel before them.

use core::ops::Range;

/// The changing elements of one row, left to right. Just behind the last pel lies an imaginary one more, at the
/// width, which does not count. T.4 4.2.1.1.
#[derive(Clone)]
pub(crate) struct Changes {
    /// The imaginary white pel ahead of the first, so that every change has one before it; then the changes; then
    /// the imaginary one, [`AT_ONCE`] times, so that a reader need not count; then what is left of longer rows.
    at: Vec<u16>,
    count: usize,
    width: u16,
}

/// Changes that may be copied at once, whether or not so many are meant.
pub(crate) const AT_ONCE: usize = 8;

impl Changes {
    /// A white row of `width` pels.
    pub(crate) fn white(width: u16) -> Self {
        let mut row = Self { at: vec![0; usize::from(width) + 2 + AT_ONCE], count: 0, width };
        row.clear();
        row
    }

    /// The positions.
    #[inline(always)]
    pub(crate) fn positions(&self) -> &[u16] {
        self.at.get(1..=self.count).unwrap_or_default()
    }

    /// Position number `place`, or the imaginary one at the end.
    #[inline(always)]
    pub(crate) fn position(&self, place: usize) -> i32 {
        i32::from(self.positions().get(place).copied().unwrap_or(self.width))
    }

    /// Pels a row.
    #[inline(always)]
    pub(crate) fn width(&self) -> i32 {
        i32::from(self.width)
    }

    pub(crate) fn clear(&mut self) {
        self.keep(0);
    }

    /// Ends a last black run that has no end: what was not understood is white.
    pub(crate) fn end_in_white(&mut self) {
        self.keep(self.count - self.count % 2);
    }

    /// Where the next changes are written.
    pub(crate) fn pen(&mut self) -> Pen<'_> {
        Pen { at: &mut self.at, count: self.count }
    }

    /// Keeps the first `count` changes of what was written.
    #[inline(always)]
    pub(crate) fn keep(&mut self, count: usize) {
        self.count = count;
        if let Some(behind) = self.at.get_mut(count + 1..).and_then(|rest| rest.first_chunk_mut::<AT_ONCE>())
        {
            *behind = [self.width; AT_ONCE];
        }
    }

    /// Takes the imaginary change away, if a run in horizontal mode ended with the row.
    pub(crate) fn drop_imaginary(&mut self) {
        if self.positions().last() == Some(&self.width) {
            self.count -= 1;
        }
    }

    /// Where the changes are read that the next row is told by.
    pub(crate) fn above(&self) -> Above<'_> {
        Above { at: &self.at, count: self.count, width: self.width() }
    }

    /// Finds the changes of a row of pels: top bit first, a set bit is black. Bits right of the width are
    /// not looked at.
    pub(crate) fn find(&mut self, pels: &[u8]) {
        self.count = 0;
        let mut pen = self.pen();
        let mut before = 0;
        let mut left = 0;
        let (chunks, rest) = pels.as_chunks::<8>();
        for chunk in chunks {
            pen.edges(u64::from_be_bytes(*chunk), &mut before, left);
            left += 64;
        }
        if !rest.is_empty() {
            let mut last = [0; 8];
            for (octet, pels) in last.iter_mut().zip(rest) {
                *octet = *pels;
            }
            pen.edges(u64::from_be_bytes(last), &mut before, left);
        }
        let mut count = pen.count;
        // Seven bits at the most lie right of the width.
        while count > 0 && self.at.get(count).is_some_and(|last| *last >= self.width) {
            count -= 1;
        }
        self.keep(count);
    }
}

/// Writes changes, each right of the one before it.
pub(crate) struct Pen<'a> {
    at: &'a mut [u16],
    count: usize,
}

impl Pen<'_> {
    /// Changes so far; odd while the colour is black.
    #[inline(always)]
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// Adds a change.
    #[inline(always)]
    pub(crate) fn push(&mut self, position: i32) {
        if let Some(place) = self.at.get_mut(self.count + 1) {
            *place = position as u16;
            self.count += 1;
        }
    }

    /// Moves the last change to `position`.
    pub(crate) fn move_last(&mut self, position: i32) {
        if let Some(place) = self.at.get_mut(self.count) {
            *place = position as u16;
        }
    }

    /// Adds the first `count` (0 to 2) of two changes.
    #[inline(always)]
    pub(crate) fn push_some(&mut self, changes: [i32; 2], count: usize) {
        let room = self.at.get_mut(self.count + 1..).and_then(|room| room.first_chunk_mut());
        if let Some(room) = room {
            *room = changes.map(|position| position as u16);
            self.count += count;
        }
    }

    /// Adds as many changes as `changes` says, one or none.
    #[inline(always)]
    pub(crate) fn push_if(&mut self, changes: usize, position: i32) {
        if let Some(place) = self.at.get_mut(self.count + 1) {
            *place = position as u16;
            self.count += changes;
        }
    }

    /// Ends a run at `position`. If it had no pels, the runs before it and behind it are one.
    #[inline(always)]
    pub(crate) fn end_run(&mut self, position: i32) {
        let last = self.at.get(self.count).filter(|_| self.count > 0);
        if last.is_some_and(|last| i32::from(*last) == position) {
            self.count -= 1;
        } else {
            self.push(position);
        }
    }

    /// Adds `count` (up to [`AT_ONCE`]) changes of the row above from `place` on.
    #[inline(always)]
    pub(crate) fn copy(&mut self, above: Above<'_>, place: usize, count: usize) {
        let room = self.at.get_mut(self.count + 1..).and_then(|room| room.first_chunk_mut::<AT_ONCE>());
        let from = above.at.get(place..).and_then(|from| from.first_chunk());
        if let (Some(room), Some(from)) = (room, from) {
            *room = *from;
            self.count += count;
        }
    }

    #[inline(always)]
    fn edges(&mut self, word: u64, before: &mut u64, left: i32) {
        let mut edges = word ^ (word >> 1 | *before << 63);
        *before = word & 1;
        while edges != 0 {
            let place = edges.leading_zeros();
            edges ^= 1 << 63 >> place;
            self.push(left + place as i32);
        }
    }
}

/// Reads the changes of the row above; the first has number 1.
#[derive(Clone, Copy)]
pub(crate) struct Above<'a> {
    at: &'a [u16],
    count: usize,
    width: i32,
}

impl Above<'_> {
    /// Pels a row.
    #[inline(always)]
    pub(crate) fn width(&self) -> i32 {
        self.width
    }

    /// Change number `place`, or the imaginary one at the end.
    #[inline(always)]
    pub(crate) fn position(&self, place: usize) -> i32 {
        self.at.get(place).map_or(self.width, |position| i32::from(*position))
    }

    /// How many there are from number `place` on.
    #[inline(always)]
    pub(crate) fn count_from(&self, place: usize) -> usize {
        (self.count + 1).saturating_sub(place)
    }

    /// The first of the changes `place`, `place + 2`, … that is right of `a0`, which is left of the imaginary one.
    #[inline(always)]
    pub(crate) fn next_right_of(&self, a0: i32, place: usize) -> usize {
        let mut place = place;
        while self.position(place) <= a0 {
            place += 2;
        }
        place
    }
}

/// Paints rows of one width.
#[derive(Clone)]
pub(crate) struct Canvas {
    /// For each 64 pels, and for the imaginary change, the pels that differ from the one ahead of the word.
    words: Vec<u64>,
    pels: Vec<u8>,
    octets: usize,
    /// The words that are not all white.
    painted: Range<usize>,
}

impl Canvas {
    /// A white row.
    pub(crate) fn new(width: u16) -> Self {
        let words = usize::from(width) / 64 + 1;
        Self {
            words: vec![0; words],
            pels: vec![0; words * 8],
            octets: usize::from(width).div_ceil(8),
            painted: 0..0,
        }
    }

    /// The row that was painted last: top bit first, a set bit is black, zeros right of the width.
    pub(crate) fn pels(&self) -> &[u8] {
        self.pels.get(..self.octets).unwrap_or_default()
    }

    /// Paints a row.
    pub(crate) fn paint(&mut self, row: &Changes) {
        let positions = row.positions();
        let end = if positions.len() % 2 == 1 { Some(&row.width) } else { positions.last() };
        let (Some(first), Some(end)) = (positions.first(), end) else {
            return self.clear_but(0..0);
        };
        for position in positions {
            self.flip(*position);
        }
        if positions.len() % 2 == 1 {
            self.flip(*end);
        }
        let place = usize::from(*first / 64)..usize::from(*end / 64) + 1;
        let (octets, _) = self.pels.as_chunks_mut::<8>();
        if let (Some(octets), Some(words)) =
            (octets.get_mut(place.clone()), self.words.get_mut(place.clone()))
        {
            let mut black = 0;
            for (octets, word) in octets.iter_mut().zip(words) {
                let word = core::mem::take(word);
                *octets = (word ^ black).to_be_bytes();
                black ^= 0u64.wrapping_sub(word & 1);
            }
        }
        self.clear_but(place);
    }

    /// Changes the colour from `position` to the end of its word.
    #[inline(always)]
    fn flip(&mut self, position: u16) {
        if let Some(word) = self.words.get_mut(usize::from(position / 64)) {
            *word ^= u64::MAX >> (position % 64);
        }
    }

    /// Makes white what was painted outside of `words`.
    fn clear_but(&mut self, words: Range<usize>) {
        let (octets, _) = self.pels.as_chunks_mut::<8>();
        let Range { start, end } = core::mem::replace(&mut self.painted, words.clone());
        for stale in [start..end.min(words.start), start.max(words.end)..end] {
            octets.get_mut(stale).unwrap_or_default().fill([0; 8]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_row_is_painted_as_it_was_found(
            pels in proptest::collection::vec(any::<u8>(), 1..60),
            spare in 0u16..8,
        ) {
            let width = pels.len() as u16 * 8 - spare;
            let mut changes = Changes::white(width);
            changes.find(&pels);
            prop_assert!(changes.positions().is_sorted_by(|one, next| one < next));
            let mut canvas = Canvas::new(width);
            canvas.paint(&changes);
            let mut masked = pels;
            *masked.last_mut().unwrap() &= 0xFF << spare;
            prop_assert_eq!(canvas.pels(), &masked);
        }
    }
}
