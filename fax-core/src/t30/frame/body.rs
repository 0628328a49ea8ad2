//! What the information field of a frame says.

use super::{ADDRESS, LAST, MORE, Refusal, Station};
use crate::private::Private;
use crate::signal::{Opening, Training};
use crate::t30::fcf::Fcf;
use crate::t30::fields::{Dcs, Dis, opening};
use crate::t30::ident::{Ident, IdentKind};

/// A frame by its meaning. A session matches on this; [`Body::write`] makes the octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body<'a> {
    /// What a station can do.
    Dis(Dis),
    /// What a polling station can receive.
    Dtc(Dis),
    /// What will be used.
    Dcs(Dcs),
    /// A field of twenty characters.
    Ident(Ident),
    /// NSF, NSC or NSS.
    NonStandard(Fcf, NonStandard<'a>),
    /// Rate of the next retransmission.
    Ctc(Ctc),
    /// End of a partial page.
    Pps(Pps),
    /// End of retransmission: the page goes on with what is bad in it.
    Eor(PostPage),
    /// Frames to send again.
    Ppr(Ppr),
    /// A piece of an ECM page.
    Fcd(Fcd<'a>),
    /// A frame that has no information field. Octets that stand there all the same are ignored.
    Plain(Fcf),
    /// A frame whose field has no type here (internet addresses, FNV, security) or that is unknown.
    Opaque(Fcf, Private<&'a [u8]>),
}

/// What follows the page that ends: a post-message command, alone or as second control field of PPS
/// and EOR.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PostPage {
    /// The same page goes on with another block (only in PPS and EOR).
    Null,
    /// Another page with the same parameters.
    Mps,
    /// Another page after a new phase B.
    Eom,
    /// Nothing.
    Eop,
    /// Another selection.
    Eos,
    /// MPS, and somebody wants to speak.
    PriMps,
    /// EOM, and somebody wants to speak.
    PriEom,
    /// EOP, and somebody wants to speak.
    PriEop,
}

/// End of a partial page (T.4 A.3.6). Numbers count from 0 and go round at 256.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pps {
    /// What follows.
    pub then: PostPage,
    /// Page of the call, also across EOM.
    pub page: u8,
    /// Block of the page.
    pub block: u8,
    /// Frames less one: of the block, or of this burst after a PPR; stations differ.
    pub last_frame: u8,
}

/// Which of 256 frames to send again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ppr {
    map: [u8; Ppr::OCTETS],
}

/// The rate a sender goes on with, as bits 1 to 16 of a DCS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ctc {
    octets: [u8; 2],
}

/// A piece of an ECM page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fcd<'a> {
    /// Place in its block.
    pub number: u8,
    /// 256 or 64 octets; the last frame of a page may be shorter.
    pub data: Private<&'a [u8]>,
}

/// A proprietary field: a country, a maker, and what only they know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NonStandard<'a> {
    octets: Private<&'a [u8]>,
}

impl<'a> Body<'a> {
    /// Reads the information field of a frame. Octets behind a field of fixed length are ignored.
    pub(super) fn parse(fcf: Fcf, field: &'a [u8]) -> Result<Self, Refusal> {
        let length = Refusal::Length(fcf);
        Ok(match fcf {
            Fcf::Dis => Self::Dis(Dis::from_octets(field).ok_or(length)?),
            Fcf::Dtc => Self::Dtc(Dis::from_octets(field).ok_or(length)?),
            Fcf::Dcs => Self::Dcs(Dcs::from_octets(field).ok_or(length)?),
            Fcf::Nsf | Fcf::Nsc | Fcf::Nss => {
                Self::NonStandard(fcf, NonStandard { octets: Private::new(field) })
            }
            Fcf::Ctc => Self::Ctc(Ctc { octets: *field.first_chunk().ok_or(length)? }),
            Fcf::Pps => {
                let [second, page, block, last] = *field.first_chunk().ok_or(length)?;
                let [page, block, last_frame] = [page, block, last].map(u8::reverse_bits);
                Self::Pps(Pps { then: PostPage::second(second)?, page, block, last_frame })
            }
            Fcf::Eor => Self::Eor(PostPage::second(*field.first().ok_or(length)?)?),
            Fcf::Ppr => Self::Ppr(Ppr { map: *field.first_chunk().ok_or(length)? }),
            Fcf::Fcd => match field {
                [number, data @ ..] if (1..=Fcd::MAX_DATA).contains(&data.len()) => {
                    Self::Fcd(Fcd { number: number.reverse_bits(), data: Private::new(data) })
                }
                _ => return Err(length),
            },
            _ => match IdentKind::of(fcf) {
                Some(kind) => Self::Ident(Ident::from_octets(kind, field).ok_or(length)?),
                None if has_field(fcf) => Self::Opaque(fcf, Private::new(field)),
                None => Self::Plain(fcf),
            },
        })
    }

