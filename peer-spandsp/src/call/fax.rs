//! The peer's fax machine on a phone line.

use super::terminal::Terminal;
use super::{Outcome, PeerEvent, Role, TerminalSettings, ffi, length};

/// One of the peer's fax machines, off hook since it was made.
pub struct FaxTerminal(Terminal);

impl FaxTerminal {
    /// A machine that takes the line now.
    ///
    /// # Panics
    /// When a text of the settings is too long or holds NUL, or the library has no memory.
    pub fn new(role: Role, settings: &TerminalSettings) -> Self {
        Self(Terminal::new(role, settings, ffi::peer_fax_new))
    }

    /// Hears samples and says as many. It works in blocks of 20 ms or less: what it says can depend on
    /// where blocks end.
    ///
    /// # Panics
    /// When the lengths differ.
    pub fn exchange(&mut self, heard: &[i16], said: &mut [i16]) {
        assert_eq!(heard.len(), said.len(), "a line carries as much one way as the other");
        let count = length(heard.len());
        // SAFETY: the terminal lives as long as self; both slices are valid for `count` samples.
        unsafe { ffi::peer_fax_exchange(self.0.as_ptr(), heard.as_ptr(), said.as_mut_ptr(), count) };
    }

    /// How the call ended, once it has.
    pub fn outcome(&self) -> Option<Outcome> {
        self.0.outcome()
    }

    /// Whether it is on hook; it goes on saying silence.
    pub fn is_finished(&self) -> bool {
        self.0.is_finished()
    }

    /// Ends the call here and now, without DCN.
    pub fn hang_up(&mut self) {
        self.0.hang_up();
    }

    /// What happened since the last call of this.
    pub fn events(&mut self) -> impl Iterator<Item = PeerEvent> + use<> {
        self.0.events().into_iter()
    }
}
