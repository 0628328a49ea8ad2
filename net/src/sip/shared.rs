//! What all dialogs of an endpoint share: who is known, which dialogs live, where answers go.

use super::dialog::Inbound;
use super::message::{put, value};
use super::registrar::Adapters;
use super::stack::{
    CancellationToken, EndpointInner, HasHeaders, Header, Headers, Request, Response, SipAddr, SipConnection,
    SipMessage, StatusCode, TcpConnection, TlsConfig, TlsConnection, Transport as Wire, Version,
};
use super::tap::Taps;
use crate::settings::{EndpointSettings, Transport, Trunk, contains};
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use core::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use core::time::Duration;
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock};
use std::time::Instant;
use tokio::sync::{mpsc, oneshot};

pub(super) struct Shared {
    pub(super) settings: EndpointSettings,
    pub(super) peers: Vec<Arc<Peer>>,
    pub(super) adapters: Option<Mutex<Adapters>>,
    pub(super) listeners: OnceLock<Vec<Bound>>,
    pub(super) stack: OnceLock<Arc<EndpointInner>>,
    pub(super) table: Mutex<Table>,
    pub(super) draining: AtomicBool,
    pub(super) counts: Tally,
    pub(super) taps: Taps,
    pub(super) datagrams: DefaultKeyedRateLimiter<IpAddr>,
    pub(super) invites: DefaultKeyedRateLimiter<IpAddr>,
    /// Connections of peers that have not said anything yet, by where they come from.
    pub(super) unheard: Mutex<HashMap<SocketAddr, oneshot::Sender<()>>>,
    /// Addresses that names of trunks have led to.
    learned: RwLock<HashMap<IpAddr, usize>>,
    key: [u8; 32],
    began: Instant,
    token: CancellationToken,
}

/// A trunk, and what is learned of it.
pub(super) struct Peer {
    pub(super) trunk: Trunk,
    /// These are adapters: they are authenticated, and called where they registered from.
    pub(super) adapters: bool,
    /// The realm that has seen its credentials.
    pub(super) realm: Mutex<Option<String>>,
    /// The stream to it that is open.
    stream: Mutex<Option<SipConnection>>,
}

/// A listener, bound.
pub(super) struct Bound {
    pub(super) transport: Transport,
    pub(super) address: SocketAddr,
    /// What sends from it, for UDP.
    pub(super) connection: Option<SipConnection>,
}

/// What an endpoint has counted since it began.
#[derive(Default)]
pub(super) struct Tally {
    pub(super) foreign: AtomicU64,
    pub(super) over_rate: AtomicU64,
    pub(super) malformed: AtomicU64,
    pub(super) refused_admission: AtomicU64,
    pub(super) unauthenticated: AtomicU64,
    pub(super) dialogs_in: AtomicU64,
    pub(super) dialogs_out: AtomicU64,
}

impl Tally {
    pub(super) fn add(counter: &AtomicU64) {
        counter.fetch_add(1, Ordering::Relaxed);
    }
}

/// The dialogs that live.
#[derive(Default)]
pub(super) struct Table {
    pub(super) dialogs: HashMap<Name, Known>,
    /// Branches of INVITEs that began dialogs, to tell a merged request from a repeated one.
    pub(super) invites: HashMap<InviteName, String>,
}

/// Call-ID and our tag.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Name {
    pub(super) call_id: String,
    pub(super) tag: String,
}

/// Call-ID, the peer's tag and CSeq of an INVITE outside a dialog.
pub(super) type InviteName = (String, String, u32);

pub(super) struct Known {
    pub(super) to: mpsc::Sender<Inbound>,
    pub(super) peer: Arc<Peer>,
    pub(super) remote_tag: Option<String>,
    pub(super) remote_cseq: Option<u32>,
    /// ACKs that were sent, the last ones, to be sent again octet by octet.
    pub(super) acks: Vec<Kept>,
}

impl Known {
    const MOST_ACKS: usize = 3;

    pub(super) fn keep(&mut self, ack: Kept) {
        if self.acks.len() >= Self::MOST_ACKS {
            self.acks.remove(0);
        }
        self.acks.push(ack);
    }
}

#[derive(Clone)]
pub(super) struct Kept {
    pub(super) cseq: u32,
    pub(super) tag: String,
    pub(super) message: SipMessage,
    pub(super) way: Way,
}

