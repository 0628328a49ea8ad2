//! What descriptions say, in all the spellings of the field: one test for each field note.
#![cfg(feature = "sdp")]

use fax_core::BitRate;
use fax_t38::Version;
use fax_t38::sdp::{
    Booleans, Corrections, Depth, Description, Fax, Host, Kind, ModemType, Oddities, Oddity, Options,
    RateManagement, RtpFax, RtpFraming, RtpRedundancy, T38Parameters, Transport, VendorInfo, same_session,
};

fn vector(name: &str) -> Description {
    let path = format!("{}/../test-vectors/sdp/{name}.sdp", env!("CARGO_MANIFEST_DIR"));
    let octets = std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    Description::parse(&octets).unwrap()
}

/// The one live fax line of a description.
fn fax(description: &Description) -> Fax {
    let mut lines = description.fax_lines();
    let (_, _, fax) = lines.next().expect("a fax line");
    assert!(lines.next().is_none(), "one fax line");
    *fax
}

/// An image line with these attributes under it.
fn with(attributes: &[&str]) -> (T38Parameters, Oddities) {
    let mut text = String::from("v=0\r\nc=IN IP4 192.0.2.1\r\nm=image 4000 udptl t38\r\n");
    for attribute in attributes {
        text += &format!("a={attribute}\r\n");
    }
    let description = Description::parse(text.as_bytes()).unwrap();
    (fax(&description).parameters, description.oddities)
}

fn ip(text: &str) -> Host {
    Host::Ip(text.parse().unwrap())
}

#[test]
fn the_usual_offer_says_all_its_parameters() {
    let description = vector("image-in-place-offer");
    assert_eq!(
        fax(&description),
        Fax {
            transport: Transport::Udptl,
            parameters: T38Parameters {
                version: Version::V0,
                max_bit_rate: BitRate(14_400),
                rate_management: Some(RateManagement::TransferredTcf),
                max_buffer: Some(2000),
                max_datagram: Some(400),
                corrections: Corrections::Redundancy,
                ..T38Parameters::BARE
            },
        }
    );
    assert_eq!(description.host_of(&description.media[0]), Some(&ip("192.0.2.10")));
    assert_eq!((description.origin.id.as_str(), description.origin.version), ("3001", 3002));
    assert!(description.oddities.is_empty(), "{:?}", description.oddities);
}

#[test]
fn the_lines_of_an_offer_keep_their_order_and_their_ports() {
    let ports = |name| vector(name).media.iter().map(|media| media.port).collect::<Vec<_>>();
    assert_eq!(ports("audio-refused-offer"), [0, 16_420]);
    assert_eq!(ports("audio-and-image"), [13_960, 13_962]);
    assert_eq!(ports("image-first"), [13_960, 0]);
    assert_eq!(ports("image-refused"), [0]);
    assert_eq!(ports("back-to-audio"), [16_420]);
}

#[test]
fn an_old_ata_is_read_as_version_3_at_9600_with_no_option() {
    let parameters = fax(&vector("old-ata")).parameters;
    assert_eq!(parameters.version, Version::V3);
    assert_eq!(parameters.max_bit_rate, BitRate(9600));
    assert_eq!((parameters.options, parameters.booleans), (Options::NONE, Booleans::Valued));
    assert_eq!((parameters.max_buffer, parameters.max_datagram), (Some(284), Some(128)));
}

#[test]
fn v34_is_spoken_of_from_version_3_on() {
    assert!(fax(&vector("v34")).parameters.speaks_v34());
    assert!(!with(&["T38FaxVersion:2", "T38MaxBitRate:33600"]).0.speaks_v34());
    assert!(!with(&["T38FaxVersion:3", "T38MaxBitRate:33600", "T38ModemType:t38G3FaxOnly"]).0.speaks_v34());
}

#[test]
fn tcp_and_dtls_lines_are_told_apart() {
    assert_eq!(fax(&vector("tcp")).transport, Transport::Tcp);
    assert_eq!(fax(&vector("tcp")).parameters.rate_management, Some(RateManagement::LocalTcf));
    assert_eq!(fax(&vector("dtls")).transport, Transport::Dtls);
}

