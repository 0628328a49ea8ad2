//! Packets as the tests state them, and the files of packets in `test-vectors/t38`.

use fax_t38::Syntax;
use fax_t38::ifp::{DataType, Field, FieldType, Ifp, Indicator, write_data, write_indicator};

/// A packet that owns its octets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Sample {
    Indicator(Indicator),
    Data(DataType, Vec<(FieldType, Vec<u8>)>),
}

/// One line of `ifp-vectors.txt`.
pub(crate) struct Vector {
    pub(crate) id: String,
    pub(crate) syntax: Syntax,
    pub(crate) octets: Vec<u8>,
    pub(crate) meaning: Sample,
}

impl Sample {
    pub(crate) fn of(ifp: Ifp<'_>) -> Self {
        match ifp {
            Ifp::Indicator(indicator) => Self::Indicator(indicator),
            Ifp::Data(data) => {
                let fields = data.fields().map(|field| (field.kind, field.octets.to_vec()));
                Self::Data(data.kind, fields.collect())
            }
        }
    }

    pub(crate) fn write(&self, syntax: Syntax) -> Result<Vec<u8>, fax_t38::Refusal> {
        let mut out = vec![0; self.room()];
        let length = match self {
            Self::Indicator(indicator) => write_indicator(*indicator, &mut out),
            Self::Data(kind, fields) => {
                let fields: Vec<_> =
                    fields.iter().map(|(kind, octets)| Field { kind: *kind, octets }).collect();
                write_data(*kind, &fields, syntax, &mut out)
            }
        }?;
        out.truncate(length);
        Ok(out)
    }

    /// Octets that are enough for it.
    fn room(&self) -> usize {
        match self {
            Self::Indicator(_) => 2,
            Self::Data(_, fields) => 4 + fields.iter().map(|(_, octets)| 4 + octets.len()).sum::<usize>(),
        }
    }

    pub(crate) fn makes_sense(&self) -> bool {
        let Self::Data(kind, fields) = self else { return true };
        fields.iter().all(|(field, octets)| Field { kind: *field, octets }.makes_sense_in(*kind))
    }

    /// Whether a field follows one without octets, which our encoder never writes.
    pub(crate) fn has_a_field_after_a_bare_one(&self) -> bool {
        match self {
            Self::Indicator(_) => false,
            Self::Data(_, fields) => {
                fields.split_last().is_some_and(|(_, head)| head.iter().any(|(_, octets)| octets.is_empty()))
            }
        }
    }

    /// `IND=name` or `DATA=name {field} {field:hex} {field:hex*count}`.
    fn from_text(text: &str) -> Self {
        if let Some(name) = text.strip_prefix("IND=") {
            return Self::Indicator(named(Indicator::ALL, Indicator::name, name));
        }
        let mut words = text.strip_prefix("DATA=").expect("IND or DATA").split(' ');
        let kind = named(DataType::ALL, DataType::name, words.next().expect("a modem"));
        let fields = words.map(|word| {
            let word = word.trim_matches(['{', '}']);
            let (name, octets) = word.split_once(':').unwrap_or((word, ""));
            let (octets, times) = octets.split_once('*').unwrap_or((octets, "1"));
            let octets = unhex(octets).repeat(times.parse().expect("a count"));
            (named(FieldType::ALL, FieldType::name, name), octets)
        });
        Self::Data(kind, fields.collect())
    }
}

fn named<T: Copy>(all: &[T], name_of: fn(T) -> &'static str, name: &str) -> T {
    *all.iter().find(|value| name_of(**value) == name).unwrap_or_else(|| panic!("no {name}"))
}

pub(crate) fn unhex(text: &str) -> Vec<u8> {
    let pairs = text.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).expect("ASCII"));
    pairs.map(|pair| u8::from_str_radix(pair, 16).expect("hex")).collect()
}

pub(crate) fn vectors() -> Vec<Vector> {
    let text = include_str!("../../../test-vectors/t38/ifp-vectors.txt");
    let lines = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    lines
        .map(|line| {
            let columns: Vec<_> = line.split(" | ").collect();
            let syntax = if columns[1] == "1998" { Syntax::Y1998 } else { Syntax::Y2002 };
            Vector {
                id: format!("{} {}", columns[0], columns[1]),
                syntax,
                octets: unhex(columns[2]),
                meaning: Sample::from_text(columns[3]),
            }
        })
        .collect()
}

/// Whole calls, as two gateways or two terminals wrote them: the syntax and every packet.
pub(crate) fn traces() -> [(Syntax, Vec<Vec<u8>>); 6] {
    const TEXTS: [(Syntax, &str); 6] = [
        (Syntax::Y1998, include_str!("../../../test-vectors/t38/trace-ecm-1998.txt")),
        (Syntax::Y2002, include_str!("../../../test-vectors/t38/trace-ecm-2002-2pages.txt")),
        (Syntax::Y1998, include_str!("../../../test-vectors/t38/trace-nonecm-1998.txt")),
        (Syntax::Y1998, include_str!("../../../test-vectors/t38/trace-nonecm-1998-2pages.txt")),
        (Syntax::Y1998, include_str!("../../../test-vectors/t38/trace-terminal-ecm-1998.txt")),
        (Syntax::Y1998, include_str!("../../../test-vectors/t38/trace-terminal-nonecm-1998.txt")),
    ];
    TEXTS.map(|(syntax, text)| {
        let lines = text.lines().filter(|line| line.contains(" seq="));
        (syntax, lines.map(|line| unhex(line.split(' ').next_back().expect("hex"))).collect())
    })
}
