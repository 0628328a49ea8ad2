//! Bursts of the fast modems, and what a receiver makes of samples.

use super::random::Random;
use fax_core::{Dbm0, Training};
use fax_modem::{EchoProtection, Modem, Output, QamReceiver, QamTransmitter};

/// Samples of silence around a burst.
pub const GAP: usize = 1600;

/// A burst and its data bits.
#[derive(Clone, Debug)]
pub struct Burst {
    pub bits: Vec<bool>,
    pub samples: Vec<i16>,
}

/// How a burst is to be.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    pub training: Training,
    pub protection: EchoProtection,
    pub level: f32,
    /// Data, milliseconds.
    pub ms: usize,
}

impl Kind {
    pub const LONG: Self =
        Self { training: Training::Long, protection: EchoProtection::Off, level: -13.0, ms: 500 };

    /// A burst of random bits, with silence around it.
    pub fn burst(self, modem: &'static Modem, seed: u64) -> Burst {
        let mut random = Random::new(seed);
        let count = modem.opening.bit_rate().0 as usize * self.ms / 1000;
        let bits: Vec<bool> = (0..count).map(|_| random.bits() >> 63 == 1).collect();
        let mut line = QamTransmitter::new(modem, Dbm0(self.level));
        line.start(self.training, self.protection);
        let (mut rest, mut samples, mut block) = (bits.iter(), vec![0; GAP], [0; 160]);
        loop {
            while line.bits().room() > 0 {
                let Some(bit) = rest.next() else {
                    line.finish();
                    break;
                };
                line.bits().push(u32::from(*bit), 1);
            }
            let filled = line.fill(&mut block);
            samples.extend_from_slice(&block[..filled]);
            if filled < block.len() {
                break;
            }
        }
        samples.extend([0; GAP]);
        Burst { bits, samples }
    }
}

/// Samples from the beginning of a burst's silence to its first data symbol, within a few symbols.
pub fn training_samples(modem: &Modem, training: Training) -> usize {
    let (samples, symbols) = modem.samples_per_symbol();
    GAP + modem.training_symbols(training) * samples as usize / symbols as usize
}

/// All that a receiver says of samples handed over in blocks of 20 ms.
pub fn told(receiver: &mut QamReceiver, samples: &[i16]) -> Vec<Output> {
    let mut told = Vec::new();
    samples.chunks(160).for_each(|block| receiver.process(block, &mut |output| told.push(output)));
    told
}

/// The bits of the last burst that trained; none when none did.
pub fn last_bits(told: &[Output]) -> Option<Vec<bool>> {
    let at = told.iter().rposition(|output| matches!(output, Output::Trained { .. }))?;
    let bits = told[at..].iter().filter_map(|output| match *output {
        Output::Bits { bits, count } => Some((0..count).map(move |n| bits >> n & 1 == 1)),
        _ => None,
    });
    Some(bits.flatten().collect())
}

/// Asserts that the burst is received without error, whatever the receiver said before of other things.
pub fn assert_received(receiver: &mut QamReceiver, burst: &Burst, context: &str) {
    let told = told(receiver, &burst.samples);
    let states: Vec<_> = told.iter().filter(|output| !matches!(output, Output::Bits { .. })).collect();
    let Some(bits) = last_bits(&told) else { panic!("{context}: not trained: {states:?}") };
    assert!(
        bits.len() >= burst.bits.len(),
        "{context}: {} of {} bits: {states:?}",
        bits.len(),
        burst.bits.len()
    );
    let errors = bits.iter().zip(&burst.bits).filter(|(heard, sent)| heard != sent).count();
    assert_eq!(errors, 0, "{context}: wrong bits of {}: {states:?}", burst.bits.len());
    assert!(matches!(told.last(), Some(Output::Ended { .. })), "{context}: no end: {states:?}");
}
