//! Octets as the frames of a call, through parser, edits and tracker: see `check`.
#![no_main]

#[path = "../../fax-core/tests/fuzz/t30.rs"]
mod body;

libfuzzer_sys::fuzz_target!(|data: &[u8]| body::check(data));
