//! One way through the relay: from what was heard on one line to what is said on the other.

use super::bit_pacer::BitPacer;
use super::fill::FillRemover;
use super::frame_pacer::FramePacer;
use super::row_pacer::RowPacer;
use super::tape::{Content, Mark, Tape};
use super::{Event, OwnWord, OwnWords};
use crate::line::{Line, Nature};
use crate::signal::{Chunk, FrameEnd, Opening, Signal};
use crate::time::{Span, Timestamp};

/// What is awaited longest before a carrier is let go of which nothing comes any more: V.21 before its
/// first frame (a machine waits 3 s from the first flag), V.21 later, and a fast carrier.
const PATIENCE_PREAMBLE: Span = Span::from_millis(2400);
/// The same before a command: it will be said again after T4, and the machine had better be held until
/// then (T2 would send it back to phase B).
const PATIENCE_COMMAND: Span = Span::from_millis(6000);
const PATIENCE_V21: Span = Span::from_millis(1500);
const PATIENCE_FAST: Span = Span::from_millis(2000);
/// The same before the first of its data: the training lasts 1.4 s, and packets are waited for.
const PATIENCE_TRAINING: Span = Span::from_millis(4000);
/// How long after the end of a command its answer may begin before the machine is held with flags: T4 is 3.0 s
/// +- 15 % (T.30 5.4.2), and starts again at the first flag.
const HOLD_AFTER: Span = Span::from_millis(2500);
/// How long it is held with nothing of the answer in sight; and where answers have been quick before, so
/// that a late one is a lost one and the machine had better repeat.
const HOLD_FOR: Span = Span::from_millis(2700);
/// Where no answer has come yet, and 3 s one way may be the reason.
const HOLD_AT_FIRST: Span = Span::from_millis(4200);
const HOLD_FOR_LOST: Span = Span::from_millis(1200);
/// Where answers take as long as this the flags may end before the next one is there: RNR holds longer.
const BEYOND_FLAGS: Span = Span::from_millis(4900);
/// From the first command to the last RNR at most: T5 (T.30 A.5.4.1).
const POLLED_FOR: Span = Span::from_millis(60_000);
/// From when RNR is put on its way until its machine must have begun RR, or it has not understood: the preamble, the
/// frame and T4.
const TURN_TO_POLL: Span = Span::from_millis(4500);
/// RNR as whoever answers says it: X is that of the machine that has not received DIS.
const RNR: [u8; 3] = [0xFF, 0xC8, 0x37];
/// How much longer than the quickest answer another one takes that is not lost.
const SLOWER: Span = Span::from_millis(1000);
/// How long a machine that awaits a command is held once all of one has been lost: until the other machine
/// has said it again, T4 and a little more.
const HOLD_FOR_COMMAND: Span = Span::from_millis(4500);
/// Flags without a frame that a machine takes for a line that is stuck last 3 s. A carrier that goes and
/// comes back after the gap of any two bursts begins them anew (measured with SpanDSP 0.0.6; an abort
/// among the flags does not).
const FLAGS_FOR: Span = Span::from_millis(2000);
/// From the first flag to the end of a frame at most, then.
const FLAGS_AND_FRAME: Span = Span::from_millis(2800);
/// One octet of V.21, and the check, the flag and what the line holds behind a frame.
const OCTET: Span = Span::from_micros(26_667);
const BEHIND_FRAME: u64 = 5;
/// From the end of one V.21 burst to the first frame of the next: the gap and the preamble.
const PREAMBLE: Span = Span::from_millis(1100);
/// How long a V.21 burst waits at most until the line's own machine has ended its own: T4 and a little.
const PATIENCE_TURN: Span = Span::from_millis(3500);
/// And a fast burst: a machine that speaks does not await one.
const PATIENCE_TURN_FAST: Span = Span::from_millis(300);

/// What the bits of the burst being said are, as T.30 has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A page without ECM whose rows have so many bits at least; whether its fill may go.
    Page { row_bits: u32, without_fill: bool },
    /// TCF, or not known.
    Other,
}

