//! The modem bench: each figure of a receiver or transmitter measured one way, whoever made it.

pub mod ber;
pub mod cpu;
pub(crate) mod score;
pub mod threshold;
pub mod tolerance;
pub mod tones;
mod work;

pub use work::in_order;
