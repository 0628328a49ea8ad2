//! Page coders allocate when they are made and never again.

use fax_core::image::{Coding, Decoder, DecoderSettings, Encoder, EncoderSettings};
use fax_test_support::{CountingAllocator, allocations_during, is_counting};

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

/// Rows without an order, of runs long and short; every fourth is white.
fn row(number: u32, pels: &mut [u8; 216]) {
    let mut state = number.wrapping_mul(0x9e37_79b9) | 1;
    for octet in pels {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let noise = (state >> 24) as u8;
        *octet = if number.is_multiple_of(4) { 0 } else { noise & (state >> 16) as u8 };
    }
}

#[test]
fn no_row_allocates_on_its_way_out_or_in_damaged_or_not() {
    assert!(is_counting());
    for coding in [Coding::Mh, Coding::Mr, Coding::Mmr] {
        let settings = EncoderSettings { min_row_bits: 288, ..EncoderSettings::new(coding, 1728) };
        let mut encoder = Encoder::new(settings).unwrap();
        let mut decoder = Decoder::new(DecoderSettings::new(coding, 1728)).unwrap();
        let (mut pels, mut rows) = ([0; 216], 0);
        let allocations = allocations_during(|| {
            for number in 0..400 {
                row(number, &mut pels);
                let mut octets = encoder.row(&pels).unwrap();
                while decoder.next(&mut octets).is_some() {
                    rows += 1;
                }
                if number == 300 {
                    let mut damage = &[0xAA, 0x00, 0x55][..];
                    while decoder.next(&mut damage).is_some() {}
                }
            }
            let mut octets = encoder.end();
            while decoder.next(&mut octets).is_some() {
                rows += 1;
            }
        });
        assert_eq!(allocations, 0, "{coding:?}");
        assert!(rows >= 299, "{coding:?}: {rows}");
    }
}
