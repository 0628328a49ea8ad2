//! What was heard on one line and has not yet been said on the other.
//!
//! Octets stand in one ring, whatever they belong to; marks say what begins and ends between them.
//!
//! Always: bounded; what does not fit is a hole, and the hole is marked.

use crate::signal::{Chunk, FrameEnd, Opening, Signal, Tone};
use std::collections::VecDeque;

/// Octets held at most: 4.5 s of a page at 14 400 bit/s, more than any hold of a packet and any wait for
/// a turn.
const OCTETS: usize = 8192;
/// Marks held at most. ECM at 14 400 bit/s makes seven a second, V.21 three.
const MARKS: usize = 128;
/// Marks kept free for the ends of what is open.
const RESERVE: usize = 4;

/// A tape between two lines.
#[derive(Clone, Debug)]
pub(super) struct Tape {
    ring: Box<[u8; OCTETS]>,
    /// Octets ever taken off and ever put on.
    start: u64,
    end: u64,
    marks: VecDeque<Marked>,
    content: Option<Content>,
    /// What stands here was let go: a hole is due before anything else.
    overrun: bool,
}

/// What a burst carries, told by its first octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    Frames,
    Bits,
}

/// What stands between octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    Silence,
    Tone(Tone),
    Begin(Opening),
    /// Octets of this kind follow: the first in their burst.
    Content(Content),
    FrameEnd(FrameEnd),
    Missing,
    End,
}

/// A mark and its place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Marked {
    /// Octets put on before it.
    place: u64,
    pub(super) mark: Mark,
}

impl Tape {
    pub(super) fn new() -> Self {
        Self {
            ring: Box::new([0; OCTETS]),
            start: 0,
            end: 0,
            marks: VecDeque::with_capacity(MARKS),
            content: None,
            overrun: false,
        }
    }

    /// Puts a signal on. What finds no room is a hole.
    pub(super) fn put(&mut self, signal: Signal) {
        match signal {
            Signal::Silence => self.mark(Mark::Silence),
            Signal::Tone(tone) => self.mark(Mark::Tone(tone)),
            Signal::Begin(opening) => {
                self.content = None;
                self.mark(Mark::Begin(opening));
            }
            Signal::Octets(chunk) => self.octets(Content::Frames, chunk.octets()),
            Signal::Bits(chunk) => self.octets(Content::Bits, chunk.octets()),
            // A frame can end without an octet, if it was lost whole.
            Signal::FrameEnd(end) => {
                self.tell_content(Content::Frames);
                self.mark(Mark::FrameEnd(if self.overrun { FrameEnd::Bad } else { end }));
            }
            Signal::Missing => self.mark(Mark::Missing),
            Signal::End => self.mark(Mark::End),
        }
    }

    /// The next mark, if no octet stands before it.
    pub(super) fn mark_here(&self) -> Option<Marked> {
        self.marks.front().copied().filter(|marked| marked.place == self.start)
    }

    /// Takes the mark off that stands here.
    pub(super) fn pass_mark(&mut self) {
        if self.mark_here().is_some() {
            self.marks.pop_front();
        }
    }

    /// Octets that stand before the next mark.
    pub(super) fn octets_here(&self) -> usize {
        let until = self.marks.front().map_or(self.end, |marked| marked.place);
        (until - self.start) as usize
    }

    /// Octets from here to where `stop` first holds of a mark, and that mark: `None` where it has not
    /// come yet.
    pub(super) fn until(&self, stop: impl Fn(Mark) -> bool) -> Option<(usize, Marked)> {
        let found = self.marks.iter().find(|marked| stop(marked.mark))?;
        Some(((found.place - self.start) as usize, *found))
    }

    /// Octets from here to the end of what is on the tape, marks ignored.
    pub(super) fn len(&self) -> usize {
        (self.end - self.start) as usize
    }

