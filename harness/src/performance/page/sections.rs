//! The sections of the page, one function each.

use super::super::cpu::Cost;
use super::super::errors::{Errors, Measured, Trainings};
use super::super::goals::{self, Goal};
use super::super::lines::Over;
use super::super::short::Short;
use super::super::tolerance::{Reach, Tolerances};
use super::super::tones::Detection;
use super::{hundredths, ratio, table, tenths, verdict};
use crate::bench::tolerance::{Axis, Limit};
use crate::ideal;
use crate::system::System::{self, Ours, Spandsp};
use fax_core::Opening;

/// Thresholds of all error curves.
pub(super) fn errors(errors: &Errors) -> String {
    let crossing = |mode: &str, tx, rx, level| errors.curve(mode, tx, rx).and_then(|c| c.crossing(level));
    let rows: Vec<Vec<String>> = goals::ERRORS
        .iter()
        .filter(|goal| errors.ideal.iter().any(|ideal| ideal.mode == goal.mode))
        .map(|goal| goal_row(errors, goal))
        .collect();
    let mut text = "\n## Bit errors\n\nSNR at the bit error ratio of the goal (V.21: 1e-3, all others 1e-4). A peer's figure in brackets leaves out bursts\nthat were garbage throughout.\n".to_owned();
    let head = [
        "mode",
        "BER",
        "ideal",
        "must",
        "stretch",
        "ours",
        "reached",
        "over ideal",
        "SpanDSP",
        "ours better by",
    ];
    text += &table(&head, &rows);
    let modes: Vec<&str> = errors.ideal.iter().map(|ideal| ideal.mode.as_str()).collect();
    let rows: Vec<Vec<String>> = modes
        .iter()
        .map(|mode| {
            let mut row = vec![(*mode).to_owned()];
            for level in [1e-3, 1e-4, 1e-5] {
                let ideal = errors.ideal.iter().find(|ideal| ideal.mode == *mode);
                let figures = [
                    ideal.and_then(|ideal| ideal.crossing(level)),
                    crossing(mode, Ours, Ours, level),
                    crossing(mode, Spandsp, Spandsp, level),
                ];
                row.push(figures.map(tenths).join(" / "));
            }
            row.push(tenths(crossing(mode, Ours, Spandsp, 1e-4)));
            row.push(tenths(crossing(mode, Spandsp, Ours, 1e-4)));
            row
        })
        .collect();
    text += "\nIdeal / ours / SpanDSP at three ratios, and at 1e-4 our transmitter into SpanDSP's receiver and the reverse:\n";
    text += &table(&["mode", "1e-3", "1e-4", "1e-5", "ours into SpanDSP", "SpanDSP into ours"], &rows);
    if modes.contains(&"v21") {
        let single = (-60..60).map(|n| f64::from(n) / 10.0).find(|snr| ideal::v21_single_symbol(*snr) < 1e-3);
        text += &format!(
            "\nV.21 decided bit by bit without known phase, the best of the common kind of detector, reaches 1e-3 at {} dB.\n",
            tenths(single)
        );
    }
    text
}

fn goal_row(errors: &Errors, goal: &Goal) -> Vec<String> {
    let ideal = errors.ideal.iter().find(|ideal| ideal.mode == goal.mode);
    let ideal = ideal.and_then(|ideal| ideal.crossing(goal.level));
    let of = |system| errors.curve(goal.mode, system, system);
    let ours = of(Ours).and_then(|curve| curve.crossing(goal.level));
    let peer = of(Spandsp).and_then(|curve| curve.crossing(goal.level));
    let sound = of(Spandsp).and_then(|curve| curve.crossing_sound(goal.level));
    // Thresholds are compared as they are printed, to a tenth of a decibel.
    let within = |limit: f64| ours.is_some_and(|ours| (ours * 10.0).round() <= (limit * 10.0).round());
    vec![
        goal.mode.to_owned(),
        format!("{:.0e}", goal.level),
        tenths(ideal),
        tenths(Some(goal.must_db)),
        tenths(Some(goal.stretch_db)),
        hundredths(ours),
        verdict(within(goal.must_db), Some(within(goal.stretch_db))),
        hundredths(ours.zip(ideal).map(|(ours, ideal)| ours - ideal)),
        if peer.is_some() { tenths(peer) } else { format!("({})", tenths(sound)) },
        tenths(ours.zip(peer.or(sound)).map(|(ours, peer)| peer - ours)),
    ]
}

