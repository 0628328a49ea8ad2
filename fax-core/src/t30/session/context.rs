//! What outlives a state, and the only way out of one: timers, what is said, what is told.

use super::block::Block;
use super::desk::{Fate, Sink, Source, Verdict};
use super::event::{Event, Events, PageRecord};
use super::outcome::{Cause, Outcome};
use super::release::Release;
use super::settings::{Operator, Settings};
use super::speaker::{Script, Speaker, Step, Then};
use super::state::{Next, State};
use super::timers::{Timer, Timers};
use crate::line::{Expectation, Framing};
use crate::signal::{Opening, Tone, Training};
use crate::t30::fields::{Ecm, Terms};
use crate::t30::{Body, Dis, Fcf, Ident, IdentKind, NonStandard, PostPage, Station};
use crate::time::{Span, Timestamp};
use crate::units::Decibel;

/// What a session knows and does in every state.
#[derive(Debug)]
pub(super) struct Core {
    pub(super) now: Timestamp,
    pub(super) settings: Settings,
    pub(super) station: Station,
    pub(super) speaker: Speaker,
    pub(super) timers: Timers,
    /// What is waited for while nothing is said.
    wait: Option<Wait>,
    pub(super) expectation: Expectation,
    pub(super) block: Block,
    pub(super) events: Events,
    pub(super) remote: Remote,
    pub(super) tally: Outcome,
    /// The page that is being received.
    pub(super) receiving: Option<PageRecord>,
    /// What we said we can receive, in the last DIS or DTC.
    pub(super) offered: Dis,
    /// The last post-page command and our answer: said again when the command comes again.
    pub(super) last_receipt: Option<(PostPage, Fcf)>,
    /// When the last script was over.
    said_at: Timestamp,
    /// When the far machine last turned a carrier on.
    heard_at: Timestamp,
    /// How often the last script was said.
    tries: u8,
    /// Until when a far machine that says that it is not ready is asked again.
    pub(super) not_ready_until: Option<Timestamp>,
    /// Our operator wishes to speak.
    pub(super) wishes_to_speak: bool,
    /// How well the last training went, if the host tells.
    pub(super) margin: Option<Decibel>,
}

/// A wait for the far machine to speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Wait {
    timer: Timer,
    span: Span,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// What was said is said again soon after a bad answer: nobody will say it twice.
    Response,
    /// After a bad command it is waited anew: the far machine repeats it, or TCF follows.
    Command,
}

/// What the far machine said about itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Remote {
    /// Its identification: CSI, TSI or CIG.
    pub identification: Option<Ident>,
    /// SUB.
    pub sub_address: Option<Ident>,
    /// SID.
    pub sender_identification: Option<Ident>,
    /// PWD.
    pub password: Option<Ident>,
    /// SEP.
    pub document: Option<Ident>,
    /// PSA.
    pub polled_sub_address: Option<Ident>,
}

/// A state's view of the session.
pub(super) struct Context<'a> {
    pub(super) core: &'a mut Core,
    pub(super) source: &'a mut dyn Source,
    pub(super) sink: &'a mut dyn Sink,
}

impl Core {
    pub(super) fn new(now: Timestamp, settings: Settings) -> Self {
        Self {
            now,
            settings,
            station: Station::Called,
            speaker: Speaker::new(),
            timers: Timers::default(),
            wait: None,
            expectation: Expectation::ANYTHING,
            block: Block::new(),
            events: Events::new(),
            remote: Remote::default(),
            tally: Outcome { cause: Cause::Internal, sent: 0, doubtful: 0, received: 0, opening: None },
            receiving: None,
            offered: Dis::NOTHING,
            last_receipt: None,
            said_at: now,
            heard_at: now,
            tries: 0,
            not_ready_until: None,
            wishes_to_speak: false,
            margin: None,
        }
    }

    pub(super) fn emit(&mut self, event: Event) {
        self.events.push(self.now, event);
    }

    pub(super) fn start(&mut self, timer: Timer) {
        let span = self.settings.timing.of(timer);
        self.timers.set(timer, self.now + span);
    }

    /// The far machine turned a carrier on: nobody says anything now.
    pub(super) fn carrier_on(&mut self, opening: Opening) {
        self.stop_waiting();
        if opening == Opening::V21 {
            // Its preamble of a second, and a frame.
            self.timers
                .set(Timer::Flagged, self.now + self.settings.timing.flagged + Span::from_millis(1000));
        }
    }

