//! The code words of one row, as far as the bits reach.

use super::super::account::Flaw;
use super::super::bits::Bits;
use super::super::changes::Changes;
use super::super::lookup::{Kind, MODE_BITS, MODE_MEANINGS, Meaning, RUN_BITS, RUN_MEANINGS};

/// Where in a row the next bit is. The changes so far are in the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The start point; -1 is ahead of the first pel.
    a0: i32,
    /// The number of b1 among the changes of the row above.
    b: usize,
    part: Part,
    /// Make-up codes so far of a run.
    run: u32,
}

impl Place {
    /// Ahead of the first code word.
    pub(super) const START: Self = Self { a0: -1, b: 0, part: Part::Mode, run: 0 };
}

/// What stands next in a two-dimensional row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Mode,
    FirstRun,
    SecondRun,
}

/// Why a row is not read on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// The bits do not make a code word yet.
    More,
    /// The row has its width.
    Full,
    /// So many zeros that an EOL has to come.
    Zeros,
    Flaw(Flaw),
}

/// T.4 4.1: runs, white first, until they make the width.
pub(super) fn one_dimensional(place: &mut Place, line: &mut Changes, bits: &mut Bits<'_>) -> Stop {
    let width = line.width();
    loop {
        bits.fill();
        let colour = line.count() % 2;
        let run = match run(colour, &mut place.run, width, bits) {
            Ok(run) => run,
            Err(stop) => return stop,
        };
        place.a0 = place.a0.max(0) + run;
        match place.a0 {
            a0 if a0 < width => line.end_run(a0 as u16),
            a0 if a0 == width => return Stop::Full,
            _ => return Stop::Flaw(Flaw::Long),
        }
    }
}

/// T.4 4.2.1.3, T.6 2.2: from a0 rightwards by the changes of the row `above`.
pub(super) fn two_dimensional(
    place: &mut Place,
    line: &mut Changes,
    above: &Changes,
    bits: &mut Bits<'_>,
) -> Stop {
    let width = line.width();
    loop {
        bits.fill();
        let stop = match place.part {
            Part::Mode => mode(place, line, above, bits),
            Part::FirstRun | Part::SecondRun => horizontal(place, line, above, bits),
        };
        if let Some(stop) = stop {
            return stop;
        }
        if place.a0 >= width && place.part == Part::Mode {
            return if place.a0 == width { Stop::Full } else { Stop::Flaw(Flaw::Long) };
        }
    }
}

#[inline(always)]
fn mode(place: &mut Place, line: &mut Changes, above: &Changes, bits: &mut Bits<'_>) -> Option<Stop> {
    let ones = bits.ones();
    if ones > 0 {
        return copy(ones, place, line, above, bits);
    }
    let meaning = MODE_MEANINGS.get(bits.peek(MODE_BITS)).copied().unwrap_or(Meaning::NOTHING);
    if meaning.length() > bits.ready() {
        return Some(Stop::More);
    }
    match meaning.kind() {
        Kind::Vertical => {
            let distance = meaning.value() as i32 - 3;
            let a1 = above.position(place.b) + distance;
            if a1 <= place.a0 {
                return Some(Stop::Flaw(Flaw::Code));
            }
            bits.take(meaning.length());
            place.a0 = a1;
            if a1 < line.width() {
                line.end_run(a1 as u16);
            }
            // One further, or one back if that has come to lie right of a0 again.
            let back = place.b.wrapping_sub(1);
            let is_right = distance < 0 && place.b > 0 && above.position(back) > a1;
            place.b = above.next_right_of(a1, if is_right { back } else { place.b + 1 });
        }
        Kind::Pass => {
            let b2 = above.position(place.b + 1);
            if b2 >= line.width() {
                return Some(Stop::Flaw(Flaw::Code));
            }
            bits.take(meaning.length());
            place.a0 = b2;
            place.b += 2;
        }
        Kind::Horizontal => {
            bits.take(meaning.length());
            place.part = Part::FirstRun;
            return horizontal(place, line, above, bits);
        }
        Kind::Zeros => return Some(Stop::Zeros),
        Kind::Extension => return Some(Stop::Flaw(Flaw::Extension)),
        _ => return Some(Stop::Flaw(Flaw::Code)),
    }
    None
}

/// Vertical mode without a distance, `ones` times: as many changes of the row above.
#[inline(always)]
fn copy(
    ones: u32,
    place: &mut Place,
    line: &mut Changes,
    above: &Changes,
    bits: &mut Bits<'_>,
) -> Option<Stop> {
    let there = above.positions().get(place.b..).unwrap_or_default();
    let (copied, all) = match there.get(..ones as usize) {
        Some(copied) => (copied, true),
        None => (there, false),
    };
    // Strictly right of a0 they are all, but for the first at the start of a row.
    line.extend(copied);
    place.b += copied.len();
    if let Some(last) = copied.last() {
        place.a0 = i32::from(*last);
    }
    if all {
        bits.take(ones);
    } else {
        // The next one means the imaginary change, and ends the row.
        bits.take(copied.len() as u32 + 1);
        place.a0 = line.width();
    }
    None
}

/// Horizontal mode: the runs from a0 to a1 and from a1 to a2.
#[inline(always)]
fn horizontal(place: &mut Place, line: &mut Changes, above: &Changes, bits: &mut Bits<'_>) -> Option<Stop> {
    let width = line.width();
    while place.part != Part::Mode {
        let run = match run(line.count() % 2, &mut place.run, width, bits) {
            Ok(run) => run,
            Err(stop) => return Some(stop),
        };
        place.a0 = place.a0.max(0) + run;
        if place.a0 > width {
            return Some(Stop::Flaw(Flaw::Long));
        }
        place.part = match place.part {
            Part::FirstRun => Part::SecondRun,
            Part::SecondRun | Part::Mode => Part::Mode,
        };
        if place.a0 < width || place.part == Part::SecondRun {
            line.end_run(place.a0 as u16);
        }
    }
    place.b = above.next_right_of(place.a0, place.b);
    None
}

/// A run of one colour (0 white, 1 black): make-up codes, then a terminating one.
#[inline(always)]
fn run(colour: usize, run: &mut u32, width: i32, bits: &mut Bits<'_>) -> Result<i32, Stop> {
    let [white, black] = &RUN_MEANINGS;
    let meanings = if colour == 0 { white } else { black };
    loop {
        if bits.ready() < RUN_BITS {
            bits.fill();
        }
        let meaning = meanings.get(bits.peek(RUN_BITS)).copied().unwrap_or(Meaning::NOTHING);
        if meaning.length() > bits.ready() {
            return Err(Stop::More);
        }
        match meaning.kind() {
            Kind::Terminating => {
                bits.take(meaning.length());
                let whole = *run + meaning.value();
                *run = 0;
                return Ok(whole as i32);
            }
            Kind::MakeUp => {
                bits.take(meaning.length());
                *run += meaning.value();
                if *run > width as u32 {
                    return Err(Stop::Flaw(Flaw::Long));
                }
            }
            Kind::Zeros => return Err(Stop::Zeros),
            Kind::Extension => return Err(Stop::Flaw(Flaw::Extension)),
            _ => return Err(Stop::Flaw(Flaw::Code)),
        }
    }
}
