//! Any modem by its opening: V.21 and the fast ones behind one face, for whoever does not care which.

use crate::bits::BitQueue;
use crate::fsk::{Channel, FskReceiver, FskTransmitter};
use crate::output::Output;
use crate::receive::QamReceiver;
use crate::table::Modem;
use crate::transmit::{EchoProtection, QamTransmitter};
use fax_core::{Dbm0, Opening, Training};

/// Sends bursts of one modem.
#[derive(Clone, Debug)]
#[allow(clippy::large_enum_variant, reason = "made once a line, never moved")]
pub enum Transmitter {
    /// V.21 channel 2.
    Fsk(FskTransmitter),
    /// V.27ter, V.29, V.17.
    Qam(QamTransmitter),
}

/// Receives bursts of one modem.
#[derive(Clone, Debug)]
#[allow(clippy::large_enum_variant, reason = "made once a line, never moved")]
pub enum Receiver {
    /// V.21 channel 2.
    Fsk(FskReceiver),
    /// V.27ter, V.29, V.17.
    Qam(QamReceiver),
}

impl Transmitter {
    /// For bursts that open so, at a level.
    pub fn new(opening: Opening, level: Dbm0) -> Self {
        match Modem::of(opening) {
            Some(modem) => Self::Qam(QamTransmitter::new(modem, level)),
            None => Self::Fsk(FskTransmitter::new(Channel::Two, level)),
        }
    }

    /// Sends bursts that open otherwise from the next start on, if it is a fast modem and stays one.
    pub fn tune(&mut self, opening: Opening) {
        if let (Self::Qam(qam), Some(modem)) = (self, Modem::of(opening)) {
            qam.tune(modem);
        }
    }

    /// Begins a burst. V.21 knows neither trainings nor echo protection.
    pub fn start(&mut self, training: Training, protection: EchoProtection) {
        match self {
            Self::Fsk(fsk) => fsk.start(),
            Self::Qam(qam) => qam.start(training, protection),
        }
    }

    /// User bits to send.
    pub fn bits(&mut self) -> &mut BitQueue {
        match self {
            Self::Fsk(fsk) => fsk.bits(),
            Self::Qam(qam) => qam.bits(),
        }
    }

    /// Bits pushed and not yet sent.
    pub fn queued_bits(&self) -> usize {
        match self {
            Self::Fsk(fsk) => fsk.queued_bits(),
            Self::Qam(qam) => qam.queued_bits(),
        }
    }

    /// Zeros that a fast modem sent because nothing was there, over all bursts. V.21 idles on ones.
    pub fn underrun_bits(&self) -> u64 {
        match self {
            Self::Fsk(_) => 0,
            Self::Qam(qam) => qam.underrun_bits(),
        }
    }

    /// Ends the burst once the bits are out.
    pub fn finish(&mut self) {
        match self {
            Self::Fsk(fsk) => fsk.finish(),
            Self::Qam(qam) => qam.finish(),
        }
    }

    /// The next samples; fewer than asked for only when the burst has ended.
    pub fn fill(&mut self, out: &mut [i16]) -> usize {
        match self {
            Self::Fsk(fsk) => fsk.fill(out),
            Self::Qam(qam) => qam.fill(out),
        }
    }
}

impl Receiver {
    /// For bursts that open so. V.17's two trainings are told apart by themselves.
    pub fn new(opening: Opening) -> Self {
        match Modem::of(opening) {
            Some(modem) => Self::Qam(QamReceiver::new(modem)),
            None => Self::Fsk(FskReceiver::new(Channel::Two)),
        }
    }

    /// Takes the next samples, in blocks of any length, and tells what they held.
    pub fn process(&mut self, samples: &[i16], out: &mut impl FnMut(Output)) {
        match self {
            Self::Fsk(fsk) => fsk.process(samples, out),
            Self::Qam(qam) => qam.process(samples, out),
        }
    }

    /// Forgets the burst, not what a long training taught.
    pub fn reset(&mut self) {
        match self {
            Self::Fsk(fsk) => fsk.reset(),
            Self::Qam(qam) => qam.reset(),
        }
    }
}
