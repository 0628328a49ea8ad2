//! T.38 in SDP: what an end says about fax, and what two ends agree on.
//!
//! [`Description::parse`] takes a message body as it comes and gives the m-lines in order, those that can carry
//! T.38 with their [`T38Parameters`]. [`Offer`], [`answer`] and [`conclude`] are pure functions from what we can do,
//! what we want and what the peer said to a [`Session`], or to the reason why there is none.
//!
//! From: T.38 annex D by way of RFC 3264, RFC 4612, RFC 5347, RFC 6466, RFC 7345, 3GPP TS 29.163 K.2, and
//! field notes SDP-1 to SDP-23. See `docs/sdp.md`.
//! Always: one bad line or attribute costs itself and is counted as an [`Oddity`]; what is written has one spelling.
//! Not here: choosing codecs for audio, names to addresses, retries and timers (the dialog has those).

mod attributes;
mod description;
mod mend;
mod negotiate;
mod oddity;
mod parameters;
mod policy;
mod read;
mod session;
mod write;

pub use description::{
    Attribute, Carrier, Description, Direction, Fax, Host, Kind, Media, Origin, RtpFax, RtpFraming,
    RtpRedundancy, Transport, same_session,
};
pub use mend::{MAX_LINE, MAX_LINES, MAX_MEDIA, MAX_OCTETS};
pub use negotiate::{Answer, Declined, Offer, Response, answer, audio_only, conclude};
pub use oddity::{Oddities, Oddity};
pub use parameters::{
    Booleans, Corrections, Depth, MAX_G3_RATE, ModemType, Options, RateManagement, T38Parameters, VendorInfo,
};

pub use policy::{Abilities, BooleanStyle, Layout, Local, Policy, Tcf, WhenBoth};
pub use session::{ErrorCorrection, Flow, Limits, Packing, Session};

/// Why octets are no description at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Unreadable {
    /// More than [`MAX_OCTETS`], or an m-line longer than [`MAX_LINE`].
    #[error("longer than any description")]
    TooLong,
    /// More than [`MAX_LINES`] lines, or more than [`MAX_MEDIA`] m-lines.
    #[error("more lines than any description")]
    TooMany,
    /// Neither a v= nor an m= line in it.
    #[error("not SDP")]
    NotSdp,
}

impl Description {
    /// Reads a message body.
    ///
    /// # Errors
    /// [`Unreadable`]: it is no SDP, or beyond the limits. Whatever else is wrong is put right and noted in
    /// [`Description::oddities`].
    pub fn parse(octets: &[u8]) -> Result<Self, Unreadable> {
        let mut oddities = Oddities::NONE;
        let text = mend::mend(octets, &mut oddities)?;
        let session = sdp_types::Session::parse(text.as_bytes()).map_err(|_| Unreadable::NotSdp)?;
        Ok(read::read(session, oddities))
    }
}
