//! The sockets under the stack. What no configured peer has sent goes no further than this file.
//!
//! From: hardening 4.3: unknown sources are dropped before parsing, without an answer.
//! Always: a socket's error ends nothing; connections are counted, in all and by address.

use super::shared::{Bound, Shared, Tally, lock, wire};
use super::stack::{
    CancellationToken, SipAddr, SipConnection, StackSocket, TcpConnection, TlsConnection, UdpConnection,
};
use crate::media::{Marking, open};
use crate::settings::{Identity, Listener, Transport};
use core::net::{IpAddr, SocketAddr};
use core::time::Duration;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use socket2::SockRef;
use std::collections::HashMap;
use std::io;
use std::net::Shutdown;
use std::sync::{Arc, Mutex};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::sync::oneshot;
use tokio_rustls::TlsAcceptor;

/// A UDP socket that hears configured peers only, each up to its rate.
struct Guarded {
    socket: UdpSocket,
    shared: Arc<Shared>,
}

#[async_trait::async_trait]
impl StackSocket for Guarded {
    async fn recv_from(&self, buffer: &mut [u8]) -> rsipstack::Result<(usize, SocketAddr)> {
        loop {
            // An error is an ICMP answer to something that was sent.
            let Ok((length, from)) = self.socket.recv_from(buffer).await else { continue };
            let address = from.ip().to_canonical();
            if self.shared.peer_at(address).is_none() {
                Tally::add(&self.shared.counts.foreign);
            } else if self.shared.datagrams.check_key(&address).is_err() {
                Tally::add(&self.shared.counts.over_rate);
            } else {
                mend(buffer.get_mut(..length).unwrap_or_default());
                return Ok((length, SocketAddr::new(address, from.port())));
            }
        }
    }

    async fn send_to(&self, octets: &[u8], to: SocketAddr) -> rsipstack::Result<usize> {
        Ok(self.socket.send_to(octets, to).await?)
    }

    fn local_addr(&self) -> rsipstack::Result<SocketAddr> {
        Ok(self.socket.local_addr()?)
    }
}

/// Puts `?` for octets in the head of a message that are no UTF-8, as names in Latin-1: the stack would take the line for
/// the last one.
fn mend(message: &mut [u8]) {
    let length = message.windows(4).position(|four| four == b"\r\n\r\n").unwrap_or(message.len());
    let mut head = message.get_mut(..length).unwrap_or_default();
    while let Err(flaw) = core::str::from_utf8(head) {
        let (from, length) = (flaw.valid_up_to(), flaw.error_len().unwrap_or(head.len()));
        let rest = head.get_mut(from..).unwrap_or_default();
        let (bad, rest) = rest.split_at_mut(length.min(rest.len()));
        bad.fill(b'?');
        head = rest;
    }
}

/// Class selector 3, which is customary for signalling, and room for a burst.
const SIGNALLING: Marking = Marking { tos: 0x60, buffer: 1024 * 1024 };

/// Binds a listener. What it needs to run is in the second part.
pub(super) async fn bind(
    shared: &Arc<Shared>,
    listener: &Listener,
    stop: &CancellationToken,
) -> io::Result<(Bound, Option<Accept>)> {
    match listener.transport {
        Transport::Udp => {
            let socket = open(listener.bind, SIGNALLING)?;
            let address = socket.local_addr()?;
            let guarded = Arc::new(Guarded { socket, shared: Arc::clone(shared) });
            let connection = UdpConnection::from_socket(guarded, None, Some(stop.child_token()))
                .await
                .map_err(io::Error::other)?;
            let connection = Some(SipConnection::Udp(connection));
            Ok((Bound { transport: Transport::Udp, address, connection }, None))
        }
        Transport::Tcp | Transport::Tls => {
            let tls = match (listener.transport, &listener.identity) {
                (Transport::Tls, Some(identity)) => Some(acceptor(identity)?),
                (Transport::Tls, None) => {
                    return Err(io::Error::new(
                        io::ErrorKind::InvalidInput,
                        "a TLS listener needs a certificate and a key",
                    ));
                }
                _ => None,
            };
            let socket = TcpListener::bind(listener.bind).await?;
            let address = socket.local_addr()?;
            Ok((
                Bound { transport: listener.transport, address, connection: None },
                Some(Accept { socket, address, tls }),
            ))
        }
    }
}

fn acceptor(identity: &Identity) -> io::Result<TlsAcceptor> {
    let certificates = CertificateDer::pem_slice_iter(&identity.certificate)
        .collect::<Result<Vec<_>, _>>()
        .map_err(io::Error::other)?;
    let key = PrivateKeyDer::from_pem_slice(&identity.key).map_err(io::Error::other)?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(certificates, key))
        .map_err(io::Error::other)?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// A stream listener that takes connections.
