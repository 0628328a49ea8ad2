//! What whoever runs a call wants of its two legs.

use crate::media::Sign;
use crate::sip::Target;
use crate::{Law, SuperG3};
use core::net::IpAddr;
use fax_core::Span;
use fax_t38::sdp::{Abilities, Policy};

/// A call from the one who calls, near, to the one who is called, far.
#[derive(Clone, Debug)]
pub struct BridgeSettings {
    /// The leg on which the call came in.
    pub near: LegSettings,
    /// Whom to call, in this order, until one answers.
    pub targets: Vec<FarTarget>,
    /// How long it may ring, 180 s.
    pub ring: Span,
    /// Of all that is drawn at random; another for each call.
    pub seed: u64,
}

impl BridgeSettings {
    /// With the usual limits.
    pub fn new(near: LegSettings, targets: Vec<FarTarget>, seed: u64) -> Self {
        Self { near, targets, ring: Span::from_millis(180_000), seed }
    }
}

/// One of those that may be called.
#[derive(Clone, Debug)]
pub struct FarTarget {
    /// Whom.
    pub target: Target,
    /// How long it may take until it rings or answers; then the next is tried.
    pub budget: Span,
    /// Its leg.
    pub leg: LegSettings,
}

/// One leg.
#[derive(Clone, Debug)]
pub struct LegSettings {
    /// Where we are, for the peer.
    pub local: Local,
    /// Whether T.38 is wanted there.
    pub t38: T38Mode,
    /// Whether the call goes on in audio after T.38 was refused. Without meaning if T.38 is required.
    pub fallback: bool,
    /// What our T.38 can do.
    pub abilities: Abilities,
    /// How T.38 is offered and answered.
    pub policy: Policy,
    /// The laws of G.711 we take, the best first. What the other leg offered goes before this order.
    pub laws: Vec<Law>,
    /// What a packet that we get should hold, 20 ms.
    pub packet: Span,
    /// Whether audio redundancy (RFC 2198) is offered and taken.
    pub red: bool,
    /// Upon what T.38 is offered.
    pub triggers: Triggers,
    /// Session timers.
    pub timer: TimerSettings,
    /// How long the answer to an offer of T.38 is waited for in silence, 8 s: then audio goes on, and an answer that
    /// comes later is undone (SIP-4).
    pub patience: Span,
    /// What to do with an offer of T.38 that comes late.
    pub late: LateOffers,
    /// What becomes of Super G3. With `Pass` a call whose answerer invites to V.8 stays in audio until V.21 is heard: no T.38
    /// is offered, and a peer's offer is refused.
    pub super_g3: SuperG3,
}

impl LegSettings {
    /// T.38 preferred with audio to fall back on, both laws, V.21 as the trigger, timers of 30 minutes.
    pub fn new(local: Local) -> Self {
        Self {
            local,
            t38: T38Mode::Prefer,
            fallback: true,
            abilities: Abilities::default(),
            policy: Policy::default(),
            laws: vec![Law::A, Law::Mu],
            packet: Span::from_millis(20),
            red: false,
            triggers: Triggers::default(),
            timer: TimerSettings::default(),
            patience: Span::from_millis(8_000),
            late: LateOffers::default(),
            super_g3: SuperG3::default(),
        }
    }
}

/// Where a leg's media are to be sent, as the peer sees us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Local {
    /// The advertised address.
    pub host: IpAddr,
    /// For RTP; even (SDP-18).
    pub rtp_port: u16,
    /// For UDPTL; even.
    pub udptl_port: u16,
    /// The number on the o= line.
    pub origin: u64,
}

/// Whether T.38 is wanted on a leg.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum T38Mode {
    /// It is offered when a fax is heard, and taken when it is offered.
    #[default]
    Prefer,
    /// The same, and the call ends if it is refused.
    Require,
    /// It is not offered, and refused if it is offered.
    Never,
}

/// Upon which signs of a fax T.38 is offered, and how long the peers are given to offer it first (SIP-6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Triggers {
    /// 1100 Hz. Not by default: people and data modems make it too, and it ends V.34.
    pub cng: Option<Span>,
    /// 2100 Hz. Not by default: it is no proof of a fax.
    pub ced: Option<Span>,
    /// 2100 Hz of a V.8 machine. Not by default, and never where Super G3 passes.
    pub ansam: Option<Span>,
    /// V.21 flags, the safe one (AUD-8). After 500 ms by default, as an SBC of a large maker does.
    pub v21: Option<Span>,
    /// How long after the answer tones count, 60 s. V.21 counts for the whole call (AUD-9).
    pub window: Span,
}

impl Triggers {
    /// How long after that sign the peers have; `None` if it is no trigger.
    pub const fn wait(&self, sign: Sign) -> Option<Span> {
        match sign {
            Sign::Cng => self.cng,
            Sign::Ced => self.ced,
            Sign::Ansam => self.ansam,
            Sign::V21Preamble => self.v21,
        }
    }
}

impl Default for Triggers {
    fn default() -> Self {
        let v21 = Some(Span::from_millis(500));
        Self { cng: None, ced: None, ansam: None, v21, window: Span::from_millis(60_000) }
    }
}

/// Session timers (RFC 4028). What the peer asks for is kept to in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimerSettings {
    /// The interval we ask for, 1800 s; `None` to ask for none.
    pub expires: Option<Span>,
    /// The shortest we take. Never below 90 s, whatever is said here.
    pub min: Span,
}

impl Default for TimerSettings {
    fn default() -> Self {
        Self { expires: Some(Span::from_millis(1_800_000)), min: Span::from_millis(90_000) }
    }
}

/// What to do with a peer's offer of T.38 when the machines are already at work in audio (SIP-17).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LateOffers {
    /// Take it, whenever it comes.
    Take,
    /// Refuse it while a training or a page is on its way ([`Bridge::carrier`](super::Bridge::carrier)): what is cut in
    /// half there is lost, and machines without error correction do not send it again.
    #[default]
    NotInAPage,
    /// Refuse it from DCS on, until the next document: it would cut a training or a page in half. Not the default:
    /// there is a patent on it whose claims have not been read by counsel (US 9,094,419).
    Refuse,
}
