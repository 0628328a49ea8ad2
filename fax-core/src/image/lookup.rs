//! The code words arranged for speed: from a run to its bits, and from bits to what they mean.
//!
//! Everything here is made from `codes` when the crate is compiled.

use super::bits::Bits;
use super::changes::AT_ONCE;
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

/// Bits that are looked at for several runs at once. With more the tables would not stay near the processor.
pub(crate) const RUNS_BITS: u32 = 12;

/// Up to two runs, make-up codes among their code words: what the next bits begin with, in one word.
///
/// From the lowest bit: 6 bits of length, two how many runs end, one the colour of what comes next, 11 the pels of the
/// first run, 11 those of all. What does not fit is left to [`RUN_MEANINGS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Runs(u32);

impl Runs {
    /// None; longer than any bits that are ready.
    const NONE: Self = Self(63);

    const fn new(pels: [u32; 2], ended: u32, next: Colour, length: u32) -> Self {
        let all = pels[0] + pels[1];
        if length == 0 || all >= 1 << 11 {
            return Self::NONE;
        }
        Self(all << 21 | pels[0] << 10 | (next as u32) << 8 | ended << 6 | length)
    }

    /// What `bits` begin with where a run of this colour (0 white, 1 black) stands.
    #[inline(always)]
    pub(crate) fn next(colour: usize, bits: &Bits<'_>) -> Self {
        RUNS_READ.get(colour << RUNS_BITS | bits.peek(RUNS_BITS)).copied().unwrap_or(Self::NONE)
    }

    /// Pels of the first run, as far as it goes.
    #[inline(always)]
    pub(crate) const fn first(self) -> i32 {
        (self.0 >> 10 & 0x7FF) as i32
    }

    /// Pels of both.
    #[inline(always)]
    pub(crate) const fn pels(self) -> i32 {
        (self.0 >> 21) as i32
    }

    /// Runs that end, 0 to 2. If more pels are told of than these have, a make-up code of the next run stands last.
    #[inline(always)]
    pub(crate) const fn ended(self) -> usize {
        (self.0 >> 6 & 3) as usize
    }

    /// The colour of the run that is next, or goes on.
    #[inline(always)]
    pub(crate) const fn next_colour(self) -> usize {
        (self.0 >> 8 & 1) as usize
    }

    /// Whether the last run ends with the last of the bits.
    #[inline(always)]
    pub(crate) const fn is_whole(self) -> bool {
        self.ended() == 2 || self.ended() == 1 && self.first() == self.pels()
    }

    /// Bits of all. 63 where there are none.
    #[inline(always)]
    pub(crate) const fn length(self) -> u32 {
        self.0 & 63
    }
}

/// What may be next where a white run stands, and behind that where a black one does.
static RUNS_READ: [Runs; 2 << RUNS_BITS] = runs_read();

const fn runs_read() -> [Runs; 2 << RUNS_BITS] {
    let meanings = [run_meanings(Colour::White), run_meanings(Colour::Black)];
    let mut table = [Runs::NONE; 2 << RUNS_BITS];
    let mut place = 0;
    while place < table.len() {
        table[place] = runs_at(&meanings, (place >> RUNS_BITS) as u32, place as u32 % (1 << RUNS_BITS));
        place += 1;
    }
    table
}

