//! What our receivers must reach over impaired lines, with few bursts of fixed seeds: a guard against
//! losing it again. The figures themselves are in `docs/modem-performance.md`, measured with many.

use fax_core::{Opening, V17Rate};
use fax_harness::bench::ber::{Point, Row};
use fax_harness::stimulus::{Echo, Gap, Impairments, Jitter, Law, Line};
use fax_harness::system::System;

/// Modems and the SNR, in dB, at which one bit in 10 000 may be wrong.
const MUST: [(&str, f64); 8] = [
    ("v27ter-2400", 7.5),
    ("v27ter-4800", 13.8),
    ("v29-7200", 14.6),
    ("v29-9600", 18.0),
    ("v17-7200", 11.2),
    ("v17-9600", 14.4),
    ("v17-12000", 17.7),
    ("v17-14400", 20.6),
];

/// Wrong bits of 20 bursts scatter about their mean: twice the goal is no accident.
const CEILING: f64 = 2e-4;

/// Loss that frequency and clock offsets and the short training may cost, dB.
const LOSS_DB: f64 = 0.2;

fn opening(mode: &str) -> Opening {
    mode.parse().expect("a modem")
}

fn at(snr_db: f64) -> Impairments {
    Impairments { snr_db: Some(snr_db), ..Impairments::default() }
}

/// Bursts of ours into ours.
fn row(mode: &str, short: bool, bursts: usize, line: Impairments) -> Row {
    let (tx, rx) = (System::Ours, System::Ours);
    let point = Point { opening: opening(mode), bursts, short, line, seed: 2, tx, rx };
    point.run(1).expect("our own modems are there")
}

/// Asserts that all bursts trained and that no more than `ceiling` of their bits are wrong.
fn assert_below(row: &Row, ceiling: f64, context: &str) {
    println!("{context}: {row:?}");
    assert_eq!((row.trained, row.garbage), (row.bursts, 0), "{context}: trained, garbage of {}", row.bursts);
    assert!(row.ber.is_some_and(|ber| ber <= ceiling), "{context}: {:?} above {ceiling}", row.ber);
}

#[test]
fn at_the_snr_that_must_do_one_bit_in_ten_thousand_is_wrong() {
    for (mode, snr) in MUST {
        assert_below(&row(mode, false, 20, at(snr)), CEILING, mode);
    }
}

#[test]
fn noise_before_the_burst_costs_nothing() {
    for (mode, snr) in MUST {
        // The noise within the burst is the same, sample for sample.
        let quiet = row(mode, false, 10, at(snr));
        let noisy = row(mode, false, 10, Impairments { gap: Gap::Noisy, ..at(snr) });
        assert_eq!((noisy.trained, noisy.garbage), (10, 0), "{mode}");
        assert!(noisy.errors <= 1.25 * quiet.errors + 10.0, "{mode}: {} for {}", noisy.errors, quiet.errors);
    }
}

#[test]
fn every_short_training_of_v17_succeeds_and_costs_next_to_nothing() {
    for (mode, snr) in &MUST[4..] {
        assert_below(&row(mode, true, 20, at(snr + LOSS_DB)), CEILING, mode);
    }
}

#[test]
fn thirty_hertz_and_500_parts_in_a_million_cost_next_to_nothing() {
    for (mode, snr) in MUST {
        for (frequency, clock_ppm) in [(30.0, -500.0), (-30.0, 500.0)] {
            let line = Impairments { frequency, clock_ppm, ..at(snr + LOSS_DB) };
            assert_below(
                &row(mode, false, 8, line),
                CEILING,
                &format!("{mode} {frequency} Hz {clock_ppm} ppm"),
            );
        }
    }
}

#[test]
fn fifty_hertz_and_1000_parts_in_a_million_on_a_quiet_line_cost_no_bit() {
    for (mode, _) in MUST {
        for (frequency, clock_ppm) in [(50.0, 1000.0), (-50.0, -1000.0), (50.0, -1000.0), (-50.0, 1000.0)] {
            let line = Impairments { frequency, clock_ppm, ..at(40.0) };
            assert_below(&row(mode, false, 2, line), 0.0, &format!("{mode} {frequency} Hz {clock_ppm} ppm"));
        }
    }
}

#[test]
fn every_level_down_to_minus_55_dbm0_is_as_good_as_any_other() {
    for (mode, snr) in MUST {
        for level in [-6.0, -48.0, -55.0] {
            // Rounding to 16 bits is noise at -86.6 dBm0: nothing here.
            let line = Impairments { level, ..at(snr + LOSS_DB) };
            assert_below(&row(mode, false, 5, line), 2.0 * CEILING, &format!("{mode} {level} dBm0"));
        }
    }
}

#[test]
fn all_lines_are_good_for_14400_at_33_db_and_for_9600_at_28_db() {
    for (rate, snr) in [(V17Rate::R14400, 33.0), (V17Rate::R9600, 28.0)] {
        let mode = Opening::V17(rate, fax_core::Training::Long).name();
        for line in Line::all() {
            let context = format!("{mode} {line} {snr} dB");
            let line = Impairments { line: Some(line), ..at(snr) };
            assert_below(&row(mode, false, 1, line), 1e-4, &context);
        }
    }
}

#[test]
fn an_echo_of_minus_10_db_to_5_ms_and_of_minus_20_db_to_10_ms_is_stood() {
    for (db, ms) in [(-10.0, 1.0), (-10.0, 2.0), (-10.0, 3.0), (-10.0, 5.0), (-20.0, 8.0), (-20.0, 10.0)] {
        let line = Impairments { echo: Some(Echo { db, ms }), ..at(40.0) };
        assert_below(&row("v17-14400", false, 4, line), 1e-4, &format!("{db} dB at {ms} ms"));
    }
}

#[test]
fn phase_jitter_of_9_degrees_on_v17_and_21_on_v29_is_stood() {
    for (mode, degrees) in [("v17-14400", 9.0), ("v29-9600", 21.0)] {
        let line = Impairments { jitter: Some(Jitter { degrees, hertz: 60.0 }), ..at(40.0) };
        assert_below(&row(mode, false, 8, line), 1e-4, mode);
    }
}

#[test]
fn two_legs_of_g711_cost_no_bit() {
    for (mode, _) in MUST {
        let line = Impairments { g711: vec![Law::Mu, Law::A], ..at(40.0) };
        assert_below(&row(mode, false, 2, line), 0.0, mode);
    }
}
