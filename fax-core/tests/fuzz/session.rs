//! What the fuzz target and the seeded test of the T.30 session share.

#[path = "../support/desk.rs"]
mod desk;
#[path = "../support/wire.rs"]
mod wire;

use desk::{Pile, Tray, worth};
use fax_core::t30::session::{Offer, Operator, Poll, Role, Session, Settings};
use fax_core::t30::{Body, Fcd, Fcf, Frame, Station};
use fax_core::{Chunk, FrameEnd, Opening, Private, Signal, Span, Timestamp, Tone, Training};
use std::collections::BTreeSet;
use wire::{Wire, lasting, lead};

/// Takes octets as what the far machine of a session does: one octet of settings, then an octet for each burst
/// with its operands. No panic, nothing ungrammatical is said, a session that waits knows until when, and
/// when the far machine has fallen silent the call ends.
pub(crate) fn check(data: &[u8]) {
    states(data);
}

/// As [`check`]; gives the states that the session was in, and for each octet that began something where it stands
/// and the state that it met.
pub(crate) fn states(data: &[u8]) -> (BTreeSet<&'static str>, Vec<(usize, &'static str)>) {
    let mut marks = Vec::new();
    let Some((policy, octets)) = data.split_first() else { return Default::default() };
    let mut call = Call::new(*policy);
    let mut rest = octets.iter().copied();
    while let Some(head) = rest.next() {
        if call.session.outcome().is_some() {
            return (call.states, marks);
        }
        marks.push((octets.len() - rest.len(), call.session.state()));
        call.act(head, &mut rest);
    }
    call.run_dry();
    (call.states, marks)
}

struct Call {
    session: Session,
    wire: Wire,
    pile: Pile,
    tray: Tray,
    now: Timestamp,
    fast: Opening,
    states: BTreeSet<&'static str>,
}

const STEP: Span = Span::from_millis(50);

impl Call {
    fn new(policy: u8) -> Self {
        let has = |bit: u8| policy >> bit & 1 == 1;
        let role = if has(0) { Role::Caller } else { Role::Answerer };
        let settings = Settings {
            ecm: has(1),
            identification: Private::new(if has(2) { "+1 555".into() } else { String::new() }),
            polls: has(3).then(Poll::default),
            operator: if has(7) { Operator::OnCall } else { Operator::Absent },
            offers: if has(4) { Offer::Freely } else { Offer::Nothing },
            ..Settings::default()
        };
        let pages: &[usize] = if has(5) { &[300, 600, 200] } else { &[] };
        let tray = Tray {
            busy: if has(7) { 2 } else { 0 },
            worth: [worth(10, 9), worth(100, 7)].into(),
            ..Tray::default()
        };
        Self {
            session: Session::new(role, settings),
            wire: Wire::default(),
            pile: Pile { apart: has(6), ..Pile::noise(pages) },
            tray,
            now: Timestamp::ZERO,
            fast: Opening::ALL[8],
            states: BTreeSet::new(),
        }
    }

    fn drive(&mut self, span: Span) {
        self.now += span;
        self.wire.advance(self.now);
        self.session.drive(self.now, &mut self.wire, &mut self.pile, &mut self.tray);
        self.states.insert(self.session.state());
        while self.session.event().is_some() {}
        self.wire.said.clear();
    }

    /// Lets the session begin to speak, at most 8 s, and end.
    fn listen(&mut self) {
        for quiet in [true, false] {
            for _ in 0..160 {
                if self.wire.is_quiet() != quiet {
                    break;
                }
                self.drive(STEP);
            }
        }
        self.drive(STEP);
    }

