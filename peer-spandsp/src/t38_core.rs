//! The peer's IFP codec: packets to what it hears in them, and fields to packets.

use crate::ffi;
use core::ffi::c_int;
use core::ptr::{NonNull, null};

/// Its decoder and its encoder, in one version of T.38.
pub struct T38Core {
    state: NonNull<ffi::T38Core>,
}

/// What it hears in a packet, by the numbers of the ASN.1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum T38Report {
    /// An indicator.
    Indicator(u8),
    /// A field of a data packet.
    Field {
        /// The modem.
        data_type: u8,
        /// The kind.
        field_type: u8,
        /// Its octets.
        octets: Vec<u8>,
    },
}

impl T38Core {
    /// A codec of that version: 0 writes the syntax of 1998, every other that of 2002.
    ///
    /// # Panics
    /// When the library has no memory.
    pub fn new(version: u8) -> Self {
        // SAFETY: plain value; NULL is checked here.
        let state = unsafe { ffi::peer_t38_core_new(c_int::from(version)) };
        Self { state: NonNull::new(state).expect("the library makes a T.38 core") }
    }

    /// What it hears in a packet of at most 2048 octets, and whether it takes the packet; a packet
    /// that it gives up in the middle of has been told of up to there.
    pub fn read(&mut self, packet: &[u8]) -> (Vec<T38Report>, bool) {
        let mut count = 0;
        let length = c_int::try_from(packet.len()).expect("a packet");
        // SAFETY: the state lives as long as self; the packet is valid for its length.
        let verdict =
            unsafe { ffi::peer_t38_core_read(self.state.as_ptr(), packet.as_ptr(), length, &mut count) };
        ((0..count).map(|index| self.report(index)).collect(), verdict == 0)
    }

    /// Its packet for an indicator, if it makes one.
    pub fn write_indicator(&mut self, indicator: u8) -> Option<Vec<u8>> {
        let mut packet = null();
        // SAFETY: the state lives as long as self.
        let length = unsafe {
            ffi::peer_t38_core_write_indicator(self.state.as_ptr(), c_int::from(indicator), &mut packet)
        };
        written(packet, length)
    }

    /// Its packet for at most 64 fields, each a kind and its octets, if it makes one. `None` too for what
    /// might not fit the 1000 octets of its buffer, which it would write past.
    pub fn write_data(&mut self, data_type: u8, fields: &[(u8, Vec<u8>)]) -> Option<Vec<u8>> {
        let kinds: Vec<_> = fields.iter().map(|(kind, _)| c_int::from(*kind)).collect();
        let lengths: Vec<_> = fields.iter().map(|(_, octets)| octets.len() as c_int).collect();
        let octets: Vec<_> = fields.iter().flat_map(|(_, octets)| octets).copied().collect();
        let mut packet = null();
        // SAFETY: the state lives as long as self; kinds and lengths have an entry for each field, and
        // the octets are as many as the lengths say.
        let length = unsafe {
            ffi::peer_t38_core_write_data(
                self.state.as_ptr(),
                c_int::from(data_type),
                kinds.as_ptr(),
                lengths.as_ptr(),
                octets.as_ptr(),
                fields.len() as c_int,
                &mut packet,
            )
        };
        written(packet, length)
    }

    fn report(&self, index: c_int) -> T38Report {
        let (mut indicator, mut data_type, mut field_type, mut octets) = (0, 0, 0, null());
        // SAFETY: the state lives as long as self; every pointer is to a local.
        let length = unsafe {
            ffi::peer_t38_core_report(
                self.state.as_ptr(),
                index,
                &mut indicator,
                &mut data_type,
                &mut field_type,
                &mut octets,
            )
        };
        if indicator >= 0 {
            return T38Report::Indicator(indicator as u8);
        }
        // SAFETY: the report holds `length` octets and stands until the next packet.
        let octets = unsafe { core::slice::from_raw_parts(octets, length as usize) };
        T38Report::Field { data_type: data_type as u8, field_type: field_type as u8, octets: octets.to_vec() }
    }
}

/// A copy of what the encoder left.
fn written(packet: *const u8, length: c_int) -> Option<Vec<u8>> {
    let length = usize::try_from(length).ok()?;
    // SAFETY: a length from 0 on is that of the packet in the state's own buffer.
    let packet = unsafe { core::slice::from_raw_parts(packet, length) };
    Some(packet.to_vec())
}

impl Drop for T38Core {
    fn drop(&mut self) {
        // SAFETY: made by peer_t38_core_new, freed once.
        unsafe { ffi::peer_t38_core_free(self.state.as_ptr()) };
    }
}

// SAFETY: the state is owned by this value alone and the library keeps none per thread.
unsafe impl Send for T38Core {}
