//! A call of two legs: one that came in, near, and one that we begin, far.
//!
//! What one leg agrees on does not bind the other: each is audio or T.38, and the media join them. What is done to the
//! call as a whole is passed across: ringing, answer, hold, requests, the end.
//!
//! From: RFC 3261, RFC 7092; field notes SIP-5 to SIP-10.
//! Always: the caller's INVITE gets one final response; the call ends once, with one cause, and then both dialogs end;
//! an order goes out only when something changed.
//! Not here: offers and answers of a leg (`dialog`), when T.38 is offered (`switch`).

mod calling;
mod pass;

use super::dialog::{Ask, Dialog, Notice, Unacceptable};
use super::event::{BridgeEvent, By, EndCause, Kind, Stop};
use super::seam::{Command, Event, Gone, Invitation, Request};
use super::settings::{BridgeSettings, T38Mode};
use super::switch::{Switch, is_at_work};
use super::{Deadline, Wait};
use crate::media::{Order, Sign, T38};
use core::mem;
use fax_core::relay::{Phase, Side};
use fax_core::{Span, Timestamp};
use pass::Passing;
use std::collections::VecDeque;

/// The signalling of one call.
///
/// After each method that changes something the owner drains [`Bridge::output`], then waits for an event of a stack, a
/// sign in the audio, or [`Bridge::deadline`], whichever comes first.
///
/// ```
/// use fax_call::sip::{Bridge, BridgeSettings, Invitation, Output};
/// use fax_core::Timestamp;
///
/// fn begin(settings: BridgeSettings, invitation: &Invitation) -> Bridge {
///     let mut bridge = Bridge::new(settings, invitation, Timestamp::ZERO);
///     while let Some(output) = bridge.output() {
///         match output {
///             Output::Sip(side, command) => println!("to the stack, {side:?}: {command:?}"),
///             Output::Media(side, order) => println!("to the media, {side:?}: {order:?}"),
///             Output::Event(at, event) => println!("{at} {event:?}"),
///         }
///     }
///     bridge
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Bridge {
    settings: BridgeSettings,
    life: Life,
    legs: [Leg; 2],
    /// Where the fax is in T.30.
    phase: Phase,
    /// Whether audio carries a training or a page.
    carrier: bool,
    passing: Passing,
    out: VecDeque<Output>,
}

#[derive(Clone, Copy, Debug)]
enum Life {
    /// A target is called, until then.
    Calling {
        target: usize,
        until: Timestamp,
        rang: bool,
    },
    Up {
        since: Timestamp,
        finish: Option<Timestamp>,
    },
    Ending,
}

#[derive(Clone, Debug)]
struct Leg {
    dialog: Option<Dialog>,
    switch: Switch,
    /// What the media were told last.
    order: Order,
}

/// What the owner of a call is to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Give this to the stack. [`Command::Invite`] on the far side begins a new dialog: the one before, if there was
    /// one, is let go of, and nothing more of it is told.
    Sip(Side, Command),
    /// Give this to the media of that leg.
    Media(Side, Order),
    /// For the record.
    Event(Timestamp, BridgeEvent),
}

/// How long the peers have after a fax to hang up or to go back to audio (SIP-10).
const AFTER_FAX: Span = Span::from_millis(2_000);

const SIDES: [Side; 2] = [Side::Near, Side::Far];

impl Bridge {
    /// A call that came in. The first target is called at once.
    pub fn new(settings: BridgeSettings, invitation: &Invitation, now: Timestamp) -> Self {
        let leg = || Leg { dialog: None, switch: Switch::default(), order: Order::Nothing };
        let life = Life::Calling { target: 0, until: now, rang: false };
        let (legs, passing) = ([leg(), leg()], Passing::default());
        let mut bridge =
            Self { settings, life, legs, phase: Phase::SetUp, carrier: false, passing, out: VecDeque::new() };
        match Dialog::invited(bridge.settings.near.clone(), invitation, bridge.settings.seed) {
            Ok(dialog) => {
                bridge.legs[0].dialog = Some(dialog);
                bridge.call(now, 0, 404);
            }
            Err(Unacceptable { code, min_se }) => {
                let refusal = Command::Refuse { code, retry_after: None, min_se };
                bridge.out.push_back(Output::Sip(Side::Near, refusal));
                bridge.end(now, EndCause::NotAcceptable(code), code);
            }
        }
        bridge.settle(now);
        bridge
    }

