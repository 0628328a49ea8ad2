//! The bits of DIS, DTC and DCS, as one table.
//!
//! From: T.30 Table 2 with its note 17 (what needs ECM) and note 33 (V.34), as compiled from two
//! independent implementations, a protocol dissector, the 1992 edition and pages quoted from 09/2005.
//! Whatever a row rests on less than that says so.
//! Always: row n is bit n, and a bit needs only bits with smaller numbers, so that an edit which sees
//! octets one at a time knows the fate of a bit when it comes.

/// A bit of DIS, DTC and DCS, 1 to 128: counted from the first one on the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bit(u8);

/// What Table 2 says about a bit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its number.
    pub number: u8,
    /// What it means.
    pub name: &'static str,
    /// Its part in DIS and DTC.
    pub dis: Role,
    /// Its part in DCS.
    pub dcs: Role,
    /// Bits that must be set with it.
    pub needs: &'static [u8],
}

/// The part a bit plays in a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Sent as 0 and ignored.
    Zero,
    /// DIS, DTC: the station can do this.
    Can,
    /// DCS: this will be used, so the DIS must have it.
    Uses,
    /// Says something that asks nothing of the other station: a document waits, a frame goes with it.
    Says,
    /// Part of a number of several bits.
    Part,
    /// Another octet follows.
    Extension,
}

use Role::{Can, Extension, Part, Says, Uses, Zero};

const fn row(number: u8, name: &'static str, dis: Role, dcs: Role, needs: &'static [u8]) -> Row {
    Row { number, name, dis, dcs, needs }
}

const fn more(number: u8) -> Row {
    row(number, "another octet follows", Extension, Extension, &[])
}

const ECM: &[u8] = &[27];

