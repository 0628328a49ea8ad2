//! The signalling of a call, as machines that own no socket and read no clock.
//!
//! A SIP stack and these machines speak through two enums, one dialog at a time: it tells an [`Event`], it is given a
//! [`Command`]. Message bodies pass as octets. Authentication, retransmission, transactions and names to addresses
//! are the stack's; offers, answers, the switch to T.38, glare and session timers are decided here.
//!
//! From: RFC 3261, 3264, 3311, 4028; field notes SIP-1 to SIP-18.
//! Not here: the stack and its sockets (`fax-net`), which media flow (`crate::media`).

mod seam;

pub use seam::{Command, Event, Gone, Invitation, Method, Request, RequestId, SessionTimer, Target};
