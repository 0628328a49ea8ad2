//! IFP packets into the peer's decoder and out of its encoder, in versions 0, 2 and 3.
//!
//! What it gets wrong by X.691 stands in [`FAULTS`], each with the vectors it shows on; the rest must
//! agree octet by octet.

use fax_t38::ifp::{DataType, Field, FieldType, Ifp, Indicator, Packing, write_data, write_indicator};
use fax_t38::{Syntax, Version};
use peer_spandsp::{T38Core, T38Report};

const VERSIONS: [u8; 3] = [0, 2, 3];

/// What its decoder does to packets that are right.
const FAULTS: [(&str, &[&str]); 2] = [
    (
        "in the syntax of 2002 it wants every field on an octet boundary",
        &["D9 2002", "D10 2002", "D12 2002", "D19 2002"],
    ),
    (
        "it has the six bits of an extended field type one place too high; cm-message, 0, is right by accident",
        &["V9 2002", "V10 2002", "V11 2002", "V12 2002"],
    ),
];

#[test]
fn every_vector_is_read_by_both_alike_but_for_the_known_faults() {
    let text = include_str!("../../test-vectors/t38/ifp-vectors.txt");
    let mut seen = 0;
    for line in text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        let columns: Vec<_> = line.split(" | ").collect();
        let (id, octets) = (format!("{} {}", columns[0], columns[1]), unhex(columns[2]));
        for version in VERSIONS.map(Version::new) {
            let syntax = if columns[1] == "1998" { Syntax::Y1998 } else { Syntax::Y2002 };
            if version.syntax() != syntax {
                continue;
            }
            let (theirs, taken) = T38Core::new(version.number()).read(&octets);
            let is_right = taken && theirs == ours(&octets, syntax);
            let is_fault = FAULTS.iter().any(|(_, ids)| ids.contains(&id.as_str()));
            assert_eq!(is_right, !is_fault, "{id} in version {}: {theirs:?}", version.number());
            seen += 1;
        }
    }
    assert_eq!(seen, 26 + 2 * 41);
}

#[test]
fn every_indicator_is_the_same_to_both_in_every_version() {
    for version in VERSIONS {
        let mut peer = T38Core::new(version);
        for indicator in Indicator::ALL {
            let mut packet = [0; 2];
            let length = write_indicator(*indicator, &mut packet).expect("room");
            let packet = &packet[..length];
            assert_eq!(peer.read(packet), (vec![T38Report::Indicator(indicator.value())], true));
            // In version 0 it writes none of the newer ones.
            let is_written = version > 0 || indicator.value() < Indicator::ROOTS;
            assert_eq!(peer.write_indicator(indicator.value()).as_deref(), is_written.then_some(packet));
        }
    }
}

#[test]
fn what_we_write_is_what_it_reads() {
    let mut random = Random(38);
    for version in VERSIONS {
        let syntax = Version::new(version).syntax();
        let mut peer = T38Core::new(version);
        for _ in 0..100_000 {
            let kind = modem(&mut random, syntax);
            let mut fields = field_list(&mut random);
            if let Some(bare) = fields.iter().position(|(_, octets)| octets.is_empty()) {
                fields.truncate(bare + 1);
            }
            let packet = write(kind, &fields, syntax);
            assert_eq!(peer.read(&packet), (reports(kind, &fields), true), "{kind:?} {fields:?}");
            assert_eq!(peer.write_data(kind.value(), &numbers(&fields)), Some(packet));
        }
    }
}

/// Its encoder pads every field to an octet, which PER does not; that never passes for another packet.
#[test]
fn what_it_writes_is_what_we_read_however_it_groups_fields() {
    let mut random = Random(11);
    let mut padded = 0;
    for version in VERSIONS {
        let syntax = Version::new(version).syntax();
        let mut peer = T38Core::new(version);
        for _ in 0..100_000 {
            let (kind, fields) = (modem(&mut random, syntax), field_list(&mut random));
            let packet = peer.write_data(kind.value(), &numbers(&fields)).expect("a packet");
            let parsed = Ifp::parse(&packet, syntax).unwrap_or_else(|e| panic!("{packet:02x?}: {e}"));
            assert_eq!(of(parsed.ifp), reports(kind, &fields), "{packet:02x?}");
            assert_eq!(parsed.trailing, 0);
            padded += u32::from(parsed.packing == Packing::OctetAligned);
        }
    }
    assert!(padded > 50_000, "{padded}");
}

