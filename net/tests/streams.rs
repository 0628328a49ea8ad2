//! TCP, TLS, IPv6 and advertised addresses.

mod support;

use core::net::{Ipv6Addr, SocketAddr};
use core::time::Duration;
use fax_call::sip::{Command, Event, Gone};
use fax_net::{Listener, SipEndpoint, Transport};
use support::{Bench, OFFER, PATIENCE, accept, event};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::timeout;

async fn read(stream: &mut TcpStream, name: &str) -> String {
    let mut text = String::new();
    let mut buffer = [0; 4096];
    while !text.contains(name) || !text.contains("\r\n\r\n") {
        let length = timeout(PATIENCE, stream.read(&mut buffer)).await.expect("in time").unwrap();
        assert!(length > 0, "closed after {text}");
        text.push_str(&String::from_utf8_lossy(&buffer[..length]));
    }
    text
}

#[tokio::test]
async fn a_call_comes_in_over_tcp_in_pieces() {
    let mut bench = Bench::with(|settings| {
        settings.listeners.push(Listener {
            bind: "127.0.0.1:0".parse().unwrap(),
            transport: Transport::Tcp,
            identity: None,
        });
    })
    .await;
    let (_, address) = bench.endpoint.bound()[1];
    let mut stream = TcpStream::connect(address).await.unwrap();
    let text = bench.peer.fresh("INVITE", "z9hG4bK1", 1, "", OFFER).replace("SIP/2.0/UDP", "SIP/2.0/TCP");
    for part in text.as_bytes().chunks(200) {
        stream.write_all(part).await.unwrap();
        tokio::task::yield_now().await;
    }
    let (_, mut dialog) = timeout(PATIENCE, bench.calls.next()).await.unwrap().unwrap();
    accept(&dialog, OFFER);
    let answer = read(&mut stream, "SIP/2.0 200").await;
    let tag = answer
        .split("SIP/2.0 200")
        .nth(1)
        .unwrap()
        .lines()
        .find(|line| line.starts_with("To:"))
        .unwrap()
        .to_owned();
    let ack = bench
        .peer
        .fresh("ACK", "z9hG4bK2", 1, "", "")
        .replace("SIP/2.0/UDP", "SIP/2.0/TCP")
        .replace("To: <sip:200@example.com>", &tag);
    stream.write_all(ack.as_bytes()).await.unwrap();
    assert!(matches!(event(&mut dialog).await, Event::Acknowledged { .. }));
    dialog.command(Command::Bye);
    assert!(read(&mut stream, "BYE sip:").await.contains("SIP/2.0/TCP"));
}

#[tokio::test]
async fn connections_beyond_the_limit_of_an_address_are_closed() {
    let bench = Bench::with(|settings| {
        settings.limits.connections_each = 2;
        settings.listeners.push(Listener {
            bind: "127.0.0.1:0".parse().unwrap(),
            transport: Transport::Tcp,
            identity: None,
        });
    })
    .await;
    let (_, address) = bench.endpoint.bound()[1];
    let _one = TcpStream::connect(address).await.unwrap();
    let _two = TcpStream::connect(address).await.unwrap();
    let mut three = TcpStream::connect(address).await.unwrap();
    assert_eq!(timeout(PATIENCE, three.read(&mut [0; 8])).await.unwrap().unwrap_or(0), 0);
}

#[tokio::test]
async fn a_connection_on_which_nothing_comes_is_closed_and_its_place_is_free_again() {
    let bench = Bench::with(|settings| {
        settings.limits.connections_each = 1;
        settings.limits.idle = Duration::from_millis(50);
        settings.listeners.push(Listener {
            bind: "127.0.0.1:0".parse().unwrap(),
            transport: Transport::Tcp,
            identity: None,
        });
    })
    .await;
    let (_, address) = bench.endpoint.bound()[1];
    for _ in 0..2 {
        let mut stream = TcpStream::connect(address).await.unwrap();
        assert_eq!(timeout(PATIENCE, stream.read(&mut [0; 8])).await.unwrap().unwrap_or(0), 0);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let mut probe = TcpStream::connect(address).await.unwrap();
    probe
        .write_all(bench.peer.fresh("OPTIONS", "z9hG4bK1", 1, "", "").replace("/UDP", "/TCP").as_bytes())
        .await
        .unwrap();
    read(&mut probe, "SIP/2.0 200").await;
}

#[tokio::test]
async fn a_trunk_over_tcp_is_dialled() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let bench = Bench::with(|settings| {
        settings.trunks[0].transport = Transport::Tcp;
        settings.trunks[0].port = Some(port);
    })
    .await;
    let _dialog = bench.dial(OFFER);
    let (mut stream, _) = timeout(PATIENCE, listener.accept()).await.unwrap().unwrap();
    let invite = read(&mut stream, OFFER).await;
    assert!(invite.contains("SIP/2.0/TCP") && invite.contains(";transport=tcp"), "{invite}");
}

