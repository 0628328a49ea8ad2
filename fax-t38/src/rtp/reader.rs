//! RTP packets in, numbered IFP packets out.

use super::red::{MAX_BLOCKS, Red};
use super::{Content, Format, Packet};
use crate::{Refusal, Seq};

/// How many recent stamps are known. More than any sender repeats, and than any network reorders.
const HISTORY: usize = 64;

/// How far the numbers leap where another source begins: far enough for a reorder window to see a
/// new beginning in it (UTL-7), near enough not to be taken for the past.
const LEAP: u16 = 10_000;

/// Reads one direction of an RTP stream.
#[derive(Clone, Debug)]
pub struct Reader {
    format: Format,
    source: Option<Source>,
    /// A packet of another source, which is believed when a second one confirms it.
    rival: Option<(u32, Seq)>,
    counters: Counters,
}

/// What became of packets and blocks that were not handed on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Packets of a source that was not believed.
    pub strangers: u64,
    /// Blocks whose stamp fits no number.
    pub unplaced: u64,
}

/// What an RTP packet carried.
#[allow(clippy::large_enum_variant, reason = "one at a time, never kept")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carried<'a> {
    /// An IFP packet, perhaps with older ones.
    Ifp(Parts<'a>),
    /// A UDPTL datagram.
    Udptl(&'a [u8]),
    /// Another payload of the same stream, audio mostly.
    Other {
        /// Its payload type.
        payload_type: u8,
    },
}

/// What UDPTL would have carried in one datagram.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Parts<'a> {
    /// Number of the newest IFP packet. Other payloads in between are not counted.
    pub seq: Seq,
    /// The newest IFP packet.
    pub primary: &'a [u8],
    older: [&'a [u8]; MAX_BLOCKS],
    depth: usize,
}

impl<'a> Parts<'a> {
    /// The older ones, number `seq` - 1 first; empty where one is not there.
    pub fn secondaries(&self) -> impl ExactSizeIterator<Item = &'a [u8]> + Clone + use<'a> {
        self.older.into_iter().take(self.depth)
    }
}

/// Shows lengths only: pages are personal data.
impl core::fmt::Debug for Parts<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let lengths = self.secondaries().map(<[u8]>::len);
        write!(f, "{} [{}] ", self.seq.0, self.primary.len())?;
        f.debug_list().entries(lengths).finish()
    }
}

impl Reader {
    /// A stream of which nothing has come yet.
    pub fn new(format: Format) -> Self {
        Self { format, source: None, rival: None, counters: Counters::default() }
    }

    /// Reads one packet.
    ///
    /// # Errors
    /// Those of [`Packet::parse`] and [`Red::parse`]; `Empty` if there is no IFP packet in it;
    /// `OtherProtocol` for the first packet of another source.
    pub fn read<'a>(&mut self, octets: &'a [u8]) -> Result<Carried<'a>, Refusal> {
        let packet = Packet::parse(octets)?;
        let (newest, red) = match packet.payload_type {
            red if Some(red) == self.format.red => {
                let red = Red::parse(packet.payload)?;
                (Some(red.primary).filter(|_| red.payload_type == self.format.payload_type), Some(red))
            }
            payload_type => (Some(packet.payload).filter(|_| payload_type == self.format.payload_type), None),
        };
        let Some(newest) = newest else {
            if let Some(source) = self.source.as_mut().filter(|source| source.ssrc == packet.ssrc) {
                source.other(packet.seq);
            }
            return Ok(Carried::Other { payload_type: packet.payload_type });
        };
        if newest.is_empty() {
            return Err(Refusal::Empty);
        }
        if self.format.content == Content::Udptl {
            return Ok(Carried::Udptl(newest));
        }
        let source = believe(&mut self.source, &mut self.rival, &packet).inspect_err(|_| {
            self.counters.strangers += 1;
        })?;
        let mut parts =
            Parts { seq: source.number(packet.seq), primary: newest, older: [&[]; MAX_BLOCKS], depth: 0 };
        let own = self.format.payload_type;
        let blocks = red.iter().flat_map(Red::newest_first).enumerate();
        for (index, block) in
            blocks.filter(|(_, block)| block.payload_type == own && !block.octets.is_empty())
        {
            let stamp = packet.stamp.wrapping_sub(block.offset.into());
            let distance = source.distance(index, parts.seq, stamp, packet.stamp);
            let place = distance.and_then(|distance| {
                let place = usize::from(distance.checked_sub(1)?);
                (place >= parts.depth).then_some(place)
            });
            match place.and_then(|place| Some((place + 1, parts.older.get_mut(place)?))) {
                Some((depth, slot)) => (*slot, parts.depth) = (block.octets, depth),
                None => self.counters.unplaced += 1,
            }
        }
        source.remember(parts.seq, packet.stamp);
        Ok(Carried::Ifp(parts))
    }

    /// What was not handed on.
    pub fn counters(&self) -> &Counters {
        &self.counters
    }
}

