//! One side of a call: a fax machine with its line and gateway, or one that speaks T.38 itself.

use super::ends::{Gateway, Machine, PacketSide, T38Terminal, Terminal};
use super::phone::PhoneLine;
use cpu_time::ThreadTime;
use fax_core::{Span, Timestamp};
use std::sync::OnceLock;
use std::time::Duration;

/// A side in a call.
pub(super) struct Side {
    kind: Kind,
    /// Samples of a block.
    block: usize,
    phase: Timestamp,
    off_hook: Timestamp,
    beats: u64,
    said_to_line: Vec<i16>,
    meter: Meter,
    recording: Option<Recording>,
}

enum Kind {
    Phone(Box<Phone>),
    Packets(Box<dyn T38Terminal>),
}

impl Kind {
    fn packets(&mut self) -> &mut dyn PacketSide {
        match self {
            Self::Phone(phone) => phone.gateway.as_mut(),
            Self::Packets(terminal) => terminal.as_mut(),
        }
    }
}

/// A fax machine, its line and its gateway.
pub(super) struct Phone {
    pub(super) terminal: Box<dyn Terminal>,
    pub(super) up: PhoneLine,
    pub(super) down: PhoneLine,
    pub(super) gateway: Box<dyn Gateway>,
    /// Samples of the fax machine's clock for one of the gateway's.
    pub(super) step: f64,
}

/// What was on a phone line, at the fax machine.
#[derive(Clone, Debug, Default)]
pub struct Recording {
    /// What the machine said.
    pub said: Vec<i16>,
    /// What it heard.
    pub heard: Vec<i16>,
}

impl Side {
    pub(super) fn on_phone(phone: Phone, phase: Timestamp, off_hook: Timestamp, block: usize) -> Self {
        Self::new(Kind::Phone(Box::new(phone)), phase, off_hook, block)
    }

    pub(super) fn on_packets(
        terminal: Box<dyn T38Terminal>,
        phase: Timestamp,
        off_hook: Timestamp,
        block: usize,
    ) -> Self {
        Self::new(Kind::Packets(terminal), phase, off_hook, block)
    }

    fn new(kind: Kind, phase: Timestamp, off_hook: Timestamp, block: usize) -> Self {
        let (said_to_line, meter) = (vec![0; block], Meter::default());
        Self { kind, block, phase, off_hook, beats: 0, said_to_line, meter, recording: None }
    }

    /// Keeps what is on the phone line.
    pub(super) fn record(&mut self) {
        self.recording = Some(Recording::default());
    }

    /// What was kept.
    pub(super) fn take_recording(&mut self) -> Option<Recording> {
        self.recording.take()
    }

    /// When the next block ends.
    pub(super) fn next_beat(&self) -> Timestamp {
        self.phase + Span::from_samples((self.beats + 1) * self.block as u64)
    }

    /// A block of audio has passed.
    pub(super) fn beat(&mut self, now: Timestamp) {
        let first = (self.beats as f64 * self.block as f64 * self.step()) as usize;
        self.beats += 1;
        let end = (self.beats as f64 * self.block as f64 * self.step()) as usize;
        self.meter.begin_beat(self.beats);
        match &mut self.kind {
            Kind::Packets(terminal) if now >= self.off_hook => terminal.pass(now, self.block),
            Kind::Packets(_) => {}
            Kind::Phone(phone) => {
                let (mut heard, mut said) = (vec![0; end - first], vec![0; end - first]);
                phone.down.pass(&self.said_to_line, &mut heard);
                if now >= self.off_hook {
                    phone.terminal.exchange(&heard, &mut said);
                }
                let mut to_gateway = vec![0; self.block];
                phone.up.pass(&said, &mut to_gateway);
                let gateway = &mut phone.gateway;
                let to_line = &mut self.said_to_line;
                self.meter.time(|| gateway.exchange(now, &to_gateway, to_line));
                if let Some(recording) = &mut self.recording {
                    recording.said.extend(&said);
                    recording.heard.extend(&heard);
                }
            }
        }
    }

    pub(super) fn receive(&mut self, now: Timestamp, datagram: &[u8]) {
        let packets = self.kind.packets();
        self.meter.time(|| packets.receive(now, datagram));
    }

    pub(super) fn transmit(&mut self, now: Timestamp, out: &mut [u8]) -> Option<usize> {
        self.kind.packets().transmit(now, out)
    }

    pub(super) fn deadline(&self) -> Option<Timestamp> {
        match &self.kind {
            Kind::Phone(phone) => phone.gateway.deadline(),
            Kind::Packets(terminal) => terminal.deadline(),
        }
    }

    pub(super) fn advance(&mut self, now: Timestamp) {
        let packets = self.kind.packets();
        self.meter.time(|| packets.advance(now));
    }

    pub(super) fn machine(&self) -> &dyn Machine {
        match &self.kind {
            Kind::Phone(phone) => phone.terminal.as_ref(),
            Kind::Packets(terminal) => terminal.as_ref(),
        }
    }

    pub(super) fn machine_mut(&mut self) -> &mut dyn Machine {
        match &mut self.kind {
            Kind::Phone(phone) => phone.terminal.as_mut(),
            Kind::Packets(terminal) => terminal.as_mut(),
        }
    }

    /// When its fax machine went off hook.
    pub(super) fn off_hook(&self) -> Timestamp {
        self.off_hook
    }

    /// The call is over: what its gateway has to say of it.
    pub(super) fn close(&mut self, now: Timestamp) -> Option<String> {
        match &mut self.kind {
            Kind::Phone(phone) => phone.gateway.close(now),
            Kind::Packets(_) => None,
        }
    }

    /// CPU time of the gateway, estimated.
    pub(super) fn gateway_cpu(&self) -> Duration {
        match &self.kind {
            Kind::Phone(_) => self.meter.estimate(),
            Kind::Packets(_) => Duration::ZERO,
        }
    }

    fn step(&self) -> f64 {
        match &self.kind {
            Kind::Phone(phone) => phone.step,
            Kind::Packets(_) => 1.0,
        }
    }
}

/// CPU time of a gateway, taken in one beat of four, less what looking at the clock costs.
#[derive(Debug, Default)]
struct Meter {
    on: bool,
    total: Duration,
    looks: u32,
}

const ONE_IN: u64 = 4;

impl Meter {
    fn begin_beat(&mut self, beat: u64) {
        self.on = beat.is_multiple_of(ONE_IN);
    }

    fn time(&mut self, work: impl FnOnce()) {
        if !self.on {
            return work();
        }
        let begun = ThreadTime::now();
        work();
        self.total += begun.elapsed();
        self.looks += 1;
    }

    fn estimate(&self) -> Duration {
        self.total.saturating_sub(cost_of_a_look() * self.looks) * ONE_IN as u32
    }
}

/// What an empty measurement shows: the least of many.
fn cost_of_a_look() -> Duration {
    static COST: OnceLock<Duration> = OnceLock::new();
    *COST.get_or_init(|| (0..1000).map(|_| ThreadTime::now().elapsed()).min().unwrap_or_default())
}
