//! What is refused before it becomes a dialog, and what gets no answer at all.

mod support;

use core::time::Duration;
use fax_call::sip::{Command, Event};
use fax_net::{Admission, Admit};
use support::{Bench, OFFER, PATIENCE, accept, event};
use tokio::time::timeout;

const SHORT: Duration = Duration::from_millis(60);

#[tokio::test]
async fn an_unknown_source_gets_no_answer_and_is_counted() {
    let mut bench =
        Bench::with(|settings| settings.trunks[0].sources = vec!["192.0.2.0/24".parse().unwrap()]).await;
    for method in ["INVITE", "OPTIONS", "REGISTER"] {
        let text = bench.peer.fresh(method, "z9hG4bK1", 1, "", "");
        bench.peer.send(&text).await;
    }
    bench.peer.send("\r\n\r\n").await;
    assert!(bench.peer.within(SHORT).await.is_none());
    assert!(timeout(SHORT, bench.calls.next()).await.is_err());
    assert_eq!(bench.endpoint.counts().foreign, 4);
}

#[tokio::test]
async fn each_fault_of_a_request_has_its_answer() {
    let bench = Bench::new().await;
    let invite = |branch, headers| bench.peer.fresh("INVITE", branch, 1, headers, OFFER);
    let cases = [
        ("420", invite("z9hG4bK1", "Require: foobar\r\n")),
        ("420", invite("z9hG4bK2", "Require: 100rel\r\n")),
        ("400", invite("z9hG4bK3", "").replace("CSeq: 1 INVITE", "CSeq: 1 BYE")),
        ("400", invite("z9hG4bK4", "").replace(";tag=caller", "")),
        ("400", invite("z9hG4bK5", "").replace("Contact:", "X-Contact:")),
        ("400", invite("z9hG4bK6", "").replace("Call-ID:", "X-Call-ID:")),
        ("483", invite("z9hG4bK7", "").replace("Max-Forwards: 70", "Max-Forwards: 0")),
        ("415", invite("z9hG4bK8", "").replace("application/sdp", "text/plain")),
        (
            "481",
            invite("z9hG4bK9", "").replace("To: <sip:200@example.com>", "To: <sip:200@example.com>;tag=none"),
        ),
        ("481", bench.peer.fresh("BYE", "z9hG4bKa", 1, "", "")),
        ("405", bench.peer.fresh("REGISTER", "z9hG4bKb", 1, "", "")),
        ("405", bench.peer.fresh("SUBSCRIBE", "z9hG4bKc", 1, "", "")),
        ("481", bench.peer.fresh("CANCEL", "z9hG4bKd", 1, "", "")),
    ];
    for (code, text) in cases {
        bench.peer.send(&text).await;
        let answer = bench.peer.next().await.expect("an answer");
        assert_eq!(answer.name(), code, "{text}");
        match code {
            "420" => assert!(["foobar", "100rel"].contains(&answer.header("Unsupported"))),
            "405" => assert!(answer.header("Allow").contains("INVITE")),
            "415" => assert_eq!(answer.header("Accept"), "application/sdp"),
            _ => {}
        }
    }
    assert_eq!(bench.endpoint.counts().dialogs, 0);
}

#[tokio::test]
async fn a_probe_is_200_and_while_we_drain_503() {
    let bench = Bench::new().await;
    let probe = bench.peer.fresh("OPTIONS", "z9hG4bK1", 1, "", "");
    bench.peer.send(&probe).await;
    let answer = bench.peer.expect("200").await;
    assert_eq!(answer.header("Accept"), "application/sdp");
    bench.endpoint.drain(true);
    for text in [probe, bench.peer.fresh("INVITE", "z9hG4bK2", 1, "", OFFER)] {
        bench.peer.send(&text).await;
        assert_eq!(bench.peer.expect("503").await.header("Retry-After"), "30");
    }
    bench.endpoint.drain(false);
    bench.peer.invite("z9hG4bK3", 2, OFFER).await;
    bench.peer.expect("100").await;
}

#[tokio::test]
async fn admission_is_asked_and_obeyed() {
    let bench = Bench::with(|settings| {
        settings.admission = Admission::new(|invitation| match invitation.called.reveal().as_str() {
            "200" => Admit::Later(5),
            _ => Admit::Accept,
        });
    })
    .await;
    bench.peer.invite("z9hG4bK1", 1, OFFER).await;
    assert_eq!(bench.peer.expect("503").await.header("Retry-After"), "5");
    assert_eq!(bench.endpoint.counts().refused_admission, 1);
}

