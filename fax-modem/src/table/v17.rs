//! V.17: 7200 to 14 400 bit/s with a trellis code of eight states.

use super::{Coding, Content, Modem, Point, Protection, Segment, Trellis, TurnOff};
use crate::scrambler::ScramblerKind;
use fax_core::maths::Phase;
use fax_core::{Baud, Hertz, Opening, Training, V17Rate};

/// V.17 at 7200 bit/s.
pub static V17_7200: Modem = modem(V17Rate::R7200, 3, &POINTS_7200);

/// V.17 at 9600 bit/s.
pub static V17_9600: Modem = modem(V17Rate::R9600, 4, &POINTS_9600);

/// V.17 at 12 000 bit/s.
pub static V17_12000: Modem = modem(V17Rate::R12000, 5, &POINTS_12000);

/// V.17 at 14 400 bit/s.
pub static V17_14400: Modem = modem(V17Rate::R14400, 6, &POINTS_14400);

/// What all rates have in common: clauses 2.1 to 2.3, 4, tables 3 and 7.
const fn modem(rate: V17Rate, bits_per_symbol: usize, points: &'static [Point]) -> Modem {
    Modem {
        opening: Opening::V17(rate, Training::Long),
        carrier: Hertz(1800.0),
        symbol_rate: Baud(2400),
        bits_per_symbol,
        roll_off: 0.25, // free within clause 2.4: 4.5 +- 2.5 dB down at 600 and 3000 Hz
        points,
        coding: Coding::Trellis(Trellis { next: &NEXT_STATES }),
        scrambler: ScramblerKind::V17,
        long: &LONG,
        short: Some(&SHORT),
        sends_short: true,
        protection: Protection { point: A, carrier: 480, silence: 48 }, // clause 5.3
        turn_off: TurnOff { ones: 32, silence: 48 },                    // table 7
        // 318.5 degrees: within 2 degrees of it SpanDSP trains on the short sequence over a digital path
        // at every level from -6 to -39 dBm0; held by peer-spandsp/tests/our_transmitter.rs.
        start_phase: Phase(0xE280_0000),
    }
}

// The letters of the training, at every rate the same: table 4.
const A: Point = (-6.0, -2.0);
const B: Point = (2.0, -6.0);
const C: Point = (6.0, 2.0);
const D: Point = (-2.0, 6.0);

/// Table 3. Clause 5.1.4: the differential coder of segment 4 starts at the letter of the first
/// symbol of segment 3, which is B; as Y the letters A, B, C, D are 3, 2, 1, 0.
static LONG: [Segment; 4] = [
    ALTERNATION,
    Segment { symbols: 2976, content: CONDITIONING },
    BRIDGE,
    Segment { symbols: 48, content: Content::ScrambledOnes { from: 2 } },
];

/// Table 3 as corrigendum 1 amends it: no bridge, and the coder starts at the letter of the last
/// symbol of segment 2, which is C.
static SHORT: [Segment; 3] = [
    ALTERNATION,
    Segment { symbols: 38, content: CONDITIONING },
    Segment { symbols: 48, content: Content::ScrambledOnes { from: 1 } },
];

const ALTERNATION: Segment = Segment { symbols: 256, content: Content::Alternate([A, B]) };

/// Table 4: dibits 00, 10, 01, 11, first bit left.
const CONDITIONING: Content = Content::ScrambledPoints { points: &[C, B, D, A] };

/// Tables 5 and 6: 0000 0001 0001 0001, first bit left, eight times; dibits 00, 10, 01, 11 turn by 90,
/// 180, 0, 270 degrees from segment 2's last point, A. Receivers ignore its bits 4 to 6, 8 to 10 and
/// 12 to 14 (note 2).
const BRIDGE: Segment = Segment {
    symbols: 64,
    content: Content::ScrambledTurns {
        input: 0x8880,
        drawn: 2,
        ring: &[A, B, C, D],
        turns: &[1, 2, 0, 3],
        from: 0,
    },
};

