//! The listening half of a line: one sentence out of what the packets say, as every peer says it.
//!
//! Packets come in order and without doubles; what is missing is told. Where a field is, and with which
//! others, means nothing: fields are taken one after the other (IFP-24).

mod frame;

use crate::Event;
use crate::ifp::{Data, DataType, Field, FieldType, Ifp, Indicator};
use fax_core::{
    Chunk, Expectation, FrameEnd, Framing, Grounds, Heard, Opening, Outbox, Signal, Span, Timestamp, Tone,
};
use frame::Frame;

/// Signals that may wait while another packet is still read: the largest packet that a datagram holds
/// finds room behind them, and what is not read waits in the carriage.
const AT_EASE: usize = 48;
/// Events that wait at most; the oldest give way.
const EVENTS: usize = 32;

/// Everything that listens.
#[derive(Clone, Debug)]
pub(crate) struct Ear {
    /// How long a burst may be silent.
    patience: Span,
    expectation: Expectation,
    place: Place,
    last_end: Option<EndMark>,
    out: Outbox<Event, EVENTS>,
}

/// What the peer's line does now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Silence,
    /// A tone, or what a G3 line has no signal for.
    Other(Indicator),
    Burst(Burst),
}

/// A carrier that was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Burst {
    opening: Opening,
    carries: Carries,
    /// Packets are missing since the last that belonged to the burst.
    gap: bool,
    /// When anything of it came last.
    last: Timestamp,
}

/// What a burst turned out to carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Carries {
    Undecided,
    Frames(Frame),
    Bits,
}

/// The field with octets that ended something last. The same once more, with nothing between, is a
/// repeat under a new number (IFP-6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct EndMark {
    data: DataType,
    field: FieldType,
    length: usize,
    print: u32,
}

impl Ear {
    pub(crate) fn new(patience: Span) -> Self {
        Self {
            patience,
            expectation: Expectation::ANYTHING,
            place: Place::Silence,
            last_end: None,
            out: Outbox::new(Event::Overflow),
        }
    }

    pub(crate) fn expect(&mut self, expectation: Expectation) {
        self.expectation = expectation;
    }

    pub(crate) fn hear(&mut self) -> Option<Heard> {
        self.out.take()
    }

    pub(crate) fn event(&mut self) -> Option<(Timestamp, Event)> {
        self.out.event()
    }

    pub(crate) fn note(&mut self, at: Timestamp, event: Event) {
        self.out.note(at, event);
    }

    /// Whether there is room for what another packet says.
    pub(crate) fn is_at_ease(&self) -> bool {
        self.out.waiting() <= AT_EASE
    }

    /// The next packet.
    pub(crate) fn take(&mut self, at: Timestamp, ifp: Ifp<'_>) {
        match ifp {
            Ifp::Indicator(indicator) => self.indicator(at, indicator),
            Ifp::Data(data) => self.data(at, data),
        }
    }

    /// Packets are missing here. In silence that is no matter: what comes next shows what they began.
    pub(crate) fn missing(&mut self, at: Timestamp) {
        let Place::Burst(burst) = &mut self.place else { return };
        if let Carries::Frames(frame) = &mut burst.carries {
            frame.lose();
        }
        if !core::mem::replace(&mut burst.gap, true) {
            self.out.tell(at, Signal::Missing);
        }
    }

    /// Ends a burst in which nothing came for too long (IFP-19).
    pub(crate) fn advance(&mut self, now: Timestamp) {
        if self.deadline().is_some_and(|deadline| deadline <= now) {
            self.note(now, Event::Starved);
            self.silence(now);
        }
    }

    /// When the burst that is on will have been silent for too long.
    pub(crate) fn deadline(&self) -> Option<Timestamp> {
        let Place::Burst(burst) = self.place else { return None };
        Some(burst.last + self.patience)
    }

