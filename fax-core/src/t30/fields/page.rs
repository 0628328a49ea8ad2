//! What a page looks like: resolution, width, length, coding and the time a line must take.
//!
//! From: T.30 Table 2, notes 4 to 9, 22, 23, 34, 35.

use super::table::Bit;
use crate::units::BitRate;

/// Pels and lines, for pages in black and white. Named across by down: `R8` and `R16` are 8.04 and 16.08
/// pels/mm with lines/mm, the others are per inch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Resolution {
    /// Standard: 8.04 pels/mm, 3.85 lines/mm.
    R8x3_85,
    /// Fine: 8.04 pels/mm, 7.7 lines/mm.
    R8x7_7,
    /// 8.04 pels/mm, 15.4 lines/mm.
    R8x15_4,
    /// 16.08 pels/mm, 15.4 lines/mm.
    R16x15_4,
    /// 200 by 100 per inch.
    R200x100,
    /// 200 by 200 per inch.
    R200x200,
    /// 200 by 400 per inch.
    R200x400,
    /// 300 by 300 per inch.
    R300x300,
    /// 400 by 400 per inch.
    R400x400,
    /// 300 by 600 per inch.
    R300x600,
    /// 400 by 800 per inch.
    R400x800,
    /// 600 by 600 per inch.
    R600x600,
    /// 600 by 1200 per inch.
    R600x1200,
    /// 1200 by 1200 per inch.
    R1200x1200,
}

/// Bit, resolution in inches, metric resolution. The highest is first: it wins when a DCS sets several.
const RESOLUTIONS: [(Bit, Resolution, Option<Resolution>); 9] = [
    (Bit::R1200X1200, Resolution::R1200x1200, None),
    (Bit::R600X1200, Resolution::R600x1200, None),
    (Bit::R600X600, Resolution::R600x600, None),
    (Bit::R400X800, Resolution::R400x800, None),
    (Bit::R300X600, Resolution::R300x600, None),
    (Bit::R400X400, Resolution::R400x400, Some(Resolution::R16x15_4)),
    (Bit::R300X300, Resolution::R300x300, None),
    (Bit::R200X400, Resolution::R200x400, Some(Resolution::R8x15_4)),
    (Bit::FINE, Resolution::R200x200, Some(Resolution::R8x7_7)),
];

impl Resolution {
    /// The bit that stands for it; the standard one, metric or inch, has none.
    pub fn bit(self) -> Option<Bit> {
        RESOLUTIONS.iter().find(|(_, inch, metric)| *inch == self || *metric == Some(self)).map(|row| row.0)
    }

    /// Whether it is counted per inch (bit 44 of DCS).
    pub const fn is_inch(self) -> bool {
        !matches!(self, Self::R8x3_85 | Self::R8x7_7 | Self::R8x15_4 | Self::R16x15_4)
    }

    /// Pels and lines to the inch: 8.04 pels/mm are 204, 3.85 lines/mm 98.
    pub const fn dots(self) -> (u16, u16) {
        match self {
            Self::R8x3_85 => (204, 98),
            Self::R8x7_7 => (204, 196),
            Self::R8x15_4 => (204, 391),
            Self::R16x15_4 => (408, 391),
            Self::R200x100 => (200, 100),
            Self::R200x200 => (200, 200),
            Self::R200x400 => (200, 400),
            Self::R300x300 => (300, 300),
            Self::R400x400 => (400, 400),
            Self::R300x600 => (300, 600),
            Self::R400x800 => (400, 800),
            Self::R600x600 => (600, 600),
            Self::R600x1200 => (600, 1200),
            Self::R1200x1200 => (1200, 1200),
        }
    }

    /// Pels of a row. T.4 2.2 and T.30 Table 2: 1728, 2048 and 2432 at 200 to the inch, and in proportion.
    pub const fn pels(self, width: Width) -> u32 {
        let at_200 = match width {
            Width::Mm215 => 1728,
            Width::Mm255 => 2048,
            Width::Mm303 => 2432,
        };
        // 8.04 pels/mm go with 200 to the inch, 16.08 with 400.
        let hundreds = self.dots().0 as u32 / 100;
        at_200 * hundreds / 2
    }

    /// All of them, the highest first; of two as high, the one per inch.
    pub fn all() -> impl Iterator<Item = Self> {
        let pairs = RESOLUTIONS.iter().flat_map(|(_, inch, metric)| [Some(*inch), *metric]);
        pairs.flatten().chain([Self::R200x100, Self::R8x3_85])
    }

    /// Every bit that stands for a resolution.
    pub(super) fn bits() -> impl Iterator<Item = Bit> {
        RESOLUTIONS.iter().map(|row| row.0)
    }

