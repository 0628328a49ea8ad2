//! The calling station until it knows whom it speaks to: rows C0, C1 and C5.

use super::answerer::AwaitCommand;
use super::context::Context;
use super::event::Event;
use super::outcome::{Awaited, Cause};
use super::sender;
use super::state::{Next, Phase, State};
use super::timers::Timer;
use crate::signal::{Opening, Tone};
use crate::t30::fields::Bit;
use crate::t30::{Body, Dis, Station};

/// CNG is on the line, or DIS is due: C0 and C1. T0 runs until anything is heard, then T1.
#[derive(Debug)]
pub(super) struct Calling {
    /// Last frames that were none we know; the second one ends the call.
    strangers: u8,
}

/// After EOM: the far machine says anew what it can do. T1 runs. C5.
#[derive(Debug)]
pub(super) struct AwaitOffer {
    /// How often the current page has been sent again.
    resent: u8,
}

impl Calling {
    pub(super) fn enter(cx: &mut Context<'_>) -> State {
        cx.tone(Some(Tone::Cng));
        cx.start(Timer::T0);
        cx.expect_control();
        State::Calling(Self { strangers: 0 })
    }

    /// Somebody is there.
    fn hear(&mut self, cx: &mut Context<'_>) {
        if cx.core.timers.is_running(Timer::T0) {
            cx.stop(Timer::T0);
            cx.start(Timer::T1);
            cx.tone(None);
        }
    }
}

impl Phase for Calling {
    fn awaited(&self) -> Awaited {
        Awaited::Dis
    }

    fn exhausted(&self) -> Cause {
        Cause::NoDis
    }

    fn tone(&mut self, tone: Tone, cx: &mut Context<'_>) -> Next {
        if tone != Tone::Cng {
            self.hear(cx);
        }
        None
    }

    fn began(&mut self, _: Opening, cx: &mut Context<'_>) -> Next {
        self.hear(cx);
        None
    }

    fn frame(&mut self, body: &Body<'_>, cx: &mut Context<'_>) -> Next {
        match body {
            Body::Dis(dis) | Body::Dtc(dis) => Some(meet(*dis, 0, cx)),
            _ => self.unknown(cx),
        }
    }

    /// One such frame may be an accident.
    fn unknown(&mut self, cx: &mut Context<'_>) -> Next {
        self.strangers = self.strangers.saturating_add(1);
        (self.strangers > 1).then(|| cx.disconnect(Cause::NoDis))
    }

    fn asked_again(&mut self, _: &mut Context<'_>) -> Next {
        None
    }

    fn expired(&mut self, timer: Timer, cx: &mut Context<'_>) -> Next {
        match timer {
            Timer::T0 => Some(cx.end(Cause::NoAnswer)),
            Timer::T1 => Some(cx.end(Cause::NoFirstFrames)),
            _ => None,
        }
    }
}

impl AwaitOffer {
    pub(super) fn enter(resent: u8, cx: &mut Context<'_>) -> State {
        cx.core.speaker.hush(); // EOM that was about to be repeated
        cx.start(Timer::T1);
        cx.expect_control();
        State::AwaitOffer(Self { resent })
    }
}

impl Phase for AwaitOffer {
    fn awaited(&self) -> Awaited {
        Awaited::Dis
    }

    fn exhausted(&self) -> Cause {
        Cause::NoDis
    }

    fn frame(&mut self, body: &Body<'_>, cx: &mut Context<'_>) -> Next {
        match body {
            Body::Dis(dis) | Body::Dtc(dis) => Some(meet(*dis, self.resent, cx)),
            // The answer to EOM again, or an echo of it.
            Body::Plain(_) => cx.echo(body),
            other => cx.unexpected(other),
        }
    }

    fn expired(&mut self, timer: Timer, cx: &mut Context<'_>) -> Next {
        (timer == Timer::T1).then(|| cx.disconnect(Cause::NoFirstFrames))
    }
}

/// DIS has come: to send, or to fetch.
fn meet(offered: Dis, resent: u8, cx: &mut Context<'_>) -> State {
    cx.stop(Timer::T0);
    cx.stop(Timer::T1);
    cx.tone(None);
    cx.core.station = Station::Calling;
    cx.emit(Event::Offered(offered));
    let can_fetch = cx.settings().polls.is_some() && offered.has(Bit::HAS_DOCUMENT);
    let has_page = cx.source.has_page();
    match (has_page, offered.has(Bit::RECEIVE)) {
        (true, true) => sender::start(offered, resent, cx),
        _ if can_fetch => AwaitCommand::fetch(&offered, cx),
        (true, false) => cx.disconnect(Cause::CannotReceive),
        (false, _) => cx.disconnect(Cause::NothingToFetch),
    }
}
