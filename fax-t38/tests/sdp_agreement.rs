//! Offers, answers, and what two ends agree on.
#![cfg(feature = "sdp")]

use fax_core::BitRate;
use fax_t38::sdp::{
    Abilities, Answer, BooleanStyle, Booleans, Carrier, Corrections, Declined, Depth, Description, Direction,
    ErrorCorrection, Flow, Host, Kind, Layout, Limits, Local, Media, Oddity, Offer, Options, Origin, Packing,
    Policy, RateManagement, Response, RtpFax, RtpFraming, RtpRedundancy, Session, T38Parameters, Tcf,
    Transport, WhenBoth, answer, audio_only, conclude, same_session,
};
use fax_t38::{Syntax, Version};

fn vector(name: &str) -> Description {
    let path = format!("{}/../test-vectors/sdp/{name}.sdp", env!("CARGO_MANIFEST_DIR"));
    Description::parse(&std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))).unwrap()
}

fn local(last: u8, port: u16) -> Local {
    Local { origin: Origin::default(), host: [192, 0, 2, last].into(), port, audio: None }
}

fn with_audio(local: Local, formats: &str) -> Local {
    Local { audio: Some(Media::audio(local.port + 2, formats)), ..local }
}

fn plain() -> (Abilities, Policy) {
    (Abilities::default(), Policy::default())
}

/// Our usual end answers a vector.
fn answered(name: &str) -> Result<Answer, Declined> {
    let (abilities, policy) = plain();
    answer(&abilities, &policy, &local(9, 5000), &vector(name))
}

/// Our usual end answers an image line with these attributes.
fn answered_to(policy: &Policy, attributes: &[&str]) -> Answer {
    answer(&Abilities::default(), policy, &local(9, 5000), &image(attributes)).unwrap()
}

fn image(attributes: &[&str]) -> Description {
    let lines: String = attributes.iter().map(|attribute| format!("a={attribute}\r\n")).collect();
    Description::parse(format!("v=0\r\nc=IN IP4 192.0.2.1\r\nm=image 4000 udptl t38\r\n{lines}").as_bytes())
        .unwrap()
}

/// Our offer under that policy, answered by an image line with these attributes.
fn concluded(policy: &Policy, attributes: &[&str]) -> Session {
    let offer =
        Offer::new(&able_of_all(), &Policy { layout: Layout::ImageAlone, ..*policy }, &local(9, 5000), &[]);
    conclude(&offer, &image(attributes)).unwrap()
}

fn able_of_all() -> Abilities {
    Abilities {
        parameters: T38Parameters {
            version: Version::V4,
            max_bit_rate: BitRate(33_600),
            options: Options::FILL_BIT_REMOVAL | Options::TRANSCODING_MMR | Options::TRANSCODING_JBIG,
            modem_type: None,
            ..Abilities::default().parameters
        },
        carriers: &[Carrier::Udptl, Carrier::Dtls, Carrier::Tcp, Carrier::Rtp],
    }
}

fn said(description: &Description) -> T38Parameters {
    description.fax_lines().next().unwrap().2.parameters
}

fn ports(description: &Description) -> Vec<(Kind, u16)> {
    description.media.iter().map(|media| (media.kind.clone(), media.port)).collect()
}

/// Section 6.1 and 6.2 of the examples: 40 ms at 14 400 bit/s with three secondaries fit exactly.
#[test]
fn a_peer_that_takes_316_octets_gets_40_ms_and_three_secondaries() {
    let offer = Offer::new(&Abilities::default(), &Policy::default(), &local(10, 16_420), &[]);
    assert!(same_session(&offer.description, &vector("image-in-place-offer")));
    let session = conclude(&offer, &vector("image-in-place-answer")).unwrap();
    assert_eq!(session.limits.datagram, 316);
    let packing = session.limits.packing(BitRate(14_400), 40, 3);
    assert_eq!(packing, Packing { octets: 72, secondaries: 3 });
    assert_eq!((session.host, session.port), (Host::Ip([198, 51, 100, 20].into()), 30_112));
    assert_eq!((session.version.syntax(), session.send), (Syntax::Y1998, ErrorCorrection::Redundancy));
    assert_eq!(session.rate_management, RateManagement::TransferredTcf);
}

