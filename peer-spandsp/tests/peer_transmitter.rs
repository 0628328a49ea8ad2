//! The peer's modulators into our receivers: 0 errors in every mode.
//!
//! | what the peer does | tested |
//! |---|---|
//! | its V.21 changes tone at the next whole sample, up to 0.03 bit late | frames, and bits after a preamble |

mod common;

use common::{Path, lag};
use fax_core::{Dbm0, FrameEnd, Opening};
use fax_harness::stimulus::Law;
use fax_modem::fsk::{Channel, FskReceiver};
use fax_modem::{Output, hdlc};
use peer_spandsp::{Bits, Framer, Transmitter, prbs};

/// The paths every mode is asked to stand, at a level.
fn paths(level: f64, ppm: f64) -> Vec<Path> {
    let mut paths = vec![Path::digital(), Path::g711(Law::A), Path::g711(Law::Mu)];
    for (frequency, ppm, law) in
        [(8.0, ppm, Law::A), (-8.0, -ppm, Law::Mu), (8.0, -ppm, Law::Mu), (-8.0, ppm, Law::A)]
    {
        paths.push(Path::analogue(level, frequency, ppm, law));
    }
    paths
}

/// Appends the bits of an output.
fn take(output: Output, bits: &mut Vec<bool>) {
    if let Output::Bits { bits: packed, count } = output {
        bits.extend((0..count).map(|n| packed >> n & 1 == 1));
    }
}

/// Octets in T.38's order, address first.
fn frames() -> Vec<Vec<u8>> {
    vec![vec![0xff, 0xc0, 0x80, 0x00, 0xce, 0xf8, 0xc4], vec![0xff, 0xc8, 0xff, 0xff, 0x7e, 0x7e, 0xfd]]
}

fn their_framer() -> Framer {
    let reversed = |octets: Vec<u8>| octets.iter().map(|octet| octet.reverse_bits()).collect::<Vec<u8>>();
    Framer::new(37, 1, frames().into_iter().map(reversed))
}

#[test]
fn we_read_every_bit_of_the_peers_v21_behind_a_preamble() {
    let flags = [false, true, true, true, true, true, true, false];
    let sent: Vec<bool> = flags.into_iter().cycle().take(16 * 8).chain(prbs(41).take(900)).collect();
    for level in [-10.0, -20.0, -30.0, -40.0] {
        for (n, path) in paths(level, 80.0).iter().enumerate() {
            let mut tx = Transmitter::new(Opening::V21, false, Dbm0(level as f32), Bits::of(sent.clone()));
            let mut heard = Vec::new();
            FskReceiver::new(Channel::Two)
                .process(&path.carry(&tx.samples(), n as u64), &mut |output| take(output, &mut heard));
            // From the first flag that is whole; noise may cost the very first bits.
            assert!(lag(&sent[16..], &heard, 40).is_some(), "{level} dBm0, {}", path.name);
        }
    }
}

#[test]
fn we_read_the_peers_frames_over_its_v21() {
    for level in [-10.0, -20.0, -30.0, -40.0] {
        for (n, path) in paths(level, 80.0).iter().enumerate() {
            let mut tx = Transmitter::new(Opening::V21, false, Dbm0(level as f32), Bits::of(their_framer()));
            let (mut deframer, mut octets, mut heard) = (hdlc::Deframer::new(), Vec::new(), Vec::new());
            FskReceiver::new(Channel::Two).process(&path.carry(&tx.samples(), n as u64), &mut |output| {
                if let Output::Bits { bits, count } = output {
                    deframer.push(bits, count, &mut |event| match event {
                        hdlc::Event::Octets(chunk) => octets.extend_from_slice(chunk.octets()),
                        hdlc::Event::FrameEnd(end) => heard.push((std::mem::take(&mut octets), end)),
                        hdlc::Event::Preamble => {}
                    });
                }
            });
            heard.retain(|(_, end)| *end == FrameEnd::Good);
            let sent: Vec<_> = frames().into_iter().map(|octets| (octets, FrameEnd::Good)).collect();
            assert_eq!(heard, sent, "{level} dBm0, {}", path.name);
        }
    }
}
