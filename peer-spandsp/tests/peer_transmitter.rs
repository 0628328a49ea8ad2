//! The peer's modulators into our receivers: 0 errors in every mode.
//!
//! | what the peer does | tested |
//! |---|---|
//! | its V.21 changes tone at the next whole sample, up to 0.03 bit late | frames, and bits after a preamble |
//! | it rounds its last block up with silence | the bits up to the last one sent |

mod common;

use common::{Path, lag};
use fax_core::{Dbm0, FrameEnd, Opening, Training};
use fax_harness::stimulus::Law;
use fax_modem::fsk::{Channel, FskReceiver};
use fax_modem::{Modem, Output, QamReceiver, hdlc};
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

/// The fast modems.
fn openings() -> impl Iterator<Item = Opening> {
    Opening::ALL.into_iter().skip(1)
}

fn receiver(opening: Opening) -> QamReceiver {
    QamReceiver::new(Modem::of(opening).expect("a fast modem"))
}

/// The bits of each burst that trained, and how many trainings failed.
fn hear(rx: &mut QamReceiver, samples: &[i16]) -> (Vec<Vec<bool>>, usize) {
    let (mut bursts, mut failed) = (Vec::new(), 0);
    rx.process(samples, &mut |output| match output {
        Output::Trained { .. } => bursts.push(Vec::new()),
        Output::Recognised { .. } => {}
        Output::TrainingFailed { .. } => failed += 1,
        bits => take(bits, bursts.last_mut().expect("bits follow a training")),
    });
    (bursts, failed)
}

/// Asserts that exactly one burst is heard and that it begins with what was sent.
fn hears_all(rx: &mut QamReceiver, samples: &[i16], sent: &[bool], told: &str) {
    let (bursts, failed) = hear(rx, samples);
    assert_eq!((bursts.len(), failed), (1, 0), "{told}: trained, failed");
    assert!(bursts[0].len() >= sent.len(), "{told}: {} of {} bits", bursts[0].len(), sent.len());
    let errors = sent.iter().zip(&bursts[0]).filter(|(sent, heard)| sent != heard).count();
    assert_eq!(errors, 0, "{told}");
}

#[test]
fn we_receive_every_fast_modem_of_the_peer_after_long_training_without_error() {
    for opening in openings() {
        let sent: Vec<bool> = prbs(31).take(opening.bit_rate().0 as usize).collect();
        for level in [-10.0, -20.0, -30.0, -40.0] {
            for tep in [false, true] {
                let mut tx = Transmitter::new(opening, tep, Dbm0(level as f32), Bits::of(sent.clone()));
                let burst = tx.samples();
                for (n, path) in paths(level, 80.0).iter().enumerate() {
                    let told = format!("{opening} {level} dBm0, {}, echo protection {tep}", path.name);
                    hears_all(&mut receiver(opening), &path.carry(&burst, n as u64), &sent, &told);
                }
            }
        }
    }
}

#[test]
fn we_receive_the_peers_short_trainings_on_what_a_long_one_left_without_error() {
    for opening in openings().filter(|opening| matches!(opening, Opening::V17(..))) {
        let sent: Vec<bool> = prbs(32).take(6000).collect();
        for level in [-10.0, -20.0, -30.0, -40.0] {
            for tep in [false, true] {
                let mut tx = Transmitter::new(opening, tep, Dbm0(level as f32), Bits::of(sent.clone()));
                let long = tx.samples();
                // Turned by 67 degrees too: two bursts of a machine share no phase.
                let shorts = [0_u32, 0x3000_0000].map(|phase| {
                    tx.restart_at(Training::Short, Bits::of(sent.clone()), phase);
                    tx.samples()
                });
                for (n, path) in paths(level, 80.0).iter().enumerate() {
                    let told = format!("{opening} {level} dBm0, {}, echo protection {tep}", path.name);
                    let (mut rx, instance) = (receiver(opening), 10 * n as u64);
                    hears_all(&mut rx, &path.carry(&long, instance), &sent, &told);
                    for (k, short) in (1..).zip(&shorts) {
                        let told = format!("{told}, short training {k}");
                        hears_all(&mut rx, &path.carry(short, instance + k), &sent, &told);
                    }
                }
            }
        }
    }
}

#[test]
fn we_read_the_peers_frames_over_every_fast_modem() {
    // As ECM has them: address, control, FCD, frame number, 256 octets.
    let frames: Vec<Vec<u8>> = (0..4)
        .map(|number| {
            let mut frame = vec![0xff, 0xc0, 0x60, number];
            frame.extend((0..256).map(|n: usize| (n * n / 3) as u8));
            frame
        })
        .collect();
    let reversed = |octets: &Vec<u8>| octets.iter().map(|octet| octet.reverse_bits()).collect::<Vec<u8>>();
    for opening in openings() {
        let bits = Bits::of(Framer::new(60, 1, frames.iter().map(reversed)));
        let burst = Transmitter::new(opening, true, Dbm0(-13.0), bits).samples();
        for path in paths(-13.0, 80.0) {
            let (mut deframer, mut octets, mut heard) = (hdlc::Deframer::new(), Vec::new(), Vec::new());
            receiver(opening).process(&path.carry(&burst, 0), &mut |output| {
                let mut take = |event| match event {
                    hdlc::Event::Octets(chunk) => octets.extend_from_slice(chunk.octets()),
                    hdlc::Event::FrameEnd(FrameEnd::Good) => heard.push(std::mem::take(&mut octets)),
                    hdlc::Event::FrameEnd(_) => octets.clear(),
                    hdlc::Event::Preamble => {}
                };
                match output {
                    Output::Bits { bits, count } => deframer.push(bits, count, &mut take),
                    Output::Ended { .. } => deframer.carrier_lost(&mut take),
                    _ => {}
                }
            });
            assert_eq!(heard, frames, "{opening}, {}", path.name);
        }
    }
}
