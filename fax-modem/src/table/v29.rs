//! V.29: 7200 and 9600 bit/s, phases and amplitudes. T.30 never selects its 4800.

use super::v27ter::TRIBIT_STEPS;
use super::{Coding, Content, Modem, PhaseSteps, Point, Protection, Segment, TurnOff};
use crate::scrambler::ScramblerKind;
use fax_core::maths::Phase;
use fax_core::{Baud, Hertz, Opening, V29Rate};

/// V.29 at 7200 bit/s: the first bit of 9600's four is always 0.
pub static V29_7200: Modem = Modem {
    opening: Opening::V29(V29Rate::R7200),
    carrier: Hertz(1700.0),  // clause 2.1
    symbol_rate: Baud(2400), // clause 2
    bits_per_symbol: 3,
    roll_off: 0.25,               // free within clause 11: 4.5 +- 2.5 dB down at 500 and 2900 Hz
    points: POINTS.split_at(8).0, // the inner ones
    coding: Coding::Differential(PhaseSteps { phases: 8, amplitude_bits: 0, steps: &TRIBIT_STEPS }),
    scrambler: ScramblerKind::V29,
    long: &training([(-3.0, 0.0), (1.0, -1.0), (3.0, 0.0), (-1.0, 1.0)]),
    short: None,
    sends_short: false,
    protection: PROTECTION,
    turn_off: TURN_OFF,
    start_phase: Phase(0),
};

/// V.29 at 9600 bit/s.
pub static V29_9600: Modem = Modem {
    opening: Opening::V29(V29Rate::R9600),
    carrier: Hertz(1700.0),  // clause 2.1
    symbol_rate: Baud(2400), // clause 2
    bits_per_symbol: 4,
    roll_off: 0.25, // free within clause 11: 4.5 +- 2.5 dB down at 500 and 2900 Hz
    points: &POINTS,
    coding: Coding::Differential(PhaseSteps { phases: 8, amplitude_bits: 1, steps: &TRIBIT_STEPS }),
    scrambler: ScramblerKind::V29,
    long: &training([(-3.0, 0.0), (3.0, -3.0), (3.0, 0.0), (-3.0, 3.0)]),
    short: None,
    sends_short: false,
    protection: PROTECTION,
    turn_off: TURN_OFF,
    start_phase: Phase(0),
};

/// Figure 1 with table 2: eight angles of the inner points, then of the outer ones.
static POINTS: [Point; 16] = [
    (3.0, 0.0),
    (1.0, 1.0),
    (0.0, 3.0),
    (-1.0, 1.0),
    (-3.0, 0.0),
    (-1.0, -1.0),
    (0.0, -3.0),
    (1.0, -1.0),
    (5.0, 0.0),
    (3.0, 3.0),
    (0.0, 5.0),
    (-3.0, 3.0),
    (-5.0, 0.0),
    (-3.0, -3.0),
    (0.0, -5.0),
    (3.0, -3.0),
];

/// Table 5 with the points of its letters A, B, C, D at a rate, and appendix I for the generator.
/// Segment 3 ends with C, so that the phase before segment 4 is zero.
const fn training([a, b, c, d]: [Point; 4]) -> [Segment; 4] {
    let generator = Content::Generator { taps: [6, 7], seed: 0x2A, points: [c, d] };
    [
        Segment { symbols: 48, content: Content::Silence },
        Segment { symbols: 128, content: Content::Alternate([a, b]) },
        Segment { symbols: 384, content: generator },
        Segment { symbols: 48, content: Content::ScrambledOnes { from: 0 } },
    ]
}

/// Not in V.29: fax senders add 200 ms of carrier, and segment 1 is the silence after it. The point is
/// what a widespread sender uses.
const PROTECTION: Protection = Protection { point: (3.0, 0.0), carrier: 480, silence: 0 };

/// V.29 only lets the carrier end; this much, what a widespread sender uses, pushes the last symbols
/// through the far equaliser.
const TURN_OFF: TurnOff = TurnOff { ones: 32, silence: 0 };
