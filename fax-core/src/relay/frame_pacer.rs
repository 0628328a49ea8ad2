//! Plays HDLC frames that arrive in pieces.
//!
//! V.21 frames trickle in at 300 bit/s and a modem cannot pause inside one, so a frame's head is held
//! back until its end is safe; a frame of a fast carrier waits until it is whole. Between frames a
//! line sends flags by itself, as many as it takes. Packets can pause anywhere: nothing is held back
//! from them.
//!
//! From: T.38 7.4; field notes IFP-18, IFP-25; levers L1 and L3 of the call measurements.
//! Always: `FrameEnd::Good` leaves only if it came in and no octet before it is missing.
//! Not here: edits (`t30::edit`), repeated commands (`relay::delay`), the FCS (the line's framer).

use super::Event;
use super::tape::{Mark, Tape};
use crate::line::{Line, Nature};
use crate::signal::{Chunk, FrameEnd, Opening, Signal};
use crate::time::Span;

/// Octets of a V.21 frame in hand before it starts, at first: 213 ms.
const CUSHION: usize = 8;
/// And at most; each time it was not enough it grows by the difference of the two, halved.
const CUSHION_MOST: usize = 20;
/// A line that would run dry within this is dry: the next time that it can be told more is one block
/// of audio away.
const MARGIN: Span = Span::from_millis(30);

/// The frame at the head of the tape, and how sure one must be of the next one.
#[derive(Clone, Debug)]
pub(super) struct FramePacer {
    frame: Frame,
    cushion: usize,
    /// Frames of this burst that ended well.
    ended: u32,
    damaged: Damaged,
}

/// What becomes of a frame that came damaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Damaged {
    /// It is said as it came, so that no frame waits for its end.
    Passed,
    /// It is not said: a frame waits until it is seen to be good.
    Dropped,
    /// So was the last one.
    LastDropped,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Frame {
    /// Nothing of it has been said.
    Held,
    /// It ran dry once: it starts again when it is whole.
    HeldWhole,
    /// So many of its octets have been said.
    Begun(usize),
    /// It was ended as bad before it was over: the rest is let go.
    Ended,
}

impl FramePacer {
    pub(super) fn new() -> Self {
        Self { frame: Frame::Held, cushion: CUSHION, ended: 0, damaged: Damaged::Passed }
    }

    /// Whether a frame is being said.
    pub(super) fn in_frame(&self) -> bool {
        matches!(self.frame, Frame::Begun(_))
    }

    /// A new burst begins, of whose frames perhaps only the good ones are said; what was learned of the
    /// network stays.
    pub(super) fn begin(&mut self, only_good: bool) {
        (self.frame, self.ended) = (Frame::Held, 0);
        self.damaged = if only_good { Damaged::Dropped } else { Damaged::Passed };
    }

    /// The last frame of this burst came damaged and was not said.
    pub(super) fn has_dropped_last(&self) -> bool {
        self.damaged == Damaged::LastDropped
    }

    /// Frames of this burst that have ended well.
    pub(super) fn ended(&self) -> u32 {
        self.ended
    }

    /// Octets of the frame that would start next, if it is whole and has not started.
    pub(super) fn held_whole(&self, tape: &Tape) -> Option<usize> {
        let (octets, found) =
            tape.until(|mark| matches!(mark, Mark::FrameEnd(_) | Mark::End | Mark::Begin(_)))?;
        let held = matches!(self.frame, Frame::Held | Frame::HeldWhole);
        (held && matches!(found.mark, Mark::FrameEnd(_))).then_some(octets)
    }

