//! Any bits into the deframer, any frames through framer and deframer.
#![no_main]

#[path = "../../fax-modem/tests/common/hdlc.rs"]
mod hdlc;

libfuzzer_sys::fuzz_target!(|data: &[u8]| hdlc::anything(data));
