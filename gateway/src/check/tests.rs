use super::*;
use crate::ledger::testing::Scratch;

fn found(text: &str) -> Vec<Finding> {
    findings(&Config::parse(text, Path::new("test")).unwrap())
}

fn names(text: &str) -> Vec<&'static str> {
    found(text).into_iter().map(|finding| finding.name).filter(|name| *name != "no_emergency_route").collect()
}

const PEERS: &str = "
[[trunk]]
name = 'pbx'
address = '192.168.1.2'
[[trunk]]
name = 'carrier'
address = 'sip.example.net'
calls_per_hour = 100
";

#[test]
fn the_embedded_configuration_has_nothing_unwise() {
    let findings = findings(&Config::load(None).unwrap());
    let names: Vec<_> = findings.iter().map(|finding| finding.name).collect();
    assert_eq!(names, ["no_emergency_route"]);
}

#[test]
fn the_exposure_of_the_embedded_configuration_is_four_lines_of_loopback() {
    let exposure = exposure(&Config::load(None).unwrap());
    let lines: Vec<_> = exposure.iter().map(ToString::to_string).collect();
    assert_eq!(
        lines,
        [
            "udp  127.0.0.1:5060: SIP; answers only lab-senders, lab-receiver; others are dropped unread",
            "udp  127.0.0.1, ports 20000-20999, even ones, while a call needs them: RTP and UDPTL; \
             answers only the peer of the call",
            "tcp  127.0.0.1:9338: metrics, health, status page; answers this machine",
        ]
    );
}

#[test]
fn a_route_behind_one_that_takes_all_its_calls_is_found() {
    let route = |name: &str, rest: &str| {
        format!("[[route]]\nname = '{name}'\ntargets = [{{ trunk = 'pbx' }}]\n{rest}\n")
    };
    let shadowed = |above: &str, below: &str| {
        names(&format!("{PEERS}{}{}", route("a", above), route("b", below))).contains(&"shadowed")
    };
    assert!(shadowed("", "to = ['1*']"));
    assert!(shadowed("to = ['1*', '2*']", "to = ['12', '2?']"));
    assert!(shadowed("from = ['pbx', 'carrier']", "to = ['1']"));
    assert!(!shadowed("to = ['1*']", "to = ['1*', '2*']"));
    assert!(!shadowed("from = ['pbx']", "to = ['1']"));
    assert!(!shadowed("emergency = true", "to = ['1']"));
}

#[test]
fn t38_that_is_allowed_only_one_way_is_found() {
    let ways = |there: &str, back: &str| {
        format!(
            "{PEERS}[[route]]\nname = 'out'\nfrom = ['pbx']\ntargets = [{{ trunk = 'carrier' }}]\nfax = {{ t38 = '{there}' }}\n\
             [[route]]\nname = 'in'\nfrom = ['carrier']\ntargets = [{{ trunk = 'pbx' }}]\nfax = {{ t38 = '{back}' }}\n"
        )
    };
    assert_eq!(names(&ways("prefer", "never")), ["one_way_t38"]);
    assert_eq!(names(&ways("never", "require")), ["one_way_t38"]);
    assert!(names(&ways("prefer", "require")).is_empty());
    assert!(names(&ways("never", "never")).is_empty());
}

#[test]
fn secrets_that_are_missing_weak_shared_or_open_are_found() {
    use std::os::unix::fs::PermissionsExt;
    let scratch = Scratch::new("check-secrets");
    let write = |name: &str, secret: &str, mode: u32| {
        let path = scratch.0.join(name);
        std::fs::write(&path, secret).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        path.display().to_string()
    };
    let good = write("good", "k8dR-0pWq-77xe", 0o600);
    let open = write("open", "Zt4v-91Lm-qqP2", 0o644);
    let weak = write("weak", "1234", 0o600);
    let user = |name: &str, file: &str| format!("[[ata.user]]\nname = '{name}'\npassword_file = '{file}'\n");
    let users =
        [user("a", &good), user("b", &good), user("c", &open), user("d", &weak), user("e", "/nowhere")];
    let text = format!("[[ata]]\nname = 'office'\nnetworks = ['192.168.7.0/24']\n{}", users.concat());
    assert_eq!(names(&text), ["shared_secret", "weak_secret", "weak_secret", "no_secret"]);
    // A secret is never part of what is told.
    assert!(
        found(&text).iter().all(|finding| !finding.what.contains("1234") && !finding.what.contains("k8dR"))
    );
}

#[test]
fn what_anybody_can_reach_is_found() {
    assert_eq!(names("[sip]\nlisten = ['udp:0.0.0.0:5060']"), ["wildcard_bind"]);
    assert_eq!(names("[media]\naddress = '0.0.0.0'"), ["wildcard_bind"]);
    let token = "[http]\nbind = '10.1.1.1:9338'\ntoken_file = '/nowhere'";
    assert_eq!(names(token), ["public_http", "no_secret"]);
    let wide = "[[trunk]]\nname = 't'\nsources = ['0.0.0.0/0']\n[[trunk]]\nname = 'u'\naddress = '192.168.1.1'\n\
                [[route]]\nname = 'r'\ntargets = [{ trunk = 'u' }]";
    assert_eq!(names(wide), ["wide_source"]);
}

#[test]
fn a_rule_that_would_name_a_caller_to_a_stranger_is_found() {
    let text = format!(
        "{PEERS}[[route]]\nname = 'r'\ntargets = [{{ trunk = 'carrier' }}]\n\
         [route.headers]\nset = {{ 'P-Asserted-Identity' = '<sip:{{caller}}@example.net>' }}"
    );
    assert_eq!(names(&text), ["not_trusted"]);
    assert!(names(&text.replace("calls_per_hour", "trusted = true\ncalls_per_hour")).is_empty());
}

#[test]
fn a_way_out_without_a_limit_is_found() {
    let text = "[[trunk]]\nname = 't'\naddress = 'sip.example.net'\n[[route]]\nname = 'r'\ntargets = [{ trunk = 't' }]";
    assert_eq!(names(text), ["toll_fraud"]);
    let capped = text.replace("address =", "calls_per_hour = 60\naddress =");
    assert!(names(&capped).is_empty());
}
