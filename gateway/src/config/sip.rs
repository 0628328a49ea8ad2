//! Peers and sockets.

use core::fmt;
use core::net::{IpAddr, Ipv4Addr, SocketAddr};
use core::str::FromStr;
use ipnet::IpNet;
use serde::{Deserialize, Deserializer, de};
use std::path::PathBuf;

/// SIP as a whole.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Sip {
    /// Sockets: `udp:`, `tcp:` or `tls:`, then address and port.
    pub listen: Vec<Listener>,
    /// Certificate chain of the tls listeners, PEM.
    pub tls_certificate: Option<PathBuf>,
    /// Its key, PEM.
    pub tls_key: Option<PathBuf>,
    /// Certificates that those of tls trunks are checked against, PEM. Without it no certificate is believed.
    pub tls_roots: Option<PathBuf>,
    /// Session-Expires that is asked for, seconds, at least 90; 0 asks for none.
    pub session_expires_s: u32,
}

impl Default for Sip {
    fn default() -> Self {
        let listener =
            Listener { transport: Transport::Udp, address: SocketAddr::from((Ipv4Addr::LOCALHOST, 5060)) };
        Self {
            listen: vec![listener],
            tls_certificate: None,
            tls_key: None,
            tls_roots: None,
            session_expires_s: 1800,
        }
    }
}

/// A socket that SIP comes in by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listener {
    /// What carries it.
    pub transport: Transport,
    /// Where it binds.
    pub address: SocketAddr,
}

/// What carries SIP.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Transport {
    /// UDP.
    #[default]
    Udp,
    /// TCP.
    Tcp,
    /// TLS over TCP.
    Tls,
}

impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Udp => "udp",
            Self::Tcp => "tcp",
            Self::Tls => "tls",
        })
    }
}

impl FromStr for Listener {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refused = || format!("{text:?} is not udp:, tcp: or tls: and an address with a port");
        let (transport, address) = text.split_once(':').ok_or_else(refused)?;
        let transport = match transport {
            "udp" => Transport::Udp,
            "tcp" => Transport::Tcp,
            "tls" => Transport::Tls,
            _ => return Err(refused()),
        };
        Ok(Self { transport, address: address.parse().map_err(|_| refused())? })
    }
}

impl fmt::Display for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.transport, self.address)
    }
}

/// Sockets of calls.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Media {
    /// Where RTP and UDPTL bind.
    pub address: IpAddr,
    /// From which ports, first and last, as `20000-20999`.
    pub ports: PortRange,
    /// The class that packets ask of the network (DSCP), 0 to 63: 46 is expedited forwarding.
    pub dscp: u8,
    /// How long audio waits before it goes into a modem, milliseconds, 20 to 200.
    pub jitter_ms: u16,
}

impl Default for Media {
    fn default() -> Self {
        Self {
            address: IpAddr::V4(Ipv4Addr::LOCALHOST),
            ports: PortRange { first: 20000, last: 20999 },
            dscp: 46,
            jitter_ms: 60,
        }
    }
}

/// Ports from the first to the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PortRange {
    /// The lowest.
    pub first: u16,
    /// The highest.
    pub last: u16,
}

impl FromStr for PortRange {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refused = || format!("{text:?} is not two ports from 1024 on, as 20000-20999");
        let (first, last) = text.split_once('-').ok_or_else(refused)?;
        let port = |text: &str| text.trim().parse().map_err(|_| refused());
        let range = Self { first: port(first)?, last: port(last)? };
        if range.first < 1024 || range.first >= range.last { Err(refused()) } else { Ok(range) }
    }
}

/// Who calls us or is called.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trunk {
    /// What routes and records call it.
    pub name: String,
    /// Host or address, with a port or without; without this it only calls us.
    pub address: Option<String>,
    /// What carries its SIP.
    #[serde(default)]
    pub transport: Transport,
    /// Addresses and networks that its calls come from; without them those of `address` alone.
    #[serde(default, deserialize_with = "networks")]
    pub sources: Vec<IpNet>,
    /// Our address as this trunk sees it, where that is another than the socket's.
    pub advertise: Option<IpAddr>,
    /// The host part of From and To; without it that of `address`.
    pub domain: Option<String>,
    /// Who we are to it.
    pub user: Option<String>,
    /// The file with our password there.
    pub password_file: Option<PathBuf>,
    /// The realm our password is for; challenges of others get no answer. Without it the domain.
    pub realm: Option<String>,
    /// Whether we register there.
    #[serde(default)]
    pub register: bool,
    /// Whether its media may come from another address than it says (behind a NAT).
    #[serde(default)]
    pub nat: bool,
    /// Whether it is believed what it asserts of a caller, and may know it (RFC 3325).
    #[serde(default)]
    pub trusted: bool,
    /// Calls at once, in and out; without it no limit of its own.
    pub calls: Option<u32>,
    /// Calls an hour that we place there; without it no limit of its own.
    pub calls_per_hour: Option<u32>,
}

/// A network of adapters that register with us.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ata {
    /// What routes and records call it.
    pub name: String,
    /// Where its adapters are: others cannot register, and get no answer.
    #[serde(deserialize_with = "networks")]
    pub networks: Vec<IpNet>,
    /// Whether its media may come from another address than it says.
    #[serde(default)]
    pub nat: bool,
    /// Its adapters.
    #[serde(default, rename = "user")]
    pub users: Vec<User>,
}

/// An adapter.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct User {
    /// Its name, which is also the number to call it.
    pub name: String,
    /// The file with its password.
    pub password_file: PathBuf,
}

/// Networks, or addresses alone.
fn networks<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<IpNet>, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    let network = |text: String| {
        let alone = text.parse::<IpAddr>().map(IpNet::from);
        let refused = || de::Error::custom(format!("{text:?} is no address and no network"));
        alone.or_else(|_| text.parse::<IpNet>()).map_err(|_| refused())
    };
    texts.into_iter().map(network).collect()
}

/// Types that are written as text.
macro_rules! written_as_text {
    ($($type:ty)*) => {$(
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
            }
        }
    )*};
}

written_as_text! { Listener PortRange super::Pattern }
