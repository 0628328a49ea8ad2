//! A data packet: a modem and its fields.
//!
//! From: T.38 7.4, Annex A; X.691; field notes PER-1, PER-2 and what SpanDSP writes.
//! Always: the fields were walked once when the packet was read, so going through them cannot fail.

use core::fmt;

use super::reader::Reader;
use super::{DataType, Field, FieldType};
use crate::{Refusal, Syntax};

/// A data packet. Two are equal if they say the same, however their fields were packed.
#[derive(Clone, Copy)]
pub struct Data<'a> {
    /// The modem that the fields came from, or go to.
    pub kind: DataType,
    fields: Fields<'a>,
}

/// How fields follow each other. There is no difference while each but the last has octets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Packing {
    /// A field without octets is followed by the next at the very next bit (X.691; PER-2).
    #[default]
    Strict,
    /// Every field begins on an octet boundary. Not PER, but what SpanDSP's encoder writes in both
    /// syntaxes, and all that its decoder reads in that of 2002.
    OctetAligned,
}

/// The fields of a data packet, in order.
#[derive(Clone, Copy)]
pub struct Fields<'a> {
    reader: Reader<'a>,
    left: u16,
    syntax: Syntax,
    packing: Packing,
}

impl<'a> Data<'a> {
    /// The fields, in order. Those of an unknown kind are among them: the one who reads skips them.
    pub const fn fields(&self) -> Fields<'a> {
        self.fields
    }

    /// Whether every field says what somebody would say, see [`Field::makes_sense_in`].
    pub(super) fn makes_sense(&self) -> bool {
        self.fields().all(|field| field.makes_sense_in(self.kind))
    }

    /// A packet without a data field.
    pub(super) const fn empty(kind: DataType) -> Self {
        Self { kind, fields: Fields::new(Reader::new(&[]), 0, Syntax::Y1998, Packing::Strict) }
    }

    /// A packet whose fields were walked.
    pub(super) const fn new(kind: DataType, fields: Fields<'a>) -> Self {
        Self { kind, fields }
    }
}

impl<'a> Fields<'a> {
    pub(super) const fn new(reader: Reader<'a>, count: u16, syntax: Syntax, packing: Packing) -> Self {
        Self { reader, left: count, syntax, packing }
    }

    /// Goes through all of them; returns the octets behind.
    pub(super) fn walk(mut self) -> Result<&'a [u8], Refusal> {
        while self.left > 0 {
            self.read()?;
        }
        self.reader.align()?;
        Ok(self.reader.rest())
    }

    /// Presence and kind, then the octets from an octet boundary.
    fn read(&mut self) -> Result<Field<'a>, Refusal> {
        self.left = self.left.saturating_sub(1);
        if self.packing == Packing::OctetAligned {
            self.reader.align()?;
        }
        let window = self.reader.window()?;
        let (value, bits) = match self.syntax {
            Syntax::Y1998 => ((window >> 12) & 0x07, 4),
            Syntax::Y2002 if window & 0x4000 == 0 => ((window >> 11) & 0x07, 5),
            // The long form of an extension, for more than 64 of them.
            Syntax::Y2002 if window & 0x2000 != 0 => return Err(Refusal::NotIfp),
            Syntax::Y2002 => (u16::from(FieldType::ROOTS) + ((window >> 7) & 0x3F), 9),
        };
        self.reader.skip(bits)?;
        let octets = if window & 0x8000 == 0 { &[] } else { self.reader.octet_string()? };
        Ok(Field { kind: FieldType::from_value(value as u8), octets })
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Field<'a>;

    fn next(&mut self) -> Option<Field<'a>> {
        if self.left == 0 { None } else { self.read().ok() }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (usize::from(self.left), Some(usize::from(self.left)))
    }
}

impl ExactSizeIterator for Fields<'_> {}

impl PartialEq for Data<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind && self.fields().eq(other.fields())
    }
}

impl Eq for Data<'_> {}

/// Shows kinds and lengths only.
impl fmt::Debug for Data<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.kind.name())?;
        self.fields.fmt(f)
    }
}

/// Shows kinds and lengths only.
impl fmt::Debug for Fields<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(*self).finish()
    }
}