#[test]
fn a_latent_capability_is_kept_and_is_no_fax_line() {
    let description = vector("latent-capability");
    assert_eq!(description.fax_lines().count(), 0);
    assert_eq!(description.media[0].attributes.len(), 3);
}

#[test]
fn nuls_blanks_and_bare_line_feeds_change_nothing() {
    assert!(same_session(&vector("bare-lf-and-nuls"), &vector("image-in-place-offer")));
}

#[test]
fn bad_lines_cost_themselves_and_are_counted() {
    let description = vector("bad-lines");
    assert!(same_session(&description, &vector("image-in-place-offer")));
    assert!(description.oddities.count(Oddity::StrayLine) >= 2);
    assert_eq!(description.oddities.count(Oddity::Octets), 1);
    assert_eq!(description.oddities.count(Oddity::Duplicate), 1, "the second o= line");
}

/// SDP-1.
#[test]
fn names_and_values_are_read_in_any_case() {
    let (parameters, _) =
        with(&["t38MAXbitrate:9600", "T38faxUDPec:T38UDPfec", "T38FAXRATEMANAGEMENT:LOCALtcf"]);
    assert_eq!(parameters.max_bit_rate, BitRate(9600));
    assert_eq!(parameters.corrections, Corrections::Fec);
    assert_eq!(parameters.rate_management, Some(RateManagement::LocalTcf));
}

/// SDP-2.
#[test]
fn aliases_mean_what_they_stand_for() {
    let description = vector("aliases");
    let parameters = fax(&description).parameters;
    assert_eq!(parameters.max_bit_rate, BitRate(9600));
    assert_eq!(parameters.max_datagram, Some(262));
    assert_eq!(parameters.max_ifp, Some(120));
    assert_eq!(parameters.corrections, Corrections::Redundancy);
    assert_eq!(description.oddities.count(Oddity::Alias), 2);
}

#[test]
fn an_equals_sign_is_as_good_as_a_colon() {
    let parameters = fax(&vector("equals-and-blanks")).parameters;
    assert_eq!((parameters.version, parameters.max_bit_rate), (Version::V2, BitRate(12_000)));
    assert_eq!(parameters.options, Options::FILL_BIT_REMOVAL);
    assert_eq!(parameters.max_datagram, Some(316));
    assert_eq!(vector("equals-and-blanks").oddities.count(Oddity::EqualsSign), 4);
}

/// SDP-3.
#[test]
fn booleans_are_true_unless_they_say_0_or_false() {
    for (value, yes) in [
        ("", true),
        (":1", true),
        (":true", true),
        (":yes", true),
        (":", true),
        ("=1", true),
        (":0", false),
        (":00", false),
        (":false", false),
        (": FALSE ", false),
        ("=0", false),
    ] {
        let (parameters, _) = with(&[&format!("T38FaxFillBitRemoval{value}")]);
        assert_eq!(parameters.options.contains(Options::FILL_BIT_REMOVAL), yes, "{value:?}");
    }
    assert_eq!(with(&[]).0.options, Options::NONE, "absent is false");
    let mixed = fax(&vector("valued-booleans")).parameters;
    assert_eq!((mixed.options, mixed.booleans), (Options::FILL_BIT_REMOVAL, Booleans::Valued));
    let all = Options::FILL_BIT_REMOVAL | Options::TRANSCODING_MMR | Options::TRANSCODING_JBIG;
    assert_eq!(fax(&vector("all-options-bare")).parameters.options, all);
}

/// SDP-3.
#[test]
fn booleans_are_written_as_asked() {
    let mut description = vector("valued-booleans");
    let valued = description.to_string();
    for line in
        ["a=T38FaxFillBitRemoval:1\r\n", "a=T38FaxTranscodingMMR:0\r\n", "a=T38FaxTranscodingJBIG:0\r\n"]
    {
        assert!(valued.contains(line), "{valued}");
    }
    description.media[0].fax.as_mut().unwrap().parameters.booleans = Booleans::Bare;
    let bare = description.to_string();
    assert!(bare.contains("a=T38FaxFillBitRemoval\r\n") && !bare.contains("Transcoding"), "{bare}");
}

