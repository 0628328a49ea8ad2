//! Finds the end of the alternation: the instant from which the known symbols follow.
//!
//! The analytic signal is taken at two samples a symbol, turned back by the carrier and the offset
//! that the alternation showed, and compared with the opening of the training at every half symbol.
//! The correlation is held against the power in its window, so that level and noise do not matter.

use super::fit::Timebase;
use super::front::{History, Instant, MatchedFilter};
use super::lesson::Lesson;
use super::plan::Plan;
use fax_core::maths::{self, Complex, Phase};

/// Symbols compared at most: 27 dB above white noise of the signal's own power per symbol.
const OPENING: usize = 64;
/// Symbols a search may take at most: V.17's alternation and some.
const MOST: usize = 512;
/// Correlation that counts as found, as a part of what a flat and quiet line gives. The best of 1000
/// windows of noise reaches 0.17 with 38 symbols; a line that spreads the pulse by 5 ms leaves 0.35.
const FOUND: f32 = 0.25;
/// Symbols that must pass without a better match before the best one is taken.
const SETTLED: usize = 24;

/// A search for the opening of one training.
#[derive(Clone, Debug)]
pub(crate) struct Align {
    opening_re: Vec<f32>,
    opening_im: Vec<f32>,
    opening_power: f32,
    /// Samples at even and at odd half symbols since the start, so that whole symbols lie in a row.
    rails: [Rail; 2],
    /// Cycles a sample: carrier plus offset.
    cycles: f64,
    /// Samples a half symbol.
    half: f64,
    start: Instant,
    read: usize,
    limit: usize,
    best: Option<Match>,
}

#[derive(Clone, Debug)]
struct Rail {
    re: Vec<f32>,
    im: Vec<f32>,
}

#[derive(Clone, Copy, Debug)]
struct Match {
    at: usize,
    strength: f32,
}

/// How a search goes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Search {
    /// More samples are needed.
    On,
    /// The first known symbol stands here, to a quarter of a symbol.
    Found { at: Instant, strength: f32 },
    /// The alternation should have ended by now.
    Lost,
}

impl Align {
    /// With room for the longest alternation there is.
    pub(crate) fn new() -> Self {
        // Not one made from the other: a clone of a vector has no room to spare.
        let rail = |_| Rail { re: Vec::with_capacity(MOST), im: Vec::with_capacity(MOST) };
        Self {
            opening_re: Vec::with_capacity(OPENING),
            opening_im: Vec::with_capacity(OPENING),
            opening_power: 0.0,
            rails: [0, 1].map(rail),
            cycles: 0.0,
            half: 1.0,
            start: Instant::default(),
            read: 0,
            limit: 0,
            best: None,
        }
    }

    /// Starts a search at `start` for the opening of `plan`, whose carrier has `cycles` a sample.
    pub(crate) fn begin(&mut self, plan: &Plan, start: Instant, cycles: f64) {
        for rail in &mut self.rails {
            rail.re.clear();
            rail.im.clear();
        }
        self.take_opening(plan.opening());
        (self.start, self.cycles, self.half) = (start, cycles, plan.half());
        self.limit = 2 * (plan.long.alternations + 4 * OPENING).min(MOST);
        (self.read, self.best) = (0, None);
    }

    /// Takes out of the opening what it has in common with any alternation, so that the alternation
    /// before it correlates to nothing and only the opening itself stands out.
    fn take_opening(&mut self, opening: &[Complex]) {
        let opening = &opening[..opening.len().min(OPENING)];
        let parity = |odd: usize| opening.iter().skip(odd).step_by(2);
        let mean = |odd: usize| {
            let sum = parity(odd).fold(Complex::ZERO, |sum, symbol| sum + *symbol);
            sum.scale(1.0 / parity(odd).count().max(1) as f32)
        };
        let means = [mean(0), mean(1)];
        self.opening_re.clear();
        self.opening_im.clear();
        for (n, symbol) in opening.iter().enumerate() {
            let unlike = *symbol - means[n & 1];
            self.opening_re.push(unlike.re);
            self.opening_im.push(unlike.im);
        }
        self.opening_power = maths::power(&self.opening_re) + maths::power(&self.opening_im);
    }

    /// Looks at all that has come.
    pub(crate) fn search(&mut self, history: &History, filter: &MatchedFilter) -> Search {
        loop {
            let instant = self.start.plus(self.read as f64 * self.half);
            if !history.covers(instant) {
                return Search::On;
            }
            if self.read >= self.limit {
                return Search::Lost;
            }
            let turn = Phase::from_turns(-self.cycles * instant.samples_from(self.start)).point();
            let sample = filter.read(history, instant) * turn;
            let rail = &mut self.rails[self.read & 1];
            rail.re.push(sample.re);
            rail.im.push(sample.im);
            self.read += 1;
            self.compare();
            if let Some(best) = self.best
                && self.read > best.at + 2 * (self.opening_re.len() + SETTLED)
            {
                let at = self.start.plus(best.at as f64 * self.half);
                return Search::Found { at, strength: best.strength };
            }
        }
    }

    /// Holds the newest whole window against the opening.
    fn compare(&mut self) {
        let length = self.opening_re.len();
        let rail = &self.rails[(self.read - 1) & 1];
        let Some(first) = rail.re.len().checked_sub(length) else { return };
        let (re, im) = (&rail.re[first..], &rail.im[first..]);
        let sum = maths::dot_conj(re, im, &self.opening_re, &self.opening_im);
        let power = maths::power(re) + maths::power(im);
        let strength = sum.norm_sqr() / (power * self.opening_power).max(f32::MIN_POSITIVE);
        let at = 2 * first + ((self.read - 1) & 1);
        if strength >= FOUND && self.best.is_none_or(|best| strength > best.strength) {
            self.best = Some(Match { at, strength });
        }
    }
}

/// Symbols summed at once when the continuation is judged: few enough that the carrier need not be
/// known better than the alternation shows it.
const STRIDE: usize = 32;
/// Half symbols to both sides within which the continuation is sought: a line that delays the edges of
/// its band by 5 ms makes the opening, which is rich in them, seem to stand that much too late.
const ASIDE: i64 = 40;

/// Looks for the long training's symbols after those that it shares with the short one. `None` until the
/// samples have come; then by how many half symbols they say that `time` is early, or `None` if they
/// do not follow.
pub(crate) fn continues(
    long: &Lesson,
    shared: usize,
    time: Timebase,
    history: &History,
    filter: &MatchedFilter,
) -> Option<Option<i64>> {
    let end = 2 * (shared + 2 * STRIDE) as i64 + ASIDE;
    if !history.covers(time.instant(end)) {
        return None;
    }
    let mut best = (FOUND, None);
    for aside in -ASIDE..=ASIDE {
        let alike = [0, 1].map(|stride| {
            let (mut sum, mut power, mut goal) = (Complex::ZERO, 0.0, 0.0);
            for n in shared + stride * STRIDE..shared + (stride + 1) * STRIDE {
                let Some(symbol) = long.known.get(n) else { continue };
                let back = Phase(time.turn(n as f64).0.wrapping_neg()).point();
                let sample = filter.read(history, time.instant(2 * n as i64 + aside)) * back;
                sum += sample * symbol.conj();
                power += sample.norm_sqr();
                goal += symbol.norm_sqr();
            }
            sum.norm_sqr() / (power * goal).max(f32::MIN_POSITIVE)
        });
        let alike = (alike[0] + alike[1]) / 2.0;
        if alike > best.0 {
            best = (alike, Some(aside));
        }
    }
    Some(best.1)
}
