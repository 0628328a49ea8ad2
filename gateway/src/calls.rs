//! Calls: each a task that gives its machines the outside world. All decisions are the machines'; all waiting is here.
//!
//! ```text
//!   SIP events  ---> Bridge ---- orders ----> Path <--- datagrams
//!   SIP commands <---  |  <- signs, the end -- |  ---> datagrams
//!                      +------> story <--------+
//! ```
//!
//! Always: one owner per call; after each mutation everything is drained, then exactly one thing is waited for; a
//! call that fails by our mistake ends with its record and touches no other.

mod drive;
mod settings;
mod story;
mod watch;

use crate::capture::Captures;
use crate::clock::{Clock, Utc};
use crate::config::Config;
use crate::ledger::Ledger;
use crate::ledger::entry::{Entry, cause};
use crate::live::Live;
use crate::quota::{Quota, Ticket};
use crate::route::{Call, decide};
use arc_swap::ArcSwap;
use core::net::IpAddr;
use core::sync::atomic::{AtomicU64, Ordering};
use drive::{Driver, Terms};
use fax_call::media::Path;
use fax_call::sip::{Bridge, Command, Invitation};
use fax_core::Span;
use fax_net::{Calls, DialogHandle, Marking, MediaSockets, PortRange, SipEndpoint};
use settings::Ports;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use story::Story;
use tokio::sync::watch::Receiver;
use tracing::Instrument;

/// What all calls share.
#[derive(Debug, Clone)]
pub struct Desk {
    /// What was decided.
    pub config: Arc<ArcSwap<Config>>,
    /// What is on.
    pub live: Arc<Live>,
    /// Where records go.
    pub ledger: Ledger,
    /// How much is on.
    pub quota: Quota,
    /// Where packets go, if they are kept.
    pub captures: Captures,
    /// Ports of media.
    pub ports: PortRange,
    /// The state of the service.
    pub service: Receiver<Service>,
    /// Names of calls.
    pub names: Arc<Names>,
    /// What peers see of us, by trunk or ata.
    pub advertised: Arc<Mutex<BTreeMap<String, IpAddr>>>,
}

/// The state of the service.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Service {
    /// Calls are taken.
    #[default]
    Open,
    /// No new ones; those that are on go on.
    Draining,
    /// All end now.
    Over,
}

/// Names that no other call has, in the order of time, also across programs.
#[derive(Debug, Default)]
pub struct Names(AtomicU64);

impl Names {
    fn next(&self) -> String {
        let now = Utc::now().0.saturating_mul(1000);
        let next = |last: u64| Some(now.max(last.saturating_add(1)));
        let last = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next).unwrap_or(now);
        format!("{:x}", now.max(last.saturating_add(1)))
    }
}

/// How long a caller that was refused for want of room should wait, seconds: spread, so that not all come back at once.
const RETRY_AFTER: core::ops::Range<u64> = 5..20;
/// The call does not wait longer than this for the journal.
const JOURNAL: Duration = Duration::from_millis(100);

/// Takes calls until there are none to come.
pub async fn serve(desk: Desk, endpoint: SipEndpoint, mut calls: Calls) {
    while let Some((invitation, near)) = calls.next().await {
        let name = desk.names.next();
        let span = tracing::info_span!("call", id = %name, from = %invitation.trunk);
        tokio::spawn(take(desk.clone(), endpoint.clone(), name, invitation, near).instrument(span));
    }
}

/// One call from its invitation to its record.
async fn take(desk: Desk, endpoint: SipEndpoint, id: String, invitation: Invitation, near: DialogHandle) {
    let config = desk.config.load_full();
    let entry = begun(&config, id, &invitation);
    let skeleton = entry.clone();
    // In a task of its own, so that our mistake in it ends this call alone.
    let call = carry(desk.clone(), endpoint, config, entry, invitation, near);
    let done = tokio::spawn(call.in_current_span()).await;
    let entry = done.unwrap_or_else(|fault| {
        tracing::error!("a fault ended the call: {fault}");
        let ended = Utc::now();
        let evidence = vec!["a fault of the program ended this call; the log has more".into()];
        Entry { cause: cause::INTERNAL.into(), retry: "later".into(), evidence, ended, ..skeleton }
    });
    tracing::info!(target: "faxgw::call", cause = %entry.cause, mode = %entry.mode_used, pages = entry.pages(), "over");
    desk.live.over(&entry);
    desk.ledger.close(entry);
}

fn begun(config: &Config, id: String, invitation: &Invitation) -> Entry {
    let show = |number: &String| config.records.numbers.show(number);
    let mut entry = Entry::begin(id, Utc::now());
    // A Call-ID is the peer's: it may hold anything.
    entry.call_id = invitation.call_id.chars().filter(|c| !c.is_control()).take(128).collect();
    entry.from.clone_from(&invitation.trunk);
    entry.caller = show(invitation.caller.reveal());
    entry.called = show(invitation.called.reveal());
    entry
}