#[rustfmt::skip]
pub(super) static TABLE: [Row; 128] = [
    row(1, "store-and-forward internet fax (T.37)", Says, Says, &[]),
    row(2, "reserved (1992: groups 1 and 2)", Zero, Zero, &[]),
    row(3, "real-time internet fax (T.38)", Says, Says, &[]),
    row(4, "third generation mobile access", Says, Says, &[]),
    row(5, "reserved (1992: groups 1 and 2)", Zero, Zero, &[]),
    row(6, "V.8 and V.34", Can, Zero, &[]),
    row(7, "ECM frames of 64 octets preferred", Says, Zero, &[]), // without ECM it means nothing
    row(8, "reserved (1992: groups 1 and 2)", Zero, Zero, &[]),
    row(9, "a document waits to be polled", Says, Zero, &[]),
    row(10, "can receive; in DCS: receive now", Can, Uses, &[]),
    row(11, "data rate", Part, Part, &[]),
    row(12, "data rate", Part, Part, &[]),
    row(13, "data rate", Part, Part, &[]),
    row(14, "data rate", Part, Part, &[]),
    row(15, "R8 x 7.7 lines/mm, 200 x 200 per inch", Can, Uses, &[]),
    row(16, "two-dimensional coding (MR)", Can, Uses, &[]),
    row(17, "recording width", Part, Part, &[]),
    row(18, "recording width", Part, Part, &[]),
    row(19, "recording length", Part, Part, &[]),
    row(20, "recording length", Part, Part, &[]),
    row(21, "minimum scan line time", Part, Part, &[]),
    row(22, "minimum scan line time", Part, Part, &[]),
    row(23, "minimum scan line time", Part, Part, &[]),
    more(24),
    row(25, "reserved (1992: 2400 bit/s handshaking)", Zero, Zero, &[]),
    row(26, "uncompressed mode", Can, Uses, &[]),
    row(27, "error correction mode (ECM)", Can, Uses, &[]),
    row(28, "ECM frames of 64 octets", Zero, Says, ECM),
    row(29, "reserved (1992: error limiting mode)", Zero, Zero, &[]),
    row(30, "reserved", Zero, Zero, &[]),
    row(31, "T.6 coding (MMR)", Can, Uses, ECM),
    more(32),
    row(33, "field not valid (FNV) is understood", Says, Says, &[]),
    row(34, "multiple selective polling", Says, Zero, &[]),
    row(35, "polled sub-address; in DTC: PSA is sent", Says, Zero, &[]),
    row(36, "T.43 lossless colour", Can, Uses, ECM),
    row(37, "T.43 plane interleave", Can, Uses, &[36]),
    row(38, "voice coding G.726", Can, Uses, ECM),
    row(39, "reserved (extended voice)", Zero, Zero, &[]),
    more(40),
    row(41, "R8 x 15.4 lines/mm, 200 x 400 per inch", Can, Uses, &[]),
    row(42, "300 x 300 per inch", Can, Uses, &[]),
    row(43, "R16 x 15.4 lines/mm, 400 x 400 per inch", Can, Uses, &[]),
    row(44, "inch resolutions preferred; in DCS: used", Says, Says, &[]),
    row(45, "metric resolutions preferred", Says, Zero, &[]),
    row(46, "half the scan line time at 15.4 lines/mm", Says, Zero, &[]),
    row(47, "selective polling; in DTC: SEP is sent", Says, Zero, &[]),
    more(48),
    row(49, "sub-addresses; in DCS: SUB is sent", Can, Uses, &[]),
    row(50, "password; in DTC: PWD is sent, in DCS: SID is sent", Can, Uses, &[]),
    row(51, "a data file waits to be polled", Says, Zero, ECM),
    row(52, "reserved", Zero, Zero, &[]),
    row(53, "binary file transfer (BFT)", Can, Uses, ECM),
    row(54, "document transfer mode (DTM)", Can, Uses, ECM),
    row(55, "EDIFACT transfer (EDI)", Can, Uses, ECM),
    more(56),
    row(57, "basic transfer mode (BTM)", Can, Uses, ECM),
    row(58, "reserved", Zero, Zero, &[]),
    row(59, "a document of characters waits to be polled", Says, Zero, ECM),
    row(60, "character mode", Can, Uses, ECM),
    row(61, "reserved", Zero, Zero, &[]),
    row(62, "mixed mode (T.4 Annex E)", Can, Uses, ECM),
    row(63, "reserved", Zero, Zero, &[]),
    more(64),
    row(65, "processable mode 26 (T.505)", Can, Zero, ECM),
    row(66, "digital network", Says, Says, &[]),
    row(67, "full duplex", Can, Uses, &[]),
    row(68, "JPEG (T.81)", Can, Uses, ECM),
    row(69, "full colour", Can, Uses, &[68]),
    row(70, "preferred Huffman tables", Zero, Says, &[68]),
    row(71, "12 bits a component", Can, Uses, ECM), // JPEG or T.43
    more(72),
    row(73, "no sub-sampling (1:1:1)", Can, Uses, &[68]),
    row(74, "custom illuminant", Can, Uses, ECM), // JPEG or T.43
    row(75, "custom gamut range", Can, Uses, ECM), // JPEG or T.43
    row(76, "North American letter", Can, Uses, &[]),
    row(77, "North American legal", Can, Uses, &[]),
    row(78, "T.85 JBIG, basic", Can, Uses, ECM),
    row(79, "T.85 JBIG, optional L0", Can, Uses, &[27, 78]),
    more(80),
    row(81, "key management HKM", Can, Uses, &[]),
    row(82, "key management RSA", Can, Uses, &[]),
    row(83, "override", Can, Uses, &[]),
    row(84, "HFX40 cipher", Can, Uses, &[]),
    row(85, "alternative cipher 2", Can, Uses, &[]),
    row(86, "alternative cipher 3", Can, Uses, &[]),
    row(87, "HFX40-I hashing", Can, Uses, &[]),
    more(88),
    row(89, "alternative hashing 2", Can, Uses, &[]),
    row(90, "alternative hashing 3", Can, Uses, &[]),
    row(91, "reserved for security", Zero, Zero, &[]),
    row(92, "mixed raster content (T.44) mode", Part, Part, ECM),
    row(93, "mixed raster content (T.44) mode", Part, Part, ECM),
    row(94, "mixed raster content (T.44) mode", Part, Part, ECM),
    row(95, "T.44 stripe of page length", Can, Uses, ECM),
    more(96),
    row(97, "colour or grey at 300 x 300, 400 x 400 per inch", Can, Uses, &[68]), // with 42, 43
    row(98, "colour or grey at 100 x 100 per inch", Can, Uses, ECM),
    row(99, "simple phase C BFT negotiation", Says, Says, &[]),
    row(100, "extended BFT negotiation", Says, Zero, &[]),
    row(101, "internet selective polling; in DTC: ISP is sent", Says, Zero, &[]),
    row(102, "internet routing address; in DCS: IRA is sent", Can, Uses, &[]),
    row(103, "reserved", Zero, Zero, &[]),
    more(104),
    row(105, "600 x 600 per inch", Can, Uses, &[]),
    row(106, "1200 x 1200 per inch", Can, Uses, &[]),
    row(107, "300 x 600 per inch", Can, Uses, &[]),
    row(108, "400 x 800 per inch", Can, Uses, &[]),
    row(109, "600 x 1200 per inch", Can, Uses, &[]),
    row(110, "colour or grey at 600 x 600 per inch", Can, Uses, &[27, 105]),
    row(111, "colour or grey at 1200 x 1200 per inch", Can, Uses, &[27, 106]),
    more(112),
    row(113, "both sides, alternating", Can, Uses, &[]),
    row(114, "both sides, one side first", Can, Uses, &[]),
    row(115, "black and white mixed raster content", Can, Zero, ECM),
    row(116, "T.45 run-length colour", Can, Uses, ECM),
    row(117, "shared memory", Part, Zero, &[]),
    row(118, "shared memory", Part, Zero, &[]),
    row(119, "T.44 colour space YCC", Can, Uses, ECM),
    more(120),
    row(121, "flow control through T.38 (TNR, TR)", Says, Says, &[]),
    row(122, "K above 4 at resolutions above 200 per inch", Can, Zero, &[]),
    row(123, "internet-aware: the data rate does not limit", Says, Says, &[]),
    row(124, "T.88 JBIG2 profile", Part, Part, ECM), // that it needs ECM is our reading
    row(125, "T.88 JBIG2 profile", Part, Part, ECM),
    row(126, "T.88 JBIG2 profile", Part, Part, ECM),
    row(127, "sYCC JPEG", Can, Uses, ECM),
    more(128),
];

