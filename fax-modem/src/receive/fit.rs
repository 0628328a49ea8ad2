//! Fits a receiver to a line by the symbols it knows: when they come, how they turn, and the equaliser
//! that undoes the line.
//!
//! One stored window is looked at several times, a step a call, so that no block of samples waits
//! long: first by single correlations (frequency, clock, the best instant), then by least squares
//! with some taps (their errors over the window refine frequency and clock), at last with all taps.
//! Which of the taps are worth their noise is decided by the residual of every number of them.
//!
//! From: Ungerboeck 1976 and Gitlin, Weinstein 1981 (fractional spacing); Rissanen 1978 (the price
//! of a tap).

use super::cholesky::Cholesky;
use super::front::{History, Instant, MatchedFilter};
use super::lesson::Lesson;
use fax_core::maths::{self, Complex, Phase};

/// Farthest tap before and after the main one in half symbols: 6.5 and 13 ms at 2400 baud. An echo
/// lies behind the signal and is undone by what came before it, so that side is the longer one.
pub(crate) const AHEAD: usize = 32;
pub(crate) const BEHIND: usize = 63;
/// Taps at most.
pub(crate) const TAPS: usize = AHEAD + 1 + BEHIND;
/// Taps while frequency and clock are still being refined.
const ROUGH_TAPS: usize = 32;
/// Symbols of a window at most.
pub(crate) const WINDOW: usize = 512;
/// Symbols that are summed before their turn against each other is taken: 150 Hz of offset could be
/// told, and after the alternation less than 3 are left.
const GROUP: usize = 32;
const GROUPS: usize = WINDOW / GROUP;
/// Power added to every tap, as a part of its own: it keeps the half of the spectrum that carries
/// nothing from being divided by.
const RIDGE: f32 = 3e-5;
/// What a tap must win: twice what Akaike asks of a complex number.
const PRICE: f64 = 3.0;
/// Slope of |h(1/2 + t)|^2 - |h(1/2 - t)|^2 against t in symbols for a raised cosine pulse; within
/// 2 % for roll-offs of 0.25 to 0.5.
const EARLY_LATE_SLOPE: f32 = -3.2;
/// |h(0)|^2 + |h(1/2)|^2 of the same, h(0) being 1.
const EARLY_LATE_POWER: f32 = 1.38;
/// Slope of h(1 + t) - h(-1 + t) for the same.
pub(crate) const NEIGHBOUR_SLOPE: f32 = -1.85;

/// When symbols come and how they turn.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Timebase {
    /// The centre of symbol 0.
    pub(crate) origin: Instant,
    /// Samples from one half symbol to the next.
    pub(crate) half: f64,
    /// Carrier with its offset, cycles a sample.
    pub(crate) cycles: f64,
}

impl Timebase {
    pub(crate) fn instant(&self, half_symbols: i64) -> Instant {
        self.origin.plus(half_symbols as f64 * self.half)
    }

    /// Turn of the carrier from symbol 0 to symbol `n`.
    pub(crate) fn turn(&self, n: f64) -> Phase {
        Phase::from_turns(self.cycles * 2.0 * self.half * n)
    }
}

/// What came out of a fit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outcome {
    /// Taps used, from [`Fit::taps`].
    pub(crate) ahead: usize,
    pub(crate) behind: usize,
    /// Mean squared error against the known symbols relative to their power, without the error's
    /// own gain from being fitted.
    pub(crate) error: f32,
}

/// A fit in progress, with the room it needs.
#[derive(Clone, Debug)]
pub(crate) struct Fit {
    pub(crate) time: Timebase,
    symbols: usize,
    step: Step,
    /// Even and odd half symbols from [`BEHIND`] before symbol 0 on.
    rails: [Rail; 2],
    /// The known symbols, turned as the carrier turns.
    goal: Rail,
    /// What the equaliser makes of the window.
    made: Rail,
    /// The products of the taps' inputs, and what is solved with them.
    system: Cholesky,
    solution: Vec<Complex>,
    used: usize,
}

#[derive(Clone, Debug)]
struct Rail {
    re: Vec<f32>,
    im: Vec<f32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Correlate(u8),
    Refine(u8),
    Finish,
}

