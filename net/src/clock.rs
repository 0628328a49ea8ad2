//! Time as the machines of a call want it.

use core::time::Duration;
use fax_core::Timestamp;
use tokio::time::Instant;

/// Time since a call began, from the monotonic clock: a step of the wall clock does not move it.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    began: Instant,
}

impl Clock {
    /// A clock that reads zero now.
    pub fn start() -> Self {
        Self { began: Instant::now() }
    }

    /// Time since the start.
    pub fn now(&self) -> Timestamp {
        Timestamp::from_micros(micros(self.began.elapsed()))
    }

    /// Returns at `moment`, at once if it has passed. tokio's timer has a grain of 1 ms and never returns early.
    pub async fn sleep_until(&self, moment: Timestamp) {
        tokio::time::sleep_until(self.instant(moment)).await;
    }

    /// `moment` as an instant of the runtime; one too far to be an instant is a year away.
    pub fn instant(&self, moment: Timestamp) -> Instant {
        const YEAR: Duration = Duration::from_secs(365 * 86_400);
        self.began.checked_add(Duration::from_micros(moment.micros())).unwrap_or_else(|| self.began + YEAR)
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use fax_core::Span;

    #[tokio::test]
    async fn a_sleep_ends_at_its_moment_and_not_before() {
        let clock = Clock::start();
        let moment = clock.now() + Span::from_millis(3);
        clock.sleep_until(moment).await;
        assert!(clock.now() >= moment);
    }

    #[tokio::test]
    async fn a_moment_beyond_all_instants_is_far_away_and_no_panic() {
        let clock = Clock::start();
        assert!(clock.instant(Timestamp::from_micros(u64::MAX)) > Instant::now());
    }
}
