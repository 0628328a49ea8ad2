//! Bits that came against bits that went.
//!
//! One lag a burst, within 120 bits of where the data should begin: that with the fewest errors in the
//! first 400 bits. The last 24 symbols do not count; a missing bit is half an error.

/// Lags tried on either side.
const LAGS: i64 = 120;
/// Bits over which the lag is chosen.
const PROBE: usize = 400;

/// Data bits of a burst, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Score {
    /// Which received bit is the first that was sent.
    pub(crate) lag: i64,
    /// Bits compared.
    pub(crate) bits: u64,
    /// Errors times two, so that a missing bit counts one.
    pub(crate) half_errors: u64,
    /// The same over the first [`PROBE`] bits.
    pub(crate) probe_bits: u64,
    /// Errors times two there.
    pub(crate) probe_half_errors: u64,
}

impl Score {
    /// Compares all but the last `uncounted` of the sent bits with what was received, whose bit `base`
    /// should be the first of them.
    pub(crate) fn of(sent: &[bool], received: &[bool], base: i64, uncounted: usize) -> Self {
        let counted = &sent[..sent.len().saturating_sub(uncounted)];
        let probe = &counted[..counted.len().min(PROBE)];
        // The smallest lag among equals, so that silence scores the same everywhere.
        let lags = (0..=LAGS).flat_map(|lag| [base + lag, base - lag]);
        let lag = lags.min_by_key(|lag| half_errors(probe, received, *lag)).unwrap_or(base);
        Self {
            lag,
            bits: counted.len() as u64,
            half_errors: half_errors(counted, received, lag),
            probe_bits: probe.len() as u64,
            probe_half_errors: half_errors(probe, received, lag),
        }
    }

    /// Share of wrong bits.
    pub(crate) fn ratio(self) -> f64 {
        if self.bits == 0 { 0.0 } else { self.half_errors as f64 / (2 * self.bits) as f64 }
    }

    /// Share of wrong bits among the first [`PROBE`].
    pub(crate) fn probe_ratio(self) -> f64 {
        if self.probe_bits == 0 { 0.0 } else { self.probe_half_errors as f64 / (2 * self.probe_bits) as f64 }
    }
}

fn half_errors(sent: &[bool], received: &[bool], lag: i64) -> u64 {
    // The part of `sent` that meets received bits.
    let begin = (-lag).clamp(0, sent.len() as i64) as usize;
    let end = (received.len() as i64 - lag).clamp(begin as i64, sent.len() as i64) as usize;
    let missing = sent.len() - (end - begin);
    if begin == end {
        return missing as u64;
    }
    let met = &received[(begin as i64 + lag) as usize..(end as i64 + lag) as usize];
    let wrong = sent[begin..end].iter().zip(met).filter(|(a, b)| a != b).count();
    (2 * wrong + missing) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stimulus::Rng;

    #[test]
    fn bits_are_found_at_any_lag_and_errors_counted() {
        let sent = Rng::seeded(1).bits(5000);
        for lag in [-120_i64, -3, 0, 77, 120] {
            let mut received = match usize::try_from(lag) {
                Ok(extra) => [Rng::seeded(2).bits(extra), sent.clone()].concat(),
                Err(_) => sent[lag.unsigned_abs() as usize..].to_vec(),
            };
            received[1000] ^= true;
            let score = Score::of(&sent, &received, 0, 144);
            let missing = (-lag).max(0) as u64;
            assert_eq!((score.bits, score.half_errors), (4856, 2 + missing), "lag {lag}");
        }
    }

    #[test]
    fn missing_bits_are_half_errors_and_the_tail_does_not_count() {
        let sent = Rng::seeded(3).bits(2000);
        assert_eq!(Score::of(&sent, &[], 0, 100).half_errors, 1900);
        assert_eq!(Score::of(&sent, &sent[..1900], 0, 100).half_errors, 0);
        assert_eq!(Score::of(&sent, &sent[..1800], 0, 100).half_errors, 100);
        assert_eq!(Score::of(&sent, &sent[..1000], 5000, 100).half_errors, 1900);
    }

    #[test]
    fn a_base_moves_the_search() {
        let sent = Rng::seeded(4).bits(2000);
        let received = [Rng::seeded(5).bits(296), sent.clone()].concat();
        assert_eq!(Score::of(&sent, &received, 290, 24).half_errors, 0);
        assert!(Score::of(&sent, &received, 0, 24).ratio() > 0.3);
    }
}
