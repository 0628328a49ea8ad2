//! Streams that trunks are reached over and registrations that are made over them: what becomes of both when they are closed.

mod support;

use core::time::Duration;
use fax_call::sip::{Command, Event};
use fax_net::{Credentials, Listener, Registered, Registration, Transport, Trunk};
use std::time::Instant;
use support::{Bench, OFFER, PATIENCE, Script, event};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::time::timeout;

/// The far end of a stream.
struct Flow(TcpStream);

impl Flow {
    async fn accepted(listener: &TcpListener) -> Self {
        Self(timeout(PATIENCE, listener.accept()).await.expect("a connection").unwrap().0)
    }

    /// The next request, answered with this; its text.
    async fn answer(&mut self, name: &str, status: &str, body: &str) -> String {
        let mut text = String::new();
        let mut buffer = [0; 4096];
        while !(text.contains(name) && text.contains("\r\n\r\n")) {
            let length = timeout(PATIENCE, self.0.read(&mut buffer)).await.expect("in time").unwrap();
            assert!(length > 0, "closed after {text}");
            text.push_str(&String::from_utf8_lossy(&buffer[..length]));
        }
        let copied = ["Via", "From", "Call-ID", "CSeq"].map(|name| {
            let line = text.lines().find(|line| line.starts_with(&format!("{name}:"))).unwrap();
            format!("{line}\r\n")
        });
        let to = text.lines().find(|line| line.starts_with("To:")).unwrap();
        let tag = if to.contains("tag=") { "" } else { ";tag=peer" };
        let kind = if body.is_empty() { "" } else { "Content-Type: application/sdp\r\n" };
        let answer = format!(
            "SIP/2.0 {status}\r\n{}{to}{tag}\r\nContact: <sip:peer@127.0.0.1:{};transport=tcp>\r\n{kind}Content-Length: {}\r\n\r\n{body}",
            copied.concat(),
            self.0.local_addr().unwrap().port(),
            body.len()
        );
        self.0.write_all(answer.as_bytes()).await.unwrap();
        text
    }
}

fn registering(trunk: &mut Trunk, port: u16) {
    trunk.transport = Transport::Tcp;
    trunk.port = Some(port);
    trunk.register = Some(Registration { user: "me".into(), expires: 600 });
}

#[tokio::test]
async fn a_registration_is_made_again_when_its_stream_is_closed() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let bench = Bench::with(|settings| registering(&mut settings.trunks[0], port)).await;
    let mut flow = Flow::accepted(&listener).await;
    flow.answer("REGISTER", "200 OK", "").await;
    let began = Instant::now();
    drop(flow);
    let mut flow = Flow::accepted(&listener).await;
    assert_eq!(bench.endpoint.registrations(), [("peer".to_owned(), Registered::Refused(503))]);
    flow.answer("REGISTER", "200 OK", "").await;
    assert!((1..4).contains(&began.elapsed().as_secs()), "{:?}", began.elapsed());
}

/// A trunk that closes each stream at once is tried ever more seldom.
#[tokio::test]
async fn who_closes_every_stream_is_not_run_after() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let _bench = Bench::with(|settings| registering(&mut settings.trunks[0], port)).await;
    let mut pauses = Vec::new();
    let mut closed: Option<Instant> = None;
    for _ in 0..3 {
        let (stream, _) = timeout(2 * PATIENCE, listener.accept()).await.expect("another try").unwrap();
        pauses.extend(closed.map(|closed| closed.elapsed().as_millis()));
        Flow(stream).answer("REGISTER", "200 OK", "").await;
        closed = Some(Instant::now());
    }
    // Half of 2 s at least, then half of 4 s.
    assert!(pauses[0] >= 1000 && pauses[1] >= 2000, "{pauses:?}");
}

#[tokio::test]
async fn a_registration_is_refreshed_before_its_stream_would_be_closed_for_silence() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let _bench = Bench::with(|settings| {
        registering(&mut settings.trunks[0], port);
        settings.limits.idle = Duration::from_millis(400);
    })
    .await;
    let mut flow = Flow::accepted(&listener).await;
    for _ in 0..4 {
        flow.answer("REGISTER", "200 OK", "").await;
    }
}

