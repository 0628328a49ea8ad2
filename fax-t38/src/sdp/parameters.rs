//! What an end says about its T.38: the attributes of T.38 annex D as values.
//!
//! From: RFC 4612, RFC 5347, 3GPP TS 29.163 K.2; names as in the Recommendation. The table of T.38 D.2.3 itself
//! was not read: what is negotiated and what is declared follows from use.

use core::fmt;
use core::ops::{BitAnd, BitOr};

use fax_core::BitRate;

use crate::Version;

/// The T.38 attributes of one media line. Where an attribute has a default that everybody knows, the default
/// stands for "absent"; where what is meant by its absence depends on something else, it is an `Option`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct T38Parameters {
    /// `T38FaxVersion`, absent 0. Negotiated: the answer may be lower than the offer.
    pub version: Version,
    /// `T38MaxBitRate`, the highest rate of the fax modems this end supports, 2400..=33 600 bit/s; absent
    /// 14 400 (SDP-9). Declared.
    pub max_bit_rate: BitRate,
    /// `T38FaxFillBitRemoval`, `T38FaxTranscodingMMR`, `T38FaxTranscodingJBIG`. Negotiated: used if both have it.
    pub options: Options,
    /// How those three were written, and are to be.
    pub booleans: Booleans,
    /// `T38FaxRateManagement`; what absent means depends on the carrier (SDP-10). Negotiated.
    pub rate_management: Option<RateManagement>,
    /// `T38FaxMaxBuffer` in octets: what can wait at this end. Declared; nobody heeds it (SDP-6).
    pub max_buffer: Option<u32>,
    /// `T38FaxMaxDatagram`: the largest UDPTL datagram or RTP payload this end takes, in octets, if it does not
    /// mean the largest IFP (SDP-4). Declared.
    pub max_datagram: Option<u16>,
    /// `T38FaxMaxIFP`: the largest IFP this end takes, in octets. Declared, version 4 (SDP-22).
    pub max_ifp: Option<u16>,
    /// `T38FaxUdpEC`, which may be given more than once (SDP-7). Negotiated.
    pub corrections: Corrections,
    /// `T38FaxUdpECDepth`: how many secondaries this end wants. Declared, version 4.
    pub depth: Option<Depth>,
    /// `T38FaxUdpFECMaxSpan`: the largest `fec-npackets` this end takes. Declared, version 4.
    pub fec_max_span: Option<u8>,
    /// `T38ModemType`; absent means G3 only, or V.34 if version and rate speak of it. Declared, version 4.
    pub modem_type: Option<ModemType>,
    /// `T38VendorInfo`. Declared, says nothing about the protocol.
    pub vendor_info: Option<VendorInfo>,
}

impl T38Parameters {
    /// What a line without any attribute says (SDP-22).
    pub const BARE: Self = Self {
        version: Version::V0,
        max_bit_rate: MAX_G3_RATE,
        options: Options::NONE,
        booleans: Booleans::Bare,
        rate_management: None,
        max_buffer: None,
        max_datagram: None,
        max_ifp: None,
        corrections: Corrections::Unsaid,
        depth: None,
        fec_max_span: None,
        modem_type: None,
        vendor_info: None,
    };

    /// Whether V.34 is spoken of: from version 3 on, by a rate that G3 does not have (SDP-9).
    pub fn speaks_v34(&self) -> bool {
        self.version.knows_v34()
            && self.max_bit_rate > MAX_G3_RATE
            && self.modem_type != Some(ModemType::G3FaxOnly)
    }

    /// These, without what a peer of that version does not know (SDP-22).
    #[must_use]
    pub fn as_of(self, version: Version) -> Self {
        let mut these = Self { version, ..self };
        if !version.knows_v34() {
            these.max_bit_rate = these.max_bit_rate.min(MAX_G3_RATE);
        }
        if version < Version::V4 {
            these.max_ifp = None;
            these.depth = None;
            these.fec_max_span = None;
            these.modem_type = None;
        }
        these
    }
}

/// The highest rate of a fax without V.34.
pub const MAX_G3_RATE: BitRate = BitRate(14_400);

impl Default for T38Parameters {
    fn default() -> Self {
        Self::BARE
    }
}

/// A set of what a gateway may do to a page on its way. Only what both ends have is done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Options(u8);

impl Options {
    /// Nothing.
    pub const NONE: Self = Self(0);
    /// Fill bits of pages without ECM may be left out and put in again.
    pub const FILL_BIT_REMOVAL: Self = Self(1);
    /// Pages may cross the network as MMR.
    pub const TRANSCODING_MMR: Self = Self(2);
    /// Pages may cross the network as JBIG.
    pub const TRANSCODING_JBIG: Self = Self(4);

    /// Whether all of `other` are among these.
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// These, with or without those of `other`.
    #[must_use]
    pub const fn with(self, other: Self, present: bool) -> Self {
        if present { Self(self.0 | other.0) } else { Self(self.0 & !other.0) }
    }
}

impl BitAnd for Options {
    type Output = Self;
    fn bitand(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

impl BitOr for Options {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// How an attribute without a value is written (SDP-3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Booleans {
    /// By its name if true, not at all if false: as the Recommendation says.
    #[default]
    Bare,
    /// `:1` or `:0`, always. Some gateways require it of those to whom they say it.
    Valued,
}

/// Who makes the TCF, and so who chooses the rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RateManagement {
    /// `localTCF`: each gateway makes and judges TCF on its own line.
    LocalTcf,
    /// `transferredTCF`: TCF crosses the network as it is.
    TransferredTcf,
}

/// What `T38FaxUdpEC` says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Corrections {
    /// Nothing: there is no such attribute. Such a peer takes redundancy (SDP-7).
    #[default]
    Unsaid,
    /// `t38UDPNoEC`, or a value that nobody knows.
    None,
    /// `t38UDPRedundancy`.
    Redundancy,
    /// `t38UDPFEC`.
    Fec,
    /// Both, in either order.
    Both,
}

impl Corrections {
    /// Whether redundancy is among them.
    pub const fn redundancy(self) -> bool {
        matches!(self, Self::Redundancy | Self::Both)
    }

    /// Whether parity is among them.
    pub const fn fec(self) -> bool {
        matches!(self, Self::Fec | Self::Both)
    }

    /// Those of which it is said whether they are in.
    pub const fn of(redundancy: bool, fec: bool) -> Self {
        match (redundancy, fec) {
            (false, false) => Self::None,
            (true, false) => Self::Redundancy,
            (false, true) => Self::Fec,
            (true, true) => Self::Both,
        }
    }

    /// Those that are in both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self::of(self.redundancy() && other.redundancy(), self.fec() && other.fec())
    }
}

/// How many secondaries an end wants to get: at least and at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Depth {
    /// At least.
    pub min: u8,
    /// At most; not below `min`.
    pub max: u8,
}

impl Depth {
    /// The number nearest to `wanted` that is within.
    pub fn clamp(self, wanted: u8) -> u8 {
        wanted.min(self.max).max(self.min)
    }
}

/// Which modems an end has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ModemType {
    /// `t38G3FaxOnly`.
    G3FaxOnly,
    /// `t38G3AndV34G3`. (Spelling not read in its Recommendation.)
    G3AndV34G3,
}

/// Who made an end: country and extension of T.35, and a number of the maker's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct VendorInfo {
    /// T.35 country code.
    pub country: u8,
    /// T.35 country code extension.
    pub extension: u8,
    /// Manufacturer code.
    pub manufacturer: u32,
}

impl fmt::Display for VendorInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.country, self.extension, self.manufacturer)
    }
}
