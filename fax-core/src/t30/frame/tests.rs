use super::*;
use crate::signal::{Opening, V27terRate};
use crate::t30::{Dcs, Dis, Ident, IdentKind};

fn body(octets: &[u8]) -> Result<Body<'_>, Refusal> {
    Frame::parse(octets)?.body()
}

#[test]
fn the_header_tells_kind_station_and_end() {
    let frame = Frame::parse(&[0xFF, 0xC8, 0xF4]).unwrap();
    assert_eq!((frame.fcf(), frame.station(), frame.is_last()), (Fcf::Eop, Station::Calling, true));
    let frame = Frame::parse(&[0xFF, 0xC0, 0x02, 0x04]).unwrap();
    assert_eq!((frame.fcf(), frame.station(), frame.is_last()), (Fcf::Csi, Station::Called, false));
}

/// T30-4.
#[test]
fn only_the_two_headers_of_t30_are_taken() {
    for octets in
        [&[][..], &[0xFF], &[0xFF, 0xC8], &[0xFE, 0xC8, 0x31], &[0xFF, 0x13, 0x31], &[0xFF, 0xC9, 0x31]]
    {
        assert_eq!(Frame::parse(octets), Err(Refusal::Header), "{octets:02X?}");
    }
}

/// T30-5.
#[test]
fn a_frame_that_is_too_short_for_its_kind_is_refused() {
    let shortest = [
        (Fcf::Dis, 3),
        (Fcf::Dtc, 3),
        (Fcf::Dcs, 3),
        (Fcf::Ctc, 2),
        (Fcf::Pps, 4),
        (Fcf::Eor, 1),
        (Fcf::Ppr, 32),
        (Fcf::Fcd, 2),
        (Fcf::Csi, 1),
        (Fcf::Tsi, 1),
        (Fcf::Pwd, 1),
        (Fcf::Mcf, 0),
        (Fcf::Nsf, 0),
    ];
    for (fcf, shortest) in shortest {
        for length in 0..40 {
            let octets = [&[ADDRESS, LAST, fcf.octet(true)][..], &[0; 40][..length]].concat();
            assert_eq!(body(&octets).is_ok(), length >= shortest, "{} with {length}", fcf.name());
        }
    }
}

/// T30-5: this one crashed other implementations.
#[test]
fn coded_data_has_a_number_and_1_to_256_octets() {
    let octets = [&[ADDRESS, MORE, 0x60, 0x80][..], &[0x55; 300]].concat();
    for length in 0..octets.len() {
        let taken = body(&octets[..length]);
        assert_eq!(taken.is_ok(), (5..=260).contains(&length), "{length}");
        if let Ok(Body::Fcd(fcd)) = taken {
            assert_eq!((fcd.number, fcd.data.reveal().len()), (1, length - 4));
        }
    }
}

#[test]
fn a_partial_page_signal_counts_from_its_first_bit() {
    let octets = [0xFF, 0xC8, 0xFD, 0xF4, 0x80, 0x40, 0xF0];
    let pps = Pps { then: PostPage::Eop, page: 1, block: 2, last_frame: 15 };
    assert_eq!(body(&octets), Ok(Body::Pps(pps)));
    assert_eq!(pps.frames(), 16);
    let null = body(&[0xFF, 0xC8, 0x7D, 0, 0, 0, 0xFF]).unwrap();
    assert_eq!(null, Body::Pps(Pps { then: PostPage::Null, page: 0, block: 0, last_frame: 255 }));
    assert_eq!(body(&[0xFF, 0xC8, 0xFD, 0x31, 0, 0, 0]), Err(Refusal::SecondField(0x31)));
    assert_eq!(body(&[0xFF, 0xC8, 0x73, 0x72]), Ok(Body::Eor(PostPage::Mps)));
}

#[test]
fn a_partial_page_request_has_frame_0_in_front() {
    let asked = Ppr::new(|frame| matches!(frame, 0 | 9 | 255));
    let mut out = [0; 64];
    let length = Body::Ppr(asked).write(Station::Called, &mut out).unwrap();
    assert_eq!((length, out[3], out[4], out[34]), (35, 0x80, 0x40, 0x01));
    assert_eq!((asked.count(), asked.asks_for(9), asked.asks_for(10)), (3, true, false));
}

