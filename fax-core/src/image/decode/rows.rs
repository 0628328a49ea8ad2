//! The code words of one row, as far as the bits reach.

use super::super::account::Flaw;
use super::super::bits::Bits;
use super::super::changes::{Above, Changes, Pen};
use super::super::lookup::{
    Kind, MODE_BITS, MODE_MEANINGS, Meaning, Modes, RUN_BITS, RUN_MEANINGS, RUNS, RUNS_BITS, Runs,
};

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
    if *place == Place::START && takes_white_row(width, outer) {
        return Stop::Full;
    }
    let mut row = OneDimensional { at: place.a0.max(0), width, pen: line.pen(), bits: *outer };
    let stop = loop {
        row = row.many();
        if let Err(stop) = row.rest() {
            break stop;
        }
    };
    let OneDimensional { at, pen, bits, .. } = row;
    let count = pen.count();
    line.keep(count);
    if bits.position() != outer.position() {
        place.a0 = at;
    }
    *outer = bits;
    stop
}

/// Takes one white run of the whole width, if it is next and in the tables.
#[inline(always)]
fn takes_white_row(width: i32, bits: &mut Bits<'_>) -> bool {
    let [white, _] = &RUNS;
    white.get(width as usize).is_some_and(|word| bits.take_word(*word))
}

/// A one-dimensional row, all in one place while its code words are read.
struct OneDimensional<'rows, 'line> {
    /// Where the next code word begins: a make-up code moves it and ends no run.
    at: i32,
    width: i32,
    pen: Pen<'rows>,
    bits: Bits<'line>,
}

impl OneDimensional<'_, '_> {
    /// Takes runs, several at once, up to those that are not known to end left of the width. By value, so that all
    /// of it can live in registers.
    #[inline(always)]
    fn many(mut self) -> Self {
        let mut colour = self.pen.count() % 2;
        loop {
            self.bits.fill();
            for _ in 0..LOOKUPS_A_FILL {
                let runs = Runs::next(colour, &self.bits);
                let end = self.at + runs.pels();
                if runs.length() >= self.bits.ready() || end >= self.width {
                    return self;
                }
                self.bits.take(runs.length());
                self.pen.push_some([self.at + runs.first(), end], runs.ended());
                self.at = end;
                colour = runs.next_colour();
            }
        }
    }

    /// Takes the runs that end the row, or one code word, whatever it is.
    #[inline(always)]
    fn rest(&mut self) -> Result<(), Stop> {
        self.bits.fill();
        let colour = self.pen.count() % 2;
        let runs = Runs::next(colour, &self.bits);
        if self.at + runs.pels() == self.width && runs.is_whole() && runs.length() < self.bits.ready() {
            self.bits.take(runs.length());
            self.pen.push_some([self.at + runs.first(), self.width], runs.ended() - 1);
            self.at = self.width;
            return Err(Stop::Full);
        }
        let (pels, ends) = code(colour, &mut self.bits)?;
        self.at += pels;
        if self.at >= self.width && (ends || self.at > self.width) {
            return Err(if self.at == self.width { Stop::Full } else { Stop::Flaw(Flaw::Long) });
        }
        if ends {
            self.pen.end_run(self.at);
        }
        Ok(())
    }
}

/// Look-ups of runs that the bits of one filling are enough for.
const LOOKUPS_A_FILL: u32 = 56 / RUNS_BITS;

/// T.4 4.2.1.3, T.6 2.2: from a0 rightwards by the changes of the row above.
pub(super) fn two_dimensional(
    place: &mut Place,
    line: &mut Changes,
    reference: &Changes,
    outer: &mut Bits<'_>,
) -> Stop {
    let mut row = TwoDimensional { place: *place, pen: line.pen(), above: reference.above(), bits: *outer };
    let stop = loop {
        if row.place.part == Part::Mode {
            row = row.many();
        }
        row.bits.fill();
        let stop = match row.place.part {
            Part::Mode => row.mode(),
            Part::FirstRun | Part::SecondRun => row.horizontal(),
        };
        if let Err(stop) = stop {
            break stop;
        }
    };
    let TwoDimensional { place: to, pen, bits, .. } = row;
    let count = pen.count();
    line.keep(count);
    if stop == Stop::Full {
        line.drop_imaginary();
    }
    (*place, *outer) = (to, bits);
    stop
}

/// A two-dimensional row, all in one place while its code words are read.
struct TwoDimensional<'rows, 'line> {
    place: Place,
    pen: Pen<'rows>,
    above: Above<'rows>,
    bits: Bits<'line>,
}

