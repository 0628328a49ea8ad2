//! Bursts of the machine that sends pages that are kept back, as the other machine must not answer them.
//!
//! A command that is said again after it was answered: the answer was lost on its way. The machine that answered has gone on and takes the command for a mistake: the peer's ends the call. So
//! the relay gives the answer again and keeps the command to itself. Which burst that may be is known
//! from when it comes: what follows an answer comes soon, what is said again comes after T4. Such a burst
//! is held until it shows what it is.
//!
//! PPR is the exception. The machine that asked for frames awaits the rest of the same block and answers its command
//! again, and its T2 has to start anew: T4, the command and a PPR of 37 octets take the 7 s of T2 together.
//!
//! RR that follows an RNR of the relay's own, and a command that is said again while its answer is on a slow way:
//! their answer comes by itself.
//!
//! From: T.30 5.4.2 (T4), 5.3.6.1.7 (a repeated command has the repeated response), A.3.3 (RR); lever L9.
//! Always: a command is kept back only if it is octet for octet the last one, with no page in between; an answer
//! is given as it was.
//! Not here: when a machine is told RNR or held with flags (`way`).

use crate::signal::{Chunk, FrameEnd, Opening, Signal};
use crate::t30::{Fcf, Frame};
use crate::time::{Span, Timestamp};

/// After the end of a command nothing but that command comes so late, when its answer was lost: T4 is 2.55 s
/// at least (T.30 5.4.2), counted from its sender's side.
const REPEATED_AFTER: Span = Span::from_millis(2400);
/// Octets of a command and of an answer that are remembered: PPS is the longest, with 7.
const FRAME: usize = 16;
/// Signals of a burst that are held: those of a post-message command with its octets one by one.
const HELD: usize = 48;

/// What has been said last to the machine that receives pages, and how it answered.
#[derive(Clone, Debug)]
pub(super) struct Answers {
    command: Short,
    /// When the command's burst was over.
    said: Timestamp,
    answer: Option<Short>,
    held: Option<Held>,
}

/// A frame that is short enough to be remembered.
#[derive(Clone, Copy, Debug)]
struct Short {
    octets: [u8; FRAME],
    len: usize,
}

/// What a burst of the machine that sends pages may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Watch {
    /// The command again that was answered.
    Answered,
    /// RR, for it was told RNR here.
    Polling,
    /// The command again whose answer is on its way.
    Asked,
}

/// A burst that may be kept back.
#[derive(Clone, Debug)]
struct Held {
    watch: Watch,
    signals: [Signal; HELD],
    len: usize,
}

/// What becomes of a signal of the machine that sends pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gate {
    /// It passes.
    Open,
    /// It is kept for now.
    Held,
    /// What was held is to be said now, and this one too.
    Released,
    /// It was the command again: what was held is forgotten, the rest of the burst too, and the answer
    /// is to be given.
    Repeated,
    /// It was RR, or what is left of it, or the command again: as above, and the answer comes by itself.
    Kept(Watch),
}

impl Answers {
    pub(super) fn new() -> Self {
        Self { command: Short::NONE, said: Timestamp::ZERO, answer: None, held: None }
    }

    /// The sender of pages said a whole frame.
    pub(super) fn command(&mut self, frame: &Frame<'_>, octets: &[u8], now: Timestamp) {
        if frame.is_last() && self.held.is_none() {
            (self.command, self.said, self.answer) = (Short::of(octets), now, None);
        }
    }

    /// The receiver of pages said a whole frame.
    pub(super) fn answer(&mut self, frame: &Frame<'_>, octets: &[u8]) {
        let answers =
            matches!(frame.fcf(), Fcf::Mcf | Fcf::Rtn | Fcf::Rtp | Fcf::Pip | Fcf::Pin | Fcf::Err | Fcf::Ctr);
        self.answer = (frame.is_last() && answers).then(|| Short::of(octets));
    }

