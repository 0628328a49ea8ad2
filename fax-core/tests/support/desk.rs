//! Pages as octets, without a coder: what is sent is what must arrive.

#![allow(dead_code)] // not every test file needs all of it

use fax_core::t30::Dis;
use fax_core::t30::fields::{Coding, Length, Resolution, Terms, Width};
use fax_core::t30::session::{Fate, Flow, Follows, Format, Quality, Remote, Sink, Source, Verdict};
use std::collections::VecDeque;

pub(crate) const FORMAT: Format = Format {
    resolution: Resolution::R8x3_85,
    width: Width::Mm215,
    length: Length::A4,
    codings: &[Coding::Mmr, Coding::Mr, Coding::Mh],
};

/// A pile of coded pages.
pub(crate) struct Pile {
    pub(crate) pages: Vec<Vec<u8>>,
    pub(crate) format: Format,
    /// Each page is a document of its own.
    pub(crate) apart: bool,
    pub(crate) current: usize,
    pub(crate) read: usize,
    /// How often a page was begun, and on what terms the last time.
    pub(crate) begun: Vec<Terms>,
    pub(crate) fates: Vec<Fate>,
}

impl Pile {
    pub(crate) fn new(pages: Vec<Vec<u8>>) -> Self {
        Self {
            pages,
            format: FORMAT,
            apart: false,
            current: 0,
            read: 0,
            begun: Vec::new(),
            fates: Vec::new(),
        }
    }

    /// Pages of so many octets that look like anything, and do not end in zero.
    pub(crate) fn noise(lengths: &[usize]) -> Self {
        let mut state = 0x2545_F491_4F6C_DD1D_u64;
        let mut octet = move || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 32) as u8 | 1
        };
        Self::new(lengths.iter().map(|length| (0..*length).map(|_| octet()).collect()).collect())
    }
}

impl Source for Pile {
    fn has_page(&mut self) -> bool {
        self.current < self.pages.len()
    }

    fn page(&mut self, _: &Dis) -> Option<Format> {
        self.has_page().then_some(self.format)
    }

    fn begin(&mut self, terms: &Terms) {
        self.read = 0;
        self.begun.push(*terms);
    }

    fn read(&mut self, out: &mut [u8]) -> usize {
        let rest = &self.pages[self.current][self.read..];
        let count = rest.len().min(out.len());
        out[..count].copy_from_slice(&rest[..count]);
        self.read += count;
        count
    }

    fn follows(&mut self, _: &Dis) -> Follows {
        match self.current + 1 < self.pages.len() {
            false => Follows::Nothing,
            true if self.apart => Follows::Document,
            true => Follows::Page(self.format),
        }
    }

    fn turn(&mut self, fate: Fate) {
        self.current += 1;
        self.fates.push(fate);
    }
}

/// Takes pages as they come.
#[derive(Default)]
pub(crate) struct Tray {
    pub(crate) pages: Vec<Vec<u8>>,
    pub(crate) terms: Vec<Terms>,
    pub(crate) verdicts: Vec<Verdict>,
    pub(crate) missing: usize,
    /// What the next pages are worth; good when there is none.
    pub(crate) worth: VecDeque<Quality>,
    /// How often it says that it is not ready.
    pub(crate) busy: usize,
    /// Takes nothing from anybody.
    pub(crate) refuses: bool,
}

pub(crate) fn worth(rows: u32, bad_rows: u32) -> Quality {
    Quality { rows, bad_rows, longest_bad_run: bad_rows }
}

impl Sink for Tray {
    fn admits(&mut self, _: &Remote) -> bool {
        !self.refuses
    }

    fn begin(&mut self, terms: &Terms) {
        self.pages.push(Vec::new());
        self.terms.push(*terms);
    }

    fn write(&mut self, octets: &[u8]) -> Flow {
        self.pages.last_mut().expect("a page was begun").extend_from_slice(octets);
        Flow::More
    }

    fn missing(&mut self) {
        self.missing += 1;
    }

    fn finish(&mut self) -> Quality {
        self.worth.pop_front().unwrap_or(worth(100, 0))
    }

    fn settle(&mut self, verdict: Verdict) {
        self.verdicts.push(verdict);
    }

    fn is_ready(&mut self) -> bool {
        let busy = self.busy > 0;
        self.busy = self.busy.saturating_sub(1);
        !busy
    }
}

/// Whether the page came as it was sent. A carrier that goes off leaves some bits behind the page, and ECM
/// fills up the last frame: RTC, or what else ends the coded page, stands before them.
pub(crate) fn came_whole(sent: &[u8], received: &[u8]) -> bool {
    received.len() >= sent.len() && &received[..sent.len()] == sent && received.len() < sent.len() + 256
}
