//! Systems under test behind one small seam, so that ours and a foreign one run the same bench.

mod ours;
#[cfg(feature = "spandsp")]
mod spandsp;

use crate::bench::tones::Sound;
use fax_core::{Dbm0, Opening, Training};
use std::fmt;
use std::str::FromStr;

/// Whose modem.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum System {
    /// This project's.
    Ours,
    /// SpanDSP 0.0.6 as the distribution builds it (feature `spandsp`).
    Spandsp,
}

/// What a bench needs of a transmitter.
pub trait BenchTransmitter: Send {
    /// A whole burst: training, these user bits, turn-off.
    fn burst(&mut self, training: Training, bits: &[bool]) -> Vec<i16>;

    /// Begins a burst of pseudo-random bits without end, for [`BenchTransmitter::fill`].
    fn stream(&mut self, training: Training, seed: u32);

    /// The next samples of that burst.
    fn fill(&mut self, out: &mut [i16]);
}

/// What a bench needs of a receiver.
pub trait BenchReceiver: Send {
    /// Waits for the next burst, which opens with this training.
    fn expect(&mut self, training: Training);

    /// Takes samples, reports what it makes of them.
    fn process(&mut self, samples: &[i16], report: &mut dyn FnMut(Report));

    /// Takes samples and only counts the bits, at the least cost: for CPU figures.
    fn count(&mut self, samples: &[i16]);

    /// Bits that [`BenchReceiver::count`] saw.
    fn counted(&self) -> u64;
}

/// What a bench needs of a detector of tones.
pub trait BenchDetector: Send {
    /// Takes samples; whether the sound it listens for was reported in them.
    fn hears(&mut self, samples: &[i16]) -> bool;
}

/// What a receiver says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Report {
    /// It believes itself trained.
    Trained {
        /// What it says of the line, where it says anything.
        quality: Option<Figures>,
    },
    /// It gave up on a training.
    Failed,
    /// User bits, the first in bit 0.
    Bits {
        /// The bits.
        bits: u8,
        /// How many.
        count: u8,
    },
    /// The carrier is gone.
    Ended,
}

/// A receiver's own opinion of the line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Figures {
    /// Error of the equalised symbols against their power, dB.
    pub evm_db: f64,
    /// Carrier offset, hertz.
    pub frequency: f64,
    /// Clock offset, parts in 10^6.
    pub clock_ppm: f64,
    /// Level, dBm0.
    pub level: f64,
}

/// Why a system cannot run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unavailable {
    /// The binary was built without it.
    #[error("{0} is not built in; build with `--features spandsp`")]
    NotBuilt(System),
    /// It has no such modem.
    #[error("{0} has no {1}")]
    NoModem(System, Opening),
}

impl System {
    /// Its transmitter for this opening, at -13 dBm0; the bench sets its own level afterwards.
    pub fn transmitter(self, opening: Opening) -> Result<Box<dyn BenchTransmitter>, Unavailable> {
        self.transmitter_at(opening, Dbm0(-13.0))
    }

    /// Its transmitter for this opening at a level.
    pub fn transmitter_at(
        self,
        opening: Opening,
        level: Dbm0,
    ) -> Result<Box<dyn BenchTransmitter>, Unavailable> {
        match self {
            Self::Ours => Ok(Box::new(ours::OurTransmitter::new(opening, level))),
            #[cfg(feature = "spandsp")]
            Self::Spandsp => Ok(Box::new(spandsp::PeerTransmitter::new(opening, level))),
            #[cfg(not(feature = "spandsp"))]
            Self::Spandsp => Err(Unavailable::NotBuilt(self)),
        }
    }

    /// Its receiver for this opening, waiting for a long training.
    pub fn receiver(self, opening: Opening) -> Result<Box<dyn BenchReceiver>, Unavailable> {
        match self {
            Self::Ours => Ok(Box::new(ours::OurReceiver::new(opening))),
            #[cfg(feature = "spandsp")]
            Self::Spandsp => Ok(Box::new(spandsp::PeerReceiver::new(opening))),
            #[cfg(not(feature = "spandsp"))]
            Self::Spandsp => Err(Unavailable::NotBuilt(self)),
        }
    }

    /// Its detector of a tone or of V.21's preamble.
    pub fn detector(self, sound: Sound) -> Result<Box<dyn BenchDetector>, Unavailable> {
        match self {
            Self::Ours => Ok(ours::detector(sound)),
            #[cfg(feature = "spandsp")]
            Self::Spandsp => Ok(Box::new(spandsp::PeerDetector::new(sound))),
            #[cfg(not(feature = "spandsp"))]
            Self::Spandsp => Err(Unavailable::NotBuilt(self)),
        }
    }
}

impl fmt::Display for System {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ours => "ours",
            Self::Spandsp => "spandsp",
        })
    }
}

impl FromStr for System {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "ours" => Ok(Self::Ours),
            "spandsp" => Ok(Self::Spandsp),
            _ => Err(format!("no such system: {text}; use ours or spandsp")),
        }
    }
}
