//! The fast modems as data: constellation, coding, scrambler, training, turn-off.
//!
//! One transmitter and one receiver run all of them; this is everything they are told, and neither
//! asks which modem it is.
//!
//! From: V.27ter 2 to 5 (as V.27 (11/88) confirms its shared parts), V.29 2, 3, 8 and appendices, V.17
//! (02/91) 2, 3, 5 with Corrigendum 1 (09/98), T.4 5.1 and T.30 5.1 for what fax uses of them.
//! Always: bits in an integer are first in time in bit 0; points are in the units of the
//! Recommendation's figures; angles count counter-clockwise.

mod v17;
mod v27ter;
mod v29;

pub(crate) use v17::NEXT_STATES;
pub use v17::{V17_7200, V17_9600, V17_12000, V17_14400};
pub use v27ter::{V27TER_2400, V27TER_4800};
pub use v29::{V29_7200, V29_9600};

use crate::scrambler::ScramblerKind;
use fax_core::maths::{Complex, Phase};
use fax_core::{Baud, Hertz, Opening, Training, V17Rate, V27terRate, V29Rate};

/// A point of a figure: in phase, in quadrature.
pub type Point = (f32, f32);

/// One modem at one rate.
#[derive(Debug)]
pub struct Modem {
    /// The burst it makes; V.17 with its long training.
    pub opening: Opening,
    /// Carrier, a whole number of hertz.
    pub carrier: Hertz,
    /// Symbols a second.
    pub symbol_rate: Baud,
    /// Line bits a symbol carries.
    pub bits_per_symbol: usize,
    /// Excess bandwidth of the root-raised-cosine pulse at each end, 0 to 1.
    pub roll_off: f32,
    /// The data constellation. The training may use points outside of it.
    pub points: &'static [Point],
    /// From scrambled bits to points.
    pub coding: Coding,
    /// The scrambler; it starts at the first segment that draws bits and runs to the end of the burst.
    pub scrambler: ScramblerKind,
    /// Turn-on sequence for a receiver that knows nothing.
    pub long: &'static [Segment],
    /// Turn-on sequence for a receiver that kept what it learned, where the modem has one.
    pub short: Option<&'static [Segment]>,
    /// Whether fax sends the short sequence. If not, it is only here to be received.
    pub sends_short: bool,
    /// What echo protection puts in front of the turn-on sequence.
    pub protection: Protection,
    /// What follows the data.
    pub turn_off: TurnOff,
    /// Carrier phase of the transmitter at the centre of a burst's first symbol. Free by the
    /// Recommendations; a table constant because some receivers train on the short sequence from
    /// only part of the phases.
    pub start_phase: Phase,
}

/// How scrambled bits choose a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coding {
    /// Phase steps, and possibly an amplitude: V.27ter, V.29.
    Differential(PhaseSteps),
    /// Differential and convolutional: V.17.
    Trellis(Trellis),
}

/// Points stand at `phases` angles of one or two amplitudes; a point's number is its angle + `phases`
/// times its amplitude. A symbol's first bits in time choose the amplitude, the others the turn from
/// the angle before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PhaseSteps {
    /// Angles in a turn, a power of two.
    pub phases: u8,
    /// Bits for the amplitude, 0 or 1.
    pub amplitude_bits: u8,
    /// The turn, in units of a turn / `phases`, for each value of the other bits.
    pub steps: &'static [u8],
}

/// V.17's coder: the first two bits of a symbol are added to Y modulo 4, Y drives the trellis, and a
/// point's number is Y0 + 2 Y + 8 times the uncoded bits, Y0 being bit 2 of the state entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trellis {
    /// The state entered from each state with each Y.
    pub next: &'static [[u8; 4]; 8],
}

/// A stretch of a turn-on sequence.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Segment {
    /// Its length.
    pub symbols: usize,
    /// What it is made of.
    pub content: Content,
}

/// What a segment is made of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Content {
    /// No carrier.
    Silence,
    /// Two points in turn, the first one first.
    Alternate([Point; 2]),
    /// `points[b]` for the bits of a shift register, each the sum of those `taps` places before; the
    /// first ones, as many as the longer tap, are those of `seed`, bit 0 first.
    Generator {
        /// Distances back, the longer last.
        taps: [u8; 2],
        /// The first bits.
        seed: u32,
        /// For a zero, for a one.
        points: [Point; 2],
    },
    /// Scrambled ones, `points[bits]`.
    ScrambledPoints {
        /// Two bits a symbol choose a point.
        points: &'static [Point; 4],
    },
    /// Each symbol draws scrambled bits and turns by `turns[bits]` around the ring of points.
    ScrambledTurns {
        /// What is scrambled, over and over, bit 0 first.
        input: u16,
        /// Scrambled bits a symbol draws; the first ones count, as many as number `turns`.
        drawn: usize,
        /// Points in counter-clockwise order; a power of two of them.
        ring: &'static [Point],
        /// Steps around the ring for each value of the bits; a power of two of them.
        turns: &'static [u8],
        /// Number in the ring of the point just before the segment.
        from: u8,
    },
    /// Scrambled ones, coded as data.
    ScrambledOnes {
        /// Where the coder starts: the angle's number for [`Coding::Differential`], Y for
        /// [`Coding::Trellis`], whose trellis starts in state 0.
        from: u8,
    },
}

/// Talker echo protection: makes echo suppressors of the line let go before the training comes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Protection {
    /// The point sent as unmodulated carrier.
    pub point: Point,
    /// Symbols of carrier, 185 to 200 ms.
    pub carrier: usize,
    /// Symbols of silence after it, 20 to 25 ms. Zero if the turn-on sequence begins with them.
    pub silence: usize,
}

