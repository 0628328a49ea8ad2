//! The body of the fuzz target `line`: octets as a script of what comes, what is said, and times.
//!
//! A line hears whatever comes and says whatever it may; a second one hears all that the first one says.

use fax_core::{
    Chunk, Expectation, FrameEnd, Framing, Grammar, Heard, Line, Opening, Signal, Span, Timestamp, Tone,
    Training,
};
use fax_t38::ifp::Ifp;
use fax_t38::line::{AnswerTones, BurstEnds, FrameEnds, Pacing, Settings, T38Line};
use fax_t38::udptl::{Datagram, LARGEST_DATAGRAM};
use fax_t38::{Seq, Syntax, Version};

/// Panics if an invariant of a line does not hold.
pub(crate) fn check(data: &[u8]) {
    let mut script = Script(data);
    let mut scene = Scene::new(script.settings());
    while !script.is_over() {
        scene.play(&mut script);
    }
}

/// What is left to be played; zeros when it is over.
struct Script<'a>(&'a [u8]);

impl<'a> Script<'a> {
    fn is_over(&self) -> bool {
        self.0.is_empty()
    }

    fn octet(&mut self) -> u8 {
        self.take(1).first().copied().unwrap_or(0)
    }

    fn take(&mut self, count: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(count.min(self.0.len()));
        self.0 = rest;
        taken
    }

    fn settings(&mut self) -> Settings {
        let (one, two) = (self.octet(), self.octet());
        let pick = |bit: u8| one >> bit & 1 == 1;
        Settings {
            version: [Version::V0, Version::V2, Version::V3, Version::V4][usize::from(two & 3)],
            pacing: if pick(0) { Pacing::METERED } else { Pacing::Live },
            frame_ends: if pick(1) { FrameEnds::WithData } else { FrameEnds::Apart },
            burst_ends: if pick(2) { BurstEnds::Combined } else { BurstEnds::Separate },
            answer_tones: if pick(3) { AnswerTones::AsV8 } else { AnswerTones::AsCed },
            v21_octets: usize::from(two >> 2 & 15),
            packet: Span::from_millis(u64::from(one >> 4) * 5),
            ..Settings::default()
        }
    }

    fn opening(&mut self) -> Opening {
        let choice = usize::from(self.octet());
        let training = if choice & 0x80 == 0 { Training::Long } else { Training::Short };
        Opening::ALL[(choice & 0x7F) % Opening::ALL.len()].with_training(training)
    }

    fn chunk(&mut self) -> Chunk {
        let count = usize::from(self.octet() % 33);
        Chunk::from_octets(self.take(count))
    }

    fn signal(&mut self) -> Signal {
        match self.octet() % 10 {
            0 => Signal::Silence,
            1 => Signal::Tone(
                [Tone::Cng, Tone::Ced, Tone::AnsPr, Tone::AnsAm, Tone::AnsAmPr]
                    [usize::from(self.octet() % 5)],
            ),
            2 => Signal::Begin(self.opening()),
            3 | 4 => Signal::Octets(self.chunk()),
            5 => Signal::FrameEnd(FrameEnd::Good),
            6 => Signal::FrameEnd([FrameEnd::Bad, FrameEnd::Aborted][usize::from(self.octet() & 1)]),
            7 => Signal::Bits(self.chunk()),
            8 => Signal::Missing,
            _ => Signal::End,
        }
    }

    /// An IFP packet, or something like one.
    fn ifp(&mut self) -> Vec<u8> {
        let choice = self.octet();
        match choice & 3 {
            0 => vec![choice >> 2 << 1],
            1 => vec![0xC0 | choice >> 2 & 0x1E, 1, self.octet() & 0x70],
            2 => {
                let field = self.octet();
                let octets = self.take(usize::from(field & 15) + 1);
                [
                    &[
                        0xC0 | choice >> 2 & 0x1E,
                        1,
                        0x80 | field & 0x70,
                        0,
                        octets.len().saturating_sub(1) as u8,
                    ],
                    octets,
                ]
                .concat()
            }
            _ => self.take(usize::from(choice >> 2) + 1).to_vec(),
        }
    }
}

struct Scene {
    syntax: Syntax,
    near: T38Line,
    far: T38Line,
    now: Timestamp,
    seq: Seq,
    heard: [Sentence; 2],
    said: Sentence,
}

/// What passed one way: its order, and the frames that were good.
#[derive(Default)]
struct Sentence {
    grammar: Grammar,
    open: Vec<u8>,
    good: Vec<Vec<u8>>,
}