pub(super) struct Accept {
    socket: TcpListener,
    address: SocketAddr,
    tls: Option<TlsAcceptor>,
}

/// How many connections there are, and from where.
#[derive(Default)]
pub(super) struct Connections(Mutex<HashMap<IpAddr, usize>>);

/// One place among the connections.
struct Place {
    connections: Arc<Connections>,
    address: IpAddr,
}

impl Connections {
    fn take(self: &Arc<Self>, address: IpAddr, all: usize, each: usize) -> Option<Place> {
        let mut map = lock(&self.0);
        let total: usize = map.values().sum();
        let here = map.entry(address).or_default();
        if total >= all || *here >= each {
            return None;
        }
        *here += 1;
        Some(Place { connections: Arc::clone(self), address })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut map = lock(&self.connections.0);
        if let Some(here) = map.get_mut(&self.address) {
            *here -= 1;
            if *here == 0 {
                map.remove(&self.address);
            }
        }
    }
}

impl Accept {
    /// Takes connections until `stop`.
    pub(super) async fn run(
        self,
        shared: Arc<Shared>,
        connections: Arc<Connections>,
        stop: CancellationToken,
    ) {
        loop {
            let accepted = tokio::select! {
                () = stop.cancelled() => return,
                accepted = self.socket.accept() => accepted,
            };
            let Ok((stream, from)) = accepted else {
                // No descriptors, most likely: those that are open go on.
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            };
            let limits = &shared.settings.limits;
            let address = from.ip().to_canonical();
            if shared.peer_at(address).is_none() {
                Tally::add(&shared.counts.foreign);
                continue;
            }
            let Some(place) = connections.take(address, limits.connections, limits.connections_each) else {
                Tally::add(&shared.counts.over_rate);
                continue;
            };
            let (shared, local, tls, stop) =
                (Arc::clone(&shared), self.address, self.tls.clone(), stop.child_token());
            tokio::spawn(async move {
                let from = SocketAddr::new(address, from.port());
                // The stack has no other way to close a connection that goes on dripping.
                let Ok(closer) = SockRef::from(&stream).try_clone() else { return };
                if let (Some(connection), Some(stack)) =
                    (admit(stream, local, from, tls, &stop).await, shared.stack.get())
                {
                    let (says, heard) = oneshot::channel();
                    lock(&shared.unheard).insert(from, says);
                    stack.transport_layer.add_connection(connection);
                    tokio::select! {
                        () = stop.cancelled() => {}
                        _ = heard => {}
                        () = tokio::time::sleep(shared.settings.limits.opening) => {
                            Tally::add(&shared.counts.over_rate);
                            _ = closer.shutdown(Shutdown::Both);
                        }
                    }
                    lock(&shared.unheard).remove(&from);
                    drop(closer);
                    stop.cancelled().await; // the stack cancels the connection's own token when it closes
                }
                drop(place);
            });
        }
    }
}

async fn admit(
    stream: TcpStream,
    local: SocketAddr,
    from: SocketAddr,
    tls: Option<TlsAcceptor>,
    stop: &CancellationToken,
) -> Option<SipConnection> {
    const HANDSHAKE: Duration = Duration::from_secs(10);
    let transport = if tls.is_some() { Transport::Tls } else { Transport::Tcp };
    let name = |address: SocketAddr| SipAddr { r#type: Some(wire(transport)), addr: address.into() };
    match tls {
        None => {
            TcpConnection::from_stream(stream, name(local), Some(stop.clone())).ok().map(SipConnection::Tcp)
        }
        Some(acceptor) => {
            let stream = tokio::time::timeout(HANDSHAKE, acceptor.accept(stream)).await.ok()?.ok()?;
            TlsConnection::from_server_stream(stream, name(local), name(from), Some(stop.clone()))
                .await
                .ok()
                .map(SipConnection::Tls)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::mend;

    #[test]
    fn only_what_is_no_utf_8_in_a_head_is_mended() {
        let mut message = b"A: \xFC\r\nB: \xC3\xBC\xE2\x82\r\nC: \xFF\r\n\r\n\xFC".to_vec();
        mend(&mut message);
        assert_eq!(message, b"A: ?\r\nB: \xC3\xBC??\r\nC: ?\r\n\r\n\xFC");
        for mut message in [&b""[..], b"\xE2", b"\r\n\r\n\xFC"].map(<[u8]>::to_vec) {
            let length = message.len();
            mend(&mut message);
            assert_eq!(message.len(), length);
        }
    }
}
