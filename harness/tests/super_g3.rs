//! Super G3 machines over our gateways: they become clean G3 machines, or are left alone.
//!
//! | what the peer does | tested |
//! |---|---|
//! | its V.8 offers V.34 as duplex | in place of half-duplex |
//! | its DIS never names V.8 | a DIS of our own, over a call of two phone lines |
//! | its answerer plays a second CED after V.8 came to nothing | as it is |
#![cfg(feature = "spandsp")]

use fax_call::{Call, Leg, Policy, Side, SuperG3};
use fax_core::{Chunk, FrameEnd, Line, Opening, Signal, Span, Timestamp};
use fax_harness::system::System::Ours;
use fax_harness::world::{Chain, Document, Kept, Record, Scenario, Taps, run};
use fax_modem::AudioLine;
use std::path::Path;

const AGREED: &str = "V.8 agreed on V.34";

fn called(chain: Chain, super_g3: SuperG3) -> (Record, Kept) {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../test-vectors/pages/itu1.tif");
    let document = Document::read(Path::new(page)).expect("a page");
    let scenario = Scenario { chain, gateways: [Ours; 2], v8: true, super_g3, ..Scenario::default() };
    run(&scenario, &document, 1, Taps { events: true, ..Taps::default() }).expect("a call")
}

fn noted(kept: &Kept, side: usize, what: &str) -> usize {
    kept.notes[side].iter().filter(|(_, note)| note.text == what).count()
}

/// In audio too, where nothing but the gateway takes the modulation away: with it the caller would send CM.
#[test]
fn suppressed_super_g3_is_a_clean_g3_call() {
    for chain in [Chain::Gateway, Chain::Regenerate, Chain::Passthrough] {
        for super_g3 in [SuperG3::Suppress, SuperG3::Block] {
            let (record, kept) = called(chain, super_g3);
            assert!(record.verdict().strict(), "{chain}: {}", record.cause());
            assert_eq!([noted(&kept, 0, "no V.8"), noted(&kept, 1, "no V.8")], [1, 1], "{chain}");
            if chain != Chain::Gateway {
                let record = kept.gateways[1].as_deref().unwrap_or_default();
                assert!(record.contains("of an answer tone made plain"), "{chain}: {record}");
            }
        }
    }
}

/// Nothing is made anew there either: V.34 is not V.21.
#[test]
fn super_g3_that_stays_in_audio_comes_to_v34() {
    for chain in [Chain::Passthrough, Chain::Regenerate] {
        let (record, kept) = called(chain, SuperG3::Pass);
        assert_eq!([noted(&kept, 0, AGREED), noted(&kept, 1, AGREED)], [1, 1], "{}", record.cause());
        assert!(!kept.gateways.iter().flatten().any(|record| record.contains("made plain")));
    }
}

/// A leg that is T.38 already carries ANSam and no CM, so the machines are G3 machines in the end.
#[test]
fn super_g3_that_passes_over_t38_comes_to_a_g3_call() {
    let (record, _) = called(Chain::Gateway, SuperG3::Pass);
    assert!(record.verdict().strict(), "{}", record.cause());
}

/// An answerer that knows V.8 says so in its DIS, bit 6; the caller is not told.
#[test]
fn the_caller_of_a_super_g3_machine_reads_no_v8_in_its_dis() {
    let dis = [0xFF, 0xC8, 0x01, V8 | 1, 0x6C, 0x98];
    let mut turn = [
        Signal::Begin(Opening::V21),
        Signal::Octets(Chunk::from_octets(&dis)),
        Signal::FrameEnd(FrameEnd::Good),
        Signal::End,
    ]
    .into_iter()
    .peekable();
    let (mut answerer, mut caller) = (AudioLine::default(), AudioLine::default());
    let mut call = Call::new(Leg::audio(), Leg::audio(), Policy::default());
    let mut read = Vec::new();
    for beat in 1..=200_u64 {
        let now = Timestamp::ZERO + Span::from_millis(20 * beat);
        while turn.next_if(|signal| answerer.say(*signal).is_ok()).is_some() {}
        let mut block = [0; 160];
        answerer.fill(&mut block);
        call.listen(Side::Far, now, &block);
        call.fill(Side::Far, &mut block);
        answerer.listen(&block);
        caller.fill(&mut block);
        call.listen(Side::Near, now, &block);
        call.fill(Side::Near, &mut block);
        caller.listen(&block);
        while let Some(heard) = caller.hear() {
            if let Signal::Octets(chunk) = heard.signal {
                read.extend_from_slice(chunk.octets());
            }
        }
    }
    let mut expected = dis;
    expected[3] &= !V8;
    assert_eq!(read[..4], expected[..4], "{read:02x?}");
    assert_eq!(read.len(), dis.len());
}

/// Bit 6 of the first octet of DIS; first bit on the line is the top bit.
const V8: u8 = 0x80 >> 5;