#[test]
fn a_maker_is_read_in_the_notation_of_t35() {
    let frame = [0xFF, 0xC0, 0x04, 0xAD, 0x00, 0x80, 1, 2, 3];
    let Ok(Body::NonStandard(Fcf::Nsf, field)) = body(&frame) else { panic!("NSF expected") };
    assert_eq!((field.country(), field.maker()), (Some(0xB5), Some([0x00, 0x01])));
    assert_eq!(NonStandard::new(&[]).country(), None);
}

#[test]
fn every_body_is_parsed_as_it_was_written() {
    let data = [0x5A; 256];
    let mut bodies = vec![
        Body::Dis(Dis::from_octets(&[0x00, 0x77, 0x5F, 0x23, 0x01, 0xF8]).unwrap()),
        Body::Dtc(Dis::from_octets(&[0x00, 0x50, 0x00]).unwrap()),
        Body::Dcs(Dcs::from_octets(&[0x00, 0x44, 0x1F, 0x21, 0x01, 0x50]).unwrap()),
        Body::Ident(Ident::from_text(IdentKind::Sub, "#42*")),
        Body::NonStandard(Fcf::Nsc, NonStandard::new(&[0xAD, 1, 2])),
        Body::Ctc(Ctc::new(Opening::V27ter(V27terRate::R4800)).unwrap()),
        Body::Ppr(Ppr::new(|frame| frame % 3 == 0)),
        Body::Fcd(Fcd { number: 200, data: Private::new(&data) }),
        Body::Opaque(Fcf::Fnv, Private::new(&[0x80])),
        Body::Opaque(Fcf::Unknown(0x70), Private::new(&[1, 2, 3])),
    ];
    for then in [PostPage::Null, PostPage::Mps, PostPage::PriEop, PostPage::Eos] {
        bodies.push(Body::Pps(Pps { then, page: 3, block: 1, last_frame: 0 }));
        bodies.push(Body::Eor(then));
    }
    let plain = |fcf| Body::parse(fcf, &[]).is_ok_and(|body| matches!(body, Body::Plain(_)));
    bodies.extend(Fcf::all().filter(|fcf| plain(*fcf)).map(Body::Plain));
    for body in bodies {
        for station in [Station::Called, Station::Calling] {
            let mut out = [0; Frame::MAX];
            let length = body.write(station, &mut out).unwrap();
            let frame = Frame::parse(&out[..length]).unwrap();
            assert_eq!((frame.fcf(), frame.body()), (body.fcf(), Ok(body)));
            assert_eq!(frame.is_last(), !body.fcf().is_optional());
            assert_eq!(body.write(station, &mut out[..length - 1]), Err(Refusal::NoRoom));
        }
    }
}

#[test]
fn a_buffer_that_ran_over_gives_no_frame() {
    let mut buffer = FrameBuffer::new();
    assert!(buffer.push(&[0xFF, 0xC8]) && buffer.push(&[0x31]));
    assert_eq!(buffer.frame().map(|frame| frame.fcf()), Ok(Fcf::Mcf));
    assert!(buffer.push(&[0; 261]) && buffer.frame().is_ok());
    assert!(!buffer.push(&[0]) && !buffer.push(&[0; 9]));
    assert_eq!(buffer.frame(), Err(Refusal::TooLong));
    buffer.clear();
    assert!(buffer.octets().is_empty() && buffer.push(&[0xFF]));
}

#[test]
fn debug_output_shows_no_content() {
    let frame = [0xFF, 0xC0, 0x04, 0xAD, 0xB7, 0x7B];
    let shown = format!("{:?} {:?}", Frame::parse(&frame).unwrap(), body(&frame).unwrap());
    assert!(!shown.contains("183") && !shown.contains("123"), "{shown}");
    let data = [183; 4];
    let shown = format!("{:?}", Body::Fcd(Fcd { number: 1, data: Private::new(&data) }));
    assert!(!shown.contains("183"), "{shown}");
}
