//! Viterbi's decoder for V.17's eight-state code: exact additive metrics, paths traced back in blocks.
//!
//! A branch is a subset of the constellation; within it the nearest point is taken. Those eight
//! nearest points come from a map over the plane in cells of half a unit: subsets are 4 units and more
//! apart inside, so the cell decides them wherever a decision can still be right.
//!
//! From: V.17 (02/91) figure 1, table 1; Ungerboeck 1982.

use crate::table::{Modem, Trellis};
use fax_core::maths::Complex;

/// States of the code, and subsets of the constellation.
const STATES: usize = 8;
/// Symbols a decision waits at least; 32 are as good as all (measured: spec, modems 8.7).
const DEPTH: usize = 26;
/// Symbols decided at once: one trace back serves them all.
const STRIDE: usize = 6;
/// Kept steps; a power of two.
const KEPT: usize = 32;
/// The map's reach from 0 in each direction in units, and cells a unit.
const REACH: f32 = 12.0;
const CELLS_PER_UNIT: f32 = 2.0;
const CELLS: usize = (2.0 * REACH * CELLS_PER_UNIT) as usize;

/// Constellation and code of one modem as the decoder looks them up.
#[derive(Debug)]
pub(crate) struct TrellisMap {
    points: [Complex; 128],
    /// Nearest point of each subset by cell, rows of the imaginary part.
    map: Vec<[u8; STATES]>,
    /// The four states from which each state is entered, and the subset of that branch.
    from: [[u8; 4]; STATES],
    subset: [[u8; 4]; STATES],
}

/// A decoder at work.
#[derive(Clone, Debug)]
pub(crate) struct Viterbi {
    metric: [f32; STATES],
    steps: [Step; KEPT],
    /// Steps taken since the start.
    taken: usize,
    /// Steps decided.
    decided: usize,
}

#[derive(Clone, Copy, Debug, Default)]
struct Step {
    /// State before, by state after.
    from: [u8; STATES],
    /// Point sent, by state after.
    point: [u8; STATES],
}

/// Points decided together, oldest first.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Decided {
    points: [u8; KEPT],
    count: usize,
}

impl Decided {
    pub(crate) fn points(&self) -> impl Iterator<Item = usize> + '_ {
        self.points[..self.count].iter().map(|point| usize::from(*point))
    }
}

impl TrellisMap {
    pub(crate) fn new(modem: &Modem, trellis: &Trellis) -> Self {
        let mut points = [Complex::ZERO; 128];
        for (place, (re, im)) in points.iter_mut().zip(modem.points) {
            *place = Complex::new(*re, *im);
        }
        let (mut from, mut subset) = ([[0; 4]; STATES], [[0; 4]; STATES]);
        let mut filled = [0; STATES];
        for (state, row) in trellis.next.iter().enumerate() {
            for (y, next) in row.iter().enumerate() {
                let next = usize::from(*next);
                from[next][filled[next]] = state as u8;
                // A point's number begins with Y0, which is bit 2 of the state entered, then Y.
                subset[next][filled[next]] = ((next >> 2) | y << 1) as u8;
                filled[next] += 1;
            }
        }
        let map = nearest_by_cell(&points[..modem.points.len()]);
        Self { points, map, from, subset }
    }
}

impl Viterbi {
    pub(crate) fn new() -> Self {
        let mut viterbi =
            Self { metric: [0.0; STATES], steps: [Step::default(); KEPT], taken: 0, decided: 0 };
        viterbi.reset();
        viterbi
    }

    /// Starts over in state 0, as the sender does at the first scrambled ones (V.17 5.1.4).
    pub(crate) fn reset(&mut self) {
        self.metric = [1e6; STATES];
        self.metric[0] = 0.0;
        (self.taken, self.decided) = (0, 0);
    }

