//! What the tone detector hears, how surely, and what it must not hear.
//!
//! The large tables (1000 trials a point, 24 hours of talk) are made by the examples `tone_bench` and
//! `talk_off`; here is the share of them that runs every time.

mod support;

use fax_core::{Dbm0, Tone};
use fax_modem::tone::{Detector, Generator, ToneOutput};
use support::random::Random;
use support::signals::{Wave, a_law_leg, add_noise, fsk, mu_law_leg, qam, rounded};
use support::speech::Conversation;
use support::wav;

/// What it says, and the sample by which it said it.
fn heard(samples: &[i16]) -> Vec<(usize, ToneOutput)> {
    heard_by(&mut Detector::new(), samples)
}

fn heard_by(detector: &mut Detector, samples: &[i16]) -> Vec<(usize, ToneOutput)> {
    let mut out = Vec::new();
    for (n, block) in samples.chunks(20).enumerate() {
        detector.process(block, &mut |output| out.push(((n + 1) * 20, output)));
    }
    out
}

fn began(outputs: &[(usize, ToneOutput)], wanted: Tone) -> Option<(usize, u64)> {
    outputs.iter().find_map(|&(by, output)| match output {
        ToneOutput::Began { tone, at } if tone == wanted => Some((by, at)),
        _ => None,
    })
}

/// 0.5 s of noise, a tone of 0.5 s from sample 4000, 0.5 s of noise.
fn trial(wave: &Wave, noise: f64, random: &mut Random) -> Vec<i16> {
    let mut samples = vec![0.0; 12_000];
    add_noise(&mut samples, noise, random);
    wave.add(&mut samples, 4000.0 + random.unit(), 4000);
    rounded(&samples)
}

/// Trials of 200 in which a tone began within `limit` milliseconds.
fn trials_heard(tone: Tone, snr: f64, limit: usize) -> usize {
    (0..200)
        .filter(|&seed| {
            let mut random = Random::new(seed + 1);
            let mut wave = Wave::of(tone, -13.0);
            wave.hertz += random.between(-10.0, 10.0);
            wave.phase = random.unit();
            let outputs = heard(&trial(&wave, -13.0 - snr, &mut random));
            began(&outputs, tone).is_some_and(|(by, _)| by > 4000 && by <= 4000 + limit * 8)
        })
        .count()
}

#[test]
fn a_tone_is_heard_within_250_ms_at_3_db_and_within_150_ms_at_0_db() {
    for tone in [Tone::Cng, Tone::Ced] {
        assert_eq!(trials_heard(tone, 3.0, 250), 200, "{tone:?}");
        assert!(trials_heard(tone, 0.0, 150) >= 198, "{tone:?}");
        assert_eq!(trials_heard(tone, 30.0, 150), 200, "{tone:?}");
    }
}

#[test]
fn the_times_of_beginning_and_end_are_right_within_5_ms() {
    for tone in [Tone::Cng, Tone::Ced] {
        for (seed, snr) in (1..).zip([40.0, 20.0, 10.0, 6.0, 40.0, 20.0, 10.0, 6.0]) {
            let outputs = heard(&trial(&Wave::of(tone, -20.0), -20.0 - snr, &mut Random::new(seed)));
            let [(_, ToneOutput::Began { at: first, .. }), (by, ToneOutput::Ended { at: last })] =
                outputs[..]
            else {
                panic!("{tone:?} {snr} dB: {outputs:?}")
            };
            assert!(first.abs_diff(4000) <= 40 && last.abs_diff(8000) <= 40, "{snr} dB: {first} {last}");
            assert!(by <= 8000 + 60 * 8, "the end is told within 60 ms");
        }
    }
}

#[test]
fn frequencies_of_the_standard_and_a_line_offset_are_heard_and_others_are_not() {
    let at = |hertz: f64| {
        let outputs = heard(&trial(&Wave::plain(hertz, -13.0), -50.0, &mut Random::new(3)));
        (began(&outputs, Tone::Cng).is_some(), began(&outputs, Tone::Ced).is_some())
    };
    for offset in [-45.0, -38.0, -20.0, -7.3, 0.0, 11.0, 38.0, 45.0] {
        assert_eq!(at(1100.0 + offset), (true, false), "{offset}");
    }
    for offset in [-25.0, -15.0, -4.4, 0.0, 15.0, 25.0] {
        assert_eq!(at(2100.0 + offset), (false, true), "{offset}");
    }
    // Around both, and the tones of data callers and answerers: V.25 CT, Bell 103, 2002 Hz of V.8 bis.
    for hertz in [1035.0, 1040.0, 1160.0, 1165.0, 2060.0, 2065.0, 2135.0, 2140.0, 1300.0, 2225.0, 2002.0] {
        assert_eq!(at(hertz), (false, false), "{hertz}");
    }
}

