//! UDPTL: how IFP packets travel over UDP (T.38 9.1).
//!
//! A [`Datagram`] is what is on the wire. A [`Receiver`] makes of the datagrams that come one sequence
//! of IFP packets, in order, with what could not be repaired named as missing. A [`Sender`] makes
//! datagrams of IFP packets, with as many earlier ones in each as the peer can take, and sends the
//! delicate ones again a little later.
//!
//! From: T.38 9.1 and Annex C as digested from public implementations; field notes UTL-1 to UTL-19.
//! Always: a refused datagram changes counters only; what was delivered is never changed, and nothing
//! is delivered twice or out of order; memory is bounded and allocated at the start.
//! Not here: sockets, the source address (who may send to us), IFP's meaning.

mod arena;
mod counters;
mod datagram;
mod decided;
mod history;
mod parity;
mod patience;
mod receiver;
mod sender;
mod window;

use crate::Syntax;
use crate::ifp::extent;

pub use counters::Counters;
pub use datagram::{Datagram, Entries, Lengths, REACH, Recovery};
pub use parity::Layout;
pub use patience::Hold;
pub use receiver::{Delivery, Receiver, ReceiverSettings};
pub use sender::{Class, Copies, Gaps, Protection, Repeat, Sender, SenderSettings};

/// What a sender or a receiver has to tell: the last 32 of it.
type Events = fax_core::Events<crate::Event, 32>;

/// The longest datagram that is ever taken or made, whatever the settings say: what Ethernet carries.
pub const LARGEST_DATAGRAM: usize = 1500;

/// Octets of the IFP packet that these are, zeros behind it aside; in the syntax agreed on, or in the
/// other one.
fn ifp_extent(octets: &[u8], agreed: Syntax) -> Option<usize> {
    extent(octets, agreed).or_else(|_| extent(octets, agreed.other())).ok()
}
