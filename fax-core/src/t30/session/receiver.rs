//! The receiver of pages: training, pages without ECM, and what follows the last answer of a document.
//! Rows R3, R4 and P1 to P5.

use super::answerer::{AwaitCommand, be_fetched_from, obey};
use super::context::Context;
use super::desk::{Flow, Quality, Verdict};
use super::ecm_receiver::ReceiveBlock;
use super::event::Event;
use super::outcome::{Awaited, Cause};
use super::settings::CopyQuality;
use super::speaker::Then;
use super::state::{Next, Phase, State};
use super::tcf::Tcf;
use super::timers::Timer;
use crate::signal::{Chunk, Opening, Training};
use crate::t30::fields::{Ecm, Terms};
use crate::t30::{Body, Fcf, PostPage, Station};
use crate::time::{Span, Timestamp};

/// DCS came; TCF is due, or on the line: R3.
#[derive(Debug)]
pub(super) struct AwaitTcf {
    terms: Terms,
    tcf: Tcf,
    /// When it must be over, however late it was noticed.
    due: Timestamp,
}

/// A page without ECM is due, on the line, or over: R4, P1 and P2.
#[derive(Debug)]
pub(super) struct ReceivePage {
    terms: Terms,
    place: Place,
    flow: Flow,
    /// When the first V.21 carrier after the page began: its command may have been bad.
    command: Option<Timestamp>,
    /// Zeros have come and are kept back until it is certain that a page begins with them.
    is_led_by_zeros: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// No carrier yet.
    Due,
    /// A carrier was there and nothing came of it.
    Missed,
    /// Bits come.
    Open,
    /// The carrier went then.
    Over(Timestamp),
}

/// EOM was answered. Silence for T2 is normal, and then comes DIS: P4.
#[derive(Debug)]
pub(super) struct AfterEom;

/// EOP was answered. DCN is due: P5.
#[derive(Debug)]
pub(super) struct AfterEop;

impl AwaitTcf {
    pub(super) fn enter(terms: Terms, cx: &mut Context<'_>) -> State {
        if cx.core.receiving.is_some() {
            cx.settle(Verdict::Unsaid); // the sender begins the page anew
        }
        cx.core.margin = None;
        cx.core.speaker.hush(); // a DIS that was about to be repeated
        cx.emit(Event::Settled(terms));
        cx.expect_tcf(&terms);
        let span = cx.settings().timing.tcf.min(cx.settings().timing.t2);
        cx.await_command(span);
        State::AwaitTcf(Self { terms, tcf: Tcf::default(), due: cx.now() + span })
    }

    fn answer(&mut self, cx: &mut Context<'_>) -> State {
        let margin = cx.core.margin.take();
        let trained_well = margin.is_none_or(|margin| margin.0 >= cx.settings().least_margin.0);
        let is_good = trained_well && self.tcf.is_good(&self.terms);
        cx.emit(Event::Tcf { bits: self.tcf.bits, longest: self.tcf.longest, is_good });
        if !is_good {
            cx.plain(Fcf::Ftt, Then::Command(Timer::T2));
            return AwaitCommand::retrain(Awaited::Dcs, cx);
        }
        cx.plain(Fcf::Cfr, Then::Command(Timer::T2));
        match self.terms.ecm {
            Ecm::Off => ReceivePage::enter(self.terms, cx),
            Ecm::Frames64 | Ecm::Frames256 => ReceiveBlock::page(self.terms, None, cx),
        }
    }
}

impl Phase for AwaitTcf {
    fn awaited(&self) -> Awaited {
        Awaited::Page
    }

    fn exhausted(&self) -> Cause {
        Cause::NoCommand(Awaited::Dcs)
    }

    fn began(&mut self, opening: Opening, _: &mut Context<'_>) -> Next {
        if opening != Opening::V21 {
            self.tcf = Tcf::default();
        }
        None
    }

    fn bits(&mut self, chunk: &Chunk, _: &mut Context<'_>) -> Next {
        self.tcf.take(chunk);
        None
    }

    /// A modem that was never trained may still be on the line: then FTT waits until it must be over.
    fn ended(&mut self, cx: &mut Context<'_>) -> Next {
        if self.tcf.is_something(self.terms.opening) {
            return Some(self.answer(cx));
        }
        let left = self.due.since(cx.now()).max(cx.settings().timing.dropped);
        cx.await_command(left);
        None
    }

    fn sender_not_ready(&mut self, cx: &mut Context<'_>) -> Next {
        cx.not_ready(Fcf::Tr, Then::Command(Timer::T2))
    }

    fn frame(&mut self, body: &Body<'_>, cx: &mut Context<'_>) -> Next {
        match body {
            Body::Dcs(dcs) => Some(obey(dcs, cx)),
            Body::Dis(_) | Body::Dtc(_) | Body::Plain(Fcf::Ftt | Fcf::Cfr) => cx.echo(body),
            other => cx.unexpected(other),
        }
    }

