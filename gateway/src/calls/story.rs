//! What a call tells while it is on, made into its record.

use super::settings::{agreed, kind, mode};
use super::watch::Watch;
use crate::clock::Utc;
use crate::ledger::entry::{Change, Entry, Leg, cause};
use crate::ledger::{Mark, fold};
use fax_call::media::{AudioCounters, Order, Sign, V8Counters};
use fax_call::sip::{BridgeEvent, By, EndCause, Stop};
use fax_call::{CallRecord, Cause, Event, Side};
use fax_core::{Span, Timestamp};

/// The record of a call that is on.
#[derive(Debug)]
pub(super) struct Story {
    pub(super) entry: Entry,
    /// Names of the targets, for events that count them.
    targets: Vec<String>,
    end: Option<EndCause>,
    answered: bool,
    /// Signs of a fax that were heard in audio.
    signs: Vec<Sign>,
    /// Why no target was even called.
    full: Option<&'static str>,
}

/// Lines about what was agreed that are kept of a leg.
const AGREED: usize = 16;

impl Story {
    pub(super) fn new(entry: Entry, targets: Vec<String>) -> Self {
        Self { entry, targets, end: None, answered: false, signs: Vec::new(), full: None }
    }

    pub(super) fn is_answered(&self) -> bool {
        self.answered
    }

    pub(super) fn has_ended(&self) -> bool {
        self.end.is_some()
    }

    pub(super) fn note(&mut self, at: Timestamp, side: &str, what: impl Into<String>) {
        self.entry.note(millis(at), side, what);
    }

    /// A target was not called, since a limit is reached.
    pub(super) fn not_placed(&mut self, at: Timestamp, why: &'static str) {
        self.full = Some(why);
        self.note(at, "far", format!("not called: {why} is reached"));
    }

    /// Signalling gave an order; whether the mode of that leg changed.
    pub(super) fn ordered(&mut self, at: Timestamp, side: Side, order: &Order) -> bool {
        let to = mode(order);
        let leg = leg(&mut self.entry, side);
        if let Some(agreed) = agreed(order)
            && leg.agreed.last() != Some(&agreed)
            && leg.agreed.len() < AGREED
        {
            leg.agreed.push(agreed);
        }
        let before = last_change(&self.entry, side).unwrap_or("none");
        if before == to {
            return false;
        }
        let leg = self::leg(&mut self.entry, side);
        if matches!(to, "audio" | "t38") {
            leg.mode = to.into();
        }
        let why = self.entry.timeline.last().map_or_else(String::new, |last| last.what.clone());
        let change = Change { at_ms: millis(at), side: fold::side(side).into(), to: to.into(), why };
        if self.entry.changes.len() < 64 {
            self.entry.changes.push(change);
        }
        self.note(at, fold::side(side), format!("media: {to}"));
        true
    }

    pub(super) fn signalled(&mut self, at: Timestamp, event: BridgeEvent) {
        let name = |story: &Self, target: usize| story.targets.get(target).cloned().unwrap_or_default();
        let seconds = |span: Span| span.micros() as f64 / 1e6;
        let whom = |by: By| if by == By::Us { "us" } else { "the peer" };
        match event {
            BridgeEvent::Called(target) => {
                self.entry.to = name(self, target);
                let what = format!("calling {}", self.entry.to);
                self.note(at, "far", what);
            }
            BridgeEvent::NotReached { target, code } => {
                self.entry.code = code;
                let what = format!("{} not reached: {code}", name(self, target));
                self.note(at, "far", what);
            }
            BridgeEvent::Progress(code) => self.note(at, "far", format!("progress {code}")),
            BridgeEvent::Answered(target) => {
                self.answered = true;
                self.entry.to = name(self, target);
                self.entry.code = 200;
                self.note(at, "-", format!("answered by {}", self.entry.to.clone()));
            }
            BridgeEvent::Heard(side, sign) => {
                self.note(at, fold::side(side), format!("T.38 is due, since {sign:?} was heard"));
            }
            BridgeEvent::Offered { side, by, media } => {
                self.note(at, fold::side(side), format!("{} offered by {}", kind(media), whom(by)));
            }
            BridgeEvent::Switched { side, by, media, after } => {
                let what =
                    format!("{} agreed {:.3} s after the offer of {}", kind(media), seconds(after), whom(by));
                self.note(at, fold::side(side), what);
            }
            BridgeEvent::Refused { side, by, code, after } => {
                let leg = leg(&mut self.entry, side);
                if leg.refusals.len() < AGREED {
                    leg.refusals.push(code);
                }
                let what = format!("offer of {} refused with {code} after {:.3} s", whom(by), seconds(after));
                self.note(at, fold::side(side), what);
            }
            BridgeEvent::Glare(side) => self.note(at, fold::side(side), "both ends made an offer at once"),
            BridgeEvent::TooLate(side) => {
                self.note(at, fold::side(side), "T.38 was taken too late; audio is offered anew");
            }
            BridgeEvent::Refreshed { side, by } => {
                self.note(at, fold::side(side), format!("session refreshed by {}", whom(by)));
            }
            BridgeEvent::Ended(end) => {
                self.end.get_or_insert(end);
                self.note(at, "-", format!("ends: {}", end_name(end)));
            }
        }
    }

