//! The foreign peer on the bench.

use super::{BenchDetector, BenchReceiver, BenchTransmitter, Report};
use crate::bench::tones::Sound;
use fax_core::{Dbm0, Opening, Training};
use peer_spandsp::{Bits, PeerOutput, PeerTone, Receiver, ToneDetector, Transmitter};

/// The peer's modulator.
pub(super) struct PeerTransmitter(Transmitter);

/// The peer's demodulator.
pub(super) struct PeerReceiver(Receiver);

impl PeerTransmitter {
    pub(super) fn new(opening: Opening, level: Dbm0) -> Self {
        Self(Transmitter::new(opening, false, level, Bits::of([])))
    }
}

impl BenchTransmitter for PeerTransmitter {
    fn burst(&mut self, training: Training, bits: &[bool]) -> Vec<i16> {
        self.0.restart(training, Bits::of(bits.to_vec()));
        self.0.samples()
    }

    fn stream(&mut self, training: Training, seed: u32) {
        self.0.restart(training, Bits::Prbs(seed));
    }

    fn fill(&mut self, out: &mut [i16]) {
        self.0.fill(out);
    }
}

impl PeerReceiver {
    pub(super) fn new(opening: Opening) -> Self {
        Self(Receiver::new(opening))
    }
}

impl BenchReceiver for PeerReceiver {
    fn expect(&mut self, training: Training) {
        self.0.restart(training);
    }

    fn process(&mut self, samples: &[i16], report: &mut dyn FnMut(Report)) {
        let v21 = self.0.opening() == Opening::V21;
        self.0.process(samples, &mut |output| match output {
            PeerOutput::Bit(bit) => report(Report::Bits { bits: u8::from(bit), count: 1 }),
            PeerOutput::Trained => report(Report::Trained { quality: None }),
            // V.21 has no training: its carrier detector is all it says.
            PeerOutput::CarrierUp if v21 => report(Report::Trained { quality: None }),
            PeerOutput::TrainingFailed => report(Report::Failed),
            PeerOutput::CarrierDown => report(Report::Ended),
            PeerOutput::CarrierUp | PeerOutput::TrainingInProgress | PeerOutput::Other(_) => {}
        });
    }

    fn count(&mut self, samples: &[i16]) {
        self.0.count(samples);
    }

    fn counted(&self) -> u64 {
        self.0.bits_counted()
    }
}

/// One of the peer's tone detectors.
pub(super) struct PeerDetector {
    detector: ToneDetector,
    wanted: PeerTone,
}

impl PeerDetector {
    pub(super) fn new(sound: Sound) -> Self {
        let wanted = match sound {
            Sound::Cng => PeerTone::Cng,
            Sound::Ced => PeerTone::Ans,
            Sound::AnsAmPr => PeerTone::AnsAmPr,
            Sound::Preamble => PeerTone::Preamble,
        };
        Self { detector: ToneDetector::new(wanted), wanted }
    }
}

impl BenchDetector for PeerDetector {
    fn hears(&mut self, samples: &[i16]) -> bool {
        let mut heard = false;
        self.detector.process(samples, &mut |report| heard |= report.tone == self.wanted);
        heard
    }
}
