//! What is unwise in a configuration though it is possible, and what it opens to the world.
//!
//! `faxgw check` prints both. A configuration that contradicts itself is refused before (`config`).

use crate::config::{Config, Route, Secret, T38, Weakness};
use core::fmt;
use core::net::IpAddr;
use fax_call::sip::Trust;
use std::path::Path;

/// Something that an operator should know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What kind it is: a stable name.
    pub name: &'static str,
    /// What it is, and of what.
    pub what: String,
}

/// A socket that is opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exposed {
    /// `udp`, `tcp` or `tls`.
    pub transport: String,
    /// Address and port, or ports.
    pub address: String,
    /// What it is for.
    pub purpose: String,
    /// Who gets an answer there.
    pub answers: String,
}

/// All that is unwise, in the order of the file.
pub fn findings(config: &Config) -> Vec<Finding> {
    let mut findings = Vec::new();
    binds(config, &mut findings);
    secrets(config, &mut findings);
    peers(config, &mut findings);
    routes(config, &mut findings);
    one_way(config, &mut findings);
    amounts(config, &mut findings);
    findings
}

/// All that is opened.
pub fn exposure(config: &Config) -> Vec<Exposed> {
    let mut sources: Vec<String> = config.trunks.iter().map(|trunk| trunk.name.clone()).collect();
    sources.extend(config.atas.iter().map(|ata| format!("{} (registers)", ata.name)));
    let answers = format!("only {}; others are dropped unread", or_nobody(&sources));
    let sip = config.sip.listen.iter().map(|listener| Exposed {
        transport: listener.transport.to_string(),
        address: listener.address.to_string(),
        purpose: "SIP".into(),
        answers: answers.clone(),
    });
    let ports = config.media.ports;
    let media = Exposed {
        transport: "udp".into(),
        address: format!(
            "{}, ports {}-{}, even ones, while a call needs them",
            config.media.address, ports.first, ports.last
        ),
        purpose: "RTP and UDPTL".into(),
        answers: "only the peer of the call".into(),
    };
    let http = config.http.bind.map(|bind| Exposed {
        transport: "tcp".into(),
        address: bind.to_string(),
        purpose: "metrics, health, status page".into(),
        answers: match &config.http.token_file {
            Some(_) => "whoever shows the token".into(),
            None => "this machine".into(),
        },
    });
    sip.chain([media]).chain(http).collect()
}

fn or_nobody(names: &[String]) -> String {
    if names.is_empty() { "nobody".into() } else { names.join(", ") }
}

fn find(findings: &mut Vec<Finding>, name: &'static str, what: String) {
    findings.push(Finding { name, what });
}

fn binds(config: &Config, findings: &mut Vec<Finding>) {
    for listener in &config.sip.listen {
        if listener.address.ip().is_unspecified() {
            find(
                findings,
                "wildcard_bind",
                format!("sip.listen {listener} opens every network of this machine"),
            );
        }
    }
    if config.media.address.is_unspecified() {
        find(findings, "wildcard_bind", "media.address opens every network of this machine".into());
    }
    if let Some(bind) = config.http.bind.filter(|bind| !bind.ip().is_loopback()) {
        find(
            findings,
            "public_http",
            format!("http.bind {bind} is seen from outside: only its token keeps it"),
        );
    }
    let public = config.sip.listen.iter().any(|listener| is_public(listener.address.ip()));
    let encrypted = config.trunks.iter().all(|trunk| trunk.transport == crate::config::Transport::Tls);
    if public && !encrypted {
        find(findings, "plain_public_sip", "SIP is spoken in clear on a public address".into());
    }
    for trunk in &config.trunks {
        let hidden = !is_public(config.media.address) && !config.media.address.is_loopback();
        let address = trunk.address.as_deref().and_then(|address| address.parse::<IpAddr>().ok());
        if hidden && trunk.advertise.is_none() && address.is_some_and(is_public) {
            let what =
                format!("trunk {:?} is public and media.address is not: it needs advertise", trunk.name);
            find(findings, "not_advertised", what);
        }
    }
}

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            // RFC 6598.
            let shared = v4.octets()[0] == 100 && v4.octets()[1] & 0xC0 == 64;
            let local = v4.is_private() || v4.is_loopback() || v4.is_link_local() || shared;
            !(local || v4.is_unspecified() || v4.is_documentation())
        }
        IpAddr::V6(v6) => {
            !(v6.is_loopback() || v6.is_unspecified() || v6.is_unique_local() || v6.is_unicast_link_local())
        }
    }
}

