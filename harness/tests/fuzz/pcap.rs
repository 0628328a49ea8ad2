//! What the fuzz target and the seeded test of captures share.

use crate::t38::writer::CaptureWriter;
use crate::t38::{self, Options, json, text};
use fax_core::Timestamp;

/// A file as it is, and the same octets as datagrams, each behind a length of two octets: no panic, and
/// what is decoded can be told.
pub fn check(data: &[u8]) {
    tell(data, &Options::default());
    let mut capture = CaptureWriter::new(Vec::new()).unwrap();
    let ends = ["192.0.2.1:4000".parse().unwrap(), "192.0.2.2:4001".parse().unwrap()];
    let (mut rest, mut at) = (data, 0);
    while let [high, low, after @ ..] = rest {
        let length = usize::from(u16::from_be_bytes([*high, *low]) % 1500);
        let (datagram, next) = after.split_at(length.min(after.len()));
        rest = next;
        at += u64::from(*high) * 1000;
        let way = usize::from(high >> 7);
        capture.datagram(Timestamp::from_micros(at), ends[way], ends[1 - way], datagram).unwrap();
    }
    let options = Options { ports: vec![4000], shows_content: true, ..Options::default() };
    tell(&capture.into_inner(), &options);
}

fn tell(file: &[u8], options: &Options) {
    let Ok(timeline) = t38::decode(file, options) else { return };
    let mut out = Vec::new();
    text::write(&timeline, false, &mut out).unwrap();
    text::write(&timeline, true, &mut out).unwrap();
    json::write(&timeline, &mut out).unwrap();
    for totals in timeline.streams.iter().flat_map(|stream| &stream.totals) {
        let told =
            timeline.entries.iter().filter(|entry| matches!(entry.what, t38::timeline::What::Missing { .. }));
        assert!(totals.lost == 0 || told.count() > 0, "what is lost is told");
    }
}
