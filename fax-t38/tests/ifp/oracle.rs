//! An aligned PER library that knows nothing of ours, fed with the two ASN.1 modules: packets made
//! by chance must come out the same both ways.

use fax_t38::ifp::{DataType, FieldType, Ifp, Indicator, Packing};
use fax_t38::{Refusal, Syntax};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::RngSeed;
use rasn::types::Enumerated;

use crate::sample::{Sample, vectors};
use module::{Field1998, Field2002, Packet1998, Packet2002, TypeOfMsg};

#[test]
fn the_longest_field_is_the_same_to_both() {
    for syntax in [Syntax::Y1998, Syntax::Y2002] {
        let sample = Sample::Data(DataType::V17At14400, vec![(FieldType::NonEcmData, vec![0x5A; 65_535])]);
        let octets = written(&sample, syntax);
        assert_eq!(sample.write(syntax).as_ref(), Ok(&octets));
        assert_eq!(Ifp::parse(&octets, syntax).map(|parsed| Sample::of(parsed.ifp)), Ok(sample));
    }
}

#[test]
fn the_oracle_writes_and_reads_every_vector() {
    for vector in vectors() {
        assert_eq!(written(&vector.meaning, vector.syntax), vector.octets, "{}", vector.id);
        assert_eq!(read(&vector.octets, vector.syntax), Some(vector.meaning), "{}", vector.id);
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 10_000,
        rng_seed: RngSeed::Fixed(38),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    /// PER-1, PER-2: any fields in any order, also those that only strict packing tells apart.
    #[test]
    fn what_the_oracle_writes_is_read_as_it_was_meant((syntax, sample) in samples()) {
        let octets = written(&sample, syntax);
        let parsed = Ifp::parse(&octets, syntax).expect("a packet");
        prop_assert_eq!(parsed.trailing, 0);
        if parsed.packing == Packing::Strict || sample.makes_sense() {
            prop_assert_eq!(Sample::of(parsed.ifp), sample);
        } else {
            prop_assert!(Sample::of(parsed.ifp).makes_sense());
        }
    }

    #[test]
    fn what_we_write_is_what_the_oracle_writes_and_the_rest_is_refused((syntax, sample) in samples()) {
        match sample.write(syntax) {
            Ok(octets) => prop_assert_eq!(octets, written(&sample, syntax)),
            Err(refusal) => {
                prop_assert_eq!(refusal, Refusal::NeverSent);
                prop_assert!(!is_sent(&sample, syntax));
            }
        }
    }

    /// Most of these are no packets: both must say so.
    #[test]
    fn noise_is_a_packet_to_both_or_to_neither((syntax, octets) in noise()) {
        let ours = Ifp::parse(&octets, syntax);
        let theirs = read(&octets, syntax).filter(|sample| written(sample, syntax) == octets);
        match ours {
            Ok(parsed) if parsed.trailing == 0 && parsed.packing == Packing::Strict => {
                let sample = Sample::of(parsed.ifp);
                if is_known(&sample) && written(&sample, syntax) == octets {
                    prop_assert_eq!(theirs, Some(sample));
                }
            }
            Ok(parsed) if parsed.packing == Packing::OctetAligned => {
                prop_assert!(!theirs.is_some_and(|sample| sample.makes_sense()));
            }
            Ok(_) | Err(_) => prop_assert_eq!(theirs, None),
        }
    }
}

fn samples() -> impl Strategy<Value = (Syntax, Sample)> {
    let indicator = select(Indicator::ALL).prop_map(Sample::Indicator);
    let data = |kinds: &'static [FieldType]| {
        let length = prop_oneof![4 => Just(0..1_usize), 4 => Just(1..8), 2 => Just(120..300)];
        let octets = length.prop_flat_map(|length| vec(any::<u8>(), length));
        let fields = prop_oneof![8 => Just(0..6_usize), 1 => Just(126..131)]
            .prop_flat_map(move |count| vec((select(kinds), octets.clone()), count));
        // A long list of long fields says nothing that a short one does not.
        let fields = fields.prop_map(|mut fields| {
            for (_, octets) in fields.iter_mut().skip(5) {
                octets.truncate(3);
            }
            fields
        });
        (select(DataType::ALL), fields).prop_map(|(kind, fields)| Sample::Data(kind, fields))
    };
    let roots = FieldType::ALL.split_at(usize::from(FieldType::ROOTS)).0;
    prop_oneof![
        (select(&[Syntax::Y1998, Syntax::Y2002][..]), indicator),
        (Just(Syntax::Y1998), data(roots)),
        (Just(Syntax::Y2002), data(FieldType::ALL)),
    ]
}

