//! What stands between rows: marks, fill, ends.

use crate::pages::{Page, ccitt, decode, encode, mode};
use fax_core::image::{
    Coding, Decoder, DecoderSettings, Encoder, EncoderSettings, End, Eol, MAX_WIDTH, Refusal, RowMark,
    Verdict,
};

/// The page as it goes over a line, with RTC or EOFB.
fn on_the_line(page: &Page, settings: EncoderSettings) -> Vec<u8> {
    let mut encoder = Encoder::new(settings).unwrap();
    let mut octets = Vec::new();
    for row in page.rows() {
        octets.extend_from_slice(encoder.row(row).unwrap());
    }
    octets.extend_from_slice(encoder.end());
    octets
}

fn some_rows() -> Page {
    let page = ccitt(1);
    Page { pels: page.pels[216 * 600..216 * 700].to_vec(), ..page }
}

#[test]
fn a_page_ends_at_its_mark_and_what_follows_is_not_read() {
    let page = some_rows();
    for name in ["mh", "mr-4", "mmr"] {
        let settings = mode(name, 1728);
        let mut octets = on_the_line(&page, settings);
        octets.extend([0x55; 40]);
        let mut rows = 0;
        let decoder = decode(&octets, DecoderSettings::new(settings.coding, 1728), 11, |row| {
            assert_eq!(row.verdict, Verdict::Good);
            rows += 1;
        });
        assert_eq!((rows, decoder.end()), (100, Some(End::Marked)), "{name}");
    }
}

#[test]
fn a_page_of_no_rows_has_none() {
    for coding in [Coding::Mh, Coding::Mr, Coding::Mmr] {
        let settings = EncoderSettings::new(coding, 1728);
        let octets = on_the_line(&Page { width: 1728, pels: Vec::new() }, settings);
        let decoder = decode(&octets, DecoderSettings::new(coding, 1728), 1, |_| panic!("a row"));
        assert_eq!(decoder.end(), Some(End::Marked));
    }
}

#[test]
fn no_row_is_shorter_than_the_minimum_scan_line_time_and_fill_changes_no_pel() {
    for coding in [Coding::Mh, Coding::Mr] {
        let settings = EncoderSettings { min_row_bits: 288, ..EncoderSettings::new(coding, 1728) };
        let page = some_rows();
        let octets = on_the_line(&page, settings);
        assert!(octets.len() * 8 >= page.height() as usize * 288);
        let mut pels = Vec::new();
        let decoder = decode(&octets, DecoderSettings::new(coding, 1728), 3, |row| {
            pels.extend_from_slice(row.pels);
        });
        assert!(pels == page.pels && decoder.account().bad_rows() == 0);
    }
    // A white row by itself is 9 bits in MH, and 144 with its EOL at 7200 bit/s and 20 ms.
    let settings = EncoderSettings { min_row_bits: 144, ..EncoderSettings::new(Coding::Mh, 1728) };
    let mut encoder = Encoder::new(settings).unwrap();
    let bits: usize = (0..8).map(|_| encoder.row(&[0; 216]).unwrap().len() * 8).sum();
    assert_eq!(bits, 8 * 144);
}

#[test]
fn an_aligned_end_of_line_ends_an_octet() {
    let settings = EncoderSettings { eol: Eol::OctetEnd, ..EncoderSettings::new(Coding::Mh, 1728) };
    let octets = encode(&some_rows(), settings);
    let marks = octets.windows(2).filter(|pair| pair[0] & 0x0F == 0 && pair[1] == 1).count();
    assert!(marks >= 100);
}

#[test]
fn junk_ahead_of_the_first_end_of_line_is_passed_over() {
    let page = some_rows();
    let mut octets = vec![0xFF, 0x5A, 0x00, 0x80, 0xC3];
    octets.extend(on_the_line(&page, mode("mr-2", 1728)));
    let mut pels = Vec::new();
    decode(&octets, DecoderSettings::new(Coding::Mr, 1728), 2, |row| pels.extend_from_slice(row.pels));
    assert!(pels == page.pels);
}

#[test]
fn rows_without_marks_begin_where_their_border_says() {
    for (mark, gap) in [(RowMark::Octet, 8), (RowMark::Word, 16)] {
        let settings = DecoderSettings { row_mark: mark, ..DecoderSettings::new(Coding::Mh, 32) };
        // 10011 000101 101010: 17 bits, and the next row at a border.
        let mut bits = String::new();
        for _ in 0..5 {
            bits.push_str("10011000101101010");
            bits.push_str(&"0".repeat((gap - bits.len() % gap) % gap));
        }
        let octets: Vec<u8> = bits
            .as_bytes()
            .chunks(8)
            .map(|octet| octet.iter().fold(0, |octet, bit| octet << 1 | (bit - b'0')))
            .collect();
        for piece in [1, 2, 5, 100] {
            let mut rows = 0;
            decode(&octets, settings, piece, |row| {
                assert_eq!((row.verdict, row.pels), (Verdict::Good, &[0, 0xFF, 0, 0][..]));
                rows += 1;
            });
            assert_eq!(rows, 5, "{mark:?} in pieces of {piece}");
        }
    }
}

#[test]
fn a_row_of_another_width_and_a_width_out_of_bounds_are_refused() {
    for width in [0, MAX_WIDTH + 1, 65536 + 1728] {
        assert_eq!(Encoder::new(EncoderSettings::new(Coding::Mh, width)).err(), Some(Refusal::Width));
        assert_eq!(Decoder::new(DecoderSettings::new(Coding::Mh, width)).err(), Some(Refusal::Width));
    }
    let mut encoder = Encoder::new(EncoderSettings::new(Coding::Mh, 1728)).unwrap();
    assert_eq!(encoder.row(&[0; 215]).err(), Some(Refusal::RowLength));
}

#[test]
fn the_limit_of_rows_ends_a_page_of_a_kilobyte() {
    // Each bit is a row as white as the one above.
    for max_rows in [0, 1, 500, 20_000] {
        let settings = DecoderSettings { max_rows, ..DecoderSettings::new(Coding::Mmr, 14592) };
        let mut rows = 0;
        let decoder = decode(&[0xFF; 4000], settings, 100, |_| rows += 1);
        assert_eq!((rows, decoder.end()), (max_rows, Some(End::RowLimit)));
    }
}
