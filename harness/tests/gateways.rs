//! Our gateways between the foreign peer's fax machines: every pair of settings in some call, and every
//! page pixel for pixel.
#![cfg(feature = "spandsp")]

#[path = "support/join.rs"]
mod join;

use fax_harness::bench::in_order;
use fax_harness::system::System::{self, Ours, Spandsp};
use fax_harness::world::classic_udptl::Recovery;
use fax_harness::world::network::Jitter;
use fax_harness::world::scenario::{Coding, MachineSettings, Modem, Sender};
use fax_harness::world::{Chain, Document, Network, Scenario, Taps, run};
use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::fmt::Write;

/// A value of each setting, by its number.
type Case = [usize; SETTINGS];

const SETTINGS: usize = 9;
const PAGE: usize = 0;
const RATE: usize = 1;
const PAPER: usize = 2;
const VERSION: usize = 3;
const RECOVERY: usize = 4;
const GATEWAYS: usize = 5;
const CHAIN: usize = 6;
const METHOD: usize = 7;
const SENDER: usize = 8;
const VALUES: Case = [
    8,
    RATES.len(),
    PAPERS.len(),
    VERSIONS.len(),
    RECOVERIES.len(),
    OWNERS.len(),
    CHAINS.len(),
    METHODS.len(),
    SENDERS.len(),
];

const RATES: [(Modem, u32); 8] = [
    (Modem::V17, 14_400),
    (Modem::V17, 12_000),
    (Modem::V17, 9600),
    (Modem::V17, 7200),
    (Modem::V29, 9600),
    (Modem::V29, 7200),
    (Modem::V27ter, 4800),
    (Modem::V27ter, 2400),
];
/// Error correction, and the coding: T.6 needs it.
const PAPERS: [(bool, Coding); 5] =
    [(true, Coding::Mh), (true, Coding::Mr), (true, Coding::Mmr), (false, Coding::Mh), (false, Coding::Mr)];
const VERSIONS: [u8; 2] = [0, 3];
const RECOVERIES: [Recovery; 3] =
    [Recovery::Redundancy(0), Recovery::Redundancy(3), Recovery::Parity { span: 3, entries: 3 }];
const OWNERS: [[System; 2]; 3] = [[Ours, Ours], [Ours, Spandsp], [Spandsp, Ours]];
const CHAINS: [Chain; 3] = [Chain::Gateway, Chain::TerminalGateway, Chain::GatewayTerminal];
/// Of rate management.
const METHODS: [u8; 2] = [2, 1];
const SENDERS: [Sender; 2] = [Sender::Caller, Sender::Answerer];

/// Pages that take minutes below 9600 bit/s.
const HEAVY: [usize; 4] = [3, 4, 5, 7];

/// What can be: a single gateway is ours, the peer knows one method of rate management and no polling, and
/// nobody waits for a heavy page at a low rate.
fn is_possible(case: &Case) -> bool {
    let of_ours = OWNERS[case[GATEWAYS]] == [Ours, Ours];
    let between_gateways = CHAINS[case[CHAIN]] == Chain::Gateway;
    (between_gateways || of_ours)
        && (METHODS[case[METHOD]] == 2 || between_gateways && of_ours)
        && (SENDERS[case[SENDER]] == Sender::Caller || of_ours)
        && (RATES[case[RATE]].1 >= 9600 || !HEAVY.contains(&(case[PAGE] + 1)))
}

fn scenario(case: &Case) -> Scenario {
    let (modem, rate) = RATES[case[RATE]];
    let (ecm, coding) = PAPERS[case[PAPER]];
    let mut scenario = Scenario {
        chain: CHAINS[case[CHAIN]],
        gateways: OWNERS[case[GATEWAYS]],
        machine: MachineSettings { modem, max_rate: Some(rate), ecm, coding },
        sender: SENDERS[case[SENDER]],
        ..Scenario::default()
    };
    scenario.packets.version = VERSIONS[case[VERSION]];
    scenario.packets.recovery = RECOVERIES[case[RECOVERY]];
    scenario.packets.rate_management = METHODS[case[METHOD]];
    scenario
}

/// A line of the table.
fn told(case: &Case) -> String {
    let (modem, rate) = RATES[case[RATE]];
    let (ecm, coding) = PAPERS[case[PAPER]];
    let [caller, answerer] = OWNERS[case[GATEWAYS]];
    format!(
        "itu{} {:<6} {rate:>5} {:<6} {:<3} T.38 version {} {:<13} {:<16} {:<16} method {} {}",
        case[PAGE] + 1,
        modem.to_string(),
        if ecm { "ECM" } else { "no ECM" },
        coding.to_string(),
        VERSIONS[case[VERSION]],
        RECOVERIES[case[RECOVERY]].to_string(),
        format!("{caller},{answerer}"),
        CHAINS[case[CHAIN]].to_string(),
        METHODS[case[METHOD]],
        if SENDERS[case[SENDER]] == Sender::Caller { "sent" } else { "fetched" },
    )
}

