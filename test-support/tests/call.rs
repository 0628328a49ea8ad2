//! A call allocates when it is made, within its bound, and never again.

#[path = "../../fax-call/tests/support/mod.rs"]
mod support;

use fax_call::{Call, Leg, Policy};
use fax_core::relay::Relay;
use fax_modem::AudioLine;
use fax_t38::T38Line;
use fax_t38::line::{Pacing, Settings};
use fax_t38::udptl::{Receiver, ReceiverSettings, Sender, SenderSettings};
use fax_test_support::{CountingAllocator, allocations_during, is_counting, with_octets_held};
use support::{Machine, World, answerer, answerer_without_ecm, caller, caller_without_ecm};

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

/// What a thing holds once the tables that all of its kind share have been made.
fn held_by<T>(make: impl Fn() -> T) -> usize {
    assert!(is_counting());
    drop(make());
    let (thing, heap) = with_octets_held(make);
    heap + size_of_val(&thing)
}

fn gateway() -> Call {
    Call::new(Leg::audio(), t38(Pacing::Live), Policy::default())
}

fn regenerating() -> Call {
    Call::new(Leg::audio(), Leg::audio(), Policy::default())
}

fn t38(pacing: Pacing) -> Leg {
    Leg::t38(T38Line::new(Settings { pacing, ..Settings::default() }))
}

#[test]
fn what_a_call_holds_is_what_its_parts_hold() {
    let parts = [
        ("AudioLine", held_by(AudioLine::default)),
        ("T38Line", held_by(|| T38Line::new(Settings::default()))),
        ("  udptl::Receiver", held_by(|| Receiver::new(ReceiverSettings::default()))),
        ("  udptl::Sender", held_by(|| Sender::new(SenderSettings::default()))),
        ("Relay", held_by(|| Relay::new(Policy::default()))),
        ("gateway", held_by(gateway)),
        ("regenerating", held_by(regenerating)),
    ];
    parts.iter().for_each(|(part, octets)| println!("{part}: {octets} octets"));
    let [(_, audio), (_, t38), _, _, (_, relay), (_, gateway), (_, regenerating)] = parts;
    // The call's own: events that wait, the record, the supervision.
    let own = 4 * 1024;
    assert!(gateway <= audio + t38 + relay + own && regenerating <= 2 * audio + relay + own);
}

#[test]
fn a_gateway_call_holds_less_than_256_kib() {
    let held = held_by(gateway);
    assert!(held <= 256 * 1024, "{held} octets");
}

#[test]
fn a_call_of_two_phone_lines_holds_less_than_448_kib() {
    let held = held_by(regenerating);
    assert!(held <= 448 * 1024, "{held} octets");
}

#[test]
fn all_of_a_call_is_freed_with_it() {
    drop(gateway());
    let ((), left) = with_octets_held(|| drop(gateway()));
    assert_eq!(left, 0);
}

/// What the machines allocate would count too: they have what they need before.
fn allocations_of(call: Call, near: Leg, far: Leg) -> usize {
    assert!(is_counting());
    allocations_while_it_plays(World::new(call, Machine::new(near, caller()), Machine::new(far, answerer())))
}

fn allocations_while_it_plays(mut world: World) -> usize {
    let allocations = allocations_during(|| world.play(5000));
    assert!(world.near.is_done() && world.far.is_done(), "{}", world.call.record());
    allocations
}

#[test]
fn a_gateway_call_through_every_phase_of_t30_makes_no_allocation() {
    assert_eq!(allocations_of(gateway(), Leg::audio(), t38(Pacing::METERED)), 0);
}

/// Both ways: only towards a phone line are rows paced.
#[test]
fn a_gateway_call_without_ecm_makes_no_allocation() {
    let near = Machine::new(Leg::audio(), caller_without_ecm());
    let far = Machine::new(t38(Pacing::METERED), answerer_without_ecm());
    assert_eq!(allocations_while_it_plays(World::new(gateway(), near, far)), 0);

    let call = Call::new(t38(Pacing::Live), Leg::audio(), Policy::default());
    let near = Machine::new(t38(Pacing::METERED), caller_without_ecm());
    let far = Machine::new(Leg::audio(), answerer_without_ecm());
    assert_eq!(allocations_while_it_plays(World::new(call, near, far)), 0);
}

#[test]
fn a_call_of_two_phone_lines_makes_no_allocation() {
    assert_eq!(allocations_of(regenerating(), Leg::audio(), Leg::audio()), 0);
}

#[test]
fn a_call_of_two_t38_sessions_makes_no_allocation() {
    let call = Call::new(t38(Pacing::Live), t38(Pacing::Live), Policy::default());
    assert_eq!(allocations_of(call, t38(Pacing::METERED), t38(Pacing::METERED)), 0);
}
