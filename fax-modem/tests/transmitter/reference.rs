//! The symbols of our tables against the reference signals in `test-vectors/modem`.

use crate::demodulator::{Place, error_vector, symbol};
use fax_core::maths::Complex;
use fax_core::{SAMPLE_RATE, Training};
use fax_modem::Modem;
use fax_modem::encoder::{SymbolEncoder, TrainingSymbols};
use std::fs;

fn path(name: &str) -> String {
    format!("{}/../test-vectors/modem/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// Samples of a file with the plain header of 44 octets.
fn wav(name: &str) -> Vec<i16> {
    let octets = fs::read(path(&format!("{name}.wav"))).unwrap();
    assert_eq!(&octets[36..40], b"data");
    octets[44..].chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect()
}

fn bits(name: &str) -> Vec<u32> {
    let text = fs::read_to_string(path(&format!("{name}.bits"))).unwrap();
    text.chars().filter_map(|c| c.to_digit(2)).collect()
}

/// What our transmitter would send for these bits: echo protection, training, data.
fn symbols(modem: &'static Modem, training: Training, protected: bool, bits: &[u32]) -> Vec<Complex> {
    let mut symbols = Vec::new();
    if protected {
        let (re, im) = modem.protection.point;
        symbols.resize(modem.protection.carrier, Complex::new(re, im));
        symbols.resize(modem.protection.carrier + modem.protection.silence, Complex::ZERO);
    }
    // Without echo protection the reference leaves out V.29's silence.
    let begun = |symbol: &Complex| *symbol == Complex::ZERO && !protected;
    symbols.extend(TrainingSymbols::new(modem, training).skip_while(begun));
    let mut encoder = SymbolEncoder::after(modem, training);
    for group in bits.chunks(modem.bits_per_symbol) {
        let packed = group.iter().rev().fold(0, |packed, bit| packed << 1 | bit);
        symbols.push(encoder.encode(packed | u32::MAX << group.len()));
    }
    symbols
}

#[test]
fn reference_signals_carry_the_symbols_of_our_tables() {
    let mut checked = 0;
    for modem in Modem::ALL {
        let all = [
            ("", Training::Long, false),
            ("-long", Training::Long, false),
            ("-short", Training::Short, false),
            ("-tep", Training::Long, true),
            ("-tcf", Training::Long, false),
        ];
        for (kind, training, protected) in all {
            let name = format!("{}{kind}", modem.opening.name());
            if !fs::exists(path(&format!("{name}.wav"))).unwrap() {
                continue;
            }
            let samples = wav(&name);
            let per_symbol = f64::from(SAMPLE_RATE) / f64::from(modem.symbol_rate.0);
            let place = Place { centre: 160.0 + 0.5 * per_symbol, phase: 0.0, level: -14.0 };
            let expected = symbols(modem, training, protected, &bits(&name));
            let pairs = expected.iter().enumerate().map(|(n, &s)| (symbol(modem, &place, &samples, n), s));
            let (evm, largest) = error_vector(modem, pairs);
            println!("{name}: {evm:.1} dB, largest {largest:.3}");
            assert!(evm < -30.0, "{name}: {evm} dB");
            checked += 1;
        }
    }
    assert_eq!(checked, 19);
}
