//! Captures of whole calls, decoded.

#[allow(dead_code, unreachable_pub, reason = "each user takes what it needs")]
#[path = "support/trace.rs"]
mod trace;

use fax_harness::t38::{self, Options, text};
use fax_t38::udptl::Protection;
use std::path::Path;
use trace::{Fate, capture, datagrams};

const SECONDARIES: Protection = Protection::Secondaries { control: 3, image: 1 };

fn told(file: &[u8], all: bool) -> String {
    let timeline = t38::decode(file, &Options::default()).unwrap();
    let mut out = Vec::new();
    text::write(&timeline, all, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// Compares with a file of `tests/golden`; `BLESS=1` writes it anew.
fn golden(name: &str, told: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, told).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(told, expected, "{} (BLESS=1 writes it anew)", path.display());
}

#[test]
fn a_call_without_ecm_reads_like_its_trace() {
    let call = trace::trace("trace-nonecm-1998.txt");
    golden("nonecm-1998.txt", &told(&capture(&datagrams(&call, SECONDARIES, |_, _| Fate::Arrives)), false));
}
