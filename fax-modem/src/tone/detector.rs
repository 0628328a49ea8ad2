//! Hears tones in samples.
//!
//! From: T.30 4.1.1, V.25 2.2 and 2.3, V.8 7.2; measured: docs/talk-off.md.
//! Always: a 2100 Hz tone is told as CED at once and refined when its reversals or its swing have
//! been seen; every tone that began ends.

use super::answer::Answer;
use super::front::{Front, HOP, Look};
use super::watch::{Seen, Watch};
use super::wave::Limits;
use super::{ANSWER, CNG, frequency};
use fax_core::Tone;

/// CNG may be 38 Hz off (T.30 4.1.1) and on a line with an offset of 7 Hz.
static CNG_LIMITS: Limits = Limits { hertz: CNG, offset: 46.0, swing: 0.0, uneven: 0.05 };

/// CED may be 15 Hz off (T.30 4.1.1) and on a line with an offset of 7 Hz; ANSam's swing is 2 % of
/// the power.
static ANSWER_LIMITS: Limits = Limits { hertz: ANSWER, offset: 28.0, swing: 0.028, uneven: 0.12 };

/// What a [`Detector`] hears. Samples are counted from the first one it was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ToneOutput {
    /// A tone is on: `Cng` or `Ced`.
    Began {
        /// Which.
        tone: Tone,
        /// Sample at which it began.
        at: u64,
    },
    /// The 2100 Hz tone that is on turned out to be `AnsPr`, `AnsAm` or `AnsAmPr`.
    Refined {
        /// Which.
        tone: Tone,
        /// Sample by which it was sure.
        at: u64,
    },
    /// The tone is over.
    Ended {
        /// Sample at which it ended.
        at: u64,
    },
}

/// A listener for all tones at once. One is on at a time: a tone that begins while another is on ends
/// that one.
#[derive(Clone, Debug)]
pub struct Detector {
    front: Front,
    cng: Watch,
    answer: Watch,
    kind: Answer,
    /// The tone last told to have begun.
    on: Option<Tone>,
    ignored: Option<Tone>,
}

impl Detector {
    /// A detector that hears everything.
    pub fn new() -> Self {
        Self {
            front: Front::new(),
            cng: Watch::new(&CNG_LIMITS),
            answer: Watch::new(&ANSWER_LIMITS),
            kind: Answer::new(),
            on: None,
            ignored: None,
        }
    }

    /// The tone the owner itself sends, or `None`: it is filtered out and not reported, so that the
    /// other one is heard through its echo. Should that tone be on, its end is still told.
    pub fn ignore(&mut self, tone: Option<Tone>) {
        if self.ignored != tone {
            self.ignored = tone;
            self.front.ignore(tone.map(frequency));
        }
    }

    /// Whether a tone is on.
    pub const fn is_hearing(&self) -> bool {
        self.cng.carrier().is_some() || self.answer.carrier().is_some()
    }

    /// Lets samples pass unheard, as if they had been silence: their number counts, and what came before
    /// them is forgotten. To be called only while no tone [is heard](Self::is_hearing), and at whole
    /// hundreds of a second; what is less is not counted.
    pub fn skip(&mut self, samples: u64) {
        let hops = samples / HOP as u64;
        self.front.skip(hops);
        self.cng.skip(hops);
        self.answer.skip(hops);
    }

    /// Takes the next samples.
    pub fn process(&mut self, samples: &[i16], out: &mut impl FnMut(ToneOutput)) {
        let mut rest = samples;
        while !rest.is_empty() {
            let (later, look) = self.front.take(rest);
            if let Some(look) = look {
                self.take(&look, out);
            }
            rest = later;
        }
    }

    fn take(&mut self, look: &Look, out: &mut impl FnMut(ToneOutput)) {
        if let Some(seen) = self.cng.take(look.cng, look.answer, look.energy, &self.front) {
            self.tell(Tone::Cng, seen, out);
        }
        let seen = self.answer.take(look.answer, look.cng, look.energy, &self.front);
        if let Some(seen) = seen {
            self.tell(Tone::Ced, seen, out);
        }
        let Some(carrier) = self.answer.carrier().filter(|_| self.on == Some(Tone::Ced)) else { return };
        if let Some(Seen::Began(at)) = seen {
            self.kind.begin(at, carrier, self.answer.window());
        } else if let Some(tone) = self.kind.take(look.answer, carrier, self.answer.samples()) {
            out(ToneOutput::Refined { tone, at: self.answer.samples() });
        }
    }

    /// Reports what a watch has seen, if it is not our own tone and not the end of a tone that gave way
    /// to another.
    fn tell(&mut self, tone: Tone, seen: Seen, out: &mut impl FnMut(ToneOutput)) {
        match seen {
            Seen::Began(_) if self.ignored.is_some_and(|own| frequency(own) == frequency(tone)) => {}
            Seen::Began(at) => {
                if self.on.replace(tone).is_some() {
                    out(ToneOutput::Ended { at });
                }
                out(ToneOutput::Began { tone, at });
            }
            Seen::Ended(at) if self.on == Some(tone) => {
                self.on = None;
                out(ToneOutput::Ended { at });
            }
            Seen::Ended(_) => {}
        }
    }
}

impl Default for Detector {
    fn default() -> Self {
        Self::new()
    }
}
