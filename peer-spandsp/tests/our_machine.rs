//! Our fax machine, documents and all, against the peer's: every pair of page, modem and rate, coding, error
//! correction, least time of a row, role and medium. What was received is held against what was sent, pixel by
//! pixel; the peer's file is read by libtiff.

#[path = "common/packets.rs"]
mod packets;

use fax_core::t30::fields::{Bit, Coding as Code, Ecm};
use fax_core::t30::session::{Cause, Role};
use fax_core::t30::{Dis, ModemSet};
use fax_core::terminal::files::{read_tiff, write_tiff};
use fax_core::terminal::{Document, FaxMachine, Limits, Settings, Way};
use fax_core::{BitRate, Line, Timestamp};
use fax_modem::AudioLine;
use fax_t38::line::{Pacing, Settings as LineSettings, T38Line};
use packets::Packets;
use peer_spandsp::{
    Coding, FaxTerminal, Modems, Outcome, Page, Role as PeerRole, T38Terminal, TerminalSettings, read_pages,
};
use std::fs::File;
use std::path::PathBuf;

/// 20 ms.
const BLOCK: usize = 160;
/// No call here may take longer: 30 minutes.
const LONGEST: u64 = 1800 * 8000;

fn vector(page: usize) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../test-vectors/pages"))
        .join(format!("itu{}.tif", page + 1))
}

fn scratch(name: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("our-machine-{name}.tif"));
    let _ = std::fs::remove_file(&path);
    path
}

/// Modem set of both, and rate at which the sender begins.
const RATES: [(Modems, ModemSet, u32); 8] = [
    (Modems::ALL, ModemSet::V27terV29V17, 14_400),
    (Modems::ALL, ModemSet::V27terV29V17, 12_000),
    (Modems::ALL, ModemSet::V27terV29V17, 9600),
    (Modems::ALL, ModemSet::V27terV29V17, 7200),
    (Modems::UP_TO_V29, ModemSet::V27terV29, 9600),
    (Modems::UP_TO_V29, ModemSet::V27terV29, 7200),
    (Modems::V27TER, ModemSet::V27ter, 4800),
    (Modems::V27TER, ModemSet::V27ter, 2400),
];

const CODINGS: [(Coding, &[Code], bool); 5] = [
    (Coding::Mh, &[Code::Mh], false),
    (Coding::Mr, &[Code::Mr], false),
    (Coding::Mh, &[Code::Mh], true),
    (Coding::Mr, &[Code::Mr], true),
    (Coding::Mmr, &[Code::Mmr], true),
];

const ROW_TIMES: [u32; 3] = [0, 10, 20];

/// How many values each of the settings has: page, rate, coding, least time of a row, whether we send, whether on T.38.
const FACTORS: [usize; 6] = [8, RATES.len(), CODINGS.len(), ROW_TIMES.len(), 2, 2];

/// Cases of which some case has every pair of values of two settings: the one that covers most pairs is taken until all
/// are.
fn covering() -> Vec<[usize; 6]> {
    let total: usize = FACTORS.iter().product();
    let case = |mut number: usize| {
        FACTORS.map(|values| {
            let value = number % values;
            number /= values;
            value
        })
    };
    let pairs = |case: &[usize; 6]| {
        let case = *case;
        (0..6).flat_map(move |a| (a + 1..6).map(move |b| (a, case[a], b, case[b])))
    };
    let mut left: std::collections::BTreeSet<_> =
        (0..total).flat_map(|number| pairs(&case(number)).collect::<Vec<_>>()).collect();
    let mut cases = Vec::new();
    while !left.is_empty() {
        let gain = |case: &[usize; 6]| pairs(case).filter(|pair| left.contains(pair)).count();
        // A step that is prime to the total, so that ties do not all fall on the first values.
        let best =
            (0..total).map(|number| case(number * 1009 % total)).max_by_key(gain).expect("there are cases");
        pairs(&best).for_each(|pair| _ = left.remove(&pair));
        cases.push(best);
    }
    cases
}

/// A peer on either medium, joined to a machine of ours.
fn play(
    machine: &mut FaxMachine,
    role: PeerRole,
    theirs: &TerminalSettings,
    on_t38: bool,
) -> Option<Outcome> {
    let mut samples = 0;
    if on_t38 {
        let mut peer = T38Terminal::new(role, theirs);
        let settings = LineSettings { pacing: Pacing::METERED, ..LineSettings::default() };
        let mut line = T38Line::over(Packets::default(), settings);
        let (mut seq, mut packet) = (0_u16, [0; 400]);
        while !(peer.is_finished() && machine.outcome().is_some()) && samples < LONGEST {
            samples += BLOCK as u64;
            let now = Timestamp::from_samples(samples);
            peer.advance(BLOCK);
            while let Some(sent) = peer.sent() {
                line.receive(now, &sent.ifp).expect("it is taken");
            }
            line.advance(now);
            machine.drive(now, &mut line);
            while let Some(length) = line.transmit(&mut packet) {
                assert!(peer.receive(&packet[..length], seq), "the peer takes it");
                seq = seq.wrapping_add(1);
            }
        }
        return peer.outcome();
    }
    let mut peer = FaxTerminal::new(role, theirs);
    let mut line = AudioLine::default();
    let (mut ours, mut heard) = ([0; BLOCK], [0; BLOCK]);
    while !(peer.is_finished() && machine.outcome().is_some()) && samples < LONGEST {
        samples += BLOCK as u64;
        peer.exchange(&ours, &mut heard);
        line.listen(&heard);
        machine.drive(line.now(), &mut line);
        line.fill(&mut ours);
        while line.event().is_some() {}
    }
    peer.outcome()
}