#[tokio::test]
async fn a_trunk_that_cannot_be_reached_is_503() {
    let bench = Bench::with(|settings| settings.trunks[0].transport = Transport::Tcp).await;
    let mut dialog = bench.dial(OFFER);
    assert!(matches!(event(&mut dialog).await, Event::Refused { code: 503, .. }));
    assert_eq!(event(&mut dialog).await, Event::Gone(Gone::AsAsked));
}

/// NAT-8.
#[tokio::test]
async fn an_advertised_address_is_what_contact_and_via_say() {
    let advertised: SocketAddr = "203.0.113.9:5099".parse().unwrap();
    let bench = Bench::with(|settings| settings.trunks[0].advertised = Some(advertised)).await;
    assert_eq!(bench.endpoint.trunk_address("peer").await, Some(advertised));
    let _dialog = bench.dial(OFFER);
    let invite = bench.peer.expect("INVITE").await;
    assert_eq!(invite.header("Contact"), "<sip:100@203.0.113.9:5099>");
    assert!(invite.header("Via").starts_with("SIP/2.0/UDP 203.0.113.9:5099;rport;"));
}

#[tokio::test]
async fn a_call_goes_out_over_ipv6() {
    let Ok(socket) = UdpSocket::bind((Ipv6Addr::LOCALHOST, 0)).await else { return };
    let address = socket.local_addr().unwrap();
    let mut bench = Bench::with(|settings| {
        settings.listeners = vec![Listener::udp((Ipv6Addr::LOCALHOST, 0).into())];
        settings.trunks = vec![fax_net::Trunk::udp("peer", address)];
    })
    .await;
    bench.peer.socket = socket;
    bench.peer.address = address;
    let (mut dialog, invite) = bench.up().await;
    assert!(invite.start().starts_with("INVITE sip:200@[::1]:"), "{}", invite.start());
    dialog.command(Command::Bye);
    let bye = bench.peer.expect("BYE").await;
    bench.peer.reply(&bye, 200, "").await;
    assert_eq!(event(&mut dialog).await, Event::Gone(Gone::AsAsked));
}

#[tokio::test]
async fn a_port_that_is_taken_is_said_at_the_start() {
    let taken = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = taken.local_addr().unwrap();
    let settings = fax_net::EndpointSettings {
        listeners: vec![Listener::udp(address)],
        ..fax_net::EndpointSettings::default()
    };
    let trouble = SipEndpoint::start(settings).await.err().expect("trouble");
    assert!(trouble.to_string().contains(&address.to_string()));
}

/// Both ends are ours: one listens with a certificate, the other believes it and checks the name that it dialled.
#[tokio::test]
async fn a_call_goes_over_tls() {
    let identity = fax_net::Identity {
        certificate: include_bytes!("tls/certificate.pem").to_vec(),
        key: include_bytes!("tls/key.pem").to_vec(),
    };
    let mut answerer = Bench::with(|settings| {
        settings.listeners.push(Listener {
            bind: "127.0.0.1:0".parse().unwrap(),
            transport: Transport::Tls,
            identity: Some(identity),
        });
    })
    .await;
    let port = answerer.endpoint.bound()[1].1.port();
    for (roots, believed) in [(Some(include_bytes!("tls/certificate.pem").to_vec()), true), (None, false)] {
        let caller = Bench::with(|settings| {
            settings.tls_roots = roots;
            settings.trunks[0].transport = Transport::Tls;
            settings.trunks[0].host = "localhost".into();
            settings.trunks[0].port = Some(port);
        })
        .await;
        let mut near = caller.dial(OFFER);
        if !believed {
            assert!(matches!(event(&mut near).await, Event::Refused { code: 503, .. }));
            return;
        }
        let (invitation, far) = timeout(PATIENCE, answerer.calls.next()).await.unwrap().unwrap();
        assert_eq!(invitation.body, OFFER);
        accept(&far, OFFER);
        assert!(matches!(event(&mut near).await, Event::Accepted { .. }));
    }
}
