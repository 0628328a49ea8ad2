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

#[tokio::test]
async fn a_200_that_nobody_acknowledges_is_repeated_and_then_the_call_is_over() {
    let mut bench = Bench::new().await;
    bench.peer.invite("z9hG4bK1", 1, OFFER).await;
    let (_, mut dialog) = timeout(PATIENCE, bench.calls.next()).await.unwrap().unwrap();
    accept(&dialog, OFFER);
    let first = bench.peer.expect("200").await;
    assert_eq!(bench.peer.expect("200").await.octets, first.octets);
    bench.peer.expect("BYE").await;
    assert_eq!(event(&mut dialog).await, Event::Gone(Gone::Lost));
}

/// SIP-10: our 200 to the peer's switch is repeated until its ACK comes; then the call goes back to audio.
#[tokio::test]
async fn a_switch_whose_ack_is_lost_stands_and_so_does_the_way_back() {
    let mut bench = Bench::new().await;
    let (mut dialog, ok) = bench.called().await;
    bench.peer.inside(&ok, "INVITE", "z9hG4bK3", 2, "", T38).await;
    assert!(matches!(event(&mut dialog).await, Event::Offered { .. }));
    accept(&dialog, T38);
    let first = bench.peer.expect("200").await;
    assert_eq!(bench.peer.expect("200").await.octets, first.octets);
    bench.peer.ack(&first, "z9hG4bK4").await;
    assert!(matches!(event(&mut dialog).await, Event::Acknowledged { .. }));
    bench.peer.inside(&ok, "INVITE", "z9hG4bK5", 3, "", OFFER).await;
    let Event::Offered { body, .. } = event(&mut dialog).await else { panic!("an offer") };
    assert_eq!(body, OFFER);
    accept(&dialog, OFFER);
    let back = loop {
        // Copies of the first 200 may still be on their way.
        let ok = bench.peer.expect("200").await;
        if ok.cseq() == 3 {
            break ok;
        }
    };
    bench.peer.ack(&back, "z9hG4bK6").await;
    assert!(matches!(event(&mut dialog).await, Event::Acknowledged { .. }));
}

#[tokio::test]
async fn a_session_that_is_too_short_is_422_and_says_what_is_not() {
    let mut bench = Bench::new().await;
    let timer = "Supported: timer\r\nSession-Expires: 30\r\n";
    let text = bench.peer.fresh("INVITE", "z9hG4bK1", 1, timer, OFFER);
    bench.peer.send(&text).await;
    let (invitation, dialog) = timeout(PATIENCE, bench.calls.next()).await.unwrap().unwrap();
    assert_eq!(invitation.timer.expires, Some(fax_core::Span::from_millis(30_000)));
    let min_se = Some(fax_core::Span::from_millis(90_000));
    dialog.command(Command::Refuse { code: 422, retry_after: None, min_se });
    assert_eq!(bench.peer.expect("422").await.header("Min-SE"), "90");
}

#[tokio::test]
async fn a_repeated_200_gets_the_same_ack_octet_by_octet() {
    let bench = Bench::new().await;
    let mut dialog = bench.dial(OFFER);
    let invite = bench.peer.expect("INVITE").await;
    bench.peer.reply(&invite, 200, OFFER).await;
    let first = bench.peer.expect("ACK").await;
    assert!(matches!(event(&mut dialog).await, Event::Accepted { .. }));
    for _ in 0..3 {
        bench.peer.reply(&invite, 200, OFFER).await;
        assert_eq!(bench.peer.expect("ACK").await.octets, first.octets);
    }
}

#[tokio::test]
async fn a_call_without_an_offer_is_answered_in_the_ack() {
    let bench = Bench::new().await;
    let mut dialog = bench.dial("");
    let invite = bench.peer.expect("INVITE").await;
    assert_eq!((invite.body(), invite.find("Content-Type")), ("", None));
    bench.peer.reply(&invite, 200, OFFER).await;
    assert!(matches!(event(&mut dialog).await, Event::Accepted { .. }));
    dialog.command(Command::Acknowledge { body: T38.into() });
    let ack = bench.peer.expect("ACK").await;
    assert_eq!((ack.body(), ack.header("Content-Type")), (T38, "application/sdp"));
}

