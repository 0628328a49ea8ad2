//! HDLC framing: octets of frames to bits of a line and back.
//!
//! [`Framer`] is pulled by a transmitter and always has a bit to give: flags when nothing is to be
//! said, an abort when a frame runs dry. [`Deframer`] is pushed bits and tells what they were. [`Mender`] makes a
//! frame of two damaged copies.
//!
//! Octets stand as the line writes them, the first bit in the top place ([`fax_core::Chunk`]): an
//! address is 0xFF, a final control octet 0xC8.
//!
//! From: ISO/IEC 13239 (flags, zero insertion, 16-bit FCS) as T.30 5.3 uses it.
//! Always: a good end is sent only when one was asked for and no octet before it was missing; a bad
//! check is reported and never dropped.
//! Not here: what the octets mean (`t30`), how long a preamble is (`AudioLine`).

mod deframer;
mod fcs;
mod framer;
mod mender;

pub use deframer::{Deframer, Event};
pub use fcs::Fcs;
pub use framer::Framer;
pub use mender::{Mended, Mender};

/// The flag as it stands on the line; the same from both ends (T.30 5.3.3).
pub const FLAG: u8 = 0b0111_1110;
