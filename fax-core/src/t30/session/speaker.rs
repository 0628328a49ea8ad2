//! Says what a state wants said: bursts one after the other, as fast as the line has room.
//!
//! Always: a burst begins when the far carrier has gone and the gap is kept; a frame ends good only when
//! all of it has been said; a script that is replaced ends its burst first, or goes on in its preamble.

use super::block::{Block, FrameSet};
use super::desk::Source;
use super::tcf;
use super::timers::{Timer, Timing};
use crate::line::Line;
use crate::signal::{Chunk, FrameEnd, Opening, Signal, Tone};
use crate::t30::{Body, Fcd, Fcf, Frame, FrameBuffer, Station};
use crate::time::Timestamp;

/// Up to two bursts, and what is waited for when they are over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Script {
    pub(super) steps: [Option<Step>; 2],
    pub(super) then: Then,
}

/// One burst.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// The frames of [`Speaker::control`].
    Control,
    /// Zeros for 1.5 s.
    Tcf(Opening),
    /// The page that the source has begun.
    Page(Opening),
    /// Frames of the block.
    Block(Opening, FrameSet),
}

/// What follows a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Then {
    /// An answer is waited for: T4.
    Response,
    /// A command is waited for, this long.
    Command(Timer),
    /// The state is told.
    Tell,
}

/// The frames of one V.21 burst. Room for NSS, TSI, SUB, SID and DCS, or for CIG, PWD, SEP and DTC.
#[derive(Clone)]
pub(super) struct Control {
    octets: [u8; 160],
    ends: [u8; 6],
    frames: usize,
    last: Fcf,
}

/// Says scripts.
#[derive(Clone, Debug)]
pub(super) struct Speaker {
    pub(super) control: Control,
    script: Script,
    stage: Stage,
    /// A tone, or its end, that is to be said next.
    tone: Option<Signal>,
    /// Whether a tone is on, or will be. A burst ends it.
    is_sounding: bool,
    frame: FrameBuffer,
    /// Octets of the last page.
    octets: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Silent,
    /// A step waits for its turn since then.
    Due(usize, Timestamp),
    Burst(Burst),
}

/// A burst that has been begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Burst {
    at: usize,
    step: Step,
    talk: Talk,
    /// Control: frames said. Block: where to look for the next frame. TCF: octets said.
    place: u16,
    /// RCP frames said.
    returns: u8,
    /// The script is another one by now: nothing more is said but what is left of a frame.
    is_cut: bool,
}

/// What a burst does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Talk {
    /// Bits, or the next frame.
    More,
    /// A frame of which so many octets have been said.
    InFrame(usize),
    /// Nothing more is to be said.
    Closing,
    /// The end has been said.
    Ended,
}

/// RCP is sent three times (T.4 A.3.8).
const RETURNS: u8 = 3;

impl Speaker {
    pub(super) fn new() -> Self {
        Self {
            control: Control::new(),
            script: Script { steps: [None; 2], then: Then::Tell },
            stage: Stage::Silent,
            tone: None,
            is_sounding: false,
            frame: FrameBuffer::new(),
            octets: 0,
        }
    }

    /// Whether something is said, or waits to be.
    pub(super) fn is_busy(&self) -> bool {
        self.stage != Stage::Silent
    }

    /// Whether nothing of the script has gone out yet.
    pub(super) fn is_waiting(&self) -> bool {
        matches!(self.stage, Stage::Due(0, _))
    }

    /// Octets of the page or the block said last.
    pub(super) fn octets(&self) -> u32 {
        self.octets
    }

    /// Turns a tone on, or the one off that is on.
    pub(super) fn tone(&mut self, tone: Option<Tone>) {
        if core::mem::replace(&mut self.is_sounding, tone.is_some()) || tone.is_some() {
            self.tone = Some(tone.map_or(Signal::Silence, Signal::Tone));
        }
    }

    /// Says this next. What is being said is ended, a control frame as a whole. A control burst without a frame as yet
    /// is as good for these frames as for those that it was begun for.
    pub(super) fn say(&mut self, now: Timestamp, script: Script) {
        self.script = script;
        self.stage = match self.stage {
            Stage::Silent | Stage::Due(..) => Stage::Due(0, now),
            Stage::Burst(burst) if burst.is_preamble() && script.steps[0] == Some(Step::Control) => {
                Stage::Burst(Burst { at: 0, is_cut: false, ..burst })
            }
            Stage::Burst(burst) => Stage::Burst(Burst { is_cut: true, ..burst }),
        };
    }

    /// Says the last script again.
    pub(super) fn again(&mut self, now: Timestamp) {
        self.say(now, self.script);
    }