/// Section 6.3.
#[test]
fn audio_refused_beside_the_image_line_is_answered_in_kind() {
    let answer = answered("audio-refused-offer").unwrap();
    assert_eq!(ports(&answer.description), [(Kind::Audio, 0), (Kind::Image, 5000)]);
    assert_eq!(answer.session.slot, 1);
    let last = [Media::audio(4000, "0")];
    let offer = Offer::new(&Abilities::default(), &Policy::default(), &local(10, 16_420), &last);
    assert!(same_session(&offer.description, &vector("audio-refused-offer")));
    assert_eq!(conclude(&offer, &vector("audio-refused-answer")).unwrap().slot, 1);
}

/// Section 6.4.
#[test]
fn an_old_ata_gets_9600_in_its_own_style_and_in_packets_it_can_hold() {
    let answer = answered("old-ata").unwrap();
    let session = &answer.session;
    assert_eq!(session.max_bit_rate, BitRate(9600));
    assert_eq!((session.version, session.options), (Version::V2, Options::NONE));
    assert_eq!(session.limits.datagram, 128);
    assert_eq!(session.limits.packing(BitRate(9600), 20, 3), Packing { octets: 24, secondaries: 3 });
    assert_eq!(session.limits.packing(BitRate(14_400), 30, 3), Packing { octets: 54, secondaries: 1 });
    assert_eq!(session.limits.packing(BitRate(14_400), 40, 2), Packing { octets: 36, secondaries: 1 });
    assert!(answer.description.to_string().contains("a=T38FaxFillBitRemoval:0\r\n"));
}

/// Section 6.6.
#[test]
fn an_offer_of_fax_alone_is_answered_by_fax_alone() {
    let answer = answered("image-in-place-offer").unwrap();
    assert_eq!(ports(&answer.description), [(Kind::Image, 5000)]);
}

/// Section 6.8.
#[test]
fn v34_is_agreed_on_only_where_both_speak_of_it() {
    let policy = Policy { offer_version: Version::V3, ..Policy::default() };
    let both = answer(&able_of_all(), &policy, &local(9, 5000), &vector("v34")).unwrap().session;
    assert_eq!((both.version, both.max_bit_rate, both.has_v34()), (Version::V3, BitRate(33_600), true));
    assert_eq!(both.limits.packing(both.max_bit_rate, 40, 3), Packing { octets: 168, secondaries: 3 });
    let g3 = answered("v34").unwrap().session;
    assert_eq!((g3.version, g3.max_bit_rate), (Version::V2, BitRate(14_400)));
    let offer = Offer::new(&able_of_all(), &policy, &local(9, 5000), &[]);
    let fallen = conclude(&offer, &image(&["T38FaxVersion:0", "T38MaxBitRate:33600"])).unwrap();
    assert_eq!((fallen.version, fallen.max_bit_rate), (Version::V0, BitRate(14_400)));
}

/// Section 6.9.
#[test]
fn tcp_is_agreed_on_with_local_tcf_by_those_who_have_it() {
    assert_eq!(answered("tcp"), Err(Declined::TransportUnsupported));
    let answer = answer(&able_of_all(), &Policy::default(), &local(9, 5000), &vector("tcp")).unwrap();
    assert_eq!(answer.session.transport, Transport::Tcp);
    assert_eq!(answer.session.rate_management, RateManagement::LocalTcf);
    assert_eq!(answer.session.send, ErrorCorrection::None);
    assert_eq!(answer.description.media[0].protocol, "tcp");
}

