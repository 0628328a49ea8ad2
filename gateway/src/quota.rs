//! How many calls there are and were: what admission counts.
//!
//! Always: what is counted for a call is given back when its [`Ticket`] is dropped; emergency calls are counted and never
//! refused.

use crate::config::Config;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Why a call is not taken now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Full {
    /// `limits.loop_lag_ms`.
    Late,
    /// `limits.calls`.
    Calls,
    /// `calls` of a trunk.
    Trunk,
    /// `numbers.calls_per_hour`.
    Hour,
    /// `calls_per_hour` of a trunk.
    TrunkHour,
}

impl Full {
    /// As records say it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Late => "limits.loop_lag_ms",
            Self::Calls => "limits.calls",
            Self::Trunk => "trunk calls",
            Self::Hour => "numbers.calls_per_hour",
            Self::TrunkHour => "trunk calls_per_hour",
        }
    }
}

/// The counts. Clones count together.
#[derive(Clone, Debug, Default)]
pub struct Quota(Arc<Mutex<Counts>>);

#[derive(Debug, Default)]
struct Counts {
    calls: u32,
    by_peer: BTreeMap<String, u32>,
    /// When calls were taken that may not have brought their load yet.
    young: VecDeque<Instant>,
    placed: VecDeque<Instant>,
    placed_by_peer: BTreeMap<String, VecDeque<Instant>>,
}

/// The place of a call, or of a leg, until it is dropped.
#[derive(Debug)]
pub struct Ticket {
    quota: Quota,
    peer: String,
    call: bool,
}

const HOUR: Duration = Duration::from_secs(3600);
/// A call costs nearly nothing until its fax is heard and its modems work.
const YOUNG: Duration = Duration::from_secs(10);
/// So many young calls are no danger, however few others there are.
const FEW: usize = 8;
/// Times that are kept of one peer; with more than these an hour a limit is taken as reached.
const TIMES: usize = 65_536;

impl Quota {
    /// Takes a call that came from a peer, while the program is so late.
    ///
    /// # Errors
    /// Which limit it would pass.
    pub fn enter(
        &self,
        config: &Config,
        peer: &str,
        emergency: bool,
        lag: Duration,
        now: Instant,
    ) -> Result<Ticket, Full> {
        let mut counts = self.counts();
        forget(&mut counts.young, now, YOUNG);
        if !emergency {
            counts.in_time(Duration::from_millis(config.limits.loop_lag_ms.into()), lag)?;
            if counts.calls >= config.limits.calls {
                return Err(Full::Calls);
            }
            counts.room_with(config, peer)?;
        }
        counts.calls += 1;
        counts.young.push_back(now);
        *counts.by_peer.entry(peer.into()).or_default() += 1;
        Ok(Ticket { quota: self.clone(), peer: peer.into(), call: true })
    }

    /// Takes a leg that is placed to a peer.
    ///
    /// # Errors
    /// Which limit it would pass.
    pub fn place(&self, config: &Config, peer: &str, emergency: bool, now: Instant) -> Result<Ticket, Full> {
        let mut counts = self.counts();
        let counts = &mut *counts;
        forget(&mut counts.placed, now, HOUR);
        let times = counts.placed_by_peer.entry(peer.into()).or_default();
        forget(times, now, HOUR);
        if !emergency {
            let hour = config.numbers.calls_per_hour as usize;
            if hour > 0 && counts.placed.len() >= hour.min(TIMES) {
                return Err(Full::Hour);
            }
            let limit = config.trunk(peer).and_then(|trunk| trunk.calls_per_hour);
            if limit.is_some_and(|limit| times.len() >= (limit as usize).min(TIMES)) {
                return Err(Full::TrunkHour);
            }
            counts.room_with(config, peer)?;
        }
        counts.placed.push_back(now);
        counts.placed_by_peer.entry(peer.into()).or_default().push_back(now);
        *counts.by_peer.entry(peer.into()).or_default() += 1;
        Ok(Ticket { quota: self.clone(), peer: peer.into(), call: false })
    }