#[tokio::test]
async fn every_trunk_that_asks_for_it_is_registered_with_by_itself() {
    let other = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = other.local_addr().unwrap();
    let bench = Bench::with(|settings| {
        let register = |trunk: &mut Trunk, user: &str| {
            let password = "secret".to_owned().into();
            trunk.credentials = Some(Credentials { user: user.into(), password, realm: Some(user.into()) });
            trunk.register = Some(Registration { user: user.into(), expires: 600 });
        };
        let mut second = Trunk::udp("other", address);
        second.sources.clear();
        register(&mut settings.trunks[0], "one");
        register(&mut second, "two");
        settings.trunks.push(second);
    })
    .await;
    let other = Script { socket: other, target: bench.peer.target, address };
    let first = bench.peer.expect("REGISTER").await;
    bench.peer.reply_with(&first, 200, "Expires: 300\r\n", "").await;
    let second = other.expect("REGISTER").await;
    other.reply_with(&second, 401, "WWW-Authenticate: Digest realm=\"two\", nonce=\"n\"\r\n", "").await;
    let again = other.expect("REGISTER").await;
    assert!(again.header("Authorization").contains("username=\"two\""));
    other.reply(&again, 403, "").await;
    for _ in 0..200 {
        let standings = bench.endpoint.registrations();
        if standings
            == [("peer".to_owned(), Registered::For(300)), ("other".to_owned(), Registered::Refused(403))]
        {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("{:?}", bench.endpoint.registrations());
}

#[tokio::test]
async fn what_follows_on_a_trunk_whose_stream_was_closed_goes_over_a_new_one() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let bench = Bench::with(|settings| {
        settings.trunks[0].transport = Transport::Tcp;
        settings.trunks[0].port = Some(port);
    })
    .await;
    let mut near = bench.dial(OFFER);
    let mut flow = Flow::accepted(&listener).await;
    flow.answer("INVITE", "200 OK", OFFER).await;
    assert!(matches!(event(&mut near).await, Event::Accepted { .. }));
    drop(flow);
    tokio::time::sleep(Duration::from_millis(50)).await;
    near.command(Command::Bye);
    let mut flow = Flow::accepted(&listener).await;
    flow.answer("BYE", "200 OK", "").await;
    drop(flow);
    tokio::time::sleep(Duration::from_millis(50)).await;
    let _next = bench.dial(OFFER);
    assert!(
        Flow::accepted(&listener).await.answer("INVITE", "100 Trying", "").await.contains("INVITE sip:200@")
    );
}

/// A header that comes octet by octet, for ever: the connection is closed though it is never silent, and another is served.
#[tokio::test]
async fn a_connection_that_drips_is_closed_and_others_are_served() {
    let bench = Bench::with(|settings| {
        settings.limits.opening = Duration::from_millis(300);
        settings.limits.connections_each = 1;
        settings.listeners.push(Listener {
            bind: "127.0.0.1:0".parse().unwrap(),
            transport: Transport::Tcp,
            identity: None,
        });
    })
    .await;
    let (_, address) = bench.endpoint.bound()[1];
    let mut slow = TcpStream::connect(address).await.unwrap();
    let began = Instant::now();
    let mut buffer = [0; 16];
    let closed = loop {
        _ = slow.write_all(b"X").await;
        match timeout(Duration::from_millis(20), slow.read(&mut buffer)).await {
            Ok(Ok(0) | Err(_)) => break began.elapsed(),
            _ if began.elapsed() > PATIENCE => panic!("it is still open"),
            _ => {}
        }
    };
    assert!(closed >= Duration::from_millis(300), "{closed:?}");
    let options = bench.peer.fresh("OPTIONS", "z9hG4bK1", 1, "", "").replace("/UDP", "/TCP");
    for _ in 0..50 {
        let mut stream = TcpStream::connect(address).await.unwrap();
        _ = stream.write_all(options.as_bytes()).await;
        if matches!(timeout(PATIENCE, stream.read(&mut [0; 512])).await, Ok(Ok(length)) if length > 0) {
            // One that has said something stays, though it says no more.
            tokio::time::sleep(Duration::from_millis(500)).await;
            stream.write_all(options.replace("z9hG4bK1", "z9hG4bK2").as_bytes()).await.unwrap();
            assert!(timeout(PATIENCE, stream.read(&mut [0; 512])).await.unwrap().unwrap() > 0);
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("nobody else was served");
}
