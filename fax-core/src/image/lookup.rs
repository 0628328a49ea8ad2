//! The code words arranged for speed: from a run to its bits, and from bits to what they mean.
//!
//! Everything here is made from `codes` when the crate is compiled.

use super::codes::{
    Colour, EOL_ZEROS, EXTENSION, HORIZONTAL, LONGEST_MAKE_UP, PASS, RUN_EXTENSION, TERMINATING, VERTICAL,
    Word, word,
};

/// Runs that one look-up codes: make-up and terminating code together.
pub(crate) const CODED_AT_ONCE: usize = (LONGEST_MAKE_UP + TERMINATING) as usize;

/// The bits of white runs, then of black ones, of 0 to 2623 pels.
pub(crate) static RUNS: [[Word; CODED_AT_ONCE]; 2] = [run_words(Colour::White), run_words(Colour::Black)];

const fn run_words(colour: Colour) -> [Word; CODED_AT_ONCE] {
    let mut words = [Word { bits: 0, length: 0 }; CODED_AT_ONCE];
    let mut run = 0;
    while run < CODED_AT_ONCE as u32 {
        let last = word(colour, run % 64);
        words[run as usize] = if run < TERMINATING { last } else { word(colour, run / 64 * 64).then(last) };
        run += 1;
    }
    words
}

/// What the next bits of a line mean, in one word: kind, value, and the length of the code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Meaning(u32);

/// The kinds of code word that a decoder tells apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub(crate) enum Kind {
    /// Ends a run; the value is below 64.
    Terminating = 0,
    /// A part of a run; the value is a multiple of 64.
    MakeUp,
    /// a1 stands near b1; the value is the distance plus three.
    Vertical,
    /// a0 goes to b2; the value is that of no distance.
    Pass,
    Horizontal,
    Extension,
    /// As many zeros as only an EOL begins with.
    Zeros,
    /// No code word begins like this.
    Nothing,
}

impl Meaning {
    /// What cannot be read.
    pub(crate) const NOTHING: Self = Self::new(Kind::Nothing, 0, RUN_BITS);

    const fn new(kind: Kind, value: u32, length: u32) -> Self {
        Self(value << 8 | (kind as u32) << 4 | length)
    }

    pub(crate) const fn kind(self) -> Kind {
        match self.0 >> 4 & 0xF {
            0 => Kind::Terminating,
            1 => Kind::MakeUp,
            2 => Kind::Vertical,
            3 => Kind::Pass,
            4 => Kind::Horizontal,
            5 => Kind::Extension,
            6 => Kind::Zeros,
            _ => Kind::Nothing,
        }
    }

    /// For a vertical or pass mode: how many changes it codes (1 or 0).
    #[inline(always)]
    pub(crate) const fn step(self) -> Option<usize> {
        let kind = self.0 >> 4 & 0xF;
        if kind & !1 == Kind::Vertical as u32 { Some(!kind as usize & 1) } else { None }
    }

    pub(crate) const fn value(self) -> u32 {
        self.0 >> 8
    }

    /// Bits of the code; of `Nothing`, the bits that it takes to know.
    pub(crate) const fn length(self) -> u32 {
        self.0 & 0xF
    }
}

/// Bits that tell every run code from every other.
pub(crate) const RUN_BITS: u32 = 13;

/// What 13 bits mean where a white run stands, and where a black one does.
pub(crate) static RUN_MEANINGS: [[Meaning; 1 << RUN_BITS]; 2] =
    [run_meanings(Colour::White), run_meanings(Colour::Black)];

const fn run_meanings(colour: Colour) -> [Meaning; 1 << RUN_BITS] {
    let mut table = [Meaning::new(Kind::Nothing, 0, RUN_BITS); 1 << RUN_BITS];
    let mut run = 0;
    while run <= LONGEST_MAKE_UP {
        let terminating = run < TERMINATING;
        let kind = if terminating { Kind::Terminating } else { Kind::MakeUp };
        spread(&mut table, RUN_BITS, word(colour, run), kind, run);
        run += if terminating { 1 } else { 64 };
    }
    spread(&mut table, RUN_BITS, RUN_EXTENSION, Kind::Extension, 0);
    spread(&mut table, RUN_BITS, Word { bits: 0, length: EOL_ZEROS }, Kind::Zeros, 0);
    table
}

/// One or two code words of runs, which is what 13 bits begin with, for a loop without branches.
///
/// Each is 7 bits: a terminating code the run, a make-up code 64 and the run in units of 64. That there is no second
/// is written as a make-up code of no pels. The lowest four bits are the length of both, 0 where no run is next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pair(u32);

impl Pair {
    /// None.
    pub(crate) const NONE: Self = Self(0);

    const fn new(first: u32, second: Option<u32>, length: u32) -> Self {
        let second = match second {
            Some(run) => Self::part(run),
            None => TERMINATING,
        };
        Self(Self::part(first) << 16 | second << 8 | length)
    }

    const fn part(run: u32) -> u32 {
        if run < TERMINATING { run } else { TERMINATING | (run / 64) }
    }