    fn asked_again(&mut self, _: &mut Context<'_>) -> Next {
        None
    }

    fn expired(&mut self, timer: Timer, cx: &mut Context<'_>) -> Next {
        (timer == Timer::T2).then(|| self.answer(cx))
    }
}

impl ReceivePage {
    pub(super) fn enter(terms: Terms, cx: &mut Context<'_>) -> State {
        cx.expect_page(&terms, Training::Short);
        State::ReceivePage(Self {
            terms,
            place: Place::Due,
            flow: Flow::More,
            command: None,
            is_led_by_zeros: false,
        })
    }

    /// The page is judged and answered; a page of which nothing came is the last one again, or lost.
    fn post_page(&mut self, then: PostPage, cx: &mut Context<'_>) -> Next {
        let verdict = match self.place {
            Place::Due if cx.is_repetition(then) => {
                cx.again();
                return None;
            }
            Place::Due | Place::Missed => {
                cx.open_page(&self.terms);
                cx.settle(Verdict::Rejected);
                Verdict::Rejected
            }
            Place::Open | Place::Over(_) => {
                let quality = cx.sink.finish();
                let verdict = self.judge(&quality, cx);
                cx.settle_as(verdict, quality);
                verdict
            }
        };
        Some(respond(verdict, then, self.terms, cx))
    }

    fn judge(&self, quality: &Quality, cx: &Context<'_>) -> Verdict {
        /// A page whose RTC is missing and whose command begins so late was cut off (T30-9); 5 s are
        /// allowed (conformance MRGN06b).
        const CUT_OFF: Span = Span::from_millis(5250);
        let limits: CopyQuality = cx.settings().copy_quality;
        let bad = CopyQuality::bad(quality);
        let late = match (self.place, self.command) {
            (Place::Over(at), Some(command)) => command.since(at) > CUT_OFF,
            _ => false,
        };
        let cut_off = self.flow == Flow::More && late;
        if cut_off || bad >= limits.rejected.into() {
            Verdict::Rejected
        } else if bad >= limits.poor.into() {
            Verdict::Poor
        } else {
            Verdict::Good
        }
    }
}

impl Phase for ReceivePage {
    fn awaited(&self) -> Awaited {
        if matches!(self.place, Place::Due | Place::Missed) { Awaited::Page } else { Awaited::PostPage }
    }

    fn exhausted(&self) -> Cause {
        Cause::NoCommand(self.awaited())
    }

    fn began(&mut self, opening: Opening, cx: &mut Context<'_>) -> Next {
        if opening == Opening::V21 && matches!(self.place, Place::Over(_)) {
            self.command.get_or_insert(cx.now());
        }
        None
    }

    fn bits(&mut self, chunk: &Chunk, cx: &mut Context<'_>) -> Next {
        let is_open = cx.core.receiving.is_some();
        if !is_open && chunk.octets().iter().all(|octet| *octet == 0) {
            self.is_led_by_zeros = true; // fill; or a TCF whose DCS was not heard
            return None;
        }
        cx.open_page(&self.terms);
        if !is_open && self.is_led_by_zeros {
            cx.sink.write(&[0; 2]); // enough for the EOL that they were part of
        }
        if let Place::Over(_) = self.place {
            cx.sink.missing(); // the carrier was away
        }
        (self.place, self.command) = (Place::Open, None);
        if let Some(record) = &mut cx.core.receiving {
            record.octets = record.octets.saturating_add(chunk.octets().len() as u32);
        }
        if self.flow != Flow::Ended {
            self.flow = cx.sink.write(chunk.octets());
        }
        (self.flow == Flow::Stalled).then(|| cx.disconnect(Cause::NoLine))
    }

    fn missing(&mut self, cx: &mut Context<'_>) {
        if self.place == Place::Open {
            cx.sink.missing();
        }
    }

    /// If the page was cut off, it may be going on unheard.
    fn ended(&mut self, cx: &mut Context<'_>) -> Next {
        self.place = match self.place {
            Place::Open => Place::Over(cx.now()),
            Place::Due => Place::Missed,
            place => place,
        };
        let t2 = cx.settings().timing.t2;
        let rest = if self.flow == Flow::Ended { Span::ZERO } else { page_at(self.terms.opening) };
        cx.await_command(t2 + rest);
        None
    }

    fn sender_not_ready(&mut self, cx: &mut Context<'_>) -> Next {
        cx.not_ready(Fcf::Tr, Then::Command(Timer::T2))
    }