impl Fit {
    pub(crate) fn new() -> Self {
        let rail = |length: usize| Rail { re: vec![0.0; length], im: vec![0.0; length] };
        let window = BEHIND / 2 + WINDOW + AHEAD.div_ceil(2);
        Self {
            time: Timebase::default(),
            symbols: 0,
            step: Step::Correlate(0),
            rails: [rail(window), rail(window)],
            goal: rail(WINDOW),
            made: rail(WINDOW),
            system: Cholesky::new(TAPS),
            solution: vec![Complex::ZERO; TAPS],
            used: 0,
        }
    }

    /// Starts on `symbols` symbols (at most [`WINDOW`]) from `time` on.
    pub(crate) fn begin(&mut self, time: Timebase, symbols: usize) {
        (self.time, self.symbols, self.step) = (time, symbols.min(WINDOW), Step::Correlate(0));
    }

    /// Symbols in the window.
    pub(crate) fn symbols(&self) -> usize {
        self.symbols
    }

    /// Whether all samples that the fit may look at have come.
    pub(crate) fn ready(&self, history: &History) -> bool {
        // Half a symbol more, in case the origin is moved.
        history.covers(self.time.instant(2 * self.symbols as i64 + AHEAD as i64 + 2))
    }

    /// One look at the window. `None` while more of them are wanted.
    pub(crate) fn step(
        &mut self,
        history: &History,
        filter: &MatchedFilter,
        lesson: &Lesson,
    ) -> Option<Outcome> {
        self.read(history, filter, lesson);
        self.step = match self.step {
            Step::Correlate(n) => {
                self.correlate(lesson);
                if n == 0 { Step::Correlate(1) } else { Step::Refine(0) }
            }
            Step::Refine(n) => {
                self.solve(ROUGH_TAPS);
                self.refine(lesson);
                if n == 0 { Step::Refine(1) } else { Step::Finish }
            }
            Step::Finish => return Some(self.solve(TAPS)),
        };
        None
    }

    /// The tap that looks `half_symbols` back from the symbol's own instant (negative: ahead).
    pub(crate) fn tap(&self, half_symbols: i64) -> Complex {
        let place = (0..self.used).find(|n| tap_at(*n) == half_symbols);
        place.map_or(Complex::ZERO, |n| self.solution[n])
    }

    fn read(&mut self, history: &History, filter: &MatchedFilter, lesson: &Lesson) {
        let length = BEHIND / 2 + self.symbols + AHEAD.div_ceil(2);
        for (parity, rail) in self.rails.iter_mut().enumerate() {
            for (m, (re, im)) in rail.re.iter_mut().zip(&mut rail.im).take(length).enumerate() {
                let half_symbols = 2 * m as i64 + parity as i64 - BEHIND as i64;
                let sample = filter.read(history, self.time.instant(half_symbols));
                (*re, *im) = (sample.re, sample.im);
            }
        }
        for (n, symbol) in lesson.known.iter().take(self.symbols).enumerate() {
            let goal = *symbol * self.time.turn(n as f64).point();
            (self.goal.re[n], self.goal.im[n]) = (goal.re, goal.im);
        }
    }

    /// Frequency, clock and the best instant by what single half symbols have in common with the
    /// goal, group by group.
    fn correlate(&mut self, lesson: &Lesson) {
        let groups = (self.symbols.min(lesson.known.len()) / GROUP).min(GROUPS);
        let mut sums = [[Complex::ZERO; 3]; GROUPS];
        for (g, sums) in sums.iter_mut().take(groups).enumerate() {
            for (sum, tap) in sums.iter_mut().zip([1_i64, 0, -1]) {
                let (rail, first) = self.rail(tap);
                let part = first + g * GROUP..first + (g + 1) * GROUP;
                let goal = g * GROUP..(g + 1) * GROUP;
                *sum = maths::dot_conj(
                    &rail.re[part.clone()],
                    &rail.im[part],
                    &self.goal.re[goal.clone()],
                    &self.goal.im[goal],
                );
            }
        }
        let sums = &mut sums[..groups];
        // Neighbours first, then a third of the window apart: 5 times as exact, no longer ambiguous.
        for apart in [1, (groups / 3).max(1)] {
            let turn = sums.windows(apart + 1).fold(Complex::ZERO, |turn, pair| {
                (0..3).fold(turn, |turn, k| turn + pair[apart][k] * pair[0][k].conj())
            });
            let per_group = f64::from(turn.angle()) / (2.0 * maths::PI) / apart as f64;
            self.time.cycles += per_group / (GROUP as f64 * 2.0 * self.time.half);
            for (g, sums) in sums.iter_mut().enumerate() {
                let back = Phase::from_turns(-per_group * g as f64).point();
                *sums = sums.map(|sum| sum * back);
            }
        }
        let late = |sums: &[Complex; 3]| {
            let middle = sums[1].norm_sqr() + (sums[0].norm_sqr() + sums[2].norm_sqr()) / 2.0;
            // Taps 1, 0, -1 look half a symbol back, at the instant, half a symbol ahead.
            let uneven = (sums[2].norm_sqr() - sums[0].norm_sqr()) / middle.max(f32::MIN_POSITIVE);
            (uneven * EARLY_LATE_POWER / EARLY_LATE_SLOPE).clamp(-0.5, 0.5)
        };
        let (mean, slope) = line_through(sums.iter().map(late));
        self.move_time(f64::from(mean), f64::from(slope) / GROUP as f64, false);
    }