#[tokio::test]
async fn a_repeated_invite_gets_the_last_response_and_a_merged_one_482() {
    let mut bench = Bench::new().await;
    bench.peer.invite("z9hG4bK1", 1, OFFER).await;
    let (_, dialog) = timeout(PATIENCE, bench.calls.next()).await.unwrap().unwrap();
    dialog.command(Command::Progress { code: 180, body: "".into() });
    let ringing = bench.peer.expect("180").await;
    bench.peer.invite("z9hG4bK1", 1, OFFER).await;
    assert_eq!(bench.peer.expect("180").await.octets, ringing.octets);
    bench.peer.invite("z9hG4bKother", 1, OFFER).await;
    bench.peer.expect("482").await;
    assert!(timeout(SHORT, bench.calls.next()).await.is_err());
}

#[tokio::test]
async fn an_old_cseq_is_500_and_a_foreign_tag_481() {
    let mut bench = Bench::new().await;
    let (mut dialog, ok) = bench.called().await;
    bench.peer.inside(&ok, "OPTIONS", "z9hG4bK3", 5, "", "").await;
    let Event::Requested(options) = event(&mut dialog).await else { panic!("OPTIONS") };
    dialog.command(Command::Respond { id: options.id, code: 200 });
    bench.peer.expect("200").await;
    bench.peer.inside(&ok, "INVITE", "z9hG4bK4", 4, "", OFFER).await;
    bench.peer.expect("500").await;
    let forged = bench.peer.fresh("BYE", "z9hG4bK5", 9, "", "").replace("tag=caller", "tag=forged");
    let forged = forged.replace("To: <sip:200@example.com>", &format!("To: {}", ok.header("To")));
    bench.peer.send(&forged).await;
    bench.peer.expect("481").await;
    assert_eq!(bench.endpoint.counts().dialogs, 1);
}

#[tokio::test]
async fn compact_headers_are_headers() {
    let mut bench = Bench::new().await;
    let text = bench.peer.fresh("INVITE", "z9hG4bK1", 1, "", OFFER);
    let names = [
        ("Via:", "v:"),
        ("From:", "f:"),
        ("To:", "t:"),
        ("Call-ID:", "i:"),
        ("Contact:", "m:"),
        ("Content-Type:", "c:"),
        ("Content-Length:", "l:"),
    ];
    bench.peer.send(&names.iter().fold(text, |text, (long, short)| text.replace(long, short))).await;
    let (invitation, dialog) = timeout(PATIENCE, bench.calls.next()).await.unwrap().unwrap();
    assert_eq!((invitation.call_id.as_str(), invitation.body), ("call", OFFER.into()));
    accept(&dialog, OFFER);
    bench.peer.expect("200").await;
}

#[tokio::test]
async fn invites_above_the_rate_of_a_source_are_503_and_no_dialog() {
    let bench = Bench::with(|settings| settings.limits.invites = 2).await;
    for number in 1..=6 {
        let text = bench
            .peer
            .fresh("INVITE", &format!("z9hG4bK{number}"), 1, "", OFFER)
            .replace("Call-ID: call", &format!("Call-ID: call{number}"));
        bench.peer.send(&text).await;
    }
    let refused = bench.peer.expect("503").await;
    assert!(refused.header("Retry-After").parse::<u32>().unwrap() >= 1);
    assert!(bench.endpoint.counts().dialogs <= 3);
}

/// Each octet of an INVITE in turn is changed, and parts are cut off: whatever comes of it, the next call is taken.
#[tokio::test]
async fn mutated_messages_end_nothing() {
    let mut bench = Bench::with(|settings| {
        settings.limits.invites = 100_000;
        settings.limits.datagrams = 1_000_000;
    })
    .await;
    let text = bench.peer.fresh("INVITE", "z9hG4bKm", 1, "", OFFER).into_bytes();
    let mut seed = 1u32;
    for at in 0..text.len() {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let mut mutated = text.clone();
        mutated[at] = (seed >> 24) as u8;
        bench.peer.socket.send_to(&mutated, bench.peer.target).await.unwrap();
        bench.peer.socket.send_to(&text[..at], bench.peer.target).await.unwrap();
        while timeout(Duration::ZERO, bench.calls.next()).await.is_ok() {}
    }
    while bench.peer.within(SHORT).await.is_some() {}
    while timeout(Duration::ZERO, bench.calls.next()).await.is_ok() {}
    bench
        .peer
        .send(
            &bench
                .peer
                .fresh("INVITE", "z9hG4bKsound", 1, "", OFFER)
                .replace("Call-ID: call", "Call-ID: sound"),
        )
        .await;
    loop {
        let (invitation, _) = timeout(PATIENCE, bench.calls.next()).await.unwrap().unwrap();
        if invitation.call_id == "sound" {
            break;
        }
    }
}