    pub(super) fn heard(&mut self, at: Timestamp, side: Side, sign: Sign) {
        if self.signs.len() < 64 {
            self.signs.push(sign);
        }
        self.note(at, fold::side(side), format!("heard {sign:?}"));
    }

    pub(super) fn happened(&mut self, at: Timestamp, event: &Event) {
        if let Some((side, what)) = fold::moment(event) {
            self.note(at, side, what);
        }
    }

    /// What the journal should know by now.
    pub(super) fn mark(&self, now: Timestamp, pages: u32) -> Mark {
        let Entry { id, to, .. } = &self.entry;
        Mark { id: id.clone(), at_ms: millis(now), mode: self.mode().into(), to: to.clone(), pages }
    }

    /// The mode of the call as a whole.
    pub(super) fn mode(&self) -> &'static str {
        match (self.entry.near.mode.as_str(), self.entry.far.mode.as_str()) {
            ("t38", "t38") => "t38",
            ("t38", _) | (_, "t38") => "mixed",
            ("audio", _) | (_, "audio") => "audio",
            _ => "none",
        }
    }

    /// The record, with what media saw.
    pub(super) fn close(
        mut self,
        now: Timestamp,
        record: Option<&CallRecord>,
        watches: &[Watch; 2],
        audio: [AudioCounters; 2],
        strangers: [u32; 2],
    ) -> Entry {
        self.entry.mode_used = self.mode().into();
        self.entry.ended = Utc(self.entry.began.0.saturating_add(millis(now)));
        for (place, side) in [Side::Near, Side::Far].into_iter().enumerate() {
            let leg = leg(&mut self.entry, side);
            watches[place].tell(leg, now);
            let seen = audio[place];
            leg.strangers = u64::from(strangers[place]) + u64::from(seen.strangers);
            leg.late = seen.playout.late.into();
            // Octets that were played and never came, in packets of 20 ms.
            leg.lost = seen.playout.invented / 160;
        }
        self.entry.fax = record.map(fold::fax);
        self.judge(record, watches);
        self.entry
    }

    fn judge(&mut self, record: Option<&CallRecord>, watches: &[Watch; 2]) {
        let verdict = record.map(|record| (record, record.verdict()));
        let by_fax = |story: &mut Self, record: &CallRecord, verdict: &fax_call::Verdict| {
            story.entry.cause = fold::cause_name(verdict.cause).into();
            story.entry.retry = fold::retry_name(verdict.retry()).into();
            story.entry.evidence.extend(fold::evidence(record, verdict));
        };
        // A fax that is complete is complete, whatever became of its call.
        if let Some((record, verdict)) =
            verdict.as_ref().filter(|(_, verdict)| verdict.cause == Cause::Completed)
        {
            return by_fax(self, record, verdict);
        }
        if let Some(cause) = self.end.and_then(|end| signalling_cause(end, self.entry.code)) {
            self.entry.cause = cause.into();
            self.entry.retry = "later".into();
            if cause == cause::CANCELLED {
                self.entry.retry = "no".into();
            }
            if let Some(why) = self.full.filter(|_| !self.answered) {
                self.entry.cause = cause::QUOTA.into();
                self.entry.evidence.push(format!("{why} is reached"));
            }
            self.entry.evidence.extend(self.end.map(|end| format!("signalling: {}", end_name(end))));
            if let Some((record, verdict)) = &verdict {
                self.entry.evidence.extend(fold::evidence(record, verdict));
            }
            return;
        }
        let silent: Vec<_> =
            ["near", "far"].into_iter().zip(watches).filter(|(_, watch)| watch.heard_nothing()).collect();
        match verdict {
            _ if !silent.is_empty() && !self.is_fax(record) => {
                self.entry.cause = cause::NO_MEDIA.into();
                self.entry.retry = "later".into();
                let told = silent.into_iter().map(|(side, _)| {
                    format!("not one media packet came from {side}: a firewall, or an address behind a NAT")
                });
                self.entry.evidence.extend(told);
            }
            Some((record, verdict)) => by_fax(self, record, &verdict),
            None if self.signs.is_empty() => {
                self.entry.cause = cause::VOICE.into();
                self.entry.retry = "check_number".into();
                self.entry.evidence.push("neither side sent a tone or a frame of a fax".into());
            }
            None => {
                self.entry.cause = cause::AUDIO_FAX.into();
                self.entry.retry = "no".into();
                let refused = self.entry.near.refusals.iter().chain(&self.entry.far.refusals).count();
                self.entry
                    .evidence
                    .push(format!("a fax was heard, T.38 was refused {refused} times, audio passed"));
            }
        }
        self.entry.evidence.extend(self.end.map(|end| format!("signalling: {}", end_name(end))));
    }

    fn is_fax(&self, record: Option<&CallRecord>) -> bool {
        record.is_some_and(|record| record.side(Side::Near).was_fax() || record.side(Side::Far).was_fax())
    }
}

