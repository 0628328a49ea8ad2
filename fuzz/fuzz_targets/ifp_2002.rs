//! Octets as IFP packets in the syntax of 2002: see `check`.
#![no_main]

#[path = "../../fax-t38/tests/fuzz/ifp.rs"]
mod body;

libfuzzer_sys::fuzz_target!(|data: &[u8]| body::check(data, fax_t38::Syntax::Y2002));
