//! Follows T.30 from what goes by: who sends pages, with which modem, and what comes next.
//!
//! It is fed with every good frame that passes, either way, and with where bursts begin and end. It
//! takes part in nothing and believes whoever spoke last, for stations repeat, retrain and change their
//! mind: each frame has one effect, whatever came before, and [`Tracker::frame`] shows them all.
//!
//! From: T.30 5.1 note 5 (which training), Annex A (ECM); field notes IFP-15, IFP-16, T30-3, T30-8.
//! Always: a frame that is unknown, badly formed or an echo changes nothing; after a DCS that cannot be
//! read anything is expected.
//! Not here: the session of a fax machine, which speaks; repeated commands and delay (`relay::delay`).

#[cfg(test)]
mod tests;

use crate::line::{Expectation, Framing};
use crate::signal::{Opening, Training};
use crate::t30::fields::{Ecm, Terms};
use crate::t30::{Body, Dcs, Dis, Excess, Fcf, Frame, PostPage};

/// What is known of a call from its frames.
#[derive(Clone, Debug, Default)]
pub struct Tracker {
    phase: Phase,
    /// Who sends pages: who received the last DIS or DTC, or said the last DCS.
    sender: Option<Side>,
    offered: Option<Dis>,
    commanded: Option<Dcs>,
    /// The next fast burst of the sender, as far as it is known.
    fast: Option<Fast>,
    pending: Option<Pending>,
    /// The last frame that ended a burst: the same from the other side is its echo.
    last: Option<(Side, u8, Agreement)>,
}

/// The machine behind one of the two lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// Behind the first line.
    Near,
    /// Behind the second line.
    Far,
}

/// Where the call is in T.30 (clause 4 and figure 5-2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Phase {
    /// A: no frame yet.
    #[default]
    SetUp,
    /// B: DIS or DTC has been said; DCS, or DTC, follows.
    Identified,
    /// B: DCS has been said; TCF follows.
    Commanded,
    /// B: TCF is on the line.
    Tcf,
    /// B: TCF is over; CFR or FTT follows.
    TcfSent,
    /// B: FTT, RTN, RTP or PIN has been said; DCS follows.
    Retrain,
    /// C: a page, or the next block of it, follows.
    PageDue,
    /// C: frames that were asked for again follow, or CTC, or EOR.
    Correction,
    /// C: a page is on the line.
    Page,
    /// D: the carrier of the page is gone; a post-message command follows.
    PageSent,
    /// D: the command has been said; its answer follows.
    PostPage,
    /// D: the receiver is not ready; RR follows.
    Busy,
    /// D: CTC has been said; CTR follows.
    RateChange,
    /// B: after the answer to EOM; DIS, DTC or DCS follows.
    NextDocument,
    /// E: after the answer to EOP; DCN follows.
    Complete,
    /// E: DCN has been said.
    Released,
}

impl Phase {
    /// Every phase, each at the place of its number.
    pub const ALL: [Self; 16] = [
        Self::SetUp,
        Self::Identified,
        Self::Commanded,
        Self::Tcf,
        Self::TcfSent,
        Self::Retrain,
        Self::PageDue,
        Self::Correction,
        Self::Page,
        Self::PageSent,
        Self::PostPage,
        Self::Busy,
        Self::RateChange,
        Self::NextDocument,
        Self::Complete,
        Self::Released,
    ];
}

/// A post-message command that has no answer yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pending {
    /// The frame: PPS, EOR, or the command itself.
    pub command: Fcf,
    /// What follows once it is confirmed.
    pub then: PostPage,
}

/// A fast burst to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Fast {
    opening: Opening,
    framing: Framing,
}

/// The content that tells one DIS or DCS from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Agreement {
    None,
    Offer(Dis),
    Command(Dcs),
}

impl Tracker {
    /// Nothing is known.
    pub fn new() -> Self {
        Self::default()
    }

