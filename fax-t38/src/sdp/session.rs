//! What two ends agreed on, and how large a packet may be.

use fax_core::BitRate;

use super::description::{Host, Transport};
use super::oddity::{Oddities, Oddity};
use super::parameters::{Depth, MAX_G3_RATE, Options, RateManagement, T38Parameters};
use crate::Version;

/// All that a T.38 line must know to begin. Made only by an offer and its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Which m-line it is, counted from 0.
    pub slot: usize,
    /// What carries it, with the peer's payload types.
    pub transport: Transport,
    /// The peer's host.
    pub host: Host,
    /// The peer's port, never 0.
    pub port: u16,
    /// Whether packets are to flow.
    pub flow: Flow,
    /// The version both write; it decides the syntax ([`Version::syntax`]).
    pub version: Version,
    /// The highest rate both have: a multiple of 2400 bit/s. Above 14 400 only with V.34.
    pub max_bit_rate: BitRate,
    /// Who makes the TCF.
    pub rate_management: RateManagement,
    /// What both can do to a page on its way.
    pub options: Options,
    /// How what we send is to be protected. What comes in may use another way at any time (UTL-16).
    pub send: ErrorCorrection,
    /// How large a packet the peer takes.
    pub limits: Limits,
    /// How many secondaries the peer asks for, if it says so.
    pub depth: Option<Depth>,
    /// The largest `fec-npackets` the peer takes.
    pub fec_max_span: u8,
    /// What was odd in the answer, seen from the offer.
    pub oddities: Oddities,
}

impl Session {
    /// Whether this goes on where `before` was: sequence numbers, history and the latch on the peer's address are
    /// kept. A new address, port, m-line or syntax begins anew (NAT-6, SIP-9).
    pub fn continues(&self, before: &Self) -> bool {
        self.slot == before.slot
            && self.transport == before.transport
            && self.host == before.host
            && self.port == before.port
            && self.version.syntax() == before.version.syntax()
    }

    /// Whether V.34 may be spoken of.
    pub fn has_v34(&self) -> bool {
        self.max_bit_rate > MAX_G3_RATE
    }
}

/// Whether media flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Flow {
    /// They do, both ways.
    Running,
    /// The peer asks for silence: send nothing, keep everything.
    Held,
}

/// How a sender protects packets against loss.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorCorrection {
    /// Not at all.
    None,
    /// By copies of earlier packets.
    Redundancy,
    /// By parity over groups of packets.
    Fec,
}

/// How large a packet the peer takes, in octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Limits {
    /// The whole datagram: the payload of UDP or of RTP. No meaning over TCP.
    pub datagram: u16,
    /// One IFP. With one copy of itself it fits into `datagram`.
    pub ifp: u16,
}

/// What a peer takes that does not say (SDP-5).
const UNSAID_DATAGRAM: u16 = 400;

/// The longest datagram sent, whatever the peer takes: no path breaks it up (UTL-17).
const LONGEST_DATAGRAM: u16 = 1200;

/// An IFP of fewer octets has no room for a fax; who says so means something else.
const LEAST_SIZE: u16 = 20;

/// The longest IFP over TCP, where nothing paces (widespread implementations send up to 300 octets of image).
const LONGEST_IFP: u16 = 306;

impl Limits {
    /// What a peer takes that said `peer`, at no more than `rate`. `known` is what somebody found out about
    /// that peer, and overrules it.
    ///
    /// T38FaxMaxDatagram means the whole datagram by the Recommendation and the IFP in many boxes. A value
    /// that holds 20 ms of `rate` and one copy is taken by its word, a smaller one as the limit of the IFP
    /// (SDP-4), since to send no copy at all is worse than to be wrong. No value, zero, nonsense, and
    /// what no fax would fit into: 400 (SDP-5). T38FaxMaxIFP is obeyed beside either.
    pub fn of(peer: &T38Parameters, known: Option<u16>, rate: BitRate, odd: &mut Oddities) -> Self {
        let mut plausible = |size: Option<u16>| match size {
            Some(..LEAST_SIZE) => {
                odd.note(Oddity::Tiny);
                None
            }
            size => size,
        };
        let max_ifp = plausible(peer.max_ifp).unwrap_or(u16::MAX);
        let said = plausible(peer.max_datagram);
        let smallest = ifp_size(octets_in(rate, SHORT_MS), rate);
        let limits = match (known, said) {
            (Some(known), _) => Self::of_datagram(known.max(LEAST_SIZE)),
            (None, Some(said)) if said < datagram_size(smallest, 1) => {
                odd.note(Oddity::DatagramMeansIfp);
                Self { ifp: said, ..Self::of_datagram(UNSAID_DATAGRAM) }
            }
            (None, said) => Self::of_datagram(said.unwrap_or(UNSAID_DATAGRAM)),
        };
        Self { ifp: limits.ifp.min(max_ifp), ..limits }
    }

