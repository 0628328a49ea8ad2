//! All that can be configured of an endpoint, as plain data.

use core::net::{IpAddr, SocketAddr};
use core::time::Duration;
use fax_call::sip::Invitation;
use ipnet::IpNet;
use secrecy::SecretString;
use std::sync::Arc;

/// Everything a [`crate::SipEndpoint`] needs to know.
#[derive(Clone, Debug)]
pub struct EndpointSettings {
    /// Where to listen. At least one for each transport that a trunk uses over UDP.
    pub listeners: Vec<Listener>,
    /// Who may call and may be called. An address that is in no trunk and no ATA network is not answered.
    pub trunks: Vec<Trunk>,
    /// Registrations of fax adapters are taken, if set.
    pub registrar: Option<Registrar>,
    /// Bounds.
    pub limits: Limits,
    /// RFC 3261's timers.
    pub timers: Timers,
    /// User-Agent and Server.
    pub user_agent: String,
    /// Root certificates for TLS trunks, PEM. Without them no peer's certificate is believed.
    pub tls_roots: Option<Vec<u8>>,
    /// Asked before each new INVITE becomes a dialog.
    pub admission: Admission,
}

impl Default for EndpointSettings {
    /// No listener, no trunk: nothing is open until it is asked for.
    fn default() -> Self {
        Self {
            listeners: Vec::new(),
            trunks: Vec::new(),
            registrar: None,
            limits: Limits::default(),
            timers: Timers::default(),
            user_agent: concat!("faxgw/", env!("CARGO_PKG_VERSION")).to_owned(),
            tls_roots: None,
            admission: Admission::default(),
        }
    }
}

/// How SIP travels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Transport {
    /// UDP.
    #[default]
    Udp,
    /// TCP.
    Tcp,
    /// TLS 1.2 or 1.3 over TCP.
    Tls,
}

impl Transport {
    /// The port when none is given: 5060, or 5061 for TLS (RFC 3261 19.1.2).
    pub const fn default_port(self) -> u16 {
        match self {
            Self::Udp | Self::Tcp => 5060,
            Self::Tls => 5061,
        }
    }
}

/// One socket that listens.
#[derive(Clone, Debug)]
pub struct Listener {
    /// Address and port; port 0 takes a free one.
    pub bind: SocketAddr,
    /// Its transport.
    pub transport: Transport,
    /// For TLS: certificate and key.
    pub identity: Option<Identity>,
}

impl Listener {
    /// A UDP listener.
    pub const fn udp(bind: SocketAddr) -> Self {
        Self { bind, transport: Transport::Udp, identity: None }
    }
}

/// A certificate chain and its private key, both PEM.
#[derive(Clone)]
pub struct Identity {
    /// The chain, own certificate first.
    pub certificate: Vec<u8>,
    /// PKCS#8 or PKCS#1.
    pub key: Vec<u8>,
}

impl core::fmt::Debug for Identity {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Identity(…)")
    }
}

/// A peer, or a group of peers that are treated alike.
#[derive(Clone, Debug)]
pub struct Trunk {
    /// Its name in routes and records.
    pub name: String,
    /// Addresses that may call in on it.
    pub sources: Vec<IpNet>,
    /// Where calls to it go: an address, or a name (with SRV if built with `srv` and no port is given). Empty: it is only called from.
    pub host: String,
    /// Port of `host`.
    pub port: Option<u16>,
    /// How it is reached.
    pub transport: Transport,
    /// What Contact and Via say of us, when it is not the address we are bound to (behind NAT).
    pub advertised: Option<SocketAddr>,
    /// The host part of From and To; `host` if absent.
    pub from_host: Option<String>,
    /// Digest credentials for its challenges.
    pub credentials: Option<Credentials>,
    /// We register with it.
    pub register: Option<Registration>,
}

impl Trunk {
    /// A trunk over UDP at `peer`, which may also call in.
    pub fn udp(name: impl Into<String>, peer: SocketAddr) -> Self {
        Self {
            name: name.into(),
            sources: vec![IpNet::from(peer.ip())],
            host: peer.ip().to_string(),
            port: Some(peer.port()),
            transport: Transport::Udp,
            advertised: None,
            from_host: None,
            credentials: None,
            register: None,
        }
    }
}

