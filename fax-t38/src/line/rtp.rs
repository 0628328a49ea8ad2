//! A line's packets over RTP, both ways.

use super::carriage::Carriage;
use super::udptl::Udptl;
use crate::rtp::{self, Carried, Content, Format, HEADER, Reader, Writer};
use crate::udptl::{
    Class, Counters, Datagram, Delivery, Entries, LARGEST_DATAGRAM, Protection, ReceiverSettings, Recovery,
    SenderSettings,
};
use crate::{Event, Refusal, Seq, Syntax};
use fax_core::{Timestamp, Wait};

/// How a stream of RTP begins. RFC 3550 wants all three random, and nothing here makes random numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RtpStart {
    /// Who we are.
    pub ssrc: u32,
    /// Number of the first packet.
    pub first: Seq,
    /// Stamp of the call's beginning, ticks of [`rtp::CLOCK`].
    pub stamp: u32,
}

/// Both directions of a session of `audio/t38`: UDPTL's windows and queues, written down as RTP. So
/// redundancy (RFC 2198), copies with spacing, holds and counters are those of [`Udptl`].
#[derive(Clone, Debug)]
pub struct Rtp {
    format: Format,
    udptl: Udptl,
    reader: Reader,
    writer: Writer,
    /// A datagram on its way into RTP.
    datagram: Box<[u8]>,
}

impl Rtp {
    /// A session of which nothing has passed yet. `sender.peer_max_datagram` is the payload of RTP that
    /// the peer takes (RFC 4612). What the format has no word for is not sent: secondaries without
    /// `red`, parity in IFP.
    pub fn new(format: Format, start: RtpStart, receiver: ReceiverSettings, sender: SenderSettings) -> Self {
        let protection = match (format.content, format.red, sender.protection) {
            (Content::Ifp, None, _) => Protection::Secondaries { control: 0, image: 0 },
            (Content::Ifp, Some(_), Protection::Parity { .. }) => Protection::default(),
            (_, _, protection) => protection,
        };
        Self {
            format,
            udptl: Udptl::new(receiver, SenderSettings { protection, first: Seq(0), ..sender }),
            reader: Reader::new(format),
            writer: Writer::new(format, start.ssrc, start.first, start.stamp),
            datagram: vec![0; LARGEST_DATAGRAM].into(),
        }
    }

    /// What has come, as numbers; packets of other payload types aside.
    pub const fn counters(&self) -> &Counters {
        self.udptl.counters()
    }

    /// What RTP alone can tell of what came.
    pub fn rtp_counters(&self) -> &rtp::Counters {
        self.reader.counters()
    }
}

impl Carriage for Rtp {
    fn receive(&mut self, now: Timestamp, octets: &[u8]) -> Result<(), Refusal> {
        match self.reader.read(octets) {
            Ok(Carried::Ifp(parts)) => self.udptl.receive_parts(now, &parts),
            Ok(Carried::Udptl(datagram)) => self.udptl.receive(now, datagram),
            Ok(Carried::Other { .. }) => Ok(()),
            Err(refusal) => {
                self.udptl.refuse(refusal);
                Err(refusal)
            }
        }
    }

    fn advance(&mut self, now: Timestamp) {
        self.udptl.advance(now);
    }

    fn next(&mut self) -> Option<Delivery<'_>> {
        self.udptl.next()
    }

    fn largest_ifp(&self) -> usize {
        self.udptl.largest_ifp()
    }

    fn has_room(&self) -> bool {
        self.udptl.has_room()
    }

    fn submit(&mut self, now: Timestamp, ifp: &[u8], class: Class) -> Result<(), Refusal> {
        self.udptl.submit(now, ifp, class)
    }

    fn poll(&mut self, now: Timestamp, out: &mut [u8]) -> Option<usize> {
        let room = out.len().min(HEADER + self.udptl.largest_datagram());
        let out = out.get_mut(..room)?;
        loop {
            let length = self.udptl.poll(now, &mut self.datagram)?;
            let octets = self.datagram.get(..length)?;
            let Ok(datagram) = Datagram::parse(octets) else { continue };
            let (newest, older) = match (self.format.content, datagram.recovery) {
                (Content::Ifp, Ok(Recovery::Secondaries(older))) => (datagram.primary, older),
                (Content::Ifp, _) => (datagram.primary, Entries::NONE),
                (Content::Udptl, _) => (octets, Entries::NONE),
            };
            // What does not fit `out` is dropped, as a datagram of UDPTL is.
            if let Ok(length) = self.writer.write(now, datagram.seq, newest, older, out) {
                return Some(length);
            }
        }
    }

    fn deadline(&self) -> Option<(Timestamp, Wait)> {
        self.udptl.deadline()
    }

    fn event(&mut self) -> Option<(Timestamp, Event)> {
        self.udptl.event()
    }

    fn set_syntax(&mut self, syntax: Syntax) {
        self.udptl.set_syntax(syntax);
    }
}
