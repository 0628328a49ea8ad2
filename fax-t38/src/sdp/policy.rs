//! What this end can do, and what whoever runs it wants.

use core::net::IpAddr;

use fax_core::BitRate;

use super::description::{Carrier, Media, Origin};
use super::parameters::{Booleans, Corrections, MAX_G3_RATE, ModemType, RateManagement, T38Parameters};
use crate::Version;

/// What this end can do, whoever calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Abilities {
    /// Everything at its best: the highest version, the highest rate, all options; what it takes. Corrections are
    /// those it can *receive*.
    pub parameters: T38Parameters,
    /// What can carry it, the best first.
    pub carriers: &'static [Carrier],
}

/// G3 over UDPTL up to the corrected syntax, no work on pages, both ways of correction received. Not version 3: it says that
/// V.34 is relayed, and no line here makes a modem signal of its packets.
impl Default for Abilities {
    fn default() -> Self {
        Self {
            parameters: T38Parameters {
                version: Version::V2,
                max_bit_rate: MAX_G3_RATE,
                rate_management: Some(RateManagement::TransferredTcf),
                max_buffer: Some(2000),
                max_datagram: Some(400),
                corrections: Corrections::Both,
                fec_max_span: Some(15),
                modem_type: Some(ModemType::G3FaxOnly),
                ..T38Parameters::BARE
            },
            carriers: &[Carrier::Udptl],
        }
    }
}

/// What whoever runs this end wants, perhaps for one peer alone. The default is what most peers take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// The version offered, if able. Nearly all offer 0; 3 is for V.34.
    pub offer_version: Version,
    /// The highest version answered with, if able.
    pub answer_version: Version,
    /// What carries an offer. An answer takes what is offered.
    pub carrier: Carrier,
    /// Which lines an offer has (SDP-12).
    pub layout: Layout,
    /// What to do with an offer of audio and fax at once (SDP-12).
    pub when_both: WhenBoth,
    /// How to write attributes without a value (SDP-3).
    pub booleans: BooleanStyle,
    /// What corrections to offer, answer with and send, as far as the peer says it takes them (UTL-16).
    /// `None`: no correction at all.
    pub corrections: Corrections,
    /// Whether the TCF may be made at each end.
    pub tcf: Tcf,
    /// The largest datagram of a peer that says something else, octets (SDP-4).
    pub peer_max_datagram: Option<u16>,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            offer_version: Version::V0,
            answer_version: Version::V4,
            carrier: Carrier::Udptl,
            layout: Layout::AudioRefused,
            when_both: WhenBoth::Audio,
            booleans: BooleanStyle::Mirrored,
            corrections: Corrections::Redundancy,
            tcf: Tcf::Transferred,
            peer_max_datagram: None,
        }
    }
}

/// Which lines an offer of fax has. Peers exist that fail on either of the first two.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Layout {
    /// The audio line keeps its place with port 0, the image line follows.
    #[default]
    AudioRefused,
    /// The image line takes the place of the audio line (RFC 3264 8.3.3).
    ImageAlone,
    /// Both with their ports, as in a first INVITE that leaves the choice open.
    AudioAndImage,
}

/// What to answer to audio and fax at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum WhenBoth {
    /// Audio; fax may come later.
    #[default]
    Audio,
    /// Fax.
    Image,
    /// Both; packets or our own ears decide.
    Both,
}

/// How attributes without a value are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum BooleanStyle {
    /// As the peer does in an answer, bare in an offer.
    #[default]
    Mirrored,
    /// Always that way.
    Always(Booleans),
}

/// Whether each gateway may make and judge the TCF on its own line. Over TCP it always may.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Tcf {
    /// It may not: an offer of localTCF is answered by transferredTCF (SDP-10).
    #[default]
    Transferred,
    /// It may, if the peer offers it.
    LocalIfOffered,
    /// It is what we offer, and take.
    Local,
}

/// Our side of a dialog at this moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Local {
    /// The o= line of the description to be written; [`Origin::next`] of the last one.
    pub origin: Origin,
    /// Our host.
    pub host: IpAddr,
    /// Our port for fax. Some peers refuse odd ports (SDP-18).
    pub port: u16,
    /// Our audio line, wherever audio stands beside fax, or fax is a payload type of it.
    pub audio: Option<Media>,
}

