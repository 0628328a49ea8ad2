//! The peer's fax machines through two of our T.38 gateways.

use fax_call::{Call, Leg, Policy, Side};
use fax_core::Timestamp;
use fax_t38::line::{Settings, T38Line};
use peer_spandsp::{FaxTerminal, Modems, Role, TerminalSettings, read_pages};
use std::collections::VecDeque;
use std::path::PathBuf;

const BLOCK: usize = 160;
const LONGEST: usize = 300 * 8000;
/// One way, blocks.
const DELAY: usize = 1;

#[test]
fn a_page_crosses_two_gateways_at_every_rate() {
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
    let mut bad = 0;
    for (modem, modems, rate) in rates {
        for ecm in [true, false] {
            let what = format!("{modem} at {rate}, ECM {ecm}");
            bad += usize::from(!call(&what, modems, rate, ecm));
        }
    }
    assert_eq!(bad, 0);
}

/// Datagrams under way: when they arrive, blocks, and what they are.
type Wire = VecDeque<(usize, Vec<u8>)>;

fn gateway() -> Call {
    Call::new(Leg::audio(), Leg::t38(T38Line::new(Settings::default())), Policy::default())
}

fn carry(call: &mut Call, now: usize, wire: &mut Wire, drop: &mut impl FnMut() -> bool) {
    let mut out = [0; 1500];
    while let Some(length) = call.transmit(Side::Far, &mut out) {
        if !drop() {
            wire.push_back((now + DELAY, out[..length].to_vec()));
        }
    }
}

fn call(what: &str, modems: Modems, rate: u32, ecm: bool) -> bool {
    let sent = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../test-vectors/pages/itu2.tif"));
    let received = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("gateways-{rate}-{ecm}.tif"));
    let both = TerminalSettings { modems, max_rate: Some(rate), ecm, ..TerminalSettings::default() };
    let sends = TerminalSettings { send: Some(sent.clone()), ..both.clone() };
    let receives = TerminalSettings { receive: Some(received.clone()), ..both };
    let mut caller = FaxTerminal::new(Role::Caller, &sends);
    let mut answerer = FaxTerminal::new(Role::Answerer, &receives);
    let (mut near, mut far) = (gateway(), gateway());
    let (mut forth, mut back) = (Wire::new(), Wire::new());
    let (mut to_caller, mut to_answerer) = ([0; BLOCK], [0; BLOCK]);
    let loss: u32 = std::env::var("LOSS").ok().and_then(|l| l.parse().ok()).unwrap_or(0);
    let mut seed = 12345_u32;
    let mut drop = || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 16) % 100 < loss
    };
    let mut block = 0;
    let verbose = std::env::var("VERBOSE").is_ok();
    while !(caller.is_finished() && answerer.is_finished()) && block * BLOCK < LONGEST {
        let now = Timestamp::from_samples((block * BLOCK) as u64);
        let (mut from_caller, mut from_answerer) = ([0; BLOCK], [0; BLOCK]);
        caller.exchange(&to_caller, &mut from_caller);
        answerer.exchange(&to_answerer, &mut from_answerer);
        while let Some((_, datagram)) = forth.pop_front_if(|(at, _)| *at <= block) {
            far.receive(Side::Far, now, &datagram).unwrap();
        }
        while let Some((_, datagram)) = back.pop_front_if(|(at, _)| *at <= block) {
            near.receive(Side::Far, now, &datagram).unwrap();
        }
        near.listen(Side::Near, now, &from_caller);
        far.listen(Side::Near, now, &from_answerer);
        near.fill(Side::Near, &mut to_caller);
        far.fill(Side::Near, &mut to_answerer);
        carry(&mut near, block, &mut forth, &mut drop);
        carry(&mut far, block, &mut back, &mut drop);
        block += 1;
        for (name, call) in [("A", &mut near), ("B", &mut far)] {
            while let Some((at, event)) = call.event() {
                if verbose && !format!("{event:?}").contains("Fcd") {
                    println!("{at} {name} {event:?}");
                }
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
    let ok = caller.outcome().is_some_and(|o| o.ok) && answerer.outcome().is_some_and(|o| o.ok);
    let mut same = false;
    if ok {
        let (sent, received) = (read_pages(&sent).unwrap(), read_pages(&received).unwrap());
        same = sent.len() == received.len()
            && sent.iter().zip(&received).all(|(sent, received)| sent.rows_that_differ(received) == 0);
    }
    println!(
        "{what}: {:.1} s ok {ok} same {same} {:?} {:?}",
        block as f64 / 50.0,
        caller.outcome(),
        answerer.outcome()
    );
    ok && same
}
