//! What is on now and was lately, for metrics, health and the status page.
//!
//! Always: bounded: calls that are on, the last 50 records in short, 24 hours; labels of metrics come from the
//! configuration and from lists in this program.

mod metrics;

pub use metrics::Metrics;

use crate::clock::Utc;
use crate::ledger::entry::{Entry, cause};
use core::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use fax_net::Registered;
use serde::Serialize;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Records that are kept in short.
const LAST: usize = 50;
/// Hours that are kept.
const HOURS: usize = 24;

/// All that is on. One for each process.
#[derive(Debug)]
pub struct Live {
    /// Counts since the start.
    pub metrics: Metrics,
    /// When the process began.
    pub began: Utc,
    state: Mutex<State>,
    lag_us: AtomicU64,
    lasting_lag_us: AtomicU64,
    draining: AtomicBool,
}

#[derive(Debug, Default)]
struct State {
    calls: BTreeMap<String, Now>,
    last: VecDeque<Short>,
    hours: VecDeque<Hour>,
    signalling: Vec<Signalling>,
    proven: Option<Utc>,
    failed: Option<(Utc, String)>,
}

/// A call that is on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Now {
    /// Its name.
    pub id: String,
    /// When it began.
    pub began: Utc,
    /// From which trunk or ata.
    pub from: String,
    /// To which.
    pub to: String,
    /// By which route.
    pub route: String,
    /// What flows on the two legs.
    pub modes: [&'static str; 2],
    /// Where it is in T.30, or in signalling.
    pub phase: String,
    /// Pages confirmed.
    pub pages: u32,
    /// Milliseconds since media last came from each side, for a leg on which media should.
    pub silent_ms: [Option<u64>; 2],
}

/// A call that is over, in short.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Short {
    /// Its name.
    pub id: String,
    /// When it began.
    pub began: Utc,
    /// How long it was, milliseconds.
    pub took_ms: u64,
    /// From which trunk or ata.
    pub from: String,
    /// To which.
    pub to: String,
    /// The mode it ended in.
    pub mode: String,
    /// What became of it.
    pub cause: String,
    /// Pages confirmed.
    pub pages: u32,
    /// Whether it reached what it was for.
    pub well: bool,
}

/// What happened in an hour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Hour {
    /// Hours since 1970.
    pub hour: u64,
    /// Calls that ended.
    pub calls: u32,
    /// Of them those that did not reach what they were for.
    pub failed: u32,
    /// Of them those that became T.38 on a leg.
    pub t38: u32,
    /// Of them those whose fax went in audio.
    pub audio: u32,
    /// Pages confirmed.
    pub pages: u32,
}

/// A part of signalling and how it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Signalling {
    /// Which: a listener or the registration with a trunk.
    pub what: String,
    /// The trunk, of a registration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trunk: Option<String>,
    /// Whether it works.
    pub ok: bool,
    /// How it stands, in a few words.
    pub state: String,
}

impl Signalling {
    /// A listener, which works.
    pub fn listener(what: String) -> Self {
        Self { what, trunk: None, ok: true, state: "listens".into() }
    }

    /// The registration with a trunk.
    pub fn registration(trunk: String, standing: Registered) -> Self {
        let (ok, state) = match standing {
            Registered::For(seconds) => (true, format!("holds, for {seconds} s when it was given")),
            Registered::Waiting => (false, "not answered yet".into()),
            Registered::Refused(408) => (false, "no answer; tried again".into()),
            Registered::Refused(503) => (false, "not reached; tried again".into()),
            Registered::Refused(code) => (false, format!("refused with {code}; tried again")),
        };
        Self { what: format!("registration with {trunk}"), trunk: Some(trunk), ok, state }
    }

    /// Whether signalling as a whole works: something listens, and of the trunks that calls come from by registration one at
    /// least holds. That one of several is out is told by its part and its metric; the calls of the others go on.
    pub fn works(parts: &[Self]) -> bool {
        let registrations = || parts.iter().filter(|part| part.trunk.is_some());
        let listeners = parts.iter().filter(|part| part.trunk.is_none()).all(|part| part.ok);
        !parts.is_empty()
            && listeners
            && (registrations().count() == 0 || registrations().any(|part| part.ok))
    }
}