impl Policy {
    /// What an offer says.
    pub(super) fn offered(&self, abilities: &Abilities) -> T38Parameters {
        let able = &abilities.parameters;
        let version = without_1(self.offer_version.min(able.version));
        let local = self.tcf == Tcf::Local || self.carrier == Carrier::Tcp;
        T38Parameters {
            booleans: match self.booleans {
                BooleanStyle::Mirrored => Booleans::Bare,
                BooleanStyle::Always(style) => style,
            },
            rate_management: Some(if local {
                RateManagement::LocalTcf
            } else {
                RateManagement::TransferredTcf
            }),
            corrections: match (self.carrier, self.corrections) {
                (Carrier::Tcp | Carrier::Rtp | Carrier::RtpUdptl, _) | (_, Corrections::Unsaid) => {
                    Corrections::Unsaid
                }
                (_, wanted) => wanted.and(able.corrections),
            },
            ..able.as_of(version)
        }
    }

    /// What the answer to `offered` says.
    pub(super) fn answered(
        &self,
        abilities: &Abilities,
        offered: &T38Parameters,
        carrier: Carrier,
    ) -> T38Parameters {
        let able = &abilities.parameters;
        let version = without_1(offered.version.min(self.answer_version).min(able.version));
        let ours = able.as_of(version);
        let theirs = offered.as_of(version);
        let local = offered.rate_management_over(carrier) == RateManagement::LocalTcf
            && (carrier == Carrier::Tcp || self.tcf != Tcf::Transferred);
        T38Parameters {
            // It is our own limit that is said here; to stay within the offer confuses nobody.
            max_bit_rate: if ours.speaks_v34() && theirs.speaks_v34() {
                ours.max_bit_rate.min(theirs.max_bit_rate)
            } else {
                g3(ours.max_bit_rate).min(g3(theirs.max_bit_rate))
            },
            options: ours.options & offered.options,
            booleans: match self.booleans {
                BooleanStyle::Mirrored => offered.booleans,
                BooleanStyle::Always(style) => style,
            },
            rate_management: Some(if local {
                RateManagement::LocalTcf
            } else {
                RateManagement::TransferredTcf
            }),
            corrections: match carrier {
                Carrier::Tcp | Carrier::Rtp | Carrier::RtpUdptl => Corrections::Unsaid,
                Carrier::Udptl | Carrier::Dtls => self.picked(offered.corrections, able.corrections),
            },
            ..ours
        }
    }

    /// One of those offered, redundancy first (SDP-7). Parity that we only understand is taken too: better to
    /// get it than to get nothing.
    fn picked(&self, offered: Corrections, able: Corrections) -> Corrections {
        match offered {
            Corrections::Unsaid => Corrections::Unsaid,
            Corrections::None => Corrections::None,
            _ if self.corrections == Corrections::None => Corrections::None,
            _ if offered.redundancy() && self.corrections.redundancy() => Corrections::Redundancy,
            _ if offered.fec() && able.fec() => Corrections::Fec,
            _ if offered.redundancy() => Corrections::Redundancy,
            _ => Corrections::Unsaid,
        }
    }
}

impl T38Parameters {
    /// What is meant where nothing is said (SDP-10): over TCP the local way, else the transferred one.
    pub fn rate_management_over(&self, carrier: Carrier) -> RateManagement {
        self.rate_management.unwrap_or(match carrier {
            Carrier::Tcp => RateManagement::LocalTcf,
            Carrier::Udptl | Carrier::Dtls | Carrier::Rtp | Carrier::RtpUdptl => {
                RateManagement::TransferredTcf
            }
        })
    }
}

/// Which syntax version 1 means is not agreed among those who know it: it is never said.
fn without_1(version: Version) -> Version {
    if version < Version::V2 { Version::V0 } else { version }
}

pub(super) fn g3(rate: BitRate) -> BitRate {
    rate.min(MAX_G3_RATE)
}
