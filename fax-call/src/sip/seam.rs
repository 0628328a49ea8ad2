//! What passes between a SIP stack and the machines of a call, for one dialog.

use super::headers::Headers;
use bytes::Bytes;
use core::net::SocketAddr;
use fax_core::{Private, Span};

/// What a SIP stack tells of one dialog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A new INVITE, always the first event of a dialog that the peer begins.
    Invited(Invitation),
    /// A provisional response to our INVITE or re-INVITE, other than 100.
    Progress {
        /// 101 to 199.
        code: u16,
        /// Its description (early media), or empty.
        body: Bytes,
    },
    /// A 2xx to our open INVITE, re-INVITE or UPDATE. The stack has not sent the ACK yet where one is due: it waits
    /// for [`Command::Acknowledge`] if our request had no offer, and otherwise acknowledges by itself.
    Accepted {
        /// Its description, or empty.
        body: Bytes,
        /// What it says of session timers.
        timer: SessionTimer,
    },
    /// A final response other than 2xx to our open request. A transaction that times out is 408, a transport that fails 503.
    Refused {
        /// 300 to 699.
        code: u16,
        /// Retry-After.
        retry_after: Option<Span>,
        /// Min-SE of a 422.
        min_se: Option<Span>,
    },
    /// The peer's re-INVITE or UPDATE; to be answered by [`Command::Accept`] or [`Command::Refuse`].
    Offered {
        /// Which of the two.
        by: Method,
        /// Its offer, or empty: then a re-INVITE asks for ours, and an UPDATE only refreshes.
        body: Bytes,
        /// What it says of session timers.
        timer: SessionTimer,
    },
    /// The ACK of our 2xx.
    Acknowledged {
        /// The answer to an offer in our 2xx, or empty.
        body: Bytes,
    },
    /// The peer took back its INVITE before the final response. The stack has answered.
    Cancelled,
    /// Another request inside the dialog, to be answered by [`Command::Respond`].
    Requested(Request),
    /// The response to a request sent with [`Command::Request`].
    Responded {
        /// Which request.
        id: RequestId,
        /// 200 to 699.
        code: u16,
    },
    /// The dialog is over. Always the last event.
    Gone(Gone),
}

/// What a SIP stack is asked to do with one dialog. It cannot fail: what goes wrong comes back as an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Sends an INVITE, the first command of a dialog that we begin.
    Invite {
        /// Whom to call.
        target: Target,
        /// Our offer, or empty to ask for the peer's.
        body: Bytes,
        /// What to say of session timers.
        timer: SessionTimer,
    },
    /// Sends a provisional response to the peer's INVITE.
    Progress {
        /// 180 or 183, or what the far leg said.
        code: u16,
        /// A description for early media, or empty.
        body: Bytes,
    },
    /// Sends 200 to the peer's open INVITE, re-INVITE or UPDATE.
    Accept {
        /// The answer; an offer if the request had none; empty for a bare refresh.
        body: Bytes,
        /// What to say of session timers.
        timer: SessionTimer,
    },
    /// Sends a final response other than 2xx to the peer's open INVITE, re-INVITE or UPDATE.
    Refuse {
        /// 300 to 699.
        code: u16,
        /// Retry-After.
        retry_after: Option<Span>,
        /// Min-SE, with 422.
        min_se: Option<Span>,
    },
    /// Sends a re-INVITE or an UPDATE.
    Offer {
        /// Which of the two.
        by: Method,
        /// The offer, or empty.
        body: Bytes,
        /// What to say of session timers.
        timer: SessionTimer,
    },
    /// Sends the ACK with the answer to an offer that came in a 2xx.
    Acknowledge {
        /// The answer.
        body: Bytes,
    },
    /// Takes back our INVITE.
    Cancel,
    /// Ends the dialog.
    Bye,
    /// Answers [`Event::Requested`].
    Respond {
        /// Which request.
        id: RequestId,
        /// 200 to 699.
        code: u16,
    },
    /// Sends another request inside the dialog.
    Request(Request),
}

/// The requests that carry offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// INVITE inside a dialog.
    ReInvite,
    /// RFC 3311.
    Update,
}

/// An INVITE that came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// Call-ID, at most 256 octets.
    pub call_id: String,
    /// User part of From: who calls.
    pub caller: Private<String>,
    /// User part of the request URI: who is called.
    pub called: Private<String>,
    /// Where it came from.
    pub source: SocketAddr,
    /// The name of the configured trunk that `source` belongs to.
    pub trunk: String,
    /// Max-Forwards; 70 if absent.
    pub max_forwards: u8,
    /// How often this gateway has already passed this call on, by its own mark in the headers.
    pub hops: u8,
    /// What else its headers say that is not for us.
    pub headers: Headers,
    /// Its description, or empty.
    pub body: Bytes,
    /// What it says of session timers.
    pub timer: SessionTimer,
}

/// Whom to call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The configured trunk that says address, transport, credentials and host parts.
    pub trunk: String,
    /// User part of From.
    pub caller: Private<String>,
    /// User part of the request URI and of To.
    pub called: Private<String>,
    /// Max-Forwards to send.
    pub max_forwards: u8,
    /// See [`Invitation::hops`]; sent on.
    pub hops: u8,
    /// Further headers of the first INVITE.
    pub headers: Headers,
}

/// What a message says of session timers (RFC 4028). The default says nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SessionTimer {
    /// `timer` in Supported.
    pub supported: bool,
    /// Session-Expires.
    pub expires: Option<Span>,
    /// `refresher=`: whether the sender of the *request* refreshes.
    pub requester_refreshes: Option<bool>,
    /// Min-SE.
    pub min: Option<Span>,
}

/// A request inside a dialog that carries no offer: INFO, REFER, NOTIFY, MESSAGE, OPTIONS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// To match the response.
    pub id: RequestId,
    /// Its method, upper case.
    pub method: String,
    /// Content-Type, or empty.
    pub content_type: String,
    /// Refer-To of a REFER, Event of a NOTIFY, or empty.
    pub about: Private<String>,
    /// Its body.
    pub body: Bytes,
}

/// Names a request inside one dialog.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RequestId(pub u32);

/// How a dialog ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gone {
    /// The peer's BYE, with the cause of a Reason header (Q.850) if there is one.
    Bye(Option<u8>),
    /// Our BYE or CANCEL was answered, or its answer was waited for in vain.
    AsAsked,
    /// Our ACK, or the peer's, never came through; 481 or 408 inside the dialog.
    Lost,
}
