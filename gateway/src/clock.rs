//! The time of day for records, and the time of a call for its machines.

use core::fmt;
use fax_core::{Span, Timestamp};
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::time::{Duration, Instant};

/// The time of day, UTC, in milliseconds since 1970.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(transparent)]
pub struct Utc(pub u64);

impl Utc {
    /// Now, by the system's clock, which may be set at any time: for records, never for intervals.
    pub fn now() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
    }

    /// So many days before.
    #[must_use]
    pub fn days_before(self, days: u16) -> Self {
        Self(self.0.saturating_sub(u64::from(days) * 86_400_000))
    }

    /// So many milliseconds later.
    #[must_use]
    pub fn plus_millis(self, millis: u64) -> Self {
        Self(self.0.saturating_add(millis))
    }

    /// The hour of the day, 0 to 23.
    pub fn hour(self) -> u64 {
        self.0 / 3_600_000 % 24
    }

    /// Hours since 1970.
    pub fn hours(self) -> u64 {
        self.0 / 3_600_000
    }
}

/// `2026-11-25T09:03:07.042Z`.
impl fmt::Display for Utc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (days, millis) = (self.0 / 86_400_000, self.0 % 86_400_000);
        let (year, month, day) = civil(days);
        let (seconds, millis) = (millis / 1000, millis % 1000);
        let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millis:03}Z")
    }
}

/// The date of a day since 1970, in years that begin in March, so that the day that leaps is the last.
fn civil(days: u64) -> (u64, u64, u64) {
    const ERA: u64 = 146_097; // days of 400 years
    let days = days + 719_468; // since 1 March of year 0
    let (era, day) = (days / ERA, days % ERA);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let (date, month) = (day - (153 * month + 2) / 5 + 1, if month < 10 { month + 3 } else { month - 9 });
    (era * 400 + year + u64::from(month <= 2), month, date)
}

/// The time of one call: it began at [`Timestamp::ZERO`].
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    began: Instant,
}

impl Clock {
    /// Begins now.
    pub fn start() -> Self {
        Self { began: Instant::now() }
    }

    /// Now.
    pub fn now(&self) -> Timestamp {
        let micros = u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX);
        Timestamp::ZERO + Span::from_micros(micros)
    }

    /// When a time of the call is.
    pub fn instant(&self, at: Timestamp) -> Instant {
        self.began + Duration::from_micros(at.since(Timestamp::ZERO).micros())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        assert_eq!(Utc(0).to_string(), "1970-01-01T00:00:00.000Z");
        assert_eq!(Utc(951_782_399_999).to_string(), "2000-02-28T23:59:59.999Z");
        assert_eq!(Utc(951_782_400_000).to_string(), "2000-02-29T00:00:00.000Z");
        assert_eq!(Utc(1_795_597_387_042).to_string(), "2026-11-25T08:23:07.042Z".replace("08:23", "09:03"));
        assert_eq!(Utc(4_107_542_400_000).to_string(), "2100-03-01T00:00:00.000Z");
    }
}