const fn runs_at(meanings: &[[Meaning; 1 << RUN_BITS]; 2], colour: u32, bits: u32) -> Runs {
    let (mut pels, mut ended, mut length) = ([0, 0], 0, 0);
    while ended < 2 {
        let rest = bits << (RUN_BITS - RUNS_BITS + length) & ((1 << RUN_BITS) - 1);
        let meaning = meanings[((colour + ended) % 2) as usize][rest as usize];
        let ends = matches!(meaning.kind(), Kind::Terminating);
        let run = pels[ended as usize] + meaning.value();
        // No pels are no run: that is for a slower loop.
        let is_run = run > 0 && (ends || matches!(meaning.kind(), Kind::MakeUp));
        if !is_run || length + meaning.length() > RUNS_BITS {
            break;
        }
        pels[ended as usize] = run;
        length += meaning.length();
        ended += ends as u32;
    }
    let next = if (colour + ended).is_multiple_of(2) { Colour::White } else { Colour::Black };
    Runs::new(pels, ended, next, length)
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

/// Bits that are looked at for several modes at once.
const MODES_BITS: u32 = 10;

/// Vertical mode without a distance, up to eight times, and one mode behind it: what the next bits begin with.
///
/// From the lowest bit: 6 bits of length, one how many changes the last mode codes, one whether it is horizontal, three
/// its distance plus three, and above the number of modes before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Modes(u32);

impl Modes {
    /// None; longer than any bits that are ready.
    const NONE: Self = Self(63);

    /// What `bits` begin with.
    #[inline(always)]
    pub(crate) fn next(bits: &Bits<'_>) -> Self {
        MODES.get(bits.peek(MODES_BITS)).copied().unwrap_or(Self::NONE)
    }

    /// Changes of the row above that stand here, too.
    #[inline(always)]
    pub(crate) const fn copies(self) -> usize {
        (self.0 >> 11) as usize
    }

    /// Whether horizontal mode follows.
    #[inline(always)]
    pub(crate) const fn is_horizontal(self) -> bool {
        self.0 >> 7 & 1 == 1
    }

    /// If not, how many changes the mode that follows codes: 1 is vertical, 0 pass mode.
    #[inline(always)]
    pub(crate) const fn changes(self) -> usize {
        (self.0 >> 6 & 1) as usize
    }

    /// And how far right of b1 or b2.
    #[inline(always)]
    pub(crate) const fn distance(self) -> i32 {
        (self.0 >> 8 & 7) as i32 - 3
    }

    /// Bits of all. 63 where there are none.
    #[inline(always)]
    pub(crate) const fn length(self) -> u32 {
        self.0 & 63
    }
}

static MODES: [Modes; 1 << MODES_BITS] = modes();

const fn modes() -> [Modes; 1 << MODES_BITS] {
    let meanings = mode_meanings();
    let mut table = [Modes::NONE; 1 << MODES_BITS];
    let mut bits = 0u32;
    while bits < 1 << MODES_BITS {
        let mut copies = (bits << (32 - MODES_BITS)).leading_ones();
        if copies > AT_ONCE as u32 {
            copies = AT_ONCE as u32;
        }
        let mut mode = modes_at(&meanings, bits, copies);
        if mode.0 == Modes::NONE.0 && copies > 0 {
            mode = modes_at(&meanings, bits, copies - 1);
        }
        table[bits as usize] = mode;
        bits += 1;
    }
    table
}

/// The mode behind `copies` ones.
const fn modes_at(meanings: &[Meaning; 1 << MODE_BITS], bits: u32, copies: u32) -> Modes {
    // Zeros behind the last bit make no code word that is so short.
    let rest = (bits << (32 - MODES_BITS + copies)) >> (32 - MODE_BITS);
    let meaning = meanings[rest as usize];
    let length = copies + meaning.length();
    let (horizontal, changes) = match meaning.kind() {
        Kind::Horizontal => (1, 0),
        Kind::Vertical => (0, 1),
        Kind::Pass => (0, 0),
        _ => return Modes::NONE,
    };
    if length > MODES_BITS {
        return Modes::NONE;
    }
    Modes(copies << 11 | meaning.value() << 8 | horizontal << 7 | changes << 6 | length)
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
    use super::super::bits::Window;
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

    /// The ready bits of `octets`.
    fn ready(octets: &[u8]) -> Bits<'_> {
        let mut bits = Window::default().over(octets);
        bits.fill();
        bits
    }

    #[test]
    fn runs_read_at_once_are_those_read_one_by_one() {
        for (colour, place) in
            (0..2).flat_map(|colour| (0..1u32 << RUNS_BITS).map(move |place| (colour, place)))
        {
            // Ones behind begin no code word that the look-up could have meant.
            let window = u64::from(place) << (64 - RUNS_BITS) | u64::MAX >> RUNS_BITS;
            let octets = window.to_be_bytes();
            let runs = Runs::next(colour, &ready(&octets));
            if runs == Runs::NONE {
                continue;
            }
            let (mut pels, mut ended, mut length) = ([0; 3], 0, 0);
            while length < runs.length() {
                let next = window << length >> (64 - RUN_BITS);
                let meaning = RUN_MEANINGS[(colour + ended) % 2][next as usize];
                assert!(matches!(meaning.kind(), Kind::Terminating | Kind::MakeUp));
                pels[ended] += meaning.value() as i32;
                ended += usize::from(meaning.kind() == Kind::Terminating);
                length += meaning.length();
            }
            assert_eq!((length, ended), (runs.length(), runs.ended()));
            assert_eq!((pels[0], pels[0] + pels[1], pels[2]), (runs.first(), runs.pels(), 0));
            assert_eq!(runs.next_colour(), (colour + ended) % 2);
            assert!(pels[..ended].iter().all(|run| *run > 0));
        }
    }

    #[test]
    fn modes_read_at_once_are_those_read_one_by_one() {
        for place in 0..1u64 << MODES_BITS {
            let window = place << (64 - MODES_BITS);
            let octets = window.to_be_bytes();
            let modes = Modes::next(&ready(&octets));
            let last = MODE_MEANINGS[(window << modes.copies() >> (64 - MODE_BITS)) as usize];
            if modes == Modes::NONE {
                assert!(matches!(last.kind(), Kind::Zeros | Kind::Extension | Kind::Nothing));
                continue;
            }
            assert!(window.leading_ones() as usize >= modes.copies() && modes.copies() <= AT_ONCE);
            assert_eq!(modes.length(), modes.copies() as u32 + last.length());
            assert_eq!(modes.is_horizontal(), last.kind() == Kind::Horizontal);
            if !modes.is_horizontal() {
                assert_eq!(modes.changes(), usize::from(last.kind() == Kind::Vertical));
                assert_eq!(modes.distance(), last.value() as i32 - 3);
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
