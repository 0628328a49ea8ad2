//! What a call is made of: fax machines, on a phone line or on packets, and gateways between the two.
//!
//! The world hands in samples, datagrams and the time, and asks what wants to be sent.

use super::page::Page;
use fax_core::Timestamp;

/// A fax machine, whatever it hangs on.
pub trait Machine: Send {
    /// How the call ended, once it has.
    fn outcome(&self) -> Option<Outcome>;

    /// Whether it is on hook.
    fn is_on_hook(&self) -> bool;

    /// Ends the call here and now.
    fn hang_up(&mut self);

    /// What happened since this was last asked.
    fn notes(&mut self) -> Vec<Note>;

    /// The pages it received; asked once, at the end.
    fn received(&mut self) -> Vec<Page>;
}

/// A fax machine on a phone line. It is off hook from its first block.
pub trait Terminal: Machine {
    /// Hears a block and says as much; blocks of 20 ms or less.
    fn exchange(&mut self, heard: &[i16], said: &mut [i16]);
}

/// The side of something that sends and receives datagrams.
pub trait PacketSide: Send {
    /// Takes a datagram that has just arrived.
    fn receive(&mut self, now: Timestamp, datagram: &[u8]);

    /// Writes the next datagram that wants to be sent now; its length.
    fn transmit(&mut self, now: Timestamp, out: &mut [u8]) -> Option<usize>;

    /// When it wants to be called next for something else than samples and datagrams.
    fn deadline(&self) -> Option<Timestamp> {
        None
    }

    /// The deadline has come.
    fn advance(&mut self, _now: Timestamp) {}
}

/// A fax machine on packets.
pub trait T38Terminal: Machine + PacketSide {
    /// Lets so many samples' time pass; it is off hook from the first.
    fn pass(&mut self, now: Timestamp, samples: usize);
}

/// Stands between a phone line and the network.
pub trait Gateway: PacketSide {
    /// Hears a block that ends now and says as much.
    fn exchange(&mut self, now: Timestamp, heard: &[i16], said: &mut [i16]);

    /// The call is over, as its phone line is on hook: its record as text, if it keeps one.
    fn close(&mut self, _now: Timestamp) -> Option<String> {
        None
    }
}

/// How a call ended for a fax machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Whether it calls that a success.
    pub ok: bool,
    /// Why it ended, in few words; the same words for the same cause.
    pub cause: String,
    /// Pages that it sent and had confirmed, or received.
    pub pages: usize,
    /// Damaged rows that it knows of.
    pub bad_rows: usize,
}

/// Something that happened in a fax machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Samples since it was off hook.
    pub at: u64,
    /// What.
    pub text: String,
}