#[tokio::test]
async fn an_offer_in_our_200_is_answered_in_the_peers_ack() {
    let mut bench = Bench::new().await;
    let (mut dialog, ok) = bench.called().await;
    bench.peer.inside(&ok, "INVITE", "z9hG4bK3", 2, "", "").await;
    assert!(
        matches!(event(&mut dialog).await, Event::Offered { by: Method::ReInvite, body, .. } if body.is_empty())
    );
    accept(&dialog, T38);
    let ok = bench.peer.expect("200").await;
    bench.peer.inside(&ok, "ACK", "z9hG4bK4", 2, "", T38).await;
    assert_eq!(event(&mut dialog).await, Event::Acknowledged { body: T38.into() });
}

#[tokio::test]
async fn the_peer_takes_its_call_back() {
    let mut bench = Bench::new().await;
    bench.peer.invite("z9hG4bK1", 1, OFFER).await;
    let (_, mut dialog) = timeout(PATIENCE, bench.calls.next()).await.unwrap().unwrap();
    let cancel = bench.peer.fresh("CANCEL", "z9hG4bK1", 1, "", "");
    bench.peer.send(&cancel).await;
    assert_eq!(event(&mut dialog).await, Event::Cancelled);
    assert_eq!(event(&mut dialog).await, Event::Gone(Gone::AsAsked));
    let (mut cancelled, mut terminated) = (false, false);
    while !(cancelled && terminated) {
        let message = bench.peer.next().await.expect("both answers");
        cancelled |= message.name() == "200" && message.header("CSeq") == "1 CANCEL";
        terminated |= message.name() == "487" && message.header("CSeq") == "1 INVITE";
    }
}

#[tokio::test]
async fn a_cancel_waits_for_the_peers_first_response() {
    let bench = Bench::new().await;
    let mut dialog = bench.dial(OFFER);
    let invite = bench.peer.expect("INVITE").await;
    dialog.command(Command::Cancel);
    assert_eq!(bench.peer.expect("INVITE").await.octets, invite.octets); // repeated, not cancelled
    bench.peer.reply(&invite, 180, "").await;
    let cancel = bench.peer.expect("CANCEL").await;
    assert_eq!((cancel.branch(), cancel.cseq()), (invite.branch(), invite.cseq()));
    bench.peer.reply(&cancel, 200, "").await;
    bench.peer.reply(&invite, 487, "").await;
    assert!(matches!(event(&mut dialog).await, Event::Progress { code: 180, .. }));
    assert_eq!(event(&mut dialog).await, Event::Gone(Gone::AsAsked));
}

/// SIP-4.
#[tokio::test]
async fn a_200_that_crosses_our_cancel_is_acknowledged_and_ended() {
    let bench = Bench::new().await;
    let mut dialog = bench.dial(OFFER);
    let invite = bench.peer.expect("INVITE").await;
    bench.peer.reply(&invite, 180, "").await;
    assert!(matches!(event(&mut dialog).await, Event::Progress { .. }));
    dialog.command(Command::Cancel);
    bench.peer.expect("CANCEL").await;
    bench.peer.reply(&invite, 200, OFFER).await;
    bench.peer.expect("ACK").await;
    let bye = bench.peer.expect("BYE").await;
    bench.peer.reply(&bye, 200, "").await;
    assert_eq!(event(&mut dialog).await, Event::Gone(Gone::AsAsked));
}

#[tokio::test]
async fn another_branch_of_a_fork_that_accepts_late_is_given_back() {
    let bench = Bench::new().await;
    let (_dialog, invite) = bench.up().await;
    let late = bench.peer.response(&invite, 200, "other", "", OFFER);
    bench.peer.send(&late).await;
    assert_eq!(bench.peer.expect("ACK").await.tag_of("To"), "other");
    assert_eq!(bench.peer.expect("BYE").await.tag_of("To"), "other");
}

