use super::*;
use crate::signal::{V17Rate, V27terRate, V29Rate};

/// The worked example E4: a real printer.
const PRINTER: [u8; 7] = [0x04, 0x77, 0x5F, 0x23, 0x01, 0xF8, 0x00];

fn dis(field: &[u8]) -> Dis {
    Dis::from_octets(field).unwrap()
}

fn dcs(field: &[u8]) -> Dcs {
    Dcs::from_octets(field).unwrap()
}

/// T30-5.
#[test]
fn a_field_needs_three_octets() {
    assert!(Dis::from_octets(&[0x00, 0x50]).is_none());
    assert!(Dcs::from_octets(&[]).is_none());
    assert_eq!(dis(&[0x00, 0x50, 0x00]).octets(), [0x00, 0x50, 0x00]);
}

#[test]
fn a_field_ends_where_its_extension_bits_say_so() {
    assert_eq!(dis(&PRINTER).octets(), &PRINTER[..6]);
    // More is announced than there is: it reads as 0.
    let short = dis(&[0x00, 0x76, 0x0F]);
    assert_eq!((short.octets(), short.has(Bit::ECM)), (&[0x00, 0x76, 0x0E][..], false));
    let long = dis(&[0x01; 30]);
    assert_eq!((long.octets().len(), long.octets()[15]), (16, 0x00));
}

#[test]
fn setting_a_bit_extends_the_field_and_clearing_one_keeps_it() {
    let far = dis(&[0x00, 0x50, 0x00]).with(Bit::R600X600);
    assert_eq!(far.octets(), [0, 0x50, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0x80]);
    assert_eq!(far.without(Bit::R600X600).octets().len(), 14);
    assert_eq!(dis(&[0, 0, 0]).with(Bit::new(24).unwrap()).octets(), [0, 0, 0]);
    for bit in Bit::all().filter(|bit| bit.row().dis != Role::Extension) {
        let with = Dis::NOTHING.with(bit);
        assert_eq!(dis(with.octets()), with, "bit {}", bit.number());
        assert!(
            Bit::all().all(|other| other.row().dis == Role::Extension || with.has(other) == (other == bit))
        );
    }
}

/// T30-1.
#[test]
fn without_ecm_nothing_is_left_that_needs_it() {
    let everything = Bit::all().fold(Dis::NOTHING, Dis::with);
    let left = everything.without(Bit::ECM);
    for bit in Bit::all() {
        let needs_ecm = bit == Bit::ECM || Bit::ECM.dependents().any(|dependent| dependent == bit);
        let extension = bit.row().dis == Role::Extension;
        assert!(extension || left.has(bit) != needs_ecm, "bit {}", bit.number());
    }
    assert_eq!(left.octets().len(), everything.octets().len());
}

#[test]
fn a_printer_is_read_as_it_is() {
    let printer = dis(&PRINTER);
    assert!(printer.has(Bit::V8) && printer.has(Bit::RECEIVE) && !printer.has(Bit::HAS_DOCUMENT));
    assert_eq!(printer.modems(), ModemSet::V27terV29V17);
    assert_eq!((printer.width(), printer.length()), (Width::Mm303, Length::Unlimited));
    assert_eq!(printer.scan_time(Resolution::R8x3_85), ScanTime::Ms0);
    assert!(printer.decodes(Coding::Mmr) && !printer.decodes(Coding::Jbig));
    assert!(printer.prints(Resolution::R200x400) && printer.prints(Resolution::R16x15_4));
    assert!(!printer.prints(Resolution::R600x600));
}

#[test]
fn a_command_within_what_was_offered_becomes_terms() {
    let terms = dis(&PRINTER).admits(&dcs(&[0x00, 0x44, 0x1F, 0x21, 0x01, 0x50])).unwrap();
    assert_eq!(terms.opening, Opening::V17(V17Rate::R14400, Training::Long));
    assert_eq!((terms.ecm, terms.coding), (Ecm::Frames256, Coding::Mh));
    assert_eq!((terms.resolution, terms.width), (Resolution::R300x300, Width::Mm215));
    assert_eq!((terms.length, terms.scan_time), (Length::Unlimited, ScanTime::Ms0));
}

#[test]
fn a_command_beyond_what_was_offered_is_named() {
    let plain = Dis::NOTHING.with(Bit::RECEIVE).with_modems(ModemSet::V27terV29);
    let command = Dcs::NOTHING.with(Bit::RECEIVE).with_scan_time(ScanTime::Ms20);
    assert!(plain.admits(&command).is_ok());
    let v17 = Opening::V17(V17Rate::R9600, Training::Long);
    let cases = [
        (command.with_opening(v17), Excess::Rate(v17)),
        (command.with(Bit::new(13).unwrap()), Excess::NoSuchRate),
        (command.with_width(Width::Mm255), Excess::Width(Width::Mm255)),
        (command.with_length(Length::Unlimited), Excess::Length(Length::Unlimited)),
        (command.with_scan_time(ScanTime::Ms10), Excess::ScanTime(ScanTime::Ms10)),
        (command.with_resolution(Resolution::R8x7_7), Excess::Bit(Bit::FINE)),
        (command.with_ecm(Ecm::Frames64), Excess::Bit(Bit::ECM)),
    ];
    for (command, excess) in cases {
        assert_eq!(plain.admits(&command), Err(excess));
    }
    let printer = dis(&PRINTER);
    let lacks = Excess::Lacks(Bit::MMR, Bit::ECM);
    assert_eq!(printer.admits(&command.with_coding(Coding::Mmr)), Err(lacks));
    let mrc = command.with_ecm(Ecm::Frames256).with(Bit::new(92).unwrap());
    assert_eq!(printer.admits(&mrc), Err(Excess::Bit(Bit::new(92).unwrap())));
}

#[test]
fn what_is_set_is_what_is_read() {
    for opening in Opening::ALL.into_iter().skip(1) {
        for coding in [Coding::Mh, Coding::Mr, Coding::Mmr, Coding::Jbig, Coding::JbigL0] {
            let dcs = Dcs::NOTHING.with_opening(opening).with_coding(Coding::Mr).with_coding(coding);
            let dcs = dcs.with_ecm(Ecm::Frames64).with_resolution(Resolution::R600x1200);
            let dcs = dcs.with_resolution(Resolution::R8x15_4).with_width(Width::Mm303);
            assert_eq!((dcs.opening(), dcs.coding(), dcs.ecm()), (Some(opening), coding, Ecm::Frames64));
            assert_eq!((dcs.resolution(), dcs.width()), (Resolution::R8x15_4, Width::Mm303));
            assert_eq!(Dcs::from_octets(dcs.octets()), Some(dcs));
        }
    }
}

#[test]
fn colour_and_files_are_another_coding() {
    let colour = Dcs::NOTHING.with_ecm(Ecm::Frames256).with(Bit::JPEG);
    assert_eq!(colour.coding(), Coding::Other);
    assert!(!dis(&PRINTER).decodes(Coding::Other));
}

#[test]
fn rates_of_v29_and_v27ter_stand_in_the_middle_of_the_second_octet() {
    assert_eq!(dcs(&[0x00, 0x63, 0x28]).opening(), Some(Opening::V29(V29Rate::R9600)));
    assert_eq!(dcs(&[0x00, 0x50, 0x00]).opening(), Some(Opening::V27ter(V27terRate::R4800)));
    assert_eq!(dcs(&[0x00, 0x48, 0x00]).opening(), None);
}
