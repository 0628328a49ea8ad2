use super::*;
use crate::encoder::{Coder, SymbolEncoder, TrainingSymbols};
use crate::scrambler::Scrambler;
use serde_json::Value;

fn json(name: &str) -> Value {
    let path = format!("{}/../test-vectors/modem-tables/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn point(value: &Value) -> Complex {
    Complex::new(value[0].as_f64().unwrap() as f32, value[1].as_f64().unwrap() as f32)
}

fn symbols(modem: &'static Modem, training: Training) -> Vec<Complex> {
    TrainingSymbols::new(modem, training).collect()
}

fn assert_letters(symbols: &[Complex], letters: &str, points: &dyn Fn(char) -> Complex) {
    assert!(letters.len() >= symbols.len());
    for (n, (&symbol, letter)) in symbols.iter().zip(letters.chars()).enumerate() {
        assert_eq!(symbol, points(letter), "symbol {n}, letter {letter}");
    }
}

/// Milliseconds of a number of symbols.
fn duration(modem: &Modem, symbols: usize) -> f32 {
    symbols as f32 * 1000.0 / f32::from(modem.symbol_rate.0)
}

fn v17(rate: &str) -> (&'static Modem, Value) {
    let modem = Modem::ALL.into_iter().find(|modem| modem.opening.name() == format!("v17-{rate}"));
    (modem.unwrap(), json("v17")["rates"][rate].clone())
}

const V17_RATES: [&str; 4] = ["7200", "9600", "12000", "14400"];

#[test]
fn every_fast_opening_has_its_modem() {
    for opening in Opening::ALL {
        let modem = Modem::of(opening.with_training(Training::Short));
        assert_eq!(modem.map(|modem| modem.opening), (opening != Opening::V21).then_some(opening));
        if let Some(modem) = modem {
            let rate = modem.bits_per_symbol as u32 * u32::from(modem.symbol_rate.0);
            assert_eq!(rate, opening.bit_rate().0);
            assert!(modem.points.len() >= 1 << modem.bits_per_symbol);
        }
    }
}

#[test]
fn constellations_have_the_mean_power_of_the_standards() {
    let powers = Modem::ALL.map(Modem::mean_power);
    assert_eq!(powers[2..], [5.5, 13.5, 40.0, 40.0, 42.0, 41.0]);
    assert!(powers[..2].iter().all(|power| (power - 1.0).abs() < 1e-6));
}

#[test]
fn trainings_last_as_long_as_the_standards_say() {
    let long = Modem::ALL.map(|modem| modem.training_symbols(Training::Long));
    assert_eq!(long, [1132, 1132, 608, 608, 3344, 3344, 3344, 3344]);
    let short = Modem::ALL.map(|modem| modem.training_symbols(Training::Short));
    assert_eq!(short, [80, 80, 608, 608, 342, 342, 342, 342]);
    for (modem, ms) in Modem::ALL.into_iter().zip([943.3, 707.5, 253.3, 253.3, 1393.3]) {
        assert!((duration(modem, modem.training_symbols(Training::Long)) - ms).abs() < 0.05);
    }
    for modem in Modem::ALL {
        for training in [Training::Long, Training::Short] {
            assert_eq!(symbols(modem, training).len(), modem.training_symbols(training));
            let ones = modem.training_symbols(training) - modem.ones_start(training);
            assert_eq!(ones, if modem.symbol_rate == Baud(2400) { 48 } else { 8 });
        }
    }
}

#[test]
fn echo_protection_and_turn_off_keep_within_their_limits() {
    for modem in Modem::ALL {
        let carrier = duration(modem, modem.protection.carrier);
        assert!((185.0..=200.0).contains(&carrier), "{}: {carrier} ms", modem.opening);
        let silent = symbols(modem, Training::Long).iter().take_while(|&&s| s == Complex::ZERO).count();
        let silence = duration(modem, modem.protection.silence + silent);
        assert!((20.0..=25.0).contains(&silence), "{}: {silence} ms", modem.opening);
        let ones = duration(modem, modem.turn_off.ones);
        assert!((5.0..=13.4).contains(&ones), "{}: {ones} ms", modem.opening);
    }
}

#[test]
fn v17_points_are_those_of_the_figures() {
    for rate in V17_RATES {
        let (modem, expected) = v17(rate);
        let expected = expected["constellation"].as_array().unwrap().clone();
        assert_eq!(modem.points.len(), expected.len());
        for (number, expected) in expected.iter().enumerate() {
            assert_eq!(modem.point(number), point(expected), "{rate}, {number}");
        }
    }
}

#[test]
fn v17_trainings_are_the_printed_letters() {
    let tables = json("v17");
    let letter = |letter: char| point(&tables["training_points"][letter.to_string()]);
    let conditioning = tables["segment2_letters"].as_str().unwrap();
    let bridge = tables["bridge"]["letters"].as_str().unwrap();
    for rate in V17_RATES {
        let (modem, _) = v17(rate);
        let long = symbols(modem, Training::Long);
        assert_letters(&long[..256], &"AB".repeat(128), &letter);
        assert_letters(&long[256..3232], conditioning, &letter);
        assert_letters(&long[3232..3296], bridge, &letter);
        let short = symbols(modem, Training::Short);
        assert_letters(&short[..256], &"AB".repeat(128), &letter);
        assert_letters(&short[256..294], conditioning, &letter);
    }
    // Table 4 prints the opening of segment 2.
    assert_eq!(&conditioning[..16], "CDCDCDCDCDCDBDBD");
}

#[test]
fn v17_scrambler_passes_the_check_values() {
    let after = |training, count| {
        let mut symbols = TrainingSymbols::new(&V17_14400, training);
        symbols.by_ref().take(count).for_each(drop);
        symbols.scrambler().register()
    };
    assert_eq!(after(Training::Long, 256), 0x2E_CDD5);
    assert_eq!(after(Training::Long, 256 + 2976), 0x29_0D17);
    assert_eq!(after(Training::Long, 256 + 2976 + 64), 0x77_25D1);
    assert_eq!(after(Training::Short, 256 + 38), 0x2A_2200);
}

#[test]
fn v29_points_steps_and_training_are_those_of_the_standard() {
    let tables = json("v29");
    for (modem, rate) in [(&V29_7200, "7200"), (&V29_9600, "9600")] {
        for number in 0..modem.points.len() {
            assert_eq!(modem.point(number), point(&tables["constellation"][number]));
        }
        let letter = |letter: char| point(&tables["rates"][rate][letter.to_string()]);
        let all = symbols(modem, Training::Long);
        assert!(all[..48].iter().all(|&symbol| symbol == Complex::ZERO));
        assert_letters(&all[48..176], &"AB".repeat(64), &letter);
        assert_letters(&all[176..560], tables["segment3"]["letters"].as_str().unwrap(), &letter);
        // The alternation has the power of the data, so one gain serves both.
        let alternation = (letter('A').norm_sqr() + letter('B').norm_sqr()) / 2.0;
        assert_eq!(alternation, modem.mean_power());
        let steps = &tables["phase_step_45deg"]["tribit Q2Q3Q4 (Q2 first in time)"];
        assert_steps(modem, steps, 1);
    }
}

#[test]
fn v27ter_steps_and_trainings_are_those_of_the_standard() {
    let tables = json("v27ter");
    for (modem, rate, unit) in [(&V27TER_2400, "2400", 2), (&V27TER_4800, "4800", 1)] {
        assert_steps(modem, &tables["rates"][rate]["phase_step_45deg"], unit);
        for number in 0..modem.points.len() {
            let angle = number as f64 / modem.points.len() as f64;
            assert!((modem.point(number) - Phase::from_turns(angle).point()).abs() < 1e-6);
        }
        let letter = |letter: char| Complex::new(if letter == 'A' { 1.0 } else { -1.0 }, 0.0);
        for (training, reversals, letters) in
            [(Training::Long, 50, "long_letters"), (Training::Short, 14, "short_letters")]
        {
            let all = symbols(modem, training);
            assert_letters(&all[..reversals], &"BA".repeat(25), &letter);
            let ones = modem.ones_start(training);
            let letters = tables["segment4"][letters].as_str().unwrap();
            assert_letters(&all[reversals..ones], letters, &letter);
            assert_eq!(ones - reversals, letters.len());
        }
    }
}

#[test]
fn v27ter_scrambler_passes_the_check_values() {
    for modem in [&V27TER_2400, &V27TER_4800] {
        let mut symbols = TrainingSymbols::new(modem, Training::Long);
        symbols.by_ref().take(50 + 1074).for_each(drop);
        let (register, count) = (symbols.scrambler().register(), symbols.scrambler().guard_count());
        assert_eq!((register & 0xFFF, count), (0xD11, 9));
    }
}

/// Each row of a table of phase steps, in `unit` eighths of a turn; its keys have the first bit left.
fn assert_steps(modem: &Modem, table: &Value, unit: u64) {
    let Coding::Differential(steps) = modem.coding else { panic!("{} has no steps", modem.opening) };
    let table = table.as_object().unwrap();
    assert_eq!(table.len(), steps.steps.len());
    for (bits, step) in table {
        let bits = bits.chars().rev().fold(0, |bits, bit| bits << 1 | usize::from(bit == '1'));
        assert_eq!(u64::from(steps.steps[bits]) * unit, step.as_u64().unwrap());
    }
}

#[test]
fn coders_start_at_the_last_point_of_the_segment_before() {
    for modem in Modem::ALL {
        for training in [Training::Long, Training::Short] {
            let all = symbols(modem, training);
            let mut start = 0;
            for segment in modem.segments(training) {
                let before = (start > 0).then(|| all[start - 1]);
                match (segment.content, modem.coding) {
                    (Content::ScrambledTurns { ring, from, .. }, _) => {
                        assert_eq!(before, Some(complex(ring[usize::from(from)])));
                    }
                    (Content::ScrambledOnes { from }, Coding::Differential(_)) => {
                        assert_eq!(before, Some(modem.point(usize::from(from))));
                    }
                    _ => {}
                }
                start += segment.symbols;
            }
        }
    }
}

#[test]
fn the_trellis_is_the_one_of_the_equations() {
    let Coding::Trellis(trellis) = V17_14400.coding else { panic!("V.17 has a trellis") };
    for state in 0..8_u8 {
        let (t1, t2, t3) = (state & 1, state >> 1 & 1, state >> 2);
        for y in 0..4_u8 {
            let (y1, y2) = (y & 1, y >> 1);
            let next = (y2 ^ t2 ^ (y1 & t1)) | (y2 ^ y1 ^ t3 ^ ((y2 ^ t2) & t1)) << 1 | t1 << 2;
            assert_eq!(trellis.next[usize::from(state)][usize::from(y)], next);
        }
    }
}

/// V.17's constellations and trellis, and V.29's and V.27ter's steps: turn the line by a quarter, and
/// only the first symbol's bits change.
#[test]
fn a_quarter_turn_on_the_line_leaves_the_bits_alone() {
    for modem in Modem::ALL {
        let number_of = |symbol: Complex| {
            (0..modem.points.len()).find(|&n| (modem.point(n) - symbol).abs() < 1e-5).unwrap()
        };
        let mut encoder = SymbolEncoder::after(modem, Training::Long);
        let (mut straight, mut turned) = (encoder.coder(), encoder.coder());
        // Trellis states that a turned sequence may have come from.
        let mut states = 0xFF_u8;
        let mut user = Scrambler::new(ScramblerKind::V17);
        for n in 0..2000 {
            let symbol = encoder.encode(user.scramble(0, modem.bits_per_symbol));
            let bits = straight.decode(&modem.coding, number_of(symbol));
            let number = number_of(symbol.turned());
            let turned_bits = turned.decode(&modem.coding, number);
            assert!(n == 0 || turned_bits == bits, "{}: symbol {n}", modem.opening);
            if let Coding::Trellis(trellis) = modem.coding {
                let y = usize::from(Trellis::y(number));
                let next = (0..8).filter(|s| states >> s & 1 != 0).map(|s: usize| trellis.next[s][y]);
                states = next.filter(|&s| usize::from(s >> 2) == number & 1).fold(0, |all, s| all | 1 << s);
                assert!(states != 0, "{}: no path at symbol {n}", modem.opening);
            }
        }
    }
}

#[test]
fn every_symbol_gives_back_its_bits() {
    for modem in Modem::ALL {
        let (mut sender, mut receiver) = (Coder::starting_from(1), Coder::starting_from(1));
        for n in 0..4096_u32 {
            let bits = (n.wrapping_mul(0x9E37_79B1) >> 20) & ((1 << modem.bits_per_symbol) - 1);
            let number = sender.encode(&modem.coding, bits);
            assert!(number < modem.points.len());
            assert_eq!(receiver.decode(&modem.coding, number), bits);
        }
    }
}

#[test]
fn parallel_transitions_are_eight_times_as_far_apart_as_points() {
    for rate in V17_RATES {
        let (modem, expected) = v17(rate);
        let distance = |same_subset: bool| {
            let all = 0..modem.points.len();
            let pairs = all.clone().flat_map(|a| (0..a).map(move |b| (a, b)));
            pairs
                .filter(|(a, b)| !same_subset || a & 7 == b & 7)
                .map(|(a, b)| (modem.point(a) - modem.point(b)).norm_sqr())
                .fold(f32::MAX, f32::min)
        };
        assert_eq!(distance(true), 8.0 * distance(false));
        assert!((distance(false).sqrt() - expected["min_distance"].as_f64().unwrap() as f32).abs() < 1e-5);
    }
}

#[test]
fn clocks_and_carriers_are_small_fractions() {
    let samples = Modem::ALL.map(Modem::samples_per_symbol);
    assert_eq!(samples[..3], [(20, 3), (5, 1), (10, 3)]);
    let turns = Modem::ALL.map(Modem::turns_per_symbol);
    assert_eq!(turns[..5], [(3, 2), (9, 8), (17, 24), (17, 24), (3, 4)]);
}