/// When something is said, and to whom.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    pub(super) now: Timestamp,
    /// What bits are, should they come.
    pub(super) kind: Kind,
    /// The line's own machine is silent.
    pub(super) free: bool,
    /// The line's own machine receives pages: what is said are commands.
    pub(super) commands: bool,
    /// The line's own machine awaits an answer that may be RNR.
    pub(super) may_wait: bool,
    /// What may be said that was not heard.
    pub(super) own: OwnWords,
    /// Both lines are phone lines, so that what comes damaged need not be said: nobody waits for its packets.
    pub(super) regenerates: bool,
}

/// What has been heard and is to be said.
#[derive(Clone, Debug)]
pub(super) struct Way {
    tape: Tape,
    stage: Stage,
    frames: FramePacer,
    /// When something was last put on the tape.
    news: Timestamp,
    /// Since when a burst waits for its turn.
    waiting: Option<Timestamp>,
    /// Since when the line's own machine awaits an answer on V.21, until it is held.
    awaited: Option<Timestamp>,
    /// When the command was over whose answer has not begun, whatever became of the machine since.
    asked: Option<Timestamp>,
    poll: Poll,
    /// Until when the line's own machine is held with flags once nothing else is said to it.
    keep: Option<Timestamp>,
    /// After how long the quickest answer so far began.
    quickest: Option<Span>,
    /// When the open carrier was turned on.
    flags: Timestamp,
}

/// A machine that is told RNR asks with RR until it gets another answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Poll {
    None,
    /// RNR is on the tape.
    Told,
    /// It has the turn, not longer than until then.
    Turn(Timestamp),
}

#[derive(Clone, Debug)]
enum Stage {
    Between,
    /// Flags hold the machine until its answer comes, not longer than until then.
    Holding(Timestamp),
    Burst(Opening, Pacer),
    /// The carrier was let go, though the burst had not been ended.
    LetGo(Opening),
    /// A burst that came at the wrong time is passed over.
    Skipping,
}

#[derive(Clone, Debug)]
enum Pacer {
    Undecided,
    Frames,
    Rows(RowPacer),
    Bits(BitPacer),
    WithoutFill(FillRemover),
}

impl Pacer {
    fn filled(&self) -> u32 {
        match self {
            Self::Undecided | Self::Frames => 0,
            Self::Rows(rows) => rows.filled(),
            Self::Bits(bits) => bits.filled(),
            Self::WithoutFill(_) => 0,
        }
    }
}

impl Way {
    pub(super) fn new() -> Self {
        Self {
            tape: Tape::new(),
            stage: Stage::Between,
            frames: FramePacer::new(),
            news: Timestamp::ZERO,
            waiting: None,
            awaited: None,
            asked: None,
            poll: Poll::None,
            keep: None,
            quickest: None,
            flags: Timestamp::ZERO,
        }
    }

    /// Takes what was heard, as it is to be said.
    pub(super) fn put(&mut self, signal: Signal, now: Timestamp) {
        self.news = now;
        self.tape.put(signal);
    }

    /// The line's own machine has said something and awaits an answer on V.21: T4 runs.
    pub(super) fn await_answer(&mut self, now: Timestamp) {
        if self.poll == Poll::None {
            self.asked = Some(now);
        }
        self.await_same_answer(now);
    }

    /// It has said something that was kept from the other, and awaits the answer that is due already.
    pub(super) fn await_same_answer(&mut self, now: Timestamp) {
        self.asked.get_or_insert(now);
        self.awaited = Some(now);
        if let Poll::Turn(until) = &mut self.poll {
            *until = now;
        }
    }

    /// Whether its machine was told RNR, so that RR is due.
    pub(super) fn is_polled(&self) -> bool {
        self.poll != Poll::None
    }

    /// The machine that was told RNR said something else.
    pub(super) fn stop_polling(&mut self) {
        self.poll = Poll::None;
    }

