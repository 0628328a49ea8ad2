//! What a dialog tells of itself.

use crate::sip::event::{By, Kind};
use crate::sip::seam::{Gone, Request, RequestId};
use fax_core::Span;
use fax_t38::sdp::Direction;

/// What the peer's offer is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// T.38.
    Fax,
    /// Audio.
    Audio,
    /// Audio while T.38 runs, word for word as it was before T.38: an end that refreshes with what it remembers
    /// (SIP-8), or one that wants audio back and does not count versions (SDP-16).
    OldAudio,
}

/// What a dialog has to tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// It rings, or says something before it answers.
    Progress {
        /// 101 to 199.
        code: u16,
        /// Whether audio is agreed for the time being.
        media: bool,
    },
    /// Our INVITE was accepted.
    Answered,
    /// Our INVITE was not.
    Failed(u16),
    /// The peer took its INVITE back.
    Cancelled,
    /// An offer was made.
    Offered(By, Kind),
    /// An offer was taken: this is agreed.
    Agreed {
        /// Who had made it.
        by: By,
        /// What.
        media: Kind,
        /// How long that took.
        after: Span,
    },
    /// An offer was not taken: all is as before.
    Declined {
        /// Who had made it.
        by: By,
        /// What.
        media: Kind,
        /// The final response: 200 if the answer had no such line, 408 if there was no answer in time.
        code: u16,
        /// How long that took.
        after: Span,
    },
    /// The peer's audio goes this way from now on, as it sees it.
    Turned(Direction),
    /// Our offer and the peer's crossed.
    Glare,
    /// T.38 was taken after we had given it up.
    TooLate,
    /// A refresh.
    Refreshed(By),
    /// A request without an offer, to be answered by [`Dialog::respond`](super::Dialog::respond).
    Requested(Request),
    /// The response to one of ours.
    Responded {
        /// Which.
        id: RequestId,
        /// 200 to 699.
        code: u16,
    },
    /// There is nothing in common with what the peer said in its ACK.
    Unusable,
    /// The session was not refreshed in time. The dialog ends.
    Expired,
    /// The dialog is lost. It ends.
    Lost,
    /// The peer, or its stack, ended the dialog.
    Gone(Gone),
}

/// How an INVITE is refused that leads to no dialog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unacceptable {
    /// 400, 422 or 488.
    pub code: u16,
    /// Min-SE, with 422.
    pub min_se: Option<Span>,
}
