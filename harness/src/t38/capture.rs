//! The packets of a capture file, classic pcap or pcapng.
//!
//! From: draft-ietf-opsawg-pcap, draft-ietf-opsawg-pcapng. `pcap-file` cuts the file into blocks; their
//! bodies are read here, as its own reading takes every time stamp for nanoseconds and gives up an
//! interface for one odd option.
//! Always: a broken block costs itself and is counted; a broken length ends the reading and is counted.

use byteorder_slice::{BigEndian, LittleEndian};
use pcap_file::pcap::PcapParser;
use pcap_file::pcapng::RawBlock;
use pcap_file::pcapng::blocks::{
    ENHANCED_PACKET_BLOCK, INTERFACE_DESCRIPTION_BLOCK, PACKET_BLOCK, SECTION_HEADER_BLOCK,
    SIMPLE_PACKET_BLOCK,
};
use pcap_file::{DataLink, PcapError, TsResolution};
use std::borrow::Cow;

/// What a file held.
#[derive(Debug, Default)]
pub struct Capture<'a> {
    /// Packets in order of time.
    pub packets: Vec<Captured<'a>>,
    /// Blocks and packets that contradict themselves.
    pub broken: usize,
    /// Octets at the end of the file that were not read, as a length before them lies or they were cut off.
    pub unread: usize,
}

/// One packet as it was captured.
#[derive(Clone, Copy, Debug)]
pub struct Captured<'a> {
    /// Nanoseconds since 1970; 0 where the file does not say.
    pub at: u64,
    /// What kind of header comes first.
    pub link: DataLink,
    /// What was kept of it.
    pub octets: &'a [u8],
    /// It was longer than that.
    pub is_cut: bool,
}

/// The file is no capture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotACapture {
    /// Nothing in it.
    #[error("the file is empty")]
    Empty,
    /// Packed by gzip.
    #[error("the capture is packed; unpack it first (gunzip)")]
    Packed,
    /// Anything else.
    #[error("neither pcap nor pcapng: the first octets are those of no capture")]
    Unknown,
    /// A header that ends early or contradicts itself.
    #[error("the capture's own header is broken or cut short")]
    Header,
}

impl<'a> Capture<'a> {
    /// Reads a whole file.
    ///
    /// # Errors
    /// If the file is no capture; what is broken behind a sound header is counted instead.
    pub fn read(file: &'a [u8]) -> Result<Self, NotACapture> {
        let mut capture = match *file {
            [] => return Err(NotACapture::Empty),
            [0x1F, 0x8B, ..] => return Err(NotACapture::Packed),
            [0x0A, 0x0D, 0x0D, 0x0A, ..] => Self::pcapng(file)?,
            [0xA1, 0xB2, 0xC3, 0xD4, ..]
            | [0xD4, 0xC3, 0xB2, 0xA1, ..]
            | [0xA1, 0xB2, 0x3C, 0x4D, ..]
            | [0x4D, 0x3C, 0xB2, 0xA1, ..] => Self::classic(file)?,
            _ => return Err(NotACapture::Unknown),
        };
        capture.packets.sort_by_key(|packet| packet.at);
        Ok(capture)
    }

    fn classic(file: &'a [u8]) -> Result<Self, NotACapture> {
        let (mut rest, parser) = PcapParser::new(file).map_err(|_| NotACapture::Header)?;
        let header = parser.header();
        let nanos = match header.ts_resolution {
            TsResolution::MicroSecond => 1000,
            TsResolution::NanoSecond => 1,
        };
        let mut capture = Self::default();
        while let Ok((after, packet)) = parser.next_raw_packet(rest) {
            rest = after;
            let Cow::Borrowed(octets) = packet.data else { continue };
            capture.packets.push(Captured {
                at: u64::from(packet.ts_sec) * 1_000_000_000 + u64::from(packet.ts_frac) * nanos,
                link: header.datalink,
                octets,
                is_cut: packet.orig_len > packet.incl_len,
            });
        }
        capture.unread = rest.len();
        Ok(capture)
    }

    fn pcapng(file: &'a [u8]) -> Result<Self, NotACapture> {
        let (mut capture, mut section) = (Self::default(), Section::default());
        let mut rest = file;
        while !rest.is_empty() {
            match section.order.block(rest) {
                Ok((after, block)) => {
                    rest = after;
                    let Cow::Borrowed(body) = block.body else { continue };
                    match section.take(block.type_, body) {
                        Some(Some(packet)) => capture.packets.push(packet),
                        Some(None) => {}
                        None => capture.broken += 1,
                    }
                }
                Err(_)
                    if capture.packets.is_empty()
                        && section.interfaces.is_empty()
                        && rest.len() == file.len() =>
                {
                    return Err(NotACapture::Header);
                }
                // A block with a sound length is stepped over, whatever is wrong with it.
                Err(error) => {
                    match section.order.length(rest).filter(|_| !matches!(error, PcapError::IncompleteBuffer))
                    {
                        Some(after) => (rest, capture.broken) = (after, capture.broken + 1),
                        None => break,
                    }
                }
            }
        }
        capture.unread = rest.len();
        Ok(capture)
    }
}

