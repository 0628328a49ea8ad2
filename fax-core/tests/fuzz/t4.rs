//! What the fuzz target and the seeded test of MH, MR and MMR share.

use fax_core::image::{
    Coding, Concealment, Decoder, DecoderSettings, Encoder, EncoderSettings, RowMark, Verdict,
};

/// Takes a coding, a width and the octets of a page: no panic, no more rows than the limit, the same rows however
/// the octets are cut, and a good row is coded again and read as itself.
pub fn check(data: &[u8]) {
    let Some((head, octets)) = data.split_first_chunk::<3>() else {
        return;
    };
    let (coding, row_mark) = match head[0] % 8 {
        0 | 1 => (Coding::Mh, RowMark::Eol),
        2..=4 => (Coding::Mr, RowMark::Eol),
        5 => (Coding::Mmr, RowMark::Eol),
        6 => (Coding::Mh, RowMark::Octet),
        _ => (Coding::Mh, RowMark::Word),
    };
    let width = match head[1] {
        0..200 => [1728, 2048, 2432, 4864, 5632, 14592][usize::from(head[1]) % 6],
        narrow => u32::from(narrow) - 199,
    };
    let concealment = if head[0] < 128 { Concealment::RowAbove } else { Concealment::AsFarAsRead };
    let max_rows = 1 + u32::from(head[2]) * 4;
    let settings = DecoderSettings { coding, width, max_rows, concealment, row_mark };
    let (whole, rows) = decode(octets, settings, octets.len().max(1));
    let (cut, others) = decode(octets, settings, 1 + usize::from(head[2] % 13));
    assert_eq!(whole.end(), cut.end());
    assert_eq!(whole.account(), cut.account());
    assert!(rows == others && rows.len() <= max_rows as usize);
    again(&rows, coding, width);
}

type Rows = Vec<(Verdict, Vec<u8>)>;

fn decode(octets: &[u8], settings: DecoderSettings, piece: usize) -> (Decoder, Rows) {
    let mut decoder = Decoder::new(settings).unwrap();
    let mut rows = Rows::new();
    for piece in octets.chunks(piece) {
        let mut rest = piece;
        while let Some(row) = decoder.next(&mut rest) {
            rows.push((row.verdict, row.pels.to_vec()));
        }
        assert!(rest.is_empty() || decoder.end().is_some(), "octets are left");
    }
    if let Some(row) = decoder.finish() {
        rows.push((row.verdict, row.pels.to_vec()));
    }
    assert_eq!(decoder.account().rows() as usize, rows.len());
    (decoder, rows)
}

fn again(rows: &Rows, coding: Coding, width: u32) {
    let mut encoder = Encoder::new(EncoderSettings::new(coding, width)).unwrap();
    let mut octets = Vec::new();
    for (_, pels) in rows {
        octets.extend_from_slice(encoder.row(pels).unwrap());
    }
    octets.extend_from_slice(encoder.end());
    let (_, back) = decode(&octets, DecoderSettings::new(coding, width), octets.len());
    assert!(back.iter().map(|row| &row.1).eq(rows.iter().map(|row| &row.1)));
    assert!(back.iter().all(|row| row.0 == Verdict::Good));
}
