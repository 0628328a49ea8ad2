//! Registrations both ways: ours with a trunk, adapters' with us.

mod support;

use core::time::Duration;
use fax_call::sip::{Command, Headers, SessionTimer, Target};
use fax_core::Private;
use fax_net::{Account, Credentials, Registered, Registrar, Registration};
use md5::{Digest, Md5};
use support::{Bench, Message, OFFER, PATIENCE, Script};
use tokio::time::timeout;

async fn with_registrar() -> Bench {
    Bench::with(|settings| {
        settings.trunks.clear();
        settings.registrar = Some(Registrar {
            trunk: "atas".into(),
            networks: vec!["127.0.0.0/8".parse().unwrap()],
            realm: "fax".into(),
            accounts: vec![Account { user: "100".into(), password: "secret".to_owned().into() }],
            longest: 300,
            advertised: None,
        });
    })
    .await
}

/// What an adapter that knows MD5 only answers.
fn authorization(challenge: &Message, method: &str, uri: &str, password: &str) -> String {
    let line = challenge
        .text
        .lines()
        .find(|line| line.starts_with("WWW-Authenticate") && line.contains("MD5"))
        .unwrap();
    let nonce = line.split("nonce=\"").nth(1).unwrap().split('"').next().unwrap();
    let hash = |text: String| {
        Md5::digest(text.as_bytes()).iter().map(|octet| format!("{octet:02x}")).collect::<String>()
    };
    let (a1, a2) = (hash(format!("100:fax:{password}")), hash(format!("{method}:{uri}")));
    let response = hash(format!("{a1}:{nonce}:00000001:c:auth:{a2}"));
    format!(
        "Authorization: Digest username=\"100\", realm=\"fax\", nonce=\"{nonce}\", uri=\"{uri}\", response=\"{response}\", algorithm=MD5, qop=auth, nc=00000001, cnonce=\"c\"\r\n"
    )
}

fn register(peer: &Script, branch: &str, cseq: u32, headers: &str) -> String {
    peer.fresh("REGISTER", branch, cseq, headers, "").replace("sip:200@example.com", "sip:100@example.com")
}

async fn registered(bench: &Bench) {
    bench.peer.send(&register(&bench.peer, "z9hG4bK1", 1, "")).await;
    let challenge = bench.peer.expect("401").await;
    let uri = format!("sip:200@{}", bench.peer.target);
    let shown = authorization(&challenge, "REGISTER", &uri, "secret");
    bench.peer.send(&register(&bench.peer, "z9hG4bK2", 2, &format!("{shown}Expires: 3600\r\n"))).await;
    let ok = bench.peer.expect("200").await;
    assert!(ok.header("Contact").ends_with(";expires=300"), "{}", ok.text);
}

#[tokio::test]
async fn an_adapter_registers_and_is_called_where_it_is() {
    let bench = with_registrar().await;
    registered(&bench).await;
    assert_eq!(bench.endpoint.counts().registered, 1);
    let dialog = bench.endpoint.dial().unwrap();
    let target = Target {
        trunk: "atas".into(),
        caller: Private::new("555".into()),
        called: Private::new("100".into()),
        max_forwards: 70,
        hops: 0,
        headers: Headers::default(),
    };
    dialog.command(Command::Invite { target, body: OFFER.into(), timer: SessionTimer::default() });
    assert!(bench.peer.expect("INVITE").await.start().contains(&format!("sip:100@{}", bench.peer.address)));
}

#[tokio::test]
async fn whatever_is_wrong_with_an_adapter_the_answer_is_the_same_401() {
    let bench = with_registrar().await;
    bench.peer.send(&register(&bench.peer, "z9hG4bK1", 1, "")).await;
    let first = bench.peer.expect("401").await;
    let uri = format!("sip:200@{}", bench.peer.target);
    let guess = authorization(&first, "REGISTER", &uri, "guess");
    let stranger =
        authorization(&first, "REGISTER", &uri, "secret").replace("username=\"100\"", "username=\"999\"");
    for (number, shown) in [guess, stranger].iter().enumerate() {
        bench.peer.send(&register(&bench.peer, &format!("z9hG4bKx{number}"), 1, shown)).await;
        let again = bench.peer.expect("401").await;
        let shape = |message: &Message| {
            message
                .text
                .lines()
                .map(|line| line.split("nonce=").next().unwrap().to_owned())
                .filter(|line| !line.starts_with("Via"))
                .collect::<Vec<_>>()
        };
        assert_eq!(shape(&again), shape(&first));
    }
    assert_eq!(bench.endpoint.counts().unauthenticated, 2);
}