/// How a peer is reached.
#[derive(Clone)]
pub(super) struct Way {
    pub(super) connection: SipConnection,
    /// Where datagrams go, or where the stream leads.
    pub(super) remote: SocketAddr,
    pub(super) transport: Transport,
    /// What Via and Contact say of us.
    pub(super) local: SocketAddr,
}

impl Kept {
    /// Sends the ACK, for the first time or again. What is lost is asked for again by the peer.
    pub(super) async fn send(&self, shared: &Shared) {
        shared.taps.went(&self.message);
        let _ = self.way.connection.send(self.message.clone(), Some(&self.way.destination())).await;
    }
}

impl Way {
    pub(super) fn destination(&self) -> SipAddr {
        SipAddr { r#type: Some(wire(self.transport)), addr: self.remote.into() }
    }

    pub(super) fn is_closed(&self) -> bool {
        self.transport != Transport::Udp
            && self.connection.cancel_token().is_some_and(|token| token.is_cancelled())
    }

    /// A Contact header with this user part.
    pub(super) fn contact(&self, user: &str) -> String {
        let transport = match self.transport {
            Transport::Udp => "",
            Transport::Tcp => ";transport=tcp",
            Transport::Tls => ";transport=tls",
        };
        let at = if user.is_empty() { "" } else { "@" };
        format!("<sip:{user}{at}{}{transport}>", self.local)
    }

    /// A Via header with this branch.
    pub(super) fn via(&self, branch: &str) -> String {
        let transport = match self.transport {
            Transport::Udp => "UDP",
            Transport::Tcp => "TCP",
            Transport::Tls => "TLS",
        };
        format!("SIP/2.0/{transport} {};rport;branch={branch}", self.local)
    }
}

pub(super) const fn wire(transport: Transport) -> Wire {
    match transport {
        Transport::Udp => Wire::Udp,
        Transport::Tcp => Wire::Tcp,
        Transport::Tls => Wire::Tls,
    }
}

impl Shared {
    pub(super) fn new(settings: EndpointSettings, key: [u8; 32], token: CancellationToken) -> Self {
        let peer = |trunk: Trunk, adapters| {
            Arc::new(Peer { trunk, adapters, realm: Mutex::new(None), stream: Mutex::new(None) })
        };
        let mut peers: Vec<_> = settings.trunks.iter().map(|trunk| peer(trunk.clone(), false)).collect();
        if let Some(registrar) = &settings.registrar {
            peers.push(peer(registrar.as_trunk(), true));
        }
        let quota = |most: u32| Quota::per_second(most.try_into().unwrap_or(core::num::NonZero::<u32>::MIN));
        Self {
            adapters: settings
                .registrar
                .as_ref()
                .map(|registrar| Mutex::new(Adapters::new(registrar, &settings.limits, key))),
            peers,
            listeners: OnceLock::new(),
            stack: OnceLock::new(),
            table: Mutex::default(),
            draining: AtomicBool::new(false),
            counts: Tally::default(),
            taps: Taps::default(),
            datagrams: RateLimiter::keyed(quota(settings.limits.datagrams)),
            invites: RateLimiter::keyed(quota(settings.limits.invites)),
            unheard: Mutex::default(),
            learned: RwLock::default(),
            key,
            token,
            began: Instant::now(),
            settings,
        }
    }

    pub(super) fn table(&self) -> MutexGuard<'_, Table> {
        lock(&self.table)
    }

    pub(super) fn now(&self) -> Duration {
        self.began.elapsed()
    }

    pub(super) fn listeners(&self) -> &[Bound] {
        self.listeners.get().map_or(&[], Vec::as_slice)
    }

    /// 64 times T1: how long a transaction is waited for.
    pub(super) fn patience(&self) -> Duration {
        self.settings.timers.t1.saturating_mul(64)
    }

    /// The trunk an address belongs to; the first one that names it.
    pub(super) fn peer_at(&self, address: IpAddr) -> Option<&Arc<Peer>> {
        self.peers.iter().find(|peer| contains(&peer.trunk.sources, address)).or_else(|| {
            let learned = self.learned.read().unwrap_or_else(PoisonError::into_inner);
            self.peers.get(*learned.get(&address.to_canonical())?)
        })
    }

    pub(super) fn peer_named(&self, name: &str) -> Option<&Arc<Peer>> {
        self.peers.iter().find(|peer| peer.trunk.name == name)
    }

    /// Whether `peer` may be spoken with at `address`.
    pub(super) fn belongs(&self, address: IpAddr, peer: &Arc<Peer>) -> bool {
        self.peer_at(address).is_some_and(|owner| Arc::ptr_eq(owner, peer))
            || contains(&peer.trunk.sources, address)
    }

