//! Both ends at once.

use crate::peer::*;
use fax_call::media::{Order, Sign};
use fax_call::sip::{BridgeEvent, Command, Method, SessionTimer};

/// SIP-5.
#[test]
fn an_offer_that_crosses_ours_is_refused_with_491() {
    for (by, body) in [
        (Method::ReInvite, sdp(Far, 2, &audio_off_fax())),
        (Method::Update, sdp(Far, 2, &audio_off_fax())),
        (Method::ReInvite, bytes::Bytes::new()),
    ] {
        let mut call = Call::answered(gateway());
        call.trigger();
        call.take(Far, fax_call::sip::Event::Offered { by, body, timer: SessionTimer::default() });
        assert_eq!(call.refused(Far), 491);
        assert_eq!(call.told(BridgeEvent::Glare(Far)), 1);
        // Ours goes on.
        call.accept(Far, sdp(Far, 2, &audio_off_fax()));
        assert!(matches!(call.order(Far), Order::T38(_)));
    }
}

/// SIP-5. The far dialog is ours, so we wait the longer time there; the near one is not (RFC 3261 14.1).
#[test]
fn after_491_the_owner_of_the_call_id_waits_longer() {
    for seed in 0..50 {
        let mut settings = settings();
        settings.seed = seed;
        let mut call = Call::answered(settings);
        call.trigger();
        call.offer(Near);
        call.refuse(Near, 491);
        call.refuse(Far, 491);
        assert!(matches!((call.order(Near), call.order(Far)), (Order::Audio(_), Order::Audio(_))));
        call.wait(millis(2_000));
        assert_eq!(live(&call.offer(Near)), ["image 10002"], "seed {seed}");
        call.wait(millis(99));
        call.nothing(Far);
        call.wait(millis(1_901));
        assert_eq!(live(&call.offer(Far)), ["image 20002"], "seed {seed}");
    }
}

/// SIP-5.
#[test]
fn an_offer_of_t38_that_comes_while_we_wait_is_taken_and_ours_is_forgotten() {
    let mut call = Call::answered(gateway());
    call.trigger();
    call.refuse(Far, 491);
    call.wait(millis(1_000));
    call.reinvite(Far, sdp(Far, 2, &audio_off_fax()));
    assert_eq!(live(&call.accepted(Far)), ["image 20002"]);
    call.wait(millis(30_000));
    call.nothing(Far);
    assert!(matches!(call.order(Far), Order::T38(_)));
}

/// SIP-5, SIP-9: what crossed ours was only audio with another address.
#[test]
fn audio_that_comes_while_we_wait_is_taken_and_t38_is_offered_after_it() {
    let mut call = Call::answered(gateway());
    call.trigger();
    call.refuse(Far, 491);
    call.reinvite(Far, sdp(Far, 2, &AUDIO.replace("4000", "4100")));
    assert_eq!(live(&call.accepted(Far)), ["audio 20000"]);
    call.wait(millis(4_000));
    assert_eq!(live(&call.offer(Far)), ["image 20002"]);
}

/// SIP-5: what is heard meanwhile does not shorten the wait.
#[test]
fn another_preamble_does_not_cut_the_wait_short() {
    let mut call = Call::answered(gateway());
    call.trigger();
    call.refuse(Far, 491);
    call.heard(Far, Sign::V21Preamble);
    call.wait(millis(2_099));
    call.nothing(Far);
}

#[test]
fn glare_without_end_is_a_refusal() {
    let mut call = Call::answered(gateway());
    call.trigger();
    for _ in 0..3 {
        call.refuse(Far, 491);
        call.wait(millis(4_000));
        call.offer(Far);
    }
    call.refuse(Far, 491);
    call.wait(millis(30_000));
    call.nothing(Far);
}

#[test]
fn a_second_request_while_one_waits_is_put_off() {
    // The far end sends UPDATE before it answers: that waits, and what comes after it does not.
    let mut call = Call::new(gateway(), sdp(Near, 1, AUDIO));
    call.invite();
    call.update(Far, sdp(Far, 1, FAX));
    call.nothing(Far);
    call.update(Far, sdp(Far, 2, FAX));
    let Command::Refuse { code, retry_after, .. } = call.next(Far) else { panic!("no refusal") };
    assert!(code == 500 && retry_after.is_some_and(|wait| wait <= millis(10_000)));
}

/// RFC 3311 5.2.
#[test]
fn a_caller_that_updates_before_its_answer_is_put_off() {
    let mut call = Call::new(gateway(), sdp(Near, 1, AUDIO));
    call.update(Near, sdp(Near, 2, AUDIO));
    let Command::Refuse { code, retry_after, .. } = call.next(Near) else { panic!("no refusal") };
    assert!(code == 500 && retry_after.is_some());
    call.invite();
    call.accept(Far, sdp(Far, 1, AUDIO));
    assert_eq!(live(&call.accepted(Near)), ["audio 10000"]);
}

#[test]
fn a_bare_update_is_no_offer_and_does_not_collide() {
    let mut call = Call::answered(gateway());
    call.trigger();
    call.update(Far, bytes::Bytes::new());
    let Command::Accept { body, .. } = call.next(Far) else { panic!("not accepted") };
    assert!(body.is_empty());
    assert_eq!(call.order(Far), &Order::Muted);
    call.heard(Far, Sign::V21Preamble);
    call.nothing(Far);
}
