//! The shim's functions, as `shim/shim.h` declares them.

use core::ffi::c_int;

/// `peer_tx`.
#[repr(C)]
pub(crate) struct Tx {
    _opaque: [u8; 0],
}

/// `peer_rx`.
#[repr(C)]
pub(crate) struct Rx {
    _opaque: [u8; 0],
}

unsafe extern "C" {
    pub(crate) fn peer_tx_new(modem: c_int, rate: c_int, tep: c_int, level: f32) -> *mut Tx;
    pub(crate) fn peer_tx_free(tx: *mut Tx);
    pub(crate) fn peer_tx_restart(tx: *mut Tx, tep: c_int, short_train: c_int, carrier_phase: u32) -> c_int;
    pub(crate) fn peer_tx_prbs(tx: *mut Tx, seed: u32);
    pub(crate) fn peer_tx_room(tx: *const Tx) -> c_int;
    pub(crate) fn peer_tx_push(tx: *mut Tx, bits: *const u8, count: c_int) -> c_int;
    pub(crate) fn peer_tx_end_of_bits(tx: *mut Tx);
    pub(crate) fn peer_tx_fill(tx: *mut Tx, samples: *mut i16, count: c_int) -> c_int;
    pub(crate) fn peer_tx_bits_taken(tx: *const Tx) -> u64;

    pub(crate) fn peer_rx_new(modem: c_int, rate: c_int, cutoff: f32) -> *mut Rx;
    pub(crate) fn peer_rx_free(rx: *mut Rx);
    pub(crate) fn peer_rx_restart(rx: *mut Rx, short_train: c_int) -> c_int;
    pub(crate) fn peer_rx_process(rx: *mut Rx, samples: *const i16, count: c_int) -> c_int;
    pub(crate) fn peer_rx_reports(rx: *const Rx) -> *const i8;
    pub(crate) fn peer_rx_count(rx: *mut Rx, samples: *const i16, count: c_int);
    pub(crate) fn peer_rx_bits_counted(rx: *const Rx) -> u64;
    pub(crate) fn peer_rx_ones_counted(rx: *const Rx) -> u64;
    pub(crate) fn peer_rx_carrier(rx: *const Rx) -> f32;
    pub(crate) fn peer_rx_power(rx: *const Rx) -> f32;
}
