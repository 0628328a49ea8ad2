//! From the configuration to what the SIP endpoint wants to know.

use crate::config::{self, Config, Secret};
use core::net::{IpAddr, SocketAddr};
use fax_net::{
    Account, Credentials, EndpointSettings, Identity, Limits, Listener, Registrar, Registration, Transport,
    Trunk,
};
use ipnet::IpNet;
use std::path::Path;

/// How long a registration is asked for, or given, seconds.
const REGISTRATION: u32 = 600;

/// What the endpoint is to be. Reads the files of secrets, keys and certificates.
///
/// # Errors
/// A file cannot be read.
pub(super) fn settings(config: &Config) -> Result<EndpointSettings, config::Error> {
    let limits = &config.limits;
    Ok(EndpointSettings {
        listeners: config.sip.listen.iter().map(|it| listener(config, it)).collect::<Result<_, _>>()?,
        trunks: config.trunks.iter().map(|it| trunk(config, it)).collect::<Result<_, _>>()?,
        registrar: config.atas.first().map(registrar).transpose()?,
        limits: Limits {
            // A call has two; those that end hold theirs a little longer.
            dialogs: limits.calls.saturating_mul(3).max(64) as usize,
            datagrams: limits.messages_per_source.max(1).into(),
            invites: limits.invites_per_source.max(1).into(),
            ..Limits::default()
        },
        user_agent: format!("{}/{}", config.name, env!("CARGO_PKG_VERSION")),
        tls_roots: config.sip.tls_roots.as_deref().map(read).transpose()?,
        ..EndpointSettings::default()
    })
}

fn listener(config: &Config, it: &config::Listener) -> Result<Listener, config::Error> {
    let transport = transport(it.transport);
    let identity = match (it.transport, &config.sip.tls_certificate, &config.sip.tls_key) {
        (config::Transport::Tls, Some(certificate), Some(key)) => {
            Some(Identity { certificate: read(certificate)?, key: read(key)? })
        }
        _ => None,
    };
    Ok(Listener { bind: it.address, transport, identity })
}

fn trunk(config: &Config, it: &config::Trunk) -> Result<Trunk, config::Error> {
    let (host, port) = it.address.as_deref().map_or((String::new(), None), host_and_port);
    let alone = host.parse::<IpAddr>().ok().map(IpNet::from);
    let sources = if it.sources.is_empty() { alone.into_iter().collect() } else { it.sources.clone() };
    let credentials = match (&it.user, &it.password_file) {
        (Some(user), Some(file)) => Some(Credentials {
            user: user.clone(),
            password: Secret::read(file)?.reveal().to_owned().into(),
            realm: it.realm.clone().or_else(|| it.domain.clone()),
        }),
        _ => None,
    };
    let register = it.user.clone().filter(|_| it.register);
    // Peers answer to the port that we listen on.
    let ours = config.sip.listen.iter().find(|listener| listener.transport == it.transport);
    let advertised =
        it.advertise.zip(ours).map(|(ip, listener)| SocketAddr::new(ip, listener.address.port()));
    Ok(Trunk {
        name: it.name.clone(),
        sources,
        host,
        port,
        transport: transport(it.transport),
        advertised,
        from_host: it.domain.clone(),
        credentials,
        register: register.map(|user| Registration { user, expires: REGISTRATION }),
    })
}

fn registrar(it: &config::Ata) -> Result<Registrar, config::Error> {
    let account = |user: &config::User| {
        let password = Secret::read(&user.password_file)?.reveal().to_owned().into();
        Ok::<_, config::Error>(Account { user: user.name.clone(), password })
    };
    Ok(Registrar {
        trunk: it.name.clone(),
        networks: it.networks.clone(),
        realm: it.name.clone(),
        accounts: it.users.iter().map(account).collect::<Result<_, _>>()?,
        longest: REGISTRATION,
        advertised: None,
    })
}

const fn transport(it: config::Transport) -> Transport {
    match it {
        config::Transport::Udp => Transport::Udp,
        config::Transport::Tcp => Transport::Tcp,
        config::Transport::Tls => Transport::Tls,
    }
}

/// `host`, `host:port`, `[v6]:port` or a bare IPv6 address.
fn host_and_port(address: &str) -> (String, Option<u16>) {
    if let Ok(socket) = address.parse::<SocketAddr>() {
        return (socket.ip().to_string(), Some(socket.port()));
    }
    let bare = address.trim_start_matches('[').trim_end_matches(']');
    if bare.parse::<IpAddr>().is_ok() {
        return (bare.into(), None);
    }
    match address.rsplit_once(':') {
        Some((host, port)) => match port.parse() {
            Ok(port) => (host.into(), Some(port)),
            Err(_) => (address.into(), None),
        },
        None => (address.into(), None),
    }
}

fn read(path: &Path) -> Result<Vec<u8>, config::Error> {
    std::fs::read(path).map_err(|source| config::Error::Unreadable { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_may_have_a_port_and_brackets_or_not() {
        let parts = |text| {
            let (host, port) = host_and_port(text);
            format!("{host} {port:?}")
        };
        assert_eq!(parts("sip.example.net"), "sip.example.net None");
        assert_eq!(parts("sip.example.net:5080"), "sip.example.net Some(5080)");
        assert_eq!(parts("192.0.2.1:5080"), "192.0.2.1 Some(5080)");
        assert_eq!(parts("2001:db8::1"), "2001:db8::1 None");
        assert_eq!(parts("[2001:db8::1]:5080"), "2001:db8::1 Some(5080)");
        assert_eq!(parts("[2001:db8::1]"), "2001:db8::1 None");
    }

    #[test]
    fn the_embedded_configuration_makes_an_endpoint_on_loopback() {
        let settings = settings(&Config::load(None).unwrap()).unwrap();
        assert!(settings.listeners.iter().all(|listener| listener.bind.ip().is_loopback()));
        assert_eq!(settings.trunks[1].port, Some(5070));
        assert!(settings.registrar.is_none());
    }
}
