//! Our V.21, HDLC and tones against the peer's: 0 errors both ways.
//!
//! What the peer cannot do, and what is tested of it all the same:
//!
//! | fault | tested |
//! |---|---|
//! | its fax layer cuts V.21 off at -39 dBm0 | V.21 down to -38 dBm0, with another cut-off to -40 |
//! | its detectors take 0.4 to 1.4 s | tones last 3 s |

mod common;

use common::{Path, lag};
use fax_core::{Chunk, Dbm0, FrameEnd, Opening, Tone};
use fax_harness::stimulus::Law;
use fax_modem::fsk::{Channel, FskTransmitter};
use fax_modem::hdlc;
use fax_modem::tone;
use peer_spandsp::{
    Deframed, Deframer, Framer, PeerOutput, PeerTone, Receiver, ToneDetector, ToneGenerator, prbs,
};

/// Octets in T.38's order, address first: DIS-like, and one with runs of ones and a flag inside.
fn frames() -> Vec<Vec<u8>> {
    vec![vec![0xff, 0xc0, 0x80, 0x00, 0xce, 0xf8, 0xc4], vec![0xff, 0xc8, 0xff, 0xff, 0x7e, 0x7e, 0xfd]]
}

/// The peer counts an octet's bits from the other end.
fn reversed(octets: &[u8]) -> Vec<u8> {
    octets.iter().map(|octet| octet.reverse_bits()).collect()
}

/// The paths that V.21 is asked to stand, at a level.
fn paths(level: f64) -> Vec<Path> {
    let mut paths = vec![Path::digital(), Path::g711(Law::A), Path::g711(Law::Mu)];
    for (frequency, ppm, law) in [(8.0, 80.0, Law::A), (-8.0, -80.0, Law::Mu), (12.0, -80.0, Law::A)] {
        paths.push(Path::analogue(level, frequency, ppm, law));
    }
    paths
}

fn our_burst(level: f32, bits: impl IntoIterator<Item = bool>) -> Vec<i16> {
    let mut tx = FskTransmitter::new(Channel::Two, Dbm0(level));
    tx.start();
    for bit in bits {
        assert!(tx.bits().push(u32::from(bit), 1));
    }
    tx.finish();
    let mut samples = vec![0; 80_000];
    let filled = tx.fill(&mut samples);
    assert!(filled < samples.len());
    samples.truncate(filled);
    samples
}

/// The bits of all the frames by our framer, after 37 flags and up to the last flag.
fn our_frame_bits() -> Vec<bool> {
    let mut framer = hdlc::Framer::new();
    framer.hold_flags(37);
    for frame in frames() {
        assert!(framer.octets(&Chunk::from_octets(&frame)));
        assert!(framer.end(FrameEnd::Good));
    }
    let mut bits = Vec::new();
    while bits.is_empty() || !framer.is_idle() {
        bits.push(framer.take(1) == 1);
    }
    bits
}

#[test]
fn the_peer_reads_every_bit_of_our_v21() {
    for level in [-10.0, -20.0, -30.0, -38.0] {
        for (n, path) in paths(level).iter().enumerate() {
            let sent: Vec<bool> = prbs(3).take(900).collect();
            let (mut rx, mut heard) = (Receiver::new(Opening::V21), Vec::new());
            rx.process(&path.carry(&our_burst(level as f32, sent.clone()), n as u64), &mut |output| {
                if let PeerOutput::Bit(bit) = output {
                    heard.push(bit);
                }
            });
            // Its receiver has no preamble here to find the bit edges in.
            assert!(lag(&sent[16..], &heard, 24).is_some(), "{level} dBm0, {}", path.name);
        }
    }
}

#[test]
fn the_peer_reads_our_frames_over_our_v21() {
    for level in [-10.0, -20.0, -30.0, -38.0, -40.0] {
        for (n, path) in paths(level).iter().enumerate() {
            let cutoff = if level < -38.0 { Dbm0(-45.5) } else { Dbm0(-39.09) };
            let mut rx = Receiver::with_cutoff(Opening::V21, cutoff);
            let (mut deframer, mut heard) = (Deframer::new(), Vec::new());
            let samples = path.carry(&our_burst(level as f32, our_frame_bits()), n as u64);
            rx.process(&samples, &mut |output| {
                deframer.push(output, &mut |part| {
                    if let Deframed::Frame { octets, good } = part {
                        heard.push((reversed(&octets), good));
                    }
                });
            });
            let sent: Vec<_> = frames().into_iter().map(|octets| (octets, true)).collect();
            assert_eq!(heard, sent, "{level} dBm0, {}", path.name);
        }
    }
}