impl TwoDimensional<'_, '_> {
    /// Takes modes, several at once, up to one that does not plainly lead to a place left of the width. By value, so
    /// that all of it can live in registers.
    #[inline(always)]
    fn many(mut self) -> Self {
        loop {
            self.bits.fill();
            let modes = Modes::next(&self.bits);
            if modes.length() >= self.bits.ready() {
                return self;
            }
            // Vertical mode without a distance: as many changes of the row above.
            let there = self.above.count_from(self.place.b);
            let copies = modes.copies().min(there);
            self.pen.copy(self.above, self.place.b, copies);
            self.place.b += copies;
            let last = self.above.position(self.place.b - 1);
            self.place.a0 = core::hint::select_unpredictable(copies > 0, last, self.place.a0);
            let taken = modes.copies() == copies
                && if modes.is_horizontal() { self.two_runs(modes) } else { self.step(modes) };
            if !taken {
                if copies > 0 {
                    self.bits.take(copies as u32);
                }
                return self;
            }
        }
    }

    /// Vertical and pass mode by the same steps: they take turns as if by chance, and no branch foretells it.
    #[inline(always)]
    fn step(&mut self, modes: Modes) -> bool {
        let a0 = self.above.position(self.place.b + 1 - modes.changes()) + modes.distance();
        let is_inside = self.place.a0 < a0 && a0 < self.above.width();
        if is_inside {
            self.bits.take(modes.length());
            self.go_to(a0, modes.changes());
        }
        is_inside
    }

    /// Horizontal mode with two runs that one look-up tells.
    #[inline(always)]
    fn two_runs(&mut self, modes: Modes) -> bool {
        let mut bits = self.bits;
        bits.take(modes.length());
        let runs = Runs::next(self.pen.count() % 2, &bits);
        let begin = self.place.a0.max(0);
        let end = begin + runs.pels();
        let is_inside = runs.ended() == 2 && runs.length() < bits.ready() && end < self.above.width();
        if is_inside {
            bits.take(runs.length());
            self.bits = bits;
            self.pen.push_some([begin + runs.first(), end], 2);
            self.place.a0 = end;
            self.place.b = self.above.next_right_of(end, self.place.b);
        }
        is_inside
    }

    /// Goes to `a0`, by vertical mode (one change) or pass mode (none).
    #[inline(always)]
    fn go_to(&mut self, a0: i32, changes: usize) {
        self.place.a0 = a0;
        self.pen.push_if(changes, a0);
        // After a change, the one before b1 may have come to lie right of a0 again.
        self.place.b = self.above.next_right_of(a0, self.place.b - changes);
    }

    /// One mode, whatever it is.
    #[inline(always)]
    fn mode(&mut self) -> Result<(), Stop> {
        let meaning = MODE_MEANINGS.get(self.bits.peek(MODE_BITS)).copied().unwrap_or(Meaning::NOTHING);
        if meaning.length() > self.bits.ready() {
            return Err(Stop::More);
        }
        let changes = match meaning.kind() {
            Kind::Vertical => 1,
            Kind::Pass => 0,
            Kind::Horizontal => {
                self.bits.take(meaning.length());
                self.place.part = Part::FirstRun;
                return Ok(());
            }
            Kind::Zeros => return Err(Stop::Zeros),
            Kind::Extension => return Err(Stop::Flaw(Flaw::Extension)),
            _ => return Err(Stop::Flaw(Flaw::Code)),
        };
        let width = self.above.width();
        let a0 = self.above.position(self.place.b + 1 - changes) + meaning.value() as i32 - 3;
        // Never to the end by pass mode: b2 is left of a1.
        if a0 <= self.place.a0 || a0 > width || a0 == width && changes == 0 {
            return Err(Stop::Flaw(Flaw::Code));
        }
        self.bits.take(meaning.length());
        if a0 == width {
            return Err(Stop::Full);
        }
        self.go_to(a0, changes);
        Ok(())
    }

    /// Horizontal mode: the runs from a0 to a1 and from a1 to a2.
    #[inline(always)]
    fn horizontal(&mut self) -> Result<(), Stop> {
        let width = self.above.width();
        if self.place.part == Part::FirstRun {
            let run = run(self.pen.count() % 2, &mut self.place.run, width, &mut self.bits)?;
            self.place.part = Part::SecondRun;
            self.end_run(run)?;
        }
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
        self.pen.end_run(end);
        self.place.a0 = end;
        Ok(())
    }
}

/// A run of one colour (0 white, 1 black): make-up codes, then a terminating one.
#[inline(always)]
fn run(colour: usize, run: &mut u32, width: i32, bits: &mut Bits<'_>) -> Result<i32, Stop> {
    loop {
        bits.fill();
        let (pels, ends) = code(colour, bits)?;
        *run += pels as u32;
        if ends {
            return Ok(core::mem::take(run) as i32);
        }
        if *run > width as u32 {
            return Err(Stop::Flaw(Flaw::Long));
        }
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
