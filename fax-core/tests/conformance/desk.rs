//! Documents of charts to send, and a printer that decodes what comes.

use crate::chart::{How, Row, WIDTH, code};
use fax_core::image::{Decoder, DecoderSettings};
use fax_core::t30::Dis;
use fax_core::t30::fields::{Coding, Ecm, Length, Resolution, Terms, Width};
use fax_core::t30::session::{Fate, Flow, Follows, Format, Quality, Sink, Source, Verdict};

const FORMAT: Format = Format {
    resolution: Resolution::R8x3_85,
    width: Width::Mm215,
    length: Length::A4,
    codings: &[Coding::Mmr, Coding::Mr, Coding::Mh],
};

/// Documents, each of some pages.
#[derive(Default)]
pub(crate) struct Documents {
    documents: Vec<Vec<Vec<Row>>>,
    document: usize,
    page: usize,
    octets: Vec<u8>,
    read: usize,
    /// The terms and the code of the page as it was begun last.
    pub(crate) sent: Vec<(Terms, Vec<u8>)>,
}

/// Takes pages apart as a printer does.
#[derive(Default)]
pub(crate) struct Printer {
    pub(crate) pages: Vec<Print>,
}

/// A page that came.
pub(crate) struct Print {
    pub(crate) terms: Terms,
    pub(crate) octets: Vec<u8>,
    pub(crate) rows: Vec<Row>,
    decoder: Option<Decoder>,
    /// Octets since the last row.
    without_row: usize,
    pub(crate) verdict: Option<Verdict>,
}

pub(crate) fn coding(coding: Coding) -> fax_core::image::Coding {
    match coding {
        Coding::Mmr => fax_core::image::Coding::Mmr,
        Coding::Mr => fax_core::image::Coding::Mr,
        _ => fax_core::image::Coding::Mh,
    }
}

impl Documents {
    pub(crate) fn new(documents: Vec<Vec<Vec<Row>>>) -> Self {
        Self { documents, ..Self::default() }
    }
}

impl Source for Documents {
    fn has_page(&mut self) -> bool {
        self.document < self.documents.len()
    }

    fn page(&mut self, _: &Dis) -> Option<Format> {
        self.has_page().then_some(FORMAT)
    }

    fn begin(&mut self, terms: &Terms) {
        let rows = &self.documents[self.document][self.page];
        let least_bits = terms.scan_time.bits_at(terms.opening.bit_rate());
        self.octets = code(rows, &How::plain(coding(terms.coding), least_bits));
        self.read = 0;
        self.sent.push((*terms, self.octets.clone()));
    }

    fn read(&mut self, out: &mut [u8]) -> usize {
        let rest = &self.octets[self.read..];
        let count = rest.len().min(out.len());
        out[..count].copy_from_slice(&rest[..count]);
        self.read += count;
        count
    }

    fn follows(&mut self, _: &Dis) -> Follows {
        if self.page + 1 < self.documents[self.document].len() {
            Follows::Page(FORMAT)
        } else if self.document + 1 < self.documents.len() {
            Follows::Document
        } else {
            Follows::Nothing
        }
    }

    fn turn(&mut self, _: Fate) {
        self.page += 1;
        if self.page == self.documents[self.document].len() {
            (self.document, self.page) = (self.document + 1, 0);
        }
    }
}

impl Sink for Printer {
    fn begin(&mut self, terms: &Terms) {
        let settings = DecoderSettings::new(coding(terms.coding), WIDTH as u32);
        self.pages.push(Print {
            terms: *terms,
            octets: Vec::new(),
            rows: Vec::new(),
            decoder: Some(Decoder::new(settings).expect("a width of T.4")),
            without_row: 0,
            verdict: None,
        });
    }

    fn write(&mut self, octets: &[u8]) -> Flow {
        self.pages.last_mut().expect("a page was begun").take(octets)
    }

    fn finish(&mut self) -> Quality {
        let page = self.pages.last_mut().expect("a page was begun");
        let decoder = page.decoder.as_mut().expect("it was made with the page");
        if let Some(row) = decoder.finish() {
            page.rows.push(row.pels.to_vec());
        }
        let account = decoder.account();
        Quality {
            rows: account.rows(),
            bad_rows: account.bad_rows(),
            longest_bad_run: account.longest_bad_run(),
        }
    }

    fn settle(&mut self, verdict: Verdict) {
        self.pages.last_mut().expect("a page was begun").verdict = Some(verdict);
    }
}

impl Print {
    fn take(&mut self, octets: &[u8]) -> Flow {
        self.octets.extend_from_slice(octets);
        self.without_row += octets.len();
        let Some(decoder) = self.decoder.as_mut() else { return Flow::More };
        let mut rest = octets;
        while let Some(row) = decoder.next(&mut rest) {
            self.rows.push(row.pels.to_vec());
            self.without_row = 0;
        }
        if decoder.end().is_some() {
            return Flow::Ended;
        }
        // T.4 2.3: five seconds without the end of a line.
        let longest = self.terms.opening.bit_rate().0 as usize * 5 / 8;
        let is_stalled = self.terms.ecm == Ecm::Off && self.without_row > longest;
        if is_stalled { Flow::Stalled } else { Flow::More }
    }
}
