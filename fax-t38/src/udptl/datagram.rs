//! One UDPTL datagram: parsed once, written once (T.38 9.1).
//!
//! A pure function of the octets and of how lengths are read ([`Lengths`]); the stream learns the latter.

use crate::{Refusal, Seq};

/// How far back recovery may reach, in packets: one less than the receiver's window of 64, as the
/// packet that carries it is in the window too (UTL-13).
pub const REACH: u16 = 63;

/// A UDPTL datagram, checked once: nothing read from it later can fail.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Datagram<'a> {
    /// The number of the primary.
    pub seq: Seq,
    /// The IFP packet this datagram was sent for; never empty.
    pub primary: &'a [u8],
    /// A primary can be sound and what follows it broken; the stream decides (UTL-15).
    pub recovery: Result<Recovery<'a>, Refusal>,
}

/// What else is in a datagram. Which of the two is told by every datagram anew (UTL-11).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recovery<'a> {
    /// Earlier packets, newest first: entry `i` is packet `seq - 1 - i` (UTL-9), and an empty entry
    /// keeps its place (UTL-8).
    Secondaries(Entries<'a>),
    /// Parity over earlier packets.
    Parity {
        /// How many packets a row covers (fec-npackets); `span` times the number of rows is at most [`REACH`].
        span: u16,
        /// The rows. Row `e` of `m` covers `seq + e - m`, `seq + e - 2m` and so on, `span` of them.
        rows: Entries<'a>,
    },
}

/// How the length of an element is read (UTL-19).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Lengths {
    /// As PER has it: two octets from 128 on.
    #[default]
    Per,
    /// As some small stacks do: one octet up to 255.
    OneOctet,
}

/// The elements of a list, in their order on the wire.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Entries<'a> {
    octets: &'a [u8],
    left: u16,
    lengths: Lengths,
}

/// What was read, and the octets behind it.
type Step<'a, T> = Result<(T, &'a [u8]), Refusal>;

impl<'a> Datagram<'a> {
    /// Reads a datagram whose lengths are written as PER has it.
    ///
    /// # Errors
    /// What is wrong ahead of the recovery part; what is wrong in it is in [`Datagram::recovery`].
    pub fn parse(octets: &'a [u8]) -> Result<Self, Refusal> {
        Self::parse_as(octets, Lengths::Per)
    }

    /// Reads a datagram with lengths as told.
    ///
    /// # Errors
    /// As [`Datagram::parse`].
    pub fn parse_as(octets: &'a [u8], lengths: Lengths) -> Result<Self, Refusal> {
        let (seq, rest) = octets.split_first_chunk().ok_or(Refusal::Truncated)?;
        let (primary, rest) = lengths.element(rest)?;
        if primary.is_empty() {
            return Err(Refusal::Empty);
        }
        let recovery = match Recovery::parse(rest, lengths) {
            Ok((recovery, [])) => Ok(recovery),
            Ok(_) => Err(Refusal::Trailing),
            Err(refusal) => Err(refusal),
        };
        Ok(Self { seq: Seq(u16::from_be_bytes(*seq)), primary, recovery })
    }

    /// Writes the datagram with lengths as PER has it; returns how many octets that took. A broken
    /// recovery part is written as none.
    ///
    /// # Errors
    /// [`Refusal::NoRoom`] if `out` is too short, [`Refusal::TooLong`] if an element has 16 384 octets or more.
    pub fn write(&self, out: &mut [u8]) -> Result<usize, Refusal> {
        let mut writer = Writer::new(out);
        writer.head(self.seq, self.primary)?;
        match self.recovery {
            Ok(Recovery::Secondaries(entries)) => writer.secondaries(entries)?,
            Ok(Recovery::Parity { span, rows }) => writer.parity(span, rows)?,
            Err(_) => writer.secondaries(core::iter::empty())?,
        }
        Ok(writer.written())
    }
}

impl<'a> Recovery<'a> {
    fn parse(octets: &'a [u8], lengths: Lengths) -> Step<'a, Self> {
        const PARITY: u8 = 0x80; // the other bits are padding
        let (choice, rest) = octets.split_first().ok_or(Refusal::Truncated)?;
        if choice & PARITY == 0 {
            let (entries, rest) = Entries::parse(rest, lengths)?;
            return Ok((Self::Secondaries(entries), rest));
        }
        let (span, rest) = integer(rest)?;
        let (rows, rest) = Entries::parse(rest, lengths)?;
        if span.saturating_mul(rows.left) > REACH {
            return Err(Refusal::TooMany);
        }
        Ok((Self::Parity { span, rows }, rest))
    }
}

impl<'a> Entries<'a> {
    /// No elements.
    pub const NONE: Self = Self { octets: &[], left: 0, lengths: Lengths::Per };

    /// Walks the list once, so that its iterator cannot fail.
    fn parse(octets: &'a [u8], lengths: Lengths) -> Step<'a, Self> {
        let (count, octets) = per_length(octets)?;
        if count > REACH {
            return Err(Refusal::TooMany);
        }
        let mut rest = octets;
        for _ in 0..count {
            (_, rest) = lengths.element(rest)?;
        }
        let octets = octets.get(..octets.len().saturating_sub(rest.len())).unwrap_or_default();
        Ok((Self { octets, left: count, lengths }, rest))
    }
}

impl<'a> Iterator for Entries<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        self.left = self.left.checked_sub(1)?;
        let (element, rest) = self.lengths.element(self.octets).ok()?;
        self.octets = rest;
        Some(element)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (usize::from(self.left), Some(usize::from(self.left)))
    }
}

