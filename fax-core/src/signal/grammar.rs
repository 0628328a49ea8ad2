//! The order in which signals may come. Both kinds of line must keep it, heard and said alike.

use super::{FrameEnd, Opening, Signal};

/// Checks one direction of a line, signal by signal.
///
/// ```text
/// line  = { Silence | Tone | burst }
/// burst = Begin ( { frame | Missing } | { Bits | Missing } ) End      V.21: frames only
/// frame = { Octets | Missing } FrameEnd                               Good only without Missing
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Grammar {
    place: Place,
}

/// A signal that may not stand where it stood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Frames, bits, a hole or an end while no carrier is on.
    #[error("{0:?} outside a burst: a Begin must come first")]
    OutsideBurst(Signal),
    /// Silence, a tone or another beginning while a carrier is on.
    #[error("{0:?} inside a burst: an End must come first")]
    InsideBurst(Signal),
    /// Bits in a burst of frames, frames in a burst of bits, or bits on V.21.
    #[error("{0:?} does not belong into this burst, which carries the other kind")]
    WrongKind(Signal),
    /// The carrier ended within a frame.
    #[error("End within a frame: a FrameEnd must come first")]
    OpenFrame,
    /// A frame with a hole ended as good.
    #[error("a frame with a hole in it ended as good")]
    GoodWithHole,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Place {
    #[default]
    Between,
    /// A fast carrier that has carried nothing yet, or only holes.
    Undecided,
    Frames(Frame),
    Bits,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Frame {
    None,
    Whole,
    Holed,
}

impl Grammar {
    /// Takes the next signal. After a fault the place is as it was, so that checking can go on.
    pub fn take(&mut self, signal: Signal) -> Result<(), Fault> {
        self.place = self.place.after(signal)?;
        Ok(())
    }

    /// Whether a carrier is on.
    pub fn in_burst(&self) -> bool {
        self.place != Place::Between
    }

    /// Whether a frame has octets and no end yet.
    pub fn in_frame(&self) -> bool {
        matches!(self.place, Place::Frames(Frame::Whole | Frame::Holed))
    }
}

impl Place {
    fn after(self, signal: Signal) -> Result<Self, Fault> {
        match self {
            Self::Between => match signal {
                Signal::Silence | Signal::Tone(_) => Ok(Self::Between),
                Signal::Begin(Opening::V21) => Ok(Self::Frames(Frame::None)),
                Signal::Begin(_) => Ok(Self::Undecided),
                other => Err(Fault::OutsideBurst(other)),
            },
            Self::Undecided => match signal {
                Signal::Missing => Ok(Self::Undecided),
                Signal::Bits(_) => Ok(Self::Bits),
                Signal::End => Ok(Self::Between),
                other => Self::Frames(Frame::None).after(other),
            },
            Self::Bits => match signal {
                Signal::Bits(_) | Signal::Missing => Ok(Self::Bits),
                Signal::End => Ok(Self::Between),
                Signal::Octets(_) | Signal::FrameEnd(_) => Err(Fault::WrongKind(signal)),
                other => Err(Fault::InsideBurst(other)),
            },
            Self::Frames(frame) => frame.after(signal),
        }
    }
}

impl Frame {
    fn after(self, signal: Signal) -> Result<Place, Fault> {
        let next = match (self, signal) {
            (Self::Holed, Signal::Octets(_)) => Self::Holed,
            (_, Signal::Octets(_)) => Self::Whole,
            (Self::None, Signal::Missing) => Self::None,
            (_, Signal::Missing) => Self::Holed,
            (Self::Holed, Signal::FrameEnd(FrameEnd::Good)) => return Err(Fault::GoodWithHole),
            (_, Signal::FrameEnd(_)) => Self::None,
            (Self::None, Signal::End) => return Ok(Place::Between),
            (_, Signal::End) => return Err(Fault::OpenFrame),
            (_, Signal::Bits(_)) => return Err(Fault::WrongKind(signal)),
            (_, Signal::Silence | Signal::Tone(_) | Signal::Begin(_)) => {
                return Err(Fault::InsideBurst(signal));
            }
        };
        Ok(Place::Frames(next))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Chunk, Tone, V29Rate};
    use super::*;

    const OCTETS: Signal = Signal::Octets(Chunk::EMPTY);
    const BITS: Signal = Signal::Bits(Chunk::EMPTY);
    const GOOD: Signal = Signal::FrameEnd(FrameEnd::Good);
    const V21: Signal = Signal::Begin(Opening::V21);
    const FAST: Signal = Signal::Begin(Opening::V29(V29Rate::R9600));

    fn sentence(signals: &[Signal]) -> Result<(), Fault> {
        let mut grammar = Grammar::default();
        signals.iter().try_for_each(|signal| grammar.take(*signal))
    }

    #[test]
    fn a_fax_dialogue_is_grammatical() {
        let tone = [Signal::Silence, Signal::Tone(Tone::Ced), Signal::Tone(Tone::AnsAm), Signal::Silence];
        let frames = [V21, OCTETS, OCTETS, GOOD, OCTETS, Signal::FrameEnd(FrameEnd::Bad), Signal::End];
        let page = [FAST, BITS, Signal::Missing, BITS, Signal::End, Signal::Silence];
        assert_eq!(sentence(&[&tone[..], &frames, &page].concat()), Ok(()));
        assert_eq!(sentence(&[FAST, OCTETS, GOOD, Signal::End]), Ok(()));
        assert_eq!(sentence(&[FAST, Signal::End, V21, GOOD, Signal::End]), Ok(()));
    }

    #[test]
    fn each_fault_is_found() {
        assert_eq!(sentence(&[OCTETS]), Err(Fault::OutsideBurst(OCTETS)));
        assert_eq!(sentence(&[V21, Signal::Silence]), Err(Fault::InsideBurst(Signal::Silence)));
        assert_eq!(sentence(&[V21, BITS]), Err(Fault::WrongKind(BITS)));
        assert_eq!(sentence(&[FAST, BITS, OCTETS]), Err(Fault::WrongKind(OCTETS)));
        assert_eq!(sentence(&[FAST, FAST]), Err(Fault::InsideBurst(FAST)));
        assert_eq!(sentence(&[V21, OCTETS, Signal::End]), Err(Fault::OpenFrame));
        assert_eq!(sentence(&[V21, OCTETS, Signal::Missing, GOOD]), Err(Fault::GoodWithHole));
        assert_eq!(sentence(&[V21, OCTETS, Signal::Missing, OCTETS, GOOD]), Err(Fault::GoodWithHole));
    }
}
