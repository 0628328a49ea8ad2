//! Viterbi's decoder for V.17's eight-state code: exact additive metrics, paths traced back in blocks.
//!
//! A branch is a subset of the constellation; within it the nearest point is taken. Those eight
//! nearest points come from a map over the plane in cells of half a unit: subsets are 4 units and more
//! apart inside, so the cell decides them wherever a decision can still be right.
//!
//! From: V.17 (02/91) figure 1, table 1; Ungerboeck 1982.

use crate::table::{Modem, NEXT_STATES};
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
}

/// The branches of the code. Constants, so that the decoder's step is written out with every place known
/// and becomes vector code.
struct Branches {
    /// The four states from which each state is entered, the state entered last.
    from: [[u8; STATES]; BRANCHES],
    /// The subset of that branch.
    subset: [[u8; STATES]; BRANCHES],
}

/// Branches into a state.
const BRANCHES: usize = 4;

const CODE: Branches = Branches::of(&NEXT_STATES);

impl Branches {
    const fn of(next_states: &[[u8; 4]; STATES]) -> Self {
        let mut code = Self { from: [[0; STATES]; BRANCHES], subset: [[0; STATES]; BRANCHES] };
        let mut filled = [0; STATES];
        let mut branch = 0;
        while branch < STATES * 4 {
            let (state, y) = (branch / 4, branch % 4);
            let next = next_states[state][y] as usize;
            code.from[filled[next]][next] = state as u8;
            // A point's number begins with Y0, which is bit 2 of the state entered, then Y.
            code.subset[filled[next]][next] = (next >> 2 | y << 1) as u8;
            filled[next] += 1;
            branch += 1;
        }
        code
    }
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
    /// The path that was traced last: the state after each step, and the point sent. As far as `traced`.
    path: [(u8, u8); KEPT],
    traced: usize,
}

#[derive(Clone, Copy, Debug, Default)]
struct Step {
    /// The branch taken, by state after; in the low two bits.
    branch: [u8; STATES],
    /// Nearest point of each subset.
    nearest: [u8; STATES],
}

impl Step {
    /// The state before `state`, and the point sent on the way.
    fn back(&self, state: usize) -> (usize, u8) {
        let branch = usize::from(self.branch[state] & 3);
        let [from, subset] = [&CODE.from, &CODE.subset].map(|table| usize::from(table[branch][state] & 7));
        (from, self.nearest[subset])
    }
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
    pub(crate) fn new(modem: &Modem) -> Self {
        let mut points = [Complex::ZERO; 128];
        for (place, (re, im)) in points.iter_mut().zip(modem.points) {
            *place = Complex::new(*re, *im);
        }
        let map = nearest_by_cell(&points[..modem.points.len()]);
        Self { points, map }
    }
}

impl Viterbi {
    pub(crate) fn new() -> Self {
        let mut viterbi = Self {
            metric: [0.0; STATES],
            steps: [Step::default(); KEPT],
            taken: 0,
            decided: 0,
            path: [(0, 0); KEPT],
            traced: 0,
        };
        viterbi.reset();
        viterbi
    }

    /// Starts over in state 0, as the sender does at the first scrambled ones (V.17 5.1.4).
    pub(crate) fn reset(&mut self) {
        self.metric = [1e6; STATES];
        self.metric[0] = 0.0;
        (self.taken, self.decided, self.traced) = (0, 0, 0);
    }

    /// Takes a symbol in the units of the constellation. Returns what the likeliest path sent last: a
    /// decision without delay, for the loops.
    #[inline]
    pub(crate) fn step(&mut self, code: &TrellisMap, z: Complex) -> Complex {
        let nearest = code.map[cell(z)];
        let mut distance = [0.0; STATES];
        for (distance, point) in distance.iter_mut().zip(nearest) {
            *distance = (z - code.points[usize::from(point & 127)]).norm_sqr();
        }
        let low = smaller(self.reach::<0>(&distance), self.reach::<1>(&distance));
        let high = smaller(self.reach::<2>(&distance), self.reach::<3>(&distance));
        let metric = smaller(low, high);
        let best = smallest(&metric);
        let least = metric[best];
        let mut step = Step { branch: [0; STATES], nearest };
        for state in 0..STATES {
            self.metric[state] = metric[state] - least;
            step.branch[state] = metric[state].to_bits() as u8;
        }
        self.steps[self.taken % KEPT] = step;
        self.taken += 1;
        code.points[usize::from(step.back(best).1 & 127)]
    }

    /// The metrics of branch `N` into each state. The number of the branch rides in their last two bits, one
    /// part in 2^21, so that the smallest of them names it.
    #[inline(always)]
    fn reach<const N: usize>(&self, distance: &[f32; STATES]) -> [f32; STATES] {
        let mut reach = [0.0; STATES];
        for state in 0..STATES {
            let from = self.metric[CODE.from[N][state] as usize];
            let metric = from + distance[CODE.subset[N][state] as usize];
            reach[state] = f32::from_bits(metric.to_bits() & !3 | N as u32);
        }
        reach
    }

    /// What has waited long enough, a stride at a time.
    pub(crate) fn decided(&mut self) -> Option<Decided> {
        (self.taken - self.decided >= DEPTH + STRIDE).then(|| self.trace(STRIDE))
    }

    fn trace(&mut self, count: usize) -> Decided {
        let mut decided = Decided { points: [0; KEPT], count };
        let mut state = smallest(&self.metric);
        for n in (self.decided..self.taken).rev() {
            let passed = &mut self.path[n % KEPT];
            // From where it meets the path that was traced before it is the same.
            if n < self.traced && usize::from(passed.0) == state {
                break;
            }
            let (before, point) = self.steps[n % KEPT].back(state);
            *passed = (state as u8, point);
            state = before;
        }
        self.traced = self.taken;
        for (place, n) in decided.points[..count].iter_mut().zip(self.decided..) {
            *place = self.path[n % KEPT].1;
        }
        self.decided += count;
        decided
    }
}

#[inline(always)]
fn smaller<const N: usize>(a: [f32; N], b: [f32; N]) -> [f32; N] {
    let mut smaller = a;
    for n in 0..N {
        smaller[n] = if b[n] < a[n] { b[n] } else { a[n] };
    }
    smaller
}

/// Where the smallest value stands, but for one part in 2^20: the place rides in the last three bits.
#[inline(always)]
fn smallest(values: &[f32; STATES]) -> usize {
    let mut named = *values;
    for n in 0..STATES {
        named[n] = f32::from_bits(values[n].to_bits() & !7 | n as u32);
    }
    let [a, b, c, d, e, f, g, h] = named;
    let [a, b, c, d] = smaller([a, b, c, d], [e, f, g, h]);
    let [a, b] = smaller([a, b], [c, d]);
    let [a] = smaller([a], [b]);
    (a.to_bits() & 7) as usize
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
            let map = TrellisMap::new(modem);
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
