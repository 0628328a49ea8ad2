//! From bits to symbols: the turn-on sequences as the tables define them, and the coding of data that
//! continues from their end.
//!
//! A transmitter sends these symbols, a receiver compares with them: [`TrainingSymbols`] is the
//! reference that an equaliser is fitted to.
//!
//! Always: symbols are in the units of the table ([`Modem::points`]); silence is zero.
//! Not here: echo protection and turn-off ([`Modem::protection`], [`Modem::turn_off`]).

use crate::scrambler::Scrambler;
use crate::table::{Coding, Content, Modem, Segment, Trellis, complex};
use fax_core::Training;
use fax_core::maths::Complex;

/// The symbols of a turn-on sequence, one after the other.
#[derive(Clone, Debug)]
pub struct TrainingSymbols {
    modem: &'static Modem,
    segments: &'static [Segment],
    /// Symbols of `segments[0]` that are over.
    within: usize,
    scrambler: Scrambler,
    /// What the segment goes by: the bits of its generator, its place in a ring, its coder.
    progress: Progress,
}

/// Turns user bits into symbols: scrambler, then coder.
#[derive(Clone, Debug)]
pub struct SymbolEncoder {
    modem: &'static Modem,
    scrambler: Scrambler,
    coder: Coder,
}

/// The memory of a modem's coder: the angle or Y of the last symbol, and the state of the trellis.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Coder {
    /// Angle number ([`Coding::Differential`]) or Y ([`Coding::Trellis`]) of the last symbol.
    pub last: u8,
    /// State of the trellis, 0 to 7; stays 0 without one.
    pub state: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Progress {
    /// The next bits of a generator, or none.
    Shift(u32),
    /// The point of a ring that was sent last.
    Ring(u8),
    Coder(Coder),
}

impl Coder {
    /// A coder at the start of scrambled ones, from [`Content::ScrambledOnes`].
    pub const fn starting_from(from: u8) -> Self {
        Self { last: from, state: 0 }
    }

    /// The number of the point for a symbol's scrambled bits.
    #[inline]
    pub fn encode(&mut self, coding: &Coding, bits: u32) -> usize {
        match coding {
            Coding::Differential(steps) => {
                let point = steps.encode(self.last, bits);
                self.last = point as u8 & (steps.phases - 1);
                point
            }
            Coding::Trellis(trellis) => {
                let point;
                (point, self.last, self.state) = trellis.encode(self.last, self.state, bits);
                point
            }
        }
    }

    /// The scrambled bits of a symbol from its decided point. For a trellis the points must be those
    /// of a path through it; that is the business of a Viterbi decoder.
    #[inline]
    pub fn decode(&mut self, coding: &Coding, point: usize) -> u32 {
        match coding {
            Coding::Differential(steps) => {
                let bits = steps.decode(self.last, point);
                self.last = point as u8 & (steps.phases - 1);
                bits
            }
            Coding::Trellis(_) => {
                let bits = Trellis::decode(self.last, point);
                self.last = Trellis::y(point);
                bits
            }
        }
    }
}

impl SymbolEncoder {
    /// An encoder in the state that a turn-on sequence leaves behind.
    pub fn after(modem: &'static Modem, training: Training) -> Self {
        let mut symbols = TrainingSymbols::new(modem, training);
        symbols.by_ref().for_each(drop);
        symbols.encoder()
    }

    /// The next symbol, from the low [`Modem::bits_per_symbol`] user bits, the first in bit 0.
    #[inline]
    pub fn encode(&mut self, bits: u32) -> Complex {
        let number = self.point_number(bits);
        self.modem.point(number)
    }

    /// As [`SymbolEncoder::encode`], the point's number in [`Modem::points`].
    #[inline]
    pub fn point_number(&mut self, bits: u32) -> usize {
        let scrambled = self.scrambler.scramble(bits, self.modem.bits_per_symbol);
        self.coder.encode(&self.modem.coding, scrambled)
    }

