//! A block of an ECM page: the one big buffer of a session.
//!
//! From: T.4 Annex A: up to 256 frames of 256 or 64 octets.

use crate::t30::fields::Ecm;

/// The octets of a block, 64 KiB, allocated with the session and used by its sender and its receiver in
/// turn. Frame n stands at n times the frame size; what is not there is zero.
#[derive(Clone)]
pub(super) struct Block {
    octets: Box<[u8]>,
    size: usize,
}

/// Some of the 256 frames of a block.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct FrameSet([u64; 4]);

impl Block {
    pub(super) const FRAMES: usize = 256;
    const LONG: usize = 256;
    const SHORT: usize = 64;

    pub(super) fn new() -> Self {
        Self { octets: vec![0; Self::FRAMES * Self::LONG].into_boxed_slice(), size: Self::LONG }
    }

    /// Forgets everything; frames have this size from now on.
    pub(super) fn clear(&mut self, ecm: Ecm) {
        self.octets.fill(0);
        self.size = if ecm == Ecm::Frames64 { Self::SHORT } else { Self::LONG };
    }

    /// Octets of a frame.
    pub(super) fn size(&self) -> usize {
        self.size
    }

    /// The frames, as far as they are part of a block of this size, without what stands behind them.
    pub(super) fn frame(&self, number: u8) -> &[u8] {
        let start = usize::from(number) * self.size;
        self.octets.get(start..start + self.size).unwrap_or_default()
    }

    /// Room for all frames of a block.
    pub(super) fn room(&mut self) -> &mut [u8] {
        let end = Self::FRAMES * self.size;
        self.octets.get_mut(..end).unwrap_or_default()
    }

    /// Keeps a frame that came; `false` if it has no length of a frame. The first frame may turn out to
    /// be of the other size than was commanded; a last frame may be short and is filled up.
    pub(super) fn keep(&mut self, number: u8, data: &[u8], is_first: bool) -> bool {
        if is_first && (data.len() == Self::LONG || data.len() == Self::SHORT) {
            self.size = data.len();
        }
        let start = usize::from(number) * self.size;
        let fits = data.len() <= self.size;
        match self.octets.get_mut(start..start + self.size) {
            Some(place) if fits => {
                let (head, tail) = place.split_at_mut(data.len());
                head.copy_from_slice(data);
                tail.fill(0);
                true
            }
            _ => false,
        }
    }
}

/// Shows the size only: pages are personal data.
impl core::fmt::Debug for Block {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Block(frames of {})", self.size)
    }
}

impl FrameSet {
    /// The first so many.
    pub(super) fn first(frames: u16) -> Self {
        let mut set = Self::default();
        (0..=u8::MAX).take(usize::from(frames)).for_each(|number| set.insert(number));
        set
    }

    pub(super) fn insert(&mut self, number: u8) {
        if let Some(word) = self.0.get_mut(usize::from(number / 64)) {
            *word |= 1 << (number % 64);
        }
    }

    pub(super) fn contains(&self, number: u8) -> bool {
        self.0.get(usize::from(number / 64)).is_some_and(|word| word >> (number % 64) & 1 == 1)
    }

    pub(super) fn len(&self) -> u16 {
        self.0.iter().map(|word| word.count_ones() as u16).sum()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The lowest number that is not below `from`.
    pub(super) fn next(&self, from: u16) -> Option<u8> {
        let from = u8::try_from(from).ok()?;
        (from..=u8::MAX).find(|number| self.contains(*number))
    }

    /// The highest number, and one.
    pub(super) fn end(&self) -> u16 {
        (0..=u8::MAX).rev().find(|number| self.contains(*number)).map_or(0, |number| u16::from(number) + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_keep_their_places_and_short_ones_are_filled_up() {
        let mut block = Block::new();
        block.clear(Ecm::Frames64);
        assert!(block.keep(1, &[7; 64], true) && block.keep(1, &[9; 3], false));
        assert!(!block.keep(2, &[1; 65], false), "longer than a frame");
        assert_eq!((block.frame(1)[..4].to_vec(), block.frame(1).len()), (vec![9, 9, 9, 0], 64));
        assert!(block.keep(255, &[3; 64], false) && block.frame(255) == [3; 64]);
    }

    #[test]
    fn a_first_frame_of_the_other_size_decides() {
        let mut block = Block::new();
        block.clear(Ecm::Frames64);
        assert!(block.keep(255, &[7; 256], true));
        assert_eq!((block.size(), block.frame(255)[255]), (256, 7));
    }

    #[test]
    fn a_set_of_frames_knows_its_members_and_its_end() {
        let mut set = FrameSet::first(3);
        set.insert(255);
        assert_eq!((set.len(), set.end(), set.next(3), set.next(256)), (4, 256, Some(255), None));
        assert_eq!((FrameSet::first(256).len(), FrameSet::default().end()), (256, 0));
    }
}
