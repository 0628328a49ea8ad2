//! What must hold of the fast receivers whatever a line brings: no cut of blocks shows, nothing that
//! happened before costs a clean burst, nothing that is no burst trains them.

mod support;

use fax_core::{Dbm0, FrameEnd, Training};
use fax_modem::fsk::{Channel, FskTransmitter};
use fax_modem::{EchoProtection, Modem, Output, QamReceiver, hdlc};
use proptest::prelude::*;
use support::bursts::{GAP, Kind, assert_received, last_bits, told, training_samples};
use support::random::Random;
use support::signals::{self, Wave};
use support::speech::Conversation;

fn noise(level: f64, samples: usize, random: &mut Random) -> Vec<i16> {
    let mut out = vec![0.0; samples];
    signals::add_noise(&mut out, level, random);
    signals::rounded(&out)
}

fn tone(hertz: f64, level: f64, samples: usize) -> Vec<i16> {
    let mut out = vec![0.0; samples];
    Wave::plain(hertz, level).add(&mut out, 0.0, samples);
    signals::rounded(&out)
}

fn trainings(told: &[Output]) -> usize {
    told.iter().filter(|output| matches!(output, Output::Trained { .. })).count()
}

#[test]
fn every_level_from_minus_6_to_minus_55_dbm0_is_received_without_error() {
    for modem in Modem::ALL {
        for level in [-6.0, -9.0, -20.0, -33.0, -43.0, -48.0, -52.0, -55.0] {
            let burst = Kind { level, ..Kind::LONG }.burst(modem, 1);
            assert_received(&mut QamReceiver::new(modem), &burst, &format!("{} {level} dBm0", modem.opening));
        }
    }
}

