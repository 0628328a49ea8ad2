//! One end of a call: a phone line, or a T.38 session.

use audio_codec_algorithms::{decode_alaw, decode_ulaw, encode_alaw, encode_ulaw};
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

impl Law {
    /// The static payload type of RTP (RFC 3551 6).
    pub(crate) const fn payload_type(self) -> u8 {
        match self {
            Self::Mu => 0,
            Self::A => 8,
        }
    }

    /// What a static payload type carries, if it is G.711.
    pub(crate) const fn of_payload_type(payload_type: u8) -> Option<Self> {
        match payload_type {
            0 => Some(Self::Mu),
            8 => Some(Self::A),
            _ => None,
        }
    }

    /// From an octet to a sample.
    pub(crate) const fn decoder(self) -> fn(u8) -> i16 {
        match self {
            Self::A => decode_alaw,
            Self::Mu => decode_ulaw,
        }
    }

    /// From a sample to an octet.
    pub(crate) const fn encoder(self) -> fn(i16) -> u8 {
        match self {
            Self::A => encode_alaw,
            Self::Mu => encode_ulaw,
        }
    }
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
