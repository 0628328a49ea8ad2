//! Media of a call through a gateway, datagram by datagram, over sockets of loopback.

mod support;

use bytes::Bytes;
use core::net::{Ipv4Addr, SocketAddr};
use core::time::Duration;
use fax_call::sip::{Command, Event, SessionTimer};
use fax_gateway::service::{Running, Source};
use fax_net::DialogHandle;
use support::{End, Scratch, configuration, target};
use tokio::net::UdpSocket;
use tokio::time::timeout;

/// A call in audio: what each end sends by, and where it sends to.
struct Talk {
    gateway: Running,
    near: (UdpSocket, SocketAddr),
    far: (UdpSocket, SocketAddr),
    _ends: (End, End, DialogHandle, DialogHandle),
    _scratch: Scratch,
}

const LONG: Duration = Duration::from_secs(10);

fn offer(socket: &UdpSocket) -> Bytes {
    let port = socket.local_addr().unwrap().port();
    let text = format!(
        "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio {port} RTP/AVP 8\r\n"
    );
    text.into_bytes().into()
}

/// Where a description wants its audio.
fn audio_of(body: &Bytes) -> SocketAddr {
    let text = core::str::from_utf8(body).unwrap();
    let port = text.split("m=audio ").nth(1).and_then(|rest| rest.split(' ').next()).unwrap();
    (Ipv4Addr::LOCALHOST, port.parse().unwrap()).into()
}

/// An even port, and nobody else's: RTP has no other.
async fn socket() -> UdpSocket {
    loop {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        if socket.local_addr().unwrap().port() % 2 == 0 {
            return socket;
        }
    }
}

fn accept(body: Bytes) -> Command {
    Command::Accept { body, timer: SessionTimer::default() }
}

impl Talk {
    /// The first target refuses, the second takes the call. Media of the first may come from elsewhere, those of the
    /// second if `nat`.
    async fn second_target(name: &str, nat: bool) -> Self {
        let scratch = Scratch::new(name);
        let (mut first, mut second) = (End::start(None).await, End::start(None).await);
        let text = configuration(first.address(), "").replace(
            "targets = [{ trunk = 'carrier', budget_s = 10 }]",
            "targets = [{ trunk = 'carrier' }, { trunk = 'spare' }]",
        );
        let spare = format!("[[trunk]]\nname = 'spare'\naddress = '{}'\nnat = {nat}\n", second.address());
        let file = scratch.write("faxgw.toml", &format!("{text}{spare}"));
        let source = Source { file: Some(file), records: Some(scratch.0.join("records")) };
        let gateway = Running::start(source).await.unwrap();
        let caller = End::start(Some(gateway.bound()[0])).await;
        let (near, far) = (socket().await, socket().await);
        let mut call = caller.endpoint.dial().unwrap();
        let timer = SessionTimer::default();
        call.command(Command::Invite { target: target("0207"), body: offer(&near), timer });
        let (_, refused) = timeout(LONG, first.calls.next()).await.unwrap().unwrap();
        refused.command(Command::Refuse { code: 503, retry_after: None, min_se: None });
        let (invitation, taken) = timeout(LONG, second.calls.next()).await.unwrap().unwrap();
        taken.command(accept(offer(&far)));
        let to_near = loop {
            match timeout(LONG, call.events.recv()).await.unwrap().unwrap() {
                Event::Accepted { body, .. } => break audio_of(&body),
                Event::Progress { .. } => {}
                other => panic!("{other:?}"),
            }
        };
        let far = (far, audio_of(&invitation.body));
        Self { gateway, near: (near, to_near), far, _ends: (caller, second, call, taken), _scratch: scratch }
    }

    async fn end(self) {
        drop(self._ends);
        self.gateway.drain(core::future::pending()).await;
    }
}

/// A packet of audio whose payload says which it is.
fn packet(number: u16) -> Vec<u8> {
    let mut packet = vec![0x80, 8];
    packet.extend(number.to_be_bytes());
    packet.extend((u32::from(number) * 160).to_be_bytes());
    packet.extend([0, 0, 0, 7]);
    packet.extend((0..80).flat_map(|_| number.to_be_bytes()));
    packet
}

/// The numbers of the packets of audio that come until there is none for a while.
async fn heard(socket: &UdpSocket, quiet: Duration) -> Vec<u16> {
    let (mut numbers, mut buffer) = (Vec::new(), [0; 2048]);
    while let Ok(Ok((length, _))) = timeout(quiet, socket.recv_from(&mut buffer)).await {
        if let (172, [.., high, low]) = (length, &buffer[..length]) {
            numbers.push(u16::from_be_bytes([*high, *low]));
        }
    }
    numbers
}

/// As a host sends them that was held up: many are read at one wake-up of the call.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_packets_that_come_all_at_once_none_is_lost_and_none_out_of_order() {
    let talk = Talk::second_target("media-burst", false).await;
    let sent: Vec<u16> = (1..=100).collect();
    for number in &sent {
        talk.near.0.send_to(&packet(*number), talk.near.1).await.unwrap();
    }
    assert_eq!(heard(&talk.far.0, Duration::from_millis(500)).await, sent);
    talk.end().await;
}

/// Whether a stranger's port at the far end gets the near end's audio after it has sent a while.
async fn is_learned(name: &str, nat: bool) -> bool {
    let talk = Talk::second_target(name, nat).await;
    let elsewhere = socket().await;
    for number in 0..100 {
        elsewhere.send_to(&packet(number), talk.far.1).await.unwrap();
        talk.near.0.send_to(&packet(number), talk.near.1).await.unwrap();
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let learned = !heard(&elsewhere, Duration::from_millis(100)).await.is_empty();
    talk.end().await;
    learned
}

/// NAT-1. Whether media may come from elsewhere is asked anew for each target that is called.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whom_the_media_believe_is_what_the_trunk_says_that_is_called_last() {
    let (behind_nat, open) = tokio::join!(is_learned("media-nat", true), is_learned("media-open", false));
    assert!(behind_nat && !open, "{behind_nat} {open}");
}