/// SDP-5. AST-2010-001: absent, 0, negative, huge and text.
#[test]
fn a_datagram_size_that_is_none_counts_as_absent() {
    for value in
        ["", ":", ":0", ":-1", ":-2147483648", ":65536", ":2147483648", ":99999999999999999999", ":many"]
    {
        let (parameters, odd) = with(&[&format!("T38FaxMaxDatagram{value}")]);
        assert_eq!(parameters.max_datagram, None, "{value:?}");
        assert!(!odd.is_empty(), "{value:?}");
    }
    assert_eq!(with(&["T38FaxMaxDatagram:+316 octets"]).0.max_datagram, Some(316));
    assert_eq!(with(&["T38FaxMaxDatagram:00000000000000316"]).0.max_datagram, Some(316));
}

/// SDP-6.
#[test]
fn any_buffer_size_is_taken_down_and_limits_nothing() {
    assert_eq!(with(&["T38FaxMaxBuffer:72"]).0.max_buffer, Some(72));
    assert_eq!(with(&["T38FaxMaxBuffer:99999999999999999999"]).0.max_buffer, Some(u32::MAX));
    assert_eq!(with(&["T38FaxMaxBuffer:0"]).0.max_buffer, None);
}

/// SDP-7.
#[test]
fn error_correction_is_a_list() {
    for (attributes, said) in [
        (&[][..], Corrections::Unsaid),
        (&["T38FaxUdpEC:t38UDPRedundancy"], Corrections::Redundancy),
        (&["T38FaxUdpEC:t38UDPFEC"], Corrections::Fec),
        (&["T38FaxUdpEC:t38UDPNoEC"], Corrections::None),
        (&["T38FaxUdpEC:"], Corrections::None),
        (&["T38FaxUdpEC"], Corrections::None),
        (&["T38FaxUdpEC:t38UDPMagic"], Corrections::None),
        (&["T38FaxUdpEC:t38UDPFEC", "T38FaxUdpEC:t38UDPRedundancy"], Corrections::Both),
        (&["T38FaxUdpEC:t38UDPRedundancy", "T38FaxUdpEC:t38UDPMagic"], Corrections::Redundancy),
        (&["T38FaxUdpEC:t38UDPRedundancy, t38UDPFEC"], Corrections::Both),
    ] {
        assert_eq!(with(attributes).0.corrections, said, "{attributes:?}");
    }
    assert_eq!(fax(&vector("two-corrections")).parameters.corrections, Corrections::Both);
}

/// SDP-8.
#[test]
fn a_version_that_is_none_is_0_and_a_high_one_is_4() {
    for (value, version) in
        [("", 0), (":0", 0), (":3", 3), (":-1", 0), (":x", 0), (":7", 4), (":256", 4), (":4294967296", 4)]
    {
        let (parameters, _) = with(&[&format!("T38FaxVersion{value}")]);
        assert_eq!(parameters.version, Version::new(version), "{value:?}");
    }
}

/// SDP-9.
#[test]
fn a_bit_rate_that_is_none_is_14400() {
    for (value, rate) in [
        ("", 14_400),
        (":0", 14_400),
        (":-9600", 14_400),
        (":14", 14_400),
        (":fast", 14_400),
        (":2400", 2400),
        (":28800", 28_800),
        (":33600", 33_600),
        (":64000", 33_600),
        (":99999999999", 33_600),
    ] {
        let (parameters, _) = with(&[&format!("T38MaxBitRate{value}")]);
        assert_eq!(parameters.max_bit_rate, BitRate(rate), "{value:?}");
    }
}

/// SDP-10.
#[test]
fn rate_management_is_read_in_its_misspelling_too() {
    assert_eq!(fax(&vector("misspelled-tcf")).parameters.rate_management, Some(RateManagement::LocalTcf));
    assert_eq!(vector("misspelled-tcf").oddities.count(Oddity::MisspelledValue), 1);
    assert_eq!(with(&["T38FaxRateManagement:someTCF"]).0.rate_management, None);
    assert_eq!(with(&["T38FaxRateManagement"]).0.rate_management, None);
}

