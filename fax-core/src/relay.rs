//! Two lines joined: what is heard on one is said on the other, as T.30 needs it.
//!
//! A relay takes no part in T.30. It lets the two machines talk to each other and knows where they
//! are, from the frames that pass: which modem comes next, what its bits are, what the two must not agree on.
//! It may begin and end carriers, hold and fill, and break off what has run dry; the few frames that it
//! may say itself are in [`Policy`].
//!
//! ```text
//!              edit           tape            pacer
//! near line ----------+----------------------------------> far line
//!                     |
//!                  tracker ---> expectations, kind of bits
//!                     |
//! near line <---------+----------------------------------- far line
//! ```
//!
//! Always: a frame is said as good only if it came as good, or is one of [`OwnWords`]; memory is bounded.

mod bit_pacer;
mod delay;
mod event;
mod fill;
mod frame_pacer;
mod policy;
mod row_pacer;
mod tape;
mod tcf;
mod tracker;
mod way;

pub use event::Event;
pub use policy::{EcmUse, OwnWord, OwnWords, Policy, Repetition, SuperG3};
pub use tcf::TcfMethod;
pub use tracker::{Pending, Phase, Side, Tracker};

use crate::line::{Events, Expectation, Line, Nature};
use crate::signal::{Chunk, FrameEnd, Grammar, Heard, Opening, Signal};
use crate::t30::{Body, Change, Confirmation, Fcf, Frame, FrameBuffer, FrameEdit, PostPage};
use crate::time::{Span, Timestamp};
use delay::{Answers, Gate, Watch};
use tcf::{TcfJudge, tcf};
use way::{Kind, Moment, Way};

/// A predicted carrier that has not come by then does not come.
const PREDICTION: Span = Span::from_millis(1000);
/// How long the other machine is held while a page passes of which nothing can be read: a block lasts 37 s at
/// 14 400 bit/s.
const UNREAD: Span = Span::from_millis(40_000);
/// A machine that has said its last frame says nothing more before T4 (2.55 s at least, T.30 5.4.2), give or take what
/// a network is slower at times.
const SAME_TURN: Span = Span::from_millis(2000);
/// Events that wait at most; the oldest give way.
const EVENTS: usize = 64;

/// Joins two lines. It owns neither: whoever drives the call lends them to [`Relay::drive`].
#[derive(Clone, Debug)]
pub struct Relay {
    policy: Policy,
    tracker: Tracker,
    near: Ear,
    far: Ear,
    /// From the near line to the far one, and back.
    outward: Way,
    homeward: Way,
    answers: Answers,
    judge: TcfJudge,
    /// The side whose commands reach the other's modem through packets, or through audio: there an answer
    /// can be lost, and be given again.
    answers_for: Option<Side>,
    /// Both lines are phone lines.
    regenerates: bool,
    /// Who has spoken last on V.21 and when that was over, until the other machine speaks.
    spoke: Option<(Side, Timestamp)>,
    events: Notes,
}

/// What is being heard on one line.
#[derive(Clone, Debug)]
struct Ear {
    grammar: Grammar,
    frame: FrameBuffer,
    edit: FrameEdit,
    burst: Option<Opening>,
    /// The rest of this burst is not passed on.
    muted: bool,
    /// A carrier that the other line has been told of before it was heard, and until when it must be.
    predicted: Option<(Opening, Timestamp)>,
    expected: Expectation,
}

#[derive(Clone, Debug)]
struct Notes(Events<(Side, Event), EVENTS>);

impl Relay {
    /// Nothing has been heard.
    pub fn new(policy: Policy) -> Self {
        let policy = Policy { edits: policy.all_edits(), ..policy };
        Self {
            policy,
            tracker: Tracker::new(),
            near: Ear::new(),
            far: Ear::new(),
            outward: Way::new(),
            homeward: Way::new(),
            answers: Answers::new(),
            judge: TcfJudge::default(),
            answers_for: None,
            regenerates: false,
            spoke: None,
            events: Notes(Events::new()),
        }
    }

