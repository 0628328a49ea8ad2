//! The code words of one row, as far as the bits reach.

use super::super::account::Flaw;
use super::super::bits::Bits;
use super::super::changes::{Above, Changes, Pen};
use super::super::lookup::{Kind, MODE_BITS, MODE_MEANINGS, Meaning, PAIRS, Pair, RUN_BITS, RUN_MEANINGS};

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
    pub(super) const START: Self = Self { a0: -1, b: 1, part: Part::Mode, run: 0 };
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
pub(super) fn one_dimensional(place: &mut Place, line: &mut Changes, outer: &mut Bits<'_>) -> Stop {
    let width = line.width();
    // Where the next code word begins: a make-up code moves it and ends no run.
    let mut at = place.a0.max(0);
    let (mut pen, mut bits) = (line.pen(), *outer);
    let stop = loop {
        bits.fill();
        let colour = pen.count() % 2;
        let pair = pair(colour, &bits);
        let middle = at + pair.first();
        let end = middle + pair.second();
        if pair.length() > 0 && pair.length() <= bits.ready() && end < width {
            bits.take(pair.length());
            pen.push_if(pair.ends_first(), middle);
            pen.push_if(pair.ends_second(), end);
            at = end;
            continue;
        }
        match code(colour, &mut bits) {
            Ok((pels, ends)) => {
                at += pels;
                if at >= width && (ends || at > width) {
                    break if at == width { Stop::Full } else { Stop::Flaw(Flaw::Long) };
                }
                if ends {
                    pen.end_run(at);
                }
            }
            Err(stop) => break stop,
        }
    };
    let count = pen.count();
    line.keep(count);
    if bits.position() != outer.position() {
        place.a0 = at;
    }
    *outer = bits;
    stop
}

/// T.4 4.2.1.3, T.6 2.2: from a0 rightwards by the changes of the row above.
pub(super) fn two_dimensional(
    place: &mut Place,
    line: &mut Changes,
    reference: &Changes,
    outer: &mut Bits<'_>,
) -> Stop {
    let mut row = Row { place: *place, pen: line.pen(), above: reference.above(), bits: *outer };
    let stop = loop {
        row.bits.fill();
        let stop = match row.place.part {
            Part::Mode => row.mode(),
            Part::FirstRun | Part::SecondRun => row.horizontal(),
        };
        if let Err(stop) = stop {
            break stop;
        }
    };
    let Row { place: to, pen, bits, .. } = row;
    let count = pen.count();
    line.keep(count);
    if stop == Stop::Full {
        line.drop_imaginary();
    }
    (*place, *outer) = (to, bits);
    stop
}

/// A two-dimensional row, all in one place while its code words are read.
struct Row<'rows, 'line> {
    place: Place,
    pen: Pen<'rows>,
    above: Above<'rows>,
    bits: Bits<'line>,
}

impl Row<'_, '_> {
    #[inline(always)]
    fn mode(&mut self) -> Result<(), Stop> {
        self.copy()?;
        // Enough for a mode and for the first code word of a run behind it.
        if self.bits.ready() < MODE_BITS + RUN_BITS {
            self.bits.fill();
        }
        let meaning = MODE_MEANINGS.get(self.bits.peek(MODE_BITS)).copied().unwrap_or(Meaning::NOTHING);
        if meaning.length() > self.bits.ready() {
            return Err(Stop::More);
        }
        // Vertical and pass mode by the same steps: they take turns as if by chance, and no branch foretells it.
        if let Some(changes) = meaning.step() {
            let width = self.above.width();
            let a0 = self.above.position(self.place.b + 1 - changes) + meaning.value() as i32 - 3;
            if a0 <= self.place.a0 || a0 > width {
                return Err(Stop::Flaw(Flaw::Code));
            }
            if a0 == width {
                // Never by pass mode: b2 is left of a1.
                if changes == 0 {
                    return Err(Stop::Flaw(Flaw::Code));
                }
                self.bits.take(meaning.length());
                return Err(Stop::Full);
            }
            self.bits.take(meaning.length());
            self.place.a0 = a0;
            self.pen.push_if(changes, a0);
            // After a change, the one before b1 may have come to lie right of a0 again.
            self.place.b = self.above.next_right_of(a0, self.place.b - changes);
            return Ok(());
        }
        match meaning.kind() {
            Kind::Horizontal => {
                self.bits.take(meaning.length());
                self.place.part = Part::FirstRun;
                self.horizontal()
            }
            Kind::Zeros => Err(Stop::Zeros),
            Kind::Extension => Err(Stop::Flaw(Flaw::Extension)),
            _ => Err(Stop::Flaw(Flaw::Code)),
        }
    }

