//! A T.38 line allocates when it is made, within its bound, and never again.

use fax_core::{
    Chunk, Expectation, FrameEnd, Line, Opening, Signal, Span, Timestamp, Tone, Training, V17Rate,
};
use fax_t38::T38Line;
use fax_t38::line::{Pacing, Settings};
use fax_test_support::{CountingAllocator, allocated_during, allocations_during, is_counting};

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

/// What a call costs: both directions, with all that is held for repair.
const BOUND: usize = 96 * 1024;

#[test]
fn a_line_with_both_directions_of_udptl_fits_its_bound() {
    assert!(is_counting());
    let mut line = None;
    let heap = allocated_during(|| line = Some(T38Line::new(Settings::default())));
    let all = heap + size_of::<T38Line>();
    println!("{heap} octets on the heap, {} in the line itself", size_of::<T38Line>());
    assert!(all <= BOUND, "{all} octets");
}

#[test]
fn a_whole_call_with_losses_is_said_and_heard_without_an_allocation() {
    assert!(is_counting());
    for pacing in [Pacing::Live, Pacing::METERED] {
        let settings = Settings { pacing, ..Settings::default() };
        let (mut near, mut far) = (T38Line::new(settings), T38Line::new(settings));
        let (mut heard, mut sent, mut now) = (0, 0, Timestamp::ZERO);
        let allocations = allocations_during(|| {
            let mut said = call().into_iter().peekable();
            for n in 0..2000 {
                now += Span::from_millis(10);
                near.advance(now);
                // One thing at a time, as a phone line would hear it.
                if n > 10 && said.peek().is_some_and(|signal| near.say(*signal).is_ok()) {
                    said.next();
                }
                let mut datagram = [0; 1500];
                while let Some(length) = near.transmit(&mut datagram) {
                    sent += 1;
                    if sent % 5 > 0 {
                        let _ = far.receive(now, &datagram[..length]);
                    }
                }
                far.advance(now);
                heard += core::iter::from_fn(|| far.hear()).count();
                while far.transmit(&mut datagram).is_some() {}
                while near.event().or_else(|| far.event()).is_some() || near.progress().is_some() {}
                far.expect(Expectation::ANYTHING);
            }
        });
        assert_eq!(allocations, 0, "{pacing:?}");
        assert!(heard > 20, "{heard} signals");
    }
}

/// The signals of a short call.
fn call() -> [Signal; 22] {
    let v17 = |training| Signal::Begin(Opening::V17(V17Rate::R14400, training));
    let octets = Signal::Octets(Chunk::from_octets(&[0xff, 0xc8, 0x60, 1, 2, 3]));
    let (good, bad) = (Signal::FrameEnd(FrameEnd::Good), Signal::FrameEnd(FrameEnd::Bad));
    let page = Signal::Bits(Chunk::from_octets(&[0; 32]));
    let v21 = Signal::Begin(Opening::V21);
    [
        Signal::Tone(Tone::Ced),
        Signal::Silence,
        v21,
        octets,
        good,
        octets,
        bad,
        Signal::End,
        v17(Training::Long),
        page,
        page,
        page,
        Signal::End,
        v21,
        octets,
        good,
        Signal::End,
        v17(Training::Short),
        octets,
        octets,
        good,
        Signal::End,
    ]
}