    /// Calls that are on.
    pub fn calls(&self) -> u32 {
        self.counts().calls
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counts {
    /// Whether one more call may be taken while the program is so late. From half of the limit on, the calls that were taken
    /// lately and bring their load later are few: so the load grows no faster than it is seen.
    fn in_time(&self, limit: Duration, lag: Duration) -> Result<(), Full> {
        let few = FEW.max(self.calls as usize / 8);
        let growing = lag >= limit / 2 && self.young.len() >= few;
        if lag >= limit || growing { Err(Full::Late) } else { Ok(()) }
    }

    fn room_with(&self, config: &Config, peer: &str) -> Result<(), Full> {
        let limit = config.trunk(peer).and_then(|trunk| trunk.calls).unwrap_or(u32::MAX);
        if self.by_peer.get(peer).copied().unwrap_or(0) >= limit { Err(Full::Trunk) } else { Ok(()) }
    }
}

fn forget(times: &mut VecDeque<Instant>, now: Instant, after: Duration) {
    while times.front().is_some_and(|time| now.duration_since(*time) >= after) || times.len() > TIMES {
        times.pop_front();
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let mut counts = self.quota.counts();
        if self.call {
            counts.calls = counts.calls.saturating_sub(1);
        }
        if let Some(count) = counts.by_peer.get_mut(&self.peer) {
            *count = count.saturating_sub(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn config() -> Config {
        let text = "[limits]\ncalls = 2\n[numbers]\ncalls_per_hour = 3\n\
                    [[trunk]]\nname = 't'\naddress = 'h'\ncalls = 1\ncalls_per_hour = 2\n[[trunk]]\nname = 'u'\n";
        Config::parse(text, Path::new("test")).unwrap()
    }

    #[test]
    fn a_place_is_free_again_when_its_call_is_over() {
        let (quota, config, now) = (Quota::default(), config(), Instant::now());
        let first = quota.enter(&config, "u", false, Duration::ZERO, now).unwrap();
        let _second = quota.enter(&config, "u", false, Duration::ZERO, now).unwrap();
        assert_eq!(quota.enter(&config, "u", false, Duration::ZERO, now).unwrap_err(), Full::Calls);
        let _help = quota.enter(&config, "u", true, Duration::ZERO, now).unwrap();
        drop(first);
        assert_eq!(quota.calls(), 2);
    }

    #[test]
    fn a_trunk_has_its_own_limit_both_ways() {
        let (quota, config, now) = (Quota::default(), config(), Instant::now());
        let first = quota.enter(&config, "t", false, Duration::ZERO, now).unwrap();
        assert_eq!(quota.place(&config, "t", false, Instant::now()).unwrap_err(), Full::Trunk);
        drop(first);
        assert!(quota.place(&config, "t", false, Instant::now()).is_ok());
    }

    /// What was taken just before is not in the lateness yet.
    #[test]
    fn a_program_that_gets_late_takes_few_calls_and_one_that_is_late_takes_none() {
        let (quota, now) = (Quota::default(), Instant::now());
        let config = Config::parse("[limits]\nloop_lag_ms = 20", Path::new("test")).unwrap();
        let mut on = Vec::new();
        let mut taken = |count: usize, lag_ms: u64, at: Duration| {
            let before = on.len();
            on.extend((0..count).filter_map(|_| {
                quota.enter(&config, "u", false, Duration::from_millis(lag_ms), now + at).ok()
            }));
            on.len() - before
        };
        assert_eq!(taken(20, 10, Duration::ZERO), 8, "few at once");
        assert_eq!(taken(80, 9, Duration::ZERO), 80);
        assert_eq!(taken(1, 10, YOUNG / 2), 0, "all are young");
        assert_eq!(taken(20, 10, YOUNG), 12, "one in eight");
        assert_eq!(taken(20, 19, YOUNG), 0);
        assert_eq!(taken(20, 20, YOUNG * 3), 0);
        assert_eq!(taken(20, 9, YOUNG * 3), 20);
        let help = quota.enter(&config, "u", true, Duration::from_secs(1), now);
        assert!(help.is_ok(), "emergency calls are never refused");
    }

    #[test]
    fn an_hour_later_calls_may_be_placed_again() {
        let (quota, config, now) = (Quota::default(), config(), Instant::now());
        let place = |peer, at| quota.place(&config, peer, false, at).map(drop);
        assert_eq!(place("t", now), Ok(()));
        assert_eq!(place("t", now), Ok(()));
        assert_eq!(place("t", now), Err(Full::TrunkHour));
        assert_eq!(place("u", now), Ok(()));
        assert_eq!(place("u", now), Err(Full::Hour));
        assert_eq!(place("u", now + HOUR), Ok(()));
    }
}
