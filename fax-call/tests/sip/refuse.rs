//! T.38 that is refused, in all the ways peers do it.

use crate::peer::*;
use fax_call::media::{Order, Sign};
use fax_call::sip::Kind;
use fax_call::sip::{BridgeEvent, By, Command, EndCause, Event};

/// SIP-1.
#[test]
fn a_refusal_brings_the_audio_back_at_once_and_is_not_asked_for_again() {
    for code in [300, 400, 403, 405, 415, 488, 500, 501, 503, 603, 606, 699] {
        let mut call = Call::answered(gateway());
        let before = call.order(Far).clone();
        call.trigger();
        assert_eq!(call.order(Far), &Order::Muted, "{code}");
        call.refuse(Far, code);
        assert_eq!(call.order(Far), &before, "{code}");
        call.heard(Far, Sign::V21Preamble);
        call.wait(millis(10_000));
        call.nothing(Far);
        assert!(!call.bridge.is_over(), "{code}");
    }
}

/// SIP-1.
#[test]
fn a_refusal_that_means_the_dialog_is_gone_ends_the_call() {
    for code in [408, 481] {
        let mut call = Call::answered(gateway());
        call.trigger();
        call.refuse(Far, code);
        assert_eq!(call.cause(), EndCause::Lost(Far), "{code}");
        assert_eq!((call.next(Near), call.next(Far)), (Command::Bye, Command::Bye), "{code}");
    }
}

/// SIP-1, SIP-2.
#[test]
fn who_refused_and_then_offers_itself_is_taken_and_may_be_asked_once_more() {
    let mut call = Call::answered(gateway());
    call.trigger();
    call.refuse(Far, 488);
    call.reinvite(Far, sdp(Far, 2, &audio_off_fax()));
    assert_eq!(live(&call.accepted(Far)), ["image 20002"]);
    assert!(matches!(call.order(Far), Order::T38(_)));

    // Back to audio, and a second fax: once more, and never again.
    call.reinvite(Far, sdp(Far, 3, &format!("{AUDIO}m=image 0 udptl t38\r\n")));
    assert_eq!(live(&call.accepted(Far)), ["audio 20000"]);
    call.trigger();
    call.refuse(Far, 488);
    call.reinvite(Far, sdp(Far, 4, &format!("m=audio 0 RTP/AVP 8\r\n{FAX}")));
    call.accepted(Far);
    call.reinvite(Far, sdp(Far, 5, &format!("{AUDIO}m=image 0 udptl t38\r\n")));
    call.accepted(Far);
    call.heard(Far, Sign::V21Preamble);
    call.wait(millis(10_000));
    call.nothing(Far);
}

/// SIP-2: FS-11833 answered this without a description.
#[test]
fn the_next_re_invite_after_a_refusal_gets_a_whole_answer() {
    let mut call = Call::answered(gateway());
    call.trigger();
    call.refuse(Far, 488);
    call.reinvite(Far, sdp(Far, 2, &AUDIO.replace("4000", "4100")));
    let answer = call.accepted(Far);
    assert_eq!(live(&answer), ["audio 20000"]);
    assert!(answer.media[0].formats.starts_with("8 "), "{answer}");
    assert!(matches!(call.order(Far), Order::Audio(audio) if audio.remote == at(Far, 4100)));
}

/// SIP-3.
#[test]
fn an_answer_without_a_live_image_line_is_a_refusal_and_audio_is_offered_anew() {
    let answers = [
        "m=audio 0 RTP/AVP 8\r\nm=image 0 udptl t38\r\n",
        "m=audio 4000 RTP/AVP 8\r\nm=image 0 udptl t38\r\n",
        "m=audio 4000 RTP/AVP 8\r\n",
        "m=image 0 udptl t38\r\n",
        "",
    ];
    for answer in answers {
        let mut call = Call::answered(gateway());
        let before = call.order(Far).clone();
        call.trigger();
        call.accept(Far, if answer.is_empty() { bytes::Bytes::new() } else { sdp(Far, 2, answer) });
        assert_eq!(call.order(Far), &before, "{answer:?}");
        let refused = BridgeEvent::Refused { side: Far, by: By::Us, code: 200, after: millis(0) };
        assert_eq!(call.told(refused), 1, "{answer:?}");
        let offer = call.offer(Far);
        assert_eq!(live(&offer), ["audio 20000"], "{answer:?}");
        call.accept(Far, sdp(Far, 3, &format!("{AUDIO}m=image 0 udptl t38\r\n")));
        assert!(matches!(call.order(Far), Order::Audio(_)));
        call.wait(millis(20_000));
        call.nothing(Far);
    }
}

/// SIP-4.
#[test]
fn a_provisional_response_to_a_re_invite_changes_nothing() {
    let mut call = Call::answered(gateway());
    call.trigger();
    let told = call.events.len();
    call.take(Far, Event::Progress { code: 183, body: sdp(Far, 2, AUDIO) });
    call.take(Far, Event::Progress { code: 180, body: bytes::Bytes::new() });
    assert_eq!((call.order(Far), call.events.len()), (&Order::Muted, told));
    call.accept(Far, sdp(Far, 2, &audio_off_fax()));
    assert!(matches!(call.order(Far), Order::T38(_)));
}