    /// A frame began or ended on a V.21 carrier.
    pub(super) fn carrier_lives(&mut self) {
        if self.timers.is_running(Timer::Flagged) {
            self.start(Timer::Flagged);
        }
    }

    /// The far carrier went; `with_command` if its last frame was good.
    pub(super) fn carrier_off(&mut self, with_command: bool) {
        self.timers.stop(Timer::Flagged);
        let Some(wait) = self.wait else { return };
        if self.speaker.is_busy() || self.timers.is_running(wait.timer) {
            return;
        }
        if wait.kind == Kind::Response && !with_command {
            self.start(Timer::Dropped);
        } else {
            self.timers.set(wait.timer, self.now + wait.span);
        }
    }

    /// The timer of the wait that goes on.
    pub(super) fn waited_for(&self) -> Option<Timer> {
        self.wait.map(|wait| wait.timer)
    }

    /// What was said has gone out: the wait for what follows begins, unless it has begun to come.
    pub(super) fn said(&mut self, then: Then, is_heard: bool) {
        self.said_at = self.now;
        match then {
            Then::Tell => {}
            Then::Response => self.wait_for(Timer::T4, Kind::Response, is_heard),
            Then::Command(timer) => self.wait_for(timer, Kind::Command, is_heard),
        }
    }

    fn wait_for(&mut self, timer: Timer, kind: Kind, is_heard: bool) {
        let span = self.settings.timing.of(timer);
        self.wait = Some(Wait { timer, span, kind });
        if is_heard {
            self.start(Timer::Flagged);
        } else {
            self.timers.set(timer, self.now + span);
        }
    }

    fn stop_waiting(&mut self) {
        for timer in [Timer::T2, Timer::T3, Timer::T4, Timer::Dropped, Timer::Flagged] {
            self.timers.stop(timer);
        }
    }
}

