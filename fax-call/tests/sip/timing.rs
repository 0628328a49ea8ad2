//! Who moves first, too early and too late.

use crate::peer::*;
use fax_call::Phase;
use fax_call::media::{Order, Sign};
use fax_call::sip::{LateOffers, T38Mode};

/// SIP-6, N13, N17: two ends that each wait for the other.
#[test]
fn when_nobody_offers_both_legs_are_offered_t38() {
    let mut call = Call::answered(settings());
    call.heard(Far, Sign::V21Preamble);
    call.wait(millis(500));
    assert_eq!(live(&call.offer(Near)), ["image 10002"]);
    assert_eq!(live(&call.offer(Far)), ["image 20002"]);
    call.accept(Near, sdp(Near, 2, &audio_off_fax()));
    call.refuse(Far, 488);
    assert!(matches!((call.order(Near), call.order(Far)), (Order::T38(_), Order::Audio(_))));
}

/// SIP-6.
#[test]
fn when_one_end_offers_in_time_only_the_other_leg_is_offered_t38() {
    let mut call = Call::answered(settings());
    call.heard(Far, Sign::V21Preamble);
    call.wait(millis(300));
    call.reinvite(Far, sdp(Far, 2, FAX));
    assert_eq!(live(&call.accepted(Far)), ["image 20002"]);
    assert_eq!(live(&call.offer(Near)), ["image 10002"]);
    call.accept(Near, sdp(Near, 2, &audio_off_fax()));
    assert!(matches!((call.order(Near), call.order(Far)), (Order::T38(_), Order::T38(_))));
    call.wait(millis(10_000));
    call.nothing(Far);
    call.nothing(Near);
}

/// SIP-6: tones are no triggers unless somebody says so (AUD-8), and not for ever (AUD-9).
#[test]
fn tones_are_triggers_by_choice_and_for_a_while() {
    for sign in [Sign::Cng, Sign::Ced, Sign::Ansam] {
        let mut call = Call::answered(gateway());
        call.heard(Near, sign);
        call.wait(millis(10_000));
        call.nothing(Far);
    }
    for (after, offered) in [(59_000, true), (61_000, false)] {
        let mut settings = gateway();
        settings.targets[0].leg.triggers.cng = Some(millis(1_000));
        let mut call = Call::answered(settings);
        call.wait(millis(after));
        call.heard(Near, Sign::Cng);
        call.wait(millis(1_000));
        assert_eq!(call.queue[1].len(), usize::from(offered), "after {after} ms");
    }
}

/// AUD-9.
#[test]
fn v21_is_a_trigger_however_late_in_the_call() {
    let mut call = Call::answered(gateway());
    call.wait(millis(600_000));
    assert_eq!(live(&call.trigger()), ["image 20002"]);
}

#[test]
fn what_is_heard_before_the_answer_counts_once_there_is_one() {
    let mut call = Call::new(gateway(), sdp(Near, 1, AUDIO));
    call.invite();
    call.heard(Far, Sign::V21Preamble);
    call.wait(millis(2_000));
    call.nothing(Far);
    call.accept(Far, sdp(Far, 1, AUDIO));
    assert_eq!(live(&call.offer(Far)), ["image 20002"]);
}

/// SIP-7: UPDATE with T.38 before the 200.
#[test]
fn t38_offered_before_the_answer_waits_for_it() {
    let mut call = Call::new(gateway(), sdp(Near, 1, AUDIO));
    call.invite();
    call.update(Far, sdp(Far, 1, FAX));
    call.wait(millis(4_000));
    call.nothing(Far);
    call.accept(Far, sdp(Far, 1, AUDIO));
    assert_eq!(live(&call.accepted(Far)), ["image 20002"]);
    assert_eq!(live(&call.accepted(Near)), ["audio 10000"]);
    assert!(matches!(call.order(Far), Order::T38(t38) if t38.remote == at(Far, 4002)));
}