/// Whether media flow, as far as calls show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MediaHealth {
    /// No call has shown it yet.
    Unproven,
    /// Media came from both sides of a call, then.
    Proven(Utc),
    /// Of these calls a side is silent, or the last call ended so.
    Failing(Vec<String>),
}

impl Default for Live {
    fn default() -> Self {
        Self {
            metrics: Metrics::new(),
            began: Utc::now(),
            state: Mutex::default(),
            lag_us: AtomicU64::new(0),
            lasting_lag_us: AtomicU64::new(0),
            draining: AtomicBool::new(false),
        }
    }
}

impl Live {
    /// A call is on, or something about it is new.
    pub fn set(&self, now: Now, one_way: Duration) {
        let heard =
            now.silent_ms.iter().all(|silent| silent.is_some_and(|ms| u128::from(ms) < one_way.as_millis()));
        let mut state = self.state();
        if heard {
            state.proven = Some(Utc::now());
        }
        state.calls.insert(now.id.clone(), now);
    }

    /// A call is over.
    pub fn over(&self, entry: &Entry) {
        self.metrics.over(entry);
        let mut state = self.state();
        state.calls.remove(&entry.id);
        if entry.cause == cause::NO_MEDIA || entry.near.one_way_gaps + entry.far.one_way_gaps > 0 {
            state.failed = Some((entry.ended, entry.id.clone()));
        }
        state.hour(entry.ended).count(entry);
        if state.last.len() >= LAST {
            state.last.pop_back();
        }
        state.last.push_front(Short {
            id: entry.id.clone(),
            began: entry.began,
            took_ms: entry.ended.0.saturating_sub(entry.began.0),
            from: entry.from.clone(),
            to: entry.to.clone(),
            mode: entry.mode_used.clone(),
            cause: entry.cause.clone(),
            pages: entry.pages(),
            well: entry.went_well(),
        });
    }

    /// How signalling is. What is new about a registration goes to the log.
    pub fn set_signalling(&self, parts: Vec<Signalling>) {
        let before = core::mem::replace(&mut self.state().signalling, parts.clone());
        for part in &parts {
            let Some(trunk) = &part.trunk else { continue };
            self.metrics.registered(trunk, part.ok);
            if before.contains(part) {
                continue;
            }
            let Signalling { what, state, .. } = part;
            match part.ok {
                true => tracing::info!(target: "faxgw::sip", "{what} {state}"),
                false => tracing::warn!(target: "faxgw::sip", "{what}: {state}"),
            }
        }
    }

    /// How late the program was in the last second, and for as long as it is held against new calls.
    pub fn set_lag(&self, lag: Duration, lasting: Duration) {
        let micros = |lag: Duration| u64::try_from(lag.as_micros()).unwrap_or(u64::MAX);
        self.lag_us.store(micros(lag), Ordering::Relaxed);
        self.lasting_lag_us.store(micros(lasting), Ordering::Relaxed);
        self.metrics.set_lag(lag);
    }

    /// How late the program was at worst in the last second.
    pub fn lag(&self) -> Duration {
        Duration::from_micros(self.lag_us.load(Ordering::Relaxed))
    }

    /// How late it was at worst in the last five seconds.
    pub fn lasting_lag(&self) -> Duration {
        Duration::from_micros(self.lasting_lag_us.load(Ordering::Relaxed))
    }