    /// Frequency and clock by the errors that the equaliser leaves.
    fn refine(&mut self, lesson: &Lesson) {
        self.equalise();
        let groups = self.symbols / GROUP;
        let mut turns = [0.0; GROUPS];
        let mut lates = [0.0; GROUPS];
        for g in 0..groups.min(GROUPS) {
            let (mut turn, mut neighbours, mut power) = (Complex::ZERO, 0.0, 0.0);
            let mut before = (Complex::ZERO, Complex::ZERO);
            for n in g * GROUP..(g + 1) * GROUP {
                let Some(symbol) = lesson.known.get(n) else { continue };
                let back = Phase(self.time.turn(n as f64).0.wrapping_neg()).point();
                let made = Complex::new(self.made.re[n], self.made.im[n]) * back;
                turn += made * symbol.conj();
                power += symbol.norm_sqr();
                let error = made - *symbol;
                if n > g * GROUP {
                    neighbours += (before.0.conj() * error).re - (symbol.conj() * before.1).re;
                }
                before = (*symbol, error);
            }
            turns[g] = turn.angle() / (2.0 * maths::PI as f32);
            lates[g] = neighbours / (power * NEIGHBOUR_SLOPE);
        }
        let (_, slope) = line_through(turns[..groups].iter().copied());
        self.time.cycles += f64::from(slope) / (GROUP as f64 * 2.0 * self.time.half);
        let (_, slope) = line_through(lates[..groups].iter().copied());
        self.move_time(0.0, f64::from(slope) / GROUP as f64, true);
    }

    /// Takes samples earlier where they were found late: by `late` symbols in the middle of the
    /// window, changing by `slope` a symbol.
    fn move_time(&mut self, late: f64, slope: f64, keep_middle: bool) {
        let middle = if keep_middle { 0.0 } else { late };
        let symbol = 2.0 * self.time.half;
        let at_start = middle - slope * self.symbols as f64 / 2.0;
        self.time.origin = self.time.origin.plus(-at_start * symbol);
        self.time.half *= 1.0 - slope;
    }

    /// Least squares over the window, with the best number of at most `most` taps.
    fn solve(&mut self, most: usize) -> Outcome {
        self.system.clear();
        measure(&mut self.system, &self.rails, self.symbols);
        let n = self.symbols as f64;
        let all = maths::power(&self.goal.re[..self.symbols]) + maths::power(&self.goal.im[..self.symbols]);
        let ridge = RIDGE * self.system.product(0, 0).re;
        let mut left = all;
        let mut best = (f64::INFINITY, 0, left);
        for k in 0..most.min(TAPS).min(self.symbols / 3) {
            let (rail, first) = rail_of(&self.rails, tap_at(k));
            let part = first..first + self.symbols;
            let right = maths::dot_conj(
                &self.goal.re[..self.symbols],
                &self.goal.im[..self.symbols],
                &rail.re[part.clone()],
                &rail.im[part],
            );
            let Some(won) = self.system.grow(ridge, right) else { break };
            left = (left - won).max(all * 1e-7);
            let cost = n * maths::ln(f64::from(left / all)) + PRICE * (k + 1) as f64;
            if cost < best.0 {
                best = (cost, k + 1, left);
            }
        }
        self.used = best.1;
        self.system.solve(self.used, &mut self.solution);
        let taps = (0..self.used).map(tap_at);
        let free = (n - best.1 as f64).max(1.0) as f32;
        Outcome {
            ahead: taps.clone().map(|tap| -tap).max().unwrap_or(0).max(0) as usize,
            behind: taps.max().unwrap_or(0).max(0) as usize,
            error: best.2 / all * n as f32 / free,
        }
    }

