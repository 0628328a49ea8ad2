//! Until there is an answer, and how calls end.

use crate::peer::*;
use bytes::Bytes;
use fax_call::Phase;
use fax_call::media::Order;
use fax_call::sip::{BridgeEvent, Command, EndCause, Event, Gone, Stop};

fn two_targets() -> fax_call::sip::BridgeSettings {
    let mut settings = gateway();
    settings.targets.push(target(millis(5_000)));
    settings
}

#[test]
fn ringing_and_answer_are_passed_on_and_media_follow() {
    let mut call = Call::new(gateway(), sdp(Near, 1, AUDIO));
    assert_eq!(call.invite().media[0].formats, "8 0 101");
    call.take(Far, Event::Progress { code: 180, body: Bytes::new() });
    assert_eq!(call.next(Near), Command::Progress { code: 180, body: Bytes::new() });
    assert_eq!((call.order(Near), call.order(Far)), (&Order::Nothing, &Order::Nothing));
    call.take(Far, Event::Progress { code: 183, body: sdp(Far, 1, "m=audio 4000 RTP/AVP 0\r\n") });
    let Command::Progress { code: 183, body } = call.next(Near) else { panic!("no progress") };
    let early = read(&body);
    assert_eq!((live(&early), early.media[0].formats.as_str()), (vec!["audio 10000".to_owned()], "0"));
    assert!(matches!((call.order(Near), call.order(Far)), (Order::Audio(_), Order::Audio(_))));
    let orders = call.orders[0].len();
    call.accept(Far, sdp(Far, 1, "m=audio 4000 RTP/AVP 0\r\n"));
    assert_eq!(call.accepted(Near), early, "what was said early holds");
    assert_eq!(call.orders[0].len(), orders);
}

#[test]
fn an_answer_that_was_given_early_need_not_be_said_again() {
    let mut call = Call::new(gateway(), sdp(Near, 1, AUDIO));
    call.invite();
    call.take(Far, Event::Progress { code: 183, body: sdp(Far, 1, AUDIO) });
    call.next(Near);
    call.accept(Far, Bytes::new());
    assert_eq!(live(&call.accepted(Near)), ["audio 10000"]);
}

#[test]
fn a_refusal_of_the_way_leads_to_the_next_target_and_one_of_the_called_does_not() {
    for code in [302, 403, 407, 408, 488, 500, 503, 606] {
        let mut call = Call::new(two_targets(), sdp(Near, 1, AUDIO));
        call.invite();
        call.refuse(Far, code);
        call.invite();
        call.nothing(Near);
        call.accept(Far, sdp(Far, 1, AUDIO));
        call.accepted(Near);
        assert_eq!(call.told(BridgeEvent::NotReached { target: 0, code }), 1);
        assert_eq!(call.told(BridgeEvent::Answered(1)), 1);
    }
    for code in [404, 480, 486, 600, 603] {
        let mut call = Call::new(two_targets(), sdp(Near, 1, AUDIO));
        call.invite();
        call.refuse(Far, code);
        assert_eq!(call.refused(Near), code);
        assert_eq!(call.cause(), EndCause::NotAnswered(code));
        assert!(call.bridge.is_over());
    }
}

#[test]
fn a_target_that_says_nothing_is_given_up_when_its_time_is_over() {
    let mut call = Call::new(two_targets(), sdp(Near, 1, AUDIO));
    call.invite();
    call.wait(millis(10_000));
    assert_eq!(call.next(Far), Command::Cancel);
    call.invite();
    call.wait(millis(5_000));
    assert_eq!(call.next(Far), Command::Cancel);
    assert_eq!(call.refused(Near), 504);
    assert_eq!(call.cause(), EndCause::NotAnswered(504));
}

#[test]
fn what_rings_may_ring_longer_but_not_for_ever() {
    let mut call = Call::new(two_targets(), sdp(Near, 1, AUDIO));
    call.invite();
    call.wait(millis(9_000));
    call.take(Far, Event::Progress { code: 180, body: Bytes::new() });
    call.next(Near);
    call.wait(millis(179_999));
    call.nothing(Far);
    call.take(Far, Event::Progress { code: 180, body: Bytes::new() });
    call.next(Near);
    call.wait(millis(1));
    assert_eq!((call.next(Far), call.refused(Near)), (Command::Cancel, 480));
}

#[test]
fn what_a_caller_need_not_know_is_not_passed_on() {
    for (code, passed) in [(302, 502), (401, 502), (407, 502), (408, 504), (503, 500), (403, 403), (606, 606)]
    {
        let mut call = Call::new(gateway(), sdp(Near, 1, AUDIO));
        call.invite();
        call.refuse(Far, code);
        assert_eq!(call.refused(Near), passed, "{code}");
    }
}

