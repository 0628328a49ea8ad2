//! The peer against itself: what this crate hands over is what the library does, and its levels,
//! lags and faults are known before our own modems meet it.

use fax_core::{Dbm0, Opening, Training};
use peer_spandsp::{Bits, PeerOutput, Receiver, Transmitter, prbs};

/// The rest of the burst between 100 ms and 200 ms of silence.
fn burst(tx: &mut Transmitter) -> Vec<i16> {
    let mut samples = vec![0; 800];
    samples.extend(tx.samples());
    samples.extend([0; 1600]);
    samples
}

fn hear(rx: &mut Receiver, samples: &[i16]) -> Vec<PeerOutput> {
    let mut heard = Vec::new();
    rx.process(samples, &mut |output| heard.push(output));
    heard
}

fn bits(heard: &[PeerOutput]) -> Vec<bool> {
    let bit = |output: &PeerOutput| if let PeerOutput::Bit(bit) = *output { Some(bit) } else { None };
    heard.iter().filter_map(bit).collect()
}

fn states(heard: &[PeerOutput]) -> Vec<PeerOutput> {
    heard.iter().copied().filter(|output| !matches!(output, PeerOutput::Bit(_))).collect()
}

fn level(samples: &[i16]) -> f32 {
    let energy: f64 = samples.iter().map(|&x| f64::from(x) * f64::from(x)).sum();
    Dbm0::from_power((energy / samples.len() as f64) as f32).0
}

#[test]
fn every_modem_receives_its_own_transmitter_without_error() {
    for opening in Opening::ALL {
        for tep in [false, true] {
            let sent: Vec<bool> = prbs(77).take(opening.bit_rate().0 as usize).collect();
            let mut tx = Transmitter::new(opening, tep, Dbm0(-13.0), Bits::of(sent.clone()));
            let heard = hear(&mut Receiver::new(opening), &burst(&mut tx));
            let received = bits(&heard);
            // V.21 has no training: one bit of the carrier's start comes first.
            let lag = usize::from(opening == Opening::V21);
            assert_eq!(received[lag..][..sent.len()], sent, "{opening}, echo protection {tep}");
            let trained = heard.contains(&PeerOutput::Trained);
            assert_eq!(trained, opening != Opening::V21, "{opening}: {:?}", states(&heard));
            assert_eq!(heard.last(), Some(&PeerOutput::CarrierDown), "{opening}");
        }
    }
}

#[test]
fn the_transmitters_keep_the_level_they_are_given_within_a_quarter_decibel() {
    for opening in Opening::ALL {
        for asked in [-10.0, -25.0, -40.0] {
            let mut tx = Transmitter::new(opening, false, Dbm0(asked), Bits::Prbs(5));
            let mut samples = vec![0; 40_000];
            assert_eq!(tx.fill(&mut samples), samples.len());
            let (training, data) = (level(&samples[800..2400]), level(&samples[16_000..]));
            assert!((training - asked).abs() < 0.25, "{opening} training {training} dBm0, asked {asked}");
            assert!((data - asked).abs() < 0.25, "{opening} data {data} dBm0, asked {asked}");
        }
    }
}

/// The fault: its receiver decides about the first two carrier angles by a subtraction that overflows.
#[test]
fn its_short_training_fails_for_some_phases_of_the_carrier_and_never_for_others() {
    for opening in &Opening::ALL[5..] {
        let mut tx = Transmitter::new(*opening, false, Dbm0(-13.0), Bits::of(prbs(1).take(4000)));
        let mut rx = Receiver::new(*opening);
        assert!(hear(&mut rx, &burst(&mut tx)).contains(&PeerOutput::Trained));
        let mut trained = [false; 16];
        for (phase, trained) in trained.iter_mut().enumerate() {
            let sent: Vec<bool> = prbs(2).take(4000).collect();
            tx.restart_at(Training::Short, Bits::of(sent.clone()), (phase as u32) << 28);
            rx.restart(Training::Short);
            let heard = hear(&mut rx, &burst(&mut tx));
            *trained = heard.contains(&PeerOutput::Trained);
            if *trained {
                assert_eq!(bits(&heard)[..sent.len()], sent, "{opening} phase {phase}/16");
            }
        }
        let failed = trained.iter().filter(|trained| !**trained).count();
        assert!((3..=6).contains(&failed), "{opening}: {trained:?}");
    }
}

#[test]
fn a_burst_with_bits_made_in_c_carries_the_same_bits_as_the_sequence_in_rust() {
    let opening: Opening = "v29-9600".parse().expect("a modem");
    let mut tx = Transmitter::new(opening, false, Dbm0(-13.0), Bits::Prbs(9));
    let mut samples = vec![0; 16_000];
    tx.fill(&mut samples);
    let taken = tx.bits_taken() as usize;
    tx.end();
    samples.extend(tx.samples());
    samples.extend([0; 800]);
    let sent: Vec<bool> = prbs(9).take(taken).collect();
    assert_eq!(bits(&hear(&mut Receiver::new(opening), &samples))[..taken], sent);

    let mut counting = Receiver::new(opening);
    samples.chunks(160).for_each(|block| counting.count(block));
    assert!(counting.bits_counted() as usize >= taken);
    assert!((counting.carrier().0 - 1700.0).abs() < 1.0);
}
