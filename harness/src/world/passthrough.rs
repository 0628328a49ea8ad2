//! Gateways without T.38: a phone line as audio over the network, as it is or made anew.
//!
//! An adapter makes the phone line RTP of G.711, 20 ms a packet. A wire that loses nothing joins it to the media of a call
//! as the daemon has them, whose other leg is the network. All of both is `fax_call::media`: numbers and stamps, what goes
//! along with each packet, what is mended, what waits, what a hole is filled with.
//!
//! From: RFC 3550, RFC 3551, RFC 2198; the project's peer baseline, section 2 and table T9.

use super::ends::{Gateway, PacketSide};
use super::scenario::{Chain, Scenario};
use fax_call::media::{
    Adapter, Audio, AudioCounters, Flow, LegSettings, Order, Path, PlayoutCounters, Redundancy, Sending,
    Settings, Socket, V8Counters,
};
use fax_call::{Ending, Law, Side};
use fax_core::{Span, Timestamp};
use std::net::SocketAddr;

/// An adapter and the media of a call, in one box.
#[derive(Debug)]
pub struct AudioGateway {
    adapter: Adapter,
    /// The adapter is near, the network far.
    path: Path,
}

/// Payload type of what goes along with newer packets (RFC 2198).
pub(crate) const RED: u8 = 121;
/// Longer than any packet of audio.
const LONGEST: usize = 1500;
/// What waits of what comes from the adapter, over a wire: the least that there is.
const WIRE: Span = Span::from_millis(20);

impl AudioGateway {
    /// As the scenario has it. `seed`: where numbers and stamps begin.
    pub fn new(scenario: &Scenario, seed: u64) -> Self {
        let far = LegSettings { jitter: scenario.playout, ..LegSettings::default() };
        let policy = scenario.policy();
        let regenerate = scenario.chain == Chain::Regenerate;
        let near = LegSettings { jitter: WIRE, ..far };
        let mut path = Path::new(Settings { policy, near, far, regenerate, seed });
        let mut adapter = Adapter::new(&far, seed);
        adapter.order(Timestamp::ZERO, audio(own(), None));
        path.order(Timestamp::ZERO, Side::Near, Order::Audio(audio(own(), None)));
        path.order(Timestamp::ZERO, Side::Far, Order::Audio(audio(peer(), red(scenario.generations))));
        Self { adapter, path }
    }

    /// Carries what is on the wire.
    fn carry(&mut self, now: Timestamp) {
        let mut packet = [0; LONGEST];
        while let Some(Sending { length, .. }) = self.adapter.transmit(&mut packet) {
            self.path.receive(now, Side::Near, Socket::Rtp, own(), &packet[..length]);
        }
        while let Some(Sending { length, .. }) = self.path.transmit(Side::Near, &mut packet) {
            self.adapter.receive(now, own(), &packet[..length]);
        }
    }
}

fn audio(remote: SocketAddr, red: Option<Redundancy>) -> Audio {
    Audio { remote, law: Law::Mu, packet: Span::from_millis(20), red, events: None, flow: Flow::Both }
}

fn red(generations: u8) -> Option<Redundancy> {
    (generations > 0).then_some(Redundancy { payload_type: RED, generations })
}

/// Both ends of the wire.
fn own() -> SocketAddr {
    ([192, 0, 2, 1], 4000).into()
}

/// The gateway beyond the network.
fn peer() -> SocketAddr {
    ([192, 0, 2, 2], 4000).into()
}

impl Gateway for AudioGateway {
    fn exchange(&mut self, now: Timestamp, heard: &[i16], said: &mut [i16]) {
        self.adapter.exchange(heard, said);
        self.carry(now);
    }

    fn close(&mut self, now: Timestamp) -> Option<String> {
        self.path.finish(now, Ending::HungUp(Side::Near));
        let mut text = String::new();
        for side in [Side::Near, Side::Far] {
            let AudioCounters { received, playout, .. } = self.path.audio(side);
            let PlayoutCounters { late, invented, restarts } = playout;
            text += &format!(
                "{side:?}: {received} packets, {late} late, {restarts} restarts, {invented} samples invented"
            );
            let V8Counters { made_plain, blocked } = self.path.v8(side);
            for (packets, what) in [(made_plain, "of an answer tone made plain"), (blocked, "blocked")] {
                if packets > 0 {
                    text += &format!(", {packets} {what}");
                }
            }
            text += "\n";
        }
        Some(text + &self.path.record().map(ToString::to_string).unwrap_or_default())
    }
}

impl PacketSide for AudioGateway {
    fn receive(&mut self, now: Timestamp, datagram: &[u8]) {
        self.path.receive(now, Side::Far, Socket::Rtp, peer(), datagram);
        self.carry(now);
    }

    fn transmit(&mut self, _now: Timestamp, out: &mut [u8]) -> Option<usize> {
        self.path.transmit(Side::Far, out).map(|sending| sending.length)
    }

    fn deadline(&self) -> Option<Timestamp> {
        self.path.deadline().map(|deadline| deadline.at)
    }

    fn advance(&mut self, now: Timestamp) {
        self.path.advance(now);
        self.carry(now);
    }
}
