//! A line's packets over a byte stream, both ways.

use super::carriage::Carriage;
use crate::tpkt::{self, Counters, Framing, HEADER, MAX_IFP, Reassembler};
use crate::udptl::{Class, Delivery};
use crate::{Event, Refusal, Seq, Syntax};
use fax_core::{Timestamp, Wait};
use std::collections::VecDeque;

/// Octets that wait to be sent: some longest packets, or 2 s of a page.
const OUTGOING: usize = 4 * (HEADER + MAX_IFP);

/// Both directions of a TCP connection. The network loses nothing and puts nothing out of order, so
/// there is nothing to repeat and nothing to wait for; what a stream can do is stop.
///
/// Octets that find no room are refused as [`Refusal::NoRoom`] and none of them is taken: they are to be
/// offered again when what the line has heard has been drained, and the socket not read until then.
/// [`Tpkt::SEGMENT`] octets always find room in a line that is drained.
#[derive(Clone, Debug)]
pub struct Tpkt {
    stream: Reassembler,
    /// Packets that came, and places where the stream lost its sense.
    taken: Seq,
    outgoing: VecDeque<u8>,
    now: Timestamp,
    /// The newest that was not told; the counters have them all.
    refused: Option<(Timestamp, Refusal)>,
}

impl Tpkt {
    /// Octets that one [`T38Line::receive`](super::T38Line::receive) may have.
    pub const SEGMENT: usize = tpkt::CAPACITY - HEADER - MAX_IFP;

    /// A connection over which nothing has passed yet. The syntax matters for bare peers only.
    pub fn new(syntax: Syntax) -> Self {
        Self {
            stream: Reassembler::new(syntax),
            taken: Seq(0),
            outgoing: VecDeque::with_capacity(OUTGOING),
            now: Timestamp::ZERO,
            refused: None,
        }
    }

    /// What has come, as numbers.
    pub fn counters(&self) -> &Counters {
        self.stream.counters()
    }

    /// How the peer marks where a packet ends; `None` before its first octet.
    pub fn framing(&self) -> Option<Framing> {
        self.stream.framing()
    }
}

impl Carriage for Tpkt {
    fn receive(&mut self, now: Timestamp, octets: &[u8]) -> Result<(), Refusal> {
        self.now = self.now.max(now);
        if octets.len() > self.stream.room() {
            return Err(Refusal::NoRoom);
        }
        self.stream.push(octets);
        Ok(())
    }

    fn advance(&mut self, now: Timestamp) {
        self.now = self.now.max(now);
    }

    fn next(&mut self) -> Option<Delivery<'_>> {
        let seq = self.taken;
        let next = self.stream.next()?;
        self.taken = seq.next();
        Some(match next {
            Ok(octets) => Delivery::Ifp { seq, octets },
            Err(refusal) => {
                self.refused = Some((self.now, refusal));
                Delivery::Missing { from: seq, packets: None }
            }
        })
    }

    fn largest_ifp(&self) -> usize {
        MAX_IFP
    }

    fn has_room(&self) -> bool {
        OUTGOING - self.outgoing.len() >= HEADER + MAX_IFP
    }

    /// In an envelope, unless the peer sends its own without.
    fn submit(&mut self, _: Timestamp, ifp: &[u8], _: Class) -> Result<(), Refusal> {
        if ifp.len() > MAX_IFP {
            return Err(Refusal::NoRoom);
        }
        if !self.has_room() {
            return Err(Refusal::TooMany);
        }
        if self.stream.framing() != Some(Framing::Bare) {
            self.outgoing.extend(tpkt::header(ifp)?);
        }
        self.outgoing.extend(ifp);
        Ok(())
    }

    fn poll(&mut self, _: Timestamp, out: &mut [u8]) -> Option<usize> {
        let count = self.outgoing.len().min(out.len());
        out.iter_mut().zip(self.outgoing.drain(..count)).for_each(|(to, octet)| *to = octet);
        (count > 0).then_some(count)
    }

    fn deadline(&self) -> Option<(Timestamp, Wait)> {
        None
    }

    fn event(&mut self) -> Option<(Timestamp, Event)> {
        self.refused.take().map(|(at, refusal)| (at, Event::Refused(refusal)))
    }

    fn set_syntax(&mut self, syntax: Syntax) {
        self.stream.set_syntax(syntax);
    }
}