/// Section 6.10, RFC 4612 5.
#[test]
fn over_rtp_fax_stands_beside_the_codecs_of_the_audio_line() {
    let local = with_audio(local(9, 5000), "0");
    let answer = answer(&able_of_all(), &Policy::default(), &local, &vector("rtp")).unwrap();
    let redundancy = Some(RtpRedundancy { payload_type: 99, depth: 2 });
    let rtp = RtpFax { payload_type: 98, clock: 8000, framing: RtpFraming::Ifp, redundancy };
    assert_eq!(answer.session.transport, Transport::Rtp(rtp));
    assert_eq!(answer.session.send, ErrorCorrection::Redundancy);
    let text = answer.description.to_string();
    assert!(
        text.contains("m=audio 5000 RTP/AVP 0 98 99\r\n") && text.contains("a=fmtp:99 98/98/98\r\n"),
        "{text}"
    );
    assert!(answer.description.has_audio());

    let policy = Policy { carrier: Carrier::Rtp, ..Policy::default() };
    let offer = Offer::new(&able_of_all(), &policy, &with_audio(local, "0 98"), &[]);
    assert_eq!(offer.description.media[0].formats, "0 98 99 100", "no payload type twice");
}

/// Section 6.11, SDP-23.
#[test]
fn dtls_without_support_is_declined_and_the_audio_beside_it_is_not() {
    assert_eq!(answered("dtls"), Err(Declined::TlsRequired));
    let offer = vector("dtls");
    assert_eq!(Declined::TlsRequired.response(&offer), Response::WithoutFax);
    let answer = audio_only(&local(9, 5000), &Media::audio(5002, "0"), &offer.media);
    assert_eq!(ports(&answer), [(Kind::Audio, 5002), (Kind::Image, 0)]);
}

/// Sections 6.3, 6.12, SIP-10: audio, image, audio, image in one call.
#[test]
fn a_call_goes_from_audio_to_fax_and_back_without_losing_a_line() {
    for layout in [Layout::AudioRefused, Layout::ImageAlone] {
        let (abilities, policy) = (Abilities::default(), Policy { layout, ..Policy::default() });
        let audio = Media::audio(6000, "0 8");
        let mut last = vec![audio.clone()];
        for _ in 0..3 {
            let fax = Offer::new(&abilities, &policy, &local(9, 6000), &last).description;
            assert!(fax.media.len() >= last.len());
            assert_eq!(fax.fax_lines().count(), 1);
            assert!(!fax.has_audio(), "{layout:?}");
            let speech = audio_only(&local(9, 6000), &audio, &fax.media);
            assert_eq!(speech.media.len(), fax.media.len());
            assert_eq!(speech.fax_lines().count(), 0);
            assert_eq!(speech.media[0], audio, "an audio line with codecs, in its old place");
            last = speech.media;
        }
    }
}

/// SDP-3.
#[test]
fn an_answer_mirrors_the_style_and_never_says_yes_to_no() {
    let options = Options::FILL_BIT_REMOVAL | Options::TRANSCODING_MMR;
    let mut abilities = Abilities::default();
    abilities.parameters.options = options;
    let reply = |policy: &Policy, name| {
        answer(&abilities, policy, &local(9, 5000), &vector(name)).unwrap().description.to_string()
    };
    let mirrored = reply(&Policy::default(), "valued-booleans");
    assert!(mirrored.contains("a=T38FaxFillBitRemoval:1\r\na=T38FaxTranscodingMMR:0\r\n"), "{mirrored}");
    let bare = reply(&Policy::default(), "all-options-bare");
    assert!(bare.contains("a=T38FaxFillBitRemoval\r\na=T38FaxTranscodingMMR\r\na=T38FaxRate"), "{bare}");
    let always = Policy { booleans: BooleanStyle::Always(Booleans::Valued), ..Policy::default() };
    assert!(reply(&always, "image-in-place-offer").contains("a=T38FaxTranscodingMMR:0\r\n"));
}

