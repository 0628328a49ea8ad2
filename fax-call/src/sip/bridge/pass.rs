//! Requests without an offer, passed across.

use super::super::seam::{Request, RequestId};
use super::{Bridge, Life};
use fax_core::relay::Side;
use fax_core::{Span, Timestamp};

/// Requests that were passed on and have no response yet.
#[derive(Clone, Debug, Default)]
pub(super) struct Passing {
    requests: Vec<Passed>,
    last: u32,
}

#[derive(Clone, Copy, Debug)]
struct Passed {
    /// Who asked.
    from: Side,
    /// Its name there.
    there: RequestId,
    /// Its name on the other leg.
    here: RequestId,
    until: Timestamp,
}

/// So many are passed on at a time; the rest get 503.
const MOST: usize = 8;

/// A transaction lasts 32 s (RFC 3261 17.1.2.2, timer F).
const PATIENCE: Span = Span::from_millis(33_000);

impl Passing {
    pub(super) fn deadline(&self) -> Option<Timestamp> {
        self.requests.iter().map(|passed| passed.until).min()
    }
}

impl Bridge {
    /// INFO, REFER, NOTIFY and MESSAGE are between the ends; the rest is between us and one of them.
    pub(super) fn pass(&mut self, now: Timestamp, from: Side, request: Request) {
        let there = request.id;
        let crossing = matches!(request.method.as_str(), "INFO" | "REFER" | "NOTIFY" | "MESSAGE");
        let open = self.passing.requests.len() < MOST;
        let up = matches!(self.life, Life::Up { .. });
        let code = match request.method.as_str() {
            "OPTIONS" => 200,
            _ if !crossing => 405,
            _ if !up => 480,
            _ if !open => 503,
            _ => {
                self.passing.last = self.passing.last.wrapping_add(1);
                let here = RequestId(self.passing.last);
                if let Some(other) = self.dialog(from.other()) {
                    other.request(Request { id: here, ..request });
                    self.passing.requests.push(Passed { from, there, here, until: now + PATIENCE });
                }
                return;
            }
        };
        if let Some(dialog) = self.dialog(from) {
            dialog.respond(there, code);
        }
    }

    /// The response came, on that side.
    pub(super) fn passed(&mut self, side: Side, here: RequestId, code: u16) {
        let is_it = |passed: &Passed| passed.from == side.other() && passed.here == here;
        if let Some(index) = self.passing.requests.iter().position(is_it) {
            let Passed { from, there, .. } = self.passing.requests.swap_remove(index);
            self.respond(from, there, code);
        }
    }

    pub(super) fn late_responses(&mut self, now: Timestamp) {
        self.give_up_on(|passed| passed.until <= now, 408);
    }

    /// The call ends: what waits for a response gets this one.
    pub(super) fn refuse_what_passes(&mut self) {
        self.give_up_on(|_| true, 487);
    }

    fn give_up_on(&mut self, which: impl Fn(&Passed) -> bool, code: u16) {
        let (over, kept) = self.passing.requests.iter().copied().partition(which);
        self.passing.requests = kept;
        let over: Vec<Passed> = over;
        for Passed { from, there, .. } in over {
            self.respond(from, there, code);
        }
    }

    /// A dialog that is gone has answered by itself.
    fn respond(&mut self, side: Side, id: RequestId, code: u16) {
        if let Some(dialog) = self.dialog(side).filter(|dialog| !dialog.is_over()) {
            dialog.respond(id, code);
        }
    }
}
