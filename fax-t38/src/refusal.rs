//! Why input was not taken.

/// Why a datagram, a packet or a part of one was not taken. Each variant is a counter; none ends a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The octets end before what they announce.
    #[error("cut short: the octets end before what they announce")]
    Truncated,
    /// Octets remain after the end.
    #[error("octets remain after the end of the packet")]
    Trailing,
    /// A length of 16 384 or more, which PER would send in fragments (PER-9).
    #[error("a fragmented length: no fax packet is that long")]
    Fragmented,
    /// More elements than are ever needed.
    #[error("more elements than any sender needs")]
    TooMany,
    /// Longer than what is taken.
    #[error("longer than what is taken")]
    TooLong,
    /// An element that must have octets has none.
    #[error("an empty element where octets must be")]
    Empty,
    /// An indicator with a data field (PER-4): mostly audio on the wrong port.
    #[error("an indicator with a data field: probably not T.38")]
    IndicatorWithData,
    /// Padding bits that are not zero, or bits that mean nothing in either syntax.
    #[error("not an IFP packet in this syntax")]
    NotIfp,
    /// Not the protocol of this port: RTP, RTCP, STUN or DTLS.
    #[error("another protocol's packet (RTP, STUN or DTLS)")]
    OtherProtocol,
    /// A jump in the sequence that no second packet has confirmed.
    #[error("a jump in the sequence, not yet confirmed by a second packet")]
    UnconfirmedJump,
    /// Asked to write what no decoder, or not every decoder, would take.
    #[error("nothing that is ever sent")]
    NeverSent,
    /// The output does not fit.
    #[error("the output buffer is too small")]
    NoRoom,
}
