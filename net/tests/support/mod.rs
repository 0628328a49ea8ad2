//! A peer that is a script: it sends the octets it is told to, and looks at those that come.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]

use bytes::Bytes;
use core::net::{Ipv4Addr, SocketAddr};
use core::time::Duration;
use fax_call::sip::{Command, Event, Headers, SessionTimer, Target};
use fax_core::Private;
use fax_net::{Calls, DialogHandle, EndpointSettings, Listener, SipEndpoint, Timers, Trunk};
use tokio::net::UdpSocket;
use tokio::time::timeout;

/// Longer than anything here lasts.
pub const PATIENCE: Duration = Duration::from_secs(5);

/// Fast enough that a test which waits for the end of a transaction lasts half a second.
pub const FAST: Timers = Timers {
    t1: Duration::from_millis(10),
    t2: Duration::from_millis(40),
    t4: Duration::from_millis(50),
    ringing: Duration::from_secs(2),
};

pub const OFFER: &str =
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\n";
pub const T38: &str =
    "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=image 4002 udptl t38\r\n";

/// An endpoint and its peer.
pub struct Bench {
    pub endpoint: SipEndpoint,
    pub calls: Calls,
    pub peer: Script,
}

impl Bench {
    pub async fn new() -> Self {
        Self::with(|_| {}).await
    }

    pub async fn with(change: impl FnOnce(&mut EndpointSettings)) -> Self {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = socket.local_addr().unwrap();
        let mut settings = EndpointSettings {
            listeners: vec![Listener::udp((Ipv4Addr::LOCALHOST, 0).into())],
            trunks: vec![Trunk::udp("peer", address)],
            timers: FAST,
            ..EndpointSettings::default()
        };
        change(&mut settings);
        let (endpoint, calls) = SipEndpoint::start(settings).await.unwrap();
        let target = endpoint.bound()[0].1;
        Self { endpoint, calls, peer: Script { socket, target, address } }
    }

    /// Places a call to the peer.
    pub fn dial(&self, body: &str) -> DialogHandle {
        let dialog = self.endpoint.dial().unwrap();
        let target = Target {
            trunk: "peer".into(),
            caller: Private::new("100".into()),
            called: Private::new("200".into()),
            max_forwards: 69,
            hops: 1,
            headers: Headers::default(),
        };
        dialog.command(Command::Invite {
            target,
            body: Bytes::copy_from_slice(body.as_bytes()),
            timer: SessionTimer::default(),
        });
        dialog
    }

    /// Our call to the peer, accepted.
    pub async fn up(&self) -> (DialogHandle, Message) {
        let mut dialog = self.dial(OFFER);
        let invite = self.peer.expect("INVITE").await;
        self.peer.reply(&invite, 200, OFFER).await;
        assert!(matches!(event(&mut dialog).await, Event::Accepted { .. }));
        self.peer.expect("ACK").await;
        (dialog, invite)
    }

    /// The peer's call to us, accepted and acknowledged.
    pub async fn called(&mut self) -> (DialogHandle, Message) {
        self.peer.invite("z9hG4bKi", 1, OFFER).await;
        let (_, mut dialog) = timeout(PATIENCE, self.calls.next()).await.unwrap().unwrap();
        accept(&dialog, OFFER);
        let ok = self.peer.expect("200").await;
        self.peer.ack(&ok, "z9hG4bKa").await;
        assert!(matches!(event(&mut dialog).await, Event::Acknowledged { .. }));
        (dialog, ok)
    }
}

pub fn accept(dialog: &DialogHandle, body: &str) {
    dialog.command(Command::Accept {
        body: Bytes::copy_from_slice(body.as_bytes()),
        timer: SessionTimer::default(),
    });
}

pub fn offer(dialog: &DialogHandle, by: fax_call::sip::Method, body: &str) {
    dialog.command(Command::Offer {
        by,
        body: Bytes::copy_from_slice(body.as_bytes()),
        timer: SessionTimer::default(),
    });
}

pub fn refuse(dialog: &DialogHandle, code: u16) {
    dialog.command(Command::Refuse { code, retry_after: None, min_se: None });
}

pub async fn event(dialog: &mut DialogHandle) -> Event {
    timeout(PATIENCE, dialog.events.recv()).await.expect("an event in time").expect("an event")
}

/// A message as text.
#[derive(Clone, Debug)]
pub struct Message {
    pub text: String,
    pub octets: Vec<u8>,
}

impl Message {
    pub fn start(&self) -> &str {
        self.text.lines().next().unwrap_or_default()
    }

    /// `INVITE`, or `200`.
    pub fn name(&self) -> &str {
        let mut words = self.start().split(' ');
        let first = words.next().unwrap_or_default();
        if first.starts_with("SIP/") { words.next().unwrap_or_default() } else { first }
    }

    pub fn header(&self, name: &str) -> &str {
        self.find(name).unwrap_or_else(|| panic!("no {name} in {}", self.text))
    }