    /// Whether answers have been so late that no other reason is left.
    pub(super) fn is_slow(&self) -> bool {
        self.quickest.is_some_and(|span| span >= HOLD_AFTER)
    }

    /// Whether the answer to the last command is late only because all answers are.
    pub(super) fn is_on_slow_way(&self, now: Timestamp) -> bool {
        let slow = self.quickest.filter(|span| *span >= HOLD_AFTER);
        self.asked.zip(slow).is_some_and(|(asked, span)| now < asked + span + SLOWER)
    }

    /// Whether everything has been said.
    pub(super) fn is_idle(&self) -> bool {
        self.tape.is_empty() && matches!(self.stage, Stage::Between)
    }

    /// Nothing of what is said to the line's own machine can be read, for a while.
    pub(super) fn hold_until(&mut self, until: Timestamp) {
        self.keep = Some(until);
    }

    /// The burst that has begun was none for the line's machine: its flags go on.
    pub(super) fn hold_on(&mut self, now: Timestamp) {
        if matches!(self.stage, Stage::Burst(Opening::V21, Pacer::Undecided)) {
            self.stage = Stage::Holding(now + HOLD_FOR);
        }
    }

    /// Whether a burst has begun of which nothing has come.
    pub(super) fn is_bare(&self) -> bool {
        self.tape.octet(0).is_none()
            && matches!(self.stage, Stage::Between | Stage::Burst(_, Pacer::Undecided))
    }

    /// Says what can be said.
    pub(super) fn drive(&mut self, line: &mut impl Line, moment: Moment, note: &mut impl FnMut(Event)) {
        while self.step(line, moment, note) {}
    }

    fn step(&mut self, line: &mut impl Line, moment: Moment, note: &mut impl FnMut(Event)) -> bool {
        match &self.stage {
            Stage::Between => self.between(line, moment, note) || self.hold(line, moment, note),
            Stage::Holding(until) => {
                let until = *until;
                self.holding(until, line, moment, note)
            }
            Stage::LetGo(opening) => {
                let opening = *opening;
                self.let_go(opening, line, moment)
            }
            Stage::Skipping => self.skip(),
            Stage::Burst(opening, pacer) => {
                let (opening, rate) = (*opening, opening.bit_rate().0);
                if matches!(pacer, Pacer::Frames) && self.is_late_for(opening, moment.now) {
                    return self.flag_anew(opening, line, moment.now);
                }
                let Self { tape, stage: Stage::Burst(_, pacer), frames, .. } = self else { return false };
                let done = match pacer {
                    Pacer::Undecided => false,
                    Pacer::Frames => frames.step(opening, tape, line, note),
                    Pacer::Rows(rows) => rows.step(rate, tape, line),
                    Pacer::Bits(bits) => bits.step(rate, tape, line),
                    Pacer::WithoutFill(fill) => fill.step(tape, line),
                };
                done || self.at_mark(line, moment, note)
                    || self.refresh_flags(opening, line, moment.now)
                    || self.starve(opening, line, moment, note)
            }
        }
    }

    fn between(&mut self, line: &mut impl Line, moment: Moment, note: &mut impl FnMut(Event)) -> bool {
        let Some(here) = self.tape.mark_here() else {
            // Octets of no burst: the grammar of lines lets none through.
            let stray = self.tape.octets_here();
            self.tape.pass(stray);
            return stray > 0;
        };
        let done = match here.mark {
            Mark::Silence => line.say(Signal::Silence).is_ok(),
            Mark::Tone(tone) => line.say(Signal::Tone(tone)).is_ok(),
            Mark::Begin(opening) => self.begin(opening, line, moment, note),
            Mark::Content(_) | Mark::FrameEnd(_) | Mark::Missing | Mark::End => true,
        };
        if done {
            self.tape.pass_mark();
        }
        done
    }

