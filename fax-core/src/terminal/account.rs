//! What every page was: an account that a person can read.

use crate::t30::session::{Event, PageRecord};
use crate::time::{Span, Timestamp};

/// Whether a page went or came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// It was sent.
    Sent,
    /// It was received.
    Received,
}

/// The account of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageAccount {
    /// Which way.
    pub way: Way,
    /// Terms, octets, rows, repetitions and the verdict. Of a page that was sent, the rows that left.
    pub record: PageRecord,
    /// When it was answered, or the call ended.
    pub at: Timestamp,
    /// From its beginning to then; of a page sent again, from the first beginning.
    pub took: Span,
}

/// The accounts of a call.
#[derive(Clone, Debug, Default)]
pub(super) struct Ledger {
    pages: Vec<PageAccount>,
    /// When the page on the line began.
    begun: Option<Timestamp>,
    rows_sent: u32,
}

/// Accounts that are kept; what comes later is not.
const MAX_PAGES: usize = 4096;

impl Ledger {
    pub(super) fn pages(&self) -> &[PageAccount] {
        &self.pages
    }

    /// A page is on the line now.
    pub(super) fn begun(&mut self, now: Timestamp) {
        self.begun.get_or_insert(now);
    }

    /// So many rows of it have left.
    pub(super) fn rows_sent(&mut self, rows: u32) {
        self.rows_sent = rows;
    }

    pub(super) fn note(&mut self, at: Timestamp, event: &Event) {
        let (way, record) = match event {
            Event::PageSent(record) => (Way::Sent, PageRecord { rows: self.rows_sent, ..*record }),
            Event::PageReceived(record) => (Way::Received, *record),
            _ => return,
        };
        let begun = self.begun.take().unwrap_or(at);
        if self.pages.len() < MAX_PAGES {
            self.pages.push(PageAccount { way, record, at, took: at.since(begun) });
        }
    }
}
