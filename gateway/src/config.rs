//! What whoever runs the gateway decides, as types.
//!
//! One TOML file. The default, `faxgw.toml` beside the manifest of this crate, is part of the program: every key stands
//! in it with a comment. Unknown keys are refused; names that point to nothing are refused; secrets are
//! files, never values.
//!
//! Always: a [`Config`] that was made is consistent; a default binds loopback and has no password.
//! Not here: which of several rules matches (`route`), what is unwise though possible (`check`).

mod fax;
mod headers;
mod numbers;
mod secret;
mod service;
mod sip;

pub use fax::{Ecm, ErrorCorrection, Fax, FaxChoice, HIGHEST, MaxRate, Redundancy, SuperG3, T38};
pub use headers::HeaderChoice;
pub use numbers::{Numbers, Pattern, Route, Target};
pub use secret::{Secret, Weakness};
pub use service::{Capture, Http, Limits, Log, LogFormat, NumberDisplay, Records};
pub use sip::{Ata, Listener, Media, PortRange, Sip, Transport, Trunk, User};

use fax_call::sip::{HeaderRules, Trust};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The configuration that is part of the program.
pub const EMBEDDED: &str = include_str!("../faxgw.toml");

/// All of the configuration.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// What this gateway is called in its records and its User-Agent.
    #[serde(default = "default_name")]
    pub name: String,
    /// SIP: listeners and timers.
    #[serde(default)]
    pub sip: Sip,
    /// RTP and UDPTL sockets.
    #[serde(default)]
    pub media: Media,
    /// Who may call, and whom we call.
    #[serde(default, rename = "trunk")]
    pub trunks: Vec<Trunk>,
    /// Networks of adapters that register here.
    #[serde(default, rename = "ata")]
    pub atas: Vec<Ata>,
    /// What holds for every route that says nothing else.
    #[serde(default)]
    pub fax: FaxChoice,
    /// Which numbers are special.
    #[serde(default)]
    pub numbers: Numbers,
    /// Where calls go: the first that matches.
    #[serde(default, rename = "route")]
    pub routes: Vec<Route>,
    /// How much is taken at all.
    #[serde(default)]
    pub limits: Limits,
    /// What is kept of calls.
    #[serde(default)]
    pub records: Records,
    /// Packets of calls.
    #[serde(default)]
    pub capture: Capture,
    /// Metrics, health and the status page.
    #[serde(default)]
    pub http: Http,
    /// What goes to the log.
    #[serde(default)]
    pub log: Log,
}

fn default_name() -> String {
    "faxgw".into()
}

/// Why a configuration was not taken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file could not be read.
    #[error("{}: {source}", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is not TOML, or has keys or values that do not exist.
    #[error("{}: {message}", path.display())]
    Malformed {
        /// Which.
        path: PathBuf,
        /// Where and what.
        message: String,
    },
    /// It contradicts itself.
    #[error("{0}")]
    Inconsistent(String),
}

impl Config {
    /// The configuration of a file, or the embedded one.
    ///
    /// # Errors
    /// Why it was not taken, with line and column where that is known.
    pub fn load(file: Option<&Path>) -> Result<Self, Error> {
        let Some(path) = file else { return Self::parse(EMBEDDED, Path::new("(embedded)")) };
        let text = std::fs::read_to_string(path)
            .map_err(|source| Error::Unreadable { path: path.to_owned(), source })?;
        Self::parse(&text, path)
    }

    /// The configuration that a text says; `path` is for messages.
    ///
    /// # Errors
    /// As [`Config::load`].
    pub fn parse(text: &str, path: &Path) -> Result<Self, Error> {
        let config: Self = toml::from_str(text)
            .map_err(|error| Error::Malformed { path: path.to_owned(), message: error.to_string() })?;
        config.consistent()?;
        Ok(config)
    }

    /// The trunk of a name.
    pub fn trunk(&self, name: &str) -> Option<&Trunk> {
        self.trunks.iter().find(|trunk| trunk.name == name)
    }

    /// The network of adapters of a name.
    pub fn ata(&self, name: &str) -> Option<&Ata> {
        self.atas.iter().find(|ata| ata.name == name)
    }

    /// Names of trunks and of networks of adapters.
    pub fn peers(&self) -> impl Iterator<Item = &str> {
        let trunks = self.trunks.iter().map(|trunk| trunk.name.as_str());
        trunks.chain(self.atas.iter().map(|ata| ata.name.as_str()))
    }

    /// What holds for the calls of a route.
    pub fn fax_of(&self, route: &Route) -> Fax {
        route.fax.over(&self.fax).resolved()
    }

    /// Which headers go on to a target of a route.
    pub fn headers_of(route: &Route, target: &Target) -> HeaderRules {
        // Each part has been checked alone, and one replaces the other key by key.
        target.headers.over(&route.headers).unwrap_or_default()
    }

    /// Whether a trunk or ata is believed and told who calls.
    pub fn trust(&self, peer: &str) -> Trust {
        match self.trunk(peer) {
            Some(Trunk { trusted: true, .. }) => Trust::Trusted,
            Some(_) | None => Trust::Stranger,
        }
    }

