//! Frames that others have made: the conformance cases and the worked examples.

mod support;

use fax_core::Opening;
use fax_core::t30::fields::{Bit, Length, Resolution, Role, ScanTime, Width};
use fax_core::t30::{Body, Fcf, Frame, ModemSet, Refusal, Station};
use support::{octets, vectors};

#[test]
fn every_frame_of_the_conformance_cases_is_named_as_there_and_written_as_it_came() {
    let mut seen = 0;
    let mut cut: Vec<String> = Vec::new();
    for line in vectors("frames.txt") {
        let [name, hex, case] = line.split(' ').collect::<Vec<_>>()[..] else { panic!("{line}") };
        let octets = octets(hex);
        if name == "GARBAGE" {
            let unknown = |frame: Frame<'_>| matches!(frame.fcf(), Fcf::Unknown(_));
            assert!(Frame::parse(&octets).map_or(true, unknown), "{case}: {hex}");
            continue;
        }
        let frame = Frame::parse(&octets).unwrap_or_else(|refusal| panic!("{case}: {hex}: {refusal}"));
        let body = frame.body().unwrap_or_else(|refusal| panic!("{case}: {hex}: {refusal}"));
        let second = match body {
            Body::Pps(pps) => Some(pps.then),
            Body::Eor(then) => Some(then),
            _ => None,
        };
        let second = second.map(|then| then.fcf().map_or("NULL", Fcf::name));
        let told =
            second.map_or(frame.fcf().name().to_owned(), |then| format!("{}-{then}", frame.fcf().name()));
        assert_eq!(told, name, "{case}: {hex}");
        assert_eq!(frame.is_last(), !frame.fcf().is_optional(), "{case}: {hex}");
        let mut out = [0; Frame::MAX];
        let length = body.write(frame.station(), &mut out).unwrap();
        assert!(octets.starts_with(&out[..length]), "{case}: {hex} was written as {:02X?}", &out[..length]);
        if length < octets.len() {
            cut.push(format!("{case}: {}", frame.fcf().name()));
        }
        seen += 1;
    }
    assert_eq!(seen, 99);
    // Their third octet says that no other follows, and others follow: not read.
    assert_eq!(
        cut,
        [
            "MRGX15: DCS",
            "OTGC09-09: DIS",
            "OTGC09-10: DIS",
            "OTGC09-11: DIS",
            "OTGC09-12: DIS",
            "MTGX23: DIS"
        ]
    );
}

#[test]
fn the_worked_examples_are_read_as_they_are_explained() {
    for line in vectors("worked.txt") {
        let (head, fields) = line.split_once(" | ").unwrap();
        let words: Vec<_> = head.split(' ').collect();
        let set: Vec<u8> = words[2..].iter().map(|number| number.parse().unwrap()).collect();
        let octets = octets(words[1]);
        let body = Frame::parse(&octets).and_then(|frame| frame.body()).unwrap();
        let (bits, told): (Vec<u8>, _) = match body {
            Body::Dis(dis) | Body::Dtc(dis) => {
                let time = dis.scan_time(Resolution::R8x3_85);
                (plain_bits(|bit| dis.has(bit)), page(modems(dis.modems()), dis.width(), dis.length(), time))
            }
            Body::Dcs(dcs) => {
                let rate = dcs.opening().map_or("none", Opening::name);
                (plain_bits(|bit| dcs.has(bit)), page(rate, dcs.width(), dcs.length(), dcs.scan_time()))
            }
            other => panic!("{line}: {other:?}"),
        };
        assert_eq!((bits, told.as_str()), (set, fields), "{line}");
        let mut out = [0; Frame::MAX];
        let station = Frame::parse(&octets).unwrap().station();
        let length = body.write(station, &mut out).unwrap();
        assert_eq!(out[..length], octets, "{line}");
    }
}

fn plain_bits(has: impl Fn(Bit) -> bool) -> Vec<u8> {
    let plain = |bit: &Bit| !matches!(bit.row().dis, Role::Extension | Role::Part);
    Bit::all().filter(|bit| plain(bit) && has(*bit)).map(Bit::number).collect()
}

fn page(rate: &str, width: Width, length: Length, time: ScanTime) -> String {
    let width = match width {
        Width::Mm215 => 215,
        Width::Mm255 => 255,
        Width::Mm303 => 303,
    };
    let length = match length {
        Length::A4 => "a4",
        Length::B4 => "b4",
        Length::Unlimited => "unlimited",
    };
    format!("{rate} {width} {length} {}", time.ms())
}

fn modems(set: ModemSet) -> &'static str {
    match set {
        ModemSet::Fallback => "fallback",
        ModemSet::V27ter => "v27ter",
        ModemSet::V29 => "v29",
        ModemSet::V27terV29 => "v27ter+v29",
        ModemSet::V27terV29V17 => "v27ter+v29+v17",
    }
}

/// T30-4.
#[test]
fn no_part_of_a_header_passes_for_a_frame() {
    for length in 0..3 {
        assert_eq!(Frame::parse(&[0xFF, 0xC8, 0x31][..length]), Err(Refusal::Header));
    }
    let mut out = [0; 3];
    assert_eq!(Body::Plain(Fcf::Mcf).write(Station::Called, &mut out), Ok(3));
    assert_eq!(out, [0xFF, 0xC8, 0x31]);
}
