//! The timers of T.30, one deadline each.
//!
//! From: T.30 5.4 as compiled in `docs/t30-session.md`; what has no number is field practice.

use crate::time::{Span, Timestamp};

/// What a session waits for. Each has one deadline, and a deadline that passes names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Timer {
    /// Caller: an answer of any kind.
    T0,
    /// Phase B: the first frames; again after EOM.
    T1,
    /// Receiver: the next command.
    T2,
    /// Both, after PRI-x, PIP or PIN: an operator.
    T3,
    /// Sender, and DIS: the answer to what was said.
    T4,
    /// A carrier that is on and brings nothing.
    Flagged,
    /// A V.21 carrier that went without a good last frame: is it back at once, or does TCF follow?
    Dropped,
    /// A tone or a silence of fixed length, at the beginning and at the end of the call.
    Cue,
    /// The far carrier is still on although it is our turn, or the gap before ours.
    Turn,
}

/// How long each wait lasts. The defaults are T.30's nominal values, but for T2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// 60 s (T.30 5.4.2 allows up to 120 s).
    pub t0: Span,
    /// 35 s.
    pub t1: Span,
    /// 6.9 s, at the long end of T.30's 6 ± 1 s: a carrier is heard only some time after it has begun, and a sender may
    /// well say its command again after 6 s (conformance MRGN17).
    pub t2: Span,
    /// 10 s.
    pub t3: Span,
    /// 3 s. Add the round trip of a packet network where one is known.
    pub t4: Span,
    /// 60 s: how long a machine that says that it is not ready is asked again.
    pub t5: Span,
    /// 3.45 s: the longest frame (T.30 5.4.2 note 1); preambles last 1 s.
    pub flagged: Span,
    /// The longest burst of a fast modem, 20 minutes: no page takes so long, and no carrier may stay for ever.
    pub burst: Span,
    /// 0.2 s: longer than the gap between DCS and TCF, so that nothing is said into a TCF.
    pub dropped: Span,
    /// CED, 2.6 to 4.0 s (T.30 4.1.1).
    pub ced: Span,
    /// Silence before CED, at least 0.2 s.
    pub before_ced: Span,
    /// From the end of our DCN to on-hook, about 1 s.
    pub clear: Span,
    /// Silence between the far carrier's end and ours (T.30 5.3.2.4).
    pub turn: Span,
    /// How long after its last frame a far carrier may stay on before it is taken for gone.
    pub patience: Span,
    /// From the end of DCS to when a TCF must be over: 75 ms, 1.4 s of training, 1.5 s, and the slack that
    /// real machines take.
    pub tcf: Span,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            t0: Span::from_millis(60_000),
            t1: Span::from_millis(35_000),
            t2: Span::from_millis(6_900),
            t3: Span::from_millis(10_000),
            t4: Span::from_millis(3_000),
            t5: Span::from_millis(60_000),
            flagged: Span::from_millis(3_450),
            burst: Span::from_millis(1_200_000),
            dropped: Span::from_millis(200),
            ced: Span::from_millis(3_000),
            before_ced: Span::from_millis(200),
            clear: Span::from_millis(1_000),
            turn: Span::from_millis(75),
            patience: Span::from_millis(1_000),
            tcf: Span::from_millis(3_600),
        }
    }
}

impl Timing {
    /// The span of a timer of T.30.
    pub(super) const fn of(&self, timer: Timer) -> Span {
        match timer {
            Timer::T0 => self.t0,
            Timer::T1 => self.t1,
            Timer::T2 => self.t2,
            Timer::T3 => self.t3,
            Timer::T4 => self.t4,
            Timer::Flagged => self.flagged,
            Timer::Dropped => self.dropped,
            Timer::Cue => self.clear,
            Timer::Turn => self.turn,
        }
    }
}

/// The deadlines of one session.
#[derive(Clone, Debug, Default)]
pub(super) struct Timers([Option<Timestamp>; Timer::ALL.len()]);

impl Timer {
    const ALL: [Self; 9] = [
        Self::T0,
        Self::T1,
        Self::T2,
        Self::T3,
        Self::T4,
        Self::Flagged,
        Self::Dropped,
        Self::Cue,
        Self::Turn,
    ];
}

impl Timers {
    pub(super) fn set(&mut self, timer: Timer, at: Timestamp) {
        self.put(timer, Some(at));
    }

    pub(super) fn stop(&mut self, timer: Timer) {
        self.put(timer, None);
    }

    pub(super) fn stop_all(&mut self) {
        *self = Self::default();
    }

    pub(super) fn is_running(&self, timer: Timer) -> bool {
        self.0.get(timer as usize).is_some_and(Option::is_some)
    }

    /// The one that runs out first.
    pub(super) fn next(&self) -> Option<(Timestamp, Timer)> {
        let running = Timer::ALL.into_iter().zip(self.0);
        running.filter_map(|(timer, at)| Some((at?, timer))).min_by_key(|(at, _)| *at)
    }

    /// Takes out one that has run out.
    pub(super) fn expired(&mut self, now: Timestamp) -> Option<Timer> {
        let (_, timer) = self.next().filter(|(at, _)| *at <= now)?;
        self.stop(timer);
        Some(timer)
    }

    fn put(&mut self, timer: Timer, at: Option<Timestamp>) {
        if let Some(place) = self.0.get_mut(timer as usize) {
            *place = at;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timers_run_out_in_the_order_of_their_deadlines_and_once() {
        let at = Timestamp::from_micros;
        let mut timers = Timers::default();
        timers.set(Timer::T4, at(30));
        timers.set(Timer::T1, at(10));
        timers.set(Timer::T2, at(20));
        timers.stop(Timer::T2);
        assert_eq!(timers.next(), Some((at(10), Timer::T1)));
        assert_eq!(timers.expired(at(9)), None);
        assert_eq!([(); 3].map(|()| timers.expired(at(30))), [Some(Timer::T1), Some(Timer::T4), None]);
    }

    #[test]
    fn every_timer_has_its_own_place() {
        for (place, timer) in Timer::ALL.into_iter().enumerate() {
            assert_eq!(timer as usize, place);
        }
    }
}
