//! Octets as a TIFF file: see `check`.
#![no_main]

#[path = "../../fax-core/tests/fuzz/tiff.rs"]
mod body;

libfuzzer_sys::fuzz_target!(|data: &[u8]| body::check(data));
