//! Changes of frames as their octets pass: what a gateway must not let two machines agree on.
//!
//! An octet is edited when it comes and never again: the edit is a function of the frame, of the place
//! in its field, of the octet and of [`Edits`]. Nothing later is needed, for what depends on a bit of
//! DIS comes behind it or in the same octet: bits 11 to 14 are one octet, all that needs ECM (27) has a
//! greater number (`fields::table` holds that), and what a policy forbids is known before the call.
//!
//! From: field notes T30-1, T30-2, T30-3; T.30 Table 2.
//! Always: the length of a frame stays, a frame without a valid header passes as it is, and an edited
//! frame edited again is the same. DCS is never rewritten: TCF would come at another rate than it says.
//! Not here: the FCS, which the line makes anew; when to turn a CFR into FTT (`relay::tcf`).

use super::fcf::Fcf;
use super::fields::{Bit, Dcs, ModemSet, ScanTime, opening};
use super::frame::{ADDRESS, LAST, MORE};
use crate::signal::Chunk;
use crate::units::BitRate;

/// What is changed in the frames of a call. Starts as [`Edits::NONE`] or [`Edits::gateway`] and is made
/// narrower by its functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edits {
    /// Bits of DIS and DTC that may pass.
    kept: [u8; FIELD],
    rates: Option<Rates>,
    scan_time: Option<ScanTime>,
    non_standard: NonStandardFields,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Rates {
    modems: ModemSet,
    limit: BitRate,
}

/// What becomes of NSF, NSC and NSS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NonStandardFields {
    /// They pass.
    Pass,
    /// Country and maker become ones that nobody knows; the length stays, so that no timing changes.
    Neutralise,
}

/// Octets of DIS and DTC that have a meaning.
const FIELD: usize = 16;

/// Country and maker that no machine knows (T30-2).
const NOBODY: [u8; 3] = [0xFF, 0x00, 0x00];

impl Edits {
    /// Everything passes.
    pub const NONE: Self =
        Self { kept: [0xFF; FIELD], rates: None, scan_time: None, non_standard: NonStandardFields::Pass };

    /// What every gateway with a phone line needs: no V.8 in mid-call, the data rate counts also for
    /// internet-aware machines, only modems that exist here, and nothing proprietary.
    pub fn gateway() -> Self {
        Self { non_standard: NonStandardFields::Neutralise, ..Self::NONE }
            .forbidding(Bit::V8)
            .forbidding(Bit::INTERNET_AWARE)
            .with_modems(ModemSet::V27terV29V17)
    }

    /// Clears a bit of DIS and DTC, and all that needs it: without ECM (27) also T.6, JBIG, colour and
    /// files (T30-1). Extension bits and the fields of several bits are not for this.
    #[must_use]
    pub fn forbidding(mut self, bit: Bit) -> Self {
        for bit in bit.dependents().chain([bit]) {
            let kept = self.kept.get_mut(bit.octet());
            kept.into_iter().for_each(|octet| *octet &= !bit.mask());
        }
        self
    }

    /// Claims no other modems than these. Rate codes that are not in use become V.27ter and V.29.
    #[must_use]
    pub fn with_modems(mut self, modems: ModemSet) -> Self {
        let limit = self.rates.map_or(BitRate(u32::MAX), |rates| rates.limit);
        self.rates = Some(Rates { modems, limit });
        self
    }

    /// Claims no rate above this one. DIS knows 14 400, 9600, 4800 and 2400 bit/s; others round down.
    #[must_use]
    pub fn with_limit(mut self, limit: BitRate) -> Self {
        let modems = self.rates.map_or(ModemSet::V27terV29V17, |rates| rates.modems);
        self.rates = Some(Rates { modems, limit });
        self
    }

    /// Claims this least time of a line: 0 ms where rows are padded on their way to the printer.
    #[must_use]
    pub fn with_scan_time(self, time: ScanTime) -> Self {
        Self { scan_time: Some(time), ..self }
    }

