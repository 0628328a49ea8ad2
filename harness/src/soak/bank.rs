//! Everything that listens, and what it made of the samples.

use crate::stimulus::Rng;
use fax_core::{FrameEnd, Grammar, Line, Opening, Signal};
use fax_modem::hdlc::{Deframer, Event};
use fax_modem::tone::{Detector, ToneOutput};
use fax_modem::{AudioLine, Output, QamReceiver, Receiver};

/// Samples handed over at once, mostly.
const BLOCK: usize = 160;

/// All receivers.
pub(super) struct Bank {
    /// One a modem, then one of all fast modems.
    listeners: Vec<Listener>,
    tones: Detector,
    tones_begun: usize,
    line: LineListener,
}

/// One receiver with a deframer behind it.
struct Listener {
    /// None: of all fast modems.
    opening: Option<Opening>,
    receiver: Receiver,
    deframer: Deframer,
    octets: Vec<u8>,
    /// Bits since the last training.
    bits: Vec<bool>,
    frames: Vec<Vec<u8>>,
    trainings: usize,
}

/// A phone line.
struct LineListener {
    line: AudioLine,
    grammar: Grammar,
    octets: Vec<u8>,
    bits: Vec<bool>,
    frames: Vec<Vec<u8>>,
    trainings: usize,
    disorders: usize,
}

impl Bank {
    pub(super) fn new() -> Self {
        let listener = |opening, receiver| Listener {
            opening,
            receiver,
            deframer: Deframer::new(),
            octets: Vec::new(),
            bits: Vec::new(),
            frames: Vec::new(),
            trainings: 0,
        };
        let mut listeners: Vec<Listener> =
            Opening::ALL.into_iter().map(|opening| listener(Some(opening), Receiver::new(opening))).collect();
        listeners.push(listener(None, Receiver::Qam(QamReceiver::any())));
        let line = LineListener {
            line: AudioLine::default(),
            grammar: Grammar::default(),
            octets: Vec::new(),
            bits: Vec::new(),
            frames: Vec::new(),
            trainings: 0,
            disorders: 0,
        };
        Self { listeners, tones: Detector::new(), tones_begun: 0, line }
    }

    /// Hears samples in blocks of 20 ms, and now and then of any other length.
    pub(super) fn hear(&mut self, samples: &[i16], rng: &mut Rng) {
        let length = if rng.below(4) == 0 { 1 + rng.below(1000) as usize } else { BLOCK };
        for block in samples.chunks(length) {
            self.listeners.iter_mut().for_each(|listener| listener.hear(block));
            let begun = &mut self.tones_begun;
            self.tones.process(block, &mut |output| {
                *begun += usize::from(matches!(output, ToneOutput::Began { .. }))
            });
            self.line.hear(block);
        }
    }

    /// Forgets the bits heard so far.
    pub(super) fn begin_check(&mut self) {
        self.listeners.iter_mut().for_each(|listener| listener.bits.clear());
        self.line.bits.clear();
    }

    /// Who of those that should have heard these bits did not.
    pub(super) fn without_bits(&self, opening: Opening, bits: &[bool]) -> Vec<&'static str> {
        let concerned = self.listeners.iter().filter(|one| one.opening.is_none_or(|own| own == opening));
        let mut missed: Vec<_> = concerned
            .filter(|one| !one.bits.starts_with(bits))
            .map(|one| if one.opening.is_some() { "its receiver" } else { "the receiver of all" })
            .collect();
        if !self.line.bits.starts_with(bits) {
            missed.push("the line");
        }
        missed
    }

    /// Who of those that should have heard this frame did not.
    pub(super) fn without_frame(&self, frame: &[u8]) -> Vec<&'static str> {
        let own = self.listeners.iter().filter(|one| one.opening == Some(Opening::V21));
        let mut missed: Vec<_> = own
            .filter(|one| !one.frames.iter().any(|heard| heard == frame))
            .map(|_| "its receiver")
            .collect();
        if !self.line.frames.iter().any(|heard| heard == frame) {
            missed.push("the line");
        }
        missed
    }

    /// Frames with a good check since they were last taken.
    pub(super) fn take_frames(&mut self) -> Vec<Vec<u8>> {
        let mut frames = std::mem::take(&mut self.line.frames);
        self.listeners.iter_mut().for_each(|listener| frames.append(&mut listener.frames));
        frames
    }

    /// Successful trainings, of all receivers together.
    pub(super) fn trainings(&self) -> usize {
        self.line.trainings + self.listeners.iter().map(|listener| listener.trainings).sum::<usize>()
    }

    /// Tones that began.
    pub(super) fn tones(&self) -> usize {
        self.tones_begun
    }

    /// Signals of the line that broke its grammar.
    pub(super) fn disorders(&self) -> usize {
        self.line.disorders
    }
}

impl Listener {
    fn hear(&mut self, samples: &[i16]) {
        let Self { receiver, deframer, octets, bits, frames, trainings, .. } = self;
        receiver.process(samples, &mut |output| {
            let mut take = |event| match event {
                Event::Octets(chunk) => octets.extend_from_slice(chunk.octets()),
                Event::FrameEnd(FrameEnd::Good) => frames.push(std::mem::take(octets)),
                Event::FrameEnd(_) => octets.clear(),
                Event::Preamble => {}
            };
            match output {
                Output::Trained { .. } => {
                    *trainings += 1;
                    bits.clear();
                }
                Output::Bits { bits: packed, count } | Output::Doubtful { bits: packed, count } => {
                    bits.extend((0..count).map(|n| packed >> n & 1 == 1));
                    deframer.push(packed, count, &mut take);
                }
                Output::Ended { .. } => deframer.carrier_lost(&mut take),
                Output::Recognised { .. } | Output::TrainingFailed { .. } => {}
            }
        });
    }
}

impl LineListener {
    fn hear(&mut self, samples: &[i16]) {
        self.line.listen(samples);
        while let Some(heard) = self.line.hear() {
            self.disorders += usize::from(self.grammar.take(heard.signal).is_err());
            match heard.signal {
                Signal::Begin(_) => {
                    self.trainings += 1;
                    self.bits.clear();
                    self.octets.clear();
                }
                Signal::Octets(chunk) => self.octets.extend_from_slice(chunk.octets()),
                Signal::FrameEnd(FrameEnd::Good) => self.frames.push(std::mem::take(&mut self.octets)),
                Signal::FrameEnd(_) => self.octets.clear(),
                Signal::Bits(chunk) => self.bits.extend(chunk.iter_bits()),
                Signal::Silence | Signal::Tone(_) | Signal::Missing | Signal::End => {}
            }
        }
        while self.line.event().is_some() {}
    }
}
