//! Our own gateways in the world.

use super::classic_udptl::Recovery;
use super::ends::{Gateway, PacketSide};
use super::scenario::{self, PacketSettings};
use fax_call::{Call, Ending, Leg, Policy, Side, TcfMethod};
use fax_core::{Span, Timestamp};
use fax_t38::Version;
use fax_t38::line::{Pacing, Settings, T38Line, Udptl};
use fax_t38::udptl::{Copies, Gaps, Hold, Layout, Protection, ReceiverSettings, Repeat, SenderSettings};

/// A T.38 gateway: the phone line is its near side, the network its far one.
pub(super) struct OurGateway(Call);

impl OurGateway {
    pub(super) fn new(packets: &PacketSettings, policy: Policy) -> Self {
        let policy = Policy {
            tcf: if packets.rate_management == 1 { TcfMethod::Local } else { TcfMethod::Transferred },
            fill_removal: packets.fill_removal,
            ..policy
        };
        Self(Call::new(Leg::audio(), Leg::t38(line(packets, Pacing::Live)), policy))
    }
}

/// As the far end of the scenario would have agreed to it: room for what is asked for.
pub(super) fn line(packets: &PacketSettings, pacing: Pacing) -> T38Line {
    let version = Version::new(packets.version);
    let receiver = ReceiverSettings {
        syntax: version.syntax(),
        hold: packets.hold.map_or_else(Hold::default, Hold::fixed),
        ..ReceiverSettings::default()
    };
    let sender = SenderSettings {
        peer_max_datagram: 1400,
        protection: protection(packets.recovery),
        copies: packets.copies.map_or_else(Copies::default, copies),
        ..SenderSettings::default()
    };
    let settings = Settings { version, pacing, ..Settings::default() };
    let packet = match packets.recovery {
        Recovery::OwnChoice => Span::from_millis(50),
        Recovery::Redundancy(_) | Recovery::Parity { .. } => settings.packet,
    };
    let settings = Settings { packet: packets.packet.unwrap_or(packet), ..settings };
    T38Line::over(Udptl::new(receiver, sender), settings)
}

fn protection(recovery: Recovery) -> Protection {
    let small = |count: usize| u8::try_from(count).unwrap_or(u8::MAX);
    match recovery {
        Recovery::OwnChoice => Protection::AsMeasured,
        Recovery::Redundancy(depth) => Protection::Secondaries { control: small(depth), image: small(depth) },
        Recovery::Parity { span, entries } => {
            Protection::Parity { span: small(span), rows: small(entries), layout: Layout::Raw }
        }
    }
}

fn copies(asked: scenario::Copies) -> Copies {
    let repeat = |count: usize| Repeat {
        count: u8::try_from(count).unwrap_or(u8::MAX),
        spacing: asked.apart,
        gaps: Gaps::Even,
    };
    Copies { image: repeat(asked.image), ..Copies::of_all(repeat(asked.control)) }
}

impl PacketSide for OurGateway {
    fn receive(&mut self, now: Timestamp, datagram: &[u8]) {
        // What it refuses it counts.
        _ = self.0.receive(Side::Far, now, datagram);
    }

    fn transmit(&mut self, _now: Timestamp, out: &mut [u8]) -> Option<usize> {
        self.0.transmit(Side::Far, out)
    }

    fn deadline(&self) -> Option<Timestamp> {
        self.0.deadline().map(|deadline| deadline.at)
    }

    fn advance(&mut self, now: Timestamp) {
        self.0.advance(now);
    }
}

impl Gateway for OurGateway {
    fn exchange(&mut self, now: Timestamp, heard: &[i16], said: &mut [i16]) {
        self.0.listen(Side::Near, now, heard);
        self.0.fill(Side::Near, said);
    }

    fn close(&mut self, now: Timestamp) -> Option<String> {
        self.0.finish(now, Ending::HungUp(Side::Near));
        Some(self.0.record().to_string())
    }
}