/// Octets, the most of them behind the head of a data packet and with short lengths.
fn noise() -> impl Strategy<Value = (Syntax, Vec<u8>)> {
    let octet = prop_oneof![
        2 => any::<u8>(),
        4 => Just(0),
        2 => (0..16_u8).prop_map(|nibble| nibble << 4),
        2 => (0..32_u8).prop_map(|bits| bits << 3),
        1 => 1..4_u8,
    ];
    let head = prop_oneof![1 => Just(vec![]), 8 => (0..16_u8, 0..5_u8).prop_map(|(kind, count)| vec![0xC0 | kind << 1, count])];
    let octets = (head, vec(octet, 0..10)).prop_map(|(head, tail)| [head, tail].concat());
    (select(&[Syntax::Y1998, Syntax::Y2002][..]), octets)
}

/// What our encoder is for, in words of its own.
fn is_sent(sample: &Sample, syntax: Syntax) -> bool {
    let Sample::Data(kind, fields) = sample else { return true };
    let in_syntax = |value, roots| syntax == Syntax::Y2002 || value < roots;
    in_syntax(kind.value(), DataType::ROOTS)
        && fields.iter().all(|(field, _)| in_syntax(field.value(), FieldType::ROOTS))
        && sample.makes_sense()
        && !sample.has_a_field_after_a_bare_one()
}

fn is_known(sample: &Sample) -> bool {
    match sample {
        Sample::Indicator(indicator) => Indicator::ALL.contains(indicator),
        Sample::Data(kind, fields) => {
            DataType::ALL.contains(kind) && fields.iter().all(|(kind, _)| FieldType::ALL.contains(kind))
        }
    }
}

fn written(sample: &Sample, syntax: Syntax) -> Vec<u8> {
    let type_of_msg = match sample {
        Sample::Indicator(indicator) => TypeOfMsg::Indicator(of(indicator.value())),
        Sample::Data(kind, _) => TypeOfMsg::Data(of(kind.value())),
    };
    let fields = match sample {
        Sample::Data(_, fields) if !fields.is_empty() => Some(fields),
        Sample::Data(..) | Sample::Indicator(_) => None,
    };
    let octets = |octets: &Vec<u8>| (!octets.is_empty()).then(|| octets.clone().into());
    let encoded = match syntax {
        Syntax::Y1998 => {
            let field = |(kind, data): &(FieldType, Vec<u8>)| Field1998 {
                field_type: of(kind.value()),
                field_data: octets(data),
            };
            let data_field = fields.map(|fields| fields.iter().map(field).collect());
            rasn::aper::encode(&Packet1998 { type_of_msg, data_field })
        }
        Syntax::Y2002 => {
            let field = |(kind, data): &(FieldType, Vec<u8>)| Field2002 {
                field_type: of(kind.value()),
                field_data: octets(data),
            };
            let data_field = fields.map(|fields| fields.iter().map(field).collect());
            rasn::aper::encode(&Packet2002 { type_of_msg, data_field })
        }
    };
    encoded.expect("a packet")
}

/// `None` also for an indicator with a data field, which is good ASN.1 and no T.38 (PER-4).
fn read(octets: &[u8], syntax: Syntax) -> Option<Sample> {
    let (type_of_msg, fields) = match syntax {
        Syntax::Y1998 => {
            let packet: Packet1998 = rasn::aper::decode(octets).ok()?;
            let field = |field: Field1998| (value(field.field_type), field.field_data);
            (
                packet.type_of_msg,
                packet.data_field.map(|fields| fields.into_iter().map(field).collect::<Vec<_>>()),
            )
        }
        Syntax::Y2002 => {
            let packet: Packet2002 = rasn::aper::decode(octets).ok()?;
            let field = |field: Field2002| (value(field.field_type), field.field_data);
            (
                packet.type_of_msg,
                packet.data_field.map(|fields| fields.into_iter().map(field).collect::<Vec<_>>()),
            )
        }
    };
    match type_of_msg {
        TypeOfMsg::Indicator(_) if fields.is_some() => None,
        TypeOfMsg::Indicator(indicator) => Some(Sample::Indicator(Indicator::from_value(value(indicator)))),
        TypeOfMsg::Data(kind) => {
            let field = |(kind, octets): (u8, Option<rasn::types::OctetString>)| {
                (FieldType::from_value(kind), octets.map(|octets| octets.to_vec()).unwrap_or_default())
            };
            let fields = fields.unwrap_or_default().into_iter().map(field).collect();
            Some(Sample::Data(DataType::from_value(value(kind)), fields))
        }
    }
}

fn of<T: Enumerated>(value: u8) -> T {
    T::from_discriminant(isize::from(value)).expect("a value of the module")
}

fn value(value: impl Enumerated) -> u8 {
    u8::try_from(value.discriminant()).expect("a small number")
}

/// The modules of T.38 Annex A as the library's derive reads them. The two differ in one marker.
mod module {
    use rasn::prelude::*;

