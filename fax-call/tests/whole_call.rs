//! Whole faxes through the gateway in virtual time, signalling included: two machines with dialogs of their own, and a
//! bridge with its media between them.

use bytes::Bytes;
use fax_call::media::{self, Path, Socket};
use fax_call::sip::{
    Bridge, BridgeEvent, BridgeSettings, Command, EndCause, Event, FarTarget, Gone, Headers, Invitation,
    Kind, LegSettings, Local, Output, T38Mode, Target,
};
use fax_call::{OffersT38, Phone, PhoneSettings, Side};
use fax_core::image::Resolution;
use fax_core::t30::session::{Cause, Role};
use fax_core::terminal::{self, Document, FaxMachine, Page, PageWriter};
use fax_core::{Private, Span, Timestamp};
use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};

fn at(ms: u64) -> Timestamp {
    Timestamp::from_micros(ms * 1000)
}

fn page() -> Page {
    let mut page = PageWriter::new(1728, Resolution::FINE, 1 << 20).unwrap();
    for row in 0..300_u32 {
        let pels: Vec<u8> =
            (0..216_u32).map(|at| if (at / 9 + row / 16) % 3 == 0 { 0xF0 } else { 0 }).collect();
        page.row(&pels).unwrap();
    }
    page.finish()
}

fn host(last: u8) -> IpAddr {
    [192, 0, 2, last].into()
}

/// RTP at 4000, UDPTL at 4002 of each host.
fn leg(last: u8, t38: T38Mode) -> LegSettings {
    let local = Local { host: host(last), rtp_port: 4000, udptl_port: 4002, origin: last.into() };
    LegSettings { t38, ..LegSettings::new(local) }
}

fn address(last: u8, socket: Socket) -> SocketAddr {
    (host(last), if socket == Socket::Rtp { 4000 } else { 4002 }).into()
}

fn target() -> Target {
    let number = |digits: &str| Private::new(digits.to_owned());
    Target {
        trunk: "b".into(),
        caller: number("1"),
        called: number("2"),
        max_forwards: 70,
        hops: 0,
        headers: Headers::default(),
    }
}

fn phone_settings(last: u8, t38: T38Mode, offers: OffersT38) -> PhoneSettings {
    PhoneSettings { leg: leg(last, t38), media: media::LegSettings::default(), offers, seed: last.into() }
}

/// One wire between two ends of a dialog: what the one commands the other is told, 10 ms later.
#[derive(Default)]
struct Wire {
    /// For the end that called, and for the one that was called.
    queues: [VecDeque<(Timestamp, Event)>; 2],
    /// Whether the open request of an end is an INVITE without a final response.
    inviting: [bool; 2],
}

impl Wire {
    fn command(&mut self, now: Timestamp, end: usize, command: Command) {
        let other = 1 - end;
        let later = now + Span::from_millis(10);
        let mut tell = |end: usize, event| self.queues[end].push_back((later, event));
        match command {
            Command::Invite { target, body, timer } => {
                self.inviting[end] = true;
                tell(
                    other,
                    Event::Invited(Invitation {
                        call_id: "1".into(),
                        caller: target.caller,
                        called: target.called,
                        source: ([192, 0, 2, 1], 5060).into(),
                        trunk: "a".into(),
                        max_forwards: target.max_forwards,
                        hops: target.hops,
                        headers: target.headers,
                        body,
                        timer,
                    }),
                );
            }
            Command::Progress { code, body } => tell(other, Event::Progress { code, body }),
            Command::Accept { body, timer } => {
                tell(other, Event::Accepted { body, timer });
                tell(end, Event::Acknowledged { body: Bytes::new() });
                self.inviting[other] = false;
            }
            Command::Refuse { code, retry_after, min_se } => {
                tell(other, Event::Refused { code, retry_after, min_se });
                self.inviting[other] = false;
            }
            Command::Offer { by, body, timer } => tell(other, Event::Offered { by, body, timer }),
            Command::Acknowledge { body } => tell(other, Event::Acknowledged { body }),
            Command::Cancel => tell(other, Event::Cancelled),
            Command::Bye => {
                tell(other, Event::Gone(Gone::Bye(None)));
                tell(end, Event::Gone(Gone::AsAsked));
            }
            Command::Request(request) => tell(other, Event::Requested(request)),
            Command::Respond { id, code } => tell(other, Event::Responded { id, code }),
        }
    }