    pub fn find(&self, name: &str) -> Option<&str> {
        let head = self.text.split("\r\n\r\n").next()?;
        head.lines().skip(1).find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    pub fn body(&self) -> &str {
        self.text.split_once("\r\n\r\n").map_or("", |(_, body)| body)
    }

    pub fn cseq(&self) -> u32 {
        self.header("CSeq").split(' ').next().unwrap().parse().unwrap()
    }

    pub fn branch(&self) -> &str {
        self.header("Via").split("branch=").nth(1).unwrap().split(';').next().unwrap()
    }

    pub fn tag_of(&self, name: &str) -> &str {
        self.header(name).split("tag=").nth(1).unwrap()
    }
}

/// The peer.
pub struct Script {
    pub socket: UdpSocket,
    pub target: SocketAddr,
    pub address: SocketAddr,
}

impl Script {
    /// A second peer at another port.
    pub async fn other(&self) -> Self {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = socket.local_addr().unwrap();
        Self { socket, target: self.target, address }
    }

    pub async fn send(&self, text: &str) {
        self.socket.send_to(text.as_bytes(), self.target).await.unwrap();
    }

    pub async fn next(&self) -> Option<Message> {
        self.within(PATIENCE).await
    }

    /// The next message, if one comes in that time.
    pub async fn within(&self, time: Duration) -> Option<Message> {
        let mut buffer = [0; 8192];
        let (length, _) = timeout(time, self.socket.recv_from(&mut buffer)).await.ok()?.unwrap();
        let octets = buffer[..length].to_vec();
        Some(Message { text: String::from_utf8_lossy(&octets).into_owned(), octets })
    }

    /// The next message of that name; 100 and others on the way are skipped.
    pub async fn expect(&self, name: &str) -> Message {
        let mut seen = Vec::new();
        loop {
            let message = self.next().await.unwrap_or_else(|| panic!("no {name}, but {seen:?}"));
            if message.name() == name {
                return message;
            }
            seen.push(message.start().to_owned());
        }
    }

    /// Answers a request that we have sent, as a UAS whose tag is `peer`.
    pub async fn reply(&self, request: &Message, code: u16, body: &str) {
        self.reply_with(request, code, "", body).await;
    }

    pub async fn reply_with(&self, request: &Message, code: u16, headers: &str, body: &str) {
        self.send(&self.response(request, code, "peer", headers, body)).await;
    }

    pub fn response(&self, request: &Message, code: u16, tag: &str, headers: &str, body: &str) -> String {
        let to = request.header("To");
        let to = if to.contains("tag=") { to.to_owned() } else { format!("{to};tag={tag}") };
        let kind = if body.is_empty() { "" } else { "Content-Type: application/sdp\r\n" };
        format!(
            "SIP/2.0 {code} Text\r\nVia: {}\r\nFrom: {}\r\nTo: {to}\r\nCall-ID: {}\r\nCSeq: {}\r\nContact: <sip:peer@{}>\r\n{headers}{kind}Content-Length: {}\r\n\r\n{body}",
            request.header("Via"),
            request.header("From"),
            request.header("Call-ID"),
            request.header("CSeq"),
            self.address,
            body.len()
        )
    }

    /// A request outside a dialog, From tag `caller`, Call-ID `call`.
    pub fn fresh(&self, method: &str, branch: &str, cseq: u32, headers: &str, body: &str) -> String {
        let kind = if body.is_empty() { "" } else { "Content-Type: application/sdp\r\n" };
        format!(
            "{method} sip:200@{} SIP/2.0\r\nVia: SIP/2.0/UDP {};branch={branch};rport\r\nMax-Forwards: 70\r\nFrom: <sip:100@example.com>;tag=caller\r\nTo: <sip:200@example.com>\r\nCall-ID: call\r\nCSeq: {cseq} {method}\r\nContact: <sip:100@{}>\r\n{headers}{kind}Content-Length: {}\r\n\r\n{body}",
            self.target,
            self.address,
            self.address,
            body.len()
        )
    }

    pub async fn invite(&self, branch: &str, cseq: u32, body: &str) {
        self.send(&self.fresh("INVITE", branch, cseq, "", body)).await;
    }

    /// A request inside the dialog that a 200 of ours has made.
    pub async fn inside(
        &self,
        ok: &Message,
        method: &str,
        branch: &str,
        cseq: u32,
        headers: &str,
        body: &str,
    ) {
        let text = self.fresh(method, branch, cseq, headers, body);
        self.send(&text.replace("To: <sip:200@example.com>", &format!("To: {}", ok.header("To")))).await;
    }

    /// A request inside a dialog that our INVITE has made.
    pub async fn back(
        &self,
        invite: &Message,
        method: &str,
        branch: &str,
        cseq: u32,
        headers: &str,
        body: &str,
    ) {
        let kind = if body.is_empty() { "" } else { "Content-Type: application/sdp\r\n" };
        let text = format!(
            "{method} sip:100@{} SIP/2.0\r\nVia: SIP/2.0/UDP {};branch={branch};rport\r\nMax-Forwards: 70\r\nFrom: {};tag=peer\r\nTo: {}\r\nCall-ID: {}\r\nCSeq: {cseq} {method}\r\nContact: <sip:peer@{}>\r\n{headers}{kind}Content-Length: {}\r\n\r\n{body}",
            self.target,
            self.address,
            invite.header("To"),
            invite.header("From"),
            invite.header("Call-ID"),
            self.address,
            body.len()
        );
        self.send(&text).await;
    }

    pub async fn ack(&self, ok: &Message, branch: &str) {
        self.inside(ok, "ACK", branch, ok.cseq(), "", "").await;
    }
}