impl Sentence {
    fn take(&mut self, signal: Signal) {
        self.grammar.take(signal).expect("a grammatical sentence");
        match signal {
            Signal::Octets(chunk) => self.open.extend_from_slice(chunk.octets()),
            Signal::FrameEnd(FrameEnd::Good) => self.good.push(core::mem::take(&mut self.open)),
            Signal::FrameEnd(_) => self.open.clear(),
            _ => {}
        }
    }
}

impl Scene {
    fn new(settings: Settings) -> Self {
        let far = Settings { pacing: Pacing::Live, ..settings };
        Self {
            syntax: settings.version.syntax(),
            near: T38Line::new(settings),
            far: T38Line::new(far),
            now: Timestamp::ZERO,
            seq: Seq(0),
            heard: [Sentence::default(), Sentence::default()],
            said: Sentence::default(),
        }
    }

    fn play(&mut self, script: &mut Script<'_>) {
        match script.octet() % 8 {
            0..3 => self.receive(script),
            3 => drop(self.near.receive(self.now, script.take(20))),
            4 | 5 => self.say(script.signal()),
            6 => self.wait(script.octet()),
            _ => {
                let framing =
                    [Framing::Unknown, Framing::Frames, Framing::Bits][usize::from(script.octet() % 3)];
                self.near.expect(Expectation::only(script.opening(), framing));
            }
        }
        self.drain();
    }

    /// A datagram; now and then one or three before it are lost.
    fn receive(&mut self, script: &mut Script<'_>) {
        let ifp = script.ifp();
        let skipped = [0, 0, 0, 0, 0, 0, 1, 3][usize::from(script.octet() & 7)];
        self.seq = self.seq.plus(skipped);
        let [high, low] = self.seq.0.to_be_bytes();
        let datagram = [&[high, low, ifp.len() as u8][..], &ifp, &[0, 0]].concat();
        if self.near.receive(self.now, &datagram).is_ok() {
            self.seq = self.seq.next();
        }
    }

    /// What was taken is a sentence; what there was room for was taken.
    fn say(&mut self, signal: Signal) {
        let signal = self.as_in_a_frame(signal);
        let bits = match signal {
            Signal::Octets(chunk) | Signal::Bits(chunk) => Some(chunk.len_bits()),
            _ => None,
        };
        let has_room = bits.is_some_and(|bits| bits > 0 && bits <= self.near.room().bits);
        let fits = self.said.grammar.clone().take(signal).is_ok();
        let taken = self.near.say(signal);
        assert!(taken.is_err() || fits, "{signal:?} was taken");
        assert!(taken.is_ok() || !(has_room && fits), "{signal:?} was not taken: {taken:?}");
        if taken.is_ok() {
            self.said.take(signal);
        }
    }

    /// A frame has its address at its beginning and nowhere else: when a burst has starved within a frame,
    /// nothing else tells the rest of it from another.
    fn as_in_a_frame(&self, signal: Signal) -> Signal {
        let Signal::Octets(chunk) = signal else { return signal };
        let first = usize::from(!self.said.grammar.in_frame());
        let octets = chunk.octets().iter().enumerate();
        let octets: Vec<u8> =
            octets.map(|(n, octet)| if n < first { *octet } else { octet & 0xFE }).collect();
        Signal::Octets(Chunk::from_octets(&octets))
    }

    /// Up to half a second, or up to the next deadline.
    fn wait(&mut self, choice: u8) {
        let to_deadline = self.near.deadline().map(|deadline| deadline.at);
        self.now = match to_deadline {
            Some(at) if choice & 1 == 1 => self.now.max(at),
            _ => self.now + Span::from_millis(2 * u64::from(choice)),
        };
        self.near.advance(self.now);
        self.far.advance(self.now);
    }

    /// Takes out all there is; what the near line sends, the far one hears.
    fn drain(&mut self) {
        let mut datagram = [0; LARGEST_DATAGRAM];
        while let Some(length) = self.near.transmit(&mut datagram) {
            let sent = Datagram::parse(&datagram[..length]).expect("a datagram");
            let ifp = Ifp::parse(sent.primary, self.syntax).expect("a packet");
            assert_eq!(ifp.trailing, 0);
            self.far.receive(self.now, &datagram[..length]).expect("what a line sends is taken");
        }
        while self.far.transmit(&mut datagram).is_some() {}
        for (line, sentence) in [&mut self.near, &mut self.far].into_iter().zip(&mut self.heard) {
            while let Some(Heard { at, signal, .. }) = line.hear() {
                assert!(at <= self.now);
                sentence.take(signal);
            }
            while line.event().is_some() || line.progress().is_some() {}
            let waits_until = line.deadline().map(|deadline| deadline.at);
            assert!(waits_until.is_none_or(|at| at > self.now), "{:?} is due already", line.deadline());
        }
        for good in self.heard[1].good.drain(..) {
            assert!(self.said.good.contains(&good), "a frame that was never said");
        }
    }
}
