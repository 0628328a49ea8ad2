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
    let mut writer = Writer { out, at: 0 };
    writer.head(0, indicator.value(), Indicator::ROOTS)?;
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
    check(kind, fields, syntax)?;
    if room(kind, fields) > out.len() {
        return Err(Refusal::NoRoom);
    }
    let mut writer = Writer { out, at: 0 };
    let has_field = if fields.is_empty() { 0 } else { 0x80 };
    writer.head(has_field | 0x40, kind.value(), DataType::ROOTS)?;
    if !fields.is_empty() {
        writer.count(fields.len())?;
    }
    for field in fields {
        writer.field(field, syntax)?;
    }
    Ok(writer.at)
}

fn check(kind: DataType, fields: &[Field<'_>], syntax: Syntax) -> Result<(), Refusal> {
    if fields.len() >= COUNTS {
        return Err(Refusal::TooMany);
    }
    let is_new = |value, roots| syntax == Syntax::Y1998 && value >= roots;
    if matches!(kind, DataType::Unknown(_)) || is_new(kind.value(), DataType::ROOTS) {
        return Err(Refusal::NeverSent);
    }
    let mut bare = false;
    for field in fields {
        if bare || !field.makes_sense_in(kind) || is_new(field.kind.value(), FieldType::ROOTS) {
            return Err(Refusal::NeverSent);
        }
        if field.octets.len() > usize::from(u16::MAX) {
            return Err(Refusal::TooLong);
        }
        bare = field.octets.is_empty();
    }
    Ok(())
}

/// How many octets the packet takes.
fn room(kind: DataType, fields: &[Field<'_>]) -> usize {
    let extended = |value, roots| if value < roots { 1 } else { 2 };
    let count = match fields.len() {
        0 => 0,
        1..SHORT_COUNTS => 1,
        _ => 2,
    };
    let field = |field: &Field<'_>| {
        let octets = field.octets.len();
        extended(field.kind.value(), FieldType::ROOTS) + if octets == 0 { 0 } else { octets + 2 }
    };
    let fields = fields.iter().map(field).sum::<usize>();
    extended(kind.value(), DataType::ROOTS) + count + fields
}

/// Always on an octet boundary: a field without octets is the last.
struct Writer<'a> {
    out: &'a mut [u8],
    at: usize,
}

impl Writer<'_> {
    /// The first octet, or two: `flags` is the data field's and the choice's bit.
    fn head(&mut self, flags: u8, value: u8, roots: u8) -> Result<(), Refusal> {
        match value.checked_sub(roots) {
            None => self.put(&[flags | value << 1]),
            Some(extension) => self.put(&[flags | 0x20 | extension >> 2, extension << 6]),
        }
    }

    fn count(&mut self, count: usize) -> Result<(), Refusal> {
        if count < SHORT_COUNTS {
            return self.put(&[count as u8]);
        }
        self.put(&(0x8000 | count as u16).to_be_bytes())
    }

    fn field(&mut self, field: &Field<'_>, syntax: Syntax) -> Result<(), Refusal> {
        let present = if field.octets.is_empty() { 0 } else { 0x80 };
        let value = field.kind.value();
        match (syntax, value.checked_sub(FieldType::ROOTS)) {
            (Syntax::Y1998, _) => self.put(&[present | value << 4])?,
            (Syntax::Y2002, None) => self.put(&[present | value << 3])?,
            (Syntax::Y2002, Some(extension)) => {
                self.put(&[present | 0x40 | extension >> 1, extension << 7])?
            }
        }
        if field.octets.is_empty() {
            return Ok(());
        }
        self.put(&(field.octets.len() as u16).wrapping_sub(1).to_be_bytes())?;
        self.put(field.octets)
    }

    fn put(&mut self, octets: &[u8]) -> Result<(), Refusal> {
        let end = self.at.saturating_add(octets.len());
        self.out.get_mut(self.at..end).ok_or(Refusal::NoRoom)?.copy_from_slice(octets);
        self.at = end;
        Ok(())
    }
}
