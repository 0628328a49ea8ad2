//! T.30 as frames and bits: what the relay and the fax machine both need to read, write and edit.
//!
//! - [`Fcf`]: every facsimile control field by name.
//! - [`Frame`] and [`Body`]: one frame, its header checked, its information field typed; parsed from
//!   octets and written to them.
//! - [`fields`]: the one table of DIS, DTC and DCS bits, [`Dis`], [`Dcs`] and what they agree on.
//! - [`session`]: a fax machine: who speaks when, and what of.
//! - [`edit`]: changes of frames as their octets pass through a gateway.
//!
//! From: T.30 5.3 and Table 2, as compiled from independent implementations (`docs/t30.md`).
//! Always: octets are in the order of T.38: the first bit on the line is the top bit. Nothing here
//! allocates, and no octets of any kind make it panic.
//! Not here: the FCS (the lines), page coding, what passed on a call
//! (`relay::tracker`).

pub mod edit;
mod fcf;
pub mod fields;
mod frame;
mod ident;
pub mod session;

pub use edit::{Change, Confirmation, Edits, FrameEdit};
pub use fcf::Fcf;
pub use fields::{Dcs, Dis, Excess, ModemSet, Terms};
pub use frame::{Body, Ctc, Fcd, Frame, FrameBuffer, NonStandard, PostPage, Ppr, Pps, Refusal, Station};
pub use ident::{Ident, IdentKind};
