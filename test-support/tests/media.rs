//! The media of a call that is only passed on: small, and without an allocation a packet.

use fax_call::media::{Audio, Flow, Order, Path, Settings, Socket};
use fax_call::{Law, Side};
use fax_core::{Span, Timestamp};
use fax_test_support::{CountingAllocator, allocations_during, is_counting, with_octets_held};

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

fn audio(port: u16) -> Order {
    Order::Audio(Audio {
        remote: ([192, 0, 2, 1], port).into(),
        law: Law::Mu,
        packet: Span::from_millis(20),
        red: Some(121),
        events: Some(101),
        flow: Flow::Both,
    })
}

fn passing() -> Path {
    let mut path = Path::new(Settings::default());
    path.order(Timestamp::ZERO, Side::Near, audio(4000));
    path.order(Timestamp::ZERO, Side::Far, audio(5000));
    path
}

/// Of 119 KB the two ears (tones and V.21) hold 68, the two playouts with their 1.6 s of the past 37.
#[test]
fn a_call_that_is_only_passed_on_holds_less_than_120_kib() {
    assert!(is_counting());
    drop(passing());
    let (path, heap) = with_octets_held(passing);
    let held = heap + size_of_val(&path);
    println!("{held} octets");
    assert!(held <= 120 * 1024, "{held} octets");
}

#[test]
fn passing_on_makes_no_allocation() {
    let mut path = passing();
    let mut packet = [0_u8; 12 + 160];
    let mut out = [0; 1500];
    let mut pass = |path: &mut Path, n: u32| {
        let now = Timestamp::from_micros(20_000 * u64::from(n));
        packet[0] = 0x80;
        packet[2..4].copy_from_slice(&(n as u16).to_be_bytes());
        packet[4..8].copy_from_slice(&(160 * n).to_be_bytes());
        let mut sent = 0;
        for (side, other, port) in [(Side::Near, Side::Far, 4000), (Side::Far, Side::Near, 5000)] {
            path.receive(now, side, Socket::Rtp, ([192, 0, 2, 1], port).into(), &packet);
            while path.transmit(other, &mut out).is_some() {
                sent += 1;
            }
        }
        path.advance(now);
        sent
    };
    assert!(is_counting());
    pass(&mut path, 0);
    let mut sent = 0;
    assert_eq!(allocations_during(|| sent = (1..3000).map(|n| pass(&mut path, n)).sum()), 0);
    assert_eq!(sent, 2 * 2999);
}
