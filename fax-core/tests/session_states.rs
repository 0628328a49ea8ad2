//! The rows of the state table: scripts of what the far machine says, and what the session must say to it.
//! Most have the name of the conformance case whose order of frames they have.

#[path = "support/desk.rs"]
mod desk;
#[path = "support/script.rs"]
mod script;
mod support;
#[path = "support/wire.rs"]
mod wire;

use desk::{Pile, Tray, worth};
use fax_core::t30::ModemSet;
use fax_core::t30::fields::Bit;
use fax_core::t30::session::{Event, Fate, Offer, OnRtn, Poll, Role, Settings, Verdict};
use fax_core::{Decibel, Private};
use script::{Bench, answerer, answerer_with, caller, caller_with};

#[test]
fn an_answerer_receives_pages_without_ecm() {
    for (case, script) in [
        ("MRGN01", "> DIS < DCS[005000] TCF > CFR < PAGE MPS > MCF < PAGE EOP > MCF < DCN = Success"),
        ("MRGN07", "> DIS < DCS[005000] TCF~ > FTT < DCS[005000] TCF > CFR < PAGE EOP > MCF < DCN = Success"),
        (
            "MRGN06b",
            "> DIS < w2550 DCS[005000] TCF > CFR < w5000 PAGE w5000 MPS > MCF < w5000 PAGE w5000 EOP > MCF < DCN
             = Success",
        ),
        (
            "MRGN09",
            "> DIS < DCS[005000] TCF > CFR < PAGE EOM > MCF > DIS < DCS[005000] TCF > CFR < PAGE EOP > MCF < DCN
             = Success",
        ),
        ("MRGN10", "> DIS > DIS > DIS < DCS[005000] TCF > CFR < PAGE EOP > MCF < DCN = Success"),
        (
            "MRGN11",
            "> DIS < DCS[005000]! TCF > DIS < DCS[005000]! TCF > DIS < DCS[005000] TCF > CFR < PAGE EOP > MCF
             < DCN = Success",
        ),
        ("MRGN12", "> DIS < CRP > DIS < CRP > DIS < DCS[005000] TCF > CFR < PAGE EOP > MCF < DCN = Success"),
        (
            "MRGN13",
            "> DIS < DCS[005000] > FTT < DCS[005000] > FTT < DCS[005000] TCF > CFR < PAGE EOP > MCF < DCN
             = Success",
        ),
        (
            "MRGN14",
            "> DIS < DCS[005000] TCF > CFR < DCS[005000]! TCF w3450 DCS[005000] TCF > CFR < PAGE EOP > MCF < DCN
             = Success",
        ),
        (
            "MRGN15",
            "> DIS < DCS[005000] TCF > CFR < DCS[005000] > FTT < DCS[005000] TCF > CFR < PAGE EOP > MCF < DCN
             = Success",
        ),
        (
            "MRGN16",
            "> DIS < DCS[005000] TCF > CFR < PAGE EOM > MCF < EOM > MCF < EOM > MCF > DIS < DCS[005000] TCF > CFR
             < PAGE MPS > MCF < MPS > MCF < MPS > MCF < PAGE EOP > MCF < EOP > MCF < DCN = Success",
        ),
        (
            "MRGN17",
            "> DIS < DCS[005000] TCF > CFR < PAGE EOM! w3450 EOM! w3450 EOM > MCF > DIS < DCS[005000] TCF > CFR
             < PAGE MPS! w6000 MPS! w6000 MPS > MCF < PAGE EOP! w3450 EOP! w3450 EOP > MCF < DCN = Success",
        ),
    ] {
        println!("{case}");
        let bench = answerer(script);
        assert!(bench.tray.verdicts.iter().all(|verdict| *verdict == Verdict::Good), "{case}");
        let pages = script.matches("PAGE").count();
        assert_eq!(bench.tray.pages.len(), pages, "{case}");
    }
}

