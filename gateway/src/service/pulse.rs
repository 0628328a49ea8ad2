//! What is looked at again and again: how late the program is, how signalling is, the watchdog of systemd.

use crate::calls::Desk;
use crate::live::Signalling;
use fax_net::SipEndpoint;
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// How often lateness is measured.
const STEP: Duration = Duration::from_millis(20);
/// Lateness that is told is the worst of so many steps: one second.
const STEPS: usize = 50;

/// Runs as long as the program.
pub(super) async fn keep(desk: Desk, endpoint: SipEndpoint) {
    let watchdog = sd_notify::watchdog_enabled();
    let mut beat = Instant::now();
    let mut counts = endpoint.counts();
    loop {
        signalling(&desk, &endpoint).await;
        let lag = worst_lag().await;
        desk.live.set_lag(lag);
        if let Some(every) = watchdog
            && beat.elapsed() >= every / 3
        {
            beat = Instant::now();
            super::notify(&[sd_notify::NotifyState::Watchdog]);
            let status = format!("{} calls, lag {:.1} ms", desk.quota.calls(), lag.as_secs_f64() * 1000.0);
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

/// The worst of a second: how much later than asked the program is woken.
async fn worst_lag() -> Duration {
    let mut worst = Duration::ZERO;
    for _ in 0..STEPS {
        let due = Instant::now() + STEP;
        sleep_until(due).await;
        // A timer of the runtime has a grain of one millisecond.
        worst = worst.max(due.elapsed().saturating_sub(Duration::from_millis(1)));
    }
    worst
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