/// SDP-4, AST-2010-001.
#[test]
fn a_datagram_size_too_small_for_a_copy_limits_the_ifp_instead() {
    let offer = Offer::new(&Abilities::default(), &Policy::default(), &local(9, 5000), &[]);
    let session = conclude(&offer, &vector("ifp-limit")).unwrap();
    assert_eq!(session.limits, Limits { datagram: 400, ifp: 72 });
    assert_eq!(session.oddities.count(Oddity::DatagramMeansIfp), 1);
    assert_eq!(session.limits.packing(BitRate(14_400), 30, 3), Packing { octets: 54, secondaries: 3 });
    // 90 octets hold 20 ms and one copy: taken by its word.
    let session = concluded(&Policy::default(), &["T38FaxMaxDatagram:90"]);
    assert_eq!(session.limits, Limits { datagram: 90, ifp: 42 });
    assert_eq!(session.limits.packing(BitRate(14_400), 30, 3), Packing { octets: 36, secondaries: 1 });
    for field in [72, 122, 158, 176, 238, 262] {
        let session = concluded(&Policy::default(), &[&format!("T38FaxMaxDatagram:{field}")]);
        let packing = session.limits.packing(BitRate(14_400), 30, 2);
        assert!(packing.octets >= 36 && packing.secondaries >= 1, "{field}: {packing:?}");
    }
}

/// SDP-4.
#[test]
fn what_is_known_of_a_peer_overrules_what_it_says() {
    let policy = Policy { peer_max_datagram: Some(316), ..Policy::default() };
    assert_eq!(concluded(&policy, &["T38FaxMaxDatagram:72"]).limits, Limits { datagram: 316, ifp: 154 });
}

/// SDP-5, UTL-17.
#[test]
fn no_size_means_400_and_a_huge_one_what_no_path_breaks() {
    for (value, datagram) in
        [("0", 400), ("-1", 400), ("2147483648", 400), ("5", 400), ("65535", 1200), ("1400", 1200)]
    {
        let session = concluded(&Policy::default(), &[&format!("T38FaxMaxDatagram:{value}")]);
        assert_eq!(session.limits.datagram, datagram, "{value}");
    }
    assert_eq!(concluded(&Policy::default(), &[]).limits, Limits { datagram: 400, ifp: 196 });
}

/// SDP-22, 4 of the sender's rules.
#[test]
fn the_peers_largest_ifp_is_obeyed() {
    let session = concluded(&Policy::default(), &["T38FaxMaxDatagram:400", "T38FaxMaxIFP:40"]);
    assert_eq!(session.limits, Limits { datagram: 400, ifp: 40 });
    assert_eq!(session.limits.packing(BitRate(14_400), 30, 3), Packing { octets: 35, secondaries: 3 });
}

/// SDP-7, UTL-16.
#[test]
fn parity_is_sent_only_to_a_peer_that_said_so() {
    use ErrorCorrection::{Fec, None, Redundancy};
    let table = [
        // offered, answered by "", NoEC, Redundancy, FEC
        (Corrections::Redundancy, [Redundancy, None, Redundancy, Redundancy]),
        (Corrections::Both, [Redundancy, None, Redundancy, Fec]),
        (Corrections::Fec, [Redundancy, None, Redundancy, Fec]),
        (Corrections::None, [None, None, None, None]),
        (Corrections::Unsaid, [Redundancy, None, Redundancy, Redundancy]),
    ];
    let answers: [&[&str]; 4] =
        [&[], &["T38FaxUdpEC:t38UDPNoEC"], &["T38FaxUdpEC:t38UDPRedundancy"], &["T38FaxUdpEC:t38UDPFEC"]];
    for (corrections, expected) in table {
        let policy = Policy { corrections, ..Policy::default() };
        for (attributes, send) in answers.iter().zip(expected) {
            assert_eq!(concluded(&policy, attributes).send, send, "{corrections:?} {attributes:?}");
        }
    }
    let raised = concluded(&Policy::default(), &["T38FaxUdpEC:t38UDPFEC"]);
    assert_eq!(raised.oddities.count(Oddity::CorrectionRaised), 1);
}