/// Figure 1 as a table: state t1 + 2 t2 + 4 t3 and Y = Y1 + 2 Y2 give t3' = t1, t2' = Y2 ^ Y1 ^ t3 ^
/// ((Y2 ^ t2) & t1), t1' = Y2 ^ t2 ^ (Y1 & t1); Y0 = t3'.
pub(crate) const NEXT_STATES: [[u8; 4]; 8] = [
    [0, 2, 3, 1],
    [4, 7, 5, 6],
    [1, 3, 2, 0],
    [7, 4, 6, 5],
    [2, 0, 1, 3],
    [6, 5, 7, 4],
    [3, 1, 0, 2],
    [5, 6, 4, 7],
];

/// Figure 5; numbered Y0 + 2 Y1 + 4 Y2 + 8 Q3 + 16 Q4 + 32 Q5 + 64 Q6.
#[rustfmt::skip]
static POINTS_7200: [Point; 16] = [
    (6.0, -6.0), (-2.0, 6.0), (6.0, 2.0), (-6.0, -6.0), (-6.0, 6.0), (2.0, -6.0), (-6.0, -2.0), (6.0, 6.0),
    (-2.0, 2.0), (6.0, -2.0), (-2.0, -6.0), (2.0, 2.0), (2.0, -2.0), (-6.0, 2.0), (2.0, 6.0), (-2.0, -2.0),
];

/// Figure 4; numbered Y0 + 2 Y1 + 4 Y2 + 8 Q3 + 16 Q4 + 32 Q5 + 64 Q6.
#[rustfmt::skip]
static POINTS_9600: [Point; 32] = [
    (-8.0, 2.0), (-6.0, -4.0), (-4.0, 6.0), (2.0, 8.0), (8.0, -2.0), (6.0, 4.0), (4.0, -6.0), (-2.0, -8.0),
    (0.0, 2.0), (-6.0, 4.0), (4.0, 6.0), (2.0, 0.0), (0.0, -2.0), (6.0, -4.0), (-4.0, -6.0), (-2.0, 0.0),
    (0.0, -6.0), (2.0, -4.0), (-4.0, -2.0), (-6.0, 0.0), (0.0, 6.0), (-2.0, 4.0), (4.0, 2.0), (6.0, 0.0),
    (8.0, 2.0), (2.0, 4.0), (4.0, -2.0), (2.0, -8.0), (-8.0, -2.0), (-2.0, -4.0), (-4.0, 2.0), (-2.0, 8.0),
];

/// Figure 3; numbered Y0 + 2 Y1 + 4 Y2 + 8 Q3 + 16 Q4 + 32 Q5 + 64 Q6.
#[rustfmt::skip]
static POINTS_12000: [Point; 64] = [
    (7.0, 1.0), (-5.0, -1.0), (-1.0, 5.0), (1.0, -7.0), (-7.0, -1.0), (5.0, 1.0), (1.0, -5.0), (-1.0, 7.0),
    (3.0, -3.0), (-1.0, 3.0), (3.0, 1.0), (-3.0, -3.0), (-3.0, 3.0), (1.0, -3.0), (-3.0, -1.0), (3.0, 3.0),
    (7.0, -7.0), (-5.0, 7.0), (7.0, 5.0), (-7.0, -7.0), (-7.0, 7.0), (5.0, -7.0), (-7.0, -5.0), (7.0, 7.0),
    (-1.0, -7.0), (3.0, 7.0), (7.0, -3.0), (-7.0, 1.0), (1.0, 7.0), (-3.0, -7.0), (-7.0, 3.0), (7.0, -1.0),
    (3.0, 5.0), (-1.0, -5.0), (-5.0, 1.0), (5.0, -3.0), (-3.0, -5.0), (1.0, 5.0), (5.0, -1.0), (-5.0, 3.0),
    (-1.0, 1.0), (3.0, -1.0), (-1.0, -3.0), (1.0, 1.0), (1.0, -1.0), (-3.0, 1.0), (1.0, 3.0), (-1.0, -1.0),
    (-5.0, 5.0), (7.0, -5.0), (-5.0, -7.0), (5.0, 5.0), (5.0, -5.0), (-7.0, 5.0), (5.0, 7.0), (-5.0, -5.0),
    (-5.0, -3.0), (7.0, 3.0), (3.0, -7.0), (-3.0, 5.0), (5.0, 3.0), (-7.0, -3.0), (-3.0, 7.0), (3.0, -5.0),
];

