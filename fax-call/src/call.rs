//! Two legs and the relay between them.

use crate::event::Event;
use crate::leg::{Law, Leg};
use audio_codec_algorithms::{decode_alaw, decode_ulaw, encode_alaw, encode_ulaw};
use fax_core::relay::{Policy, Relay, Side, Tracker};
use fax_core::{Deadline, Line, Timestamp};
use fax_t38::Refusal;

/// Samples of a phone line that pass between two looks of the relay: 20 ms.
const BLOCK: usize = 160;

/// A fax call: two legs, joined.
///
/// A phone leg is driven by its samples: [`Call::listen`] and [`Call::fill`], blocks of any length, each as often
/// as the other. A T.38 leg is driven by its datagrams and by the time: [`Call::receive`], [`Call::transmit`]
/// until there is none, [`Call::advance`] at [`Call::deadline`]. Events wait in [`Call::event`].
#[derive(Clone, Debug)]
pub struct Call {
    near: Leg,
    far: Leg,
    relay: Relay,
    now: Timestamp,
}

impl Call {
    /// Joins two legs.
    pub fn new(near: Leg, far: Leg, policy: Policy) -> Self {
        Self { near, far, relay: Relay::new(policy), now: Timestamp::ZERO }
    }

    /// Takes samples that came on the phone leg of a side; nothing happens if it is none.
    pub fn listen(&mut self, side: Side, now: Timestamp, samples: &[i16]) {
        for block in samples.chunks(BLOCK) {
            if let Leg::Audio(line) = self.leg(side) {
                line.listen(block);
            }
            self.advance(now);
        }
    }

    /// Writes the next samples that go to the phone leg of a side: silence if it is none.
    pub fn fill(&mut self, side: Side, out: &mut [i16]) {
        for block in out.chunks_mut(BLOCK) {
            let now = self.now;
            match self.leg(side) {
                Leg::Audio(line) => line.fill(block),
                Leg::T38(_) => block.fill(0),
            }
            self.advance(now);
        }
    }

    /// As [`Call::listen`], of octets of G.711.
    pub fn listen_g711(&mut self, side: Side, now: Timestamp, law: Law, octets: &[u8]) {
        let decode = match law {
            Law::A => decode_alaw,
            Law::Mu => decode_ulaw,
        };
        for block in octets.chunks(BLOCK) {
            let mut samples = [0; BLOCK];
            let samples = &mut samples[..block.len()];
            samples.iter_mut().zip(block).for_each(|(sample, octet)| *sample = decode(*octet));
            self.listen(side, now, samples);
        }
    }

    /// As [`Call::fill`], in octets of G.711.
    pub fn fill_g711(&mut self, side: Side, law: Law, out: &mut [u8]) {
        let encode = match law {
            Law::A => encode_alaw,
            Law::Mu => encode_ulaw,
        };
        for block in out.chunks_mut(BLOCK) {
            let mut samples = [0; BLOCK];
            let samples = &mut samples[..block.len()];
            self.fill(side, samples);
            block.iter_mut().zip(samples).for_each(|(octet, sample)| *octet = encode(*sample));
        }
    }

    /// Takes a datagram that came to the T.38 leg of a side.
    ///
    /// # Errors
    /// Why it was not taken; it is counted, and the call goes on.
    pub fn receive(&mut self, side: Side, now: Timestamp, datagram: &[u8]) -> Result<(), Refusal> {
        let taken = match self.leg(side) {
            Leg::T38(line) => line.receive(now, datagram),
            Leg::Audio(_) => Err(Refusal::OtherProtocol),
        };
        self.advance(now);
        taken
    }

    /// Writes the next datagram of the T.38 leg of a side; its length. To be called until there is none.
    pub fn transmit(&mut self, side: Side, out: &mut [u8]) -> Option<usize> {
        match self.leg(side) {
            Leg::T38(line) => line.transmit(out),
            Leg::Audio(_) => None,
        }
    }

    /// Lets time pass.
    pub fn advance(&mut self, now: Timestamp) {
        self.now = self.now.max(now);
        for side in [Side::Near, Side::Far] {
            if let Leg::T38(line) = self.leg(side) {
                line.advance(now);
            }
        }
        let Self { near, far, relay, now } = self;
        relay.drive(*now, near, far);
        for leg in [near, far] {
            while leg.progress().is_some() {}
        }
    }

    /// When the call must be driven again though nothing came in.
    pub fn deadline(&self) -> Option<Deadline> {
        let of = |leg: &Leg| match leg {
            // It is driven by its samples.
            Leg::Audio(_) => None,
            Leg::T38(line) => line.deadline(),
        };
        of(&self.near).into_iter().chain(of(&self.far)).min_by_key(|deadline| deadline.at)
    }

    /// The next event, not always in the order of time: each part tells its own.
    pub fn event(&mut self) -> Option<(Timestamp, Event)> {
        if let Some((at, side, event)) = self.relay.event() {
            return Some((at, Event::Relay(side, event)));
        }
        [Side::Near, Side::Far].into_iter().find_map(|side| match self.leg(side) {
            Leg::Audio(line) => line.event().map(|(at, event)| (at, Event::Modem(side, event))),
            Leg::T38(line) => line.event().map(|(at, event)| (at, Event::T38(side, event))),
        })
    }

    /// What is known of the call from its frames.
    pub fn tracker(&self) -> &Tracker {
        self.relay.tracker()
    }

    fn leg(&mut self, side: Side) -> &mut Leg {
        match side {
            Side::Near => &mut self.near,
            Side::Far => &mut self.far,
        }
    }
}
