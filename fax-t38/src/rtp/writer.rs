//! IFP packets in, RTP packets out.

use super::red::{self, MAX_BLOCK, MAX_BLOCKS, MAX_OFFSET};
use super::{CLOCK, Content, Format};
use crate::{Refusal, Seq};
use fax_core::Timestamp;
use rtp_types::{RtpPacket, RtpPacketBuilder};

/// Octets of an RTP header without contributors.
const HEADER: usize = RtpPacket::MIN_RTP_PACKET_LEN;

const MICROS_PER_TICK: u64 = 1_000_000 / CLOCK as u64;

/// Writes one direction of an RTP stream.
#[derive(Debug)]
pub struct Writer {
    format: Format,
    ssrc: u32,
    /// Number of the next packet.
    seq: Seq,
    /// Stamp of the call's beginning.
    base: u32,
    /// Stamp of the last packet; `None` before it.
    last: Option<u32>,
    /// The last IFP packets, number n in place n modulo their count.
    sent: [Sent; MAX_BLOCKS],
}

/// An IFP packet that may be sent again; empty if it may not.
struct Sent {
    stamp: u32,
    octets: Vec<u8>,
}

/// Shows the length only: pages are personal data.
impl core::fmt::Debug for Sent {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{} [{}]", self.stamp, self.octets.len())
    }
}

impl Writer {
    /// A stream that begins with these numbers; RFC 3550 wants all three random.
    pub fn new(format: Format, ssrc: u32, first: Seq, stamp: u32) -> Self {
        let sent = core::array::from_fn(|_| Sent { stamp: 0, octets: Vec::with_capacity(MAX_BLOCK) });
        Self { format, ssrc, seq: first, base: stamp, last: None, sent }
    }

    /// Writes the next packet into `out`, with up to `depth` older IFP packets beside this one, as many
    /// as fit into `out`, are no older than 2.047 s and follow each other without a hole; the octets
    /// written. Where the payload is [`Content::Udptl`], `ifp` is a datagram and has its own.
    ///
    /// # Errors
    /// `Empty` for no octets, `NoRoom` if `out` has no room for the newest alone.
    pub fn write(
        &mut self,
        now: Timestamp,
        ifp: &[u8],
        depth: usize,
        out: &mut [u8],
    ) -> Result<usize, Refusal> {
        if ifp.is_empty() {
            return Err(Refusal::Empty);
        }
        let stamp = self.stamp(now);
        let (header, payload) = out.split_at_mut_checked(HEADER).ok_or(Refusal::NoRoom)?;
        let payload_type = self.format.red.filter(|_| self.format.content == Content::Ifp);
        let length = match payload_type {
            Some(_) => self.redundant(stamp, ifp, depth, payload)?,
            None => {
                payload.get_mut(..ifp.len()).ok_or(Refusal::NoRoom)?.copy_from_slice(ifp);
                ifp.len()
            }
        };
        RtpPacketBuilder::<&[u8], &[u8]>::new()
            .payload_type(payload_type.unwrap_or(self.format.payload_type))
            .sequence_number(self.seq.0)
            .timestamp(stamp)
            .ssrc(self.ssrc)
            .write_into(header)
            .map_err(|_| Refusal::NoRoom)?;
        self.remember(stamp, ifp);
        Ok(HEADER + length)
    }

    /// A stamp of its own for each packet: blocks are told apart by it.
    fn stamp(&self, now: Timestamp) -> u32 {
        let ticks = self.base.wrapping_add((now.micros() / MICROS_PER_TICK) as u32);
        match self.last {
            Some(last) if (ticks.wrapping_sub(last) as i32) < 1 => last.wrapping_add(1),
            _ => ticks,
        }
    }

    /// Headers oldest first, the newest's header, then the blocks in that order.
    fn redundant(&self, stamp: u32, ifp: &[u8], depth: usize, out: &mut [u8]) -> Result<usize, Refusal> {
        let room = out.len().checked_sub(1 + ifp.len()).ok_or(Refusal::NoRoom)?;
        let (count, blocks) = self.affordable(stamp, depth, room);
        let total = count * red::HEADER + 1 + blocks + ifp.len();
        let (headers, rest) = out.split_at_mut_checked(count * red::HEADER).ok_or(Refusal::NoRoom)?;
        let (last, mut bodies) = rest.split_first_mut().ok_or(Refusal::NoRoom)?;
        *last = self.format.payload_type;
        for (header, back) in headers.chunks_exact_mut(red::HEADER).zip((1..=count).rev()) {
            let Some(sent) = self.back(back) else { continue };
            let offset = stamp.wrapping_sub(sent.stamp) as u16;
            let length = sent.octets.len();
            header.copy_from_slice(&red::header(self.format.payload_type, offset, length as u16));
            bodies.get_mut(..length).ok_or(Refusal::NoRoom)?.copy_from_slice(&sent.octets);
            bodies = bodies.get_mut(length..).unwrap_or_default();
        }
        bodies.get_mut(..ifp.len()).ok_or(Refusal::NoRoom)?.copy_from_slice(ifp);
        Ok(total)
    }

    /// How many of the last IFP packets can be repeated, and their octets together.
    fn affordable(&self, stamp: u32, depth: usize, room: usize) -> (usize, usize) {
        let fits = |(count, octets): (usize, usize)| count * red::HEADER + octets <= room;
        let candidates = (1..=depth.min(MAX_BLOCKS)).map_while(|back| {
            let sent = self.back(back)?;
            (stamp.wrapping_sub(sent.stamp) <= MAX_OFFSET).then_some(sent.octets.len())
        });
        let sums = candidates.scan((0, 0), |(count, octets), length| {
            (*count, *octets) = (*count + 1, *octets + length);
            Some((*count, *octets))
        });
        sums.take_while(|sum| fits(*sum)).last().unwrap_or_default()
    }

    /// The IFP packet so many before the next, if it may be repeated.
    fn back(&self, count: usize) -> Option<&Sent> {
        let place = usize::from(self.seq.minus(count as u16).0) % MAX_BLOCKS;
        self.sent.get(place).filter(|sent| !sent.octets.is_empty())
    }

    fn remember(&mut self, stamp: u32, ifp: &[u8]) {
        if let Some(slot) = self.sent.get_mut(usize::from(self.seq.0) % MAX_BLOCKS) {
            slot.stamp = stamp;
            slot.octets.clear();
            slot.octets.extend_from_slice(Some(ifp).filter(|ifp| ifp.len() <= MAX_BLOCK).unwrap_or_default());
        }
        self.last = Some(stamp);
        self.seq = self.seq.next();
    }
}