    /// Treats proprietary fields so.
    #[must_use]
    pub fn with_non_standard(self, non_standard: NonStandardFields) -> Self {
        Self { non_standard, ..self }
    }

    /// Whether a DCS asks for more than the limits allow, since a machine may not have seen an edited
    /// DIS. Its CFR is then turned into FTT, and the sender steps down.
    pub fn exceeded_by(&self, dcs: &Dcs) -> bool {
        match (self.rates, dcs.opening()) {
            (Some(rates), Some(opening)) => {
                !rates.modems.permits(opening) || opening.bit_rate() > rates.limit
            }
            _ => false,
        }
    }

    /// An octet of the information field, `place` counted from 0, as it passes.
    pub fn octet(&self, fcf: Fcf, place: usize, octet: u8) -> u8 {
        match fcf {
            Fcf::Dis | Fcf::Dtc => self.capabilities(place, octet),
            Fcf::Nsf | Fcf::Nsc | Fcf::Nss if self.non_standard == NonStandardFields::Neutralise => {
                NOBODY.get(place).copied().unwrap_or(octet)
            }
            _ => octet,
        }
    }

    /// Whether the information field of such a frame may leave as another one.
    fn touch(&self, fcf: Fcf) -> bool {
        match fcf {
            Fcf::Dis | Fcf::Dtc => true,
            Fcf::Nsf | Fcf::Nsc | Fcf::Nss => self.non_standard == NonStandardFields::Neutralise,
            _ => false,
        }
    }

    fn capabilities(&self, place: usize, octet: u8) -> u8 {
        let octet = octet & self.kept.get(place).copied().unwrap_or(0xFF);
        match (place, self.rates, self.scan_time) {
            (1, Some(rates), _) => {
                let modems = ModemSet::of_code(octet).and(rates.modems).within(rates.limit);
                octet & !opening::MASK | modems.code()
            }
            (2, _, Some(time)) => octet & !ScanTime::MASK | time.code(),
            _ => octet,
        }
    }
}

/// One frame on its way through: knows where in the frame it is. To replay a frame, start a new one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FrameEdit {
    place: Place,
    confirmation: Confirmation,
    change: Change,
}

/// What becomes of a CFR.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Confirmation {
    /// It passes.
    #[default]
    Pass,
    /// It becomes FTT with the same X bit: the sender trains again at a lower rate.
    Refuse,
}

/// What was changed in one frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Change {
    /// Nothing.
    #[default]
    Nothing,
    /// These bits of DIS or DTC.
    Bits(BitSet),
    /// Country and maker of a proprietary field.
    Neutralised,
    /// CFR has become FTT.
    TrainingRefused,
}

/// Some of the bits of DIS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BitSet([u8; FIELD]);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Place {
    #[default]
    Address,
    Control,
    Field,
    Information(Fcf, usize),
    /// What began this frame is no header of T.30: all of it passes (T30-4).
    Foreign,
}

impl FrameEdit {
    /// A frame begins. `confirmation` matters only if it turns out to be a CFR.
    pub fn new(confirmation: Confirmation) -> Self {
        Self { confirmation, ..Self::default() }
    }

    /// The next octet, as it leaves.
    pub fn octet(&mut self, edits: &Edits, octet: u8) -> u8 {
        let (place, out) = match self.place {
            Place::Address if octet == ADDRESS => (Place::Control, octet),
            Place::Control if matches!(octet, LAST | MORE) => (Place::Field, octet),
            Place::Field => self.control_field(octet),
            Place::Information(fcf, place) => {
                (Place::Information(fcf, place.saturating_add(1)), self.information(edits, fcf, place, octet))
            }
            Place::Address | Place::Control | Place::Foreign => (Place::Foreign, octet),
        };
        self.place = place;
        out
    }