#[test]
fn every_level_from_0_to_minus_48_dbm0_is_heard() {
    for tone in [Tone::Cng, Tone::Ced, Tone::AnsAm] {
        let wanted = if tone == Tone::Cng { Tone::Cng } else { Tone::Ced };
        for level in [0.0, -6.0, -20.0, -30.0, -40.0, -45.0, -48.0] {
            let outputs = heard(&trial(&Wave::of(tone, level), level - 30.0, &mut Random::new(5)));
            assert!(began(&outputs, wanted).is_some_and(|(by, _)| by <= 5200), "{tone:?} {level}");
        }
    }
}

#[test]
fn a_g711_leg_changes_nothing() {
    for leg in [mu_law_leg, a_law_leg] {
        for tone in [Tone::Cng, Tone::Ced] {
            for level in [-3.0, -13.0, -30.0, -43.0] {
                let samples = trial(&Wave::of(tone, level), level - 25.0, &mut Random::new(6));
                let samples: Vec<i16> = samples.into_iter().map(leg).collect();
                let by = began(&heard(&samples), tone).map(|(by, _)| by);
                assert!(by.is_some_and(|by| by <= 5200), "{tone:?} {level} {by:?}");
            }
        }
    }
}

#[test]
fn hum_offset_and_the_noise_of_a_telephone_band_are_borne() {
    for tone in [Tone::Cng, Tone::Ced] {
        let mut random = Random::new(8);
        let mut samples = vec![0.0; 12_000];
        // White noise without what lies outside 300 to 3400 Hz, by a sum of 620 sines 5 Hz apart.
        for n in 0..620 {
            let mut wave = Wave::plain(300.0 + 5.0 * f64::from(n) + random.unit(), -18.0 - 27.9);
            wave.phase = random.unit();
            wave.add(&mut samples, 0.0, 12_000);
        }
        Wave::plain(50.0, -25.0).add(&mut samples, 0.0, 12_000);
        samples.iter_mut().for_each(|x| *x += 300.0);
        Wave::of(tone, -13.0).add(&mut samples, 4000.0, 4000);
        let by = began(&heard(&rounded(&samples)), tone).map(|(by, _)| by);
        assert!(by.is_some_and(|by| by <= 6000), "{tone:?} {by:?}");
    }
}

/// T.30 4.1.1, V.25 2.3, V.8 7.2: told as CED at once, then as what it is.
#[test]
fn a_2100_hz_tone_is_refined_to_what_it_is_and_to_nothing_else() {
    for snr in [40.0, 15.0, 8.0] {
        for tone in [Tone::Ced, Tone::AnsPr, Tone::AnsAm, Tone::AnsAmPr] {
            let mut random = Random::new(9);
            let mut samples = vec![0.0; 4000 + 26_400 + 2000];
            add_noise(&mut samples, -15.0 - snr, &mut random);
            Wave::of(tone, -15.0).add(&mut samples, 4000.3, 26_400);
            let outputs = heard(&rounded(&samples));
            assert!(matches!(outputs[0].1, ToneOutput::Began { tone: Tone::Ced, .. }), "{outputs:?}");
            let refined: Vec<(usize, Tone)> = outputs
                .iter()
                .filter_map(|&(by, output)| match output {
                    ToneOutput::Refined { tone, .. } => Some((by, tone)),
                    _ => None,
                })
                .collect();
            let steps: Vec<Tone> = refined.iter().map(|&(_, tone)| tone).collect();
            let expected: &[Tone] = match tone {
                Tone::AnsPr => &[Tone::AnsPr],
                Tone::AnsAm => &[Tone::AnsAm],
                Tone::AnsAmPr => &[Tone::AnsAm, Tone::AnsAmPr],
                _ => &[],
            };
            assert_eq!(steps, expected, "{tone:?} at {snr} dB");
            // The swing within 300 ms, the first turn within 30 ms.
            for &(by, kind) in &refined {
                let limit = if kind == Tone::AnsAm { 300 } else { 480 };
                assert!(by <= 4000 + limit * 8, "{tone:?} at {snr} dB: {kind:?} by {by}");
            }
            assert_eq!(outputs.iter().filter(|o| matches!(o.1, ToneOutput::Ended { .. })).count(), 1);
        }
    }
}

