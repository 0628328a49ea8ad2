//! CM and JM: octets in categories. A category octet is followed by octets that extend it.
//!
//! From: V.8 clause 6, tables 2 to 7.

use super::modulations::{MODULATION_OCTETS, Modulations};

/// What a call is for (V.8 table 3); the top three bits of its octet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum CallFunction {
    /// To be specified by an octet that is not in V.8.
    Unspecified = 0,
    /// H.324 multimedia.
    Multimedia = 1,
    /// V.18 text telephone.
    TextTelephone = 2,
    /// T.101 videotex.
    Videotex = 3,
    /// The caller sends a fax (T.30).
    FaxFromCaller = 4,
    /// The caller wants to receive one: polling (T.30).
    FaxToCaller = 5,
    /// V-series data.
    Data = 6,
    /// An extension octet tells.
    Extended = 7,
}

/// A kind of information in a menu: the low five bits of the octet that opens it (V.8 table 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Category {
    /// What the call is for.
    CallFunction = 0x01,
    /// Modulations, in up to three octets.
    Modulations = 0x05,
    /// PCM modems: which.
    PcmAvailability = 0x07,
    /// Error correction protocols.
    Protocols = 0x0A,
    /// Access to the network: cellular, digital.
    Access = 0x0D,
    /// T.66.
    T66 = 0x0E,
    /// Non-standard facilities.
    NonStandard = 0x0F,
}

/// Low bits that are a category's tag.
const TAG: u8 = 0x1F;

/// Bits b3, b4, b5 of an octet that extends a category: 0 1 0 (V.8 5.2.3).
const EXTENSION_MASK: u8 = 0x38;
const EXTENSION: u8 = 0x10;

/// A CM or JM, without preamble and sync octet: up to [`Menu::CAPACITY`] octets as they are on the
/// line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Menu {
    octets: [u8; Menu::CAPACITY],
    len: u8,
}

impl Menu {
    /// Most octets kept: four times those of any menu seen.
    pub const CAPACITY: usize = 24;

    const EMPTY: Self = Self { octets: [0; Self::CAPACITY], len: 0 };

    /// A menu with a call function and modulations, in as few octets as they need.
    pub fn new(function: CallFunction, modulations: Modulations) -> Self {
        Self::with_octets(function, modulations, modulations.octets())
    }

    /// The octets of a message as they came; `None` when there are none or too many.
    pub fn from_octets(octets: &[u8]) -> Option<Self> {
        let mut menu = Self::EMPTY;
        let fits = !octets.is_empty() && octets.iter().all(|&octet| menu.push(octet));
        fits.then_some(menu)
    }

    /// The octets, in the order of the line, without the sync octet.
    pub fn octets(&self) -> &[u8] {
        self.octets.get(..usize::from(self.len)).unwrap_or_default()
    }

    /// The call function; `None` when the menu does not tell.
    pub fn function(&self) -> Option<CallFunction> {
        self.options(Category::CallFunction).map(CallFunction::from_number)
    }

    /// The modulations it offers (CM) or agrees to (JM).
    pub fn modulations(&self) -> Modulations {
        self.modulation_octets().fold(Modulations::NONE, |set, (n, at)| {
            set | Modulations::from_octet(n, self.octets.get(at).copied().unwrap_or(0))
        })
    }

    /// The options (bits b5 to b7, as a number from 0 to 7) of the first octet of a category; `None`
    /// when the menu does not have it.
    pub fn options(&self, category: Category) -> Option<u8> {
        let octet = self.octets().iter().find(|&&octet| is_category(octet, category))?;
        Some(octet >> 5)
    }

    /// Adds a category with its options (0 to 7). Returns `false`, changing nothing, when it is full.
    pub fn add(&mut self, category: Category, options: u8) -> bool {
        self.push(category as u8 | options << 5)
    }

    /// Whether it is of a fax call.
    pub fn is_fax(&self) -> bool {
        matches!(self.function(), Some(CallFunction::FaxFromCaller | CallFunction::FaxToCaller))
    }

    /// Whether it is of a Super G3 fax: V.34 half-duplex.
    pub fn is_super_g3(&self) -> bool {
        self.is_fax() && self.modulations().contains(Modulations::V34_HALF_DUPLEX)
    }

    /// The menu with `modulations` taken out of it and everything else as it came: with
    /// [`Modulations::BEYOND_G3`], a Super G3 fax becomes a G3 fax (AUD-4).
    #[must_use]
    pub fn without(&self, modulations: Modulations) -> Self {
        let mut menu = *self;
        for (n, at) in self.modulation_octets() {
            if let Some(octet) = menu.octets.get_mut(at) {
                *octet &= !modulations.to_octet(n);
            }
        }
        menu
    }

