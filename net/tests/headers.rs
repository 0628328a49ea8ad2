//! Headers that are for neither the dialog nor us: which reach the owner of a call, and which leave with one.

mod support;

use bytes::Bytes;
use fax_call::sip::{Command, Headers, Method, SessionTimer, Target};
use fax_core::Private;
use support::{Bench, OFFER, PATIENCE, T38, offer};
use tokio::time::timeout;

#[tokio::test]
async fn what_is_for_neither_the_dialog_nor_us_is_told_in_order_and_unfolded() {
    let mut bench = Bench::new().await;
    let headers = "X-Pbx: 1\r\nDiversion: <sip:1@h>;\r\n  reason=busy\r\nSupported: 100rel\r\ns: hello\r\n\
                   Privacy: id\r\nContent-Disposition: session\r\nX-Pbx:\t2\r\nX-Fax-Gateway-Hops: 1\r\n";
    bench.peer.send(&bench.peer.fresh("INVITE", "z9hG4bK1", 1, headers, OFFER)).await;
    let (invitation, _dialog) = timeout(PATIENCE, bench.calls.next()).await.unwrap().unwrap();
    let told: Vec<_> = invitation.headers.iter().collect();
    assert_eq!(
        told,
        [
            ("X-Pbx", "1"),
            ("Diversion", "<sip:1@h>; reason=busy"),
            ("Subject", "hello"),
            ("Privacy", "id"),
            ("X-Pbx", "2")
        ]
    );
}

/// Each line of what is sent is one of ours or one that was given.
#[tokio::test]
async fn headers_of_a_call_are_in_its_invite_with_credentials_and_without_and_in_nothing_after_it() {
    let bench = Bench::with(|settings| {
        let password = "secret".to_owned().into();
        settings.trunks[0].credentials =
            Some(fax_net::Credentials { user: "100".into(), password, realm: None });
    })
    .await;
    let mut headers = Headers::sent();
    for (name, value) in
        [("Privacy", "id"), ("P-Asserted-Identity", "<sip:1@h>"), ("X-Pbx", "1"), ("X-Pbx", "2")]
    {
        headers.push(name, value).unwrap();
    }
    let number = |text: &str| Private::new(text.to_owned());
    let dialog = bench.endpoint.dial().unwrap();
    let target = Target {
        trunk: "peer".into(),
        caller: number("anonymous"),
        called: number("200"),
        max_forwards: 69,
        hops: 1,
        headers,
    };
    let body = Bytes::from_static(OFFER.as_bytes());
    dialog.command(Command::Invite { target, body, timer: SessionTimer::default() });
    let mine =
        |text: &str| text.lines().filter(|line| line.contains("X-Pbx") || line.contains("Priv")).count();
    let invite = bench.peer.expect("INVITE").await;
    assert!(invite.header("From").starts_with("<sip:anonymous@127.0.0.1"), "{}", invite.text);
    assert_eq!((mine(&invite.text), invite.header("P-Asserted-Identity")), (3, "<sip:1@h>"));
    bench.peer.reply_with(&invite, 407, "Proxy-Authenticate: Digest realm=\"r\", nonce=\"n\"\r\n", "").await;
    bench.peer.expect("ACK").await;
    let again = bench.peer.expect("INVITE").await;
    assert!(again.find("Proxy-Authorization").is_some() && mine(&again.text) == 3, "{}", again.text);
    bench.peer.reply(&again, 200, OFFER).await;
    assert_eq!(mine(&bench.peer.expect("ACK").await.text), 0);
    offer(&dialog, Method::ReInvite, T38);
    assert_eq!(mine(&bench.peer.expect("INVITE").await.text), 0);
}
