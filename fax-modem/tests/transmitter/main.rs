//! What leaves the transmitter, checked symbol by symbol and as a signal.

mod demodulator;
mod reference;

use demodulator::{Place, error_vector, symbol};
use fax_core::maths::{Complex, PI, cos, log10};
use fax_core::{Dbm0, SAMPLE_RATE, Training};
use fax_modem::encoder::{SymbolEncoder, TrainingSymbols};
use fax_modem::{EchoProtection, Modem, QamTransmitter};
use realfft::RealFftPlanner;

const LEVEL: f32 = -13.0;

/// Random bits, the same every time.
struct Bits(u64);

impl Bits {
    fn next(&mut self, count: usize) -> u32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as u32 & ((1 << count) - 1)
    }
}

/// Endless data of one modem, and what its symbols are.
struct Sender {
    line: QamTransmitter,
    bits: Bits,
    source: fn(&mut Bits, usize) -> u32,
    pushed: usize,
}

impl Sender {
    fn new(modem: &'static Modem, training: Training, source: fn(&mut Bits, usize) -> u32) -> Self {
        let mut line = QamTransmitter::new(modem, Dbm0(LEVEL));
        line.start(training, EchoProtection::Off);
        Self { line, bits: Bits(7), source, pushed: 0 }
    }

    /// The next block; `pushed` counts the symbols whose bits were pushed.
    fn fill(&mut self, out: &mut [i16]) {
        let count = self.line.modem().bits_per_symbol;
        while self.line.bits().room() >= count {
            let bits = (self.source)(&mut self.bits, count);
            assert!(self.line.bits().push(bits, count));
            self.pushed += 1;
        }
        assert_eq!(self.line.fill(out), out.len());
    }
}

/// Where our transmitter puts symbol 0.
fn place(line: &QamTransmitter) -> Place {
    let start = f64::from(line.modem().start_phase.0) / 4_294_967_296.0;
    let centre = line.delay() as f64;
    let carrier = f64::from(line.modem().carrier.0) / f64::from(SAMPLE_RATE);
    Place { centre, phase: start - carrier * centre, level: LEVEL }
}

fn trainings(modem: &Modem) -> &'static [Training] {
    if modem.sends_short { &[Training::Long, Training::Short] } else { &[Training::Long] }
}

#[test]
fn every_symbol_of_training_and_data_is_the_one_of_the_tables() {
    for modem in Modem::ALL {
        for &training in trainings(modem) {
            let mut sender = Sender::new(modem, training, Bits::next);
            let mut samples = vec![0; 16_000];
            samples.chunks_mut(160).for_each(|block| sender.fill(block));
            let mut symbols: Vec<Complex> = TrainingSymbols::new(modem, training).collect();
            let mut encoder = SymbolEncoder::after(modem, training);
            let mut bits = Bits(7);
            let heard = 2 * usize::from(modem.symbol_rate.0) - 40;
            symbols.resize_with(heard, || encoder.encode(bits.next(modem.bits_per_symbol)));
            let place = place(&sender.line);
            let pairs = symbols.iter().enumerate().map(|(n, &s)| (symbol(modem, &place, &samples, n), s));
            let (evm, largest) = error_vector(modem, pairs);
            println!("{} {training:?}: {evm:.1} dB, largest {largest:.3}", modem.opening);
            assert!(evm < -45.0, "{} {training:?}: {evm} dB", modem.opening);
        }
    }
}

#[test]
fn after_30_minutes_clock_and_carrier_are_where_they_must_be() {
    for modem in Modem::ALL {
        let mut sender = Sender::new(modem, Training::Long, Bits::next);
        let place = place(&sender.line);
        let mut samples = vec![0; 8000];
        let blocks = 30 * 60;
        (0..blocks).for_each(|_| samples.chunks_mut(160).for_each(|block| sender.fill(block)));
        // The last second begins a whole number of seconds after the first, and so a whole number of
        // symbols and of carrier turns: seen from it, symbols and carrier stand where they stood.
        let before = (blocks - 1) * usize::from(modem.symbol_rate.0);
        let mut encoder = SymbolEncoder::after(modem, Training::Long);
        let mut bits = Bits(7);
        let mut data = || encoder.encode(bits.next(modem.bits_per_symbol));
        for _ in modem.training_symbols(Training::Long)..before + 30 {
            data();
        }
        let pairs = (30..430).map(|n| (symbol(modem, &place, &samples, n), data()));
        let (evm, _) = error_vector(modem, pairs);
        assert!(evm < -45.0, "{}: {evm} dB", modem.opening);
    }
}

