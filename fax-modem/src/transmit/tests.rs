use super::*;
use fax_core::SAMPLE_RATE;
use proptest::prelude::*;

/// Deterministic bits.
struct Bits(u32);

impl Bits {
    fn next(&mut self) -> u32 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        self.0 ^ self.0 >> 15
    }
}

fn transmitter(modem: &'static Modem) -> QamTransmitter {
    QamTransmitter::new(modem, Dbm0(-13.0))
}

/// A burst of `bits` random bits, asked for in blocks of the lengths given, over and over.
fn burst(line: &mut QamTransmitter, protection: EchoProtection, bits: usize, blocks: &[usize]) -> Vec<i16> {
    let (mut source, mut left) = (Bits(1), bits);
    let mut samples = Vec::new();
    line.start(Training::Short, protection);
    for &block in blocks.iter().cycle() {
        while left > 0 && line.bits().room() >= 32 {
            let count = left.min(32);
            assert!(line.bits().push(source.next(), count));
            left -= count;
        }
        if left == 0 {
            line.finish();
        }
        let begin = samples.len();
        samples.resize(begin + block, 0x55);
        let filled = line.fill(&mut samples[begin..]);
        assert!(samples[begin + filled..].iter().all(|&sample| sample == 0x55), "written beyond its count");
        samples.truncate(begin + filled);
        if filled < block {
            break;
        }
    }
    samples
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn block_lengths_do_not_change_the_samples(
        modem in prop::sample::select(Modem::ALL.to_vec()),
        on in any::<bool>(),
        bits in 0..6000_usize,
        mut blocks in prop::collection::vec(0..700_usize, 1..9),
    ) {
        blocks.push(1);
        let protection = if on { EchoProtection::On } else { EchoProtection::Off };
        let expected = burst(&mut transmitter(modem), protection, bits, &[160]);
        let mut line = transmitter(modem);
        prop_assert!(burst(&mut line, protection, bits, &blocks) == expected);
        prop_assert_eq!(line.underrun_bits(), 0);
        prop_assert!(!line.is_active());
        // What one burst leaves behind does not colour the next.
        prop_assert!(burst(&mut line, protection, bits, &blocks) == expected);
    }
}

#[test]
fn a_burst_lasts_as_many_symbols_as_its_parts() {
    for modem in Modem::ALL {
        for (protection, before) in [
            (EchoProtection::Off, 0),
            (EchoProtection::On, modem.protection.carrier + modem.protection.silence),
        ] {
            let mut line = transmitter(modem);
            let samples = burst(&mut line, protection, 10 * modem.bits_per_symbol + 1, &[160]).len();
            let training = if modem.sends_short { Training::Short } else { Training::Long };
            let silence = modem.turn_off.silence.max(line.shaper.run_out());
            let symbols = before + modem.training_symbols(training) + 11 + modem.turn_off.ones + silence;
            assert_eq!(samples, symbols * SAMPLE_RATE as usize / usize::from(modem.symbol_rate.0));
        }
    }
}

#[test]
fn a_transmitter_at_rest_has_no_samples() {
    let mut line = transmitter(&crate::table::V29_9600);
    assert!(!line.is_active());
    assert_eq!(line.fill(&mut [0; 9]), 0);
    line.finish();
    assert_eq!(line.fill(&mut [0; 9]), 0);
    assert_eq!(line.fill(&mut []), 0);
}

#[test]
fn a_burst_ends_in_silence() {
    for modem in Modem::ALL {
        let samples = burst(&mut transmitter(modem), EchoProtection::Off, 600, &[160]);
        assert_eq!(samples.last(), Some(&0), "{}", modem.opening);
    }
}

#[test]
fn ones_bridge_the_wait_for_the_first_bit_and_counted_zeros_any_later_one() {
    for modem in Modem::ALL {
        let mut line = transmitter(modem);
        line.start(Training::Long, EchoProtection::Off);
        let mut symbols = TrainingSymbols::new(modem, Training::Long);
        for expected in symbols.by_ref() {
            assert_eq!(line.symbol(), Some(expected));
        }
        let mut expected = symbols.encoder();
        // Not enough for a symbol yet.
        line.bits().push(0, modem.bits_per_symbol - 1);
        for _ in 0..5 {
            assert_eq!(line.symbol(), Some(expected.encode(u32::MAX)));
        }
        line.bits().push(0b11, 2);
        let first = 1 << (modem.bits_per_symbol - 1);
        assert_eq!(line.symbol(), Some(expected.encode(first)));
        assert_eq!(line.underrun_bits(), 0);
        assert_eq!(line.symbol(), Some(expected.encode(1)));
        assert_eq!(line.symbol(), Some(expected.encode(0)));
        assert_eq!(line.underrun_bits(), 2 * modem.bits_per_symbol as u64 - 1);
        // The last symbol is filled with ones, and ones follow.
        line.bits().push(0, 1);
        line.finish();
        assert_eq!(line.symbol(), Some(expected.encode(u32::MAX - 1)));
        for _ in 0..modem.turn_off.ones {
            assert_eq!(line.symbol(), Some(expected.encode(u32::MAX)));
        }
        assert_eq!(line.symbol(), Some(Complex::ZERO));
    }
}

#[test]
fn a_new_start_cuts_off_the_burst_under_way() {
    let modem = &crate::table::V17_9600;
    let expected = burst(&mut transmitter(modem), EchoProtection::On, 500, &[160]);
    let mut line = transmitter(modem);
    line.start(Training::Long, EchoProtection::Off);
    line.bits().push(0, 32);
    line.finish();
    line.fill(&mut [0; 12_000]);
    assert!(burst(&mut line, EchoProtection::On, 500, &[160]) == expected);
}
