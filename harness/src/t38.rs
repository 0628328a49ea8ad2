//! T.38 as it stands in a capture: read, told as a timeline, and written.
//!
//! ```text
//! capture -> network -> streams -> decoder -> timeline -> text, json
//! ```

pub mod capture;
mod decoder;
mod ear;
pub mod frame;
pub mod json;
pub mod network;
mod sip;
mod stitch;
mod streams;
pub mod text;
pub mod timeline;
pub mod writer;

use capture::{Capture, NotACapture};
use decoder::{Carrier, Decoded, Decoder};
use fax_t38::{Syntax, Version, rtp};
use streams::{Conversation, Found};
use timeline::{Direction, Stream, Timeline};

/// What is asked of the decoder.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Ports whose packets are T.38 whatever they look like.
    pub ports: Vec<u16>,
    /// Payload types of T.38 inside RTP at those ports.
    pub rtp: Option<rtp::Format>,
    /// The syntax to begin with, whatever SDP says.
    pub syntax: Option<Syntax>,
    /// Whether telephone numbers and octets of frames are shown.
    pub shows_content: bool,
}

/// Reads a capture and tells what T.38 is in it.
///
/// # Errors
/// If the file is no capture.
pub fn decode(file: &[u8], options: &Options) -> Result<Timeline, NotACapture> {
    let found = Found::in_capture(&Capture::read(file)?, options);
    let mut timeline = Timeline { file: found.file, ..Timeline::default() };
    for (place, conversation) in found.conversations.iter().enumerate() {
        let told =
            found.descriptions.iter().filter_map(|told| streams::description(place, conversation, told));
        timeline.entries.extend(told);
        let totals = both_ways(place, conversation, options).map(|decoded| {
            timeline.entries.extend(decoded.entries);
            decoded.totals
        });
        let Conversation { carrier, ends, described, .. } = conversation;
        let described = described.clone();
        timeline.streams.push(Stream { carrier: carrier.name(), ends: *ends, described, totals });
    }
    timeline.entries.sort_by_key(|entry| entry.at);
    Ok(timeline)
}

/// Both directions, each read in the syntax that its packets prove from its first packet on: before the
/// proof comes, a packet in the other syntax reads as plausible nonsense (PER-3).
fn both_ways(place: usize, conversation: &Conversation<'_>, options: &Options) -> [Decoded; 2] {
    let agreed = options.syntax.or(conversation.version.map(Version::syntax));
    let read = |direction, syntax| {
        let carrier: Carrier = conversation.carrier;
        let mut decoder = Decoder::new(place, direction, carrier, syntax, options.shows_content);
        for packet in conversation.packets.iter().filter(|packet| packet.direction == direction) {
            decoder.take(packet.at, packet.carriage, packet.payload);
        }
        decoder.finish()
    };
    let first = Direction::BOTH.map(|direction| read(direction, agreed.unwrap_or_default()).syntax);
    let proved = match (agreed, first) {
        // One end proved the newer syntax; the other has said nothing that only the older one has, or will say so.
        (None, [one, other]) if one != other => Direction::BOTH.map(|way| read(way, Syntax::Y2002).syntax),
        (_, syntaxes) => syntaxes,
    };
    let mut both = [0, 1].map(|way| read(Direction::BOTH[way], proved[way]));
    for decoded in &mut both {
        let is_other = agreed.is_some_and(|agreed| agreed != decoded.syntax);
        if let Some(first) = decoded.entries.first().filter(|_| is_other) {
            decoded.totals.odd(first.at, "PER-3", "the packets are in the other syntax than agreed");
        }
    }
    both
}
