use super::*;
use std::path::Path;

const TABLE: &str = r#"
[numbers]
emergency = ["112"]
blocked = ["00900*", "+900*"]
[[trunk]]
name = "pbx"
address = "192.0.2.1"
[[trunk]]
name = "carrier"
address = "sip.example.net"
[[trunk]]
name = "spare"
address = "192.0.2.9:5062"
[[ata]]
name = "office"
networks = ["192.168.7.0/24"]
[[route]]
name = "inside"
from = ["pbx", "carrier"]
to = ["2??"]
targets = [{ trunk = "office", number = "fax1" }]
[[route]]
name = "world"
from = ["office", "pbx"]
to = ["00*", "0*"]
targets = [{ trunk = "carrier", strip = 1, prepend = "+44", budget_s = 20 }, { trunk = "spare" }]
fax = { max_rate = 9600 }
[[route]]
name = "back"
from = ["carrier"]
to = ["5*"]
targets = [{ trunk = "carrier" }]
"#;

fn config(more: &str) -> Config {
    Config::parse(&format!("{TABLE}{more}"), Path::new("test")).unwrap()
}

fn call<'a>(from: &'a str, called: &'a str) -> Call<'a> {
    Call { from, called, hops: 0, max_forwards: 70 }
}

fn refusal(config: &Config, call: Call<'_>) -> Refusal {
    decide(config, call).outcome.unwrap_err()
}

#[test]
fn the_first_route_that_matches_is_taken_with_its_targets_in_order() {
    let config = config("");
    let decision = decide(&config, call("pbx", "02079460000"));
    let plan = decision.outcome.unwrap();
    assert_eq!(plan.route.name, "world");
    let legs: Vec<_> =
        plan.targets.iter().map(|leg| (leg.to, leg.number.as_str(), leg.budget.as_secs())).collect();
    assert_eq!(legs, [("carrier", "+442079460000", 20), ("spare", "02079460000", 60)]);
    assert_eq!(plan.fax.max_rate, 9600);
}

#[test]
fn the_chain_says_why() {
    let config = config("");
    let text = decide(&config, call("office", "02079460000")).to_string();
    assert_eq!(
        text,
        "  gateways passed: 0 of 3\n\
         \x20 emergency number: no\n\
         \x20 blocked: no\n\
         \x20 route \"inside\": passed over, it takes calls of pbx, carrier\n\
         \x20 route \"world\": taken, by 0*\n\
         goes by \"world\", within 120 s:\n\
         \x20 1. carrier: +442079460000, 20 s to answer\n\
         \x20    headers of the caller: only Privacy goes on\n\
         \x20 2. spare: 02079460000, 60 s to answer\n\
         \x20    headers of the caller: only Privacy goes on\n\
         \x20 fax: T.38 prefer, else audio; ECM allow; up to 9600 bit/s; redundancy as measured, copies 3; \
         version 0 offered, up to 2 answered; V.34 suppress\n"
    );
}

#[test]
fn a_target_says_only_which_rules_for_headers_differ() {
    let config = config(
        "[[route]]\nname = 'h'\nto = ['7*']\ntargets = [{ trunk = 'carrier' }, { trunk = 'spare', headers = { pass = [] } }]\n\
         [route.headers]\npass = ['X-*']\nset = { 'X-A' = '1' }",
    );
    let text = decide(&config, call("pbx", "7")).to_string();
    let told: Vec<_> =
        text.lines().filter_map(|line| line.trim().strip_prefix("headers of the caller: ")).collect();
    assert_eq!(told, ["Privacy, X-* go on; X-A: 1", "only Privacy goes on; X-A: 1"]);
}

#[test]
fn what_no_route_takes_goes_nowhere() {
    let config = config("");
    assert_eq!(refusal(&config, call("carrier", "02079460000")), Refusal::NoRoute);
    assert_eq!(refusal(&config, call("pbx", "2000")), Refusal::NoRoute);
    assert_eq!(refusal(&config, call("nobody", "200")), Refusal::NoRoute);
}

#[test]
fn an_emergency_number_goes_only_where_a_route_is_for_it_and_stays_audio() {
    let refused = config("");
    assert_eq!(refusal(&refused, call("pbx", "112")), Refusal::Emergency);
    let table = config("[[route]]\nname = 'help'\nemergency = true\ntargets = [{ trunk = 'spare' }]");
    let plan = decide(&table, call("pbx", "112")).outcome.unwrap();
    assert_eq!((plan.route.name.as_str(), plan.fax.t38), ("help", T38::Never));
    assert_eq!(refusal(&table, call("pbx", "777")), Refusal::NoRoute);
}

/// A prefix to dial out would otherwise hide any number.
#[test]
fn a_number_is_judged_as_it_would_be_dialled_too() {
    let table = config("[[route]]\nname = 'out'\nto = ['9*']\ntargets = [{ trunk = 'spare', strip = 1 }]");
    assert_eq!(refusal(&table, call("pbx", "9112")), Refusal::Emergency);
    assert_eq!(refusal(&table, call("pbx", "900900123")), Refusal::Blocked);
    assert!(decide(&table, call("pbx", "9123")).outcome.is_ok());
}

#[test]
fn readable_numbers_do_not_get_around_a_block() {
    let config = config("");
    for called in ["00900123", "00-900-123", "0.0.900.123", "+900-1"] {
        assert_eq!(refusal(&config, call("pbx", called)), Refusal::Blocked, "{called}");
    }
    for called in ["", "00 900", "0090%301", "1;phone-context=x", "0\n0", "---"] {
        assert_eq!(refusal(&config, call("pbx", called)), Refusal::NoNumber, "{called:?}");
    }
}

#[test]
fn a_call_that_runs_in_circles_ends() {
    let config = config("");
    assert_eq!(refusal(&config, Call { hops: 3, ..call("pbx", "0207") }), Refusal::Loop);
    assert_eq!(refusal(&config, Call { max_forwards: 0, ..call("pbx", "0207") }), Refusal::Loop);
    assert_eq!(refusal(&config, call("carrier", "5123")), Refusal::Hairpin);
    let table = config_with_hairpin();
    assert!(decide(&table, call("carrier", "6123")).outcome.is_ok());
}

fn config_with_hairpin() -> Config {
    config("[[route]]\nname = 'through'\nto = ['6*']\nhairpin = true\ntargets = [{ trunk = 'carrier' }]")
}

/// Exactly one rule fires, whatever is called: the first in the table.
#[test]
fn no_call_is_taken_by_two_routes() {
    let config = config("");
    for from in ["pbx", "carrier", "office", "spare"] {
        for number in 0..2000 {
            let called = number.to_string();
            let decision = decide(&config, call(from, &called));
            let taken = decision.chain.iter().filter(|step| matches!(step, Step::Taken(..))).count();
            assert_eq!(
                taken > 0,
                decision.outcome.is_ok()
                    || decision.outcome.as_ref().is_err_and(|why| *why == Refusal::Hairpin)
            );
            assert!(taken <= 1);
        }
    }
}
