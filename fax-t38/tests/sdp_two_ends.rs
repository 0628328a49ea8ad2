//! Two ends of ours, whatever they can and want, over descriptions as written.
#![cfg(feature = "sdp")]

use fax_core::BitRate;
use fax_t38::Version;
use fax_t38::sdp::{
    Abilities, BooleanStyle, Booleans, Carrier, Corrections, Description, ErrorCorrection, Host, Layout,
    Local, Media, Oddity, Offer, Options, Origin, Policy, Session, T38Parameters, Tcf, Transport, WhenBoth,
    answer, conclude,
};
use proptest::prelude::*;

fn local(last: u8, port: u16, formats: &str) -> Local {
    let audio = Some(Media::audio(port + 2, formats));
    Local { origin: Origin::default(), host: [192, 0, 2, last].into(), port, audio }
}

fn any_abilities() -> impl Strategy<Value = Abilities> {
    let numbers = (0_u8..=4, 1_u32..=14, 0_u8..8, any::<Option<u16>>(), any::<Option<u16>>());
    (numbers, 0..5_usize).prop_map(|((version, rate, options, max_datagram, max_ifp), corrections)| {
        let each = [Options::FILL_BIT_REMOVAL, Options::TRANSCODING_MMR, Options::TRANSCODING_JBIG];
        let options =
            (0..3).filter(|bit| options >> bit & 1 == 1).fold(Options::NONE, |all, bit| all | each[bit]);
        Abilities {
            parameters: T38Parameters {
                version: Version::new(version),
                max_bit_rate: BitRate(rate * 2400),
                options,
                max_datagram: max_datagram.filter(|&size| size > 0),
                max_ifp: max_ifp.filter(|&size| size > 0),
                corrections: CORRECTIONS[corrections],
                ..T38Parameters::BARE
            },
            carriers: &[Carrier::Udptl, Carrier::Dtls, Carrier::Tcp, Carrier::Rtp, Carrier::RtpUdptl],
        }
    })
}

const CORRECTIONS: [Corrections; 5] =
    [Corrections::Unsaid, Corrections::None, Corrections::Redundancy, Corrections::Fec, Corrections::Both];

fn any_policy() -> impl Strategy<Value = Policy> {
    (0_u8..=4, 0_u8..=4, 0..5_usize, 0..3_usize, 0..2_usize, 0..3_usize, 0..5_usize, 0..3_usize).prop_map(
        |(offer, answer, carrier, layout, when_both, booleans, corrections, tcf)| Policy {
            offer_version: Version::new(offer),
            answer_version: Version::new(answer),
            carrier: [Carrier::Udptl, Carrier::Dtls, Carrier::Tcp, Carrier::Rtp, Carrier::RtpUdptl][carrier],
            layout: [Layout::AudioRefused, Layout::ImageAlone, Layout::AudioAndImage][layout],
            when_both: [WhenBoth::Image, WhenBoth::Both][when_both],
            booleans: [
                BooleanStyle::Mirrored,
                BooleanStyle::Always(Booleans::Bare),
                BooleanStyle::Always(Booleans::Valued),
            ][booleans],
            corrections: CORRECTIONS[corrections],
            tcf: [Tcf::Transferred, Tcf::LocalIfOffered, Tcf::Local][tcf],
            peer_max_datagram: None,
        },
    )
}

proptest! {
    /// Whatever two ends of ours can and want, they agree, through the written form, on the same.
    #[test]
    fn two_ends_always_agree_on_the_same(
        (abilities_a, abilities_b) in (any_abilities(), any_abilities()),
        (policy_a, policy_b) in (any_policy(), any_policy()),
        lines in 0..3_usize,
    ) {
        let (a, b) = (local(1, 4000, "0 8"), local(2, 6000, "0"));
        let last = [Media::audio(4000, "0"), Media::fax(0, Transport::Udptl, T38Parameters::BARE)];
        let offer = Offer::new(&abilities_a, &policy_a, &a, &last[..lines]);
        let sent = Description::parse(offer.description.to_string().as_bytes()).unwrap();
        prop_assert!(sent.oddities.iter().all(|(odd, _)| odd == Oddity::ValuedBoolean), "{:?}", sent.oddities);
        let answer = answer(&abilities_b, &policy_b, &b, &sent).unwrap();
        let sent = Description::parse(answer.description.to_string().as_bytes()).unwrap();
        prop_assert_eq!(sent.media.len(), offer.description.media.len());
        let (ours, theirs) = (conclude(&offer, &sent).unwrap(), answer.session);

        prop_assert_eq!((ours.host.clone(), ours.port), (Host::Ip(b.host), b.port));
        prop_assert_eq!((theirs.host.clone(), theirs.port), (Host::Ip(a.host), a.port));
        let common = |of: &Session| {
            (of.slot, of.transport, of.flow, of.version, of.max_bit_rate, of.rate_management, of.options)
        };
        prop_assert_eq!(common(&ours), common(&theirs));
        prop_assert_eq!(&ours.oddities.count(Oddity::VersionRaised), &0);
        prop_assert_eq!(&ours.oddities.count(Oddity::OptionRaised), &0);
        prop_assert_eq!(&ours.oddities.count(Oddity::CorrectionRaised), &0);
        if policy_a.corrections == policy_b.corrections {
            prop_assert_eq!(ours.send, theirs.send);
        }
        let parity = |policy: &Policy, abilities: &Abilities| policy.corrections.fec() && abilities.parameters.corrections.fec();
        prop_assert!(theirs.send != ErrorCorrection::Fec || parity(&policy_a, &abilities_a), "sent to one who did not ask");
    }
}
