//! What is done with octets that stand for a call: its first INVITE and then whatever the two stacks tell.

use bytes::Bytes;
use core::net::{IpAddr, SocketAddr};
use fax_call::media::Sign;
use fax_call::sip::{
    Bridge, BridgeSettings, Command, Event, FarTarget, Gone, Headers, Invitation, LegSettings, Local, Method,
    Output, Request, RequestId, SessionTimer, Stop, Target,
};
use fax_call::{Phase, Side};
use fax_core::{Private, Span, Timestamp};

/// A call is played from `data`; then it is hung up and must end, with one cause, in its time.
pub fn check(data: &[u8]) {
    let mut data = Octets(data);
    let mut now = Timestamp::ZERO;
    let mut bridge = Bridge::new(settings(), &invitation(data.body()), now);
    let mut ends = drain(&mut bridge);
    for _ in 0..200 {
        let Some(what) = data.octet() else { break };
        let side = if what & 1 == 0 { Side::Near } else { Side::Far };
        match what >> 1 & 15 {
            0 => bridge.heard(now, side, data.pick(&[Sign::Cng, Sign::V21Preamble])),
            1 => bridge.phase(now, data.pick(&[Phase::SetUp, Phase::Page, Phase::Released])),
            2 => bridge.finished(now),
            3..6 => {
                now += Span::from_millis(u64::from(data.octet().unwrap_or(0)) * 100);
                bridge.advance(now);
            }
            other => bridge.take(now, side, event(other, &mut data)),
        }
        ends += drain(&mut bridge);
    }
    bridge.hang_up(now, Stop::Internal);
    ends += drain(&mut bridge);
    for _ in 0..100 {
        let Some(deadline) = bridge.deadline() else { break };
        now = now.max(deadline.at);
        bridge.advance(now);
        ends += drain(&mut bridge);
    }
    assert!(bridge.is_over() && bridge.deadline().is_none());
    assert_eq!(ends, 1, "a call ends once");
}

fn event(which: u8, data: &mut Octets<'_>) -> Event {
    let by = if which & 1 == 0 { Method::ReInvite } else { Method::Update };
    match which {
        6 => Event::Progress { code: 183, body: data.body() },
        7 | 8 => Event::Accepted { body: data.body(), timer: data.timer() },
        9 => Event::Refused {
            code: 300 + u16::from(data.octet().unwrap_or(188)),
            retry_after: data.octet().map(|seconds| Span::from_millis(u64::from(seconds) * 1000)),
            min_se: data.timer().min,
        },
        10 | 11 => Event::Offered { by, body: data.body(), timer: data.timer() },
        12 => Event::Acknowledged { body: data.body() },
        13 => Event::Requested(Request {
            id: RequestId(data.octet().unwrap_or(0).into()),
            method: data.pick(&["INFO", "OPTIONS", "REFER", "X"]).to_owned(),
            content_type: String::new(),
            about: Private::new(String::new()),
            body: data.body(),
        }),
        14 => Event::Responded { id: RequestId(data.octet().unwrap_or(0).into()), code: 200 },
        _ => data.pick(&[Event::Cancelled, Event::Gone(Gone::Bye(None)), Event::Gone(Gone::Lost)]),
    }
}

/// Takes all that comes out; counts the ends.
fn drain(bridge: &mut Bridge) -> usize {
    let mut ends = 0;
    while let Some(output) = bridge.output() {
        match output {
            Output::Event(_, fax_call::sip::BridgeEvent::Ended(_)) => ends += 1,
            // Whatever we say can be read.
            Output::Sip(_, Command::Offer { body, .. } | Command::Accept { body, .. })
                if !body.is_empty() =>
            {
                let said = fax_t38::sdp::Description::parse(&body).expect("our own description");
                assert!(said.media.iter().any(|media| media.port != 0), "{said}");
            }
            _ => {}
        }
    }
    ends
}

struct Octets<'a>(&'a [u8]);

impl Octets<'_> {
    fn octet(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[usize::from(self.octet().unwrap_or(0)) % from.len()].clone()
    }

    /// A body: as many octets as the next two say.
    fn body(&mut self) -> Bytes {
        let length = [self.octet(), self.octet()].map(|octet| octet.unwrap_or(0));
        let length = usize::from(u16::from_be_bytes(length)).min(self.0.len());
        let (body, rest) = self.0.split_at(length);
        self.0 = rest;
        Bytes::copy_from_slice(body)
    }

    fn timer(&mut self) -> SessionTimer {
        let seconds = |octet: u8| Span::from_millis(u64::from(octet) * 10_000);
        SessionTimer {
            supported: self.octet().unwrap_or(0) & 1 == 1,
            expires: self.octet().filter(|&octet| octet > 0).map(seconds),
            requester_refreshes: [None, Some(true), Some(false), None]
                [usize::from(self.octet().unwrap_or(0) & 3)],
            min: self.octet().filter(|&octet| octet > 0).map(seconds),
        }
    }
}

fn settings() -> BridgeSettings {
    let host: IpAddr = [198, 51, 100, 1].into();
    let leg = |port| LegSettings::new(Local { host, rtp_port: port, udptl_port: port + 2, origin: 1 });
    let nobody = || Private::new(String::new());
    let target = Target {
        trunk: String::new(),
        caller: nobody(),
        called: nobody(),
        max_forwards: 70,
        hops: 0,
        headers: Headers::default(),
    };
    let target = FarTarget { target, budget: Span::from_millis(10_000), leg: leg(20_000) };
    BridgeSettings::new(leg(10_000), vec![target.clone(), target], 1)
}

fn invitation(body: Bytes) -> Invitation {
    Invitation {
        call_id: String::new(),
        caller: Private::new(String::new()),
        called: Private::new(String::new()),
        source: SocketAddr::new([192, 0, 2, 1].into(), 5060),
        trunk: String::new(),
        max_forwards: 70,
        hops: 0,
        headers: Headers::default(),
        body,
        timer: SessionTimer::default(),
    }
}