/// What was done against V.34 to the audio that came from a side, if anything was.
pub(super) fn against_v34(side: Side, done: V8Counters) -> Option<String> {
    match (done.made_plain, done.blocked) {
        (0, 0) => None,
        (0, blocked) => Some(format!("{} was not heard for {blocked} packets: V.34", fold::side(side))),
        (plain, _) => {
            Some(format!("the answer of {} was made plain for {plain} packets: V.34", fold::side(side)))
        }
    }
}

fn leg(entry: &mut Entry, side: Side) -> &mut Leg {
    match side {
        Side::Near => &mut entry.near,
        Side::Far => &mut entry.far,
    }
}

fn last_change(entry: &Entry, side: Side) -> Option<&str> {
    let side = fold::side(side);
    entry.changes.iter().rev().find(|change| change.side == side).map(|change| change.to.as_str())
}

/// The cause that an end of signalling is by itself, with what the last target said; `None` if the fax says it.
fn signalling_cause(end: EndCause, last: u16) -> Option<&'static str> {
    match end {
        EndCause::Cancelled => Some(cause::CANCELLED),
        EndCause::NotAnswered(_) if matches!(last, 408 | 480 | 487) => Some(cause::NO_ANSWER),
        EndCause::NotAnswered(_) => Some(cause::REFUSED),
        EndCause::NotAcceptable(_) => Some(cause::NOT_ACCEPTABLE),
        EndCause::T38Refused(..) => Some(cause::T38_REFUSED),
        EndCause::SessionExpired(_) | EndCause::Lost(_) => Some(cause::LOST),
        EndCause::Stopped(Stop::Shutdown | Stop::Operator) => Some(cause::SHUTDOWN),
        EndCause::Stopped(Stop::Limit) => Some(cause::TOO_LONG),
        EndCause::Stopped(Stop::Internal) => Some(cause::INTERNAL),
        EndCause::HungUp(..) | EndCause::Finished | EndCause::Stopped(Stop::MediaGone) => None,
    }
}

