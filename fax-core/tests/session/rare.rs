//! Rows of the state table beside the common ones: operators, a sender that is not ready, refused fields, and what
//! is said if it is set so.

use crate::desk::{Pile, Tray, worth};
use crate::script::{Bench, answerer, answerer_with, caller, caller_with};
use fax_core::t30::Fcf;
use fax_core::t30::session::{Cause, EcmFrames, Event, Operator, Poll, Role, Settings, Timing};
use fax_core::{Private, Span};

/// A page, and what its sender says after it.
const ONE_PAGE: &str = "> DIS < DCS[005000] TCF > CFR < PAGE";

fn on_call() -> Settings {
    Settings { operator: Operator::OnCall, ..Settings::default() }
}

/// T30-6.
#[test]
fn a_wish_to_speak_is_passed_over_where_nobody_is() {
    answerer(&format!("{ONE_PAGE} PRI-MPS > MCF < PAGE PRI-EOP > MCF < DCN = Success"));
    answerer("> DIS < DCS[00500F20] TCF > CFR < ECM:0-8 PPS[7C000010] > MCF < DCN = Success");
    caller(1, "< DIS[005000] > DCS > TCF < CFR > PAGE > EOP < PIP > DCN = Success");
    let script = "< DIS[005000] > DCS > TCF@v27ter-4800 < CFR > PAGE > EOP < PIN > DCS > TCF@v27ter-2400 < CFR > PAGE > EOP < MCF > DCN = Success";
    caller(1, script);
    let mut bench = Bench::new(Role::Caller, Settings::default(), Pile::noise(&[1000]), Tray::default());
    bench.session.ask_to_speak();
    bench.play("< DIS[005000] > DCS > TCF < CFR > PAGE > EOP < MCF > DCN = Success");
}

#[test]
fn a_receiver_with_an_operator_answers_a_wish_and_waits_for_t3() {
    for (script, end) in [
        ("PRI-MPS > PIP quiet9500", "< PAGE EOP > MCF < DCN = Success"),
        ("PRI-MPS > PIP quiet9500", "< DCS[005000] TCF > CFR < PAGE EOP > MCF < DCN = Success"),
        ("PRI-EOM > PIP quiet9500", "> DIS < DCN = Disconnected(Dcs)"),
        ("PRI-EOP > PIP quiet9500", "< DCN = Success"),
        ("PRI-MPS > PIP < PRI-MPS > PIP quiet9500", "> DCN = NoCommand(Page)"),
    ] {
        let bench = answerer_with(
            on_call(),
            Pile::noise(&[]),
            Tray::default(),
            &format!("{ONE_PAGE} {script} {end}"),
        );
        assert!(bench.count(|event| matches!(event, Event::Interrupt(Fcf::Pip))) > 0, "{script}");
    }
    let tray = Tray { worth: [worth(100, 50)].into(), ..Tray::default() };
    let script = format!("{ONE_PAGE} PRI-MPS > PIN quiet9500 > DIS < DCN = Disconnected(Retraining)");
    answerer_with(on_call(), Pile::noise(&[]), tray, &script);
    answerer_with(
        on_call(),
        Pile::noise(&[]),
        Tray::default(),
        "> DIS < DCS[00500F20] TCF > CFR < ECM:0-8 PPS[7A000010] > PIP < ECM:0-8 PPS[74800010] > MCF < DCN = Success",
    );
}

#[test]
fn a_sender_with_an_operator_waits_for_t3_and_goes_on() {
    for script in [
        "< DIS[005000] > DCS > TCF < CFR > PAGE > MPS < PIP > quiet9500 > PAGE > EOP < MCF > DCN = Success",
        "< DIS[005000] > DCS > TCF < CFR > PAGE > MPS < PIN > quiet9500 > DCS > TCF@v27ter-2400 < CFR > PAGE > MPS < MCF > PAGE > EOP < MCF > DCN = Success",
        "< DIS[005000] > DCS > TCF < CFR > PAGE > MPS < PIP w3000 PIP > quiet9500 > PAGE > EOP < MCF > DCN = Success",
        "< DIS[005000] > DCS > TCF < CFR > PAGE > MPS < PIP CRP > MPS > MPS < MCF > PAGE > EOP < MCF > DCN = Success",
        "< DIS[00500F20] > DCS > TCF < CFR > ECM > PPS < PIP RNR > RR < MCF > ECM > PPS < MCF > DCN = Success",
        "< DIS[00500F20] > DCS > TCF < CFR > ECM > PPS < PIP > quiet9500 > ECM > PPS < MCF > DCN = Success",
    ] {
        caller_with(on_call(), Pile::noise(&[1000, 1000]), script);
    }
}

#[test]
fn an_operator_takes_the_call_within_t3_and_not_without_being_asked() {
    let start = "< DIS[005000] > DCS > TCF < CFR > PAGE > MPS";
    let mut bench = Bench::new(Role::Caller, on_call(), Pile::noise(&[1000, 1000]), Tray::default());
    bench.play(start);
    let now = bench.now;
    assert!(!bench.session.operator_speaks(now, &mut bench.pile, &mut bench.tray));
    bench.play("< PIP > quiet5000");
    let now = bench.now;
    assert!(bench.session.operator_speaks(now, &mut bench.pile, &mut bench.tray));
    assert_eq!(bench.session.outcome().map(|outcome| outcome.cause), Some(Cause::HandedOver));

    let mut bench = Bench::new(Role::Answerer, on_call(), Pile::noise(&[]), Tray::default());
    bench.session.ask_to_speak();
    bench.play(&format!("{ONE_PAGE} MPS > PIP quiet3000"));
    let now = bench.now;
    assert!(bench.session.operator_speaks(now, &mut bench.pile, &mut bench.tray));
}

