//! The media of a call whose one end is a fax machine of ours: what [`Path`](super::Path) is for two ends.
//!
//! It begins as a phone line over RTP or as T.38, as signalling says, and may become T.38 while the call runs.
//!
//! Always: the machine is off hook from the first order that lets media flow.

use super::audio_leg::{AudioCounters, AudioLeg, BLOCK};
use super::order::Order;
use super::path::{Sending, Socket, is_t38};
use super::pin::Pin;
use super::playout::silence;
use super::settings::LegSettings;
use crate::{Leg, Terminal};
use core::net::SocketAddr;
use fax_core::terminal::FaxMachine;
use fax_core::{Deadline, Timestamp, Wait};
use fax_t38::line::Pacing;

/// A fax machine and its media.
#[derive(Debug)]
pub struct Station {
    settings: LegSettings,
    terminal: Terminal,
    order: Order,
    audio: AudioLeg,
    pin: Pin,
    now: Timestamp,
    /// When the machine went off hook.
    began: Option<Timestamp>,
}

impl Station {
    /// A machine on hook. `seed`: see [`Settings::seed`](super::Settings::seed).
    pub fn new(machine: FaxMachine, settings: LegSettings, seed: u64) -> Self {
        Self {
            terminal: Terminal::new(machine, Leg::audio()),
            order: Order::Nothing,
            audio: AudioLeg::new(&settings, seed),
            pin: Pin::new(settings.learning),
            settings,
            now: Timestamp::ZERO,
            began: None,
        }
    }

    /// Signalling has agreed on something.
    pub fn order(&mut self, now: Timestamp, order: Order) {
        self.now = self.now.max(now);
        match &order {
            Order::Audio(audio) => {
                self.audio.begin(now, *audio);
                self.goes_off_hook();
                if self.terminal.is_on_t38() {
                    self.terminal.exchange(self.machine_time(), Leg::audio());
                }
            }
            Order::T38(agreed) => {
                self.pin.name(agreed.remote);
                self.audio.rest();
                self.goes_off_hook();
                if !(agreed.continues && self.terminal.is_on_t38()) {
                    let line = self.settings.line(agreed, Pacing::METERED);
                    self.terminal.exchange(self.machine_time(), Leg::t38(line));
                }
            }
            Order::Nothing => self.audio.rest(),
            Order::Muted => {}
        }
        self.order = order;
        self.advance(now);
    }

    /// Takes a datagram that came.
    pub fn receive(&mut self, now: Timestamp, socket: Socket, from: SocketAddr, datagram: &[u8]) {
        self.now = self.now.max(now);
        match socket {
            Socket::Rtp => _ = self.audio.receive(self.now, from, datagram, |_| {}),
            Socket::Udptl if self.terminal.is_on_t38() => {
                if self.pin.admits(self.now, from, is_t38(datagram)) {
                    // What is refused is counted there.
                    _ = self.terminal.receive(self.machine_time(), datagram);
                }
            }
            Socket::Udptl => {}
        }
    }

    /// Lets time pass.
    pub fn advance(&mut self, now: Timestamp) {
        self.now = self.now.max(now);
        let mut block = [0; BLOCK];
        while let Some(played) = self.audio.tick(self.now, &mut block) {
            self.played(&block[..played.length.min(BLOCK)]);
        }
        if self.began.is_some() && self.terminal.is_on_t38() {
            self.terminal.advance(self.machine_time());
        }
    }

    /// When it must be driven again though nothing came in.
    pub fn deadline(&self) -> Option<Deadline> {
        let audio = self.audio.deadline().map(|at| Deadline { at, why: Wait::NextStep });
        let began = self.began?;
        let terminal = self.terminal.deadline();
        let terminal =
            terminal.map(|Deadline { at, why }| Deadline { at: began + at.since(Timestamp::ZERO), why });
        audio.into_iter().chain(terminal).min_by_key(|deadline| deadline.at)
    }

    /// Writes the next datagram to send. To be called until there is none.
    pub fn transmit(&mut self, out: &mut [u8]) -> Option<Sending> {
        if let Some((to, length)) = self.audio.transmit(out) {
            return Some(Sending { socket: Socket::Rtp, to, length });
        }
        let to = self.pin.target()?;
        let length = self.terminal.transmit(out)?;
        Some(Sending { socket: Socket::Udptl, to, length })
    }

    /// The machine on its leg: its events, its outcome, its pages.
    pub fn terminal(&mut self) -> &mut Terminal {
        &mut self.terminal
    }

    /// The machine off the line.
    pub fn into_machine(self) -> FaxMachine {
        self.terminal.into_machine()
    }

    /// The line is dropped, by whomever.
    pub fn hang_up(&mut self, now: Timestamp) {
        self.now = self.now.max(now);
        self.terminal.hang_up(self.machine_time());
    }

    /// What the phone leg has seen.
    pub fn audio(&self) -> AudioCounters {
        self.audio.counters()
    }

    fn goes_off_hook(&mut self) {
        self.began.get_or_insert(self.now);
    }

    /// The time of the machine, which begins when it goes off hook.
    fn machine_time(&self) -> Timestamp {
        self.began.map_or(Timestamp::ZERO, |began| Timestamp::ZERO + self.now.since(began))
    }

    fn played(&mut self, octets: &[u8]) {
        let Some(law) = self.audio.audio.map(|audio| audio.law) else { return };
        let mut said = [silence(law); BLOCK];
        let said = &mut said[..octets.len().min(BLOCK)];
        match self.order {
            Order::Audio(_) => {
                let (decode, encode) = (law.decoder(), law.encoder());
                let mut samples = [0; BLOCK];
                let samples = &mut samples[..said.len()];
                samples.iter_mut().zip(octets).for_each(|(sample, octet)| *sample = decode(*octet));
                self.terminal.listen(self.machine_time(), samples);
                self.terminal.fill(samples);
                said.iter_mut().zip(samples.iter()).for_each(|(octet, sample)| *octet = encode(*sample));
            }
            Order::Muted => {}
            Order::T38(_) | Order::Nothing => return,
        }
        self.audio.send(said);
    }
}
