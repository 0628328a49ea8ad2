//! What is looked at again and again: how late the program is, how signalling is, the watchdog of systemd.

use crate::calls::Desk;
use crate::live::{Live, Signalling};
use fax_net::SipEndpoint;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// How often all but lateness is looked at.
const BEAT: Duration = Duration::from_secs(1);

/// Runs as long as the program.
pub(super) async fn keep(desk: Desk, endpoint: SipEndpoint) {
    let watchdog = sd_notify::watchdog_enabled();
    let mut beat = Instant::now();
    let mut counts = endpoint.counts();
    loop {
        signalling(&desk, &endpoint).await;
        tokio::time::sleep(BEAT).await;
        if let Some(every) = watchdog
            && beat.elapsed() >= every / 3
        {
            beat = Instant::now();
            super::notify(&[sd_notify::NotifyState::Watchdog]);
            let lag = desk.live.lag().as_secs_f64() * 1000.0;
            let status = format!("{} calls, lag {lag:.1} ms", desk.quota.calls());
            super::notify(&[sd_notify::NotifyState::Status(&status)]);
        }
        let now = endpoint.counts();
        // One line a second at most, whatever comes.
        let foreign = now.foreign - counts.foreign;
        let over_rate = now.over_rate - counts.over_rate;
        let unauthenticated = now.unauthenticated - counts.unauthenticated;
        let malformed = now.malformed - counts.malformed;
        if foreign + over_rate + unauthenticated + malformed > 0 {
            tracing::warn!(target: "faxgw::security", foreign, over_rate, unauthenticated, malformed, "not let in");
        }
        counts = now;
    }
}

/// Measures again and again how much later than asked the program is woken. In a task of its own: it waits for nothing else.
pub(super) async fn measure(live: Arc<Live>) {
    const STEP: Duration = Duration::from_millis(20);
    let mut lateness = Lateness::new();
    loop {
        let due = Instant::now() + STEP;
        sleep_until(due).await;
        // A timer of the runtime has a grain of one millisecond.
        lateness.note(due.elapsed().saturating_sub(Duration::from_millis(1)));
        live.set_lag(lateness.worst(Lateness::SECOND), lateness.worst(Lateness::ALL));
    }
}

/// The worst of the last five seconds, in tenths: new lateness counts at once, and is forgotten late.
#[derive(Debug)]
struct Lateness {
    /// A tenth of a second each; the one at `place` is being filled.
    tenths: [Duration; Self::ALL + 1],
    place: usize,
    notes: usize,
}

impl Lateness {
    /// Notes in a tenth of a second.
    const NOTES: usize = 5;
    const SECOND: usize = 10;
    const ALL: usize = 50;

    const fn new() -> Self {
        Self { tenths: [Duration::ZERO; Self::ALL + 1], place: 0, notes: 0 }
    }

    fn note(&mut self, lag: Duration) {
        if self.notes >= Self::NOTES {
            self.place = (self.place + 1) % self.tenths.len();
            self.notes = 0;
        }
        let tenth = &mut self.tenths[self.place];
        *tenth = if self.notes == 0 { lag } else { lag.max(*tenth) };
        self.notes += 1;
    }

    /// Of so many tenths, and of the one that is being filled.
    fn worst(&self, tenths: usize) -> Duration {
        let newest_first = self.tenths.iter().rev().cycle().skip(Self::ALL - self.place);
        newest_first.take(tenths + 1).copied().max().unwrap_or_default()
    }
}

async fn signalling(desk: &Desk, endpoint: &SipEndpoint) {
    let bound = endpoint.bound().into_iter();
    let listeners = bound
        .map(|(transport, address)| Signalling::listener(format!("{transport:?} {address}").to_lowercase()));
    let registrations = endpoint.registrations().into_iter();
    let registrations = registrations.map(|(trunk, standing)| Signalling::registration(trunk, standing));
    desk.live.set_signalling(listeners.chain(registrations).collect());
    let config = desk.config.load_full();
    if config.media.address.is_unspecified() {
        for trunk in config.trunks.iter().filter(|trunk| trunk.address.is_some()) {
            // A name that does not answer must not hold up the pulse.
            let found =
                tokio::time::timeout(Duration::from_millis(200), endpoint.trunk_address(&trunk.name)).await;
            if let Ok(Some(address)) = found {
                let mut advertised =
                    desk.advertised.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                advertised.insert(trunk.name.clone(), address.ip());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn millis(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn lateness_counts_at_once_and_is_forgotten_after_its_time() {
        let mut lateness = Lateness::new();
        for _ in 0..1000 {
            lateness.note(millis(1));
        }
        lateness.note(millis(30));
        let worst = |lateness: &Lateness| [Lateness::SECOND, Lateness::ALL].map(|span| lateness.worst(span));
        assert_eq!(worst(&lateness), [millis(30); 2]);
        for _ in 0..49 {
            lateness.note(millis(2));
        }
        assert_eq!(worst(&lateness), [millis(30); 2]);
        for _ in 0..10 {
            lateness.note(millis(2));
        }
        assert_eq!(worst(&lateness), [millis(2), millis(30)]);
        for _ in 0..200 {
            lateness.note(millis(1));
        }
        assert_eq!(worst(&lateness), [millis(1), millis(2)]);
    }
}
