//! Refreshes and session timers: they never disturb the media.

use crate::peer::*;
use bytes::Bytes;
use fax_call::Phase;
use fax_call::media::Order;
use fax_call::sip::{BridgeEvent, By, Command, EndCause, Event, Method, SessionTimer};
use fax_core::Span;

const fn asking(seconds: u64, requester_refreshes: Option<bool>) -> SessionTimer {
    SessionTimer {
        supported: true,
        expires: Some(Span::from_millis(seconds * 1000)),
        requester_refreshes,
        min: None,
    }
}

/// A gateway call whose far peer has agreed on timers.
fn timed(timer: SessionTimer) -> Call {
    let mut call = Call::new(gateway(), sdp(Near, 1, AUDIO));
    call.invite();
    call.take(Far, Event::Accepted { body: sdp(Far, 1, AUDIO), timer });
    call.accepted(Near);
    call.ack(Near);
    call
}

/// SIP-8, N3: the same T.38 again, the same o= line or a counted one; by re-INVITE or UPDATE.
#[test]
fn a_refresh_of_t38_is_answered_with_t38_and_changes_nothing() {
    for version in [2, 3] {
        for by in [Method::ReInvite, Method::Update] {
            let mut call = Call::gateway();
            call.phase(Phase::Page);
            let (orders, near) = (call.orders[1].len(), call.orders[0].len());
            let body = sdp(Far, version, &audio_off_fax());
            call.take(Far, Event::Offered { by, body, timer: asking(1800, Some(true)) });
            let answer = call.accepted(Far);
            assert_eq!(live(&answer), ["image 20002"]);
            assert_eq!((call.orders[1].len(), call.orders[0].len()), (orders, near));
            call.nothing(Near);
            assert_eq!(call.told(BridgeEvent::Refreshed { side: Far, by: By::Peer }), 1);
        }
    }
}

/// SIP-8.
#[test]
fn a_refresh_without_a_description_gets_what_holds_word_for_word() {
    let mut call = Call::answered(gateway());
    let offer = call.trigger();
    call.accept(Far, sdp(Far, 2, &audio_off_fax()));
    let orders = call.orders[1].len();
    call.reinvite(Far, Bytes::new());
    assert_eq!(call.accepted(Far), offer);
    call.take(Far, Event::Acknowledged { body: sdp(Far, 2, &audio_off_fax()) });
    call.update(Far, Bytes::new());
    let Command::Accept { body, .. } = call.next(Far) else { panic!("not accepted") };
    assert!(body.is_empty());
    assert_eq!(call.orders[1].len(), orders);
    call.nothing(Near);
}

/// SIP-8: an end that refreshes with the audio it remembers, in the middle of a page.
#[test]
fn a_refresh_with_the_old_audio_does_not_end_t38_while_a_fax_is_at_work() {
    let mut call = Call::gateway();
    call.phase(Phase::Page);
    let orders = call.orders[1].len();
    call.reinvite(Far, sdp(Far, 1, AUDIO));
    assert_eq!(live(&call.accepted(Far)), ["image 20002"]);
    assert_eq!(call.orders[1].len(), orders);

    // When all is over it means what it says.
    call.phase(Phase::Released);
    call.reinvite(Far, sdp(Far, 1, AUDIO));
    assert_eq!(live(&call.accepted(Far)), ["audio 20000"]);
    assert!(matches!(call.order(Far), Order::Audio(_)));
}

/// SIP-8: ours says T.38, with the version it had.
#[test]
fn our_refresh_comes_at_half_time_and_says_what_holds() {
    let mut call = timed(asking(600, Some(true)));
    let offer = call.trigger();
    call.take(Far, Event::Accepted { body: sdp(Far, 2, &audio_off_fax()), timer: asking(600, Some(true)) });
    let orders = call.orders[1].len();
    call.wait(millis(299_999));
    call.nothing(Far);
    call.wait(millis(1));
    let Command::Offer { by: Method::ReInvite, body, timer } = call.next(Far) else { panic!("no refresh") };
    assert_eq!(read(&body), offer);
    assert_eq!(timer, asking(600, Some(true)));
    assert!(matches!(call.order(Far), Order::T38(_)), "nothing is muted");
    call.take(Far, Event::Accepted { body: sdp(Far, 2, &audio_off_fax()), timer: asking(600, Some(true)) });
    assert_eq!(call.orders[1].len(), orders);
    assert_eq!(call.told(BridgeEvent::Refreshed { side: Far, by: By::Us }), 1);
    call.wait(millis(300_000));
    assert!(matches!(call.next(Far), Command::Offer { .. }));
}

/// SIP-8: UPDATE without a description cannot disturb anything, but only for those who know UPDATE.
#[test]
fn who_knows_update_is_refreshed_by_it_and_if_it_refuses_by_re_invite() {
    let mut call = timed(asking(600, Some(true)));
    call.take(
        Far,
        Event::Offered { by: Method::Update, body: Bytes::new(), timer: asking(600, Some(false)) },
    );
    call.next(Far);
    call.wait(millis(300_000));
    let Command::Offer { by: Method::Update, body, .. } = call.next(Far) else { panic!("no refresh") };
    assert!(body.is_empty());
    call.refuse(Far, 501);
    let Command::Offer { by: Method::ReInvite, body, .. } = call.next(Far) else { panic!("no refresh") };
    assert_eq!(live(&read(&body)), ["audio 20000"]);
}

