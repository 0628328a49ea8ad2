//! The lab: what a fax line does to modems, injected, measured and reported.

pub mod bench;
pub mod calls;
pub mod carrier;
pub mod demo;
pub mod ideal;
pub mod listen;
pub mod performance;
pub mod plot;
pub mod receipt;
pub mod soak;
pub mod stimulus;
pub mod system;
pub mod t38;
pub mod wav;
pub mod world;
