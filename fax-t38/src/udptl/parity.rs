//! Repair from parity rows (T.38 Annex C): the one unknown member of a row is the sum of all else.
//!
//! Two ways to make a row are about, see [`Layout`]; which one a peer has is learned from rows whose
//! members are all known, mostly before anything is lost.
//!
//! Always: a packet that is rebuilt parses as IFP; no row that reaches back behind the window or the
//! first packet of the stream is used (UTL-12).

use std::collections::VecDeque;

use fax_core::Timestamp;

use super::arena::{Arena, Handle};
use super::ifp::extent;
use super::window::{State, Window};
use crate::{Seq, Syntax};

/// What is summed up in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Layout {
    /// The octets of the packets, shorter ones with zeros behind: what all public code does.
    Raw,
    /// The same with the length of each packet in two octets ahead of it: how Annex C is quoted.
    Prefixed,
}

/// The rows of a stream that may repair something yet.
#[derive(Clone, Debug)]
pub(super) struct Parity {
    rows: VecDeque<(Row, Handle)>,
    arena: Arena,
    made: Made,
    sum: Sum,
}

/// One row for each number that can be the last of a row.
const ROWS: usize = 64;

/// What is known of how a peer makes its rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Made {
    Unknown,
    Known(Layout),
    /// The last whole row fitted neither layout: nothing is repaired with such.
    Foreign,
}

impl Parity {
    pub(super) fn new() -> Self {
        Self {
            rows: VecDeque::with_capacity(ROWS),
            arena: Arena::new(12 * 1024),
            made: Made::Unknown,
            sum: Sum(vec![0; super::LARGEST_DATAGRAM].into_boxed_slice()),
        }
    }

    /// Forgets all rows, but not how they are made.
    pub(super) fn clear(&mut self) {
        self.rows.clear();
    }

    /// Takes a row of a datagram whose packets are in the window already. Returns whether it can be
    /// made sense of.
    pub(super) fn add(&mut self, row: Row, octets: &[u8], window: &Window) -> bool {
        match row.unknown(window) {
            Unknown::None => return self.learn(&row, octets, window),
            Unknown::OutOfReach => {}
            // The same row may come in one datagram after the other, as another entry.
            Unknown::One(_) | Unknown::More if self.rows.iter().any(|(kept, _)| *kept == row) => {}
            Unknown::One(_) | Unknown::More => {
                if self.rows.len() == ROWS {
                    self.rows.pop_front();
                }
                self.rows.push_back((row, self.arena.store(octets)));
            }
        }
        true
    }

    /// Repairs until nothing more can be repaired (UTL-14); tells each number that is known by it.
    pub(super) fn repair(
        &mut self,
        window: &mut Window,
        syntax: Syntax,
        now: Timestamp,
        mut repaired: impl FnMut(Seq),
    ) {
        let mut untried = self.rows.len();
        while let Some(row) = (untried > 0).then(|| self.rows.pop_front()).flatten() {
            untried -= 1;
            match row.0.unknown(window) {
                Unknown::None | Unknown::OutOfReach => {}
                Unknown::More => self.rows.push_back(row),
                Unknown::One(seq) => {
                    let octets = self.arena.octets(row.1);
                    let packet =
                        octets.and_then(|o| self.made.solve(&row.0, o, &mut self.sum, window, syntax));
                    if let Some(packet) = packet {
                        window.keep(seq, packet, now);
                        repaired(seq);
                        untried = self.rows.len(); // what was stuck may go on
                    }
                }
            }
        }
    }

    /// Whether a row whose members are all known is made in a known way, and if so in which.
    fn learn(&mut self, row: &Row, octets: &[u8], window: &Window) -> bool {
        if octets.iter().all(|octet| *octet == 0) {
            return true; // members that are alike prove nothing
        }
        let found = [Layout::Raw, Layout::Prefixed]
            .into_iter()
            .find(|layout| self.sum.of(row, octets, *layout, window).is_some_and(is_zero));
        self.made = found.map_or(Made::Foreign, Made::Known);
        found.is_some()
    }
}