/// SDP-11.
#[test]
fn the_image_line_is_known_under_each_of_its_names() {
    for line in [
        "m=image 4000 udptl t38",
        "m=image 4000 UDPTL T38",
        "m=IMAGE 4000 Udptl t38   ",
        "m=image\t4000  udptl  T38\0",
        "m=image 4000/1 udptl t38",
        "m=image 4000 udptl",
        "m=application 4000 udptl t38",
        "m=audio 4000 udptl t38",
    ] {
        let text = format!("v=0\nc=IN IP4 192.0.2.1\n{line}\n");
        let description = Description::parse(text.as_bytes()).unwrap();
        assert_eq!(fax(&description).transport, Transport::Udptl, "{line}");
        assert_eq!(description.media[0].port, 4000, "{line}");
    }
    for name in ["application", "audio-over-udptl"] {
        assert_eq!(vector(name).oddities.count(Oddity::MediaType), 1, "{name}");
    }
}

#[test]
fn a_port_that_is_none_refuses_the_line_and_keeps_its_place() {
    for port in ["-1", "65536", "99999999999999999999", "x", "", "/2"] {
        let text = format!("v=0\nc=IN IP4 192.0.2.1\nm=audio 8000 RTP/AVP 0\nm=image {port} udptl t38\n");
        let description = Description::parse(text.as_bytes()).unwrap();
        assert_eq!(description.media.len(), 2, "{port:?}");
        assert_eq!(description.fax_lines().count(), 0, "{port:?}");
        assert_eq!(description.oddities.count(Oddity::Port), 1, "{port:?}");
    }
}

/// SDP-13.
#[test]
fn refused_lines_need_no_address() {
    let description = vector("both-refused-no-connection");
    assert_eq!(description.media.iter().map(|media| media.port).collect::<Vec<_>>(), [0, 0]);
    assert_eq!(description.host_of(&description.media[1]), None);
}

/// SDP-14.
#[test]
fn audio_leftovers_are_passed_over_and_not_written() {
    let description = vector("audio-leftovers");
    assert_eq!(fax(&description), fax(&vector("image-in-place-offer")));
    assert_eq!(description.oddities.count(Oddity::AudioLeftover), 5);
    assert_eq!(description.oddities.count(Oddity::Direction), 1);
    assert!(!description.is_held(&description.media[0]), "fax goes both ways");
    assert!(!description.to_string().contains("ptime"));
}

/// SDP-15.
#[test]
fn an_image_line_over_rtp_is_none() {
    let description = vector("image-over-rtp");
    assert_eq!(description.fax_lines().count(), 0);
    assert_eq!(description.oddities.count(Oddity::ImageOverRtp), 1);
}

/// SDP-15, RFC 4612, RFC 2198.
#[test]
fn both_styles_of_fmtp_are_read() {
    let joined = fax(&vector("rtp"));
    let redundancy = Some(RtpRedundancy { payload_type: 99, depth: 2 });
    let rtp = RtpFax { payload_type: 98, clock: 8000, framing: RtpFraming::Ifp, redundancy };
    assert_eq!(joined.transport, Transport::Rtp(rtp));
    assert_eq!(joined.parameters.version, Version::V2);
    assert!(vector("rtp").has_audio());

    let single = fax(&vector("rtp-line-per-parameter"));
    let rtp = RtpFax { payload_type: 100, clock: 8000, framing: RtpFraming::Udptl, redundancy: None };
    assert_eq!(single.transport, Transport::Rtp(rtp));
    assert_eq!(single.parameters.max_datagram, Some(238));
    assert_eq!(single.parameters.rate_management, Some(RateManagement::TransferredTcf));
}