/// The source of the packet, if it is the one known, the first, or one that a second packet confirms.
fn believe<'a>(
    known: &'a mut Option<Source>,
    rival: &mut Option<(u32, Seq)>,
    packet: &Packet<'_>,
) -> Result<&'a mut Source, Refusal> {
    let first = match known {
        Some(source) if source.ssrc == packet.ssrc => {
            *rival = None;
            None
        }
        None => Some(packet.seq),
        Some(source) => {
            let confirmed = *rival == Some((packet.ssrc, packet.seq.minus(1)));
            *rival = Some((packet.ssrc, packet.seq)).filter(|_| !confirmed);
            if !confirmed {
                return Err(Refusal::OtherProtocol);
            }
            Some(source.number(source.newest).plus(LEAP))
        }
    };
    if let Some(number) = first {
        *known = Some(Source::new(packet.ssrc, packet.seq, number));
    }
    known.as_mut().ok_or(Refusal::OtherProtocol)
}

/// One sender, as its packets show it.
#[derive(Clone, Debug)]
struct Source {
    ssrc: u32,
    /// Newest RTP number that carried an IFP packet.
    newest: Seq,
    /// Newest RTP number after that with another payload.
    other: Option<Seq>,
    /// RTP number less IFP number: both run at one pace but for other payloads.
    shift: u16,
    /// The stamps of recent numbers, each in the place its number gives it.
    stamps: [Option<(Seq, u32)>; HISTORY],
    /// How far back each block of a packet reaches, as the stamps have shown it.
    distances: [u16; MAX_BLOCKS],
}

impl Source {
    fn new(ssrc: u32, seq: Seq, number: Seq) -> Self {
        Self {
            ssrc,
            newest: seq,
            other: None,
            shift: seq.0.wrapping_sub(number.0),
            stamps: [None; HISTORY],
            distances: core::array::from_fn(|index| index as u16 + 1),
        }
    }

    /// Notes a packet with another payload. One that comes late says nothing.
    fn other(&mut self, seq: Seq) {
        if seq.ahead_of(self.other.unwrap_or(self.newest)) > 0 {
            self.other = Some(seq);
        }
    }

    /// The IFP number of an RTP number. Packets missing behind other payloads may have been IFP packets;
    /// what was missing before them is taken for other payloads.
    fn number(&mut self, seq: Seq) -> Seq {
        if let Some(other) = self.other.filter(|other| seq.ahead_of(*other) > 0) {
            self.shift = self.shift.wrapping_add(other.0.wrapping_sub(self.newest.0));
            self.other = None;
        }
        if seq.ahead_of(self.newest) > 0 {
            self.newest = seq;
        }
        seq.minus(self.shift)
    }

    /// How far the block lies behind `seq`: as its stamp says if that is known, else as the blocks in this
    /// place did before; `None` if a stamp that is known contradicts.
    fn distance(&mut self, index: usize, seq: Seq, stamp: u32, newest: u32) -> Option<u16> {
        let usual = self.distances.get_mut(index)?;
        let known = self.stamps.iter().flatten().find(|(_, known)| *known == stamp);
        if let Some((number, _)) = known.filter(|(number, _)| seq.ahead_of(*number) > 0) {
            *usual = seq.0.wrapping_sub(number.0);
            return Some(*usual);
        }
        let place = seq.minus(*usual);
        let taken = self.stamps.iter().flatten().any(|(number, _)| *number == place);
        (!taken && stamp != newest).then_some(*usual)
    }

    fn remember(&mut self, number: Seq, stamp: u32) {
        if let Some(slot) = self.stamps.get_mut(usize::from(number.0) % HISTORY) {
            *slot = Some((number, stamp));
        }
    }
}
