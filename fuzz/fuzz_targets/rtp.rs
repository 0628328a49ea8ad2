//! RTP packets, each behind its length: see `check`.
#![no_main]

#[path = "../../fax-t38/tests/fuzz/rtp.rs"]
mod body;

libfuzzer_sys::fuzz_target!(|data: &[u8]| body::check(data));
