//! Our own modems on the bench.

use super::{BenchDetector, BenchReceiver, BenchTransmitter, Figures, Report};
use crate::bench::tones::Sound;
use fax_core::{Dbm0, Opening, Tone, Training};
use fax_modem::fsk::{Channel, FskReceiver, FskTransmitter};
use fax_modem::tone::{Detector, ToneOutput};
use fax_modem::{BitQueue, EchoProtection, Modem, Output, QamTransmitter, Quality};

/// Our modulator.
pub(super) struct OurTransmitter {
    modem: Transmitter,
    /// The source of a stream, xorshift32.
    source: u32,
}

#[allow(clippy::large_enum_variant, reason = "one per bench, made once")]
enum Transmitter {
    Qam(QamTransmitter),
    Fsk(FskTransmitter),
}

impl OurTransmitter {
    pub(super) fn new(opening: Opening, level: Dbm0) -> Self {
        let modem = match Modem::of(opening) {
            Some(modem) => Transmitter::Qam(QamTransmitter::new(modem, level)),
            None => Transmitter::Fsk(FskTransmitter::new(Channel::Two, level)),
        };
        Self { modem, source: 1 }
    }
}

impl Transmitter {
    fn start(&mut self, training: Training) {
        match self {
            Self::Qam(qam) => qam.start(training, EchoProtection::Off),
            Self::Fsk(fsk) => fsk.start(),
        }
    }

    fn bits(&mut self) -> &mut BitQueue {
        match self {
            Self::Qam(qam) => qam.bits(),
            Self::Fsk(fsk) => fsk.bits(),
        }
    }

    fn finish(&mut self) {
        match self {
            Self::Qam(qam) => qam.finish(),
            Self::Fsk(fsk) => fsk.finish(),
        }
    }

    fn fill(&mut self, out: &mut [i16]) -> usize {
        match self {
            Self::Qam(qam) => qam.fill(out),
            Self::Fsk(fsk) => fsk.fill(out),
        }
    }
}

impl BenchTransmitter for OurTransmitter {
    fn burst(&mut self, training: Training, bits: &[bool]) -> Vec<i16> {
        const BLOCK: usize = 160;
        self.modem.start(training);
        let mut bits = bits.iter();
        let mut samples = Vec::new();
        let mut block = [0; BLOCK];
        loop {
            while self.modem.bits().room() > 0 {
                let Some(bit) = bits.next() else {
                    self.modem.finish();
                    break;
                };
                self.modem.bits().push(u32::from(*bit), 1);
            }
            let filled = self.modem.fill(&mut block);
            samples.extend_from_slice(&block[..filled]);
            if filled < BLOCK {
                return samples;
            }
        }
    }

    fn stream(&mut self, training: Training, seed: u32) {
        self.source = seed.max(1);
        self.modem.start(training);
    }

    fn fill(&mut self, out: &mut [i16]) {
        // Words are pushed 100 ms ahead, as a line does, not as many as fit.
        while self.modem.bits().len() < 1440 {
            self.source ^= self.source << 13;
            self.source ^= self.source >> 17;
            self.source ^= self.source << 5;
            self.modem.bits().push(self.source, 32);
        }
        self.modem.fill(out);
    }
}

/// Our demodulator of V.21.
pub(super) struct OurFskReceiver {
    modem: FskReceiver,
    counted: u64,
}

impl OurFskReceiver {
    pub(super) fn new() -> Self {
        Self { modem: FskReceiver::new(Channel::Two), counted: 0 }
    }
}

impl BenchReceiver for OurFskReceiver {
    fn expect(&mut self, _: Training) {
        self.modem.reset();
    }

    fn process(&mut self, samples: &[i16], report: &mut dyn FnMut(Report)) {
        self.modem.process(samples, &mut |output| report(output.into()));
    }

    fn count(&mut self, samples: &[i16]) {
        let counted = &mut self.counted;
        self.modem.process(samples, &mut |output| *counted += bits_in(output));
    }

    fn counted(&self) -> u64 {
        self.counted
    }
}

/// Our detector of a sound.
pub(super) fn detector(sound: Sound) -> Box<dyn BenchDetector> {
    let wanted = match sound {
        Sound::Cng => Tone::Cng,
        Sound::Ced => Tone::Ced,
        Sound::AnsAmPr => Tone::AnsAmPr,
        Sound::Preamble => return Box::new(OurFskReceiver::new()),
    };
    Box::new(OurDetector { detector: Detector::new(), wanted })
}

struct OurDetector {
    detector: Detector,
    wanted: Tone,
}

impl BenchDetector for OurDetector {
    fn hears(&mut self, samples: &[i16]) -> bool {
        let mut heard = false;
        self.detector.process(samples, &mut |output| match output {
            ToneOutput::Began { tone, .. } | ToneOutput::Refined { tone, .. } => heard |= tone == self.wanted,
            ToneOutput::Ended { .. } => {}
        });
        heard
    }
}

impl BenchDetector for OurFskReceiver {
    fn hears(&mut self, samples: &[i16]) -> bool {
        let mut heard = false;
        self.modem.process(samples, &mut |output| heard |= matches!(output, Output::Trained { .. }));
        heard
    }
}

fn bits_in(output: Output) -> u64 {
    if let Output::Bits { count, .. } = output { count.into() } else { 0 }
}

impl From<Output> for Report {
    fn from(output: Output) -> Self {
        match output {
            Output::Trained { quality, .. } => Self::Trained { quality: Some(quality.into()) },
            Output::TrainingFailed { .. } => Self::Failed,
            Output::Bits { bits, count } => Self::Bits { bits, count },
            Output::Ended { .. } => Self::Ended,
        }
    }
}

impl From<Quality> for Figures {
    fn from(quality: Quality) -> Self {
        Self {
            evm_db: quality.evm.0.into(),
            frequency: quality.frequency_offset.into(),
            clock_ppm: quality.clock_offset.into(),
            level: quality.level.0.into(),
        }
    }
}
