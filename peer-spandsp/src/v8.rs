//! The peer's V.8, one party of it: ANSam, CM, JM and CJ in samples.

use crate::{PeerTone, ffi};
use core::ffi::c_int;
use core::ptr::NonNull;

/// One of the peer's V.8 parties.
pub struct V8Party {
    state: NonNull<ffi::V8>,
}

/// Which end of the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum V8Side {
    /// Sends CM and CJ.
    Caller,
    /// Sends this answer tone, then JM.
    Answerer(PeerTone),
}

/// A set of modulations, by the library's `V8_MOD` bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Modulations(pub u32);

/// How a negotiation stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum V8Outcome {
    /// CM was heard; this side goes on.
    Offered(Modulations),
    /// Both messages were exchanged.
    Agreed(Modulations),
    /// The far end does not speak V.8.
    NotV8,
    /// It failed.
    Failed,
}

impl Modulations {
    /// V.17.
    pub const V17: Self = Self(1);
    /// V.21.
    pub const V21: Self = Self(1 << 1);
    /// V.27ter.
    pub const V27TER: Self = Self(1 << 7);
    /// V.29.
    pub const V29: Self = Self(1 << 8);
    /// V.34 half-duplex.
    pub const V34HDX: Self = Self(1 << 10);
    /// What a Group 3 fax has without V.34.
    pub const GROUP_3: Self = Self(Self::V17.0 | Self::V21.0 | Self::V27TER.0 | Self::V29.0);
    /// What a Super G3 fax has.
    pub const SUPER_G3: Self = Self(Self::GROUP_3.0 | Self::V34HDX.0);

    /// Whether all of `other` is in it.
    pub fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

/// The library's V8_CALL_T30_TX: a fax that sends.
const CALL_T30_TX: c_int = 4;

impl V8Party {
    /// A fax that calls to send, or answers, with these modulations.
    ///
    /// # Panics
    /// When the library has no memory.
    pub fn new(side: V8Side, modulations: Modulations) -> Self {
        let (calling, tone) = match side {
            V8Side::Caller => (1, PeerTone::None),
            V8Side::Answerer(tone) => (0, tone),
        };
        // SAFETY: plain values; NULL is checked here.
        let state = unsafe { ffi::peer_v8_new(calling, tone as c_int, CALL_T30_TX, modulations.0) };
        Self { state: NonNull::new(state).expect("the library makes a V.8 party") }
    }

    /// Writes samples; fewer than asked for when it has nothing to send now.
    pub fn fill(&mut self, out: &mut [i16]) -> usize {
        // SAFETY: the state lives as long as self; the samples are valid for their length.
        let filled = unsafe { ffi::peer_v8_fill(self.state.as_ptr(), out.as_mut_ptr(), out.len() as c_int) };
        usize::try_from(filled).unwrap_or(0)
    }

    /// Takes samples.
    pub fn process(&mut self, samples: &[i16]) {
        // SAFETY: the state lives as long as self; the samples are valid for their length.
        unsafe { ffi::peer_v8_process(self.state.as_ptr(), samples.as_ptr(), samples.len() as c_int) };
    }

    /// How it stands, once there is something to say.
    pub fn outcome(&self) -> Option<V8Outcome> {
        let (mut status, mut function, mut modulations) = (0, 0, 0);
        // SAFETY: the state lives as long as self and the three places outlive the call.
        let any =
            unsafe { ffi::peer_v8_result(self.state.as_ptr(), &mut status, &mut function, &mut modulations) };
        let modulations = Modulations(modulations);
        match (any, status) {
            (0, _) | (_, 0) => None,
            (_, 1) => Some(V8Outcome::Offered(modulations)),
            (_, 2) => Some(V8Outcome::Agreed(modulations)),
            (_, 3) => Some(V8Outcome::NotV8),
            _ => Some(V8Outcome::Failed),
        }
    }
}

impl Drop for V8Party {
    fn drop(&mut self) {
        // SAFETY: made by peer_v8_new, freed once.
        unsafe { ffi::peer_v8_free(self.state.as_ptr()) };
    }
}

// SAFETY: the state is owned by this value alone and the library keeps none per thread.
unsafe impl Send for V8Party {}
