//! What peers do that the ASN.1 does not say, one test for each field note.

use fax_t38::ifp::{
    DataType, Field, FieldType, Ifp, Indicator, Packing, SyntaxLatch, Traffic, extent, traffic, write_data,
};
use fax_t38::{Event, Refusal, Syntax};

use crate::sample::{Sample, unhex};
use FieldType::{FcsBad, FcsOk, FcsOkSigEnd, HdlcData, HdlcSigEnd, NonEcmData};
use Syntax::{Y1998, Y2002};

fn parse(hex: &str, syntax: Syntax) -> Result<Sample, Refusal> {
    Ifp::parse(&unhex(hex), syntax).map(|parsed| Sample::of(parsed.ifp))
}

fn read(latch: &mut SyntaxLatch, hex: &str) -> Result<Sample, Refusal> {
    latch.read(&unhex(hex)).map(Sample::of)
}

fn v21(fields: &[(FieldType, &[u8])]) -> Sample {
    let fields = fields.iter().map(|(kind, octets)| (*kind, octets.to_vec()));
    Sample::Data(DataType::V21, fields.collect())
}

/// PER-1.
#[test]
fn one_octet_means_two_things_and_the_syntax_decides() {
    assert_eq!(parse("c00120", Y1998), Ok(v21(&[(FcsOk, &[])])));
    assert_eq!(parse("c00120", Y2002), Ok(v21(&[(FcsOkSigEnd, &[])])));
    assert_eq!(parse("c00110", Y1998), Ok(v21(&[(HdlcSigEnd, &[])])));
    assert_eq!(parse("c00110", Y2002), Ok(v21(&[(FcsOk, &[])])));
}

/// PER-2.
#[test]
fn two_fields_without_octets_share_one_octet() {
    assert_eq!(parse("c00221", Y1998), Ok(v21(&[(FcsOk, &[]), (HdlcSigEnd, &[])])));
    assert_eq!(parse("c002280000ff", Y1998), Ok(v21(&[(FcsOk, &[]), (HdlcData, &[0xFF])])));
    assert_eq!(parse("c00320104280", Y1998), Err(Refusal::Trailing));
    let twice = [Field { kind: FcsOk, octets: &[] }, Field { kind: HdlcSigEnd, octets: &[] }];
    for syntax in [Y1998, Y2002] {
        assert_eq!(write_data(DataType::V21, &twice, syntax, &mut [0; 8]), Err(Refusal::NeverSent));
    }
}

/// PER-2: what SpanDSP's encoder makes of the same, and its decoder does not read in version 0.
#[test]
fn fields_padded_to_octets_are_read_where_only_that_ends_right() {
    for (hex, syntax, second) in [
        ("c0022010", Y1998, (HdlcSigEnd, &[][..])),
        ("c00220800000ff", Y1998, (HdlcData, &[0xFF])),
        ("c0021008", Y2002, (HdlcSigEnd, &[])),
        ("c00210800000ff", Y2002, (HdlcData, &[0xFF])),
        // By the strict reading a second fcs-OK, and zeros behind it.
        ("c0021080000000", Y2002, (HdlcData, &[0])),
    ] {
        let octets = unhex(hex);
        let parsed = Ifp::parse(&octets, syntax).expect(hex);
        assert_eq!(Sample::of(parsed.ifp), v21(&[(FcsOk, &[]), second]), "{hex}");
        assert_eq!((parsed.packing, parsed.trailing), (Packing::OctetAligned, 0), "{hex}");
    }
}

/// PER-3: telling codes, twice.
#[test]
fn two_codes_that_only_the_other_syntax_has_change_the_syntax() {
    let of_2002 = [0x08, 0x18, 0x28, 0x38, 0x88, 0x98, 0xA8, 0xB8, 0xB0];
    let of_1998 = [0x30, 0x40, 0x50, 0x60, 0x70, 0xD0, 0xE0, 0xF0];
    for (codes, agreed) in [(&of_2002[..], Y1998), (&of_1998[..], Y2002)] {
        for code in codes {
            let octets = if *code < 0x80 { "" } else { "000001" };
            let code = format!("c801{code:02x}{octets}");
            let mut latch = SyntaxLatch::new(agreed);
            let meant = parse(&code, agreed.other());
            assert_eq!(read(&mut latch, &code), meant, "{code}");
            assert_eq!((latch.syntax(), latch.event()), (agreed, None), "{code}");
            assert_eq!(read(&mut latch, &code), meant, "{code}");
            assert_eq!(latch.syntax(), agreed.other(), "{code}");
            assert_eq!(latch.event(), Some(Event::SyntaxLatched(agreed.other())));
            assert_eq!(latch.event(), None);
            assert_eq!(latch.tolerated().other_syntax, 2);
        }
    }
}

