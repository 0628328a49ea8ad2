//! Octets as the signalling of a call: see `check`.
#![no_main]

#[path = "../../fax-call/tests/fuzz/sip.rs"]
mod body;

libfuzzer_sys::fuzz_target!(|data: &[u8]| body::check(data));
