//! Whatever peers do, in whatever order: no panic, one open offer, one final response each, and an end.

#[path = "../fuzz/sip.rs"]
#[allow(unreachable_pub, reason = "the fuzz target is another crate")]
mod fuzz;

use crate::peer::*;
use bytes::Bytes;
use fax_call::media::Sign;
use fax_call::sip::{BridgeEvent, Event, Gone, Method, RequestId, SessionTimer, T38Mode};
use fax_call::{Phase, Side};

/// SplitMix64.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % sides
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.roll(from.len() as u64) as usize]
    }

    fn body(&mut self, side: Side) -> Bytes {
        let version = 1 + self.roll(4) as u32;
        let held = ["", "a=sendonly\r\n", "a=inactive\r\n"];
        match self.roll(12) {
            0 => Bytes::new(),
            1 => Bytes::from_static(b"nonsense"),
            2..5 => sdp(side, version, &format!("{AUDIO}{}", self.pick(&held))),
            5 => sdp(side, version, &format!("{AUDIO}{FAX}")),
            6 => sdp(side, version, &format!("{AUDIO}m=image 0 udptl t38\r\n")),
            7 => sdp(side, version, "m=audio 0 RTP/AVP 8\r\nm=image 0 udptl t38\r\n"),
            8 => sdp(side, version, FAX),
            9 => sdp(side, version, "m=audio 4000 RTP/AVP 18\r\n"),
            _ => sdp(side, version, &audio_off_fax()),
        }
    }

    fn timer(&mut self) -> SessionTimer {
        let expires = self.pick(&[None, None, Some(60), Some(90), Some(600), Some(1800)]);
        SessionTimer {
            supported: self.roll(2) == 0,
            expires: expires.map(|seconds| millis(seconds * 1000)),
            requester_refreshes: self.pick(&[None, Some(true), Some(false)]),
            min: self.pick(&[None, Some(millis(90_000)), Some(millis(2_000_000))]),
        }
    }

    fn settings(&mut self) -> fax_call::sip::BridgeSettings {
        let mut settings = settings();
        settings.seed = self.0;
        if self.roll(2) == 0 {
            settings.targets.push(target(millis(5_000)));
        }
        let modes = [T38Mode::Prefer, T38Mode::Prefer, T38Mode::Require, T38Mode::Never];
        settings.near.t38 = self.pick(&modes);
        for target in &mut settings.targets {
            target.leg.t38 = self.pick(&modes);
            target.leg.fallback = self.roll(4) > 0;
        }
        settings
    }

    /// A call; three in four are answered to begin with.
    fn call(&mut self) -> Call {
        let settings = self.settings();
        if self.roll(4) == 0 {
            return Call::new(settings, self.body(Near));
        }
        let mut call = Call::new(settings, sdp(Near, 1, AUDIO));
        call.accept(Far, sdp(Far, 1, AUDIO));
        call.ack(Near);
        call
    }

    /// Something that this peer may do in its state, as a stack would tell it; or anything, if it is lawless.
    fn event(&mut self, call: &Call, side: Side, lawless: bool) -> Option<Event> {
        let codes = [302, 404, 408, 422, 481, 486, 488, 491, 500, 503, 603];
        let by = self.pick(&[Method::ReInvite, Method::Update]);
        Some(match self.roll(16) {
            0..4 if lawless || call.offers_of_ours(side) => {
                Event::Accepted { body: self.body(side), timer: self.timer() }
            }
            4..6 if lawless || call.offers_of_ours(side) => Event::Refused {
                code: self.pick(&codes),
                retry_after: self.pick(&[None, Some(millis(1_000)), Some(millis(60_000))]),
                min_se: self.pick(&[None, Some(millis(5_000_000))]),
            },
            6 => Event::Progress { code: self.pick(&[180, 183, 199]), body: self.body(side) },
            7..11 if lawless || call.requests_of(side) < 3 => {
                Event::Offered { by, body: self.body(side), timer: self.timer() }
            }
            11..13 => Event::Acknowledged { body: self.body(side) },
            13 => request(self.roll(1 << 30) as u32, self.pick(&["INFO", "OPTIONS", "REFER", "X"])),
            14 => Event::Responded { id: RequestId(self.roll(4) as u32), code: 200 },
            15 if self.roll(8) == 0 && side == Side::Near && (lawless || call.requests_of(side) > 0) => {
                Event::Cancelled
            }
            _ => return None,
        })
    }

    fn play(&mut self, call: &mut Call, steps: usize, lawless: bool) {
        let signs = [Sign::Cng, Sign::Ced, Sign::Ansam, Sign::V21Preamble];
        let phases = [Phase::SetUp, Phase::Identified, Phase::Commanded, Phase::Page, Phase::Released];
        for _ in 0..steps {
            let side = self.pick(&[Near, Far]);
            match self.roll(8) {
                0 => call.heard(side, self.pick(&signs)),
                1 => call.phase(self.pick(&phases)),
                2..4 => call.wait(millis(self.pick(&[0, 1, 500, 2_000, 10_000, 200_000]))),
                _ => {
                    if let Some(event) = self.event(call, side, lawless) {
                        call.take(side, event);
                    }
                }
            }
        }
    }
}