    #[derive(AsnType, Encode, Decode, Clone, Debug, PartialEq)]
    #[rasn(choice, automatic_tags)]
    pub(super) enum TypeOfMsg {
        Indicator(T30Indicator),
        Data(T30Data),
    }

    #[derive(AsnType, Encode, Decode, Clone, Debug, PartialEq)]
    #[rasn(automatic_tags)]
    pub(super) struct Packet1998 {
        pub(super) type_of_msg: TypeOfMsg,
        pub(super) data_field: Option<SequenceOf<Field1998>>,
    }

    #[derive(AsnType, Encode, Decode, Clone, Debug, PartialEq)]
    #[rasn(automatic_tags)]
    pub(super) struct Packet2002 {
        pub(super) type_of_msg: TypeOfMsg,
        pub(super) data_field: Option<SequenceOf<Field2002>>,
    }

    #[derive(AsnType, Encode, Decode, Clone, Debug, PartialEq)]
    #[rasn(automatic_tags)]
    pub(super) struct Field1998 {
        pub(super) field_type: FieldType1998,
        #[rasn(size("1..=65535"))]
        pub(super) field_data: Option<OctetString>,
    }

    #[derive(AsnType, Encode, Decode, Clone, Debug, PartialEq)]
    #[rasn(automatic_tags)]
    pub(super) struct Field2002 {
        pub(super) field_type: FieldType2002,
        #[rasn(size("1..=65535"))]
        pub(super) field_data: Option<OctetString>,
    }

    #[derive(AsnType, Encode, Decode, Clone, Copy, Debug, PartialEq, Eq, Hash)]
    #[rasn(enumerated)]
    #[non_exhaustive]
    pub(super) enum T30Indicator {
        NoSignal = 0,
        Cng = 1,
        Ced = 2,
        V21Preamble = 3,
        V27At2400Training = 4,
        V27At4800Training = 5,
        V29At7200Training = 6,
        V29At9600Training = 7,
        V17At7200ShortTraining = 8,
        V17At7200LongTraining = 9,
        V17At9600ShortTraining = 10,
        V17At9600LongTraining = 11,
        V17At12000ShortTraining = 12,
        V17At12000LongTraining = 13,
        V17At14400ShortTraining = 14,
        V17At14400LongTraining = 15,
        #[rasn(extension_addition)]
        V8Ansam = 16,
        #[rasn(extension_addition)]
        V8Signal = 17,
        #[rasn(extension_addition)]
        V34CntlChannel1200 = 18,
        #[rasn(extension_addition)]
        V34PriChannel = 19,
        #[rasn(extension_addition)]
        V34CcRetrain = 20,
        #[rasn(extension_addition)]
        V33At12000Training = 21,
        #[rasn(extension_addition)]
        V33At14400Training = 22,
    }

    #[derive(AsnType, Encode, Decode, Clone, Copy, Debug, PartialEq, Eq, Hash)]
    #[rasn(enumerated)]
    #[non_exhaustive]
    pub(super) enum T30Data {
        V21 = 0,
        V27At2400 = 1,
        V27At4800 = 2,
        V29At7200 = 3,
        V29At9600 = 4,
        V17At7200 = 5,
        V17At9600 = 6,
        V17At12000 = 7,
        V17At14400 = 8,
        #[rasn(extension_addition)]
        V8 = 9,
        #[rasn(extension_addition)]
        V34PriRate = 10,
        #[rasn(extension_addition)]
        V34Cc1200 = 11,
        #[rasn(extension_addition)]
        V34PriCh = 12,
        #[rasn(extension_addition)]
        V33At12000 = 13,
        #[rasn(extension_addition)]
        V33At14400 = 14,
    }

    #[derive(AsnType, Encode, Decode, Clone, Copy, Debug, PartialEq, Eq, Hash)]
    #[rasn(enumerated)]
    pub(super) enum FieldType1998 {
        HdlcData = 0,
        HdlcSigEnd = 1,
        FcsOk = 2,
        FcsBad = 3,
        FcsOkSigEnd = 4,
        FcsBadSigEnd = 5,
        T4NonEcmData = 6,
        T4NonEcmSigEnd = 7,
    }

    #[derive(AsnType, Encode, Decode, Clone, Copy, Debug, PartialEq, Eq, Hash)]
    #[rasn(enumerated)]
    #[non_exhaustive]
    pub(super) enum FieldType2002 {
        HdlcData = 0,
        HdlcSigEnd = 1,
        FcsOk = 2,
        FcsBad = 3,
        FcsOkSigEnd = 4,
        FcsBadSigEnd = 5,
        T4NonEcmData = 6,
        T4NonEcmSigEnd = 7,
        #[rasn(extension_addition)]
        CmMessage = 8,
        #[rasn(extension_addition)]
        JmMessage = 9,
        #[rasn(extension_addition)]
        CiMessage = 10,
        #[rasn(extension_addition)]
        V34Rate = 11,
    }
}
