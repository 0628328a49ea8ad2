//! Octets as a page of MH, MR or MMR: see `check`.
#![no_main]

#[path = "../../fax-core/tests/fuzz/t4.rs"]
mod body;

libfuzzer_sys::fuzz_target!(|data: &[u8]| body::check(data));