    /// Whether `next`, which `peer` has named, is where its requests go, rather than where they have come from. A private
    /// address seen from outside is behind its NAT, an address that is not the peer's could not answer us, and adapters
    /// are always behind something.
    pub(super) fn believes(&self, peer: &Arc<Peer>, next: SocketAddr, known: SocketAddr) -> bool {
        let hidden = is_private(next.ip()) && !is_private(known.ip());
        !peer.adapters && !hidden && next.is_ipv4() == known.is_ipv4() && self.belongs(next.ip(), peer)
    }

    /// Notes that the name of `peer` leads to `address`.
    pub(super) fn learn(&self, address: IpAddr, peer: &Arc<Peer>) {
        const MOST: usize = 1024;
        let Some(index) = self.peers.iter().position(|known| Arc::ptr_eq(known, peer)) else { return };
        let mut learned = self.learned.write().unwrap_or_else(PoisonError::into_inner);
        if learned.len() >= MOST {
            learned.clear(); // names are looked up again for each call
        }
        learned.insert(address.to_canonical(), index);
    }

    /// A random text of `octets` octets, in hexadecimal.
    pub(super) fn random(&self, octets: usize) -> String {
        super::digest::hex(&random_octets()[..octets.min(32)])
    }

    /// A random number below `limit`.
    pub(super) fn random_below(&self, limit: u64) -> u64 {
        let [a, b, c, d, ..] = random_octets();
        u64::from(u32::from_le_bytes([a, b, c, d])) % limit.max(1)
    }

    /// A response to `request`, with the tag in To if `request` has none.
    pub(super) fn response(&self, request: &Request, code: u16, tag: &str) -> Response {
        let copied = |header: &&Header| {
            matches!(
                header,
                Header::Via(_) | Header::CallId(_) | Header::From(_) | Header::CSeq(_) | Header::Timestamp(_)
            )
        };
        let mut headers = Headers(request.headers().0.iter().filter(copied).cloned().collect());
        if let Some(to) = value(request, "To") {
            let tagged = super::message::to_tag(request).is_some() || code == 100;
            put(&mut headers, "To", if tagged { to.to_owned() } else { format!("{to};tag={tag}") });
        }
        put(&mut headers, "Server", self.settings.user_agent.clone());
        put(&mut headers, "Content-Length", "0".into());
        Response {
            status_code: StatusCode::from(code),
            wire_reason: None,
            version: Version::V2,
            headers,
            body: Vec::new(),
        }
    }

    /// A tag for an answer that makes no dialog: the same for each copy of a request, so that nothing has to be kept.
    pub(super) fn stateless_tag(&self, request: &Request) -> String {
        let mut hash = Sha256::new();
        hash.update(self.key);
        for part in ["Call-ID", "CSeq", "From"] {
            hash.update(value(request, part).unwrap_or_default());
        }
        super::digest::hex(hash.finalize().get(..8).unwrap_or_default())
    }

    /// The way to a trunk's host.
    pub(super) async fn way_to(&self, peer: &Arc<Peer>) -> Option<Way> {
        let trunk = &peer.trunk;
        let port = trunk.port.unwrap_or(trunk.transport.default_port());
        let remote = match trunk.host.trim_matches(['[', ']']).parse::<IpAddr>() {
            Ok(address) => SocketAddr::new(address, port),
            Err(_) => self.look_up(trunk, port).await?,
        };
        self.learn(remote.ip(), peer);
        self.way(peer, remote, None).await
    }

    /// The way to `remote`, over `connection` if it is given and lives.
    pub(super) async fn way(
        &self,
        peer: &Arc<Peer>,
        remote: SocketAddr,
        connection: Option<SipConnection>,
    ) -> Option<Way> {
        let transport = peer.trunk.transport;
        let connection = match (transport, connection) {
            (Transport::Udp, _) => self.udp_for(remote)?.connection.clone()?,
            (_, Some(connection)) => connection,
            (_, None) => tokio::time::timeout(self.patience(), self.stream(peer, remote)).await.ok()??,
        };
        let local = self.local_for(peer, &connection, transport, remote);
        Some(Way { connection, remote, transport, local })
    }

