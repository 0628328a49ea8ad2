//! Captures, and datagrams inside one: see `check`.
#![no_main]

#[path = "../../harness/tests/fuzz/pcap.rs"]
mod body;
/// Of the harness only what reads captures.
#[allow(dead_code)]
#[path = "../../harness/src"]
mod harness {
    pub mod t38;
}

use harness::t38;

libfuzzer_sys::fuzz_target!(|data: &[u8]| body::check(data));