/// Found by fuzzing: the one whose attribute came first was taken, and writing puts ours last.
#[test]
fn of_several_payload_types_for_fax_the_first_of_the_m_line_is_meant() {
    let text = "v=0\r\nc=IN IP4 192.0.2.10\r\nm=audio 6800 RTP/AVP 0 98 99\r\na=rtpmap:99 t38/8000\r\n\
                a=rtpmap:98 t38/8000\r\na=fmtp:98 T38FaxVersion=3\r\n";
    let read = Description::parse(text.as_bytes()).unwrap();
    let Transport::Rtp(rtp) = fax(&read).transport else { panic!("fax over RTP") };
    assert_eq!((rtp.payload_type, fax(&read).parameters.version), (98, Version::V3));
    let again = Description::parse(read.to_string().as_bytes()).unwrap();
    assert!(same_session(&again, &read));
}

/// SDP-16.
#[test]
fn a_refresh_is_known_by_its_content() {
    let old = vector("image-in-place-offer");
    let mut new = old.clone();
    assert!(same_session(&old, &new), "the version stands still");
    new.origin = new.origin.next();
    assert!(same_session(&old, &new), "the version goes on");
    new.media[0].port += 2;
    assert!(!same_session(&old, &new), "another port under any version");
    let mut other = old.clone();
    other.host = Some(ip("192.0.2.11"));
    assert!(!same_session(&old, &other), "another address");
    assert!(!same_session(&old, &vector("back-to-audio")));
    assert!(!same_session(&old, &vector("hold")));
    assert!(!same_session(&old, &vector("audio-refused-offer")), "another m-line");
}

/// SDP-19.
#[test]
fn ipv6_is_read_with_and_without_brackets_and_written_without() {
    for name in ["ipv6", "ipv6-in-brackets"] {
        let description = vector(name);
        let (_, media, _) = description.fax_lines().next().unwrap();
        assert_eq!(description.host_of(media), Some(&ip("2001:db8::10")), "{name}");
        assert!(description.to_string().contains("c=IN IP6 2001:db8::10\r\n"));
    }
    assert_eq!(Host::read("fe80::1%eth0"), Some(ip("fe80::1")));
    assert_eq!(Host::read("192.0.2.1/127"), Some(ip("192.0.2.1")));
    assert_eq!(Host::read("gw.example.com"), Some(Host::Name("gw.example.com".to_owned())));
    assert_eq!(Host::read("no host"), None);
    assert_eq!(Host::read(""), None);
}

/// SDP-20.
#[test]
fn unknown_attributes_are_kept_and_reject_nothing() {
    let description = vector("vendor-lines");
    assert_eq!(fax(&description), fax(&vector("image-in-place-offer")));
    let names: Vec<_> = description.media[0].attributes.iter().map(|kept| kept.name.as_str()).collect();
    assert_eq!(names, ["T38VendorSpecial", "gpmd"]);
    assert_eq!(description.oddities.count(Oddity::UnknownAttribute), 1);
}

/// SDP-21.
#[test]
fn the_image_port_may_be_that_of_audio() {
    let text = "v=0\nc=IN IP4 192.0.2.1\nm=audio 8000 RTP/AVP 0\nm=image 8000 udptl t38\n";
    let description = Description::parse(text.as_bytes()).unwrap();
    assert_eq!(
        description.fax_lines().map(|(slot, media, _)| (slot, media.port)).collect::<Vec<_>>(),
        [(1, 8000)]
    );
}

/// SDP-22.
#[test]
fn the_attributes_of_version_4_are_read_and_a_bare_line_is_all_defaults() {
    let parameters = fax(&vector("version-4")).parameters;
    assert_eq!(parameters.version, Version::V4);
    assert_eq!((parameters.max_ifp, parameters.fec_max_span), (Some(40), Some(3)));
    assert_eq!(parameters.depth, Some(Depth { min: 1, max: 2 }));
    assert_eq!(parameters.modem_type, Some(ModemType::G3FaxOnly));
    assert_eq!(parameters.vendor_info, Some(VendorInfo { country: 181, extension: 0, manufacturer: 37 }));
    assert_eq!(fax(&vector("bare")).parameters, T38Parameters::BARE);
    assert_eq!(with(&["T38FaxUdpECDepth:5 2"]).0.depth, Some(Depth { min: 2, max: 5 }));
    assert_eq!(with(&["T38FaxUdpECDepth:300"]).0.depth, Some(Depth { min: 255, max: 255 }));
}