/// SIP-4.
#[test]
fn a_second_final_response_is_none() {
    let mut call = Call::answered(gateway());
    call.trigger();
    call.refuse(Far, 488);
    let before = (call.orders[1].len(), call.events.len());
    call.accept(Far, sdp(Far, 2, &audio_off_fax()));
    call.refuse(Far, 603);
    call.nothing(Far);
    assert_eq!((call.orders[1].len(), call.events.len()), before);

    let mut call = Call::gateway();
    let before = (call.orders[1].len(), call.events.len());
    call.accept(Far, sdp(Far, 2, AUDIO));
    call.refuse(Far, 481);
    call.nothing(Far);
    assert_eq!((call.orders[1].len(), call.events.len()), before);
}

/// SIP-4.
#[test]
fn an_answer_after_we_gave_up_is_undone_by_audio() {
    let mut call = Call::answered(gateway());
    let before = call.order(Far).clone();
    call.trigger();
    call.wait(millis(7_999));
    assert_eq!(call.order(Far), &Order::Muted);
    call.wait(millis(1));
    assert_eq!(call.order(Far), &before, "the fax machines go on in audio");
    assert_eq!(call.told(BridgeEvent::Refused { side: Far, by: By::Us, code: 408, after: millis(8_000) }), 1);

    call.wait(millis(3_000));
    call.accept(Far, sdp(Far, 2, &audio_off_fax()));
    assert_eq!(call.told(BridgeEvent::TooLate(Far)), 1);
    assert_eq!(live(&call.offer(Far)), ["audio 20000"]);
    call.accept(Far, sdp(Far, 3, &format!("{AUDIO}m=image 0 udptl t38\r\n")));
    assert_eq!(call.order(Far), &before);
    let back = BridgeEvent::Switched { side: Far, by: By::Us, media: Kind::Audio, after: millis(0) };
    assert_eq!(call.told(back), 1);
}

/// SIP-4: a refusal after we gave up is what we have already acted on.
#[test]
fn a_refusal_after_we_gave_up_changes_nothing() {
    let mut call = Call::answered(gateway());
    call.trigger();
    call.wait(millis(9_000));
    let before = (call.orders[1].len(), call.events.len());
    call.refuse(Far, 488);
    call.nothing(Far);
    assert_eq!((call.orders[1].len(), call.events.len()), before);
}

/// SIP-3, SIP-4: as long as the audio that we offer anew is not taken, what we last said is not what holds.
#[test]
fn a_refresh_between_a_lost_audio_line_and_the_next_gets_audio() {
    let refused = format!("{AUDIO}m=image 0 udptl t38\r\n");
    let mut call = Call::answered(gateway());
    call.trigger();
    call.accept(Far, sdp(Far, 2, &refused));
    call.offer(Far);
    call.refuse(Far, 488);
    for body in [sdp(Far, 2, &refused), bytes::Bytes::new()] {
        call.reinvite(Far, body);
        assert_eq!(live(&call.accepted(Far)), ["audio 20000"]);
        call.ack(Far);
    }
}

#[test]
fn without_fallback_a_refusal_ends_the_call() {
    let mut settings = gateway();
    settings.targets[0].leg.fallback = false;
    let mut call = Call::answered(settings);
    call.trigger();
    call.refuse(Far, 415);
    assert_eq!(call.cause(), EndCause::T38Refused(Far, 415));
}

#[test]
fn who_is_not_to_have_t38_is_refused_it_and_stays_in_audio() {
    let mut call = Call::answered(gateway());
    let before = call.orders[0].len();
    call.reinvite(Near, sdp(Near, 2, FAX));
    assert_eq!(call.refused(Near), 488);
    assert_eq!(call.orders[0].len(), before);
    call.nothing(Far);
}

#[test]
fn a_peer_that_is_busy_with_another_offer_is_asked_again_when_it_says() {
    let mut call = Call::answered(gateway());
    call.trigger();
    let retry_after = Some(millis(3_000));
    call.take(Far, Event::Refused { code: 500, retry_after, min_se: None });
    assert!(matches!(call.order(Far), Order::Audio(_)));
    call.wait(millis(2_999));
    call.nothing(Far);
    call.wait(millis(1));
    assert_eq!(live(&call.offer(Far)), ["image 20002"]);
}

/// SIP-11: credentials are the stack's; if it has none that count, it is a refusal like any other.
#[test]
fn a_challenge_that_reaches_us_is_a_refusal() {
    for code in [401, 407] {
        let mut call = Call::answered(gateway());
        call.trigger();
        call.refuse(Far, code);
        assert!(matches!(call.order(Far), Order::Audio(_)));
        assert!(!call.bridge.is_over());
    }
}