    fn equalise(&mut self) {
        let n = self.symbols;
        self.made.re[..n].fill(0.0);
        self.made.im[..n].fill(0.0);
        for k in 0..self.used {
            let (rail, first) = rail_of(&self.rails, tap_at(k));
            let part = first..first + n;
            let (re, im, tap) = (&rail.re[part.clone()], &rail.im[part], self.solution[k]);
            maths::axpy(tap.re, re, &mut self.made.re[..n]);
            maths::axpy(-tap.im, im, &mut self.made.re[..n]);
            maths::axpy(tap.im, re, &mut self.made.im[..n]);
            maths::axpy(tap.re, im, &mut self.made.im[..n]);
        }
    }

    fn rail(&self, tap: i64) -> (&Rail, usize) {
        rail_of(&self.rails, tap)
    }
}

/// The half symbols that lie `tap` before symbol 0, 1, 2...: their rail and where in it they begin.
fn rail_of(rails: &[Rail; 2], tap: i64) -> (&Rail, usize) {
    let from_start = BEHIND as i64 - tap;
    (&rails[(from_start & 1) as usize], (from_start >> 1) as usize)
}

/// The taps in the order in which they are taken in: from the middle, two behind for one ahead.
fn tap_at(place: usize) -> i64 {
    let place = place as i64;
    if place % 3 == 2 { -(place + 1) / 3 } else { place - place / 3 }
}

/// Mean and slope of a straight line through values one step apart.
fn line_through(values: impl ExactSizeIterator<Item = f32>) -> (f32, f32) {
    let count = values.len() as f32;
    let middle = (count - 1.0) / 2.0;
    let (mut sum, mut moment, mut spread) = (0.0, 0.0, 0.0);
    for (n, value) in values.enumerate() {
        let from_middle = n as f32 - middle;
        sum += value;
        moment += from_middle * value;
        spread += from_middle * from_middle;
    }
    (sum / count.max(1.0), if spread > 0.0 { moment / spread } else { 0.0 })
}

/// Where a tap stands in that order.
const fn place_of(tap: i64) -> usize {
    if tap < 0 { (-3 * tap - 1) as usize } else { (tap + tap / 2) as usize }
}

/// Products of all taps' inputs with each other over the window.
///
/// The products of two taps two places on differ only by what enters and leaves at the window's ends,
/// so two rows are summed and the others follow.
fn measure(system: &mut Cholesky, rails: &[Rail; 2], symbols: usize) {
    const FIRST: i64 = -(AHEAD as i64);
    const LAST: i64 = BEHIND as i64;
    for a in FIRST..=LAST {
        let (row, first) = rail_of(rails, a);
        for b in a..=LAST {
            let (other, other_first) = rail_of(rails, b);
            let product = if a < FIRST + 2 {
                maths::dot_conj(
                    &other.re[other_first..other_first + symbols],
                    &other.im[other_first..other_first + symbols],
                    &row.re[first..first + symbols],
                    &row.im[first..first + symbols],
                )
            } else {
                let pair = |n: usize| {
                    let z = Complex::new(row.re[first + n], row.im[first + n]);
                    z.conj() * Complex::new(other.re[other_first + n], other.im[other_first + n])
                };
                system.product(place_of(a - 2), place_of(b - 2)) + pair(0) - pair(symbols)
            };
            system.set_product(place_of(a), place_of(b), product);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tap_has_its_place() {
        let mut taps: Vec<i64> = (0..TAPS).map(tap_at).collect();
        assert!((0..TAPS).all(|place| place_of(taps[place]) == place));
        taps.sort_unstable();
        assert_eq!(taps, (-(AHEAD as i64)..=BEHIND as i64).collect::<Vec<_>>());
    }
}