#[test]
fn the_peer_tells_a_frame_that_we_spoilt_or_broke_off() {
    for end in [FrameEnd::Bad, FrameEnd::Aborted] {
        let mut framer = hdlc::Framer::new();
        framer.hold_flags(8);
        framer.octets(&Chunk::from_octets(&frames()[0]));
        framer.end(end);
        framer.octets(&Chunk::from_octets(&frames()[1]));
        framer.end(FrameEnd::Good);
        let (mut deframer, mut heard) = (Deframer::new(), Vec::new());
        while !framer.is_idle() {
            let bit = PeerOutput::Bit(framer.take(1) == 1);
            deframer.push(bit, &mut |part| heard.push(part));
        }
        let good = |n: usize| Deframed::Frame { octets: reversed(&frames()[n]), good: true };
        assert!(!heard.contains(&good(0)), "{end:?}: {heard:?}");
        assert!(heard.contains(&good(1)), "{end:?}: {heard:?}");
        let told = match end {
            FrameEnd::Bad => heard.iter().any(|part| matches!(part, Deframed::Frame { good: false, .. })),
            _ => heard.contains(&Deframed::Aborted),
        };
        assert!(told, "{end:?}: {heard:?}");
    }
}

#[test]
fn we_read_the_peers_frames_bit_by_bit() {
    let theirs = Framer::new(8, 1, frames().iter().map(|octets| reversed(octets)));
    let (mut deframer, mut octets, mut heard) = (hdlc::Deframer::new(), Vec::new(), Vec::new());
    for bit in theirs {
        deframer.push(u8::from(bit), 1, &mut |event| match event {
            hdlc::Event::Octets(chunk) => octets.extend_from_slice(chunk.octets()),
            hdlc::Event::FrameEnd(end) => heard.push((std::mem::take(&mut octets), end)),
            hdlc::Event::Preamble => {}
        });
    }
    let sent: Vec<_> = frames().into_iter().map(|octets| (octets, FrameEnd::Good)).collect();
    assert_eq!(heard, sent);
}

#[test]
fn the_peer_hears_our_tones_as_what_they_are() {
    for tone in [Tone::Cng, Tone::Ced, Tone::AnsPr, Tone::AnsAm, Tone::AnsAmPr] {
        for level in [-10.0, -20.0, -30.0, -40.0] {
            let mut burst = vec![0; 24_000];
            tone::Generator::new(tone, Dbm0(level)).fill(&mut burst);
            let mut paths = vec![Path::digital(), Path::g711(Law::A), Path::g711(Law::Mu)];
            paths.push(Path::analogue(f64::from(level), 8.0, 80.0, Law::A));
            paths.push(Path::analogue(f64::from(level), -8.0, -80.0, Law::Mu));
            for (n, path) in paths.iter().enumerate() {
                let mut heard = Vec::new();
                let detector = if tone == Tone::Cng { PeerTone::Cng } else { PeerTone::Ans };
                ToneDetector::new(detector)
                    .process(&path.carry(&burst, n as u64), &mut |report| heard.push(report.tone));
                assert_eq!(heard.first(), Some(&PeerTone::from(tone)), "{level} dBm0, {}", path.name);
            }
        }
    }
}

#[test]
fn we_hear_the_peers_tones_as_what_they_are() {
    for tone in [Tone::Cng, Tone::Ced, Tone::AnsPr, Tone::AnsAm, Tone::AnsAmPr] {
        for level in [-10.0, -20.0, -30.0, -40.0] {
            let mut burst = vec![0; 24_000];
            let filled = ToneGenerator::new(PeerTone::from(tone)).fill(&mut burst);
            for (frequency, ppm, law) in [(0.0, 0.0, Law::A), (8.0, 80.0, Law::A), (-8.0, -80.0, Law::Mu)] {
                let path = Path::analogue(level, frequency, ppm, law);
                let mut heard = Vec::new();
                tone::Detector::new()
                    .process(&path.carry(&burst[..filled], 1), &mut |output| heard.push(output));
                // 2100 Hz is told as CED first and refined as modulation and reversals show.
                let last = heard.iter().rev().find_map(|output| match *output {
                    tone::ToneOutput::Began { tone, .. } | tone::ToneOutput::Refined { tone, .. } => {
                        Some(tone)
                    }
                    tone::ToneOutput::Ended { .. } => None,
                });
                assert_eq!(last, Some(tone), "{}: {heard:?}", path.name);
            }
        }
    }
}

#[test]
fn the_peer_hears_our_flags_as_a_preamble() {
    for level in [-10.0, -25.0, -40.0] {
        let mut heard = Vec::new();
        let samples = Path::g711(Law::A).carry(&our_burst(level, our_frame_bits()), 0);
        ToneDetector::new(PeerTone::CedOrPreamble).process(&samples, &mut |report| heard.push(report.tone));
        assert_eq!(heard.first(), Some(&PeerTone::Preamble), "{level} dBm0");
    }
}
