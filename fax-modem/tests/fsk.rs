//! V.21 over lines: reference recordings, noise, offsets, levels, echoes, and what is not V.21.

#[path = "common/line.rs"]
mod line;

use fax_core::{Chunk, Dbm0, FrameEnd, maths};
use fax_modem::fsk::{Channel, FskReceiver, FskTransmitter, Preamble};
use fax_modem::hdlc::{Deframer, Event, Framer};
use fax_modem::{Output, Quality};
use line::{Line, Noise};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

/// What a receiver told of some samples.
#[derive(Debug, Default)]
struct Told {
    bits: Vec<u8>,
    /// Where each burst began, and after how many samples that was told.
    trained: Vec<(u64, usize)>,
    quality: Option<Quality>,
    ended: Vec<u64>,
}

fn receive(mut receiver: FskReceiver, samples: &[i16], block: usize) -> Told {
    let mut told = Told::default();
    for (n, samples) in samples.chunks(block).enumerate() {
        receiver.process(samples, &mut |output| match output {
            Output::Trained { began, quality, .. } => {
                told.trained.push((began, n * block + samples.len()));
                told.quality = Some(quality);
            }
            Output::Bits { bits, count } | Output::Doubtful { bits, count } => {
                told.bits.extend((0..count).map(|place| bits >> place & 1));
            }
            Output::Ended { at } => told.ended.push(at),
            Output::Recognised { .. } | Output::TrainingFailed { .. } => {
                panic!("V.21 has no training that can fail")
            }
        });
    }
    told
}

/// A second of flags, then random bits with zeros inserted, then a flag.
fn burst(data: usize, noise: &mut Noise) -> Vec<u8> {
    const FLAG: [u8; 8] = [0, 1, 1, 1, 1, 1, 1, 0];
    let mut bits = FLAG.repeat(37);
    let mut ones = 0;
    for _ in 0..data {
        let bit = (noise.next() & 1) as u8;
        bits.push(bit);
        ones = if bit == 1 { ones + 1 } else { 0 };
        if ones == 5 {
            bits.push(0);
            ones = 0;
        }
    }
    bits.extend(FLAG);
    bits
}

/// Wrong and missing bits of the data of a burst, and bits that could be wrong. A preamble may be
/// found some flags late.
fn errors(sent: &[u8], got: &[u8]) -> (usize, usize) {
    let data = &sent[37 * 8..];
    let wrong = |late: usize| {
        let heard = |n: usize| (n + 37 * 8).checked_sub(late).and_then(|n| got.get(n));
        (0..data.len()).filter(|n| heard(*n) != Some(&data[*n])).count()
    };
    ((0..37 * 8).step_by(8).map(wrong).min().unwrap_or(data.len()), data.len())
}

/// Bit error rate over bursts of 2000 data bits, and how many bursts were heard.
fn rate(line: &Line, bursts: u64) -> (f64, usize) {
    let (mut wrong, mut all, mut heard) = (0, 0, 0);
    for seed in 0..bursts {
        let mut noise = Noise(seed);
        let sent = burst(2000, &mut noise);
        let (samples, _) = line.carry(&sent, &mut noise);
        let told = receive(FskReceiver::new(line.channel), &samples, 160);
        heard += usize::from(told.trained.len() == 1);
        // The last 24 are not counted: an echo lives on when the burst is over.
        let (some, of) = errors(&sent[..sent.len() - 24], &told.bits);
        wrong += some;
        all += of;
    }
    (wrong as f64 / all as f64, heard)
}