    /// What was on its way is lost: the burst is due again, if its script still is.
    pub(super) fn moved(&mut self, now: Timestamp) {
        self.is_sounding = false;
        if let Stage::Burst(burst) = self.stage {
            let at = if burst.is_cut { 0 } else { burst.at };
            let is_due = self.script.steps.get(at).is_some_and(Option::is_some);
            self.stage = if is_due { Stage::Due(at, now) } else { Stage::Silent };
        }
    }

    /// Says nothing more.
    pub(super) fn hush(&mut self) {
        self.script = Script { steps: [None; 2], then: Then::Tell };
        self.stage = match self.stage {
            Stage::Silent | Stage::Due(..) => Stage::Silent,
            Stage::Burst(burst) => Stage::Burst(Burst { is_cut: true, ..burst }),
        };
    }

    /// When the step that is due may begin; `None` if none waits for its time.
    pub(super) fn turn(&self, quiet_since: Option<Timestamp>, timing: &Timing) -> Option<Timestamp> {
        let Stage::Due(_, since) = self.stage else { return None };
        // The far carrier may stay on for ever, or the news of its end be lost.
        Some(quiet_since.map_or(since + timing.patience, |at| at + timing.turn))
    }

    /// Says as much as there is room for.
    pub(super) fn pump<L: Line>(
        &mut self,
        now: Timestamp,
        turn: Option<Timestamp>,
        line: &mut L,
        block: &Block,
        source: &mut dyn Source,
    ) {
        if let Some(tone) = self.tone.take()
            && line.say(tone).is_err()
        {
            self.tone = Some(tone);
        }
        if let (Stage::Due(at, _), Some(turn)) = (self.stage, turn)
            && turn <= now
        {
            self.begin(at, line);
        }
        while let Stage::Burst(burst) = self.stage {
            match self.step(burst, line, block, source) {
                Some(burst) => self.stage = Stage::Burst(burst),
                None => return,
            }
        }
    }

    /// The carrier is off. What follows, if that was the script.
    pub(super) fn ended(&mut self, now: Timestamp) -> Option<Then> {
        let Stage::Burst(burst) = self.stage else { return None };
        let next = if burst.is_cut { 0 } else { burst.at + 1 };
        if self.script.steps.get(next).is_some_and(Option::is_some) {
            self.stage = Stage::Due(next, now);
            return None;
        }
        self.stage = Stage::Silent;
        (!burst.is_cut).then_some(self.script.then)
    }

    fn begin<L: Line>(&mut self, at: usize, line: &mut L) {
        let Some(step) = self.script.steps.get(at).copied().flatten() else {
            self.stage = Stage::Silent;
            return;
        };
        if line.say(Signal::Begin(step.opening())).is_ok() {
            if !matches!(step, Step::Control) {
                self.octets = 0;
            }
            self.frame.clear();
            (self.tone, self.is_sounding) = (None, false);
            let burst = Burst { at, step, talk: Talk::More, place: 0, returns: 0, is_cut: false };
            self.stage = Stage::Burst(burst);
        }
    }

    /// One thing said; `None` when the line takes nothing more now.
    fn step<L: Line>(
        &mut self,
        burst: Burst,
        line: &mut L,
        block: &Block,
        source: &mut dyn Source,
    ) -> Option<Burst> {
        let octets = line.room().bits / 8;
        match burst.talk {
            Talk::Closing => line.say(Signal::End).ok().map(|()| burst.then(Talk::Ended)),
            Talk::Ended => None,
            Talk::InFrame(said) => self.frame_goes_on(burst, said, octets, line),
            Talk::More if burst.is_cut => Some(burst.then(Talk::Closing)),
            Talk::More if octets == 0 => None,
            Talk::More => match burst.step {
                Step::Control | Step::Block(..) => Some(self.next_frame(burst, block)),
                Step::Tcf(opening) => {
                    let left = tcf::octets(opening).saturating_sub(usize::from(burst.place));
                    let count = left.min(octets).min(Chunk::CAPACITY);
                    self.bits(burst, [0; Chunk::CAPACITY].get(..count)?, line)
                }
                Step::Page(_) => {
                    let mut room = [0; Chunk::CAPACITY];
                    let count = source.read(room.get_mut(..octets.min(Chunk::CAPACITY))?);
                    self.bits(burst, room.get(..count)?, line)
                }
            },
        }
    }

    fn bits<L: Line>(&mut self, mut burst: Burst, octets: &[u8], line: &mut L) -> Option<Burst> {
        if octets.is_empty() {
            return Some(burst.then(Talk::Closing));
        }
        // There was room for it.
        line.say(Signal::Bits(Chunk::from_octets(octets))).ok()?;
        burst.place = burst.place.saturating_add(octets.len() as u16);
        self.octets = self.octets.saturating_add(octets.len() as u32);
        Some(burst)
    }

