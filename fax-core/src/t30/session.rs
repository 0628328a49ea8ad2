//! A fax machine's mind: T.30 from the first tone to the last frame, on any [`Line`].
//!
//! ```text
//!          Source            Sink                 pages, coded
//!             \               /
//!   caller -> sender     receiver <- answerer     one struct for each group of rows of the state table
//!                  Context                        what outlives a state: timers, script, record
//!          hearing |     | speaker                frames out of signals, signals out of frames
//!                    Line
//! ```
//!
//! The owner brings the line up to date and then calls [`Session::drive`]; it does so again when the line
//! has heard something, has room, or at [`Session::deadline`], whichever is first.
//!
//! From: T.30 and T.4 Annex A as compiled in `docs/t30-session.md`, whose rows the states are named after;
//! field notes IFP-10 to IFP-15, T30-1 to T30-10.
//! Always: terms come from [`Dis::admits`](crate::t30::Dis::admits) alone; every wait has a deadline and every repetition a limit; a
//! frame is acted on only if it is whole and the last of its burst; memory is bounded, the one big buffer
//! being the 64 KiB of an ECM block.
//! Not here: page coding (behind [`Source`] and [`Sink`]), V.8 and V.34, what passes through a gateway (`relay::tracker`).

mod answerer;
mod block;
mod caller;
mod context;
mod desk;
mod ecm_receiver;
mod ecm_sender;
mod event;
mod negotiation;
mod operator;
mod outcome;
mod receiver;
mod release;
mod sender;
mod settings;
mod speaker;
mod state;
mod tcf;
mod timers;

pub use context::Remote;
pub use desk::{Fate, Flow, Follows, Format, NoPages, Quality, Sink, Source, Verdict};
pub use event::{Event, PageRecord};
pub use outcome::{Advice, Awaited, Cause, Outcome};
pub use settings::{CopyQuality, EcmFrames, Offer, OnRtn, Operator, Poll, Settings};
pub use timers::{Timer, Timing};

use crate::line::{Line, Progress};
use crate::signal::{FrameEnd, Heard, Opening, Signal};
use crate::t30::{Body, Fcf, Frame, FrameBuffer, IdentKind};
use crate::time::Timestamp;
use crate::units::Decibel;
use context::{Context, Core};
use state::State;

/// One end of a fax call.
#[derive(Debug)]
pub struct Session {
    core: Core,
    state: State,
    role: Role,
    hearing: Hearing,
}

/// Which end of the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Has dialled: sends CNG, and then pages, or fetches them.
    Caller,
    /// Was called: sends CED and DIS, and then receives pages, or lets them be fetched.
    Answerer,
}

/// What is on the line from the far machine.
#[derive(Debug)]
struct Hearing {
    burst: Option<Opening>,
    frame: FrameBuffer,
    in_frame: bool,
    /// Whether the last frame of this burst has come.
    has_command: bool,
    /// Since when nothing has been on.
    quiet_since: Timestamp,
}

impl Session {
    /// A machine that is off hook from the first [`Session::drive`] on.
    pub fn new(role: Role, settings: Settings) -> Self {
        let hearing = Hearing {
            burst: None,
            frame: FrameBuffer::new(),
            in_frame: false,
            has_command: false,
            quiet_since: Timestamp::ZERO,
        };
        Self { core: Core::new(Timestamp::ZERO, settings), state: State::OnHook, role, hearing }
    }

    /// Takes what the line has heard, does what is due, and says what there is room for.
    pub fn drive<L: Line>(
        &mut self,
        now: Timestamp,
        line: &mut L,
        source: &mut dyn Source,
        sink: &mut dyn Sink,
    ) {
        self.core.now = self.core.now.max(now);
        let before = self.core.expectation;
        if matches!(self.state, State::OnHook) {
            let mut cx = Context { core: &mut self.core, source, sink };
            self.state = match self.role {
                Role::Caller => caller::Calling::enter(&mut cx),
                Role::Answerer => answerer::Answer::enter(&mut cx),
            };
            line.expect(self.core.expectation);
        }
        while let Some(heard) = line.hear() {
            self.hear(heard, source, sink);
        }
        self.expire(source, sink);
        // A burst that ends lets the next one begin at once.
        for _ in 0..4 {
            let turn = self.core.speaker.turn(self.hearing.quiet_since(), &self.core.settings.timing);
            self.core.speaker.pump(self.core.now, turn, line, &self.core.block, source);
            match line.progress() {
                Some(Progress::Ended(_)) => self.ended(source, sink),
                Some(Progress::Started(..) | Progress::Drained(_)) => {}
                None => break,
            }
        }
        if before != self.core.expectation {
            line.expect(self.core.expectation);
        }
    }

