//! T.38 as it stands in a capture: read, told as a timeline, and written.

pub mod capture;
pub mod network;
pub mod writer;
