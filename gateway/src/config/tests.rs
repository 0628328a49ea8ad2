use super::*;
use fax_core::relay::{OwnWord, OwnWords};

fn parse(text: &str) -> Result<Config, String> {
    Config::parse(text, Path::new("test")).map_err(|error| error.to_string())
}

#[test]
fn the_embedded_configuration_is_taken_and_binds_loopback_without_any_secret() {
    let config = Config::load(None).unwrap();
    assert!(config.sip.listen.iter().all(|listener| listener.address.ip().is_loopback()));
    assert!(config.media.address.is_loopback());
    assert!(config.http.bind.unwrap().ip().is_loopback());
    assert!(config.trunks.iter().all(|trunk| trunk.password_file.is_none()));
    assert!(config.atas.is_empty() && config.http.token_file.is_none() && !config.capture.enabled);
}

/// What stands in the file is what holds without it: nobody is misled by a comment.
#[test]
fn the_embedded_values_are_the_defaults() {
    let (written, silent) = (Config::load(None).unwrap(), parse("").unwrap());
    let shown = |config: &Config| {
        let Config { name, sip, media, numbers, limits, records, capture, http, log, fax, .. } = config;
        format!(
            "{name:?} {sip:?} {media:?} {numbers:?} {limits:?} {records:?} {capture:?} {http:?} {log:?} {:?}",
            fax.resolved()
        )
    };
    assert_eq!(shown(&written), shown(&silent));
}

/// An unknown key makes serde list those that it knows; each must stand in the file, behind a comment.
#[test]
fn every_key_stands_in_the_embedded_file_behind_a_comment() {
    let tables = [
        "",
        "[sip]",
        "[media]",
        "[fax]",
        "[numbers]",
        "[limits]",
        "[records]",
        "[capture]",
        "[http]",
        "[log]",
        "[[trunk]]",
        "[[ata]]",
        "[[ata]]\nname='a'\nnetworks=[]\n[[ata.user]]",
        "[[route]]",
        "[[route]]\nname='r'\ntargets=[]\n[route.headers]",
    ];
    let mut keys = 0;
    for table in tables {
        let error = parse(&format!("{table}\nno_such_key = 1")).unwrap_err();
        let known = error.split("expected one of ").nth(1).or(error.split("expected ").nth(1)).unwrap();
        for key in known.split('`').skip(1).step_by(2) {
            keys += 1;
            let documented = EMBEDDED.lines().scan(false, |commented, line| {
                let before = std::mem::replace(commented, line.starts_with('#') || line.contains(" = "));
                Some((before, line.trim_start_matches(['#', ' '])))
            });
            let here = |(before, line): (bool, &str)| {
                let value = line.strip_prefix(key).is_some_and(|rest| rest.starts_with(" ="));
                let heading =
                    ["[{}]", "[[{}]]", "[[ata.{}]]", "[route.{}]"].map(|heading| heading.replace("{}", key));
                (before && value) || heading.iter().any(|heading| line == heading)
            };
            assert!(documented.into_iter().any(here), "{table} {key} is not in faxgw.toml");
        }
    }
    assert!(keys > 70, "only {keys} keys were found");
}

#[test]
fn keys_that_do_not_exist_are_refused_with_their_line() {
    let error = parse("[limits]\ncals = 3\n").unwrap_err();
    assert!(error.contains("cals") && error.contains("line 2"), "{error}");
}

#[test]
fn what_contradicts_itself_is_refused() {
    let headers = |rules: &str| {
        format!("[[route]]\nname = 'r'\ntargets = [{{ trunk = 'x' }}]\n[route.headers]\n{rules}")
    };
    let cases = [
        ("[media]\nports = '20000-20004'", "eight ports"),
        ("[media]\nports = '80-90'", "1024"),
        ("[http]\nbind = '0.0.0.0:9338'", "token_file"),
        ("[capture]\nenabled = true", "purpose"),
        ("[sip]\nlisten = ['tls:127.0.0.1:5061']", "tls_certificate"),
        ("[sip]\nlisten = []", "empty"),
        ("[[trunk]]\nname = 'a'\n[[trunk]]\nname = 'a'", "two trunks"),
        ("[[trunk]]\nname = 'a'\naddress = 'h'\ntransport = 'tcp'", "no listener"),
        ("[[trunk]]\nname = 'a'\nregister = true", "password_file"),
        ("[[route]]\nname = 'r'\ntargets = []", "no targets"),
        ("[[route]]\nname = 'r'\ntargets = [{ trunk = 'x' }]", "no trunk or ata"),
        ("[[trunk]]\nname = 'a'\n[[route]]\nname = 'r'\ntargets = [{ trunk = 'a' }]", "no address"),
        ("[[route]]\nname = 'r'\nfrom = ['x']\ntargets = [{ trunk = 'x' }]", "no trunk or ata"),
        ("[fax]\nmax_rate = 33600", "max_rate"),
        ("[limits]\ncalls = 0", "no call"),
        (&headers("pass = ['Contact']"), "\"Contact\" is no header for a rule: it belongs to the dialog"),
        (&headers("remove = ['v']"), "belongs to the dialog"),
        (
            &headers("set = { 'Content-Type' = 'x' }"),
            "\"Content-Type\" cannot be set: it belongs to the dialog",
        ),
        (&headers("set = { 'X-A' = \"1\\r\\nVia: 2\" }"), "end of line"),
        (&headers("set = { 'X A' = '1' }"), "no name"),
        (&headers("pass = ['X*']"), "at least two characters"),
        (&headers("remove = ['Privacy']"), "always goes on"),
        (&headers("set = { 'X-A' = '{number}' }"), "{caller} or {called}"),
        (&headers("set = { 'X-A' = '1', 'x-a' = '2' }"), "twice"),
        (&headers("sets = {}"), "sets"),
    ];
    for (text, why) in cases {
        let error = parse(text).map(|_| ()).unwrap_err();
        assert!(error.contains(why), "{text}: {error}");
    }
}