    /// A good frame passed, said by the machine on `side`; as the other machine will see it. Returns the
    /// phase if it is another one now.
    pub fn frame(&mut self, side: Side, frame: &Frame<'_>) -> Option<Phase> {
        let body = match frame.body() {
            Ok(body) => body,
            // The other machine may make more of it than is done here.
            Err(_) if frame.fcf() == Fcf::Dcs => return self.unclear_command(side),
            Err(_) => return None,
        };
        if frame.is_last() && self.is_echo(side, frame.control_field(), &body) {
            return None;
        }
        let phase = self.after(side, &body);
        self.enter(phase)
    }

    /// What each frame does. The order is that of a call.
    fn after(&mut self, side: Side, body: &Body<'_>) -> Phase {
        match body {
            Body::Dis(dis) | Body::Dtc(dis) => self.offer(side, *dis),
            Body::Dcs(dcs) => self.command(side, *dcs),
            Body::Plain(Fcf::Cfr) => self.page_due(Training::Short),
            Body::Plain(Fcf::Ftt) => self.retrain(),
            Body::Fcd(_) => self.page_frame(),
            Body::Plain(Fcf::Rcp) => Phase::Page,
            Body::Pps(pps) => self.post_page(Fcf::Pps, pps.then),
            Body::Eor(then) => self.post_page(Fcf::Eor, *then),
            Body::Plain(Fcf::Mcf | Fcf::Pip | Fcf::Err) => self.confirmed(), // PIP: T30-6
            Body::Plain(Fcf::Rtn | Fcf::Rtp | Fcf::Pin) => self.confirmed_after_training(),
            Body::Ppr(_) => self.correction(),
            Body::Ctc(ctc) => self.rate_change(ctc.opening()),
            Body::Plain(Fcf::Ctr) => {
                self.train(Training::Long); // IFP-15
                self.correction()
            }
            Body::Plain(Fcf::Rnr) => Phase::Busy,
            Body::Plain(Fcf::Rr) => Phase::PostPage,
            Body::Plain(Fcf::Dcn) => self.released(),
            Body::Plain(fcf) => match PostPage::of(*fcf) {
                Some(then) => self.post_page(*fcf, then),
                None => self.phase, // CRP and what says nothing about pages
            },
            Body::Ident(_) | Body::NonStandard(..) | Body::Opaque(..) => self.phase,
        }
    }

    /// A carrier came up on `side`. Returns the phase if it is another one now.
    pub fn burst_began(&mut self, side: Side, opening: Opening) -> Option<Phase> {
        match self.phase {
            _ if opening == Opening::V21 || self.sender != Some(side) => None,
            Phase::Commanded => self.enter(Phase::Tcf),
            Phase::PageDue | Phase::Correction => self.enter(Phase::Page),
            _ => None,
        }
    }

    /// The carrier on `side` is gone. Returns the phase if it is another one now.
    pub fn burst_ended(&mut self, side: Side) -> Option<Phase> {
        match self.phase {
            _ if self.sender != Some(side) => None,
            Phase::Tcf => self.enter(Phase::TcfSent),
            Phase::Page => self.enter(Phase::PageSent),
            _ => None,
        }
    }

    /// What the machine on `side` may send next besides V.21 and tones: set it on the line of that side
    /// after every frame and burst. V.21 alone means that no fast modem can come. V.17 is named with the
    /// training that is due; a receiver of it takes the other one too, so that is not named beside it.
    pub fn expectation(&self, side: Side) -> Expectation {
        let v21 = Expectation::only(Opening::V21, Framing::Frames);
        match (self.phase, self.fast) {
            (Phase::SetUp, _) => Expectation::ANYTHING,
            _ if self.sender != Some(side) => v21,
            (_, Some(fast)) => Expectation::only(fast.opening, fast.framing),
            // A rate that T.30 has not: the line must look for itself.
            (Phase::Commanded | Phase::Tcf | Phase::PageDue | Phase::Correction | Phase::Page, None) => {
                Expectation::ANYTHING
            }
            (_, None) => v21,
        }
    }