/// SDP-23.
#[test]
fn a_dtls_line_keeps_its_fingerprint() {
    let description = vector("dtls");
    let names: Vec<_> = description.media[1].attributes.iter().map(|kept| kept.name.as_str()).collect();
    assert_eq!(names, ["setup", "fingerprint", "tls-id"]);
}

#[test]
fn session_level_attributes_are_defaults() {
    let description = vector("session-level");
    let parameters = fax(&description).parameters;
    assert_eq!(parameters.version, Version::V2);
    assert_eq!(parameters.max_datagram, Some(316), "the line's own counts");
    assert_eq!(parameters.corrections, Corrections::Redundancy);
    assert_eq!(description.oddities.count(Oddity::SessionLevel), 1);
}

#[test]
fn of_two_equal_attributes_the_last_wins_and_a_bad_one_changes_nothing() {
    let (parameters, odd) =
        with(&["T38FaxMaxDatagram:200", "T38FaxMaxDatagram:316", "T38FaxMaxDatagram:oops"]);
    assert_eq!(parameters.max_datagram, Some(316));
    assert_eq!(odd.count(Oddity::Duplicate), 2);
}

#[test]
fn hostile_numbers_leave_the_defaults() {
    let description = vector("hostile-numbers");
    assert_eq!(
        fax(&description).parameters,
        T38Parameters { max_buffer: Some(u32::MAX), corrections: Corrections::None, ..T38Parameters::BARE }
    );
    assert_eq!(description.oddities.count(Oddity::Negative), 3);
}

#[test]
fn hold_is_known_in_both_forms() {
    let description = vector("hold");
    assert!(description.is_held(&description.media[0]));
    let text = vector("image-in-place-offer").to_string() + "a=inactive\r\n";
    let description = Description::parse(text.as_bytes()).unwrap();
    assert!(description.is_held(&description.media[0]));
    assert!(description.to_string().ends_with("a=inactive\r\n"));
}

/// SIP-18.
#[test]
fn a_list_of_capabilities_is_readable_though_its_ports_are_0() {
    let description = vector("capabilities");
    assert_eq!(description.media[1].kind, Kind::Image);
    assert_eq!(description.media[1].fax.unwrap().parameters.max_datagram, Some(400));
}

#[test]
fn what_is_written_has_one_spelling() {
    let mut description = vector("version-4");
    let parameters = &mut description.media[0].fax.as_mut().unwrap().parameters;
    parameters.options = Options::FILL_BIT_REMOVAL | Options::TRANSCODING_MMR | Options::TRANSCODING_JBIG;
    parameters.corrections = Corrections::Both;
    let expected = "v=0\r\no=gw 3001 3002 IN IP4 192.0.2.10\r\ns=-\r\nc=IN IP4 192.0.2.10\r\nt=0 0\r\n\
        m=image 16420 udptl t38\r\na=T38FaxVersion:4\r\na=T38MaxBitRate:14400\r\na=T38FaxFillBitRemoval\r\n\
        a=T38FaxTranscodingMMR\r\na=T38FaxTranscodingJBIG\r\na=T38FaxRateManagement:transferredTCF\r\n\
        a=T38FaxMaxBuffer:1800\r\na=T38FaxMaxDatagram:150\r\na=T38FaxMaxIFP:40\r\n\
        a=T38FaxUdpEC:t38UDPRedundancy\r\na=T38FaxUdpEC:t38UDPFEC\r\na=T38FaxUdpECDepth:1 2\r\n\
        a=T38FaxUdpFECMaxSpan:3\r\na=T38ModemType:t38G3FaxOnly\r\na=T38VendorInfo:181 0 37\r\n";
    assert_eq!(description.to_string(), expected);
}

#[test]
fn debug_output_hides_the_user_of_the_origin() {
    let text = "v=0\no=+15550100 1 1 IN IP4 192.0.2.1\nm=image 4000 udptl t38\n";
    let description = Description::parse(text.as_bytes()).unwrap();
    assert_eq!(description.origin.user, "+15550100");
    assert!(!format!("{description:?}").contains("15550100"));
}
