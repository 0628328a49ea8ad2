//! The line's filter, from a table of attenuation and envelope delay: V.56bis AD-n and EDD-n.
//!
//! Frequency sampling on 4096 points, the 385 taps with the most energy, raised-cosine edges, gain 1
//! at 1000 Hz. Within 0.1 dB and 0.1 ms of the table from 300 to 3300 Hz, which a test holds for every
//! pair. Phase is kept: EDD-1, -2 and -3 are different filters (`docs/impairments.md` tells why that
//! needs saying).

use fax_core::{SAMPLE_RATE, maths};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::{LazyLock, Mutex};

/// Taps of a line's filter.
pub const TAPS: usize = 385;

/// Points of the frequency sampling.
const POINTS: usize = 4096;
/// Samples over which the cut-out response fades in and out.
const EDGE: usize = 16;

/// A pair of attenuation and envelope delay tables: `AD-7/EDD-2`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Line {
    attenuation: String,
    delay: String,
}

/// The text names no line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "no such line: {0}; use AD-n/EDD-m with n one of 1 5 6 7 8 9 and m one of 1 2 3, or PCM-AD-n/PCM-EDD-m"
)]
pub struct ParseLineError(String);

impl Line {
    /// The eighteen pairs of six attenuations and three delays.
    pub fn all() -> Vec<Self> {
        let attenuations = TABLES.ad.columns.iter().skip(1);
        attenuations
            .flat_map(|ad| {
                let delays = TABLES.edd.columns.iter().skip(1);
                delays.map(|edd| Self { attenuation: ad.clone(), delay: edd.clone() })
            })
            .collect()
    }

    /// Loss at `hertz` against 1000 Hz, dB, as the table has it.
    pub fn attenuation_db(&self, hertz: f64) -> f64 {
        value(&[&TABLES.ad, &TABLES.pcm_ad], &self.attenuation, hertz)
    }

    /// Envelope delay at `hertz` against the least, milliseconds, as the table has it.
    pub fn delay_ms(&self, hertz: f64) -> f64 {
        value(&[&TABLES.edd, &TABLES.pcm_edd], &self.delay, hertz)
    }

    /// The signal as the line lets it through, longer by [`TAPS`] - 1 samples.
    pub fn apply(&self, input: &[f32]) -> Vec<f32> {
        let taps = self.taps();
        let mut padded = vec![0.0; TAPS - 1];
        padded.extend_from_slice(input);
        padded.resize(input.len() + 2 * (TAPS - 1), 0.0);
        let reversed: Vec<f32> = taps.iter().rev().map(|tap| *tap as f32).collect();
        padded.windows(TAPS).map(|window| maths::dot(&reversed, window)).collect()
    }

    /// The impulse response at 8000 samples a second, made once a process.
    pub fn taps(&self) -> Vec<f64> {
        static MADE: Mutex<BTreeMap<Line, Vec<f64>>> = Mutex::new(BTreeMap::new());
        let mut made = MADE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        made.entry(self.clone()).or_insert_with(|| self.design()).clone()
    }

    fn design(&self) -> Vec<f64> {
        let response = self.impulse_response();
        let begin = most_energy(&response);
        let mut taps: Vec<f64> = (0..TAPS).map(|k| response[(begin + k) % POINTS]).collect();
        for k in 0..EDGE {
            let weight = 0.5 - 0.5 * maths::cos(maths::PI * (k as f64 + 0.5) / EDGE as f64);
            taps[k] *= weight;
            taps[TAPS - 1 - k] *= weight;
        }
        let (re, im) = spectrum(&taps, 1000.0);
        let gain = (re * re + im * im).sqrt();
        taps.iter().map(|tap| tap / gain).collect()
    }

