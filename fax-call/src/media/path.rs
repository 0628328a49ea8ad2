//! The media of one call: passed on as they are while nobody needs more, joined by a relay once a leg is T.38.
//!
//! ```text
//!   RTP in  -> pin -> playout ----+--> ear: signs of a fax          (both legs audio)
//!                       |         +--> the other leg's stream, octet for octet
//!                       v
//!                     Call (relay) <-> T38Line <- pin <- UDPTL in   (a leg is T.38)
//! ```
//!
//! When a relay begins, the phone legs tell it what they played in the last 1.6 s: a DIS that was on its way while
//! signalling was asked is not lost.
//!
//! From: RFC 5347; field notes NAT-1 to NAT-7, AUD-1 to AUD-6.
//! Always: while both legs are audio and no fax is made anew, octets pass unchanged, but for an answer tone that invites to
//! V.8 ([`SuperG3`](crate::SuperG3)); memory is bounded.

use super::answer_tone::{V8Counters, V8Guard};
use super::audio_leg::{AudioCounters, AudioLeg, BLOCK};
use super::order::Order;
use super::pin::Pin;
use super::playout::{PAST, silence};
use super::rtp_out::Passed;
use super::settings::{LegSettings, Settings};
use super::sign::Sign;
use crate::{Call, CallRecord, Ending, Event, Leg};
use core::net::SocketAddr;
use fax_core::relay::Side;
use fax_core::{Deadline, Span, Timestamp, Wait};
use fax_t38::line::Pacing;
use fax_t38::udptl::Datagram;
use fax_t38::{Syntax, ifp};
use std::collections::VecDeque;

/// Datagrams that are kept until T.38 is agreed (NAT-4), and how long one may be.
const EARLY: usize = 8;
const LONGEST_EARLY: usize = 1400;
/// Signs that wait to be fetched; the oldest give way.
const SIGNS: usize = 8;

/// Which socket of a leg.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Socket {
    /// RTP.
    Rtp,
    /// UDPTL.
    Udptl,
}

/// A datagram to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sending {
    /// From which socket.
    pub socket: Socket,
    /// Where to.
    pub to: SocketAddr,
    /// Its octets in the buffer.
    pub length: usize,
}

/// The media of one call.
///
/// Signalling gives it an [`Order`] for each leg. Datagrams go in by [`Path::receive`] and out by
/// [`Path::transmit`] until there is none; [`Path::advance`] at [`Path::deadline`]; signs of a fax wait in
/// [`Path::sign`].
#[derive(Clone, Debug)]
pub struct Path {
    settings: Settings,
    now: Timestamp,
    near: End,
    far: End,
    guard: V8Guard,
    relay: Option<Relaying>,
    /// The record of the last relay that is over.
    record: Option<CallRecord>,
    signs: VecDeque<(Timestamp, Side, Sign)>,
}

/// One side.
#[derive(Clone, Debug)]
struct End {
    order: Order,
    audio: AudioLeg,
    pin: Pin,
    early: VecDeque<(SocketAddr, Vec<u8>)>,
}

/// A relay, which has its own time.
#[derive(Clone, Debug)]
struct Relaying {
    call: Box<Call>,
    began: Timestamp,
}

impl Path {
    /// A call of which nothing is agreed yet.
    pub fn new(settings: Settings) -> Self {
        let end = |leg: &LegSettings, seed| End {
            order: Order::Nothing,
            audio: AudioLeg::new(leg, seed),
            pin: Pin::new(leg.learning),
            early: VecDeque::new(),
        };
        Self {
            near: end(&settings.near, settings.seed),
            far: end(&settings.far, !settings.seed),
            settings,
            now: Timestamp::ZERO,
            guard: V8Guard::default(),
            relay: None,
            record: None,
            signs: VecDeque::with_capacity(SIGNS),
        }
    }

    /// Another peer is called on a leg: it is treated so from now on. What runs already goes on.
    pub fn treat(&mut self, side: Side, settings: LegSettings) {
        let end = self.end(side);
        end.pin.treat(settings.learning);
        end.audio.treat(&settings);
        match side {
            Side::Near => self.settings.near = settings,
            Side::Far => self.settings.far = settings,
        }
    }

