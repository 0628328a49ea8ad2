//! The answering station until it knows what is wanted, and the calling one that fetches: rows A0, R1, R2
//! and R3b.

use super::context::Context;
use super::event::Event;
use super::outcome::{Awaited, Cause};
use super::receiver::AwaitTcf;
use super::sender;
use super::settings::Offer;
use super::speaker::Then;
use super::state::{Next, Phase, State};
use super::timers::Timer;
use crate::signal::Tone;
use crate::t30::fields::Bit;
use crate::t30::{Body, Dcs, Dis, Fcf, Ident, IdentKind, PostPage, Station};

/// A silence, CED, and then DIS: A0.
#[derive(Debug)]
pub(super) enum Answer {
    Silence,
    Ced,
}

/// DIS or DTC is out, or will be if nothing comes: R1, R2, and R3b after FTT. T4 (T2 after FTT, RTP and RTN)
/// repeats it; for DIS T1 ends the wait.
#[derive(Debug)]
pub(super) struct AwaitCommand {
    offering: Offering,
    awaited: Awaited,
    /// How often DIS or DTC has been said since a command came.
    said: u8,
}

/// What asks for the command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Offering {
    Dis,
    Dtc,
}

impl Answer {
    pub(super) fn enter(cx: &mut Context<'_>) -> State {
        let at = cx.now() + cx.settings().timing.before_ced;
        cx.core.timers.set(Timer::Cue, at);
        cx.expect_control();
        State::Answer(Self::Silence)
    }
}

impl Phase for Answer {
    fn awaited(&self) -> Awaited {
        Awaited::Dcs
    }

    fn exhausted(&self) -> Cause {
        Cause::NoCommand(Awaited::Dcs)
    }

    /// Nobody has been asked yet.
    fn frame(&mut self, _: &Body<'_>, _: &mut Context<'_>) -> Next {
        None
    }

    fn asked_again(&mut self, _: &mut Context<'_>) -> Next {
        None
    }

    fn unknown(&mut self, _: &mut Context<'_>) -> Next {
        None
    }

    fn expired(&mut self, timer: Timer, cx: &mut Context<'_>) -> Next {
        match (timer, &self) {
            (Timer::Cue, Self::Silence) => {
                cx.tone(Some(Tone::Ced));
                let at = cx.now() + cx.settings().timing.ced;
                cx.core.timers.set(Timer::Cue, at);
                *self = Self::Ced;
                None
            }
            (Timer::Cue, Self::Ced) => {
                cx.tone(None);
                Some(AwaitCommand::offer(cx))
            }
            _ => None,
        }
    }
}

impl AwaitCommand {
    /// Says DIS; T1 begins.
    pub(super) fn offer(cx: &mut Context<'_>) -> State {
        cx.start(Timer::T1);
        cx.core.station = Station::Called;
        cx.core.offered = own_dis(cx);
        cx.expect_anything();
        let state = Self { offering: Offering::Dis, awaited: Awaited::Dcs, said: 1 };
        state.say(cx);
        State::AwaitCommand(state)
    }

    /// Says DTC: a document is to be fetched from a machine that said `theirs`.
    pub(super) fn fetch(theirs: &Dis, cx: &mut Context<'_>) -> State {
        let poll = cx.settings().polls.as_ref();
        let has_password = poll.is_some_and(|poll| poll.password.is_some());
        let has_document = poll.is_some_and(|poll| poll.document.is_some());
        let mut dtc = cx.settings().receives.without(Bit::SUB).without(Bit::PASSWORD);
        if has_password && theirs.has(Bit::PASSWORD) {
            dtc = dtc.with(Bit::PASSWORD);
        }
        if has_document && theirs.has(Bit::SEP) {
            dtc = dtc.with(Bit::SEP);
        }
        cx.core.offered = dtc;
        cx.expect_anything();
        let state = Self { offering: Offering::Dtc, awaited: Awaited::Dcs, said: 1 };
        state.say(cx);
        State::AwaitCommand(state)
    }

    /// Another DCS is due after FTT, RTP or RTN, which is being said.
    pub(super) fn retrain(awaited: Awaited, cx: &mut Context<'_>) -> State {
        cx.expect_anything();
        let offering = if cx.core.station == Station::Called { Offering::Dis } else { Offering::Dtc };
        State::AwaitCommand(Self { offering, awaited, said: 0 })
    }

    fn say(&self, cx: &mut Context<'_>) {
        let settings = &cx.core.settings;
        let name = settings.identification.reveal();
        match self.offering {
            Offering::Dis => {
                let csi = cx.ident(IdentKind::Csi, name);
                let dis = Body::Dis(cx.core.offered);
                say_all([csi, None, None, Some(dis)], cx);
            }
            Offering::Dtc => {
                let offered = cx.core.offered;
                let poll = settings.polls.as_ref();
                let password =
                    poll.and_then(|poll| poll.password.as_ref()).filter(|_| offered.has(Bit::PASSWORD));
                let document = poll.and_then(|poll| poll.document.as_ref()).filter(|_| offered.has(Bit::SEP));
                let text = |kind, text: &crate::Private<String>| cx.ident(kind, text.reveal());
                let cig = cx.ident(IdentKind::Cig, name);
                let pwd = password.and_then(|password| text(IdentKind::Pwd, password));
                let sep = document.and_then(|document| text(IdentKind::Sep, document));
                say_all([cig, pwd, sep, Some(Body::Dtc(offered))], cx);
            }
        }
    }

    /// DCS: what will be used, if it was offered.
    fn commanded(&mut self, dcs: &Dcs, cx: &mut Context<'_>) -> Next {
        cx.stop(Timer::T1);
        Some(obey(dcs, cx))
    }