    fn begin(
        &mut self,
        opening: Opening,
        line: &mut impl Line,
        moment: Moment,
        note: &mut impl FnMut(Event),
    ) -> bool {
        let since = *self.waiting.get_or_insert(moment.now);
        if matches!(self.poll, Poll::Turn(until) if moment.free && moment.now < until) {
            return false;
        }
        if line.nature() == Nature::Modem && !moment.free {
            if opening != Opening::V21 && moment.now >= since + PATIENCE_TURN_FAST {
                note(Event::Untimely(opening));
                (self.waiting, self.stage) = (None, Stage::Skipping);
                return true;
            }
            if moment.now < since + PATIENCE_TURN {
                return false;
            }
            note(Event::SpokeOver(opening));
        }
        if line.say(Signal::Begin(opening)).is_err() {
            return false;
        }
        self.waiting = None;
        match self.poll {
            Poll::Told => self.poll = Poll::Turn(moment.now + TURN_TO_POLL),
            Poll::Turn(_) | Poll::None => self.note_answer(moment.now),
        }
        self.keep = self.keep.filter(|_| opening != Opening::V21);
        (self.news, self.flags) = (moment.now, moment.now);
        self.frames.begin(moment.regenerates && opening == Opening::V21);
        self.stage = Stage::Burst(opening, Pacer::Undecided);
        true
    }

    /// An answer that is late is preceded by flags, so that the machine does not say its command again.
    fn hold(&mut self, line: &mut impl Line, moment: Moment, note: &mut impl FnMut(Event)) -> bool {
        if let Some(until) = self.keep.filter(|_| moment.free && self.tape.is_empty()) {
            self.keep = None;
            if moment.own.has(OwnWord::Flags) && line.say(Signal::Begin(Opening::V21)).is_ok() {
                note(Event::Held);
                self.flags = moment.now;
                self.frames.begin(moment.regenerates);
                self.stage = Stage::Holding(until);
                return true;
            }
        }
        let due = self.awaited.is_some_and(|since| moment.now >= since + HOLD_AFTER);
        if !due || line.nature() != Nature::Modem {
            return false;
        }
        self.awaited = None;
        if self.is_better_told(moment) {
            note(Event::ToldToWait);
            self.tell();
            return true;
        }
        if !moment.own.has(OwnWord::Flags) {
            return false;
        }
        let quick = self.quickest.is_some_and(|span| span < HOLD_AFTER);
        // In audio what is not there in time is lost, not late, unless answers took as long before; and the other
        // machine waits for the command.
        if moment.regenerates && self.quickest.is_none_or(|span| span < HOLD_AFTER) {
            self.asked = None;
            return false;
        }
        // It speaks again already.
        if !moment.free || line.say(Signal::Begin(Opening::V21)).is_err() {
            return false;
        }
        note(Event::Held);
        self.flags = moment.now;
        self.frames.begin(moment.regenerates);
        let hold = match self.quickest {
            _ if quick => HOLD_FOR_LOST,
            None => HOLD_AT_FIRST,
            Some(span) => {
                HOLD_FOR.max(Span::from_micros((span + SLOWER).micros().saturating_sub(HOLD_AFTER.micros())))
            }
        };
        self.stage = Stage::Holding(moment.now + hold);
        true
    }

    /// The answer has begun.
    fn note_answer(&mut self, now: Timestamp) {
        (self.awaited, self.poll) = (None, Poll::None);
        if let Some(asked) = self.asked.take() {
            let after = now.since(asked);
            self.quickest = Some(self.quickest.map_or(after, |before| before.min(after)));
        }
    }

    /// Whether flags would not hold the machine long enough and RNR does.
    fn is_better_told(&self, moment: Moment) -> bool {
        let slow = self.quickest.is_some_and(|span| span >= BEYOND_FLAGS);
        let in_time = self.asked.is_some_and(|asked| moment.now < asked + POLLED_FOR);
        let may = moment.own.has(OwnWord::NotReady) && moment.may_wait && moment.free;
        may && slow && in_time && self.tape.is_empty()
    }

