//! The peer's fax machines through our relay, phone line to phone line: a clean modem out, whatever came in.

use fax_core::relay::{EcmUse, Event, Policy, Relay, Side};
use fax_core::{Span, Timestamp};
use fax_modem::AudioLine;
use peer_spandsp::{FaxTerminal, Modems, Role, TerminalSettings, read_pages};
use std::path::PathBuf;

/// 20 ms.
const BLOCK: usize = 160;
/// No call here may take longer: 5 minutes.
const LONGEST: usize = 300 * 8000;

#[test]
fn a_page_is_regenerated_at_every_rate_with_and_without_error_correction() {
    let rates = [
        (Modems::ALL, 14_400),
        (Modems::ALL, 12_000),
        (Modems::ALL, 9_600),
        (Modems::ALL, 7_200),
        (Modems::UP_TO_V29, 9_600),
        (Modems::UP_TO_V29, 7_200),
        (Modems::V27TER, 4_800),
        (Modems::V27TER, 2_400),
    ];
    for (index, (modems, rate)) in rates.into_iter().enumerate() {
        for ecm in [true, false] {
            let what = format!("pair {index} at {rate}, ECM {ecm}");
            let both = TerminalSettings { modems, max_rate: Some(rate), ecm, ..TerminalSettings::default() };
            call(&what, &both);
        }
    }
}

/// T30-1.
#[test]
fn a_machine_without_error_correction_is_told_of_where_it_is_required() {
    let mut told = Vec::new();
    for (sends, receives) in [(true, false), (false, true), (true, true)] {
        let machine = |ecm| TerminalSettings { ecm, ..TerminalSettings::default() };
        let mut caller = FaxTerminal::new(Role::Caller, &sending(&machine(sends)));
        let mut answerer = FaxTerminal::new(Role::Answerer, &receiving(&machine(receives), "required.tif"));
        let policy = Policy { ecm: EcmUse::Required, ..Policy::default() };
        let mut refused = None;
        join(&mut caller, &mut answerer, policy, |side, event| {
            refused = refused.or((event == Event::WithoutEcm).then_some(side));
            refused.is_none()
        });
        told.push(refused);
    }
    assert_eq!(told, [Some(Side::Near), Some(Side::Near), None]);
}

fn page() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../test-vectors/pages/itu2.tif"))
}

fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name)
}

fn sending(settings: &TerminalSettings) -> TerminalSettings {
    TerminalSettings { send: Some(page()), ..settings.clone() }
}

fn receiving(settings: &TerminalSettings, name: &str) -> TerminalSettings {
    TerminalSettings { receive: Some(file(name)), ..settings.clone() }
}

fn call(what: &str, both: &TerminalSettings) {
    let mut caller = FaxTerminal::new(Role::Caller, &sending(both));
    let mut answerer = FaxTerminal::new(Role::Answerer, &receiving(both, "regenerated.tif"));
    join(&mut caller, &mut answerer, Policy::default(), |_, _| true);
    for outcome in [caller.outcome(), answerer.outcome()] {
        assert!(outcome.as_ref().is_some_and(|outcome| outcome.ok), "{what}: {outcome:?}");
    }
    let (sent, received) = (read_pages(&page()).unwrap(), read_pages(&file("regenerated.tif")).unwrap());
    assert_eq!(sent.len(), received.len(), "{what}");
    for (sent, received) in sent.iter().zip(&received) {
        assert_eq!(sent.rows_that_differ(received), 0, "{what}");
    }
}

/// Two machines and a relay between, until both are done or `go_on` says no at an event.
fn join(
    caller: &mut FaxTerminal,
    answerer: &mut FaxTerminal,
    policy: Policy,
    mut go_on: impl FnMut(Side, Event) -> bool,
) {
    let (mut near, mut far) = (AudioLine::default(), AudioLine::default());
    let mut relay = Relay::new(policy);
    let (mut to_caller, mut to_answerer) = ([0; BLOCK], [0; BLOCK]);
    let mut now = Timestamp::ZERO;
    let mut samples = 0;
    while !(caller.is_finished() && answerer.is_finished()) && samples < LONGEST {
        let (mut from_caller, mut from_answerer) = ([0; BLOCK], [0; BLOCK]);
        caller.exchange(&to_caller, &mut from_caller);
        answerer.exchange(&to_answerer, &mut from_answerer);
        near.listen(&from_caller);
        far.listen(&from_answerer);
        now += Span::from_millis(20);
        relay.drive(now, &mut near, &mut far);
        near.fill(&mut to_caller);
        far.fill(&mut to_answerer);
        while let Some((_, side, event)) = relay.event() {
            if !go_on(side, event) {
                return;
            }
        }
        samples += BLOCK;
    }
}