    /// The modem that `side` turns on 75 ms after its V.21 carrier has gone, if that is certain: TCF
    /// follows a DCS. A far line announces it then, not when this one has trained (IFP-16).
    pub fn predicted(&self, side: Side) -> Option<Opening> {
        let fast = self.fast.filter(|_| self.phase == Phase::Commanded && self.sender == Some(side))?;
        Some(fast.opening)
    }

    /// The training that the other machine awaits of `side`, where it is not the one that came: after CTR
    /// the receiver awaits a long one until a frame of the page has reached it, and the sender may not
    /// know that none has.
    pub fn awaited_training(&self, side: Side, opening: Opening) -> Opening {
        match self.fast.filter(|_| self.sender == Some(side)) {
            Some(fast)
                if fast.opening.training() == Training::Long && fast.opening.name() == opening.name() =>
            {
                opening.with_training(Training::Long)
            }
            _ => opening,
        }
    }

    /// Whether the machine on `side`, having spoken last, now awaits frames on V.21: the answer to its
    /// command, DCS after its DIS, DCN after its last confirmation.
    pub fn awaits_frames(&self, side: Side) -> bool {
        let sends = self.sender == Some(side);
        match self.phase {
            Phase::Identified | Phase::Retrain | Phase::Busy | Phase::Complete => !sends,
            Phase::TcfSent | Phase::PostPage | Phase::RateChange => sends,
            _ => false,
        }
    }

    /// Whether the machine on `side` awaits the answer to PPS or EOR, which may be RNR (T.30 A.3.3).
    pub fn may_be_told_to_wait(&self, side: Side) -> bool {
        let blocks = self.pending.is_some_and(|pending| matches!(pending.command, Fcf::Pps | Fcf::Eor));
        self.sender == Some(side) && self.phase == Phase::PostPage && blocks
    }

    /// Where the call is.
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// Who sends pages, once that is known.
    pub fn sender(&self) -> Option<Side> {
        self.sender
    }

    /// The last DIS or DTC.
    pub fn offered(&self) -> Option<&Dis> {
        self.offered.as_ref()
    }

    /// The last DCS: its coding, resolution and scan time say how rows are paced.
    pub fn commanded(&self) -> Option<&Dcs> {
        self.commanded.as_ref()
    }

    /// What the last DIS or DTC and the last DCS agree on, when both were seen.
    pub fn terms(&self) -> Option<Result<Terms, Excess>> {
        Some(self.offered?.admits(&self.commanded?))
    }

    /// Bits that a row of a page without ECM must have at least; `None` when nothing was commanded.
    pub fn row_bits(&self) -> Option<u32> {
        let dcs = self.commanded?;
        Some(dcs.scan_time().bits_at(dcs.opening()?.bit_rate()))
    }

    /// The post-message command that waits for its answer.
    pub fn pending(&self) -> Option<Pending> {
        self.pending
    }

    fn enter(&mut self, phase: Phase) -> Option<Phase> {
        (core::mem::replace(&mut self.phase, phase) != phase).then_some(phase)
    }

    /// Whether a frame is what the other side just said: a station has another X bit than its peer, so
    /// nobody answers with the same octet, and DIS is not answered by the same DIS (T30-8).
    fn is_echo(&mut self, side: Side, field: u8, body: &Body<'_>) -> bool {
        let content = match body {
            Body::Dis(dis) | Body::Dtc(dis) => Agreement::Offer(*dis),
            Body::Dcs(dcs) => Agreement::Command(*dcs),
            _ => Agreement::None,
        };
        let echo = self.last == Some((side.other(), field, content));
        if !echo {
            self.last = Some((side, field, content));
        }
        echo
    }

    /// DIS, DTC: who hears it commands. While the answer to a TCF is due it was repeated in vain and the
    /// TCF stands.
    fn offer(&mut self, side: Side, dis: Dis) -> Phase {
        self.offered = Some(dis);
        self.sender = Some(side.other());
        self.pending = None;
        match self.phase {
            Phase::Commanded | Phase::Tcf | Phase::TcfSent => self.phase,
            _ => {
                self.fast = None;
                Phase::Identified
            }
        }
    }