    /// Puts RNR on the empty tape.
    fn tell(&mut self) {
        self.poll = Poll::Told;
        let frame = [Signal::Octets(Chunk::from_octets(&RNR)), Signal::FrameEnd(FrameEnd::Good)];
        let burst = [Signal::Begin(Opening::V21)].into_iter().chain(frame).chain([Signal::End]);
        burst.for_each(|signal| self.tape.put(signal));
    }

    fn holding(
        &mut self,
        until: Timestamp,
        line: &mut impl Line,
        moment: Moment,
        note: &mut impl FnMut(Event),
    ) -> bool {
        let now = moment.now;
        match self.tape.mark_here().map(|here| here.mark) {
            Some(Mark::Begin(Opening::V21)) => {
                self.tape.pass_mark();
                self.note_answer(now);
                self.quickest.get_or_insert(HOLD_AFTER);
                self.news = now;
                self.frames.begin(moment.regenerates);
                self.stage = Stage::Burst(Opening::V21, Pacer::Undecided);
                return true;
            }
            Some(Mark::Silence) => {
                self.tape.pass_mark();
                return true;
            }
            None if now < until => return self.refresh_flags(Opening::V21, line, now),
            // The network was slow for another reason, or nothing comes at all.
            _ => {}
        }
        if line.say(Signal::End).is_err() {
            return false;
        }
        note(Event::HeldInVain);
        self.stage = Stage::Between;
        true
    }

    /// Begins a long run of flags anew.
    fn refresh_flags(&mut self, opening: Opening, line: &mut impl Line, now: Timestamp) -> bool {
        let in_flags = self.frames.ended() == 0 && !self.frames.in_frame();
        let long = in_flags && now >= self.flags + FLAGS_FOR;
        opening == Opening::V21
            && line.nature() == Nature::Modem
            && long
            && self.flag_anew(opening, line, now)
    }

    /// Whether the frame that is about to start would end too late after the first flag.
    fn is_late_for(&self, opening: Opening, now: Timestamp) -> bool {
        let Some(octets) = self.frames.held_whole(&self.tape).filter(|_| opening == Opening::V21) else {
            return false;
        };
        let lasts = Span::from_micros(OCTET.micros() * (octets as u64 + BEHIND_FRAME));
        let helps = PREAMBLE + lasts <= FLAGS_AND_FRAME;
        self.frames.ended() == 0 && helps && now + lasts > self.flags + FLAGS_AND_FRAME
    }

    fn flag_anew(&mut self, opening: Opening, line: &mut impl Line, now: Timestamp) -> bool {
        self.flags = now;
        line.say(Signal::End).is_ok() && line.say(Signal::Begin(opening)).is_ok()
    }

    /// The marks that the pacers leave to the burst.
    fn at_mark(&mut self, line: &mut impl Line, moment: Moment, note: &mut impl FnMut(Event)) -> bool {
        let Some(here) = self.tape.mark_here() else { return false };
        let all_lost = self.is_all_lost(moment, line);
        let Stage::Burst(_, pacer) = &mut self.stage else { return false };
        match here.mark {
            Mark::Content(content) => {
                *pacer = match (content, moment.kind, line.nature()) {
                    (Content::Frames, ..) => Pacer::Frames,
                    (Content::Bits, Kind::Page { row_bits, .. }, Nature::Modem) => {
                        Pacer::Rows(RowPacer::new(row_bits))
                    }
                    (Content::Bits, Kind::Page { without_fill: true, .. }, Nature::Packets) => {
                        Pacer::WithoutFill(FillRemover::default())
                    }
                    (Content::Bits, ..) => Pacer::Bits(BitPacer::new()),
                };
            }
            Mark::Missing => _ = line.say(Signal::Missing),
            Mark::End if all_lost => {
                note(Event::Held);
                self.frames.begin(moment.regenerates);
                self.stage = Stage::Holding(moment.now + HOLD_FOR_COMMAND);
            }
            // A new burst without the end of this one.
            Mark::End | Mark::Begin(_) | Mark::Tone(_) | Mark::Silence => {
                if line.say(Signal::End).is_err() {
                    return false;
                }
                if pacer.filled() > 0 {
                    note(Event::Filled { octets: pacer.filled() });
                }
                if let Pacer::WithoutFill(fill) = pacer {
                    note(Event::FillRemoved { octets: fill.removed() });
                }
                self.stage = Stage::Between;
                if here.mark != Mark::End {
                    return true;
                }
            }
            Mark::FrameEnd(_) => return false,
        }
        self.tape.pass_mark();
        true
    }