/// Training where the ideal bit error ratio is 1e-2.
pub(super) fn training(errors: &Errors) -> String {
    let trained = |point: &Measured| format!("{} of {}", point.trained, point.bursts);
    let row = |training: &Trainings| {
        let quiet = &training.quiet;
        let off = quiet.evm_db.map(|evm| evm - training.true_evm_db);
        vec![
            training.mode.clone(),
            training.rx.clone(),
            hundredths(Some(quiet.snr_db)),
            trained(quiet),
            quiet.garbage.to_string(),
            ratio(quiet.ber),
            tenths(quiet.evm_db),
            tenths(Some(training.true_evm_db)),
            tenths(off),
            trained(&training.noisy),
            training.noisy.garbage.to_string(),
        ]
    };
    let rows: Vec<Vec<String>> = errors.trainings.iter().map(row).collect();
    let head = [
        "mode",
        "receiver",
        "SNR",
        "trained",
        "garbage",
        "BER",
        "EVM told",
        "EVM true",
        "off by",
        "trained, noisy gap",
        "garbage, noisy gap",
    ];
    let mut text = "\n## Training\n\nAt the SNR where the ideal receiver makes one error in a hundred bits. Must: 99 % trained, the reported EVM within 1 dB of the truth\n(the noise a symbol meets on a flat line), and no effect of noise ahead of the burst.\n".to_owned();
    text += &table(&head, &rows);
    let rows: Vec<Vec<String>> = errors
        .ideal
        .iter()
        .map(|ideal| {
            let from =
                |system: System| errors.curve(&ideal.mode, system, system).and_then(|c| c.trains_from());
            let begin = |system: System| {
                let first = errors.curve(&ideal.mode, system, system).and_then(|c| c.points.first());
                if first.map(|p| p.snr_db) == from(system) { "<= " } else { "" }
            };
            let cell = |system: System| format!("{}{}", begin(system), tenths(from(system)));
            vec![ideal.mode.clone(), cell(Ours), cell(Spandsp)]
        })
        .collect();
    text += "\nSNR from which on at least 99 % of the bursts are reported as trained, whatever their bits are worth:\n";
    text + &table(&["mode", "ours", "SpanDSP"], &rows)
}

/// Short training of V.17.
pub(super) fn short(shorts: &[Short]) -> String {
    let rows: Vec<Vec<String>> = shorts
        .iter()
        .map(|short| {
            let (trained, all) = short.success();
            let share = trained as f64 / all.max(1) as f64;
            let loss = short.short_db.zip(short.long_db).map(|(short, long)| short - long);
            let best = short.points.iter().rfind(|point| point.snr_db >= 32.0);
            let must = share >= goals::SHORT_SUCCESS && loss.is_some_and(|loss| loss <= goals::SHORT_LOSS_DB);
            vec![
                short.mode.clone(),
                short.rx.clone(),
                format!("{trained} of {all}"),
                format!("{:.2} % ({})", 100.0 * share, wilson(trained, all)),
                tenths(short.long_db),
                tenths(short.short_db),
                hundredths(loss),
                ratio(best.and_then(|point| point.ber)),
                if short.rx == Ours.to_string() { verdict(must, None) } else { String::new() },
            ]
        })
        .collect();
    let head = [
        "mode",
        "receiver",
        "trained",
        "share (95 % Wilson)",
        "long, 1e-4",
        "short, 1e-4",
        "loss",
        "BER at 40 dB",
        "reached",
    ];
    let mut text = "\n## Short training of V.17\n\nOne long training, then four bursts with the short one, each with a delay and a carrier phase of its own; counted where the long training\ngives fewer than 1e-4. Must: 99.9 %, and within 0.2 dB of long.\n".to_owned();
    text += &table(&head, &rows);
    text
}