fn vector(name: &str) -> Vec<u8> {
    let path = format!("{}/../test-vectors/modem/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(path).expect("the vector is part of the sources")
}

fn recording(name: &str) -> Vec<i16> {
    vector(name)[44..].chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect()
}

fn vector_bits(name: &str) -> Vec<u8> {
    vector(name).into_iter().filter(|byte| *byte >= b'0').map(|byte| byte - b'0').collect()
}

#[test]
fn the_reference_recording_of_channel_2_is_read_without_error() {
    let told = receive(FskReceiver::new(Channel::Two), &recording("v21-ch2-hdlc.wav"), 160);
    let bits = vector_bits("v21-ch2-hdlc.bits");
    assert!(told.bits.starts_with(&bits) && told.bits.len() <= bits.len() + 4);
    assert_eq!(told.trained.len(), 1);
    let (began, told_at) = told.trained[0];
    assert!(began.abs_diff(160) < 8, "began at {began}");
    assert!(told_at < 160 + 960, "told at {told_at}");
    assert!(told.ended[0].abs_diff(160 + bits.len() as u64 * 80 / 3) < 40, "{:?}", told.ended);
}

#[test]
fn the_reference_recording_of_a_v8_caller_is_read_without_error() {
    let receiver = FskReceiver::hunting(Channel::One, Preamble::V8);
    let told = receive(receiver, &recording("v8-cm-cj-ch1.wav"), 160);
    let bits = vector_bits("v8-cm-cj-ch1.bits");
    assert!(told.bits.starts_with(&bits), "{:?}", told.trained);
}

#[test]
fn a_frame_goes_through_transmitter_and_receiver() {
    let mut framer = Framer::new();
    framer.hold_flags(37);
    let frame = Chunk::from_octets(&[0xFF, 0xC8, 0x01, 0x7E, 0xFF, 0xFF, 0x00]);
    assert!(framer.octets(&frame) && framer.end(FrameEnd::Good));
    let mut transmitter = FskTransmitter::new(Channel::Two, Dbm0(-13.0));
    while !framer.is_idle() {
        assert!(transmitter.bits().push(framer.take(1), 1));
    }
    transmitter.start();
    transmitter.finish();
    let mut samples = vec![0; 20_000];
    assert!(transmitter.fill(&mut samples[1000..]) < 18_000);
    let (mut deframer, mut heard) = (Deframer::new(), Vec::new());
    let mut receiver = FskReceiver::new(Channel::Two);
    receiver.process(&samples, &mut |output| match output {
        Output::Bits { bits, count } => deframer.push(bits, count, &mut |event| heard.push(event)),
        Output::Ended { .. } => deframer.carrier_lost(&mut |event| heard.push(event)),
        _ => (),
    });
    let octets: Vec<u8> = heard
        .iter()
        .filter_map(|event| if let Event::Octets(chunk) = event { Some(chunk.octets()) } else { None })
        .flatten()
        .copied()
        .collect();
    assert_eq!(octets, frame.octets());
    assert_eq!(heard.first(), Some(&Event::Preamble));
    assert_eq!(heard.last(), Some(&Event::FrameEnd(FrameEnd::Good)));
}

/// Measured over 400 bursts: 5.3e-4 at -4.5 dB, where a coherent detector that knows all would have
/// 3e-4.
#[test]
fn noise_costs_at_most_half_a_decibel_more_than_theory() {
    let (rate, heard) = rate(&Line { snr: -4.5, ..Line::CLEAN }, 20);
    assert_eq!(heard, 20);
    assert!(rate < 1e-3, "{rate:e}");
}

#[test]
fn noise_before_the_burst_changes_nothing() {
    let (rate, heard) = rate(&Line { snr: -4.0, noisy: true, ..Line::CLEAN }, 20);
    assert_eq!(heard, 20);
    assert!(rate < 6e-4, "{rate:e}");
}

#[test]
fn offsets_of_carrier_and_clock_cost_next_to_nothing() {
    for (hertz, ppm) in [(30.0, 500.0), (-30.0, -500.0), (50.0, -1000.0), (-50.0, 1000.0)] {
        let (rate, heard) = rate(&Line { snr: -4.0, hertz, ppm, ..Line::CLEAN }, 10);
        assert_eq!(heard, 10, "{hertz} Hz {ppm} ppm");
        assert!(rate < 6e-4, "{hertz} Hz {ppm} ppm: {rate:e}");
    }
}

/// AUD-3.
#[test]
fn a_faint_signal_is_received_and_its_level_told() {
    for level in [0.0, -43.0, -48.0, -55.0] {
        let mut noise = Noise(7);
        let sent = burst(600, &mut noise);
        let line = Line { level, snr: 15.0, hertz: 20.0, ..Line::CLEAN };
        let (samples, start) = line.carry(&sent, &mut noise);
        let told = receive(FskReceiver::new(Channel::Two), &samples, 160);
        assert_eq!(errors(&sent, &told.bits).0, 0, "{level}");
        let quality = told.quality.expect("trained");
        assert!((f64::from(quality.level.0) - level).abs() < 0.5, "{quality:?}");
        assert!((quality.frequency_offset - 20.0).abs() < 1.0, "{quality:?}");
        assert!(told.trained[0].0.abs_diff(start as u64) < 8);
    }
}

#[test]
fn one_echo_four_decibels_down_does_no_harm_at_any_delay() {
    for delay in 1..=20 {
        let (rate, heard) = rate(&Line { echo: f64::from(delay), ..Line::CLEAN }, 2);
        assert_eq!((heard, rate), (2, 0.0), "{delay} ms");
    }
}

#[test]
fn a_modulator_whose_phase_jumps_is_received_too() {
    let (rate, heard) = rate(&Line { jumping: true, snr: 15.0, ..Line::CLEAN }, 10);
    assert_eq!((heard, rate), (10, 0.0));
}

#[test]
fn a_preamble_is_told_in_time_and_its_beginning_too() {
    for snr in [30.0, -3.0, -5.0] {
        let (mut late, mut heard) = (0, 0);
        for seed in 0..100 {
            let mut noise = Noise(1000 + seed);
            let sent = burst(0, &mut noise);
            let (samples, start) = Line { snr, ..Line::CLEAN }.carry(&sent, &mut noise);
            let told = receive(FskReceiver::new(Channel::Two), &samples, 8);
            heard += usize::from(told.trained.len() == 1);
            let Some((began, told_at)) = told.trained.first() else { continue };
            late += usize::from(*told_at > start + 960);
            assert!(began.abs_diff(start as u64) < 240, "{snr} dB: {began} for {start}");
        }
        assert_eq!(heard, 100, "{snr} dB");
        assert!(late <= if snr < -4.0 { 15 } else { 1 }, "{snr} dB: {late} late");
    }
}

#[test]
fn bits_stop_when_the_carrier_stops() {
    for (snr, noisy) in [(30.0, false), (5.0, true), (-3.0, true)] {
        for seed in 0..10 {
            let mut noise = Noise(seed);
            let sent = burst(300, &mut noise);
            let line = Line { snr, noisy, ..Line::CLEAN };
            let (samples, start) = line.carry(&sent, &mut noise);
            let told = receive(FskReceiver::new(Channel::Two), &samples, 160);
            let end = (start + sent.len() * 80 / 3) as u64;
            assert_eq!(told.ended.len(), 1, "{snr}");
            assert!(told.ended[0].abs_diff(end) < 160, "{snr} dB: {} for {end}", told.ended[0]);
            assert!(told.bits.len() <= sent.len() + 6, "{snr} dB: {} of {}", told.bits.len(), sent.len());
        }
    }
}

#[test]
fn bursts_seventy_five_milliseconds_apart_are_told_apart() {
    let mut noise = Noise(3);
    let mut samples = Vec::new();
    let mut sent = Vec::new();
    for hertz in [0.0, 12.0, -12.0] {
        let bits = burst(200, &mut noise);
        let (burst, start) = Line { hertz, ..Line::CLEAN }.carry(&bits, &mut noise);
        samples.extend_from_slice(&burst[start - 300..burst.len() - 900]);
        sent.push(bits);
    }
    samples.extend([0; 800]);
    let told = receive(FskReceiver::new(Channel::Two), &samples, 160);
    assert_eq!((told.trained.len(), told.ended.len()), (3, 3));
    let all = sent.concat();
    let missing = all.len().abs_diff(told.bits.len());
    assert!(missing < 14, "{missing}");
}

/// Frames of one burst follow each other without a preamble: one lost packet may not cost them all.
#[test]
fn a_hole_costs_no_more_bits_than_it_covers() {
    for (millis, slip) in [(20, 0), (60, 0), (60, 13), (200, 5), (400, 20)] {
        for seed in 0..5 {
            let mut noise = Noise(50 + seed);
            let sent = burst(600, &mut noise);
            let line = Line { snr: 10.0, hertz: 10.0, ..Line::CLEAN };
            let (mut samples, start) = line.carry(&sent, &mut noise);
            let hole = start + 12_000;
            samples[hole..hole + millis * 8].fill(0);
            samples.drain(hole..hole + slip);
            let told = receive(FskReceiver::new(Channel::Two), &samples, 160);
            assert_eq!(told.trained.len(), if millis > 20 { 2 } else { 1 }, "{millis} ms");
            // The end as it was sent stands in what was received, but for bits after the carrier.
            let after = &sent[(12_000 + millis * 8) * 3 / 80 + 3..];
            assert!(told.bits.windows(after.len()).any(|part| part == after), "{millis} ms slip {slip}");
        }
    }
}

#[test]
fn what_follows_a_burst_is_not_taken_for_its_continuation() {
    let mut noise = Noise(60);
    let sent = burst(100, &mut noise);
    let (samples, start) = Line::CLEAN.carry(&sent, &mut noise);
    let end = start + sent.len() * 80 / 3;
    let mut followers = vec![glissando(&mut noise)];
    for (carrier, thirds) in [(1700.0, 10), (1800.0, 10), (1800.0, 15), (1800.0, 20)] {
        followers.push(symbols(&mut noise, carrier, thirds));
    }
    for hertz in [1100.0, 1650.0, 1800.0, 1850.0, 2100.0] {
        let wave = |n: u32| 5000.0 * maths::sin(2.0 * maths::PI * hertz * f64::from(n) / 8000.0);
        followers.push((0..8000).map(|n| wave(n) as i16).collect());
    }
    for (n, follower) in followers.iter().enumerate() {
        for at in (0..follower.len() - 6000).step_by(23_000) {
            let line = [&samples[..end], &[0; 600], &follower[at..at + 6000]].concat();
            let told = receive(FskReceiver::new(Channel::Two), &line, 160);
            assert_eq!((told.trained.len(), told.ended.len()), (1, 1), "follower {n} at {at}");
        }
    }
}

#[test]
fn blocks_of_any_length_tell_the_same() {
    let mut noise = Noise(4);
    let sent = burst(200, &mut noise);
    let (samples, _) = Line { snr: 0.0, ..Line::CLEAN }.carry(&sent, &mut noise);
    let whole = receive(FskReceiver::new(Channel::Two), &samples, samples.len());
    for block in [1, 7, 80, 161, 1000] {
        let told = receive(FskReceiver::new(Channel::Two), &samples, block);
        assert_eq!(told.bits, whole.bits);
        assert_eq!(told.ended, whole.ended);
    }
}

#[test]
fn a_reset_receiver_is_silent_until_the_next_burst() {
    let mut noise = Noise(5);
    let sent = burst(300, &mut noise);
    let (samples, _) = Line::CLEAN.carry(&sent, &mut noise);
    let mut receiver = FskReceiver::new(Channel::Two);
    let mut told = 0;
    receiver.process(&samples[..12_000], &mut |_| told += 1);
    assert!(told > 0);
    receiver.reset();
    receiver.process(&samples[12_000..], &mut |output| panic!("{output:?}"));
    let told = receive(receiver, &samples, 160);
    assert_eq!(errors(&sent, &told.bits).0, 0);
}

/// AUD-8: the flag trigger must be the safe one. A minute each of what a line may carry.
#[test]
fn nothing_but_v21_is_taken_for_it() {
    let receivers = || {
        [
            FskReceiver::new(Channel::Two),
            FskReceiver::new(Channel::One),
            FskReceiver::hunting(Channel::One, Preamble::V8),
        ]
    };
    let mut noise = Noise(6);
    let mut sources: Vec<(&str, Vec<i16>)> = Vec::new();
    let hiss = |noise: &mut Noise, rms: f64| (0..480_000).map(|_| (noise.normal() * rms) as i16).collect();
    sources.push(("loud noise", hiss(&mut noise, 3000.0)));
    sources.push(("faint noise", hiss(&mut noise, 3.0)));
    sources.push(("silence", vec![0; 480_000]));
    for hertz in [1100.0, 2100.0, 980.0, 1180.0, 1650.0, 1850.0, 1750.0, 1662.5, 440.0] {
        let wave = |n: u32| 8000.0 * maths::sin(2.0 * maths::PI * hertz * f64::from(n) / 8000.0);
        sources.push(("a tone", (0..480_000).map(|n| wave(n) as i16).collect()));
    }
    sources.push(("tones with every pitch and pace", glissando(&mut noise)));
    sources.push(("symbols at 2400 baud", symbols(&mut noise, 1700.0, 10)));
    sources.push(("symbols at 1600 baud", symbols(&mut noise, 1800.0, 15)));
    for (name, samples) in sources {
        for receiver in receivers() {
            let told = receive(receiver, &samples, 160);
            assert_eq!(told.trained.len(), 0, "{name}");
        }
    }
}

/// A voice-like buzz: a pulse train whose pitch and loudness change.
fn glissando(noise: &mut Noise) -> Vec<i16> {
    let (mut pitch, mut turns, mut size) = (100.0, 0.0, 0.0);
    (0..480_000)
        .map(|n| {
            if n % 700 == 0 {
                (pitch, size) = (80.0 + 220.0 * noise.uniform(), noise.uniform());
            }
            turns += pitch / 8000.0;
            let buzz: f64 = (1..20).map(|k| maths::cos(2.0 * maths::PI * turns * f64::from(k))).sum();
            (1000.0 * size * buzz + 20.0 * noise.normal()) as i16
        })
        .collect()
}

/// Four random phases, one new every `thirds` thirds of a sample.
fn symbols(noise: &mut Noise, carrier: f64, thirds: usize) -> Vec<i16> {
    let (mut symbol, mut quarter) = (usize::MAX, 0.0);
    (0..480_000)
        .map(|n| {
            if 3 * n / thirds != symbol {
                (symbol, quarter) = (3 * n / thirds, (noise.next() % 4) as f64 / 4.0);
            }
            let turns = carrier * n as f64 / 8000.0 + quarter;
            (6000.0 * maths::cos(2.0 * maths::PI * turns)) as i16
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 200,
        rng_seed: RngSeed::Fixed(21),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    /// Random blocks, with stretches of flags between them so that every part of the receiver runs.
    #[test]
    fn no_samples_make_a_receiver_panic(
        blocks in prop::collection::vec((any::<u8>(), prop::collection::vec(any::<i16>(), 0..400)), 0..12),
    ) {
        let mut transmitter = FskTransmitter::new(Channel::Two, Dbm0(-13.0));
        let mut flags = [0; 2400];
        transmitter.start();
        while transmitter.bits().push(0x7E7E, 16) {}
        let (mut one, mut two) = (FskReceiver::new(Channel::Two), FskReceiver::hunting(Channel::Two, Preamble::V8));
        for (kind, block) in blocks {
            transmitter.fill(&mut flags);
            let samples = if kind < 100 { &flags[..usize::from(kind) * 24] } else { &block[..] };
            for receiver in [&mut one, &mut two] {
                receiver.process(samples, &mut |output| {
                    if let Output::Bits { count, .. } = output {
                        assert!((1..=8).contains(&count));
                    }
                });
                if kind > 250 {
                    receiver.reset();
                }
            }
        }
    }
}

/// Whatever came before, loud, cut or senseless: no panic, and a clean burst afterwards is read.
#[test]
fn nothing_a_line_can_carry_spoils_the_next_burst() {
    let mut receiver = FskReceiver::new(Channel::Two);
    for seed in 0..40 {
        let mut noise = Noise(100 + seed);
        let sent = burst(100, &mut noise);
        let (samples, _) = Line::CLEAN.carry(&sent, &mut noise);
        let mut mess: Vec<i16> = (0..8000).map(|_| noise.next() as i16).collect();
        match seed % 4 {
            0 => mess.fill(i16::MIN),
            1 => mess.iter_mut().for_each(|sample| *sample = if *sample > 0 { i16::MAX } else { i16::MIN }),
            2 => mess[..4000].copy_from_slice(&samples[2000..6000]),
            _ => (),
        }
        receiver.process(&mess, &mut |_| ());
        receiver.process(&[0; 800], &mut |_| ());
        let told = receive(receiver.clone(), &samples, 160);
        assert_eq!(errors(&sent, &told.bits).0, 0, "seed {seed}");
    }
}