    /// Passes on what can be passed on. To be called whenever either line has taken something in or has
    /// been moved on in time, and at least every 20 ms while a phone line is one of them.
    pub fn drive(&mut self, now: Timestamp, near: &mut impl Line, far: &mut impl Line) {
        self.answers_for = match (near.nature(), far.nature()) {
            (Nature::Modem, Nature::Packets) => Some(Side::Far),
            (Nature::Packets, Nature::Modem) => Some(Side::Near),
            // Either may be the one with the network behind it.
            (Nature::Modem, Nature::Modem) => self.tracker.sender(),
            (Nature::Packets, Nature::Packets) => None,
        };
        self.regenerates = (near.nature(), far.nature()) == (Nature::Modem, Nature::Modem);
        let mut news = false;
        while let Some(heard) = near.hear() {
            self.hear(Side::Near, near.nature(), heard, now);
            news = true;
        }
        while let Some(heard) = far.hear() {
            self.hear(Side::Far, far.nature(), heard, now);
            news = true;
        }
        self.give_up_predictions(now);
        if news {
            self.near.expect(near, self.tracker.expectation(Side::Near));
            self.far.expect(far, self.tracker.expectation(Side::Far));
        }
        let kind = self.kind();
        let moment = |from: Side, ear: &Ear| {
            let (free, commands) = (ear.burst.is_none(), self.tracker.sender() == Some(from));
            let may_wait = self.tracker.may_be_told_to_wait(from.other());
            let (own, regenerates) = (self.policy.own, self.regenerates);
            Moment { now, kind, free, commands, may_wait, own, regenerates }
        };
        let (there, here) = (moment(Side::Near, &self.far), moment(Side::Far, &self.near));
        let Self { outward, homeward, events, .. } = self;
        let note = &mut |event| events.note(now, Side::Near, event);
        outward.drive(far, there, note);
        let note = &mut |event| events.note(now, Side::Far, event);
        homeward.drive(near, here, note);
    }

    /// The next event: when, and whose signals it is about: what the machine on that side said.
    pub fn event(&mut self) -> Option<(Timestamp, Side, Event)> {
        self.events.0.take().map(|(at, (side, event))| (at, side, event))
    }

    /// What is known of the call from its frames.
    pub fn tracker(&self) -> &Tracker {
        &self.tracker
    }

    /// Whether all that was heard has been said.
    pub fn is_idle(&self) -> bool {
        self.outward.is_idle() && self.homeward.is_idle()
    }

    fn hear(&mut self, side: Side, nature: Nature, heard: Heard, now: Timestamp) {
        let ear = self.ear(side);
        if ear.grammar.take(heard.signal).is_err() {
            debug_assert!(false, "{:?} is not what a line may hear here", heard.signal);
            return;
        }
        let at = heard.at;
        match heard.signal {
            Signal::Silence => {
                if self.ear(side).predicted.is_none() {
                    self.pass(side, Signal::Silence, now);
                }
            }
            Signal::Tone(tone) => {
                self.events.note(at, side, Event::Tone(tone));
                self.drop_prediction(side, now);
                self.pass(side, Signal::Tone(self.policy.tone(tone)), now);
            }
            Signal::Begin(opening) => self.begin(side, nature, opening, heard, now),
            Signal::Octets(chunk) => {
                let (edits, confirmation) = (self.policy.edits, self.confirmation());
                let ear = self.ear(side);
                if ear.frame.octets().is_empty() {
                    ear.edit = FrameEdit::new(confirmation);
                }
                let edited = ear.edit.chunk(&edits, chunk);
                ear.frame.push(edited.octets());
                self.pass(side, Signal::Octets(edited), now);
            }
            Signal::FrameEnd(end) => self.frame_end(side, end, at, now),
            Signal::Bits(chunk) if self.tcf_stays_here() => {
                if nature == Nature::Modem {
                    self.judge.bits(&chunk);
                }
            }
            Signal::Bits(_) => self.pass(side, heard.signal, now),
            Signal::Missing => {
                self.events.note(at, side, Event::Hole);
                self.pass(side, heard.signal, now);
            }
            Signal::End => self.end(side, nature, at, now),
        }
    }