    /// What a peer takes over TCP: only one IFP can be too large there.
    pub(super) fn over_tcp(peer: &T38Parameters) -> Self {
        let ifp = peer.max_ifp.filter(|&size| size >= LEAST_SIZE).unwrap_or(LONGEST_IFP).min(LONGEST_IFP);
        Self { datagram: LONGEST_DATAGRAM, ifp }
    }

    fn of_datagram(size: u16) -> Self {
        let datagram = size.min(LONGEST_DATAGRAM);
        let around = if datagram_size(127, 1) > datagram { 6 } else { 8 };
        Self { datagram, ifp: (datagram.saturating_sub(around) / 2).max(1) }
    }

    /// How to cut the image data of a burst at `rate`, if packets of `interval` milliseconds with `wanted`
    /// secondaries would be best. In this order: fewer secondaries, but one; 20 ms; as few octets as it takes.
    pub fn packing(&self, rate: BitRate, interval: u16, wanted: u8) -> Packing {
        let least = wanted.min(1);
        let secondaries = |octets| {
            let ifp = ifp_size(octets, rate);
            let fits = |copies: &u8| datagram_size(ifp, *copies) <= self.datagram;
            (least..=wanted).rev().find(fits).filter(|_| ifp <= self.ifp)
        };
        for interval in [interval, SHORT_MS.min(interval)] {
            let octets = octets_in(rate, interval);
            if let Some(secondaries) = secondaries(octets) {
                return Packing { octets, secondaries };
            }
        }
        let room = self.ifp.min(Self::of_datagram(self.datagram).ifp);
        let octets = room.saturating_sub(ifp_size(0, rate)).max(1);
        Packing { octets, secondaries: secondaries(octets).unwrap_or(least) }
    }
}

/// How image data are cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Packing {
    /// Octets of image in one IFP, at least one.
    pub octets: u16,
    /// Copies of earlier IFPs in one datagram.
    pub secondaries: u8,
}

/// The shortest interval that image data are cut to of free will, milliseconds.
const SHORT_MS: u16 = 20;

fn octets_in(rate: BitRate, milliseconds: u16) -> u16 {
    u16::try_from(u64::from(rate.0) * u64::from(milliseconds) / 8000).unwrap_or(u16::MAX)
}

/// The IFP around so many octets: type, count, field, length; the types of V.34 and V.33 take one more.
fn ifp_size(octets: u16, rate: BitRate) -> u16 {
    octets.saturating_add(if rate > MAX_G3_RATE { 6 } else { 5 })
}

/// The UDPTL datagram with an IFP and so many copies of its like: number, kind, count, and a length each.
fn datagram_size(ifp: u16, copies: u8) -> u16 {
    let length = if ifp < 128 { 1 } else { 2 };
    ifp.saturating_add(length).saturating_mul(u16::from(copies).saturating_add(1)).saturating_add(4)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table of sizes that the field's values come from.
    #[test]
    fn sizes_are_those_of_the_wire() {
        for (rate, interval, sizes) in [
            (9600, 20, [34, 64, 94, 124]),
            (9600, 40, [58, 112, 166, 220]),
            (14_400, 20, [46, 88, 130, 172]),
            (14_400, 30, [64, 124, 184, 244]),
            (14_400, 40, [82, 160, 238, 316]),
            (33_600, 20, [95, 186, 277, 368]),
            (33_600, 40, [180, 356, 532, 708]),
        ] {
            let rate = BitRate(rate);
            let ifp = ifp_size(octets_in(rate, interval), rate);
            assert_eq!([0, 1, 2, 3].map(|copies| datagram_size(ifp, copies)), sizes, "{rate} {interval} ms");
        }
    }

    /// SDP-4. Whatever a peer says, one IFP and its copy fit, and no IFP is larger than said.
    #[test]
    fn every_limit_leaves_room_for_a_packet_and_its_copy() {
        for said in 0..=u16::MAX {
            for rate in [2400, 9600, 14_400, 33_600].map(BitRate) {
                let peer = T38Parameters { max_datagram: Some(said), ..T38Parameters::BARE };
                let mut odd = Oddities::NONE;
                let limits = Limits::of(&peer, None, rate, &mut odd);
                let packing = limits.packing(rate, 30, 3);
                let ifp = ifp_size(packing.octets, rate);
                assert!(packing.octets > 0 && packing.secondaries >= 1, "{said}: {packing:?}");
                assert!(ifp <= limits.ifp && datagram_size(ifp, packing.secondaries) <= limits.datagram);
                assert!(said < LEAST_SIZE || limits.ifp <= said, "{said}: {limits:?}");
                if odd.is_empty() {
                    assert!(limits.datagram <= said.min(LONGEST_DATAGRAM));
                }
            }
        }
    }
}
