//! One frame: its header checked, its control field named, its information field typed.
//!
//! From: T.30 5.3, T.4 Annex A (FCD, RCP); field notes T30-3, T30-4, T30-5.
//! Always: a length is checked before a field is read, and what [`Body::write`] writes is parsed as
//! itself. Octets that may be personal do not print.
//! Not here: flags, zero insertion and the FCS (the lines).

mod body;
mod buffer;
#[cfg(test)]
mod tests;

pub use body::{Body, Ctc, Fcd, NonStandard, PostPage, Ppr, Pps};
pub use buffer::FrameBuffer;

use super::fcf::Fcf;
use crate::private::Private;

/// A frame whose header was right; its information field is still as it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    last: bool,
    field: u8,
    information: Private<&'a [u8]>,
}

/// Why octets are no frame, or a frame has no such field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// It does not begin with FF C0 or FF C8, or has no control field (T30-4).
    #[error("not a T.30 frame: address, control or control field missing")]
    Header,
    /// The information field is too short, or longer than its kind may be (T30-5).
    #[error("the information field of {} has an impossible length", .0.name())]
    Length(Fcf),
    /// The second control field of PPS or EOR is none.
    #[error("unknown second control field {0:02X}")]
    SecondField(u8),
    /// More octets than a frame may have.
    #[error("longer than any frame of T.30")]
    TooLong,
    /// The buffer to write into is too small.
    #[error("no room to write the frame")]
    NoRoom,
}

/// Which station speaks: it decides the X bit of the control field (T.30 5.3.6.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Station {
    /// It sent DIS and had an answer: X is 0. In an ordinary call the called one.
    Called,
    /// It received a valid DIS: X is 1. In an ordinary call the calling one.
    Calling,
}

/// Address of every frame.
pub(super) const ADDRESS: u8 = 0xFF;
/// Control octet when more frames follow in the burst, and on every frame of a fast modem.
pub(super) const MORE: u8 = 0xC0;
/// Control octet of the last frame of a burst.
pub(super) const LAST: u8 = 0xC8;

impl<'a> Frame<'a> {
    /// Octets before the information field: address, control, control field.
    pub const HEADER: usize = 3;
    /// The longest frame: FCD with its header, its number and 256 octets of data.
    pub const MAX: usize = Self::HEADER + 1 + Fcd::MAX_DATA;

    /// Checks the header. `octets` are those between the flags, without FCS.
    pub fn parse(octets: &'a [u8]) -> Result<Self, Refusal> {
        match octets {
            [ADDRESS, control @ (MORE | LAST), field, information @ ..] => {
                Ok(Self { last: *control == LAST, field: *field, information: Private::new(information) })
            }
            _ => Err(Refusal::Header),
        }
    }

    /// Which frame it is; X is masked (T30-3).
    pub fn fcf(&self) -> Fcf {
        Fcf::from_octet(self.field)
    }

    /// The control field as it came, with its X bit: what tells an echo from an answer.
    pub fn control_field(&self) -> u8 {
        self.field
    }

    /// Which station the X bit names. It means nothing in frames whose X bit is fixed.
    pub fn station(&self) -> Station {
        if self.field & 0x80 == 0 { Station::Called } else { Station::Calling }
    }

    /// Whether it ends its burst: T.30 acts on this frame alone.
    pub fn is_last(&self) -> bool {
        self.last
    }

    /// The information field as it came.
    pub fn information(&self) -> Private<&'a [u8]> {
        self.information
    }

    /// The information field by its kind, its length checked.
    pub fn body(&self) -> Result<Body<'a>, Refusal> {
        Body::parse(self.fcf(), self.information.reveal())
    }
}

impl Station {
    /// The X bit of its frames.
    pub const fn x(self) -> bool {
        matches!(self, Self::Calling)
    }
}