#[test]
fn our_own_wish_to_speak_goes_out_once() {
    let mut bench = Bench::new(Role::Caller, on_call(), Pile::noise(&[1000, 1000]), Tray::default());
    bench.session.ask_to_speak();
    bench.play("< DIS[005000] > DCS > TCF < CFR > PAGE > PRI-MPS < MCF > PAGE > EOP < MCF > DCN = Success");
    let mut bench = Bench::new(Role::Caller, on_call(), Pile::noise(&[1000]), Tray::default());
    bench.session.ask_to_speak();
    bench.play("< DIS[00500F20] > DCS > TCF < CFR > ECM > PPS[FC] < MCF > DCN = Success");
}

/// T.30 5.3.6.1.8.
#[test]
fn a_sender_that_is_not_ready_is_asked_until_t5() {
    answerer(
        "> DIS < DCS[005000] TCF > CFR < TNR > TR < TNR > TR < PAGE MPS > MCF < TNR > TR < PAGE EOP > MCF < DCN = Success",
    );
    answerer("> DIS < DCS[00500F20] TCF > CFR < TNR > TR < ECM:0-8 PPS[74000010] > MCF < DCN = Success");
    let mut script = String::from("> DIS < DCS[005000] TCF > CFR < TNR");
    (0..11).for_each(|_| script.push_str(" > TR < w3000 TNR"));
    answerer(&format!("{script} > DCN = NotReady"));
    answerer("> DIS < DCS[005000] TCF > CFR < TNR > TR > DCN = NoCommand(Page)");
}

#[test]
fn a_field_that_is_refused_ends_the_call_and_is_told() {
    let bench = caller(1, "< DIS[005000] > DCS > TCF < FNV[04] > DCN = FieldRefused");
    assert_eq!(bench.count(|event| matches!(event, Event::FieldsRefused(4))), 1);
    let settings = Settings { polls: Some(Poll::default()), ..Settings::default() };
    caller_with(settings, Pile::noise(&[]), "< DIS[008000] > DTC < FNV[01] > DCN = FieldRefused");
    let tray = Tray { refuses: true, ..Tray::default() };
    let script = "> DIS < SUB[04],DCS[005000] > DCN = FieldRefused";
    answerer_with(Settings::default(), Pile::noise(&[]), tray, script);
}

/// T.30 Annexes for internet fax and for security name frames that others may ignore.
#[test]
fn frames_that_mean_nothing_here_are_passed_over_before_the_command() {
    answerer(
        "> DIS < NSS[AD0055],TSI[04],SUB[04],SID[04],TSA[01004142],IRA[01004142],DCS[005000] TCF > CFR < PAGE EOP > MCF
         < DCN = Success",
    );
    caller(
        1,
        "< NSF[AD00],CSI[04],DIS[005000] > DCS > TCF < CSA[01004142],CFR > PAGE > EOP < MCF > DCN = Success",
    );
}

#[test]
fn non_standard_facilities_go_with_dis_and_dtc() {
    let settings = Settings { non_standard: Some(Private::new(vec![0xB5; 60])), ..Settings::default() };
    let mut bench = Bench::new(Role::Answerer, settings.clone(), Pile::noise(&[]), Tray::default());
    let burst = bench.next("DIS");
    assert_eq!(burst.frames[0][..3], [0xFF, 0xC0, 0x04]);
    assert_eq!(burst.frames[0].len(), 3 + Settings::NON_STANDARD);
    let settings = Settings { polls: Some(Poll::default()), ..settings };
    let mut bench = Bench::new(Role::Caller, settings, Pile::noise(&[]), Tray::default());
    bench.play("< DIS[008000]");
    let burst = bench.next("DTC");
    assert_eq!(burst.frames[0][..3], [0xFF, 0xC0, 0x84]);
}

#[test]
fn a_sender_may_prefer_frames_of_64_octets() {
    let settings = Settings { ecm_frames: EcmFrames::Short, ..Settings::default() };
    let script = "< DIS[00500F20] > DCS[00500F30] > TCF < CFR > ECM:16 > PPS < MCF > DCN = Success";
    caller_with(settings, Pile::noise(&[1000]), script);
}

/// MRGX01.
#[test]
fn dis_is_said_as_often_as_is_allowed() {
    let settings = Settings { dis_tries: Some(2), ..Settings::default() };
    answerer_with(settings, Pile::noise(&[]), Tray::default(), "> DIS > DIS > DCN = NoCommand(Dcs)");
}

/// T1 is over while DIS is on its way: what has begun goes on with DCN.
#[test]
fn a_control_burst_in_its_preamble_takes_the_frames_that_replace_its_own() {
    let timing = Timing { t1: Span::from_millis(5_000), ..Timing::default() };
    let settings = Settings { timing, ..Settings::default() };
    answerer_with(settings, Pile::noise(&[]), Tray::default(), "> DIS > DCN = NoFirstFrames");
}
