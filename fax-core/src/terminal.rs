//! A fax machine: a session of T.30 with a document on its way out, and a place for documents that come in.
//!
//! ```text
//!     Document                 ReceivedPage          pages in memory, rows as MMR
//!        |                          ^
//!     Outgoing                  Incoming             fitted, headed, coded   decoded, judged, kept
//!          \                     /
//!           Source    Session   Sink                 T.30
//!                        |
//!                      Line                          AudioLine, T38Line
//! ```
//!
//! Pages are coded while they leave and decoded while they come, in the coding, width, resolution and least time of
//! a row that the session has settled. Only their compact form is kept.
//!
//! From: `docs/fax-machine.md`.
//! Always: a page goes one to one, pel for pel, where the far machine can print it so; memory is bounded by
//! [`Limits`], and a machine that is full says RNR, or RTN, and never MCF. Memory is taken when a page begins.
//! Not here: files' I/O (`files` is between octets and pages), lines, clocks.

mod account;
mod coder;
#[cfg(any(feature = "tiff", feature = "pdf", feature = "png"))]
pub mod files;
mod fit;
mod incoming;
mod outgoing;
mod page;

pub use account::{PageAccount, Way};
pub use incoming::ReceivedPage;
pub use outgoing::Header;
pub use page::{Document, Limits, Page, PageRefusal, PageWriter};

use crate::line::{Events, Line};
use crate::t30::fields::Coding;
use crate::t30::session::{self, Event, Outcome, Remote, Role, Session, Timer};
use crate::time::Timestamp;
use crate::units::Decibel;
use account::Ledger;
use incoming::Incoming;
use outgoing::Outgoing;

/// What a fax machine is and does, pages included.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Its T.30.
    pub session: session::Settings,
    /// In which codings it sends, the best first; MH is always possible.
    pub codings: &'static [Coding],
    /// A line above every page that it sends.
    pub header: Option<Header>,
    /// What it may keep of what it receives.
    pub limits: Limits,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            session: session::Settings::default(),
            codings: &[Coding::Mmr, Coding::Mr, Coding::Mh],
            header: None,
            limits: Limits::default(),
        }
    }
}

/// A fax machine at one end of a call, on any [`Line`]. It is driven as a [`Session`] is.
pub struct FaxMachine {
    session: Session,
    outgoing: Outgoing,
    incoming: Incoming,
    ledger: Ledger,
    events: Events<Event, EVENTS>,
}

/// Events that wait to be taken; of more, the oldest give way.
const EVENTS: usize = 256;

impl FaxMachine {
    /// A machine that sends `document` (nothing, if it is empty) and receives what comes; off hook from the first
    /// [`FaxMachine::drive`] on.
    pub fn new(role: Role, settings: Settings, document: Document) -> Self {
        let Settings { session, codings, header, limits } = settings;
        Self {
            session: Session::new(role, session),
            outgoing: Outgoing::new(document, codings, header),
            incoming: Incoming::new(limits),
            ledger: Ledger::default(),
            events: Events::new(),
        }
    }

    /// Takes what the line has heard, does what is due, and says what there is room for.
    pub fn drive<L: Line>(&mut self, now: Timestamp, line: &mut L) {
        self.session.drive(now, line, &mut self.outgoing, &mut self.incoming);
        self.settle();
    }

    /// When it must be driven again though the line has nothing new; see [`Session::deadline`].
    pub fn deadline(&self) -> Option<(Timestamp, Timer)> {
        self.session.deadline()
    }

    /// See [`Session::training_margin`].
    pub fn training_margin(&mut self, margin: Decibel) {
        self.session.training_margin(margin);
    }

    /// See [`Session::moved`].
    pub fn moved<L: Line>(&mut self, now: Timestamp, line: &mut L) {
        self.session.moved(now, line);
    }

    /// The line was dropped, by the network, the far machine or its owner.
    pub fn dropped(&mut self, now: Timestamp) {
        self.session.dropped(now, &mut self.outgoing, &mut self.incoming);
        self.settle();
    }

    /// The next event, oldest first; at most 256 wait.
    pub fn event(&mut self) -> Option<(Timestamp, Event)> {
        self.events.take()
    }

    /// How the call ended, once it has.
    pub fn outcome(&self) -> Option<Outcome> {
        self.session.outcome()
    }

    /// What the far machine said about itself.
    pub fn remote(&self) -> &Remote {
        self.session.remote()
    }

    /// The pages that went and came, each time that they did, in order.
    pub fn accounts(&self) -> &[PageAccount] {
        self.ledger.pages()
    }

    /// The pages that came.
    pub fn received(&self) -> &[ReceivedPage] {
        self.incoming.pages()
    }

    /// The pages that came, to be kept.
    pub fn into_received(self) -> Vec<ReceivedPage> {
        self.incoming.into_pages()
    }

    /// Letters of the header line that the font lacks, over all pages: they were printed as boxes.
    pub fn boxes(&self) -> u32 {
        self.outgoing.boxes
    }

    /// Enters what has happened into the account.
    fn settle(&mut self) {
        while let Some((at, event)) = self.session.event() {
            self.ledger.note(at, &event, self.outgoing.rows_sent);
            self.events.note(at, event);
        }
    }
}

/// Not the pages.
impl core::fmt::Debug for FaxMachine {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("FaxMachine").field("outcome", &self.outcome()).finish_non_exhaustive()
    }
}
