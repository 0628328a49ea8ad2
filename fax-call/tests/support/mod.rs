//! Two fax machines that follow a script, and a call between them in virtual time.
//!
//! A machine says its turns and waits for the other's by counting bursts; what it says is never changed by
//! what it hears. So what is heard at one end can be held against what was said at the other.

#![allow(dead_code, unreachable_pub, reason = "no test uses all of it")]

use fax_call::{Call, Leg, Side};
use fax_core::t30::fields::{Bit, Ecm};
use fax_core::t30::{Body, Ctc, Dcs, Dis, Fcd, Fcf, Frame, ModemSet, PostPage, Ppr, Pps, Station};
use fax_core::{
    Chunk, Expectation, FrameEnd, Framing, Line, Opening, Private, Signal, Span, Timestamp, Tone, Training,
    V17Rate,
};
use std::collections::VecDeque;

/// Time from one look at a machine to the next: 20 ms, 160 samples.
pub const BEAT: Span = Span::from_millis(20);

#[derive(Clone, Copy, Debug)]
pub enum Step {
    Say(Signal),
    Wait(Span),
    /// For so many bursts of the other machine.
    Await(usize),
    /// What a phone line listens for from here on.
    Expect(Opening, Framing),
}

/// A fax machine without a mind.
pub struct Machine {
    pub line: Leg,
    script: VecDeque<Step>,
    resume: Option<Timestamp>,
    /// Bursts heard with something in them: a machine is held with flags at times.
    bursts: usize,
    says_something: bool,
    /// What it heard and what it said.
    pub heard: Vec<Signal>,
    pub said: Vec<Signal>,
}

impl Machine {
    pub fn new(line: Leg, script: impl IntoIterator<Item = Step>) -> Self {
        Self {
            line,
            script: script.into_iter().collect(),
            resume: None,
            bursts: 0,
            says_something: false,
            heard: Vec::with_capacity(20_000),
            said: Vec::with_capacity(20_000),
        }
    }

    pub fn is_done(&self) -> bool {
        self.script.is_empty()
    }

    pub fn drive(&mut self, now: Timestamp) {
        while let Some(heard) = self.line.hear() {
            match heard.signal {
                Signal::FrameEnd(FrameEnd::Good) | Signal::Bits(_) => self.says_something = true,
                Signal::End => self.bursts += usize::from(core::mem::take(&mut self.says_something)),
                _ => {}
            }
            self.heard.push(heard.signal);
        }
        while self.line.progress().is_some() {}
        while self.step(now) {}
    }

    fn step(&mut self, now: Timestamp) -> bool {
        let Some(step) = self.script.front() else { return false };
        match step {
            Step::Wait(span) if now < *self.resume.get_or_insert(now + *span) => return false,
            Step::Wait(_) => self.resume = None,
            Step::Await(bursts) if self.bursts < *bursts => return false,
            Step::Await(bursts) => self.bursts -= bursts,
            Step::Expect(opening, framing) => self.line.expect(Expectation::only(*opening, *framing)),
            Step::Say(signal) => match self.line.say(*signal) {
                Ok(()) => self.said.push(*signal),
                Err(_) => return false,
            },
        }
        self.script.pop_front();
        true
    }
}

/// What is wrong with what comes from the machines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    None,
    /// Samples of silence, and no datagram.
    Silence,
    /// Noise, and datagrams of random octets.
    Garbage,
    /// Nothing at all.
    Loss,
    /// Everything, but what the call sends in datagrams is lost.
    Mute,
}

/// A call and what is at its ends.
pub struct World {
    pub call: Call,
    pub near: Machine,
    pub far: Machine,
    pub now: Timestamp,
    pub fault: Fault,
    random: u64,
}

impl World {
    pub fn new(call: Call, near: Machine, far: Machine) -> Self {
        Self { call, near, far, now: Timestamp::ZERO, fault: Fault::None, random: 0x9E37_79B9_7F4A_7C15 }
    }

    /// 20 ms.
    pub fn beat(&mut self) {
        self.now += BEAT;
        for side in [Side::Near, Side::Far] {
            self.exchange(side);
        }
    }

    pub fn play(&mut self, beats: usize) {
        for _ in 0..beats {
            if self.near.is_done() && self.far.is_done() {
                break;
            }
            self.beat();
        }
        // For what is on its way.
        (0..100).for_each(|_| self.beat());
    }