    /// Signalling has agreed on something for a leg.
    pub fn order(&mut self, now: Timestamp, side: Side, order: Order) {
        self.now = self.now.max(now);
        let end = self.end(side);
        match &order {
            Order::Audio(audio) => end.audio.begin(now, *audio),
            Order::T38(agreed) => {
                end.pin.name(agreed.remote);
                end.audio.rest();
            }
            Order::Nothing => end.audio.rest(),
            Order::Muted => {}
        }
        end.audio.stop_passing();
        let goes_on = matches!(&order, Order::T38(agreed) if agreed.continues);
        end.order = order;
        self.join(side, goes_on);
        self.take_early();
        self.advance(now);
    }

    /// Takes a datagram that came on a socket of a leg, and says whether it is the peer's. One that waits for the answer is
    /// not, yet.
    pub fn receive(
        &mut self,
        now: Timestamp,
        side: Side,
        socket: Socket,
        from: SocketAddr,
        datagram: &[u8],
    ) -> bool {
        self.now = self.now.max(now);
        match socket {
            Socket::Rtp => self.receive_rtp(side, from, datagram),
            Socket::Udptl => self.receive_udptl(side, from, datagram),
        }
    }

    /// Lets time pass.
    pub fn advance(&mut self, now: Timestamp) {
        self.now = self.now.max(now);
        for side in [Side::Near, Side::Far] {
            let mut block = [0; BLOCK];
            while let Some(played) = self.end(side).audio.tick(now, &mut block) {
                self.played(side, &block[..played.length.min(BLOCK)], played.invented);
            }
        }
        if let Some(relay) = &mut self.relay {
            relay.call.advance(relay.time(now));
        }
    }

    /// When the call must be driven again though nothing came in.
    pub fn deadline(&self) -> Option<Deadline> {
        let audio = [&self.near, &self.far].into_iter().filter_map(|end| end.audio.deadline());
        let audio = audio.map(|at| Deadline { at, why: Wait::NextStep });
        let relay = self.relay.as_ref().and_then(|relay| {
            let Deadline { at, why } = relay.call.deadline()?;
            Some(Deadline { at: relay.began + at.since(Timestamp::ZERO), why })
        });
        audio.chain(relay).min_by_key(|deadline| deadline.at)
    }

    /// Writes the next datagram to send on a side. To be called until there is none.
    pub fn transmit(&mut self, side: Side, out: &mut [u8]) -> Option<Sending> {
        if let Some((to, length)) = self.end(side).audio.transmit(out) {
            return Some(Sending { socket: Socket::Rtp, to, length });
        }
        let to = self.end(side).pin.target()?;
        let length = self.relay.as_mut()?.call.transmit(side, out)?;
        Some(Sending { socket: Socket::Udptl, to, length })
    }

    /// The next sign of a fax.
    pub fn sign(&mut self) -> Option<(Timestamp, Side, Sign)> {
        self.signs.pop_front()
    }

    /// Whether, in audio that is passed on, a training or a page is on its way between two fax machines: a switch would
    /// cut it in half (SIP-17). Judged by power and by what V.21 and tones were heard, not by what the machines say.
    pub fn is_cut_by_a_switch(&self) -> bool {
        let ears = [&self.near, &self.far].map(|end| end.audio.ear());
        let machines = ears.iter().all(|ear| ear.knows_v21());
        self.relay.is_none() && machines && ears.iter().any(|ear| ear.hears_fast_carrier())
    }

    /// The next event of the relay.
    pub fn event(&mut self) -> Option<(Timestamp, Event)> {
        let relay = self.relay.as_mut()?;
        let (at, event) = relay.call.event()?;
        Some((relay.began + at.since(Timestamp::ZERO), event))
    }

    /// How the fax ended, if a relay saw it end.
    pub fn ending(&self) -> Option<Ending> {
        self.record()?.ending
    }

    /// Ends the fax, as when a side hangs up.
    pub fn finish(&mut self, now: Timestamp, ending: Ending) {
        if let Some(relay) = &mut self.relay {
            relay.call.finish(relay.time(now), ending);
        }
    }

    /// What is worth keeping of the fax; none before a relay was needed. Its times begin with the relay.
    pub fn record(&self) -> Option<&CallRecord> {
        self.relay.as_ref().map(|relay| relay.call.record()).or(self.record.as_ref())
    }

    /// When the relay that runs began, in the time of the call.
    pub fn relay_began(&self) -> Option<Timestamp> {
        self.relay.as_ref().map(|relay| relay.began)
    }