#[test]
fn our_own_tones_are_heard_as_what_they_are_and_in_cadence() {
    let mut samples = vec![0; 3 * 28_000];
    Generator::new(Tone::Cng, Dbm0(-11.0)).fill(&mut samples);
    let outputs = heard(&samples);
    assert_eq!(outputs.len(), 6);
    for (n, pair) in outputs.chunks(2).enumerate() {
        let [(_, ToneOutput::Began { tone: Tone::Cng, at: first }), (_, ToneOutput::Ended { at: last })] =
            *pair
        else {
            panic!("{pair:?}")
        };
        let due = n as u64 * 28_000;
        assert!(first.abs_diff(due) <= 40 && last.abs_diff(due + 4000) <= 40, "{first} {last}");
    }
    for tone in [Tone::AnsPr, Tone::AnsAm, Tone::AnsAmPr] {
        let mut samples = vec![0; 16_000];
        Generator::new(tone, Dbm0(-11.0)).fill(&mut samples);
        let last = heard(&samples).pop();
        assert!(matches!(last, Some((_, ToneOutput::Refined { tone: got, .. })) if got == tone), "{last:?}");
    }
}

#[test]
fn the_other_tone_is_heard_through_the_echo_of_our_own() {
    for (own, far) in [(Tone::Cng, Tone::Ced), (Tone::Ced, Tone::Cng), (Tone::AnsAmPr, Tone::Cng)] {
        let mut random = Random::new(10);
        let mut samples = vec![0.0; 24_000];
        add_noise(&mut samples, -60.0, &mut random);
        Wave::of(own, -18.0).add(&mut samples, 0.0, 24_000);
        Wave::of(far, -30.0).add(&mut samples, 12_000.0, 4000);
        let mut detector = Detector::new();
        detector.ignore(Some(own));
        let outputs = heard_by(&mut detector, &rounded(&samples));
        assert!(began(&outputs, far).is_some_and(|(by, _)| by <= 12_000 + 2000), "{own:?}: {outputs:?}");
        assert_eq!(began(&outputs, if own == Tone::Cng { own } else { Tone::Ced }), None, "{own:?}");
        detector.ignore(None);
        let outputs = heard_by(&mut detector, &rounded(&samples[..8000]));
        assert!(!outputs.is_empty(), "once it is not ignored it is heard");
    }
}

#[test]
fn the_tones_of_the_telephone_are_no_fax_tones() {
    let rows = [697.0, 770.0, 852.0, 941.0];
    let columns = [1209.0, 1336.0, 1477.0, 1633.0];
    let mut sets: Vec<Vec<f64>> = rows.iter().flat_map(|&r| columns.map(|c| vec![r, c])).collect();
    sets.extend([
        vec![350.0, 440.0],
        vec![440.0, 480.0],
        vec![480.0, 620.0],
        vec![425.0],
        vec![400.0, 450.0],
    ]);
    // Special information tones, caller alert (GR-30), single frequency and V.8 bis.
    for hertz in [913.8, 985.2, 1370.6, 1428.5, 1776.7, 1004.0, 1400.0, 2600.0, 2750.0, 1650.0, 1850.0] {
        sets.push(vec![hertz]);
    }
    sets.extend([
        vec![2130.0, 2750.0],
        vec![1375.0, 2002.0],
        vec![1529.0, 2225.0],
        vec![1700.0],
        vec![1800.0],
    ]);
    for set in sets {
        for level in [-6.0, -20.0, -40.0] {
            let mut samples = vec![0.0; 12_000];
            add_noise(&mut samples, -65.0, &mut Random::new(11));
            set.iter().for_each(|&hertz| Wave::plain(hertz, level).add(&mut samples, 2000.0, 8000));
            assert_eq!(heard(&rounded(&samples)), [], "{set:?}");
        }
    }
}

#[test]
fn modems_are_no_fax_tones() {
    let mut random = Random::new(12);
    let bits: Vec<u64> = (0..10_000).map(|_| random.bits()).collect();
    let count = 40_000;
    let mut signals = Vec::new();
    for hertz in [[980.0, 1180.0], [1650.0, 1850.0], [1270.0, 1070.0], [2225.0, 2025.0]] {
        signals.push(fsk(hertz, 300.0, |n| bits[n] & 1 == 1, -13.0, count));
        signals.push(fsk(hertz, 300.0, |n| n % 8 != 0 && n % 8 != 7, -13.0, count));
        signals.push(fsk(hertz, 300.0, |n| n % 2 == 0, -13.0, count));
    }
    signals.push(fsk([1300.0, 2100.0], 1200.0, |n| bits[n] & 1 == 1, -13.0, count));
    for (carrier, baud) in [(1800.0, 1200.0), (1800.0, 1600.0), (1700.0, 2400.0), (1800.0, 2400.0)] {
        signals.push(qam(carrier, baud, |n| if n % 2 == 0 { [1.0, 0.0] } else { [-1.0, 0.0] }, -13.0, count));
        signals.push(qam(carrier, baud, |n| if n % 2 == 0 { [1.0, 0.0] } else { [0.0, 1.0] }, -13.0, count));
        let data = |n: usize| [(bits[n % 9999] % 8) as f64 - 3.5, (bits[n % 9999] / 8 % 8) as f64 - 3.5];
        signals.push(qam(carrier, baud, data, -13.0, count));
        signals.push(qam(carrier, baud, |_| [1.0, 0.0], -13.0, count));
    }
    for (n, signal) in signals.into_iter().enumerate() {
        assert_eq!(heard(&rounded(&signal)), [], "signal {n}");
    }
}

