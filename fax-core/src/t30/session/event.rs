//! What a session tells people: numbers only, nothing of pages, frames' contents or telephone numbers.

use super::desk::Verdict;
use super::outcome::Cause;
use super::timers::Timer;
use crate::signal::Opening;
use crate::t30::fields::{Dis, Terms};
use crate::t30::{Fcf, Refusal};
use crate::time::Timestamp;
use std::collections::VecDeque;

/// Something that a session saw or decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A frame came, whole.
    Heard(Fcf),
    /// A frame came that is none, or has no such field.
    Refused(Refusal),
    /// A frame came with a wrong check, or broken off.
    BadFrame,
    /// A frame was ours: an echo.
    Echo(Fcf),
    /// A burst was begun that ends with this frame.
    Said(Fcf),
    /// A fast burst was begun.
    Sent(Opening),
    /// What the far machine can do.
    Offered(Dis),
    /// What will be used.
    Settled(Terms),
    /// The maker that the far machine names in NSF, NSC or NSS: country and two octets (T.35).
    Maker {
        /// The country, in T.35's notation.
        country: u8,
        /// The octets behind it.
        maker: [u8; 2],
    },
    /// A TCF was heard.
    Tcf {
        /// Bits of it.
        bits: u32,
        /// The longest run of zeros.
        longest: u32,
        /// Whether it was confirmed.
        is_good: bool,
    },
    /// The last command or response is said again.
    Repeated {
        /// How often it has been said, this time included.
        times: u8,
    },
    /// Somebody wishes to speak: PRI-x, PIP or PIN was heard, or said. Within T3 an operator may come:
    /// [`super::Session::operator_speaks`].
    Interrupt(Fcf),
    /// FNV came: a field of ours is refused, by the first octet that names which (T.30 5.3.6.2.13).
    FieldsRefused(u8),
    /// A wait was over.
    Expired(Timer),
    /// A block of an ECM page was sent, or what was asked for of it.
    BlockSent {
        /// Block of the page.
        block: u8,
        /// Frames sent.
        frames: u16,
    },
    /// Frames of a block are missing, here or there.
    FramesMissing {
        /// Block of the page.
        block: u8,
        /// Frames asked for.
        frames: u16,
    },
    /// A page was sent and answered.
    PageSent(PageRecord),
    /// A page was received and answered.
    PageReceived(PageRecord),
    /// The call is over.
    Ended(Cause),
    /// Events were lost because nobody took them.
    Lost(u32),
}

/// The account of one page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageRecord {
    /// Page of the call, from 0; a page sent again counts once.
    pub number: u16,
    /// What was agreed on.
    pub terms: Terms,
    /// Coded octets, each counted once.
    pub octets: u32,
    /// Rows, as far as the sink counts them.
    pub rows: u32,
    /// Rows that could not be decoded.
    pub bad_rows: u32,
    /// The longest run of those.
    pub longest_bad_run: u32,
    /// ECM frames sent or asked for more than once.
    pub frames_resent: u32,
    /// PPR sent or received.
    pub requests: u16,
    /// What was said about it.
    pub verdict: Verdict,
}

impl PageRecord {
    pub(super) const fn new(number: u16, terms: Terms) -> Self {
        Self {
            number,
            terms,
            octets: 0,
            rows: 0,
            bad_rows: 0,
            longest_bad_run: 0,
            frames_resent: 0,
            requests: 0,
            verdict: Verdict::Unsaid,
        }
    }
}

/// Events that nobody has taken yet. It holds [`Events::CAPACITY`]; the oldest give way and are counted.
#[derive(Clone, Debug)]
pub(super) struct Events {
    waiting: VecDeque<(Timestamp, Event)>,
    lost: u32,
}

impl Events {
    const CAPACITY: usize = 64;

    pub(super) fn new() -> Self {
        Self { waiting: VecDeque::with_capacity(Self::CAPACITY), lost: 0 }
    }

    pub(super) fn push(&mut self, at: Timestamp, event: Event) {
        if self.waiting.len() == Self::CAPACITY {
            self.waiting.pop_front();
            self.lost = self.lost.saturating_add(1);
        }
        self.waiting.push_back((at, event));
    }

    pub(super) fn pop(&mut self) -> Option<(Timestamp, Event)> {
        let lost = core::mem::take(&mut self.lost);
        match self.waiting.front() {
            Some((at, _)) if lost > 0 => Some((*at, Event::Lost(lost))),
            _ => self.waiting.pop_front(),
        }
    }
}
