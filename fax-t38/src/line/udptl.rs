//! A line's packets over UDPTL, both ways.

use super::carriage::Carriage;
use crate::udptl::{Class, Counters, Delivery, Receiver, ReceiverSettings, Sender, SenderSettings};
use crate::{Event, Refusal, Syntax};
use fax_core::{Timestamp, Wait};

/// Both directions of a UDPTL session. What one sees of the network, the other makes use of.
#[derive(Clone, Debug)]
pub struct Udptl {
    receiver: Receiver,
    sender: Sender,
}

impl Udptl {
    /// A session of which nothing has passed yet.
    pub fn new(receiver: ReceiverSettings, sender: SenderSettings) -> Self {
        Self { receiver: Receiver::new(receiver), sender: Sender::new(sender) }
    }

    /// What the receiver has seen, as numbers.
    pub const fn counters(&self) -> &Counters {
        self.receiver.counters()
    }

    /// Whether enough good packets have come to believe that it is the peer who sends them (UTL-2).
    pub fn is_locked(&self) -> bool {
        self.receiver.is_locked()
    }

    /// What came shows what the network does, and it is taken to do the same to what is sent.
    fn tell_sender(&mut self) {
        self.sender.outage(self.receiver.longest_outage());
        self.sender.loss(self.receiver.lost_per_mille());
    }

    /// Takes what RTP brought.
    #[cfg(feature = "rtp")]
    pub(super) fn receive_parts(
        &mut self,
        now: Timestamp,
        parts: &crate::rtp::Parts<'_>,
    ) -> Result<(), Refusal> {
        self.receiver.take_parts(now, parts.seq, parts.primary, parts.secondaries())?;
        self.tell_sender();
        Ok(())
    }

    /// Counts what RTP could not read.
    #[cfg(feature = "rtp")]
    pub(super) fn refuse(&mut self, refusal: Refusal) {
        self.receiver.refuse(refusal);
    }

    /// Octets of the longest datagram sent.
    #[cfg(feature = "rtp")]
    pub(super) const fn largest_datagram(&self) -> usize {
        self.sender.largest_datagram()
    }
}

impl Carriage for Udptl {
    fn receive(&mut self, now: Timestamp, octets: &[u8]) -> Result<(), Refusal> {
        self.receiver.take(now, octets)?;
        self.tell_sender();
        Ok(())
    }

    fn advance(&mut self, now: Timestamp) {
        self.receiver.advance(now);
    }

    fn next(&mut self) -> Option<Delivery<'_>> {
        self.receiver.next()
    }

    fn largest_ifp(&self) -> usize {
        self.sender.largest_ifp()
    }

    fn has_room(&self) -> bool {
        self.sender.has_room()
    }

    fn submit(&mut self, now: Timestamp, ifp: &[u8], class: Class) -> Result<(), Refusal> {
        self.sender.submit(now, ifp, class)
    }

    fn poll(&mut self, now: Timestamp, out: &mut [u8]) -> Option<usize> {
        self.sender.poll(now, out)
    }

    fn insist(&mut self, now: Timestamp) {
        self.sender.insist(now);
    }

    fn deadline(&self) -> Option<(Timestamp, Wait)> {
        let repair = self.receiver.deadline().map(|at| (at, Wait::Repair));
        let send = self.sender.deadline().map(|at| (at, Wait::NextStep));
        repair.into_iter().chain(send).min_by_key(|(at, _)| *at)
    }

    fn event(&mut self) -> Option<(Timestamp, Event)> {
        self.receiver.event().or_else(|| self.sender.event())
    }

    fn set_syntax(&mut self, syntax: Syntax) {
        self.receiver.set_syntax(syntax);
    }
}
