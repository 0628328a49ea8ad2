//! A T.38 session as a [`Line`]: datagrams in, signals heard; signals said, datagrams out.
//!
//! The ear makes one sentence of what the packets say, as every peer says it; the mouth makes packets of
//! what is said, each in its time; a [`Carriage`] takes them over the network.
//!
//! From: T.38 7, T.30 4.1, 5.3; field notes IFP-1 to IFP-25, PER-3 to PER-8.
//! Always: what is heard and what is said keep the [`fax_core::Grammar`]; a frame is good only if it was
//! said to be and none of its octets is missing; memory is bounded and allocated when the line is made.
//! Not here: sockets, DTLS (it wraps the octets outside), when to say what (T.30, the relay).

mod carriage;
mod ear;
mod mouth;
#[cfg(feature = "rtp")]
mod rtp;
mod settings;
mod tpkt;
mod udptl;

pub use carriage::Carriage;
#[cfg(feature = "rtp")]
pub use rtp::{Rtp, RtpStart};
pub use settings::{AnswerTones, BurstEnds, FrameEnds, Pacing, Settings};
pub use tpkt::Tpkt;
pub use udptl::Udptl;

use crate::ifp::{SyntaxLatch, Tolerated};
use crate::udptl::{Counters, Delivery, ReceiverSettings, SenderSettings};
use crate::{Event, Refusal};
use ear::Ear;
use fax_core::{Deadline, Expectation, Heard, Line, Nature, Progress, Room, Signal, Timestamp, Wait};
use mouth::Mouth;

/// A fax line over T.38.
///
/// It is told the time by [`T38Line::receive`] and [`T38Line::advance`], and what it says leaves at the
/// time it was told last. After each call the owner drains [`Line::hear`], [`Line::progress`],
/// [`T38Line::event`] and [`T38Line::transmit`], and drives the line again at [`Line::deadline`].
///
/// ```
/// use fax_core::{Chunk, FrameEnd, Line, Opening, Signal, Timestamp};
/// use fax_t38::line::{Settings, T38Line};
///
/// let (mut near, mut far) = (T38Line::new(Settings::default()), T38Line::new(Settings::default()));
/// near.advance(Timestamp::from_micros(20_000));
/// near.say(Signal::Begin(Opening::V21)).unwrap();
/// near.say(Signal::Octets(Chunk::from_octets(&[0xFF, 0xC8, 0x21]))).unwrap();
/// near.say(Signal::FrameEnd(FrameEnd::Good)).unwrap();
/// near.say(Signal::End).unwrap();
///
/// let mut datagram = [0; 1500];
/// while let Some(length) = near.transmit(&mut datagram) {
///     far.receive(Timestamp::from_micros(50_000), &datagram[..length]).unwrap();
/// }
/// let heard: Vec<Signal> = core::iter::from_fn(|| far.hear()).map(|heard| heard.signal).collect();
/// assert_eq!(heard[..2], [Signal::Begin(Opening::V21), Signal::Octets(Chunk::from_octets(&[0xFF]))]);
/// assert!(heard.ends_with(&[Signal::FrameEnd(FrameEnd::Good), Signal::End, Signal::Silence]));
/// ```
#[derive(Clone, Debug)]
pub struct T38Line<C = Udptl> {
    now: Timestamp,
    ear: Ear,
    mouth: Mouth,
    latch: SyntaxLatch,
    carriage: C,
}

impl T38Line {
    /// A silent line over UDPTL, for a peer of which nothing more is known.
    pub fn new(settings: Settings) -> Self {
        let receiver = ReceiverSettings { syntax: settings.version.syntax(), ..ReceiverSettings::default() };
        Self::over(Udptl::new(receiver, SenderSettings::default()), settings)
    }

    /// What UDPTL has seen, as numbers.
    pub fn counters(&self) -> &Counters {
        self.carriage.counters()
    }
}