impl Bit {
    /// V.8 and V.34.
    pub const V8: Self = Self(6);
    /// ECM frames of 64 octets preferred (DIS).
    pub const SHORT_FRAMES_PREFERRED: Self = Self(7);
    /// A document waits to be polled (DIS).
    pub const HAS_DOCUMENT: Self = Self(9);
    /// Can receive; receive now.
    pub const RECEIVE: Self = Self(10);
    /// R8 x 7.7 or 200 x 200.
    pub const FINE: Self = Self(15);
    /// MR coding.
    pub const MR: Self = Self(16);
    /// Uncompressed mode.
    pub const UNCOMPRESSED: Self = Self(26);
    /// Error correction mode.
    pub const ECM: Self = Self(27);
    /// ECM frames of 64 octets (DCS).
    pub const SHORT_FRAMES: Self = Self(28);
    /// MMR coding.
    pub const MMR: Self = Self(31);
    /// FNV is understood.
    pub const FNV: Self = Self(33);
    /// PSA (35).
    pub const PSA: Self = Self(35);
    /// T.43 lossless colour.
    pub const T43: Self = Self(36);
    /// R8 x 15.4 or 200 x 400.
    pub const R200X400: Self = Self(41);
    /// 300 x 300.
    pub const R300X300: Self = Self(42);
    /// R16 x 15.4 or 400 x 400.
    pub const R400X400: Self = Self(43);
    /// Inch resolutions.
    pub const INCH: Self = Self(44);
    /// Metric resolutions preferred.
    pub const METRIC: Self = Self(45);
    /// Half the scan line time at 15.4 lines/mm.
    pub const HALF_SCAN_TIME: Self = Self(46);
    /// SEP.
    pub const SEP: Self = Self(47);
    /// SUB.
    pub const SUB: Self = Self(49);
    /// PWD; in DCS: SID.
    pub const PASSWORD: Self = Self(50);
    /// JPEG.
    pub const JPEG: Self = Self(68);
    /// North American letter.
    pub const LETTER: Self = Self(76);
    /// North American legal.
    pub const LEGAL: Self = Self(77);
    /// T.85 JBIG.
    pub const JBIG: Self = Self(78);
    /// T.85 JBIG with L0 other than 128.
    pub const JBIG_L0: Self = Self(79);
    /// 600 x 600.
    pub const R600X600: Self = Self(105);
    /// 1200 x 1200.
    pub const R1200X1200: Self = Self(106);
    /// 300 x 600.
    pub const R300X600: Self = Self(107);
    /// 400 x 800.
    pub const R400X800: Self = Self(108);
    /// 600 x 1200.
    pub const R600X1200: Self = Self(109);
    /// T.45 run-length colour.
    pub const T45: Self = Self(116);
    /// Flow control through T.38.
    pub const FLOW_CONTROL: Self = Self(121);
    /// Internet-aware fax.
    pub const INTERNET_AWARE: Self = Self(123);