    fn next(&mut self, now: Timestamp, end: usize) -> Option<Event> {
        let due = self.queues[end].front().is_some_and(|(at, _)| *at <= now);
        due.then(|| self.queues[end].pop_front()).flatten().map(|(_, event)| event)
    }

    fn deadline(&self) -> Option<Timestamp> {
        self.queues.iter().filter_map(|queue| queue.front()).map(|(at, _)| *at).min()
    }
}

struct Call {
    now: Timestamp,
    caller: Phone,
    bridge: Option<Bridge>,
    path: Path,
    answerer: Option<Phone>,
    near_wire: Wire,
    far_wire: Wire,
    bridge_settings: BridgeSettings,
    answerer_settings: PhoneSettings,
    events: Vec<BridgeEvent>,
    /// From when to when a switch would have cut something in half.
    cuts: Vec<(Timestamp, Timestamp)>,
    cutting: bool,
}

impl Call {
    fn new(caller: PhoneSettings, near: T38Mode, far: T38Mode, answerer: PhoneSettings) -> Self {
        let machine =
            FaxMachine::new(Role::Caller, terminal::Settings::default(), Document::from_iter([page()]));
        let far = FarTarget { target: target(), budget: Span::from_millis(20_000), leg: leg(3, far) };
        Self {
            now: Timestamp::ZERO,
            caller: Phone::call(machine, caller, target(), Timestamp::ZERO),
            bridge: None,
            path: Path::new(media::Settings::default()),
            answerer: None,
            near_wire: Wire::default(),
            far_wire: Wire::default(),
            bridge_settings: BridgeSettings::new(leg(2, near), vec![far], 5),
            answerer_settings: answerer,
            events: Vec::new(),
            cuts: Vec::new(),
            cutting: false,
        }
    }

    fn play(&mut self) {
        loop {
            self.signalling();
            self.advance();
            self.media();
            if self.is_over() {
                return;
            }
            let deadlines = [
                self.caller.deadline(),
                self.bridge.as_ref().and_then(|it| it.deadline()).map(|it| it.at),
                self.path.deadline().map(|it| it.at),
                self.answerer.as_ref().and_then(|it| it.deadline()),
                self.near_wire.deadline(),
                self.far_wire.deadline(),
            ];
            self.now = deadlines.into_iter().flatten().min().expect("something is waited for").max(self.now);
            assert!(self.now < at(180_000), "{:?}", self.events);
        }
    }

    fn is_over(&self) -> bool {
        let bridge = self.bridge.as_ref().is_some_and(Bridge::is_over);
        self.caller.is_over() && bridge && self.answerer.as_ref().is_none_or(Phone::is_over)
    }

    fn signalling(&mut self) {
        let now = self.now;
        while let Some(event) = self.near_wire.next(now, 0) {
            self.caller.take(now, event);
        }
        while let Some(event) = self.near_wire.next(now, 1) {
            match (event, &mut self.bridge) {
                (Event::Invited(it), None) => {
                    self.bridge = Some(Bridge::new(self.bridge_settings.clone(), &it, now))
                }
                (event, Some(bridge)) => bridge.take(now, Side::Near, event),
                (event, None) => panic!("{event:?}"),
            }
        }
        while let Some(event) = self.far_wire.next(now, 0) {
            self.bridge.as_mut().unwrap().take(now, Side::Far, event);
        }
        while let Some(event) = self.far_wire.next(now, 1) {
            match (event, &mut self.answerer) {
                (Event::Invited(it), None) => {
                    let machine =
                        FaxMachine::new(Role::Answerer, terminal::Settings::default(), Document::default());
                    self.answerer =
                        Some(Phone::answer(machine, self.answerer_settings.clone(), &it, now).unwrap());
                }
                (event, Some(phone)) => phone.take(now, event),
                (event, None) => panic!("{event:?}"),
            }
        }
    }