    /// The inverse transform of the table's response, as written: an FFT library picks its kernels by
    /// machine, and the filter must be the same on all.
    fn impulse_response(&self) -> Vec<f64> {
        let step = f64::from(SAMPLE_RATE) / POINTS as f64;
        let circle: Vec<(f64, f64)> = (0..POINTS)
            .map(|k| {
                let angle = 2.0 * maths::PI * k as f64 / POINTS as f64;
                (maths::cos(angle), maths::sin(angle))
            })
            .collect();
        let mut phase = 0.0;
        let bins: Vec<(f64, f64)> = (0..POINTS / 2)
            .map(|bin| {
                let hertz = bin as f64 * step;
                if bin > 0 {
                    // Trapezoid of the envelope delay.
                    let mean = (self.delay_ms(hertz - step) + self.delay_ms(hertz)) / 2000.0;
                    phase -= 2.0 * maths::PI * mean * step;
                }
                let amplitude = maths::exp10(-self.attenuation_db(hertz) / 20.0);
                (amplitude * maths::cos(phase), amplitude * maths::sin(phase))
            })
            .collect();
        (0..POINTS)
            .map(|n| {
                let mut sum = bins[0].0;
                for (k, (re, im)) in bins.iter().enumerate().skip(1) {
                    let (cos, sin) = circle[k * n % POINTS];
                    sum += 2.0 * (re * cos - im * sin);
                }
                sum / POINTS as f64
            })
            .collect()
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.attenuation, self.delay)
    }
}

impl FromStr for Line {
    type Err = ParseLineError;

    fn from_str(text: &str) -> Result<Self, ParseLineError> {
        let known = |tables: [&Table; 2], name: &str| tables.iter().any(|table| table.column(name).is_some());
        match text.split_once('/') {
            Some((ad, edd))
                if known([&TABLES.ad, &TABLES.pcm_ad], ad) && known([&TABLES.edd, &TABLES.pcm_edd], edd) =>
            {
                Ok(Self { attenuation: ad.to_owned(), delay: edd.to_owned() })
            }
            _ => Err(ParseLineError(text.to_owned())),
        }
    }
}

/// Where the circular stretch of [`TAPS`] samples with the most energy begins.
fn most_energy(response: &[f64]) -> usize {
    let energy = |n: usize| response[n % POINTS] * response[n % POINTS];
    let mut sum: f64 = (0..TAPS).map(energy).sum();
    let (mut best, mut begin) = (sum, 0);
    for n in 0..POINTS - 1 {
        sum += energy(n + TAPS) - energy(n);
        if sum > best {
            (best, begin) = (sum, n + 1);
        }
    }
    begin
}

/// The transform of the taps at one frequency.
fn spectrum(taps: &[f64], hertz: f64) -> (f64, f64) {
    taps.iter().enumerate().fold((0.0, 0.0), |(re, im), (n, tap)| {
        let angle = 2.0 * maths::PI * hertz * n as f64 / f64::from(SAMPLE_RATE);
        (re + tap * maths::cos(angle), im - tap * maths::sin(angle))
    })
}

static TABLES: LazyLock<Tables> =
    LazyLock::new(|| serde_json::from_str(include_str!("../../data/v56bis-lines.json")).unwrap_or_default());

#[derive(Debug, Default, Deserialize)]
struct Tables {
    ad: Table,
    edd: Table,
    pcm_ad: Table,
    pcm_edd: Table,
}

/// A column of frequencies and columns of values.
#[derive(Debug, Default, Deserialize)]
struct Table {
    columns: Vec<String>,
    rows: Vec<Vec<f64>>,
}

impl Table {
    fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().skip(1).position(|column| column == name).map(|n| n + 1)
    }

    /// Linear between the rows, the outer rows' values beyond them.
    fn at(&self, column: usize, hertz: f64) -> f64 {
        let after = self.rows.partition_point(|row| row[0] <= hertz);
        match (after.checked_sub(1).map(|n| &self.rows[n]), self.rows.get(after)) {
            (Some(low), Some(high)) => {
                let share = (hertz - low[0]) / (high[0] - low[0]);
                low[column] + share * (high[column] - low[column])
            }
            (Some(row), None) | (None, Some(row)) => row[column],
            (None, None) => 0.0,
        }
    }
}

