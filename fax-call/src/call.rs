//! Two legs and the relay between them.

use crate::event::Event;
use crate::leg::{Law, Leg};
use crate::record::CallRecord;
use crate::supervisor::{Supervision, Supervisor};
use crate::verdict::Ending;
use fax_core::relay::{self, Policy, Relay, Side, Tracker};
use fax_core::t30::Fcf;
use fax_core::{Deadline, Events, Line, Span, Timestamp, Wait};
use fax_modem::AudioLine;
use fax_t38::Refusal;

/// Samples of a phone line that pass between two looks of the relay: 20 ms.
const BLOCK: usize = 160;
/// Events that wait at most; the oldest give way. The record has had them all.
const EVENTS: usize = 64;

/// A fax call: two legs, joined.
///
/// A phone leg is driven by its samples: [`Call::listen`] and [`Call::fill`], blocks of any length, each as often
/// as the other. A T.38 leg is driven by its datagrams and by the time: [`Call::receive`], [`Call::transmit`]
/// until there is none, [`Call::advance`] at [`Call::deadline`]. Events wait in [`Call::event`].
///
/// It ends once: by [`Call::finish`], or by itself when nothing passes any more ([`Supervision`]) or what the policy
/// requires is not agreed on ([`Ending::WithoutEcm`]). The event
/// [`Event::Ended`] says so; from then on it takes nothing, says nothing and has no deadline.
#[derive(Clone, Debug)]
pub struct Call {
    near: Leg,
    far: Leg,
    relay: Relay,
    now: Timestamp,
    supervisor: Supervisor,
    record: CallRecord,
    events: Events<Event, EVENTS>,
}

impl Call {
    /// Joins two legs.
    pub fn new(near: Leg, far: Leg, policy: Policy) -> Self {
        Self {
            near,
            far,
            relay: Relay::new(policy),
            now: Timestamp::ZERO,
            supervisor: Supervisor::new(Supervision::default()),
            record: CallRecord::default(),
            events: Events::new(),
        }
    }

    /// With other limits than the usual ones.
    #[must_use]
    pub fn supervised(self, supervision: Supervision) -> Self {
        Self { supervisor: Supervisor::new(supervision), ..self }
    }

    /// Another leg takes the place of one, as when a peer moved its T.38 session. What the old one was about to say is
    /// not said; the relay goes on where it is.
    pub fn exchange(&mut self, side: Side, leg: Leg) {
        *self.leg(side) = leg;
        self.advance(self.now);
    }

    /// Takes samples that came on the phone leg of a side, the last of them at `now`; nothing happens if it
    /// is none.
    pub fn listen(&mut self, side: Side, now: Timestamp, samples: &[i16]) {
        self.hear(side, now, samples, AudioLine::listen);
    }

    /// As [`Call::listen`], of samples that were put there for some that did not come: frames of V.21 may be mended.
    pub fn listen_invented(&mut self, side: Side, now: Timestamp, samples: &[i16]) {
        self.hear(side, now, samples, AudioLine::listen_invented);
    }

    fn hear(&mut self, side: Side, now: Timestamp, samples: &[i16], listen: fn(&mut AudioLine, &[i16])) {
        for (block, at) in samples.chunks(BLOCK).zip(block_ends(samples.len(), now)) {
            if self.has_ended() {
                return;
            }
            if let Leg::Audio(line) = self.leg(side) {
                listen(line, block);
                self.supervisor.samples_came(side, at);
            }
            self.advance(at);
        }
    }

    /// Writes the next samples that go to the phone leg of a side: silence if it is none.
    pub fn fill(&mut self, side: Side, out: &mut [i16]) {
        for (n, block) in out.chunks_mut(BLOCK).enumerate() {
            // What is to be said in the first block was said when the block before was heard.
            if n > 0 {
                self.advance(self.now);
            }
            let ended = self.has_ended();
            match self.leg(side) {
                Leg::Audio(line) if !ended => line.fill(block),
                _ => block.fill(0),
            }
        }
    }

    /// As [`Call::listen`], of octets of G.711.
    pub fn listen_g711(&mut self, side: Side, now: Timestamp, law: Law, octets: &[u8]) {
        self.hear_g711(side, now, law, octets, Self::listen);
    }

    /// As [`Call::listen_invented`], of octets of G.711.
    pub fn listen_invented_g711(&mut self, side: Side, now: Timestamp, law: Law, octets: &[u8]) {
        self.hear_g711(side, now, law, octets, Self::listen_invented);
    }

    fn hear_g711(
        &mut self,
        side: Side,
        now: Timestamp,
        law: Law,
        octets: &[u8],
        listen: fn(&mut Self, Side, Timestamp, &[i16]),
    ) {
        let decode = law.decoder();
        for (block, at) in octets.chunks(BLOCK).zip(block_ends(octets.len(), now)) {
            let mut samples = [0; BLOCK];
            let samples = &mut samples[..block.len()];
            samples.iter_mut().zip(block).for_each(|(sample, octet)| *sample = decode(*octet));
            listen(self, side, at, samples);
        }
    }