    fn exchange(&mut self, side: Side) {
        let Self { call, near, far, now, fault, random } = self;
        let (now, fault) = (*now, *fault);
        let machine = match side {
            Side::Near => near,
            Side::Far => far,
        };
        machine.drive(now);
        match &mut machine.line {
            Leg::Audio(line) => {
                let mut samples = [0; 160];
                line.fill(&mut samples);
                match fault {
                    Fault::None | Fault::Mute => {}
                    Fault::Silence | Fault::Loss => samples.fill(0),
                    Fault::Garbage => {
                        samples.iter_mut().for_each(|sample| *sample = (draw(random) >> 51) as i16)
                    }
                }
                if fault != Fault::Loss {
                    call.listen(side, now, &samples);
                }
                call.fill(side, &mut samples);
                line.listen(&samples);
                while line.event().is_some() {}
            }
            Leg::T38(line) => {
                let mut datagram = [0; 1400];
                line.advance(now);
                while let Some(length) = line.transmit(&mut datagram) {
                    if matches!(fault, Fault::None | Fault::Mute) {
                        let _ = call.receive(side, now, &datagram[..length]);
                    }
                }
                if fault == Fault::Garbage {
                    let length = (draw(random) % 200) as usize;
                    datagram[..length].iter_mut().for_each(|octet| *octet = draw(random) as u8);
                    let _ = call.receive(side, now, &datagram[..length]);
                }
                call.advance(now);
                while let Some(length) = call.transmit(side, &mut datagram) {
                    if !matches!(fault, Fault::Loss | Fault::Mute) {
                        line.receive(now, &datagram[..length]).expect("a line's datagrams are never refused");
                    }
                }
                while line.event().is_some() {}
            }
        }
    }
}

/// Vigna's xorshift64*.
pub fn draw(state: &mut u64) -> u64 {
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    state.wrapping_mul(0x2545_F491_4F6C_DD1D)
}

pub const V17: Opening = Opening::V17(V17Rate::R14400, Training::Long);
pub const V17_SLOWER: Opening = Opening::V17(V17Rate::R9600, Training::Long);
/// Octets of 1.5 s at 14 400 bit/s, in chunks of 32.
const TCF_CHUNKS: usize = 85;
/// V.21 on a phone line has no room for a whole chunk.
const OCTETS_AT_ONCE: usize = 8;

fn frame(station: Station, last: bool, body: &Body<'_>) -> Vec<Step> {
    let mut octets = [0; Frame::MAX];
    let length = body.write(station, &mut octets).unwrap();
    if !last {
        octets[1] = 0xC0;
    }
    let chunks = octets[..length].chunks(OCTETS_AT_ONCE).map(Chunk::from_octets);
    let octets = chunks.map(|chunk| Step::Say(Signal::Octets(chunk)));
    octets.chain([Step::Say(Signal::FrameEnd(FrameEnd::Good))]).collect()
}

fn burst(opening: Opening, content: impl IntoIterator<Item = Step>) -> Vec<Step> {
    let open = [Step::Say(Signal::Begin(opening))].into_iter();
    open.chain(content).chain([Step::Say(Signal::End)]).collect()
}

fn control(station: Station, body: &Body<'_>) -> Vec<Step> {
    burst(Opening::V21, frame(station, true, body))
}

fn tcf() -> Vec<Step> {
    burst(V17, [Step::Say(Signal::Bits(Chunk::from_octets(&[0; 32]))); TCF_CHUNKS])
}

fn command(ecm: Ecm) -> Vec<Step> {
    let dcs = Dcs::NOTHING.with_opening(V17).with_ecm(ecm);
    [control(Station::Calling, &Body::Dcs(dcs)), tcf()].concat()
}

fn page(opening: Opening, then: PostPage) -> Vec<Step> {
    let mut octets = 0x5EED;
    let mut frames = Vec::new();
    for number in 0..4 {
        let data: Vec<u8> = (0..256).map(|_| draw(&mut octets) as u8).collect();
        frames.extend(frame(Station::Called, false, &Body::Fcd(Fcd { number, data: Private::new(&data) })));
    }
    (0..3).for_each(|_| frames.extend(frame(Station::Called, false, &Body::Plain(Fcf::Rcp))));
    let pps = Pps { then, page: 0, block: 0, last_frame: 3 };
    [burst(opening, frames), control(Station::Calling, &Body::Pps(pps))].concat()
}

fn after(bursts: usize) -> [Step; 2] {
    [Step::Await(bursts), Step::Wait(Span::from_millis(100))]
}

/// What the caller says in a call that comes through every phase of T.30.
pub fn caller() -> Vec<Step> {
    let short = V17.with_training(Training::Short);
    let plain = |fcf| control(Station::Calling, &Body::Plain(fcf));
    let ctc = control(Station::Calling, &Body::Ctc(Ctc::new(V17_SLOWER).unwrap()));
    let turns = [
        command(Ecm::Frames256),
        command(Ecm::Frames256), // after FTT
        page(short, PostPage::Mps),
        plain(Fcf::Rr), // after RNR
        page(short, PostPage::Eom),
        ctc, // after PPR
        page(V17_SLOWER, PostPage::Eom),
        command(Ecm::Frames256),
        page(short, PostPage::Eop),
        plain(Fcf::Dcn),
    ];
    calls(turns)
}