#[test]
fn no_recording_of_a_modem_holds_a_fax_tone() {
    let folder = format!("{}/../test-vectors/modem", env!("CARGO_MANIFEST_DIR"));
    let mut recordings = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "wav") {
            let (_, samples) = wav::read(&std::fs::read(&path).unwrap()).unwrap();
            assert_eq!(heard(&samples), [], "{}", path.display());
            recordings += 1;
        }
    }
    assert!(recordings > 0);
}

/// AUD-8: speech and ring-back trip simple detectors.
#[test]
fn half_an_hour_of_talk_music_and_whistling_holds_no_tone() {
    let mut conversation = Conversation::new(1);
    let mut detector = Detector::new();
    let mut block = vec![0; 8000];
    for second in 0..1800 {
        conversation.fill(&mut block);
        detector.process(&block, &mut |output| panic!("{second} s, {}: {output:?}", conversation.scene()));
    }
}

/// A caller's CNG over the echo of an announcement: talk 20 dB below the tone.
#[test]
fn a_tone_is_heard_within_its_half_second_over_talk_20_db_below() {
    let mut conversation = Conversation::new(2);
    for tone in [Tone::Cng, Tone::Ced] {
        let heard = (0..100).filter(|_| {
            let mut talk = vec![0; 12_000];
            conversation.fill(&mut talk);
            let power = talk.iter().map(|&x| f64::from(x) * f64::from(x)).sum::<f64>() / 12_000.0;
            let gain = support::signals::rms(-33.0) / power.sqrt().max(1.0);
            let mut samples: Vec<f64> = talk.iter().map(|&x| f64::from(x) * gain).collect();
            Wave::of(tone, -13.0).add(&mut samples, 4000.0, 4000);
            began(&heard(&rounded(&samples)), tone).is_some()
        });
        let heard = heard.count();
        assert!(heard >= 95, "{tone:?}: {heard} of 100");
    }
}

#[test]
fn noise_alone_is_no_tone() {
    for level in [-6.0, -20.0, -45.0] {
        let mut samples = vec![0.0; 480_000];
        add_noise(&mut samples, level, &mut Random::new(13));
        assert_eq!(heard(&rounded(&samples)), []);
    }
}

#[test]
fn the_cut_of_the_blocks_does_not_show() {
    let mut random = Random::new(14);
    let samples = trial(&Wave::of(Tone::AnsAm, -13.0), -20.0, &mut random);
    let mut whole = Vec::new();
    Detector::new().process(&samples, &mut |output| whole.push(output));
    for _ in 0..20 {
        let (mut detector, mut pieces, mut rest) = (Detector::new(), Vec::new(), &samples[..]);
        while !rest.is_empty() {
            let (now, later) = rest.split_at(random.below(400).min(rest.len()));
            detector.process(now, &mut |output| pieces.push(output));
            rest = later;
        }
        assert_eq!(whole, pieces);
    }
}

/// Random, clipped, silent, spliced: no panic, a tone that began ends before the next begins, and the
/// clean tone that follows is heard.
#[test]
fn nothing_a_line_can_carry_upsets_it() {
    let mut random = Random::new(15);
    let mut detector = Detector::new();
    let mut on = false;
    let mut check = |output| {
        let begins = matches!(output, ToneOutput::Began { .. });
        assert_ne!(begins, on, "{output:?}");
        if !matches!(output, ToneOutput::Refined { .. }) {
            on = begins;
        }
    };
    for _ in 0..300 {
        let kind = random.below(6);
        let hertz = random.between(0.0, 4000.0);
        let block: Vec<i16> = (0..random.below(4000))
            .map(|n| match kind {
                0 => random.bits() as i16,
                1 => i16::MIN,
                2 => 0,
                3 => {
                    if ((n as f64 * 0.275) as usize).is_multiple_of(2) {
                        i16::MAX
                    } else {
                        i16::MIN
                    }
                }
                4 => {
                    (20_000.0 * fax_core::maths::sin(2.0 * fax_core::maths::PI * hertz * n as f64 / 8000.0))
                        as i16
                }
                _ => {
                    if n % 977 == 0 {
                        i16::MAX
                    } else {
                        0
                    }
                }
            })
            .collect();
        detector.process(&block, &mut check);
    }
    let clean = trial(&Wave::of(Tone::Cng, -13.0), -50.0, &mut random);
    let mut last = None;
    detector.process(&clean, &mut |output| last = Some(output));
    assert!(matches!(last, Some(ToneOutput::Ended { .. })));
}
