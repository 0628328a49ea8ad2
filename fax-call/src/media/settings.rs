//! What whoever runs a gateway decides about media, and the lines made from that and from what was agreed.

use super::order;
use super::pin::Learning;
use fax_core::Span;
use fax_core::relay::{Policy, TcfMethod};
use fax_t38::line::{self, Pacing, T38Line, Udptl};
use fax_t38::sdp::{ErrorCorrection, Options, RateManagement};
use fax_t38::udptl::{Copies, Layout, Protection, ReceiverSettings, SenderSettings};

/// How media are treated on a call. The default is what most peers want.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// What the relay changes and allows.
    pub policy: Policy,
    /// The side that called.
    pub near: LegSettings,
    /// The side that was called.
    pub far: LegSettings,
    /// Whether a fax between two phone legs is made anew as modem signals instead of passed on as octets.
    pub regenerate: bool,
    /// Anything that differs from call to call and cannot be guessed: numbers and sources of RTP begin there.
    pub seed: u64,
}

/// How media are treated on one leg.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LegSettings {
    /// Whether the peer's address may be learned.
    pub learning: Learning,
    /// How long audio waits before it goes into a modem, 20 to 200 ms: 60 ms.
    pub jitter: Span,
    /// What protects packets of T.38, as far as the peer takes it: 7 secondaries with control, 3 with image.
    pub protection: Protection,
    /// Which packets of T.38 are sent again.
    pub copies: Copies,
}

impl Default for Settings {
    fn default() -> Self {
        let leg = LegSettings::default();
        Self { policy: Policy::default(), near: leg, far: leg, regenerate: false, seed: 0 }
    }
}

impl Default for LegSettings {
    fn default() -> Self {
        Self {
            learning: Learning::Pinned,
            jitter: Span::from_millis(60),
            protection: Protection::default(),
            copies: Copies::default(),
        }
    }
}

/// How long image data of one packet last, milliseconds.
const INTERVAL: u16 = 30;
/// A firewall on the way is opened, and kept open, by a datagram so often (NAT-3, NAT-5).
const KEEP_ALIVE: Span = Span::from_millis(500);
/// Rows of parity, and what each covers, where parity is asked for.
const PARITY: (u8, u8) = (3, 3);

impl LegSettings {
    /// The line that speaks as was agreed, live or at the pace of a modem.
    pub(super) fn line(&self, agreed: &order::T38, pacing: Pacing) -> T38Line {
        let session = &agreed.session;
        let protection = match (session.send, self.protection) {
            (ErrorCorrection::None, _) => Protection::Secondaries { control: 0, image: 0 },
            (ErrorCorrection::Fec, Protection::Secondaries { .. }) => Protection::Parity {
                span: session.fec_max_span.clamp(1, PARITY.0),
                rows: PARITY.1,
                layout: Layout::Raw,
            },
            (ErrorCorrection::Redundancy, Protection::Parity { .. }) => Protection::default(),
            (_, wanted) => wanted,
        };
        let wanted = match protection {
            Protection::Secondaries { image, .. } => image,
            Protection::Parity { .. } => 1,
        };
        let packing = session.limits.packing(session.max_bit_rate, INTERVAL, wanted);
        let millis = u64::from(packing.octets) * 8000 / u64::from(session.max_bit_rate.0.max(2400));
        let largest_ifp = usize::from(session.limits.ifp).min(127);
        let receiver = ReceiverSettings { syntax: session.version.syntax(), ..ReceiverSettings::default() };
        let sender = SenderSettings {
            peer_max_datagram: session.limits.datagram.into(),
            max_ifp: largest_ifp,
            protection,
            copies: self.copies,
            keep_alive: Some(KEEP_ALIVE),
            ..SenderSettings::default()
        };
        let settings = line::Settings {
            version: session.version,
            packet: Span::from_millis(millis.clamp(10, 40)),
            largest_ifp,
            pacing,
            ..line::Settings::default()
        };
        T38Line::over(Udptl::new(receiver, sender), settings)
    }
}

impl Settings {
    /// The policy, with what was agreed for the T.38 leg.
    pub(super) fn policy(&self, agreed: Option<&order::T38>) -> Policy {
        let Some(order::T38 { session, .. }) = agreed else { return self.policy };
        let tcf = match session.rate_management {
            RateManagement::LocalTcf => TcfMethod::Local,
            RateManagement::TransferredTcf => TcfMethod::Transferred,
        };
        let fill_removal = session.options.contains(Options::FILL_BIT_REMOVAL);
        Policy { tcf, fill_removal, ..self.policy }
    }
}