#[test]
fn an_answerer_bears_what_goes_wrong() {
    for (case, script) in [
        ("MRGX02", "> DIS < DCN = Disconnected(Dcs)"),
        ("MRGX03", "> DIS < DCS[005000] TCF > CFR < DCS[005000] TCF > CFR < DCN = Disconnected(Page)"),
        ("MRGX04", "> DIS < DCS[005000] TCF > CFR < DCS[005000] TCF DROP = Dropped"),
        ("MRGX05", "> DIS < DCS[005000] TCF > CFR < PAGE MPS > MCF < w3000 MPS > MCF < DROP = Dropped"),
        ("MRGX07", "> DIS < DCS[005000] TCF > CFR < PAGE EOP > MCF < EOP DROP = Success"),
        ("MRGX09", "> DIS < RAW[FFC800] > DCN = Unknown"),
        (
            "MRGX10",
            "> DIS < RAW[A202B5C97E67] > DIS < RAW[FFC000],DCS[005000] TCF > CFR < PAGE EOP > MCF < DCN = Success",
        ),
        ("MRGX12", "> DIS < DCS[005000] TCF > CFR < PAGE RAW[FFC800] > DCN = Unknown"),
        ("MRGX13", "> DIS < DCS[005000] TCF > CFR < PAGE RAW[A202B5C97E67] EOP > MCF < DCN = Success"),
        (
            "MRGX15",
            "> DIS < TSI[0404],DCS[005010010111010100] TCF > CFR < PAGE EOP > MCF < DCN = Success",
        ),
        ("Invalid-signalling-rate", "> DIS < DCS[00491F00] > DCN = CommandBeyondOffer(NoSuchRate)"),
        ("Non-ECM-DCN-clipped", "> DIS < DCS[005000] TCF > CFR < PAGE EOP > MCF > MCF > MCF = Success"),
        (
            "EOP without a page",
            "> DIS < DCS[005000] TCF > CFR < EOP > RTN < DCS[005000] TCF > CFR < PAGE EOP > MCF < DCN = Success",
        ),
        (
            "the modem was not trained",
            "> DIS < DCS[005000] TCF > CFR < PAGE MPS > MCF < w100 DCS[005000] TCF > CFR < PAGE EOP > MCF < DCN
             = Success",
        ),
    ] {
        println!("{case}");
        answerer(script);
    }
}

#[test]
fn a_page_is_answered_by_its_worth() {
    let tray = Tray {
        worth: [worth(400, 19), worth(400, 21), worth(400, 61), worth(0, 0)].into(),
        ..Tray::default()
    };
    let script =
        "> DIS < DCS[005000] TCF > CFR < PAGE MPS > MCF < PAGE MPS > RTP < DCS[005000] TCF > CFR < PAGE MPS
        > RTN < DCS[005000] TCF > CFR < PAGE EOP > RTN < DCN = Disconnected(Retraining)";
    let bench = answerer_with(Settings::default(), Pile::noise(&[]), tray, script);
    let verdicts = [Verdict::Good, Verdict::Poor, Verdict::Rejected, Verdict::Rejected];
    assert_eq!(bench.tray.verdicts, verdicts);
}

/// T30-9.
#[test]
fn a_page_cut_off_is_rejected() {
    answerer("> DIS < DCS[005000] TCF > CFR < PAGE w5500 EOP > RTN < DCN = Disconnected(Retraining)");
}

#[test]
fn dis_is_said_until_t1_and_then_dcn() {
    let mut bench = Bench::new(Role::Answerer, Settings::default(), Pile::noise(&[]), Tray::default());
    let first = bench.next("DIS");
    let mut times = 1;
    let last = loop {
        let burst = bench.next("DIS or DCN");
        match burst.frames.last() {
            Some(frame) if frame[2] == 0x5F => break burst,
            Some(_) => times += 1,
            None => {} // broken off by T1
        }
    };
    bench.play("= NoFirstFrames");
    let seconds = last.began.since(first.began).micros() / 1_000_000;
    assert!((34..=36).contains(&seconds), "DCN after {seconds} s");
    assert!((6..=8).contains(&times), "{times} times");
}