/// What holds from one section header of pcapng to the next.
#[derive(Debug, Default)]
struct Section {
    order: Order,
    interfaces: Vec<Interface>,
}

#[derive(Clone, Copy, Debug)]
struct Interface {
    link: DataLink,
    snap: u32,
    /// Ticks of its clock in a second.
    ticks: u64,
}

/// The order of octets in a section.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Order {
    #[default]
    Big,
    Little,
}

impl Section {
    /// Takes a block: a packet if it is one; `None` if the block is broken.
    fn take<'a>(&mut self, kind: u32, body: &'a [u8]) -> Option<Option<Captured<'a>>> {
        let mut body = Body { order: self.order, rest: body };
        match kind {
            SECTION_HEADER_BLOCK => {
                let order = match *body.rest.first_chunk()? {
                    [0x1A, 0x2B, 0x3C, 0x4D] => Order::Big,
                    [0x4D, 0x3C, 0x2B, 0x1A] => Order::Little,
                    _ => return None,
                };
                *self = Self { order, interfaces: Vec::new() };
                Some(None)
            }
            INTERFACE_DESCRIPTION_BLOCK => {
                // Even of a broken one the place counts: packets name it.
                self.interfaces.push(Interface { link: DataLink::Unknown(u32::MAX), snap: 0, ticks: 1 });
                let (link, _, snap) = (body.u16()?, body.u16()?, body.u32()?);
                let ticks = body.ticks();
                *self.interfaces.last_mut()? = Interface { link: u32::from(link).into(), snap, ticks };
                Some(None)
            }
            ENHANCED_PACKET_BLOCK => {
                let interface = *self.interfaces.get(body.u32()? as usize)?;
                body.packet(interface).map(Some)
            }
            PACKET_BLOCK => {
                let interface = *self.interfaces.get(usize::from(body.u16()?))?;
                body.u16()?; // how many were dropped before it
                body.packet(interface).map(Some)
            }
            SIMPLE_PACKET_BLOCK => {
                let interface = *self.interfaces.first()?;
                let length = body.u32()?;
                let kept = if interface.snap == 0 { length } else { length.min(interface.snap) };
                let octets = body.rest.get(..kept as usize)?;
                Some(Some(Captured { at: 0, link: interface.link, octets, is_cut: kept < length }))
            }
            _ => Some(None),
        }
    }
}

impl Order {
    fn block<'a>(self, rest: &'a [u8]) -> Result<(&'a [u8], RawBlock<'a>), PcapError> {
        match self {
            Self::Big => RawBlock::from_slice::<BigEndian>(rest),
            Self::Little => RawBlock::from_slice::<LittleEndian>(rest),
        }
    }

    /// What follows the block at the front, if its length can be true.
    fn length(self, rest: &[u8]) -> Option<&[u8]> {
        let mut head = Body { order: self, rest: rest.get(4..)? };
        let length = usize::try_from(head.u32()?).ok()?;
        (length >= 12 && length.is_multiple_of(4)).then(|| rest.get(length..)).flatten()
    }
}

/// A cursor over a block's body that cannot run past its end.
struct Body<'a> {
    order: Order,
    rest: &'a [u8],
}

impl<'a> Body<'a> {
    fn u16(&mut self) -> Option<u16> {
        let (octets, rest) = self.rest.split_first_chunk()?;
        self.rest = rest;
        Some(match self.order {
            Order::Big => u16::from_be_bytes(*octets),
            Order::Little => u16::from_le_bytes(*octets),
        })
    }

    fn u32(&mut self) -> Option<u32> {
        let (octets, rest) = self.rest.split_first_chunk()?;
        self.rest = rest;
        Some(match self.order {
            Order::Big => u32::from_be_bytes(*octets),
            Order::Little => u32::from_le_bytes(*octets),
        })
    }

    fn packet(&mut self, interface: Interface) -> Option<Captured<'a>> {
        let (high, low) = (self.u32()?, self.u32()?);
        let (kept, length) = (self.u32()?, self.u32()?);
        let ticks = u64::from(high) << 32 | u64::from(low);
        let nanos = u128::from(ticks) * 1_000_000_000 / u128::from(interface.ticks);
        Some(Captured {
            at: u64::try_from(nanos).unwrap_or(u64::MAX),
            link: interface.link,
            octets: self.rest.get(..kept as usize)?,
            is_cut: kept < length,
        })
    }

    /// `if_tsresol` among an interface's options, as ticks a second; a million if it says nothing.
    fn ticks(&mut self) -> u64 {
        const IF_TSRESOL: u16 = 9;
        const MICROS: u64 = 1_000_000;
        while let (Some(code), Some(length)) = (self.u16(), self.u16()) {
            let Some((value, rest)) = self.rest.split_at_checked(usize::from(length).next_multiple_of(4))
            else {
                break;
            };
            self.rest = rest;
            match (code, value.first()) {
                (0, _) => break,
                (IF_TSRESOL, Some(&power @ 0..0x80)) => {
                    return 10_u64.checked_pow(power.into()).unwrap_or(MICROS);
                }
                (IF_TSRESOL, Some(&power)) => {
                    return 2_u64.checked_pow((power & 0x7F).into()).unwrap_or(MICROS);
                }
                _ => {}
            }
        }
        MICROS
    }
}