    /// Whether a command was announced and nothing of it came that could be said.
    fn is_all_lost(&self, moment: Moment, line: &impl Line) -> bool {
        let silent = match self.stage {
            Stage::Burst(Opening::V21, Pacer::Undecided) => true,
            Stage::Burst(Opening::V21, Pacer::Frames) => self.frames.has_dropped_last(),
            _ => false,
        };
        let holds = moment.own.has(OwnWord::Flags) && line.nature() == Nature::Modem;
        silent && moment.commands && holds
    }

    /// A carrier of which nothing comes any more is let go: the end of the burst may be lost.
    fn starve(
        &mut self,
        opening: Opening,
        line: &mut impl Line,
        moment: Moment,
        note: &mut impl FnMut(Event),
    ) -> bool {
        let Stage::Burst(_, pacer) = &self.stage else { return false };
        let patience = match (opening, pacer) {
            (Opening::V21, Pacer::Undecided) if moment.commands => PATIENCE_COMMAND,
            (Opening::V21, Pacer::Undecided) => PATIENCE_PREAMBLE,
            (Opening::V21, _) => PATIENCE_V21,
            (_, Pacer::Undecided) => PATIENCE_TRAINING,
            _ => PATIENCE_FAST,
        };
        let more = self.tape.until(|mark| matches!(mark, Mark::FrameEnd(_) | Mark::End | Mark::Begin(_)));
        if line.nature() == Nature::Packets || more.is_some() || moment.now < self.news + patience {
            return false;
        }
        if self.frames.in_frame() {
            _ = line.say(Signal::FrameEnd(FrameEnd::Aborted));
        }
        if line.say(Signal::End).is_err() {
            return false;
        }
        note(Event::CarrierLetGo(opening));
        self.frames.begin(moment.regenerates && opening == Opening::V21);
        self.stage = Stage::LetGo(opening);
        true
    }

    fn skip(&mut self) -> bool {
        let Some(here) = self.tape.mark_here() else {
            let octets = self.tape.octets_here();
            self.tape.pass(octets);
            return octets > 0;
        };
        match here.mark {
            Mark::Begin(_) | Mark::Tone(_) | Mark::Silence => self.stage = Stage::Between,
            Mark::End => {
                self.tape.pass_mark();
                self.stage = Stage::Between;
            }
            Mark::Content(_) | Mark::FrameEnd(_) | Mark::Missing => self.tape.pass_mark(),
        }
        true
    }

    /// What comes late of a burst whose carrier is gone: V.21 frames are said with a new one, once all of
    /// them are there. The rest of a page is lost, and T.30 asks for it again.
    fn let_go(&mut self, opening: Opening, line: &mut impl Line, moment: Moment) -> bool {
        let Some(here) = self.tape.mark_here() else {
            if opening != Opening::V21 {
                let late = self.tape.octets_here();
                self.tape.pass(late);
                return late > 0;
            }
            let over = self.tape.until(|mark| matches!(mark, Mark::End | Mark::Begin(_)));
            if over.is_none() || !moment.free || line.say(Signal::Begin(opening)).is_err() {
                return false;
            }
            self.news = moment.now;
            self.stage = Stage::Burst(opening, Pacer::Frames);
            return true;
        };
        match here.mark {
            Mark::Content(_) | Mark::Missing | Mark::FrameEnd(_) => self.tape.pass_mark(),
            Mark::End => {
                self.tape.pass_mark();
                self.stage = Stage::Between;
            }
            Mark::Begin(_) | Mark::Tone(_) | Mark::Silence => self.stage = Stage::Between,
        }
        true
    }
}
