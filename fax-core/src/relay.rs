//! Two lines joined, so that the machines at their ends are one call.
//!
//! - [`tracker`]: what is known of the call from the frames that went by.

pub mod tracker;

pub use tracker::{Pending, Phase, Side, Tracker};
