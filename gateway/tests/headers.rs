//! What a target is told of a call, over sockets of loopback: headers by the rules of a route, and who calls.

mod support;

use bytes::Bytes;
use fax_call::sip::{Command, Event, Headers, Invitation, SessionTimer, Target};
use fax_core::Private;
use fax_gateway::service::{Running, Source};
use support::{End, Scratch, configuration, target};

const OFFER: &str =
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\n";
const SAID: [(&str, &str); 5] = [
    ("Privacy", "id"),
    ("P-Asserted-Identity", "<sip:0301234567@pbx.example>"),
    ("Diversion", "<sip:0307654321@pbx.example>"),
    ("X-Pbx-Port", "7"),
    ("X-Other", "8"),
];

/// The INVITE that the target gets of a call with [`SAID`].
async fn arrives(name: &str, rules: &str, trusted: &[&str]) -> Invitation {
    let scratch = Scratch::new(name);
    let mut carrier = End::start(None).await;
    let text = trusted.iter().fold(configuration(carrier.address(), ""), |text, trunk| {
        text.replace(&format!("name = '{trunk}'"), &format!("name = '{trunk}'\ntrusted = true"))
    });
    let file = scratch.write("faxgw.toml", &format!("{text}[route.headers]\n{rules}\n"));
    let source = Source { file: Some(file), records: Some(scratch.0.join("records")) };
    let gateway = Running::start(source).await.unwrap();
    let pbx = End::start(Some(gateway.bound()[0])).await;
    let mut headers = Headers::sent();
    SAID.iter().for_each(|(name, value)| headers.push(name, value).unwrap());
    let mut call = pbx.endpoint.dial().unwrap();
    let target = Target { headers, ..target("0207") };
    call.command(Command::Invite {
        target,
        body: Bytes::from_static(OFFER.as_bytes()),
        timer: SessionTimer::default(),
    });
    let (invitation, handle) = carrier.calls.next().await.unwrap();
    handle.command(Command::Refuse { code: 486, retry_after: None, min_se: None });
    while !matches!(call.events.recv().await, Some(Event::Refused { code: 486, .. }) | None) {}
    gateway.drain(core::future::pending()).await;
    invitation
}

fn lines(invitation: &Invitation) -> Vec<(&str, &str)> {
    invitation.headers.iter().collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_rules_a_stranger_is_told_that_who_calls_wants_not_to_be_named_and_nothing_else() {
    let invitation = arrives("headers-none", "", &["ata"]).await;
    assert_eq!(lines(&invitation), [("Privacy", "id")]);
    assert_eq!((invitation.caller, invitation.hops), (Private::new("anonymous".into()), 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_trusted_target_is_told_who_calls_by_a_trusted_peer() {
    let invitation = arrives("headers-trusted", "", &["ata", "carrier"]).await;
    assert_eq!(lines(&invitation), SAID[..2]);
    assert_eq!(invitation.caller, Private::new("0301234567".into()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_route_passes_removes_and_sets_headers_within_what_privacy_allows() {
    let rules =
        "pass = ['Diversion', 'X-*']\nremove = ['X-Other']\nset = { 'X-Account' = '{caller}/{called}' }";
    let invitation = arrives("headers-rules", rules, &[]).await;
    let expected = [("Privacy", "id"), ("X-Account", "anonymous/0207"), ("X-Pbx-Port", "7")];
    assert_eq!(lines(&invitation), expected);
}
