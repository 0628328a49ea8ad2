//! What the fuzz target and the seeded test of a call share.

use fax_call::{Call, CallRecord, EcmUse, Ending, Event, Leg, Policy, Side, TcfMethod};
use fax_core::{Chunk, FrameEnd, Line, Opening, Signal, Span, Timestamp, Tone};
use fax_t38::line::{Settings, T38Line};

/// Takes octets as what happens to a call: one octet for its legs and its policy, then an octet for each thing
/// with its operands. No panic; a call that is on has a deadline and ends when nothing comes any more; it says once that it
/// has, and is silent from then on; its record is that of its events.
pub(crate) fn check(data: &[u8]) {
    let Some((kind, rest)) = data.split_first() else { return };
    let mut stage = Stage::new(*kind);
    let mut rest = rest.iter().copied();
    while let Some(head) = rest.next() {
        stage.act(head, &mut rest);
    }
    stage.run_dry();
}

struct Stage {
    call: Call,
    /// What is at the ends of the call: a line of the same kind, which says what it is told to.
    ends: [Leg; 2],
    now: Timestamp,
    events: Vec<(Timestamp, Event)>,
}

/// Deadlines in 15 min, were one due every 10 ms.
const MANY: usize = 100_000;

impl Stage {
    fn new(kind: u8) -> Self {
        let has = |bit: u8| kind >> bit & 1 == 1;
        let leg = |packets: bool| match packets {
            true => Leg::t38(T38Line::new(Settings::default())),
            false => Leg::audio(),
        };
        let ecm = [EcmUse::LeftAlone, EcmUse::Required, EcmUse::Forbidden, EcmUse::LeftAlone];
        let policy = Policy {
            ecm: ecm[usize::from(kind >> 2 & 3)],
            tcf: if has(4) { TcfMethod::Local } else { TcfMethod::Transferred },
            fill_removal: has(5),
            ..Policy::default()
        };
        let call = Call::new(leg(has(0)), leg(!has(1)), policy);
        let ends = [leg(has(0)), leg(!has(1))];
        Self { call, ends, now: Timestamp::ZERO, events: Vec::new() }
    }

    fn act(&mut self, head: u8, rest: &mut impl Iterator<Item = u8>) {
        let mut operand = || rest.next().unwrap_or(0);
        let side = if head & 0x80 == 0 { Side::Near } else { Side::Far };
        match head & 7 {
            0 => (0..operand() & 63).for_each(|_| self.beat(160)),
            1 => self.beat(usize::from(operand()) * 4 + 1),
            2 => {
                let samples = [0; 320].map(|_: i16| i16::from_be_bytes([operand(), 0]));
                self.call.listen(side, self.now, &samples);
            }
            3 => {
                let length = usize::from(operand() & 63);
                let datagram: Vec<u8> = (0..length).map(|_| operand()).collect();
                _ = self.call.receive(side, self.now, &datagram);
            }
            4 => {
                let signal = signal(&mut operand);
                self.say(side, signal);
            }
            5 => {
                let frame: Vec<u8> = [0xFF, 0xC8].into_iter().chain((0..5).map(|_| operand())).collect();
                self.say(side, Signal::Begin(Opening::V21));
                (0..8).for_each(|_| self.beat(160));
                self.say(side, Signal::Octets(Chunk::from_octets(&frame)));
                self.say(side, Signal::FrameEnd(FrameEnd::Good));
                (0..60).for_each(|_| self.beat(160));
                self.say(side, Signal::End);
                (0..20).for_each(|_| self.beat(160));
            }
            6 => {
                self.now += Span::from_millis(u64::from(operand()) * 20);
                self.call.advance(self.now);
            }
            _ if head & 8 != 0 => self.call.finish(self.now, Ending::HungUp(side)),
            _ => {}
        }
        self.take_events();
    }

    fn say(&mut self, side: Side, signal: Signal) {
        _ = self.ends[side as usize].say(signal);
    }

    /// So many samples of time, and what the ends say in it.
    fn beat(&mut self, samples: usize) {
        self.now += Span::from_samples(samples as u64);
        for side in [Side::Near, Side::Far] {
            let Self { call, ends, now, .. } = self;
            match &mut ends[side as usize] {
                Leg::Audio(line) => {
                    let mut block = vec![0; samples];
                    line.fill(&mut block);
                    call.listen(side, *now, &block);
                    call.fill(side, &mut block);
                    line.listen(&block);
                    while line.hear().is_some() {}
                    while line.event().is_some() {}
                }
                Leg::T38(line) => {
                    let mut datagram = [0; 1500];
                    line.advance(*now);
                    while let Some(length) = line.transmit(&mut datagram) {
                        _ = call.receive(side, *now, &datagram[..length]);
                    }
                    while let Some(length) = call.transmit(side, &mut datagram) {
                        line.receive(*now, &datagram[..length]).expect("what a call sends is never refused");
                    }
                    while line.hear().is_some() {}
                    while line.event().is_some() {}
                }
            }
            while self.ends[side as usize].progress().is_some() {}
        }
        self.take_events();
    }

    fn take_events(&mut self) {
        self.events.extend(core::iter::from_fn(|| self.call.event()));
    }

    /// Nothing comes any more.
    fn run_dry(&mut self) {
        let mut datagram = [0; 1500];
        for _ in 0..MANY {
            let Some(deadline) = self.call.deadline() else { break };
            self.now = self.now.max(deadline.at);
            self.call.advance(self.now);
            for side in [Side::Near, Side::Far] {
                while self.call.transmit(side, &mut datagram).is_some() {}
            }
            self.take_events();
        }
        assert!(self.call.has_ended(), "{}", self.call.record());
        self.beat(160);
        let is_end = |(_, event): &&(Timestamp, Event)| matches!(event, Event::Ended(_));
        assert_eq!(self.events.iter().filter(is_end).count(), 1);
        assert!(self.events.last().as_ref().is_some_and(is_end));
        assert_eq!(self.call.transmit(Side::Far, &mut datagram), None);
        // More events in one go than a call keeps for its owner make another record.
        if self.events.len() < 64 {
            assert_eq!(&CallRecord::of(&self.events), self.call.record());
        }
    }
}

fn signal(operand: &mut impl FnMut() -> u8) -> Signal {
    let kind = operand();
    let mut chunk = |length: u8| {
        let octets: Vec<u8> = (0..length % 33).map(|_| operand()).collect();
        Chunk::from_octets(&octets)
    };
    match kind & 7 {
        0 => Signal::Silence,
        1 => Signal::Tone(if kind & 8 == 0 { Tone::Cng } else { Tone::Ced }),
        2 | 3 => Signal::Begin(Opening::ALL[usize::from(kind >> 3) % Opening::ALL.len()]),
        4 => Signal::Octets(chunk(kind >> 3)),
        5 => Signal::FrameEnd(if kind & 8 == 0 { FrameEnd::Good } else { FrameEnd::Bad }),
        6 => Signal::Bits(chunk(kind >> 3)),
        _ => Signal::End,
    }
}