    /// Which frame carries it.
    pub fn fcf(&self) -> Fcf {
        match self {
            Self::Dis(_) => Fcf::Dis,
            Self::Dtc(_) => Fcf::Dtc,
            Self::Dcs(_) => Fcf::Dcs,
            Self::Ident(ident) => ident.kind.fcf(),
            Self::Ctc(_) => Fcf::Ctc,
            Self::Pps(_) => Fcf::Pps,
            Self::Eor(_) => Fcf::Eor,
            Self::Ppr(_) => Fcf::Ppr,
            Self::Fcd(_) => Fcf::Fcd,
            Self::NonStandard(fcf, _) | Self::Plain(fcf) | Self::Opaque(fcf, _) => *fcf,
        }
    }

    /// Writes the whole frame without FCS, as `station` says it. Returns its length. Optional frames and
    /// frames of a fast modem are marked as having more behind them, all others as the last.
    pub fn write(&self, station: Station, out: &mut [u8]) -> Result<usize, Refusal> {
        let fcf = self.fcf();
        let control = if fcf.is_optional() { MORE } else { LAST };
        let header = [ADDRESS, control, fcf.octet(station.x())];
        let mut parts = Parts { out, written: 0 };
        parts.put(&header)?;
        match self {
            Self::Dis(dis) | Self::Dtc(dis) => parts.put(dis.octets()),
            Self::Dcs(dcs) => parts.put(dcs.octets()),
            Self::Ident(ident) => parts.put(ident.octets().reveal()),
            Self::NonStandard(_, field) => parts.put(field.octets.reveal()),
            Self::Ctc(ctc) => parts.put(&ctc.octets),
            Self::Pps(pps) => {
                let numbers = [pps.page, pps.block, pps.last_frame].map(u8::reverse_bits);
                parts.put(&[pps.then.octet(station.x())])?;
                parts.put(&numbers)
            }
            Self::Eor(then) => parts.put(&[then.octet(station.x())]),
            Self::Ppr(ppr) => parts.put(&ppr.map),
            Self::Fcd(fcd) => {
                parts.put(&[fcd.number.reverse_bits()])?;
                parts.put(fcd.data.reveal())
            }
            Self::Plain(_) => Ok(()),
            Self::Opaque(_, field) => parts.put(field.reveal()),
        }?;
        Ok(parts.written)
    }
}

/// Frames whose information field is passed on as it is.
fn has_field(fcf: Fcf) -> bool {
    let internet = matches!(fcf, Fcf::Tsa | Fcf::Ira | Fcf::Cia | Fcf::Isp | Fcf::Csa);
    let security = matches!(fcf, Fcf::Des | Fcf::Dec | Fcf::Der | Fcf::Tk | Fcf::Spi);
    internet || security || matches!(fcf, Fcf::Fnv | Fcf::Fdm | Fcf::Ccd | Fcf::Unknown(_))
}

/// Appends to a caller's buffer.
struct Parts<'o> {
    out: &'o mut [u8],
    written: usize,
}

impl Parts<'_> {
    fn put(&mut self, octets: &[u8]) -> Result<(), Refusal> {
        let end = self.written.saturating_add(octets.len());
        let room = self.out.get_mut(self.written..end).ok_or(Refusal::NoRoom)?;
        room.copy_from_slice(octets);
        self.written = end;
        Ok(())
    }
}

impl PostPage {
    /// The command as a frame of its own; `None` for `Null`.
    pub const fn fcf(self) -> Option<Fcf> {
        match self {
            Self::Null => None,
            Self::Mps => Some(Fcf::Mps),
            Self::Eom => Some(Fcf::Eom),
            Self::Eop => Some(Fcf::Eop),
            Self::Eos => Some(Fcf::Eos),
            Self::PriMps => Some(Fcf::PriMps),
            Self::PriEom => Some(Fcf::PriEom),
            Self::PriEop => Some(Fcf::PriEop),
        }
    }

