//! Octets as the bits of a line that may carry V.8: see `check`.
#![no_main]

#[path = "../../fax-modem/tests/support/fuzz_v8.rs"]
mod body;

libfuzzer_sys::fuzz_target!(|data: &[u8]| body::check(data));