    fn act(&mut self, head: u8, rest: &mut impl Iterator<Item = u8>) {
        let mut operand = || rest.next().unwrap_or(0);
        match head & 7 {
            0 => (0..operand()).for_each(|_| self.drive(STEP)),
            1 => self.listen(),
            2 => {
                let (field, length) = (operand(), operand() % 40);
                let mut frame = vec![0xFF, if head & 8 == 0 { 0xC8 } else { 0xC0 }, field];
                frame.extend((0..length).map(|_| operand()));
                self.burst(Opening::V21, &[(frame, end(head))]);
            }
            3 => {
                let fcf = Fcf::all().nth(usize::from(operand()) % Fcf::all().count()).unwrap_or(Fcf::Dcn);
                let mut frame = vec![0xFF, 0xC8, fcf.octet(head & 8 == 0)];
                frame.extend((0..operand() % 8).map(|_| operand()));
                self.burst(Opening::V21, &[(frame, end(head))]);
            }
            4 => {
                self.fast = Opening::ALL[1 + usize::from(operand()) % 8];
                if head & 8 != 0 {
                    self.fast = self.fast.with_training(Training::Short);
                }
                let (fill, count) = (operand(), operand());
                self.bits(&vec![fill; usize::from(count) * 12]);
            }
            5 => {
                let first = operand();
                let size = if head & 8 == 0 { 256 } else { 64 };
                let frames: Vec<_> = (0..operand() % 16)
                    .map(|n| (write(&piece(first.wrapping_add(n), &[n | 1; 256][..size])), end(operand())))
                    .chain([(write(&Body::Plain(Fcf::Rcp)), FrameEnd::Good)])
                    .collect();
                self.burst(self.fast, &frames);
            }
            6 if head & 8 != 0 => {
                self.wire.deliver(self.now, Signal::Tone(Tone::Ced));
                self.wire.deliver(self.now, Signal::Silence);
            }
            6 => self.tray.busy = usize::from(head >> 4),
            _ if head & 0x78 == 0x78 => self.session.dropped(self.now, &mut self.pile, &mut self.tray),
            _ if head & 0x78 == 0x70 => self.session.ask_to_speak(),
            _ if head & 0x78 == 0x68 => {
                self.session.operator_speaks(self.now, &mut self.pile, &mut self.tray);
            }
            _ => self.drive(STEP),
        }
    }

    fn burst(&mut self, opening: Opening, frames: &[(Vec<u8>, FrameEnd)]) {
        self.wire.deliver(self.now, Signal::Begin(opening));
        let mut at = self.now + lead(opening);
        for (frame, end) in frames {
            for part in frame.chunks(Chunk::CAPACITY) {
                at += lasting(8 * part.len(), opening);
                self.wire.deliver(at, Signal::Octets(Chunk::from_octets(part)));
            }
            self.wire.deliver(at, Signal::FrameEnd(*end));
        }
        self.finish(at);
    }

    fn bits(&mut self, octets: &[u8]) {
        self.wire.deliver(self.now, Signal::Begin(self.fast));
        let mut at = self.now + lead(self.fast);
        for part in octets.chunks(Chunk::CAPACITY) {
            at += lasting(8 * part.len(), self.fast);
            self.wire.deliver(at, Signal::Bits(Chunk::from_octets(part)));
            if part[0] == 0x77 {
                self.wire.deliver(at, Signal::Missing);
            }
        }
        self.finish(at);
    }

    fn finish(&mut self, at: Timestamp) {
        self.wire.deliver(at, Signal::End);
        self.wire.deliver(at, Signal::Silence);
        while self.now < at + STEP {
            self.drive(STEP);
        }
    }

    /// The far machine says nothing more. Time jumps to what the session waits for.
    fn run_dry(&mut self) {
        let end = self.now + Span::from_millis(3_600_000);
        while self.session.outcome().is_none() {
            assert!(self.now < end, "it never ends: {:?}", self.session);
            let wait = match self.session.deadline() {
                Some((at, _)) if self.wire.is_quiet() => at.since(self.now),
                None if self.wire.is_quiet() => {
                    self.drive(STEP);
                    let waits = self.session.deadline().is_some() || !self.wire.is_quiet();
                    assert!(waits || self.session.outcome().is_some(), "no deadline: {:?}", self.session);
                    continue;
                }
                _ => STEP,
            };
            self.drive(wait);
        }
    }
}

fn end(octet: u8) -> FrameEnd {
    if octet & 0xF0 == 0xF0 { FrameEnd::Bad } else { FrameEnd::Good }
}

fn piece(number: u8, data: &[u8]) -> Body<'_> {
    Body::Fcd(Fcd { number, data: Private::new(data) })
}

fn write(body: &Body<'_>) -> Vec<u8> {
    let mut octets = [0; Frame::MAX];
    let length = body.write(Station::Called, &mut octets).expect("it fits");
    octets[..length].to_vec()
}
