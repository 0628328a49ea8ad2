//! Session timers: how one end learns that the other is gone (RFC 4028).
//!
//! Always: an interval below 90 s is never agreed; every 2xx of an INVITE or UPDATE counts as a refresh.

use super::seam::SessionTimer;
use super::settings::TimerSettings;
use fax_core::{Span, Timestamp};

/// The shortest interval there may be (RFC 4028 4).
const FLOOR: Span = Span::from_millis(90_000);

#[derive(Clone, Debug)]
pub(super) struct SessionClock {
    settings: TimerSettings,
    /// What we ask for; raised by 422.
    wanted: Option<Span>,
    /// What the peer's INVITE asks for, until it is answered.
    asked: SessionTimer,
    running: Option<Running>,
}

/// A session that must be refreshed.
#[derive(Clone, Copy, Debug)]
struct Running {
    interval: Span,
    /// Whether it is for us to refresh it.
    ours: bool,
    since: Timestamp,
    /// When our next refresh is due.
    next: Timestamp,
}

impl SessionClock {
    pub(super) fn new(settings: TimerSettings) -> Self {
        let min = settings.min.max(FLOOR);
        let wanted = settings.expires.map(|expires| expires.max(min));
        Self {
            settings: TimerSettings { min, ..settings },
            wanted,
            asked: SessionTimer::default(),
            running: None,
        }
    }

    /// What our request says.
    pub(super) fn request(&self) -> SessionTimer {
        let requester_refreshes = self.running.map(|running| running.ours);
        match self.running.map(|running| running.interval.max(self.wanted.unwrap_or_default())) {
            interval @ Some(_) => {
                SessionTimer { supported: true, expires: interval, requester_refreshes, min: None }
            }
            None => {
                SessionTimer { supported: true, expires: self.wanted, requester_refreshes: None, min: None }
            }
        }
    }

    /// Whether the peer's request is to be answered by 422, and with which Min-SE.
    pub(super) fn too_short(&self, theirs: &SessionTimer) -> Option<Span> {
        let expires = theirs.expires.filter(|_| theirs.supported)?;
        (expires < self.settings.min).then_some(self.settings.min)
    }

    /// What our 2xx to the peer's request says. What it says holds from now on.
    pub(super) fn answer(&mut self, now: Timestamp, theirs: &SessionTimer) -> SessionTimer {
        let asked = theirs.expires.map(|expires| expires.max(self.settings.min));
        let least = theirs.min.unwrap_or_default().max(self.settings.min);
        let wanted = self.wanted.filter(|_| theirs.supported).map(|wanted| wanted.max(least));
        let Some(interval) = asked.or(wanted) else {
            self.running = None;
            return SessionTimer { supported: true, ..SessionTimer::default() };
        };
        // Who does not know of timers cannot refresh (RFC 4028 table 2).
        let theirs_to_do = theirs.supported && theirs.requester_refreshes.unwrap_or(true);
        self.run(now, interval, !theirs_to_do);
        SessionTimer {
            supported: true,
            expires: Some(interval),
            requester_refreshes: Some(theirs_to_do),
            min: None,
        }
    }

    /// Keeps what the peer's INVITE asks for.
    pub(super) fn asked(&mut self, theirs: SessionTimer) {
        self.asked = theirs;
    }

    /// The same as [`SessionClock::answer`], for that INVITE.
    pub(super) fn answer_first(&mut self, now: Timestamp) -> SessionTimer {
        let asked = self.asked;
        self.answer(now, &asked)
    }

    /// Takes what the peer's 2xx to our request says.
    pub(super) fn answered(&mut self, now: Timestamp, theirs: &SessionTimer) {
        match theirs.expires {
            Some(interval) => self.run(now, interval.max(FLOOR), theirs.requester_refreshes.unwrap_or(true)),
            None => self.running = None,
        }
    }

    /// Takes the Min-SE of a 422. False if there is nothing in it to try again with.
    pub(super) fn raise(&mut self, min: Option<Span>) -> bool {
        let before = self.request().expires;
        let Some(min) = min.filter(|&min| before.is_none_or(|before| min > before)) else { return false };
        self.wanted = Some(min);
        true
    }

    /// When our refresh is due: at half the interval.
    pub(super) fn refresh_at(&self) -> Option<Timestamp> {
        self.running.filter(|running| running.ours).map(|running| running.next)
    }

    /// Our refresh was tried, and did not come through for a reason that says nothing of the dialog.
    pub(super) fn put_off(&mut self, until: Timestamp) {
        if let Some(running) = &mut self.running {
            running.next = until;
        }
    }

    /// When the session is over unless it is refreshed: somewhat before the interval is (RFC 4028 10).
    pub(super) fn expires_at(&self) -> Option<Timestamp> {
        self.running.map(|Running { interval, since, .. }| {
            let margin = (interval.micros() / 3).min(32_000_000);
            since + Span::from_micros(interval.micros() - margin)
        })
    }

    fn run(&mut self, now: Timestamp, interval: Span, ours: bool) {
        let next = now + Span::from_micros(interval.micros() / 2);
        self.running = Some(Running { interval, ours, since: now, next });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn seconds(seconds: u64) -> Span {
        Span::from_millis(seconds * 1000)
    }

    fn asking(expires: u64) -> SessionTimer {
        SessionTimer { supported: true, expires: Some(seconds(expires)), ..SessionTimer::default() }
    }

    #[test]
    fn an_interval_below_ninety_seconds_is_refused_whatever_is_set() {
        let settings = TimerSettings { expires: None, min: seconds(10) };
        let clock = SessionClock::new(settings);
        assert_eq!(clock.too_short(&asking(89)), Some(seconds(90)));
        assert_eq!(clock.too_short(&asking(90)), None);
        // Who does not support timers may not get a 422 (RFC 4028 9).
        assert_eq!(clock.too_short(&SessionTimer { supported: false, ..asking(60) }), None);
    }

    #[test]
    fn who_refreshes_does_so_at_half_time_and_who_waits_gives_up_a_little_early() {
        let mut clock = SessionClock::new(TimerSettings::default());
        let said = clock.answer(Timestamp::ZERO, &asking(600));
        assert_eq!(said.requester_refreshes, Some(true));
        assert_eq!((clock.refresh_at(), clock.expires_at()), (None, Some(Timestamp::ZERO + seconds(568))));

        let theirs = SessionTimer { requester_refreshes: Some(true), ..asking(90) };
        clock.answered(Timestamp::ZERO, &theirs);
        assert_eq!(clock.refresh_at(), Some(Timestamp::ZERO + seconds(45)));
        assert_eq!(clock.expires_at(), Some(Timestamp::ZERO + seconds(60)));
    }

    #[test]
    fn min_se_of_a_422_is_asked_for_next_and_no_lower_one() {
        let mut clock = SessionClock::new(TimerSettings { expires: Some(seconds(120)), min: seconds(90) });
        assert!(clock.raise(Some(seconds(3600))));
        assert_eq!(clock.request().expires, Some(seconds(3600)));
        assert!(!clock.raise(Some(seconds(1800))) && !clock.raise(None));
    }
}
