//! The peer's demodulators, pushed block by block.

use crate::{ffi, modem_and_rate, short_train};
use core::ffi::c_int;
use core::ptr::NonNull;
use fax_core::{Dbm0, Hertz, Opening, Training};

/// Samples handed over at once: what the shim's report buffer is made for.
const BLOCK: usize = 800;

/// Carrier detect of the fast modems as the library's own fax layer sets it.
const FAST_CUTOFF: Dbm0 = Dbm0(-45.5);

/// Carrier detect of V.21, likewise.
const V21_CUTOFF: Dbm0 = Dbm0(-39.09);

/// One of the peer's receivers, hunting for a burst.
pub struct Receiver {
    state: NonNull<ffi::Rx>,
    opening: Opening,
}

/// What the peer's receiver says, in the order of the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PeerOutput {
    /// A user bit.
    Bit(bool),
    /// Energy was found.
    CarrierUp,
    /// The energy is gone.
    CarrierDown,
    /// The fast modems: energy was found, training begins.
    TrainingInProgress,
    /// It believes itself trained; bits follow.
    Trained,
    /// It gave up, and is deaf until the carrier drops or it is restarted.
    TrainingFailed,
    /// Another `SIG_STATUS` of the library's `async.h`.
    Other(i8),
}

impl Receiver {
    /// A receiver with the thresholds of the library's own fax layer: -45.5 dBm0, V.21 -39.09 dBm0.
    ///
    /// # Panics
    /// When the library has no memory.
    pub fn new(opening: Opening) -> Self {
        Self::with_cutoff(opening, if opening == Opening::V21 { V21_CUTOFF } else { FAST_CUTOFF })
    }

    /// A receiver with another threshold of carrier detect.
    ///
    /// # Panics
    /// When the library has no memory.
    pub fn with_cutoff(opening: Opening, cutoff: Dbm0) -> Self {
        let (modem, rate) = modem_and_rate(opening);
        // SAFETY: plain values; NULL is the only failure, checked here.
        let state = unsafe { ffi::peer_rx_new(modem, rate, cutoff.0) };
        let state = NonNull::new(state).expect("the library makes a receiver");
        let mut receiver = Self { state, opening };
        receiver.restart(opening.training());
        receiver
    }

    /// Hunts for another burst. For [`Training::Short`] V.17 goes on from what its last long training
    /// left; the other modems have only the long one.
    pub fn restart(&mut self, training: Training) {
        // SAFETY: the state lives as long as self; a modem made once can be restarted at its rate.
        unsafe { ffi::peer_rx_restart(self.state.as_ptr(), short_train(training)) };
    }

    /// Takes samples and reports what it hears.
    pub fn process(&mut self, samples: &[i16], out: &mut impl FnMut(PeerOutput)) {
        for block in samples.chunks(BLOCK) {
            let (at, len) = (block.as_ptr(), block.len() as c_int);
            // SAFETY: the state lives as long as self; the block is valid for its length.
            let count = unsafe { ffi::peer_rx_process(self.state.as_ptr(), at, len) };
            // SAFETY: the state lives as long as self.
            let reports = unsafe { ffi::peer_rx_reports(self.state.as_ptr()) };
            // SAFETY: the shim's buffer holds `count` reports and is not written until the next call.
            let reports = unsafe { core::slice::from_raw_parts(reports, count as usize) };
            for &report in reports {
                out(PeerOutput::of(report));
            }
        }
    }

    /// Takes samples and only counts the bits, in C: for CPU figures.
    pub fn count(&mut self, samples: &[i16]) {
        // SAFETY: the state lives as long as self; the samples are valid for their length.
        unsafe { ffi::peer_rx_count(self.state.as_ptr(), samples.as_ptr(), samples.len() as c_int) };
    }

    /// Bits that [`Receiver::count`] saw.
    pub fn bits_counted(&self) -> u64 {
        // SAFETY: the state lives as long as self.
        unsafe { ffi::peer_rx_bits_counted(self.state.as_ptr()) }
    }

    /// Ones among them.
    pub fn ones_counted(&self) -> u64 {
        // SAFETY: the state lives as long as self.
        unsafe { ffi::peer_rx_ones_counted(self.state.as_ptr()) }
    }

    /// The carrier it believes in (0 for V.21).
    pub fn carrier(&self) -> Hertz {
        // SAFETY: the state lives as long as self.
        Hertz(unsafe { ffi::peer_rx_carrier(self.state.as_ptr()) })
    }

    /// The level it measures.
    pub fn level(&self) -> Dbm0 {
        // SAFETY: the state lives as long as self.
        Dbm0(unsafe { ffi::peer_rx_power(self.state.as_ptr()) })
    }

    /// The opening it was made for.
    pub fn opening(&self) -> Opening {
        self.opening
    }
}

impl PeerOutput {
    /// Reads a value of the library's `put_bit`.
    pub(crate) fn of(report: i8) -> Self {
        match report {
            0 => Self::Bit(false),
            1 => Self::Bit(true),
            -1 => Self::CarrierDown,
            -2 => Self::CarrierUp,
            -3 => Self::TrainingInProgress,
            -4 => Self::Trained,
            -5 => Self::TrainingFailed,
            other => Self::Other(other),
        }
    }

    /// The value of the library's `put_bit`.
    pub(crate) fn report(self) -> i8 {
        match self {
            Self::Bit(bit) => i8::from(bit),
            Self::CarrierDown => -1,
            Self::CarrierUp => -2,
            Self::TrainingInProgress => -3,
            Self::Trained => -4,
            Self::TrainingFailed => -5,
            Self::Other(other) => other,
        }
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        // SAFETY: made by peer_rx_new, freed once.
        unsafe { ffi::peer_rx_free(self.state.as_ptr()) };
    }
}

// SAFETY: the state is owned by this value alone and the library keeps none per thread.
unsafe impl Send for Receiver {}