    /// What a running program takes of `newer`: all but what its sockets and peers were made of. Gives the names of the
    /// sections that differ and stay as they are until it is started anew.
    ///
    /// # Errors
    /// What is taken does not fit what stays.
    pub fn adopting(&self, newer: Self) -> Result<(Self, Vec<&'static str>), Error> {
        let mut kept = Vec::new();
        let mut mixed = newer;
        keep("sip", &self.sip, &mut mixed.sip, &mut kept);
        keep("media", &self.media, &mut mixed.media, &mut kept);
        keep("ata", &self.atas, &mut mixed.atas, &mut kept);
        keep("http", &self.http, &mut mixed.http, &mut kept);
        keep("log", &self.log, &mut mixed.log, &mut kept);
        let Records { dir, days, rotate_mb, .. } = self.records.clone();
        let records = Records { dir, days, rotate_mb, ..mixed.records.clone() };
        keep("records", &records, &mut mixed.records, &mut kept);
        let Limits { invites_per_source, messages_per_source, .. } = self.limits;
        let limits = Limits { invites_per_source, messages_per_source, ..mixed.limits.clone() };
        keep("limits per source", &limits, &mut mixed.limits, &mut kept);
        // Limits of a trunk, its trust, and how its media are treated are asked for at each call.
        let trunks = self.trunks.iter().map(|trunk| match mixed.trunk(&trunk.name) {
            Some(Trunk { nat, trusted, calls, calls_per_hour, .. }) => Trunk {
                nat: *nat,
                trusted: *trusted,
                calls: *calls,
                calls_per_hour: *calls_per_hour,
                ..trunk.clone()
            },
            None => trunk.clone(),
        });
        let trunks = trunks.collect();
        keep("trunk", &trunks, &mut mixed.trunks, &mut kept);
        mixed.consistent()?;
        Ok((mixed, kept))
    }

    fn consistent(&self) -> Result<(), Error> {
        let mut names = BTreeSet::new();
        for name in self.peers() {
            ensure(!name.is_empty(), || "a trunk or ata has no name".into())?;
            ensure(name.len() <= 64, || format!("the name {name:?} is longer than 64 octets"))?;
            ensure(names.insert(name), || format!("two trunks or atas are called {name:?}"))?;
        }
        let mut routes = BTreeSet::new();
        for route in &self.routes {
            let named = &route.name;
            ensure(!named.is_empty(), || "a route has no name".into())?;
            ensure(routes.insert(named), || format!("two routes are called {named:?}"))?;
            ensure(!route.targets.is_empty(), || format!("route {named:?} has no targets"))?;
            for peer in &route.from {
                ensure(names.contains(peer.as_str()), || {
                    format!("route {named:?}: no trunk or ata {peer:?}")
                })?;
            }
            for target in &route.targets {
                self.reachable(named, target)?;
            }
        }
        ensure(self.atas.len() <= 1, || "more than one ata: put all networks and users into one".into())?;
        self.listeners_make_sense()?;
        self.ranges_make_sense()
    }

    fn reachable(&self, route: &str, target: &Target) -> Result<(), Error> {
        let to = &target.trunk;
        let known = self.ata(to).is_some();
        let dialled = self.trunk(to).map(|trunk| trunk.address.is_some());
        ensure(known || dialled.is_some(), || format!("route {route:?}: no trunk or ata {to:?}"))?;
        ensure(known || dialled == Some(true), || {
            format!("route {route:?}: trunk {to:?} has no address to call")
        })?;
        let budget = target.budget_s;
        ensure((1..=300).contains(&budget), || format!("route {route:?}: budget_s {budget} is not 1 to 300"))
    }

    fn listeners_make_sense(&self) -> Result<(), Error> {
        let tls = self.sip.listen.iter().any(|listener| listener.transport == Transport::Tls);
        let keys = self.sip.tls_certificate.is_some() && self.sip.tls_key.is_some();
        ensure(!tls || keys, || "a tls listener needs sip.tls_certificate and sip.tls_key".into())?;
        ensure(!self.sip.listen.is_empty(), || "sip.listen is empty: nothing could call".into())?;
        for trunk in &self.trunks {
            let served = self.sip.listen.iter().any(|listener| listener.transport == trunk.transport);
            ensure(served || trunk.address.is_none(), || {
                format!("trunk {:?} wants {}, and no listener has it", trunk.name, trunk.transport)
            })?;
            ensure(!trunk.register || (trunk.user.is_some() && trunk.password_file.is_some()), || {
                format!("trunk {:?} registers, which needs user and password_file", trunk.name)
            })?;
        }
        Ok(())
    }

    fn ranges_make_sense(&self) -> Result<(), Error> {
        let ports = self.media.ports;
        // A call has two legs, and a leg two sockets on even ports.
        let calls = usize::from(ports.last.saturating_sub(ports.first) / 8);
        ensure(calls >= 1, || "media.ports holds no call: a call needs eight ports".into())?;
        let limit = &self.limits;
        ensure(limit.calls >= 1, || "limits.calls is 0: no call would be taken".into())?;
        ensure((1..=70).contains(&limit.hops), || "limits.hops is not 1 to 70".into())?;
        ensure(limit.loop_lag_ms >= 1, || "limits.loop_lag_ms is 0: no call would be taken".into())?;
        let http = self.http.bind;
        let guarded = self.http.token_file.is_some();
        ensure(http.is_none_or(|bind| bind.ip().is_loopback()) || guarded, || {
            "http.bind is not loopback: that needs http.token_file".into()
        })?;
        let capture = &self.capture;
        ensure(!capture.enabled || !capture.purpose.trim().is_empty(), || {
            "capture.enabled needs capture.purpose: say why packets are kept".into()
        })
    }
}

/// Puts what is into the place of what should be, and notes it if they differ.
fn keep<T: PartialEq + Clone>(name: &'static str, is: &T, should: &mut T, kept: &mut Vec<&'static str>) {
    if is != should {
        should.clone_from(is);
        kept.push(name);
    }
}

fn ensure(holds: bool, otherwise: impl FnOnce() -> String) -> Result<(), Error> {
    if holds { Ok(()) } else { Err(Error::Inconsistent(otherwise())) }
}

#[cfg(test)]
mod tests;
