//! Our own modems on the bench.

use super::{BenchDetector, BenchReceiver, BenchTransmitter, Figures, Report};
use crate::bench::tones::Sound;
use fax_core::{Dbm0, Opening, Tone, Training};
use fax_modem::tone::{Detector, ToneOutput};
use fax_modem::{EchoProtection, Output, Quality, Receiver, Transmitter};

/// Our modulator.
pub(super) struct OurTransmitter {
    modem: Transmitter,
    /// The source of a stream, xorshift32.
    source: u32,
}

impl OurTransmitter {
    pub(super) fn new(opening: Opening, level: Dbm0) -> Self {
        let modem = Transmitter::new(opening, level);
        Self { modem, source: 1 }
    }
}

impl BenchTransmitter for OurTransmitter {
    fn burst(&mut self, training: Training, bits: &[bool]) -> Vec<i16> {
        const BLOCK: usize = 160;
        self.modem.start(training, EchoProtection::Off);
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
        self.modem.start(training, EchoProtection::Off);
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

/// Our demodulator.
pub(super) struct OurReceiver {
    modem: Receiver,
    counted: u64,
}

impl OurReceiver {
    pub(super) fn new(opening: Opening) -> Self {
        Self { modem: Receiver::new(opening), counted: 0 }
    }
}

impl BenchReceiver for OurReceiver {
    fn expect(&mut self, _: Training) {
        self.modem.reset();
    }

    fn process(&mut self, samples: &[i16], report: &mut dyn FnMut(Report)) {
        self.modem.process(samples, &mut |output| Report::of(output).into_iter().for_each(&mut *report));
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
        Sound::Preamble => return Box::new(OurReceiver::new(Opening::V21)),
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

impl BenchDetector for OurReceiver {
    fn hears(&mut self, samples: &[i16]) -> bool {
        let mut heard = false;
        self.modem.process(samples, &mut |output| heard |= matches!(output, Output::Trained { .. }));
        heard
    }
}

fn bits_in(output: Output) -> u64 {
    if let Output::Bits { count, .. } = output { count.into() } else { 0 }
}

impl Report {
    fn of(output: Output) -> Option<Self> {
        Some(match output {
            Output::Recognised { .. } => return None,
            Output::Trained { quality, .. } => Self::Trained { quality: Some(quality.into()) },
            Output::TrainingFailed { .. } => Self::Failed,
            Output::Bits { bits, count } | Output::Doubtful { bits, count } => Self::Bits { bits, count },
            Output::Ended { .. } => Self::Ended,
        })
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