    /// No more calls are taken.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    /// Whether no more calls are taken.
    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }

    /// Calls that are on.
    pub fn calls(&self) -> Vec<Now> {
        self.state().calls.values().cloned().collect()
    }

    /// Calls that are over, the latest first.
    pub fn last(&self) -> Vec<Short> {
        self.state().last.iter().cloned().collect()
    }

    /// The last hours in which there was a call, the latest last.
    pub fn hours(&self) -> Vec<Hour> {
        self.state().hours.iter().copied().collect()
    }

    /// How signalling is.
    pub fn signalling(&self) -> Vec<Signalling> {
        self.state().signalling.clone()
    }

    /// Whether media flow. A side that is silent for `one_way` does not.
    pub fn media(&self, one_way: Duration) -> MediaHealth {
        let state = self.state();
        let silent = |ms: &Option<u64>| ms.is_some_and(|ms| u128::from(ms) >= one_way.as_millis());
        let one_sided = state.calls.values().filter(|now| now.silent_ms.iter().any(silent));
        let ids: Vec<_> = one_sided.map(|now| now.id.clone()).collect();
        match (&state.failed, state.proven) {
            _ if !ids.is_empty() => MediaHealth::Failing(ids),
            (Some((failed, id)), proven) if proven.is_none_or(|proven| proven <= *failed) => {
                MediaHealth::Failing(vec![id.clone()])
            }
            (_, Some(proven)) => MediaHealth::Proven(proven),
            (_, None) => MediaHealth::Unproven,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn hour(&mut self, at: Utc) -> &mut Hour {
        let hour = at.hours();
        if self.hours.back().is_none_or(|last| last.hour < hour) {
            if self.hours.len() >= HOURS {
                self.hours.pop_front();
            }
            self.hours.push_back(Hour { hour, ..Hour::default() });
        }
        // The clock may have been set back: then it counts for the latest hour there is.
        let place = self.hours.len().saturating_sub(1);
        &mut self.hours[place]
    }
}

impl Hour {
    fn count(&mut self, entry: &Entry) {
        self.calls += 1;
        self.failed += u32::from(!entry.went_well());
        let t38 = matches!(entry.mode_used.as_str(), "t38" | "mixed");
        self.t38 += u32::from(t38);
        self.audio += u32::from(!t38 && entry.cause == cause::AUDIO_FAX);
        self.pages += entry.pages();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE_WAY: Duration = Duration::from_secs(5);

    fn over(ended: u64, cause: &str, mode: &str) -> Entry {
        let mut entry = Entry::begin(format!("{ended}"), Utc(ended));
        entry.ended = Utc(ended);
        entry.cause = cause.into();
        entry.mode_used = mode.into();
        entry
    }

    /// A dead media path is told though signalling is well, and it is well again when a call shows it.
    #[test]
    fn media_are_proven_by_calls_alone() {
        let live = Live::default();
        assert_eq!(live.media(ONE_WAY), MediaHealth::Unproven);
        let call = |silent_ms| Now { id: "7".into(), silent_ms, ..Now::default() };
        live.set(call([Some(20), None]), ONE_WAY);
        assert_eq!(live.media(ONE_WAY), MediaHealth::Unproven);
        live.set(call([Some(20), Some(20)]), ONE_WAY);
        assert!(matches!(live.media(ONE_WAY), MediaHealth::Proven(_)));
        live.set(call([Some(20), Some(5000)]), ONE_WAY);
        assert_eq!(live.media(ONE_WAY), MediaHealth::Failing(vec!["7".into()]));
        let mut entry = over(Utc::now().0 + 1000, cause::NO_MEDIA, "audio");
        entry.id = "7".into();
        live.over(&entry);
        assert_eq!(live.media(ONE_WAY), MediaHealth::Failing(vec!["7".into()]));
    }

    #[test]
    fn an_hour_counts_what_ended_in_it_and_old_hours_go() {
        let live = Live::default();
        for hour in 0..30 {
            live.over(&over(hour * 3_600_000, "completed", "t38"));
            live.over(&over(hour * 3_600_000 + 5, "not_trained", "audio"));
        }
        let hours = live.hours();
        assert_eq!((hours.len(), hours[0].hour), (HOURS, 6));
        assert!(hours.iter().all(|hour| (hour.calls, hour.failed, hour.t38) == (2, 1, 1)));
        assert_eq!(live.last().len(), LAST);
    }

    #[test]
    fn a_clock_that_was_set_back_costs_no_count() {
        let live = Live::default();
        live.over(&over(7_200_000, "completed", "t38"));
        live.over(&over(3_600_000, "completed", "t38"));
        assert_eq!(live.hours().iter().map(|hour| hour.calls).sum::<u32>(), 2);
    }
}
