//! DIS, DTC and DCS: what a station can do, what will be used, and whether the two fit.
//!
//! From: T.30 Table 2 (`table` holds every bit); field notes T30-1, T30-5, T30-11.
//! Always: the extension bits are right for the octets that are there, and [`Terms`] are made by
//! [`Dis::admits`] alone.

mod bits;
pub(crate) mod opening;
mod page;
mod table;
#[cfg(test)]
mod tests;

pub use opening::ModemSet;
pub use page::{Coding, Ecm, Length, Resolution, ScanTime, Width};
pub use table::{Bit, Role, Row};

use crate::signal::{Opening, Training};
use bits::Bits;

/// What a station can do: the field of DIS and of DTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dis(Bits);

/// What will be used: the field of DCS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dcs(Bits);

/// What two stations have agreed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Terms {
    /// Modem and rate, with the long training that TCF has.
    pub opening: Opening,
    /// Frames or bits.
    pub ecm: Ecm,
    /// How pages are coded.
    pub coding: Coding,
    /// Pels and lines.
    pub resolution: Resolution,
    /// Width.
    pub width: Width,
    /// Length.
    pub length: Length,
    /// The least time of a line.
    pub scan_time: ScanTime,
}

/// Why a DCS does not fit a DIS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Excess {
    /// The rate code is none that is in use.
    NoSuchRate,
    /// The DIS has not this modem or rate.
    Rate(Opening),
    /// Wider than the DIS says.
    Width(Width),
    /// Longer than the DIS says.
    Length(Length),
    /// Lines come faster than the DIS says.
    ScanTime(ScanTime),
    /// The DIS has not what this bit of the DCS uses.
    Bit(Bit),
    /// The first bit is used without the second, which it needs.
    Lacks(Bit, Bit),
}

/// The octets that hold fields of several bits.
const RATE_OCTET: usize = 1;
const PAGE_OCTET: usize = 2;
/// Bits 92 to 94 and 124 to 126 in their octets.
const MRC: (usize, u8) = (11, 0x1C);
const JBIG2: (usize, u8) = (15, 0x1C);

impl Dis {
    /// A station that can do nothing.
    pub const NOTHING: Self = Self(Bits::NONE);

    /// From the information field of a frame; `None` below three octets.
    pub fn from_octets(field: &[u8]) -> Option<Self> {
        Bits::from_octets(field).map(Self)
    }

    /// 3 to 16 octets, as they stand in the frame.
    pub fn octets(&self) -> &[u8] {
        self.0.octets()
    }

    /// Whether a bit is set.
    pub fn has(&self, bit: Bit) -> bool {
        self.0.has(bit)
    }

    /// With a bit set. Extension bits follow by themselves.
    #[must_use]
    pub fn with(mut self, bit: Bit) -> Self {
        self.0.set(bit, true);
        self
    }

    /// Without a bit and without all that needs it.
    #[must_use]
    pub fn without(mut self, bit: Bit) -> Self {
        self.0.set(bit, false);
        bit.dependents().for_each(|dependent| self.0.set(dependent, false));
        self
    }

    /// With these modems and no others.
    #[must_use]
    pub fn with_modems(mut self, modems: ModemSet) -> Self {
        self.0.put(RATE_OCTET, opening::MASK, modems.code());
        self
    }

    /// With pages up to this width.
    #[must_use]
    pub fn with_width(mut self, width: Width) -> Self {
        self.0.put(PAGE_OCTET, Width::MASK, width.code());
        self
    }

    /// With pages up to this length.
    #[must_use]
    pub fn with_length(mut self, length: Length) -> Self {
        self.0.put(PAGE_OCTET, Length::MASK, length.code());
        self
    }

    /// With the same least time of a line at every resolution.
    #[must_use]
    pub fn with_scan_time(mut self, time: ScanTime) -> Self {
        self.0.put(PAGE_OCTET, ScanTime::MASK, time.code());
        self
    }

