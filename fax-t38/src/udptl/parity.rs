//! Repair from parity rows (T.38 Annex C): each is the sum, modulo 2, of the packets it covers, so that
//! together they are linear equations in the packets that are missing.
//!
//! Two ways to make a row are about, see [`Layout`]; which one a peer has is learned from rows whose
//! members are all known, mostly before anything is lost.
//!
//! Always: a packet that is rebuilt parses as IFP; no row that reaches back behind the window or the
//! first packet of the stream is used (UTL-12).

use std::collections::VecDeque;

use fax_core::Timestamp;

use super::arena::{Arena, Handle};
use super::ifp_extent;
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
const ARENA: usize = 6 * 1024;
/// Octets that are allocated.
pub(super) const HEAP: usize = ARENA + super::LARGEST_DATAGRAM + ROWS * size_of::<(Row, Handle)>();

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
            arena: Arena::new(ARENA),
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
            Some(0) => return self.learn(row, octets, window),
            // The same row may come in one datagram after the other, as another entry.
            Some(_) if !self.rows.iter().any(|(kept, _)| *kept == row) => {
                if self.rows.len() == ROWS {
                    self.rows.pop_front();
                }
                self.rows.push_back((row, self.arena.store(octets)));
            }
            Some(_) | None => {}
        }
        true
    }

    /// Repairs all that can be repaired (UTL-14); tells each number that is known by it.
    pub(super) fn repair(
        &mut self,
        window: &mut Window,
        syntax: Syntax,
        now: Timestamp,
        mut repaired: impl FnMut(Seq),
    ) {
        let Self { rows, arena, made, sum } = self;
        rows.retain(|(row, octets)| {
            arena.octets(*octets).is_some() && row.unknown(window).is_some_and(|unknown| unknown != 0)
        });
        if rows.is_empty() {
            return;
        }
        let mut system = System::new();
        for (index, (row, _)) in rows.iter().enumerate() {
            system.add(Equation { unknown: row.unknown(window).unwrap_or(0), rows: 1 << index });
        }
        let rows_of = |equation: &Equation| {
            let chosen = equation.rows;
            let rows = rows.iter().enumerate().filter(move |(index, _)| chosen >> index & 1 == 1);
            rows.map(|(_, (row, octets))| (*row, arena.octets(*octets).unwrap_or_default()))
        };
        let solved = system.solved();
        if *made == Made::Unknown {
            let layout = solved.clone().find_map(|equation| guess(rows_of(&equation), sum, window, syntax));
            *made = layout.map_or(Made::Unknown, Made::Known);
        }
        let Made::Known(layout) = *made else { return };
        for equation in solved {
            let packet =
                sum.of(rows_of(&equation), layout, window).and_then(|sum| layout.packet(sum, syntax));
            if let Some(packet) = packet {
                let seq = window.newest().minus(equation.unknown.trailing_zeros() as u16);
                window.keep(seq, packet, now);
                repaired(seq);
            }
        }
    }

    /// Whether a row whose members are all known is made in a known way, and if so in which.
    fn learn(&mut self, row: Row, octets: &[u8], window: &Window) -> bool {
        if is_zero(octets) {
            return true; // members that are alike prove nothing
        }
        let found = [Layout::Raw, Layout::Prefixed]
            .into_iter()
            .find(|layout| self.sum.of([(row, octets)].into_iter(), *layout, window).is_some_and(is_zero));
        self.made = found.map_or(Made::Foreign, Made::Known);
        found.is_some()
    }
}

