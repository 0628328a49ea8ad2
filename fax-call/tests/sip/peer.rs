//! A bridge between two scripted peers, in virtual time.
//!
//! A test says what a peer does next; the bridge's commands are queued for it to look at. Whatever the script, the
//! ledger of each side holds what must always be so: one open offer, one final response to each request.

#![allow(dead_code, unreachable_pub, reason = "no test uses all of it")]

use bytes::Bytes;
use core::net::{IpAddr, SocketAddr};
use fax_call::media::{Order, Sign};
use fax_call::sip::{
    Bridge, BridgeEvent, BridgeSettings, Command, EndCause, Event, FarTarget, Gone, Headers, Invitation,
    LegSettings, Local, Method, Output, Request, RequestId, SessionTimer, T38Mode, Target,
};
use fax_call::{Phase, Side};
use fax_core::{Private, Span, Timestamp};
use fax_t38::sdp::{Description, Media};
use std::collections::VecDeque;

pub use Side::{Far, Near};

pub const fn millis(millis: u64) -> Span {
    Span::from_millis(millis)
}

/// Where a peer's media are to be sent.
pub fn peer_host(side: Side) -> IpAddr {
    match side {
        Near => [192, 0, 2, 1].into(),
        Far => [192, 0, 2, 2].into(),
    }
}

pub fn at(side: Side, port: u16) -> SocketAddr {
    SocketAddr::new(peer_host(side), port)
}

/// Our own leg.
pub fn leg(port: u16) -> LegSettings {
    let host = [198, 51, 100, 1].into();
    LegSettings::new(Local { host, rtp_port: port, udptl_port: port + 2, origin: u64::from(port) })
}

pub fn target(budget: Span) -> FarTarget {
    let target = Target {
        trunk: "trunk".to_owned(),
        caller: Private::new("100".to_owned()),
        called: Private::new("200".to_owned()),
        max_forwards: 69,
        hops: 1,
        headers: Headers::default(),
    };
    FarTarget { target, budget, leg: leg(20_000) }
}

pub fn settings() -> BridgeSettings {
    BridgeSettings::new(leg(10_000), vec![target(millis(10_000))], 1)
}

/// Near in audio for good: an ATA without T.38.
pub fn gateway() -> BridgeSettings {
    let mut settings = settings();
    settings.near.t38 = T38Mode::Never;
    settings
}

pub fn invitation(body: Bytes) -> Invitation {
    Invitation {
        call_id: "one".to_owned(),
        caller: Private::new("100".to_owned()),
        called: Private::new("200".to_owned()),
        source: SocketAddr::new(peer_host(Near), 5060),
        trunk: "ata".to_owned(),
        max_forwards: 70,
        hops: 0,
        headers: Headers::default(),
        body,
        timer: SessionTimer::default(),
    }
}

/// A description with these lines.
pub fn sdp(side: Side, version: u32, lines: &str) -> Bytes {
    let host = peer_host(side);
    let head = format!("v=0\r\no=peer 7 {version} IN IP4 {host}\r\ns=-\r\nc=IN IP4 {host}\r\nt=0 0\r\n");
    Bytes::from(head + lines)
}

pub const AUDIO: &str =
    "m=audio 4000 RTP/AVP 8 0 101\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\n";

pub const FAX: &str = "m=image 4002 udptl t38\r\na=T38FaxVersion:0\r\na=T38MaxBitRate:14400\r\n\
    a=T38FaxRateManagement:transferredTCF\r\na=T38FaxMaxDatagram:400\r\na=T38FaxUdpEC:t38UDPRedundancy\r\n";

/// Audio refused, fax beside it.
pub fn audio_off_fax() -> String {
    format!("m=audio 0 RTP/AVP 8\r\n{FAX}")
}

/// The bridge, its two peers and what became of it.
pub struct Call {
    pub bridge: Bridge,
    pub now: Timestamp,
    /// Commands that the test has not looked at.
    pub queue: [VecDeque<Command>; 2],
    /// What the media are told, the last of each side last.
    pub orders: [Vec<Order>; 2],
    pub events: Vec<(Timestamp, BridgeEvent)>,
    ledger: [Ledger; 2],
}