async fn carry(
    desk: Desk,
    endpoint: SipEndpoint,
    config: Arc<Config>,
    mut entry: Entry,
    invitation: Invitation,
    near: DialogHandle,
) -> Entry {
    let clock = Clock::start();
    let refuse = |mut entry: Entry, code: u16, cause: &'static str, evidence: String, later: bool| {
        desk.live.metrics.refuse(cause);
        tracing::info!(target: "faxgw::call", code, cause, "refused");
        let retry_after = later.then(|| Span::from_millis(1000 * spread(&entry.id)));
        near.command(Command::Refuse { code, retry_after, min_se: None });
        (entry.code, entry.cause, entry.ended) = (code, cause.into(), Utc::now());
        entry.retry = if later { "later" } else { "no" }.into();
        entry.evidence.push(evidence);
        entry
    };
    let known = Call {
        from: &invitation.trunk,
        called: invitation.called.reveal(),
        hops: invitation.hops,
        max_forwards: invitation.max_forwards,
    };
    let decision = decide(&config, known);
    entry.decision = decision.chain.iter().map(ToString::to_string).collect();
    let plan = match decision.outcome {
        Ok(plan) => plan,
        Err(why) => {
            return refuse(entry, why.code(), why.name(), "the last step of the decision".into(), false);
        }
    };
    entry.route.clone_from(&plan.route.name);
    entry.mode_asked = plan.fax.t38.name().into();
    let emergency = plan.route.emergency;
    if desk.live.is_draining() {
        return refuse(entry, 503, cause::SHUTDOWN, "the program takes no more calls".into(), true);
    }
    let (lag, now) = (desk.live.lasting_lag(), std::time::Instant::now());
    let _place = match desk.quota.enter(&config, &invitation.trunk, emergency, lag, now) {
        Ok(place) => place,
        Err(full) => return refuse(entry, 503, cause::CAPACITY, format!("{} is reached", full.name()), true),
    };
    let sockets = match bind(&desk, &config) {
        Ok(sockets) => sockets,
        Err(error) => return refuse(entry, 503, cause::NO_PORTS, format!("media sockets: {error}"), true),
    };
    let written = desk.ledger.begin(entry.clone());
    if tokio::time::timeout(JOURNAL, written).await.is_err() {
        tracing::warn!(target: "faxgw::records", "the journal is late; the call goes on");
    }
    let seed = seed(&entry.id);
    let ports = sockets.each_ref().map(|leg| Ports { rtp: leg.rtp_port(), udptl: leg.udptl_port() });
    let advertised = |peer: &str| desk.advertised(&config, peer);
    let bridge = settings::bridge(&config, &invitation, &plan, ports, advertised, seed);
    let left_out = bridge.targets.iter().map(|far| far.target.headers.left_out()).max().unwrap_or(0);
    if left_out > 0 {
        entry.decision.push(format!("headers that were too many or too long, and did not go on: {left_out}"));
    }
    let media = settings::media(&config, &invitation.trunk, &plan.fax, seed);
    let targets = plan.targets.iter().map(|leg| leg.to.to_owned()).collect();
    let bridge = Bridge::new(bridge, &invitation, clock.now());
    let story = Story::new(entry, targets);
    let terms = Terms { config: config.clone(), fax: plan.fax, emergency, clock };
    let driver = Driver::new(desk.clone(), endpoint, terms, story, near, &sockets);
    driver.run(bridge, Path::new(media), sockets).await
}

fn bind(desk: &Desk, config: &Config) -> std::io::Result<[MediaSockets; 2]> {
    let marking = Marking { tos: config.media.dscp << 2, ..Marking::default() };
    let leg = || MediaSockets::bind(config.media.address, &desk.ports, marking);
    Ok([leg()?, leg()?])
}

impl Desk {
    /// Our address for the media of calls with a peer.
    fn advertised(&self, config: &Config, peer: &str) -> IpAddr {
        let told = config.trunk(peer).and_then(|trunk| trunk.advertise);
        let seen = || self.advertised.lock().unwrap_or_else(PoisonError::into_inner).get(peer).copied();
        told.or_else(|| if config.media.address.is_unspecified() { seen() } else { None })
            .unwrap_or(config.media.address)
    }

    /// A place for a leg to a peer.
    fn place(&self, config: &Config, peer: &str, emergency: bool) -> Result<Ticket, &'static str> {
        let placed = self.quota.place(config, peer, emergency, std::time::Instant::now());
        placed.map_err(crate::quota::Full::name)
    }
}

/// Different for each call and not to be guessed from the last: numbers of RTP and of sessions begin there.
fn seed(id: &str) -> u64 {
    use core::hash::{BuildHasher, Hasher};
    let mut hasher = std::collections::hash_map::RandomState::new().build_hasher();
    hasher.write(id.as_bytes());
    hasher.finish()
}

fn spread(id: &str) -> u64 {
    RETRY_AFTER.start + seed(id) % (RETRY_AFTER.end - RETRY_AFTER.start)
}

impl crate::config::T38 {
    /// As records call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Prefer => "prefer",
            Self::Require => "require",
            Self::Never => "never",
        }
    }
}

/// So that a decision can be shown without a call.
pub fn explain(config: &Config, from: &str, called: &str) -> String {
    let decision = decide(config, Call { from, called, hops: 0, max_forwards: 70 });
    format!("a call of {called} from {from}\n{decision}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_calls_have_one_name() {
        let names = Names::default();
        let mut given: Vec<_> = (0..10_000).map(|_| names.next()).collect();
        let sorted = given.is_sorted();
        given.dedup();
        assert!(sorted && given.len() == 10_000);
    }
}