/// Figure 2; numbered Y0 + 2 Y1 + 4 Y2 + 8 Q3 + 16 Q4 + 32 Q5 + 64 Q6.
#[rustfmt::skip]
static POINTS_14400: [Point; 128] = [
    (-8.0, -3.0), (9.0, 2.0), (2.0, -9.0), (-3.0, 8.0), (8.0, 3.0), (-9.0, -2.0), (-2.0, 9.0), (3.0, -8.0),
    (-8.0, 1.0), (9.0, -2.0), (-2.0, -9.0), (1.0, 8.0), (8.0, -1.0), (-9.0, 2.0), (2.0, 9.0), (-1.0, -8.0),
    (-4.0, -3.0), (5.0, 2.0), (2.0, -5.0), (-3.0, 4.0), (4.0, 3.0), (-5.0, -2.0), (-2.0, 5.0), (3.0, -4.0),
    (-4.0, 1.0), (5.0, -2.0), (-2.0, -5.0), (1.0, 4.0), (4.0, -1.0), (-5.0, 2.0), (2.0, 5.0), (-1.0, -4.0),
    (4.0, -3.0), (-3.0, 2.0), (2.0, 3.0), (-3.0, -4.0), (-4.0, 3.0), (3.0, -2.0), (-2.0, -3.0), (3.0, 4.0),
    (4.0, 1.0), (-3.0, -2.0), (-2.0, 3.0), (1.0, -4.0), (-4.0, -1.0), (3.0, 2.0), (2.0, -3.0), (-1.0, 4.0),
    (0.0, -3.0), (1.0, 2.0), (2.0, -1.0), (-3.0, 0.0), (0.0, 3.0), (-1.0, -2.0), (-2.0, 1.0), (3.0, 0.0),
    (0.0, 1.0), (1.0, -2.0), (-2.0, -1.0), (1.0, 0.0), (0.0, -1.0), (-1.0, 2.0), (2.0, 1.0), (-1.0, 0.0),
    (8.0, -3.0), (-7.0, 2.0), (2.0, 7.0), (-3.0, -8.0), (-8.0, 3.0), (7.0, -2.0), (-2.0, -7.0), (3.0, 8.0),
    (8.0, 1.0), (-7.0, -2.0), (-2.0, 7.0), (1.0, -8.0), (-8.0, -1.0), (7.0, 2.0), (2.0, -7.0), (-1.0, 8.0),
    (-4.0, -7.0), (5.0, 6.0), (6.0, -5.0), (-7.0, 4.0), (4.0, 7.0), (-5.0, -6.0), (-6.0, 5.0), (7.0, -4.0),
    (-4.0, 5.0), (5.0, -6.0), (-6.0, -5.0), (5.0, 4.0), (4.0, -5.0), (-5.0, 6.0), (6.0, 5.0), (-5.0, -4.0),
    (4.0, -7.0), (-3.0, 6.0), (6.0, 3.0), (-7.0, -4.0), (-4.0, 7.0), (3.0, -6.0), (-6.0, -3.0), (7.0, 4.0),
    (4.0, 5.0), (-3.0, -6.0), (-6.0, 3.0), (5.0, -4.0), (-4.0, -5.0), (3.0, 6.0), (6.0, -3.0), (-5.0, 4.0),
    (0.0, -7.0), (1.0, 6.0), (6.0, -1.0), (-7.0, 0.0), (0.0, 7.0), (-1.0, -6.0), (-6.0, 1.0), (7.0, 0.0),
    (0.0, 5.0), (1.0, -6.0), (-6.0, -1.0), (5.0, 0.0), (0.0, -5.0), (-1.0, 6.0), (6.0, 1.0), (-5.0, 0.0),
];