/// The layout of rows that miss one packet together, if only one of the two gives a packet. Packets
/// that are alike may give one by either; then a single row tells by its length.
fn guess<'r>(
    rows: impl Iterator<Item = (Row, &'r [u8])> + Clone,
    sum: &mut Sum,
    window: &Window,
    syntax: Syntax,
) -> Option<Layout> {
    let mut packet = |layout: Layout| {
        let sum = sum.of(rows.clone(), layout, window)?;
        layout.packet(sum, syntax).map(<[u8]>::len)
    };
    match (packet(Layout::Raw), packet(Layout::Prefixed)) {
        (None, None) => None,
        (Some(_), None) => Some(Layout::Raw),
        (None, Some(_)) => Some(Layout::Prefixed),
        (Some(raw), Some(prefixed)) => {
            let (row, octets) = rows.clone().next().filter(|_| rows.clone().count() == 1)?;
            let known = row.members().filter_map(|member| window.packet(member)).map(<[u8]>::len).max();
            let fits = |layout: Layout, packet: usize| {
                known.unwrap_or(0).max(packet).saturating_add(layout.head()) == octets.len()
            };
            match (fits(Layout::Raw, raw), fits(Layout::Prefixed, prefixed)) {
                (true, false) => Some(Layout::Raw),
                (false, true) => Some(Layout::Prefixed),
                _ => None,
            }
        }
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
            Self::Raw => sum.get(..ifp_extent(sum, syntax)?)?,
            Self::Prefixed => {
                let (length, rest) = sum.split_first_chunk()?;
                let (packet, padding) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
                is_zero(padding).then_some(packet)?
            }
        };
        ifp_extent(packet, syntax).is_some().then_some(packet)
    }
}

/// Which packets are summed up in a row: `span` of them, `step` apart, up to `last`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) last: Seq,
    pub(super) span: u16,
    pub(super) step: u16,
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

    /// The members that are not known, as bits by their age. `None` if there is one that never can be,
    /// or no member at all.
    fn unknown(&self, window: &Window) -> Option<u64> {
        let mut unknown = if self.span == 0 { None } else { Some(0) };
        for member in self.members() {
            let age = window.newest().ahead_of(member).unsigned_abs();
            unknown = match window.state(member) {
                State::Known { .. } => unknown,
                State::Missing { .. } | State::GivenUp { .. } => Some(unknown? | 1_u64.checked_shl(age)?),
                State::Before | State::After => None,
            };
        }
        unknown
    }
}

/// The sum of some rows, as bits by their index, and what is unknown in it.
#[derive(Clone, Copy)]
struct Equation {
    unknown: u64,
    rows: u64,
}

/// Equations modulo 2, each with a leading unknown that no later one has.
struct System([Equation; 64]);

impl System {
    const fn new() -> Self {
        Self([Equation { unknown: 0, rows: 0 }; 64])
    }

    /// Takes an equation, unless it follows from those that are here.
    fn add(&mut self, mut equation: Equation) {
        while let Some(place) =
            equation.unknown.checked_ilog2().and_then(|lead| self.0.get_mut(lead as usize))
        {
            if place.unknown == 0 {
                *place = equation;
                return;
            }
            equation.add(*place);
        }
    }

    /// The equations with one unknown, when all is reduced as far as it goes.
    fn solved(mut self) -> impl Iterator<Item = Equation> + Clone {
        for lead in 1..64 {
            let (lower, rest) = self.0.split_at_mut(lead);
            let Some(equation) = rest.first_mut() else { break };
            for (bit, reduced) in lower.iter().enumerate().rev() {
                if equation.unknown >> bit & 1 == 1 && reduced.unknown != 0 {
                    equation.add(*reduced);
                }
            }
        }
        self.0.into_iter().filter(|equation| equation.unknown.is_power_of_two())
    }
}

impl Equation {
    const fn add(&mut self, other: Self) {
        self.unknown ^= other.unknown;
        self.rows ^= other.rows;
    }
}

/// Room for a sum under way, modulo 2.
#[derive(Clone)]
struct Sum(Box<[u8]>);

/// Hides what it holds: packets are personal data.
impl core::fmt::Debug for Sum {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Sum")
    }
}

impl Sum {
    /// The rows with all known members taken out, as long as the longest of them. `None` if a member is
    /// longer than its row, or is gone.
    fn of<'r>(
        &mut self,
        rows: impl Iterator<Item = (Row, &'r [u8])> + Clone,
        layout: Layout,
        window: &Window,
    ) -> Option<&[u8]> {
        let length = rows.clone().map(|(_, octets)| octets.len()).max()?;
        self.0.get_mut(..length)?.fill(0);
        for (row, octets) in rows {
            let sum = self.0.get_mut(..octets.len())?;
            add(sum, octets, Layout::Raw)?;
            for member in row.members() {
                if let State::Known { packet, .. } = window.state(member) {
                    add(sum, window.octets(packet)?, layout)?;
                }
            }
        }
        self.0.get(..length)
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
