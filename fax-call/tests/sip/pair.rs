//! Two of our own gateways with a network between them: whatever each hears and when, they agree.

use crate::peer::*;
use bytes::Bytes;
use fax_call::media::{Order, Sign};
use fax_call::sip::{
    Bridge, BridgeEvent, BridgeSettings, Command, Event, Gone, LateOffers, Method, Output, SessionTimer,
    Stop, T38Mode, TimerSettings,
};
use fax_call::{Phase, Side};
use fax_core::{Span, Timestamp};
use fax_t38::sdp::Flow as FaxFlow;

/// SplitMix64.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % sides
    }
}

/// The caller's gateway, whose far leg is the near leg of the called one's.
struct Pair {
    now: Timestamp,
    dice: Dice,
    ends: [Option<Bridge>; 2],
    orders: [Order; 2],
    /// What is under way, and to which end; in order for each end.
    wire: Vec<(Timestamp, usize, Event)>,
    /// Whether the request that is open from each end is an INVITE, whose 2xx is acknowledged.
    invite: [bool; 2],
    called: BridgeSettings,
    glares: usize,
    over: [usize; 2],
}

/// The leg of each end that is between the two.
const INNER: [Side; 2] = [Side::Far, Side::Near];

impl Pair {
    fn new(caller: BridgeSettings, called: BridgeSettings, dice: Dice) -> Self {
        let bridge = Bridge::new(caller, &invitation(sdp(Near, 1, AUDIO)), Timestamp::ZERO);
        let mut pair = Self {
            now: Timestamp::ZERO,
            dice,
            ends: [Some(bridge), None],
            orders: [Order::Nothing, Order::Nothing],
            wire: Vec::new(),
            invite: [true; 2],
            called,
            glares: 0,
            over: [0; 2],
        };
        pair.drain();
        pair
    }

    fn run(&mut self, span: Span) {
        let end = self.now + span;
        loop {
            let deadlines = self.ends.iter().flatten().filter_map(|bridge| Some(bridge.deadline()?.at));
            let arrivals = self.wire.iter().map(|(at, ..)| *at);
            let Some(next) = deadlines.chain(arrivals).min().filter(|&next| next <= end) else { break };
            self.now = self.now.max(next);
            for bridge in self.ends.iter_mut().flatten() {
                bridge.advance(self.now);
            }
            while let Some(first) = self.wire.iter().position(|(at, ..)| *at <= self.now) {
                let (_, end, event) = self.wire.remove(first);
                if let Some(bridge) = &mut self.ends[end] {
                    bridge.take(self.now, INNER[end], event);
                }
                self.drain();
            }
            self.drain();
        }
        self.now = end;
    }

    fn heard(&mut self, end: usize) {
        if let Some(bridge) = &mut self.ends[end] {
            bridge.heard(self.now, Side::Far, Sign::V21Preamble);
        }
        self.drain();
    }

    fn drain(&mut self) {
        for end in 0..2 {
            while let Some(output) = self.ends[end].as_mut().and_then(Bridge::output) {
                match output {
                    Output::Sip(side, command) if side == INNER[end] => self.send(end, command),
                    Output::Sip(side, command) => self.outer(end, side, &command),
                    Output::Media(side, order) if side == INNER[end] => self.orders[end] = order,
                    Output::Event(_, BridgeEvent::Glare(_)) => self.glares += 1,
                    Output::Event(_, BridgeEvent::Ended(_)) => self.over[end] += 1,
                    Output::Media(..) | Output::Event(..) => {}
                }
            }
        }
    }

    fn deliver(&mut self, to: usize, event: Event) {
        let last = self.wire.iter().filter(|(_, end, _)| *end == to).map(|(at, ..)| *at).max();
        let at = self.now + millis(10 + self.dice.roll(200));
        self.wire.push((at.max(last.unwrap_or_default()), to, event));
    }

    /// What a stack makes of a command at one end and of the message at the other.
    fn send(&mut self, end: usize, command: Command) {
        let other = 1 - end;
        match command {
            Command::Invite { body, timer, .. } => {
                self.invite[end] = true;
                let mut invitation = invitation(body);
                invitation.timer = timer;
                self.ends[other] = Some(Bridge::new(self.called.clone(), &invitation, self.now));
            }
            Command::Progress { code, body } => self.deliver(other, Event::Progress { code, body }),
            Command::Offer { by, body, timer } => {
                self.invite[end] = by == Method::ReInvite;
                self.deliver(other, Event::Offered { by, body, timer });
            }
            Command::Accept { body, timer } => {
                self.deliver(other, Event::Accepted { body, timer });
                if self.invite[other] {
                    self.deliver(end, Event::Acknowledged { body: Bytes::new() });
                }
            }
            Command::Refuse { code, retry_after, min_se } => {
                self.deliver(other, Event::Refused { code, retry_after, min_se });
            }
            Command::Bye => {
                self.deliver(other, Event::Gone(Gone::Bye(None)));
                self.deliver(end, Event::Gone(Gone::AsAsked));
            }
            Command::Cancel => {
                self.deliver(other, Event::Cancelled);
                self.deliver(end, Event::Gone(Gone::AsAsked));
            }
            Command::Acknowledge { .. } | Command::Respond { .. } | Command::Request(_) => {}
        }
    }