/// SDP-7.
#[test]
fn an_answer_picks_one_of_the_corrections_offered_redundancy_first() {
    use ErrorCorrection as Send;
    let redundancy = Policy::default();
    let both = Policy { corrections: Corrections::Both, ..redundancy };
    let fec = Policy { corrections: Corrections::Fec, ..redundancy };
    let none = Policy { corrections: Corrections::None, ..redundancy };
    for (name, policy, picked, send) in [
        ("two-corrections", redundancy, Corrections::Redundancy, Send::Redundancy),
        ("two-corrections", both, Corrections::Redundancy, Send::Redundancy),
        ("two-corrections", fec, Corrections::Fec, Send::Fec),
        ("fec-only", redundancy, Corrections::Fec, Send::Redundancy),
        ("fec-only", both, Corrections::Fec, Send::Fec),
        ("no-correction", both, Corrections::None, Send::None),
        ("bare", both, Corrections::Unsaid, Send::Redundancy),
        ("image-in-place-offer", fec, Corrections::Redundancy, Send::Redundancy),
        ("two-corrections", none, Corrections::None, Send::None),
    ] {
        let answer = answer(&Abilities::default(), &policy, &local(9, 5000), &vector(name)).unwrap();
        assert_eq!(said(&answer.description).corrections, picked, "{name} {policy:?}");
        assert_eq!(answer.session.send, send, "{name} {policy:?}");
    }
}

/// SDP-8.
#[test]
fn the_version_is_never_above_the_offer() {
    let policy = Policy { offer_version: Version::V2, ..Policy::default() };
    for (answered, agreed) in [(0, 0), (1, 1), (2, 2), (3, 2), (4, 2)] {
        let session = concluded(&policy, &[&format!("T38FaxVersion:{answered}")]);
        assert_eq!(session.version, Version::new(agreed), "{answered}");
        assert_eq!(session.oddities.count(Oddity::VersionRaised) > 0, answered > 2);
    }
    for (offered, agreed) in [(0, 0), (1, 0), (2, 2), (3, 2), (4, 2)] {
        let answer = answered_to(&Policy::default(), &[&format!("T38FaxVersion:{offered}")]);
        assert_eq!(said(&answer.description).version, Version::new(agreed), "{offered}");
        assert_eq!(answer.session.version, Version::new(agreed), "{offered}");
    }
    let capped = Policy { answer_version: Version::V0, ..Policy::default() };
    assert_eq!(answered_to(&capped, &["T38FaxVersion:3"]).session.version, Version::V0);
}

/// SDP-9.
#[test]
fn the_lower_rate_rules_and_is_one_that_a_fax_has() {
    for (said, agreed) in [
        ("9600", 9600),
        ("0", 14_400),
        ("33600", 14_400),
        ("28800", 14_400),
        ("14000", 12_000),
        ("2500", 2400),
    ] {
        let answer = answered_to(&Policy::default(), &[&format!("T38MaxBitRate:{said}")]);
        assert_eq!(answer.session.max_bit_rate, BitRate(agreed), "{said}");
        let session = concluded(&Policy::default(), &[&format!("T38MaxBitRate:{said}")]);
        assert_eq!(session.max_bit_rate, BitRate(agreed), "{said}");
    }
}

