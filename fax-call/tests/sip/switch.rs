//! From audio to T.38 and back: who offers, who refuses, and what the media are told meanwhile.

use crate::peer::*;
use fax_call::SuperG3;
use fax_call::media::{Order, Sign};
use fax_call::sip::{BridgeEvent, By, Command, EndCause, Kind, T38Mode};

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

/// A call from the trunk to an ATA: the fax that answers is far, T.38 is near.
#[test]
fn a_fax_heard_far_away_takes_the_near_leg_to_t38_if_that_is_the_one_that_can() {
    let mut settings = settings();
    settings.targets[0].leg.t38 = T38Mode::Never;
    let mut call = Call::answered(settings);
    call.heard(Far, Sign::V21Preamble);
    call.wait(millis(500));
    assert_eq!(live(&call.offer(Near)), ["image 10002"]);
    call.accept(Near, sdp(Near, 2, &audio_off_fax()));
    assert!(matches!((call.order(Near), call.order(Far)), (Order::T38(_), Order::Audio(_))));
    call.nothing(Far);
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
    call.heard(Far, Sign::V21Preamble);
    call.wait(millis(300));
    call.accept(Far, sdp(Far, 2, &audio_off_fax()));
    assert_eq!(call.told(BridgeEvent::Heard(Far, Sign::V21Preamble)), 1);
    assert_eq!(call.told(BridgeEvent::Offered { side: Far, by: By::Us, media: Kind::T38 }), 1);
    let switched = BridgeEvent::Switched { side: Far, by: By::Us, media: Kind::T38, after: millis(300) };
    assert_eq!(call.told(switched), 1);
}

/// AUD-4: what is heard first of ANSam is CED.
#[test]
fn where_super_g3_passes_v34_is_not_interrupted_by_anybody() {
    for (super_g3, interrupted) in [(SuperG3::Pass, false), (SuperG3::Suppress, true), (SuperG3::Block, true)]
    {
        let mut settings = settings();
        for leg in [&mut settings.near, &mut settings.targets[0].leg] {
            leg.super_g3 = super_g3;
            leg.triggers.ced = Some(millis(400));
            leg.triggers.ansam = Some(millis(400));
        }
        let mut call = Call::answered(settings);
        call.heard(Far, Sign::Ced);
        call.wait(millis(200));
        call.heard(Far, Sign::Ansam);
        call.wait(millis(1000));
        if interrupted {
            assert_eq!(live(&call.offer(Far)), ["image 20002"]);
            continue;
        }
        call.nothing(Far);
        call.reinvite(Far, sdp(Far, 2, &audio_off_fax()));
        assert_eq!(call.refused(Far), 488);
        // Whoever has said CM comes to T.38 no more, nor does who has heard of V.34.
        call.wait(millis(60_000));
        call.nothing(Far);
        assert!(matches!(call.order(Far), Order::Audio(_)));
    }
}

/// One of the two is no Super G3 machine.
#[test]
fn where_super_g3_passes_and_v21_follows_all_the_same_the_fax_goes_to_t38() {
    let pass = || {
        let mut settings = gateway();
        settings.targets[0].leg.super_g3 = SuperG3::Pass;
        let mut call = Call::answered(settings);
        call.heard(Far, Sign::Ansam);
        call.wait(millis(3000));
        call.heard(Far, Sign::V21Preamble);
        call
    };
    let mut call = pass();
    call.wait(millis(500));
    assert_eq!(live(&call.offer(Far)), ["image 20002"]);
    let mut call = pass();
    call.reinvite(Far, sdp(Far, 2, &audio_off_fax()));
    call.accepted(Far);
    assert!(matches!(call.order(Far), Order::T38(_)));
}
