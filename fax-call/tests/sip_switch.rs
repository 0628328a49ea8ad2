//! From audio to T.38 and back: who offers, who refuses, and what the media are told meanwhile.

mod peer;

use fax_call::media::{Order, Sign};
use fax_call::sip::{BridgeEvent, By, Command, EndCause, Kind, T38Mode};
use peer::*;

/// Near in audio for good: an ATA without T.38.
fn gateway() -> fax_call::sip::BridgeSettings {
    let mut settings = settings();
    settings.near.t38 = T38Mode::Never;
    settings
}

#[test]
fn a_fax_heard_far_away_takes_the_far_leg_to_t38_and_leaves_the_near_one_in_audio() {
    let mut call = Call::answered(gateway());
    assert!(matches!(call.order(Far), Order::Audio(audio) if audio.remote == at(Far, 4000)));
    call.heard(Far, Sign::V21Preamble);
    call.wait(millis(499));
    call.nothing(Far);
    call.wait(millis(1));
    let offer = call.offer(Far);
    assert_eq!(live(&offer), ["image 20002"]);
    assert_eq!(offer.media.len(), 2, "the audio line keeps its place");
    assert_eq!(call.order(Far), &Order::Muted);

    call.accept(Far, sdp(Far, 2, &audio_off_fax()));
    let Order::T38(t38) = call.order(Far) else { panic!("{:?}", call.order(Far)) };
    assert_eq!((t38.remote, t38.continues), (at(Far, 4002), false));
    assert!(matches!(call.order(Near), Order::Audio(_)));
    call.nothing(Near);
}

/// SIP-1.
#[test]
fn a_refusal_brings_the_audio_back_at_once_and_is_not_asked_for_again() {
    for code in [415, 488, 606, 603, 405, 501, 400, 500] {
        let mut call = Call::answered(gateway());
        let before = call.order(Far).clone();
        call.heard(Far, Sign::V21Preamble);
        call.wait(millis(500));
        call.offer(Far);
        call.refuse(Far, code);
        assert_eq!(call.order(Far), &before, "{code}");
        call.heard(Far, Sign::V21Preamble);
        call.wait(millis(10_000));
        call.nothing(Far);
        assert!(!call.bridge.is_over());
    }
}

#[test]
fn a_required_t38_that_is_refused_ends_the_call_with_that_cause() {
    let mut settings = gateway();
    settings.targets[0].leg.t38 = T38Mode::Require;
    let mut call = Call::answered(settings);
    call.heard(Far, Sign::V21Preamble);
    call.wait(millis(500));
    call.offer(Far);
    call.refuse(Far, 488);
    assert_eq!(call.cause(), EndCause::T38Refused(Far, 488));
    assert_eq!((call.next(Near), call.next(Far)), (Command::Bye, Command::Bye));
}

#[test]
fn the_record_says_who_switched_and_how_long_it_took() {
    let mut call = Call::answered(gateway());
    call.heard(Far, Sign::V21Preamble);
    call.wait(millis(500));
    call.wait(millis(300));
    call.accept(Far, sdp(Far, 2, &audio_off_fax()));
    let switched = BridgeEvent::Switched { side: Far, by: By::Us, media: Kind::T38, after: millis(300) };
    assert_eq!(call.told(switched), 1);
}
