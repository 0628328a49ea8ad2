//! V.17's resynchronisation: 38 symbols cannot teach an equaliser, but they tell when and how turned
//! the signal comes for one that is known.

use super::equaliser::Taps;
use super::fit::Timebase;
use super::front::{History, MatchedFilter};
use super::lesson::Lesson;
use super::track::Track;
use fax_core::maths::{self, Complex};

/// Symbols of alternation that are taken as known at most, besides those after it.
const ALTERNATIONS: usize = 24;
/// Places tried, in steps of an eighth of a symbol to both sides of the first guess.
const PLACES: i64 = 10;
const PLACE: f64 = 0.125;

/// How far a carrier may have moved since the last burst, in turns a symbol: 0.1 Hz at 2400 baud.
const DRIFT: f32 = 4e-5;

/// What the end of one burst leaves to the start of the next.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Learned {
    pub(crate) taps: Taps,
    /// Carrier with its offset, cycles a sample.
    pub(crate) cycles: f64,
    /// Samples a half symbol.
    pub(crate) half: f64,
}

/// How the known symbols fit at one place.
#[derive(Clone, Copy, Debug, Default)]
struct Match {
    /// What the taps must be multiplied with.
    gain: Complex,
    /// Squared error that is left, relative to the power.
    error: f32,
    /// Turns a symbol by which the frequency is off.
    frequency: f32,
}

/// Starts `track` on a short training whose first known symbol stands about at `guess`. Returns the
/// remaining error relative to the power of the symbols, or `None` if nothing fits.
pub(crate) fn resynchronise(
    track: &mut Track,
    learned: &Learned,
    guess: Timebase,
    lesson: &Lesson,
    history: &History,
    filter: &MatchedFilter,
) -> Option<f32> {
    let mut time = Timebase { origin: guess.origin, half: learned.half, cycles: learned.cycles };
    let mut width = PLACE;
    track.equaliser.restore(learned.taps);
    // Twice around the best place, the second time finer and with the frequency mended.
    for round in 0..3 {
        let at = |place: i64| Timebase {
            origin: time.origin.plus(place as f64 * width * 2.0 * time.half),
            ..time
        };
        let mut errors = [f32::MAX; 2 * PLACES as usize + 1];
        let reach = if round == 0 { PLACES } else { 1 };
        for place in -reach..=reach {
            errors[(place + PLACES) as usize] = compare(track, at(place), lesson, history, filter).error;
        }
        let best = (0..errors.len()).min_by(|a, b| errors[*a].total_cmp(&errors[*b]))?;
        let beside = |n: usize| errors.get(n).copied().filter(|error| *error < f32::MAX);
        let vertex = match (best.checked_sub(1).and_then(beside), beside(best + 1)) {
            (Some(before), Some(after)) => parabola(before, errors[best], after),
            _ => 0.0,
        };
        let moved = best as f64 - PLACES as f64 + vertex;
        time.origin = time.origin.plus(moved * width * 2.0 * time.half);
        let found = compare(track, time, lesson, history, filter);
        time.cycles += f64::from(found.frequency * trust(&found, lesson)) / (2.0 * time.half);
        width /= 4.0;
    }
    let found = compare(track, time, lesson, history, filter);
    let symbols = lesson.known.len() as i64;
    track.equaliser.scale(found.gain);
    track.join(time, symbols, history, filter);
    track.error = found.error;
    Some(found.error)
}

/// How far to believe the frequency that so few symbols show against what the last burst knew: as the
/// variances of both demand. A wrong start costs the first symbols more than a drift would.
fn trust(found: &Match, lesson: &Lesson) -> f32 {
    let symbols = (lesson.known.len() + lesson.alternations.min(ALTERNATIONS)) as f32;
    let here = 6.0 * found.error / (symbols * symbols * symbols * 4.0 * maths::PI as f32 * maths::PI as f32);
    DRIFT * DRIFT / (DRIFT * DRIFT + here)
}

/// Where a parabola through three values one step apart is least, from the middle one.
fn parabola(before: f32, middle: f32, after: f32) -> f64 {
    let bend = before - 2.0 * middle + after;
    if bend <= 0.0 { 0.0 } else { f64::from((before - after) / (2.0 * bend)).clamp(-1.0, 1.0) }
}

fn compare(
    track: &mut Track,
    time: Timebase,
    lesson: &Lesson,
    history: &History,
    filter: &MatchedFilter,
) -> Match {
    let last = lesson.known.len() as i64;
    let before = lesson.alternations.min(ALTERNATIONS) as i64;
    track.join(time, -before, history, filter);
    let (mut sum, mut made, mut goal) = (Complex::ZERO, 0.0, 0.0);
    let mut halves = [Complex::ZERO; 2];
    for n in -before..last {
        let (Some(z), Some(symbol)) = (track.next(history, filter), lesson.symbol(n)) else { break };
        track.coast();
        let product = symbol * z.conj();
        sum += product;
        halves[usize::from(2 * (n + before) >= last + before)] += product;
        made += z.norm_sqr();
        goal += symbol.norm_sqr();
    }
    let gain = sum.scale(1.0 / made.max(f32::MIN_POSITIVE));
    let apart = (last + before) as f32 / 2.0;
    // Products hold the conjugate of what was made: a fast carrier turns them backwards.
    let turn = (halves[0] * halves[1].conj()).angle() / (2.0 * maths::PI as f32);
    Match {
        gain,
        error: 1.0 - sum.norm_sqr() / (made * goal).max(f32::MIN_POSITIVE),
        frequency: turn / apart,
    }
}
