//! The IFP codec allocates nothing at all.

use fax_t38::Syntax;
use fax_t38::ifp::{
    DataType, Field, FieldType, Ifp, Indicator, SyntaxLatch, extent, traffic, write_data, write_indicator,
};
use fax_test_support::{CountingAllocator, allocations_during, is_counting};

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

#[test]
fn reading_and_writing_packets_allocates_nothing_not_even_in_the_wrong_syntax() {
    assert!(is_counting());
    let fields = [
        Field { kind: FieldType::HdlcData, octets: &[0xFF, 0xC8, 0x21] },
        Field { kind: FieldType::HdlcSigEnd, octets: &[] },
    ];
    let mut out = [0; 64];
    let (mut read, mut latched) = (0, 0);
    let allocations = allocations_during(|| {
        for agreed in [Syntax::Y1998, Syntax::Y2002] {
            let mut latch = SyntaxLatch::new(agreed);
            for syntax in [Syntax::Y1998, Syntax::Y2002, Syntax::Y2002, Syntax::Y2002] {
                let length = write_data(DataType::V21, &fields, syntax, &mut out).unwrap_or(0);
                let packet = &out[..length];
                read += usize::from(Ifp::parse(packet, syntax).is_ok());
                read += usize::from(extent(packet, syntax) == Ok(length));
                if let Ok(Ifp::Data(data)) = latch.read(packet) {
                    read += data.fields().map(|field| field.octets.len()).sum::<usize>();
                }
                latched += usize::from(latch.event().is_some());
                let _ = (traffic(packet), latch.read(&packet[1..]), latch.read(&out));
                let length = write_indicator(Indicator::V33At14400, &mut out).unwrap_or(0);
                read += usize::from(latch.read(&out[..length]).is_ok());
            }
        }
    });
    assert_eq!(allocations, 0);
    assert_eq!((read, latched > 0), (2 * 4 * (1 + 1 + 3 + 1), true));
}
