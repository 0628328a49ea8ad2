//! T.30 as it passes a gateway: frames read, edited, written and followed without an allocation.

use fax_core::relay::{Side, Tracker};
use fax_core::t30::{
    Body, Confirmation, Dcs, Edits, Frame, FrameBuffer, FrameEdit, Ident, IdentKind, Station,
};
use fax_core::{Opening, Training, V17Rate};
use fax_test_support::{CountingAllocator, allocations_during, is_counting};

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

const V17: Opening = Opening::V17(V17Rate::R14400, Training::Long);

/// A call with ECM: who says it, and the octets.
const CALL: [(Side, &[u8]); 10] = [
    (Side::Far, &[0xFF, 0xC0, 0x04, 0xB5, 0x00, 0x2A]),
    (Side::Far, &[0xFF, 0xC0, 0x02, 0x04, 0x04, 0x8C, 0x4C]),
    (Side::Far, &[0xFF, 0xC8, 0x01, 0x00, 0x76, 0x1F, 0x23, 0x01, 0xE9, 0x81, 0x01, 0x01, 0x1E]),
    (Side::Near, &[0xFF, 0xC8, 0xC1, 0x00, 0x44, 0x1F, 0x21, 0x01, 0x50]),
    (Side::Far, &[0xFF, 0xC8, 0x21]),
    (Side::Near, &[0xFF, 0xC8, 0xFD, 0xF4, 0x00, 0x00, 0x80]),
    (Side::Far, &[0xFF, 0xC8, 0x31]),
    (Side::Near, &[0xFF, 0xC8, 0xDF]),
    (Side::Near, &[0x13, 0x37]),
    (Side::Far, &[0xFF, 0xC8, 0x0F, 0, 0, 0, 0]),
];

#[test]
fn every_frame_of_a_call_is_read_and_written_without_an_allocation() {
    assert!(is_counting());
    let (mut buffer, mut out, mut written) = (FrameBuffer::new(), [0; Frame::MAX], 0);
    let allocations = allocations_during(|| {
        for (_, octets) in CALL {
            buffer.clear();
            buffer.push(octets);
            let Ok(frame) = buffer.frame() else { continue };
            let Ok(body) = frame.body() else { continue };
            written += body.write(Station::Calling, &mut out).unwrap_or(0);
        }
        let ident = Body::Ident(Ident::from_text(IdentKind::Tsi, "0123456789"));
        written += ident.write(Station::Calling, &mut out).unwrap_or(0);
        while buffer.push(&[0x55; 100]) {}
    });
    assert_eq!(allocations, 0);
    assert!(written > 60, "{written}");
}

#[test]
fn edits_are_made_octet_by_octet_without_an_allocation() {
    assert!(is_counting());
    let (edits, mut changed) = (Edits::gateway(), 0);
    let allocations = allocations_during(|| {
        for (_, octets) in CALL {
            let mut edit = FrameEdit::new(Confirmation::default());
            for octet in octets {
                changed += usize::from(edit.octet(&edits, *octet) != *octet);
            }
        }
        let dcs = Dcs::from_octets(&[0, 0x44, 0x1F]);
        changed += usize::from(dcs.is_some_and(|dcs| edits.exceeded_by(&dcs)));
    });
    assert_eq!(allocations, 0);
    assert!(changed > 0);
}

#[test]
fn a_call_is_followed_without_an_allocation() {
    assert!(is_counting());
    let (mut tracker, mut phases, mut expected) = (Tracker::new(), 0, 0);
    let allocations = allocations_during(|| {
        for (side, octets) in CALL {
            tracker.burst_began(side, Opening::V21);
            if let Ok(frame) = Frame::parse(octets) {
                phases += usize::from(tracker.frame(side, &frame).is_some());
            }
            tracker.burst_ended(side);
            expected += tracker.expectation(Side::Near).iter().count();
            if tracker.predicted(Side::Near) == Some(V17) {
                tracker.burst_began(Side::Near, V17);
                tracker.burst_ended(Side::Near);
            }
        }
    });
    assert_eq!(allocations, 0);
    assert!(phases >= 6 && expected > 0, "{phases} phases, {expected} openings");
}