    fn frame(&mut self, body: &Body<'_>, cx: &mut Context<'_>) -> Next {
        match body {
            Body::Dcs(dcs) => Some(obey(dcs, cx)),
            Body::Plain(Fcf::Cfr | Fcf::Mcf | Fcf::Rtp | Fcf::Rtn | Fcf::Pip | Fcf::Tr) => cx.echo(body),
            Body::Plain(fcf) => match PostPage::of(*fcf) {
                Some(then) => self.post_page(then, cx),
                None => cx.unexpected(body),
            },
            other => cx.unexpected(other),
        }
    }

    fn expired(&mut self, timer: Timer, cx: &mut Context<'_>) -> Next {
        (timer == Timer::T2).then(|| cx.disconnect(self.exhausted()))
    }
}

/// How long 80 kB last, more than nearly every page: while a carrier may be on that is not heard.
pub(super) fn page_at(opening: Opening) -> Span {
    Span::from_micros(640_000_u64.saturating_mul(1_000_000) / u64::from(opening.bit_rate().0))
}

/// Answers a page without ECM, and what follows by its command.
fn respond(verdict: Verdict, then: PostPage, terms: Terms, cx: &mut Context<'_>) -> State {
    let receipt = match verdict {
        Verdict::Good => Fcf::Mcf,
        Verdict::Poor => Fcf::Rtp,
        Verdict::Rejected | Verdict::Incomplete | Verdict::Unsaid => Fcf::Rtn,
    };
    let command = then.without_interrupt();
    let kept = receipt != Fcf::Rtn;
    match command {
        PostPage::Eop if kept => AfterEop::enter(receipt, then, cx),
        PostPage::Eom | PostPage::Eos => AfterEom::enter(receipt, then, cx),
        _ => {
            cx.answer(receipt, then, Timer::T2);
            if receipt == Fcf::Mcf {
                ReceivePage::enter(terms, cx)
            } else {
                AwaitCommand::retrain(Awaited::Retraining, cx)
            }
        }
    }
}

impl AfterEom {
    pub(super) fn enter(receipt: Fcf, then: PostPage, cx: &mut Context<'_>) -> State {
        cx.expect_anything();
        cx.answer(receipt, then, Timer::T2);
        State::AfterEom(Self)
    }
}

impl Phase for AfterEom {
    fn awaited(&self) -> Awaited {
        Awaited::Dcs
    }

    fn exhausted(&self) -> Cause {
        Cause::NoCommand(Awaited::Dcs)
    }

    fn sender_not_ready(&mut self, cx: &mut Context<'_>) -> Next {
        cx.not_ready(Fcf::Tr, Then::Command(Timer::T2))
    }

    fn frame(&mut self, body: &Body<'_>, cx: &mut Context<'_>) -> Next {
        match body {
            Body::Dtc(dis) => {
                cx.core.station = Station::Called;
                Some(be_fetched_from(*dis, cx))
            }
            Body::Dcs(dcs) => Some(obey(dcs, cx)),
            Body::Pps(_) | Body::Eor(_) => {
                cx.again();
                None
            }
            Body::Plain(fcf) if PostPage::of(*fcf).is_some() || *fcf == Fcf::Rr => {
                cx.again();
                None
            }
            Body::Plain(_) => cx.echo(body),
            other => cx.unexpected(other),
        }
    }

    fn expired(&mut self, timer: Timer, cx: &mut Context<'_>) -> Next {
        (timer == Timer::T2).then(|| AwaitCommand::offer(cx))
    }
}

impl AfterEop {
    pub(super) fn enter(receipt: Fcf, then: PostPage, cx: &mut Context<'_>) -> State {
        cx.expect_control();
        cx.answer(receipt, then, Timer::T4);
        State::AfterEop(Self)
    }
}

impl Phase for AfterEop {
    fn awaited(&self) -> Awaited {
        Awaited::Dcs
    }

    fn exhausted(&self) -> Cause {
        Cause::Success
    }

    fn frame(&mut self, body: &Body<'_>, cx: &mut Context<'_>) -> Next {
        match body {
            Body::Pps(_) | Body::Eor(_) => cx.again(),
            Body::Plain(fcf) if PostPage::of(*fcf).is_some() || *fcf == Fcf::Rr => cx.again(),
            Body::Dcs(dcs) => return Some(obey(dcs, cx)),
            other => return cx.echo(other),
        }
        None
    }

    fn unknown(&mut self, _: &mut Context<'_>) -> Next {
        None
    }

    fn disconnected(&mut self, cx: &mut Context<'_>) -> Next {
        Some(cx.end(Cause::Success))
    }

    fn dropped(&self) -> Cause {
        Cause::Success
    }

    /// DCN may be lost, or the answer: it is said three times, and the document is complete.
    fn expired(&mut self, timer: Timer, cx: &mut Context<'_>) -> Next {
        if !matches!(timer, Timer::T2 | Timer::T4) {
            return None;
        }
        if cx.said_often() {
            return Some(cx.end(Cause::Success));
        }
        cx.repeat(Cause::Success)
    }
}
