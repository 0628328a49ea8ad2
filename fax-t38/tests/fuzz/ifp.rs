//! What the two fuzz targets of IFP and their seeded test share.

use fax_t38::ifp::{Field, Ifp, Packing, SyntaxLatch, Traffic, extent, traffic, write_data, write_indicator};
use fax_t38::{Event, Refusal, Syntax};

/// Takes `data` as one packet, and again as packets that one peer sends: each with a length in front.
pub(crate) fn check(data: &[u8], syntax: Syntax) {
    packet(data, syntax);
    let mut latches = [SyntaxLatch::new(syntax), SyntaxLatch::fixed(syntax)];
    let mut rest = data;
    while let Some((length, behind)) = rest.split_first() {
        let (octets, behind) = behind.split_at(behind.len().min(usize::from(*length)));
        rest = behind;
        let [open, fixed] = latches.each_mut().map(|latch| latch.read(octets));
        match Ifp::parse(octets, syntax) {
            Ok(parsed) => assert_eq!(fixed, Ok(parsed.ifp)),
            Err(Refusal::Trailing) => assert!(fixed.is_ok()),
            Err(refusal) => assert_eq!(fixed, Err(refusal)),
        }
        // What can be read without doubts is not lost by them.
        assert!(open.is_ok() || fixed.is_err() || latches[0].syntax() != syntax);
        if let Some(event) = latches[0].event() {
            assert_eq!(event, Event::SyntaxLatched(latches[0].syntax()));
        }
    }
    assert_eq!((latches[1].syntax(), latches[1].event()), (syntax, None));
}

/// What can be read can be written, unless it is a quirk, and is then read as the same.
fn packet(data: &[u8], syntax: Syntax) {
    let Ok(parsed) = Ifp::parse(data, syntax) else {
        assert!(extent(data, syntax).is_err());
        return;
    };
    let length = data.len() - parsed.trailing;
    assert_eq!(extent(data, syntax), Ok(length));
    assert!(data[length..].iter().all(|octet| *octet == 0));
    assert_eq!(traffic(data) == Traffic::Indicator, matches!(parsed.ifp, Ifp::Indicator(_)));
    let mut out = vec![0; data.len() + 8];
    let written = match parsed.ifp {
        Ifp::Indicator(indicator) => write_indicator(indicator, &mut out),
        Ifp::Data(read) => {
            let fields: Vec<Field<'_>> = read.fields().collect();
            assert_eq!(fields.len(), read.fields().len());
            assert!(fields.iter().map(|field| field.octets.len()).sum::<usize>() <= length);
            write_data(read.kind, &fields, syntax, &mut out)
        }
    };
    let Ok(written) = written else { return };
    let again = Ifp::parse(&out[..written], syntax).expect("what we write is a packet");
    assert_eq!(again.ifp, parsed.ifp);
    assert_eq!((again.trailing, again.packing), (0, Packing::Strict));
}