    fn begin(&mut self, side: Side, nature: Nature, opening: Opening, heard: Heard, now: Timestamp) {
        self.events.note(heard.at, side, Event::Begun { opening, grounds: heard.grounds });
        let phase = self.tracker.burst_began(side, opening);
        if self.spoke.is_some_and(|(who, _)| who != side || opening != Opening::V21) {
            self.spoke = None;
        }
        if nature == Nature::Packets && self.speaks_twice(side, now) {
            self.events.note(heard.at, side, Event::Untimely(opening));
            self.ear(side).burst = Some(opening);
            self.ear(side).muted = true;
            return;
        }
        self.note_phase(heard.at, side, phase);
        if self.tcf_stays_here() {
            if nature == Nature::Packets {
                // The one that is made here has its own.
                self.ear(side).burst = Some(opening);
                self.ear(side).muted = true;
                return;
            }
            self.judge.begin(opening);
        }
        let ear = self.ear(side);
        ear.burst = Some(opening);
        match ear.predicted.take() {
            Some((predicted, _)) if predicted == opening => return,
            Some(_) => self.pass(side, Signal::End, now),
            None => {}
        }
        let awaited = self.tracker.awaited_training(side, opening);
        self.pass(side, Signal::Begin(awaited), now);
    }

    fn frame_end(&mut self, side: Side, end: FrameEnd, at: Timestamp, now: Timestamp) {
        let Self { policy, near, far, tracker, answers, events, .. } = self;
        let ear = match side {
            Side::Near => near,
            Side::Far => far,
        };
        let octets = ear.frame.octets();
        match ear.frame.frame().ok().filter(|_| end == FrameEnd::Good) {
            Some(frame) => {
                let (fcf, then, last) = (frame.fcf(), then(&frame), frame.is_last());
                events.note(at, side, Event::Frame { fcf, then, last });
                // A command that is answered here is not news to anyone.
                let before = tracker.commanded().copied();
                let phase = if answers.is_repeated(octets) { None } else { tracker.frame(side, &frame) };
                let commanded = tracker.commanded().copied().filter(|dcs| Some(*dcs) != before);
                if let Some(dcs) = commanded {
                    events.note(at, side, Event::Commanded(dcs));
                    let lacks = policy.lacks_ecm(&dcs).then_some(Event::WithoutEcm);
                    lacks.into_iter().for_each(|event| events.note(at, side, event));
                }
                phase.into_iter().for_each(|phase| events.note(at, side, Event::Phase(phase)));
                match tracker.sender() {
                    Some(sender) if sender == side => answers.command(&frame, octets, now),
                    _ => answers.answer(&frame, octets),
                }
            }
            None => events.note(at, side, Event::BadFrame { octets: octets.len(), end }),
        }
        if ear.edit.change() != Change::Nothing {
            events.note(at, side, Event::Edited(ear.edit.change()));
        }
        self.pass(side, Signal::FrameEnd(end), now);
        self.ear(side).frame.clear();
    }

    /// Puts a signal on its way, unless it may belong to a command that is said again.
    fn pass(&mut self, side: Side, signal: Signal, now: Timestamp) {
        let ear = self.ear(side);
        if ear.muted {
            ear.muted = signal != Signal::End;
            return;
        }
        if self.may_offer_again(side) && self.keeps_offer(side, signal, now) {
            return;
        }
        let watch = self.watch(side, now);
        let gate = if self.tracker.sender() == Some(side) {
            let Self { near, far, answers, .. } = self;
            let ear = match side {
                Side::Near => near,
                Side::Far => far,
            };
            answers.pass(signal, ear.frame.octets(), now, watch)
        } else {
            Gate::Open
        };
        match gate {
            Gate::Open => self.put(side, signal, now),
            Gate::Held => {}
            Gate::Released => {
                self.way_to(side).stop_polling();
                self.answers.release().for_each(|held| self.put(side, held, now));
                self.put(side, signal, now);
            }
            Gate::Repeated => {
                self.events.note(now, side, Event::AnsweredAgain);
                self.ear(side).muted = true;
                self.answers.again().for_each(|again| self.put(side.other(), again, now));
            }
            Gate::Kept(watch) => {
                let kept = if watch == Watch::Polling { Event::PollKept } else { Event::RepetitionKept };
                self.events.note(now, side, kept);
                self.ear(side).muted = signal != Signal::End;
            }
        }
    }

    /// Whether the machine on `side` may offer itself again though the command of the other one has been said.
    fn may_offer_again(&mut self, side: Side) -> bool {
        let commanded = matches!(self.tracker.phase(), Phase::Commanded | Phase::Tcf | Phase::TcfSent);
        let kept = self.policy.repetition == Repetition::Kept;
        let slow = kept && self.way_to(side.other()).is_slow();
        commanded && slow && self.tracker.sender() == Some(side.other()) && self.answers_for == Some(side)
    }