impl Made {
    /// The missing member of a row, in `sum`.
    fn solve<'s>(
        self,
        row: &Row,
        octets: &[u8],
        sum: &'s mut Sum,
        window: &Window,
        syntax: Syntax,
    ) -> Option<&'s [u8]> {
        let layout = match self {
            Self::Foreign => return None,
            Self::Known(layout) => layout,
            // A length that fits and leads to a packet of just that length is no accident.
            Self::Unknown => {
                let prefixed = sum.of(row, octets, Layout::Prefixed, window);
                match prefixed.and_then(|sum| Layout::Prefixed.packet(sum, syntax)) {
                    Some(_) => Layout::Prefixed,
                    None => Layout::Raw,
                }
            }
        };
        layout.packet(sum.of(row, octets, layout, window)?, syntax)
    }
}

impl Layout {
    /// How many octets stand ahead of a packet in a row.
    pub(super) const fn head(self) -> usize {
        match self {
            Self::Raw => 0,
            Self::Prefixed => 2,
        }
    }

    /// The packet that a sum is, if it is one.
    fn packet(self, sum: &[u8], syntax: Syntax) -> Option<&[u8]> {
        let packet = match self {
            Self::Raw => sum.get(..extent(sum, syntax)?)?,
            Self::Prefixed => {
                let (length, rest) = sum.split_first_chunk()?;
                let (packet, padding) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
                is_zero(padding).then_some(packet)?
            }
        };
        extent(packet, syntax).is_some().then_some(packet)
    }
}

/// Which packets are summed up in a row: `span` of them, `step` apart, up to `last`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) last: Seq,
    pub(super) span: u16,
    pub(super) step: u16,
}

/// What of a row is not known.
enum Unknown {
    None,
    One(Seq),
    More,
    /// A member that can never be known, or no member at all.
    OutOfReach,
}

impl Row {
    /// Row `entry` of the `count` in datagram `seq`, as all public code places it.
    pub(super) const fn of(seq: Seq, span: u16, entry: u16, count: u16) -> Self {
        Self { last: seq.plus(entry).minus(count), span, step: count }
    }

    pub(super) fn members(&self) -> impl Iterator<Item = Seq> + use<> {
        let Self { last, span, step } = *self;
        (0..span).map(move |back| last.minus(back.wrapping_mul(step)))
    }

    fn unknown(&self, window: &Window) -> Unknown {
        let mut unknown = if self.span == 0 { Unknown::OutOfReach } else { Unknown::None };
        for member in self.members() {
            match window.state(member) {
                State::Known { .. } => {}
                State::Before => return Unknown::OutOfReach,
                State::Missing { .. } | State::GivenUp { .. } | State::After => {
                    unknown = match unknown {
                        Unknown::None => Unknown::One(member),
                        _ => Unknown::More,
                    };
                }
            }
        }
        unknown
    }
}

/// Room for a sum under way, modulo 2.
#[derive(Clone, Debug)]
struct Sum(Box<[u8]>);

impl Sum {
    /// The row with all known members taken out. `None` if one is longer than the row, or is gone.
    fn of(&mut self, row: &Row, octets: &[u8], layout: Layout, window: &Window) -> Option<&[u8]> {
        let sum = self.0.get_mut(..octets.len())?;
        sum.copy_from_slice(octets);
        for member in row.members() {
            if let State::Known { packet, .. } = window.state(member) {
                add(sum, window.octets(packet)?, layout)?;
            }
        }
        Some(sum)
    }
}

/// Adds a packet to a row, or takes it out, which is the same. `None` if it is longer than the row.
pub(super) fn add(sum: &mut [u8], packet: &[u8], layout: Layout) -> Option<()> {
    let (head, body) = sum.split_at_mut_checked(layout.head())?;
    let body = body.get_mut(..packet.len())?;
    for (sum, octet) in head.iter_mut().zip((packet.len() as u16).to_be_bytes()) {
        *sum ^= octet;
    }
    for (sum, octet) in body.iter_mut().zip(packet) {
        *sum ^= octet;
    }
    Some(())
}

fn is_zero(octets: &[u8]) -> bool {
    octets.iter().all(|octet| *octet == 0)
}