    /// The next octets, as they leave.
    pub fn chunk(&mut self, edits: &Edits, chunk: Chunk) -> Chunk {
        // Nearly all that passes is image.
        if let Place::Information(fcf, place) = self.place
            && !edits.touch(fcf)
        {
            self.place = Place::Information(fcf, place.saturating_add(chunk.octets().len()));
            return Chunk::from_octets(chunk.octets());
        }
        let mut out = Chunk::EMPTY;
        for octet in chunk.octets() {
            out.push_octet(self.octet(edits, *octet));
        }
        out
    }

    /// What has been changed so far.
    pub fn change(&self) -> Change {
        self.change
    }

    fn control_field(&mut self, octet: u8) -> (Place, u8) {
        let fcf = Fcf::from_octet(octet);
        if (fcf, self.confirmation) != (Fcf::Cfr, Confirmation::Refuse) {
            return (Place::Information(fcf, 0), octet);
        }
        self.change = Change::TrainingRefused;
        (Place::Information(Fcf::Ftt, 0), Fcf::Ftt.octet(octet & 0x80 != 0))
    }

    fn information(&mut self, edits: &Edits, fcf: Fcf, place: usize, octet: u8) -> u8 {
        let out = edits.octet(fcf, place, octet);
        if out != octet {
            self.change = match (self.change, fcf) {
                (Change::Bits(bits), Fcf::Dis | Fcf::Dtc) => Change::Bits(bits.with(place, out ^ octet)),
                (_, Fcf::Dis | Fcf::Dtc) => Change::Bits(BitSet::default().with(place, out ^ octet)),
                _ => Change::Neutralised,
            };
        }
        out
    }
}

impl BitSet {
    /// The bits, in order.
    pub fn iter(&self) -> impl Iterator<Item = Bit> {
        let octets = self.0;
        Bit::all().filter(move |bit| octets.get(bit.octet()).is_some_and(|octet| octet & bit.mask() != 0))
    }

