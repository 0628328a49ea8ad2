//! IFP packets inside RTP, `audio/t38`: one to a packet, older ones repeated beside it.
//!
//! RTP numbers packets and stamps them; what stands beside the newest IFP packet (RFC 2198) has a
//! stamp and no number. [`Reader`] finds the number, and hands on what UDPTL would have carried: a
//! number, the newest, and the older ones newest first. So there is one reorder window, UDPTL's.
//!
//! From: RFC 4612, RFC 2198, RFC 3550. UDPTL inside RTP (`AcUdptl`): a vendor's manual.
//! Always: an IFP packet is given a number only if no known stamp speaks against it.
//! Not here: SRTP; parity over RTP (RFC 2733, 5109), which nobody sends.

mod reader;
mod red;
mod writer;

use crate::{Refusal, Seq};
pub use reader::{Carried, Counters, Parts, Reader};
pub use red::{Block, Red};
use rtp_types::{RtpPacket, RtpParseError};
pub(crate) use writer::HEADER;
pub use writer::Writer;

/// Ticks of the RTP clock in a second. RFC 4612 recommends that of the audio beside it.
pub const CLOCK: u32 = 8000;

/// What both ends agreed on in SDP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Format {
    /// Payload type of `t38/8000`, 0..=127.
    pub payload_type: u8,
    /// Payload type of `red/8000`, if there is one.
    pub red: Option<u8>,
    /// What the payload is.
    pub content: Content,
}

/// What a payload of `t38/8000` is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Content {
    /// One IFP packet (RFC 4612).
    #[default]
    Ifp,
    /// A whole UDPTL datagram, which has its own numbers and redundancy (`AcUdptl`).
    Udptl,
}

/// An RTP packet, checked once.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Packet<'a> {
    /// Its number.
    pub seq: Seq,
    /// When its payload was sampled, ticks of [`CLOCK`].
    pub stamp: u32,
    /// Who sent it.
    pub ssrc: u32,
    /// What its payload is, 0..=127.
    pub payload_type: u8,
    /// The payload without padding.
    pub payload: &'a [u8],
}

impl<'a> Packet<'a> {
    /// Reads the header, with whatever contributors, extension and padding it has.
    ///
    /// # Errors
    /// `OtherProtocol` if the version is not 2 (UDPTL mostly), `Truncated`, `NotIfp` for padding that
    /// contradicts itself.
    pub fn parse(octets: &'a [u8]) -> Result<Self, Refusal> {
        let packet = RtpPacket::parse(octets).map_err(|error| match error {
            RtpParseError::UnsupportedVersion(_) => Refusal::OtherProtocol,
            RtpParseError::Truncated { .. } => Refusal::Truncated,
            RtpParseError::PaddingInvalid(_) => Refusal::NotIfp,
        })?;
        let from = packet.payload_offset();
        Ok(Self {
            seq: Seq(packet.sequence_number()),
            stamp: packet.timestamp(),
            ssrc: packet.ssrc(),
            payload_type: packet.payload_type(),
            payload: octets.get(from..from + packet.payload_len()).ok_or(Refusal::Truncated)?,
        })
    }
}

/// Shows the length of the payload only: pages are personal data.
impl core::fmt::Debug for Packet<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Self { seq, stamp, ssrc, payload_type, payload } = self;
        write!(f, "rtp {} at {stamp} from {ssrc:08x}, type {payload_type}, [{}]", seq.0, payload.len())
    }
}