    /// Takes a symbol in the units of the constellation. Returns what the likeliest path sent last: a
    /// decision without delay, for the loops.
    #[inline]
    pub(crate) fn step(&mut self, code: &TrellisMap, z: Complex) -> Complex {
        let nearest = &code.map[cell(z)];
        let mut distance = [0.0; STATES];
        for (distance, point) in distance.iter_mut().zip(nearest) {
            *distance = (z - code.points[usize::from(*point & 127)]).norm_sqr();
        }
        let step = &mut self.steps[self.taken % KEPT];
        let mut metric = [0.0; STATES];
        for state in 0..STATES {
            let (from, subset) = (&code.from[state], &code.subset[state]);
            let reach =
                |n: usize| self.metric[usize::from(from[n] & 7)] + distance[usize::from(subset[n] & 7)];
            let (a, b, c, d) = (reach(0), reach(1), reach(2), reach(3));
            let (low, low_at) = if b < a { (b, 1) } else { (a, 0) };
            let (high, high_at) = if d < c { (d, 3) } else { (c, 2) };
            let (best, at) = if high < low { (high, high_at) } else { (low, low_at) };
            metric[state] = best;
            step.from[state] = from[at];
            step.point[state] = nearest[usize::from(subset[at] & 7)];
        }
        let best = smallest(&metric);
        let least = metric[best];
        self.metric = metric.map(|metric| metric - least);
        let last = step.point[best];
        self.taken += 1;
        code.points[usize::from(last & 127)]
    }

    /// What has waited long enough, a stride at a time.
    pub(crate) fn decided(&mut self) -> Option<Decided> {
        (self.taken - self.decided >= DEPTH + STRIDE).then(|| self.trace(STRIDE))
    }

    fn trace(&mut self, count: usize) -> Decided {
        let mut decided = Decided { points: [0; KEPT], count };
        let mut state = smallest(&self.metric);
        for n in (self.decided..self.taken).rev() {
            let step = &self.steps[n % KEPT];
            if let Some(place) = decided.points[..count].get_mut(n - self.decided) {
                *place = step.point[state];
            }
            state = usize::from(step.from[state] & 7);
        }
        self.decided += count;
        decided
    }
}

fn smallest(values: &[f32; STATES]) -> usize {
    let mut best = 0;
    for n in 1..STATES {
        if values[n] < values[best] {
            best = n;
        }
    }
    best
}

#[inline]
fn cell(z: Complex) -> usize {
    let place = |x: f32| {
        let cells = (x + REACH) * CELLS_PER_UNIT;
        (cells.clamp(0.0, CELLS as f32 - 1.0)) as usize
    };
    place(z.im) * CELLS + place(z.re)
}

fn nearest_by_cell(points: &[Complex]) -> Vec<[u8; STATES]> {
    let centre = |n: usize| (n as f32 + 0.5) / CELLS_PER_UNIT - REACH;
    let nearest = |z: Complex, subset: usize| {
        let members = points.iter().enumerate().filter(|(n, _)| n % STATES == subset);
        let distance = |p: &(usize, &Complex)| (*p.1 - z).norm_sqr();
        members.min_by(|a, b| distance(a).total_cmp(&distance(b))).map_or(0, |(n, _)| n as u8)
    };
    (0..CELLS * CELLS)
        .map(|n| {
            let z = Complex::new(centre(n % CELLS), centre(n / CELLS));
            core::array::from_fn(|subset| nearest(z, subset))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoder::Coder;
    use crate::table::Coding;
    use proptest::prelude::*;

    proptest! {
        /// Every path that the coder can take is the one that the decoder finds, also when each symbol is
        /// pushed off its point by less than half of what parts the paths.
        #[test]
        fn the_path_that_was_sent_is_found(
            rate in 4..8_usize,
            symbols in prop::collection::vec((any::<u32>(), -1.0..1.0_f32, -1.0..1.0_f32), 40..120),
        ) {
            let modem = Modem::ALL[rate];
            let Coding::Trellis(trellis) = &modem.coding else { panic!("V.17 is coded") };
            let map = TrellisMap::new(modem, trellis);
            let mut viterbi = Viterbi::new();
            let mut coder = Coder::starting_from(2);
            let (mut sent, mut found) = (Vec::new(), Vec::new());
            // Free distance is the root of 5 points' distance; a fifth of one in each part is far less.
            let nudge = modem.points.iter().skip(1).map(|(re, im)| {
                let (x, y) = (re - modem.points[0].0, im - modem.points[0].1);
                x * x + y * y
            });
            let nudge = nudge.fold(f32::MAX, f32::min).sqrt() * 0.2;
            for (bits, x, y) in symbols {
                let point = coder.encode(&modem.coding, bits & ((1 << modem.bits_per_symbol) - 1));
                sent.push(point);
                let z = modem.point(point) + Complex::new(x, y).scale(nudge);
                viterbi.step(&map, z);
                while let Some(decided) = viterbi.decided() {
                    found.extend(decided.points());
                }
            }
            prop_assert!(found.len() + DEPTH + STRIDE > sent.len());
            prop_assert_eq!(&found[..], &sent[..found.len()]);
        }
    }
}