    /// The outer peers answer in audio, take what they are offered, and go when they are told.
    fn outer(&mut self, end: usize, side: Side, command: &Command) {
        let timer = SessionTimer::default();
        let event = match command {
            Command::Invite { .. } => Event::Accepted { body: sdp(Far, 1, AUDIO), timer },
            Command::Offer { .. } => Event::Refused { code: 488, retry_after: None, min_se: None },
            Command::Accept { .. } => Event::Acknowledged { body: Bytes::new() },
            Command::Bye | Command::Cancel => Event::Gone(Gone::AsAsked),
            _ => return,
        };
        if let Some(bridge) = &mut self.ends[end] {
            bridge.take(self.now, side, event);
        }
    }
}

fn settings(dice: &mut Dice) -> [BridgeSettings; 2] {
    let one = |port: u16, dice: &mut Dice| {
        let mut settings = BridgeSettings::new(leg(port), vec![target(millis(10_000))], dice.0);
        settings.near.t38 = T38Mode::Never;
        settings.targets[0].leg.t38 = T38Mode::Never;
        settings
    };
    let [mut caller, mut called] = [one(10_000, dice), one(30_000, dice)];
    let timer = TimerSettings { expires: Some(millis(90_000 + dice.roll(60) * 1000)), min: millis(90_000) };
    for inner in [&mut caller.targets[0].leg, &mut called.near] {
        inner.t38 = T38Mode::Prefer;
        inner.timer = timer;
        inner.late = LateOffers::Take;
    }
    [caller, called]
}

/// SIP-5, SIP-6: both hear the fax at nearly the same time, and both offer.
#[test]
fn two_gateways_that_both_offer_end_up_in_the_same_t38() {
    let mut glares = 0;
    for seed in 0..200 {
        let mut dice = Dice(seed);
        let [caller, called] = settings(&mut dice);
        let mut pair = Pair::new(caller, called, dice);
        pair.run(millis(5_000));
        assert!(
            pair.orders.iter().all(|order| matches!(order, Order::Audio(_))),
            "seed {seed}: {:?}",
            pair.orders
        );
        let first = pair.dice.roll(2) as usize;
        pair.heard(first);
        let between = millis(pair.dice.roll(400));
        pair.run(between);
        pair.heard(1 - first);
        pair.run(millis(20_000));
        let [Order::T38(caller), Order::T38(called)] = &pair.orders else {
            panic!("seed {seed}: {:?}", pair.orders)
        };
        assert_eq!((caller.remote.port(), called.remote.port()), (30_002, 20_002), "seed {seed}");
        assert_eq!(caller.session.version, called.session.version);
        assert_eq!(caller.session.flow, FaxFlow::Running);
        glares += usize::from(pair.glares > 0);

        // Refreshes of both change nothing (SIP-8).
        let before = pair.orders.clone();
        for bridge in pair.ends.iter_mut().flatten() {
            bridge.phase(pair.now, Phase::Page);
        }
        pair.run(millis(600_000));
        assert_eq!(pair.orders, before, "seed {seed}");
        assert_eq!(pair.over, [0, 0], "seed {seed}");

        let end = pair.dice.roll(2) as usize;
        let now = pair.now;
        pair.ends[end].as_mut().unwrap().hang_up(now, Stop::Operator);
        pair.drain();
        pair.run(millis(40_000));
        assert!(pair.ends.iter().flatten().all(Bridge::is_over), "seed {seed}");
        assert_eq!(pair.over, [1, 1], "seed {seed}");
    }
    assert!(glares > 20, "{glares} of 200 met");
}

/// SIP-1.
#[test]
fn a_gateway_that_may_not_leaves_both_in_audio() {
    for seed in 0..100 {
        let mut dice = Dice(seed);
        let [mut caller, mut called] = settings(&mut dice);
        let one = if seed % 2 == 0 { &mut caller.targets[0].leg } else { &mut called.near };
        one.t38 = T38Mode::Never;
        let mut pair = Pair::new(caller, called, dice);
        pair.run(millis(5_000));
        pair.heard(0);
        pair.heard(1);
        pair.run(millis(60_000));
        assert!(
            pair.orders.iter().all(|order| matches!(order, Order::Audio(_))),
            "seed {seed}: {:?}",
            pair.orders
        );
    }
}
