//! The signalling of a call, as machines that own no socket and read no clock.
//!
//! A SIP stack and these machines speak through two enums, one dialog at a time: it tells an [`Event`], it is given a
//! [`Command`]. Message bodies pass as octets. Authentication, retransmission, transactions and names to addresses
//! are the stack's; offers, answers, the switch to T.38, glare and session timers are decided here: in a [`Dialog`]
//! for one leg, in a [`Bridge`] for a call of two. See `docs/sip.md`.
//!
//! From: RFC 3261, 3264, 3311, 4028, 5347; field notes SIP-1 to SIP-18.
//! Not here: the stack and its sockets (`fax-net`), which media flow (`crate::media`).

mod bridge;
mod chance;
mod dialog;
mod event;
mod headers;
mod seam;
mod session_timer;
mod settings;
mod switch;
mod voice;

pub use bridge::{Bridge, Output};
pub use dialog::{Ask, Dialog, Notice, Opening, Unacceptable};
pub use event::{BridgeEvent, By, EndCause, Kind, Stop};
pub use headers::{
    BadHeader, BadRules, Destination, HeaderPattern, HeaderRules, HeaderSetting, Headers, Onward, Trust,
    escape_user,
};
pub use seam::{Command, Event, Gone, Invitation, Method, Request, RequestId, SessionTimer, Target};
pub use settings::{
    BridgeSettings, FarTarget, LateOffers, LegSettings, Local, T38Mode, TimerSettings, Triggers,
};
pub use voice::{Codecs, Voice};

use fax_core::Timestamp;

/// When a machine must be called again, at the latest, and for what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadline {
    /// Not later than this.
    pub at: Timestamp,
    /// What is waited for.
    pub why: Wait,
}

/// What signalling waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Wait {
    /// That a target rings or answers.
    Target,
    /// That the called one answers the ringing.
    Ringing,
    /// The final response to our request.
    Answer,
    /// Our turn to make an offer.
    Turn,
    /// A decision about the peer's offer.
    Decision,
    /// The answer that comes with an ACK.
    Acknowledgement,
    /// Our refresh.
    Refresh,
    /// The peer's refresh, or the response to ours.
    Expiry,
    /// That a peer offers T.38, since a fax is heard.
    Trigger,
    /// The response to a request that was passed on.
    Response,
    /// What the peers do after a fax.
    AfterFax,
    /// The end of a dialog that we ended.
    Farewell,
}
