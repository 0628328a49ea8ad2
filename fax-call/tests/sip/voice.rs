//! Calls that stay calls: codecs, hold, and requests that pass across.

use crate::peer::*;
use bytes::Bytes;
use fax_call::Law;
use fax_call::media::{Flow, Order, Redundancy};
use fax_call::sip::{Command, Event, RequestId};
use fax_t38::sdp::Direction;

fn flow(call: &Call, side: fax_call::Side) -> Flow {
    match call.order(side) {
        Order::Audio(audio) => audio.flow,
        other => panic!("{other:?}"),
    }
}

#[test]
fn one_law_is_spoken_from_end_to_end() {
    for (near, far, law) in
        [("0 8", "0", Law::Mu), ("0 8", "8 0", Law::A), ("8", "8", Law::A), ("18 0", "0", Law::Mu)]
    {
        let mut call = Call::new(gateway(), sdp(Near, 1, &format!("m=audio 4000 RTP/AVP {near}\r\n")));
        let offered = call.invite().media[0].formats.clone();
        assert_eq!(offered, near.trim_start_matches("18 "), "what the caller has is what is offered");
        call.accept(Far, sdp(Far, 1, &format!("m=audio 4000 RTP/AVP {far}\r\n")));
        call.accepted(Near);
        for side in [Near, Far] {
            assert!(matches!(call.order(side), Order::Audio(audio) if audio.law == law), "{near} {far}");
        }
    }
}

#[test]
fn telephone_events_are_agreed_on_if_both_ends_have_them() {
    let plain = "m=audio 4000 RTP/AVP 8\r\n";
    for (near, far, agreed) in [(AUDIO, AUDIO, Some(101)), (AUDIO, plain, None), (plain, plain, None)] {
        let mut call = Call::new(gateway(), sdp(Near, 1, near));
        call.invite();
        call.accept(Far, sdp(Far, 1, far));
        call.accepted(Near);
        for side in [Near, Far] {
            assert!(matches!(call.order(side), Order::Audio(audio) if audio.events == agreed));
        }
    }
}

#[test]
fn audio_redundancy_is_agreed_on_leg_by_leg() {
    let red = "m=audio 4000 RTP/AVP 8 121\r\na=rtpmap:121 red/8000\r\na=fmtp:121 8/8\r\n";
    let mut settings = gateway();
    settings.targets[0].leg.red = true;
    let mut call = Call::new(settings, sdp(Near, 1, red));
    let offered = call.invite().media.remove(0);
    assert_eq!(offered.formats, "8 121");
    assert!(offered.attributes.iter().any(|it| it.value.as_deref() == Some("121 8/8/8")));
    call.accept(Far, sdp(Far, 1, red));
    call.accepted(Near);
    let agreed = Redundancy { payload_type: 121, generations: 1 };
    assert!(matches!(call.order(Far), Order::Audio(audio) if audio.red == Some(agreed)));
    assert!(matches!(call.order(Near), Order::Audio(audio) if audio.red.is_none()));
}

#[test]
fn hold_passes_across_and_back() {
    let mut call = Call::answered(gateway());
    let held = |direction: &str| format!("{AUDIO}a={direction}\r\n");
    call.reinvite(Near, sdp(Near, 2, &held("sendonly")));
    assert_eq!(call.accepted(Near).media[0].direction, Direction::Receive);
    assert_eq!(call.offer(Far).media[0].direction, Direction::Send);
    call.accept(Far, sdp(Far, 2, &held("recvonly")));
    assert_eq!((flow(&call, Near), flow(&call, Far)), (Flow::Receive, Flow::Send));

    call.reinvite(Near, sdp(Near, 3, AUDIO));
    assert_eq!(call.accepted(Near).media[0].direction, Direction::Both);
    assert_eq!(call.offer(Far).media[0].direction, Direction::Both);
    call.accept(Far, sdp(Far, 3, AUDIO));
    assert_eq!((flow(&call, Near), flow(&call, Far)), (Flow::Both, Flow::Both));
}