    /// The coder as it stands.
    pub const fn coder(&self) -> Coder {
        self.coder
    }

    /// The scrambler as it stands.
    pub const fn scrambler(&self) -> &Scrambler {
        &self.scrambler
    }
}

impl TrainingSymbols {
    /// The whole sequence from its first symbol; the long one where there is no short one.
    pub fn new(modem: &'static Modem, training: Training) -> Self {
        let segments = modem.segments(training);
        let progress =
            segments.first().map_or(Progress::Shift(0), |first| Progress::at_start(&first.content));
        Self { modem, segments, within: 0, scrambler: Scrambler::new(modem.scrambler), progress }
    }

    /// The encoder that sends what comes next, with the scrambler and coder as they stand now: after
    /// the last symbol, the encoder for the data.
    pub fn encoder(&self) -> SymbolEncoder {
        let coder = match self.progress {
            Progress::Coder(coder) => coder,
            _ => Coder::default(),
        };
        SymbolEncoder { modem: self.modem, scrambler: self.scrambler, coder }
    }

    /// The scrambler as it stands.
    pub const fn scrambler(&self) -> &Scrambler {
        &self.scrambler
    }

    fn symbol(&mut self, content: &Content) -> Complex {
        match (content, &mut self.progress) {
            (Content::Silence, _) => Complex::ZERO,
            (Content::Alternate(points), _) => complex(points[self.within & 1]),
            (Content::Generator { taps: [near, far], points, .. }, Progress::Shift(bits)) => {
                // Bit 0 is the oldest of the last `far` bits and leaves; the newest one enters.
                let now = *bits & 1;
                let new = (*bits >> (far - near) ^ *bits) & 1;
                *bits = *bits >> 1 | new << (far - 1);
                complex(points[now as usize])
            }
            (Content::ScrambledPoints { points }, _) => {
                complex(points[self.scrambler.scramble(u32::MAX, 2) as usize & 3])
            }
            (Content::ScrambledTurns { input, drawn, ring, turns, .. }, Progress::Ring(at)) => {
                let input = input.rotate_right((self.within * drawn % 16) as u32);
                let bits = self.scrambler.scramble(u32::from(input), *drawn) as usize & (turns.len() - 1);
                *at = at.wrapping_add(turns[bits]) & (ring.len() - 1) as u8;
                complex(ring[usize::from(*at)])
            }
            (Content::ScrambledOnes { .. }, Progress::Coder(coder)) => {
                let bits = self.scrambler.scramble(u32::MAX, self.modem.bits_per_symbol);
                self.modem.point(coder.encode(&self.modem.coding, bits))
            }
            // `Progress::at_start` made the progress that belongs to the content.
            _ => Complex::ZERO,
        }
    }
}

impl Progress {
    const fn at_start(content: &Content) -> Self {
        match *content {
            Content::Generator { seed, .. } => Self::Shift(seed),
            Content::ScrambledTurns { from, .. } => Self::Ring(from),
            Content::ScrambledOnes { from } => Self::Coder(Coder::starting_from(from)),
            Content::Silence | Content::Alternate(_) | Content::ScrambledPoints { .. } => Self::Shift(0),
        }
    }
}

impl Iterator for TrainingSymbols {
    type Item = Complex;

    fn next(&mut self) -> Option<Complex> {
        let (segment, later) = self.segments.split_first()?;
        let symbol = self.symbol(&segment.content);
        self.within += 1;
        if self.within == segment.symbols {
            (self.segments, self.within) = (later, 0);
            if let Some(next) = later.first() {
                self.progress = Progress::at_start(&next.content);
            }
        }
        Some(symbol)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let all: usize = self.segments.iter().map(|segment| segment.symbols).sum();
        (all - self.within, Some(all - self.within))
    }
}

impl ExactSizeIterator for TrainingSymbols {}
