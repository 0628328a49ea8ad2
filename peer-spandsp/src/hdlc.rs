//! The peer's HDLC: frames to bits and bits to frames, for any of its modems.

use crate::{PeerOutput, ffi};
use core::ffi::c_int;
use core::ptr::{NonNull, null};
use std::collections::VecDeque;

/// Frames on their way to bits: an iterator of bits that ends after the last frame's flag.
pub struct Framer {
    state: NonNull<ffi::HdlcTx>,
    frames: VecDeque<Vec<u8>>,
    ending: bool,
}

/// Bits on their way to frames.
pub struct Deframer {
    state: NonNull<ffi::HdlcRx>,
}

/// What the peer finds in the bits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deframed {
    /// A frame without its check, least significant bit of an octet first on the line.
    Frame {
        /// Address first.
        octets: Vec<u8>,
        /// Whether the check is right.
        good: bool,
    },
    /// Five flags back to back.
    FramingOk,
    /// An abort.
    Aborted,
    /// Another state, its own or of the modem below, as a `SIG_STATUS` of the library's `async.h`.
    State(PeerOutput),
}

impl Framer {
    /// The bits of `frames` (address first, at most 400 octets, without check), behind `preamble`
    /// flags and with at least `between` flags between them.
    ///
    /// # Panics
    /// When the library has no memory.
    pub fn new(preamble: u16, between: u16, frames: impl IntoIterator<Item = Vec<u8>>) -> Self {
        // SAFETY: plain value; NULL is checked here.
        let state = unsafe { ffi::peer_hdlc_tx_new(c_int::from(between)) };
        let state = NonNull::new(state).expect("the library makes an HDLC transmitter");
        // SAFETY: the state was just made.
        unsafe { ffi::peer_hdlc_tx_flags(state.as_ptr(), c_int::from(preamble)) };
        Self { state, frames: frames.into_iter().collect(), ending: false }
    }

    /// Hands the next frame over when the one before is out.
    fn feed(&mut self) {
        let (at, len) = match self.frames.front() {
            Some(frame) => (frame.as_ptr(), frame.len()),
            None => (null(), 0),
        };
        // SAFETY: the state lives as long as self; the frame is valid for its length.
        let refused = unsafe { ffi::peer_hdlc_tx_frame(self.state.as_ptr(), at, len as c_int) };
        if refused == 0 && self.frames.pop_front().is_none() {
            self.ending = true;
        }
    }
}

impl Iterator for Framer {
    type Item = bool;

    fn next(&mut self) -> Option<bool> {
        if !self.ending {
            self.feed();
        }
        // SAFETY: the state lives as long as self.
        let bit = unsafe { ffi::peer_hdlc_tx_bit(self.state.as_ptr()) };
        (bit >= 0).then_some(bit == 1)
    }
}

impl Deframer {
    /// A deframer that reports bad frames too.
    ///
    /// # Panics
    /// When the library has no memory.
    pub fn new() -> Self {
        // SAFETY: no arguments; NULL is checked here.
        let state = unsafe { ffi::peer_hdlc_rx_new() };
        Self { state: NonNull::new(state).expect("the library makes an HDLC receiver") }
    }

    /// Takes what a receiver says, bits and states alike.
    pub fn push(&mut self, heard: PeerOutput, out: &mut impl FnMut(Deframed)) {
        // SAFETY: the state lives as long as self.
        let count = unsafe { ffi::peer_hdlc_rx_put(self.state.as_ptr(), c_int::from(heard.report())) };
        for index in 0..count {
            out(self.report(index));
        }
    }

    fn report(&self, index: c_int) -> Deframed {
        let (mut octets, mut good) = (null(), 0);
        // SAFETY: the state lives as long as self; `index` is below the count just returned.
        let count = unsafe { ffi::peer_hdlc_rx_report(self.state.as_ptr(), index, &mut octets, &mut good) };
        match count {
            -6 => Deframed::FramingOk,
            -8 => Deframed::Aborted,
            state if state < 0 => Deframed::State(PeerOutput::of(state as i8)),
            count => {
                // SAFETY: the report holds `count` octets and stands until the next push.
                let octets = unsafe { core::slice::from_raw_parts(octets, count as usize) };
                Deframed::Frame { octets: octets.to_vec(), good: good != 0 }
            }
        }
    }
}

impl Default for Deframer {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Framer {
    fn drop(&mut self) {
        // SAFETY: made by peer_hdlc_tx_new, freed once.
        unsafe { ffi::peer_hdlc_tx_free(self.state.as_ptr()) };
    }
}

impl Drop for Deframer {
    fn drop(&mut self) {
        // SAFETY: made by peer_hdlc_rx_new, freed once.
        unsafe { ffi::peer_hdlc_rx_free(self.state.as_ptr()) };
    }
}

// SAFETY: the state is owned by this value alone and the library keeps none per thread.
unsafe impl Send for Framer {}

// SAFETY: the state is owned by this value alone and the library keeps none per thread.
unsafe impl Send for Deframer {}
