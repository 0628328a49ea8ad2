use super::*;
use crate::sip::SessionTimer;
use bytes::Bytes;
use core::net::{Ipv4Addr, SocketAddr};

fn came(headers: &[(&str, &str)]) -> Invitation {
    let mut received = Headers::received();
    for (name, value) in headers {
        received.push(name, value).unwrap();
    }
    Invitation {
        call_id: "x".into(),
        caller: Private::new("4711".into()),
        called: Private::new("200".into()),
        source: SocketAddr::from((Ipv4Addr::LOCALHOST, 5060)),
        trunk: "pbx".into(),
        max_forwards: 70,
        hops: 0,
        headers: received,
        body: Bytes::new(),
        timer: SessionTimer::default(),
    }
}

fn rules(pass: &[&str], remove: &[&str], set: &[(&str, &str)]) -> HeaderRules {
    let patterns = |names: &[&str]| names.iter().map(|name| name.parse().unwrap()).collect();
    let set = set.iter().map(|(name, value)| HeaderSetting::new(name, value).unwrap()).collect();
    HeaderRules::new(patterns(pass), patterns(remove), set).unwrap()
}

fn between(from: Trust, to: Trust) -> Destination<'static> {
    Destination { from, to, called: "+44200", caller: None, emergency: false }
}

/// What goes on, as lines, and the caller that is shown.
fn onward(rules: &HeaderRules, came: &Invitation, to: Destination<'_>) -> (Vec<String>, String) {
    let onward = rules.onward(came, &to);
    let lines = onward.headers.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    (lines, onward.caller.reveal().clone())
}

use Trust::{Stranger, Trusted};

#[test]
fn without_rules_nothing_of_the_callers_goes_on_but_its_wish_for_privacy() {
    let came = came(&[
        ("X-Pbx", "1"),
        ("Diversion", "<sip:1@h>"),
        ("User-to-User", "00"),
        ("Privacy", "none"),
        ("P-Asserted-Identity", "<sip:4711@h>"),
        ("Subject", "hello"),
    ]);
    for (from, to) in [(Stranger, Stranger), (Stranger, Trusted), (Trusted, Stranger)] {
        let (lines, caller) = onward(&HeaderRules::default(), &came, between(from, to));
        assert_eq!((lines, caller.as_str()), (vec!["Privacy: none".into()], "4711"), "{from:?} {to:?}");
    }
}

#[test]
fn an_asserted_identity_goes_only_from_a_trusted_peer_to_a_trusted_peer_whatever_the_rules_say() {
    let came = came(&[("P-Asserted-Identity", "<sip:4711@h>"), ("Privacy", "id")]);
    let asserted = |rules: &HeaderRules, from, to| {
        onward(rules, &came, between(from, to)).0.iter().any(|line| line.starts_with("P-Asserted"))
    };
    for rules in [HeaderRules::default(), rules(&["P-Asserted-Identity", "P-*"], &[], &[])] {
        assert!(asserted(&rules, Trusted, Trusted));
        assert!(!asserted(&rules, Stranger, Trusted) && !asserted(&rules, Trusted, Stranger));
    }
    assert!(!asserted(&rules(&[], &["P-Asserted-Identity"], &[]), Trusted, Trusted));
    let own = rules(&[], &[], &[("P-Asserted-Identity", "<sip:main@h>")]);
    assert!(asserted(&own, Stranger, Trusted) && !asserted(&own, Trusted, Stranger));
}

#[test]
fn who_asks_for_privacy_is_not_named_to_a_stranger() {
    let named = [("Diversion", "<sip:4711@h>"), ("History-Info", "<sip:4711@h>;index=1"), ("X-Pbx", "7")];
    let rules = rules(&["Diversion", "History-Info", "X-*"], &[], &[]);
    for wish in ["id", "user", "header;critical", "session", "history", "IDs", "id, none", ";;"] {
        let came = came(&[named.as_slice(), &[("Privacy", wish)]].concat());
        let (lines, caller) = onward(&rules, &came, between(Trusted, Stranger));
        assert_eq!((lines.len(), caller.as_str()), (2, "anonymous"), "{wish}: {lines:?}");
        assert!(lines[0].starts_with("Privacy: ") && lines[1] == "X-Pbx: 7", "{wish}: {lines:?}");
        let (lines, caller) = onward(&rules, &came, between(Trusted, Trusted));
        assert_eq!((lines.len(), caller.as_str()), (4, "4711"), "{wish}: {lines:?}");
        let help = Destination { emergency: true, ..between(Stranger, Stranger) };
        assert_eq!(onward(&rules, &came, help).1, "4711");
        let shown = Destination { caller: Some("4400"), ..between(Stranger, Stranger) };
        assert_eq!(onward(&rules, &came, shown).1, "4400");
    }
    for wish in ["none", "critical", "NONE"] {
        let came = came(&[named.as_slice(), &[("Privacy", wish)]].concat());
        let (lines, caller) = onward(&rules, &came, between(Stranger, Stranger));
        assert_eq!((lines.len(), caller.as_str()), (4, "4711"), "{wish}: {lines:?}");
    }
}