/// What is open between us and a peer.
#[derive(Debug, Default)]
struct Ledger {
    gone: bool,
    /// Requests of the peer without a final response, the newest last, and whether it has an offer.
    theirs: Vec<bool>,
    /// An offer of ours without an answer.
    ours: bool,
    /// Our 2xx had an offer; its answer comes with the ACK, and after 33 s no more.
    answer_due: Option<Timestamp>,
    requests: Vec<RequestId>,
}

impl Call {
    pub fn new(settings: BridgeSettings, body: Bytes) -> Self {
        Self::invited(settings, &invitation(body))
    }

    pub fn invited(settings: BridgeSettings, invitation: &Invitation) -> Self {
        let bridge = Bridge::new(settings, invitation, Timestamp::ZERO);
        let mut call = Self {
            bridge,
            now: Timestamp::ZERO,
            queue: Default::default(),
            orders: Default::default(),
            events: Vec::new(),
            ledger: Default::default(),
        };
        call.ledger[0].theirs.push(!invitation.body.is_empty());
        call.drain();
        call
    }

    /// A call in audio that is answered.
    pub fn answered(settings: BridgeSettings) -> Self {
        let mut call = Self::new(settings, sdp(Near, 1, AUDIO));
        call.invite();
        call.accept(Far, sdp(Far, 1, AUDIO));
        call.accepted(Near);
        call.ack(Near);
        call
    }

    /// A call whose far leg is T.38, its near leg audio.
    pub fn gateway() -> Self {
        let mut call = Self::answered(gateway());
        call.heard(Far, Sign::V21Preamble);
        call.wait(millis(500));
        call.offer(Far);
        call.accept(Far, sdp(Far, 2, &audio_off_fax()));
        assert!(matches!(call.order(Far), Order::T38(_)));
        call
    }

    /// The far leg is offered T.38 because a fax is heard.
    #[track_caller]
    pub fn trigger(&mut self) -> Description {
        self.heard(Far, Sign::V21Preamble);
        self.wait(millis(500));
        self.offer(Far)
    }

    pub fn take(&mut self, side: Side, event: Event) {
        let ledger = &mut self.ledger[side as usize];
        match &event {
            Event::Offered { body, .. } => ledger.theirs.push(!body.is_empty()),
            Event::Accepted { .. } | Event::Refused { .. } => ledger.ours = false,
            Event::Acknowledged { .. } => ledger.answer_due = None,
            Event::Cancelled => ledger.theirs.clear(),
            Event::Requested(request) => ledger.requests.push(request.id),
            // The stack answers what is open.
            Event::Gone(_) => *ledger = Ledger { gone: true, ..Ledger::default() },
            _ => {}
        }
        self.bridge.take(self.now, side, event);
        self.drain();
    }

    pub fn heard(&mut self, side: Side, sign: Sign) {
        self.bridge.heard(self.now, side, sign);
        self.drain();
    }

    pub fn phase(&mut self, phase: Phase) {
        self.bridge.phase(self.now, phase);
        self.drain();
    }

    /// Lets time pass, with each deadline met.
    pub fn wait(&mut self, span: Span) {
        let end = self.now + span;
        for _ in 0..1000 {
            let Some(deadline) = self.bridge.deadline().filter(|deadline| deadline.at <= end) else {
                self.now = end;
                return;
            };
            self.now = self.now.max(deadline.at);
            self.bridge.advance(self.now);
            self.drain();
        }
        panic!("a deadline that does not go away: {:?}", self.bridge.deadline());
    }

    pub fn drain(&mut self) {
        while let Some(output) = self.bridge.output() {
            match output {
                Output::Sip(side, command) => {
                    self.ledger[side as usize].said(self.now, &command);
                    self.queue[side as usize].push_back(command);
                }
                Output::Media(side, order) => self.orders[side as usize].push(order),
                Output::Event(at, event) => self.events.push((at, event)),
            }
        }
    }

    // What a peer does.

    pub fn accept(&mut self, side: Side, body: Bytes) {
        self.take(side, Event::Accepted { body, timer: SessionTimer::default() });
    }

    pub fn refuse(&mut self, side: Side, code: u16) {
        self.take(side, Event::Refused { code, retry_after: None, min_se: None });
    }

    pub fn reinvite(&mut self, side: Side, body: Bytes) {
        self.take(side, Event::Offered { by: Method::ReInvite, body, timer: SessionTimer::default() });
    }

    pub fn update(&mut self, side: Side, body: Bytes) {
        self.take(side, Event::Offered { by: Method::Update, body, timer: SessionTimer::default() });
    }