/// PER-3.
#[test]
fn what_either_syntax_may_say_proves_nothing() {
    for agreed in [Y1998, Y2002] {
        let mut latch = SyntaxLatch::new(agreed);
        for _ in 0..100 {
            for hex in
                ["06", "1e", "40", "c000", "c00110", "c00120", "c001800000ff", "c001900000ff", "c001a00000ff"]
            {
                assert_eq!(read(&mut latch, hex), parse(hex, agreed));
            }
        }
        assert_eq!((latch.syntax(), latch.event()), (agreed, None));
    }
}

/// PER-3: a frame and the end of the signal in one packet, as 2002 writes it.
#[test]
fn three_packets_that_end_right_in_the_other_syntax_only_change_the_syntax() {
    let packet = "c002800002ffc82108";
    let meant = v21(&[(HdlcData, &[0xFF, 0xC8, 0x21]), (HdlcSigEnd, &[])]);
    let mut latch = SyntaxLatch::new(Y1998);
    for (count, syntax) in [(1, Y1998), (2, Y1998), (3, Y2002)] {
        // Read as it was meant from the first on.
        assert_eq!(read(&mut latch, packet), Ok(meant.clone()));
        assert_eq!(latch.syntax(), syntax, "{count}");
    }
    assert_eq!(latch.event(), Some(Event::SyntaxLatched(Y2002)));
    // And so is now what was in doubt.
    assert_eq!(read(&mut latch, "c00120"), Ok(v21(&[(FcsOkSigEnd, &[])])));
}

/// PER-3: "with none for the negotiated grammar".
#[test]
fn one_packet_of_the_agreed_syntax_takes_all_suspicion_back() {
    let mut latch = SyntaxLatch::new(Y1998);
    for _ in 0..100 {
        read(&mut latch, "c00108").expect("the other syntax");
        read(&mut latch, "c00140").expect("the agreed syntax");
    }
    assert_eq!((latch.syntax(), latch.event()), (Y1998, None));
}

/// PER-3 and IFP-5: 1998's fcs-BAD with octets in it is 2002's page data.
#[test]
fn a_quirk_of_a_peer_that_has_proved_its_syntax_does_not_change_it() {
    let fcs_bad_with_octets = "d001b0000201ff02";
    let mut latch = SyntaxLatch::new(Y1998);
    read(&mut latch, "c00140").expect("the agreed syntax");
    for _ in 0..100 {
        let meant = Sample::Data(DataType::V17At14400, vec![(FcsBad, vec![1, 0xFF, 2])]);
        assert_eq!(read(&mut latch, fcs_bad_with_octets), Ok(meant));
    }
    assert_eq!(latch.syntax(), Y1998);

    let mut latch = SyntaxLatch::new(Y1998);
    let page = Sample::Data(DataType::V17At14400, vec![(NonEcmData, vec![1, 0xFF, 2])]);
    assert_eq!(read(&mut latch, fcs_bad_with_octets), Ok(page.clone()));
    assert_eq!(read(&mut latch, fcs_bad_with_octets), Ok(page));
    assert_eq!(latch.syntax(), Y2002);
}

/// PER-3: after a transfer another machine may answer.
#[test]
fn a_peer_that_changes_its_syntax_is_followed_both_ways() {
    let mut latch = SyntaxLatch::new(Y1998);
    for (code, syntax) in [("c00140", Y1998), ("c00108", Y2002), ("c00140", Y1998)] {
        for _ in 0..2 {
            read(&mut latch, code).expect(code);
        }
        assert_eq!(latch.syntax(), syntax);
    }
}

/// PER-3: "give the operator a per-peer override".
#[test]
fn the_operator_has_the_last_word() {
    let mut latch = SyntaxLatch::fixed(Y1998);
    for _ in 0..10 {
        assert_eq!(read(&mut latch, "c00108"), Err(Refusal::NotIfp));
    }
    assert_eq!((latch.syntax(), latch.event()), (Y1998, None));
}