fn secrets(config: &Config, findings: &mut Vec<Finding>) {
    let trunks = config.trunks.iter();
    let trunks =
        trunks.filter_map(|trunk| Some((format!("trunk {:?}", trunk.name), trunk.password_file.as_ref()?)));
    let users = config.atas.iter().flat_map(|ata| ata.users.iter().map(move |user| (ata, user)));
    let users =
        users.map(|(ata, user)| (format!("ata {:?}, user {:?}", ata.name, user.name), &user.password_file));
    let token = config.http.token_file.iter().map(|file| ("http".to_owned(), file));
    let all: Vec<_> = trunks.chain(users).chain(token).collect();
    let mut seen: Vec<(String, Secret)> = Vec::new();
    for (owner, file) in all {
        match Secret::read(file) {
            Err(error) => find(findings, "no_secret", format!("{owner}: {error}")),
            Ok(secret) => {
                let weakness = secret.weakness().or_else(|| Secret::exposure(file));
                if let Some(weakness) = weakness {
                    find(findings, "weak_secret", format!("{owner}: {}", weakness_of(weakness, file)));
                }
                if let Some((other, _)) = seen.iter().find(|(_, other)| other.is(secret.reveal())) {
                    find(findings, "shared_secret", format!("{owner} has the secret of {other}"));
                }
                seen.push((owner, secret));
            }
        }
    }
}

fn weakness_of(weakness: Weakness, file: &Path) -> String {
    match weakness {
        Weakness::Short => "the secret has fewer than 12 characters".into(),
        Weakness::Regular => "the secret is a run of characters".into(),
        Weakness::Common => "the secret has a word in it that every scanner tries".into(),
        Weakness::Exposed => format!("everybody on this machine can read {}", file.display()),
    }
}

fn peers(config: &Config, findings: &mut Vec<Finding>) {
    for trunk in &config.trunks {
        let name = &trunk.name;
        if trunk.sources.iter().any(|source| source.prefix_len() < 8) {
            find(findings, "wide_source", format!("trunk {name:?} is believed to be nearly anybody"));
        }
        let called =
            config.routes.iter().any(|route| route.targets.iter().any(|target| &target.trunk == name));
        let calls = config.routes.iter().any(|route| route.from.is_empty() || route.from.contains(name));
        if !called && !calls {
            find(findings, "orphan", format!("no route has trunk {name:?}"));
        }
        if trunk.address.is_none() && trunk.sources.is_empty() {
            find(findings, "orphan", format!("trunk {name:?} has neither address nor sources"));
        }
    }
    for ata in &config.atas {
        if ata.users.is_empty() {
            find(findings, "orphan", format!("ata {:?} has no users", ata.name));
        }
        if ata.networks.iter().any(|network| network.prefix_len() < 8) {
            find(findings, "wide_source", format!("ata {:?}: nearly anybody may try to register", ata.name));
        }
    }
}

