//! A caller that sends.

use crate::desk::Pile;
use crate::script::{caller, caller_with};
use fax_core::t30::ModemSet;
use fax_core::t30::session::{Event, Fate, OnRtn, Settings, Verdict};

#[test]
fn a_caller_sends_pages_without_ecm() {
    for (case, pages, script) in [
        (
            "MTGN01",
            2,
            "< DIS[005000] > DCS[005000] > TCF@v27ter-4800 < CFR > PAGE > MPS < MCF > PAGE > EOP < MCF > DCN = Success",
        ),
        ("MTGN07", 1, "< DIS[000000] > DCN = CannotReceive"),
        (
            "MTGN09",
            1,
            "< DIS[005000] > DCS > TCF < DIS[005000] > DCS > TCF < CFR > PAGE > EOP < MCF > DCN = Success",
        ),
        (
            "MTGN10",
            1,
            "< DIS[005000]! w3500 DIS[005000]! w3500 DIS[005000] > DCS > TCF < CFR > PAGE > EOP < MCF > DCN = Success",
        ),
        (
            "MTGN11",
            1,
            "< DIS[007220] > DCS > TCF@v29-9600 > DCS > TCF@v29-9600 > DCS > TCF@v29-9600 < CFR > PAGE > EOP < MCF > DCN = Success",
        ),
        (
            "MTGN12",
            1,
            "< DIS[007220] > DCS > TCF < CFR! > DCS > TCF < CFR! > DCS > TCF@v29-9600 < CFR > PAGE > EOP < MCF > DCN = Success",
        ),
        ("MTGN13", 1, "< DIS[007220] > DCS > TCF < CRP > DCS > TCF < CFR > PAGE > EOP < MCF > DCN = Success"),
        (
            "MTGN17",
            2,
            "< DIS[005000] > DCS > TCF < CFR > PAGE > MPS > MPS > MPS < MCF > PAGE > EOP < MCF > DCN = Success",
        ),
        (
            "MTGN18",
            2,
            "< DIS[005000] > DCS > TCF < CFR > PAGE > MPS < MCF! > MPS < MCF! > MPS < MCF > PAGE > EOP < MCF > DCN = Success",
        ),
        (
            "MTGN19",
            2,
            "< DIS[005000] > DCS > TCF < CFR > PAGE > MPS < CRP > MPS < CRP > MPS < MCF > PAGE > EOP < MCF > DCN = Success",
        ),
        (
            "MTGN22",
            1,
            "< DIS[005000] > DCS > TCF < CFR > PAGE > EOP < CRP > EOP < CRP > EOP < MCF > DCN = Success",
        ),
        (
            "MTGN24",
            2,
            "< DIS[005000] > DCS > TCF < CFR > PAGE > MPS < RTP > DCS > TCF@v27ter-2400 < CFR > PAGE@v27ter-2400 > EOP < MCF > DCN = Success",
        ),
        ("MTGN25", 1, "< DIS[005000] > DCS > TCF < CFR > PAGE > EOP < RTP > DCN = Success"),
        (
            "MTGN27",
            2,
            "< DIS[007220] > DCS > TCF@v29-9600 < CFR > PAGE > MPS < RTN > DCS > TCF@v29-7200 < CFR > PAGE > MPS < MCF > PAGE > EOP < MCF > DCN = Success",
        ),
        (
            "OTGC08",
            1,
            "< DIS[007620] > DCS > TCF@v17-14400 < FTT > DCS > TCF@v17-12000 < FTT > DCS > TCF@v17-9600 < FTT > DCS > TCF@v29-9600 < CFR > PAGE > EOP < MCF > DCN = Success",
        ),
        (
            "OTGC10",
            2,
            "< DIS[007620] > DCS > TCF@v17-14400 > DCS > TCF@v17-14400 < FTT > DCS > TCF@v17-12000 < CFR > PAGE@v17-12000-short > MPS < RTP > DCS > TCF@v17-9600 < CRP > DCS > TCF@v17-9600 < CFR > PAGE > EOP < MCF > DCN = Success",
        ),
        ("MTGX03", 1, "< DIS[007220] > DCS > TCF < DCN = Disconnected(Confirmation)"),
        ("MTGX05", 2, "< DIS[005000] > DCS > TCF < CFR > PAGE > MPS < DCN = Disconnected(Receipt)"),
        ("MTGX06", 1, "< DIS[005000] > DCS > TCF < CFR > PAGE > EOP < DCN = Disconnected(LastReceipt)"),
        ("MTGX07", 1, "< DIS[007220] > DCS > TCF > DCS > TCF > DCS > TCF > DCN = NoAnswerToTraining"),
        ("MTGX09", 2, "< DIS[005000] > DCS > TCF < CFR > PAGE > MPS > MPS > MPS > DCN = NoAnswerToPage"),
        (
            "MTGX11",
            1,
            "< DIS[007220] > DCS > TCF@v29-9600 < FTT > DCS > TCF@v29-7200 < FTT > DCS > TCF@v27ter-4800 < FTT > DCS > TCF@v27ter-2400 < FTT > DCN = CannotTrain",
        ),
        (
            "MTGX12",
            1,
            "< DIS[007220] > DCS > TCF < DIS[005000] > DCS > TCF < DIS[005000] > DCS > TCF < DIS[005000] > DCN = DisInsteadOfAnswer",
        ),
        (
            "MTGX13",
            1,
            "< DIS[007220] > DCS > TCF < CRP > DCS > TCF < CRP > DCS > TCF < CRP > DCN = NoAnswerToTraining",
        ),
        (
            "MTGX16",
            1,
            "< DIS[005000] > DCS > TCF < CFR > PAGE > EOP < CRP > EOP < CRP > EOP < CRP > DCN = NoAnswerToPage",
        ),
        ("MTGX17", 1, "< RAW[FFC800] w3500 RAW[FFC800] > DCN = NoDis"),
        (
            "MTGX18",
            1,
            "< CED RAW[A202B5C97E67] RAW[FFC000],DIS[005000] > DCS > TCF < CFR > PAGE > EOP < MCF > DCN = Success",
        ),
        ("MTGX19", 1, "< CED w6000 DIS[005000] > DCS > TCF < CFR > PAGE > EOP < MCF > DCN = Success"),
        ("MTGX20", 1, "< DIS[005000] > DCS > TCF < CFR > PAGE > EOP < RAW[FFC800] > DCN = Unknown"),
        (
            "MTGX21",
            2,
            "< DIS[005000] > DCS > TCF < CFR > PAGE > MPS < RAW[A202B5C97E67] > MPS < MCF > PAGE > EOP < MCF > DCN = Success",
        ),
        (
            "MTGX23",
            1,
            "< CED NSF[B5FFFF000000000000000000000000000000000000000000000000000000000000000000000000],CSI[04],DIS[005010010109010100] > DCS > TCF < CFR > PAGE > EOP < MCF > DCN = Success",
        ),
        ("MTGX01", 1, "< w29999 CED DIS[005000] > DCS > TCF < CFR > PAGE > EOP < MCF > DCN = Success"),
        (
            "Tx-EOP-echo",
            2,
            "< DIS[005000] > DCS > TCF < CFR > PAGE > MPS < MCF > PAGE > EOP < EOP MCF > DCN = Success",
        ),
        ("a late MCF", 1, "< DIS[005000] > DCS > TCF < CFR > PAGE > EOP < w2900 MCF > DCN = Success"),
        (
            "PIP and PIN",
            3,
            "< DIS[005000] > DCS > TCF < CFR > PAGE > MPS < PIP > PAGE > MPS < PIN > DCS > TCF < CFR > PAGE > MPS < MCF > PAGE > EOP < MCF > DCN = Success",
        ),
        ("no answer at all", 1, "> quiet60000 = NoAnswer"),
    ] {
        println!("{case}");
        let bench = caller(pages, script);
        if script.ends_with("Success") {
            assert_eq!(bench.pile.fates, vec![Fate::Confirmed; pages], "{case}");
        }
    }
}