    /// The JM that answers this CM from someone who has `ours`: what both have, in at least the octets
    /// needed to show it; with nothing in common as many octets as the CM had, all zero (V.8 7.4).
    #[must_use]
    pub fn answer(&self, ours: Modulations) -> Self {
        let common = self.modulations() & ours;
        let octets =
            if common.is_empty() { self.modulation_octets().count().max(1) } else { common.octets() };
        Self::with_octets(self.function().unwrap_or(CallFunction::Unspecified), common, octets)
    }

    fn with_octets(function: CallFunction, modulations: Modulations, octets: usize) -> Self {
        let mut menu = Self::EMPTY;
        menu.push(Category::CallFunction as u8 | (function as u8) << 5);
        menu.push(Category::Modulations as u8 | modulations.to_octet(0));
        for n in 1..octets {
            menu.push(EXTENSION | modulations.to_octet(n));
        }
        menu
    }

    fn push(&mut self, octet: u8) -> bool {
        let Some(place) = self.octets.get_mut(usize::from(self.len)) else { return false };
        *place = octet;
        self.len += 1;
        true
    }

    /// Number and place of the modulation octets. Extensions beyond the third are not known.
    fn modulation_octets(&self) -> impl Iterator<Item = (usize, usize)> + use<> {
        let first = self.octets().iter().position(|&octet| is_category(octet, Category::Modulations));
        let count = first.map_or(0, |first| {
            let extensions = self.octets().iter().skip(first + 1);
            1 + extensions.take_while(|&&octet| octet & EXTENSION_MASK == EXTENSION).count()
        });
        (0..count.min(MODULATION_OCTETS)).map(move |n| (n, first.unwrap_or(0) + n))
    }
}

fn is_category(octet: u8, category: Category) -> bool {
    octet & TAG == category as u8
}

impl CallFunction {
    /// The call function of this number; only the low three bits count.
    pub const fn from_number(number: u8) -> Self {
        match number & 7 {
            0 => Self::Unspecified,
            1 => Self::Multimedia,
            2 => Self::TextTelephone,
            3 => Self::Videotex,
            4 => Self::FaxFromCaller,
            5 => Self::FaxToCaller,
            6 => Self::Data,
            _ => Self::Extended,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_super_g3_fax_is_known_by_its_menu() {
        let offer = Modulations::V34_HALF_DUPLEX | Modulations::G3;
        let menu = Menu::new(CallFunction::FaxFromCaller, offer);
        assert_eq!(menu.octets(), [0x81, 0x85, 0xD4, 0x90]);
        assert_eq!(menu.modulations(), offer);
        assert!(menu.is_super_g3());
        let polling = Menu::new(CallFunction::FaxToCaller, offer);
        assert_eq!(polling.octets()[0], 0xA1);
        assert!(polling.is_super_g3());
        assert!(!Menu::new(CallFunction::Data, offer).is_super_g3());
    }

    /// AUD-4: a gateway without V.34.
    #[test]
    fn without_v34_it_is_the_menu_of_a_g3_fax_with_all_else_kept() {
        let came = Menu::from_octets(&[0x81, 0xE5, 0xD4, 0x90, 0x2A, 0xCD, 0x13]).unwrap();
        let sent = came.without(Modulations::BEYOND_G3);
        assert_eq!(sent.octets(), [0x81, 0x05, 0xD4, 0x90, 0x2A, 0xCD, 0x13]);
        assert!(sent.is_fax() && !sent.is_super_g3());
        assert_eq!(sent.modulations(), Modulations::G3);
        assert_eq!((sent.options(Category::Protocols), sent.options(Category::Access)), (Some(1), Some(6)));
        assert_eq!(sent.options(Category::NonStandard), None);
    }

    #[test]
    fn an_answer_agrees_to_what_both_have() {
        let came = Menu::from_octets(&[0x81, 0x85, 0xD4, 0x90]).unwrap();
        assert_eq!(came.answer(Modulations::ALL).octets(), came.octets());
        assert_eq!(came.answer(Modulations::G3).octets(), [0x81, 0x05, 0xD4, 0x90]);
        assert_eq!(came.answer(Modulations::V17).octets(), [0x81, 0x05, 0x14]);
        assert_eq!(came.answer(Modulations::V22BIS).octets(), [0x81, 0x05, 0x10, 0x10]);
    }

    #[test]
    fn unknown_categories_and_further_extensions_do_not_confuse_it() {
        let octets = [0x0B, 0x17, 0x81, 0x14, 0x85, 0xD4, 0x90, 0x13, 0x15, 0x08, 0x0F, 0x11];
        let menu = Menu::from_octets(&octets).unwrap();
        assert_eq!(menu.function(), Some(CallFunction::FaxFromCaller));
        assert_eq!(menu.modulations(), Modulations::G3 | Modulations::V34_HALF_DUPLEX);
        assert_eq!(menu.octets(), octets);
        assert_eq!(Menu::from_octets(&[]), None);
        assert_eq!(Menu::from_octets(&[0x81; Menu::CAPACITY + 1]), None);
    }
}
