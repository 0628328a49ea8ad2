//! What every page was: an account that a person can read.

use crate::t30::Fcf;
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
    /// How long it took until then: sent, from the beginning of its first burst; received, from the CFR or the answer
    /// to the page before it.
    pub took: Span,
}

/// The accounts of a call.
#[derive(Clone, Debug, Default)]
pub(super) struct Ledger {
    pages: Vec<PageAccount>,
    /// When the first burst of the page on its way out began.
    sending: Option<Timestamp>,
    /// Since when a page may come.
    receiving: Option<Timestamp>,
}

/// Accounts that are kept; what comes later is not.
const MAX_PAGES: usize = 4096;

impl Ledger {
    pub(super) fn pages(&self) -> &[PageAccount] {
        &self.pages
    }

    /// Enters an event; `rows_sent` are the rows of the page that was sent last.
    pub(super) fn note(&mut self, at: Timestamp, event: &Event, rows_sent: u32) {
        match event {
            Event::Sent(_) => _ = self.sending.get_or_insert(at),
            Event::Said(Fcf::Cfr) => self.receiving = Some(at),
            Event::PageSent(record) => {
                let begun = self.sending.take().unwrap_or(at);
                self.enter(Way::Sent, PageRecord { rows: rows_sent, ..*record }, begun, at);
            }
            Event::PageReceived(record) => {
                let begun = self.receiving.replace(at).unwrap_or(at);
                self.enter(Way::Received, *record, begun, at);
            }
            _ => {}
        }
    }

    fn enter(&mut self, way: Way, record: PageRecord, begun: Timestamp, at: Timestamp) {
        if self.pages.len() < MAX_PAGES {
            self.pages.push(PageAccount { way, record, at, took: at.since(begun) });
        }
    }
}