    /// DCS: TCF follows, trained long, as bits even if the page comes in frames.
    fn command(&mut self, side: Side, dcs: Dcs) -> Phase {
        self.sender = Some(side);
        self.commanded = Some(dcs);
        self.pending = None;
        self.fast = dcs.opening().map(|opening| Fast { opening, framing: Framing::Bits });
        Phase::Commanded
    }

    /// A DCS of impossible length: whatever follows, the line must look for itself.
    fn unclear_command(&mut self, side: Side) -> Option<Phase> {
        self.sender = Some(side);
        self.fast = None;
        self.pending = None;
        self.enter(Phase::Commanded)
    }

    /// Another TCF is needed, and only a DCS tells its modem.
    fn retrain(&mut self) -> Phase {
        self.fast = None;
        self.pending = None;
        Phase::Retrain
    }

    fn page_due(&mut self, training: Training) -> Phase {
        self.train(training);
        self.page_expected()
    }

    /// PPR, CTR: frames of the same block. The command that ended it will be said again. After CTR the
    /// training stays long until one of them has passed.
    fn correction(&mut self) -> Phase {
        self.page_expected();
        Phase::Correction
    }

    fn page_expected(&mut self) -> Phase {
        self.pending = None;
        let frames = self.commanded.is_some_and(|dcs| dcs.ecm() != Ecm::Off);
        if let Some(fast) = &mut self.fast {
            fast.framing = if frames { Framing::Frames } else { Framing::Bits };
        }
        Phase::PageDue
    }

    /// FCD: what was learned from a long training holds from here on. RCP alone does not show that (the
    /// peer's receiver goes by FCD, its sender by RCP).
    fn page_frame(&mut self) -> Phase {
        self.train(Training::Short);
        Phase::Page
    }

    fn post_page(&mut self, command: Fcf, then: PostPage) -> Phase {
        self.pending = Some(Pending { command, then });
        Phase::PostPage
    }

    /// MCF, PIP, ERR: what follows is what the command said. A second one says nothing new.
    fn confirmed(&mut self) -> Phase {
        match self.pending.take().map(|pending| pending.then.without_interrupt()) {
            None => self.phase,
            Some(PostPage::Eom | PostPage::Eos) => {
                self.fast = None;
                Phase::NextDocument
            }
            Some(PostPage::Eop) => {
                self.fast = None;
                Phase::Complete
            }
            Some(_) => self.page_due(Training::Short),
        }
    }

    /// RTN, RTP, PIN: DCS follows, or after EOM a new DIS.
    fn confirmed_after_training(&mut self) -> Phase {
        let then = self.pending.map(|pending| pending.then.without_interrupt());
        self.retrain();
        if matches!(then, Some(PostPage::Eom | PostPage::Eos)) { Phase::NextDocument } else { Phase::Retrain }
    }

    /// CTC: the rate changes without DCS and TCF, with a long training after CTR.
    fn rate_change(&mut self, opening: Option<Opening>) -> Phase {
        self.fast = opening.map(|opening| Fast { opening, framing: Framing::Frames });
        if let (Some(dcs), Some(opening)) = (&mut self.commanded, opening) {
            *dcs = dcs.with_opening(opening);
        }
        self.pending = None;
        Phase::RateChange
    }

    fn released(&mut self) -> Phase {
        self.fast = None;
        self.pending = None;
        Phase::Released
    }

    fn train(&mut self, training: Training) {
        if let Some(fast) = &mut self.fast {
            fast.opening = fast.opening.with_training(training);
        }
    }
}

impl Side {
    /// The other machine.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Near => Self::Far,
            Self::Far => Self::Near,
        }
    }
}

impl Phase {
    /// The letter of T.30 clause 4.
    pub const fn letter(self) -> char {
        match self {
            Self::SetUp => 'A',
            Self::Identified | Self::Commanded | Self::Tcf | Self::TcfSent => 'B',
            Self::Retrain | Self::NextDocument => 'B',
            Self::PageDue | Self::Correction | Self::Page => 'C',
            Self::PageSent | Self::PostPage | Self::Busy | Self::RateChange => 'D',
            Self::Complete | Self::Released => 'E',
        }
    }
}
