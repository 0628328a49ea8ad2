//! T.38 without I/O: the same signals that a phone line carries, written as packets.
//!
//! [`ifp`] is what T.38 says, [`udptl`] and its siblings carry it, [`T38Line`] is a
//! [`fax_core::Line`] over both. Datagrams and the time come in as arguments and go out as return
//! values; nothing here opens a socket or reads a clock.
//!
//! From: T.38 (11/2015) as digested from its ASN.1 and from measured implementations.
//! Always: a refused datagram changes counters only; memory is bounded; no input panics.

pub mod event;
pub mod ifp;
pub mod line;
pub mod refusal;
#[cfg(feature = "rtp")]
pub mod rtp;
#[cfg(feature = "sdp")]
pub mod sdp;
pub mod seq;
pub mod tpkt;
pub mod udptl;
pub mod version;

pub use event::Event;
pub use line::T38Line;
pub use refusal::Refusal;
pub use seq::Seq;
pub use version::{Syntax, Version};