    fn indicator(&mut self, at: Timestamp, indicator: Indicator) {
        if self.repeats(indicator) {
            self.touch(at);
            return;
        }
        if let Some(opening) = indicator.opening() {
            self.begin(at, opening, Grounds::Heard);
            return;
        }
        match (indicator, tone(indicator)) {
            (Indicator::NoSignal, _) => self.silence(at),
            (_, Some(tone)) => {
                self.out.close(at);
                self.out.tell(at, Signal::Tone(tone));
                self.place = Place::Other(indicator);
            }
            (Indicator::Unknown(_), None) => self.note(at, Event::Indicated(indicator)),
            (_, None) => {
                self.silence(at);
                self.note(at, Event::Indicated(indicator));
                self.place = Place::Other(indicator);
            }
        }
    }

    /// Whether the line does so already (IFP-1). When packets are missing since the burst last said
    /// something, its end may be among them: then the same indicator opens the next one.
    fn repeats(&self, indicator: Indicator) -> bool {
        match self.place {
            Place::Silence => indicator == Indicator::NoSignal,
            Place::Other(current) => indicator == current,
            Place::Burst(burst) => {
                let may_have_ended = burst.gap && burst.carries != Carries::Undecided;
                Indicator::of(burst.opening) == indicator && !may_have_ended
            }
        }
    }

    fn data(&mut self, at: Timestamp, data: Data<'_>) {
        // V.8, V.34, V.33: nothing that a G3 line could say.
        if data.kind.opening().is_some() {
            data.fields().for_each(|field| self.field(at, data.kind, field));
        }
    }

    fn field(&mut self, at: Timestamp, data: DataType, field: Field<'_>) {
        let mark = EndMark::of(data, field);
        if mark.is_some() && mark == self.last_end {
            return;
        }
        match field.kind {
            FieldType::HdlcData => self.octets(at, data, field.octets),
            FieldType::FcsOk | FieldType::FcsBad => {
                self.octets(at, data, field.octets); // IFP-5
                self.frame_end(at, data, field.kind);
            }
            FieldType::FcsOkSigEnd | FieldType::FcsBadSigEnd => {
                self.octets(at, data, field.octets);
                self.frame_end(at, data, field.kind);
                self.sig_end(at, data);
            }
            FieldType::HdlcSigEnd => self.sig_end(at, data),
            FieldType::NonEcmData => self.bits(at, data, field.octets),
            FieldType::NonEcmSigEnd => {
                // After frames it is the wrong kind of end, and its octets mean nothing (IFP-7).
                if !matches!(self.burst(data), Some(Burst { carries: Carries::Frames(_), .. })) {
                    self.bits(at, data, field.octets);
                }
                self.sig_end(at, data);
            }
            // V.8 and V.34 messages on a G3 modem, or what no edition knows (PER-6).
            _ => return,
        }
        if !field.octets.is_empty() {
            self.last_end = mark;
        }
    }

    /// Octets of a frame.
    fn octets(&mut self, at: Timestamp, data: DataType, octets: &[u8]) {
        if octets.is_empty() {
            return;
        }
        self.carry(at, data, Framing::Frames);
        if let Some(Burst { carries: Carries::Frames(frame), opening, .. }) = self.burst(data) {
            octets.iter().for_each(|octet| frame.octet(*octet, *opening != Opening::V21));
        }
        for part in octets.chunks(Chunk::CAPACITY) {
            self.out.tell(at, Signal::Octets(Chunk::from_octets(part)));
        }
    }

    /// The end of the frame that is open; without one it is a repeat (IFP-6).
    fn frame_end(&mut self, at: Timestamp, data: DataType, field: FieldType) {
        let Some(burst) = self.burst(data) else { return };
        (burst.last, burst.gap) = (at, false);
        let Carries::Frames(frame) = &mut burst.carries else { return };
        let Some(is_whole) = frame.end() else { return };
        let is_good = is_whole && matches!(field, FieldType::FcsOk | FieldType::FcsOkSigEnd);
        let end = if is_good { FrameEnd::Good } else { FrameEnd::Bad };
        self.out.tell(at, Signal::FrameEnd(end));
    }

    /// TCF or image. V.21 carries none.
    fn bits(&mut self, at: Timestamp, data: DataType, octets: &[u8]) {
        if octets.is_empty() || data == DataType::V21 {
            return;
        }
        self.carry(at, data, Framing::Bits);
        for part in octets.chunks(Chunk::CAPACITY) {
            self.out.tell(at, Signal::Bits(Chunk::from_octets(part)));
        }
    }