/// The 95 % interval of a share, in per cent.
fn wilson(hits: usize, all: usize) -> String {
    const Z: f64 = 1.96;
    let n = all.max(1) as f64;
    let p = hits as f64 / n;
    let centre = p + Z * Z / (2.0 * n);
    let spread = Z * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
    let scale = 100.0 / (1.0 + Z * Z / n);
    format!("{:.2}..{:.2}", (centre - spread) * scale, ((centre + spread) * scale).min(100.0))
}

/// Limits, losses, noise in the gap.
pub(super) fn tolerance(tolerances: &Tolerances) -> String {
    let mut text = "\n## Tolerances\n\nUp to where 20 of 20 bursts train and decode with fewer than 1e-4 at 40 dB. Echo: strongest that works, dB against the signal. Jitter:\nwidest that works, degrees from peak to peak. A sign of inequality: it works as far as was tried.\n".to_owned();
    let mut rows = Vec::new();
    for opening in Opening::ALL {
        for system in [Ours, Spandsp] {
            rows.extend(reach_row(&tolerances.limits, opening.name(), &system.to_string()));
        }
    }
    let head = [
        "mode",
        "receiver",
        "frequency, Hz",
        "clock, ppm",
        "level, dBm0",
        "echo at 1 / 2 / 3 / 5 / 8 / 10 / 12 / 20 ms, dB",
        "jitter at 20 / 60 / 120 / 300 Hz, degrees",
    ];
    text += &table(&head, &rows);
    text += "\nWhat an offset costs ours, dB at 1e-3; must: less than 0.2 dB at 30 Hz and 500 ppm, stretch the same at 50 Hz and 1000 ppm:\n";
    text += &losses(tolerances);
    text += "\nBursts at -13 dBm0 that train with noise all the time, trained / of those garbage, by level of the noise in dBm0:\n";
    text + &gaps(tolerances)
}

fn reach_row(limits: &[Reach], mode: &str, rx: &str) -> Option<Vec<String>> {
    let find = |axis: Axis| {
        limits
            .iter()
            .find(|reach| reach.mode == mode && reach.rx == rx && reach.axis == axis)
            .map(|r| r.limit)
    };
    find(Axis::FrequencyUp)?;
    let cell = |axis: Axis, sign: &str| match find(axis) {
        Some(Limit { value: Some(value), unlimited }) => {
            format!("{}{value:.0}", if unlimited { sign } else { "" })
        }
        _ => "none".to_owned(),
    };
    let range = |low: Axis, high: Axis| format!("{}..{}", cell(low, "<= "), cell(high, ">= "));
    Some(vec![
        mode.to_owned(),
        rx.to_owned(),
        range(Axis::FrequencyDown, Axis::FrequencyUp),
        range(Axis::ClockDown, Axis::ClockUp),
        range(Axis::LevelDown, Axis::LevelUp),
        Axis::ECHOES.map(|ms| cell(Axis::Echo(ms), ">= ")).join(" / "),
        Axis::JITTERS.map(|hertz| cell(Axis::Jitter(hertz), ">= ")).join(" / "),
    ])
}