/// The second fault, as far as it goes: it reads its own codes and nobody else's.
#[test]
fn its_extended_field_types_are_not_per() {
    let mut peer = T38Core::new(3);
    let octets = vec![0x33];
    for (kind, theirs) in [
        (FieldType::CmMessage, [0xC0, 0x00]),
        (FieldType::JmMessage, [0xC0, 0x40]),
        (FieldType::CiMessage, [0xC0, 0x80]),
        (FieldType::V34Rate, [0xC0, 0xC0]),
    ] {
        let packet = peer.write_data(DataType::V8.value(), &[(kind.value(), octets.clone())]);
        assert_eq!(packet, Some([&[0xE0, 0x00, 0x01][..], &theirs, &[0, 0, 0x33]].concat()));
        let ours = write(DataType::V8, &[(kind, octets.clone())], Syntax::Y2002);
        let (heard, _) = peer.read(&ours);
        assert_eq!(heard == reports(DataType::V8, &[(kind, octets.clone())]), kind == FieldType::CmMessage);
    }
}

/// What our decoder says of a packet, in the peer's terms.
fn ours(packet: &[u8], syntax: Syntax) -> Vec<T38Report> {
    of(Ifp::parse(packet, syntax).expect("a packet").ifp)
}

fn of(ifp: Ifp<'_>) -> Vec<T38Report> {
    match ifp {
        Ifp::Indicator(indicator) => vec![T38Report::Indicator(indicator.value())],
        Ifp::Data(data) => {
            let fields: Vec<_> = data.fields().map(|field| (field.kind, field.octets.to_vec())).collect();
            reports(data.kind, &fields)
        }
    }
}

fn reports(kind: DataType, fields: &[(FieldType, Vec<u8>)]) -> Vec<T38Report> {
    let report = |(field, octets): &(FieldType, Vec<u8>)| T38Report::Field {
        data_type: kind.value(),
        field_type: field.value(),
        octets: octets.clone(),
    };
    fields.iter().map(report).collect()
}

fn numbers(fields: &[(FieldType, Vec<u8>)]) -> Vec<(u8, Vec<u8>)> {
    fields.iter().map(|(kind, octets)| (kind.value(), octets.clone())).collect()
}

fn write(kind: DataType, fields: &[(FieldType, Vec<u8>)], syntax: Syntax) -> Vec<u8> {
    let fields: Vec<_> = fields.iter().map(|(kind, octets)| Field { kind: *kind, octets }).collect();
    let mut out = vec![0; 4_096];
    let length = write_data(kind, &fields, syntax, &mut out).expect("a packet");
    out.truncate(length);
    out
}

/// Any modem but V.21, which carries no page; of the newer ones only what the syntax has.
fn modem(random: &mut Random, syntax: Syntax) -> DataType {
    let known = if syntax == Syntax::Y1998 { usize::from(DataType::ROOTS) } else { DataType::ALL.len() };
    DataType::ALL[1 + random.below(known - 1)]
}

/// One to six fields of the first eight kinds, with octets where they belong.
fn field_list(random: &mut Random) -> Vec<(FieldType, Vec<u8>)> {
    let count = 1 + random.below(6);
    (0..count)
        .map(|_| {
            let kind = FieldType::from_value(random.below(8) as u8);
            let length = match kind {
                FieldType::HdlcData | FieldType::NonEcmData => 1 + random.below(140),
                FieldType::NonEcmSigEnd => random.below(2) * random.below(40),
                _ => 0,
            };
            (kind, (0..length).map(|_| random.below(256) as u8).collect())
        })
        .collect()
}

fn unhex(text: &str) -> Vec<u8> {
    let pairs = text.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).expect("ASCII"));
    pairs.map(|pair| u8::from_str_radix(pair, 16).expect("hex")).collect()
}

/// Xorshift: the same packets in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % bound
    }
}
