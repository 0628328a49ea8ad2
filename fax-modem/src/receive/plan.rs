//! All that a receiver looks up and never changes, made once for each modem and shared by every line.

use super::front::MatchedFilter;
use super::lesson::Lesson;
use super::lines::Lines;
use super::slicer::Slicer;
use super::trellis::TrellisMap;
use crate::table::{Coding, Modem};
use fax_core::{SAMPLE_RATE, Training};
use std::sync::LazyLock;

/// One modem as its receiver sees it.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) modem: &'static Modem,
    /// Carrier in cycles, symbols in number, a sample.
    pub(crate) carrier: f64,
    pub(crate) symbol_rate: f64,
    pub(crate) long: Lesson,
    pub(crate) short: Option<Lesson>,
    pub(crate) lines: Lines,
    pub(crate) decide: Decide,
    /// Mean squared error, relative to the power of the symbols, that nothing else than the modem itself
    /// leaves.
    pub(crate) clean: f32,
    filter: MatchedFilter,
}

/// How a modem's symbols are decided.
#[derive(Debug)]
pub(crate) enum Decide {
    Nearest(Box<Slicer>),
    Trellis(Box<TrellisMap>),
}

/// As [`Modem::ALL`].
static PLANS: [LazyLock<Plan>; Modem::ALL.len()] = [
    LazyLock::new(|| Plan::new(Modem::ALL[0])),
    LazyLock::new(|| Plan::new(Modem::ALL[1])),
    LazyLock::new(|| Plan::new(Modem::ALL[2])),
    LazyLock::new(|| Plan::new(Modem::ALL[3])),
    LazyLock::new(|| Plan::new(Modem::ALL[4])),
    LazyLock::new(|| Plan::new(Modem::ALL[5])),
    LazyLock::new(|| Plan::new(Modem::ALL[6])),
    LazyLock::new(|| Plan::new(Modem::ALL[7])),
];

/// Part of the error of aimless symbols that is clean.
const CLEAN: f32 = 0.3;

/// What symbols that are anywhere are off the nearest point of the modem, in its power: a sixth of the
/// square of the distance of its points.
fn aimless(modem: &Modem) -> f32 {
    let mut nearest = f32::MAX;
    for (n, (re, im)) in modem.points.iter().enumerate() {
        for (other_re, other_im) in &modem.points[n + 1..] {
            let (x, y) = (re - other_re, im - other_im);
            nearest = nearest.min(x * x + y * y);
        }
    }
    nearest / 6.0 / modem.mean_power()
}

impl Plan {
    /// The plan of a modem. The first call for each modem allocates.
    pub(crate) fn of(modem: &'static Modem) -> &'static Self {
        let at = Modem::ALL.iter().position(|known| known.opening == modem.opening);
        &PLANS[at.unwrap_or(0)]
    }

    fn new(modem: &'static Modem) -> Self {
        let carrier = f64::from(modem.carrier.0) / f64::from(SAMPLE_RATE);
        let symbol_rate = f64::from(modem.symbol_rate.0) / f64::from(SAMPLE_RATE);
        let long = Lesson::new(modem, Training::Long);
        Self {
            modem,
            carrier,
            symbol_rate,
            lines: Lines::new(carrier, symbol_rate, long.alternation),
            decide: match &modem.coding {
                Coding::Differential(_) => Decide::Nearest(Box::new(Slicer::new(modem))),
                Coding::Trellis(_) => Decide::Trellis(Box::new(TrellisMap::new(modem))),
            },
            clean: CLEAN * aimless(modem),
            filter: MatchedFilter::new(carrier, symbol_rate, f64::from(modem.roll_off)),
            short: modem.short.map(|_| Lesson::new(modem, Training::Short)),
            long,
        }
    }

    /// The matched filter; one for all modems of the same carrier and symbol rate, so that it stays
    /// close to the processor.
    pub(crate) fn filter(&'static self) -> &'static MatchedFilter {
        let first = Modem::ALL.into_iter().find(|modem| self.is_kin(modem)).unwrap_or(self.modem);
        &Self::of(first).filter
    }

    /// Whether the other modem opens with the same carrier and symbol rate, so that one alternation
    /// may announce either.
    pub(crate) fn is_kin(&self, other: &Modem) -> bool {
        other.carrier == self.modem.carrier && other.symbol_rate == self.modem.symbol_rate
    }

    /// The symbols that follow the alternation in every training of the modem.
    pub(crate) fn opening(&self) -> &[fax_core::maths::Complex] {
        let shared = self.short.as_ref().map_or(usize::MAX, |short| short.known.len());
        &self.long.known[..shared.min(self.long.known.len())]
    }

    pub(crate) fn lesson(&self, training: Training) -> &Lesson {
        match (training, &self.short) {
            (Training::Short, Some(short)) => short,
            _ => &self.long,
        }
    }

    /// Samples a half symbol.
    pub(crate) fn half(&self) -> f64 {
        0.5 / self.symbol_rate
    }
}