    /// When it must be driven again though the line has nothing new, and why. The line has deadlines of its
    /// own; while something is said, the session is driven whenever the line has been.
    pub fn deadline(&self) -> Option<(Timestamp, Timer)> {
        let turn = self.core.speaker.turn(self.hearing.quiet_since(), &self.core.settings.timing);
        let turn = turn.map(|at| (at, Timer::Turn));
        self.core.timers.next().into_iter().chain(turn).min_by_key(|(at, _)| *at)
    }

    /// Tells how well the line's modem has been trained: decibels of noise that it could still bear at this
    /// rate. Below [`Settings::least_margin`] a TCF is not confirmed.
    pub fn training_margin(&mut self, margin: Decibel) {
        self.core.margin = Some(margin);
    }

    /// The call goes on over another line, as when audio becomes T.38: what was open is over, and the burst that was
    /// being said is said again.
    pub fn moved<L: Line>(&mut self, now: Timestamp, line: &mut L) {
        self.core.now = self.core.now.max(now);
        let now = self.core.now;
        if self.hearing.burst.is_some() {
            self.core.carrier_off(false);
        }
        let frame = FrameBuffer::new();
        self.hearing = Hearing { burst: None, frame, in_frame: false, has_command: false, quiet_since: now };
        self.core.speaker.moved(now);
        line.expect(self.core.expectation);
    }

    /// The line was dropped, by the network or the far machine.
    pub fn dropped(&mut self, now: Timestamp, source: &mut dyn Source, sink: &mut dyn Sink) {
        self.core.now = self.core.now.max(now);
        if self.outcome().is_none() {
            let cause = self.state.phase().map_or(Cause::Dropped, |phase| phase.dropped());
            self.state = Context { core: &mut self.core, source, sink }.end(cause);
        }
    }

    /// Whoever is here wishes to speak: the next command or answer after a page says so. Without an operator
    /// ([`Operator::Absent`]) nothing happens.
    pub fn ask_to_speak(&mut self) {
        self.core.wishes_to_speak = self.core.settings.operator == Operator::OnCall;
    }

    /// An operator takes the call, if somebody wished to speak and T3 is not over; tells whether. The session is
    /// at its end then, and the line belongs to the operator.
    pub fn operator_speaks(&mut self, now: Timestamp, source: &mut dyn Source, sink: &mut dyn Sink) -> bool {
        self.core.now = self.core.now.max(now);
        let is_asked = self.core.timers.is_running(Timer::T3);
        if is_asked {
            let mut cx = Context { core: &mut self.core, source, sink };
            self.state = cx.end(Cause::HandedOver);
        }
        is_asked
    }

    /// The next event, oldest first; at most 64 wait.
    pub fn event(&mut self) -> Option<(Timestamp, Event)> {
        self.core.events.pop()
    }

    /// How the call ended, once it has: the line may be dropped then.
    pub fn outcome(&self) -> Option<Outcome> {
        matches!(self.state, State::Over).then_some(self.core.tally)
    }

