//! What a phone line tells people: how well it hears, and what it had to do.

use crate::output::Quality;
use crate::v8::Message;
use fax_core::Opening;

/// An event of a phone line. Numbers only; no page, frame or telephone number.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Event {
    /// A burst has been trained (V.21: its preamble was heard); what the training showed.
    Trained(Opening, Quality),
    /// A training was recognised and led to nothing.
    TrainingFailed(Opening),
    /// A V.8 message: CI, CM, JM or CJ.
    V8(Message),
    /// Nobody took what was heard, so the rest of a burst was not kept.
    Overflow,
    /// The line ran dry in a burst of bits and sent so many zeros.
    Underrun {
        /// Zero bits.
        bits: u64,
    },
    /// The line ran dry within frames and broke so many of them off.
    FramesAborted {
        /// Frames.
        frames: u64,
    },
}