#[test]
fn no_target_at_all_is_404() {
    let mut settings = gateway();
    settings.targets.clear();
    let mut call = Call::new(settings, sdp(Near, 1, AUDIO));
    assert_eq!(call.refused(Near), 404);
    assert!(call.bridge.is_over());
}

#[test]
fn a_caller_that_gives_up_ends_the_far_call() {
    let mut call = Call::new(gateway(), sdp(Near, 1, AUDIO));
    call.invite();
    call.take(Near, Event::Cancelled);
    assert_eq!(call.next(Far), Command::Cancel);
    call.nothing(Near);
    assert_eq!(call.cause(), EndCause::Cancelled);
    assert!(!call.bridge.is_over());
    call.refuse(Far, 487);
    assert!(call.bridge.is_over());
}

/// SIP-4: a 200 that crosses our CANCEL.
#[test]
fn an_answer_that_crosses_our_cancel_is_hung_up() {
    let mut call = Call::new(gateway(), sdp(Near, 1, AUDIO));
    call.invite();
    call.take(Near, Event::Cancelled);
    call.next(Far);
    call.accept(Far, sdp(Far, 1, AUDIO));
    assert_eq!(call.next(Far), Command::Bye);
    call.accept(Far, sdp(Far, 1, AUDIO));
    call.nothing(Far);
    call.nothing(Near);
    call.take(Far, Event::Gone(Gone::AsAsked));
    assert!(call.bridge.is_over());
    assert!(call.orders.iter().all(|orders| orders.is_empty()));
}

#[test]
fn who_hangs_up_ends_the_call_for_both() {
    for side in [Near, Far] {
        let mut call = Call::gateway();
        call.hang_up(side);
        assert_eq!(call.next(side.other()), Command::Bye);
        call.nothing(side);
        assert_eq!(call.cause(), EndCause::HungUp(side, Some(16)));
        assert_eq!((call.order(Near), call.order(Far)), (&Order::Nothing, &Order::Nothing));
        call.take(side.other(), Event::Gone(Gone::AsAsked));
        assert!(call.bridge.is_over());
    }
}

#[test]
fn a_stack_that_never_tells_of_the_end_does_not_keep_the_call() {
    let mut call = Call::gateway();
    call.hang_up(Near);
    call.wait(millis(33_000));
    assert!(call.bridge.is_over());
    assert_eq!(call.bridge.deadline(), None);
}

#[test]
fn a_bye_that_meets_an_open_offer_ends_the_call() {
    let mut call = Call::answered(gateway());
    call.trigger();
    call.hang_up(Far);
    call.accept(Far, sdp(Far, 2, &audio_off_fax()));
    assert_eq!(call.next(Near), Command::Bye);
    call.nothing(Far);
    assert_eq!(call.cause(), EndCause::HungUp(Far, Some(16)));
    // A final response to what was open comes as well, after our BYE.
    let mut call = Call::answered(gateway());
    call.trigger();
    call.hang_up(Near);
    assert_eq!(call.next(Far), Command::Bye);
    call.accept(Far, sdp(Far, 2, &audio_off_fax()));
    call.nothing(Far);
    assert_eq!(call.order(Far), &Order::Nothing);
}

#[test]
fn an_ack_that_never_comes_ends_the_call() {
    let mut call = Call::new(gateway(), sdp(Near, 1, AUDIO));
    call.invite();
    call.accept(Far, sdp(Far, 1, AUDIO));
    call.accepted(Near);
    call.take(Near, Event::Gone(Gone::Lost));
    assert_eq!(call.cause(), EndCause::Lost(Near));
    assert_eq!(call.next(Far), Command::Bye);
}

/// RFC 3261 15.
#[test]
fn no_bye_goes_out_before_the_ack() {
    let mut call = Call::new(gateway(), sdp(Near, 1, AUDIO));
    call.invite();
    call.accept(Far, sdp(Far, 1, AUDIO));
    call.accepted(Near);
    call.hang_up(Far);
    call.nothing(Near);
    call.ack(Near);
    assert_eq!(call.next(Near), Command::Bye);
}

/// The peer's switch, its ACK lost, and back to audio.
#[test]
fn a_lost_ack_of_a_re_invite_does_not_hold_up_the_next() {
    let mut call = Call::answered(gateway());
    call.reinvite(Far, sdp(Far, 2, &audio_off_fax()));
    call.accepted(Far);
    call.reinvite(Far, sdp(Far, 3, &format!("{AUDIO}m=image 0 udptl t38\r\n")));
    assert_eq!(live(&call.accepted(Far)), ["audio 20000"]);
    assert!(matches!(call.order(Far), Order::Audio(_)));
}

