//! What carries a call of one of our fax machines: samples over a pipe, datagrams over a socket, or nothing but
//! virtual time.
//!
//! A [`Terminal`] is a fax machine on a leg and knows neither clock nor I/O; a [`Carrier`] is the outside world of one.
//! Another way to reach a far machine (a SIP dialog with its sockets) is another `Carrier`: it may take its time from
//! where it likes, and put the terminal on another leg while the call runs ([`Terminal::exchange`]).

mod pcm;
mod udptl;
mod virtual_time;

pub use pcm::Pcm;
pub use udptl::{Clock, UdptlSocket};
pub use virtual_time::{Medium, between};

use fax_call::Terminal;
use fax_core::Timestamp;
use fax_core::t30::session::Event;
use std::io;

/// The outside world of a terminal.
pub trait Carrier {
    /// Waits for what comes next, lets the terminal have it, and takes away what the terminal has to say.
    ///
    /// # Errors
    /// What the outside world has against it; the call cannot go on.
    fn step(&mut self, terminal: &mut Terminal) -> io::Result<Step>;

    /// The machine has ended: takes away what was said and has not left yet.
    ///
    /// # Errors
    /// As [`Carrier::step`].
    fn finish(&mut self, terminal: &mut Terminal) -> io::Result<()>;
}

/// Whether the line is still there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// It is.
    On,
    /// The far end, or whoever carries us there, has gone; this was its last moment.
    Dropped(Timestamp),
}

/// Carries a call to its end; `note` is told what happens.
///
/// # Errors
/// As [`Carrier::step`].
pub fn carry(
    terminal: &mut Terminal,
    carrier: &mut dyn Carrier,
    note: &mut dyn FnMut(Timestamp, &Event),
) -> io::Result<()> {
    while terminal.machine().outcome().is_none() {
        let step = carrier.step(terminal)?;
        if let Step::Dropped(at) = step {
            terminal.hang_up(at);
        }
        while let Some((at, event)) = terminal.event() {
            note(at, &event);
        }
        if step != Step::On {
            return Ok(());
        }
    }
    carrier.finish(terminal)
}
