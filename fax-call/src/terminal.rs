//! A fax machine on a leg.

use crate::leg::Leg;
use fax_core::t30::session;
use fax_core::terminal::FaxMachine;
use fax_core::{Deadline, Line, Opening, Span, Timestamp, Wait};
use fax_modem::line::Event as ModemEvent;
use fax_t38::Refusal;

/// Samples of a phone line that pass between two looks of the machine: 20 ms.
const BLOCK: usize = 160;

/// One end of a fax call that is a fax machine: samples or datagrams come in and go out, pages lie in the machine.
///
/// It is driven as a leg of a [`crate::Call`] is: a phone line by its samples, [`Terminal::listen`] and
/// [`Terminal::fill`]; T.38 by its datagrams and the time, [`Terminal::receive`], [`Terminal::transmit`] until there is
/// none, [`Terminal::advance`] at [`Terminal::deadline`]. It is off hook from the first of these on.
///
/// Once [`FaxMachine::outcome`] is there nothing more is decided; what was said and has not left yet still leaves.
#[derive(Debug)]
pub struct Terminal {
    machine: FaxMachine,
    leg: Leg,
    now: Timestamp,
}

impl Terminal {
    /// Puts a machine on a leg. A T.38 line wants [`fax_t38::line::Pacing::METERED`]: nothing else keeps the machine
    /// to the rate of the modem that it announces.
    pub fn new(machine: FaxMachine, leg: Leg) -> Self {
        Self { machine, leg, now: Timestamp::ZERO }
    }

    /// Takes samples that came, the last of them at `now`; nothing happens on T.38.
    pub fn listen(&mut self, now: Timestamp, samples: &[i16]) {
        let blocks = samples.chunks(BLOCK);
        let mut left = samples.len();
        for block in blocks {
            left -= block.len();
            if let Leg::Audio(line) = &mut self.leg {
                line.listen(block);
                while let Some((_, event)) = line.event() {
                    if let ModemEvent::Trained(opening, quality) = event
                        && opening != Opening::V21
                    {
                        self.machine.training_margin(quality.margin(opening));
                    }
                }
            }
            self.drive(now - Span::from_samples(left as u64));
        }
    }

    /// Writes the next samples to send; silence on T.38.
    pub fn fill(&mut self, out: &mut [i16]) {
        match &mut self.leg {
            Leg::Audio(line) => {
                for block in out.chunks_mut(BLOCK) {
                    line.fill(block);
                }
            }
            Leg::T38(_) => out.fill(0),
        }
    }

    /// Takes a datagram that came.
    ///
    /// # Errors
    /// Why it was not taken; it is counted, and the call goes on.
    pub fn receive(&mut self, now: Timestamp, datagram: &[u8]) -> Result<(), Refusal> {
        let taken = match &mut self.leg {
            Leg::T38(line) => line.receive(now, datagram),
            Leg::Audio(_) => Err(Refusal::OtherProtocol),
        };
        self.advance(now);
        taken
    }

    /// Writes the next datagram; its length. To be called until there is none.
    pub fn transmit(&mut self, out: &mut [u8]) -> Option<usize> {
        match &mut self.leg {
            Leg::T38(line) => line.transmit(out),
            Leg::Audio(_) => None,
        }
    }

    /// Lets time pass. A phone line is driven by its samples and needs none of this.
    pub fn advance(&mut self, now: Timestamp) {
        if let Leg::T38(line) = &mut self.leg {
            line.advance(now);
            while line.event().is_some() {}
        }
        self.drive(now);
    }

    /// When it must be advanced though nothing came in; a phone line has no deadline.
    pub fn deadline(&self) -> Option<Deadline> {
        let Leg::T38(line) = &self.leg else { return None };
        let machine = self.machine.deadline().map(|(at, _)| Deadline { at, why: Wait::Peer });
        line.deadline().into_iter().chain(machine).min_by_key(|deadline| deadline.at)
    }

    /// Takes another leg in the place of this one, as when a call that began on audio goes on over T.38. What was
    /// being said is said again there.
    pub fn exchange(&mut self, now: Timestamp, leg: Leg) -> Leg {
        let old = core::mem::replace(&mut self.leg, leg);
        self.now = self.now.max(now);
        if let Leg::T38(line) = &mut self.leg {
            line.advance(self.now);
        }
        match &mut self.leg {
            Leg::Audio(line) => self.machine.moved(self.now, line.as_mut()),
            Leg::T38(line) => self.machine.moved(self.now, line.as_mut()),
        }
        old
    }

    /// Whether it is on T.38.
    pub fn is_on_t38(&self) -> bool {
        matches!(self.leg, Leg::T38(_))
    }

    /// The line is dropped, by whomever.
    pub fn hang_up(&mut self, now: Timestamp) {
        self.machine.dropped(now);
    }

    /// The next event of the machine.
    pub fn event(&mut self) -> Option<(Timestamp, session::Event)> {
        self.machine.event()
    }

    /// The machine, its outcome, its accounts and its pages.
    pub fn machine(&self) -> &FaxMachine {
        &self.machine
    }

    /// The machine off the leg.
    pub fn into_machine(self) -> FaxMachine {
        self.machine
    }

    fn drive(&mut self, now: Timestamp) {
        self.now = self.now.max(now);
        match &mut self.leg {
            Leg::Audio(line) => self.machine.drive(self.now, line.as_mut()),
            Leg::T38(line) => self.machine.drive(self.now, line.as_mut()),
        }
    }
}
