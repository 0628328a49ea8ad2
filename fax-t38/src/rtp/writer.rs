//! Numbered IFP packets in, RTP packets out: what a [`Reader`](super::Reader) undoes.

use super::red::{self, MAX_BLOCK, MAX_BLOCKS, MAX_OFFSET};
use super::{CLOCK, Content, Format};
use crate::{Refusal, Seq};
use fax_core::Timestamp;
use rtp_types::{RtpPacket, RtpPacketBuilder};

/// Octets of an RTP header without contributors.
pub(crate) const HEADER: usize = RtpPacket::MIN_RTP_PACKET_LEN;

const MICROS_PER_TICK: u64 = 1_000_000 / CLOCK as u64;

/// How many recent stamps are known: no less than can stand beside a newest packet.
const HISTORY: usize = 64;
const _: () = assert!(HISTORY > MAX_BLOCKS);

/// Writes one direction of an RTP stream.
#[derive(Clone, Debug)]
pub struct Writer {
    format: Format,
    ssrc: u32,
    /// RTP number of packet 0.
    first: Seq,
    /// Stamp of the call's beginning.
    base: u32,
    /// Stamp of the last packet; `None` before it.
    last: Option<u32>,
    /// The stamps of recent numbers, each in the place its number gives it.
    stamps: [Option<(Seq, u32)>; HISTORY],
}

impl Writer {
    /// A stream whose packet 0 has the RTP number `first` and whose call begins at the tick `stamp`;
    /// RFC 3550 wants both and the source random.
    pub const fn new(format: Format, ssrc: u32, first: Seq, stamp: u32) -> Self {
        Self { format, ssrc, first, base: stamp, last: None, stamps: [None; HISTORY] }
    }

    /// Writes packet `seq` into `out`, and beside it of the packets before it, newest first, as many as
    /// fit and can be dated: an empty one, one of more than 1023 octets, one older than 2.047 s or one
    /// that was never sent itself ends them. The octets written. A packet that is written again has the
    /// stamp it had. Where the payload is [`Content::Udptl`], the newest is a datagram and has its own.
    ///
    /// # Errors
    /// `Empty` for no octets, `NoRoom` if `out` has no room for the newest alone.
    pub fn write<'s>(
        &mut self,
        now: Timestamp,
        seq: Seq,
        newest: &[u8],
        older: impl Iterator<Item = &'s [u8]> + Clone,
        out: &mut [u8],
    ) -> Result<usize, Refusal> {
        if newest.is_empty() {
            return Err(Refusal::Empty);
        }
        let stamp = self.stamp_of(seq).unwrap_or_else(|| self.stamp_at(now));
        let (header, payload) = out.split_at_mut_checked(HEADER).ok_or(Refusal::NoRoom)?;
        let red = self.format.red.filter(|_| self.format.content == Content::Ifp);
        let length = match red {
            Some(_) => self.redundant(newest, self.blocks(seq, stamp, older), payload)?,
            None => {
                payload.get_mut(..newest.len()).ok_or(Refusal::NoRoom)?.copy_from_slice(newest);
                newest.len()
            }
        };
        RtpPacketBuilder::<&[u8], &[u8]>::new()
            .payload_type(red.unwrap_or(self.format.payload_type))
            .sequence_number(self.first.plus(seq.0).0)
            .timestamp(stamp)
            .ssrc(self.ssrc)
            .write_into(header)
            .map_err(|_| Refusal::NoRoom)?;
        if self.stamp_of(seq).is_none() {
            self.remember(seq, stamp);
        }
        Ok(HEADER + length)
    }

    /// The stamp that a packet of this number was sent with.
    fn stamp_of(&self, seq: Seq) -> Option<u32> {
        let place = self.stamps.get(usize::from(seq.0) % HISTORY)?;
        place.filter(|(known, _)| *known == seq).map(|(_, stamp)| stamp)
    }

    /// A stamp of its own for each packet: blocks are told apart by it.
    fn stamp_at(&self, now: Timestamp) -> u32 {
        let ticks = self.base.wrapping_add((now.micros() / MICROS_PER_TICK) as u32);
        match self.last {
            Some(last) if (ticks.wrapping_sub(last) as i32) < 1 => last.wrapping_add(1),
            _ => ticks,
        }
    }

    fn remember(&mut self, seq: Seq, stamp: u32) {
        if let Some(place) = self.stamps.get_mut(usize::from(seq.0) % HISTORY) {
            *place = Some((seq, stamp));
        }
        self.last = Some(stamp);
    }

    /// The older packets that can be dated, newest first: how many ticks back, and the octets.
    fn blocks<'s>(
        &self,
        seq: Seq,
        stamp: u32,
        older: impl Iterator<Item = &'s [u8]> + Clone,
    ) -> impl Iterator<Item = (u16, &'s [u8])> + Clone {
        (1..=MAX_BLOCKS as u16).zip(older).map_while(move |(back, octets)| {
            let offset = stamp.wrapping_sub(self.stamp_of(seq.minus(back))?);
            let can_be_told = offset <= MAX_OFFSET && (1..=MAX_BLOCK).contains(&octets.len());
            can_be_told.then_some((offset as u16, octets))
        })
    }

    /// Headers oldest first, the newest's header, then the blocks in that order.
    fn redundant<'s>(
        &self,
        newest: &[u8],
        blocks: impl Iterator<Item = (u16, &'s [u8])> + Clone,
        out: &mut [u8],
    ) -> Result<usize, Refusal> {
        let room = out.len().checked_sub(1 + newest.len()).ok_or(Refusal::NoRoom)?;
        let (count, octets) = affordable(blocks.clone(), room);
        let cut = |out: &'_ mut [u8]| -> Option<()> {
            let (headers, rest) = out.split_at_mut_checked(count * red::HEADER)?;
            let (last, rest) = rest.split_first_mut()?;
            let (mut bodies, rest) = rest.split_at_mut_checked(octets)?;
            *last = self.format.payload_type;
            rest.get_mut(..newest.len())?.copy_from_slice(newest);
            for (header, (offset, block)) in headers.rchunks_exact_mut(red::HEADER).zip(blocks) {
                header.copy_from_slice(&red::header(self.format.payload_type, offset, block.len() as u16));
                let before = bodies.len().checked_sub(block.len())?;
                let place;
                (bodies, place) = bodies.split_at_mut_checked(before)?;
                place.copy_from_slice(block);
            }
            Some(())
        };
        cut(out).ok_or(Refusal::NoRoom)?;
        Ok(count * red::HEADER + 1 + octets + newest.len())
    }
}

/// How many of the blocks fit, and their octets together.
fn affordable<'s>(blocks: impl Iterator<Item = (u16, &'s [u8])>, room: usize) -> (usize, usize) {
    let sums = blocks.scan((0, 0), |(count, octets), (_, block)| {
        (*count, *octets) = (*count + 1, *octets + block.len());
        Some((*count, *octets))
    });
    sums.take_while(|(count, octets)| count * red::HEADER + octets <= room).last().unwrap_or_default()
}
