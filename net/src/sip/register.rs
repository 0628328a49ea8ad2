//! Our registrations with trunks: each refreshed before it runs out, made again when the stream it was made over is closed, tried
//! again with growing pauses.
//!
//! From: RFC 3261 10.2; RFC 5626 4.4 and 4.5 for streams and pauses.

use super::dialog::Inbound;
use super::digest;
use super::grammar::{address, parameter};
use super::message::{header, list, put, value};
use super::peering::Peering;
use super::shared::{Peer, Shared, Way, lock};
use super::stack::{Method, Request, Response};
use super::transact::{Answer, ask};
use crate::settings::{Registration, Transport};
use core::time::Duration;
use std::sync::{Arc, Mutex};
use tokio::sync::mpsc;

/// How a registration with a trunk stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Registered {
    /// Not tried yet.
    Waiting,
    /// For this many seconds from when it was given.
    For(u32),
    /// The trunk said no, or nothing (408) or cannot be reached (503).
    Refused(u16),
}

pub(super) type Standing = Arc<Mutex<Registered>>;

/// Keeps the registration of `peer` up for as long as the endpoint lives.
pub(super) async fn keep(
    shared: Arc<Shared>,
    peer: Arc<Peer>,
    registration: Registration,
    standing: Standing,
) {
    let mut line = line(&shared, &peer, &registration);
    let mut expires = registration.expires.max(1);
    let mut failures = 0;
    loop {
        let way = shared.way_to(&peer).await;
        let outcome = match &way {
            Some(way) => attempt(&shared, &peer, &registration, way, &mut line, expires).await,
            None => Outcome::Refused(503),
        };
        let pause = match (outcome, way) {
            (Outcome::Given(seconds), Some(way)) => {
                expires = registration.expires.max(1);
                *lock(&standing) = Registered::For(seconds);
                match held(&shared, &way, seconds).await {
                    Held::ToItsEnd => {
                        failures = 0;
                        Duration::ZERO
                    }
                    Held::Closed { lasted } => {
                        failures = if lasted { 0 } else { failures };
                        failed(&shared, &standing, 503, &mut failures)
                    }
                }
            }
            (Outcome::TooShort(least), _) if least > expires => {
                expires = least;
                Duration::ZERO
            }
            (Outcome::TooShort(_), _) => failed(&shared, &standing, 423, &mut failures),
            (Outcome::Refused(code), _) => failed(&shared, &standing, code, &mut failures),
            (Outcome::Given(_), None) => failed(&shared, &standing, 503, &mut failures),
        };
        tokio::time::sleep(pause).await;
    }
}

/// How a registration ended.
enum Held {
    /// It is time to refresh it.
    ToItsEnd,
    /// The stream that it was made over is closed: calls would not come over it any more.
    Closed { lasted: bool },
}

/// Waits until a registration has to be made again: before it ends; over a stream also before that would be closed for its silence
/// (the registration is what is said on it), and as soon as it is closed.
async fn held(shared: &Shared, way: &Way, seconds: u32) -> Held {
    /// A stream that is closed sooner counts as a failure, so that tries come ever more seldom.
    const LASTED: Duration = Duration::from_secs(20);
    let refresh = before_it_ends(seconds);
    let token = way.connection.cancel_token().filter(|_| way.transport != Transport::Udp);
    let Some(token) = token else {
        tokio::time::sleep(refresh).await;
        return Held::ToItsEnd;
    };
    let began = tokio::time::Instant::now();
    tokio::select! {
        () = token.cancelled() => Held::Closed { lasted: began.elapsed() >= LASTED },
        () = tokio::time::sleep(refresh.min(shared.settings.limits.idle / 2)) => Held::ToItsEnd,
    }
}

enum Outcome {
    Given(u32),
    TooShort(u32),
    Refused(u16),
}

fn line(shared: &Shared, peer: &Peer, registration: &Registration) -> Peering {
    let host = peer.trunk.from_host.as_ref().unwrap_or(&peer.trunk.host);
    let user = super::message::escape_user(&registration.user);
    let record = format!("sip:{user}@{host}");
    let mut line = Peering::asking(
        shared.random(16),
        &shared.random(8),
        &record,
        &record,
        &user,
        &shared.settings.user_agent,
    );
    line.target = format!("sip:{host}");
    line
}

