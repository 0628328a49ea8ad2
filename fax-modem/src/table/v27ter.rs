//! V.27ter: 2400 and 4800 bit/s, phases only.

use super::{Coding, Content, Modem, PhaseSteps, Point, Protection, Segment, TurnOff};
use crate::scrambler::ScramblerKind;
use fax_core::maths::Phase;
use fax_core::{Baud, Hertz, Opening, V27terRate};

/// V.27ter at 2400 bit/s.
pub static V27TER_2400: Modem = Modem {
    opening: Opening::V27ter(V27terRate::R2400),
    carrier: Hertz(1800.0),  // clause 2.1
    symbol_rate: Baud(1200), // clause 3
    bits_per_symbol: 2,      // table 2
    roll_off: 0.5,           // clause 2.1.1
    points: &[(1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0)],
    coding: Coding::Differential(PhaseSteps {
        phases: 4,
        amplitude_bits: 0,
        // Table 2: dibits 00, 10, 01, 11, first bit left.
        steps: &[0, 3, 1, 2],
    }),
    scrambler: ScramblerKind::V27TER,
    long: &LONG,
    short: Some(&SHORT),
    sends_short: false, // T.4 5.1
    protection: Protection { point: (1.0, 0.0), carrier: 240, silence: 24 },
    turn_off: TurnOff { ones: 12, silence: 24 },
    start_phase: Phase(0),
};

/// V.27ter at 4800 bit/s.
pub static V27TER_4800: Modem = Modem {
    opening: Opening::V27ter(V27terRate::R4800),
    carrier: Hertz(1800.0),  // clause 2.1
    symbol_rate: Baud(1600), // clause 3
    bits_per_symbol: 3,      // table 1
    roll_off: 0.5,           // clause 2.1.1
    points: &[
        (1.0, 0.0),
        (DIAGONAL, DIAGONAL),
        (0.0, 1.0),
        (-DIAGONAL, DIAGONAL),
        (-1.0, 0.0),
        (-DIAGONAL, -DIAGONAL),
        (0.0, -1.0),
        (DIAGONAL, -DIAGONAL),
    ],
    coding: Coding::Differential(PhaseSteps { phases: 8, amplitude_bits: 0, steps: &TRIBIT_STEPS }),
    scrambler: ScramblerKind::V27TER,
    long: &LONG,
    short: Some(&SHORT),
    sends_short: false, // T.4 5.1
    protection: Protection { point: (1.0, 0.0), carrier: 320, silence: 32 },
    turn_off: TurnOff { ones: 16, silence: 32 },
    start_phase: Phase(0),
};

const DIAGONAL: f32 = core::f32::consts::FRAC_1_SQRT_2;

/// Table 1 in eighths of a turn: tribits 000, 100, 010, 110, 001, 101, 011, 111, first bit left. V.29
/// steps its phase in the same way.
pub(super) static TRIBIT_STEPS: [u8; 8] = [1, 6, 2, 5, 0, 7, 3, 4];

// Table 3. Segments 1 and 2 are the echo protection, 185 to 200 and 20 to 25 ms. Table 5: ones for 5
// to 10 ms, silence for 20 ms; both modems send the most that is allowed, which pushes the last
// symbols through the far equaliser.
static LONG: [Segment; 3] = [reversals(50), conditioning(1074), DATA];
static SHORT: [Segment; 3] = [reversals(14), conditioning(58), DATA];

const REVERSED: [Point; 2] = [(1.0, 0.0), (-1.0, 0.0)];

/// Segment 3. It ends on the phase that the echo protection had, so that the first symbol of segment
/// 4, which is no change, marks its start.
const fn reversals(symbols: usize) -> Segment {
    Segment { symbols, content: Content::Alternate([REVERSED[1], REVERSED[0]]) }
}

/// Segment 4: scrambled ones, three bits a symbol at both rates, of which the first one reverses the
/// phase.
const fn conditioning(symbols: usize) -> Segment {
    let content =
        Content::ScrambledTurns { input: 0xFFFF, drawn: 3, ring: &REVERSED, turns: &[0, 1], from: 0 };
    Segment { symbols, content }
}

/// Segment 5. Either training ends segment 4 on the reference phase.
const DATA: Segment = Segment { symbols: 8, content: Content::ScrambledOnes { from: 0 } };