#[tokio::test]
async fn an_invite_that_nobody_answers_is_408_and_one_that_is_busy_is_486() {
    let bench = Bench::new().await;
    let mut silent = bench.dial(OFFER);
    assert!(matches!(event(&mut silent).await, Event::Refused { code: 408, .. }));
    assert_eq!(event(&mut silent).await, Event::Gone(Gone::AsAsked));
    while bench.peer.within(core::time::Duration::from_millis(20)).await.is_some() {}
    let mut busy = bench.dial(OFFER);
    let invite = bench.peer.expect("INVITE").await;
    bench.peer.reply_with(&invite, 486, "Retry-After: 7 (later)\r\n", "").await;
    let Event::Refused { code: 486, retry_after, .. } = event(&mut busy).await else { panic!("refused") };
    assert_eq!(retry_after, Some(fax_core::Span::from_millis(7000)));
    assert_eq!(event(&mut busy).await, Event::Gone(Gone::AsAsked));
    bench.peer.expect("ACK").await;
}

#[tokio::test]
async fn an_update_refreshes_without_an_ack() {
    let mut bench = Bench::new().await;
    let (mut dialog, ok) = bench.called().await;
    bench
        .peer
        .inside(
            &ok,
            "UPDATE",
            "z9hG4bK3",
            2,
            "Supported: timer\r\nSession-Expires: 1800;refresher=uac\r\n",
            "",
        )
        .await;
    let Event::Offered { by: Method::Update, body, timer } = event(&mut dialog).await else {
        panic!("an UPDATE")
    };
    assert_eq!(
        (body.len(), timer.expires, timer.requester_refreshes),
        (0, Some(fax_core::Span::from_millis(1_800_000)), Some(true))
    );
    dialog.command(Command::Accept { body: "".into(), timer });
    let refreshed = bench.peer.expect("200").await;
    assert_eq!(
        (refreshed.header("Session-Expires"), refreshed.header("Require")),
        ("1800;refresher=uac", "timer")
    );
    offer(&dialog, Method::Update, "");
    let update = bench.peer.expect("UPDATE").await;
    bench.peer.reply_with(&update, 422, "Min-SE: 3600\r\n", "").await;
    let Event::Refused { code: 422, min_se, .. } = event(&mut dialog).await else { panic!("refused") };
    assert_eq!(min_se, Some(fax_core::Span::from_millis(3_600_000)));
}

#[tokio::test]
async fn a_second_offer_while_one_is_open_is_500_with_retry_after() {
    let mut bench = Bench::new().await;
    let (mut dialog, ok) = bench.called().await;
    bench.peer.inside(&ok, "INVITE", "z9hG4bK3", 2, "", T38).await;
    assert!(matches!(event(&mut dialog).await, Event::Offered { .. }));
    bench.peer.inside(&ok, "UPDATE", "z9hG4bK4", 3, "", T38).await;
    let refused = bench.peer.expect("500").await;
    assert_eq!(refused.cseq(), 3);
    assert!(refused.header("Retry-After").parse::<u32>().unwrap() <= 10);
}

/// SIP-5.
#[tokio::test]
async fn crossing_offers_both_reach_the_machine_and_both_are_refused_491() {
    let mut bench = Bench::new().await;
    let (mut dialog, ok) = bench.called().await;
    offer(&dialog, Method::ReInvite, T38);
    let ours = bench.peer.expect("INVITE").await;
    bench.peer.inside(&ok, "INVITE", "z9hG4bK3", 2, "", T38).await;
    assert!(matches!(event(&mut dialog).await, Event::Offered { .. }));
    refuse(&dialog, 491);
    assert_eq!(bench.peer.expect("491").await.cseq(), 2);
    bench.peer.reply(&ours, 491, "").await;
    assert!(matches!(event(&mut dialog).await, Event::Refused { code: 491, .. }));
}

#[tokio::test]
async fn a_bye_during_our_reinvite_ends_the_dialog() {
    let mut bench = Bench::new().await;
    let (mut dialog, ok) = bench.called().await;
    offer(&dialog, Method::ReInvite, T38);
    bench.peer.expect("INVITE").await;
    bench.peer.inside(&ok, "BYE", "z9hG4bK3", 2, "", "").await;
    assert_eq!(event(&mut dialog).await, Event::Gone(Gone::Bye(None)));
    assert_eq!(bench.peer.expect("200").await.header("CSeq"), "2 BYE");
}

