//! Descriptions of all shapes, as far as the dialog must cope with them.

use crate::peer::*;
use bytes::Bytes;
use fax_call::media::{Order, Sign};
use fax_call::sip::{Command, EndCause, Event, T38Mode};
use fax_t38::sdp::{Kind, Layout};

/// SDP-12 (a), N4: both with ports in the first INVITE, even with the same port.
#[test]
fn audio_and_image_in_the_first_invite_are_answered_with_audio() {
    for fax in [FAX.to_owned(), FAX.replace("4002", "4000")] {
        for lines in [format!("{AUDIO}{fax}"), format!("{fax}{AUDIO}")] {
            let mut call = Call::new(settings(), sdp(Near, 1, &lines));
            assert_eq!(live(&call.invite()), ["audio 20000"]);
            call.accept(Far, sdp(Far, 1, AUDIO));
            let answer = call.accepted(Near);
            assert_eq!((answer.media.len(), live(&answer)), (2, vec!["audio 10000".to_owned()]));
            let kinds = |description: &fax_t38::sdp::Description| {
                description.media.iter().map(|media| media.kind.clone()).collect::<Vec<Kind>>()
            };
            assert_eq!(kinds(&answer), kinds(&read(&sdp(Near, 1, &lines))), "the order is the offer's");
        }
    }
}

/// SDP-12 (b), (c), (d).
#[test]
fn t38_is_taken_wherever_the_image_line_stands() {
    let forms =
        [format!("{FAX}m=audio 0 RTP/AVP 8\r\n"), format!("m=audio 0 RTP/AVP 8\r\n{FAX}"), FAX.to_owned()];
    for lines in forms {
        let mut call = Call::answered(gateway());
        call.reinvite(Far, sdp(Far, 2, &lines));
        let answer = call.accepted(Far);
        assert_eq!(
            (answer.media.len(), live(&answer)),
            (read(&sdp(Far, 2, &lines)).media.len(), vec!["image 20002".to_owned()])
        );
        assert!(matches!(call.order(Far), Order::T38(_)));
    }
}

/// SDP-12: what we offer ourselves is a matter of policy, as there are peers that fail on either.
#[test]
fn our_offer_has_the_layout_of_the_policy() {
    for (layout, lines) in [(Layout::AudioRefused, 2), (Layout::ImageAlone, 1)] {
        let mut settings = gateway();
        settings.targets[0].leg.policy.layout = layout;
        let mut call = Call::answered(settings);
        let offer = call.trigger();
        assert_eq!((offer.media.len(), live(&offer)), (lines, vec!["image 20002".to_owned()]));
    }
}

/// SIP-10, N5, N6: audio, image, audio, image; each by us and by the peer.
#[test]
fn the_kind_of_media_may_change_as_often_as_the_peers_like() {
    let mut call = Call::gateway();
    for round in 0..4 {
        let version = 3 + 4 * round;
        call.reinvite(Far, sdp(Far, version, &format!("{AUDIO}m=image 0 udptl t38\r\n")));
        let answer = call.accepted(Far);
        assert_eq!((answer.media.len(), live(&answer)), (2, vec!["audio 20000".to_owned()]));
        assert!(matches!(call.order(Far), Order::Audio(audio) if audio.remote == at(Far, 4000)));
        if round % 2 == 0 {
            assert_eq!(call.trigger().media.len(), 2);
            call.accept(Far, sdp(Far, version + 1, &audio_off_fax()));
        } else {
            call.reinvite(Far, sdp(Far, version + 1, &audio_off_fax()));
            call.accepted(Far);
        }
        let Order::T38(t38) = call.order(Far) else { panic!("{:?}", call.order(Far)) };
        assert!(!t38.continues, "a new session has new numbers (NAT-6)");
    }
}

/// SIP-10: only one side goes back by itself; the other is taken along.
#[test]
fn when_one_end_goes_back_to_audio_the_other_is_offered_audio() {
    let mut call = Call::answered(settings());
    call.heard(Far, Sign::V21Preamble);
    call.reinvite(Far, sdp(Far, 2, &audio_off_fax()));
    call.accepted(Far);
    call.offer(Near);
    call.accept(Near, sdp(Near, 2, &audio_off_fax()));
    call.bridge.finished(call.now);
    call.reinvite(Near, sdp(Near, 3, &format!("{AUDIO}m=image 0 udptl t38\r\n")));
    call.accepted(Near);
    let offer = call.offer(Far);
    assert_eq!((offer.media.len(), live(&offer)), (2, vec!["audio 20000".to_owned()]));
    call.accept(Far, sdp(Far, 3, &format!("{AUDIO}m=image 0 udptl t38\r\n")));
    // And the call goes on.
    call.wait(millis(60_000));
    assert!(!call.bridge.is_over());
    assert!(matches!((call.order(Near), call.order(Far)), (Order::Audio(_), Order::Audio(_))));
}