fn routes(config: &Config, findings: &mut Vec<Finding>) {
    for (place, route) in config.routes.iter().enumerate() {
        let earlier = config.routes.iter().take(place);
        for above in earlier.filter(|above| shadows(config, above, route)) {
            let what =
                format!("route {:?} is never reached: {:?} takes all of its calls", route.name, above.name);
            find(findings, "shadowed", what);
        }
        let fax = config.fax_of(route);
        if fax.t38 == T38::Require && route.fax.fallback == Some(true) {
            let what = format!("route {:?} requires T.38: its fallback = true means nothing", route.name);
            find(findings, "no_fallback", what);
        }
        identities(config, route, findings);
        let open = route.to.is_empty() || route.to.iter().any(|pattern| pattern.precision() == 0);
        for target in &route.targets {
            let Some(trunk) = config.trunk(&target.trunk) else { continue };
            let capped = trunk.calls_per_hour.is_some() || config.numbers.calls_per_hour > 0;
            if open && target.number.is_none() && !capped && !trunk_is_local(trunk) && !route.emergency {
                let what = format!(
                    "route {:?} lets any number out by {:?} without calls_per_hour: a stolen adapter can call \
                     expensive ones",
                    route.name, trunk.name
                );
                find(findings, "toll_fraud", what);
            }
        }
    }
    if !config.routes.iter().any(|route| route.emergency) {
        let what =
            "no route takes emergency numbers: they are refused, and whoever calls must have another way";
        find(findings, "no_emergency_route", what.into());
    }
}

/// A rule that would name the caller to who is not trusted: it does nothing.
fn identities(config: &Config, route: &Route, findings: &mut Vec<Finding>) {
    for target in &route.targets {
        if config.trust(&target.trunk) == Trust::Stranger && Config::headers_of(route, target).asserts() {
            let what = format!(
                "route {:?} has a rule for P-Asserted-Identity, which {:?} never gets: it is not `trusted`",
                route.name, target.trunk
            );
            find(findings, "not_trusted", what);
        }
    }
}

fn trunk_is_local(trunk: &crate::config::Trunk) -> bool {
    let address = trunk.address.as_deref().unwrap_or("");
    let host = address.rsplit_once(':').map_or(address, |(host, _)| host);
    host.parse::<IpAddr>().is_ok_and(|host| !is_public(host))
}

/// Whether every call that `route` takes is taken by `above`.
fn shadows(config: &Config, above: &Route, route: &Route) -> bool {
    let everybody = |name: &str| above.from.iter().any(|taken| taken == name);
    let from = above.from.is_empty()
        || (!route.from.is_empty() && route.from.iter().all(|name| everybody(name)))
        || config.peers().all(everybody);
    let to = above.to.is_empty()
        || (!route.to.is_empty()
            && route.to.iter().all(|pattern| above.to.iter().any(|taken| taken.covers(pattern))));
    above.emergency == route.emergency && from && to
}

/// T.38 is allowed one way between two peers and not back: often by accident.
fn one_way(config: &Config, findings: &mut Vec<Finding>) {
    let peers: Vec<_> = config.peers().collect();
    let ways = |from: &str, to: &str| {
        let taken = |route: &&Route| {
            (route.from.is_empty() || route.from.iter().any(|name| name == from))
                && route.targets.iter().any(|target| target.trunk == to)
        };
        let modes = config.routes.iter().filter(|route| !route.emergency).filter(taken);
        modes.map(|route| config.fax_of(route).t38 != T38::Never).collect::<Vec<_>>()
    };
    for (place, a) in peers.iter().enumerate() {
        for b in peers.iter().skip(place + 1) {
            let (there, back) = (ways(a, b), ways(b, a));
            let differ = |allowed: &[bool], other: &[bool]| {
                allowed.contains(&true) && !other.is_empty() && !other.contains(&true)
            };
            if differ(&there, &back) || differ(&back, &there) {
                let what = format!("between {a:?} and {b:?} one way may be T.38 and the other may not");
                find(findings, "one_way_t38", what);
            }
        }
    }
}

fn amounts(config: &Config, findings: &mut Vec<Finding>) {
    let ports = config.media.ports;
    let room = u32::from(ports.last - ports.first) / 8;
    if room < config.limits.calls {
        let what = format!("media.ports has room for {room} calls, limits.calls is {}", config.limits.calls);
        find(findings, "few_ports", what);
    }
    if config.capture.enabled {
        let capture = &config.capture;
        let what = format!("packets of calls are kept for {} days, for: {}", capture.days, capture.purpose);
        find(findings, "capture", what);
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.what)
    }
}

impl fmt::Display for Exposed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { transport, address, purpose, answers } = self;
        write!(f, "{transport:<4} {address}: {purpose}; answers {answers}")
    }
}

#[cfg(test)]
mod tests;
