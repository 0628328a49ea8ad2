//! What a session takes pages from and gives pages to. Coders, files and printers are behind it.
//!
//! Octets are in line order: the first bit on the line is the top bit. A coded page is whole: with its end
//! of lines, its fill for the minimum scan time, and its RTC, EOFB or end marker.

use super::context::Remote;
use crate::t30::Dis;
use crate::t30::fields::{Coding, Length, Resolution, Terms, Width};

/// Pages to be sent. There is a current page; [`Source::turn`] makes the next one current.
pub trait Source {
    /// Whether there is a page.
    fn has_page(&mut self) -> bool;

    /// A document is to be fetched: whether there is one for this station, its sub-address (PSA) and the document
    /// that it names (SEP). The one that is chosen becomes current.
    fn select(&mut self, _far: &Remote) -> bool {
        true
    }

    /// The form in which the current page can be had, fitted to what the far machine prints; `None` when
    /// there is no page.
    fn page(&mut self, offered: &Dis) -> Option<Format>;

    /// Begins the current page from its first octet, coded as the terms say; also when it is begun again.
    fn begin(&mut self, terms: &Terms);

    /// The next octets of the page; how many. None are its end.
    fn read(&mut self, out: &mut [u8]) -> usize;

    /// What comes after the current page.
    fn follows(&mut self, offered: &Dis) -> Follows;

    /// The current page is done with.
    fn turn(&mut self, fate: Fate);
}

/// A place for received pages.
pub trait Sink {
    /// Pages are announced: whether they are taken from this station, for this sub-address (SUB), with this
    /// identification (SID) or password (PWD).
    fn admits(&mut self, _far: &Remote) -> bool {
        true
    }

    /// A page begins.
    fn begin(&mut self, terms: &Terms);

    /// The next octets of the page. A last octet may be filled up with zeros.
    fn write(&mut self, octets: &[u8]) -> Flow;

    /// Something of the page is lost here: packets, or ECM frames that were given up.
    fn missing(&mut self) {}

    /// The page is over. What it is worth; asked only without ECM.
    fn finish(&mut self) -> Quality;

    /// What the sender was told about the page that was finished last. A rejected page may come again;
    /// whether it is kept is the sink's affair.
    fn settle(&mut self, _verdict: Verdict) {}

    /// Whether another page, or another block of 64 KiB, can be taken. Otherwise an ECM sender is told to
    /// wait.
    fn is_ready(&mut self) -> bool {
        true
    }
}

/// The form of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Format {
    /// Pels and lines.
    pub resolution: Resolution,
    /// Width.
    pub width: Width,
    /// Length.
    pub length: Length,
    /// The codings it can be had in, the best first. Every machine takes MH.
    pub codings: &'static [Coding],
}

/// What comes after a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Follows {
    /// Nothing.
    Nothing,
    /// Another page, in this form.
    Page(Format),
    /// Another document, for which the far machine is asked anew what it can do.
    Document,
}

/// What became of a page that was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// The far machine has it.
    Confirmed,
    /// It was sent as often as is allowed, and the far machine was not content with it.
    Doubtful,
}

/// How the page stands after some of its octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// More is expected.
    More,
    /// RTC has been seen.
    Ended,
    /// No line for 5 s: T.4 2.3 lets a receiver give up.
    Stalled,
}

/// What a page without ECM is worth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quality {
    /// Rows that came.
    pub rows: u32,
    /// Rows of them that could not be decoded.
    pub bad_rows: u32,
    /// The longest run of those.
    pub longest_bad_run: u32,
}

/// What the sender of a page was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// MCF.
    Good,
    /// RTP: good enough, but the modem is to be trained again.
    Poor,
    /// RTN.
    Rejected,
    /// ERR: parts of it are missing for good.
    Incomplete,
    /// Nothing: the call ended.
    Unsaid,
}

/// A desk on which nothing lies and to which nothing can be given.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoPages;

impl Source for NoPages {
    fn has_page(&mut self) -> bool {
        false
    }

    fn page(&mut self, _: &Dis) -> Option<Format> {
        None
    }

    fn begin(&mut self, _: &Terms) {}

    fn read(&mut self, _: &mut [u8]) -> usize {
        0
    }

    fn follows(&mut self, _: &Dis) -> Follows {
        Follows::Nothing
    }

    fn turn(&mut self, _: Fate) {}
}

impl Sink for NoPages {
    fn begin(&mut self, _: &Terms) {}

    fn write(&mut self, _: &[u8]) -> Flow {
        Flow::More
    }

    fn finish(&mut self) -> Quality {
        Quality::default()
    }

    fn is_ready(&mut self) -> bool {
        false
    }
}