    /// The modems. Codes not in use read as V.27ter and V.29.
    pub fn modems(&self) -> ModemSet {
        ModemSet::of_code(self.0.octet(RATE_OCTET))
    }

    /// The widest page.
    pub fn width(&self) -> Width {
        Width::of_code(self.0.octet(PAGE_OCTET))
    }

    /// The longest page.
    pub fn length(&self) -> Length {
        Length::of_code(self.0.octet(PAGE_OCTET))
    }

    /// The least time of a line at a resolution.
    pub fn scan_time(&self, resolution: Resolution) -> ScanTime {
        ScanTime::at(self.0.octet(PAGE_OCTET), self.has(Bit::HALF_SCAN_TIME), resolution)
    }

    /// Whether pages of this resolution can be received. Metric and inch stand for each other.
    pub fn prints(&self, resolution: Resolution) -> bool {
        resolution.bit().is_none_or(|bit| self.has(bit))
    }

    /// Whether pages of this coding can be received. [`Coding::Other`] is never said to be.
    pub fn decodes(&self, coding: Coding) -> bool {
        coding != Coding::Other && coding.bits().iter().all(|bit| self.has(*bit))
    }

    /// What `dcs` and this DIS agree on, or what the DCS asks too much.
    pub fn admits(&self, dcs: &Dcs) -> Result<Terms, Excess> {
        let opening = dcs.opening().ok_or(Excess::NoSuchRate)?;
        if !self.modems().permits(opening) {
            return Err(Excess::Rate(opening));
        }
        if dcs.width() > self.width() {
            return Err(Excess::Width(dcs.width()));
        }
        if dcs.length() > self.length() {
            return Err(Excess::Length(dcs.length()));
        }
        Bit::all().try_for_each(|bit| self.admits_bit(dcs, bit))?;
        for ((octet, mask), first) in [(MRC, 92), (JBIG2, 124)] {
            if dcs.0.octet(octet) & mask != 0 && self.0.octet(octet) & mask == 0 {
                return Bit::new(first).map_or(Err(Excess::NoSuchRate), |bit| Err(Excess::Bit(bit)));
            }
        }
        let terms = dcs.terms(opening);
        if terms.ecm == Ecm::Off && terms.scan_time < self.scan_time(terms.resolution) {
            return Err(Excess::ScanTime(terms.scan_time));
        }
        Ok(terms)
    }

    fn admits_bit(&self, dcs: &Dcs, bit: Bit) -> Result<(), Excess> {
        let row = bit.row();
        if !dcs.has(bit) || row.dcs == Role::Zero {
            return Ok(());
        }
        if row.dcs == Role::Uses && !self.has(bit) {
            return Err(Excess::Bit(bit));
        }
        let mut needed = row.needs.iter().filter_map(|number| Bit::new(*number));
        needed.find(|needed| !dcs.has(*needed)).map_or(Ok(()), |needed| Err(Excess::Lacks(bit, needed)))
    }
}

impl Dcs {
    /// Three octets of nothing, which are a DCS for a standard page at 2400 bit/s but for bit 10.
    pub const NOTHING: Self = Self(Bits::NONE);

    /// From the information field of a frame; `None` below three octets.
    pub fn from_octets(field: &[u8]) -> Option<Self> {
        Bits::from_octets(field).map(Self)
    }

    /// 3 to 16 octets, as they stand in the frame.
    pub fn octets(&self) -> &[u8] {
        self.0.octets()
    }

    /// Whether a bit is set.
    pub fn has(&self, bit: Bit) -> bool {
        self.0.has(bit)
    }

    /// With a bit set. Extension bits follow by themselves.
    #[must_use]
    pub fn with(mut self, bit: Bit) -> Self {
        self.0.set(bit, true);
        self
    }

    /// With this modem and rate. V.21 has no code and changes nothing.
    #[must_use]
    pub fn with_opening(mut self, opening: Opening) -> Self {
        if let Some(code) = opening::code(opening) {
            self.0.put(RATE_OCTET, opening::MASK, code);
        }
        self
    }