    /// As [`Call::fill`], in octets of G.711.
    pub fn fill_g711(&mut self, side: Side, law: Law, out: &mut [u8]) {
        let encode = law.encoder();
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
    /// Why it was not taken; it is counted, and the call goes on. After the end of the call nothing is looked at.
    pub fn receive(&mut self, side: Side, now: Timestamp, datagram: &[u8]) -> Result<(), Refusal> {
        if self.has_ended() {
            return Ok(());
        }
        let taken = match self.leg(side) {
            Leg::T38(line) => line.receive(now, datagram),
            Leg::Audio(_) => Err(Refusal::OtherProtocol),
        };
        self.advance(now);
        taken
    }

    /// Writes the next datagram of the T.38 leg of a side; its length. To be called until there is none.
    pub fn transmit(&mut self, side: Side, out: &mut [u8]) -> Option<usize> {
        let ended = self.has_ended();
        match self.leg(side) {
            Leg::T38(line) if !ended => line.transmit(out),
            _ => None,
        }
    }

    /// Lets time pass.
    pub fn advance(&mut self, now: Timestamp) {
        if self.has_ended() {
            return;
        }
        self.now = self.now.max(now);
        for side in [Side::Near, Side::Far] {
            if let Leg::T38(line) = self.leg(side) {
                line.advance(now);
            }
        }
        let Self { near, far, relay, now, .. } = self;
        relay.drive(*now, near, far);
        for leg in [near, far] {
            while leg.progress().is_some() {}
        }
        let refused = self.collect_events();
        let ending = refused.or_else(|| self.supervisor.verdict(self.now, self.record.phase()));
        if let Some(ending) = ending {
            self.note(self.now, Event::Ended(ending));
        }
    }

    /// Ends the call, as when a side hangs up. What was still to be said is not said. A call that has ended
    /// keeps the ending it has.
    pub fn finish(&mut self, now: Timestamp, ending: Ending) {
        self.advance(now);
        if !self.has_ended() {
            self.note(self.now, Event::Ended(ending));
        }
    }

    /// Whether the call is over.
    pub fn has_ended(&self) -> bool {
        self.record.ending.is_some()
    }

    /// When the call must be driven again though nothing came in; none once it has ended.
    pub fn deadline(&self) -> Option<Deadline> {
        if self.has_ended() {
            return None;
        }
        let of = |leg: &Leg| match leg {
            // It is driven by its samples.
            Leg::Audio(_) => None,
            Leg::T38(line) => line.deadline(),
        };
        let supervision = Deadline { at: self.supervisor.deadline(self.record.phase()), why: Wait::Peer };
        let legs = of(&self.near).into_iter().chain(of(&self.far));
        legs.chain([supervision]).min_by_key(|deadline| deadline.at)
    }

    /// The next event, not always in the order of time: each part tells its own. Of events that nobody
    /// fetches the last 64 are kept.
    pub fn event(&mut self) -> Option<(Timestamp, Event)> {
        self.events.take()
    }

    /// What is worth keeping of the call so far.
    pub fn record(&self) -> &CallRecord {
        &self.record
    }

    /// What is known of the call from its frames.
    pub fn tracker(&self) -> &Tracker {
        self.relay.tracker()
    }

    /// Notes all that happened; what of it ends the call.
    fn collect_events(&mut self) -> Option<Ending> {
        let mut ending = None;
        while let Some((at, side, event)) = self.relay.event() {
            match (event, self.leg(side.other())) {
                (relay::Event::WithoutEcm, _) => ending = Some(Ending::WithoutEcm(side)),
                // Nobody answers it, so nobody would ask for it again.
                (relay::Event::Frame { fcf: Fcf::Dcn, .. }, Leg::T38(line)) => line.insist(),
                _ => {}
            }
            self.note(at, Event::Relay(side, event));
        }
        for side in [Side::Near, Side::Far] {
            while let Some((at, event)) = self.leg_event(side) {
                self.note(at, event);
            }
        }
        ending
    }

    fn leg_event(&mut self, side: Side) -> Option<(Timestamp, Event)> {
        match self.leg(side) {
            Leg::Audio(line) => line.event().map(|(at, event)| (at, Event::Modem(side, event))),
            Leg::T38(line) => line.event().map(|(at, event)| (at, Event::T38(side, event))),
        }
    }

    fn note(&mut self, at: Timestamp, event: Event) {
        let before = self.record.phase();
        self.record.note(at, &event);
        if matches!(event, Event::Relay(_, relay::Event::Frame { .. })) || self.record.phase() != before {
            self.supervisor.passed(self.now);
        }
        self.events.note(at, event);
    }

    fn leg(&mut self, side: Side) -> &mut Leg {
        match side {
            Side::Near => &mut self.near,
            Side::Far => &mut self.far,
        }
    }
}

/// When each piece of so many samples ends, if the last of them ends at `now`.
fn block_ends(samples: usize, now: Timestamp) -> impl Iterator<Item = Timestamp> {
    let starts = (0..samples).step_by(BLOCK);
    starts.map(move |start| now - Span::from_samples(samples.saturating_sub(start + BLOCK) as u64))
}
