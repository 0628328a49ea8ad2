//! An answerer that receives.

use crate::desk::{Pile, Tray, worth};
use crate::script::{Bench, answerer, answerer_with, caller_with};
use fax_core::Decibel;
use fax_core::t30::ModemSet;
use fax_core::t30::session::{Fate, Role, Settings, Verdict};

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
fn a_training_with_too_little_margin_is_refused() {
    let mut bench = Bench::new(Role::Answerer, Settings::default(), Pile::noise(&[]), Tray::default());
    bench.play("> DIS < DCS[005000]");
    bench.session.training_margin(Decibel(-1.0));
    bench.play("< TCF > FTT < DCS[005000]");
    bench.session.training_margin(Decibel(1.0));
    bench.play("< TCF > CFR < DCN = Disconnected(Page)");
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