#[test]
fn echo_protection_and_short_training_are_received_without_error() {
    for modem in Modem::ALL {
        let mut receiver = QamReceiver::new(modem);
        let kinds = [
            (Training::Long, EchoProtection::On),
            (Training::Short, EchoProtection::Off),
            (Training::Short, EchoProtection::On),
            (Training::Long, EchoProtection::Off),
        ];
        for (seed, (training, protection)) in (1..).zip(kinds) {
            let burst = Kind { training, protection, ..Kind::LONG }.burst(modem, seed);
            let context = format!("{} {training:?}, protection {protection:?}", modem.opening);
            assert_received(&mut receiver, &burst, &context);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn what_is_told_does_not_depend_on_the_cut_of_the_blocks(
        seed in any::<u64>(),
        modem in prop::sample::select(&Modem::ALL[..]),
        cuts in prop::collection::vec(prop_oneof![0..4_usize, 1..41_usize, 150..170_usize, 1..3000_usize], 1..40),
    ) {
        let mut samples = Kind { ms: 200, ..Kind::LONG }.burst(modem, seed).samples;
        samples.extend(Kind { training: Training::Short, ms: 200, ..Kind::LONG }.burst(modem, !seed).samples);
        for (sample, noise) in samples.iter_mut().zip(noise(-45.0, 1 << 16, &mut Random::new(seed))) {
            *sample = sample.saturating_add(noise);
        }
        let mut whole = Vec::new();
        QamReceiver::new(modem).process(&samples, &mut |output| whole.push(output));
        let (mut pieces, mut rest, mut receiver) = (Vec::new(), &samples[..], QamReceiver::new(modem));
        for cut in cuts.iter().cycle().chain([&1]) {
            let (now, later) = rest.split_at((*cut).min(rest.len()));
            receiver.process(now, &mut |output| pieces.push(output));
            rest = later;
            if rest.is_empty() || cuts.iter().all(|cut| *cut == 0) {
                break;
            }
        }
        receiver.process(rest, &mut |output| pieces.push(output));
        prop_assert!(trainings(&whole) == 2, "{} trainings", trainings(&whole));
        prop_assert_eq!(whole, pieces);
    }
}

/// What is not a whole burst and could be taken for the beginning of one.
fn false_starts(modem: &'static Modem) -> Vec<(String, Vec<i16>)> {
    let whole = Kind { protection: EchoProtection::Off, ..Kind::LONG }.burst(modem, 7).samples;
    let protected = Kind { protection: EchoProtection::On, ..Kind::LONG }.burst(modem, 7).samples;
    let end = training_samples(modem, Training::Long);
    let mut starts: Vec<(String, Vec<i16>)> = [20, 50, 100, 160, 300, 700]
        .into_iter()
        .map(|ms| (format!("a training cut after {ms} ms"), whole[..(GAP + ms * 8).min(end)].to_vec()))
        .collect();
    starts.push(("echo protection alone".into(), protected[..GAP + 1600].to_vec()));
    starts.push(("a training cut at its end".into(), whole[..end].to_vec()));
    starts.push(("a burst cut within its data".into(), whole[..end + 2000].to_vec()));
    starts.push(("a training without its alternation".into(), whole[GAP + 900..end].to_vec()));
    starts.push(("data alone".into(), whole[end..].to_vec()));
    starts
}

#[test]
fn a_false_start_never_costs_the_burst_after_it() {
    for modem in Modem::ALL {
        let (clean, short) =
            (Kind::LONG.burst(modem, 8), Kind { training: Training::Short, ..Kind::LONG }.burst(modem, 9));
        for (name, start) in false_starts(modem) {
            for gap in [0, 75, 160, 600, 2000] {
                let context = format!("{} after {name} and {} ms", modem.opening, gap / 8 + 200);
                let mut receiver = QamReceiver::new(modem);
                // Taught, so that a short training may follow the false start as well.
                assert_received(&mut receiver, &Kind::LONG.burst(modem, 10), &context);
                told(&mut receiver, &start);
                told(&mut receiver, &vec![0; gap]);
                assert_received(&mut receiver, &clean, &context);
                told(&mut receiver, &start);
                told(&mut receiver, &vec![0; gap]);
                assert_received(&mut receiver, &clean, &context);
                assert_received(&mut receiver, &short, &format!("{context}, short"));
            }
        }
    }
}

#[test]
fn a_burst_that_follows_a_broken_one_without_any_gap_is_received() {
    for modem in Modem::ALL {
        let mut clean = Kind::LONG.burst(modem, 12);
        clean.samples.drain(..GAP);
        for (name, start) in false_starts(modem) {
            let mut receiver = QamReceiver::new(modem);
            told(&mut receiver, &start);
            assert_received(&mut receiver, &clean, &format!("{} right after {name}", modem.opening));
        }
    }
}

#[test]
fn a_dropout_of_20_ms_in_the_data_does_not_end_a_burst_and_right_bits_resume() {
    for modem in Modem::ALL {
        for seed in 0..4 {
            let context = format!("{} seed {seed}", modem.opening);
            let mut burst = Kind { ms: 1500, ..Kind::LONG }.burst(modem, 20 + seed);
            let at = training_samples(modem, Training::Long) + 4000 + 37 * seed as usize;
            burst.samples[at..at + 160].fill(0);
            let mut receiver = QamReceiver::new(modem);
            let told = told(&mut receiver, &burst.samples);
            let ends = told.iter().filter(|output| matches!(output, Output::Ended { .. })).count();
            assert_eq!((trainings(&told), ends), (1, 1), "{context}");
            let bits = last_bits(&told).expect("trained");
            assert!(bits.len() >= burst.bits.len(), "{context}: {} of {}", bits.len(), burst.bits.len());
            // From 230 ms after the dropout on.
            let from = burst.bits.len() / 2;
            let errors = (from..burst.bits.len()).filter(|n| bits[*n] != burst.bits[*n]).count();
            assert_eq!(errors, 0, "{context}: wrong bits after the dropout");
            assert_received(&mut receiver, &Kind::LONG.burst(modem, 30), &format!("{context}, next burst"));
        }
    }
}

#[test]
fn a_jump_of_level_within_a_burst_ends_it_or_is_followed_and_harms_no_later_one() {
    for modem in Modem::ALL {
        let end = training_samples(modem, Training::Long);
        let faint = Kind { level: -55.0, ms: 1000, ..Kind::LONG }.burst(modem, 31).samples;
        let (long, short) =
            (Kind::LONG.burst(modem, 32), Kind { training: Training::Short, ..Kind::LONG }.burst(modem, 33));
        for at in [GAP + 100, end / 2, end - 100, end + 10, end + 2000] {
            for gain in [0.0, 0.05, 0.3, 2.0, 3.0, 5.0, 8.0, 12.0, 15.0, 20.0, 50.0, 1e3, 1e6] {
                let context = format!("{}, {gain} times from {at} on", modem.opening);
                let mut receiver = QamReceiver::new(modem);
                // Taught by a sound burst: one that breaks within its data must not teach anything else.
                assert_received(&mut receiver, &long, &context);
                let jump = faint[at..].iter().map(|x| (f64::from(*x) * gain) as i16);
                let samples: Vec<i16> = faint[..at].iter().copied().chain(jump).collect();
                let outputs = told(&mut receiver, &samples);
                assert!(outputs.len() < 20_000, "{context}: {} outputs", outputs.len());
                if at > end {
                    assert_received(&mut receiver, &short, &format!("{context}, short"));
                }
                assert_received(&mut receiver, &long, &context);
            }
        }
    }
}

/// Samples that no line could bring, or only a broken one.
fn extremes() -> Vec<(&'static str, Vec<i16>)> {
    let square =
        |period: usize| (0..16_000).map(move |n| if n % period < period / 2 { i16::MIN } else { i16::MAX });
    let mut random = Random::new(40);
    vec![
        ("DC at the upper rail", vec![i16::MAX; 16_000]),
        ("DC at the lower rail", vec![i16::MIN; 16_000]),
        ("a square wave of 4000 Hz", square(2).collect()),
        ("a square wave of 2000 Hz", square(4).collect()),
        ("a square wave of 800 Hz", square(10).collect()),
        ("a square wave of 50 Hz", square(160).collect()),
        (
            "rails at random",
            (0..16_000).map(|_| if random.bits() >> 63 == 1 { i16::MIN } else { i16::MAX }).collect(),
        ),
        ("single pulses", (0..16_000).map(|n| if n % 797 == 0 { i16::MIN } else { 0 }).collect()),
        ("steps", (0..16_000).map(|n| ((n / 500) as i16).wrapping_mul(9973)).collect()),
    ]
}

#[test]
fn after_samples_at_the_rails_a_clean_burst_is_received() {
    for modem in Modem::ALL {
        let clean = Kind::LONG.burst(modem, 41);
        let mut receiver = QamReceiver::new(modem);
        for (name, samples) in extremes() {
            told(&mut receiver, &samples);
            assert_received(&mut receiver, &clean, &format!("{} after {name}", modem.opening));
        }
    }
}

#[test]
fn a_burst_that_is_clipped_to_a_square_wave_harms_nothing_after_it() {
    for modem in Modem::ALL {
        let clean = Kind::LONG.burst(modem, 42);
        let mut receiver = QamReceiver::new(modem);
        let clipped = clean.samples.iter().map(|x| if *x == 0 { 0 } else { x.signum() * i16::MAX });
        told(&mut receiver, &clipped.collect::<Vec<i16>>());
        assert_received(&mut receiver, &clean, &format!("{}", modem.opening));
    }
}

/// V.21 frames by the minute.
fn v21(seconds: usize) -> Vec<i16> {
    let (mut line, mut framer, mut random) =
        (FskTransmitter::new(Channel::Two, Dbm0(-13.0)), hdlc::Framer::new(), Random::new(50));
    line.start();
    let mut samples = vec![0; seconds * 8000];
    for block in samples.chunks_mut(160) {
        if framer.is_idle() {
            framer.hold_flags(1 + random.below(40) as u32);
            let octets: [u8; 20] = core::array::from_fn(|_| random.bits() as u8);
            framer.octets(&fax_core::Chunk::from_octets(&octets));
            framer.end(FrameEnd::Good);
        }
        framer.fill(line.bits(), 16);
        line.fill(block);
    }
    samples
}

/// Minutes of what is no burst of any fast modem.
fn others() -> Vec<(String, Vec<i16>)> {
    let mut random = Random::new(60);
    let mut others = vec![("V.21".to_owned(), v21(60)), ("silence".to_owned(), vec![0; 80_000])];
    for level in [-10.0, -35.0, -65.0] {
        others.push((format!("noise at {level} dBm0"), noise(level, 60 * 8000, &mut random)));
    }
    // The lines of the alternations among them: 600, 1000, 1200, 1800, 2200, 2600, 2900 and 3000 Hz.
    for hertz in [400, 500, 600, 1000, 1100, 1200, 1400, 1700, 1800, 2100, 2200, 2600, 2900, 3000] {
        others.push((format!("{hertz} Hz"), tone(f64::from(hertz), -13.0, 24_000)));
    }
    let pairs = [(600.0, 3000.0), (500.0, 2900.0), (1000.0, 2600.0), (1200.0, 2400.0), (697.0, 1209.0)];
    for (low, high) in pairs {
        let (low_tone, high_tone) = (tone(low, -16.0, 24_000), tone(high, -16.0, 24_000));
        let both = low_tone.iter().zip(&high_tone).map(|(a, b)| a + b).collect();
        others.push((format!("{low} and {high} Hz"), both));
    }
    let mut speech = vec![0; 240 * 8000];
    Conversation::new(70).fill(&mut speech);
    others.push(("speech".to_owned(), speech));
    others
}

#[test]
fn nothing_but_a_burst_trains_a_receiver_and_all_of_it_harms_none() {
    let others = others();
    for modem in Modem::ALL {
        let mut receiver = QamReceiver::new(modem);
        for (name, samples) in &others {
            assert_eq!(trainings(&told(&mut receiver, samples)), 0, "{} trained by {name}", modem.opening);
        }
        assert_received(&mut receiver, &Kind::LONG.burst(modem, 61), &format!("{}", modem.opening));
    }
}

#[test]
fn nothing_but_a_burst_trains_a_receiver_of_all_modems() {
    let mut receiver = QamReceiver::any();
    for (name, samples) in others() {
        assert_eq!(trainings(&told(&mut receiver, &samples)), 0, "trained by {name}");
    }
    for modem in Modem::ALL {
        let extremes = extremes().into_iter().map(|(name, samples)| (name.to_owned(), samples));
        for (name, samples) in extremes.chain(false_starts(modem)) {
            told(&mut receiver, &samples);
            assert_received(
                &mut receiver,
                &Kind::LONG.burst(modem, 62),
                &format!("{} after {name}", modem.opening),
            );
        }
    }
}

/// Where a receiver stands by what it says.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Stand {
    Hunting,
    Training,
    Data,
}

/// Asserts that one follows from the other.
fn next_stand(stand: Stand, output: Output, context: &str) -> Stand {
    match (stand, output) {
        (Stand::Hunting | Stand::Training, Output::Recognised { .. }) => Stand::Training,
        (Stand::Training, Output::Trained { .. }) => Stand::Data,
        (Stand::Training, Output::TrainingFailed { .. }) => Stand::Hunting,
        (Stand::Data, Output::Bits { .. }) => Stand::Data,
        (Stand::Data, Output::Ended { .. }) => Stand::Hunting,
        _ => panic!("{context}: {output:?} while {stand:?}"),
    }
}

#[test]
fn what_was_recognised_is_told_to_have_trained_or_failed_and_what_trained_to_have_ended() {
    let mut random = Random::new(80);
    let receivers = Modem::ALL.into_iter().map(|modem| (modem, QamReceiver::new(modem)));
    for (modem, mut receiver) in receivers.chain([(Modem::ALL[7], QamReceiver::any())]) {
        let starts = false_starts(modem);
        let mut stand = Stand::Hunting;
        for n in 0..60 {
            // Two to five broken bursts, in each other's way.
            let mut samples = Vec::new();
            for _ in 0..2 + random.below(4) {
                let (_, start) = &starts[random.below(starts.len())];
                samples.extend(&start[random.below(GAP.min(start.len()))..]);
                samples.extend(noise(-60.0 + random.between(0.0, 45.0), random.below(2000), &mut random));
            }
            samples.extend([0; 16_000]);
            let context = format!("{} round {n}", modem.opening);
            for output in told(&mut receiver, &samples) {
                stand = next_stand(stand, output, &context);
            }
            assert_eq!(stand, Stand::Hunting, "{context}: two seconds after the last sample");
        }
    }
}
