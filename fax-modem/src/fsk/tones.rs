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
        let mut sums = (Complex::ZERO, Complex::ZERO);
        let last = PER_BIT;
        add(&mut sums, envelope[0].scale(1.0 - late), 0);
        for (n, value) in envelope[1..last].iter().enumerate() {
            add(&mut sums, *value, n + 1);
        }
        add(&mut sums, envelope[last].scale(late), last);
        let tones = Self::from_sums(sums);
        // The phase is to be counted from the beginning of the bit, not from the first value.
        let angle = TURN * late;
        let turn = Complex::new(1.0 - angle * angle * 0.5, angle - angle * angle * angle * (1.0 / 6.0));
        Self { space: tones.space * turn, mark: tones.mark * turn.conj() }
    }

    /// Over the eight values of a bit that begins at the first.
    pub(super) fn of(envelope: &[Complex]) -> Self {
        let mut sums = (Complex::ZERO, Complex::ZERO);
        for (n, value) in envelope.iter().take(PER_BIT).enumerate() {
            add(&mut sums, *value, n);
        }
        Self::from_sums(sums)
    }

    /// From the products with the cosine and the sine of the turn.
    fn from_sums((cosine, sine): (Complex, Complex)) -> Self {
        let sine = sine.turned();
        Self { space: cosine - sine, mark: cosine + sine }
    }

    pub(super) fn of_bit(self, bit: bool) -> Complex {
        if bit { self.mark } else { self.space }
    }
}

fn add(sums: &mut (Complex, Complex), value: Complex, n: usize) {
    sums.0 += value.scale(COSINES[n]);
    sums.1 += value.scale(SINES[n]);
}

/// Cosine and sine of 0, 15, 30, ... 120 degrees.
const COSINES: [f32; PER_BIT + 1] =
    [1.0, 0.965_925_8, 0.866_025_4, 0.707_106_77, 0.5, 0.258_819_04, 0.0, -0.258_819_04, -0.5];
const SINES: [f32; PER_BIT + 1] =
    [0.0, 0.258_819_04, 0.5, 0.707_106_77, 0.866_025_4, 0.965_925_8, 1.0, 0.965_925_8, 0.866_025_4];

/// The carrier's phase goes on by a third of a turn in a bit, backwards in a one.
pub(super) fn after(phase: Complex, bit: bool) -> Complex {
    const SIN_120: f32 = 0.866_025_4;
    phase * Complex::new(-0.5, if bit { -SIN_120 } else { SIN_120 })
}