async fn attempt(
    shared: &Arc<Shared>,
    peer: &Arc<Peer>,
    registration: &Registration,
    way: &Way,
    line: &mut Peering,
    expires: u32,
) -> Outcome {
    let branch = || format!("z9hG4bK{}", shared.random(12));
    let Some(mut request) = line.request(Method::Register, way, &branch()) else {
        return Outcome::Refused(503);
    };
    put(&mut request.headers, "Contact", way.contact(&super::message::escape_user(&registration.user)));
    put(&mut request.headers, "Expires", expires.to_string());
    request.headers.push(header("Content-Length", "0".into()));
    let mut answer = send(shared, way, request.clone()).await;
    if let (401 | 407, Some(challenge), Some(credentials)) =
        (answer.code(), answer.response(), &peer.trunk.credentials)
    {
        let asked = digest::Asked { method: "REGISTER", uri: &request.uri.to_string(), body: b"" };
        let proxy = answer.code() == 407;
        let shown =
            digest::answer(challenge, proxy, credentials, &mut lock(&peer.realm), &asked, &shared.random(8));
        if let Some(again) = shown.and_then(|shown| line.again(&request, way, &branch(), shown)) {
            answer = send(shared, way, again).await;
        }
    }
    match (answer.code(), answer.response()) {
        (200..300, Some(response)) => Outcome::Given(given(response, way).unwrap_or(expires)),
        (423, Some(response)) => Outcome::TooShort(
            value(response, "Min-Expires").and_then(|least| least.parse().ok()).unwrap_or(0),
        ),
        (code, _) => Outcome::Refused(code),
    }
}

async fn send(shared: &Arc<Shared>, way: &Way, request: Request) -> Answer {
    let (to, mut answers) = mpsc::channel(4);
    ask(shared, way, request, 0, to);
    while let Some(inbound) = answers.recv().await {
        if let Inbound::Response { answer, .. } = inbound
            && answer.code() >= 200
        {
            return answer;
        }
    }
    Answer::None(408)
}

/// What the trunk gives our contact; the first contact if ours has been rewritten on the way.
fn given(response: &Response, way: &Way) -> Option<u32> {
    let ours = way.local.to_string();
    let contact = list(response, "Contact")
        .find(|contact| address(contact).contains(&ours))
        .or_else(|| list(response, "Contact").next());
    let expires =
        contact.and_then(|contact| parameter(contact, "expires")).or_else(|| value(response, "Expires"));
    expires?.parse().ok()
}

/// Refreshes at half of a short registration, and 5 minutes before the end of a long one.
fn before_it_ends(seconds: u32) -> Duration {
    let seconds = u64::from(seconds);
    Duration::from_secs((seconds / 2).max(seconds.saturating_sub(300)).max(1))
}

fn failed(shared: &Shared, standing: &Standing, code: u16, failures: &mut u32) -> Duration {
    *lock(standing) = Registered::Refused(code);
    *failures = failures.saturating_add(1);
    pause(*failures, shared.random_below(1000))
}

/// Doubling from 2 s to 10 min, half of it by chance.
fn pause(failures: u32, chance_of_thousand: u64) -> Duration {
    let longest = 2u64.saturating_pow(failures.min(10)).min(600) * 1000;
    Duration::from_millis(longest / 2 + longest / 2 * chance_of_thousand / 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_stop_growing() {
        assert_eq!(pause(1, 0), Duration::from_secs(1));
        assert!(pause(2, 999) <= Duration::from_secs(4));
        assert_eq!(pause(1000, 0), Duration::from_secs(300));
    }

    #[test]
    fn a_registration_is_refreshed_before_it_ends() {
        assert_eq!(before_it_ends(60), Duration::from_secs(30));
        assert_eq!(before_it_ends(3600), Duration::from_secs(3300));
        assert_eq!(before_it_ends(1), Duration::from_secs(1));
    }
}