    /// What a phone leg has seen.
    pub fn audio(&self, side: Side) -> AudioCounters {
        match side {
            Side::Near => self.near.audio.counters(),
            Side::Far => self.far.audio.counters(),
        }
    }

    /// What was done to V.8 in audio that came from a side and was passed on.
    pub fn v8(&self, side: Side) -> V8Counters {
        self.guard.counters(side)
    }

    /// Datagrams on UDPTL ports that were not the peer's, or no T.38; those that wait for an answer among them.
    pub fn strangers(&self, side: Side) -> u32 {
        let end = match side {
            Side::Near => &self.near,
            Side::Far => &self.far,
        };
        end.pin.strangers().saturating_add(end.early.len() as u32)
    }

    fn receive_rtp(&mut self, side: Side, from: SocketAddr, octets: &[u8]) -> bool {
        let Self { near, far, now, relay, guard, settings, .. } = self;
        let (end, other) = match side {
            Side::Near => (near, far),
            Side::Far => (far, near),
        };
        let passes = relay.is_none() && end.order.is_audio() && other.order.is_audio();
        end.audio.receive(*now, from, octets, |packet: Passed<'_>| {
            if passes {
                other.audio.pass(&packet, |audio| guard.pass(settings.policy.super_g3, *now, side, audio));
            }
        })
    }

    fn receive_udptl(&mut self, side: Side, from: SocketAddr, octets: &[u8]) -> bool {
        let now = self.now;
        let end = self.end(side);
        if !matches!(end.order, Order::T38(_)) {
            end.keep_early(from, octets);
            return false;
        }
        if !end.pin.admits(now, from, is_t38(octets)) {
            return false;
        }
        if let Some(relay) = &mut self.relay {
            // What is refused is counted there.
            _ = relay.call.receive(side, relay.time(now), octets);
        }
        true
    }

    /// A leg played these octets, that came or were invented.
    fn played(&mut self, side: Side, octets: &[u8], invented: bool) {
        let is_audio = self.end(side).order.is_audio();
        let Some(law) = self.end(side).audio.audio.map(|audio| audio.law) else { return };
        match &mut self.relay {
            Some(relay) if is_audio && !relay.call.has_ended() => {
                let now = relay.time(self.now);
                let mut said = [0; BLOCK];
                let said = &mut said[..octets.len()];
                if invented {
                    relay.call.listen_invented_g711(side, now, law, octets);
                } else {
                    relay.call.listen_g711(side, now, law, octets);
                }
                relay.call.fill_g711(side, law, said);
                self.end(side).audio.send(said);
            }
            Some(_) if !is_audio => {}
            Some(_) => self.end(side).audio.send(&[silence(law); BLOCK][..octets.len()]),
            None => {
                if let Some(sign) = self.end(side).audio.listen(octets) {
                    self.signed(side, sign);
                }
                if self.is_muted() {
                    self.end(side).audio.send(&[silence(law); BLOCK][..octets.len()]);
                }
            }
        }
    }

    fn signed(&mut self, side: Side, sign: Sign) {
        if self.signs.len() == SIGNS {
            self.signs.pop_front();
        }
        self.signs.push_back((self.now, side, sign));
        if self.settings.regenerate
            && sign == Sign::V21Preamble
            && self.near.order.is_audio()
            && self.far.order.is_audio()
        {
            self.begin_relay();
        }
    }

    /// Whether silence is sent instead of what the other side says (AUD-6).
    fn is_muted(&self) -> bool {
        matches!(self.near.order, Order::Muted) || matches!(self.far.order, Order::Muted)
    }

    /// Joins the legs as the orders now say. `goes_on`: the leg of `side` is what it was.
    fn join(&mut self, side: Side, goes_on: bool) {
        use Order::{Audio, T38};
        match (&self.near.order, &self.far.order) {
            (T38(_), T38(_) | Audio(_)) | (Audio(_), T38(_)) => match self.relay {
                Some(_) if goes_on => {}
                Some(_) => {
                    let leg = self.leg(side);
                    if let Some(relay) = &mut self.relay {
                        relay.call.exchange(side, leg);
                    }
                }
                None => self.begin_relay(),
            },
            // On the way from one to the other the relay waits.
            (T38(_), _) | (_, T38(_)) => {}
            (Order::Muted, _) | (_, Order::Muted) => {}
            _ => self.end_relay(),
        }
    }

    /// Lets the relay have what came before the answer, of those that it shows to be the peer's.
    fn take_early(&mut self) {
        let Self { near, far, now, relay: Some(relay), .. } = self else { return };
        for (side, end) in [(Side::Near, near), (Side::Far, far)] {
            if !matches!(end.order, Order::T38(_)) {
                continue;
            }
            for (from, datagram) in end.early.drain(..) {
                if end.pin.admits(*now, from, true) {
                    // What is refused is counted there.
                    _ = relay.call.receive(side, relay.time(*now), &datagram);
                }
            }
        }
    }

    fn begin_relay(&mut self) {
        let agreed = [&self.near.order, &self.far.order].into_iter().find_map(|order| match order {
            Order::T38(agreed) => Some(agreed),
            _ => None,
        });
        let policy = self.settings.policy(agreed);
        let mut call = Box::new(Call::new(self.leg(Side::Near), self.leg(Side::Far), policy));
        let past = self.tell_past(&mut call);
        self.relay = Some(Relaying { call, began: self.now - past });
    }

    /// A leg as it is ordered to be.
    fn leg(&self, side: Side) -> Leg {
        let (end, settings) = match side {
            Side::Near => (&self.near, &self.settings.near),
            Side::Far => (&self.far, &self.settings.far),
        };
        match &end.order {
            Order::T38(agreed) => Leg::t38(settings.line(agreed, Pacing::Live)),
            _ => Leg::audio(),
        }
    }

    /// Lets the phone legs hear what was played last; how long that lasted.
    fn tell_past(&self, call: &mut Call) -> Span {
        const STEP: usize = 160;
        let pasts = [(Side::Near, &self.near), (Side::Far, &self.far)].map(|(side, end)| {
            let law = end.audio.audio.filter(|_| end.order.is_audio()).map(|audio| audio.law);
            (side, law, law.map(|_| end.audio.past(PAST)).unwrap_or_default())
        });
        let length = pasts.iter().map(|(_, _, past)| past.len()).max().unwrap_or(0) / STEP * STEP;
        for from in (0..length).step_by(STEP) {
            let now = Timestamp::from_samples((from + STEP) as u64);
            for (side, law, past) in &pasts {
                let Some(law) = *law else { continue };
                let mut block = [silence(law); STEP];
                let skip = length - past.len().min(length);
                let heard = past.get(past.len().saturating_sub(length)..).unwrap_or_default();
                for (octet, at) in block.iter_mut().zip(from..) {
                    let known = at.checked_sub(skip).and_then(|at| heard.get(at));
                    *octet = known.copied().unwrap_or(*octet);
                }
                call.listen_g711(*side, now, law, &block);
                call.fill_g711(*side, law, &mut block);
            }
            call.advance(now);
        }
        Span::from_samples(length as u64)
    }

    fn end_relay(&mut self) {
        if let Some(relay) = self.relay.take() {
            self.record = Some(relay.call.record().clone());
        }
    }

    fn end(&mut self, side: Side) -> &mut End {
        match side {
            Side::Near => &mut self.near,
            Side::Far => &mut self.far,
        }
    }
}

impl End {
    /// A datagram of T.38 came before the answer that says whose it is. From another host than that of its audio none is kept.
    fn keep_early(&mut self, from: SocketAddr, octets: &[u8]) {
        let may_be = self.audio.peer().is_none_or(|peer| peer.ip() == from.ip());
        if may_be && self.early.len() < EARLY && octets.len() <= LONGEST_EARLY && is_t38(octets) {
            self.early.push_back((from, octets.to_vec()));
        } else {
            self.pin.passes_over(from);
        }
    }
}

impl Relaying {
    fn time(&self, now: Timestamp) -> Timestamp {
        Timestamp::ZERO + now.since(self.began)
    }
}

impl Order {
    fn is_audio(&self) -> bool {
        matches!(self, Self::Audio(_))
    }
}

/// Whether a datagram is what belongs on a UDPTL port (UTL-2, NAT-2).
pub(super) fn is_t38(octets: &[u8]) -> bool {
    let reads = |primary, syntax| ifp::Ifp::parse(primary, syntax).is_ok();
    Datagram::parse(octets)
        .is_ok_and(|it| reads(it.primary, Syntax::Y1998) || reads(it.primary, Syntax::Y2002))
}