#[test]
fn a_route_says_only_what_differs() {
    let config = parse(
        "[fax]\nmax_rate = 9600\necm = 'forbid'\n\
         [[trunk]]\nname = 'a'\naddress = 'h'\n\
         [[route]]\nname = 'r'\ntargets = [{ trunk = 'a' }]\nfax = { max_rate = 4800, t38 = 'never' }",
    )
    .unwrap();
    let fax = config.fax_of(&config.routes[0]);
    assert_eq!((fax.t38, fax.max_rate, fax.ecm, fax.fallback), (T38::Never, 4800, Ecm::Forbid, true));
}

#[test]
fn redundancy_is_measured_or_numbers_and_nothing_else() {
    let redundancy =
        |text: &str| parse(&format!("[fax]\n{text}")).map(|config| config.fax.resolved().redundancy);
    assert_eq!(redundancy(""), Ok(Redundancy::Measured));
    assert_eq!(redundancy("redundancy = 'measured'"), Ok(Redundancy::Measured));
    let fixed = redundancy("redundancy = { control = 7, image = 3 }");
    assert_eq!(fixed, Ok(Redundancy::Fixed { control: 7, image: 3 }));
    for (wrong, why) in [
        ("'much'", "much"),
        ("3", "measured"),
        ("{ control = 7 }", "control = 7"),
        ("{ control = 7, image = 17 }", "0 to 16"),
    ] {
        let error = redundancy(&format!("redundancy = {wrong}")).unwrap_err();
        assert!(error.contains(why), "{wrong}: {error}");
    }
}

/// Nothing here makes modem signals of V.34 packets, so nobody is told that it does.
#[test]
fn no_version_is_promised_that_brings_v34() {
    let fax = parse("[fax]\noffer_version = 3\nanswer_version = 4").unwrap().fax.resolved();
    assert_eq!((fax.offer_version, fax.answer_version), (2, 2));
    let able = fax_t38::sdp::Abilities::default().parameters.version;
    assert_eq!(able.number(), HIGHEST);
    assert!(!able.knows_v34());
}

#[test]
fn a_reload_takes_routes_and_limits_and_says_what_it_leaves() {
    let old = Config::load(None).unwrap();
    let text =
        EMBEDDED.replace("calls = 120", "calls = 7").replace("udp:127.0.0.1:5060", "udp:127.0.0.1:5090");
    let text = text.replace("total_s = 120", "total_s = 60");
    let (mixed, kept) = old.adopting(parse(&text).unwrap()).unwrap();
    assert_eq!(kept, ["sip"]);
    assert_eq!((mixed.limits.calls, mixed.routes[0].total_s), (7, 60));
    assert_eq!(mixed.sip.listen[0].address.port(), 5060);
}

#[test]
fn a_reload_whose_routes_need_a_new_trunk_is_refused_whole() {
    let old = Config::load(None).unwrap();
    let more = "[[trunk]]\nname = 'new'\naddress = '192.0.2.1'\n[[route]]\nname = 'n'\ntargets = [{ trunk = 'new' }]\n";
    let error = old.adopting(parse(&format!("{EMBEDDED}{more}")).unwrap()).unwrap_err();
    assert!(error.to_string().contains("new"), "{error}");
}

#[test]
fn what_the_gateway_may_say_by_itself_is_named_word_by_word() {
    let relay =
        |may_say| parse(&format!("[fax]\nmay_say = {may_say}")).map(|it| it.fax.resolved().relay().own);
    assert_eq!(parse("").unwrap().fax.resolved().relay().own, OwnWords::ALL);
    assert_eq!(relay("['flags', 'answers', 'ftt']"), Ok(OwnWords::ALL.without(OwnWord::NotReady)));
    let nothing = relay("[]").unwrap();
    let words = [OwnWord::Flags, OwnWord::NotReady, OwnWord::AnswerAgain, OwnWord::TrainingRefused];
    assert!(words.into_iter().all(|word| !nothing.has(word)));
    assert!(relay("['dcs']").unwrap_err().contains("dcs"));
}
