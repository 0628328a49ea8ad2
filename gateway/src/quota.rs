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
/// Times that are kept of one peer; with more than these an hour a limit is taken as reached.
const TIMES: usize = 65_536;

impl Quota {
    /// Takes a call that came from a peer.
    ///
    /// # Errors
    /// Which limit it would pass.
    pub fn enter(&self, config: &Config, peer: &str, emergency: bool) -> Result<Ticket, Full> {
        let mut counts = self.counts();
        if !emergency {
            if counts.calls >= config.limits.calls {
                return Err(Full::Calls);
            }
            counts.room_with(config, peer)?;
        }
        counts.calls += 1;
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
        forget(&mut counts.placed, now);
        let times = counts.placed_by_peer.entry(peer.into()).or_default();
        forget(times, now);
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
    fn room_with(&self, config: &Config, peer: &str) -> Result<(), Full> {
        let limit = config.trunk(peer).and_then(|trunk| trunk.calls).unwrap_or(u32::MAX);
        if self.by_peer.get(peer).copied().unwrap_or(0) >= limit { Err(Full::Trunk) } else { Ok(()) }
    }
}

fn forget(times: &mut VecDeque<Instant>, now: Instant) {
    while times.front().is_some_and(|time| now.duration_since(*time) >= HOUR) || times.len() > TIMES {
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
        let (quota, config) = (Quota::default(), config());
        let first = quota.enter(&config, "u", false).unwrap();
        let _second = quota.enter(&config, "u", false).unwrap();
        assert_eq!(quota.enter(&config, "u", false).unwrap_err(), Full::Calls);
        let _help = quota.enter(&config, "u", true).unwrap();
        drop(first);
        assert_eq!(quota.calls(), 2);
    }

    #[test]
    fn a_trunk_has_its_own_limit_both_ways() {
        let (quota, config) = (Quota::default(), config());
        let first = quota.enter(&config, "t", false).unwrap();
        assert_eq!(quota.place(&config, "t", false, Instant::now()).unwrap_err(), Full::Trunk);
        drop(first);
        assert!(quota.place(&config, "t", false, Instant::now()).is_ok());
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
