//! What the peer's fax machines on audio and on T.38 share.

use super::{Outcome, Pacing, PeerEvent, Role, Sent, TerminalSettings, ffi, journal, length};
use core::ffi::{CStr, c_int};
use core::ptr::NonNull;
use std::ffi::CString;
use std::path::Path;

/// T30_MAX_IDENT_LEN of the library.
const MAX_IDENT: usize = 20;

/// What the library keeps of a file's name.
const MAX_PATH: usize = 255;

/// T30_SUPPORT_T85_COMPRESSION and T30_SUPPORT_T85_L0_COMPRESSION.
const T85: c_int = 0x30;

/// One of the peer's fax machines, freed with this.
pub(crate) struct Terminal(NonNull<ffi::Terminal>);

/// One of the shim's two constructors.
pub(crate) type Make = unsafe extern "C" fn(c_int, *const ffi::TerminalSettings) -> *mut ffi::Terminal;

impl Terminal {
    /// # Panics
    /// When a text is too long or holds NUL, or the library has no memory.
    pub(crate) fn new(role: Role, settings: &TerminalSettings, make: Make) -> Self {
        let send = settings.send.as_deref().map(path);
        let receive = settings.receive.as_deref().map(path);
        let ident = ident(&settings.ident);
        let sub_address = settings.sub_address.as_deref().map(self::ident);
        let polling_address = settings.polling_address.as_deref().map(self::ident);
        let password = settings.password.as_deref().map(self::ident);
        let pointer = |text: &Option<CString>| text.as_ref().map_or(core::ptr::null(), |text| text.as_ptr());
        let for_shim = ffi::TerminalSettings {
            send: pointer(&send),
            receive: pointer(&receive),
            ident: ident.as_ptr(),
            sub_address: pointer(&sub_address),
            polling_address: pointer(&polling_address),
            password: pointer(&password),
            nsf: settings.nsf.as_ptr(),
            nsf_length: length(settings.nsf.len()),
            ecm: c_int::from(settings.ecm),
            compressions: settings.coding.bits() | if settings.jbig { T85 } else { 0 },
            modems: settings.modems.0 as c_int,
            max_rate: settings.max_rate.map_or(0, |rate| rate as c_int),
            tep: c_int::from(settings.tep),
            min_row_ms: settings.min_row_ms as c_int,
            not_ready: settings.not_ready as c_int,
            log_level: settings.log.level(),
            unpaced: c_int::from(settings.t38.pacing == Pacing::Unpaced),
            t38: settings.t38.for_shim(),
        };
        // SAFETY: the settings and the texts they point to live through the call, and the library copies
        // what it keeps. NULL is checked here.
        let terminal = unsafe { make(c_int::from(role == Role::Caller), &for_shim) };
        Self(NonNull::new(terminal).expect("the library makes a terminal"))
    }

    pub(crate) fn as_ptr(&self) -> *mut ffi::Terminal {
        self.0.as_ptr()
    }

    pub(crate) fn is_finished(&self) -> bool {
        // SAFETY: the terminal lives as long as self.
        unsafe { ffi::peer_terminal_active(self.as_ptr()) == 0 }
    }

    pub(crate) fn outcome(&self) -> Option<Outcome> {
        let mut outcome = ffi::Outcome::default();
        // SAFETY: the terminal lives as long as self, and the place outlives the call.
        let ended = unsafe { ffi::peer_terminal_outcome(self.as_ptr(), &mut outcome) };
        (ended != 0).then(|| Outcome::of(&outcome))
    }

    pub(crate) fn hang_up(&mut self) {
        // SAFETY: the terminal lives as long as self.
        unsafe { ffi::peer_terminal_hang_up(self.as_ptr()) };
    }

    pub(crate) fn events(&mut self) -> Vec<PeerEvent> {
        // SAFETY: the terminal lives as long as self.
        let journal = unsafe { ffi::peer_terminal_journal(self.as_ptr()) };
        NonNull::new(journal).map_or_else(Vec::new, |journal| {
            // SAFETY: it is part of the terminal, which is borrowed.
            unsafe { journal::events(journal) }
        })
    }

    pub(crate) fn sent(&mut self) -> Option<Sent> {
        // SAFETY: the terminal lives as long as self.
        let outbox = unsafe { ffi::peer_terminal_outbox(self.as_ptr()) };
        // SAFETY: it is part of the terminal, which is borrowed.
        NonNull::new(outbox).and_then(|outbox| unsafe { journal::sent(outbox) })
    }
}

impl Outcome {
    fn of(outcome: &ffi::Outcome) -> Self {
        let text = ffi::t30_completion_code_to_str(outcome.code);
        // SAFETY: the library answers every code with a static text.
        let text = unsafe { CStr::from_ptr(text) };
        Self {
            ok: outcome.code == 0,
            code: outcome.code,
            text: text.to_string_lossy().into_owned(),
            pages_sent: outcome.pages_sent as u32,
            pages_received: outcome.pages_received as u32,
            bit_rate: outcome.bit_rate as u32,
            ecm: outcome.ecm != 0,
            ecm_retries: outcome.ecm_retries as u32,
            bad_rows: outcome.bad_rows as u32,
            longest_bad_run: outcome.longest_bad_run as u32,
        }
    }
}

/// A file's name that the library does not cut.
fn path(path: &Path) -> CString {
    let octets = path.as_os_str().as_encoded_bytes();
    assert!(octets.len() <= MAX_PATH, "the library takes file names of {MAX_PATH} octets");
    CString::new(octets).expect("a file name without NUL")
}

/// An address or a password that the library does not refuse.
fn ident(text: &str) -> CString {
    assert!(text.len() <= MAX_IDENT, "T.30 takes {MAX_IDENT} characters");
    CString::new(text).expect("a text without NUL")
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // SAFETY: made by one of the shim's constructors, freed once.
        unsafe { ffi::peer_terminal_free(self.as_ptr()) };
    }
}

// SAFETY: the state is owned by this value alone; what the library keeps per thread (where its log goes)
// is set for the length of a call.
unsafe impl Send for Terminal {}