#[test]
fn only_modems_of_both_are_used() {
    let settings = Settings { modems: ModemSet::V27ter, ..Settings::default() };
    caller_with(
        settings,
        Pile::noise(&[100]),
        "< DIS[007700] > DCS > TCF@v27ter-4800 < FTT > DCS > TCF@v27ter-2400 < DCN = Disconnected(Confirmation)",
    );
}

#[test]
fn eom_leads_to_a_new_phase_b() {
    for (case, script) in [
        (
            "MTGN14",
            "< DIS[005000] > DCS > TCF < CFR > PAGE > EOM > EOM < MCF w100 DIS[005000] > DCS > TCF < CFR > PAGE > EOP < MCF > DCN = Success",
        ),
        (
            "MTGN23",
            "< DIS[005000] > DCS > TCF < CFR > PAGE > EOM < RTP w2000 DIS[005000] > DCS > TCF < CFR > PAGE > EOP < MCF > DCN = Success",
        ),
        (
            "MTGN26",
            "< DIS[007220] > DCS > TCF@v29-9600 < CFR > PAGE > EOM < RTN w7000 DIS[005000] > DCS > TCF@v27ter-4800 < CFR > PAGE > EOM < MCF w6000 DIS[005000] > DCS > TCF < CFR > PAGE > EOP < MCF > DCN = Success",
        ),
        ("MTGX04", "< DIS[005000] > DCS > TCF < CFR > PAGE > EOM < DCN = Disconnected(Receipt)"),
        ("MTGX08", "< DIS[005000] > DCS > TCF < CFR > PAGE > EOM > EOM > EOM > DCN = NoAnswerToPage"),
        ("no DIS", "< DIS[005000] > DCS > TCF < CFR > PAGE > EOM < MCF > DCN = NoFirstFrames"),
    ] {
        println!("{case}");
        let pile = Pile { apart: true, ..Pile::noise(&[1000, 1000]) };
        caller_with(Settings::default(), pile, script);
    }
}

