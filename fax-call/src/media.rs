//! Which media flow on a leg, as signalling has agreed.
//!
//! Signalling gives an [`Order`] for each leg whenever something changed; whoever owns the sockets obeys it.

mod order;
mod sign;

pub use order::{Audio, Flow, Order, T38};
pub use sign::Sign;
