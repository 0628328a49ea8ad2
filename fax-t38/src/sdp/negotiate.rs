//! Offer and answer (RFC 3264) about fax, as pure functions.
//!
//! Both ends compute what is agreed from the same two lines, the one offered and the one answered, by the same
//! function; so they agree.

use core::fmt;

use fax_core::BitRate;

use super::description::{
    Carrier, Description, Direction, Fax, Host, Kind, Media, RtpFax, RtpFraming, Transport,
};
use super::oddity::{Oddities, Oddity};
use super::parameters::{Corrections, RateManagement, T38Parameters};
use super::policy::{Abilities, Layout, Local, Policy, WhenBoth, g3};
use super::session::{ErrorCorrection, Flow, Limits, Session};

/// An offer of fax: what is sent, and what must be remembered until its answer comes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// What to send.
    pub description: Description,
    slot: usize,
    fax: Fax,
    policy: Policy,
}

impl Offer {
    /// Offers fax. `last` are the m-lines of our last description in this dialog, none in a first INVITE: they
    /// keep their places.
    pub fn new(abilities: &Abilities, policy: &Policy, local: &Local, last: &[Media]) -> Self {
        let transport = policy.transport(local.audio.as_ref());
        let fax = Fax { transport, parameters: policy.offered(abilities) };
        let line = Media::fax(local.port, fax.transport, fax.parameters).beside(local.audio.as_ref());
        let (media, slot) = lay_out(last, line, policy.layout, local.audio.as_ref());
        Self { description: local.describe(media), slot, fax, policy: *policy }
    }
}

/// Our answer to an offer of fax, and what follows from both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// What to send: as many m-lines as the offer, in its order.
    pub description: Description,
    /// What is agreed.
    pub session: Session,
}

/// Answers an offer.
///
/// # Errors
/// [`Declined`]: fax is not, or not now, what this offer leads to. [`Declined::response`] says what to do.
pub fn answer(
    abilities: &Abilities,
    policy: &Policy,
    local: &Local,
    offer: &Description,
) -> Result<Answer, Declined> {
    let rank = |fax: &Fax| abilities.carriers.iter().position(|&able| able == fax.transport.carrier());
    let able = offer.fax_lines().filter_map(|line| Some((rank(line.2)?, line)));
    let Some((_, (slot, media, fax))) = able.min_by_key(|&(rank, (slot, ..))| (rank, slot)) else {
        return Err(Declined::why(offer));
    };
    let carrier = fax.transport.carrier();
    if policy.when_both == WhenBoth::Audio && !carrier.is_rtp() && offer.has_audio() {
        return Err(Declined::AudioPreferred);
    }
    let place = Place::of(slot, offer, media)?;
    let ours = policy.answered(abilities, &fax.parameters, carrier);

    let mut lines: Vec<Media> = offer.media.iter().map(Media::refused).collect();
    if policy.when_both == WhenBoth::Both
        && let Some(audio) = &local.audio
        && let Some(beside) = offer.media.iter().position(|media| media.port != 0 && media.is_audio())
        && let Some(line) = lines.get_mut(beside)
    {
        *line = audio.clone();
    }
    if let Some(line) = lines.get_mut(slot) {
        *line = Media {
            kind: media.kind.clone(),
            direction: place.flow.direction(),
            ..Media::fax(local.port, fax.transport, ours).beside(local.audio.as_ref())
        };
    }
    let session = agree(place, fax.transport, [&fax.parameters, &ours], &fax.parameters, policy);
    Ok(Answer { description: local.describe(lines), session })
}

/// What follows from the answer to our offer.
///
/// # Errors
/// [`Declined`]: no fax. The lines are what the answer says, so audio must be offered anew unless it stood
/// beside fax and was taken.
pub fn conclude(offer: &Offer, answer: &Description) -> Result<Session, Declined> {
    let ours = offer.fax.transport.carrier();
    let fitting = || answer.fax_lines().filter(|(_, _, fax)| fax.transport.carrier() == ours);
    let found = fitting().find(|&(slot, ..)| slot == offer.slot).or_else(|| fitting().next());
    let (slot, media, fax) = found.ok_or_else(|| Declined::why(answer))?;
    let place = Place::of(offer.slot, answer, media)?;
    let pair = [&offer.fax.parameters, &fax.parameters];
    let mut session = agree(place, fax.transport, pair, &fax.parameters, &offer.policy);
    if slot != offer.slot || answer.media.len() != offer.description.media.len() {
        session.oddities.note(Oddity::Slots);
    }
    Ok(session)
}

