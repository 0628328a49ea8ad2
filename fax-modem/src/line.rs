//! A phone line as a [`Line`]: samples in, signals heard; signals said, samples out.
//!
//! It listens for everything at once: tones, V.21, the fast modems that are expected (or all of them),
//! and V.8 after an answer tone. It says one thing after the other and keeps the silences between
//! them that T.30 asks for.
//!
//! Most of a call is silence or a page. After 120 ms in which no sample reached 16 (-63 dBm0) nobody listens
//! until one does, and while clean data comes only the fast receiver does: the others follow when it
//! is over, from the last 100 ms.
//!
//! From: T.30 4.1, 5.3.1, 5.3.2.2 (tones, preamble, 75 ms); T.4 A.3 (flags before ECM frames); V.17 3.8
//! (a receiver is clamped after its own sending).
//! Always: what is heard and what is said keep the [`fax_core::Grammar`]; a frame is good only if its
//! check was; memory is bounded and allocated when the line is made.
//! Not here: RTP and G.711 (the leg), when to say what (T.30, the relay).

mod ear;
mod event;
mod framing;
mod mouth;

pub use event::Event;

use crate::fsk::Channel;
use crate::transmit::EchoProtection;
use ear::Ear;
use fax_core::{
    Dbm0, Deadline, Expectation, Heard, Line, Nature, Progress, Refusal, Room, Signal, Span, Timestamp, Wait,
};
use mouth::Mouth;

/// Samples for which the line does not listen after its own carrier: 50 ms, in which the echo of the
/// near hybrid dies away. V.17 3.8 allows 150 ms; T.30 answers come after 75 ms at the earliest.
const DEAF_AFTER: u64 = 400;

/// How a line speaks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// Level of modems and tones, dBm0; V.2 allows -13 in the mean.
    pub level: Dbm0,
    /// Whether fast bursts are preceded by talker echo protection (T.4 5.1).
    pub protection: EchoProtection,
}

impl Default for Settings {
    fn default() -> Self {
        Self { level: Dbm0(-13.0), protection: EchoProtection::Off }
    }
}

/// A fax line on a telephone channel of 8000 samples a second.
///
/// Both directions count their own samples: sample n is at n / 8000 s of the call in either.
///
/// ```
/// use fax_core::{Chunk, FrameEnd, Line, Opening, Signal};
/// use fax_modem::AudioLine;
///
/// let (mut near, mut far) = (AudioLine::default(), AudioLine::default());
/// near.say(Signal::Begin(Opening::V21)).unwrap();
/// let frame = [0xFF, 0xC8, 0x12, 0x34];
/// let (mut said, mut heard) = (false, Vec::new());
/// for _ in 0..120 {
///     let mut samples = [0; 160];
///     near.fill(&mut samples);
///     if !said && near.room().bits >= 8 * frame.len() {
///         near.say(Signal::Octets(Chunk::from_octets(&frame))).unwrap();
///         near.say(Signal::FrameEnd(FrameEnd::Good)).unwrap();
///         near.say(Signal::End).unwrap();
///         said = true;
///     }
///     far.listen(&samples);
///     while let Some(one) = far.hear() {
///         heard.push(one.signal);
///     }
/// }
/// let octets: Vec<u8> = heard
///     .iter()
///     .filter_map(|signal| if let Signal::Octets(chunk) = signal { Some(chunk.octets()) } else { None })
///     .flatten()
///     .copied()
///     .collect();
/// assert_eq!((heard[0], octets), (Signal::Begin(Opening::V21), frame.to_vec()));
/// assert!(heard.ends_with(&[Signal::FrameEnd(FrameEnd::Good), Signal::End, Signal::Silence]));
/// ```
#[derive(Clone, Debug)]
pub struct AudioLine {
    ear: Ear,
    mouth: Mouth,
}

impl AudioLine {
    /// A silent line that expects anything.
    pub fn new(settings: Settings) -> Self {
        Self { ear: Ear::new(), mouth: Mouth::new(settings) }
    }

    /// Takes the next samples that came in, in blocks of any length. Drain [`Line::hear`] and
    /// [`AudioLine::event`] after it.
    pub fn listen(&mut self, samples: &[i16]) {
        self.ear.notch(self.mouth.tone());
        self.ear.deafen(self.mouth.carrier_is_on(), DEAF_AFTER);
        self.ear.listen(samples);
    }

    /// As [`AudioLine::listen`], of samples that were put there for some that did not come, such as a lost packet's
    /// with the last 20 ms in their place: it keeps time and carrier going, and a frame of V.21 that has no other
    /// fault than this one is mended by its check.
    pub fn listen_invented(&mut self, samples: &[i16]) {
        self.ear.notch(self.mouth.tone());
        self.ear.deafen(self.mouth.carrier_is_on(), DEAF_AFTER);
        self.ear.listen_invented(samples);
    }

    /// Writes the next samples to send; always all of them, silence if there is nothing to say.
    pub fn fill(&mut self, out: &mut [i16]) {
        self.mouth.fill(out);
        if self.mouth.tone().is_some_and(|tone| tone.is_v8()) {
            self.ear.await_v8(Channel::One);
        }
    }

    /// Listens for V.8 messages for the next 8 s: a caller's on channel 1, an answerer's on channel 2. The
    /// line does so by itself after an answer tone that invites them, said (channel 1) or heard
    /// (channel 2).
    pub fn expect_v8(&mut self, channel: Channel) {
        self.ear.await_v8(channel);
    }

    /// The next event, for records and people.
    pub fn event(&mut self) -> Option<(Timestamp, Event)> {
        self.ear.event().or_else(|| self.mouth.event())
    }
}

impl Default for AudioLine {
    fn default() -> Self {
        Self::new(Settings::default())
    }
}

impl Line for AudioLine {
    fn nature(&self) -> Nature {
        Nature::Modem
    }

    /// The end of the last sample filled in.
    fn now(&self) -> Timestamp {
        self.mouth.now()
    }

    fn hear(&mut self) -> Option<Heard> {
        self.ear.hear()
    }

    fn room(&self) -> Room {
        self.mouth.room()
    }

    fn say(&mut self, signal: Signal) -> Result<(), Refusal> {
        self.mouth.say(signal)
    }

    fn expect(&mut self, expectation: Expectation) {
        self.ear.expect(expectation);
    }

    fn progress(&mut self) -> Option<Progress> {
        self.mouth.progress()
    }

    /// A line that is speaking wants to be filled 20 ms on; a silent one waits for samples.
    fn deadline(&self) -> Option<Deadline> {
        let at = self.mouth.now() + Span::from_millis(20);
        self.mouth.is_speaking().then_some(Deadline { at, why: Wait::NextStep })
    }
}