    /// What the stack tells of one side's dialog.
    pub fn take(&mut self, now: Timestamp, side: Side, event: Event) {
        match (self.dialog(side), event) {
            (Some(dialog), event) => dialog.take(now, event),
            // There is no such dialog; each request gets its response all the same.
            (None, Event::Offered { .. }) => {
                let refusal = Command::Refuse { code: 481, retry_after: None, min_se: None };
                self.out.push_back(Output::Sip(side, refusal));
            }
            (None, Event::Requested(Request { id, .. })) => {
                self.out.push_back(Output::Sip(side, Command::Respond { id, code: 481 }));
            }
            (None, _) => {}
        }
        self.settle(now);
    }

    /// A fax is heard in the audio that comes from that side: for both legs it is the same fax.
    pub fn heard(&mut self, now: Timestamp, side: Side, sign: Sign) {
        let answered = match self.life {
            Life::Up { since, .. } => Some(since),
            Life::Calling { .. } => None,
            Life::Ending => return,
        };
        let mut due = false;
        for Leg { dialog, switch, .. } in &mut self.legs {
            if let Some(dialog) =
                dialog.as_ref().filter(|dialog| dialog.t38().is_none() && !dialog.is_offering_fax())
            {
                due |= switch.heard(now, sign, dialog.settings(), answered);
            }
        }
        if due {
            self.tell(now, BridgeEvent::Heard(side, sign));
        }
        self.settle(now);
    }

    /// Where the fax is in T.30, whenever that changes, in audio or in T.38 (SIP-17).
    pub fn phase(&mut self, now: Timestamp, phase: Phase) {
        self.phase = phase;
        if !super::switch::is_safe(phase) {
            for dialog in self.legs.iter_mut().filter_map(|leg| leg.dialog.as_mut()) {
                dialog.forget_fax();
            }
        }
        self.settle(now);
    }

    /// Whether audio that is passed on carries a training or a page just now (SIP-17).
    pub fn carrier(&mut self, on: bool) {
        self.carrier = on;
    }

    /// The fax is over. The peers have 2 s to hang up or to go back to audio; then we hang up (SIP-10).
    pub fn finished(&mut self, now: Timestamp) {
        if let Life::Up { finish, .. } = &mut self.life {
            finish.get_or_insert(now + AFTER_FAX);
        } else {
            self.end(now, EndCause::Finished, 480);
        }
        self.settle(now);
    }

    /// Ends the call now.
    pub fn hang_up(&mut self, now: Timestamp, why: Stop) {
        self.end(now, EndCause::Stopped(why), 503);
        self.settle(now);
    }

    /// Does what is due.
    pub fn advance(&mut self, now: Timestamp) {
        for dialog in self.legs.iter_mut().filter_map(|leg| leg.dialog.as_mut()) {
            dialog.advance(now);
        }
        match self.life {
            Life::Calling { target, until, rang } if until <= now => self.give_up(now, target, rang),
            Life::Up { finish: Some(finish), .. } if finish <= now => self.end(now, EndCause::Finished, 480),
            _ => {}
        }
        self.late_responses(now);
        self.settle(now);
    }

    /// When [`Bridge::advance`] is to be called, at the latest.
    pub fn deadline(&self) -> Option<Deadline> {
        let dialogs = self.legs.iter().filter_map(|leg| leg.dialog.as_ref()?.deadline());
        let own = match self.life {
            Life::Calling { until, rang, .. } => {
                Some(Deadline { at: until, why: if rang { Wait::Ringing } else { Wait::Target } })
            }
            Life::Up { finish, .. } => finish.map(|at| Deadline { at, why: Wait::AfterFax }),
            Life::Ending => None,
        };
        let up = matches!(self.life, Life::Up { .. });
        let due = self.legs.iter().filter_map(|leg| leg.switch.deadline()).filter(|_| up);
        let due = due.map(|at| Deadline { at, why: Wait::Trigger });
        let passed = self.passing.deadline().map(|at| Deadline { at, why: Wait::Response });
        dialogs.chain(own).chain(due).chain(passed).min_by_key(|deadline| deadline.at)
    }