#[test]
fn a_page_rejected_too_often_counts_as_doubtful() {
    let start = "< DIS[007220] > DCS > TCF@v29-9600 < CFR > PAGE > EOP < RTN ";
    let again =
        "> DCS > TCF@v29-7200 < CFR > PAGE > EOP < RTN > DCS > TCF@v27ter-4800 < CFR > PAGE > EOP < RTN ";
    let bench = caller(1, &format!("{start}{again}> DCN = Doubtful"));
    assert_eq!((bench.pile.fates, bench.pile.begun.len()), (vec![Fate::Doubtful], 3));
    // MTGN28.
    let settings = Settings { on_rtn: OnRtn::Proceed, ..Settings::default() };
    caller_with(settings, Pile::noise(&[1000]), &format!("{start}> DCN = Doubtful"));
}

#[test]
fn a_page_is_accounted_for_with_what_was_sent_twice() {
    let bench = caller(
        1,
        "< DIS[00501120] > DCS > TCF < CFR > ECM:4 > PPS
         < PPR[6000000000000000000000000000000000000000000000000000000000000000] > ECM:2 > PPS < MCF > DCN = Success",
    );
    let records: Vec<_> = bench
        .events
        .iter()
        .filter_map(|(_, event)| if let Event::PageSent(record) = event { Some(*record) } else { None })
        .collect();
    let [record] = records[..] else { panic!("{records:?}") };
    assert_eq!((record.octets, record.frames_resent, record.requests), (1000, 2, 1));
    assert_eq!((record.number, record.verdict), (0, Verdict::Good));
}