    /// The bit with this number, 1 to 128.
    pub const fn new(number: u8) -> Option<Self> {
        if matches!(number, 1..=128) { Some(Self(number)) } else { None }
    }

    /// Its number.
    pub const fn number(self) -> u8 {
        self.0
    }

    /// Every bit, in order.
    pub fn all() -> impl Iterator<Item = Self> {
        (1..=128).map(Self)
    }

    /// What Table 2 says about it.
    pub fn row(self) -> &'static Row {
        TABLE.get(usize::from(self.0).saturating_sub(1)).unwrap_or(&TABLE[127])
    }

    /// The bits that cannot be set without this one, directly or through another.
    pub fn dependents(self) -> impl Iterator<Item = Self> {
        Self::all().filter(move |other| other.needs(self))
    }

    fn needs(self, other: Self) -> bool {
        self.row().needs.iter().any(|needed| *needed == other.0 || Self(*needed).needs(other))
    }

    /// Octet of the information field, from 0.
    pub(crate) const fn octet(self) -> usize {
        (self.0 as usize).saturating_sub(1) / 8
    }

    /// Mask in that octet; the first bit on the line is on top.
    pub(crate) const fn mask(self) -> u8 {
        0x80 >> (self.0.wrapping_sub(1) % 8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bit_is_named_once_and_in_its_place() {
        for (number, row) in (1..).zip(&TABLE) {
            assert_eq!(row.number, number);
            assert!(!row.name.is_empty());
            let extension = number >= 24 && number % 8 == 0;
            assert_eq!((row.dis == Extension, row.dcs == Extension), (extension, extension), "bit {number}");
        }
    }

    #[test]
    fn a_bit_needs_only_bits_that_came_before_it() {
        for row in &TABLE {
            assert!(row.needs.iter().all(|needed| *needed < row.number), "bit {}", row.number);
            assert!(row.needs.iter().all(|needed| TABLE[usize::from(*needed) - 1].dis == Can));
        }
    }

    /// T.30 Table 2 note 17.
    #[test]
    fn what_needs_ecm_is_what_note_17_lists() {
        let note = [31, 36, 38, 51, 53, 54, 55, 57, 59, 60, 62, 65, 68, 78, 79, 92, 93, 94, 115, 116, 127];
        for number in note {
            assert!(Bit(number).needs(Bit::ECM), "bit {number}");
        }
        let dependents: Vec<_> = Bit::ECM.dependents().map(Bit::number).collect();
        assert_eq!(dependents.iter().filter(|number| !note.contains(number)).count(), 17);
    }

    #[test]
    fn a_role_stands_only_where_it_has_a_meaning() {
        for row in &TABLE {
            assert!(row.dis != Uses && row.dcs != Can, "bit {}", row.number);
        }
    }
}
