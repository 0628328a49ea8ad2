//! How a call ended, why, and what to do about it.

use crate::signal::Opening;
use crate::t30::{Excess, Fcf};

/// Why a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// All pages were confirmed.
    Success,
    /// The call went to its end, but the receiver of some page was not content with it, or misses parts of it.
    Doubtful,
    /// Nobody answered (T0).
    NoAnswer,
    /// No first frames (T1).
    NoFirstFrames,
    /// Other frames came where DIS was due.
    NoDis,
    /// No rate of the ladder could be trained.
    CannotTrain,
    /// DIS and page have no coding, width or resolution in common.
    Incompatible(Excess),
    /// The far machine cannot receive.
    CannotReceive,
    /// The far machine has nothing to be fetched, or we have nothing that may be.
    NothingToFetch,
    /// The password is wrong, or missing.
    Password,
    /// A field that the far machine refused (FNV).
    FieldRefused,
    /// A DCS that asks for what was not offered.
    CommandBeyondOffer(Excess),
    /// A frame that belongs nowhere here.
    Unexpected(Fcf),
    /// A frame without a name as the last of its burst.
    Unknown,
    /// No answer to DCS and TCF.
    NoAnswerToTraining,
    /// DIS again and again instead of an answer to DCS and TCF.
    DisInsteadOfAnswer,
    /// No answer after a page.
    NoAnswerToPage,
    /// No answer to CTC or EOR.
    NoAnswerToCorrection,
    /// Not ready for too long (T5).
    NotReady,
    /// The command did not come (T2): the place it was waited for.
    NoCommand(Awaited),
    /// DCN came where something else was waited for.
    Disconnected(Awaited),
    /// A PPS that belongs to no block in progress.
    WrongBlock,
    /// No line of a page for 5 s.
    NoLine,
    /// An operator took the call over.
    HandedOver,
    /// The line was dropped under us.
    Dropped,
    /// A fault of ours.
    Internal,
}

/// What a session was waiting for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Awaited {
    /// DIS.
    Dis,
    /// DCS or DTC.
    Dcs,
    /// An answer to training.
    Confirmation,
    /// A page, or the next block.
    Page,
    /// What follows the page.
    PostPage,
    /// An answer after a page that was not the last.
    Receipt,
    /// An answer after the last page.
    LastReceipt,
    /// RR.
    ReceiveReady,
    /// Training after RTN.
    Retraining,
}

/// What to do about a call that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Advice {
    /// It did not fail, or only in part.
    Nothing,
    /// Call again: chance may have been against it.
    Retry,
    /// Call again later: nobody is there, or is ready.
    RetryLater,
    /// Call again with a lower rate, or without V.17.
    RetrySlower,
    /// The same call will fail again.
    DoNotRetry,
}

/// The result of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Why it ended.
    pub cause: Cause,
    /// Pages sent and confirmed, or sent and doubtful.
    pub sent: u16,
    /// Pages received, also with parts missing for good.
    pub received: u16,
    /// Doubtful ones of all these.
    pub doubtful: u16,
    /// The modem and rate of the last page.
    pub opening: Option<Opening>,
}

impl Outcome {
    /// What to do about it.
    pub fn advice(&self) -> Advice {
        self.cause.advice()
    }
}

impl Cause {
    /// Whether all that was to be done was done.
    pub const fn is_success(self) -> bool {
        matches!(self, Self::Success | Self::Doubtful)
    }

    /// What to do about it.
    pub const fn advice(self) -> Advice {
        match self {
            Self::Success | Self::Doubtful | Self::HandedOver => Advice::Nothing,
            Self::NoAnswer | Self::NotReady => Advice::RetryLater,
            Self::CannotTrain | Self::NoAnswerToTraining | Self::NoAnswerToCorrection => Advice::RetrySlower,
            Self::Disconnected(Awaited::Confirmation) => Advice::RetrySlower,
            Self::Incompatible(_)
            | Self::CannotReceive
            | Self::NothingToFetch
            | Self::Password
            | Self::FieldRefused => Advice::DoNotRetry,
            Self::NoFirstFrames
            | Self::NoDis
            | Self::CommandBeyondOffer(_)
            | Self::Unexpected(_)
            | Self::Unknown
            | Self::DisInsteadOfAnswer
            | Self::NoAnswerToPage
            | Self::NoCommand(_)
            | Self::Disconnected(_)
            | Self::WrongBlock
            | Self::NoLine
            | Self::Dropped
            | Self::Internal => Advice::Retry,
        }
    }

    /// The number that FreeSWITCH and other users of SpanDSP know for it (`fax_result_code`).
    pub const fn code(self) -> u8 {
        match self {
            Self::Success | Self::Doubtful => 0,
            Self::NoAnswer => 2,
            Self::NoFirstFrames => 3,
            Self::CannotTrain => 6,
            Self::HandedOver => 7, // the nearest: "operator intervention"
            Self::Incompatible(excess) => match excess {
                Excess::Width(_) | Excess::Length(_) => 12,
                Excess::Bit(_) => 11,
                _ => 8,
            },
            Self::CommandBeyondOffer(_) | Self::Internal => 8,
            Self::CannotReceive => 9,
            Self::NothingToFetch => 10,
            Self::Unexpected(_) | Self::Unknown => 13,
            Self::Disconnected(awaited) => match awaited {
                Awaited::Dis => 17,
                Awaited::Dcs => 35,
                Awaited::Confirmation => 14,
                Awaited::Page => 36,
                Awaited::PostPage => 37,
                Awaited::Receipt => 38,
                Awaited::LastReceipt => 15,
                Awaited::ReceiveReady => 39,
                Awaited::Retraining => 40,
            },
            Self::NoDis => 19,
            Self::NoAnswerToTraining => 20,
            Self::NoAnswerToPage => 21,
            Self::NotReady => 22,
            Self::WrongBlock => 23,
            Self::NoLine => 27,
            Self::NoCommand(awaited) => match awaited {
                Awaited::Page => 31,
                Awaited::PostPage => 32,
                Awaited::ReceiveReady => 33,
                _ => 34,
            },
            Self::DisInsteadOfAnswer | Self::NoAnswerToCorrection => 48,
            Self::Dropped => 49,
            Self::FieldRefused => 52,
            Self::Password => 55,
        }
    }
}
