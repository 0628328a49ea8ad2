//! The peer's modulators, pulled sample by sample, bit sources attached.

use crate::{ffi, modem_and_rate, short_train};
use core::ffi::c_int;
use core::ptr::NonNull;
use fax_core::{Dbm0, Opening, Training};

/// Samples the library is asked for at once; 14 400 bit/s take 720 bits in them.
const BLOCK: usize = 400;

/// Bits kept in the shim's queue while a block is made: more than one block takes.
const AHEAD: usize = 1024;

/// One of the peer's transmitters. Made, it is at the start of a burst with the opening's training.
pub struct Transmitter {
    state: NonNull<ffi::Tx>,
    opening: Opening,
    tep: bool,
    bits: Bits,
}

/// Where user bits come from.
pub enum Bits {
    /// [`prbs`] of this seed, without end, made in C: for CPU figures.
    Prbs(u32),
    /// Asked for up to about 1000 bits ahead of the line; `None` ends the burst.
    Pull(Box<dyn FnMut() -> Option<bool> + Send>),
}

impl Bits {
    /// The bits of an iterator, the burst ending with it.
    pub fn of(bits: impl IntoIterator<Item = bool, IntoIter: Send + 'static>) -> Self {
        let mut bits = bits.into_iter();
        Self::Pull(Box::new(move || bits.next()))
    }
}

/// The pseudo-random bits of [`Bits::Prbs`]: Marsaglia's xorshift32 (13, 17, 5), each word lowest bit
/// first. Seed 0 is taken as 1.
pub fn prbs(seed: u32) -> impl Iterator<Item = bool> + Clone + Send {
    let mut word = seed.max(1);
    core::iter::repeat_with(move || {
        word ^= word << 13;
        word ^= word >> 17;
        word ^= word << 5;
        word
    })
    .flat_map(|word| (0..32).map(move |n| word >> n & 1 == 1))
}

impl Transmitter {
    /// A transmitter at the start of a burst; `tep` puts talker echo protection in front (not V.21).
    ///
    /// # Panics
    /// When the library has no memory.
    pub fn new(opening: Opening, tep: bool, level: Dbm0, bits: Bits) -> Self {
        let (modem, rate) = modem_and_rate(opening);
        // SAFETY: plain values; NULL is the only failure, checked here.
        let state = unsafe { ffi::peer_tx_new(modem, rate, c_int::from(tep), level.0) };
        let state = NonNull::new(state).expect("the library makes a transmitter");
        let mut transmitter = Self { state, opening, tep, bits };
        transmitter.begin(opening.training(), 0);
        transmitter
    }

    /// Starts another burst with new bits, its carrier at phase 0 as the library always starts.
    pub fn restart(&mut self, training: Training, bits: Bits) {
        self.restart_at(training, bits, 0);
    }

    /// Starts another burst with the carrier at a phase of 2^32 to the turn (V.21: of its oscillator).
    /// The library has no function for it: the shim sets its private state.
    pub fn restart_at(&mut self, training: Training, bits: Bits, carrier_phase: u32) {
        self.bits = bits;
        self.begin(training, carrier_phase);
    }

    /// Writes samples; fewer than asked for only when the burst has ended (0 from then on). The fast
    /// modems round their last block up with silence, so the end is known to within 50 ms.
    pub fn fill(&mut self, out: &mut [i16]) -> usize {
        let mut filled = 0;
        for block in out.chunks_mut(BLOCK) {
            self.feed();
            // SAFETY: the state lives as long as self; the block is valid for its length.
            let made =
                unsafe { ffi::peer_tx_fill(self.state.as_ptr(), block.as_mut_ptr(), block.len() as c_int) };
            filled += usize::try_from(made).unwrap_or(0);
            if (made as usize) < block.len() {
                break;
            }
        }
        filled
    }

    /// The whole rest of the burst. Endless with [`Bits::Prbs`]; see [`Transmitter::end`].
    pub fn samples(&mut self) -> Vec<i16> {
        let mut samples = Vec::new();
        let mut block = [0; 80];
        loop {
            let filled = self.fill(&mut block);
            samples.extend_from_slice(&block[..filled]);
            if filled < block.len() {
                return samples;
            }
        }
    }

    /// Stops [`Bits::Prbs`]: no more bits, the turn-off follows.
    pub fn end(&mut self) {
        // SAFETY: the state lives as long as self.
        unsafe { ffi::peer_tx_end_of_bits(self.state.as_ptr()) };
        self.bits = Bits::Pull(Box::new(|| None));
    }

    /// User bits the modem has taken since it was made.
    pub fn bits_taken(&self) -> u64 {
        // SAFETY: the state lives as long as self.
        unsafe { ffi::peer_tx_bits_taken(self.state.as_ptr()) }
    }

    /// The opening it was made for.
    pub fn opening(&self) -> Opening {
        self.opening
    }

    fn begin(&mut self, training: Training, carrier_phase: u32) {
        let tep = c_int::from(self.tep);
        // SAFETY: the state lives as long as self; a modem made once can be restarted at its rate.
        unsafe { ffi::peer_tx_restart(self.state.as_ptr(), tep, short_train(training), carrier_phase) };
        if let Bits::Prbs(seed) = self.bits {
            // SAFETY: the state lives as long as self.
            unsafe { ffi::peer_tx_prbs(self.state.as_ptr(), seed) };
        }
    }

    fn feed(&mut self) {
        let Bits::Pull(pull) = &mut self.bits else { return };
        // SAFETY: the state lives as long as self.
        let room = unsafe { ffi::peer_tx_room(self.state.as_ptr()) };
        let held = CAPACITY.saturating_sub(room as usize);
        let mut bits = [0; AHEAD];
        let mut count = 0;
        for bit in bits.iter_mut().take(AHEAD.saturating_sub(held)) {
            let Some(next) = pull() else {
                self.bits = Bits::Pull(Box::new(|| None));
                break;
            };
            *bit = u8::from(next);
            count += 1;
        }
        // SAFETY: the state lives as long as self; the first `count` octets are valid and fit.
        unsafe { ffi::peer_tx_push(self.state.as_ptr(), bits.as_ptr(), count) };
    }
}

/// Bits the shim's queue holds.
const CAPACITY: usize = 4096;

impl Drop for Transmitter {
    fn drop(&mut self) {
        // SAFETY: made by peer_tx_new, freed once.
        unsafe { ffi::peer_tx_free(self.state.as_ptr()) };
    }
}

// SAFETY: the state is owned by this value alone and the library keeps none per thread.
unsafe impl Send for Transmitter {}
