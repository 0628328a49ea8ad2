//! UDPTL against measured datagrams, field notes, the faults of others, losses and noise.

mod common;
mod order;
mod parity;
mod quirks;
mod redundancy;
mod regressions;
mod robustness;
mod sender;
mod vectors;
