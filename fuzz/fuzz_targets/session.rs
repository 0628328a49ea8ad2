//! Octets as what the far machine of a session does: see `check`.
#![no_main]

#[path = "../../fax-core/tests/fuzz/session.rs"]
mod body;

libfuzzer_sys::fuzz_target!(|data: &[u8]| body::check(data));