    /// Keeps a burst back that begins with the frames of an offer.
    fn keeps_offer(&mut self, side: Side, signal: Signal, now: Timestamp) -> bool {
        let frame = self.ear(side).frame.octets();
        let Signal::Octets(chunk) = signal else { return false };
        if frame.len() >= chunk.octets().len() + 3 {
            return false;
        }
        let Ok(fcf) = Frame::parse(frame).map(|frame| frame.fcf()) else { return true };
        if !matches!(fcf, Fcf::Nsf | Fcf::Csi | Fcf::Dis) {
            let begun = Signal::Octets(Chunk::from_octets(frame));
            self.put(side, begun, now);
            return true;
        }
        self.events.note(now, side, Event::OfferKept);
        self.ear(side).muted = true;
        true
    }

    /// What a burst of the machine on `side` may be that is not to be passed on, if it sends pages.
    fn watch(&mut self, side: Side, now: Timestamp) -> Option<Watch> {
        let Policy { own, repetition, .. } = self.policy;
        let is_answered_here = self.answers_for == Some(side);
        let way = self.way_to(side);
        if way.is_polled() {
            Some(Watch::Polling)
        } else if is_answered_here {
            own.has(OwnWord::AnswerAgain).then_some(Watch::Answered)
        } else {
            (repetition == Repetition::Kept && way.is_on_slow_way(now)).then_some(Watch::Asked)
        }
    }

    fn end(&mut self, side: Side, nature: Nature, at: Timestamp, now: Timestamp) {
        self.events.note(at, side, Event::Ended);
        if self.tcf_stays_here() && nature == Nature::Modem {
            self.events.note(at, side, Event::TcfJudged { good: self.judge.is_good() });
        }
        let phase = self.tracker.burst_ended(side);
        self.note_phase(at, side, phase);
        let burst = self.ear(side).burst.take();
        let was_v21 = burst == Some(Opening::V21);
        self.hold_for_unread(side, burst, now);
        if was_v21 && !self.ear(side).muted {
            self.spoke = Some((side, now));
        }
        let kept = self.ear(side).muted;
        self.pass(side, Signal::End, now);
        if self.tracker.awaits_frames(side) {
            let way = self.way_to(side);
            if kept { way.await_same_answer(now) } else { way.await_answer(now) }
        } else if kept && self.tracker.sender() == Some(side.other()) {
            self.way_to(side.other()).hold_on(now);
        }
        if self.policy.tcf == TcfMethod::Local
            && nature == Nature::Packets
            && let Some(opening) = self.tracker.predicted(side).filter(|_| was_v21)
        {
            tcf(opening).for_each(|signal| self.put(side, signal, now));
        }
        // Packets announce a carrier themselves; from a phone line it is known only when it has been
        // heard for a while, and the far machine should not wait that long (IFP-16).
        if let Some(opening) = self.tracker.predicted(side)
            && was_v21
            && nature == Nature::Modem
        {
            self.events.note(at, side, Event::Predicted(opening));
            self.put(side, Signal::Begin(opening), now);
            self.ear(side).predicted = Some((opening, now + PREDICTION));
        }
    }

    /// A page of which nothing can be read, its training lost between phone lines: its machine ends it with a command, and
    /// until then flags keep T2 from ending the call at the other one (T.30 5.4.2), which then asks for all of it again.
    fn hold_for_unread(&mut self, side: Side, burst: Option<Opening>, now: Timestamp) {
        let unread = self.regenerates
            && self.tracker.sender() == Some(side)
            && self.tracker.phase() == Phase::PageSent
            && self.way_to(side.other()).is_bare();
        if let Some(opening) = burst.filter(|opening| unread && *opening != Opening::V21) {
            self.events.note(now, side, Event::Unread(opening));
            self.way_to(side.other()).hold_until(now + UNREAD);
        }
    }

    fn note_phase(&mut self, at: Timestamp, side: Side, phase: Option<Phase>) {
        phase.into_iter().for_each(|phase| self.events.note(at, side, Event::Phase(phase)));
    }

