//! Whether the carrier is still there: by the power of the equalised symbols, which the training set
//! to that of the constellation.

use crate::table::Modem;
use fax_core::maths::Complex;

/// Symbols over which the power is averaged, inverted.
const MEMORY: f32 = 1.0 / 16.0;
/// Part of the mean power below which the carrier is doubted: noise at which a burst can still be read
/// has at most 0.2, and 16 data symbols never so little.
const DOUBTED: f32 = 0.4;
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
}

impl Presence {
    /// Sure that a burst of `modem` is there.
    pub(crate) fn of(modem: &Modem) -> Self {
        let patience = usize::from(modem.symbol_rate.0) * GONE_MS / 1000;
        Self { per_power: 1.0 / modem.mean_power(), power: 1.0, away: 0, patience }
    }

    /// Takes an equalised symbol; tells whether the carrier is doubted.
    #[inline]
    pub(crate) fn symbol(&mut self, z: Complex) -> bool {
        self.power += MEMORY * (z.norm_sqr() * self.per_power - self.power);
        self.away = if self.power < DOUBTED { self.away + 1 } else { 0 };
        self.away > 0
    }

    pub(crate) fn is_gone(&self) -> bool {
        self.away >= self.patience
    }

    /// Symbols since the carrier was last sure, those included that it took to doubt.
    pub(crate) fn away(&self) -> usize {
        self.away + (1.0 / MEMORY) as usize
    }
}
