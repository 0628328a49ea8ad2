//! Fields to frames, and what is odd about them.
//!
//! From: T.38 7.4; field notes IFP-1 to IFP-10, by whose ids oddities are told.
//! Not here: what a frame says (`frame`).

use super::frame;
use super::timeline::{Ending, Frame, Totals};
use fax_core::{Span, Timestamp};
use fax_t38::ifp::{DataType, Field, FieldType, Indicator};

/// Octets kept of a frame: more than an ECM frame of 260 and any NSF.
const KEPT: usize = 1024;

/// Hears one direction.
#[derive(Debug, Default)]
pub(super) struct Ear {
    shows_content: bool,
    indicator: Option<Indicator>,
    /// The modem that the last indicator or data spoke of.
    modem: Option<DataType>,
    burst: Burst,
    frame: Vec<u8>,
    /// Octets of the frame, kept or not.
    length: usize,
    is_holed: bool,
}

/// Where in a burst the line is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Burst {
    #[default]
    Silent,
    /// Announced, without data so far.
    Announced(Timestamp),
    Frames,
    Bits,
    Ended(FieldType),
}

impl Ear {
    pub(super) fn new(shows_content: bool) -> Self {
        Self { shows_content, ..Self::default() }
    }

    /// A frame that was not ended is told as such.
    pub(super) fn indicator(
        &mut self,
        at: Timestamp,
        indicator: Indicator,
        totals: &mut Totals,
    ) -> Option<Frame> {
        if self.indicator == Some(indicator) && matches!(self.burst, Burst::Silent | Burst::Announced(_)) {
            totals.odd(at, "IFP-1", "an indicator again under a new number");
            return None;
        }
        match self.burst {
            Burst::Frames | Burst::Bits if indicator == Indicator::NoSignal => {
                totals.odd(at, "IFP-8", "no-signal without an end of the burst before it");
            }
            Burst::Ended(_) if indicator != Indicator::NoSignal => {
                totals.odd(at, "IFP-8", "an end of a burst without no-signal after it");
            }
            _ => {}
        }
        self.indicator = Some(indicator);
        self.modem = indicator.opening().map(DataType::of);
        self.burst = if self.modem.is_some() { Burst::Announced(at) } else { Burst::Silent };
        (self.length > 0).then(|| self.end(Ending::Unfinished, totals))
    }

    pub(super) fn field(
        &mut self,
        at: Timestamp,
        kind: DataType,
        field: Field<'_>,
        totals: &mut Totals,
    ) -> Option<Frame> {
        if self.modem != Some(kind) && kind.opening().is_some() {
            totals.odd(at, "IFP-2", "data without its indicator");
            self.modem = Some(kind);
        }
        match field.kind {
            FieldType::HdlcData => {
                self.octets(at, kind, field.octets, totals);
                None
            }
            FieldType::FcsOk | FieldType::FcsBad | FieldType::FcsOkSigEnd | FieldType::FcsBadSigEnd => {
                self.fcs(at, kind, field, totals)
            }
            FieldType::HdlcSigEnd | FieldType::NonEcmSigEnd => {
                self.signal_end(at, field.kind, totals);
                None
            }
            FieldType::NonEcmData => {
                self.burst = Burst::Bits;
                None
            }
            _ => None,
        }
    }

    /// Packets are missing here.
    pub(super) fn missing(&mut self, at: Timestamp, totals: &mut Totals) {
        if self.length > 0 {
            totals.odd(at, "IFP-4", "a loss inside a frame");
        }
        self.is_holed = true;
    }

    fn octets(&mut self, at: Timestamp, kind: DataType, octets: &[u8], totals: &mut Totals) {
        const ADDRESS: u8 = 0xFF;
        const SHORTEST_PREAMBLE: Span = Span::from_millis(700);
        match self.burst {
            Burst::Announced(since) if kind == DataType::V21 && at.since(since) < SHORTEST_PREAMBLE => {
                totals.odd(at, "IFP-10", "a V.21 preamble of less than 700 ms");
            }
            _ => {}
        }
        if self.length == 0 {
            match octets.first() {
                Some(&ADDRESS) => self.is_holed = false, // what is missing ended before it
                _ if !self.is_holed => totals.odd(at, "IFP-3", "a frame that does not begin with FF"),
                _ => {}
            }
        }
        self.burst = Burst::Frames;
        let room = KEPT.saturating_sub(self.frame.len()).min(octets.len());
        self.frame.extend_from_slice(&octets[..room]);
        self.length += octets.len();
    }

    fn fcs(&mut self, at: Timestamp, kind: DataType, field: Field<'_>, totals: &mut Totals) -> Option<Frame> {
        if !field.octets.is_empty() {
            totals.odd(at, "IFP-5", "octets in the field that ends a frame");
            self.octets(at, kind, field.octets, totals);
        }
        let is_repeat = self.length == 0 && !self.is_holed;
        self.burst = if field.kind.is_sig_end() { Burst::Ended(field.kind) } else { Burst::Frames };
        if is_repeat {
            totals.odd(at, "IFP-6", "an end of a frame, or of a burst, again under a new number");
            return None;
        }
        let is_good = matches!(field.kind, FieldType::FcsOk | FieldType::FcsOkSigEnd);
        Some(self.end(if is_good { Ending::Good } else { Ending::Bad }, totals))
    }

    fn signal_end(&mut self, at: Timestamp, by: FieldType, totals: &mut Totals) {
        match (self.burst, by) {
            (Burst::Ended(before), _) if before == by => {
                totals.odd(at, "IFP-6", "an end of a frame, or of a burst, again under a new number");
            }
            (Burst::Ended(before), FieldType::HdlcSigEnd) if before.is_fcs() => {
                totals.odd(at, "IFP-9", "hdlc-sig-end after a field that has ended the burst");
            }
            (Burst::Bits, FieldType::HdlcSigEnd) | (Burst::Frames, FieldType::NonEcmSigEnd) => {
                totals.odd(at, "IFP-7", "a burst ended by the field of the other kind");
            }
            _ => {}
        }
        self.burst = Burst::Ended(by);
    }

    fn end(&mut self, ending: Ending, totals: &mut Totals) -> Frame {
        let ending = if self.is_holed && ending != Ending::Bad { Ending::Holed } else { ending };
        *totals.frames.entry(ending.word()).or_default() += 1;
        let told = Frame {
            name: frame::name(&self.frame),
            gist: frame::gist(&self.frame),
            content: self.shows_content.then(|| frame::content(&self.frame)).flatten(),
            ecm: frame::ecm_number(&self.frame),
            octets: self.length,
            ending,
        };
        self.frame.clear();
        (self.length, self.is_holed) = (0, false);
        told
    }
}
