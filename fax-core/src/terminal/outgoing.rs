//! The pages that a machine sends, coded as they leave.

use super::coder::PageEncoder;
use super::fit::{Fit, choose};
use super::page::{Document, Page, RowReader};
use crate::image::{self, HeaderLine};
use crate::t30::Dis;
use crate::t30::fields::{Coding, Terms};
use crate::t30::session::{Fate, Follows, Format, Source};

/// A line of text above every page: who sends it, and when. `{page}` and `{pages}` in it are replaced by numbers.
/// Personal; Debug hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct Header(String);

impl Header {
    /// A line with this text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    fn of_page(&self, number: usize, pages: usize) -> String {
        self.0.replace("{page}", &number.to_string()).replace("{pages}", &pages.to_string())
    }
}

impl core::fmt::Debug for Header {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("…")
    }
}

/// A document on its way out.
pub(super) struct Outgoing {
    document: Document,
    codings: &'static [Coding],
    header: Option<Header>,
    current: usize,
    on_line: Option<OnLine>,
    /// Rows of the page that was done with last.
    pub(super) rows_sent: u32,
    /// Letters of headers that were printed as a box.
    pub(super) boxes: u32,
}

/// The page that is being coded.
struct OnLine {
    reader: RowReader,
    fit: Fit,
    encoder: PageEncoder,
    stage: Stage,
    /// Coded octets that wait to be read, from `read` on.
    coded: Vec<u8>,
    read: usize,
    rows: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Rows,
    Ended,
}

impl Outgoing {
    pub(super) fn new(document: Document, codings: &'static [Coding], header: Option<Header>) -> Self {
        Self { document, codings, header, current: 0, on_line: None, rows_sent: 0, boxes: 0 }
    }

    fn format(&self, page: &Page, offered: &Dis) -> Format {
        let (resolution, width, length) = choose(page, offered);
        Format { resolution, width, length, codings: self.codings }
    }

    fn header_rows(&mut self, terms: &Terms, on_line: &mut OnLine) {
        let Some(header) = &self.header else { return };
        let text = header.of_page(self.current + 1, self.document.pages().len());
        let (across, down) = terms.resolution.dots();
        let line =
            HeaderLine::new(&text, terms.resolution.pels(terms.width), image::Resolution { across, down });
        let Ok(line) = line else { return };
        self.boxes = self.boxes.saturating_add(line.boxes());
        line.rows().for_each(|row| on_line.code(row));
    }
}

impl OnLine {
    fn new(page: &Page, terms: &Terms) -> Option<Self> {
        Some(Self {
            reader: RowReader::new(page).ok()?,
            fit: Fit::new(page, terms.resolution, terms.width).ok()?,
            encoder: PageEncoder::new(terms)?,
            stage: Stage::Rows,
            coded: Vec::new(),
            read: 0,
            rows: 0,
        })
    }

    fn code(&mut self, row: &[u8]) {
        self.coded.extend_from_slice(self.encoder.row(row));
        self.rows = self.rows.saturating_add(1);
    }

    /// Codes on until octets wait or the page is over.
    fn advance(&mut self, page: &Page) {
        self.coded.clear();
        self.read = 0;
        while self.coded.is_empty() && self.stage == Stage::Rows {
            let Self { reader, fit, encoder, coded, rows, .. } = self;
            match reader.next(page) {
                Some(row) => fit.row(row, |row| {
                    coded.extend_from_slice(encoder.row(row));
                    *rows = rows.saturating_add(1);
                }),
                None => {
                    coded.extend_from_slice(encoder.end());
                    self.stage = Stage::Ended;
                }
            }
        }
    }

    fn take(&mut self, out: &mut [u8]) -> usize {
        let rest = self.coded.get(self.read..).unwrap_or_default();
        let count = rest.len().min(out.len());
        out.iter_mut().zip(rest).for_each(|(place, octet)| *place = *octet);
        self.read += count;
        count
    }
}

impl Source for Outgoing {
    fn has_page(&mut self) -> bool {
        self.current < self.document.pages().len()
    }

    fn page(&mut self, offered: &Dis) -> Option<Format> {
        let page = self.document.pages().get(self.current)?;
        Some(self.format(page, offered))
    }

    fn begin(&mut self, terms: &Terms) {
        let page = self.document.pages().get(self.current);
        let mut on_line = page.and_then(|page| OnLine::new(page, terms));
        if let Some(on_line) = &mut on_line {
            self.header_rows(terms, on_line);
        }
        self.on_line = on_line;
    }

    fn read(&mut self, out: &mut [u8]) -> usize {
        let page = self.document.pages().get(self.current);
        let Some((on_line, page)) = self.on_line.as_mut().zip(page) else { return 0 };
        let mut count = 0;
        while let Some(rest) = out.get_mut(count..).filter(|rest| !rest.is_empty()) {
            match on_line.take(rest) {
                0 if on_line.stage == Stage::Ended => break,
                0 => on_line.advance(page),
                taken => count += taken,
            }
        }
        count
    }

    fn follows(&mut self, offered: &Dis) -> Follows {
        match self.document.pages().get(self.current + 1) {
            Some(page) => Follows::Page(self.format(page, offered)),
            None => Follows::Nothing,
        }
    }

    fn turn(&mut self, _: Fate) {
        self.rows_sent = self.on_line.take().map_or(0, |page| page.rows);
        self.current = self.current.saturating_add(1);
    }
}