fn losses(tolerances: &Tolerances) -> String {
    let offsets = [
        (30.0, 0.0),
        (-30.0, 0.0),
        (0.0, 500.0),
        (0.0, -500.0),
        (50.0, 0.0),
        (-50.0, 0.0),
        (0.0, 1000.0),
        (0.0, -1000.0),
    ];
    let loss = |mode: &str, offset: (f64, f64)| {
        let all = tolerances.losses.iter();
        let mut found = all.filter(|l| l.mode == mode && (l.frequency, l.clock_ppm) == offset);
        found.next().and_then(|loss| loss.db())
    };
    let measured = |mode: &str| tolerances.losses.iter().any(|loss| loss.mode == mode);
    let rows: Vec<Vec<String>> = Opening::ALL
        .iter()
        .map(|opening| opening.name())
        .filter(|mode| measured(mode))
        .map(|mode| {
            let losses = offsets.map(|offset| loss(mode, offset));
            // A hundredth is beyond what so many bits can tell.
            let small = |loss: &Option<f64>| loss.is_some_and(|db| db < goals::OFFSET_LOSS_DB);
            let (must, stretch) = (losses[..4].iter().all(small), losses.iter().all(small));
            let mut row = vec![mode.to_owned()];
            row.extend(losses.map(hundredths));
            row.push(verdict(must, Some(stretch)));
            row
        })
        .collect();
    let head = [
        "mode",
        "+30 Hz",
        "-30 Hz",
        "+500 ppm",
        "-500 ppm",
        "+50 Hz",
        "-50 Hz",
        "+1000 ppm",
        "-1000 ppm",
        "reached",
    ];
    table(&head, &rows)
}

fn gaps(tolerances: &Tolerances) -> String {
    let mut levels: Vec<f64> = tolerances.gaps.iter().map(|gap| gap.noise_dbm0).collect();
    levels.sort_by(f64::total_cmp);
    levels.dedup();
    let mut rows = Vec::new();
    for opening in Opening::ALL {
        for system in [Ours, Spandsp] {
            let rx = system.to_string();
            let of = tolerances.gaps.iter().filter(|gap| gap.mode == opening.name() && gap.rx == rx);
            let of: Vec<_> = of.collect();
            if of.is_empty() {
                continue;
            }
            let mut row = vec![opening.name().to_owned(), rx];
            row.extend(levels.iter().map(|level| {
                let gap = of.iter().find(|gap| gap.noise_dbm0 == *level);
                gap.map_or("-".to_owned(), |gap| format!("{}/{}", gap.trained, gap.garbage))
            }));
            rows.push(row);
        }
    }
    let levels: Vec<String> = levels.iter().map(|level| format!("{level:.0}")).collect();
    let head: Vec<&str> = ["mode", "receiver"].into_iter().chain(levels.iter().map(String::as_str)).collect();
    table(&head, &rows)
}

/// The eighteen lines.
pub(super) fn lines(lines: &[Over]) -> String {
    let mut rows = Vec::new();
    for opening in Opening::ALL {
        for system in [Ours, Spandsp] {
            let rx = system.to_string();
            let mut row = vec![opening.name().to_owned(), rx.clone()];
            for clean in [false, true] {
                let of = |over: &&Over| {
                    over.mode == opening.name() && over.rx == rx && (over.snr_db == 40.0) == clean
                };
                let of: Vec<&Over> = lines.iter().filter(of).collect();
                let Some(snr) = of.first().map(|over| over.snr_db) else { continue };
                let works = of.iter().filter(|over| over.works()).count();
                let fails = of.iter().filter(|over| !over.works());
                let fails: Vec<String> = fails.map(failure).collect();
                row.push(format!("{works} of {} at {snr:.0} dB", of.len()));
                row.push(if fails.is_empty() { "none".to_owned() } else { fails.join(", ") });
            }
            if row.len() == 6 {
                rows.push(row);
            }
        }
    }
    let mut text = "\n## Lines\n\nThe eighteen pairs of six attenuations and three envelope delays of V.56bis, 385 taps; a line works when 20 of 20 bursts train and decode\nwith fewer than 1e-4. Must: all at 33 dB for 14 400 bit/s and at 28 dB for 9600.\n".to_owned();
    text += &table(&["mode", "receiver", "works", "fails", "works, clean", "fails, clean"], &rows);
    text
}

/// Why a line does not work.
fn failure(over: &&Over) -> String {
    if over.trained < over.bursts {
        format!("{} ({} of {} trained)", over.line, over.trained, over.bursts)
    } else {
        format!("{} ({})", over.line, ratio(over.ber))
    }
}