    /// Puts the next frame in place, or finds that there is none.
    fn next_frame(&mut self, mut burst: Burst, block: &Block) -> Burst {
        self.frame.clear();
        let found = match burst.step {
            Step::Control => match self.control.frame(usize::from(burst.place)) {
                Some(octets) => {
                    burst.place += 1;
                    self.frame.push(octets)
                }
                None => false,
            },
            Step::Block(_, frames) => {
                let number = frames.next(burst.place);
                let body = match number {
                    Some(number) => {
                        Some(Body::Fcd(Fcd { number, data: crate::Private::new(block.frame(number)) }))
                    }
                    None if burst.returns < RETURNS => Some(Body::Plain(Fcf::Rcp)),
                    None => None,
                };
                burst.place = number.map_or(burst.place, |number| u16::from(number) + 1);
                burst.returns += u8::from(number.is_none());
                if number.is_some() {
                    self.octets = self.octets.saturating_add(block.size() as u32);
                }
                body.is_some_and(|body| put(&mut self.frame, &body, Station::Called))
            }
            Step::Tcf(_) | Step::Page(_) => false,
        };
        burst.then(if found { Talk::InFrame(0) } else { Talk::Closing })
    }

    fn frame_goes_on<L: Line>(&self, burst: Burst, said: usize, room: usize, line: &mut L) -> Option<Burst> {
        let rest = self.frame.octets().get(said..).unwrap_or_default();
        if rest.is_empty() {
            line.say(Signal::FrameEnd(FrameEnd::Good)).ok()?;
            return Some(burst.then(Talk::More));
        }
        let part = rest.get(..room.min(rest.len()).min(Chunk::CAPACITY)).filter(|part| !part.is_empty())?;
        line.say(Signal::Octets(Chunk::from_octets(part))).ok()?;
        Some(burst.then(Talk::InFrame(said + part.len())))
    }
}

impl Burst {
    const fn then(self, talk: Talk) -> Self {
        Self { talk, ..self }
    }

    /// Whether it is a control burst of which only flags have been said.
    fn is_preamble(&self) -> bool {
        (self.step, self.talk, self.place) == (Step::Control, Talk::More, 0)
    }
}

impl Step {
    const fn opening(&self) -> Opening {
        match self {
            Self::Control => Opening::V21,
            Self::Tcf(opening) | Self::Page(opening) | Self::Block(opening, _) => *opening,
        }
    }
}

impl Script {
    /// A V.21 burst.
    pub(super) const fn control(then: Then) -> Self {
        Self { steps: [Some(Step::Control), None], then }
    }

    /// A burst of the fast modem.
    pub(super) const fn fast(step: Step) -> Self {
        Self { steps: [Some(step), None], then: Then::Tell }
    }
}

impl Control {
    const fn new() -> Self {
        Self { octets: [0; 160], ends: [0; 6], frames: 0, last: Fcf::Dcn }
    }

    pub(super) fn clear(&mut self) {
        self.frames = 0;
    }

    /// The last frame's name.
    pub(super) const fn last(&self) -> Fcf {
        self.last
    }

    /// Appends a frame. What finds no room is left out: a fault, for there is room for every burst.
    pub(super) fn push(&mut self, body: &Body<'_>, station: Station) {
        let start = self.end(self.frames);
        let written = self.octets.get_mut(start..).and_then(|room| body.write(station, room).ok());
        debug_assert!(written.is_some() && self.frames < self.ends.len(), "no room for {:?}", body.fcf());
        if let (Some(length), Some(end)) = (written, self.ends.get_mut(self.frames)) {
            *end = (start + length) as u8;
            self.frames += 1;
            self.last = body.fcf();
        }
    }

    fn frame(&self, number: usize) -> Option<&[u8]> {
        if number >= self.frames {
            return None;
        }
        self.octets.get(self.end(number)..self.end(number + 1))
    }

    /// Where the frames before this one end.
    fn end(&self, number: usize) -> usize {
        let last = number.checked_sub(1).and_then(|last| self.ends.get(last));
        last.map_or(0, |end| usize::from(*end))
    }
}

/// Shows how many frames: they are personal data.
impl core::fmt::Debug for Control {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Control({} frames to {})", self.frames, self.last.name())
    }
}

/// Writes a frame into an empty buffer.
fn put(buffer: &mut FrameBuffer, body: &Body<'_>, station: Station) -> bool {
    let mut octets = [0; Frame::MAX];
    let written = body.write(station, &mut octets).ok();
    written.and_then(|length| octets.get(..length)).is_some_and(|octets| buffer.push(octets))
}
