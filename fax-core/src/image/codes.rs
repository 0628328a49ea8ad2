//! The code words of T.4 and T.6, as data.
//!
//! A word is written as it goes over the line, first bit first. From: T.4 tables 2, 3a, 3b and 4, held
//! against `test-vectors/image/t4-codes.json`.
//!
//! Always: the words of one colour are a prefix code, none begins with more than seven zeros and none ends
//! with more than three, so that eleven zeros in a row are seen in an EOL and nowhere else.

/// A code word: `bits` right-aligned, the first of its `length` bits on the line is the highest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Word {
    pub(crate) bits: u32,
    pub(crate) length: u32,
}

impl Word {
    const fn parse(digits: &str) -> Self {
        let digits = digits.as_bytes();
        let (mut bits, mut place) = (0, 0);
        while place < digits.len() {
            bits = bits << 1 | (digits[place] - b'0') as u32;
            place += 1;
        }
        Self { bits, length: digits.len() as u32 }
    }

    /// This word and then `next`.
    pub(crate) const fn then(self, next: Self) -> Self {
        Self { bits: self.bits << next.length | next.bits, length: self.length + next.length }
    }
}

/// End of line: eleven zeros and a one. T.4 4.1.2.
pub(crate) const EOL: Word = Word::parse("000000000001");

/// Zeros in a row that only an EOL has.
pub(crate) const EOL_ZEROS: u32 = 11;

/// Pass mode. T.4 table 4, as all of the two-dimensional modes.
pub(crate) const PASS: Word = Word::parse("0001");

/// Horizontal mode, ahead of two runs.
pub(crate) const HORIZONTAL: Word = Word::parse("001");

/// Vertical modes VL3 to VR3: a1 is from three left of b1 to three right of it.
#[rustfmt::skip]
pub(crate) const VERTICAL: [Word; 7] = [
    Word::parse("0000010"), Word::parse("000010"), Word::parse("010"),
    Word::parse("1"),
    Word::parse("011"), Word::parse("000011"), Word::parse("0000011"),
];

/// An extension; with 111 behind it, uncompressed mode. Nobody needs it, and this decoder refuses it.
pub(crate) const EXTENSION: Word = Word::parse("0000001");

/// The entry of uncompressed mode where a run stands.
pub(crate) const RUN_EXTENSION: Word = Word::parse("000000001111");

/// The colour of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Colour {
    White,
    Black,
}

/// Runs with a terminating code: 0 to 63.
pub(crate) const TERMINATING: u32 = 64;

/// The longest run with a make-up code.
pub(crate) const LONGEST_MAKE_UP: u32 = 2560;

/// The terminating code of a run below 64, or the make-up code of a multiple of 64 up to 2560.
pub(crate) const fn word(colour: Colour, run: u32) -> Word {
    let (terminating, make_up) = match colour {
        Colour::White => (&WHITE, &WHITE_MAKE_UP),
        Colour::Black => (&BLACK, &BLACK_MAKE_UP),
    };
    if run < TERMINATING {
        return Word::parse(terminating[run as usize]);
    }
    let place = (run / 64 - 1) as usize;
    Word::parse(if place < make_up.len() { make_up[place] } else { COMMON_MAKE_UP[place - make_up.len()] })
}

/// White runs of 0 to 63. T.4 table 2.
#[rustfmt::skip]
const WHITE: [&str; 64] = [
    "00110101", "000111",   "0111",     "1000",     "1011",     "1100",     "1110",     "1111",
    "10011",    "10100",    "00111",    "01000",    "001000",   "000011",   "110100",   "110101",
    "101010",   "101011",   "0100111",  "0001100",  "0001000",  "0010111",  "0000011",  "0000100",
    "0101000",  "0101011",  "0010011",  "0100100",  "0011000",  "00000010", "00000011", "00011010",
    "00011011", "00010010", "00010011", "00010100", "00010101", "00010110", "00010111", "00101000",
    "00101001", "00101010", "00101011", "00101100", "00101101", "00000100", "00000101", "00001010",
    "00001011", "01010010", "01010011", "01010100", "01010101", "00100100", "00100101", "01011000",
    "01011001", "01011010", "01011011", "01001010", "01001011", "00110010", "00110011", "00110100",
];

/// Black runs of 0 to 63. T.4 table 2.
#[rustfmt::skip]
const BLACK: [&str; 64] = [
    "0000110111",   "010",          "11",           "10",           "011",          "0011",
    "0010",         "00011",        "000101",       "000100",       "0000100",      "0000101",
    "0000111",      "00000100",     "00000111",     "000011000",    "0000010111",   "0000011000",
    "0000001000",   "00001100111",  "00001101000",  "00001101100",  "00000110111",  "00000101000",
    "00000010111",  "00000011000",  "000011001010", "000011001011", "000011001100", "000011001101",
    "000001101000", "000001101001", "000001101010", "000001101011", "000011010010", "000011010011",
    "000011010100", "000011010101", "000011010110", "000011010111", "000001101100", "000001101101",
    "000011011010", "000011011011", "000001010100", "000001010101", "000001010110", "000001010111",
    "000001100100", "000001100101", "000001010010", "000001010011", "000000100100", "000000110111",
    "000000111000", "000000100111", "000000101000", "000001011000", "000001011001", "000000101011",
    "000000101100", "000001011010", "000001100110", "000001100111",
];

/// White runs of 64, 128, … 1728. T.4 table 3a.
#[rustfmt::skip]
const WHITE_MAKE_UP: [&str; 27] = [
    "11011",     "10010",     "010111",    "0110111",   "00110110",  "00110111",  "01100100",
    "01100101",  "01101000",  "01100111",  "011001100", "011001101", "011010010", "011010011",
    "011010100", "011010101", "011010110", "011010111", "011011000", "011011001", "011011010",
    "011011011", "010011000", "010011001", "010011010", "011000",    "010011011",
];

/// Black runs of 64, 128, … 1728. T.4 table 3a.
#[rustfmt::skip]
const BLACK_MAKE_UP: [&str; 27] = [
    "0000001111",    "000011001000",  "000011001001",  "000001011011",  "000000110011",  "000000110100",
    "000000110101",  "0000001101100", "0000001101101", "0000001001010", "0000001001011", "0000001001100",
    "0000001001101", "0000001110010", "0000001110011", "0000001110100", "0000001110101", "0000001110110",
    "0000001110111", "0000001010010", "0000001010011", "0000001010100", "0000001010101", "0000001011010",
    "0000001011011", "0000001100100", "0000001100101",
];

/// Runs of 1792, 1856, … 2560 in either colour. T.4 table 3b.
#[rustfmt::skip]
const COMMON_MAKE_UP: [&str; 13] = [
    "00000001000",  "00000001100",  "00000001101",  "000000010010", "000000010011", "000000010100",
    "000000010101", "000000010110", "000000010111", "000000011100", "000000011101", "000000011110",
    "000000011111",
];