    /// Ends the burst of this modem, whatever it carries (IFP-7). Without one, or for another modem's, it
    /// is a repeat (IFP-6, IFP-9).
    fn sig_end(&mut self, at: Timestamp, data: DataType) {
        if self.burst(data).is_some() {
            self.silence(at);
        }
    }

    /// Sees to it that a burst is on to which such data belongs. If it is another, or carries the other
    /// kind, its end was lost, and so was the announcement of the next (IFP-2).
    fn carry(&mut self, at: Timestamp, data: DataType, framing: Framing) {
        let fits = |burst: &Burst| match burst.carries {
            Carries::Undecided => true,
            Carries::Frames(_) => framing == Framing::Frames,
            Carries::Bits => framing == Framing::Bits,
        };
        if !self.burst(data).is_some_and(|burst| fits(burst)) {
            self.begin(at, self.inferred(data, framing), Grounds::Inferred);
        }
        let Some(burst) = self.burst(data) else { return };
        if burst.carries == Carries::Undecided {
            burst.carries = match framing {
                Framing::Bits => Carries::Bits,
                Framing::Frames | Framing::Unknown => Carries::Frames(Frame::awaited(burst.gap)),
            };
        }
        (burst.last, burst.gap) = (at, false);
    }

    /// How a burst opened of which the announcement was lost: as it was expected to.
    fn inferred(&self, data: DataType, framing: Framing) -> Opening {
        let expected = || self.expectation.iter().filter(|expected| DataType::of(expected.opening) == data);
        let exact = expected().find(|expected| expected.framing == framing);
        let likely = exact.or_else(|| expected().next()).map(|expected| expected.opening);
        likely.or_else(|| data.opening()).unwrap_or(Opening::V21)
    }

    fn begin(&mut self, at: Timestamp, opening: Opening, grounds: Grounds) {
        self.out.close(at);
        self.out.tell_on(grounds, at, Signal::Begin(opening));
        self.last_end = None;
        let gap = grounds == Grounds::Inferred;
        self.place = Place::Burst(Burst { opening, carries: Carries::Undecided, gap, last: at });
    }

    /// Ends what is on. A burst is followed by silence, a tone ends in it.
    fn silence(&mut self, at: Timestamp) {
        let had_burst = self.out.close(at);
        let had_tone = matches!(self.place, Place::Other(indicator) if tone(indicator).is_some());
        self.place = Place::Silence;
        if had_burst || had_tone {
            self.out.tell(at, Signal::Silence);
        }
    }

    /// Something came that shows that the burst lasts.
    fn touch(&mut self, at: Timestamp) {
        if let Place::Burst(burst) = &mut self.place {
            burst.last = at;
        }
    }

    /// The burst of this modem, if it is on.
    fn burst(&mut self, data: DataType) -> Option<&mut Burst> {
        match &mut self.place {
            Place::Burst(burst) if DataType::of(burst.opening) == data => Some(burst),
            _ => None,
        }
    }
}

impl EndMark {
    fn of(data: DataType, field: Field<'_>) -> Option<Self> {
        let ends = field.kind.is_fcs() || field.kind.is_sig_end();
        // FNV-1a: a repeat is repeated by chance or by design, never by malice worth a better hash.
        let mix = |print: u32, octet: &u8| (print ^ u32::from(*octet)).wrapping_mul(0x0100_0193);
        let print = || field.octets.iter().fold(0x811C_9DC5, mix);
        let is_mark = ends && !field.octets.is_empty();
        is_mark.then(|| Self { data, field: field.kind, length: field.octets.len(), print: print() })
    }
}

/// The tone that an indicator stands for.
fn tone(indicator: Indicator) -> Option<Tone> {
    match indicator {
        Indicator::Cng => Some(Tone::Cng),
        Indicator::Ced => Some(Tone::Ced),
        Indicator::V8AnsAm => Some(Tone::AnsAm),
        _ => None,
    }
}
