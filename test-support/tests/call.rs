//! What a whole call holds and what it costs in allocations.

use fax_call::{Call, Leg, Policy};
use fax_core::relay::Relay;
use fax_modem::AudioLine;
use fax_t38::T38Line;
use fax_t38::line::{Settings, Udptl};
use fax_t38::udptl::{Receiver, Sender, ReceiverSettings, SenderSettings};
use fax_test_support::{CountingAllocator, is_counting, with_octets_held};

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

/// What a thing holds once the tables that all of its kind share have been made.
fn held_by<T>(make: impl Fn() -> T) -> usize {
    assert!(is_counting());
    drop(make());
    let (thing, heap) = with_octets_held(make);
    heap + size_of_val(&thing)
}

#[test]
fn composition() {
    println!("audio {}", held_by(AudioLine::default));
    println!("t38 {}", held_by(|| T38Line::new(Settings::default())));
    println!("udptl {}", held_by(|| Udptl::new(ReceiverSettings::default(), SenderSettings::default())));
    println!("rx {}", held_by(|| Receiver::new(ReceiverSettings::default())));
    println!("tx {}", held_by(|| Sender::new(SenderSettings::default())));
    println!("relay {}", held_by(|| Relay::new(Policy::default())));
    println!("call {}", held_by(|| Call::new(Leg::audio(), Leg::t38(T38Line::new(Settings::default())), Policy::default())));
    println!("regen {}", held_by(|| Call::new(Leg::audio(), Leg::audio(), Policy::default())));
    println!("size of call {} relay {} audio {} t38 {} event {}", size_of::<Call>(), size_of::<Relay>(), size_of::<AudioLine>(), size_of::<T38Line>(), size_of::<fax_call::Event>());
}