/// The description that takes the call back to speech, or that answers without fax: `audio` stands where audio
/// stood, or in the place of fax if fax had taken it; all other lines are refused. (RFC 3264 8, SIP-10.)
pub fn audio_only(local: &Local, audio: &Media, last: &[Media]) -> Description {
    let mut lines: Vec<Media> = last.iter().map(Media::refused).collect();
    let at = |kind| last.iter().position(|media| media.kind == kind);
    let live = last.iter().position(|media| media.port != 0 && media.is_audio());
    let slot = live.or_else(|| at(Kind::Audio)).or_else(|| at(Kind::Image));
    match slot.and_then(|slot| lines.get_mut(slot)) {
        Some(line) => *line = audio.clone(),
        None => lines.push(audio.clone()),
    }
    local.describe(lines)
}

/// Why there is no fax.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum Declined {
    /// Nothing in it is about T.38.
    #[error("no line for fax")]
    NoImageLine,
    /// The fax line has port 0 (SIP-3).
    #[error("the fax line is refused")]
    PortZero,
    /// There is fax, but over nothing that we have.
    #[error("fax over a transport that we do not have")]
    TransportUnsupported,
    /// There is fax, but only over DTLS (SDP-23).
    #[error("fax over DTLS only")]
    TlsRequired,
    /// There is audio as well, and it goes first (SDP-12).
    #[error("audio goes first")]
    AudioPreferred,
    /// There is no address to send to.
    #[error("no address to send fax to")]
    NoAddress,
}

/// What to do with an offer that does not lead to fax.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Response {
    /// Answer what else it offers, and refuse the fax line: [`audio_only`].
    WithoutFax,
    /// Refuse the offer by that status of SIP: 488, Not Acceptable Here.
    Status(u16),
}

impl Declined {
    /// What to do with that offer.
    pub fn response(self, offer: &Description) -> Response {
        if offer.has_audio() { Response::WithoutFax } else { Response::Status(488) }
    }

    fn why(description: &Description) -> Self {
        let is_image = |media: &&Media| media.kind == Kind::Image || media.fax.is_some();
        let images = || description.media.iter().filter(is_image);
        let live = || images().filter(|media| media.port != 0);
        let dtls = |media: &Media| media.fax.is_some_and(|fax| fax.transport == Transport::Dtls);
        match (images().count(), live().count()) {
            (0, _) => Self::NoImageLine,
            (_, 0) => Self::PortZero,
            _ if live().all(dtls) => Self::TlsRequired,
            _ => Self::TransportUnsupported,
        }
    }
}

impl Policy {
    fn transport(&self, audio: Option<&Media>) -> Transport {
        let framing = match self.carrier {
            Carrier::RtpUdptl => RtpFraming::Udptl,
            _ => RtpFraming::Ifp,
        };
        match self.carrier {
            Carrier::Udptl => Transport::Udptl,
            Carrier::Tcp => Transport::Tcp,
            Carrier::Dtls => Transport::Dtls,
            Carrier::Rtp | Carrier::RtpUdptl => Transport::Rtp(RtpFax::beside(audio, framing)),
        }
    }
}

impl Local {
    fn describe(&self, media: Vec<Media>) -> Description {
        Description {
            origin: self.origin.clone(),
            host: Some(Host::Ip(self.host)),
            attributes: Vec::new(),
            media,
            oddities: Oddities::NONE,
        }
    }
}

impl Media {
    /// Fax over RTP goes into the audio line; any other fax line stands alone.
    fn beside(self, audio: Option<&Media>) -> Self {
        match (audio, self.fax) {
            (Some(audio), Some(Fax { transport: Transport::Rtp(_), .. })) => Self {
                formats: format!("{} {}", audio.formats, self.formats),
                attributes: audio.attributes.clone(),
                ..self
            },
            _ => self,
        }
    }
}

/// Puts the fax line among the lines there are (SDP-12). Their number never shrinks.
fn lay_out(last: &[Media], fax: Media, layout: Layout, audio: Option<&Media>) -> (Vec<Media>, usize) {
    let mut lines: Vec<Media> = last.iter().map(Media::refused).collect();
    let at = |kind: Kind| last.iter().position(|media| media.kind == kind);
    if layout == Layout::AudioAndImage
        && fax.kind == Kind::Image
        && let Some(audio) = audio
    {
        match at(Kind::Audio).and_then(|slot| lines.get_mut(slot)) {
            Some(line) => *line = audio.clone(),
            None => lines.push(audio.clone()),
        }
    }
    let place = at(fax.kind.clone()).or_else(|| match layout {
        Layout::ImageAlone => at(Kind::Audio),
        Layout::AudioRefused | Layout::AudioAndImage => None,
    });
    let slot = place.unwrap_or(lines.len());
    match lines.get_mut(slot) {
        Some(line) => *line = fax,
        None => lines.push(fax),
    }
    (lines, slot)
}

