//! The SIP messages of a dialog, shown as they pass to whoever wants them.
//!
//! Always: nobody waits for a tap; while there is none, a message costs one look at a counter.
//! Not here: what may be kept of them.

use super::message::{cseq, value};
use super::shared::{Shared, lock};
use super::stack::{HasHeaders, MessageInspector, Response, SipAddr, SipMessage};
use core::net::SocketAddr;
use core::sync::atomic::{AtomicUsize, Ordering};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

/// A message as it passes. Over a stream its addresses are those of the stream.
#[derive(Clone, Copy, Debug)]
pub struct Traffic<'a> {
    /// Who sent it.
    pub from: SocketAddr,
    /// Who gets it.
    pub to: SocketAddr,
    /// All of it. It holds telephone numbers, and digests of passwords.
    pub octets: &'a [u8],
}

/// What messages are shown to.
#[derive(Clone)]
pub struct Tap(Arc<dyn Fn(Traffic<'_>) + Send + Sync>);

impl Tap {
    /// Shows them to `look`, which must not wait.
    pub fn new(look: impl Fn(Traffic<'_>) + Send + Sync + 'static) -> Self {
        Self(Arc::new(look))
    }
}

impl core::fmt::Debug for Tap {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Tap")
    }
}

/// The taps of an endpoint, by Call-ID.
#[derive(Default)]
pub(super) struct Taps {
    count: AtomicUsize,
    lines: Mutex<HashMap<String, Line>>,
}

struct Line {
    tap: Tap,
    /// Where we are, and where the peer is, as soon as that is known.
    ends: Option<[SocketAddr; 2]>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    Came,
    Went,
}

impl Taps {
    /// Messages between `ours` and `theirs` are those of the dialog.
    pub(super) fn lead(&self, call_id: &str, ours: SocketAddr, theirs: SocketAddr) {
        if self.count.load(Ordering::Relaxed) > 0
            && let Some(line) = lock(&self.lines).get_mut(call_id)
        {
            line.ends = Some([ours, theirs]);
        }
    }

    pub(super) fn came(&self, message: &SipMessage) {
        self.show(message, || message.to_bytes(), Direction::Came);
    }

    pub(super) fn went(&self, message: &SipMessage) {
        self.show(message, || message.to_bytes(), Direction::Went);
    }

    /// A response that is given to the stack: a dialog may be over before the stack has sent it.
    pub(super) fn answered(&self, response: &Response) {
        self.show(response, || response.to_bytes(), Direction::Went);
    }

    fn show(&self, message: &impl HasHeaders, octets: impl Fn() -> Vec<u8>, direction: Direction) {
        if self.count.load(Ordering::Relaxed) == 0 {
            return;
        }
        let Some(call_id) = value(message, "Call-ID") else { return };
        let line = lock(&self.lines).get(call_id).map(|line| (line.tap.clone(), line.ends));
        let Some((tap, Some([ours, theirs]))) = line else { return };
        let (from, to) = if direction == Direction::Came { (theirs, ours) } else { (ours, theirs) };
        (tap.0)(Traffic { from, to, octets: &octets() });
    }
}

/// A tap on a dialog; gone when this is.
pub(super) struct Tapped {
    shared: Arc<Shared>,
    call_id: String,
}

/// The INVITE that began a dialog of a peer.
pub(super) struct Beginning {
    pub(super) ours: SocketAddr,
    pub(super) theirs: SocketAddr,
    pub(super) invite: SipMessage,
}

impl Tapped {
    /// Shows the messages of a dialog from now on, and the INVITE that began it.
    pub(super) fn new(shared: &Arc<Shared>, call_id: String, tap: Tap, beginning: Option<Beginning>) -> Self {
        let taps = &shared.taps;
        let ends = beginning.as_ref().map(|beginning| [beginning.ours, beginning.theirs]);
        lock(&taps.lines).insert(call_id.clone(), Line { tap, ends });
        taps.count.fetch_add(1, Ordering::Relaxed);
        if let Some(beginning) = beginning {
            taps.came(&beginning.invite);
        }
        Self { shared: Arc::clone(shared), call_id }
    }
}

impl Drop for Tapped {
    fn drop(&mut self) {
        lock(&self.shared.taps.lines).remove(&self.call_id);
        self.shared.taps.count.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Sees what the stack sends.
pub(super) struct Sent(pub(super) Arc<Shared>);

impl MessageInspector for Sent {
    fn before_send(&self, message: SipMessage, _: Option<&SipAddr>) -> SipMessage {
        // Responses of dialogs have been shown; that to a CANCEL is the stack's own.
        let is_request = matches!(message, SipMessage::Request(_));
        if is_request || cseq(&message).is_some_and(|(_, method)| method == "CANCEL") {
            self.0.taps.went(&message);
        }
        message
    }

    /// What comes is seen by the gate, from wherever it may come.
    fn after_received(&self, message: SipMessage, _: Option<&SipAddr>) -> SipMessage {
        message
    }
}