    /// Pels of a part.
    #[inline(always)]
    const fn pels(part: u32) -> i32 {
        ((part & 63) << ((part >> 6 & 1) * 6)) as i32
    }

    /// Pels of the first code word.
    #[inline(always)]
    pub(crate) const fn first(self) -> i32 {
        Self::pels(self.0 >> 16)
    }

    /// Pels of the second.
    #[inline(always)]
    pub(crate) const fn second(self) -> i32 {
        Self::pels(self.0 >> 8 & 127)
    }

    /// Both as whole runs, if they are.
    #[inline(always)]
    pub(crate) const fn two_runs(self) -> Option<(i32, i32)> {
        let whole = self.0 & (TERMINATING << 16 | TERMINATING << 8) == 0 && self.0 != 0;
        if whole { Some(((self.0 >> 16) as i32, (self.0 >> 8 & 63) as i32)) } else { None }
    }

    /// How many runs the first ends: 1 or 0.
    #[inline(always)]
    pub(crate) const fn ends_first(self) -> usize {
        (!self.0 >> 22 & 1) as usize
    }

    /// How many runs the second ends.
    #[inline(always)]
    pub(crate) const fn ends_second(self) -> usize {
        (!self.0 >> 14 & 1) as usize
    }

    /// Bits of both.
    #[inline(always)]
    pub(crate) const fn length(self) -> u32 {
        self.0 & 0xF
    }
}

/// What may be next where a white run stands, and where a black one does.
pub(crate) static PAIRS: [[Pair; 1 << RUN_BITS]; 2] = [pairs(Colour::White), pairs(Colour::Black)];

const fn pairs(colour: Colour) -> [Pair; 1 << RUN_BITS] {
    let this = run_meanings(colour);
    let other = match colour {
        Colour::White => run_meanings(Colour::Black),
        Colour::Black => run_meanings(Colour::White),
    };
    let mut table = [Pair::NONE; 1 << RUN_BITS];
    let mut bits = 0;
    while bits < table.len() {
        let first = this[bits];
        let ends = matches!(first.kind(), Kind::Terminating);
        // No pels are no run: that is for a slower loop.
        if ends && first.value() > 0 || matches!(first.kind(), Kind::MakeUp) {
            let length = first.length();
            let rest = bits << length & (table.len() - 1);
            let second = if ends { other[rest] } else { this[rest] };
            let is_run = matches!(second.kind(), Kind::Terminating | Kind::MakeUp);
            let fits = length + second.length() <= RUN_BITS;
            table[bits] = if is_run && fits && second.value() > 0 {
                Pair::new(first.value(), Some(second.value()), length + second.length())
            } else {
                Pair::new(first.value(), None, length)
            };
        }
        bits += 1;
    }
    table
}

/// Bits that tell every two-dimensional mode from every other.
pub(crate) const MODE_BITS: u32 = 7;

/// What 7 bits mean where a mode stands.
pub(crate) static MODE_MEANINGS: [Meaning; 1 << MODE_BITS] = mode_meanings();

const fn mode_meanings() -> [Meaning; 1 << MODE_BITS] {
    let mut table = [Meaning::new(Kind::Nothing, 0, MODE_BITS); 1 << MODE_BITS];
    let mut place = 0;
    while place < VERTICAL.len() {
        spread(&mut table, MODE_BITS, VERTICAL[place], Kind::Vertical, place as u32);
        place += 1;
    }
    spread(&mut table, MODE_BITS, PASS, Kind::Pass, 3);
    spread(&mut table, MODE_BITS, HORIZONTAL, Kind::Horizontal, 0);
    spread(&mut table, MODE_BITS, EXTENSION, Kind::Extension, 0);
    spread(&mut table, MODE_BITS, Word { bits: 0, length: MODE_BITS }, Kind::Zeros, 0);
    table
}

/// Enters a code word at every place whose first bits it is.
const fn spread(table: &mut [Meaning], bits: u32, word: Word, kind: Kind, value: u32) {
    let free = bits - word.length;
    let mut rest = 0;
    while rest < 1 << free {
        table[(word.bits << free | rest) as usize] = Meaning::new(kind, value, word.length);
        rest += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_run_is_read_as_itself() {
        for (colour, words) in RUNS.iter().enumerate() {
            for (run, word) in words.iter().enumerate() {
                let mut window = u64::from(word.bits) << (64 - word.length);
                let (mut read, mut length) = (0, 0);
                loop {
                    let meaning = RUN_MEANINGS[colour][(window >> (64 - RUN_BITS)) as usize];
                    window <<= meaning.length();
                    read += meaning.value();
                    length += meaning.length();
                    match meaning.kind() {
                        Kind::Terminating => break,
                        Kind::MakeUp => {}
                        other => panic!("{colour} {run}: {other:?}"),
                    }
                }
                assert_eq!((read as usize, length), (run, word.length));
            }
        }
    }

    #[test]
    fn no_code_word_hides_an_end_of_line() {
        for word in RUNS.iter().flatten() {
            let leading = word.bits.leading_zeros() + word.length - 32;
            assert!(leading <= 7 && word.bits.trailing_zeros() <= 3);
        }
    }
}
