//! Registrations of fax adapters: who is where, for as long as it says so.
//!
//! From: RFC 3261 10.3, cut to one contact for each account; the last one counts.
//! Not here: networks (`gate` asks only for adapters' addresses); our own registrations with trunks (`register`).

use super::digest::{Asked, Doorkeeper, Verdict};
use super::grammar::{address, parameter};
use super::message::{list, put, user, value};
use super::shared::{Peer, Shared, Tally, Way, lock};
use super::stack::{Request, Response, SipConnection};
use crate::settings::{Limits, Registrar, Transport, Trunk};
use core::net::SocketAddr;
use core::time::Duration;
use std::collections::HashMap;

pub(super) struct Adapters {
    door: Doorkeeper,
    bindings: HashMap<String, Binding>,
    longest: u32,
    most: usize,
}

/// Where an adapter is. Datagrams go where its REGISTER came from, whatever its Contact says: it is behind something.
#[derive(Clone)]
pub(super) struct Binding {
    pub(super) contact: String,
    source: SocketAddr,
    connection: SipConnection,
    until: Duration,
}

/// A shorter registration is refused with 423: an adapter asks every half of it.
const SHORTEST: u32 = 60;

impl Adapters {
    pub(super) fn new(registrar: &Registrar, limits: &Limits, key: [u8; 32]) -> Self {
        Self {
            door: Doorkeeper::new(&registrar.realm, &registrar.accounts, key),
            bindings: HashMap::new(),
            longest: registrar.longest.max(SHORTEST),
            most: limits.bindings,
        }
    }

    /// The adapter that is called by this number.
    pub(super) fn binding(&self, number: &str, now: Duration) -> Option<Binding> {
        self.bindings.get(number).filter(|binding| binding.until > now).cloned()
    }

    /// How many are registered.
    pub(super) fn registered(&self, now: Duration) -> usize {
        self.bindings.values().filter(|binding| binding.until > now).count()
    }

    /// Forgets what has run out.
    pub(super) fn sweep(&mut self, now: Duration) {
        self.bindings.retain(|_, binding| binding.until > now);
    }

    fn bind(&mut self, account: &str, binding: Binding) -> bool {
        let room = self.bindings.len() < self.most || self.bindings.contains_key(account);
        if room {
            self.bindings.insert(account.to_owned(), binding);
        }
        room
    }
}

impl Binding {
    pub(super) fn way(&self, shared: &Shared, peer: &Peer) -> Way {
        let transport = super::transport_of(&self.connection);
        let local = shared.local_for(peer, &self.connection, transport, self.source);
        Way { connection: self.connection.clone(), remote: self.source, transport, local }
    }
}

impl Registrar {
    /// Calls from and to adapters look like those of a trunk.
    pub(crate) fn as_trunk(&self) -> Trunk {
        Trunk {
            name: self.trunk.clone(),
            sources: self.networks.clone(),
            host: String::new(),
            port: None,
            transport: Transport::Udp,
            advertised: self.advertised,
            from_host: None,
            credentials: None,
            register: None,
        }
    }
}

impl Shared {
    /// The account that a request from an adapter proves to be, or the 401 to send. Every failure looks the same.
    pub(super) fn authenticate(
        &self,
        adapters: &mut Adapters,
        request: &Request,
        source: SocketAddr,
    ) -> Result<String, Box<Response>> {
        let method = request.method.to_string();
        let uri = request.uri.to_string();
        let asked = Asked { method: &method, uri: &uri, body: &request.body };
        let branch = value(request, "Via").and_then(|via| parameter(via, "branch")).unwrap_or_default();
        let verdict = adapters.door.judge(self.now(), source.ip(), request, &asked, branch);
        let stale = match verdict {
            Verdict::Good(account) if claimed(request) == account => return Ok(account),
            Verdict::Stale => true,
            Verdict::Good(_) | Verdict::Bad => false,
        };
        if value(request, "Authorization").is_some() {
            Tally::add(&self.counts.unauthenticated);
        }
        let mut response = self.response(request, 401, &self.stateless_tag(request));
        for challenge in adapters.door.challenges(self.now(), source.ip(), stale) {
            put(&mut response.headers, "WWW-Authenticate", challenge);
        }
        Err(Box::new(response))
    }

    /// Answers a REGISTER from an adapter's network.
    pub(super) fn register(
        &self,
        request: &Request,
        source: SocketAddr,
        connection: &SipConnection,
    ) -> Option<Response> {
        let mut adapters = lock(self.adapters.as_ref()?);
        let account = match self.authenticate(&mut adapters, request, source) {
            Ok(account) => account,
            Err(challenge) => return Some(*challenge),
        };
        let answer = |code| self.response(request, code, &self.stateless_tag(request));
        let contact = list(request, "Contact").next();
        let wished =
            contact.and_then(|contact| parameter(contact, "expires")).or_else(|| value(request, "Expires"));
        let expires =
            wished.and_then(|wished| wished.parse().ok()).unwrap_or(adapters.longest).min(adapters.longest);
        match contact {
            None => {}
            Some(_) if expires == 0 => {
                adapters.bindings.remove(&account);
            }
            Some(_) if expires < SHORTEST => {
                let mut response = answer(423);
                put(&mut response.headers, "Min-Expires", SHORTEST.to_string());
                return Some(response);
            }
            Some(contact) => {
                let until = self.now() + Duration::from_secs(expires.into());
                let contact = address(contact).to_owned();
                let binding = Binding { contact, source, connection: connection.clone(), until };
                if !adapters.bind(&account, binding) {
                    return Some(answer(503));
                }
            }
        }
        let mut response = answer(200);
        if let Some(binding) = adapters.binding(&account, self.now()) {
            let left = binding.until.saturating_sub(self.now()).as_secs_f64().ceil();
            put(&mut response.headers, "Contact", format!("<{}>;expires={left}", binding.contact));
        }
        Some(response)
    }
}

/// Who a request says it is for (REGISTER) or from.
fn claimed(request: &Request) -> String {
    let header = if request.method == super::stack::Method::Register { "To" } else { "From" };
    user(address(value(request, header).unwrap_or_default()))
}