    /// With or without ECM.
    #[must_use]
    pub fn with_ecm(mut self, ecm: Ecm) -> Self {
        self.0.set(Bit::ECM, ecm != Ecm::Off);
        self.0.set(Bit::SHORT_FRAMES, ecm == Ecm::Frames64);
        self
    }

    /// With this coding. [`Coding::Other`] takes the others away; its own bits are for the caller.
    #[must_use]
    pub fn with_coding(mut self, coding: Coding) -> Self {
        for bit in [Bit::MR, Bit::MMR, Bit::JBIG, Bit::JBIG_L0] {
            self.0.set(bit, coding.bits().contains(&bit));
        }
        self
    }

    /// With this resolution.
    #[must_use]
    pub fn with_resolution(mut self, resolution: Resolution) -> Self {
        Resolution::bits().for_each(|bit| self.0.set(bit, resolution.bit() == Some(bit)));
        self.0.set(Bit::INCH, resolution.is_inch());
        self
    }

    /// With this width.
    #[must_use]
    pub fn with_width(mut self, width: Width) -> Self {
        self.0.put(PAGE_OCTET, Width::MASK, width.code());
        self
    }

    /// With this length.
    #[must_use]
    pub fn with_length(mut self, length: Length) -> Self {
        self.0.put(PAGE_OCTET, Length::MASK, length.code());
        self
    }

    /// With this least time of a line; always none with ECM (Table 2 note 8).
    #[must_use]
    pub fn with_scan_time(mut self, time: ScanTime) -> Self {
        self.0.put(PAGE_OCTET, ScanTime::MASK, time.code());
        self
    }

    /// Modem and rate, with the long training that TCF has; `None` if the code is none that is in use.
    pub fn opening(&self) -> Option<Opening> {
        opening::of_code(self.0.octet(RATE_OCTET), Training::Long)
    }

    /// Frames or bits.
    pub fn ecm(&self) -> Ecm {
        match (self.has(Bit::ECM), self.has(Bit::SHORT_FRAMES)) {
            (false, _) => Ecm::Off,
            (true, false) => Ecm::Frames256,
            (true, true) => Ecm::Frames64,
        }
    }

    /// How pages are coded.
    pub fn coding(&self) -> Coding {
        let mrc = self.0.octet(MRC.0) & MRC.1 != 0 || self.0.octet(JBIG2.0) & JBIG2.1 != 0;
        if mrc || Bit::all().any(|bit| is_other_content(bit) && self.has(bit)) {
            return Coding::Other;
        }
        let known = [Coding::JbigL0, Coding::Jbig, Coding::Mmr, Coding::Mr];
        known.into_iter().find(|known| known.bits().iter().all(|bit| self.has(*bit))).unwrap_or(Coding::Mh)
    }

    /// Pels and lines.
    pub fn resolution(&self) -> Resolution {
        Resolution::of(|bit| self.has(bit))
    }

    /// Width.
    pub fn width(&self) -> Width {
        Width::of_code(self.0.octet(PAGE_OCTET))
    }

    /// Length.
    pub fn length(&self) -> Length {
        Length::of_code(self.0.octet(PAGE_OCTET))
    }

    /// The least time of a line; none with ECM, whatever the bits say.
    pub fn scan_time(&self) -> ScanTime {
        match self.ecm() {
            Ecm::Off => ScanTime::of_code(self.0.octet(PAGE_OCTET)),
            _ => ScanTime::Ms0,
        }
    }

    fn terms(&self, opening: Opening) -> Terms {
        Terms {
            opening,
            ecm: self.ecm(),
            coding: self.coding(),
            resolution: self.resolution(),
            width: self.width(),
            length: self.length(),
            scan_time: self.scan_time(),
        }
    }
}

/// Whether a bit of a DCS says that something else than a page in black and white is sent.
fn is_other_content(bit: Bit) -> bool {
    matches!(bit.number(), 36 | 38 | 53..=55 | 57 | 60 | 62 | 68 | 116 | 127)
}