/// SDP-10.
#[test]
fn local_tcf_needs_both_and_is_no_reason_to_refuse() {
    use RateManagement::{LocalTcf, TransferredTcf};
    let table = [(Tcf::Transferred, TransferredTcf), (Tcf::LocalIfOffered, LocalTcf), (Tcf::Local, LocalTcf)];
    for (tcf, agreed) in table {
        let policy = Policy { tcf, ..Policy::default() };
        for name in ["local-tcf", "misspelled-tcf"] {
            let answer = answer(&Abilities::default(), &policy, &local(9, 5000), &vector(name)).unwrap();
            assert_eq!(answer.session.rate_management, agreed, "{name} {tcf:?}");
            assert_eq!(said(&answer.description).rate_management, Some(agreed), "{name} {tcf:?}");
        }
        let answer = answered_to(&policy, &["T38FaxRateManagement:whatever"]);
        assert_eq!(answer.session.rate_management, TransferredTcf);
    }
    let local = Policy { tcf: Tcf::Local, ..Policy::default() };
    assert_eq!(concluded(&local, &["T38FaxRateManagement:localTCF"]).rate_management, LocalTcf);
    assert_eq!(concluded(&local, &["T38FaxRateManagement:transferredTCF"]).rate_management, TransferredTcf);
    let unasked = concluded(&Policy::default(), &["T38FaxRateManagement:localTCF"]);
    assert_eq!(unasked.rate_management, TransferredTcf);
    assert_eq!(unasked.oddities.count(Oddity::RateManagementChanged), 1);
}

/// SDP-11: the answer's line has the media type of the offer's.
#[test]
fn an_odd_media_type_is_answered_by_itself() {
    for name in ["application", "audio-over-udptl"] {
        let answer = answered(name).unwrap();
        assert_eq!(answer.description.media[0].kind, vector(name).media[0].kind, "{name}");
        assert!(answer.description.to_string().contains(" 5000 udptl t38\r\n"), "{name}");
    }
}

/// SDP-12.
#[test]
fn audio_and_fax_at_once_are_answered_as_the_policy_says() {
    let offer = vector("audio-and-image");
    assert_eq!(answered("audio-and-image"), Err(Declined::AudioPreferred));
    assert_eq!(Declined::AudioPreferred.response(&offer), Response::WithoutFax);
    let later = audio_only(&local(9, 5000), &Media::audio(5002, "0"), &offer.media);
    assert_eq!(ports(&later), [(Kind::Audio, 5002), (Kind::Image, 0)]);
    for (when_both, expected) in [(WhenBoth::Image, [0, 5000]), (WhenBoth::Both, [5002, 5000])] {
        let policy = Policy { when_both, ..Policy::default() };
        let local = with_audio(local(9, 5000), "0");
        let answer = answer(&Abilities::default(), &policy, &local, &offer).unwrap();
        assert_eq!(answer.description.media.iter().map(|media| media.port).collect::<Vec<_>>(), expected);
        assert_eq!(answer.session.slot, 1);
    }
}

/// SDP-12.
#[test]
fn fax_is_found_in_every_layout() {
    for (name, lines, slot) in [
        ("image-first", vec![(Kind::Image, 5000), (Kind::Audio, 0)], 0),
        ("audio-refused-offer", vec![(Kind::Audio, 0), (Kind::Image, 5000)], 1),
        ("image-in-place-offer", vec![(Kind::Image, 5000)], 0),
    ] {
        let answer = answered(name).unwrap();
        assert_eq!(ports(&answer.description), lines, "{name}");
        assert_eq!(answer.session.slot, slot, "{name}");
    }
}

/// SDP-12.
#[test]
fn an_offer_is_laid_out_as_the_policy_says() {
    let audio = Media::audio(4000, "0 8");
    let video = Media { kind: Kind::Other("video".to_owned()), ..Media::audio(4002, "96") };
    let two = [audio.clone(), Media::fax(4004, Transport::Udptl, T38Parameters::BARE).refused()];
    let local = with_audio(local(9, 5000), "0");
    let laid_out = |layout, last: &[Media]| {
        let policy = Policy { layout, ..Policy::default() };
        let offer = Offer::new(&Abilities::default(), &policy, &local, last);
        offer.description.media.iter().map(|media| media.port).collect::<Vec<_>>()
    };
    for (layout, last, expected) in [
        (Layout::AudioRefused, &[][..], vec![5000]),
        (Layout::ImageAlone, &[], vec![5000]),
        (Layout::AudioAndImage, &[], vec![5002, 5000]),
        (Layout::AudioRefused, std::slice::from_ref(&audio), vec![0, 5000]),
        (Layout::ImageAlone, std::slice::from_ref(&audio), vec![5000]),
        (Layout::AudioAndImage, std::slice::from_ref(&audio), vec![5002, 5000]),
        (Layout::AudioRefused, &[audio.clone(), video.clone()], vec![0, 0, 5000]),
        (Layout::ImageAlone, &[audio.clone(), video], vec![5000, 0]),
        (Layout::AudioRefused, &two, vec![0, 5000]),
        (Layout::ImageAlone, &two, vec![0, 5000]),
    ] {
        assert_eq!(laid_out(layout, last), expected, "{layout:?} {}", last.len());
    }
}