    /// What the bits of a DCS say.
    pub(super) fn of(has: impl Fn(Bit) -> bool) -> Self {
        let inch = has(Bit::INCH);
        match RESOLUTIONS.iter().find(|row| has(row.0)) {
            Some((_, _, Some(metric))) if !inch => *metric,
            Some((_, resolution, _)) => *resolution,
            None if inch => Self::R200x100,
            None => Self::R8x3_85,
        }
    }
}

/// Width of the recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Width {
    /// 215 mm, A4.
    Mm215,
    /// 255 mm, B4.
    Mm255,
    /// 303 mm, A3.
    Mm303,
}

/// Length of the recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Length {
    /// 297 mm.
    A4,
    /// 364 mm.
    B4,
    /// As long as it comes.
    Unlimited,
}

impl Width {
    pub(super) const MASK: u8 = 0xC0;

    /// Bits 17 and 18 of the third octet; 11 is invalid and read as the widest.
    pub(super) const fn of_code(octet: u8) -> Self {
        match octet & Self::MASK {
            0x00 => Self::Mm215,
            0x80 => Self::Mm255,
            _ => Self::Mm303,
        }
    }

    pub(super) const fn code(self) -> u8 {
        match self {
            Self::Mm215 => 0x00,
            Self::Mm255 => 0x80,
            Self::Mm303 => 0x40,
        }
    }
}

impl Length {
    pub(super) const MASK: u8 = 0x30;

    /// Bits 19 and 20 of the third octet; 11 is invalid and read as unlimited.
    pub(super) const fn of_code(octet: u8) -> Self {
        match octet & Self::MASK {
            0x00 => Self::A4,
            0x20 => Self::B4,
            _ => Self::Unlimited,
        }
    }

    pub(super) const fn code(self) -> u8 {
        match self {
            Self::A4 => 0x00,
            Self::B4 => 0x20,
            Self::Unlimited => 0x10,
        }
    }
}

/// The least time that one line may take without ECM: a sender stretches it with fill.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ScanTime {
    /// No limit.
    Ms0,
    /// 5 ms.
    Ms5,
    /// 10 ms.
    Ms10,
    /// 20 ms, what every machine can.
    Ms20,
    /// 40 ms.
    Ms40,
}

impl ScanTime {
    /// Bits 21 to 23 of the third octet.
    pub(crate) const MASK: u8 = 0x0E;

    const ALL: [Self; 5] = [Self::Ms0, Self::Ms5, Self::Ms10, Self::Ms20, Self::Ms40];

    /// Milliseconds.
    pub const fn ms(self) -> u32 {
        match self {
            Self::Ms0 => 0,
            Self::Ms5 => 5,
            Self::Ms10 => 10,
            Self::Ms20 => 20,
            Self::Ms40 => 40,
        }
    }

    /// Bits that a coded line, its EOL included, must have at this rate.
    pub const fn bits_at(self, rate: BitRate) -> u32 {
        (rate.0 / 100).saturating_mul(self.ms()) / 10
    }

    /// Bits 21 to 23 for the same time at every resolution.
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Ms0 => 0b111 << 1,
            Self::Ms5 => 0b100 << 1,
            Self::Ms10 => 0b010 << 1,
            Self::Ms20 => 0b000 << 1,
            Self::Ms40 => 0b001 << 1,
        }
    }

    /// Bits 21 to 23 at 3.85 lines/mm. It also reads a DCS, in which the codes 011, 101 and 110 are not
    /// in use: the longer time does no harm.
    pub(super) const fn of_code(octet: u8) -> Self {
        match (octet & Self::MASK) >> 1 {
            0b111 => Self::Ms0,
            0b100 => Self::Ms5,
            0b010 | 0b011 => Self::Ms10,
            0b001 | 0b101 => Self::Ms40,
            _ => Self::Ms20,
        }
    }

    /// What a DIS asks for at a resolution. At 300 lines per inch and above 400 the table has no column:
    /// no limit.
    pub(super) fn at(octet: u8, half: bool, resolution: Resolution) -> Self {
        let standard = Self::of_code(octet);
        // 011, 101 and 110 halve the time from 7.7 lines/mm on.
        let fine = match (octet & Self::MASK) >> 1 {
            0b011 | 0b101 | 0b110 => standard.halved(),
            _ => standard,
        };
        match resolution {
            Resolution::R8x3_85 | Resolution::R200x100 => standard,
            Resolution::R8x7_7 | Resolution::R200x200 => fine,
            Resolution::R8x15_4 | Resolution::R16x15_4 | Resolution::R200x400 | Resolution::R400x400 => {
                if half {
                    fine.halved()
                } else {
                    fine
                }
            }
            _ => Self::Ms0,
        }
    }

    /// There is no code for 2.5 ms: 5 stays 5.
    fn halved(self) -> Self {
        Self::ALL.into_iter().find(|time| time.ms() == self.ms() / 2).unwrap_or(self)
    }
}

