//! IFP packets over a byte stream: TPKT around each, or nothing at all.
//!
//! TCP carries no sequence numbers and no redundancy, only IFP after IFP. T.38's first text was vague
//! about the envelope, so peers exist that send IFP packets bare. Which it is shows in the first octet:
//! 03, the version of TPKT, can never begin an IFP packet.
//!
//! From: RFC 1006 section 6; bare peers: field experience with deployed implementations.
//! Always: an octet is taken once or left with the caller; memory is what `new` set aside.
//! Not here: what an IFP packet says (`ifp`); connections.

mod bare;

use crate::{Refusal, Syntax};
use bare::Extent;

/// Version octet of TPKT.
const VERSION: u8 = 3;

/// Octets of a TPKT header: version, zero, length of the whole.
pub const HEADER: usize = 4;

/// Longest IFP packet taken, octets. A whole ECM frame at once is 270.
pub const MAX_IFP: usize = 2048;

/// Octets that a [`Reassembler`] holds: some longest packets, so that it may be filled by the segment.
pub const CAPACITY: usize = 4 * (HEADER + MAX_IFP);

/// How the peer marks where an IFP packet ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Framing {
    /// A TPKT header before each.
    Tpkt,
    /// Nothing: an IFP packet tells its own end.
    Bare,
}

/// What has gone through a [`Reassembler`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// IFP packets handed out.
    pub packets: u64,
    /// Envelopes with nothing in them.
    pub empty: u64,
    /// Times that the stream made no sense, or a packet was longer than [`MAX_IFP`].
    pub refused: u64,
    /// Octets thrown away for it.
    pub skipped: u64,
}

/// Cuts a byte stream into IFP packets, however it was cut into segments.
///
/// Push what came, take what is whole, until all is taken:
///
/// ```
/// # use fax_t38::{Syntax, tpkt::Reassembler};
/// let mut stream = Reassembler::new(Syntax::Y1998);
/// let mut segment = &[3, 0, 0, 5, 0x06, 3, 0, 0][..];
/// while !segment.is_empty() {
///     segment = &segment[stream.push(segment)..];
///     while let Some(ifp) = stream.next() {
///         assert_eq!(ifp, Ok(&[0x06][..]));
///     }
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Reassembler {
    buffer: Buffer,
    framing: Option<Framing>,
    syntax: Syntax,
    /// Octets of an overlong packet that are still to come.
    to_skip: usize,
    counters: Counters,
}

impl Reassembler {
    /// A stream of which nothing has come yet. The syntax matters for bare peers only.
    pub fn new(syntax: Syntax) -> Self {
        Self {
            buffer: Buffer::new(CAPACITY),
            framing: None,
            syntax,
            to_skip: 0,
            counters: Counters::default(),
        }
    }

    /// Takes what fits and says how many octets that were: never 0, unless `octets` is empty or
    /// [`next`](Self::next) has not been called until it had no more.
    pub fn push(&mut self, octets: &[u8]) -> usize {
        let skipped = self.to_skip.min(octets.len());
        self.to_skip -= skipped;
        let rest = octets.get(skipped..).unwrap_or_default();
        skipped + self.buffer.push(rest)
    }

    /// Octets that [`push`](Self::push) takes now.
    pub fn room(&self) -> usize {
        self.to_skip + CAPACITY - self.buffer.held().len()
    }

    /// The next whole IFP packet, which is gone with the next call, or why the stream made no sense in its
    /// place.
    #[allow(clippy::should_implement_trait, reason = "what it returns borrows from it")]
    pub fn next(&mut self) -> Option<Result<&[u8], Refusal>> {
        loop {
            match self.step() {
                Step::Packet { header, length } => {
                    self.counters.packets += 1;
                    return self.buffer.take(header + length).get(header..).map(Ok);
                }
                Step::Empty => {
                    self.counters.empty += 1;
                    self.buffer.take(HEADER);
                }
                Step::Overlong { total } => {
                    let held = total.min(self.buffer.held().len());
                    self.to_skip = total - held;
                    return Some(Err(self.refuse(Refusal::TooLong, held, total)));
                }
                Step::Lost(why) => {
                    self.framing = None;
                    let held = self.buffer.held().len();
                    return Some(Err(self.refuse(why, held, held)));
                }
                Step::Wait => return None,
            }
        }
    }

    /// How the peer frames; `None` before its first octet, and after the stream was lost.
    pub fn framing(&self) -> Option<Framing> {
        self.framing
    }

    /// What has gone through.
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// The peer writes another syntax than agreed on (PER-3).
    pub fn set_syntax(&mut self, syntax: Syntax) {
        self.syntax = syntax;
    }

    /// Throws away what is held of it, of so many octets in all.
    fn refuse(&mut self, why: Refusal, held: usize, total: usize) -> Refusal {
        self.buffer.take(held);
        self.counters.refused += 1;
        self.counters.skipped += total as u64;
        why
    }

