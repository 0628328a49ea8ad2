//! Whole calls between two scripted machines, in virtual time.

mod support;

use fax_call::{Call, CallRecord, Cause, EcmUse, Ending, Event, How, Leg, Phase, Policy, Retry, Side};
use fax_core::t30::fields::Bit;
use fax_core::t30::{Body, Frame};
use fax_core::{FrameEnd, Timestamp};
use fax_t38::Version;
use fax_t38::line::{Pacing, Settings, T38Line, Udptl};
use fax_t38::udptl::{Layout, Protection, ReceiverSettings, SenderSettings};
use support::{
    Fault, Machine, Step, World, answerer, answerer_without_ecm, bursts, caller, caller_without_ecm,
};

/// How a T.38 leg writes.
#[derive(Clone, Copy)]
struct Dialect {
    version: u8,
    protection: Protection,
    max_datagram: usize,
}

const PLAIN: Dialect =
    Dialect { version: 0, protection: Protection::Secondaries { control: 7, image: 3 }, max_datagram: 400 };
const OTHER: Dialect = Dialect {
    version: 3,
    protection: Protection::Parity { span: 3, rows: 2, layout: Layout::Raw },
    max_datagram: 1400,
};

fn t38(dialect: Dialect, pacing: Pacing) -> Leg {
    let version = Version::new(dialect.version);
    let receiver = ReceiverSettings { syntax: version.syntax(), ..ReceiverSettings::default() };
    let sender = SenderSettings {
        protection: dialect.protection,
        peer_max_datagram: dialect.max_datagram,
        ..SenderSettings::default()
    };
    let settings = Settings { version, pacing, ..Settings::default() };
    Leg::t38(T38Line::over(Udptl::new(receiver, sender), settings))
}

fn machine(dialect: Dialect) -> Leg {
    t38(dialect, Pacing::METERED)
}

fn leg(dialect: Dialect) -> Leg {
    t38(dialect, Pacing::Live)
}

fn gateway() -> World {
    gateway_of(caller(), answerer())
}

fn gateway_without_ecm() -> World {
    gateway_of(caller_without_ecm(), answerer_without_ecm())
}

fn gateway_of(caller: Vec<Step>, answerer: Vec<Step>) -> World {
    let call = Call::new(Leg::audio(), leg(PLAIN), Policy::default());
    World::new(call, Machine::new(Leg::audio(), caller), Machine::new(machine(PLAIN), answerer))
}

fn t38_to_t38() -> World {
    t38_to_t38_of(caller(), answerer())
}

fn t38_to_t38_of(caller: Vec<Step>, answerer: Vec<Step>) -> World {
    let call = Call::new(leg(PLAIN), leg(OTHER), Policy::default());
    World::new(call, Machine::new(machine(PLAIN), caller), Machine::new(machine(OTHER), answerer))
}

fn regenerating() -> World {
    let call = Call::new(Leg::audio(), Leg::audio(), Policy::default());
    World::new(call, Machine::new(Leg::audio(), caller()), Machine::new(Leg::audio(), answerer()))
}

fn events(call: &mut Call) -> Vec<(Timestamp, Event)> {
    core::iter::from_fn(|| call.event()).collect()
}

/// Plays a call to its end and checks that all frames came as they were said.
fn plays_through(world: &mut World) {
    world.play(5000);
    assert!(world.near.is_done() && world.far.is_done(), "{}", world.call.record());
    for (from, to) in [(&world.near, &world.far), (&world.far, &world.near)] {
        let (said, heard) = (bursts(&from.said), bursts(&to.heard));
        assert_eq!(said.len(), heard.len());
        for (said, heard) in said.iter().zip(&heard) {
            assert_eq!((said.opening, &said.frames), (heard.opening, &heard.frames));
            // Behind TCF or a page come zeros perhaps, and the ones with which V.17 turns off.
            let (bits, tail) = heard.bits.split_at(said.bits.len());
            assert_eq!(bits, said.bits);
            let whole = tail.iter().take(tail.len().saturating_sub(1));
            assert!(whole.copied().all(|octet| matches!(octet, 0 | 0xFF)) && tail.len() <= 80, "{tail:?}");
        }
        assert!(heard.iter().flat_map(|burst| &burst.frames).all(|(_, end)| *end == FrameEnd::Good));
    }
}

