//! Writing packets: only what every known decoder reads.
//!
//! From: T.38 Annex A; X.691; field notes PER-2, PER-9, IFP-5; measured: two fields pass all decoders
//! as long as the first has octets.
//! Always: a refused packet leaves the output as it was.

use super::{DataType, Field, FieldType, Indicator};
use crate::{Refusal, Syntax};

/// Counts from here on take two octets.
const SHORT_COUNTS: usize = 128;
/// Counts from here on would be fragmented (PER-9).
const COUNTS: usize = 16_384;

/// Writes an indicator to the front of `out`; the same octets in both syntaxes.
///
/// # Errors
/// [`Refusal::NeverSent`] for an unknown one, [`Refusal::NoRoom`].
pub fn write_indicator(indicator: Indicator, out: &mut [u8]) -> Result<usize, Refusal> {
    if let Indicator::Unknown(_) = indicator {
        return Err(Refusal::NeverSent);
    }
    let mut writer = Writer::new(out, value_length(indicator.value(), Indicator::ROOTS))?;
    writer.head(0, indicator.value(), Indicator::ROOTS);
    Ok(writer.at)
}

/// Writes a data packet to the front of `out`. Without `fields` it says nothing but its modem.
///
/// # Errors
/// [`Refusal::NeverSent`] for what is legal and not read everywhere, or means nothing: a field after
/// one without octets, octets where none belong or none where they do, an unknown kind, a kind that
/// the syntax does not have. [`Refusal::TooLong`], [`Refusal::TooMany`], [`Refusal::NoRoom`].
pub fn write_data(
    kind: DataType,
    fields: &[Field<'_>],
    syntax: Syntax,
    out: &mut [u8],
) -> Result<usize, Refusal> {
    let mut writer = Writer::new(out, length(kind, fields, syntax)?)?;
    if fields.is_empty() {
        writer.head(DATA, kind.value(), DataType::ROOTS);
        return Ok(writer.at);
    }
    writer.head(HAS_FIELD | DATA, kind.value(), DataType::ROOTS);
    writer.count(fields.len());
    for field in fields {
        writer.field(field, syntax);
    }
    Ok(writer.at)
}

/// How many octets the packet takes, if it is one that we send.
fn length(kind: DataType, fields: &[Field<'_>], syntax: Syntax) -> Result<usize, Refusal> {
    let is_new = |value, roots| syntax == Syntax::Y1998 && value >= roots;
    if matches!(kind, DataType::Unknown(_)) || is_new(kind.value(), DataType::ROOTS) {
        return Err(Refusal::NeverSent);
    }
    let count = match fields.len() {
        0 => 0,
        1..SHORT_COUNTS => 1,
        SHORT_COUNTS..COUNTS => 2,
        COUNTS.. => return Err(Refusal::TooMany),
    };
    let mut length = value_length(kind.value(), DataType::ROOTS) + count;
    let mut bare = false;
    for field in fields {
        if bare || !field.makes_sense_in(kind) || is_new(field.kind.value(), FieldType::ROOTS) {
            return Err(Refusal::NeverSent);
        }
        if field.octets.len() > usize::from(u16::MAX) {
            return Err(Refusal::TooLong);
        }
        bare = field.octets.is_empty();
        let octets = if bare { 0 } else { 2 + field.octets.len() };
        length += value_length(field.kind.value(), FieldType::ROOTS) + octets;
    }
    Ok(length)
}

/// Octets of an enumeration on an octet boundary, and what stands before it.
fn value_length(value: u8, roots: u8) -> usize {
    if value < roots { 1 } else { 2 }
}

/// A data field follows the head; octets follow the kind of a field.
const HAS_FIELD: u8 = 0x80;
/// The choice: data, no indicator.
const DATA: u8 = 0x40;

/// Always on an octet boundary, as a field without octets is the last; has the room it was made for.
struct Writer<'a> {
    out: &'a mut [u8],
    at: usize,
}

impl<'a> Writer<'a> {
    fn new(out: &'a mut [u8], length: usize) -> Result<Self, Refusal> {
        Ok(Self { out: out.get_mut(..length).ok_or(Refusal::NoRoom)?, at: 0 })
    }

    fn head(&mut self, flags: u8, value: u8, roots: u8) {
        match value.checked_sub(roots) {
            None => self.octet(flags | value << 1),
            Some(extension) => {
                self.octet(flags | 0x20 | extension >> 2);
                self.octet(extension << 6);
            }
        }
    }

    fn count(&mut self, count: usize) {
        if count < SHORT_COUNTS {
            self.octet(count as u8);
        } else {
            self.octets(&(0x8000 | count as u16).to_be_bytes());
        }
    }

    fn field(&mut self, field: &Field<'_>, syntax: Syntax) {
        let (kind, length) = (field.kind.value(), field.octets.len());
        let present = if length == 0 { 0 } else { HAS_FIELD };
        match (syntax, kind.checked_sub(FieldType::ROOTS)) {
            (Syntax::Y1998, _) => self.octet(present | kind << 4),
            (Syntax::Y2002, None) => self.octet(present | kind << 3),
            (Syntax::Y2002, Some(extension)) => {
                self.octet(present | 0x40 | extension >> 1);
                self.octet(extension << 7);
            }
        }
        if length > 0 {
            let [high, low] = (length as u16).wrapping_sub(1).to_be_bytes();
            self.octet(high);
            self.octet(low);
            self.octets(field.octets);
        }
    }

    fn octet(&mut self, octet: u8) {
        debug_assert!(self.at < self.out.len(), "the length was worked out wrongly");
        if let Some(place) = self.out.get_mut(self.at) {
            *place = octet;
            self.at += 1;
        }
    }

    fn octets(&mut self, octets: &[u8]) {
        let end = self.at.saturating_add(octets.len());
        debug_assert!(end <= self.out.len(), "the length was worked out wrongly");
        if let Some(place) = self.out.get_mut(self.at..end) {
            place.copy_from_slice(octets);
            self.at = end;
        }
    }
}
