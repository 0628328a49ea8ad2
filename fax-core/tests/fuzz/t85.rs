//! What the fuzz target and the seeded test of JBIG share.

use fax_core::image::jbig::JbigDecoder;

/// Takes a page: no panic, no more rows than the limit, the same rows however the octets are cut.
pub fn check(data: &[u8]) {
    let width =
        data.get(4..8).and_then(|width| width.first_chunk()).map_or(1728, |width| u32::from_be_bytes(*width));
    if (1..=2432).contains(&width) {
        let whole = decode(data, width, data.len().max(1));
        assert!(whole == decode(data, width, 1 + data.len() % 17));
        assert!(whole.len() as u32 <= MAX_ROWS * width.div_ceil(8));
    }
}

const MAX_ROWS: u32 = 40;

fn decode(data: &[u8], width: u32, piece: usize) -> Vec<u8> {
    let mut decoder = JbigDecoder::new(width, MAX_ROWS).unwrap();
    let mut pels = Vec::new();
    for piece in data.chunks(piece) {
        let mut rest = piece;
        while let Some(row) = decoder.next(&mut rest) {
            pels.extend_from_slice(row.pels);
        }
        assert!(rest.is_empty() || decoder.end().is_some(), "octets are left");
    }
    while let Some(row) = decoder.finish() {
        pels.extend_from_slice(row.pels);
    }
    assert!(decoder.end().is_some());
    pels
}