#[test]
fn a_gateway_call_comes_through_every_phase_and_is_recorded() {
    let mut world = gateway();
    plays_through(&mut world);
    let record = world.call.record();
    assert_eq!((record.confirmed, record.corrections, record.trainings_refused), (3, 1, 1), "{record}");
    assert_eq!((record.sender, record.ecm), (Some(Side::Near), Some(true)));
    assert!(record.side(Side::Near).trained >= 7, "{record}");
    assert_eq!((record.side(Side::Near).bad_frames, record.side(Side::Far).lost), (0, 0));
    let verdict = record.verdict();
    assert_eq!((verdict.cause, verdict.retry()), (Cause::Completed, Retry::No));
    assert_eq!((verdict.phase, verdict.how), (Phase::Complete, How::Dcn(Side::Near)));
}

#[test]
fn a_page_without_ecm_passes_and_is_recorded() {
    for mut world in [gateway_without_ecm(), t38_to_t38_of(caller_without_ecm(), answerer_without_ecm())] {
        plays_through(&mut world);
        let record = world.call.record();
        assert_eq!((record.confirmed, record.ecm), (1, Some(false)), "{record}");
        assert_eq!(record.verdict().cause, Cause::Completed);
    }
}

fn with_ecm(ecm: EcmUse, caller: Vec<Step>, answerer: Vec<Step>) -> World {
    let call = Call::new(Leg::audio(), leg(PLAIN), Policy { ecm, ..Policy::default() });
    World::new(call, Machine::new(Leg::audio(), caller), Machine::new(machine(PLAIN), answerer))
}

#[test]
fn a_call_that_requires_ecm_ends_with_a_cause_at_a_command_without_it() {
    let mut world = with_ecm(EcmUse::Required, caller_without_ecm(), answerer_without_ecm());
    world.play(5000);
    let verdict = world.call.record().verdict();
    assert_eq!((verdict.cause, verdict.retry()), (Cause::WithoutEcm, Retry::OtherWay));
    assert_eq!((verdict.phase, verdict.how), (Phase::Commanded, How::Ended(Ending::WithoutEcm(Side::Near))));
    let heard = bursts(&world.far.heard);
    assert!(heard.iter().all(|burst| burst.bits.is_empty()), "no TCF reaches the other machine");
    let ended = events(&mut world.call).iter().filter(|(_, event)| matches!(event, Event::Ended(_))).count();
    assert_eq!((ended, world.call.deadline()), (1, None));
}

#[test]
fn a_call_that_requires_ecm_and_has_it_comes_through() {
    let mut world = with_ecm(EcmUse::Required, caller(), answerer());
    plays_through(&mut world);
    assert_eq!(world.call.record().verdict().cause, Cause::Completed);
}

#[test]
fn forbidden_ecm_is_offered_to_nobody() {
    let mut world = with_ecm(EcmUse::Forbidden, caller_without_ecm(), answerer_without_ecm());
    world.play(5000);
    let heard = bursts(&world.near.heard);
    let offered = heard.iter().flat_map(|burst| &burst.frames).find_map(|(octets, _)| {
        match Frame::parse(octets).ok()?.body().ok()? {
            Body::Dis(dis) => Some(dis),
            _ => None,
        }
    });
    assert!(offered.is_some_and(|dis| !dis.has(Bit::ECM)));
    assert_eq!(world.call.record().verdict().cause, Cause::Completed);
}

#[test]
fn between_two_sessions_of_different_dialect_everything_passes_unchanged() {
    let mut world = t38_to_t38();
    plays_through(&mut world);
    assert_eq!(world.call.record().verdict().cause, Cause::Completed);
}

#[test]
fn between_two_phone_lines_everything_is_made_anew() {
    let mut world = regenerating();
    plays_through(&mut world);
    assert_eq!(world.call.record().verdict().cause, Cause::Completed);
}

#[test]
fn the_record_of_saved_events_is_the_record_made_live() {
    for mut world in [gateway(), t38_to_t38()] {
        let mut saved = Vec::new();
        for _ in 0..5000 {
            world.beat();
            saved.extend(events(&mut world.call));
        }
        world.call.finish(world.now, Ending::HungUp(Side::Near));
        saved.extend(events(&mut world.call));
        assert_eq!(&CallRecord::of(&saved), world.call.record());
        assert!(saved.len() > 100 && world.call.record().ending.is_some());
    }
}