    /// Vertical mode without a distance, as often as it stands next: as many changes of the row above.
    #[inline(always)]
    fn copy(&mut self) -> Result<(), Stop> {
        let ones = self.bits.ones() as usize;
        let count = self.above.count_from(self.place.b).min(ones);
        self.pen.copy(self.above, self.place.b, count);
        self.place.b += count;
        let last = self.above.position(self.place.b - 1);
        self.place.a0 = core::hint::select_unpredictable(count > 0, last, self.place.a0);
        if count == ones {
            self.bits.take_ones(ones as u32);
            return Ok(());
        }
        // The next one means the imaginary change, and ends the row.
        self.bits.take_ones(count as u32 + 1);
        self.place.a0 = self.above.width();
        Err(Stop::Full)
    }

    /// Horizontal mode: the runs from a0 to a1 and from a1 to a2.
    #[inline(always)]
    fn horizontal(&mut self) -> Result<(), Stop> {
        let width = self.above.width();
        let black_first = self.pen.count() % 2;
        let pair = pair(black_first, &self.bits);
        if let Some((first, second)) = pair.two_runs()
            && self.place.part == Part::FirstRun
            && self.place.run == 0
            && pair.length() <= self.bits.ready()
            && self.place.a0.max(0) + first + second < width
        {
            let middle = self.place.a0.max(0) + first;
            let end = middle + second;
            self.bits.take(pair.length());
            self.pen.push(middle);
            self.pen.push(end);
            self.place.a0 = end;
            self.place.part = Part::Mode;
            self.place.b = self.above.next_right_of(end, self.place.b);
            return Ok(());
        }
        if self.place.part == Part::FirstRun {
            let run = run(black_first, &mut self.place.run, width, &mut self.bits)?;
            self.place.part = Part::SecondRun;
            self.end_run(run)?;
        }
        self.bits.fill();
        // The colour of the second run is told by the first, which has flipped the count.
        let run = run(self.pen.count() % 2, &mut self.place.run, width, &mut self.bits)?;
        self.place.part = Part::Mode;
        self.end_run(run)?;
        if self.place.a0 == width {
            return Err(Stop::Full);
        }
        self.place.b = self.above.next_right_of(self.place.a0, self.place.b);
        Ok(())
    }

    #[inline(always)]
    fn end_run(&mut self, run: i32) -> Result<(), Stop> {
        let end = self.place.a0.max(0) + run;
        if end > self.above.width() {
            return Err(Stop::Flaw(Flaw::Long));
        }
        if run > 0 {
            self.pen.push(end)
        } else {
            self.pen.end_run(end)
        }
        self.place.a0 = end;
        Ok(())
    }
}

/// One or two code words of runs, the first of this colour (0 white, 1 black).
#[inline(always)]
fn pair(colour: usize, bits: &Bits<'_>) -> Pair {
    let [white, black] = &PAIRS;
    let pairs = if colour == 0 { white } else { black };
    pairs.get(bits.peek(RUN_BITS)).copied().unwrap_or(Pair::NONE)
}

/// A run of one colour (0 white, 1 black): make-up codes, then a terminating one. At least one is ready, or all
/// bits there are.
#[inline(always)]
fn run(colour: usize, run: &mut u32, width: i32, bits: &mut Bits<'_>) -> Result<i32, Stop> {
    loop {
        let (pels, ends) = code(colour, bits)?;
        *run += pels as u32;
        if ends {
            return Ok(core::mem::take(run) as i32);
        }
        if *run > width as u32 {
            return Err(Stop::Flaw(Flaw::Long));
        }
        bits.fill();
    }
}

/// One code word: its pels, and whether it ends the run.
#[inline(always)]
fn code(colour: usize, bits: &mut Bits<'_>) -> Result<(i32, bool), Stop> {
    let [white, black] = &RUN_MEANINGS;
    let meanings = if colour == 0 { white } else { black };
    let meaning = meanings.get(bits.peek(RUN_BITS)).copied().unwrap_or(Meaning::NOTHING);
    if meaning.length() > bits.ready() {
        return Err(Stop::More);
    }
    let kind = meaning.kind();
    if kind == Kind::Terminating || kind == Kind::MakeUp {
        bits.take(meaning.length());
        return Ok((meaning.value() as i32, kind == Kind::Terminating));
    }
    Err(match kind {
        Kind::Zeros => Stop::Zeros,
        Kind::Extension => Stop::Flaw(Flaw::Extension),
        _ => Stop::Flaw(Flaw::Code),
    })
}
