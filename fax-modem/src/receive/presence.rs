//! Whether the carrier is still there: by the power of the equalised symbols, which the training set
//! to that of the constellation. What is far too loud is as little that carrier as what is far too faint.

use crate::table::Modem;
use fax_core::maths::Complex;

/// Symbols over which the power is averaged, inverted.
const MEMORY: f32 = 1.0 / 16.0;
/// Part of the mean power below which the carrier is doubted: noise at which a burst can still be read
/// has at most 0.2, and 16 data symbols never so little.
const DOUBTED: f32 = 0.4;
/// The same above which it is doubted: no line makes its signal 9 dB louder at once, and the equaliser
/// must not learn from it, as its steps are made for the power it was trained on.
const TOO_LOUD: f32 = 8.0;
/// Milliseconds after which it is taken for gone. V.17 3.6 asks for 30 to 50 ms, V.29 for 30 +- 9, and
/// T.30 leaves 75 ms between bursts.
const GONE_MS: usize = 30;

/// Watches over the carrier of a running burst.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Presence {
    per_power: f32,
    power: f32,
    away: usize,
    patience: usize,
    /// It has been too loud since the burst began.
    overdriven: bool,
}

impl Presence {
    /// Sure that a burst of `modem` is there.
    pub(crate) fn of(modem: &Modem) -> Self {
        let patience = usize::from(modem.symbol_rate.0) * GONE_MS / 1000;
        Self { per_power: 1.0 / modem.mean_power(), power: 1.0, away: 0, patience, overdriven: false }
    }

    /// Takes an equalised symbol; tells whether the carrier is doubted.
    #[inline]
    pub(crate) fn symbol(&mut self, z: Complex) -> bool {
        self.power += MEMORY * (z.norm_sqr() * self.per_power - self.power);
        self.overdriven |= self.power >= TOO_LOUD;
        self.away = if (DOUBTED..TOO_LOUD).contains(&self.power) { 0 } else { self.away + 1 };
        self.away > 0
    }

    /// Whether the last symbol left no doubt.
    pub(crate) fn is_sure(&self) -> bool {
        self.away == 0
    }

    /// Whether it has been so loud that the equaliser may have learned wrong things before it was noticed.
    pub(crate) fn was_overdriven(&self) -> bool {
        self.overdriven
    }

    pub(crate) fn is_gone(&self) -> bool {
        self.away >= self.patience
    }

    /// Symbols since the carrier was last sure, those included that it took to doubt.
    pub(crate) fn away(&self) -> usize {
        self.away + (1.0 / MEMORY) as usize
    }
}
