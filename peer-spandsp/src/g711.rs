//! A leg of G.711: what a telephone network does to samples at least once.

use crate::ffi;
use core::ffi::c_int;

/// Which companding law.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Law {
    /// A-law.
    A,
    /// Mu-law.
    Mu,
}

/// Encodes and decodes the samples with the library's codec.
pub fn g711_leg(law: Law, samples: &mut [i16]) {
    let (at, count) = (samples.as_mut_ptr(), samples.len() as c_int);
    match law {
        // SAFETY: the samples are valid for their length.
        Law::A => unsafe { ffi::peer_alaw_leg(at, count) },
        // SAFETY: the samples are valid for their length.
        Law::Mu => unsafe { ffi::peer_ulaw_leg(at, count) },
    }
}
