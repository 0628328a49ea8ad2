//! Dialogs against a peer that is a script over UDP: what is on the wire, and what the seam says of it.

mod support;

use fax_call::sip::{Command, Event, Gone, Method};
use support::{Bench, OFFER, PATIENCE, T38, accept, event, offer, refuse};
use tokio::time::timeout;

#[tokio::test]
async fn a_call_comes_in_switches_to_t38_and_is_ended_by_the_peer() {
    let mut bench = Bench::new().await;
    bench.peer.invite("z9hG4bK1", 1, OFFER).await;
    let (invitation, mut dialog) = timeout(PATIENCE, bench.calls.next()).await.unwrap().unwrap();
    assert_eq!((invitation.caller.reveal().as_str(), invitation.called.reveal().as_str()), ("100", "200"));
    assert_eq!((invitation.trunk.as_str(), invitation.max_forwards, invitation.hops), ("peer", 70, 0));
    assert_eq!((invitation.body, invitation.source), (OFFER.into(), bench.peer.address));
    dialog.command(Command::Progress { code: 183, body: OFFER.into() });
    let ringing = bench.peer.expect("183").await;
    assert_eq!(ringing.body(), OFFER);
    accept(&dialog, OFFER);
    let ok = bench.peer.expect("200").await;
    assert_eq!((ok.body(), ok.tag_of("To")), (OFFER, ringing.tag_of("To")));
    bench.peer.ack(&ok, "z9hG4bK2").await;
    assert_eq!(event(&mut dialog).await, Event::Acknowledged { body: "".into() });

    bench.peer.inside(&ok, "INVITE", "z9hG4bK3", 2, "", T38).await;
    let Event::Offered { by: Method::ReInvite, body, .. } = event(&mut dialog).await else {
        panic!("an offer")
    };
    assert_eq!(body, T38);
    accept(&dialog, T38);
    let ok = bench.peer.expect("200").await;
    assert_eq!((ok.body(), ok.cseq()), (T38, 2));
    bench.peer.ack(&ok, "z9hG4bK4").await;
    assert_eq!(event(&mut dialog).await, Event::Acknowledged { body: "".into() });

    bench.peer.inside(&ok, "BYE", "z9hG4bK5", 3, "Reason: Q.850;cause=16\r\n", "").await;
    assert_eq!(event(&mut dialog).await, Event::Gone(Gone::Bye(Some(16))));
    assert_eq!(bench.peer.expect("200").await.header("CSeq"), "3 BYE");
    assert!(dialog.events.recv().await.is_none());
    assert_eq!(bench.endpoint.counts().dialogs, 0);
}

#[tokio::test]
async fn a_call_goes_out_switches_to_t38_and_is_ended_by_us() {
    let bench = Bench::new().await;
    let mut dialog = bench.dial(OFFER);
    let invite = bench.peer.expect("INVITE").await;
    assert!(invite.start().starts_with("INVITE sip:200@127.0.0.1:"), "{}", invite.start());
    assert_eq!(
        (invite.header("Max-Forwards"), invite.header("X-Fax-Gateway-Hops"), invite.body()),
        ("69", "1", OFFER)
    );
    bench.peer.reply(&invite, 180, "").await;
    assert_eq!(event(&mut dialog).await, Event::Progress { code: 180, body: "".into() });
    bench.peer.reply(&invite, 200, OFFER).await;
    let Event::Accepted { body, .. } = event(&mut dialog).await else { panic!("accepted") };
    assert_eq!(body, OFFER);
    let ack = bench.peer.expect("ACK").await;
    assert_eq!((ack.cseq(), ack.tag_of("To"), ack.body()), (invite.cseq(), "peer", ""));

    offer(&dialog, Method::ReInvite, T38);
    let switch = bench.peer.expect("INVITE").await;
    assert_eq!((switch.body(), switch.cseq(), switch.tag_of("To")), (T38, invite.cseq() + 1, "peer"));
    bench.peer.reply(&switch, 200, T38).await;
    let Event::Accepted { body, .. } = event(&mut dialog).await else { panic!("accepted") };
    assert_eq!(body, T38);
    assert_eq!(bench.peer.expect("ACK").await.cseq(), switch.cseq());

    dialog.command(Command::Bye);
    let bye = bench.peer.expect("BYE").await;
    bench.peer.reply(&bye, 200, "").await;
    assert_eq!(event(&mut dialog).await, Event::Gone(Gone::AsAsked));
}

/// SIP-1, SIP-2.
#[tokio::test]
async fn a_refused_switch_leaves_the_call_alive_both_ways() {
    let mut bench = Bench::new().await;
    let (mut dialog, ok) = bench.called().await;
    offer(&dialog, Method::ReInvite, T38);
    let switch = bench.peer.expect("INVITE").await;
    bench.peer.reply(&switch, 488, "").await;
    assert!(matches!(event(&mut dialog).await, Event::Refused { code: 488, .. }));
    assert_eq!(bench.peer.expect("ACK").await.branch(), switch.branch());
    bench.peer.inside(&ok, "INVITE", "z9hG4bK7", 2, "", T38).await;
    assert!(matches!(event(&mut dialog).await, Event::Offered { .. }));
    refuse(&dialog, 488);
    assert_eq!(bench.peer.expect("488").await.cseq(), 2);
    bench.peer.inside(&ok, "ACK", "z9hG4bK7", 2, "", "").await;
    bench.peer.inside(&ok, "INVITE", "z9hG4bK8", 3, "", OFFER).await;
    assert!(matches!(event(&mut dialog).await, Event::Offered { .. }));
    accept(&dialog, OFFER);
    let ok = bench.peer.expect("200").await;
    bench.peer.ack(&ok, "z9hG4bK9").await;
    assert!(matches!(event(&mut dialog).await, Event::Acknowledged { .. }));
}
