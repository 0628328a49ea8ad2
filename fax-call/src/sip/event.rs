//! What people are told of the signalling of a call. No engine reads it.

use fax_core::Span;
use fax_core::relay::Side;

/// Something that signalling did or saw, for the record of the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BridgeEvent {
    /// That target is called, counted from 0.
    Called(usize),
    /// That target is given up: with this code, 408 if its time was over.
    NotReached {
        /// Counted from 0.
        target: usize,
        /// 300 to 699.
        code: u16,
    },
    /// The far end rings, or says something before it answers.
    Progress(u16),
    /// That target has answered, and so has the call.
    Answered(usize),
    /// This was offered.
    Offered {
        /// On which leg.
        side: Side,
        /// By whom.
        by: By,
        /// What.
        media: Kind,
    },
    /// From now on the leg carries this.
    Switched {
        /// Which leg.
        side: Side,
        /// Who had offered it.
        by: By,
        /// What it carries.
        media: Kind,
        /// From the offer to its answer.
        after: Span,
    },
    /// An offer was not taken.
    Refused {
        /// On which leg.
        side: Side,
        /// Who had offered it.
        by: By,
        /// The final response; 200 if the answer refused it (SIP-3), 408 if there was none in time.
        code: u16,
        /// From the offer to its refusal.
        after: Span,
    },
    /// Both ends of that leg made an offer at once.
    Glare(Side),
    /// T.38 was taken after we had given it up; audio is offered anew (SIP-4).
    TooLate(Side),
    /// The session of that leg was refreshed.
    Refreshed {
        /// Which leg.
        side: Side,
        /// Who did it.
        by: By,
    },
    /// The call ends. Told once.
    Ended(EndCause),
}

/// Who did something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// We.
    Us,
    /// The peer of that leg.
    Peer,
}

/// What a leg carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// G.711.
    Audio,
    /// T.38.
    T38,
}

/// Why a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndCause {
    /// That side hung up, perhaps with a cause of Q.850.
    HungUp(Side, Option<u8>),
    /// The caller gave up before there was an answer.
    Cancelled,
    /// Nobody answered: the final response that the caller got.
    NotAnswered(u16),
    /// The caller offered nothing that we take: the final response it got.
    NotAcceptable(u16),
    /// T.38 was required on that side and refused with this code.
    T38Refused(Side, u16),
    /// The refresh of that side's session did not come, or was not answered.
    SessionExpired(Side),
    /// That side's dialog is lost: no ACK, 481 or 408 inside it.
    Lost(Side),
    /// The fax is over.
    Finished,
    /// We were told to.
    Stopped(Stop),
}

/// Why we were told to end a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// The daemon ends and the time for its calls is over.
    Shutdown,
    /// Nothing passes any more on the media.
    MediaGone,
    /// Somebody ended it by hand.
    Operator,
    /// A limit of time or cost was reached.
    Limit,
    /// Our own mistake.
    Internal,
}
