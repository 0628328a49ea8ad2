//! The virtual world: fax machines, phone lines, gateways and the network between them, in virtual
//! time.
//!
//! Time is a count of microseconds since the call began. Audio moves in blocks, each leg by its own
//! beat; packets leave when an end hands them over and arrive when the network says.
//!
//! Always: equal settings and equal seeds give equal calls, whatever else runs; no clock is read, no
//! map is walked in hash order, and each thing that is random draws from its own stream.
//! Not here: many calls and their statistics (`calls`), what a line does to one burst (`stimulus`).

pub mod agenda;
pub mod draw;
pub mod network;

pub use agenda::Agenda;
pub use draw::Direction;
pub use network::{Network, Path};