/// Where the peer is, as far as its m-line says.
struct Place {
    slot: usize,
    host: Host,
    port: u16,
    flow: Flow,
}

impl Place {
    fn of(slot: usize, theirs: &Description, media: &Media) -> Result<Self, Declined> {
        let host = theirs.host_of(media).cloned().ok_or(Declined::NoAddress)?;
        let flow = if theirs.is_held(media) { Flow::Held } else { Flow::Running };
        Ok(Self { slot, host, port: media.port, flow })
    }
}

impl Flow {
    fn direction(self) -> Direction {
        match self {
            Self::Running => Direction::Both,
            Self::Held => Direction::Inactive,
        }
    }
}

/// What follows from the line that was offered and the one that was answered, of which `theirs` is the peer's.
fn agree(
    place: Place,
    transport: Transport,
    [offered, answered]: [&T38Parameters; 2],
    theirs: &T38Parameters,
    policy: &Policy,
) -> Session {
    let mut odd = Oddities::NONE;
    if answered.version > offered.version {
        odd.note(Oddity::VersionRaised);
    }
    if !offered.options.contains(answered.options) {
        odd.note(Oddity::OptionRaised);
    }
    let version = offered.version.min(answered.version);
    let max_bit_rate = common_rate(&offered.as_of(version), &answered.as_of(version));
    let rate_management = common_management(offered, answered, transport.carrier(), &mut odd);
    let send = correction(offered.corrections, answered.corrections, transport, policy, &mut odd);
    let limits = match transport {
        Transport::Tcp => Limits::over_tcp(theirs),
        _ => Limits::of(theirs, policy.peer_max_datagram, max_bit_rate, &mut odd),
    };
    Session {
        slot: place.slot,
        transport,
        host: place.host,
        port: place.port,
        flow: place.flow,
        version,
        max_bit_rate,
        rate_management,
        options: offered.options & answered.options,
        send,
        limits,
        depth: theirs.depth,
        fec_max_span: theirs.fec_max_span.unwrap_or(UNSAID_SPAN),
        oddities: odd,
    }
}

/// What a peer takes that does not say: what the public implementations send.
const UNSAID_SPAN: u8 = 3;

/// The highest rate both have; fax rates are multiples of 2400 bit/s.
fn common_rate(one: &T38Parameters, other: &T38Parameters) -> BitRate {
    let rate = one.max_bit_rate.min(other.max_bit_rate);
    let rate = if one.speaks_v34() && other.speaks_v34() { rate } else { g3(rate) };
    BitRate((rate.0 / 2400).max(1) * 2400)
}

/// The local way needs both; an answer that asks for it unasked does not get it (SDP-10).
fn common_management(
    offered: &T38Parameters,
    answered: &T38Parameters,
    carrier: Carrier,
    odd: &mut Oddities,
) -> RateManagement {
    let offered = offered.rate_management_over(carrier);
    let answered = answered.rate_management_over(carrier);
    if offered != answered {
        odd.note(Oddity::RateManagementChanged);
    }
    if offered == answered { offered } else { RateManagement::TransferredTcf }
}

/// How to protect what we send: in a way that was offered and answered, redundancy first (SDP-7), and by parity
/// only to a peer that said so (UTL-16).
fn correction(
    offered: Corrections,
    answered: Corrections,
    transport: Transport,
    policy: &Policy,
    odd: &mut Oddities,
) -> ErrorCorrection {
    match transport {
        Transport::Tcp => return ErrorCorrection::None,
        Transport::Rtp(RtpFax { redundancy, .. }) => {
            return if redundancy.is_some() { ErrorCorrection::Redundancy } else { ErrorCorrection::None };
        }
        Transport::Udptl | Transport::Dtls => {}
    }
    let is_said = !matches!(answered, Corrections::Unsaid | Corrections::None);
    let common = offered.and(answered);
    if is_said && common == Corrections::None {
        odd.note(Oddity::CorrectionRaised);
    }
    match (offered, answered) {
        _ if policy.corrections == Corrections::None => ErrorCorrection::None,
        (Corrections::None, _) | (_, Corrections::None) => ErrorCorrection::None,
        _ if common == Corrections::Fec && policy.corrections.fec() => ErrorCorrection::Fec,
        _ => ErrorCorrection::Redundancy,
    }
}

impl fmt::Display for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WithoutFax => f.write_str("answer without fax"),
            Self::Status(status) => write!(f, "{status}"),
        }
    }
}
