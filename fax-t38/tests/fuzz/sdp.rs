//! What the fuzz target and the seeded test of SDP share.

use fax_t38::Version;
use fax_t38::sdp::{
    Abilities, Booleans, Carrier, Corrections, Description, Layout, Local, MAX_LINES, MAX_OCTETS, Media,
    Offer, Options, Origin, Policy, Session, T38Parameters, Tcf, WhenBoth, answer, conclude, same_session,
};

/// Takes octets as a message body: no panic, what is written is read as the same again, and whatever is agreed
/// on can be worked with.
pub fn check(data: &[u8]) {
    let Ok(description) = Description::parse(data) else { return };
    again(&description);
    for (abilities, policy) in ends() {
        if let Ok(answer) = answer(&abilities, &policy, &local(), &description) {
            let kinds =
                |of: &Description| of.media.iter().map(|media| media.kind.clone()).collect::<Vec<_>>();
            assert_eq!(kinds(&answer.description), kinds(&description));
            again(&answer.description);
            usable(&answer.session);
        }
        let offer = Offer::new(&abilities, &policy, &local(), &description.media);
        assert!(offer.description.media.len() >= description.media.len(), "lines never go");
        again(&offer.description);
        if let Ok(session) = conclude(&offer, &description) {
            usable(&session);
        }
    }
}

/// What we write is what we read, if it is not too long to be read at all.
fn again(description: &Description) {
    let text = description.to_string();
    if text.len() > MAX_OCTETS || text.lines().count() > MAX_LINES || description.media.len() > 64 {
        return;
    }
    let read = Description::parse(text.as_bytes()).expect("what we write is SDP");
    assert_eq!(read.to_string(), text);
    assert!(same_session(&read, description));
}

fn usable(session: &Session) {
    assert!(session.port > 0);
    assert!(session.version <= Version::V4);
    assert!(session.max_bit_rate.0 >= 2400 && session.max_bit_rate.0.is_multiple_of(2400));
    assert!(session.has_v34() <= session.version.knows_v34());
    assert!(session.limits.ifp >= 7 && session.limits.datagram <= 1200, "{:?}", session.limits);
    let packing = session.limits.packing(session.max_bit_rate, 30, 3);
    assert!(packing.octets > 0 && packing.secondaries > 0);
}

fn local() -> Local {
    Local {
        origin: Origin::default(),
        host: [192, 0, 2, 1].into(),
        port: 4000,
        audio: Some(Media::audio(4002, "0 8")),
    }
}

/// A plain end, and one that can and wants everything.
fn ends() -> [(Abilities, Policy); 2] {
    let options = Options::FILL_BIT_REMOVAL | Options::TRANSCODING_MMR | Options::TRANSCODING_JBIG;
    let everything = T38Parameters {
        version: Version::V4,
        max_bit_rate: fax_core::BitRate(33_600),
        options,
        booleans: Booleans::Valued,
        corrections: Corrections::Both,
        max_datagram: Some(1400),
        max_ifp: Some(320),
        ..T38Parameters::BARE
    };
    let all = &[Carrier::Udptl, Carrier::Dtls, Carrier::Tcp, Carrier::Rtp, Carrier::RtpUdptl];
    let policy = Policy {
        offer_version: Version::V4,
        layout: Layout::AudioAndImage,
        when_both: WhenBoth::Both,
        corrections: Corrections::Both,
        tcf: Tcf::Local,
        ..Policy::default()
    };
    [(Abilities::default(), Policy::default()), (Abilities { parameters: everything, carriers: all }, policy)]
}
