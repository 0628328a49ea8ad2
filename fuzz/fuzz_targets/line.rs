//! Octets as a script of what comes to a T.38 line, what it says, and times: see `check`.
#![no_main]

#[path = "../../fax-t38/tests/fuzz/line.rs"]
mod body;

libfuzzer_sys::fuzz_target!(|data: &[u8]| body::check(data));
