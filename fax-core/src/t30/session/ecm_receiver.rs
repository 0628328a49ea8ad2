//! The receiver of pages with ECM: rows Q1, Q2 and busy.
//!
//! From: T.4 Annex A, T.30 Annex A; what is believed of a PPS is field practice.

use super::answerer::obey;
use super::block::FrameSet;
use super::context::Context;
use super::desk::Verdict;
use super::event::Event;
use super::outcome::{Awaited, Cause};
use super::receiver::{AfterEom, AfterEop, page_at};
use super::speaker::Then;
use super::state::{Next, Phase, State};
use super::timers::Timer;
use crate::signal::{Opening, Training};
use crate::t30::fields::Terms;
use crate::t30::{Body, Ctc, Fcd, Fcf, PostPage, Ppr, Pps};

/// A block is due, on the line, or waits for its PPS: Q1 and Q2.
#[derive(Clone, Copy, Debug)]
pub(super) struct ReceiveBlock {
    terms: Terms,
    /// Block of the page. Unknown behind one that was given up: some senders use its number again
    /// (conformance OREN04), and so does the page behind it (OREN06).
    block: Option<u8>,
    /// Frames that have come.
    here: FrameSet,
    /// Frames of the block as far as is known; senders say the count of a burst or of the block.
    frames: u16,
    /// Page and block that were answered last: they may come again.
    answered: Option<(u8, u8)>,
    /// Page and block of which frames were asked for last.
    asked: Option<(u8, u8)>,
    burst: Burst,
}

/// What the last burst has brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Burst {
    Nothing,
    Frames,
    /// RCP: the sender says PPS next.
    Return,
}

/// The block is complete and there is no place for more: RNR is out.
#[derive(Debug)]
pub(super) struct Busy {
    receive: ReceiveBlock,
    then: PostPage,
    receipt: Fcf,
}

impl ReceiveBlock {
    /// The first block of a page. `answered` is the last one of the page before.
    pub(super) fn page(terms: Terms, answered: Option<(u8, u8)>, cx: &mut Context<'_>) -> State {
        cx.expect_page(&terms, Training::Short);
        let here = FrameSet::default();
        Self::next(
            Self { terms, block: Some(0), here, frames: 0, answered, asked: None, burst: Burst::Nothing },
            cx,
        )
    }

    fn next(state: Self, cx: &mut Context<'_>) -> State {
        cx.core.block.clear(state.terms.ecm);
        State::ReceiveBlock(Self {
            here: FrameSet::default(),
            frames: 0,
            asked: None,
            burst: Burst::Nothing,
            ..state
        })
    }

    /// PPS: the block is complete, or what is missing is asked for. A block that was answered already is
    /// answered again, and what came of it is dropped.
    fn partial_page(&mut self, pps: &Pps, cx: &mut Context<'_>) -> Next {
        let number = (pps.page, pps.block);
        if self.answered == Some(number) {
            let receipt = cx.core.last_receipt.map_or(Fcf::Mcf, |(_, receipt)| receipt);
            cx.emit(Event::Repeated { times: 2 });
            cx.plain(receipt, Then::Command(Timer::T2));
            return Some(Self::next(*self, cx));
        }
        if *self.block.get_or_insert(pps.block) != pps.block {
            return Some(cx.disconnect(Cause::WrongBlock));
        }
        self.frames = self.frames.max(pps.frames()).max(self.here.end());
        let here = self.here;
        let missing = self.frames.saturating_sub(here.len());
        if missing == 0 {
            return Some(self.complete(number, pps.then, Fcf::Mcf, cx));
        }
        self.asked = Some(number);
        cx.emit(Event::FramesMissing { block: pps.block, frames: missing });
        if let Some(record) = &mut cx.core.receiving {
            record.requests = record.requests.saturating_add(1);
            record.frames_resent = record.frames_resent.saturating_add(missing.into());
        }
        cx.control(&[Body::Ppr(Ppr::new(|number| !here.contains(number)))], Then::Command(Timer::T2));
        None
    }

    /// EOR: the sender gives up what is missing.
    fn given_up(&mut self, then: PostPage, cx: &mut Context<'_>) -> Next {
        let was_answered = cx.is_repetition(then) && self.here.is_empty() && self.frames == 0;
        if was_answered {
            cx.plain(Fcf::Err, Then::Command(Timer::T2));
            return None;
        }
        let number = self.asked.unwrap_or((cx.core.tally.received as u8, self.block.unwrap_or(0)));
        Some(self.complete(number, then, Fcf::Err, cx))
    }

    /// The block goes to the sink, and is answered when there is room for the next.
    fn complete(&mut self, number: (u8, u8), then: PostPage, receipt: Fcf, cx: &mut Context<'_>) -> State {
        cx.open_page(&self.terms);
        for frame in (0..=u8::MAX).take(usize::from(self.frames)) {
            if self.here.contains(frame) {
                cx.sink.write(cx.core.block.frame(frame));
            } else {
                cx.sink.missing();
            }
        }
        if let Some(record) = &mut cx.core.receiving {
            let octets = usize::from(self.here.len()) * cx.core.block.size();
            record.octets = record.octets.saturating_add(octets as u32);
            if receipt == Fcf::Err {
                record.verdict = Verdict::Incomplete; // whatever is said of the blocks to come
            }
        }
        self.answered = Some(number);
        let busy = Busy { receive: *self, then, receipt };
        busy.try_to_answer(cx)
    }