    /// What was predicted and did not come is ended.
    fn give_up_predictions(&mut self, now: Timestamp) {
        for side in [Side::Near, Side::Far] {
            if self.ear(side).predicted.is_some_and(|(_, until)| until <= now) {
                self.drop_prediction(side, now);
                self.put(side, Signal::Silence, now);
            }
        }
    }

    /// Whether the machine on `side` speaks though it has just spoken and the other one has the turn. Both bursts come
    /// from packets: the first was mended, late, from copies that came with the second, and the other machine would
    /// answer it into the second.
    fn speaks_twice(&self, side: Side, now: Timestamp) -> bool {
        let soon = self.spoke.is_some_and(|(who, at)| who == side && now < at + SAME_TURN);
        let other = match self.tracker.phase() {
            Phase::PageDue | Phase::Correction => self.tracker.sender() != Some(side),
            Phase::PostPage => self.tracker.sender() == Some(side),
            _ => false,
        };
        soon && other
    }

    fn drop_prediction(&mut self, side: Side, now: Timestamp) {
        if let Some((opening, _)) = self.ear(side).predicted.take() {
            self.events.note(now, side, Event::PredictionFailed(opening));
            self.put(side, Signal::End, now);
        }
    }

    fn put(&mut self, side: Side, signal: Signal, now: Timestamp) {
        let way = match side {
            Side::Near => &mut self.outward,
            Side::Far => &mut self.homeward,
        };
        way.put(signal, now);
    }

    /// The way that ends on the line of a side.
    fn way_to(&mut self, side: Side) -> &mut Way {
        match side {
            Side::Near => &mut self.homeward,
            Side::Far => &mut self.outward,
        }
    }

    fn ear(&mut self, side: Side) -> &mut Ear {
        match side {
            Side::Near => &mut self.near,
            Side::Far => &mut self.far,
        }
    }

    /// A DCS beyond the limits, of a machine that has not seen the DIS that was edited, is answered by
    /// its own machine's CFR, which says FTT when it arrives: the sender steps down.
    fn confirmation(&self) -> Confirmation {
        if !self.policy.own.has(OwnWord::TrainingRefused) {
            return Confirmation::Pass;
        }
        let beyond = self.tracker.commanded().is_some_and(|dcs| self.policy.edits.exceeded_by(dcs));
        let bad = self.policy.tcf == TcfMethod::Local
            && self.tcf_is_judged()
            && self.tracker.phase() == Phase::TcfSent
            && !self.judge.is_good();
        if beyond || bad { Confirmation::Refuse } else { Confirmation::Pass }
    }

    /// Whether what is on the line is a TCF that does not cross.
    fn tcf_stays_here(&self) -> bool {
        self.policy.tcf == TcfMethod::Local && self.tracker.phase() == Phase::Tcf
    }

    /// Whether the machine that sends pages is on a phone line of this relay.
    fn tcf_is_judged(&self) -> bool {
        self.answers_for != self.tracker.sender()
    }

    /// What bits are, where T.30 is now.
    fn kind(&self) -> Kind {
        let page = matches!(self.tracker.phase(), Phase::PageDue | Phase::Page | Phase::PageSent);
        match self.tracker.row_bits() {
            Some(row_bits) if page => Kind::Page { row_bits, without_fill: self.policy.fill_removal },
            _ => Kind::Other,
        }
    }
}

impl Ear {
    fn new() -> Self {
        Self {
            grammar: Grammar::default(),
            frame: FrameBuffer::new(),
            edit: FrameEdit::default(),
            burst: None,
            muted: false,
            predicted: None,
            expected: Expectation::ANYTHING,
        }
    }

    fn expect(&mut self, line: &mut impl Line, expectation: Expectation) {
        if expectation != self.expected {
            self.expected = expectation;
            line.expect(expectation);
        }
    }
}

/// What a frame says of the page after the one that ends.
fn then(frame: &Frame<'_>) -> Option<PostPage> {
    match frame.body() {
        Ok(Body::Pps(pps)) => Some(pps.then),
        Ok(Body::Eor(then)) => Some(then),
        _ => PostPage::of(frame.fcf()),
    }
}

impl Notes {
    fn note(&mut self, at: Timestamp, side: Side, event: Event) {
        self.0.note(at, (side, event));
    }
}

#[cfg(test)]
mod tests;