/// Some large PBXs end hold by a re-INVITE without an offer.
#[test]
fn hold_ends_by_a_re_invite_without_an_offer() {
    let mut call = Call::answered(gateway());
    call.reinvite(Near, sdp(Near, 2, &format!("{AUDIO}a=inactive\r\n")));
    call.accepted(Near);
    call.offer(Far);
    call.accept(Far, sdp(Far, 2, &format!("{AUDIO}a=inactive\r\n")));
    assert_eq!((flow(&call, Near), flow(&call, Far)), (Flow::Neither, Flow::Neither));
    call.reinvite(Near, Bytes::new());
    assert_eq!(call.accepted(Near).media[0].direction, Direction::Both);
    call.take(Near, Event::Acknowledged { body: sdp(Near, 3, AUDIO) });
    assert_eq!(call.offer(Far).media[0].direction, Direction::Both);
    call.accept(Far, sdp(Far, 3, AUDIO));
    assert_eq!((flow(&call, Near), flow(&call, Far)), (Flow::Both, Flow::Both));
}

/// RFC 3264 8.4: an older end says 0.0.0.0.
#[test]
fn an_address_of_zeros_is_hold() {
    let mut call = Call::answered(gateway());
    let body = String::from_utf8(sdp(Near, 2, AUDIO).to_vec())
        .unwrap()
        .replace("c=IN IP4 192.0.2.1", "c=IN IP4 0.0.0.0");
    call.reinvite(Near, Bytes::from(body));
    call.accepted(Near);
    assert_eq!(flow(&call, Near), Flow::Receive);
}

#[test]
fn requests_pass_across_and_so_do_their_responses() {
    for method in ["INFO", "REFER", "NOTIFY", "MESSAGE"] {
        for side in [Near, Far] {
            let mut call = Call::answered(gateway());
            call.take(side, request(70, method));
            let Command::Request(passed) = call.next(side.other()) else { panic!("{method} not passed") };
            assert_eq!(passed.method, method);
            call.nothing(side);
            call.take(side.other(), Event::Responded { id: passed.id, code: 202 });
            assert_eq!(call.next(side), Command::Respond { id: RequestId(70), code: 202 });
        }
    }
}

#[test]
fn a_request_that_nobody_answers_gets_its_response_all_the_same() {
    let mut call = Call::answered(gateway());
    call.take(Near, request(1, "INFO"));
    call.wait(millis(33_000));
    assert_eq!(call.next(Near), Command::Respond { id: RequestId(1), code: 408 });
    // And when the call ends first.
    call.take(Near, request(2, "INFO"));
    call.hang_up(Far);
    assert_eq!(call.next(Near), Command::Respond { id: RequestId(2), code: 487 });
    assert_eq!(call.next(Near), Command::Bye);
}

#[test]
fn what_is_between_us_and_one_end_is_answered_here() {
    let mut call = Call::answered(gateway());
    for (id, method, code) in [(1, "OPTIONS", 200), (2, "SUBSCRIBE", 405)] {
        call.take(Near, request(id, method));
        assert_eq!(call.next(Near), Command::Respond { id: RequestId(id), code });
    }
    call.nothing(Far);
    // Before the answer there is nobody to pass it to.
    let mut call = Call::new(gateway(), sdp(Near, 1, AUDIO));
    call.take(Near, request(1, "INFO"));
    assert_eq!(call.next(Near), Command::Respond { id: RequestId(1), code: 480 });
}

#[test]
fn so_many_requests_wait_and_no_more() {
    let mut call = Call::answered(gateway());
    for id in 0..9 {
        call.take(Near, request(id, "INFO"));
    }
    assert_eq!(call.queue[1].len(), 8);
    assert_eq!(call.next(Near), Command::Respond { id: RequestId(8), code: 503 });
}