#[tokio::test]
async fn a_replayed_registration_is_stale() {
    let bench = with_registrar().await;
    bench.peer.send(&register(&bench.peer, "z9hG4bK1", 1, "")).await;
    let challenge = bench.peer.expect("401").await;
    let shown = authorization(&challenge, "REGISTER", &format!("sip:200@{}", bench.peer.target), "secret");
    for (branch, code) in [("z9hG4bK2", "200"), ("z9hG4bK2", "200"), ("z9hG4bK3", "401")] {
        bench.peer.send(&register(&bench.peer, branch, 2, &shown)).await;
        let answer = bench.peer.next().await.unwrap();
        assert_eq!(answer.name(), code);
        assert_eq!(answer.text.contains("stale=true"), code == "401");
    }
}

#[tokio::test]
async fn an_adapters_call_is_challenged_and_then_taken() {
    let mut bench = with_registrar().await;
    bench.peer.invite("z9hG4bK1", 1, OFFER).await;
    let challenge = bench.peer.expect("401").await;
    let shown = authorization(&challenge, "INVITE", &format!("sip:200@{}", bench.peer.target), "secret");
    bench.peer.send(&bench.peer.fresh("INVITE", "z9hG4bK2", 2, &shown, OFFER)).await;
    let (invitation, _dialog) = timeout(PATIENCE, bench.calls.next()).await.unwrap().unwrap();
    assert_eq!((invitation.trunk.as_str(), invitation.caller.reveal().as_str()), ("atas", "100"));
}

#[tokio::test]
async fn we_register_answer_the_challenge_and_take_what_is_given() {
    let bench = Bench::with(|settings| {
        let trunk = &mut settings.trunks[0];
        trunk.credentials = Some(Credentials {
            user: "me".into(),
            password: "secret".to_owned().into(),
            realm: Some("r".into()),
        });
        trunk.register = Some(Registration { user: "me".into(), expires: 600 });
    })
    .await;
    let first = bench.peer.expect("REGISTER").await;
    assert_eq!((first.header("Expires"), first.find("Authorization")), ("600", None));
    bench.peer.reply_with(&first, 401, "WWW-Authenticate: Digest realm=\"r\", nonce=\"n\"\r\n", "").await;
    let second = bench.peer.expect("REGISTER").await;
    assert_eq!((second.cseq(), second.header("Call-ID")), (first.cseq() + 1, first.header("Call-ID")));
    assert!(second.header("Authorization").contains("username=\"me\""));
    bench.peer.reply_with(&second, 423, "Min-Expires: 900\r\n", "").await;
    let third = bench.peer.expect("REGISTER").await;
    assert_eq!(third.header("Expires"), "900");
    bench.peer.reply_with(&third, 200, "Expires: 800\r\n", "").await;
    for _ in 0..100 {
        if bench.endpoint.registrations() == [("peer".to_owned(), Registered::For(800))] {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("{:?}", bench.endpoint.registrations());
}

#[tokio::test]
async fn credentials_do_not_go_to_a_foreign_realm() {
    let bench = Bench::with(|settings| {
        let trunk = &mut settings.trunks[0];
        trunk.credentials = Some(Credentials {
            user: "me".into(),
            password: "secret".to_owned().into(),
            realm: Some("r".into()),
        });
        trunk.register = Some(Registration { user: "me".into(), expires: 600 });
    })
    .await;
    let first = bench.peer.expect("REGISTER").await;
    bench.peer.reply_with(&first, 401, "WWW-Authenticate: Digest realm=\"evil\", nonce=\"n\"\r\n", "").await;
    assert!(bench.peer.within(Duration::from_millis(100)).await.is_none());
    assert_eq!(bench.endpoint.registrations(), [("peer".to_owned(), Registered::Refused(401))]);
}
