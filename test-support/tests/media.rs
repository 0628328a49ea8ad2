//! The media of a call that is only passed on: small, and without an allocation a packet.

use fax_call::media::{Audio, Flow, Order, Path, Redundancy, Settings, Socket};
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
        red: Some(Redundancy { payload_type: 121, generations: Redundancy::MOST }),
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

/// The two playouts with their 1.6 s of the past are most of it. An ear for signs is made when there is a hint of one.
#[test]
fn a_call_that_is_only_passed_on_holds_less_than_64_kib() {
    assert!(is_counting());
    drop(passing());
    let (path, heap) = with_octets_held(passing);
    let held = heap + size_of_val(&path);
    println!("{held} octets");
    assert!(held <= 64 * 1024, "{held} octets");
}

/// Both sides at once say what may be a sign: each has an ear then, and gives it back.
#[test]
fn ears_are_held_only_while_there_is_something_to_listen_for() {
    let play = |path: &mut Path, from: u32, packets: u32, tone: bool| {
        let mut packet = [0xFF_u8; 12 + 160];
        for n in from..from + packets {
            let now = Timestamp::from_micros(20_000 * u64::from(n));
            (packet[0], packet[1]) = (0x80, 0);
            packet[2..4].copy_from_slice(&(n as u16).to_be_bytes());
            packet[4..8].copy_from_slice(&(160 * n).to_be_bytes());
            // 2000 Hz, which is no sign, but near one.
            for (octet, at) in packet[12..].iter_mut().zip(0..) {
                *octet = if tone { [0xFF, 0x90, 0xFF, 0x10][at % 4] } else { 0xFF };
            }
            let mut out = [0; 1500];
            for (side, other, port) in [(Side::Near, Side::Far, 4000), (Side::Far, Side::Near, 5000)] {
                path.receive(now, side, Socket::Rtp, ([192, 0, 2, 1], port).into(), &packet);
                while path.transmit(other, &mut out).is_some() {}
            }
            path.advance(now);
        }
    };
    let held = |tone: &[bool]| {
        let (path, heap) = with_octets_held(|| {
            let mut path = passing();
            for (n, tone) in (0..).zip(tone) {
                play(&mut path, 100 * n, 100, *tone);
            }
            path
        });
        heap + size_of_val(&path)
    };
    let [quiet, listening, after] = [&[false, false][..], &[false, true], &[true, false]].map(held);
    println!("{quiet} octets, {listening} while both are listened to");
    assert!(listening > quiet && listening <= 128 * 1024, "{listening}");
    assert_eq!(after, quiet);
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
