//! Octets as a SIP message: see `check`.
#![no_main]

#[path = "../../net/tests/fuzz/message.rs"]
mod body;

libfuzzer_sys::fuzz_target!(|data: &[u8]| body::check(data));
