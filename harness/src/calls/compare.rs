//! Two kinds of call over the same seeds, pair by pair.

use super::statistics::{mcnemar, wilson};
use crate::world::Record;
use serde::Serialize;

/// How two runs of the same seeds differ.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// Pairs.
    pub pairs: usize,
    /// Strict calls of the first.
    pub a_strict: usize,
    /// Strict calls of the second.
    pub b_strict: usize,
    /// Pairs of which only the first was strict.
    pub only_a: usize,
    /// Pairs of which only the second was strict.
    pub only_b: usize,
    /// McNemar's exact test: how likely a difference at least as large is by chance.
    pub p_value: f64,
    /// Whether the two 95 % intervals, taken by themselves, overlap.
    pub intervals_overlap: bool,
    /// By how much the second was longer where both were strict, seconds.
    pub seconds_longer: Option<f64>,
}

impl Comparison {
    /// Of runs in the order of equal seeds.
    pub fn of(a: &[Record], b: &[Record]) -> Self {
        let pairs: Vec<(&Record, &Record)> = a.iter().zip(b).filter(|(a, b)| a.seed == b.seed).collect();
        let count = |holds: &dyn Fn(bool, bool) -> bool| {
            pairs.iter().filter(|(a, b)| holds(a.verdict().strict(), b.verdict().strict())).count()
        };
        let (only_a, only_b) = (count(&|a, b| a && !b), count(&|a, b| b && !a));
        let (a_strict, b_strict, both) = (count(&|a, _| a), count(&|_, b| b), count(&|a, b| a && b));
        let longer: f64 = pairs
            .iter()
            .filter(|(a, b)| a.verdict().strict() && b.verdict().strict())
            .map(|(a, b)| b.seconds - a.seconds)
            .sum();
        Self {
            pairs: pairs.len(),
            a_strict,
            b_strict,
            only_a,
            only_b,
            p_value: mcnemar(only_a, only_b),
            intervals_overlap: wilson(a_strict, pairs.len()).overlaps(wilson(b_strict, pairs.len())),
            seconds_longer: (both > 0).then(|| longer / both as f64),
        }
    }
}
