//! How a call ended, and what that means to whoever placed it.

use crate::record::CallRecord;
use core::fmt;
use fax_core::relay::{Phase, Side};

/// What ended a call. It is told once, as [`Event::Ended`](crate::Event::Ended).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// A side hung up: on hook, BYE.
    HungUp(Side),
    /// The owner of the call ended it.
    Stopped,
    /// For the time of [`Supervision::quiet`](crate::Supervision::quiet) neither machine said a frame.
    Quiet,
    /// The same, and no samples came on this phone leg any more.
    NoAudio(Side),
    /// This side commanded pages without ECM, which the policy requires.
    WithoutEcm(Side),
    /// A page lasted longer than [`Supervision::page`](crate::Supervision::page).
    PageTooLong,
}

/// What became of a fax.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The last page was confirmed. A DCN that is lost after that changes nothing.
    Completed,
    /// Neither side was heard as a fax.
    NoFax,
    /// Only this side was heard as a fax: its tones or its frames.
    OneFax(Side),
    /// Both spoke, and no DCS followed: they could not agree, or one did not want to.
    NotAgreed,
    /// They agreed on pages without ECM, which the policy does not allow.
    WithoutEcm,
    /// No training was confirmed.
    NotTrained,
    /// Pages were passing, or about to.
    Interrupted,
    /// The page is over and its confirmation did not come: it may have been received.
    NotConfirmed,
    /// A document was confirmed, and the one that was announced after it did not begin.
    NextNotBegun,
}

/// Who or what had the last word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// The call is still on.
    StillOn,
    /// This machine said DCN.
    Dcn(Side),
    /// The T.38 session of this side ran dry within a burst, and nothing followed.
    Starved(Side),
    /// Without a word of T.30.
    Ended(Ending),
}

/// What to do about it. A gateway does nothing: this is for whoever sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// Nothing is left to send.
    No,
    /// The number may be no fax's.
    CheckNumber,
    /// The same again, later.
    Later,
    /// By another way or with another policy: the same again would end the same.
    OtherWay,
    /// At a lower rate.
    Slower,
    /// From the first page that was not confirmed.
    Rest,
    /// The same, knowing that this page may come twice.
    RestMayDouble,
}

/// The end of a call as its record shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// What became of the fax.
    pub cause: Cause,
    /// Where in T.30 that was: the phase before DCN.
    pub phase: Phase,
    /// The last word.
    pub how: How,
}

impl Verdict {
    pub(crate) fn of(record: &CallRecord) -> Self {
        let phase = record.last_phase();
        Self { cause: cause(record, phase), phase, how: how(record) }
    }

    /// What a sender should do.
    pub const fn retry(&self) -> Retry {
        match self.cause {
            Cause::Completed => Retry::No,
            // Somebody said DIS, so the number is a fax's.
            Cause::OneFax(_) | Cause::NotAgreed if matches!(self.phase, Phase::Identified) => Retry::Later,
            Cause::NoFax | Cause::OneFax(_) => Retry::CheckNumber,
            Cause::NotAgreed => Retry::Later,
            Cause::WithoutEcm => Retry::OtherWay,
            Cause::NotTrained => Retry::Slower,
            Cause::Interrupted | Cause::NextNotBegun => Retry::Rest,
            Cause::NotConfirmed => Retry::RestMayDouble,
        }
    }
}

fn cause(record: &CallRecord, phase: Phase) -> Cause {
    let heard = |side: Side| record.side(side).was_fax();
    if matches!(record.ending, Some(Ending::WithoutEcm(_))) {
        return Cause::WithoutEcm;
    }
    match phase {
        Phase::SetUp | Phase::Identified => match (heard(Side::Near), heard(Side::Far)) {
            (false, false) => Cause::NoFax,
            (true, false) => Cause::OneFax(Side::Near),
            (false, true) => Cause::OneFax(Side::Far),
            (true, true) => Cause::NotAgreed,
        },
        Phase::Commanded | Phase::Tcf | Phase::TcfSent => Cause::NotTrained,
        Phase::Retrain if record.confirmed == 0 => Cause::NotTrained,
        Phase::Retrain
        | Phase::PageDue
        | Phase::Correction
        | Phase::Page
        | Phase::PageSent
        | Phase::RateChange => Cause::Interrupted,
        Phase::PostPage | Phase::Busy => Cause::NotConfirmed,
        Phase::NextDocument => Cause::NextNotBegun,
        Phase::Complete | Phase::Released => Cause::Completed,
    }
}

fn how(record: &CallRecord) -> How {
    let starved = || {
        let after_last =
            |side: &Side| record.side(*side).starved_at.is_some_and(|at| at >= record.last_frame);
        [Side::Near, Side::Far].into_iter().find(after_last)
    };
    match (record.released_by, record.ending) {
        (Some(side), _) => How::Dcn(side),
        (None, None) => How::StillOn,
        (None, Some(ending @ Ending::Quiet)) => starved().map_or(How::Ended(ending), How::Starved),
        (None, Some(ending)) => How::Ended(ending),
    }
}

/// One line: `Interrupted in Page by Starved(Far); retry: Rest`.
impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cause, phase, how } = self;
        write!(f, "{cause:?} in {phase:?} by {how:?}; retry: {:?}", self.retry())
    }
}