/// An INVITE without an offer: ours comes with the 200, its answer with the ACK.
#[test]
fn an_invite_without_an_offer_is_answered_with_ours() {
    let mut call = Call::new(gateway(), Bytes::new());
    assert_eq!(call.invite().media[0].formats, "8 0");
    call.accept(Far, sdp(Far, 1, "m=audio 4000 RTP/AVP 0\r\n"));
    let offer = call.accepted(Near);
    assert_eq!((live(&offer), offer.media[0].formats.as_str()), (vec!["audio 10000".to_owned()], "0"));
    assert_eq!(call.order(Near), &Order::Nothing);
    call.take(Near, Event::Acknowledged { body: sdp(Near, 1, "m=audio 4000 RTP/AVP 0\r\n") });
    assert!(matches!(call.order(Near), Order::Audio(audio) if audio.remote == at(Near, 4000)));

    let mut call = Call::new(gateway(), Bytes::new());
    call.invite();
    call.accept(Far, sdp(Far, 1, AUDIO));
    call.accepted(Near);
    call.ack(Near);
    assert_eq!(call.cause(), EndCause::NotAcceptable(488));
    assert_eq!((call.next(Near), call.next(Far)), (Command::Bye, Command::Bye));
}

/// The ACK of such a 200 to a re-INVITE is lost, and its stack does not tell.
#[test]
fn an_answer_that_never_comes_with_an_ack_does_not_block_the_dialog() {
    let mut call = Call::gateway();
    call.reinvite(Far, Bytes::new());
    call.accepted(Far);
    call.reinvite(Far, sdp(Far, 3, AUDIO));
    assert_eq!(call.refused(Far), 491);
    call.wait(millis(33_000));
    call.reinvite(Far, sdp(Far, 3, &format!("{AUDIO}m=image 0 udptl t38\r\n")));
    assert_eq!(live(&call.accepted(Far)), ["audio 20000"]);
}

/// The stack tells of 408 long before; if it does not, the call does not stay.
#[test]
fn a_request_of_ours_without_any_response_ends_the_call() {
    let mut call = Call::answered(gateway());
    call.trigger();
    call.wait(millis(179_999));
    assert!(matches!(call.order(Far), Order::Audio(_)));
    call.nothing(Far);
    call.wait(millis(1));
    assert_eq!((call.next(Near), call.next(Far)), (Command::Bye, Command::Bye));
    assert_eq!(call.cause(), EndCause::Lost(Far));
}

#[test]
fn an_answer_with_nothing_in_common_is_hung_up_and_the_next_is_tried() {
    let mut call = Call::new(two_targets(), sdp(Near, 1, AUDIO));
    call.invite();
    call.accept(Far, sdp(Far, 1, "m=audio 4000 RTP/AVP 18\r\n"));
    assert_eq!(call.next(Far), Command::Bye);
    call.invite();
    call.accept(Far, sdp(Far, 1, AUDIO));
    call.accepted(Near);
}

/// SIP-10: hanging up at once after the last page spoiled the far end's result.
#[test]
fn after_a_fax_the_peers_have_two_seconds_to_hang_up() {
    let mut call = Call::gateway();
    call.phase(Phase::Released);
    call.bridge.finished(call.now);
    call.wait(millis(1_999));
    assert_eq!((call.queue[0].len(), call.queue[1].len()), (0, 0));
    call.wait(millis(1));
    assert_eq!((call.next(Near), call.next(Far)), (Command::Bye, Command::Bye));
    assert_eq!(call.cause(), EndCause::Finished);
}

#[test]
fn a_call_can_be_stopped_in_every_state_and_tells_so_once() {
    let stop = |mut call: Call, near: Command, far: Command| {
        call.queue = Default::default();
        call.bridge.hang_up(call.now, Stop::Shutdown);
        call.bridge.hang_up(call.now, Stop::Operator);
        call.drain();
        assert_eq!(call.cause(), EndCause::Stopped(Stop::Shutdown));
        assert_eq!((call.next(Near), call.next(Far)), (near, far));
        call.wait(millis(40_000));
        assert!(call.bridge.is_over());
    };
    let refused = Command::Refuse { code: 503, retry_after: None, min_se: None };
    stop(Call::new(gateway(), sdp(Near, 1, AUDIO)), refused, Command::Cancel);
    stop(Call::answered(gateway()), Command::Bye, Command::Bye);
    stop(Call::gateway(), Command::Bye, Command::Bye);
}
