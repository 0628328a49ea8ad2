//! Octets as a script of UDPTL datagrams and times: see `check`.
#![no_main]

#[path = "../../fax-t38/tests/fuzz/udptl.rs"]
mod body;

libfuzzer_sys::fuzz_target!(|data: &[u8]| body::check(data));