/// SIP-7.
#[test]
fn t38_offered_before_the_answer_does_not_wait_for_ever() {
    let mut call = Call::new(gateway(), sdp(Near, 1, AUDIO));
    call.invite();
    call.update(Far, sdp(Far, 1, FAX));
    call.wait(millis(5_000));
    assert_eq!(call.refused(Far), 488);
    call.accept(Far, sdp(Far, 1, AUDIO));
    assert_eq!(live(&call.accepted(Near)), ["audio 10000"]);
}

/// SIP-7.
#[test]
fn t38_offered_before_the_ack_is_taken_and_nothing_is_lost() {
    let mut settings = settings();
    settings.targets[0].leg.t38 = T38Mode::Never;
    let mut call = Call::new(settings, sdp(Near, 1, AUDIO));
    call.invite();
    call.accept(Far, sdp(Far, 1, AUDIO));
    call.accepted(Near);
    call.reinvite(Near, sdp(Near, 2, FAX));
    assert_eq!(live(&call.accepted(Near)), ["image 10002"]);
    assert!(matches!(call.order(Near), Order::T38(t38) if t38.remote == at(Near, 4002)));
    assert!(matches!(call.order(Far), Order::Audio(_)));
    call.nothing(Far);
}

/// No re-INVITE of ours before the ACK of the first 200, if it comes at all.
#[test]
fn our_own_offer_waits_for_the_ack() {
    let mut call = Call::new(settings(), sdp(Near, 1, AUDIO));
    call.invite();
    call.accept(Far, sdp(Far, 1, AUDIO));
    call.accepted(Near);
    call.heard(Far, Sign::V21Preamble);
    call.wait(millis(1_000));
    call.nothing(Near);
    call.ack(Near);
    assert_eq!(live(&call.offer(Near)), ["image 10002"]);
}

/// SIP-17, N19. Not by default: there is a patent on it.
#[test]
fn t38_that_comes_in_the_middle_of_a_page_is_refused_if_so_set_and_taken_at_the_next_safe_point() {
    let mut settings = gateway();
    settings.targets[0].leg.late = LateOffers::Refuse;
    let mut call = Call::answered(settings);
    for phase in [Phase::Commanded, Phase::Tcf, Phase::TcfSent, Phase::Page, Phase::PostPage] {
        call.phase(phase);
        call.reinvite(Far, sdp(Far, 2, FAX));
        assert_eq!(call.refused(Far), 488, "{phase:?}");
        assert!(matches!(call.order(Far), Order::Audio(_)));
    }
    call.phase(Phase::NextDocument);
    call.reinvite(Far, sdp(Far, 2, FAX));
    assert_eq!(live(&call.accepted(Far)), ["image 20002"]);
}

/// SIP-17.
#[test]
fn t38_that_comes_while_a_page_is_on_its_way_is_refused_and_taken_in_a_pause() {
    let mut call = Call::answered(gateway());
    call.bridge.carrier(true);
    call.reinvite(Far, sdp(Far, 2, FAX));
    assert_eq!(call.refused(Far), 488);
    assert!(matches!(call.order(Far), Order::Audio(_)));
    call.bridge.carrier(false);
    call.reinvite(Far, sdp(Far, 2, FAX));
    assert_eq!(live(&call.accepted(Far)), ["image 20002"]);
}

/// SIP-17: what is left to the operator is the peer's offer; ours never comes late.
#[test]
fn we_offer_nothing_once_the_machines_are_at_work() {
    let mut call = Call::answered(gateway());
    call.heard(Far, Sign::V21Preamble);
    call.phase(Phase::Commanded);
    call.wait(millis(20_000));
    call.nothing(Far);

    // Nor when it was put off before.
    let mut call = Call::answered(gateway());
    call.trigger();
    call.refuse(Far, 491);
    call.phase(Phase::Page);
    call.wait(millis(20_000));
    call.nothing(Far);

    // The peer's is taken by default.
    call.reinvite(Far, sdp(Far, 2, FAX));
    assert_eq!(live(&call.accepted(Far)), ["image 20002"]);
}