/// SDP-13.
#[test]
fn a_live_line_without_an_address_is_declined_and_a_refused_one_is_refused() {
    let text = "v=0\r\nm=image 4000 udptl t38\r\n";
    let offer = Description::parse(text.as_bytes()).unwrap();
    let (abilities, policy) = plain();
    assert_eq!(answer(&abilities, &policy, &local(9, 5000), &offer), Err(Declined::NoAddress));
    assert_eq!(Declined::NoAddress.response(&offer), Response::Status(488));
    assert_eq!(answered("both-refused-no-connection"), Err(Declined::PortZero));
}

/// SDP-15.
#[test]
fn broken_carriers_are_declined() {
    assert_eq!(answered("image-over-rtp"), Err(Declined::TransportUnsupported));
    let framed =
        answer(&able_of_all(), &Policy::default(), &local(9, 5000), &vector("rtp-line-per-parameter"));
    assert_eq!(framed, Err(Declined::TransportUnsupported), "UDPTL in RTP only where it is wanted");
    let abilities = Abilities { carriers: &[Carrier::RtpUdptl], ..able_of_all() };
    let framed =
        answer(&abilities, &Policy::default(), &local(9, 5000), &vector("rtp-line-per-parameter")).unwrap();
    assert!(framed.description.to_string().contains(";AcUdptl\r\n"));
}

/// SDP-17.
#[test]
fn an_option_is_used_only_if_both_have_it() {
    let session = answered("all-options-bare").unwrap().session;
    assert_eq!(session.options, Options::NONE);
    let raised = conclude(
        &Offer::new(&Abilities::default(), &Policy::default(), &local(9, 5000), &[]),
        &vector("all-options-bare"),
    )
    .unwrap();
    assert_eq!(raised.options, Options::NONE);
    assert_eq!(raised.oddities.count(Oddity::OptionRaised), 1);
}

/// SDP-22.
#[test]
fn newer_attributes_are_said_only_to_those_who_know_them() {
    let mut abilities = able_of_all();
    abilities.parameters.max_ifp = Some(100);
    abilities.parameters.depth = Some(Depth { min: 0, max: 4 });
    for (version, said) in [(Version::V0, false), (Version::V3, false), (Version::V4, true)] {
        let policy = Policy { offer_version: version, ..Policy::default() };
        let text = Offer::new(&abilities, &policy, &local(9, 5000), &[]).description.to_string();
        for name in ["T38FaxMaxIFP", "T38FaxUdpECDepth", "T38FaxUdpFECMaxSpan"] {
            assert_eq!(text.contains(name), said, "{version:?} {name}");
        }
    }
    let answer = answer(&abilities, &Policy::default(), &local(9, 5000), &vector("version-4")).unwrap();
    assert_eq!(answer.session.depth, Some(Depth { min: 1, max: 2 }));
    assert_eq!(answer.session.depth.unwrap().clamp(3), 2);
    assert_eq!((answer.session.fec_max_span, answer.session.limits.ifp), (3, 40));
    let bare =
        conclude(&Offer::new(&abilities, &Policy::default(), &local(9, 5000), &[]), &vector("bare")).unwrap();
    assert_eq!(
        (bare.version, bare.max_bit_rate, bare.send),
        (Version::V0, BitRate(14_400), ErrorCorrection::Redundancy)
    );
}

