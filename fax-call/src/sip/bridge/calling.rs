//! Until there is an answer: one target after the other.

use super::super::dialog::{Dialog, Opening};
use super::super::event::{BridgeEvent, EndCause};
use super::super::settings::{FarTarget, T38Mode};
use super::super::switch::Switch;
use super::{Bridge, Life};
use fax_core::Timestamp;
use fax_core::relay::Side;

impl Bridge {
    /// Calls the target of that number. If there is none the caller gets `code`.
    pub(super) fn call(&mut self, now: Timestamp, target: usize, code: u16) {
        let Some(FarTarget { target: whom, budget, leg }) = self.settings.targets.get(target).cloned() else {
            return self.end(now, EndCause::NotAnswered(code), code);
        };
        let Some(opening) = self.legs[0].dialog.as_ref().and_then(Dialog::opening) else { return };
        let fax_alone = matches!(opening, Opening::Fax(_)) && leg.t38 == T38Mode::Require;
        let codecs = opening.codecs(&leg.laws).with_red(leg.red);
        let seed = self.settings.seed.wrapping_add(target as u64 + 1);
        let far = self.leg(Side::Far);
        far.switch = Switch::default();
        far.dialog = Some(if fax_alone {
            Dialog::call_for_fax(leg, whom, seed, now)
        } else {
            Dialog::call(leg, whom, codecs, seed, now)
        });
        self.life = Life::Calling { target, until: now + budget, rang: false };
        self.tell(now, BridgeEvent::Called(target));
    }

    /// The far end rings or says something.
    pub(super) fn progressed(&mut self, now: Timestamp, code: u16, media: bool) {
        let ring = self.settings.ring;
        let Life::Calling { target: _, until, rang } = &mut self.life else { return };
        if !*rang {
            (*rang, *until) = (true, now + ring);
        }
        self.tell(now, BridgeEvent::Progress(code));
        let [near, far] = &mut self.legs;
        let early = far.dialog.as_ref().and_then(Dialog::audio).filter(|_| media);
        // 199 tells of one branch of many (RFC 6228): nothing to the caller.
        if let Some(near) = near.dialog.as_mut().filter(|_| code != 199) {
            near.progress(code, early);
        }
    }

    /// The far end has answered, and so do we.
    pub(super) fn answered(&mut self, now: Timestamp) {
        let Life::Calling { target, .. } = self.life else { return };
        let [near, far] = &mut self.legs;
        let audio = far.dialog.as_ref().and_then(Dialog::audio);
        if near.dialog.as_mut().is_some_and(|near| near.accept(now, audio)) {
            let near_is_fax = near.dialog.as_ref().is_some_and(|near| near.t38().is_some());
            if let Some(dialog) = far.dialog.as_ref().filter(|far| near_is_fax && far.t38().is_none()) {
                far.switch.follow(now, dialog.settings());
            }
            self.life = Life::Up { since: now, finish: None };
            self.tell(now, BridgeEvent::Answered(target));
        } else {
            self.end(now, EndCause::NotAcceptable(488), 488);
        }
    }

    /// The far end has refused.
    pub(super) fn failed(&mut self, now: Timestamp, code: u16) {
        let Life::Calling { target, .. } = self.life else { return };
        self.tell(now, BridgeEvent::NotReached { target, code });
        if is_of_the_called(code) {
            self.end(now, EndCause::NotAnswered(code), code);
        } else {
            self.flush(Side::Far);
            self.call(now, target + 1, for_the_caller(code));
        }
    }

    /// Its time is over.
    pub(super) fn give_up(&mut self, now: Timestamp, target: usize, rang: bool) {
        self.tell(now, BridgeEvent::NotReached { target, code: 408 });
        if rang {
            return self.end(now, EndCause::NotAnswered(480), 480);
        }
        if let Some(far) = self.dialog(Side::Far) {
            far.bye(now, 408);
        }
        self.flush(Side::Far);
        self.call(now, target + 1, 504);
    }
}

/// Whether the called one, or who knows it, has spoken: no other way leads to another answer.
const fn is_of_the_called(code: u16) -> bool {
    matches!(code, 404 | 410 | 480 | 484 | 486 | 487 | 600 | 603 | 604 | 607 | 608)
}

/// What a caller is to know of a refusal on a leg that is not its own: nothing of our redirections, credentials,
/// timers and dialogs; and 503 would say that we are out of order (RFC 3261 16.7).
const fn for_the_caller(code: u16) -> u16 {
    match code {
        300..=399 | 401 | 407 | 420 | 421 | 422 | 423 | 481 | 482 | 483 | 491 | 494 => 502,
        408 => 504,
        503 => 500,
        _ => code,
    }
}