    fn step(&mut self) -> Step {
        let held = self.buffer.held();
        let Some(&first) = held.first() else { return Step::Wait };
        let framing =
            *self.framing.get_or_insert(if first == VERSION { Framing::Tpkt } else { Framing::Bare });
        match framing {
            Framing::Tpkt => envelope(held),
            Framing::Bare => match bare::extent(held, self.syntax) {
                Ok(Extent::Whole(length @ ..=MAX_IFP)) => Step::Packet { header: 0, length },
                Ok(Extent::Partial) if held.len() < MAX_IFP => Step::Wait,
                Ok(_) => Step::Lost(Refusal::TooLong),
                Err(why) => Step::Lost(why),
            },
        }
    }
}

/// What the octets held allow.
enum Step {
    Packet { header: usize, length: usize },
    Empty,
    Overlong { total: usize },
    Lost(Refusal),
    Wait,
}

/// Reads one envelope. The reserved octet is not looked at: RFC 1006 gives it no meaning.
fn envelope(held: &[u8]) -> Step {
    match *held {
        [VERSION, _, high, low, ..] => match usize::from(u16::from_be_bytes([high, low])) {
            0..HEADER => Step::Lost(Refusal::Truncated),
            HEADER => Step::Empty,
            total if total > HEADER + MAX_IFP => Step::Overlong { total },
            total if total <= held.len() => Step::Packet { header: HEADER, length: total - HEADER },
            _ => Step::Wait,
        },
        [VERSION, ..] => Step::Wait,
        _ => Step::Lost(Refusal::OtherProtocol),
    }
}

/// Puts an IFP packet into its envelope; the octets written.
///
/// # Errors
/// `Empty` for no packet, `TooLong` for one of more than 65 531 octets, `NoRoom`.
pub fn write(ifp: &[u8], out: &mut [u8]) -> Result<usize, Refusal> {
    let header = header(ifp)?;
    let total = HEADER + ifp.len();
    let (envelope, body) =
        out.get_mut(..total).and_then(|out| out.split_at_mut_checked(HEADER)).ok_or(Refusal::NoRoom)?;
    envelope.copy_from_slice(&header);
    body.copy_from_slice(ifp);
    Ok(total)
}

/// What stands before an IFP packet.
///
/// # Errors
/// `Empty`, `TooLong`, as [`write`].
pub(crate) fn header(ifp: &[u8]) -> Result<[u8; HEADER], Refusal> {
    if ifp.is_empty() {
        return Err(Refusal::Empty);
    }
    let [high, low] = u16::try_from(HEADER + ifp.len()).map_err(|_| Refusal::TooLong)?.to_be_bytes();
    Ok([VERSION, 0, high, low])
}

/// Octets in order of arrival, moved to the front when more come.
#[derive(Clone)]
struct Buffer {
    octets: Box<[u8]>,
    from: usize,
    to: usize,
}

impl Buffer {
    fn new(capacity: usize) -> Self {
        Self { octets: vec![0; capacity].into(), from: 0, to: 0 }
    }

    fn push(&mut self, octets: &[u8]) -> usize {
        self.octets.copy_within(self.from..self.to, 0);
        (self.from, self.to) = (0, self.to - self.from);
        let free = self.octets.get_mut(self.to..).unwrap_or_default();
        let count = free.len().min(octets.len());
        free.iter_mut().zip(octets).for_each(|(to, from)| *to = *from);
        self.to += count;
        count
    }

    fn held(&self) -> &[u8] {
        self.octets.get(self.from..self.to).unwrap_or_default()
    }

    /// Gives up the first `count`, of which there are so many.
    fn take(&mut self, count: usize) -> &[u8] {
        let taken = self.octets.get(self.from..self.from + count).unwrap_or_default();
        self.from += taken.len();
        taken
    }
}

/// Shows the length only: pages are personal data.
impl core::fmt::Debug for Buffer {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "[{}]", self.to - self.from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// T.38 over TCP as an independent dissector shows it.
    #[test]
    fn an_envelope_counts_its_own_header() {
        let mut out = [0; 16];
        assert_eq!(write(&[0x00], &mut out), Ok(5));
        assert_eq!(out[..5], [3, 0, 0, 5, 0]);
        assert_eq!(write(&[0xC0, 1, 8], &mut out), Ok(7));
        assert_eq!(out[..7], [3, 0, 0, 7, 0xC0, 1, 8]);
        assert_eq!(write(&[], &mut out), Err(Refusal::Empty));
        assert_eq!(write(&[0; 13], &mut out), Err(Refusal::NoRoom));
        assert_eq!(write(&vec![0; 65_532], &mut vec![0; 70_000]), Err(Refusal::TooLong));
    }
}