fn end_name(end: EndCause) -> String {
    match end {
        EndCause::HungUp(side, None) => format!("{} hung up", fold::side(side)),
        EndCause::HungUp(side, Some(q850)) => format!("{} hung up, Q.850 cause {q850}", fold::side(side)),
        EndCause::Cancelled => "the caller gave up before an answer".into(),
        EndCause::NotAnswered(code) => format!("nobody answered, the caller got {code}"),
        EndCause::NotAcceptable(code) => {
            format!("the caller offered nothing that is taken here, it got {code}")
        }
        EndCause::T38Refused(side, code) => {
            format!("T.38 is required and {} refused it with {code}", fold::side(side))
        }
        EndCause::SessionExpired(side) => format!("the session of {} was not refreshed", fold::side(side)),
        EndCause::Lost(side) => format!("the dialog of {} is lost", fold::side(side)),
        EndCause::Finished => "the fax was over".into(),
        EndCause::Stopped(why) => format!("ended from here: {why:?}"),
    }
}

fn millis(at: Timestamp) -> u64 {
    at.since(Timestamp::ZERO).micros() / 1000
}

#[cfg(test)]
mod tests {
    use super::*;

    fn story() -> Story {
        Story::new(Entry::begin("1".into(), Utc(5)), vec!["first".into(), "second".into()])
    }

    fn close(story: Story, watches: &[Watch; 2]) -> Entry {
        story.close(Timestamp::from_micros(9_000_000), None, watches, Default::default(), [0; 2])
    }

    fn talking() -> [Watch; 2] {
        let mut watch = Watch::default();
        watch.came(Timestamp::ZERO, fax_call::media::Socket::Rtp, &[]);
        [watch.clone(), watch]
    }

    fn signalled(events: &[BridgeEvent]) -> Story {
        let mut story = story();
        events.iter().for_each(|event| story.signalled(Timestamp::from_micros(1000), *event));
        story
    }

    #[test]
    fn each_end_of_signalling_has_its_cause() {
        let cases = [
            (EndCause::Cancelled, "cancelled"),
            (EndCause::NotAnswered(486), "refused"),
            (EndCause::T38Refused(Side::Far, 488), "t38_refused"),
            (EndCause::Lost(Side::Near), "dialog_lost"),
            (EndCause::Stopped(Stop::Shutdown), "shutdown"),
            (EndCause::HungUp(Side::Near, None), "no_fax_heard"),
        ];
        for (end, cause) in cases {
            let entry = close(signalled(&[BridgeEvent::Called(1), BridgeEvent::Ended(end)]), &talking());
            assert_eq!((entry.cause.as_str(), entry.to.as_str()), (cause, "second"));
            assert!(!entry.evidence.is_empty() && !entry.retry.is_empty());
        }
    }

    #[test]
    fn what_the_last_target_said_tells_no_answer_from_a_refusal() {
        for (code, cause) in [(408, "no_answer"), (480, "no_answer"), (486, "refused"), (404, "refused")] {
            let events = [
                BridgeEvent::Called(0),
                BridgeEvent::NotReached { target: 0, code },
                BridgeEvent::Ended(EndCause::NotAnswered(404)),
            ];
            let entry = close(signalled(&events), &talking());
            assert_eq!((entry.cause.as_str(), entry.code), (cause, code));
        }
    }

    #[test]
    fn a_fax_in_audio_is_told_from_a_talk_and_from_silence() {
        let hung_up = BridgeEvent::Ended(EndCause::HungUp(Side::Near, None));
        let mut fax = signalled(&[BridgeEvent::Answered(0)]);
        fax.heard(Timestamp::from_micros(2000), Side::Far, Sign::V21Preamble);
        fax.signalled(Timestamp::from_micros(3000), hung_up);
        assert_eq!(close(fax, &talking()).cause, "audio_fax");
        let [heard, _] = talking();
        let silent = close(signalled(&[BridgeEvent::Answered(0), hung_up]), &[heard, Watch::default()]);
        assert_eq!(silent.cause, "media_never_arrived");
        assert!(silent.evidence[0].contains("from far"));
    }

    #[test]
    fn a_limit_that_kept_every_target_from_being_called_is_the_cause() {
        let mut story = signalled(&[BridgeEvent::Called(0)]);
        story.not_placed(Timestamp::ZERO, "trunk calls_per_hour");
        story.signalled(Timestamp::ZERO, BridgeEvent::Ended(EndCause::NotAnswered(503)));
        let entry = close(story, &talking());
        assert_eq!((entry.cause.as_str(), entry.mode_used.as_str()), ("quota", "none"));
    }
}
