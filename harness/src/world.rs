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
pub mod call;
mod cast;
pub mod classic_udptl;
pub mod draw;
pub mod ends;
pub mod network;
mod our_machine;
mod ours;
pub mod page;
pub mod passthrough;
pub mod phone;
pub mod scenario;
mod side;
#[cfg(feature = "spandsp")]
mod spandsp;
#[cfg(feature = "spandsp")]
mod super_g3;

pub use agenda::Agenda;
pub use call::{Kept, Record, Taps, Verdict, run};
pub use cast::{CannotBuild, sent};
pub use draw::Direction;
pub use network::{Network, Path};
pub use page::{Document, Page};
pub use scenario::{Chain, Scenario};
pub use side::Recording;