impl ExactSizeIterator for Entries<'_> {}

/// Shows the lengths only: packets are personal data.
impl core::fmt::Debug for Datagram<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Datagram {}[{}] {:?}", self.seq.0, self.primary.len(), self.recovery)
    }
}

/// Shows the lengths only.
impl core::fmt::Debug for Entries<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_list().entries(self.map(<[u8]>::len)).finish()
    }
}

impl Lengths {
    /// The other reading.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Per => Self::OneOctet,
            Self::OneOctet => Self::Per,
        }
    }

    /// A length and so many octets.
    fn element(self, octets: &[u8]) -> Step<'_, &[u8]> {
        let (length, rest) = match self {
            Self::Per => per_length(octets)?,
            Self::OneOctet => octets
                .split_first()
                .map(|(length, rest)| (u16::from(*length), rest))
                .ok_or(Refusal::Truncated)?,
        };
        rest.split_at_checked(usize::from(length)).ok_or(Refusal::Truncated)
    }
}

/// A PER length determinant; fragments are refused (PER-9).
fn per_length(octets: &[u8]) -> Step<'_, u16> {
    match octets {
        [length @ 0..=0x7F, rest @ ..] => Ok((u16::from(*length), rest)),
        [high @ 0x80..=0xBF, low, rest @ ..] => Ok((u16::from_be_bytes([high & 0x3F, *low]), rest)),
        [0xC0..=0xFF, ..] => Err(Refusal::Fragmented),
        [] | [_] => Err(Refusal::Truncated),
    }
}

/// An unconstrained INTEGER that must be a span: two's complement of any length, not negative.
fn integer(octets: &[u8]) -> Step<'_, u16> {
    let (value, rest) = Lengths::Per.element(octets)?;
    let is_negative = value.first().ok_or(Refusal::Empty)? & 0x80 != 0;
    let span = value.iter().try_fold(0_u16, |sum, octet| Some(sum.checked_mul(256)? | u16::from(*octet)));
    match span {
        Some(span) if !is_negative && span <= REACH => Ok((span, rest)),
        _ => Err(Refusal::TooMany),
    }
}

/// Writes the parts of a datagram one after the other.
pub(super) struct Writer<'o> {
    out: &'o mut [u8],
    at: usize,
}

impl<'o> Writer<'o> {
    pub(super) const fn new(out: &'o mut [u8]) -> Self {
        Self { out, at: 0 }
    }

    pub(super) const fn written(&self) -> usize {
        self.at
    }

    pub(super) fn head(&mut self, seq: Seq, primary: &[u8]) -> Result<(), Refusal> {
        self.octets(&seq.0.to_be_bytes())?;
        self.element(primary)
    }

    pub(super) fn secondaries<'e>(
        &mut self,
        entries: impl ExactSizeIterator<Item = &'e [u8]>,
    ) -> Result<(), Refusal> {
        self.octets(&[0x00])?;
        self.length(entries.len())?;
        self.elements(entries)
    }

    pub(super) fn parity<'e>(
        &mut self,
        span: u16,
        rows: impl ExactSizeIterator<Item = &'e [u8]>,
    ) -> Result<(), Refusal> {
        self.parity_head(span, rows.len() as u16)?;
        self.elements(rows)
    }

    /// The span and how many rows follow.
    pub(super) fn parity_head(&mut self, span: u16, rows: u16) -> Result<(), Refusal> {
        self.octets(&[0x80])?;
        match span.to_be_bytes() {
            [0, low] if low < 0x80 => self.octets(&[1, low])?,
            [high, low] if high < 0x80 => self.octets(&[2, high, low])?,
            _ => return Err(Refusal::TooLong),
        }
        self.length(usize::from(rows))
    }

    /// An element of so many zeros, to be filled in.
    pub(super) fn blank(&mut self, length: usize) -> Result<&mut [u8], Refusal> {
        self.length(length)?;
        let end = self.at.saturating_add(length);
        let blank = self.out.get_mut(self.at..end).ok_or(Refusal::NoRoom)?;
        blank.fill(0);
        self.at = end;
        Ok(blank)
    }

    /// Octets left.
    pub(super) const fn room(&self) -> usize {
        self.out.len().saturating_sub(self.at)
    }

    fn elements<'e>(&mut self, mut entries: impl Iterator<Item = &'e [u8]>) -> Result<(), Refusal> {
        entries.try_for_each(|entry| self.element(entry))
    }

    fn element(&mut self, octets: &[u8]) -> Result<(), Refusal> {
        self.length(octets.len())?;
        self.octets(octets)
    }

    fn length(&mut self, length: usize) -> Result<(), Refusal> {
        match u16::try_from(length) {
            Ok(length @ 0..0x80) => self.octets(&[length as u8]),
            Ok(length @ 0x80..0x4000) => self.octets(&(0x8000 | length).to_be_bytes()),
            _ => Err(Refusal::TooLong),
        }
    }

    fn octets(&mut self, octets: &[u8]) -> Result<(), Refusal> {
        let end = self.at.saturating_add(octets.len());
        self.out.get_mut(self.at..end).ok_or(Refusal::NoRoom)?.copy_from_slice(octets);
        self.at = end;
        Ok(())
    }
}