/// SIP-3, AST-2019-004, AST-2021-006.
#[test]
fn port_0_or_no_image_line_in_an_answer_is_a_refusal() {
    let offer =
        Offer::new(&Abilities::default(), &Policy::default(), &local(9, 5000), &[Media::audio(4000, "0")]);
    assert_eq!(conclude(&offer, &vector("image-refused")), Err(Declined::PortZero));
    assert_eq!(conclude(&offer, &vector("both-refused-no-connection")), Err(Declined::PortZero));
    assert_eq!(conclude(&offer, &vector("back-to-audio")), Err(Declined::NoImageLine));
    assert_eq!(conclude(&offer, &vector("tcp")), Err(Declined::TransportUnsupported));
    let none = Description::parse(b"v=0\r\n").unwrap();
    assert_eq!(conclude(&offer, &none), Err(Declined::NoImageLine));
    assert_eq!(vector("capabilities").media.len(), 2);
    assert_eq!(conclude(&offer, &vector("capabilities")), Err(Declined::PortZero), "SIP-18");
}

/// AST-2021-002 and the extra stream of 2019: 0 to 5 m-lines in any order.
#[test]
fn an_answer_of_any_lines_in_any_order_agrees_or_declines() {
    let lines = [
        "m=audio 0 RTP/AVP 0",
        "m=audio 7000 RTP/AVP 0",
        "m=image 0 udptl t38",
        "m=image 7002 udptl t38",
        "m=video 0 RTP/AVP 96",
    ];
    let offer =
        Offer::new(&Abilities::default(), &Policy::default(), &local(9, 5000), &[Media::audio(4000, "0")]);
    for count in 0..=5_u32 {
        for number in 0..5_usize.pow(count) {
            let picked: Vec<_> = (0..count).map(|digit| number / 5_usize.pow(digit) % 5).collect();
            let body: String = picked.iter().map(|&line| format!("{}\r\n", lines[line])).collect();
            let text = format!("v=0\r\nc=IN IP4 192.0.2.1\r\n{body}");
            let answer = Description::parse(text.as_bytes()).unwrap();
            let result = conclude(&offer, &answer);
            let expected = if picked.contains(&3) {
                None
            } else if picked.contains(&2) {
                Some(Declined::PortZero)
            } else {
                Some(Declined::NoImageLine)
            };
            assert_eq!(result.as_ref().err().copied(), expected, "{text}");
            if let Ok(session) = result {
                assert_eq!((session.port, session.slot), (7002, 1));
                let in_order = picked.len() == 2 && picked[1] == 3;
                assert_eq!(session.oddities.count(Oddity::Slots) == 0, in_order, "{text}");
            }
        }
    }
}

#[test]
fn hold_is_agreed_on_and_answered_by_inactive() {
    let answer = answered("hold").unwrap();
    assert_eq!(answer.session.flow, Flow::Held);
    assert_eq!(answer.description.media[0].direction, Direction::Inactive);
    assert_eq!(answered("audio-leftovers").unwrap().session.flow, Flow::Running);
}

/// SIP-9, NAT-6.
#[test]
fn a_stream_goes_on_over_a_refresh_and_begins_anew_at_another_port() {
    let before = answered("image-in-place-offer").unwrap().session;
    let mut offer = vector("image-in-place-offer");
    offer.origin = offer.origin.next();
    let again = |offer: &Description| {
        answer(&Abilities::default(), &Policy::default(), &local(9, 5000), offer).unwrap().session
    };
    assert!(again(&offer).continues(&before));
    offer.media[0].fax.as_mut().unwrap().parameters.max_bit_rate = BitRate(9600);
    assert!(again(&offer).continues(&before), "the rate may change");
    offer.media[0].port += 2;
    assert!(!again(&offer).continues(&before));
}