    fn with(mut self, place: usize, mask: u8) -> Self {
        self.0.get_mut(place).into_iter().for_each(|octet| *octet |= mask);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::t30::{Dis, Frame};
    use proptest::prelude::*;
    use proptest::test_runner::RngSeed;

    fn pass(edits: &Edits, octets: &[u8]) -> (Vec<u8>, Change) {
        let mut edit = FrameEdit::default();
        let out = octets.iter().map(|octet| edit.octet(edits, *octet)).collect();
        (out, edit.change())
    }

    fn frame(field: u8, information: &[u8]) -> Vec<u8> {
        [&[ADDRESS, LAST, field], information].concat()
    }

    fn numbers(change: Change) -> Vec<u8> {
        let Change::Bits(bits) = change else { panic!("bits expected") };
        bits.iter().map(Bit::number).collect()
    }

    /// T30-1, on the printer of example E5, which can do JPEG and colour.
    #[test]
    fn forbidden_ecm_takes_mmr_and_colour_with_it() {
        let printer = frame(0x01, &[0x04, 0x43, 0x51, 0x23, 0x01, 0xAB, 0xC1, 0x01, 0x18]);
        let (out, change) = pass(&Edits::gateway().forbidding(Bit::ECM), &printer);
        assert_eq!(out[3..], [0x00, 0x43, 0x51, 0x01, 0x01, 0xAB, 0xC1, 0x01, 0x00]);
        assert_eq!(numbers(change), [6, 27, 31, 68, 69]);
    }

    /// T30-1.
    #[test]
    fn modems_that_are_not_there_are_not_claimed() {
        let v17 = frame(0x01, &[0x00, 0x77, 0x1E]);
        let (out, change) = pass(&Edits::NONE.with_modems(ModemSet::V27terV29), &v17);
        assert_eq!((out[4], numbers(change)), (0x73, vec![14]));
        let (out, _) = pass(&Edits::NONE.with_limit(BitRate(12_000)), &v17);
        assert_eq!(out[4], 0x73);
        let (out, _) = pass(&Edits::NONE.with_limit(BitRate(4_800)), &v17);
        assert_eq!(out[4], 0x53);
        // 1110 was V.33.
        let (out, _) = pass(&Edits::gateway(), &frame(0x01, &[0x00, 0x7A, 0x00]));
        assert_eq!(out[4], 0x72);
    }

    /// T30-1, T30-3.
    #[test]
    fn a_transmit_command_is_edited_like_an_identification() {
        let field = [0x04, 0x77, 0x5F, 0x23, 0x01, 0xF8];
        let edits = Edits::gateway().forbidding(Bit::ECM);
        let (dis, _) = pass(&edits, &frame(0x01, &field));
        let (dtc, change) = pass(&edits, &frame(0x81, &field));
        assert_eq!(dis[3..], dtc[3..]);
        assert_eq!(numbers(change), [6, 27, 31]);
    }

    /// T30-2, T30-3.
    #[test]
    fn proprietary_fields_lose_their_maker_and_keep_their_length() {
        for field in [0x04, 0x84, 0x44, 0xC4] {
            let (out, change) = pass(&Edits::gateway(), &frame(field, &[0xAD, 0x12, 0x34, 0x56, 0x78]));
            assert_eq!(out[2..], [field, 0xFF, 0x00, 0x00, 0x56, 0x78]);
            assert_eq!(change, Change::Neutralised);
            let (short, _) = pass(&Edits::gateway(), &frame(field, &[0xAD]));
            assert_eq!(short[3..], [0xFF]);
            let kept = Edits::gateway().with_non_standard(NonStandardFields::Pass);
            assert_eq!(pass(&kept, &frame(field, &[0xAD])).1, Change::Nothing);
        }
    }

    #[test]
    fn the_time_of_a_line_can_be_set_to_none() {
        let (out, change) =
            pass(&Edits::NONE.with_scan_time(ScanTime::Ms0), &frame(0x01, &[0, 0x50, 0x11, 0]));
        assert_eq!((out[5], numbers(change)), (0x1F, vec![21, 22, 23]));
    }

    #[test]
    fn an_internet_aware_machine_minds_the_rate() {
        let aware = Dis::NOTHING.with(Bit::INTERNET_AWARE).with(Bit::FLOW_CONTROL);
        let (out, change) = pass(&Edits::gateway(), &frame(0x01, aware.octets()));
        assert_eq!(numbers(change), [123]);
        assert!(Dis::from_octets(&out[3..]).is_some_and(|dis| dis.has(Bit::FLOW_CONTROL)));
    }

    #[test]
    fn a_confirmation_becomes_a_failure_with_the_same_speaker() {
        for (cfr, ftt) in [(0x21, 0x22), (0xA1, 0xA2)] {
            let mut edit = FrameEdit::new(Confirmation::Refuse);
            let out = edit.chunk(&Edits::NONE, Chunk::from_octets(&frame(cfr, &[])));
            assert_eq!((out.octets(), edit.change()), (&frame(ftt, &[])[..], Change::TrainingRefused));
        }
        let mut edit = FrameEdit::new(Confirmation::Refuse);
        edit.chunk(&Edits::NONE, Chunk::from_octets(&frame(0x31, &[])));
        assert_eq!(edit.change(), Change::Nothing);
    }

    #[test]
    fn a_command_beyond_the_limit_is_told_and_not_touched() {
        let edits = Edits::gateway().with_limit(BitRate(9_600));
        let dcs = frame(0xC1, &[0x00, 0x44, 0x1E]);
        assert_eq!(pass(&edits, &dcs), (dcs.clone(), Change::Nothing));
        assert!(edits.exceeded_by(&Dcs::from_octets(&dcs[3..]).unwrap()));
        assert!(!edits.exceeded_by(&Dcs::from_octets(&[0x00, 0x60, 0x1E]).unwrap()));
        assert!(!Edits::NONE.exceeded_by(&Dcs::from_octets(&[0x00, 0x44, 0x1E]).unwrap()));
    }

    /// T30-4: what is no frame of T.30 is not taken for one.
    #[test]
    fn octets_behind_a_wrong_header_pass() {
        for start in [&[0xFE, 0xC8, 0x01][..], &[0xFF, 0x13, 0x01], &[0x01, 0x04, 0x01]] {
            let octets = [start, &[0xFF; 20]].concat();
            assert_eq!(pass(&Edits::gateway().forbidding(Bit::ECM), &octets), (octets, Change::Nothing));
        }
    }

    fn any_edits() -> impl Strategy<Value = Edits> {
        let modems = proptest::option::of(0..ModemSet::ALL.len());
        let times = proptest::option::of(prop_oneof![Just(ScanTime::Ms0), Just(ScanTime::Ms10)]);
        (proptest::collection::vec(1_u8..=128, 0..4), modems, 2_000_u32..16_000, times, any::<bool>())
            .prop_map(|(bits, modems, limit, time, neutralise)| {
                let bits = bits.into_iter().filter_map(Bit::new).filter(|bit| {
                    use super::super::fields::Role;
                    !matches!(bit.row().dis, Role::Extension | Role::Part)
                });
                let mut edits = bits.fold(Edits::NONE, Edits::forbidding);
                if let Some(modems) = modems {
                    edits = edits.with_modems(ModemSet::ALL[modems]).with_limit(BitRate(limit));
                }
                if neutralise {
                    edits = edits.with_non_standard(NonStandardFields::Neutralise);
                }
                time.map_or(edits, |time| edits.with_scan_time(time))
            })
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            rng_seed: RngSeed::Fixed(30),
            failure_persistence: None,
            ..ProptestConfig::default()
        })]

        /// T30-1: no bit is left whose prerequisite the edit has taken away, and no octet gets lost.
        #[test]
        fn an_edited_identification_never_contradicts_itself(
            edits in any_edits(),
            information in proptest::collection::vec(any::<u8>(), 0..20),
            field in prop_oneof![Just(0x01_u8), Just(0x81)],
        ) {
            let original = frame(field, &information);
            let (out, change) = pass(&edits, &original);
            prop_assert_eq!(out.len(), original.len());
            prop_assert_eq!(pass(&edits, &out), (out.clone(), Change::Nothing), "edited twice");
            prop_assert_eq!(change == Change::Nothing, out == original);
            let has = |octets: &[u8], bit: Bit| octets.get(3 + bit.octet()).is_some_and(|o| o & bit.mask() != 0);
            for bit in Bit::all().filter(|bit| has(&out, *bit)) {
                for needed in bit.row().needs.iter().filter_map(|number| Bit::new(*number)) {
                    prop_assert!(has(&out, needed) || !has(&original, needed), "{} without {}", bit.number(), needed.number());
                }
            }
            if let (Some(before), Some(after)) = (Dis::from_octets(&information), Dis::from_octets(&out[3..])) {
                prop_assert_eq!(before.octets().len(), after.octets().len());
            }
        }

        #[test]
        fn frames_without_an_edit_pass_unchanged(
            edits in any_edits(),
            octets in proptest::collection::vec(any::<u8>(), 0..300),
        ) {
            let edited = |fcf| matches!(fcf, Fcf::Dis | Fcf::Dtc | Fcf::Nsf | Fcf::Nsc | Fcf::Nss);
            let original = frame(octets.first().copied().unwrap_or(0x41), &octets);
            prop_assume!(!edited(Frame::parse(&original).unwrap().fcf()));
            prop_assert_eq!(pass(&edits, &original), (original, Change::Nothing));
            prop_assert_eq!(pass(&Edits::NONE, &octets), (octets, Change::Nothing));
        }
    }
}
