//! What happens on a call, as the sum of what its parts see.

use crate::verdict::Ending;
use fax_core::relay::{self, Side};
use fax_modem::line as modem;

/// Something that happened on a call. Records, logs and timelines are made of these alone.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// What the machine on a side said, and what the relay did with it.
    Relay(Side, relay::Event),
    /// What the phone line on a side saw.
    Modem(Side, modem::Event),
    /// What the T.38 session on a side saw.
    T38(Side, fax_t38::Event),
    /// The call is over: always the last event, and told once.
    Ended(Ending),
}