    /// Nothing is on it.
    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0 && self.marks.is_empty()
    }

    /// The octet `ahead` octets from here.
    pub(super) fn octet(&self, ahead: usize) -> Option<u8> {
        let place = self.start + ahead as u64;
        (place < self.end).then(|| self.ring[(place % OCTETS as u64) as usize])
    }

    /// Up to `most` octets from `ahead` octets on, without taking them off.
    pub(super) fn look(&self, ahead: usize, most: usize) -> Chunk {
        let mut octets = [0; Chunk::CAPACITY];
        let count = most.min(Chunk::CAPACITY).min(self.len().saturating_sub(ahead));
        let at = ((self.start + ahead as u64) % OCTETS as u64) as usize;
        let (before, after) = octets[..count].split_at_mut(count.min(OCTETS - at));
        before.copy_from_slice(&self.ring[at..at + before.len()]);
        after.copy_from_slice(&self.ring[..after.len()]);
        Chunk::from_octets(&octets[..count])
    }

    /// Takes octets off, and the marks that stand before them.
    pub(super) fn pass(&mut self, octets: usize) {
        self.start = (self.start + octets as u64).min(self.end);
        while self.marks.front().is_some_and(|marked| marked.place < self.start) {
            self.marks.pop_front();
        }
    }

    fn tell_content(&mut self, content: Content) {
        if self.content.is_none() {
            self.content = Some(content);
            self.mark(Mark::Content(content));
        }
    }

    fn octets(&mut self, content: Content, octets: &[u8]) {
        self.tell_content(content);
        if self.len() + octets.len() > OCTETS {
            if !self.overrun {
                self.mark(Mark::Missing);
            }
            self.overrun = true;
            return;
        }
        for octet in octets {
            self.ring[(self.end % OCTETS as u64) as usize] = *octet;
            self.end += 1;
        }
    }

    fn mark(&mut self, mark: Mark) {
        let room = if matches!(mark, Mark::End | Mark::Silence) { MARKS } else { MARKS - RESERVE };
        if self.marks.len() >= room {
            self.overrun = true;
            return;
        }
        self.overrun &= !matches!(mark, Mark::FrameEnd(_) | Mark::End | Mark::Begin(_));
        self.marks.push_back(Marked { place: self.end, mark });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn octets(octets: &[u8]) -> Signal {
        Signal::Octets(Chunk::from_octets(octets))
    }

    #[test]
    fn marks_keep_their_place_between_the_octets() {
        let mut tape = Tape::new();
        let signals = [
            Signal::Begin(Opening::V21),
            octets(&[1, 2, 3]),
            Signal::FrameEnd(FrameEnd::Good),
            octets(&[4]),
            Signal::End,
        ];
        signals.into_iter().for_each(|signal| tape.put(signal));
        assert_eq!(tape.mark_here().map(|marked| marked.mark), Some(Mark::Begin(Opening::V21)));
        tape.pass_mark();
        assert_eq!(tape.mark_here().map(|marked| marked.mark), Some(Mark::Content(Content::Frames)));
        tape.pass_mark();
        assert_eq!((tape.mark_here().is_none(), tape.octets_here()), (true, 3));
        let (ahead, found) = tape.until(|mark| matches!(mark, Mark::FrameEnd(_))).unwrap();
        assert_eq!((ahead, found.mark), (3, Mark::FrameEnd(FrameEnd::Good)));
        assert_eq!(tape.look(1, 9).octets(), [2, 3, 4]);
        tape.pass(3);
        assert_eq!(tape.mark_here().map(|marked| marked.mark), Some(Mark::FrameEnd(FrameEnd::Good)));
        tape.pass(1);
        assert_eq!(tape.mark_here().map(|marked| marked.mark), Some(Mark::End));
    }

    #[test]
    fn a_full_tape_marks_a_hole_and_ends_the_frame_as_bad() {
        let mut tape = Tape::new();
        tape.put(Signal::Begin(Opening::V21));
        (0..2 * OCTETS / 32).for_each(|_| tape.put(octets(&[7; 32])));
        tape.put(Signal::FrameEnd(FrameEnd::Good));
        tape.put(Signal::End);
        assert_eq!(tape.len(), OCTETS);
        let marks: Vec<Mark> = tape.marks.iter().map(|marked| marked.mark).collect();
        assert_eq!(marks[2..], [Mark::Missing, Mark::FrameEnd(FrameEnd::Bad), Mark::End]);
    }
}