/// What the caller says in a call of one page without ECM.
pub fn caller_without_ecm() -> Vec<Step> {
    let plain = |fcf| control(Station::Calling, &Body::Plain(fcf));
    let short = V17.with_training(Training::Short);
    // Rows of 40 octets that begin with EOL.
    let row: Vec<u8> = [0x00, 0x1B].into_iter().chain([0xB7; 38]).collect();
    let rows: Vec<u8> = (0..100).flat_map(|_| row.iter().copied()).collect();
    let chunks =
        rows.chunks(Chunk::CAPACITY).map(|octets| Step::Say(Signal::Bits(Chunk::from_octets(octets))));
    let page = [burst(short, chunks), plain(Fcf::Eop)].concat();
    calls([command(Ecm::Off), page, plain(Fcf::Dcn)])
}

fn calls(turns: impl IntoIterator<Item = Vec<Step>>) -> Vec<Step> {
    let cng =
        [Step::Say(Signal::Tone(Tone::Cng)), Step::Wait(Span::from_millis(500)), Step::Say(Signal::Silence)];
    cng.into_iter().chain(turns.into_iter().flat_map(|turn| after(1).into_iter().chain(turn))).collect()
}

/// What the answerer says in the same call.
pub fn answerer() -> Vec<Step> {
    let plain = |fcf| control(Station::Called, &Body::Plain(fcf));
    let short = V17.with_training(Training::Short);
    let ppr = Ppr::new(|frame| frame == 2);
    let fast = |opening, framing| Step::Expect(opening, framing);
    let turns: [(usize, Step, Vec<Step>); 9] = [
        (2, fast(V17, Framing::Bits), plain(Fcf::Ftt)),
        (2, fast(V17, Framing::Bits), plain(Fcf::Cfr)),
        (2, fast(short, Framing::Frames), plain(Fcf::Rnr)),
        (1, fast(short, Framing::Frames), plain(Fcf::Mcf)),
        (2, fast(short, Framing::Frames), control(Station::Called, &Body::Ppr(ppr))),
        (1, fast(V17_SLOWER, Framing::Frames), plain(Fcf::Ctr)),
        (2, fast(V17_SLOWER, Framing::Frames), plain(Fcf::Mcf)),
        (2, fast(V17, Framing::Bits), plain(Fcf::Cfr)),
        (2, fast(short, Framing::Frames), plain(Fcf::Mcf)),
    ];
    answers(turns)
}

/// What the answerer says in a call of one page without ECM.
pub fn answerer_without_ecm() -> Vec<Step> {
    let plain = |fcf| control(Station::Called, &Body::Plain(fcf));
    let short = V17.with_training(Training::Short);
    answers([
        (2, Step::Expect(V17, Framing::Bits), plain(Fcf::Cfr)),
        (2, Step::Expect(short, Framing::Bits), plain(Fcf::Mcf)),
    ])
}

fn answers(turns: impl IntoIterator<Item = (usize, Step, Vec<Step>)>) -> Vec<Step> {
    let dis = Dis::NOTHING.with_modems(ModemSet::V27terV29V17).with(Bit::ECM);
    let ced = [
        Step::Wait(Span::from_millis(1500)),
        Step::Say(Signal::Tone(Tone::Ced)),
        Step::Wait(Span::from_millis(2600)),
        Step::Say(Signal::Silence),
    ];
    let replies = turns
        .into_iter()
        .flat_map(|(bursts, expect, turn)| [expect].into_iter().chain(after(bursts)).chain(turn));
    ced.into_iter().chain(control(Station::Called, &Body::Dis(dis))).chain(replies).collect()
}

/// The bursts of what was said or heard: openings, frames with their ends, bits.
pub fn bursts(signals: &[Signal]) -> Vec<Burst> {
    let mut bursts = Vec::<Burst>::new();
    let mut frame = Vec::new();
    for signal in signals {
        match (signal, bursts.last_mut()) {
            (Signal::Begin(opening), _) => {
                bursts.push(Burst { opening: *opening, frames: vec![], bits: vec![] })
            }
            (Signal::Octets(chunk), _) => frame.extend_from_slice(chunk.octets()),
            (Signal::FrameEnd(end), Some(burst)) => burst.frames.push((core::mem::take(&mut frame), *end)),
            (Signal::Bits(chunk), Some(burst)) => burst.bits.extend_from_slice(chunk.octets()),
            _ => {}
        }
    }
    bursts.retain(|burst| !burst.frames.is_empty() || !burst.bits.is_empty());
    bursts
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Burst {
    pub opening: Opening,
    pub frames: Vec<(Vec<u8>, FrameEnd)>,
    pub bits: Vec<u8>,
}