    /// What to do next. To be drained after every call of another method.
    pub fn output(&mut self) -> Option<Output> {
        self.out.pop_front()
    }

    /// Whether the call has ended and both dialogs with it.
    pub fn is_over(&self) -> bool {
        let over = |leg: &Leg| leg.dialog.as_ref().is_none_or(Dialog::is_over);
        matches!(self.life, Life::Ending) && self.legs.iter().all(over)
    }

    fn leg(&mut self, side: Side) -> &mut Leg {
        let [near, far] = &mut self.legs;
        match side {
            Side::Near => near,
            Side::Far => far,
        }
    }

    fn dialog(&mut self, side: Side) -> Option<&mut Dialog> {
        self.leg(side).dialog.as_mut()
    }

    fn tell(&mut self, now: Timestamp, event: BridgeEvent) {
        self.out.push_back(Output::Event(now, event));
    }

    /// Acts on all that the dialogs tell, then says what follows.
    fn settle(&mut self, now: Timestamp) {
        loop {
            while let Some((side, notice)) = self.notice() {
                self.noticed(now, side, notice);
            }
            // Each of these uses up what it acts on.
            let up = matches!(self.life, Life::Up { .. });
            if !up || !SIDES.map(|side| self.decide(now, side) || self.fire(now, side)).contains(&true) {
                break;
            }
        }
        for side in SIDES {
            self.flush(side);
        }
        for side in SIDES {
            self.orders(side);
        }
    }

    fn notice(&mut self) -> Option<(Side, Notice)> {
        SIDES.into_iter().find_map(|side| Some((side, self.dialog(side)?.notice()?)))
    }

    fn noticed(&mut self, now: Timestamp, side: Side, notice: Notice) {
        match notice {
            Notice::Progress { code, media } => self.progressed(now, code, media),
            Notice::Answered => self.answered(now),
            Notice::Failed(code) => self.failed(now, code),
            Notice::Cancelled => self.end(now, EndCause::Cancelled, 487),
            Notice::Offered(by, media) => self.tell(now, BridgeEvent::Offered { side, by, media }),
            Notice::Agreed { by, media, after } => {
                self.tell(now, BridgeEvent::Switched { side, by, media, after });
                self.agreed(now, side, by, media);
            }
            Notice::Declined { by, media, code, after } => {
                self.tell(now, BridgeEvent::Refused { side, by, code, after });
                if (by, media) == (By::Us, Kind::T38) {
                    self.refused(now, side, code);
                }
            }
            Notice::Turned(direction) => {
                let other =
                    self.dialog(side.other()).filter(|dialog| dialog.is_up() && dialog.audio().is_some());
                if let Some(other) = other {
                    other.offer_audio(now, direction);
                }
            }
            Notice::Glare => self.tell(now, BridgeEvent::Glare(side)),
            Notice::TooLate => self.tell(now, BridgeEvent::TooLate(side)),
            Notice::Refreshed(by) => self.tell(now, BridgeEvent::Refreshed { side, by }),
            Notice::Requested(request) => self.pass(now, side, request),
            Notice::Responded { id, code } => self.passed(side, id, code),
            Notice::Unusable => self.end(now, EndCause::NotAcceptable(488), 488),
            Notice::Expired => self.end(now, EndCause::SessionExpired(side), 408),
            Notice::Lost => self.end(now, EndCause::Lost(side), 408),
            Notice::Gone(gone) => self.gone(now, side, gone),
        }
    }

