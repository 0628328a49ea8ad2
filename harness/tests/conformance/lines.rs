//! The tester at a line of its own: samples or datagrams go between it and the session.

use crate::medium::{Medium, STEP, Saying};
use fax_core::t30::session::{Session, Sink, Source};
use fax_core::{Expectation, Framing, Line, Opening, Progress, Signal, Span, Timestamp};
use fax_modem::AudioLine;
use fax_t38::line::{Pacing, Settings, T38Line};
use std::collections::VecDeque;

/// Two phone lines back to back, with all modems.
#[derive(Default)]
pub(crate) struct Phone {
    near: AudioLine,
    far: AudioLine,
    mouth: Mouth,
    heard: VecDeque<(Timestamp, Signal)>,
}

/// Two ends of T.38 over UDPTL, 30 ms apart.
pub(crate) struct Packets {
    near: T38Line,
    far: T38Line,
    mouth: Mouth,
    heard: VecDeque<(Timestamp, Signal)>,
    forth: Network,
    back: Network,
}

/// What the tester has still to say.
#[derive(Default)]
struct Mouth {
    at: Timestamp,
    due: VecDeque<Signal>,
    /// A tone is over then.
    tone_until: Option<Timestamp>,
    over: Option<Timestamp>,
}

/// Datagrams on their way.
#[derive(Default)]
struct Network(VecDeque<(Timestamp, Vec<u8>)>);

impl Medium for Phone {
    const TAIL: Span = Span::from_millis(50);

    fn pass(&mut self, now: Timestamp, session: &mut Session, source: &mut dyn Source, sink: &mut dyn Sink) {
        let mut block = [0; STEP.micros() as usize * 8 / 1000];
        self.mouth.speak(now, &mut self.far);
        self.far.fill(&mut block);
        self.near.listen(&block);
        session.drive(now, &mut self.near, source, sink);
        self.near.fill(&mut block);
        self.far.listen(&block);
        self.heard.extend(std::iter::from_fn(|| self.far.hear()).map(|heard| (heard.at, heard.signal)));
        while self.near.event().is_some() || self.far.event().is_some() {}
    }

    fn say(&mut self, at: Timestamp, what: Saying) {
        self.mouth.begin(at, what);
    }

    fn said(&mut self) -> Option<Timestamp> {
        self.mouth.over.take()
    }

    fn expect(&mut self, opening: Opening) {
        self.far.expect(Expectation::only(opening, Framing::Unknown));
    }

    fn hear(&mut self) -> Option<(Timestamp, Signal)> {
        self.heard.pop_front()
    }
}

impl Default for Packets {
    fn default() -> Self {
        let settings = Settings { pacing: Pacing::METERED, ..Settings::default() };
        Self {
            near: T38Line::new(settings),
            far: T38Line::new(settings),
            mouth: Mouth::default(),
            heard: VecDeque::new(),
            forth: Network::default(),
            back: Network::default(),
        }
    }
}

impl Medium for Packets {
    const TAIL: Span = Span::from_millis(50);

    fn pass(&mut self, now: Timestamp, session: &mut Session, source: &mut dyn Source, sink: &mut dyn Sink) {
        self.back.deliver(now, &mut self.far);
        self.mouth.speak(now, &mut self.far);
        self.heard.extend(std::iter::from_fn(|| self.far.hear()).map(|heard| (heard.at, heard.signal)));
        self.forth.carry(now, &mut self.far);
        self.forth.deliver(now, &mut self.near);
        session.drive(now, &mut self.near, source, sink);
        self.back.carry(now, &mut self.near);
        while self.near.event().is_some() || self.far.event().is_some() {}
    }

    fn say(&mut self, at: Timestamp, what: Saying) {
        self.mouth.begin(at, what);
    }

    fn said(&mut self) -> Option<Timestamp> {
        self.mouth.over.take()
    }

    fn expect(&mut self, opening: Opening) {
        self.far.expect(Expectation::only(opening, Framing::Unknown));
    }

    fn hear(&mut self) -> Option<(Timestamp, Signal)> {
        self.heard.pop_front()
    }
}

impl Network {
    const DELAY: Span = Span::from_millis(30);

    fn carry(&mut self, now: Timestamp, from: &mut T38Line) {
        let mut datagram = [0; 1500];
        while let Some(length) = from.transmit(&mut datagram) {
            self.0.push_back((now + Self::DELAY, datagram[..length].to_vec()));
        }
    }

    fn deliver(&mut self, now: Timestamp, to: &mut T38Line) {
        while self.0.front().is_some_and(|(at, _)| *at <= now) {
            let (_, datagram) = self.0.pop_front().expect("one is there");
            to.receive(now, &datagram).expect("a datagram of ours");
        }
        to.advance(now);
    }
}

impl Mouth {
    fn begin(&mut self, at: Timestamp, what: Saying) {
        self.at = at;
        match what {
            Saying::Tone(tone, span) => {
                self.due.push_back(Signal::Tone(tone));
                self.tone_until = Some(at + span);
            }
            Saying::Burst(opening, signals) => {
                self.due.push_back(Signal::Begin(opening));
                self.due.extend(signals);
                self.due.push_back(Signal::End);
            }
        }
    }

    /// Says what is due and for which there is room.
    fn speak(&mut self, now: Timestamp, line: &mut impl Line) {
        if let Some(until) = self.tone_until.take_if(|until| *until <= now) {
            line.say(Signal::Silence).expect("a tone is on");
            self.over = Some(until);
        }
        while let Some(signal) = self.due.front().filter(|_| self.at <= now) {
            let needs = match signal {
                Signal::Octets(chunk) | Signal::Bits(chunk) => chunk.len_bits(),
                _ => 0,
            };
            if needs > line.room().bits || line.say(*signal).is_err() {
                break;
            }
            self.due.pop_front();
        }
        while let Some(progress) = line.progress() {
            if let Progress::Ended(at) = progress {
                self.over = Some(at);
            }
        }
    }
}
