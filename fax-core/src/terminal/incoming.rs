//! The pages that a machine receives: decoded as they come, judged, kept.

use super::coder::PageDecoder;
use super::page::{Limits, Page, PageWriter};
use crate::image::{self, Account, End, Flaw};
use crate::t30::fields::{Ecm, Terms};
use crate::t30::session::{Flow, Quality, Sink, Verdict};

/// A page that was received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceivedPage {
    /// Its rows; damaged ones as they were concealed.
    pub page: Page,
    /// What was agreed on.
    pub terms: Terms,
    /// Its rows, counted.
    pub account: Account,
    /// How its octets ended.
    pub end: End,
    /// What its sender was told.
    pub verdict: Verdict,
}

impl ReceivedPage {
    /// Whether the sender was told that it arrived, in whole or in part.
    pub fn is_confirmed(&self) -> bool {
        matches!(self.verdict, Verdict::Good | Verdict::Poor | Verdict::Incomplete)
    }
}

/// Documents on their way in.
pub(super) struct Incoming {
    limits: Limits,
    open: Option<Open>,
    /// A page that is over and of which nothing has been said yet.
    finished: Option<ReceivedPage>,
    pages: Vec<ReceivedPage>,
    octets: usize,
}

/// The page that is coming.
struct Open {
    terms: Terms,
    decoder: Option<PageDecoder>,
    writer: PageWriter,
    account: Account,
    gap: Gap,
    /// Octets since a row was whole.
    since_row: u32,
}

/// What is known of octets that never came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Gap {
    /// None are missing, or the decoder knows.
    None,
    /// Nothing can be read behind them.
    ToTheEnd,
    /// There was no place for a row.
    Full,
}

impl Incoming {
    pub(super) fn new(limits: Limits) -> Self {
        Self { limits, open: None, finished: None, pages: Vec::new(), octets: 0 }
    }

    pub(super) fn pages(&self) -> &[ReceivedPage] {
        &self.pages
    }

    pub(super) fn into_pages(self) -> Vec<ReceivedPage> {
        self.pages
    }

    fn octets_left(&self) -> usize {
        self.limits.octets.saturating_sub(self.octets)
    }
}

impl Open {
    fn new(terms: &Terms, rows: u32, octets: usize) -> Option<Self> {
        let (across, down) = terms.resolution.dots();
        let width = terms.resolution.pels(terms.width);
        Some(Self {
            terms: *terms,
            decoder: PageDecoder::new(terms, rows),
            writer: PageWriter::new(width, image::Resolution { across, down }, octets).ok()?,
            account: Account::default(),
            gap: Gap::None,
            since_row: 0,
        })
    }

    fn write(&mut self, octets: &[u8]) -> Flow {
        let Self { decoder: Some(decoder), writer, account, gap, since_row, terms } = self else {
            return Flow::More;
        };
        *since_row = since_row.saturating_add(octets.len() as u32);
        let mut rest = octets;
        while let Some(row) = decoder.next(&mut rest) {
            keep(row, writer, account, gap);
            *since_row = 0;
        }
        let five_seconds = terms.opening.bit_rate().0.saturating_mul(5) / 8;
        match decoder.end() {
            Some(End::Marked) => Flow::Ended,
            None if terms.ecm == Ecm::Off && *since_row > five_seconds => Flow::Stalled,
            _ => Flow::More,
        }
    }

    fn missing(&mut self) {
        let goes_on = self.decoder.as_mut().is_some_and(|decoder| decoder.gap(&self.terms));
        if self.gap != Gap::Full && !goes_on {
            self.gap = Gap::ToTheEnd;
        }
    }

    fn finish(mut self) -> ReceivedPage {
        let mut end = End::Lost(Flaw::Extension);
        if let Some(decoder) = &mut self.decoder {
            while let Some(row) = decoder.finish() {
                keep(row, &mut self.writer, &mut self.account, &mut self.gap);
            }
            end = decoder.end().unwrap_or(End::OutOfOctets);
        }
        let (page, account) = (self.writer.finish(), self.account);
        ReceivedPage { page, terms: self.terms, account, end, verdict: Verdict::Unsaid }
    }
}

/// Keeps a row, if there is room, and counts it.
fn keep(row: image::Row<'_>, writer: &mut PageWriter, account: &mut Account, gap: &mut Gap) {
    account.note(match *gap {
        Gap::None => row.verdict,
        Gap::ToTheEnd | Gap::Full => image::Verdict::Damaged(Flaw::Missing),
    });
    if *gap != Gap::ToTheEnd && writer.row(row.pels).is_err() {
        *gap = Gap::Full;
    }
}

impl Sink for Incoming {
    fn begin(&mut self, terms: &Terms) {
        // The page before was rejected, and this may be the same again.
        if self.pages.last().is_some_and(|page| page.verdict == Verdict::Rejected) {
            self.octets =
                self.octets.saturating_sub(self.pages.pop().map_or(0, |page| page.page.mmr().len()));
        }
        self.finished = None;
        let has_place = self.pages.len() < self.limits.pages;
        let open = has_place.then(|| Open::new(terms, self.limits.rows, self.octets_left()));
        self.open = open.flatten();
    }

    fn write(&mut self, octets: &[u8]) -> Flow {
        self.open.as_mut().map_or(Flow::More, |open| open.write(octets))
    }

    fn missing(&mut self) {
        if let Some(open) = &mut self.open {
            open.missing();
        }
    }

