//! The peer's fax machine on T.38: a server's fax application, which hears no line.

use super::terminal::Terminal;
use super::{Outcome, PeerEvent, Role, Sent, TerminalSettings, ffi, length};

/// One of the peer's T.38 fax machines.
pub struct T38Terminal(Terminal);

impl T38Terminal {
    /// A machine that begins now.
    ///
    /// # Panics
    /// When a text of the settings is too long or holds NUL, or the library has no memory.
    pub fn new(role: Role, settings: &TerminalSettings) -> Self {
        Self(Terminal::new(role, settings, ffi::peer_t38_terminal_new))
    }

    /// Lets time pass, in 1/8000 s. It looks at the clock once in 20 ms, or at the end of a shorter step;
    /// one look makes one packet at most while it is paced.
    pub fn advance(&mut self, samples: usize) {
        // SAFETY: the terminal lives as long as self.
        unsafe { ffi::peer_t38_terminal_advance(self.0.as_ptr(), length(samples)) };
    }

    /// Takes an IFP packet. Whether it was fit: what is late or repeated is dropped and fit.
    pub fn receive(&mut self, ifp: &[u8], seq: u16) -> bool {
        let (octets, count) = (ifp.as_ptr(), length(ifp.len()));
        // SAFETY: the terminal lives as long as self; the octets are valid for their count.
        unsafe { ffi::peer_t38_terminal_receive(self.0.as_ptr(), octets, count, seq.into()) == 0 }
    }

    /// The next packet that it wants sent; to be asked until there is none.
    pub fn sent(&mut self) -> Option<Sent> {
        self.0.sent()
    }

    /// How the call ended, once it has.
    pub fn outcome(&self) -> Option<Outcome> {
        self.0.outcome()
    }

    /// Whether it is on hook.
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