/// Tones and V.21's preamble.
pub(super) fn tones(detections: &[Detection]) -> String {
    let rows: Vec<Vec<String>> = detections
        .iter()
        .map(|detection| {
            let sure = detection.sure_from();
            let goal = goals::SOUNDS.iter().find(|goal| goal.sound == detection.sound);
            let there = goal.and_then(|goal| detection.at(goal.must_db));
            vec![
                detection.sound.name().to_owned(),
                detection.rx.clone(),
                goal.map_or("-".to_owned(), |goal| format!("{:.0} dB, {:.0} ms", goal.must_db, goal.must_ms)),
                there.map_or("-".to_owned(), |row| format!("{} of {}", row.detected, row.trials)),
                tenths(there.and_then(|row| row.median_ms)),
                tenths(there.and_then(|row| row.within_ms)),
                tenths(goal.and_then(|goal| detection.within_from(goal.must_db))),
                sure.map_or("never".to_owned(), |row| format!("{:.0}", row.snr_db)),
                tenths(sure.and_then(|row| row.median_ms)),
                tenths(detection.at(30.0).and_then(|row| row.median_ms)),
                detection.false_hits.to_string(),
            ]
        })
        .collect();
    let mut text = "\n## Tones and V.21's preamble\n\nAt -13 dBm0 with noise before and during the sound; times from its begin to the end of the block of 5 ms in which it was reported. Must: 99 % of\nall trials heard within the time, there and at every better SNR. False hits in two minutes of white noise at -20 dBm0; speech: `docs/talk-off.md`.\n".to_owned();
    let head = [
        "sound",
        "detector",
        "must",
        "heard there",
        "median, ms",
        "99 % within, ms",
        "and from there up",
        "99 % heard from, dB",
        "median, ms",
        "median at 30 dB, ms",
        "false hits",
    ];
    text += &table(&head, &rows);
    text
}

/// CPU time.
pub(super) fn cpu(costs: &[Cost]) -> String {
    let of = |mode: &str, system: System| {
        let system = system.to_string();
        costs.iter().find(|cost| cost.row.mode == mode && cost.system == system).map(|cost| &cost.row)
    };
    let mut rows = Vec::new();
    for opening in Opening::ALL {
        let mode = opening.name();
        let Some(ours) = of(mode, Ours) else { continue };
        let peer = of(mode, Spandsp);
        let ratio = |a: f64, b: Option<f64>| b.map(|b| a / b);
        let tx = ratio(ours.tx_ns_per_sample, peer.map(|p| p.tx_ns_per_sample));
        let rx = ratio(ours.rx_ns_per_sample, peer.map(|p| p.rx_ns_per_sample));
        let lost = ratio(ours.rx_lost_ns_per_sample, peer.map(|p| p.rx_ns_per_sample));
        let good = |ratio: Option<f64>| ratio.is_some_and(|ratio| ratio <= goals::CPU_RATIO);
        let must = [tx, rx, lost].into_iter().all(good) && ours.rx_worst_block_us <= goals::WORST_BLOCK_US;
        let pair = |a: f64, b: Option<f64>| format!("{a:.1} / {}", tenths(b));
        rows.push(vec![
            mode.to_owned(),
            pair(ours.tx_ns_per_sample, peer.map(|p| p.tx_ns_per_sample)),
            hundredths(tx),
            pair(ours.rx_ns_per_sample, peer.map(|p| p.rx_ns_per_sample)),
            hundredths(rx),
            pair(ours.rx_lost_ns_per_sample, peer.map(|p| p.rx_lost_ns_per_sample)),
            hundredths(lost),
            pair(ours.rx_worst_block_us, peer.map(|p| p.rx_worst_block_us)),
            verdict(must, None),
        ]);
    }
    let mut text = "\n## CPU time\n\nNanoseconds of CPU time a sample of 8 kHz, ours / SpanDSP, in one run on one core; 60 s of audio, median of five. *Lost*: on V.17 data joined\nin the middle; its ratio is to SpanDSP's cost of receiving. Worst block: 160 samples, training included, microseconds. Must: 0.8 each, 1000 us.\n".to_owned();
    let head = ["mode", "tx", "ratio", "rx", "ratio", "rx lost", "ratio", "worst block", "reached"];
    text += &table(&head, &rows);
    text
}
