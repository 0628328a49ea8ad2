//! Where a curve of bit errors crosses a level: steps of half a decibel, log interpolation between.

/// One measured point of a curve.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// Signal to noise ratio, dB.
    pub snr_db: f64,
    /// Bit error ratio; `None` when nothing trained, which counts as all wrong.
    pub ber: Option<f64>,
    /// Bits behind it.
    pub bits: u64,
}

/// Step of a curve, dB.
pub const STEP_DB: f64 = 0.5;

impl Sample {
    /// The ratio to draw and interpolate with: no error seen counts as half an error.
    pub fn floored(&self) -> f64 {
        match self.ber {
            None => 0.5,
            Some(ber) => ber.max(0.5 / (self.bits.max(1)) as f64),
        }
    }
}

/// The SNR at which the curve, sorted by SNR, last falls below `level`; `None` if it never does or
/// is below it from the start.
pub fn crossing(curve: &[Sample], level: f64) -> Option<f64> {
    let pair = curve.windows(2).rev().find(|pair| pair[0].floored() >= level)?;
    let [a, b] = pair else { return None };
    if b.floored() >= level {
        return None;
    }
    let log = |x: f64| fax_core::maths::log10(x);
    let share = (log(a.floored()) - log(level)) / (log(a.floored()) - log(b.floored()));
    Some(a.snr_db + share * (b.snr_db - a.snr_db))
}

/// A curve from `begin` upwards in steps of [`STEP_DB`], until two neighbours are below `level` or
/// `most` steps are done. A start that is below already is moved down.
pub fn curve<E>(
    begin: f64,
    level: f64,
    most: usize,
    mut measure: impl FnMut(f64) -> Result<Sample, E>,
) -> Result<Vec<Sample>, E> {
    let mut samples: Vec<Sample> = Vec::new();
    let mut snr = begin;
    while samples.len() < most {
        let sample = measure(snr)?;
        let below = sample.floored() < level;
        match samples.last() {
            None if below => {
                samples.push(sample);
                snr -= STEP_DB;
                // Downwards until the level is crossed.
                while samples.len() < most {
                    let sample = measure(snr)?;
                    samples.insert(0, sample);
                    if sample.floored() >= level {
                        break;
                    }
                    snr -= STEP_DB;
                }
                return Ok(samples);
            }
            Some(last) if below && last.floored() < level => {
                samples.push(sample);
                return Ok(samples);
            }
            _ => samples.push(sample),
        }
        snr += STEP_DB;
    }
    Ok(samples)
}

#[cfg(test)]
mod tests {
    use super::*;
    use fax_core::maths;

    /// A curve that falls by a decade a decibel and is 1e-4 at 10 dB.
    fn falling(snr_db: f64) -> Result<Sample, ()> {
        Ok(Sample { snr_db, ber: Some(maths::exp10(6.0 - snr_db).min(0.5)), bits: 1 << 40 })
    }

    #[test]
    fn a_crossing_is_interpolated_on_the_logarithm() {
        for begin in [7.0, 8.2, 9.9, 12.0] {
            let curve = curve(begin, 1e-4, 40, falling).unwrap();
            let at = crossing(&curve, 1e-4).unwrap();
            assert!((at - 10.0).abs() < 1e-9, "{at} from {begin}");
            assert!(curve.windows(2).all(|pair| (pair[1].snr_db - pair[0].snr_db - 0.5).abs() < 1e-9));
        }
    }

    #[test]
    fn a_floor_has_no_crossing() {
        let flat =
            curve(5.0, 1e-4, 10, |snr_db| Ok::<_, ()>(Sample { snr_db, ber: Some(3e-4), bits: 1_000_000 }));
        assert_eq!(crossing(&flat.unwrap(), 1e-4), None);
        let deaf = curve(5.0, 1e-4, 10, |snr_db| Ok::<_, ()>(Sample { snr_db, ber: None, bits: 0 }));
        assert_eq!(crossing(&deaf.unwrap(), 1e-4), None);
    }

    #[test]
    fn a_curve_that_rises_again_counts_where_it_last_falls() {
        let bers = [1e-2, 1e-5, 1e-3, 1e-5, 1e-6];
        let samples: Vec<Sample> = bers
            .iter()
            .enumerate()
            .map(|(n, ber)| Sample { snr_db: n as f64, ber: Some(*ber), bits: 1 << 40 })
            .collect();
        assert_eq!(crossing(&samples, 1e-4), Some(2.5));
    }
}
