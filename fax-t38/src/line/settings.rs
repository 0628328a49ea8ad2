//! How a T.38 line speaks and listens.

use crate::{Syntax, Version};
use fax_core::Span;

/// How a line speaks and listens. The default suits a gateway that sends to anyone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The version agreed on; it decides the syntax.
    pub version: Version,
    /// The syntax that the peer is known to write, whatever was agreed on; otherwise it is learned (PER-3).
    pub peer_writes: Option<Syntax>,
    /// Whose time what is said keeps to.
    pub pacing: Pacing,
    /// How much of a page or of an ECM frame goes into one packet, as time: 20 to 40 ms (IFP-21).
    pub packet: Span,
    /// Octets of V.21 in one packet, 1 at least. More than 7 only for a peer known to take them (T.38
    /// 7.5): fewer packets to lose, and each octet later.
    pub v21_octets: usize,
    /// The longest IFP packet sent, octets. Up to 127, even a peer that reads lengths wrongly reads it
    /// right (UTL-19).
    pub largest_ifp: usize,
    /// Where the end of a frame goes.
    pub frame_ends: FrameEnds,
    /// How a burst of frames ends.
    pub burst_ends: BurstEnds,
    /// How V.8 answer tones are announced.
    pub answer_tones: AnswerTones,
    /// After how long a silence within a burst the burst is over (IFP-19).
    pub patience: Span,
}

/// Whose time what is said keeps to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pacing {
    /// The source keeps time itself, as a phone line does: everything leaves as it is said.
    Live,
    /// A machine's mind is the source: an announced modem is given its training, data leaves at its
    /// rate, and the silences of T.30 are kept.
    Metered {
        /// Time allowed after a training besides its own: 215 ms if the far modem may send talker echo
        /// protection (IFP-11).
        allowance: Span,
    },
}

/// Where the end of a frame goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FrameEnds {
    /// Into a packet of its own: every peer reads that (IFP-24).
    #[default]
    Apart,
    /// Into the packet with the frame's last octets, if they have not left.
    WithData,
}

/// How a burst of frames ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BurstEnds {
    /// The last frame ends like the others, and `hdlc-sig-end` follows.
    #[default]
    Separate,
    /// The last frame ends with `hdlc-fcs-OK-sig-end`; every frame's end waits until it is known
    /// whether more follows.
    Combined,
}

/// How V.8 answer tones are announced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AnswerTones {
    /// As CED: nobody here carries V.34.
    #[default]
    AsCed,
    /// As they are, if the version agreed on has a word for it (3 and up).
    AsV8,
}

impl Pacing {
    /// A machine as the source; the far modem sends no talker echo protection.
    pub const METERED: Self = Self::Metered { allowance: Span::ZERO };
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            version: Version::V0,
            peer_writes: None,
            pacing: Pacing::Live,
            packet: Span::from_millis(30),
            v21_octets: 1,
            largest_ifp: 127,
            frame_ends: FrameEnds::Apart,
            burst_ends: BurstEnds::Separate,
            answer_tones: AnswerTones::AsCed,
            patience: Span::from_millis(15_000),
        }
    }
}
