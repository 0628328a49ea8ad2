//! Sockets for fax calls: a SIP stack behind the seam of `fax-call`, and the RTP and UDPTL sockets of a leg.
//!
//! ```no_run
//! # async fn demo(settings: fax_net::EndpointSettings, target: fax_call::sip::Target) -> Result<(), fax_net::Trouble> {
//! use fax_call::sip::{Command, SessionTimer};
//!
//! // One endpoint a process. It binds all listeners before it returns, and registers where trunks ask for it.
//! let (endpoint, mut calls) = fax_net::SipEndpoint::start(settings).await?;
//!
//! // A call that we begin: the first command is `Invite`.
//! let mut far = endpoint.dial()?;
//! far.command(Command::Invite { target, body: bytes::Bytes::new(), timer: SessionTimer::default() });
//!
//! // A call that comes in: its first event, `Invited`, has already been taken out of `near.events`.
//! while let Some((invitation, mut near)) = calls.next().await {
//!     println!("{}", invitation.trunk);
//!     while let Some(event) = near.events.recv().await { /* Bridge::take(now, side, event) */ }
//! }
//! # Ok(()) }
//! ```
//!
//! - [`SipEndpoint`]: `start`, `dial`, `drain`, `bound`, `registrations`, `counts`, `trunk_address`. It is cheap to clone.
//! - [`Calls`]: `next()` gives `(Invitation, DialogHandle)`.
//! - [`DialogHandle`]: `events` (a bounded `mpsc::Receiver<fax_call::sip::Event>`, ends after `Gone`), `command`, `tap` (its
//!   messages as they pass).
//!   Dropping it ends the dialog properly (CANCEL, refusal or BYE).
//! - [`MediaSockets`]: a leg's two UDP sockets out of a [`PortRange`]; `receive`, `send`.
//! - [`Clock`]: `now()` as a `Timestamp`, `sleep_until`.
//! - [`EndpointSettings`], [`Trunk`], [`Registrar`], [`Limits`], [`Timers`]: plain data, all that can be configured.
//!
//! Logs: the stack underneath writes every message at `info`; set `rsipstack=off` ([`LOG_FILTER`]) in any filter.
//!
//! Always: no type of the stack is public; nothing received ends a task of the endpoint.
//! Not here: what a call does with an offer (`fax_call::sip`), what is in a datagram (`fax_call::media`).

mod clock;
mod media;
mod settings;
mod sip;

pub use clock::Clock;
pub use media::{Marking, MediaSockets, PortRange, Socket};
pub use settings::{
    Account, Admission, Admit, Credentials, EndpointSettings, Identity, Limits, Listener, Registrar,
    Registration, Timers, Transport, Trunk,
};
pub use sip::{Calls, Counts, DialogHandle, Registered, SipEndpoint, Tap, Traffic, Trouble};
#[doc(hidden)]
pub use sip::{Reading, read};

/// What to add to a log filter: the stack underneath logs whole messages, with numbers and credentials' digests.
pub const LOG_FILTER: &str = "rsipstack=off";
