//! Octets as what happens to a call: see `check`.
#![no_main]

#[path = "../../fax-call/tests/fuzz/call.rs"]
mod body;

libfuzzer_sys::fuzz_target!(|data: &[u8]| body::check(data));
