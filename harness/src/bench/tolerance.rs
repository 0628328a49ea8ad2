//! How far an impairment may go before a modem stops working.
//!
//! *Works*: 20 of 20 bursts trained and fewer than one error in 10 000 bits, at an SNR of 40 dB. Each
//! search begins where the line is good and ends at the first value found that does not work.

use super::ber::{Point, Row};
use crate::stimulus::{Echo, Impairments, Jitter};
use crate::system::{System, Unavailable};
use fax_core::Opening;
use serde::{Deserialize, Serialize};

/// Bursts of which all must work.
pub const BURSTS: usize = 20;
/// The clean line of all searches, dB.
pub const SNR_DB: f64 = 40.0;

/// Steps that a search skips at first.
const STRIDE: usize = 5;

/// Whose modem is searched.
#[derive(Clone, Copy, Debug)]
pub struct Subject {
    /// The modem.
    pub opening: Opening,
    /// Whose transmitter.
    pub tx: System,
    /// Whose receiver.
    pub rx: System,
    /// Seed of all that is random.
    pub seed: u64,
}

/// What is varied.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Axis {
    /// Frequency offset, hertz, upwards from 0.
    FrequencyUp,
    /// The same downwards.
    FrequencyDown,
    /// Clock offset, ppm, upwards from 0.
    ClockUp,
    /// The same downwards.
    ClockDown,
    /// Level, dBm0, downwards from -30.
    LevelDown,
    /// The same upwards from -12.
    LevelUp,
    /// An echo this many ms later, dB against the signal, upwards from -34.
    Echo(f64),
    /// Phase jitter of this frequency in Hz, degrees from peak to peak, upwards from 0.
    Jitter(f64),
}

impl Axis {
    /// Delays of the echo that are tried, ms.
    pub const ECHOES: [f64; 8] = [1.0, 2.0, 3.0, 5.0, 8.0, 10.0, 12.0, 20.0];
    /// Frequencies of the jitter that are tried, Hz.
    pub const JITTERS: [f64; 4] = [20.0, 60.0, 120.0, 300.0];

    /// Every axis.
    pub fn all() -> Vec<Self> {
        let mut all = vec![
            Self::FrequencyDown,
            Self::FrequencyUp,
            Self::ClockDown,
            Self::ClockUp,
            Self::LevelDown,
            Self::LevelUp,
        ];
        all.extend(Self::ECHOES.map(Self::Echo));
        all.extend(Self::JITTERS.map(Self::Jitter));
        all
    }

    /// First value, step, last value.
    const fn range(self) -> (f64, f64, f64) {
        match self {
            Self::FrequencyUp => (0.0, 2.0, 60.0),
            Self::FrequencyDown => (0.0, -2.0, -60.0),
            Self::ClockUp => (0.0, 50.0, 1500.0),
            Self::ClockDown => (0.0, -50.0, -1500.0),
            Self::LevelDown => (-30.0, -1.0, -60.0),
            Self::LevelUp => (-12.0, 1.0, 2.0),
            Self::Echo(_) => (-34.0, 2.0, -4.0),
            Self::Jitter(_) => (0.0, 1.0, 60.0),
        }
    }

    fn line(self, value: f64) -> Impairments {
        let mut line = Impairments { snr_db: Some(SNR_DB), ..Impairments::default() };
        match self {
            Self::FrequencyUp | Self::FrequencyDown => line.frequency = value,
            Self::ClockUp | Self::ClockDown => line.clock_ppm = value,
            Self::LevelDown | Self::LevelUp => line.level = value,
            Self::Echo(ms) => line.echo = Some(Echo { db: value, ms }),
            Self::Jitter(hertz) => line.jitter = Some(Jitter { degrees: value, hertz }),
        }
        line
    }
}

/// How far it went.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Limit {
    /// The last value that works; null when not even the first does.
    pub value: Option<f64>,
    /// Whether the search ended there because it went no further.
    pub unlimited: bool,
}

impl Subject {
    /// The furthest value along the axis up to which all work: several steps at a time, then one by
    /// one from the last stride that worked.
    pub fn limit(&self, axis: Axis) -> Result<Limit, Unavailable> {
        let (first, step, last) = axis.range();
        let steps = ((last - first) / step).round() as usize;
        let works = |n: usize| self.works(&axis.line(first + n as f64 * step));
        let value = |n: usize| Some(first + n as f64 * step);
        let mut good = None;
        for n in (0..=steps).step_by(STRIDE).chain([steps]) {
            if good == Some(n) || works(n)? {
                good = Some(n);
            } else {
                break;
            }
        }
        let Some(mut good) = good else { return Ok(Limit { value: None, unlimited: false }) };
        let stride_end = good + STRIDE;
        while good < steps && good + 1 < stride_end && works(good + 1)? {
            good += 1;
        }
        Ok(Limit { value: value(good), unlimited: good == steps })
    }

    /// Whether all bursts train and decode over this line.
    pub fn works(&self, line: &Impairments) -> Result<bool, Unavailable> {
        let row = self.row(line, BURSTS)?;
        Ok(row.trained == BURSTS && row.ber.is_some_and(|ber| ber < 1e-4))
    }

    /// So many bursts over this line, on one thread.
    pub fn row(&self, line: &Impairments, bursts: usize) -> Result<Row, Unavailable> {
        let point = Point {
            opening: self.opening,
            bursts,
            short: false,
            line: line.clone(),
            seed: self.seed,
            tx: self.tx,
            rx: self.rx,
        };
        point.run(1)
    }
}