/// A refusal shows that the peer is there; a time-out or 481 that it is not (RFC 4028 10).
#[test]
fn a_refused_refresh_is_tried_again_and_a_lost_one_ends_the_call() {
    let mut call = timed(asking(600, Some(true)));
    call.wait(millis(300_000));
    call.next(Far);
    call.refuse(Far, 488);
    call.wait(millis(5_000));
    assert!(matches!(call.next(Far), Command::Offer { .. }));
    call.refuse(Far, 481);
    assert_eq!(call.cause(), EndCause::Lost(Far));
}

/// RFC 4028 10.
#[test]
fn a_peer_that_does_not_refresh_is_hung_up_on_a_little_before_its_time() {
    let mut call = timed(asking(600, Some(false)));
    call.wait(millis(567_999));
    assert_eq!((call.queue[0].len(), call.queue[1].len()), (0, 0));
    call.wait(millis(1));
    assert_eq!(call.cause(), EndCause::SessionExpired(Far));
    assert_eq!((call.next(Near), call.next(Far)), (Command::Bye, Command::Bye));

    // One that does is not.
    let mut call = timed(asking(600, Some(false)));
    for _ in 0..10 {
        call.wait(millis(300_000));
        call.take(
            Far,
            Event::Offered { by: Method::Update, body: Bytes::new(), timer: asking(600, Some(true)) },
        );
        assert!(matches!(call.next(Far), Command::Accept { .. }));
    }
    assert!(!call.bridge.is_over());
}

#[test]
fn who_says_nothing_of_timers_has_none() {
    let mut call = Call::answered(gateway());
    call.wait(millis(36_000_000));
    assert_eq!((call.queue[0].len(), call.queue[1].len()), (0, 0));
}

#[test]
fn an_interval_of_less_than_ninety_seconds_is_refused_with_422() {
    let mut invitation = invitation(sdp(Near, 1, AUDIO));
    invitation.timer = asking(60, None);
    let mut call = Call::invited(gateway(), &invitation);
    let refusal = Command::Refuse { code: 422, retry_after: None, min_se: Some(millis(90_000)) };
    assert_eq!(call.next(Near), refusal);
    assert_eq!(call.cause(), EndCause::NotAcceptable(422));
    assert!(call.bridge.is_over());

    let mut call = Call::answered(gateway());
    call.take(Far, Event::Offered { by: Method::Update, body: Bytes::new(), timer: asking(89, None) });
    assert_eq!(call.next(Far), refusal);
}

#[test]
fn a_422_to_our_invite_is_answered_with_a_longer_interval() {
    let mut call = Call::new(gateway(), sdp(Near, 1, AUDIO));
    call.invite();
    call.take(Far, Event::Refused { code: 422, retry_after: None, min_se: Some(millis(7_200_000)) });
    let Command::Invite { timer, body, .. } = call.next(Far) else { panic!("no INVITE") };
    assert_eq!(
        (timer.expires, live(&read(&body))),
        (Some(millis(7_200_000)), vec!["audio 20000".to_owned()])
    );
    // And not without end.
    call.take(Far, Event::Refused { code: 422, retry_after: None, min_se: Some(millis(7_200_000)) });
    assert_eq!(call.refused(Near), 502);
}

#[test]
fn a_422_to_an_offer_asks_for_a_longer_interval_and_not_for_no_t38() {
    let mut call = timed(asking(600, Some(true)));
    call.trigger();
    call.take(Far, Event::Refused { code: 422, retry_after: None, min_se: Some(millis(3_600_000)) });
    let Command::Offer { timer, body, .. } = call.next(Far) else { panic!("no offer") };
    assert_eq!((timer, live(&read(&body))), (asking(3600, Some(true)), vec!["image 20002".to_owned()]));
}

/// SIP-12.
#[test]
fn an_offer_of_t38_says_nothing_of_timers_that_do_not_run() {
    let mut call = Call::answered(gateway());
    call.heard(Far, fax_call::media::Sign::V21Preamble);
    call.wait(millis(500));
    let Command::Offer { timer, .. } = call.next(Far) else { panic!("no offer") };
    assert_eq!(timer, SessionTimer::default());
}

#[test]
fn the_callers_wish_for_a_timer_is_granted_in_the_answer() {
    let mut invitation = invitation(sdp(Near, 1, AUDIO));
    invitation.timer = asking(900, Some(false));
    let mut call = Call::invited(gateway(), &invitation);
    call.invite();
    call.accept(Far, sdp(Far, 1, AUDIO));
    let Command::Accept { timer, .. } = call.next(Near) else { panic!("not accepted") };
    assert_eq!(timer, asking(900, Some(false)));
    call.ack(Near);
    call.wait(millis(450_000));
    assert!(matches!(call.next(Near), Command::Offer { .. }), "it is for us to refresh");
}
