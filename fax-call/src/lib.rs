//! A fax call without I/O: what is at its ends, what passes between, and what is to be told of it.
//!
//! A [`Call`] joins two [`Leg`]s, each a phone line or a T.38 session, by a relay that knows T.30. A T.38
//! gateway is one of each; two T.38 legs make their packets anew; two phone lines make their modems anew.
//! A [`Terminal`] is a fax machine on one leg.
//! Samples, datagrams and the time come in as arguments; samples, datagrams and events come out.
//!
//! Always: one owner, no locks, no clock; memory is bounded and allocated when a leg is made.

mod call;
mod event;
mod leg;
pub mod media;
mod phone;
mod record;
pub mod sip;
mod supervisor;
mod terminal;
mod verdict;

pub use call::Call;
pub use event::Event;
pub use leg::{Law, Leg};
pub use phone::{OffersT38, Phone, PhoneSettings};
pub use record::{CallRecord, RelayRecord, SideRecord};
pub use supervisor::Supervision;
pub use terminal::Terminal;
pub use verdict::{Cause, Ending, How, Retry, Verdict};

pub use fax_core::relay::{EcmUse, OwnWord, OwnWords, Phase, Policy, Repetition, Side, SuperG3, TcfMethod};