#[test]
fn an_answerer_receives_blocks() {
    for (case, script) in [
        ("OREN08", "> DIS < DCS[00500F20] TCF > CFR < ECM:0-8 PPS[72000010] > MCF < ECM:0-3 PPS[748000C0] > MCF < DCN = Success"),
        (
            "OREN02",
            "> DIS < DCS[00440F20] TCF > CFR < ECM:1-255 PPS[000000FF] > PPR[80000000000000000000000000000000]
             < ECM:0 PPS[000000FF] > MCF < ECM:0-99,101-220 PPS[7200803B] > PPR[000000000000000000000000080000]
             < ECM:100 PPS[72008000] > MCF < ECM:0-2 PPS[74800040] > MCF < DCN = Success",
        ),
        (
            "OREN03",
            "> DIS < DCS[00500F20] TCF > CFR < ECM:1-8 PPS[74000010] > PPR[80] < ECM: PPS[74000010] > PPR[80]
             < ECM: PPS[74000010] > PPR[80] < ECM: PPS[74000010] > PPR[80] < CTC[0010] > CTR
             < ECM:0 PPS[74000000] > MCF < DCN = Success",
        ),
        (
            "OREN04",
            "> DIS < DCS[00500F20] TCF > CFR < ECM:1-8 PPS[00000010] > PPR[80] < EOR[00] > ERR
             < ECM:0-3 PPS[740080C0] > MCF < DCN = Doubtful",
        ),
        ("OREN07", "> DIS < DCS[00500F20] TCF > CFR < ECM:1-8 PPS[74000010] > PPR[80] < EOR[74] > ERR < DCN = Doubtful"),
        (
            "EOR-MPS, and ERR is lost",
            "> DIS < DCS[00500F20] TCF > CFR < ECM:1-8 PPS[72000010] > PPR[80] < EOR[72] > ERR < EOR[72] > ERR
             < ECM:0-3 PPS[748000C0] > MCF < DCN = Doubtful",
        ),
        (
            "PPS-MPS-lost-PPS",
            "> DIS < DCS[00500F20] TCF > CFR < ECM:0-8 PPS[72000010] > MCF < ECM:0-8 PPS[72000010] > MCF
             < ECM:0-3 PPS[748000C0] > MCF < DCN = Success",
        ),
        (
            "PPS-MPS again without frames",
            "> DIS < DCS[00500F20] TCF > CFR < ECM:0-8 PPS[72000010] > MCF < PPS[72000010] > MCF
             < ECM:0-3 PPS[748000C0] > MCF < DCN = Success",
        ),
        ("ECM-DCN-clipped", "> DIS < DCS[00500F20] TCF > CFR < ECM:0-8 PPS[74000010] > MCF > MCF > MCF = Success"),
        (
            "V17-12000-V29-9600",
            "> DIS < DCS[00541F20] TCF > CFR < DCS[00601F20] TCF > CFR < ECM:0-8 PPS[74000010] > MCF < DCN = Success",
        ),
        ("OREN01", "> DIS < DCS[00500F20] TCF > CFR < ECM:0-8 PPS[72000010] > MCF < DCN = Disconnected(Page)"),
        ("no frames at all", "> DIS < DCS[00500F20] TCF > CFR < PPS[74000000] > PPR[FFFF] < ECM:0 PPS[74000000] > MCF < DCN = Success"),
        ("a block of nowhere", "> DIS < DCS[00500F20] TCF > CFR < ECM:0 PPS[74004000] > DCN = WrongBlock"),
        (
            "I3 counts the burst",
            "> DIS < DCS[00500F20] TCF > CFR < ECM:0-7,9 PPS[74000090] > PPR[00BF] < ECM:8 PPS[74000000] > MCF
             < DCN = Success",
        ),
    ] {
        println!("{case}");
        let bench = answerer(script);
        let lost = script.contains("lost") as usize;
        assert_eq!(bench.tray.pages.len(), bench.tray.verdicts.len(), "{case} {lost}");
    }
}

#[test]
fn a_block_that_comes_twice_is_kept_once() {
    let bench = answerer(
        "> DIS < DCS[00500F20] TCF > CFR < ECM:0-1 PPS[72000080] > MCF < ECM:0-1 PPS[72000080] > MCF < ECM:7,0-0
         PPS[748000E0] > PPR[7E] < EOR[74] > ERR < DCN = Doubtful",
    );
    let lengths: Vec<_> = bench.tray.pages.iter().map(Vec::len).collect();
    assert_eq!((lengths, bench.tray.missing), (vec![512, 512], 6));
    assert_eq!(bench.tray.verdicts, [Verdict::Good, Verdict::Incomplete]);
}

#[test]
fn a_sink_that_is_not_ready_makes_the_sender_wait() {
    let tray = Tray { busy: 2, ..Tray::default() };
    answerer_with(
        Settings::default(),
        Pile::noise(&[]),
        tray,
        "> DIS < DCS[00500F20] TCF > CFR < ECM:0-8 PPS[74000010] > RNR < RR > RNR < RR > MCF < RR > MCF < DCN = Success",
    );
}

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
fn a_training_with_too_little_margin_is_refused() {
    let mut bench = Bench::new(Role::Answerer, Settings::default(), Pile::noise(&[]), Tray::default());
    bench.play("> DIS < DCS[005000]");
    bench.session.training_margin(Decibel(-1.0));
    bench.play("< TCF > FTT < DCS[005000]");
    bench.session.training_margin(Decibel(1.0));
    bench.play("< TCF > CFR < DCN = Disconnected(Page)");
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

/// A page whose carrier was not heard at all is not taken for the one before.
#[test]
fn a_lost_page_is_not_confirmed() {
    for script in [
        "> DIS < DCS[005000] TCF > CFR < PAGE MPS > MCF < w2000 EOP > RTN < DCN = Disconnected(Retraining)",
        "> DIS < DCS[005000] TCF > CFR < PAGE EOM > MCF > DIS < DCS[005000] TCF > CFR < w2000 EOP > RTN < DCN
         = Disconnected(Retraining)",
    ] {
        answerer(script);
    }
}

#[test]
fn a_page_with_a_block_given_up_is_doubtful_whatever_becomes_of_the_rest() {
    let asked = format!("< PPR[00000000{}] ", "FF".repeat(28));
    let round = format!("> ECM > PPS[00] {asked}").repeat(4);
    let settings = Settings { modems: ModemSet::Fallback, ..Settings::default() };
    let script = format!(
        "< DIS[00401120] > DCS > TCF@v27ter-2400 < CFR {round}> EOR[00] < ERR > ECM:18 > PPS[F4] < MCF > DCN = Doubtful"
    );
    let bench = caller_with(settings, Pile::noise(&[70_000]), &script);
    assert_eq!(bench.pile.fates, [Fate::Doubtful]);
}