    /// Whether a frame that has just ended is the command again.
    pub(super) fn is_repeated(&self, octets: &[u8]) -> bool {
        self.held.is_some() && self.command.is(octets)
    }

    /// A signal of the sender of pages, before it is said. `octets` are those of its frame so far.
    pub(super) fn pass(
        &mut self,
        signal: Signal,
        octets: &[u8],
        now: Timestamp,
        watch: Option<Watch>,
    ) -> Gate {
        let late = self.answer.is_some() && now >= self.said + REPEATED_AFTER;
        match (signal, &mut self.held) {
            // It goes on: the command behind this burst is a new one, though it may read the same.
            (Signal::Begin(opening), None) if opening != Opening::V21 => {
                self.answer = None;
                Gate::Open
            }
            (Signal::Begin(Opening::V21), None) => {
                let watch = watch.filter(|watch| late || *watch != Watch::Answered);
                self.held = watch.map(|watch| Held { watch, signals: [signal; HELD], len: 1 });
                if watch.is_some() { Gate::Held } else { Gate::Open }
            }
            (_, None) => Gate::Open,
            (Signal::FrameEnd(_) | Signal::End, Some(held)) => {
                let watch = held.watch;
                let gate = self.decide(watch, signal == Signal::FrameEnd(FrameEnd::Good), octets);
                if gate != Gate::Released {
                    self.held = None;
                }
                gate
            }
            (Signal::Octets(_) | Signal::Missing, Some(held)) if held.len < HELD => {
                held.signals[held.len] = signal;
                held.len += 1;
                Gate::Held
            }
            (_, Some(_)) => Gate::Released,
        }
    }

    /// What a burst was, at the end of its first frame or of itself.
    fn decide(&self, watch: Watch, good: bool, octets: &[u8]) -> Gate {
        let again = good && self.command.is(octets);
        let polls = Frame::parse(octets).is_ok_and(|frame| frame.fcf() == Fcf::Rr);
        match watch {
            Watch::Answered if again => Gate::Repeated,
            Watch::Asked if again => Gate::Kept(Watch::Asked),
            // Whoever did not understand RNR, or is not understood, is told again.
            Watch::Polling if again => Gate::Kept(Watch::Asked),
            Watch::Polling if polls || !good => Gate::Kept(Watch::Polling),
            _ => Gate::Released,
        }
    }

    /// What was held, once it is released: the machine has gone on.
    pub(super) fn release(&mut self) -> impl Iterator<Item = Signal> + use<> {
        self.answer = None;
        let held = self.held.take().unwrap_or(Held {
            watch: Watch::Answered,
            signals: [Signal::Missing; HELD],
            len: 0,
        });
        held.signals.into_iter().take(held.len)
    }

    /// The answer as the receiver gave it, to be said again.
    pub(super) fn again(&self) -> impl Iterator<Item = Signal> + use<> {
        let answer = self.answer.unwrap_or(Short::NONE);
        let chunks = (0..answer.len.div_ceil(Chunk::CAPACITY)).map(move |n| {
            let octets = &answer.octets[..answer.len][n * Chunk::CAPACITY..];
            Signal::Octets(Chunk::from_octets(octets))
        });
        [Signal::Begin(Opening::V21)].into_iter().chain(chunks).chain([
            Signal::FrameEnd(FrameEnd::Good),
            Signal::End,
            Signal::Silence,
        ])
    }
}

impl Short {
    const NONE: Self = Self { octets: [0; FRAME], len: 0 };

    /// Too long a frame is remembered as none.
    fn of(octets: &[u8]) -> Self {
        let mut short = Self::NONE;
        if let Some(places) = short.octets.get_mut(..octets.len()) {
            places.copy_from_slice(octets);
            short.len = octets.len();
        }
        short
    }

    fn is(&self, octets: &[u8]) -> bool {
        self.len > 0 && self.octets.get(..self.len) == Some(octets)
    }
}