    fn finish(&mut self) -> Quality {
        let Some(open) = self.open.take() else { return Quality::default() };
        let page = open.finish();
        let account = page.account;
        self.finished = Some(page);
        Quality {
            rows: account.rows(),
            bad_rows: account.bad_rows(),
            longest_bad_run: account.longest_bad_run(),
        }
    }

    fn settle(&mut self, verdict: Verdict) {
        let Some(page) = self.finished.take() else { return };
        // Of a page that broke off before its first row there is nothing to keep.
        let is_something = page.account.rows() > 0;
        let page = ReceivedPage { verdict, ..page };
        if is_something || page.is_confirmed() {
            self.octets = self.octets.saturating_add(page.page.mmr().len());
            self.pages.push(page);
        }
    }

    fn is_ready(&mut self) -> bool {
        let is_full = self.open.as_ref().is_some_and(|open| open.gap == Gap::Full);
        !is_full && self.octets_left() > 0 && self.pages.len() < self.limits.pages
    }
}

#[cfg(test)]
mod tests {
    use super::super::coder::PageEncoder;
    use super::*;
    use crate::t30::Dcs;
    use crate::t30::Dis;
    use crate::t30::fields::{Bit, Coding, ModemSet};

    const ROWS: u32 = 40;

    fn terms(coding: Coding, ecm: Ecm) -> Terms {
        let bits = [Bit::RECEIVE, Bit::MR, Bit::ECM, Bit::MMR];
        let dis = bits.into_iter().fold(Dis::NOTHING, Dis::with).with_modems(ModemSet::V27terV29V17);
        let dcs = Dcs::NOTHING.with(Bit::RECEIVE).with_ecm(ecm).with_coding(coding);
        dis.admits(&dcs).unwrap()
    }

    /// A page of rows that differ, coded.
    fn coded(terms: &Terms) -> Vec<u8> {
        let mut encoder = PageEncoder::new(terms).unwrap();
        let mut octets = Vec::new();
        for row in 0..ROWS {
            let mut pels = [0; 216];
            pels.iter_mut().step_by(1 + row as usize % 5).for_each(|octet| *octet = 0x3C);
            octets.extend_from_slice(encoder.row(&pels));
        }
        octets.extend_from_slice(encoder.end());
        octets
    }

    fn received(incoming: &mut Incoming, terms: &Terms, octets: &[u8], verdict: Verdict) -> Quality {
        incoming.begin(terms);
        octets.chunks(7).for_each(|piece| _ = incoming.write(piece));
        let quality = incoming.finish();
        incoming.settle(verdict);
        quality
    }

    #[test]
    fn a_row_behind_a_gap_is_bad_whatever_it_looks_like() {
        let terms = terms(Coding::Mh, Ecm::Off);
        let octets = coded(&terms);
        let mut incoming = Incoming::new(Limits::default());
        incoming.begin(&terms);
        incoming.write(&octets[..octets.len() / 2]);
        incoming.missing();
        assert_eq!(incoming.write(&octets[octets.len() / 2..]), Flow::Ended);
        let quality = incoming.finish();
        assert_eq!((quality.rows, quality.bad_rows, quality.longest_bad_run), (ROWS, 1, 1));
    }

    #[test]
    fn behind_a_gap_mmr_is_not_read_on() {
        let terms = terms(Coding::Mmr, Ecm::Frames256);
        let octets = coded(&terms);
        let mut incoming = Incoming::new(Limits::default());
        incoming.begin(&terms);
        incoming.write(&octets[..octets.len() / 2]);
        incoming.missing();
        incoming.write(&octets[octets.len() / 2..]);
        let quality = incoming.finish();
        incoming.settle(Verdict::Incomplete);
        let page = &incoming.pages()[0];
        assert_eq!(quality.bad_rows, quality.rows - page.page.height());
        assert!(page.page.height() < ROWS && page.is_confirmed());
    }

    #[test]
    fn a_rejected_page_gives_way_to_the_next_and_stays_as_the_last() {
        let terms = terms(Coding::Mh, Ecm::Off);
        let octets = coded(&terms);
        let mut incoming = Incoming::new(Limits::default());
        for verdict in [Verdict::Good, Verdict::Rejected, Verdict::Poor, Verdict::Rejected] {
            assert_eq!(received(&mut incoming, &terms, &octets, verdict).rows, ROWS);
        }
        let verdicts: Vec<_> = incoming.pages().iter().map(|page| page.verdict).collect();
        assert_eq!(verdicts, [Verdict::Good, Verdict::Poor, Verdict::Rejected]);
        let kept: usize = incoming.pages().iter().map(|page| page.page.mmr().len()).sum();
        assert_eq!(incoming.octets, kept);
    }

    /// T.4 2.3.
    #[test]
    fn five_seconds_without_a_row_are_too_long() {
        let terms = terms(Coding::Mh, Ecm::Off);
        let mut incoming = Incoming::new(Limits::default());
        incoming.begin(&terms);
        let second = vec![0; terms.opening.bit_rate().0 as usize / 8];
        let flows = [(); 6].map(|()| incoming.write(&second));
        assert_eq!((flows[4], flows[5]), (Flow::More, Flow::Stalled));
    }

    #[test]
    fn a_page_that_broke_off_before_its_first_row_is_none() {
        let terms = terms(Coding::Mh, Ecm::Off);
        let mut incoming = Incoming::new(Limits::default());
        assert_eq!(received(&mut incoming, &terms, &[], Verdict::Unsaid).rows, 0);
        assert!(incoming.pages().is_empty() && incoming.is_ready());
    }
}
