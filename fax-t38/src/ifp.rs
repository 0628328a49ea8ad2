//! IFP: what T.38 says, packet by packet (T.38 7, Annex A), in aligned PER.
//!
//! Two syntaxes exist on the wire, see [`Syntax`], and one widespread way to pad wrongly, see
//! [`Packing`]. Parsing copies nothing and allocates nothing; reading is tolerant, writing strict.
//!
//! From: T.38 Annex A; X.691; field notes PER-1 to PER-10; measured: what two decoders read.
//! Always: a packet is walked once in [`Ifp::parse`], after that nothing read from it can fail; what
//! [`write_data`] has written parses into what was written.
//! Not here: sequence numbers and copies (UDPTL, RTP), what a packet means for the line (`T38Line`).

mod data;
mod kinds;
mod latch;
mod reader;
mod write;

pub use data::{Data, Fields, Packing};
pub use kinds::{DataType, FieldType, Indicator};
pub use latch::{SyntaxLatch, Tolerated};
pub use write::{write_data, write_indicator};

use crate::{Refusal, Syntax};
use reader::Reader;

/// One IFP packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ifp<'a> {
    /// What the line does from now on.
    Indicator(Indicator),
    /// What a modem received, or has to send.
    Data(Data<'a>),
}

/// A packet and how it lay in its octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parsed<'a> {
    /// The packet.
    pub ifp: Ifp<'a>,
    /// How many octets follow it, all zero (PER-7).
    pub trailing: usize,
    /// How its fields were packed.
    pub packing: Packing,
}

/// One field of a data packet. `octets` is empty where the field carries none.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Field<'a> {
    /// What it is.
    pub kind: FieldType,
    /// Its octets, first bit on the line in the top bit.
    pub octets: &'a [u8],
}

/// How a packet is best carried: hold times and copies depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Traffic {
    /// An indicator.
    Indicator,
    /// Control frames at 300 bit/s, and what V.34 has in their place (V.8, control channel, rate).
    V21,
    /// A page or a TCF.
    Image,
}

impl<'a> Ifp<'a> {
    /// Reads `octets` as one whole packet: strictly, or if that does not end where the octets end (or does,
    /// and means nothing) with every field on an octet boundary, as some encoders pad. Zeros may follow.
    ///
    /// # Errors
    /// What is wrong by the strict reading; [`Refusal::Trailing`] if more than zeros follows the packet.
    pub fn parse(octets: &'a [u8], syntax: Syntax) -> Result<Parsed<'a>, Refusal> {
        let reading = Reading::of(octets, syntax)?;
        if reading.rest.iter().any(|octet| *octet != 0) {
            return Err(Refusal::Trailing);
        }
        Ok(Parsed { ifp: reading.ifp, trailing: reading.rest.len(), packing: reading.packing })
    }
}

/// How many octets the packet at the front of `octets` has when only zeros follow it: what a packet
/// rebuilt from parity must be cut to.
///
/// # Errors
/// As [`Ifp::parse`].
pub fn extent(octets: &[u8], syntax: Syntax) -> Result<usize, Refusal> {
    Ifp::parse(octets, syntax).map(|parsed| octets.len().saturating_sub(parsed.trailing))
}

/// A look at the first octets, the same in both syntaxes; what is no packet counts as an indicator.
pub fn traffic(octets: &[u8]) -> Traffic {
    let mut reader = Reader::new(octets);
    let Ok(Head { message: Message::Data(kind), .. }) = Head::read(&mut reader) else {
        return Traffic::Indicator;
    };
    match kind {
        DataType::V21 | DataType::V8 | DataType::V34PrimaryRate | DataType::V34Control1200 => Traffic::V21,
        _ => Traffic::Image,
    }
}

/// `type-of-msg`, and whether a data field follows. Ends on an octet boundary.
struct Head {
    has_field: bool,
    message: Message,
}

enum Message {
    Indicator(Indicator),
    Data(DataType),
}

impl Head {
    /// One octet, or two for an extension: data field, choice, extension, then 4 or 1 + 6 bits of value.
    fn read(reader: &mut Reader<'_>) -> Result<Self, Refusal> {
        let first = reader.octet()?;
        let is_data = first & 0x40 != 0;
        let roots = if is_data { DataType::ROOTS } else { Indicator::ROOTS };
        let value =
            if first & 0x20 == 0 { root(first, roots)? } else { roots + extension(first, reader.octet()?)? };
        let message = if is_data {
            Message::Data(DataType::from_value(value))
        } else {
            Message::Indicator(Indicator::from_value(value))
        };
        Ok(Self { has_field: first & 0x80 != 0, message })
    }
}

/// The four bits of a first value, and one of padding.
fn root(octet: u8, roots: u8) -> Result<u8, Refusal> {
    let value = (octet >> 1) & 0x0F;
    if value < roots && octet & 0x01 == 0 { Ok(value) } else { Err(Refusal::NotIfp) }
}

/// The bit of the long form, which is for more than 64 extensions, six bits of value, six of padding.
fn extension(first: u8, second: u8) -> Result<u8, Refusal> {
    if first & 0x10 == 0 && second & 0x3F == 0 {
        Ok((first & 0x0F) << 2 | second >> 6)
    } else {
        Err(Refusal::NotIfp)
    }
}

/// A packet at the front of some octets, and the octets behind it, whatever they are.
struct Reading<'a> {
    ifp: Ifp<'a>,
    packing: Packing,
    rest: &'a [u8],
}