fn value(tables: &[&Table], name: &str, hertz: f64) -> f64 {
    tables.iter().find_map(|table| table.column(name).map(|n| table.at(n, hertz))).unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Envelope delay of the taps in ms: the centre of gravity of the response, by frequency.
    fn envelope_delay_ms(taps: &[f64], hertz: f64) -> f64 {
        let ramp: Vec<f64> = taps.iter().enumerate().map(|(n, tap)| n as f64 * tap).collect();
        let ((a, b), (c, d)) = (spectrum(taps, hertz), spectrum(&ramp, hertz));
        (a * c + b * d) / (a * a + b * b) / 8.0
    }

    #[test]
    fn every_line_is_within_a_tenth_of_a_decibel_and_of_a_millisecond_of_its_table() {
        assert_eq!(Line::all().len(), 18);
        for line in Line::all() {
            let taps = line.taps();
            assert_eq!(taps.len(), TAPS);
            let grid: Vec<f64> = (0..=120).map(|n| 300.0 + 25.0 * f64::from(n)).collect();
            let delays: Vec<f64> =
                grid.iter().map(|f| envelope_delay_ms(&taps, *f) - line.delay_ms(*f)).collect();
            // The cut moves the whole response: only delay against delay counts.
            let mut sorted = delays.clone();
            sorted.sort_by(f64::total_cmp);
            let base = (sorted[0] + sorted[sorted.len() - 1]) / 2.0;
            for (hertz, delay) in grid.iter().zip(&delays) {
                let (re, im) = spectrum(&taps, *hertz);
                let gain = 10.0 * maths::log10(re * re + im * im) + line.attenuation_db(*hertz);
                assert!(gain.abs() < 0.1, "{line}: off by {gain} dB at {hertz} Hz");
                let delay = delay - base;
                assert!(delay.abs() < 0.1, "{line}: off by {delay} ms at {hertz} Hz");
            }
        }
    }

    #[test]
    fn the_three_delays_of_an_attenuation_are_three_filters() {
        let taps = |name: &str| name.parse::<Line>().unwrap().taps();
        for (a, b) in
            [("AD-1/EDD-1", "AD-1/EDD-2"), ("AD-1/EDD-2", "AD-1/EDD-3"), ("AD-9/EDD-1", "AD-9/EDD-3")]
        {
            let spread = |taps: &[f64]| envelope_delay_ms(taps, 500.0) - envelope_delay_ms(taps, 1800.0);
            let difference = (spread(&taps(a)) - spread(&taps(b))).abs();
            assert!(difference > 0.15, "{a} and {b} differ by {difference} ms at 500 Hz");
        }
    }

    #[test]
    fn a_name_is_read_back_and_nonsense_is_refused() {
        for line in Line::all() {
            assert_eq!(line.to_string().parse(), Ok(line));
        }
        for text in ["", "AD-7", "AD-2/EDD-1", "AD-7/EDD-4", "EDD-1/AD-7", "frequency_hz/EDD-1"] {
            assert!(text.parse::<Line>().is_err(), "{text}");
        }
        assert!("PCM-AD-3/PCM-EDD-3".parse::<Line>().is_ok());
    }

    #[test]
    fn a_wave_of_1000_hz_keeps_its_level() {
        let wave: Vec<f32> =
            (0..8000).map(|n| maths::sin(2.0 * maths::PI * 0.125 * f64::from(n)) as f32).collect();
        let through = "AD-9/EDD-3".parse::<Line>().unwrap().apply(&wave);
        let level = 2.0 * maths::power(&through[1000..7000]) / 6000.0;
        assert!((level - 1.0).abs() < 1e-3, "{level}");
    }
}
