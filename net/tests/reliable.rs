//! Provisional responses that want to be acknowledged (RFC 3262): carriers that send or require them, callers that know them.

mod support;

use core::time::Duration;
use fax_call::sip::{Command, Event};
use support::{Bench, OFFER, PATIENCE, accept, event};
use tokio::time::timeout;

const RELIABLE: &str = "Require: 100rel\r\nRSeq: 7\r\n";

#[tokio::test]
async fn a_reliable_response_is_acknowledged_once_and_told_once() {
    let bench = Bench::new().await;
    let mut dialog = bench.dial(OFFER);
    let invite = bench.peer.expect("INVITE").await;
    for _ in 0..3 {
        bench.peer.reply_with(&invite, 183, RELIABLE, OFFER).await;
    }
    assert_eq!(event(&mut dialog).await, Event::Progress { code: 183, body: OFFER.into() });
    let prack = bench.peer.expect("PRACK").await;
    assert_eq!(prack.header("RAck"), format!("7 {} INVITE", invite.cseq()));
    assert_eq!((prack.cseq(), prack.tag_of("To")), (invite.cseq() + 1, "peer"));
    bench.peer.reply(&prack, 200, "").await;
    // What overtook another has to wait for it.
    bench.peer.reply_with(&invite, 180, "Require: 100rel\r\nRSeq: 9\r\n", "").await;
    bench.peer.reply_with(&invite, 180, "Require: 100rel\r\nRSeq: 8\r\n", "").await;
    assert_eq!(bench.peer.expect("PRACK").await.header("RAck"), format!("8 {} INVITE", invite.cseq()));
    assert_eq!(event(&mut dialog).await, Event::Progress { code: 180, body: "".into() });
    bench.peer.reply(&invite, 200, "").await;
    assert!(matches!(event(&mut dialog).await, Event::Accepted { .. }));
    assert_eq!(bench.peer.expect("ACK").await.cseq(), invite.cseq());
}

#[tokio::test]
async fn a_carrier_that_requires_reliable_responses_is_asked_again_with_them() {
    let bench = Bench::new().await;
    let mut dialog = bench.dial(OFFER);
    let first = bench.peer.expect("INVITE").await;
    assert_eq!(first.find("Supported"), None);
    bench.peer.reply_with(&first, 421, "Require: 100rel\r\n", "").await;
    let second = bench.peer.expect("INVITE").await;
    assert_eq!((second.header("Supported"), second.body()), ("100rel", OFFER));
    assert_eq!((second.cseq(), second.header("Call-ID")), (first.cseq() + 1, first.header("Call-ID")));
    // Once, and no more.
    bench.peer.reply_with(&second, 421, "Require: 100rel\r\n", "").await;
    assert!(matches!(event(&mut dialog).await, Event::Refused { code: 421, .. }));
}

#[tokio::test]
async fn a_caller_that_knows_reliable_responses_gets_plain_ones_and_its_call() {
    let mut bench = Bench::new().await;
    bench.peer.send(&bench.peer.fresh("INVITE", "z9hG4bK1", 1, "Supported: 100rel, timer\r\n", OFFER)).await;
    let (_, mut dialog) = timeout(PATIENCE, bench.calls.next()).await.unwrap().unwrap();
    dialog.command(Command::Progress { code: 180, body: "".into() });
    let ringing = bench.peer.expect("180").await;
    assert_eq!((ringing.find("Require"), ringing.find("RSeq")), (None, None));
    accept(&dialog, OFFER);
    let ok = bench.peer.expect("200").await;
    bench.peer.ack(&ok, "z9hG4bK2").await;
    assert!(matches!(event(&mut dialog).await, Event::Acknowledged { .. }));
}

/// It is told what is missing, and calls again without.
#[tokio::test]
async fn a_caller_that_requires_reliable_responses_is_told_so_and_taken_without() {
    let mut bench = Bench::new().await;
    bench.peer.send(&bench.peer.fresh("INVITE", "z9hG4bK1", 1, "Require: 100rel\r\n", OFFER)).await;
    assert_eq!(bench.peer.expect("420").await.header("Unsupported"), "100rel");
    bench.peer.send(&bench.peer.fresh("INVITE", "z9hG4bK2", 2, "Supported: 100rel\r\n", OFFER)).await;
    assert!(timeout(PATIENCE, bench.calls.next()).await.unwrap().is_some());
    assert!(bench.peer.within(Duration::from_millis(50)).await.is_some_and(|trying| trying.name() == "100"));
}