impl<'a> Reading<'a> {
    fn of(octets: &'a [u8], syntax: Syntax) -> Result<Self, Refusal> {
        let mut reader = Reader::new(octets);
        let head = Head::read(&mut reader)?;
        let ifp = match head.message {
            Message::Indicator(_) if head.has_field => return Err(Refusal::IndicatorWithData), // PER-4
            Message::Indicator(indicator) => Ifp::Indicator(indicator),
            Message::Data(kind) if head.has_field => return Self::of_data(kind, reader, syntax),
            Message::Data(kind) => Ifp::Data(Data::empty(kind)), // PER-5
        };
        Ok(Self { ifp, packing: Packing::Strict, rest: reader.rest() })
    }

    /// The strict reading, unless the other ends better, or ends as well and alone makes sense.
    fn of_data(kind: DataType, mut reader: Reader<'a>, syntax: Syntax) -> Result<Self, Refusal> {
        let count = reader.count()?;
        let read = |packing| {
            let fields = Fields::new(reader, count, syntax, packing);
            fields.walk().map(|rest| Self { ifp: Ifp::Data(Data::new(kind, fields)), packing, rest })
        };
        // One field reads the same either way.
        if count < 2 {
            return read(Packing::Strict);
        }
        let strict = read(Packing::Strict);
        if Self::rank(&strict) == (End::Exact, Sense::Some) {
            return strict;
        }
        let aligned = read(Packing::OctetAligned);
        if Self::rank(&aligned) < Self::rank(&strict) { aligned } else { strict }
    }

    fn rank(reading: &Result<Self, Refusal>) -> (End, Sense) {
        (Self::end(reading), Self::sense(reading))
    }

    fn end(reading: &Result<Self, Refusal>) -> End {
        match reading {
            Ok(reading) if reading.rest.is_empty() => End::Exact,
            Ok(reading) if reading.rest.iter().all(|octet| *octet == 0) => End::Padded,
            Ok(_) | Err(_) => End::Wrong,
        }
    }

    fn sense(reading: &Result<Self, Refusal>) -> Sense {
        match reading {
            Ok(Self { ifp: Ifp::Data(data), .. }) if data.makes_sense() => Sense::Some,
            Ok(_) | Err(_) => Sense::None,
        }
    }
}

/// How a reading ends; the less, the better.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum End {
    Exact,
    /// Zeros follow (PER-7).
    Padded,
    /// Something else follows, or there is no reading.
    Wrong,
}

impl Field<'_> {
    /// Whether anybody says this of such a modem: octets where they belong and none elsewhere, no page
    /// through V.21. Only such fields are written; what else comes in is somebody's quirk (IFP-5), or
    /// was read in the wrong syntax.
    pub fn makes_sense_in(&self, modem: DataType) -> bool {
        let has_octets = !self.octets.is_empty();
        match self.kind {
            FieldType::HdlcData => has_octets,
            FieldType::NonEcmData => has_octets && modem != DataType::V21,
            FieldType::NonEcmSigEnd => modem != DataType::V21,
            FieldType::CmMessage | FieldType::JmMessage | FieldType::CiMessage | FieldType::V34Rate => {
                has_octets
            }
            FieldType::HdlcSigEnd
            | FieldType::FcsOk
            | FieldType::FcsBad
            | FieldType::FcsOkSigEnd
            | FieldType::FcsBadSigEnd => !has_octets,
            FieldType::Unknown(_) => false,
        }
    }
}

/// Whether a data packet says what somebody would say, see [`Field::makes_sense_in`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Sense {
    Some,
    None,
}

/// Shows kind and length only: frames and pages are personal data.
impl core::fmt::Debug for Field<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{}[{}]", self.kind.name(), self.octets.len())
    }
}