    /// What a post-message command says; `None` for other frames.
    pub const fn of(fcf: Fcf) -> Option<Self> {
        match fcf {
            Fcf::Mps => Some(Self::Mps),
            Fcf::Eom => Some(Self::Eom),
            Fcf::Eop => Some(Self::Eop),
            Fcf::Eos => Some(Self::Eos),
            Fcf::PriMps => Some(Self::PriMps),
            Fcf::PriEom => Some(Self::PriEom),
            Fcf::PriEop => Some(Self::PriEop),
            _ => None,
        }
    }

    /// The same without the wish to speak: what it means when no operator is there (T30-6).
    #[must_use]
    pub const fn without_interrupt(self) -> Self {
        match self {
            Self::PriMps => Self::Mps,
            Self::PriEom => Self::Eom,
            Self::PriEop => Self::Eop,
            other => other,
        }
    }

    /// The same with the wish to speak, where there is such a command.
    #[must_use]
    pub const fn with_interrupt(self) -> Self {
        match self {
            Self::Mps => Self::PriMps,
            Self::Eom => Self::PriEom,
            Self::Eop => Self::PriEop,
            other => other,
        }
    }

    fn second(octet: u8) -> Result<Self, Refusal> {
        match octet {
            0 => Ok(Self::Null),
            other => Self::of(Fcf::from_octet(other)).ok_or(Refusal::SecondField(other)),
        }
    }

    fn octet(self, x: bool) -> u8 {
        self.fcf().map_or(0, |fcf| fcf.octet(x))
    }
}

impl Pps {
    /// Frames announced: 1 to 256.
    pub fn frames(&self) -> u16 {
        u16::from(self.last_frame) + 1
    }
}

impl Ppr {
    const OCTETS: usize = 32;

    /// Asks for the frames that `wanted` names.
    pub fn new(wanted: impl Fn(u8) -> bool) -> Self {
        let mut map = [0; Self::OCTETS];
        for (place, octet) in (0_u8..).zip(map.iter_mut()) {
            for bit in 0..8 {
                *octet |= u8::from(wanted(place * 8 + bit)) << (7 - bit);
            }
        }
        Self { map }
    }

    /// Whether this frame is asked for. The first bit on the line is frame 0.
    pub fn asks_for(&self, frame: u8) -> bool {
        self.map.get(usize::from(frame / 8)).is_some_and(|octet| octet << (frame % 8) & 0x80 != 0)
    }

    /// Frames asked for, 0 to 256; receivers also set the bits behind the last frame of a block.
    pub fn count(&self) -> u32 {
        self.map.iter().map(|octet| octet.count_ones()).sum()
    }
}

impl Ctc {
    /// For a rate; `None` for V.21.
    pub fn new(rate: Opening) -> Option<Self> {
        Some(Self { octets: [0, opening::code(rate)?] })
    }

    /// The modem and its rate; `None` if the code is none that is in use. What follows CTR is trained
    /// long (IFP-15).
    pub fn opening(&self) -> Option<Opening> {
        opening::of_code(self.octets[1], Training::Long)
    }
}

impl Fcd<'_> {
    /// Octets of data in the longer of the two frame sizes.
    pub const MAX_DATA: usize = 256;
}

impl<'a> NonStandard<'a> {
    /// A field to be sent.
    pub fn new(octets: &'a [u8]) -> Self {
        Self { octets: Private::new(octets) }
    }

    /// The field as it came: it may hold the name of a station.
    pub fn octets(&self) -> Private<&'a [u8]> {
        self.octets
    }

    /// The country by T.35, in its notation (B5 is the United States): least significant bit first on
    /// the line. Many stations send it the other way round; then `country().reverse_bits()` is it.
    pub fn country(&self) -> Option<u8> {
        self.octets.reveal().first().map(|octet| octet.reverse_bits())
    }

    /// The two octets behind the country, in the same notation: the maker in most countries.
    pub fn maker(&self) -> Option<[u8; 2]> {
        self.octets.reveal().get(1..)?.first_chunk().map(|maker| maker.map(u8::reverse_bits))
    }
}
