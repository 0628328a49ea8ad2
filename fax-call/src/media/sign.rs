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
}

impl SignEar {
    pub(super) fn new() -> Self {
        Self { tones: Detector::new(), v21: FskReceiver::new(Channel::Two), heard: None }
    }

    /// Takes the next samples; gives the strongest sign that began in them.
    pub(super) fn listen(&mut self, samples: &[i16]) -> Option<Sign> {
        let Self { tones, v21, heard } = self;
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
        *heard
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