    pub fn ack(&mut self, side: Side) {
        self.take(side, Event::Acknowledged { body: Bytes::new() });
    }

    pub fn hang_up(&mut self, side: Side) {
        self.take(side, Event::Gone(Gone::Bye(Some(16))));
    }

    // What it sees.

    /// The next command of that side.
    #[track_caller]
    pub fn next(&mut self, side: Side) -> Command {
        self.queue[side as usize].pop_front().expect("a command")
    }

    #[track_caller]
    pub fn nothing(&self, side: Side) {
        assert_eq!(self.queue[side as usize], []);
    }

    #[track_caller]
    pub fn invite(&mut self) -> Description {
        match self.next(Far) {
            Command::Invite { body, .. } => read(&body),
            other => panic!("{other:?}"),
        }
    }

    #[track_caller]
    pub fn offer(&mut self, side: Side) -> Description {
        match self.next(side) {
            Command::Offer { body, .. } => read(&body),
            other => panic!("{other:?}"),
        }
    }

    #[track_caller]
    pub fn accepted(&mut self, side: Side) -> Description {
        match self.next(side) {
            Command::Accept { body, .. } => read(&body),
            other => panic!("{other:?}"),
        }
    }

    #[track_caller]
    pub fn refused(&mut self, side: Side) -> u16 {
        match self.next(side) {
            Command::Refuse { code, .. } => code,
            other => panic!("{other:?}"),
        }
    }

    /// What the media of that side are to do.
    pub fn order(&self, side: Side) -> &Order {
        self.orders[side as usize].last().unwrap_or(&Order::Nothing)
    }

    /// How it ended; that must be told once.
    #[track_caller]
    pub fn cause(&self) -> EndCause {
        let ends = self.events.iter().filter_map(|(_, event)| match event {
            BridgeEvent::Ended(cause) => Some(*cause),
            _ => None,
        });
        let ends: Vec<EndCause> = ends.collect();
        assert_eq!(ends.len(), 1, "{ends:?}");
        ends[0]
    }

    pub fn told(&self, event: BridgeEvent) -> usize {
        self.events.iter().filter(|(_, told)| *told == event).count()
    }

    /// Whether nothing of ours or theirs is without its answer.
    pub fn is_settled(&self) -> bool {
        self.ledger.iter().all(|ledger| ledger.theirs.is_empty() && ledger.requests.is_empty())
    }

    /// For a message.
    pub fn ledgers(&self) -> &impl core::fmt::Debug {
        &self.ledger
    }

    pub fn offers_of_ours(&self, side: Side) -> bool {
        self.ledger[side as usize].ours
    }

    pub fn requests_of(&self, side: Side) -> usize {
        self.ledger[side as usize].theirs.len()
    }

    pub fn is_answer_due(&self, side: Side) -> bool {
        self.ledger[side as usize].answer_due.is_some()
    }
}

impl Ledger {
    fn said(&mut self, now: Timestamp, command: &Command) {
        match command {
            // A new dialog.
            Command::Invite { .. } => *self = Self { ours: true, ..Self::default() },
            Command::Offer { .. } => {
                let due = self.answer_due.is_some_and(|until| now < until);
                assert!(!self.ours && !due, "a second offer is open");
                self.ours = true;
            }
            Command::Accept { body, .. } => {
                let has_offer = self.theirs.pop().expect("an answer to nothing");
                self.answer_due = (!has_offer && !body.is_empty()).then(|| now + millis(33_000));
            }
            Command::Refuse { .. } => {
                assert!(self.theirs.pop().is_some() || self.gone, "a refusal of nothing");
            }
            Command::Respond { id, .. } => {
                let open = self.requests.iter().position(|open| open == id).expect("a response to nothing");
                self.requests.remove(open);
            }
            _ => {}
        }
    }
}

pub fn read(body: &Bytes) -> Description {
    Description::parse(body).expect("SDP")
}

/// The lines that are not refused, as `audio 10000` or `image 10002`.
pub fn live(description: &Description) -> Vec<String> {
    let live = description.media.iter().filter(|media| media.port != 0);
    live.map(|media: &Media| format!("{} {}", media.kind, media.port)).collect()
}

pub fn request(id: u32, method: &str) -> Event {
    Event::Requested(Request {
        id: RequestId(id),
        method: method.to_owned(),
        content_type: String::new(),
        about: Private::new(String::new()),
        body: Bytes::new(),
    })
}