/// PER-4.
#[test]
fn an_indicator_with_a_data_field_is_refused() {
    for hex in ["82", "8600", "800101", "a0000100"] {
        for syntax in [Y1998, Y2002] {
            assert_eq!(parse(hex, syntax), Err(Refusal::IndicatorWithData), "{hex}");
            assert_eq!(read(&mut SyntaxLatch::new(syntax), hex), Err(Refusal::IndicatorWithData), "{hex}");
        }
    }
}

/// PER-5.
#[test]
fn data_without_a_field_is_a_packet_that_says_nothing() {
    for hex in ["40", "c000"] {
        assert_eq!(parse(hex, Y1998), Ok(v21(&[])));
        assert_eq!(parse(hex, Y2002), Ok(v21(&[])));
    }
    assert_eq!(v21(&[]).write(Y1998), Ok(vec![0x40]));
}

/// PER-6: known ones in either syntax.
#[test]
fn newer_indicators_and_modems_are_known_whatever_the_version() {
    for syntax in [Y1998, Y2002] {
        assert_eq!(parse("20c0", syntax), Ok(Sample::Indicator(Indicator::V34PrimaryChannel)));
        let frame = Sample::Data(DataType::V34Control1200, vec![(HdlcData, vec![0xFF])]);
        assert_eq!(parse("e08001800000ff", syntax), Ok(frame));
    }
}

/// PER-6: unknown ones, up to the last that six bits can say.
#[test]
fn values_that_no_edition_has_are_handed_up_and_what_follows_them_too() {
    for syntax in [Y1998, Y2002] {
        assert_eq!(parse("21c0", syntax), Ok(Sample::Indicator(Indicator::Unknown(23))));
        assert_eq!(parse("2fc0", syntax), Ok(Sample::Indicator(Indicator::Unknown(79))));
        assert_eq!(parse("6180", syntax), Ok(Sample::Data(DataType::Unknown(15), vec![])));
        // The long form of an extension, and modems 9 to 15 among the first nine.
        for hex in ["3000", "d2", "de0100"] {
            assert_eq!(parse(hex, syntax), Err(Refusal::NotIfp), "{hex}");
        }
    }
    let fields = [(FieldType::Unknown(12), &[0x33][..]), (FieldType::Unknown(71), &[0x34]), (FcsOk, &[])];
    assert_eq!(parse("c003c200000033df8000003410", Y2002), Ok(v21(&fields)));
    assert_eq!(v21(&fields).write(Y2002), Err(Refusal::NeverSent));
    assert_eq!(Sample::Indicator(Indicator::Unknown(23)).write(Y2002), Err(Refusal::NeverSent));
}

/// PER-7: packets rebuilt from parity, and rounding up.
#[test]
fn zeros_behind_a_packet_are_let_be_and_told() {
    for hex in ["06", "2000", "40", "c00120", "c001800000ff", "c002800002ffc82120", "c003b0000100ff08"] {
        for syntax in [Y1998, Y2002] {
            let Ok(meant) = parse(hex, syntax) else { continue };
            for zeros in 1..300 {
                let padded = [unhex(hex), vec![0; zeros]].concat();
                let parsed = Ifp::parse(&padded, syntax).expect(hex);
                assert_eq!((Sample::of(parsed.ifp), parsed.trailing), (meant.clone(), zeros), "{hex}");
                assert_eq!(extent(&padded, syntax), Ok(hex.len() / 2));
            }
        }
    }
}

/// PER-7: other octets are no part of any packet; one that is whole in front of them is delivered.
#[test]
fn other_octets_behind_a_packet_are_counted() {
    assert_eq!(parse("c001200001", Y1998), Err(Refusal::Trailing));
    let mut latch = SyntaxLatch::new(Y1998);
    assert_eq!(read(&mut latch, "c001200001"), Ok(v21(&[(FcsOk, &[])])));
    assert_eq!(read(&mut latch, "c001200000"), Ok(v21(&[(FcsOk, &[])])));
    assert_eq!((latch.tolerated().octets_behind, latch.tolerated().zeros_behind), (1, 1));
    assert_eq!(latch.syntax(), Y1998);
}

/// PER-8: an empty entry of a datagram is no packet, least of all no-signal.
#[test]
fn nothing_is_not_no_signal() {
    assert_eq!(parse("", Y1998), Err(Refusal::Truncated));
    assert_eq!(parse("00", Y1998), Ok(Sample::Indicator(Indicator::NoSignal)));
}