/// How a page is coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Coding {
    /// Modified Huffman, one-dimensional.
    Mh,
    /// Modified READ, two-dimensional.
    Mr,
    /// T.6, only with ECM.
    Mmr,
    /// T.85, only with ECM.
    Jbig,
    /// T.85 with stripes of any length.
    JbigL0,
    /// Colour, grey, characters or a file.
    Other,
}

impl Coding {
    /// The bits a DCS sets for it.
    pub(super) const fn bits(self) -> &'static [Bit] {
        match self {
            Self::Mh | Self::Other => &[],
            Self::Mr => &[Bit::MR],
            Self::Mmr => &[Bit::MMR],
            Self::Jbig => &[Bit::JBIG],
            Self::JbigL0 => &[Bit::JBIG, Bit::JBIG_L0],
        }
    }
}

/// Whether pages are sent as frames that can be asked for again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ecm {
    /// As a stream of bits.
    Off,
    /// In frames of 256 octets.
    Frames256,
    /// In frames of 64 octets.
    Frames64,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// T.30 Table 2: code, ms at 3.85, 7.7, 15.4 and 15.4 with bit 46.
    #[test]
    fn scan_times_are_those_of_the_table() {
        let table = [
            (0b000, [20, 20, 20, 10]),
            (0b001, [40, 40, 40, 20]),
            (0b010, [10, 10, 10, 5]),
            (0b100, [5, 5, 5, 5]),
            (0b011, [10, 5, 5, 5]),
            (0b110, [20, 10, 10, 5]),
            (0b101, [40, 20, 20, 10]),
            (0b111, [0, 0, 0, 0]),
        ];
        for (code, times) in table {
            let at = |half, resolution| ScanTime::at(code << 1, half, resolution).ms();
            let found = [
                at(true, Resolution::R8x3_85),
                at(true, Resolution::R200x200),
                at(false, Resolution::R16x15_4),
                at(true, Resolution::R200x400),
            ];
            assert_eq!(found, times, "code {code:03b}");
        }
        for time in ScanTime::ALL {
            assert_eq!(ScanTime::of_code(time.code()), time);
        }
    }

    #[test]
    fn a_row_has_the_pels_of_the_table() {
        let table = [
            (Resolution::R8x3_85, [1728, 2048, 2432]),
            (Resolution::R200x400, [1728, 2048, 2432]),
            (Resolution::R300x600, [2592, 3072, 3648]),
            (Resolution::R16x15_4, [3456, 4096, 4864]),
            (Resolution::R600x1200, [5184, 6144, 7296]),
            (Resolution::R1200x1200, [10_368, 12_288, 14_592]),
        ];
        for (resolution, pels) in table {
            let widths = [Width::Mm215, Width::Mm255, Width::Mm303];
            assert_eq!(widths.map(|width| resolution.pels(width)), pels, "{resolution:?}");
        }
        assert_eq!(Resolution::all().count(), 14);
    }

    #[test]
    fn a_line_has_the_bits_of_its_time() {
        assert_eq!(ScanTime::Ms20.bits_at(BitRate(14_400)), 288);
        assert_eq!(ScanTime::Ms5.bits_at(BitRate(2400)), 12);
        assert_eq!(ScanTime::Ms0.bits_at(BitRate(9600)), 0);
    }

    #[test]
    fn the_finest_resolution_that_is_named_counts() {
        let named = |bits: &'static [Bit]| Resolution::of(|bit| bits.contains(&bit));
        assert_eq!(named(&[]), Resolution::R8x3_85);
        assert_eq!(named(&[Bit::INCH]), Resolution::R200x100);
        assert_eq!(named(&[Bit::FINE, Bit::R200X400]), Resolution::R8x15_4);
        assert_eq!(named(&[Bit::R300X300]), Resolution::R300x300);
        assert_eq!(named(&[Bit::R400X400, Bit::INCH, Bit::FINE]), Resolution::R400x400);
        for resolution in [Resolution::R16x15_4, Resolution::R600x1200, Resolution::R200x200] {
            let bit = resolution.bit();
            assert_eq!(
                Resolution::of(|b| Some(b) == bit || b == Bit::INCH && resolution.is_inch()),
                resolution
            );
        }
    }
}