/// How a burst ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TurnOff {
    /// Symbols of scrambled ones after the data.
    pub ones: usize,
    /// Symbols of silence that still belong to the burst.
    pub silence: usize,
}

impl Modem {
    /// Every modem, slowest first.
    pub const ALL: [&'static Self; 8] =
        [&V27TER_2400, &V27TER_4800, &V29_7200, &V29_9600, &V17_7200, &V17_9600, &V17_12000, &V17_14400];

    /// The modem of an opening; `None` for V.21, which is no QAM modem.
    pub const fn of(opening: Opening) -> Option<&'static Self> {
        Some(match opening {
            Opening::V21 => return None,
            Opening::V27ter(V27terRate::R2400) => &V27TER_2400,
            Opening::V27ter(V27terRate::R4800) => &V27TER_4800,
            Opening::V29(V29Rate::R7200) => &V29_7200,
            Opening::V29(V29Rate::R9600) => &V29_9600,
            Opening::V17(V17Rate::R7200, _) => &V17_7200,
            Opening::V17(V17Rate::R9600, _) => &V17_9600,
            Opening::V17(V17Rate::R12000, _) => &V17_12000,
            Opening::V17(V17Rate::R14400, _) => &V17_14400,
        })
    }

    /// The turn-on sequence; the long one where there is no short one.
    pub fn segments(&self, training: Training) -> &'static [Segment] {
        match (training, self.short) {
            (Training::Short, Some(short)) => short,
            _ => self.long,
        }
    }

    /// Symbols of a turn-on sequence, leading silence included.
    pub fn training_symbols(&self, training: Training) -> usize {
        self.segments(training).iter().map(|segment| segment.symbols).sum()
    }

    /// The symbol of a turn-on sequence at which scrambled ones begin, coded as data.
    pub fn ones_start(&self, training: Training) -> usize {
        let as_data = |segment: &&Segment| matches!(segment.content, Content::ScrambledOnes { .. });
        let before = self.segments(training).iter().take_while(|segment| !as_data(segment));
        before.map(|segment| segment.symbols).sum()
    }

    /// A point of the constellation; zero beyond its end.
    pub fn point(&self, number: usize) -> Complex {
        self.points.get(number).map_or(Complex::ZERO, |&point| complex(point))
    }

    /// Mean power of the constellation, in squared units of its figure.
    pub fn mean_power(&self) -> f32 {
        mean_power(self.points)
    }

    /// Samples a symbol lasts, as a fraction in lowest terms: 10/3, 5/1 or 20/3.
    pub const fn samples_per_symbol(&self) -> (u32, u32) {
        let (rate, baud) = (fax_core::SAMPLE_RATE, self.symbol_rate.0 as u32);
        let common = common_divisor(rate, baud);
        (rate / common, baud / common)
    }

    /// Turns of the carrier in a symbol, as a fraction in lowest terms: 3/4, 17/24, 9/8 or 3/2.
    pub const fn turns_per_symbol(&self) -> (u32, u32) {
        let (carrier, baud) = (self.carrier.0 as u32, self.symbol_rate.0 as u32);
        let common = common_divisor(carrier, baud);
        (carrier / common, baud / common)
    }
}

impl PhaseSteps {
    /// The point for the bits of a symbol after a point at angle number `angle`; its angle number is
    /// this modulo [`PhaseSteps::phases`].
    #[inline]
    pub fn encode(&self, angle: u8, bits: u32) -> usize {
        let amplitude = bits & ((1 << self.amplitude_bits) - 1);
        let step = self.steps.get((bits >> self.amplitude_bits) as usize).copied().unwrap_or(0);
        let angle = angle.wrapping_add(step) & (self.phases - 1);
        usize::from(angle) + amplitude as usize * usize::from(self.phases)
    }

    /// The bits that led from a point at angle number `angle` to point number `point`.
    #[inline]
    pub fn decode(&self, angle: u8, point: usize) -> u32 {
        let step = (point as u8).wrapping_sub(angle) & (self.phases - 1);
        let bits = self.steps.iter().position(|&s| s == step).unwrap_or(0) as u32;
        let amplitude = (point / usize::from(self.phases)) as u32;
        bits << self.amplitude_bits | amplitude & ((1 << self.amplitude_bits) - 1)
    }
}

impl Trellis {
    /// The number of a point, Y and the state after it, for the bits of a symbol.
    #[inline]
    pub fn encode(&self, y: u8, state: u8, bits: u32) -> (usize, u8, u8) {
        let y = ((u32::from(y) + bits) & 3) as u8;
        let state = self.next[usize::from(state & 7)][usize::from(y)];
        let point = u32::from(state >> 2) | u32::from(y) << 1 | bits >> 2 << 3;
        (point as usize, y, state)
    }

    /// Y of a point.
    #[inline]
    pub const fn y(point: usize) -> u8 {
        (point >> 1 & 3) as u8
    }

    /// The bits of a symbol from its point's number and the Y before it.
    #[inline]
    pub const fn decode(y: u8, point: usize) -> u32 {
        (Self::y(point).wrapping_sub(y) & 3) as u32 | ((point >> 3) as u32) << 2
    }
}

/// A point as a complex number.
pub const fn complex(point: Point) -> Complex {
    Complex::new(point.0, point.1)
}

fn mean_power(points: &[Point]) -> f32 {
    let sum: f32 = points.iter().map(|&point| complex(point).norm_sqr()).sum();
    sum / points.len().max(1) as f32
}

const fn common_divisor(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { common_divisor(b, a % b) }
}

#[cfg(test)]
mod tests;