/// SDP-16.
#[test]
fn what_is_said_counts_and_not_the_version_of_the_origin() {
    // Another session under the same version.
    let mut call = Call::answered(gateway());
    call.reinvite(Far, sdp(Far, 1, &audio_off_fax()));
    assert_eq!(live(&call.accepted(Far)), ["image 20002"]);
    // The same session under another.
    let orders = call.orders[1].len();
    call.reinvite(Far, sdp(Far, 9, &audio_off_fax()));
    call.accepted(Far);
    assert_eq!(call.orders[1].len(), orders);
    // Ours counts with what it says, and only then.
    let mut call = Call::answered(gateway());
    let first = call.trigger();
    call.refuse(Far, 491);
    call.wait(millis(4_000));
    let again = call.offer(Far);
    assert_eq!(again.origin.version, first.origin.version);
    call.accept(Far, sdp(Far, 2, &audio_off_fax()));
    call.reinvite(Far, sdp(Far, 3, &format!("{AUDIO}m=image 0 udptl t38\r\n")));
    assert_eq!(call.accepted(Far).origin.version, again.origin.version + 1);
}

/// SIP-9, NAT-6: another port is another session; another rate is not.
#[test]
fn further_offers_of_t38_change_what_they_say_and_keep_the_rest() {
    let mut call = Call::gateway();
    call.reinvite(Far, sdp(Far, 3, &audio_off_fax().replace("14400", "9600")));
    call.accepted(Far);
    assert!(
        matches!(call.order(Far), Order::T38(t38) if t38.continues && t38.session.max_bit_rate.0 == 9600)
    );
    call.reinvite(Far, sdp(Far, 4, &audio_off_fax().replace("4002", "4010")));
    call.accepted(Far);
    assert!(matches!(call.order(Far), Order::T38(t38) if !t38.continues && t38.remote == at(Far, 4010)));
    call.nothing(Near);
}

/// The dialects of the field, in an answer and in an offer: each is T.38.
#[test]
fn t38_is_agreed_in_every_dialect() {
    let with =
        |attributes: &str| format!("m=audio 0 RTP/AVP 8\r\nm=image 4002 udptl t38\r\n{attributes}\r\n");
    let dialects = [
        ("SDP-1", with("a=t38FAXversion:0\r\na=T38maxBitRate:9600")),
        ("SDP-2", with("a=T38FaxMaxRate:9600\r\na=T38MaxDatagram:200")),
        ("SDP-3", with("a=T38FaxFillBitRemoval:0\r\na=T38FaxTranscodingMMR:0\r\na=T38FaxTranscodingJBIG:0")),
        ("SDP-4", with("a=T38FaxMaxDatagram:72")),
        ("SDP-5", with("a=T38FaxMaxDatagram:0")),
        ("SDP-5", with("a=T38FaxMaxDatagram:-1")),
        ("SDP-7", with("a=T38FaxUdpEC:t38UDPRedundancy\r\na=T38FaxUdpEC:t38UDPFEC")),
        ("SDP-7", with("a=T38FaxUdpEC:")),
        ("SDP-8", with("a=T38FaxVersion:3")),
        ("SDP-9", with("a=T38MaxBitRate:0")),
        ("SDP-9", with("a=T38MaxBitRate:33600")),
        ("SDP-10", with("a=T38FaxRateManagement:localTFC")),
        ("SDP-11", with("a=x").replace("udptl t38", "UDPTL T38 ")),
        ("SDP-11", with("a=x").replace("m=image", "m=application")),
        ("SDP-13", with("a=x").replace("m=audio 0 RTP/AVP 8", "m=audio 0 RTP/AVP")),
        ("SDP-14", with("a=ptime:20\r\na=rtpmap:101 \r\na=sendrecv")),
        ("SDP-22", with("a=x")),
    ];
    for (note, lines) in dialects {
        for ours in [true, false] {
            let mut call = Call::answered(gateway());
            if ours {
                call.trigger();
                call.accept(Far, sdp(Far, 2, &lines));
            } else {
                call.reinvite(Far, sdp(Far, 2, &lines));
                assert_eq!(live(&call.accepted(Far)).len(), 1, "{note}");
            }
            let Order::T38(t38) = call.order(Far) else {
                panic!("{note}, ours {ours}: {:?}", call.order(Far))
            };
            let (session, limits) = (&t38.session, t38.session.limits);
            assert!(session.max_bit_rate.0 <= 14_400 && session.max_bit_rate.0 >= 9600, "{note}");
            assert!(limits.datagram >= 72 && limits.ifp >= 49, "{note}: {limits:?}");
            assert!(session.version == fax_t38::Version::V0 || !ours, "{note}");
        }
    }
}