    /// Says DIS or DTC once more.
    fn ask_again(&mut self, cx: &mut Context<'_>) -> Next {
        let settings = cx.settings();
        let most =
            if cx.core.timers.is_running(Timer::T1) { settings.dis_tries } else { Some(settings.tries) };
        if most.is_some_and(|most| self.said >= most) {
            return Some(cx.disconnect(self.exhausted()));
        }
        self.said = self.said.saturating_add(1);
        cx.emit(Event::Repeated { times: self.said });
        self.say(cx);
        None
    }
}

impl Phase for AwaitCommand {
    fn awaited(&self) -> Awaited {
        self.awaited
    }

    fn exhausted(&self) -> Cause {
        Cause::NoCommand(self.awaited)
    }

    fn sender_not_ready(&mut self, cx: &mut Context<'_>) -> Next {
        cx.not_ready(Fcf::Tr, Then::Command(Timer::T2))
    }

    fn frame(&mut self, body: &Body<'_>, cx: &mut Context<'_>) -> Next {
        match body {
            Body::Dcs(dcs) => self.commanded(dcs, cx),
            Body::Dtc(dis) => {
                cx.core.station = Station::Called;
                Some(be_fetched_from(*dis, cx))
            }
            Body::Dis(dis) if self.offering == Offering::Dis && *dis == cx.core.offered => cx.echo(body),
            // A caller that says DIS where DTC is meant (conformance MRGP06).
            Body::Dis(dis) if self.offering == Offering::Dis => {
                cx.core.station = Station::Calling;
                Some(be_fetched_from(*dis, cx))
            }
            Body::Dis(_) => self.ask_again(cx), // DTC was not heard
            Body::Pps(_) | Body::Eor(_) => repeat_receipt(body, cx),
            Body::Plain(fcf) if PostPage::of(*fcf).is_some() => repeat_receipt(body, cx),
            Body::Opaque(Fcf::Fnv, _) => Some(cx.disconnect(Cause::FieldRefused)),
            Body::Plain(Fcf::Cfr | Fcf::Ftt | Fcf::Mcf | Fcf::Rtn | Fcf::Rtp | Fcf::Err) => cx.echo(body),
            other => cx.unexpected(other),
        }
    }

    fn asked_again(&mut self, cx: &mut Context<'_>) -> Next {
        self.ask_again(cx)
    }

    /// A TCF whose DCS was not understood. It is said at once, before the far machine's own T4 is over and
    /// both speak at the same time.
    fn ended(&mut self, cx: &mut Context<'_>) -> Next {
        cx.stop(Timer::T2);
        cx.stop(Timer::T4);
        cx.start(Timer::Dropped);
        None
    }

    fn expired(&mut self, timer: Timer, cx: &mut Context<'_>) -> Next {
        match timer {
            Timer::T1 => Some(cx.disconnect(Cause::NoFirstFrames)),
            Timer::T2 | Timer::T4 => self.ask_again(cx),
            _ => None,
        }
    }
}

/// The DCS is followed, or refused because it asks for more than was offered.
pub(super) fn obey(dcs: &Dcs, cx: &mut Context<'_>) -> State {
    cx.core.last_receipt = None; // the sender has it, or it would not begin anew
    match cx.core.offered.admits(dcs) {
        Ok(_) if !cx.sink.admits(&cx.core.remote) => cx.disconnect(Cause::FieldRefused),
        Ok(terms) => AwaitTcf::enter(terms, cx),
        Err(excess) => cx.disconnect(Cause::CommandBeyondOffer(excess)),
    }
}

/// The far machine wants our document, and `theirs` is what it can receive.
pub(super) fn be_fetched_from(theirs: Dis, cx: &mut Context<'_>) -> State {
    cx.stop(Timer::T1);
    cx.emit(Event::Offered(theirs));
    let is_known = match &cx.core.settings.offers {
        Offer::Nothing => return cx.disconnect(Cause::NothingToFetch),
        Offer::Freely => true,
        Offer::WithPassword(password) => {
            let right = Ident::from_text(IdentKind::Pwd, password.reveal()).text();
            cx.core.remote.password.is_some_and(|given| given.text() == right)
        }
    };
    let has_document = cx.source.select(&cx.core.remote) && cx.source.has_page();
    match (is_known, has_document) {
        (false, _) => cx.disconnect(Cause::Password),
        (true, false) => cx.disconnect(Cause::NothingToFetch),
        (true, true) => sender::start(theirs, 0, cx),
    }
}

/// Our answer to the last page was lost; it is said again.
fn repeat_receipt(body: &Body<'_>, cx: &mut Context<'_>) -> Next {
    match cx.core.last_receipt {
        Some((_, receipt)) => {
            cx.plain(receipt, Then::Command(Timer::T2));
            None
        }
        None => cx.unexpected(body),
    }
}

fn own_dis(cx: &mut Context<'_>) -> Dis {
    let has_document = cx.core.settings.offers != Offer::Nothing && cx.source.has_page();
    let receives = cx.core.settings.receives;
    if has_document { receives.with(Bit::HAS_DOCUMENT) } else { receives.without(Bit::HAS_DOCUMENT) }
}

/// Says the frames that there are, and waits for a command.
fn say_all(bodies: [Option<Body<'static>>; 4], cx: &mut Context<'_>) {
    let mut all = [Body::Plain(Fcf::Dcn); 4];
    let mut count = 0;
    for (place, body) in all.iter_mut().zip(bodies.into_iter().flatten()) {
        *place = body;
        count += 1;
    }
    cx.control(all.get(..count).unwrap_or_default(), Then::Command(Timer::T4));
}
