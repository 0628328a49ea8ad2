//! The peer against itself: HDLC, tones, V.8 and G.711.

use fax_core::{Dbm0, Opening};
use peer_spandsp::{
    Bits, Deframed, Deframer, Framer, Law, Modulations, PeerOutput, PeerTone, Receiver, ToneDetector,
    ToneGenerator, ToneReport, Transmitter, V8Outcome, V8Party, V8Side, g711_leg,
};

fn frames() -> Vec<Vec<u8>> {
    vec![vec![0xff, 0x03, 0x40, 1, 2, 3], vec![0xff, 0x13, 0x80, 0, 0xff, 0x7e, 0x7d]]
}

fn good(frames: Vec<Vec<u8>>) -> Vec<Deframed> {
    frames.into_iter().map(|octets| Deframed::Frame { octets, good: true }).collect()
}

fn only_frames(heard: Vec<Deframed>) -> Vec<Deframed> {
    heard.into_iter().filter(|part| matches!(part, Deframed::Frame { .. })).collect()
}

#[test]
fn frames_come_back_over_v21_as_they_were_sent() {
    let mut tx = Transmitter::new(Opening::V21, false, Dbm0(-13.0), Bits::of(Framer::new(37, 1, frames())));
    let mut samples = tx.samples();
    samples.extend([0; 800]);
    let (mut receiver, mut deframer) = (Receiver::new(Opening::V21), Deframer::new());
    let mut heard = Vec::new();
    receiver.process(&samples, &mut |output| deframer.push(output, &mut |part| heard.push(part)));
    assert!(heard.contains(&Deframed::FramingOk));
    assert_eq!(only_frames(heard), good(frames()));
}

#[test]
fn a_frame_with_one_wrong_bit_is_reported_as_bad() {
    let mut bits: Vec<bool> = Framer::new(8, 1, frames()).collect();
    bits[8 * 8 + 20] ^= true;
    let (mut deframer, mut heard) = (Deframer::new(), Vec::new());
    for bit in bits {
        deframer.push(PeerOutput::Bit(bit), &mut |part| heard.push(part));
    }
    let heard = only_frames(heard);
    assert!(matches!(heard[0], Deframed::Frame { good: false, .. }), "{heard:?}");
    assert_eq!(heard[1..], good(frames())[1..]);
}

#[test]
fn every_tone_is_heard_as_what_it_is_and_by_no_other_detector() {
    use PeerTone::{Ans, AnsAm, AnsAmPr, AnsPr, BellAns, CallingTone, Cng, Preamble};
    for sent in [Cng, Ans, AnsPr, AnsAm, AnsAmPr, BellAns, CallingTone] {
        let mut samples = vec![0; 24_000];
        assert!(ToneGenerator::new(sent).fill(&mut samples) >= 20_000);
        for detector in [Cng, Ans, AnsAmPr, Preamble, BellAns, CallingTone] {
            let mut reports = Vec::new();
            ToneDetector::new(detector)
                .process(&samples, &mut |report: ToneReport| reports.push(report.tone));
            // One detector hears the whole 2100 Hz family and tells which it is.
            let family = |tone| matches!(tone, Ans | AnsPr | AnsAm | AnsAmPr);
            let heard = detector == sent || family(detector) && family(sent);
            assert_eq!(reports.first(), heard.then_some(&sent), "{detector:?} on {sent:?}");
        }
    }
}

#[test]
fn v21_flags_are_heard_as_a_preamble() {
    let mut tx = Transmitter::new(Opening::V21, false, Dbm0(-13.0), Bits::of(Framer::new(37, 1, frames())));
    for detector in [PeerTone::Preamble, PeerTone::CedOrPreamble] {
        let mut reports = Vec::new();
        ToneDetector::new(detector).process(&tx.samples(), &mut |report| reports.push(report.tone));
        assert_eq!(reports.first(), Some(&PeerTone::Preamble), "{detector:?}");
        tx.restart(fax_core::Training::Long, Bits::of(Framer::new(37, 1, frames())));
    }
}

#[test]
fn two_parties_agree_by_v8_on_what_both_have() {
    let mut caller = V8Party::new(V8Side::Caller, Modulations::SUPER_G3);
    let mut answerer = V8Party::new(V8Side::Answerer(PeerTone::AnsAmPr), Modulations::GROUP_3);
    for _ in 0..500 {
        let (mut from_caller, mut from_answerer) = ([0; 160], [0; 160]);
        caller.fill(&mut from_caller);
        answerer.fill(&mut from_answerer);
        answerer.process(&from_caller);
        caller.process(&from_answerer);
    }
    assert_eq!(caller.outcome(), Some(V8Outcome::Agreed(Modulations::GROUP_3)));
    assert_eq!(answerer.outcome(), Some(V8Outcome::Agreed(Modulations::GROUP_3)));
}

#[test]
fn a_leg_of_g711_is_idempotent_and_close() {
    for law in [Law::A, Law::Mu] {
        let before: Vec<i16> = (-32_000..32_000).step_by(37).collect();
        let mut once = before.clone();
        g711_leg(law, &mut once);
        let mut twice = once.clone();
        g711_leg(law, &mut twice);
        assert_eq!(once, twice, "{law:?}");
        for (before, after) in before.iter().zip(&once) {
            let error = (i32::from(*before) - i32::from(*after)).abs();
            assert!(error <= 16 + i32::from(before.unsigned_abs()) / 16, "{law:?} {before} -> {after}");
        }
    }
}
