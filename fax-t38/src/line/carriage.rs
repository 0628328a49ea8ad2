//! What carries a line's packets: the one seam that UDPTL, RTP and TPKT fill.

use crate::udptl::{Class, Delivery};
use crate::{Event, Refusal, Syntax};
use fax_core::{Timestamp, Wait};

/// Carries IFP packets both ways, without I/O. What it delivers is in order and without doubles, and
/// what it could not bring is told as missing.
pub trait Carriage {
    /// Takes a datagram, or the next octets of a stream, that came at `now`.
    ///
    /// # Errors
    /// Why it was not taken; then only counters have changed.
    fn receive(&mut self, now: Timestamp, octets: &[u8]) -> Result<(), Refusal>;

    /// Lets time pass: what is waited for is given up when its time is over.
    fn advance(&mut self, now: Timestamp);

    /// The next packet, or what is missing in its place.
    fn next(&mut self) -> Option<Delivery<'_>>;

    /// Octets of the longest packet that can be submitted.
    fn largest_ifp(&self) -> usize;

    /// Whether another packet can be submitted.
    fn has_room(&self) -> bool;

    /// Takes a packet to send.
    ///
    /// # Errors
    /// Why it cannot be sent; never when there was room and the packet is as long as was agreed.
    fn submit(&mut self, now: Timestamp, ifp: &[u8], class: Class) -> Result<(), Refusal>;

    /// Writes the next octets that are to be sent at `now`; how many. To be called until it gives nothing.
    fn poll(&mut self, now: Timestamp, out: &mut [u8]) -> Option<usize>;

    /// What is said now is the last word, to be repeated by a carriage that can: nobody will ask for it.
    fn insist(&mut self, _now: Timestamp) {}

    /// The next moment at which something is given up or sent.
    fn deadline(&self) -> Option<(Timestamp, Wait)>;

    /// The next event.
    fn event(&mut self) -> Option<(Timestamp, Event)>;

    /// Tells which syntax the peer turned out to write.
    fn set_syntax(&mut self, syntax: Syntax);
}
