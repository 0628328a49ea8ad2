//! The peer's fax machines through our relay: a clean modem out, whatever came in.

use fax_core::relay::{Policy, Relay};
use fax_core::{Span, Timestamp};
use fax_modem::AudioLine;
use peer_spandsp::{FaxTerminal, Modems, Role, TerminalSettings, read_pages};
use std::path::PathBuf;

const BLOCK: usize = 160;
const LONGEST: usize = 300 * 8000;

#[test]
fn a_page_is_regenerated_at_every_rate() {
    let rates = [
        ("V.17", Modems::ALL, 14_400),
        ("V.17", Modems::ALL, 12_000),
        ("V.17", Modems::ALL, 9_600),
        ("V.17", Modems::ALL, 7_200),
        ("V.29", Modems::UP_TO_V29, 9_600),
        ("V.29", Modems::UP_TO_V29, 7_200),
        ("V.27ter", Modems::V27TER, 4_800),
        ("V.27ter", Modems::V27TER, 2_400),
    ];
    for (modem, modems, rate) in rates {
        for ecm in [true, false] {
            let what = format!("{modem} at {rate}, ECM {ecm}");
            call(&what, modems, rate, ecm);
        }
    }
}

fn call(what: &str, modems: Modems, rate: u32, ecm: bool) {
    let sent = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../test-vectors/pages/itu2.tif"));
    let received = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("relay-{rate}-{ecm}.tif"));
    let both = TerminalSettings { modems, max_rate: Some(rate), ecm, ..TerminalSettings::default() };
    let sends = TerminalSettings { send: Some(sent.clone()), ..both.clone() };
    let receives = TerminalSettings { receive: Some(received.clone()), ..both };
    let mut caller = FaxTerminal::new(Role::Caller, &sends);
    let mut answerer = FaxTerminal::new(Role::Answerer, &receives);
    let (mut near, mut far) = (AudioLine::default(), AudioLine::default());
    let mut relay = Relay::new(Policy::default());
    let (mut to_caller, mut to_answerer) = ([0; BLOCK], [0; BLOCK]);
    let mut samples = 0;
    let verbose = std::env::var("VERBOSE").is_ok();
    while !(caller.is_finished() && answerer.is_finished()) && samples < LONGEST {
        let (mut from_caller, mut from_answerer) = ([0; BLOCK], [0; BLOCK]);
        caller.exchange(&to_caller, &mut from_caller);
        answerer.exchange(&to_answerer, &mut from_answerer);
        near.listen(&from_caller);
        far.listen(&from_answerer);
        relay.drive(Timestamp::from_samples(samples as u64) + Span::from_millis(20), &mut near, &mut far);
        near.fill(&mut to_caller);
        far.fill(&mut to_answerer);
        samples += BLOCK;
        while let Some((at, side, event)) = relay.event() {
            if verbose {
                println!("{at} {side:?} {event:?}");
            }
        }
        while let Some((at, event)) = near.event() {
            if verbose {
                println!("{at} near line {event:?}");
            }
        }
        while let Some((at, event)) = far.event() {
            if verbose {
                println!("{at} far line {event:?}");
            }
        }
        if verbose {
            for e in caller.events() {
                println!("   C {:.3} {}", e.at as f64 / 8000.0, e.text);
            }
            for e in answerer.events() {
                println!("   A {:.3} {}", e.at as f64 / 8000.0, e.text);
            }
        }
    }
    println!("{what}: {:.1} s {:?} {:?}", samples as f64 / 8000.0, caller.outcome(), answerer.outcome());
    let ok = caller.outcome().is_some_and(|o| o.ok) && answerer.outcome().is_some_and(|o| o.ok);
    assert!(ok, "{what}");
    let (sent, received) = (read_pages(&sent).unwrap(), read_pages(&received).unwrap());
    assert_eq!(sent.len(), received.len(), "{what}");
    for (sent, received) in sent.iter().zip(&received) {
        assert_eq!(sent.rows_that_differ(received), 0, "{what}");
    }
}