    fn advance(&mut self) {
        let now = self.now;
        self.caller.advance(now);
        self.path.advance(now);
        if let Some(bridge) = &mut self.bridge {
            bridge.advance(now);
            let cuts = self.path.is_cut_by_a_switch();
            bridge.carrier(cuts);
            match (core::mem::replace(&mut self.cutting, cuts), cuts) {
                (false, true) => self.cuts.push((now, now)),
                (true, _) => self.cuts.last_mut().expect("it began").1 = now,
                (false, false) => {}
            }
            while let Some((_, side, sign)) = self.path.sign() {
                bridge.heard(now, side, sign);
            }
            if let Some(record) = self.path.record() {
                bridge.phase(now, record.phase());
            }
            while let Some(output) = bridge.output() {
                match output {
                    Output::Sip(Side::Near, command) => self.near_wire.command(now, 1, command),
                    Output::Sip(Side::Far, command) => self.far_wire.command(now, 0, command),
                    Output::Media(side, order) => self.path.order(now, side, order),
                    Output::Event(_, event) => self.events.push(event),
                }
            }
        }
        while let Some(command) = self.caller.command() {
            self.near_wire.command(now, 0, command);
        }
        if let Some(answerer) = &mut self.answerer {
            answerer.advance(now);
            while let Some(command) = answerer.command() {
                self.far_wire.command(now, 1, command);
            }
        }
    }

    fn media(&mut self) {
        let now = self.now;
        let mut out = [0; 1500];
        while let Some(it) = self.caller.transmit(&mut out) {
            assert_eq!(it.to, address(2, it.socket));
            self.path.receive(now, Side::Near, it.socket, address(1, it.socket), &out[..it.length]);
        }
        while let Some(it) = self.path.transmit(Side::Near, &mut out) {
            self.caller.receive(now, it.socket, address(2, it.socket), &out[..it.length]);
        }
        let Some(answerer) = &mut self.answerer else { return };
        while let Some(it) = answerer.transmit(&mut out) {
            assert_eq!(it.to, address(3, it.socket));
            self.path.receive(now, Side::Far, it.socket, address(4, it.socket), &out[..it.length]);
        }
        while let Some(it) = self.path.transmit(Side::Far, &mut out) {
            answerer.receive(now, it.socket, address(3, it.socket), &out[..it.length]);
        }
    }

    /// The fax went well, and its page is the one that was sent.
    fn assert_page(&mut self) {
        let answerer = self.answerer.as_mut().expect("was called");
        let outcomes = [&mut self.caller, answerer]
            .map(|it| it.station().terminal().machine().outcome().map(|outcome| outcome.cause));
        assert_eq!(outcomes, [Some(Cause::Success); 2], "{:?}", self.events);
        let received = self.answerer.as_mut().unwrap().station().terminal().machine().received();
        assert_eq!((received.len(), received[0].page.raster()), (1, page().raster()));
    }

    fn has_switched(&self, side: Side) -> bool {
        let to_t38 = |event: &BridgeEvent| matches!(event, BridgeEvent::Switched { side: there, media: Kind::T38, .. } if *there == side);
        self.events.iter().any(to_t38)
    }
}

use OffersT38::{AtOnce, First, Never};

#[test]
fn audio_becomes_t38_on_the_far_leg_when_the_gateway_hears_the_answer() {
    let caller = phone_settings(1, T38Mode::Never, Never);
    let mut call =
        Call::new(caller, T38Mode::Never, T38Mode::Prefer, phone_settings(4, T38Mode::Prefer, Never));
    call.play();
    call.assert_page();
    assert!(call.has_switched(Side::Far) && !call.has_switched(Side::Near));
    assert!(
        matches!(call.events.last(), Some(BridgeEvent::Ended(EndCause::HungUp(..)))),
        "{:?}",
        call.events
    );
}

