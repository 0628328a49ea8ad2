//! Gateways without T.38: a phone line as audio over the network, as it is or made anew.

use super::audio::RtpAudio;
use super::ends::{Gateway, PacketSide};
use fax_call::{Call, Ending, Leg, Policy, Side};
use fax_core::Timestamp;

/// Carries the audio as it is.
#[derive(Debug)]
pub struct Passthrough(pub RtpAudio);

/// Joins the phone line, its near side, and the audio on the network, its far one, by a relay: what is
/// modem on the one is clean modem on the other.
#[derive(Debug)]
pub struct Regenerate {
    call: Call,
    audio: RtpAudio,
}

impl Regenerate {
    /// Over this audio, by this policy.
    pub fn new(audio: RtpAudio, policy: Policy) -> Self {
        Self { call: Call::new(Leg::audio(), Leg::audio(), policy), audio }
    }
}

impl Gateway for Passthrough {
    fn exchange(&mut self, now: Timestamp, heard: &[i16], said: &mut [i16]) {
        self.0.say(heard);
        self.0.play(now, said);
    }
}

impl PacketSide for Passthrough {
    fn receive(&mut self, now: Timestamp, datagram: &[u8]) {
        self.0.receive(now, datagram);
    }

    fn transmit(&mut self, now: Timestamp, out: &mut [u8]) -> Option<usize> {
        self.0.transmit(now, out)
    }
}

impl Gateway for Regenerate {
    fn exchange(&mut self, now: Timestamp, heard: &[i16], said: &mut [i16]) {
        let mut block = vec![0; heard.len()];
        let came = self.audio.play(now, &mut block);
        self.call.listen(Side::Near, now, heard);
        if came {
            self.call.listen(Side::Far, now, &block);
        } else {
            self.call.listen_invented(Side::Far, now, &block);
        }
        self.call.fill(Side::Near, said);
        self.call.fill(Side::Far, &mut block);
        self.audio.say(&block);
    }

    fn close(&mut self, now: Timestamp) -> Option<String> {
        self.call.finish(now, Ending::HungUp(Side::Near));
        Some(self.call.record().to_string())
    }
}

impl PacketSide for Regenerate {
    fn receive(&mut self, now: Timestamp, datagram: &[u8]) {
        self.audio.receive(now, datagram);
    }

    fn transmit(&mut self, now: Timestamp, out: &mut [u8]) -> Option<usize> {
        self.audio.transmit(now, out)
    }

    fn deadline(&self) -> Option<Timestamp> {
        self.call.deadline().map(|deadline| deadline.at)
    }

    fn advance(&mut self, now: Timestamp) {
        self.call.advance(now);
    }
}