    /// The stream to a trunk: the one that is open, or a new one.
    async fn stream(&self, peer: &Peer, remote: SocketAddr) -> Option<SipConnection> {
        let leads_there = |connection: &SipConnection| {
            connection.get_remote_addr().is_some_and(|to| to.get_socketaddr().is_ok_and(|to| to == remote))
                && !connection.cancel_token().is_some_and(|token| token.is_cancelled())
        };
        if let Some(open) = lock(&peer.stream).clone().filter(leads_there) {
            return Some(open);
        }
        let stack = self.stack.get()?;
        let token = Some(self.token.child_token());
        let to = SipAddr { r#type: Some(wire(peer.trunk.transport)), addr: remote.into() };
        let connection = match peer.trunk.transport {
            Transport::Tls => {
                // The name is what the certificate is checked against, whatever address it led to.
                let config = TlsConfig {
                    ca_certs: Some(self.settings.tls_roots.clone().unwrap_or_default()),
                    sni_hostname: Some(peer.trunk.host.trim_matches(['[', ']']).to_owned()),
                    ..TlsConfig::default()
                };
                SipConnection::Tls(TlsConnection::connect(&to, Some(&config), None, token).await.ok()?)
            }
            Transport::Tcp | Transport::Udp => {
                SipConnection::Tcp(TcpConnection::connect(&to, token).await.ok()?)
            }
        };
        stack.transport_layer.add_connection(connection.clone());
        *lock(&peer.stream) = Some(connection.clone());
        Some(connection)
    }

    /// What we call ourselves towards `remote`.
    pub(super) fn local_for(
        &self,
        peer: &Peer,
        connection: &SipConnection,
        transport: Transport,
        remote: SocketAddr,
    ) -> SocketAddr {
        if let Some(advertised) = peer.trunk.advertised {
            return advertised;
        }
        let same =
            |bound: &&Bound| bound.transport == transport && bound.address.is_ipv4() == remote.is_ipv4();
        let bound = self.listeners().iter().find(same).map(|bound| bound.address);
        let bound = bound.or_else(|| connection.get_addr().get_socketaddr().ok());
        match bound {
            Some(bound) if bound.ip().is_unspecified() => SocketAddr::new(towards(remote), bound.port()),
            Some(bound) => bound,
            None => SocketAddr::new(towards(remote), transport.default_port()),
        }
    }

    fn udp_for(&self, remote: SocketAddr) -> Option<&Bound> {
        self.listeners()
            .iter()
            .find(|bound| bound.connection.is_some() && bound.address.is_ipv4() == remote.is_ipv4())
    }

    async fn look_up(&self, trunk: &Trunk, port: u16) -> Option<SocketAddr> {
        const PATIENCE: Duration = Duration::from_secs(4);
        #[cfg(feature = "srv")]
        if trunk.port.is_none() {
            use super::stack::{Host, HostWithPort};
            let target = SipAddr {
                r#type: Some(wire(trunk.transport)),
                addr: HostWithPort { host: Host::Domain(trunk.host.clone().into()), port: None },
            };
            let resolver = &self.stack.get()?.transport_layer.inner.domain_resolver;
            if let Ok(Ok(found)) = tokio::time::timeout(PATIENCE, resolver.resolve(&target)).await {
                return found.get_socketaddr().ok();
            }
        }
        let name = (trunk.host.as_str(), port);
        let found = tokio::time::timeout(PATIENCE, tokio::net::lookup_host(name)).await.ok()?.ok()?;
        let usable =
            |address: &SocketAddr| trunk.transport != Transport::Udp || self.udp_for(*address).is_some();
        found.into_iter().find(usable)
    }
}

fn is_private(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => {
            let [a, b, ..] = address.octets();
            address.is_private()
                || address.is_loopback()
                || address.is_link_local()
                || (a == 100 && b & 0xC0 == 64)
        }
        IpAddr::V6(address) => {
            address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local()
        }
    }
}

/// Takes a lock; a panic elsewhere does not spread.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Octets from the system, by way of the TLS library.
pub(super) fn random_octets() -> [u8; 32] {
    let mut octets = [0; 32];
    let filled = rustls::crypto::ring::default_provider().secure_random.fill(&mut octets);
    debug_assert!(filled.is_ok(), "the system has no randomness");
    octets
}

/// Our own address on the way to `remote`: the system is asked which it would use, nothing is sent.
fn towards(remote: SocketAddr) -> IpAddr {
    let any: IpAddr =
        if remote.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let ask = || {
        let socket = std::net::UdpSocket::bind((any, 0))?;
        socket.connect(remote)?;
        socket.local_addr()
    };
    ask().map_or(any, |address| address.ip())
}