#[test]
fn a_peer_that_offers_t38_itself_gets_it() {
    let caller = phone_settings(1, T38Mode::Never, Never);
    let mut call =
        Call::new(caller, T38Mode::Never, T38Mode::Prefer, phone_settings(4, T38Mode::Prefer, AtOnce));
    call.play();
    call.assert_page();
    assert!(call.has_switched(Side::Far));
}

#[test]
fn t38_on_both_legs_is_relayed() {
    let caller = phone_settings(1, T38Mode::Prefer, Never);
    let mut call =
        Call::new(caller, T38Mode::Prefer, T38Mode::Prefer, phone_settings(4, T38Mode::Prefer, Never));
    call.play();
    call.assert_page();
    assert!(call.has_switched(Side::Far) && call.has_switched(Side::Near));
}

#[test]
fn a_caller_with_t38_reaches_a_machine_on_audio() {
    let caller = phone_settings(1, T38Mode::Prefer, Never);
    let mut call =
        Call::new(caller, T38Mode::Prefer, T38Mode::Never, phone_settings(4, T38Mode::Never, Never));
    call.play();
    call.assert_page();
    assert!(call.has_switched(Side::Near) && !call.has_switched(Side::Far));
}

#[test]
fn a_first_invite_of_t38_alone_reaches_a_machine_on_audio() {
    let caller = phone_settings(1, T38Mode::Prefer, First);
    let mut call =
        Call::new(caller, T38Mode::Prefer, T38Mode::Never, phone_settings(4, T38Mode::Never, Never));
    call.play();
    call.assert_page();
}

#[test]
fn a_first_invite_of_t38_alone_becomes_t38_on_the_far_leg_too_if_it_can() {
    let caller = phone_settings(1, T38Mode::Prefer, First);
    let mut call =
        Call::new(caller, T38Mode::Prefer, T38Mode::Prefer, phone_settings(4, T38Mode::Prefer, Never));
    call.play();
    call.assert_page();
    assert!(call.has_switched(Side::Far));
}

#[test]
fn t38_that_is_refused_leaves_the_fax_on_audio() {
    let caller = phone_settings(1, T38Mode::Never, Never);
    let mut call =
        Call::new(caller, T38Mode::Never, T38Mode::Prefer, phone_settings(4, T38Mode::Never, Never));
    call.play();
    call.assert_page();
    assert!(!call.has_switched(Side::Far));
    assert!(call.events.iter().any(|event| matches!(event, BridgeEvent::Refused { code: 488, .. })));
}

/// SIP-17.
#[test]
fn in_audio_a_switch_would_cut_the_training_check_and_the_page_and_nothing_else() {
    let caller = phone_settings(1, T38Mode::Never, Never);
    let mut call =
        Call::new(caller, T38Mode::Never, T38Mode::Never, phone_settings(4, T38Mode::Never, Never));
    call.play();
    call.assert_page();
    let lengths: Vec<u64> = call.cuts.iter().map(|(from, to)| to.since(*from).micros() / 1000).collect();
    let [check, page] = lengths[..] else { panic!("{:?}", call.cuts) };
    // V.17 trains for 1.4 s, TCF lasts 1.5 s, and each burst is known 0.6 s after it began.
    assert!((2200..2500).contains(&check) && page > 4000, "{lengths:?}");
}

#[test]
fn t38_that_is_required_and_refused_ends_the_call_with_that_cause() {
    let caller = phone_settings(1, T38Mode::Never, Never);
    let mut call =
        Call::new(caller, T38Mode::Never, T38Mode::Require, phone_settings(4, T38Mode::Never, Never));
    call.play();
    assert_eq!(call.events.last(), Some(&BridgeEvent::Ended(EndCause::T38Refused(Side::Far, 488))));
}
