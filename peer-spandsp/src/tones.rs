//! The peer's tones: what it sends to connect modems and what it hears.

use crate::ffi;
use core::ffi::c_int;
use core::ptr::NonNull;
use fax_core::{Dbm0, Tone};

/// Samples handed to a detector at once.
const BLOCK: usize = 160;

/// The `MODEM_CONNECT_TONES` of the library, with its numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PeerTone {
    /// Nothing: what a detector reports when a tone has gone.
    None = 0,
    /// 1100 Hz, 0.5 s in 3.5 s.
    Cng = 1,
    /// 2100 Hz: CED.
    Ans = 2,
    /// 2100 Hz with reversals.
    AnsPr = 3,
    /// 2100 Hz with 15 Hz modulation.
    AnsAm = 4,
    /// 2100 Hz with 15 Hz modulation and reversals.
    AnsAmPr = 5,
    /// V.21 flags (detected only).
    Preamble = 6,
    /// CED or V.21 flags, whichever comes first (detected only).
    CedOrPreamble = 7,
    /// 2225 Hz.
    BellAns = 8,
    /// 1300 Hz, 0.6 s in 2.6 s.
    CallingTone = 9,
}

/// One of the peer's tone generators.
pub struct ToneGenerator {
    state: NonNull<ffi::ToneTx>,
}

/// One of the peer's tone detectors.
pub struct ToneDetector {
    state: NonNull<ffi::ToneRx>,
}

/// A change a detector reports.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ToneReport {
    /// What is there now.
    pub tone: PeerTone,
    /// Its level as the peer measures it.
    pub level: Dbm0,
    /// Samples the detector had been given, rounded up to its blocks of 20 ms from the start of the
    /// call of [`ToneDetector::process`].
    pub after: usize,
}

impl ToneGenerator {
    /// A generator, at the library's level: -11 dBm0, with reversals -12 dBm0.
    ///
    /// # Panics
    /// When the tone is none the library sends.
    pub fn new(tone: PeerTone) -> Self {
        // SAFETY: plain value; NULL is checked here.
        let state = unsafe { ffi::peer_tone_tx_new(tone as c_int) };
        Self { state: NonNull::new(state).expect("the library sends this tone") }
    }

    /// Writes samples; fewer than asked for when the tone has ended.
    pub fn fill(&mut self, out: &mut [i16]) -> usize {
        // SAFETY: the state lives as long as self; the samples are valid for their length.
        let filled =
            unsafe { ffi::peer_tone_tx_fill(self.state.as_ptr(), out.as_mut_ptr(), out.len() as c_int) };
        usize::try_from(filled).unwrap_or(0)
    }
}

impl ToneDetector {
    /// A detector of one kind of tone.
    ///
    /// # Panics
    /// When the library has no memory.
    pub fn new(tone: PeerTone) -> Self {
        // SAFETY: plain value; NULL is checked here.
        let state = unsafe { ffi::peer_tone_rx_new(tone as c_int) };
        Self { state: NonNull::new(state).expect("the library makes a tone detector") }
    }

    /// Takes samples and reports changes.
    pub fn process(&mut self, samples: &[i16], out: &mut impl FnMut(ToneReport)) {
        let mut after = 0;
        for block in samples.chunks(BLOCK) {
            after += block.len();
            let (at, len) = (block.as_ptr(), block.len() as c_int);
            // SAFETY: the state lives as long as self; the block is valid for its length.
            let count = unsafe { ffi::peer_tone_rx_process(self.state.as_ptr(), at, len) };
            for index in 0..count {
                let (mut tone, mut level) = (0, 0);
                // SAFETY: the state lives as long as self; `index` is below the count just returned.
                unsafe { ffi::peer_tone_rx_report(self.state.as_ptr(), index, &mut tone, &mut level) };
                out(ToneReport { tone: PeerTone::of(tone), level: Dbm0(level as f32), after });
            }
        }
    }
}

impl PeerTone {
    fn of(number: c_int) -> Self {
        use PeerTone::{Ans, AnsAm, AnsAmPr, AnsPr, BellAns, CallingTone, CedOrPreamble, Cng, Preamble};
        [Cng, Ans, AnsPr, AnsAm, AnsAmPr, Preamble, CedOrPreamble, BellAns, CallingTone]
            .into_iter()
            .find(|tone| *tone as c_int == number)
            .unwrap_or(Self::None)
    }
}

impl From<Tone> for PeerTone {
    fn from(tone: Tone) -> Self {
        match tone {
            Tone::Cng => Self::Cng,
            Tone::Ced => Self::Ans,
            Tone::AnsPr => Self::AnsPr,
            Tone::AnsAm => Self::AnsAm,
            Tone::AnsAmPr => Self::AnsAmPr,
        }
    }
}

impl Drop for ToneGenerator {
    fn drop(&mut self) {
        // SAFETY: made by peer_tone_tx_new, freed once.
        unsafe { ffi::peer_tone_tx_free(self.state.as_ptr()) };
    }
}

impl Drop for ToneDetector {
    fn drop(&mut self) {
        // SAFETY: made by peer_tone_rx_new, freed once.
        unsafe { ffi::peer_tone_rx_free(self.state.as_ptr()) };
    }
}

// SAFETY: the state is owned by this value alone and the library keeps none per thread.
unsafe impl Send for ToneGenerator {}

// SAFETY: the state is owned by this value alone and the library keeps none per thread.
unsafe impl Send for ToneDetector {}
