//! The shim's functions for calls, as `shim/call.h` and `shim/tiff.c` declare them.

use core::ffi::{c_char, c_int};

/// `peer_terminal`.
#[repr(C)]
pub(crate) struct Terminal {
    _opaque: [u8; 0],
}

/// `peer_gateway`.
#[repr(C)]
pub(crate) struct Gateway {
    _opaque: [u8; 0],
}

/// `peer_journal`.
#[repr(C)]
pub(crate) struct Journal {
    _opaque: [u8; 0],
}

/// `peer_outbox`.
#[repr(C)]
pub(crate) struct Outbox {
    _opaque: [u8; 0],
}

/// `TIFF` of libtiff.
#[repr(C)]
pub(crate) struct Tiff {
    _opaque: [u8; 0],
}

/// `peer_t38_settings`.
#[repr(C)]
pub(crate) struct T38Settings {
    pub(crate) version: c_int,
    pub(crate) copies: [c_int; 5],
    pub(crate) fill_bit_removal: c_int,
}

/// `peer_terminal_settings`.
#[repr(C)]
pub(crate) struct TerminalSettings {
    pub(crate) send: *const c_char,
    pub(crate) receive: *const c_char,
    pub(crate) ident: *const c_char,
    pub(crate) sub_address: *const c_char,
    pub(crate) polling_address: *const c_char,
    pub(crate) password: *const c_char,
    pub(crate) nsf: *const u8,
    pub(crate) nsf_length: c_int,
    pub(crate) ecm: c_int,
    pub(crate) compressions: c_int,
    pub(crate) modems: c_int,
    pub(crate) max_rate: c_int,
    pub(crate) tep: c_int,
    pub(crate) min_row_ms: c_int,
    pub(crate) not_ready: c_int,
    pub(crate) log_level: c_int,
    pub(crate) unpaced: c_int,
    pub(crate) t38: T38Settings,
}

/// `peer_gateway_settings`.
#[repr(C)]
pub(crate) struct GatewaySettings {
    pub(crate) ecm: c_int,
    pub(crate) modems: c_int,
    pub(crate) tep: c_int,
    pub(crate) pass_nsf: c_int,
    pub(crate) log_level: c_int,
    pub(crate) t38: T38Settings,
}

/// `peer_outcome`.
#[repr(C)]
#[derive(Default)]
pub(crate) struct Outcome {
    pub(crate) code: c_int,
    pub(crate) pages_sent: c_int,
    pub(crate) pages_received: c_int,
    pub(crate) bit_rate: c_int,
    pub(crate) ecm: c_int,
    pub(crate) ecm_retries: c_int,
    pub(crate) bad_rows: c_int,
    pub(crate) longest_bad_run: c_int,
}

unsafe extern "C" {
    /// The library's own: a static text for any code.
    pub(crate) safe fn t30_completion_code_to_str(code: c_int) -> *const c_char;

    pub(crate) fn peer_fax_new(calling: c_int, settings: *const TerminalSettings) -> *mut Terminal;
    pub(crate) fn peer_fax_exchange(terminal: *mut Terminal, heard: *const i16, said: *mut i16, count: c_int);

    pub(crate) fn peer_t38_terminal_new(calling: c_int, settings: *const TerminalSettings) -> *mut Terminal;
    pub(crate) fn peer_t38_terminal_advance(terminal: *mut Terminal, samples: c_int);
    pub(crate) fn peer_t38_terminal_receive(
        terminal: *mut Terminal,
        octets: *const u8,
        count: c_int,
        seq: c_int,
    ) -> c_int;

    pub(crate) fn peer_terminal_free(terminal: *mut Terminal);
    pub(crate) fn peer_terminal_active(terminal: *mut Terminal) -> c_int;
    pub(crate) fn peer_terminal_outcome(terminal: *const Terminal, outcome: *mut Outcome) -> c_int;
    pub(crate) fn peer_terminal_hang_up(terminal: *mut Terminal);
    pub(crate) fn peer_terminal_journal(terminal: *mut Terminal) -> *mut Journal;
    pub(crate) fn peer_terminal_outbox(terminal: *mut Terminal) -> *mut Outbox;

    pub(crate) fn peer_gateway_new(settings: *const GatewaySettings) -> *mut Gateway;
    pub(crate) fn peer_gateway_free(gateway: *mut Gateway);
    pub(crate) fn peer_gateway_exchange(
        gateway: *mut Gateway,
        heard: *const i16,
        said: *mut i16,
        count: c_int,
    );
    pub(crate) fn peer_gateway_receive(
        gateway: *mut Gateway,
        octets: *const u8,
        count: c_int,
        seq: c_int,
    ) -> c_int;
    pub(crate) fn peer_gateway_statistics(
        gateway: *mut Gateway,
        pages: *mut c_int,
        bit_rate: *mut c_int,
        ecm: *mut c_int,
    );
    pub(crate) fn peer_gateway_journal(gateway: *mut Gateway) -> *mut Journal;
    pub(crate) fn peer_gateway_outbox(gateway: *mut Gateway) -> *mut Outbox;

    pub(crate) fn peer_journal_take(journal: *mut Journal, lost: *mut u32) -> *const c_char;
    pub(crate) fn peer_outbox_take(
        outbox: *mut Outbox,
        count: *mut c_int,
        copies: *mut c_int,
        seq: *mut c_int,
        lost: *mut u32,
    ) -> *const u8;

    pub(crate) fn peer_tiff_open(path: *const c_char, writing: c_int) -> *mut Tiff;
    pub(crate) fn peer_tiff_close(file: *mut Tiff);
    pub(crate) fn peer_tiff_page(file: *mut Tiff, page: c_int, width: *mut u32, height: *mut u32) -> c_int;
    pub(crate) fn peer_tiff_read_row(file: *mut Tiff, row: u32, octets: *mut u8, count: c_int) -> c_int;
    pub(crate) fn peer_tiff_write_page(
        file: *mut Tiff,
        width: u32,
        height: u32,
        rows: *const u8,
        octets_a_row: c_int,
    ) -> c_int;
}