impl<C: Carriage> T38Line<C> {
    /// A silent line over this carriage. Its first packet says that nothing is on.
    pub fn over(carriage: C, settings: Settings) -> Self {
        let latch = match settings.peer_writes {
            Some(syntax) => SyntaxLatch::fixed(syntax),
            None => SyntaxLatch::new(settings.version.syntax()),
        };
        let settings = Settings { largest_ifp: settings.largest_ifp.min(carriage.largest_ifp()), ..settings };
        Self {
            now: Timestamp::ZERO,
            ear: Ear::new(settings.patience),
            mouth: Mouth::new(settings),
            latch,
            carriage,
        }
    }

    /// Takes a datagram, or the next octets of a stream, that came at `now`.
    ///
    /// # Errors
    /// Why it was not taken; then only counters have changed.
    pub fn receive(&mut self, now: Timestamp, octets: &[u8]) -> Result<(), Refusal> {
        self.now = self.now.max(now);
        let taken = self.carriage.receive(self.now, octets);
        self.advance(now);
        taken
    }

    /// Lets time pass.
    pub fn advance(&mut self, now: Timestamp) {
        self.now = self.now.max(now);
        self.carriage.advance(self.now);
        self.listen();
        self.ear.advance(self.now);
        self.mouth.speak(self.now, &mut self.carriage);
    }

    /// Writes the next datagram, or the next octets of a stream; how many. To be called until it gives
    /// nothing.
    pub fn transmit(&mut self, out: &mut [u8]) -> Option<usize> {
        self.mouth.speak(self.now, &mut self.carriage);
        self.carriage.poll(self.now, out)
    }

    /// What is being said is the last word of the call: it is repeated for 2 s, where packets can be (L10).
    pub fn insist(&mut self) {
        self.carriage.insist(self.now);
    }

    /// The next event, for records and people.
    pub fn event(&mut self) -> Option<(Timestamp, Event)> {
        self.ear.event().or_else(|| self.carriage.event())
    }

    /// What was taken from the peer although it was not as it should be.
    pub fn tolerated(&self) -> &Tolerated {
        self.latch.tolerated()
    }

    /// What carries the packets; its counters are there.
    pub fn carriage(&self) -> &C {
        &self.carriage
    }

    /// Lets the ear have what has come, as far as it has room for what that says.
    fn listen(&mut self) {
        while self.ear.is_at_ease() {
            match self.carriage.next() {
                None => return,
                Some(Delivery::Missing { .. }) => self.ear.missing(self.now),
                Some(Delivery::Ifp { octets, .. }) => match self.latch.read(octets) {
                    Ok(ifp) => self.ear.take(self.now, ifp),
                    // Whatever it was, it was a part of what the peer said.
                    Err(refusal) => {
                        self.ear.note(self.now, Event::Refused(refusal));
                        self.ear.missing(self.now);
                    }
                },
            }
            if let Some(event) = self.latch.event() {
                self.ear.note(self.now, event);
                self.carriage.set_syntax(self.latch.syntax());
            }
        }
    }
}

impl<C: Carriage> Line for T38Line<C> {
    fn nature(&self) -> Nature {
        Nature::Packets
    }

    /// The time it was told last.
    fn now(&self) -> Timestamp {
        self.now
    }

    fn hear(&mut self) -> Option<Heard> {
        self.ear.hear().or_else(|| {
            self.listen();
            self.ear.hear()
        })
    }

    fn room(&self) -> Room {
        self.mouth.room()
    }

    fn say(&mut self, signal: Signal) -> Result<(), fax_core::Refusal> {
        self.mouth.say(self.now, signal)?;
        self.mouth.speak(self.now, &mut self.carriage);
        Ok(())
    }

    fn expect(&mut self, expectation: Expectation) {
        self.ear.expect(expectation);
    }

    fn progress(&mut self) -> Option<Progress> {
        self.mouth.progress()
    }

    fn deadline(&self) -> Option<Deadline> {
        let starves = self.ear.deadline().map(|at| (at, Wait::Peer));
        let all = [self.mouth.deadline(), self.carriage.deadline(), starves];
        let (at, why) = all.into_iter().flatten().min_by_key(|(at, _)| *at)?;
        Some(Deadline { at, why })
    }
}