    /// The state it is in, as `docs/t30-session.md` names it: for people.
    pub fn state(&self) -> &'static str {
        self.state.name()
    }

    /// What the far machine said about itself.
    pub fn remote(&self) -> &Remote {
        &self.core.remote
    }

    fn expire(&mut self, source: &mut dyn Source, sink: &mut dyn Sink) {
        while let Some(timer) = self.core.timers.expired(self.core.now) {
            self.core.emit(Event::Expired(timer));
            let timer = match timer {
                Timer::Flagged | Timer::Dropped => self.core.waited_for().unwrap_or(timer),
                Timer::T3 if !matches!(self.state, State::AwaitOperator(_)) => Timer::T2, // the next command
                timer => timer,
            };
            self.with_phase(source, sink, |phase, cx| phase.expired(timer, cx));
        }
    }

    fn ended(&mut self, source: &mut dyn Source, sink: &mut dyn Sink) {
        let Some(then) = self.core.speaker.ended(self.core.now) else { return };
        self.core.said(then, self.hearing.burst.is_some());
        if then == speaker::Then::Tell {
            self.with_phase(source, sink, |phase, cx| phase.said(cx));
        }
    }

    fn with_phase(
        &mut self,
        source: &mut dyn Source,
        sink: &mut dyn Sink,
        act: impl FnOnce(&mut dyn state::Phase, &mut Context<'_>) -> state::Next,
    ) {
        let Some(phase) = self.state.phase() else { return };
        let mut cx = Context { core: &mut self.core, source, sink };
        if let Some(next) = act(phase, &mut cx) {
            self.state = next;
        }
    }

    fn hear(&mut self, heard: Heard, source: &mut dyn Source, sink: &mut dyn Sink) {
        match heard.signal {
            Signal::Silence => {}
            Signal::Tone(tone) => self.with_phase(source, sink, |phase, cx| phase.tone(tone, cx)),
            Signal::Begin(opening) => {
                self.hearing.begin(opening);
                self.core.carrier_on(opening);
                if opening != Opening::V21 {
                    self.core.not_ready_until = None; // it is ready
                }
                self.with_phase(source, sink, |phase, cx| phase.began(opening, cx));
            }
            Signal::Octets(chunk) => {
                if !core::mem::replace(&mut self.hearing.in_frame, true) {
                    self.frame_edge();
                }
                self.hearing.frame.push(chunk.octets());
            }
            Signal::FrameEnd(end) => {
                self.frame_edge();
                self.hearing.in_frame = false;
                match end {
                    FrameEnd::Good => self.frame(source, sink),
                    FrameEnd::Bad | FrameEnd::Aborted => self.core.emit(Event::BadFrame),
                }
                self.hearing.frame.clear();
            }
            Signal::Bits(chunk) => self.with_phase(source, sink, |phase, cx| phase.bits(&chunk, cx)),
            Signal::Missing => self.with_phase(source, sink, |phase, cx| {
                phase.missing(cx);
                None
            }),
            Signal::End => {
                let was_fast = self.hearing.burst.is_some_and(|burst| burst != Opening::V21);
                self.hearing.end(heard.at);
                self.core.carrier_off(self.hearing.has_command);
                if was_fast {
                    self.with_phase(source, sink, |phase, cx| phase.ended(cx));
                }
            }
        }
    }

    /// A frame begins or ends: a V.21 carrier brings something.
    fn frame_edge(&mut self) {
        if self.hearing.burst == Some(Opening::V21) {
            self.core.carrier_lives();
        }
    }

    /// A frame is there whose check was right.
    fn frame(&mut self, source: &mut dyn Source, sink: &mut dyn Sink) {
        let Self { core, state, hearing, .. } = self;
        let is_fast = hearing.burst.is_some_and(|burst| burst != Opening::V21);
        let frame = match hearing.frame.frame() {
            Ok(frame) => frame,
            Err(refusal) => return core.emit(Event::Refused(refusal)),
        };
        let body = match frame.body() {
            Ok(body) => body,
            Err(refusal) => return core.emit(Event::Refused(refusal)),
        };
        let Some(phase) = state.phase() else { return };
        if is_fast {
            let mut cx = Context { core, source, sink };
            match body {
                Body::Fcd(fcd) => phase.piece(&fcd, &mut cx),
                Body::Plain(Fcf::Rcp) => phase.returned(),
                _ => {}
            }
            return;
        }
        core.emit(Event::Heard(frame.fcf()));
        note(core, &body);
        if !is_command(&frame) {
            return;
        }
        hearing.has_command = true;
        let mut cx = Context { core, source, sink };
        cx.answered();
        let next = match body {
            Body::Plain(Fcf::Dcn) => phase.disconnected(&mut cx),
            Body::Plain(Fcf::Crp) => phase.asked_again(&mut cx),
            Body::Plain(Fcf::Tnr) => phase.sender_not_ready(&mut cx),
            Body::Opaque(Fcf::Unknown(_), _) => phase.unknown(&mut cx),
            body => phase.frame(&body, &mut cx),
        };
        if let Some(next) = next {
            *state = next;
        }
    }
}

impl Hearing {
    fn begin(&mut self, opening: Opening) {
        self.burst = Some(opening);
        self.frame.clear();
        (self.in_frame, self.has_command) = (false, false);
    }

    fn end(&mut self, at: Timestamp) {
        (self.burst, self.quiet_since) = (None, at);
    }

    fn quiet_since(&self) -> Option<Timestamp> {
        self.burst.is_none().then_some(self.quiet_since)
    }
}

/// Whether the station acts on this frame: it is marked as the last, and is none of those that others must
/// follow.
fn is_command(frame: &Frame<'_>) -> bool {
    frame.is_last() && !frame.fcf().is_optional()
}

/// Keeps what a frame says about its station, also if a later frame of the burst is bad.
fn note(core: &mut Core, body: &Body<'_>) {
    match body {
        Body::Ident(ident) => {
            let place = match ident.kind {
                IdentKind::Csi | IdentKind::Tsi | IdentKind::Cig => &mut core.remote.identification,
                IdentKind::Sub => &mut core.remote.sub_address,
                IdentKind::Sid => &mut core.remote.sender_identification,
                IdentKind::Pwd => &mut core.remote.password,
                IdentKind::Sep => &mut core.remote.document,
                IdentKind::Psa => &mut core.remote.polled_sub_address,
            };
            *place = Some(*ident);
        }
        Body::NonStandard(_, field) => {
            if let (Some(country), Some(maker)) = (field.country(), field.maker()) {
                core.emit(Event::Maker { country, maker });
            }
        }
        Body::Opaque(Fcf::Fnv, field) => {
            core.emit(Event::FieldsRefused(field.reveal().first().copied().unwrap_or(0)));
        }
        _ => {}
    }
}
