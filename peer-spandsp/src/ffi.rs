//! The shim's functions, as `shim/shim.h` declares them.

use core::ffi::c_int;

/// `hdlc_tx_state_t`.
#[repr(C)]
pub(crate) struct HdlcTx {
    _opaque: [u8; 0],
}

/// `peer_hdlc_rx`.
#[repr(C)]
pub(crate) struct HdlcRx {
    _opaque: [u8; 0],
}

/// `modem_connect_tones_tx_state_t`.
#[repr(C)]
pub(crate) struct ToneTx {
    _opaque: [u8; 0],
}

/// `peer_tone_rx`.
#[repr(C)]
pub(crate) struct ToneRx {
    _opaque: [u8; 0],
}

/// `peer_v8`.
#[repr(C)]
pub(crate) struct V8 {
    _opaque: [u8; 0],
}

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

/// `peer_t38_core`.
#[repr(C)]
pub(crate) struct T38Core {
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

    pub(crate) fn peer_hdlc_tx_new(flags_between: c_int) -> *mut HdlcTx;
    pub(crate) fn peer_hdlc_tx_free(tx: *mut HdlcTx);
    pub(crate) fn peer_hdlc_tx_flags(tx: *mut HdlcTx, count: c_int) -> c_int;
    pub(crate) fn peer_hdlc_tx_frame(tx: *mut HdlcTx, octets: *const u8, count: c_int) -> c_int;
    pub(crate) fn peer_hdlc_tx_bit(tx: *mut HdlcTx) -> c_int;

    pub(crate) fn peer_hdlc_rx_new() -> *mut HdlcRx;
    pub(crate) fn peer_hdlc_rx_free(rx: *mut HdlcRx);
    pub(crate) fn peer_hdlc_rx_put(rx: *mut HdlcRx, bit: c_int) -> c_int;
    pub(crate) fn peer_hdlc_rx_report(
        rx: *const HdlcRx,
        index: c_int,
        octets: *mut *const u8,
        good: *mut c_int,
    ) -> c_int;

    pub(crate) fn peer_tone_tx_new(tone: c_int) -> *mut ToneTx;
    pub(crate) fn peer_tone_tx_free(tx: *mut ToneTx);
    pub(crate) fn peer_tone_tx_fill(tx: *mut ToneTx, samples: *mut i16, count: c_int) -> c_int;

    pub(crate) fn peer_tone_rx_new(tone: c_int) -> *mut ToneRx;
    pub(crate) fn peer_tone_rx_free(rx: *mut ToneRx);
    pub(crate) fn peer_tone_rx_process(rx: *mut ToneRx, samples: *const i16, count: c_int) -> c_int;
    pub(crate) fn peer_tone_rx_report(rx: *const ToneRx, index: c_int, tone: *mut c_int, level: *mut c_int);

    pub(crate) fn peer_v8_new(calling: c_int, tone: c_int, function: c_int, modulations: u32) -> *mut V8;
    pub(crate) fn peer_v8_free(v8: *mut V8);
    pub(crate) fn peer_v8_fill(v8: *mut V8, samples: *mut i16, count: c_int) -> c_int;
    pub(crate) fn peer_v8_process(v8: *mut V8, samples: *const i16, count: c_int);
    pub(crate) fn peer_v8_result(
        v8: *const V8,
        status: *mut c_int,
        function: *mut c_int,
        modulations: *mut u32,
    ) -> c_int;

    pub(crate) fn peer_t38_core_new(version: c_int) -> *mut T38Core;
    pub(crate) fn peer_t38_core_free(t38: *mut T38Core);
    pub(crate) fn peer_t38_core_read(
        t38: *mut T38Core,
        octets: *const u8,
        length: c_int,
        count: *mut c_int,
    ) -> c_int;
    pub(crate) fn peer_t38_core_report(
        t38: *const T38Core,
        index: c_int,
        indicator: *mut c_int,
        data_type: *mut c_int,
        field_type: *mut c_int,
        octets: *mut *const u8,
    ) -> c_int;
    pub(crate) fn peer_t38_core_write_indicator(
        t38: *mut T38Core,
        indicator: c_int,
        packet: *mut *const u8,
    ) -> c_int;
    pub(crate) fn peer_t38_core_write_data(
        t38: *mut T38Core,
        data_type: c_int,
        field_types: *const c_int,
        lengths: *const c_int,
        octets: *const u8,
        fields: c_int,
        packet: *mut *const u8,
    ) -> c_int;

    pub(crate) fn peer_alaw_leg(samples: *mut i16, count: c_int);
    pub(crate) fn peer_ulaw_leg(samples: *mut i16, count: c_int);
}
