//! Octets as a page of JBIG: see `check`.
#![no_main]

#[path = "../../fax-core/tests/fuzz/t85.rs"]
mod body;

libfuzzer_sys::fuzz_target!(|data: &[u8]| body::check(data));
