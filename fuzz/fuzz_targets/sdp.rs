//! Octets as a session description: see `check`.
#![no_main]

#[path = "../../fax-t38/tests/fuzz/sdp.rs"]
mod body;

libfuzzer_sys::fuzz_target!(|data: &[u8]| body::check(data));
