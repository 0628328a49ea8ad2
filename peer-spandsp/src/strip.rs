//! libtiff's fax codec on memory: the octets of whole strips, and the time that the codec itself took.

use core::ffi::{c_int, c_uint};
use core::time::Duration;

/// How libtiff codes a page of one strip, first bit on top.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TiffStrip {
    /// Pels a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// The coding.
    pub coding: StripCoding,
    /// With T.4, that each end of line ends an octet.
    pub aligned: bool,
}

/// The codings of libtiff.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StripCoding {
    /// T.4, every row by itself.
    Mh,
    /// T.4, of two rows one by itself.
    MrK2,
    /// T.4, of four rows one by itself.
    MrK4,
    /// T.6.
    Mmr,
}

/// `peer_strip` of the shim.
#[repr(C)]
struct Strip {
    width: u32,
    height: u32,
    compression: c_int,
    t4_options: c_uint,
    vertical: f32,
}

unsafe extern "C" {
    fn peer_strip_encode(
        strip: *const Strip,
        rows: *const u8,
        row_octets: u64,
        out: *mut u8,
        capacity: u64,
        nanoseconds: *mut u64,
    ) -> i64;
    #[allow(clippy::too_many_arguments)] // plain buffers, as everywhere in the shim
    fn peer_strip_decode(
        strip: *const Strip,
        octets: *const u8,
        length: u64,
        rows: *mut u8,
        row_octets: u64,
        scratch: *mut u8,
        capacity: u64,
        nanoseconds: *mut u64,
    ) -> c_int;
}

impl TiffStrip {
    /// Codes into `octets`, whose room is kept for the next time; gives how many they are and what coding took, or
    /// `None` where libtiff refuses.
    pub fn encode(&self, rows: &[u8], octets: &mut Vec<u8>) -> Option<(usize, Duration)> {
        let row_octets = u64::from(self.width.div_ceil(8));
        assert_eq!(rows.len() as u64, row_octets * u64::from(self.height));
        octets.resize(octets.len().max(rows.len() * 8 + 65536), 0);
        let mut nanoseconds = 0;
        let capacity = octets.len() as u64;
        let strip = self.as_the_shim_has_it();
        let (from, out) = (rows.as_ptr(), octets.as_mut_ptr());
        // SAFETY: `rows` has `height` rows and `out` `capacity` octets; nothing is kept.
        let length = unsafe { peer_strip_encode(&strip, from, row_octets, out, capacity, &mut nanoseconds) };
        Some((usize::try_from(length).ok()?, Duration::from_nanos(nanoseconds)))
    }

    /// Decodes into `rows`, and gives what it took; `None` where libtiff cannot read the strip.
    pub fn decode(&self, octets: &[u8], rows: &mut Vec<u8>) -> Option<Duration> {
        let row_octets = u64::from(self.width.div_ceil(8));
        rows.resize((row_octets * u64::from(self.height)) as usize, 0);
        let mut scratch = vec![0; octets.len() + 65536];
        let mut nanoseconds = 0;
        let strip = self.as_the_shim_has_it();
        // SAFETY: each pointer comes with the length of its buffer; nothing is kept.
        let done = unsafe {
            peer_strip_decode(
                &strip,
                octets.as_ptr(),
                octets.len() as u64,
                rows.as_mut_ptr(),
                row_octets,
                scratch.as_mut_ptr(),
                scratch.len() as u64,
                &mut nanoseconds,
            )
        };
        (done == 0).then_some(Duration::from_nanos(nanoseconds))
    }

    fn as_the_shim_has_it(&self) -> Strip {
        let (compression, two_dimensional, vertical) = match self.coding {
            StripCoding::Mh => (3, 0, 196.0),
            StripCoding::MrK2 => (3, 1, 98.0),
            StripCoding::MrK4 => (3, 1, 196.0),
            StripCoding::Mmr => (4, 0, 196.0),
        };
        let t4_options = two_dimensional | if self.aligned { 4 } else { 0 };
        Strip { width: self.width, height: self.height, compression, t4_options, vertical }
    }
}