#[test]
fn data_has_the_level_that_was_asked_for() {
    for modem in Modem::ALL {
        for level in [-3.0, -13.0, -40.0] {
            let mut sender = Sender::new(modem, Training::Long, Bits::next);
            sender.line = QamTransmitter::new(modem, Dbm0(level));
            sender.line.start(Training::Long, EchoProtection::Off);
            let mut block = [0; 160];
            (0..100).for_each(|_| sender.fill(&mut block));
            let (mut sum, blocks) = (0.0, 2000);
            for _ in 0..blocks {
                sender.fill(&mut block);
                sum += block.iter().map(|&x| f64::from(x) * f64::from(x)).sum::<f64>();
            }
            let measured = Dbm0::from_power((sum / f64::from(blocks) / 160.0) as f32).0;
            assert!((measured - level).abs() < 0.05, "{}: {measured} for {level} dBm0", modem.opening);
        }
    }
}

/// Samples of a window of the spectrum, and the distance of its bins in hertz: every band edge is one.
const WINDOW: usize = 800;
const STEP: f64 = SAMPLE_RATE as f64 / WINDOW as f64;

/// Power over frequency, summed over Hann windows.
fn spectrum(samples: &[i16]) -> Vec<f64> {
    let transform = RealFftPlanner::<f64>::new().plan_fft_forward(WINDOW);
    let (mut input, mut bins) = (transform.make_input_vec(), transform.make_output_vec());
    let mut power = vec![0.0; bins.len()];
    for chunk in samples.chunks_exact(WINDOW) {
        for (n, (to, sample)) in input.iter_mut().zip(chunk).enumerate() {
            *to = f64::from(*sample) * (1.0 - cos(2.0 * PI * n as f64 / WINDOW as f64));
        }
        transform.process(&mut input, &mut bins).expect("as long as was planned");
        power.iter_mut().zip(&bins).for_each(|(power, bin)| *power += bin.norm_sqr());
    }
    power
}

#[test]
fn band_edges_are_4_5_decibels_down_within_2_5_and_nothing_is_outside() {
    for modem in Modem::ALL {
        // V.17 2.4 says scrambled ones. V.27ter's short scrambler makes a few spectral lines of them.
        let ones = |_: &mut Bits, count: usize| u32::MAX >> (32 - count);
        let source = if modem.scrambler.guard().is_some() { Bits::next } else { ones };
        let mut sender = Sender::new(modem, Training::Long, source);
        let mut samples = vec![0; 60 * 8000];
        samples.chunks_mut(160).for_each(|block| sender.fill(block));
        let power = spectrum(&samples[16_000..]);
        let at = |hertz: f64| power[(hertz / STEP) as usize];
        let half = f64::from(modem.symbol_rate.0) / 2.0;
        let carrier = f64::from(modem.carrier.0);
        let maximum = (-9..=9).map(|n| at(carrier + f64::from(n) * half / 10.0)).fold(0.0, f64::max);
        for edge in [carrier - half, carrier + half] {
            let down = 10.0 * log10(maximum / at(edge));
            println!("{}: {down:.2} dB down at {edge} Hz", modem.opening);
            assert!((2.0..=7.0).contains(&down), "{}: {down} dB at {edge} Hz", modem.opening);
        }
        // Beyond the excess bandwidth there is next to nothing.
        let beyond = half * (1.0 + f64::from(modem.roll_off)) + 100.0;
        let outside = power.iter().enumerate().map(|(bin, power)| (bin as f64 * STEP, power));
        let outside = outside.filter(|(hertz, _)| (hertz - carrier).abs() >= beyond);
        let (hertz, loudest) = outside.max_by(|(_, a), (_, b)| a.total_cmp(b)).expect("some is outside");
        let down = 10.0 * log10(maximum / loudest);
        println!("{}: {down:.1} dB down beyond, at {hertz} Hz", modem.opening);
        assert!(down > 35.0, "{}: only {down} dB down at {hertz} Hz", modem.opening);
    }
}