/// Name and password for digest authentication, and to whom they may be shown.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// The user name of the digest.
    pub user: String,
    /// The password.
    pub password: SecretString,
    /// The only realm that is answered; `None`: the first one that this trunk asks with, for the life of the process.
    pub realm: Option<String>,
}

/// How we register with a trunk.
#[derive(Clone, Debug)]
pub struct Registration {
    /// User part of the address of record, and of Contact.
    pub user: String,
    /// What we ask for, in seconds; the trunk may give less.
    pub expires: u32,
}

/// Takes the registrations of fax adapters, from their networks only.
#[derive(Clone, Debug)]
pub struct Registrar {
    /// The trunk name of calls from and to adapters.
    pub trunk: String,
    /// Where adapters are. Nothing else is answered.
    pub networks: Vec<IpNet>,
    /// The realm of our challenges.
    pub realm: String,
    /// Who may register.
    pub accounts: Vec<Account>,
    /// The longest registration that is given, in seconds.
    pub longest: u32,
    /// See [`Trunk::advertised`].
    pub advertised: Option<SocketAddr>,
}

/// One adapter port.
#[derive(Clone, Debug)]
pub struct Account {
    /// Its name, which is also the number it is called by.
    pub user: String,
    /// Its password.
    pub password: SecretString,
}

/// Bounds of an endpoint.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Dialogs at once, both directions; more are refused with 503.
    pub dialogs: usize,
    /// Datagrams a second from one known address; what is above is dropped before it is parsed.
    pub datagrams: u32,
    /// New INVITEs a second from one known address; what is above is refused with 503.
    pub invites: u32,
    /// TCP and TLS connections that peers may hold at once.
    pub connections: usize,
    /// Of these, from one address.
    pub connections_each: usize,
    /// A connection on which no whole message has come for this long since it was opened is closed.
    pub opening: Duration,
    /// A connection on which nothing comes for this long is closed. Longer than `opening`: dialogs and registrations may be on it.
    pub idle: Duration,
    /// Registered adapter contacts.
    pub bindings: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            dialogs: 4096,
            datagrams: 2000,
            invites: 50,
            connections: 1024,
            connections_each: 64,
            opening: Duration::from_secs(30),
            idle: Duration::from_secs(120),
            bindings: 4096,
        }
    }
}

/// RFC 3261 table 4. Tests shorten them.
#[derive(Clone, Copy, Debug)]
pub struct Timers {
    /// Round trip estimate, 500 ms.
    pub t1: Duration,
    /// Longest retransmission interval, 4 s.
    pub t2: Duration,
    /// How long a message stays in the network, 5 s.
    pub t4: Duration,
    /// How long an INVITE may ring, 180 s.
    pub ringing: Duration,
}

impl Default for Timers {
    fn default() -> Self {
        Self {
            t1: Duration::from_millis(500),
            t2: Duration::from_secs(4),
            t4: Duration::from_secs(5),
            ringing: Duration::from_secs(180),
        }
    }
}

/// What is decided on a new INVITE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admit {
    /// It may become a dialog.
    Accept,
    /// 503 with this Retry-After, in seconds.
    Later(u32),
}

/// Asks the owner whether another call can be carried: loop lag, caps per hour, draining. It must not wait.
#[derive(Clone)]
pub struct Admission(Arc<dyn Fn(&Invitation) -> Admit + Send + Sync>);

impl Admission {
    /// Asks `decide`.
    pub fn new(decide: impl Fn(&Invitation) -> Admit + Send + Sync + 'static) -> Self {
        Self(Arc::new(decide))
    }

    pub(crate) fn ask(&self, invitation: &Invitation) -> Admit {
        (self.0)(invitation)
    }
}

impl Default for Admission {
    /// Takes everything up to [`Limits::dialogs`].
    fn default() -> Self {
        Self::new(|_| Admit::Accept)
    }
}

impl core::fmt::Debug for Admission {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Admission")
    }
}

/// Whether `address` is in one of `nets`; an IPv4 address mapped into IPv6 counts as IPv4.
pub(crate) fn contains(nets: &[IpNet], address: IpAddr) -> bool {
    let address = address.to_canonical();
    nets.iter().any(|net| net.contains(&address))
}