/// SIP-11.
/// Two trunks at one address, as two ports of one border controller: a request inside a dialog is its peer's, though a
/// call that came from there would be the first trunk's.
#[tokio::test]
async fn of_two_trunks_at_one_address_the_called_one_ends_its_call() {
    let bench = Bench::with(|settings| {
        let mut first = settings.trunks[0].clone();
        first.name = "first".into();
        settings.trunks.insert(0, first);
    })
    .await;
    let (mut dialog, invite) = bench.up().await;
    bench.peer.back(&invite, "BYE", "z9hG4bK9", 1, "", "").await;
    bench.peer.expect("200").await;
    assert_eq!(event(&mut dialog).await, Event::Gone(Gone::Bye(None)));
}

#[tokio::test]
async fn a_challenge_on_the_reinvite_is_answered_once() {
    let mut bench = Bench::with(|settings| {
        let password = "secret".to_owned().into();
        settings.trunks[0].credentials =
            Some(fax_net::Credentials { user: "100".into(), password, realm: None });
    })
    .await;
    let (mut dialog, _) = bench.called().await;
    offer(&dialog, Method::ReInvite, T38);
    let switch = bench.peer.expect("INVITE").await;
    let challenge =
        "Proxy-Authenticate: Digest realm=\"r\", nonce=\"n\", algorithm=SHA-256, qop=\"auth\"\r\n";
    bench.peer.reply_with(&switch, 407, challenge, "").await;
    bench.peer.expect("ACK").await;
    let again = bench.peer.expect("INVITE").await;
    assert_eq!((again.cseq(), again.body()), (switch.cseq() + 1, T38));
    assert!(again.header("Proxy-Authorization").contains("username=\"100\", realm=\"r\", nonce=\"n\""));
    bench.peer.reply_with(&again, 407, challenge, "").await;
    assert!(matches!(event(&mut dialog).await, Event::Refused { code: 407, .. }));
}

#[tokio::test]
async fn other_requests_pass_both_ways() {
    let mut bench = Bench::new().await;
    let (mut dialog, ok) = bench.called().await;
    bench.peer.inside(&ok, "REFER", "z9hG4bK3", 2, "Refer-To: <sip:300@example.com>\r\n", "").await;
    let Event::Requested(refer) = event(&mut dialog).await else { panic!("a request") };
    assert_eq!((refer.method.as_str(), refer.about.reveal().as_str()), ("REFER", "<sip:300@example.com>"));
    dialog.command(Command::Respond { id: refer.id, code: 202 });
    assert_eq!(bench.peer.expect("202").await.header("CSeq"), "2 REFER");
    dialog.command(Command::Request(refer.clone()));
    let sent = bench.peer.expect("REFER").await;
    assert_eq!(sent.header("Refer-To"), "<sip:300@example.com>");
    bench.peer.reply(&sent, 202, "").await;
    assert_eq!(event(&mut dialog).await, Event::Responded { id: refer.id, code: 202 });
}

#[tokio::test]
async fn an_owner_that_goes_away_ends_its_dialogs() {
    let mut bench = Bench::new().await;
    let (dialog, _) = bench.called().await;
    drop(dialog);
    bench.peer.expect("BYE").await;
    let waiting = bench.dial(OFFER);
    let invite = bench.peer.expect("INVITE").await;
    bench.peer.reply(&invite, 180, "").await;
    drop(waiting);
    bench.peer.expect("CANCEL").await;
}

#[tokio::test]
async fn a_481_inside_the_dialog_is_its_end() {
    let bench = Bench::new().await;
    let (mut dialog, _) = bench.up().await;
    offer(&dialog, Method::ReInvite, T38);
    let switch = bench.peer.expect("INVITE").await;
    bench.peer.reply(&switch, 481, "").await;
    assert!(matches!(event(&mut dialog).await, Event::Refused { code: 481, .. }));
    assert_eq!(event(&mut dialog).await, Event::Gone(Gone::Lost));
}
