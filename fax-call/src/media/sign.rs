//! What tells a fax from a talk, while audio is passed on as it is.
//!
//! Only tones and the preamble of V.21 are listened for: a whole phone line hears more, and costs more.
//!
//! From: T.38 by re-INVITE (RFC 5347 2.1.5); field notes AUD-7, AUD-8, AUD-9.

use fax_core::Tone;
use fax_modem::Output;
use fax_modem::fsk::{Channel, FskReceiver};
use fax_modem::tone::{Detector, ToneOutput};

/// Something heard that a fax machine says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sign {
    /// 1100 Hz: a calling fax, sometimes a person or a data modem.
    Cng,
    /// 2100 Hz: an answering fax or data modem.
    Ced,
    /// 2100 Hz with amplitude modulation: a machine that knows V.8.
    Ansam,
    /// Flags of V.21 channel 2: nothing but a fax.
    V21Preamble,
}

/// The ear of one direction.
#[derive(Clone, Debug)]
pub(super) struct SignEar {
    tones: Detector,
    v21: FskReceiver,
    heard: Option<Sign>,
    burst: Burst,
    knows_v21: bool,
}

/// What has been heard since the last pause.
#[derive(Clone, Copy, Debug, Default)]
struct Burst {
    samples: usize,
    /// Samples of the pause after it, if it is one.
    pause: usize,
    sign: Option<Sign>,
}

/// Mean square of a line that is in use: -43 dBm0, the faintest that a modem must hear.
const IN_USE: u64 = 12_500;
/// A pause ends a burst: between any two bursts of T.30 there are 75 ms.
const PAUSE: usize = 240;
/// A burst that has given no sign for so long is neither a tone nor V.21: 600 ms.
const UNNAMED: usize = 4800;

impl SignEar {
    pub(super) fn new() -> Self {
        Self {
            tones: Detector::new(),
            v21: FskReceiver::new(Channel::Two),
            heard: None,
            burst: Burst::default(),
            knows_v21: false,
        }
    }

    /// Takes the next samples; gives the strongest sign that began in them.
    pub(super) fn listen(&mut self, samples: &[i16]) -> Option<Sign> {
        let Self { tones, v21, heard, burst, knows_v21 } = self;
        *heard = None;
        tones.process(samples, &mut |output| {
            if let ToneOutput::Began { tone, .. } | ToneOutput::Refined { tone, .. } = output {
                *heard = (*heard).max(Some(Sign::of(tone)));
            }
        });
        v21.process(samples, &mut |output| {
            if let Output::Trained { .. } = output {
                *heard = Some(Sign::V21Preamble);
            }
        });
        *knows_v21 |= *heard == Some(Sign::V21Preamble);
        burst.goes_on(samples, *heard);
        *heard
    }

    /// Whether V.21 has been heard, and now something lasts that is neither V.21 nor a tone: a training or a page.
    pub(super) fn hears_fast_carrier(&self) -> bool {
        let Burst { samples, sign, .. } = self.burst;
        self.knows_v21 && sign.is_none() && samples >= UNNAMED
    }

    /// Whether a fax machine has spoken here.
    pub(super) fn knows_v21(&self) -> bool {
        self.knows_v21
    }
}

impl Burst {
    fn goes_on(&mut self, samples: &[i16], sign: Option<Sign>) {
        let power: u64 = samples.iter().map(|sample| u64::from(sample.unsigned_abs()).pow(2)).sum();
        if power >= IN_USE * samples.len() as u64 {
            if self.pause >= PAUSE {
                *self = Self::default();
            }
            self.samples = self.samples.saturating_add(samples.len());
            self.pause = 0;
        } else {
            self.pause = self.pause.saturating_add(samples.len());
            if self.pause >= PAUSE {
                self.samples = 0;
            }
        }
        self.sign = self.sign.max(sign);
    }
}

impl Sign {
    fn of(tone: Tone) -> Self {
        match tone {
            Tone::Cng => Self::Cng,
            Tone::Ced | Tone::AnsPr => Self::Ced,
            Tone::AnsAm | Tone::AnsAmPr => Self::Ansam,
        }
    }
}