#[test]
fn a_caller_sends_blocks() {
    for (case, octets, script) in [
        (
            "OTEN01",
            &[70_000, 1000][..],
            "< DIS[00501120] > DCS[00501F20] > TCF < CFR > ECM:256 > PPS[000000FF] < MCF > ECM:18 > PPS[F2008088] < MCF > ECM:4 > PPS[F48000C0] < MCF > DCN = Success",
        ),
        (
            "OTEN02",
            &[2560],
            "< DIS[00501120] > DCS > TCF < CFR > ECM:10 > PPS[F4] < PPR[8040000000000000000000000000000000000000000000000000000000000001] > ECM:2 > PPS[F4000080] < MCF > DCN = Success",
        ),
        (
            "OTEN05",
            &[2560],
            "< DIS[00501120] > DCS > TCF < CFR > ECM:10 > PPS < PPR[00400000000000000000000000000000000000000000000000000000000000FF] > ECM:1 > PPS < PPR[00400000000000000000000000000000000000000000000000000000000000FF] > ECM:1 > PPS < PPR[00400000000000000000000000000000000000000000000000000000000000FF] > ECM:1 > PPS < PPR[00400000000000000000000000000000000000000000000000000000000000FF] > CTC[0000] < CTR > ECM@v27ter-2400:1 > PPS < MCF > DCN = Success",
        ),
        (
            "OTEN03",
            &[1000],
            "< DIS[00501120] > DCS > TCF < CFR > ECM > PPS < RNR > RR < RNR > RR < MCF > DCN = Success",
        ),
        (
            "Tx-PPS-echo",
            &[1000],
            "< DIS[00501120] > DCS > TCF < CFR > ECM > PPS < PPS[74000000] MCF > DCN = Success",
        ),
        (
            "PPS is not heard",
            &[1000],
            "< DIS[00501120] > DCS > TCF < CFR > ECM > PPS > PPS < CRP > PPS < MCF > DCN = Success",
        ),
        (
            "nobody answers",
            &[1000],
            "< DIS[00501120] > DCS > TCF < CFR > ECM > PPS > PPS > PPS > DCN = NoAnswerToPage",
        ),
        (
            "RR is not answered",
            &[1000],
            "< DIS[00501120] > DCS > TCF < CFR > ECM > PPS < RNR > RR > RR > RR > DCN = NoAnswerToPage",
        ),
        (
            "short frames",
            &[1000],
            "< DIS[02501120] > DCS[00501F30] > TCF < CFR > ECM:16 > PPS[F40000F0] < MCF > DCN = Success",
        ),
        (
            "V.17 is trained long after CTR",
            &[2560],
            "< DIS[00741120] > DCS > TCF@v17-14400 < CFR > ECM@v17-14400-short:10 > PPS < PPR[00400000000000000000000000000000000000000000000000000000000000FF] > ECM > PPS < PPR[00400000000000000000000000000000000000000000000000000000000000FF] > ECM > PPS < PPR[00400000000000000000000000000000000000000000000000000000000000FF] > ECM > PPS < PPR[00400000000000000000000000000000000000000000000000000000000000FF] > CTC < CTR > ECM@v17-12000:1 > PPS < PPR[00400000000000000000000000000000000000000000000000000000000000FF] > ECM@v17-12000-short:1 > PPS < MCF > DCN = Success",
        ),
    ] {
        println!("{case}");
        caller_with(Settings::default(), Pile::noise(octets), script);
    }
}

/// Conformance OTEN04.
#[test]
fn frames_that_never_get_through_are_given_up_at_the_lowest_rate() {
    let asked = format!("< PPR[00000000{}] ", "FF".repeat(28));
    let again = |rate: &str| format!("> ECM@{rate} > PPS {asked}").repeat(4);
    let script = format!(
        "< DIS[00501120] > DCS > TCF < CFR {}> CTC[0000] < CTR {}> EOR[F4] < ERR > DCN = Doubtful",
        again("v27ter-4800"),
        again("v27ter-2400")
    );
    let bench = caller_with(Settings::default(), Pile::noise(&[20_000]), &script);
    assert_eq!(bench.pile.fates, [Fate::Doubtful]);
}

#[test]
fn a_receiver_that_is_never_ready_is_left_after_t5() {
    let mut script = String::from("< DIS[00501120] > DCS > TCF < CFR > ECM > PPS ");
    let rounds = 19;
    script.push_str(&"< w500 RNR > RR ".repeat(rounds));
    let bench = caller_with(Settings::default(), Pile::noise(&[1000]), &script);
    let mut bench = bench;
    loop {
        let burst = bench.next("RR or DCN");
        if burst.frames[0][2] == 0xDF {
            break;
        }
        bench.play("< w500 RNR");
    }
    bench.play("= NotReady");
}
