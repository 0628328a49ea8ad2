//! What the fuzz target and the seeded test of T.30 share.

use fax_core::relay::{Side, Tracker};
use fax_core::t30::edit::NonStandardFields;
use fax_core::t30::fields::{Bit, ScanTime};
use fax_core::t30::{Body, Change, Confirmation, Edits, Frame, FrameBuffer, FrameEdit, Ident, ModemSet};
use fax_core::{BitRate, Chunk, Expectation, Framing, Opening, Training, V17Rate, V29Rate};

/// Takes octets as what happens on a call: one octet of policy, then for each event an octet that says what
/// (who, and how many octets of a frame follow, or a burst). No panic, whatever a frame says is written as it
/// was read, edits keep their promises, and the tracker expects fast modems from one side only.
pub(crate) fn check(data: &[u8]) {
    let Some((policy, mut rest)) = data.split_first() else { return };
    let edits = edits(*policy);
    let mut tracker = Tracker::new();
    while let Some((head, after)) = rest.split_first() {
        let side = if head & 0x80 == 0 { Side::Near } else { Side::Far };
        let (octets, after) = after.split_at_checked(usize::from(head & 0x7F)).unwrap_or((after, &[]));
        match octets {
            [] => burst(&mut tracker, side),
            octets => frame(&mut tracker, side, octets, &edits),
        }
        expectations(&tracker);
        rest = after;
    }
    // Frames longer than a head can say.
    frame(&mut tracker, Side::Far, data, &edits);
}

fn edits(policy: u8) -> Edits {
    let mut edits = if policy & 1 == 0 { Edits::NONE } else { Edits::gateway() };
    if policy & 2 != 0 {
        edits = edits.forbidding(Bit::ECM);
    }
    if policy & 4 != 0 {
        edits = edits.with_modems(ModemSet::V27terV29);
    }
    if policy & 8 != 0 {
        edits = edits.with_limit(BitRate(u32::from(policy >> 4) * 1200));
    }
    if policy & 16 != 0 {
        edits = edits.with_scan_time(ScanTime::Ms0).with_non_standard(NonStandardFields::Pass);
    }
    edits
}

fn burst(tracker: &mut Tracker, side: Side) {
    let opening = match tracker.predicted(side) {
        Some(opening) => opening,
        None if side == Side::Near => Opening::V29(V29Rate::R9600),
        None => Opening::V17(V17Rate::R14400, Training::Short),
    };
    tracker.burst_began(side, opening);
    expectations(tracker);
    tracker.burst_ended(side);
}

fn frame(tracker: &mut Tracker, side: Side, octets: &[u8], edits: &Edits) {
    let edited = edited(octets, edits);
    let mut buffer = FrameBuffer::new();
    let fits = edited.chunks(Chunk::CAPACITY).fold(true, |_, octets| buffer.push(octets));
    assert_eq!(fits, edited.len() <= FrameBuffer::CAPACITY);
    let Ok(frame) = buffer.frame() else { return };
    let _ = format!("{frame:?}");
    if let Ok(body) = frame.body() {
        again(&frame, &body);
        content(&body);
    }
    let before = tracker.phase();
    let told = tracker.frame(side, &frame);
    assert_eq!(told, (tracker.phase() != before).then_some(tracker.phase()));
}

/// Passes octets through an edit, whole and in pieces, and once more.
fn edited(octets: &[u8], edits: &Edits) -> Vec<u8> {
    let confirmation = if octets.len().is_multiple_of(2) { Confirmation::Pass } else { Confirmation::Refuse };
    let mut edit = FrameEdit::new(confirmation);
    let out: Vec<u8> = octets.iter().map(|octet| edit.octet(edits, *octet)).collect();
    let mut pieces = FrameEdit::new(confirmation);
    let chunks = octets.chunks(7).map(|piece| pieces.chunk(edits, Chunk::from_octets(piece)));
    assert_eq!(chunks.flat_map(|chunk| chunk.octets().to_vec()).collect::<Vec<_>>(), out);
    assert_eq!((pieces, edit.change() == Change::Nothing), (edit, out == octets));
    let mut twice = FrameEdit::new(confirmation);
    assert!(out.iter().all(|octet| twice.octet(edits, *octet) == *octet));
    let same_kind =
        |a: Frame<'_>, b: Frame<'_>| a.fcf() == b.fcf() || edit.change() == Change::TrainingRefused;
    if let (Ok(before), Ok(after)) = (Frame::parse(octets), Frame::parse(&out)) {
        assert!(same_kind(before, after) && before.station() == after.station());
    }
    out
}

/// What was read can be written, and is then read as itself.
fn again(frame: &Frame<'_>, body: &Body<'_>) {
    let _ = format!("{body:?}");
    let mut out = [0; FrameBuffer::CAPACITY];
    let length = body.write(frame.station(), &mut out).unwrap_or_else(|refusal| panic!("{refusal}"));
    let second = Frame::parse(&out[..length]).unwrap_or_else(|refusal| panic!("{refusal}"));
    assert_eq!(second.body(), Ok(*body));
    assert!(length <= Frame::HEADER + frame.information().reveal().len());
}

fn content(body: &Body<'_>) {
    match body {
        Body::Dis(dis) | Body::Dtc(dis) => {
            let without = dis.without(Bit::ECM);
            assert!(Bit::ECM.dependents().all(|bit| !without.has(bit)));
            assert_eq!(without.octets().len(), dis.octets().len());
        }
        Body::Dcs(dcs) => {
            let everything = Bit::all().fold(fax_core::t30::Dis::NOTHING, fax_core::t30::Dis::with);
            if let Ok(terms) = everything.admits(dcs) {
                assert_eq!(dcs.with_opening(terms.opening), *dcs);
            }
        }
        Body::Ident(ident) => {
            let text = ident.text();
            let text = text.reveal().as_str();
            assert!(text.len() <= Ident::CAPACITY && text.bytes().all(|c| matches!(c, b' '..=b'~')));
        }
        _ => {}
    }
}

fn expectations(tracker: &Tracker) {
    let v21 = Expectation::only(Opening::V21, Framing::Frames);
    let fast = [Side::Near, Side::Far].map(|side| tracker.expectation(side) != v21);
    assert!(fast != [true, true] || tracker.sender().is_none());
    for side in [Side::Near, Side::Far] {
        if let Some(opening) = tracker.predicted(side) {
            assert_eq!(tracker.expectation(side), Expectation::only(opening, Framing::Bits));
        }
    }
}