impl Context<'_> {
    pub(super) fn emit(&mut self, event: Event) {
        self.core.emit(event);
    }

    pub(super) fn settings(&self) -> &Settings {
        &self.core.settings
    }

    pub(super) fn now(&self) -> Timestamp {
        self.core.now
    }

    pub(super) fn start(&mut self, timer: Timer) {
        self.core.start(timer);
    }

    pub(super) fn stop(&mut self, timer: Timer) {
        self.core.timers.stop(timer);
    }

    pub(super) fn is_speaking(&self) -> bool {
        self.core.speaker.is_busy() && !self.core.speaker.is_waiting()
    }

    pub(super) fn tone(&mut self, tone: Option<Tone>) {
        self.core.speaker.tone(tone);
    }

    /// A last good frame came: what was waited for has happened.
    pub(super) fn answered(&mut self) {
        self.core.stop_waiting();
    }

    /// Waits for a command while nothing is said, so long.
    pub(super) fn await_command(&mut self, span: Span) {
        self.core.wait = Some(Wait { timer: Timer::T2, span, kind: Kind::Command });
        self.core.timers.set(Timer::T2, self.core.now + span);
    }

    /// Waits for an operator while nothing is said.
    pub(super) fn await_operator(&mut self) {
        let span = self.settings().timing.t3;
        self.core.wait = Some(Wait { timer: Timer::T3, span, kind: Kind::Command });
        self.core.timers.set(Timer::T3, self.core.now + span);
    }

    /// Somebody wishes to speak.
    pub(super) fn interrupted(&mut self, by: Fcf) {
        self.emit(Event::Interrupt(by));
    }

    /// Whether somebody may come who speaks.
    pub(super) fn has_operator(&self) -> bool {
        self.settings().operator == Operator::OnCall
    }

    /// The command after a page, with our operator's wish if there is one.
    pub(super) fn with_wish(&mut self, then: PostPage) -> PostPage {
        let asks = then != PostPage::Null && core::mem::take(&mut self.core.wishes_to_speak);
        let then = if asks { then.with_interrupt() } else { then };
        if let Some(fcf) = then.fcf().filter(|_| asks) {
            self.interrupted(fcf);
        }
        then
    }

    /// Says the answer to a page and its command, and waits for what follows. A wish to speak, theirs or ours,
    /// makes PIP of a good answer and PIN of a bad one.
    pub(super) fn answer(&mut self, receipt: Fcf, then: PostPage, timer: Timer) {
        let is_theirs = then != then.without_interrupt();
        let is_ours = then != PostPage::Null && core::mem::take(&mut self.core.wishes_to_speak);
        let (said, timer) = match receipt {
            _ if !self.has_operator() || !(is_theirs || is_ours) => (receipt, timer),
            Fcf::Mcf | Fcf::Rtp => (Fcf::Pip, Timer::T3),
            _ => (Fcf::Pin, Timer::T3),
        };
        if said != receipt {
            self.interrupted(said);
        }
        self.core.last_receipt = Some((then.without_interrupt(), said));
        self.plain(said, Then::Command(timer));
    }

    /// RNR or TNR: the far machine is asked again with this, unless T5 is over by now.
    pub(super) fn not_ready(&mut self, ask: Fcf, then: Then) -> Next {
        let now = self.now();
        let until = now + self.settings().timing.t5;
        if *self.core.not_ready_until.get_or_insert(until) <= now {
            return Some(self.disconnect(Cause::NotReady));
        }
        self.plain(ask, then);
        None
    }

    /// Says a burst of these frames.
    pub(super) fn control(&mut self, bodies: &[Body<'_>], then: Then) {
        self.burst(bodies, Script::control(then));
    }

    /// Says a frame without a field.
    pub(super) fn plain(&mut self, fcf: Fcf, then: Then) {
        self.control(&[Body::Plain(fcf)], then);
    }

    /// Says a burst of these frames, and after it a TCF.
    pub(super) fn control_and_tcf(&mut self, bodies: &[Body<'_>], opening: Opening) {
        let steps = [Some(Step::Control), Some(Step::Tcf(opening))];
        self.burst(bodies, Script { steps, then: Then::Response });
    }

    /// Sends a page or a block.
    pub(super) fn fast(&mut self, step: Step) {
        if let Step::Page(opening) | Step::Block(opening, _) = step {
            self.core.tally.opening = Some(opening);
            self.core.not_ready_until = None; // it was ready
            self.emit(Event::Sent(opening));
        }
        self.begin(Script::fast(step));
    }

    fn burst(&mut self, bodies: &[Body<'_>], script: Script) {
        let station = self.core.station;
        let control = &mut self.core.speaker.control;
        control.clear();
        let facilities = match bodies.last() {
            Some(Body::Dis(_)) => Some(Fcf::Nsf),
            Some(Body::Dtc(_)) => Some(Fcf::Nsc),
            _ => None,
        };
        if let (Some(fcf), Some(octets)) = (facilities, self.core.settings.non_standard()) {
            control.push(&Body::NonStandard(fcf, NonStandard::new(octets)), station);
        }
        bodies.iter().for_each(|body| control.push(body, station));
        let last = control.last();
        self.emit(Event::Said(last));
        self.begin(script);
    }

    fn begin(&mut self, script: Script) {
        self.core.tries = 1;
        self.core.stop_waiting();
        self.core.wait = None;
        self.core.speaker.say(self.core.now, script);
    }

    /// Says the last script again, or gives up if it has been said as often as is allowed.
    pub(super) fn repeat(&mut self, exhausted: Cause) -> Next {
        if self.core.tries >= self.core.settings.tries {
            return Some(self.disconnect(exhausted));
        }
        self.core.tries = self.core.tries.saturating_add(1);
        self.again();
        None
    }

    /// Whether this post-page command is the last one again, because our answer was lost: it is the same, and
    /// comes as T4 lets it come. Otherwise a whole page was lost, carrier and all.
    pub(super) fn is_repetition(&self, then: PostPage) -> bool {
        /// The longest T4, 4.5 s + 15 %.
        const LATEST: Span = Span::from_millis(5200);
        let same = self.core.last_receipt.is_some_and(|(last, _)| last == then.without_interrupt());
        same && self.core.heard_at.since(self.core.said_at) <= LATEST
    }

    /// Whether the last script has been said as often as is allowed.
    pub(super) fn said_often(&self) -> bool {
        self.core.tries >= self.core.settings.tries
    }

    /// Says the last script again, however often it has been said.
    pub(super) fn again(&mut self) {
        let (times, last) = (self.core.tries, self.core.speaker.control.last());
        self.emit(Event::Repeated { times });
        self.emit(Event::Said(last));
        self.core.stop_waiting();
        self.core.wait = None;
        self.core.speaker.again(self.core.now);
    }

    /// DCN, and the end.
    pub(super) fn disconnect(&mut self, cause: Cause) -> State {
        self.close_page();
        self.core.timers.stop_all();
        self.tone(None);
        self.plain(Fcf::Dcn, Then::Tell);
        State::Release(Release::new(cause))
    }

    /// The end, without a word.
    pub(super) fn end(&mut self, cause: Cause) -> State {
        self.close_page();
        self.core.timers.stop_all();
        self.core.speaker.hush();
        let cause = match cause {
            Cause::Success if self.core.tally.doubtful > 0 => Cause::Doubtful,
            cause => cause,
        };
        self.core.tally.cause = cause;
        self.emit(Event::Ended(cause));
        State::Over
    }

    /// A frame that belongs nowhere here.
    pub(super) fn unexpected(&mut self, body: &Body<'_>) -> Next {
        Some(self.disconnect(Cause::Unexpected(body.fcf())))
    }

    /// A frame that is ours.
    pub(super) fn echo(&mut self, body: &Body<'_>) -> Next {
        self.emit(Event::Echo(body.fcf()));
        None
    }

    pub(super) fn ident(&self, kind: IdentKind, text: &str) -> Option<Body<'static>> {
        (!text.is_empty()).then(|| Body::Ident(Ident::from_text(kind, text)))
    }

    /// Any fast modem may come, so that its bursts are noticed.
    pub(super) fn expect_anything(&mut self) {
        self.core.expectation = Expectation::ANYTHING;
    }

    /// No fast modem can come.
    pub(super) fn expect_control(&mut self) {
        self.core.expectation = Expectation::only(Opening::V21, Framing::Frames);
    }

    pub(super) fn expect_tcf(&mut self, terms: &Terms) {
        self.core.expectation = Expectation::only(terms.opening, Framing::Bits);
    }

    /// A page, or a block: with the training that is due first, though senders take either.
    pub(super) fn expect_page(&mut self, terms: &Terms, training: Training) {
        let framing = if terms.ecm == Ecm::Off { Framing::Bits } else { Framing::Frames };
        self.core.expectation = Expectation::only(terms.opening.with_training(training), framing);
    }

    /// The page that was sent is done with.
    pub(super) fn page_sent(&mut self, record: PageRecord, fate: Fate) {
        self.core.tally.sent = self.core.tally.sent.saturating_add(1);
        self.core.tally.doubtful = self.core.tally.doubtful.saturating_add(u16::from(fate == Fate::Doubtful));
        self.emit(Event::PageSent(record));
        self.source.turn(fate);
    }

    /// A page begins to come.
    pub(super) fn open_page(&mut self, terms: &Terms) {
        if self.core.receiving.is_none() {
            self.core.tally.opening = Some(terms.opening);
            self.core.receiving = Some(PageRecord::new(self.core.tally.received, *terms));
            self.sink.begin(terms);
        }
    }

    /// The page is over, and its sender is told this.
    pub(super) fn settle(&mut self, verdict: Verdict) {
        let quality = self.sink.finish();
        self.settle_as(verdict, quality);
    }

    /// As [`Context::settle`], when the sink has been asked already.
    pub(super) fn settle_as(&mut self, verdict: Verdict, quality: super::desk::Quality) {
        let Some(record) = self.core.receiving.take() else { return };
        if !matches!(verdict, Verdict::Rejected | Verdict::Unsaid) {
            self.core.tally.received = self.core.tally.received.saturating_add(1);
        }
        let is_doubtful = verdict == Verdict::Incomplete;
        self.core.tally.doubtful = self.core.tally.doubtful.saturating_add(u16::from(is_doubtful));
        self.emit(Event::PageReceived(PageRecord {
            rows: quality.rows,
            bad_rows: quality.bad_rows,
            longest_bad_run: quality.longest_bad_run,
            verdict,
            ..record
        }));
        self.sink.settle(verdict);
    }

    fn close_page(&mut self) {
        if self.core.receiving.is_some() {
            self.settle(Verdict::Unsaid);
        }
    }
}