/// A fax server: an image line and nothing else.
#[test]
fn an_invite_for_fax_alone_is_a_fax_from_the_start() {
    let mut call = Call::new(settings(), sdp(Near, 1, FAX));
    assert_eq!(live(&call.invite()), ["audio 20000"]);
    call.take(Far, Event::Progress { code: 183, body: sdp(Far, 1, AUDIO) });
    assert_eq!(call.next(Near), Command::Progress { code: 183, body: Bytes::new() });
    call.accept(Far, sdp(Far, 1, AUDIO));
    assert_eq!(live(&call.accepted(Near)), ["image 10002"]);
    // Nothing need be heard: the relay that begins here has no ear for it.
    assert_eq!(live(&call.offer(Far)), ["image 20002"]);
    assert!(matches!((call.order(Near), call.order(Far)), (Order::T38(_), Order::Muted)));
    call.refuse(Far, 488);
    assert!(matches!((call.order(Near), call.order(Far)), (Order::T38(_), Order::Audio(_))));
}

#[test]
fn fax_alone_goes_on_as_fax_alone_if_t38_is_required_there() {
    let mut settings = settings();
    settings.targets[0].leg.t38 = T38Mode::Require;
    let mut call = Call::new(settings, sdp(Near, 1, FAX));
    assert_eq!(live(&call.invite()), ["image 20002"]);
    call.accept(Far, sdp(Far, 1, FAX));
    assert_eq!(live(&call.accepted(Near)), ["image 10002"]);
    assert!(matches!((call.order(Near), call.order(Far)), (Order::T38(_), Order::T38(_))));
}

#[test]
fn nothing_that_we_take_is_refused_with_488_and_no_description_with_400() {
    let none = [
        "m=audio 4000 RTP/AVP 18\r\n",
        "m=audio 0 RTP/AVP 8\r\n",
        "m=image 4002 tcp t38\r\n",
        "m=video 4000 RTP/AVP 96\r\n",
        "m=image 4002 RTP/AVP t38\r\n",
        "",
    ];
    for lines in none {
        let mut call = Call::new(settings(), sdp(Near, 1, lines));
        assert_eq!(call.refused(Near), 488, "{lines}");
        assert_eq!(call.cause(), EndCause::NotAcceptable(488));
        call.nothing(Far);
        let mut call = Call::gateway();
        call.reinvite(Far, sdp(Far, 3, lines));
        assert_eq!(call.refused(Far), 488, "{lines}");
        assert!(matches!(call.order(Far), Order::T38(_)), "all is as before");
    }
    let mut call = Call::new(settings(), Bytes::from_static(b"hello"));
    assert_eq!(call.refused(Near), 400);
    let mut call = Call::gateway();
    call.reinvite(Far, Bytes::from_static(b"hello"));
    assert_eq!(call.refused(Far), 400);
}

/// A name would have to be resolved.
#[test]
fn an_address_that_is_a_name_is_refused() {
    let named = |lines: &str| {
        Bytes::from(format!(
            "v=0\r\no=- 1 1 IN IP4 h.example\r\ns=-\r\nc=IN IP4 h.example\r\nt=0 0\r\n{lines}"
        ))
    };
    let mut call = Call::new(settings(), named(AUDIO));
    assert_eq!(call.refused(Near), 488);
    let mut call = Call::answered(gateway());
    call.reinvite(Far, named(FAX));
    assert_eq!(call.refused(Far), 488);
}

/// N7: a description without a codec is never written. SDP-14, SDP-18.
#[test]
fn every_audio_line_has_a_codec_and_every_port_is_even() {
    let mut call = Call::gateway();
    call.reinvite(Far, sdp(Far, 3, &format!("{AUDIO}m=image 0 udptl t38\r\n")));
    let answer = call.accepted(Far);
    assert!(answer.media.iter().all(|media| !media.formats.is_empty() && media.port % 2 == 0), "{answer}");
    assert!(answer.to_string().contains("a=silenceSupp:off"), "AUD-2");
    let offer = call.trigger();
    assert!(offer.media.iter().all(|media| media.attributes.is_empty()), "{offer}");
}

/// NAT-3: the media are told in the moment of the answer, so that the first packets leave at once.
/// NAT-4: and while an offer is open they know it, so that what comes early is kept.
#[test]
fn the_media_are_told_in_the_moment_of_the_answer() {
    let mut call = Call::answered(gateway());
    call.trigger();
    assert_eq!(call.orders[1].last(), Some(&Order::Muted));
    call.accept(Far, sdp(Far, 2, &audio_off_fax()));
    assert!(matches!(call.orders[1].last(), Some(Order::T38(_))));
    assert_eq!(call.now, fax_core::Timestamp::ZERO + millis(500));

    let mut call = Call::answered(gateway());
    call.reinvite(Far, sdp(Far, 2, FAX));
    assert!(matches!((call.next(Far), call.order(Far)), (Command::Accept { .. }, Order::T38(_))));
}