    /// CTC: the next frames come at this rate.
    fn rate(&mut self, ctc: &Ctc, cx: &mut Context<'_>) -> Next {
        let rate = ctc.opening().filter(|rate| cx.core.offered.modems().permits(*rate));
        let Some(rate) = rate else {
            return Some(cx.disconnect(Cause::CommandBeyondOffer(crate::t30::Excess::NoSuchRate)));
        };
        self.terms.opening = rate;
        cx.expect_page(&self.terms, Training::Long);
        cx.plain(Fcf::Ctr, Then::Command(Timer::T2));
        None
    }
}

impl Phase for ReceiveBlock {
    fn awaited(&self) -> Awaited {
        Awaited::Page
    }

    fn exhausted(&self) -> Cause {
        Cause::NoCommand(Awaited::Page)
    }

    fn began(&mut self, opening: Opening, _: &mut Context<'_>) -> Next {
        if opening != Opening::V21 {
            self.burst = Burst::Nothing;
        }
        None
    }

    fn piece(&mut self, fcd: &Fcd<'_>, cx: &mut Context<'_>) {
        if cx.core.block.keep(fcd.number, fcd.data.reveal(), self.here.is_empty()) {
            self.here.insert(fcd.number);
        }
        if self.burst == Burst::Nothing {
            cx.expect_page(&self.terms, Training::Short);
        }
        self.burst = Burst::Frames;
    }

    fn returned(&mut self) {
        self.burst = Burst::Return;
    }

    /// Without RCP more frames may be on the line unheard: a modem that lost its carrier does not find it again.
    fn ended(&mut self, cx: &mut Context<'_>) -> Next {
        let t2 = cx.settings().timing.t2;
        let is_over = self.burst == Burst::Return;
        cx.await_command(if is_over { t2 } else { t2 + page_at(self.terms.opening) });
        None
    }

    fn sender_not_ready(&mut self, cx: &mut Context<'_>) -> Next {
        cx.not_ready(Fcf::Tr, Then::Command(Timer::T2))
    }

    fn frame(&mut self, body: &Body<'_>, cx: &mut Context<'_>) -> Next {
        match body {
            Body::Pps(pps) => self.partial_page(pps, cx),
            Body::Eor(then) => self.given_up(*then, cx),
            Body::Ctc(ctc) => self.rate(ctc, cx),
            Body::Dcs(dcs) => Some(obey(dcs, cx)),
            Body::Plain(Fcf::Rr) => {
                cx.again();
                None
            }
            Body::Ppr(_) => cx.echo(body),
            Body::Plain(Fcf::Cfr | Fcf::Mcf | Fcf::Ctr | Fcf::Rnr | Fcf::Err | Fcf::Pip | Fcf::Tr) => {
                cx.echo(body)
            }
            other => cx.unexpected(other),
        }
    }

    fn expired(&mut self, timer: Timer, cx: &mut Context<'_>) -> Next {
        (timer == Timer::T2).then(|| cx.disconnect(self.exhausted()))
    }
}

impl Busy {
    /// The receipt, or RNR.
    fn try_to_answer(self, cx: &mut Context<'_>) -> State {
        if !cx.sink.is_ready() {
            cx.plain(Fcf::Rnr, Then::Command(Timer::T2));
            return State::Busy(self);
        }
        let Self { receive, then: command, receipt } = self;
        let then = command.without_interrupt();
        if then != PostPage::Null {
            let is_holed = cx.core.receiving.is_some_and(|record| record.verdict == Verdict::Incomplete);
            cx.settle(if is_holed { Verdict::Incomplete } else { Verdict::Good });
        }
        match then {
            PostPage::Eom | PostPage::Eos => return AfterEom::enter(receipt, command, cx),
            PostPage::Eop => return AfterEop::enter(receipt, command, cx),
            _ => cx.answer(receipt, command, Timer::T2),
        }
        let (block, answered) = match (receipt, then) {
            (Fcf::Err, _) => (None, None),
            (_, PostPage::Null) => (receive.block.map(|block| block.wrapping_add(1)), receive.answered),
            _ => (Some(0), receive.answered),
        };
        ReceiveBlock::next(ReceiveBlock { block, answered, ..receive }, cx)
    }

    fn retry(&mut self, cx: &mut Context<'_>) -> Next {
        let again = Self { receive: self.receive, then: self.then, receipt: self.receipt };
        Some(again.try_to_answer(cx))
    }
}

impl Phase for Busy {
    fn awaited(&self) -> Awaited {
        Awaited::ReceiveReady
    }

    fn exhausted(&self) -> Cause {
        Cause::NoCommand(Awaited::ReceiveReady)
    }

    fn frame(&mut self, body: &Body<'_>, cx: &mut Context<'_>) -> Next {
        match body {
            Body::Plain(Fcf::Rr) | Body::Pps(_) | Body::Eor(_) => self.retry(cx),
            Body::Plain(Fcf::Rnr) => cx.echo(body),
            Body::Dcs(dcs) => Some(obey(dcs, cx)),
            other => cx.unexpected(other),
        }
    }

    fn expired(&mut self, timer: Timer, cx: &mut Context<'_>) -> Next {
        (timer == Timer::T2).then(|| cx.disconnect(self.exhausted()))
    }
}