#[test]
fn every_call_ends_once_whatever_the_peers_do() {
    let (mut answered, mut switched) = (0, 0);
    for seed in 0..5_000 {
        let mut dice = Dice(seed);
        let mut call = dice.call();
        dice.play(&mut call, 40, false);
        let gone = dice.pick(&[Gone::Bye(Some(16)), Gone::Bye(None), Gone::Lost, Gone::AsAsked]);
        // A cause once it has one; else this is it, unless there is another target.
        call.take(dice.pick(&[Near, Far]), Event::Gone(gone));
        call.wait(millis(230_000));
        if !matches!(call.events.last(), Some((_, BridgeEvent::Ended(_)))) {
            call.take(Near, Event::Gone(gone));
            call.wait(millis(40_000));
        }
        assert!(call.bridge.is_over(), "seed {seed}: {:?}", call.events);
        assert_eq!(call.bridge.deadline(), None, "seed {seed}");
        assert!(call.is_settled(), "seed {seed}: a request without an answer: {:?}", call.ledgers());
        call.cause();
        let told = |is: fn(&BridgeEvent) -> bool| call.events.iter().any(|(_, event)| is(event));
        answered += u32::from(told(|event| matches!(event, BridgeEvent::Answered(_))));
        switched += u32::from(told(|event| matches!(event, BridgeEvent::Switched { .. })));
    }
    assert!(answered > 3_750 && switched > 1_250, "{answered} answered, {switched} switched");
}

#[test]
fn events_in_no_order_at_all_do_no_harm() {
    for seed in 0..5_000 {
        let mut dice = Dice(seed ^ 0xA5A5);
        let mut call = dice.call();
        dice.play(&mut call, 60, true);
        call.bridge.hang_up(call.now, fax_call::sip::Stop::Internal);
        call.drain();
        call.wait(millis(40_000));
        assert!(call.bridge.is_over(), "seed {seed}");
        call.cause();
    }
}

/// Descriptions cut, joined and spoiled at random, wherever a body may come.
#[test]
fn no_description_does_harm() {
    for seed in 0..2_000 {
        let mut dice = Dice(seed ^ 0x5D9);
        let mut spoiled = |side: Side| {
            let mut octets = dice.body(side).to_vec();
            for _ in 0..dice.roll(6) {
                let length = octets.len().max(1) as u64;
                let at = (dice.roll(length) as usize).min(octets.len());
                match dice.roll(4) {
                    0 => octets.truncate(at),
                    1 => octets.splice(at..at, dice.body(side)).for_each(drop),
                    2 => octets.insert(at, dice.roll(256) as u8),
                    _ => octets.iter_mut().skip(at).take(1).for_each(|octet| *octet = dice.roll(256) as u8),
                }
            }
            Bytes::from(octets)
        };
        let mut call = Call::new(settings(), spoiled(Near));
        for side in [Far, Near, Far, Near, Far, Near] {
            call.take(side, Event::Progress { code: 183, body: spoiled(side) });
            if call.offers_of_ours(side) {
                call.accept(side, spoiled(side));
            }
            call.reinvite(side, spoiled(side));
            call.heard(side, Sign::V21Preamble);
            call.wait(millis(1_000));
            if call.is_answer_due(side) {
                call.take(side, Event::Acknowledged { body: spoiled(side) });
            }
        }
        call.hang_up(Near);
        call.wait(millis(40_000));
        assert!(call.bridge.is_over(), "seed {seed}: {:?}", call.events);
        assert!(call.is_settled(), "seed {seed}: a request without an answer: {:?}", call.ledgers());
    }
}

/// The body of the fuzz target, on random octets and on its seeds with octets changed, left out and put in.
#[test]
fn octets_that_stand_for_a_call_do_no_harm() {
    let corpus = concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz/corpus/sip");
    let mut seeds: Vec<_> = std::fs::read_dir(corpus).unwrap().map(|entry| entry.unwrap().path()).collect();
    seeds.sort();
    assert!(seeds.len() >= 10);
    let mut dice = Dice(0xF022);
    for seed in seeds.iter().map(|path| std::fs::read(path).unwrap()) {
        fuzz::check(&seed);
        for _ in 0..300 {
            let mut octets = seed.clone();
            for _ in 0..=dice.roll(8) {
                let at = dice.roll(octets.len() as u64) as usize;
                match dice.roll(3) {
                    0 => drop(octets.remove(at)),
                    1 => octets.insert(at, dice.roll(256) as u8),
                    _ => octets[at] = dice.roll(256) as u8,
                }
            }
            fuzz::check(&octets);
        }
    }
    for _ in 0..2_000 {
        let octets: Vec<u8> = (0..dice.roll(400)).map(|_| dice.roll(256) as u8).collect();
        fuzz::check(&octets);
    }
}