/// PER-9.
#[test]
fn a_count_in_fragments_is_refused_and_none_is_written() {
    for hex in ["c0c1", "c0c4800000ff", "c0ff"] {
        assert_eq!(parse(hex, Y1998), Err(Refusal::Fragmented));
        assert_eq!(parse(hex, Y2002), Err(Refusal::Fragmented));
    }
    let fields = vec![Field { kind: HdlcData, octets: &[0xFF] }; 16_384];
    let mut out = vec![0; 100_000];
    assert_eq!(write_data(DataType::V21, &fields, Y1998, &mut out), Err(Refusal::TooMany));
    let length = write_data(DataType::V21, &fields[1..], Y1998, &mut out).expect("room");
    let Ok(Ifp::Data(data)) = Ifp::parse(&out[..length], Y1998).map(|parsed| parsed.ifp) else {
        panic!("data expected")
    };
    assert_eq!(data.fields().count(), 16_383);
}

/// PER-9: no count and no length makes more of a packet than its octets.
#[test]
fn a_count_or_a_length_beyond_the_octets_is_refused() {
    for hex in ["c005800000ff", "c0bfff800000ff", "c00180ffff00", "c0018000", "c001"] {
        for syntax in [Y1998, Y2002] {
            assert!(matches!(parse(hex, syntax), Err(Refusal::Truncated | Refusal::TooLong)), "{hex}");
        }
    }
}

/// IFP-5: octets in an FCS are read, not written.
#[test]
fn octets_in_an_fcs_are_read_and_never_written() {
    let cisco = v21(&[(FcsOkSigEnd, &[0xFF, 0xC8, 0x21])]);
    assert_eq!(parse("c001c00002ffc821", Y1998), Ok(cisco.clone()));
    assert_eq!(parse("c001a00002ffc821", Y2002), Ok(cisco.clone()));
    assert_eq!(cisco.write(Y1998), Err(Refusal::NeverSent));
}

/// The rest of what the encoder is not for.
#[test]
fn what_means_nothing_is_not_written() {
    let refused = |kind, field, octets: &[u8], syntax| {
        let mut out = [0x5A; 16];
        let result = write_data(kind, &[Field { kind: field, octets }], syntax, &mut out);
        assert_eq!((result, out), (Err(Refusal::NeverSent), [0x5A; 16]), "{kind:?} {field:?}");
    };
    refused(DataType::V21, HdlcData, &[], Y1998);
    refused(DataType::V29At9600, NonEcmData, &[], Y2002);
    refused(DataType::V21, NonEcmData, &[0], Y2002);
    refused(DataType::V8, FieldType::CmMessage, &[0x33], Y1998);
    refused(DataType::V33At14400, HdlcData, &[0xFF], Y1998);
    refused(DataType::Unknown(15), HdlcData, &[0xFF], Y2002);
}

#[test]
fn a_packet_that_does_not_fit_leaves_the_output_as_it_was() {
    let fields =
        [Field { kind: HdlcData, octets: &[0xFF, 0xC8, 0x21] }, Field { kind: FcsOkSigEnd, octets: &[] }];
    for room in 0..9 {
        let mut out = [0x5A; 9];
        assert_eq!(write_data(DataType::V21, &fields, Y1998, &mut out[..room]), Err(Refusal::NoRoom));
        assert_eq!(out, [0x5A; 9]);
    }
    assert_eq!(write_data(DataType::V21, &fields, Y1998, &mut [0; 9]), Ok(9));
}

#[test]
fn a_look_at_the_first_octets_tells_the_traffic() {
    for (hex, expected) in [
        ("00", Traffic::Indicator),
        ("2180", Traffic::Indicator),
        ("", Traffic::Indicator),
        ("c001800000ff", Traffic::V21),
        ("40", Traffic::V21),
        ("c801e0000000", Traffic::Image),
        ("d00120", Traffic::Image),
        ("e00001c000000033", Traffic::V21),
        ("e040", Traffic::V21),
        ("e0800120", Traffic::V21),
        ("e0c00120", Traffic::Image),
        ("e14001", Traffic::Image),
    ] {
        assert_eq!(traffic(&unhex(hex)), expected, "{hex}");
    }
}

/// Frames and pages are personal data.
#[test]
fn debug_output_shows_no_octets() {
    let octets = unhex("c002800002ffc82140");
    let shown = format!("{:?}", Ifp::parse(&octets, Y1998).expect("a packet").ifp);
    assert_eq!(shown, "Data(v21 [hdlc-data[3], hdlc-fcs-OK-sig-end[0]])");
}