/// Lever L10.
#[test]
fn dcn_comes_through_an_outage_of_two_seconds() {
    let mut world = gateway();
    while world.call.record().phase() != Phase::Complete {
        world.beat();
    }
    world.fault = Fault::Mute;
    while world.call.record().phase() != Phase::Released {
        world.beat();
    }
    (0..90).for_each(|_| world.beat());
    world.fault = Fault::None;
    (0..50).for_each(|_| world.beat());
    let heard = bursts(&world.far.heard);
    let said = bursts(&world.near.said);
    assert_eq!(heard.last().map(|burst| &burst.frames), said.last().map(|burst| &burst.frames));
}

/// What is done to a call, once it is in a phase.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Blow {
    HangUp,
    Fault(Fault),
}

const BLOWS: [Blow; 4] =
    [Blow::HangUp, Blow::Fault(Fault::Silence), Blow::Fault(Fault::Garbage), Blow::Fault(Fault::Loss)];

/// Every phase in which a fax can still be broken off.
const PHASES: &[Phase] = Phase::ALL.split_at(Phase::Released as usize).0;

/// The patience of T.38 with a burst that stops, and that of the supervision; a beat.
const LATEST: u64 = 15_000 + 70_000 + 1000;

fn ends_whatever_happens(phases: &[Phase], world: impl Fn() -> World) {
    for phase in phases.iter().copied() {
        for blow in BLOWS {
            let mut world = world();
            while world.call.record().phase() != phase {
                world.beat();
                assert!(!world.near.is_done(), "{phase:?} never came");
            }
            let struck = world.now;
            match blow {
                Blow::HangUp => world.call.finish(world.now, Ending::HungUp(Side::Near)),
                Blow::Fault(fault) => world.fault = fault,
            }
            let mut endings = 0;
            let mut all = events(&mut world.call);
            while !world.call.has_ended() {
                let deadline = world.call.deadline().expect("a call that is on has a deadline").at;
                assert!(deadline.since(struck).micros() <= 16 * 60_000_000);
                world.beat();
                all.extend(events(&mut world.call));
                let spent = world.now.since(struck).micros() / 1000;
                assert!(spent <= LATEST, "{phase:?}, {blow:?}: {spent} ms\n{}", world.call.record());
            }
            // What comes after the end changes nothing.
            (0..50).for_each(|_| world.beat());
            all.extend(events(&mut world.call));
            endings += all.iter().filter(|(_, event)| matches!(event, Event::Ended(_))).count();
            let record = world.call.record();
            assert_eq!((endings, world.call.deadline()), (1, None), "{phase:?}, {blow:?}");
            assert!(matches!(all.last(), Some((_, Event::Ended(_)))));
            let verdict = record.verdict();
            assert_ne!(verdict.how, How::StillOn);
            if blow == Blow::HangUp {
                assert_eq!((verdict.phase, verdict.how), (phase, How::Ended(Ending::HungUp(Side::Near))));
            }
            let completed = verdict.cause == Cause::Completed;
            assert!(
                !completed || matches!(phase, Phase::PostPage | Phase::Complete),
                "{phase:?}, {blow:?}: {verdict}"
            );
        }
    }
}

#[test]
fn a_gateway_call_ends_with_a_cause_in_every_phase_and_says_so_once() {
    ends_whatever_happens(PHASES, gateway);
}

#[test]
fn a_call_of_two_sessions_ends_with_a_cause_in_every_phase_and_says_so_once() {
    ends_whatever_happens(PHASES, t38_to_t38);
}

#[test]
fn a_call_without_ecm_ends_with_a_cause_at_its_page_and_says_so_once() {
    let phases = [Phase::PageDue, Phase::Page, Phase::PageSent, Phase::PostPage];
    ends_whatever_happens(&phases, gateway_without_ecm);
}

#[test]
fn a_call_in_which_no_fax_is_heard_says_so() {
    let mut call = Call::new(Leg::audio(), leg(PLAIN), Policy::default());
    let deadline = call.deadline().map(|deadline| deadline.at);
    let mut now = Timestamp::ZERO;
    while let Some(next) = call.deadline() {
        now = next.at.max(now);
        call.advance(now);
        let mut datagram = [0; 400];
        while call.transmit(Side::Far, &mut datagram).is_some() {}
    }
    assert!(deadline.is_some() && now == Timestamp::from_micros(70_000_000), "{now}");
    let verdict = call.record().verdict();
    assert_eq!((verdict.cause, verdict.retry()), (Cause::NoFax, Retry::CheckNumber));
    assert_eq!(verdict.to_string(), "NoFax in SetUp by Ended(Quiet); retry: CheckNumber");
}
