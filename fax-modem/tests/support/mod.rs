//! What tests, examples and benches of tones share: seeded noise, exact tones of any frequency,
//! signals that are no tone, and something like speech.
#![allow(dead_code, unreachable_pub, reason = "each user takes what it needs")]

pub mod bursts;
pub mod fuzz_v8;
pub mod random;
pub mod signals;
pub mod speech;
pub mod wav;