fn call(case: [usize; 6]) {
    let [page, rate, coding, row_time, we_send, on_t38] = case;
    let ((modems, set, rate), (coding, codings, ecm)) = (RATES[rate], CODINGS[coding]);
    let (we_send, on_t38, document) = (we_send == 1, on_t38 == 1, vector(page));
    let what = format!(
        "page {page}, {set:?} {rate}, {coding:?} ECM {ecm}, {} ms, {we_send}, {on_t38}",
        ROW_TIMES[row_time]
    );
    let received = scratch(&format!("{case:?}"));
    let mut settings = Settings { codings, ..Settings::default() };
    let session = &mut settings.session;
    (session.modems, session.max_rate, session.ecm) = (set, BitRate(rate), ecm);
    session.receives = Dis::with_modems(session.receives, set);
    let theirs = TerminalSettings {
        send: (!we_send).then(|| document.clone()),
        receive: we_send.then(|| received.clone()),
        modems,
        max_rate: Some(rate),
        ecm,
        coding,
        min_row_ms: ROW_TIMES[row_time],
        ..TerminalSettings::default()
    };
    let file = std::fs::read(&document).expect("a file");
    let sent = read_tiff(&file, Limits::default()).expect("a document");
    let (role, peer_role, ours) = match we_send {
        true => (Role::Caller, PeerRole::Answerer, sent),
        false => (Role::Answerer, PeerRole::Caller, Document::default()),
    };
    let mut machine = FaxMachine::new(role, settings, ours);
    let peer = play(&mut machine, peer_role, &theirs, on_t38);
    let cause = machine.outcome().map(|outcome| outcome.cause);
    assert!(
        peer.as_ref().is_some_and(|peer| peer.ok) && cause == Some(Cause::Success),
        "{what}: {peer:?}, {cause:?}"
    );
    if !we_send {
        write_tiff(File::create(&received).expect("a file"), machine.received()).expect("it is written");
    }
    let pages = |path| read_pages(path).expect("libtiff reads it");
    let (sent, came): (Vec<Page>, Vec<Page>) = (pages(&document), pages(&received));
    assert_eq!((sent.len(), came.len()), (1, 1), "{what}");
    assert_eq!(sent[0].rows_that_differ(&came[0]), 0, "{what}");
    let [account] = machine.accounts() else { panic!("{what}: {:?}", machine.accounts()) };
    let terms = account.record.terms;
    assert_eq!(account.way, if we_send { Way::Sent } else { Way::Received }, "{what}");
    assert_eq!((terms.coding, terms.ecm != Ecm::Off), (codings[0], ecm), "{what}");
    assert_eq!((terms.opening.bit_rate(), account.record.rows), (BitRate(rate), sent[0].height), "{what}");
    std::fs::remove_file(received).expect("it is there");
}

/// Cases of every second and of every other one, so that they run on two processors.
fn calls_from(first: usize) {
    let cases = covering();
    assert!(cases.len() < 100, "{} cases", cases.len());
    cases.into_iter().skip(first).step_by(2).for_each(call);
}

#[test]
fn every_pair_of_settings_carries_a_page_pixel_by_pixel() {
    calls_from(0);
}

#[test]
fn every_pair_of_settings_carries_a_page_pixel_by_pixel_in_the_other_half() {
    calls_from(1);
}

/// T.85 is of the library's headers and of its log's words, but not of Debian's library: it exports no function of
/// T.85, and `t30_set_supported_compressions` keeps MH, MR and T.6 of what it is told. A library that has it fails
/// here, and JBIG is then to be played like the other codings.
#[test]
fn a_peer_told_to_use_jbig_neither_offers_nor_takes_it_and_the_page_goes_in_mmr() {
    for (we_send, on_t38) in [(true, false), (true, true), (false, false), (false, true)] {
        let received = scratch(&format!("jbig-{we_send}-{on_t38}"));
        let mut settings = Settings { codings: &[Code::Jbig, Code::Mmr], ..Settings::default() };
        settings.session.receives = settings.session.receives.with(Bit::JBIG).with(Bit::JBIG_L0);
        let theirs = TerminalSettings {
            send: (!we_send).then(|| vector(0)),
            receive: we_send.then(|| received.clone()),
            jbig: true,
            ..TerminalSettings::default()
        };
        let file = std::fs::read(vector(0)).expect("a file");
        let document = read_tiff(&file, Limits::default()).expect("a document");
        let (role, peer_role, ours) = match we_send {
            true => (Role::Caller, PeerRole::Answerer, document),
            false => (Role::Answerer, PeerRole::Caller, Document::default()),
        };
        let mut machine = FaxMachine::new(role, settings, ours);
        let peer = play(&mut machine, peer_role, &theirs, on_t38).expect("it ended");
        assert!(peer.ok, "{we_send}, {on_t38}: {peer:?}");
        let [account] = machine.accounts() else { panic!("{:?}", machine.accounts()) };
        assert_eq!(account.record.terms.coding, Code::Mmr, "{we_send}, {on_t38}");
        let _ = std::fs::remove_file(received);
    }
}
