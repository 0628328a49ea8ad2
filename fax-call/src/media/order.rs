//! What signalling has agreed for one leg.

use crate::Law;
use core::net::SocketAddr;
use fax_core::Span;
use fax_t38::sdp::Session;

/// What is to flow on one leg from now on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// Nothing is agreed yet, or any more.
    Nothing,
    /// Nothing is sent and what comes is not played while an offer for T.38 is open (RFC 5347 2.1.1).
    Muted,
    /// G.711 over RTP.
    Audio(Audio),
    /// T.38.
    T38(T38),
}

/// G.711 over RTP as agreed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Audio {
    /// Where the peer wants it.
    pub remote: SocketAddr,
    /// The law, the same both ways.
    pub law: Law,
    /// Milliseconds of a packet that we send, 10 to 40 ms; 20 if the peer says nothing.
    pub packet: Span,
    /// What goes along with each packet, if agreed.
    pub red: Option<Redundancy>,
    /// The payload type of `telephone-event/8000` (RFC 4733), if agreed.
    pub events: Option<u8>,
    /// Which way it flows.
    pub flow: Flow,
}

/// Packets of audio beside a newer one (RFC 2198).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Redundancy {
    /// The payload type of `red/8000`.
    pub payload_type: u8,
    /// How many go along, [`Redundancy::MOST`] at most.
    pub generations: u8,
}

impl Redundancy {
    /// More would make packets of 40 ms longer than networks carry whole.
    pub const MOST: u8 = 2;
}

/// T.38 as agreed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct T38 {
    /// Where the peer wants it; the session's host as a number.
    pub remote: SocketAddr,
    /// What was agreed.
    pub session: Session,
    /// Whether sequence numbers, history and the latch go on from the T.38 session before (NAT-6).
    pub continues: bool,
}

/// Which ways media flow, seen from here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Flow {
    /// `sendrecv`.
    #[default]
    Both,
    /// `sendonly`.
    Send,
    /// `recvonly`.
    Receive,
    /// `inactive`.
    Neither,
}
