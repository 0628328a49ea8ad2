//! One end of a call: a phone line, or a T.38 session.

use fax_core::{Deadline, Expectation, Heard, Line, Nature, Progress, Refusal, Room, Signal, Timestamp};
use fax_modem::AudioLine;
use fax_t38::line::T38Line;

/// One end of a call. Which of the two it is may change while the call runs.
#[derive(Clone, Debug)]
pub enum Leg {
    /// A telephone channel.
    Audio(Box<AudioLine>),
    /// T.38 over UDPTL.
    T38(Box<T38Line>),
}

/// The companding laws of G.711.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Law {
    /// A-law.
    A,
    /// Mu-law.
    Mu,
}

macro_rules! either {
    ($leg:expr, $line:ident => $work:expr) => {
        match $leg {
            Leg::Audio($line) => $work,
            Leg::T38($line) => $work,
        }
    };
}

impl Leg {
    /// A silent phone line.
    pub fn audio() -> Self {
        Self::Audio(Box::default())
    }

    /// A silent T.38 session.
    pub fn t38(line: T38Line) -> Self {
        Self::T38(Box::new(line))
    }
}

impl Line for Leg {
    fn nature(&self) -> Nature {
        either!(self, line => line.nature())
    }

    fn now(&self) -> Timestamp {
        either!(self, line => line.now())
    }

    fn hear(&mut self) -> Option<Heard> {
        either!(self, line => line.hear())
    }

    fn room(&self) -> Room {
        either!(self, line => line.room())
    }

    fn say(&mut self, signal: Signal) -> Result<(), Refusal> {
        either!(self, line => line.say(signal))
    }

    fn expect(&mut self, expectation: Expectation) {
        either!(self, line => line.expect(expectation));
    }

    fn progress(&mut self) -> Option<Progress> {
        either!(self, line => line.progress())
    }

    fn deadline(&self) -> Option<Deadline> {
        either!(self, line => line.deadline())
    }
}
