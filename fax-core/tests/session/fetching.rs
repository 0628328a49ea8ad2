//! Documents that are fetched: DTC, turn-around, and who is meant by a DIS.

use crate::desk::{Pile, Tray};
use crate::script::{Bench, answerer_with, caller_with};
use fax_core::Private;
use fax_core::t30::fields::Bit;
use fax_core::t30::session::{Event, Offer, Poll, Role, Settings};

#[test]
fn a_caller_fetches() {
    let poll = |password: Option<&str>| Settings {
        identification: Private::new("12345".into()),
        polls: Some(Poll { password: password.map(|text| Private::new(text.into())), document: None }),
        ..Settings::default()
    };
    for (case, settings, script) in [
        ("MTGP01", poll(None), "< DIS[004010] > DCN = NothingToFetch"),
        (
            "MTGP02",
            poll(None),
            "< DIS[008010] > DTC < DCS[000000] TCF > CFR < PAGE MPS > MCF < PAGE EOP > MCF < DCN = Success",
        ),
        (
            "OTGP03",
            poll(Some("678")),
            "< DIS[00801101010140] > DTC < DCS[000000] TCF > CFR < PAGE EOP > MCF < DCN = Success",
        ),
        (
            "DTC is lost",
            poll(None),
            "< DIS[008010] > DTC > DTC < DIS[008010] > DTC < DCS[000000] TCF > CFR < PAGE EOP > MCF < DCN = Success",
        ),
        ("DTC is never heard", poll(None), "< DIS[008010] > DTC > DTC > DTC > DCN = NoCommand(Dcs)"),
    ] {
        println!("{case}");
        // A receiver must take V.27ter at 2400 bit/s whose DCS has nothing but zeros.
        let settings = Settings { receives: settings.receives.with(Bit::RECEIVE), ..settings };
        caller_with(settings, Pile::noise(&[]), script);
    }
}

#[test]
fn an_answerer_is_fetched_from() {
    let offers = |offers| Settings { offers, ..Settings::default() };
    let locked = || offers(Offer::WithPassword(Private::new("+9876543210".into())));
    // +9876543210 as it goes on the line.
    let pwd = "0C8C4CCC2CAC6CEC1C9CD4040404040404040404";
    let right = format!(
        "> DIS < PWD[{pwd}],DTC[00501101010140] > DCS > TCF < CFR > PAGE > EOP < MCF > DCN = Success"
    );
    for (case, settings, script) in [
        (
            "MRGP01",
            offers(Offer::Freely),
            "> DIS[00F7] < DTC[005010] > DCS[005010] > TCF < CFR > PAGE > EOP < MCF > DCN = Success",
        ),
        ("MRGP02", locked(), right.as_str()),
        ("MRGP03", locked(), "> DIS < PWD[9C1C],DTC[00501101010140] > DCN = Password"),
        ("MRGP04", locked(), "> DIS < DTC[007400] > DCN = Password"),
        ("MRGP05", offers(Offer::Nothing), "> DIS[0077] < DTC[007400] > DCN = NothingToFetch"),
        (
            "MRGP06",
            offers(Offer::Freely),
            "> DIS < DIS[005000] > DCS > TCF < CFR > PAGE > EOP < MCF > DCN = Success",
        ),
        ("MRGP07", locked(), "> DIS < DIS[005000] > DCN = Password"),
        (
            "ORGP09",
            offers(Offer::Freely),
            "> DIS < DCS[005000] TCF > CFR < PAGE EOM > MCF > DIS < DTC[007400] > DCS > TCF@v17-14400 < CFR > PAGE > EOP < MCF > DCN = Success",
        ),
        (
            "ORGP10",
            offers(Offer::Freely),
            "> DIS < DCS[005000] TCF > CFR < PAGE EOM > MCF < w2000 DTC[007400] > DCS > TCF@v17-14400 < CFR > PAGE > EOP < MCF > DCN = Success",
        ),
    ] {
        println!("{case}");
        answerer_with(settings, Pile::noise(&[1000]), Tray::default(), script);
    }
}

#[test]
fn a_caller_sends_and_then_fetches() {
    let settings = Settings { polls: Some(Poll::default()), ..Settings::default() };
    let script =
        "< DIS[00D010] > DCS > TCF < CFR > PAGE > EOM < MCF w6000 DIS[00D010] > DTC < DCS[000000] TCF > CFR
        < PAGE EOP > MCF < DCN = Success";
    let bench = caller_with(settings, Pile::noise(&[1000]), script);
    assert_eq!((bench.pile.fates.len(), bench.tray.pages.len()), (1, 1));
}

#[test]
fn the_x_bit_says_who_received_dis() {
    let mut bench = Bench::new(
        Role::Answerer,
        Settings { offers: Offer::Freely, ..Settings::default() },
        Pile::noise(&[9]),
        Tray::default(),
    );
    bench.play("> DIS < DTC[005010]");
    assert_eq!(bench.next("DCS").frames[0][2], 0x41);
    let mut bench = Bench::new(
        Role::Answerer,
        Settings { offers: Offer::Freely, ..Settings::default() },
        Pile::noise(&[9]),
        Tray::default(),
    );
    bench.play("> DIS < DIS[005010]");
    assert_eq!(bench.next("DCS").frames[0][2], 0xC1);
}

/// T30-8: DIS that comes back as it was said is no wish to fetch.
#[test]
fn an_echo_of_our_own_dis_is_let_go() {
    let settings = Settings { offers: Offer::Freely, ..Settings::default() };
    let dis: String = settings
        .receives
        .with(Bit::HAS_DOCUMENT)
        .octets()
        .iter()
        .map(|octet| format!("{octet:02X}"))
        .collect();
    let script = format!("> DIS < DIS[{dis}] > DIS < DCS[005000] TCF > CFR < PAGE EOP > MCF < DCN = Success");
    let bench = answerer_with(settings, Pile::noise(&[9]), Tray::default(), &script);
    assert_eq!(bench.count(|event| matches!(event, Event::Echo(_))), 1);
}
