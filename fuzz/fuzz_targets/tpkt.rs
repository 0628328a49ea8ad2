//! A byte stream of TPKT or bare IFP packets: see `check`.
#![no_main]

#[path = "../../fax-t38/tests/fuzz/tpkt.rs"]
mod body;

libfuzzer_sys::fuzz_target!(|data: &[u8]| body::check(data));