/// Every possible case.
fn possible() -> Vec<Case> {
    let mut cases = vec![[0; SETTINGS]];
    for (setting, count) in VALUES.into_iter().enumerate() {
        let with = |mut case: Case, value| {
            case[setting] = value;
            case
        };
        cases = cases.iter().flat_map(|case| (0..count).map(move |value| with(*case, value))).collect();
    }
    cases.retain(is_possible);
    cases
}

/// Pairs of settings with their values.
fn pairs(case: &Case) -> impl Iterator<Item = [(usize, usize); 2]> {
    let case = *case;
    (0..SETTINGS).flat_map(move |a| (a + 1..SETTINGS).map(move |b| [(a, case[a]), (b, case[b])]))
}

/// Cases that together have every pair that can be: each time the one with the most new pairs, and among
/// those one whose values were used least.
fn covering(possible: &[Case]) -> Vec<Case> {
    let mut open: BTreeSet<_> = possible.iter().flat_map(pairs).collect();
    let mut used = VALUES.map(|count| vec![0_usize; count]);
    let mut chosen = Vec::new();
    while !open.is_empty() {
        let gain = |case: &Case| pairs(case).filter(|pair| open.contains(pair)).count();
        let worn = |case: &Case| (0..SETTINGS).map(|n| used[n][case[n]] * VALUES[n]).sum::<usize>();
        let best = possible.iter().max_by_key(|case| (gain(case), Reverse(worn(case))));
        let best = *best.expect("a case for every pair");
        for pair in pairs(&best) {
            open.remove(&pair);
        }
        for (setting, value) in best.into_iter().enumerate() {
            used[setting][value] += 1;
        }
        chosen.push(best);
    }
    chosen
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

#[test]
fn every_pair_of_settings_carries_its_page_pixel_for_pixel() {
    let cases = covering(&possible());
    assert!((48..=70).contains(&cases.len()), "{}", cases.len());
    let documents: Vec<Document> =
        (1..=8).map(|number| Document::read(&join::page(number)).expect("a page")).collect();
    let records = in_order(cases.len(), cores(), |n| {
        let case = &cases[n];
        run(&scenario(case), &documents[case[PAGE]], n as u64 + 1, Taps::default()).map(|(record, _)| record)
    })
    .expect("every call can be made");
    let mut table = String::new();
    for (case, record) in cases.iter().zip(&records) {
        let verdict = if record.verdict().strict() { "strict".to_owned() } else { record.cause() };
        let _ = writeln!(table, "{} seed {:>2} {:>6.1} s {verdict}", told(case), record.seed, record.seconds);
    }
    println!("{table}");
    let failed = records.iter().filter(|record| !record.verdict().strict()).count();
    assert_eq!(failed, 0, "of {} calls\n{table}", cases.len());
}

#[test]
fn ten_pages_cross_in_one_call_over_a_lossy_network() {
    let path = std::env::temp_dir().join(format!("fax-ten-pages-{}.tif", std::process::id()));
    join::join(&[1, 2, 3, 4, 5, 6, 7, 8, 1, 2], &path);
    let document = Document::read(&path).expect("ten pages");
    assert_eq!(document.pages.len(), 10);
    let lossy = Network { loss: 0.02, ..Network::default() };
    let scenario = Scenario { gateways: [Ours; 2], network: [lossy.clone(), lossy], ..Scenario::default() };
    let (record, _) = run(&scenario, &document, 1, Taps::default()).expect("a call");
    std::fs::remove_file(&path).expect("removed");
    assert!(record.verdict().strict(), "{}: {record:?}", record.cause());
}

#[test]
fn the_same_call_again_is_the_same_in_every_datagram_and_sample() {
    let document = Document::read(&join::page(1)).expect("a page");
    let network = Network { loss: 0.1, jitter: Jitter::Uniform { max: 60.0 }, ..Network::default() };
    let mut scenario =
        Scenario { gateways: [Ours; 2], network: [network.clone(), network], ..Scenario::default() };
    scenario.packets.recovery = Recovery::Redundancy(1);
    let whole = |seed| {
        let taps = Taps { events: true, datagrams: true, audio: true };
        let (record, kept) = run(&scenario, &document, seed, taps).expect("a call");
        let sound: Vec<_> = kept.audio.into_iter().flatten().map(|line| (line.said, line.heard)).collect();
        (record, kept.notes, kept.logs, kept.datagrams, sound)
    };
    let first = whole(3);
    assert!(first.0.tallies.iter().all(|tally| tally.lost > 0), "{:?}", first.0.tallies);
    assert!(first == whole(3), "a rerun differs");
    assert!(first != whole(4), "the seed changes nothing");
}
