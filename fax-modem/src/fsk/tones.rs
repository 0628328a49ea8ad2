//! What one bit of the envelope holds of each of the two tones.

use super::front::PER_BIT;
use fax_core::maths::{Complex, PI};

/// Turn of a tone against the mean from one value of the envelope to the next, radians: 100 Hz at
/// 2400 values a second.
pub(super) const TURN: f32 = (PI / 12.0) as f32;

/// How much of each tone a bit holds: correlations over one bit, the tones' phase counted from the
/// beginning of the bit.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tones {
    pub(super) space: Complex,
    pub(super) mark: Complex,
}

impl Tones {
    /// Over nine values of the envelope, the first weighted with `1 - late` and the last with
    /// `late`: a bit that begins `late` of the way from the first to the second.
    pub(super) fn between(envelope: &[Complex; PER_BIT + 1], late: f32) -> Self {
        let mut sums = Sums::default();
        sums.add(envelope[0].scale(1.0 - late), TURNS[0]);
        for (value, turn) in envelope[1..PER_BIT].iter().zip(&TURNS[1..PER_BIT]) {
            sums.add(*value, *turn);
        }
        sums.add(envelope[PER_BIT].scale(late), TURNS[PER_BIT]);
        let tones = sums.tones();
        // The phase is to be counted from the beginning of the bit, not from the first value.
        let angle = TURN * late;
        let turn = Complex::new(1.0 - angle * angle * 0.5, angle - angle * angle * angle * (1.0 / 6.0));
        Self { space: tones.space * turn, mark: tones.mark * turn.conj() }
    }

    /// Over the eight values of a bit that begins at the first.
    pub(super) fn of(envelope: &[Complex; PER_BIT]) -> Self {
        let mut sums = Sums::default();
        for (value, turn) in envelope.iter().zip(&TURNS) {
            sums.add(*value, *turn);
        }
        sums.tones()
    }

    pub(super) fn of_bit(self, bit: bool) -> Complex {
        if bit { self.mark } else { self.space }
    }
}

/// Products with the cosine, then with the sine of the turn; real and imaginary parts.
#[derive(Clone, Copy, Default)]
struct Sums([f32; 4]);

impl Sums {
    fn add(&mut self, value: Complex, turn: [f32; 2]) {
        let values = [value.re, value.im, value.re, value.im];
        let turns = [turn[0], turn[0], turn[1], turn[1]];
        for n in 0..4 {
            self.0[n] += values[n] * turns[n];
        }
    }

    fn tones(self) -> Tones {
        let [a, b, c, d] = self.0;
        Tones { space: Complex::new(a + d, b - c), mark: Complex::new(a - d, b + c) }
    }
}

/// Cosine and sine of 0, 15, 30, ... 120 degrees.
const TURNS: [[f32; 2]; PER_BIT + 1] = [
    [1.0, 0.0],
    [0.965_925_8, 0.258_819_04],
    [0.866_025_4, 0.5],
    [0.707_106_77, 0.707_106_77],
    [0.5, 0.866_025_4],
    [0.258_819_04, 0.965_925_8],
    [0.0, 1.0],
    [-0.258_819_04, 0.965_925_8],
    [-0.5, 0.866_025_4],
];

/// The carrier's phase goes on by a third of a turn in a bit, backwards in a one.
pub(super) fn after(phase: Complex, bit: bool) -> Complex {
    const SIN_120: f32 = 0.866_025_4;
    phase * Complex::new(-0.5, if bit { -SIN_120 } else { SIN_120 })
}
