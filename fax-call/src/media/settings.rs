//! What whoever runs a gateway decides about media, and the lines made from that and from what was agreed.

use super::order;
use super::pin::Learning;
use fax_core::Span;
use fax_core::relay::{Policy, TcfMethod};
use fax_t38::line::{self, Pacing, T38Line, Udptl};
use fax_t38::sdp::{ErrorCorrection, Options, Packing, RateManagement};
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
    /// What protects packets of T.38, as far as the peer takes it: as much as the measured loss asks for.
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
            protection: Protection::AsMeasured,
            copies: Copies::default(),
        }
    }
}

/// Octets of an IFP around its image data.
const AROUND: usize = 5;
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
        let packing = packing(agreed, protection);
        let millis = u64::from(packing.octets) * 8000 / u64::from(session.max_bit_rate.0.max(2400));
        let largest_ifp = usize::from(session.limits.ifp).min(127);
        let receiver = ReceiverSettings { syntax: session.version.syntax(), ..ReceiverSettings::default() };
        let sender = SenderSettings {
            peer_max_datagram: session.limits.datagram.into(),
            // The limit is a datagram's: whether the peer meant something else has been decided in `sdp` (SDP-4).
            usual_ifp: usize::from(packing.octets) + AROUND,
            max_ifp: largest_ifp,
            protection,
            copies: self.copies,
            keep_alive: Some(KEEP_ALIVE),
            ..SenderSettings::default()
        };
        let settings = line::Settings {
            version: session.version,
            packet: Span::from_millis(millis.clamp(10, 50)),
            largest_ifp,
            pacing,
            ..line::Settings::default()
        };
        T38Line::over(Udptl::new(receiver, sender), settings)
    }
}

/// How image data are cut into packets. Where the depth follows the loss, packets are as long as leaves room for the
/// greatest depth: few if the peer takes much, else shorter ones, for of ten short packets in a row fewer are all lost than of
/// four long ones.
fn packing(agreed: &order::T38, protection: Protection) -> Packing {
    /// How long image data of one packet last, milliseconds.
    const INTERVAL: u16 = 30;
    /// The same where the depth follows the loss, the best first.
    const INTERVALS: [u16; 4] = [50, 40, 30, 20];
    /// Secondaries at the greatest loss (L4).
    const DEEPEST: u8 = 8;
    let order::T38 { session, .. } = agreed;
    let cut = |interval, wanted| session.limits.packing(session.max_bit_rate, interval, wanted);
    match protection {
        Protection::Secondaries { image, .. } => cut(INTERVAL, image),
        Protection::Parity { .. } => cut(INTERVAL, 1),
        Protection::AsMeasured => {
            let whole = INTERVALS.map(|interval| cut(interval, DEEPEST));
            let deep = whole.into_iter().find(|packing| packing.secondaries == DEEPEST);
            deep.unwrap_or_else(|| cut(20, DEEPEST))
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use fax_core::{Chunk, Line, Opening, Signal, Timestamp, V29Rate};
    use fax_t38::sdp::{Abilities, Local, Offer, Origin, Policy, T38Parameters, answer};
    use fax_t38::udptl::{Datagram, Recovery};

    /// What is agreed with a peer that says it takes datagrams of so many octets.
    fn agreed(max_datagram: u16) -> order::T38 {
        let host = [192, 0, 2, 9].into();
        let local = Local { origin: Origin::new(1, host), host, port: 6000, audio: None };
        let (usual, policy) = (Abilities::default(), Policy::default());
        let parameters = T38Parameters { max_datagram: Some(max_datagram), ..usual.parameters };
        let offer = Offer::new(&Abilities { parameters, ..usual }, &policy, &local, &[]);
        let session = answer(&usual, &policy, &local, &offer.description).unwrap().session;
        order::T38 { remote: (host, 6000).into(), session, continues: false }
    }

    /// Datagrams of 2 s of a page, after a second in which every `lost`th datagram of the peer did not come.
    fn page(agreed: &order::T38, lost: Option<usize>) -> Vec<Vec<u8>> {
        let mut line = LegSettings::default().line(agreed, Pacing::Live);
        let mut peer = LegSettings::default().line(agreed, Pacing::Live);
        let page =
            [Signal::Begin(Opening::V29(V29Rate::R9600)), Signal::Bits(Chunk::from_octets(&[0x5A; 24]))];
        let mut buffer = [0; 1500];
        let mut sent = Vec::new();
        let mut count = 0;
        for step in 0..150_u64 {
            let now = Timestamp::from_micros(step * 20_000);
            for (line, from) in [(&mut peer, 0), (&mut line, 50)] {
                if step >= from {
                    let signal = if step == from { page[0] } else { page[1] };
                    assert!(line.say(signal).is_ok());
                }
                line.advance(now);
            }
            while let Some(length) = peer.transmit(&mut buffer) {
                count += 1;
                if lost.is_none_or(|lost| count % lost != 0) {
                    line.receive(now, &buffer[..length]).unwrap();
                }
            }
            while let Some(length) = line.transmit(&mut buffer) {
                sent.push(buffer[..length].to_vec());
            }
        }
        sent
    }

    fn deepest(datagrams: &[Vec<u8>]) -> usize {
        let depth = |octets: &Vec<u8>| match Datagram::parse(octets).unwrap().recovery.unwrap() {
            Recovery::Secondaries(earlier) => earlier.count(),
            Recovery::Parity { .. } => 0,
        };
        datagrams.iter().map(depth).max().unwrap()
    }

    /// SDP-4, UTL-17, lever L4.
    #[test]
    fn no_datagram_is_longer_than_the_peer_takes_however_much_is_lost() {
        for max_datagram in [88, 100, 123, 124, 200, 316, 400, 560, 720, 1200, 1400] {
            let agreed = agreed(max_datagram);
            for lost in [None, Some(20), Some(3)] {
                let sent = page(&agreed, lost);
                let longest = sent.iter().map(Vec::len).max().unwrap();
                assert!(longest <= max_datagram.into(), "{longest} of {max_datagram}, every {lost:?} lost");
            }
        }
    }

    #[test]
    fn as_many_secondaries_are_sent_as_the_loss_asks_for_where_the_usual_datagram_is_taken() {
        for max_datagram in [400, 1400] {
            let agreed = agreed(max_datagram);
            assert_eq!([None, Some(3)].map(|lost| deepest(&page(&agreed, lost))), [3, 8], "{max_datagram}");
        }
    }
}