    fn gone(&mut self, now: Timestamp, side: Side, gone: Gone) {
        match (self.life, gone) {
            (Life::Calling { .. }, _) if side == Side::Far => self.failed(now, 503),
            (_, Gone::Lost) => self.end(now, EndCause::Lost(side), 408),
            (_, Gone::Bye(cause)) => self.end(now, EndCause::HungUp(side, cause), 480),
            (_, Gone::AsAsked) => self.end(now, EndCause::HungUp(side, None), 480),
        }
    }

    /// Decides about the peer's offer, now that the call is up. False if there is none.
    fn decide(&mut self, now: Timestamp, side: Side) -> bool {
        let (phase, carrier) = (self.phase, self.carrier);
        let Leg { dialog: Some(dialog), switch, .. } = self.leg(side) else { return false };
        match dialog.asked() {
            None => return false,
            Some(Ask::Audio) => dialog.consent(now),
            Some(Ask::OldAudio) if is_at_work(phase) => dialog.insist(now),
            Some(Ask::OldAudio) => dialog.consent(now),
            Some(Ask::Fax) => match switch.asked(dialog.settings(), phase, carrier) {
                Ok(()) => dialog.consent(now),
                Err(code) => dialog.decline(now, code),
            },
        }
        true
    }

    /// Offers T.38 if that is due. False if it is not.
    fn fire(&mut self, now: Timestamp, side: Side) -> bool {
        let phase = self.phase;
        let Leg { dialog: Some(dialog), switch, .. } = self.leg(side) else { return false };
        let fires = dialog.is_up() && switch.fire(now, phase);
        if fires {
            dialog.offer_fax(now);
        }
        fires
    }

    /// That leg carries something else now.
    fn agreed(&mut self, now: Timestamp, side: Side, by: By, media: Kind) {
        self.leg(side).switch.settled();
        if by == By::Us {
            return;
        }
        let Leg { dialog: Some(other), switch, .. } = self.leg(side.other()) else { return };
        match media {
            Kind::T38 if other.t38().is_none() => switch.follow(now, other.settings()),
            Kind::T38 => {}
            Kind::Audio => {
                if other.t38().is_some() {
                    other.offer_audio(now, fax_t38::sdp::Direction::Both);
                }
                // The call goes on.
                if let Life::Up { finish, .. } = &mut self.life {
                    *finish = None;
                }
            }
        }
    }

    /// T.38 is not to be had on that leg.
    fn refused(&mut self, now: Timestamp, side: Side, code: u16) {
        let Leg { dialog: Some(dialog), switch, .. } = self.leg(side) else { return };
        switch.refused();
        let settings = dialog.settings();
        if settings.t38 == T38Mode::Require || !settings.fallback {
            self.end(now, EndCause::T38Refused(side, code), 488);
        }
    }

    /// Ends the call, once. `code` is for a caller whose INVITE is open.
    fn end(&mut self, now: Timestamp, cause: EndCause, code: u16) {
        if let Life::Ending = mem::replace(&mut self.life, Life::Ending) {
            return;
        }
        self.tell(now, BridgeEvent::Ended(cause));
        self.refuse_what_passes();
        for side in SIDES {
            if let Some(dialog) = self.dialog(side) {
                dialog.bye(now, code);
            }
        }
    }

    fn flush(&mut self, side: Side) {
        while let Some(command) = self.dialog(side).and_then(Dialog::command) {
            self.out.push_back(Output::Sip(side, command));
        }
    }

    fn orders(&mut self, side: Side) {
        let leg = self.leg(side);
        let order = leg.dialog.as_ref().map_or(Order::Nothing, Dialog::order);
        if !is_same(&leg.order, &order) {
            leg.order = order.clone();
            self.out.push_back(Output::Media(side, order));
        }
    }
}

/// Whether nothing is to change. Whether numbers go on is no matter of its own.
fn is_same(before: &Order, after: &Order) -> bool {
    match (before, after) {
        (Order::T38(before), Order::T38(after)) => {
            let T38 { remote, session, continues: _ } = before;
            (remote, session) == (&after.remote, &after.session)
        }
        _ => before == after,
    }
}