    /// Says the next piece. Returns whether anything was done, so that there may be more to do.
    pub(super) fn step(
        &mut self,
        opening: Opening,
        tape: &mut Tape,
        line: &mut impl Line,
        note: &mut impl FnMut(Event),
    ) -> bool {
        let end = tape.until(|mark| matches!(mark, Mark::FrameEnd(_) | Mark::End | Mark::Begin(_)));
        let come = end.map_or(tape.len(), |(octets, _)| octets);
        let whole = end.and_then(|(_, found)| match found.mark {
            Mark::FrameEnd(end) => Some(end),
            // Its end found no room on the tape: no more of it comes.
            _ => (come > 0).then_some(FrameEnd::Bad),
        });
        match (self.frame, whole) {
            (Frame::Ended, Some(_)) => self.pass(tape, come),
            (Frame::Ended, None) => {
                tape.pass(come);
                false
            }
            (Frame::Held | Frame::HeldWhole, Some(FrameEnd::Bad | FrameEnd::Aborted))
                if self.damaged != Damaged::Passed =>
            {
                self.damaged = Damaged::LastDropped;
                self.pass(tape, come)
            }
            // It was lost but for its end.
            (Frame::Held | Frame::HeldWhole, Some(_)) if come == 0 => self.pass(tape, 0),
            (Frame::Held | Frame::HeldWhole, _) => {
                let waits = self.damaged != Damaged::Passed;
                let enough = match line.nature() {
                    Nature::Packets => come > 0,
                    Nature::Modem => opening == Opening::V21 && !waits && come >= self.cushion,
                };
                let start = whole.is_some() || enough && self.frame == Frame::Held;
                if start {
                    // A hole before its first octet is none of this frame's, and within it nobody may be
                    // told of one: it could not end well any more.
                    while tape.mark_here().is_some_and(|here| here.mark == Mark::Missing) {
                        _ = line.say(Signal::Missing);
                        tape.pass_mark();
                    }
                    self.frame = Frame::Begun(0);
                }
                start
            }
            (Frame::Begun(said), _) => {
                let chunk = tape.look(said, (come - said).min(line.room().bits / 8));
                if !chunk.is_empty() {
                    return self.say(chunk, said, line);
                }
                match whole {
                    Some(end) if said == come => {
                        let done = line.say(Signal::FrameEnd(end)).is_ok();
                        self.ended += u32::from(done && end == FrameEnd::Good);
                        if done && self.damaged == Damaged::LastDropped {
                            self.damaged = Damaged::Dropped;
                        }
                        done && self.pass(tape, come)
                    }
                    Some(_) => false,
                    None => self.starve(tape, said, line, note),
                }
            }
        }
    }

    fn say(&mut self, chunk: Chunk, said: usize, line: &mut impl Line) -> bool {
        let done = line.say(Signal::Octets(chunk)).is_ok();
        if done {
            self.frame = Frame::Begun(said + chunk.octets().len());
        }
        done
    }

    /// The frame ends here.
    fn pass(&mut self, tape: &mut Tape, octets: usize) -> bool {
        tape.pass(octets);
        while let Some(here) = tape.mark_here() {
            if !matches!(here.mark, Mark::Content(_) | Mark::Missing | Mark::FrameEnd(_)) {
                break;
            }
            tape.pass_mark();
            if matches!(here.mark, Mark::FrameEnd(_)) {
                break;
            }
        }
        self.frame = Frame::Held;
        true
    }

    /// Nothing more is there in mid-frame. A modem that runs dry breaks the frame off, and T.30
    /// receivers ignore an aborted frame; so does this, in time, and plays it again once it is whole.
    /// A frame that has a hole can only end badly: it ends now.
    fn starve(
        &mut self,
        tape: &mut Tape,
        said: usize,
        line: &mut impl Line,
        note: &mut impl FnMut(Event),
    ) -> bool {
        let dry = line.room().dry_at.is_some_and(|dry| dry <= line.now() + MARGIN);
        if line.nature() == Nature::Packets || !dry {
            return false;
        }
        let holed = tape.until(|mark| mark == Mark::Missing).is_some_and(|(place, _)| place <= said);
        let end = if holed { FrameEnd::Bad } else { FrameEnd::Aborted };
        if line.say(Signal::FrameEnd(end)).is_err() {
            return false;
        }
        if holed {
            tape.pass(said);
            self.frame = Frame::Ended;
        } else {
            self.frame = Frame::HeldWhole;
            note(Event::FrameReplayed { octets: said });
        }
        self.cushion = (self.cushion + (CUSHION_MOST - CUSHION) / 2).min(CUSHION_MOST);
        true
    }
}