#[test]
fn rules_may_ask_for_privacy_and_not_take_it_back() {
    let rules = rules(&[], &[], &[("Privacy", "id")]);
    for (asked, told) in [(None, "id"), (Some("none"), "id"), (Some("user;critical"), "user;critical")] {
        let came = came(&asked.map(|wish| ("Privacy", wish)).into_iter().collect::<Vec<_>>());
        let (lines, caller) = onward(&rules, &came, between(Stranger, Stranger));
        assert_eq!((lines, caller.as_str()), (vec![format!("Privacy: {told}")], "anonymous"));
    }
    let removes = HeaderRules::new(vec![], vec!["privacy".parse().unwrap()], vec![]);
    assert_eq!(removes, Err(BadRules::Privacy));
    let takes_back = HeaderRules::new(vec![], vec![], vec![HeaderSetting::new("Privacy", "none").unwrap()]);
    assert_eq!(takes_back, Err(BadRules::Privacy));
}

#[test]
fn headers_pass_by_name_or_beginning_are_removed_and_are_replaced() {
    let came = came(&[
        ("X-A", "1"),
        ("x-a", "2"),
        ("X-Secret-B", "3"),
        ("s", "4"),
        ("X-Set", "5"),
        ("Priority", "6"),
    ]);
    let rules =
        rules(&["x-*", "Subject"], &["X-Secret-*"], &[("X-Set", "{caller} to {called}"), ("X-New", "7")]);
    let (lines, _) = onward(&rules, &came, between(Stranger, Stranger));
    assert_eq!(lines, ["X-Set: 4711 to +44200", "X-New: 7", "X-A: 1", "x-a: 2", "Subject: 4"]);
}

/// A caller's number is the caller's word.
#[test]
fn no_caller_writes_a_header_of_its_own_through_a_value() {
    let mut came = came(&[]);
    came.caller = Private::new("1>\r\nVia: {called}\0".into());
    let rules = rules(&[], &[], &[("P-Asserted-Identity", "<sip:{caller}@h>")]);
    let (lines, _) = onward(&rules, &came, between(Stranger, Trusted));
    assert_eq!(lines, ["P-Asserted-Identity: <sip:1%3E%0D%0AVia%3A%20%7Bcalled%7D%00@h>"]);
}

#[test]
fn what_goes_on_is_bounded_and_what_the_rules_set_comes_first() {
    let many: Vec<_> = (0..60).map(|_| ("X-Pbx", "1")).collect();
    let rules = rules(&["X-*"], &[], &[("X-Set", "1")]);
    let onward = rules.onward(&came(&many), &between(Stranger, Stranger));
    assert_eq!((onward.headers.iter().count(), onward.headers.left_out()), (16, 45));
    assert_eq!(onward.headers.iter().next(), Some(("X-Set", "1")));
}

#[test]
fn rules_that_are_none_are_refused() {
    let pattern = |text: &str| text.parse::<HeaderPattern>().unwrap_err();
    for name in ["Contact", "v", "Content-*", "Content-Type", "X-Fax-Gateway-Hops", "Replaces"] {
        assert_eq!(pattern(name), BadHeader::Owned, "{name}");
    }
    for name in ["", "*", "X*", "a*b", "X-**", "X A", "X:\r\n"] {
        assert_eq!(pattern(name), BadHeader::Name, "{name}");
    }
    let setting = |name, value| HeaderSetting::new(name, value).unwrap_err();
    assert_eq!(setting("To", "1"), BadHeader::Owned);
    assert_eq!(setting("X-A", "1\r\nVia: 2"), BadHeader::Value);
    assert_eq!(setting("X-A", "{number}"), BadHeader::Braces);
    assert_eq!(setting("X-A", &"1".repeat(1025)), BadHeader::Long);
    let one = |name: &str| HeaderSetting::new(name, "1").unwrap();
    assert_eq!(HeaderRules::new(vec![], vec![], vec![one("X-A"), one("x-a")]), Err(BadRules::Twice));
    let nine = (0..9).map(|n| one(&format!("X-{n}"))).collect();
    assert_eq!(HeaderRules::new(vec![], vec![], nine), Err(BadRules::ManySettings));
    let names = vec!["X-A".parse().unwrap(); 17];
    assert_eq!(HeaderRules::new(names, vec![], vec![]), Err(BadRules::ManyNames));
}

#[test]
fn rules_tell_what_they_do() {
    assert_eq!(HeaderRules::default().told(Stranger, Trusted), "only Privacy goes on");
    assert_eq!(HeaderRules::default().told(Trusted, Trusted), "Privacy, P-Asserted-Identity go on");
    let rules =
        rules(&["X-*", "P-Asserted-Identity"], &["X-B"], &[("P-Asserted-Identity", "<sip:{caller}@h>")]);
    assert_eq!(
        rules.told(Trusted, Trusted),
        "Privacy, X-* go on, but not X-B; P-Asserted-Identity: <sip:{caller}@h>"
    );
    assert_eq!(
        rules.told(Trusted, Stranger),
        "Privacy, X-* go on, but not X-B; P-Asserted-Identity: <sip:{caller}@h> (not to this one: it is not trusted)"
    );
    assert!(rules.asserts() && !HeaderRules::default().asserts());
}
