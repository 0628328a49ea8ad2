//! Bit errors and training success of one modem at one point: `faxlab modem ber`.

use super::in_order;
use super::score::Score;
use crate::stimulus::{Arrival, Draws, Impairments, Purpose, Rng};
use crate::system::{BenchReceiver, BenchTransmitter, Figures, Report, System, Unavailable};
use fax_core::{Opening, Training, maths};
use serde::Serialize;

/// Samples a receiver is given at once.
pub const BLOCK: usize = 160;

/// Bursts behind each long training when the short one is measured.
const GROUP: usize = 4;
/// Symbols at the end of a burst that do not count.
const UNCOUNTED_SYMBOLS: usize = 24;
/// Flags ahead of V.21 data: one second.
const V21_FLAGS: usize = 37;

/// What to measure.
#[derive(Clone, Debug)]
pub struct Point {
    /// The modem.
    pub opening: Opening,
    /// Bursts that count.
    pub bursts: usize,
    /// Short training: groups of four bursts, each behind one long training.
    pub short: bool,
    /// What the line does.
    pub line: Impairments,
    /// Seed of all that is random.
    pub seed: u64,
    /// Whose transmitter.
    pub tx: System,
    /// Whose receiver.
    pub rx: System,
}

/// What was measured. The fields of the JSON output, in order.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// The modem's name.
    pub mode: String,
    /// Signal to noise ratio over 4 kHz, dB; null without noise.
    pub snr_db: Option<f64>,
    /// Bursts sent.
    pub bursts: usize,
    /// Bursts whose training the receiver reported.
    pub trained: usize,
    /// Trained bursts with more than 30 % wrong bits.
    pub garbage: usize,
    /// Data bits of the trained bursts.
    pub bits: u64,
    /// Wrong ones among them; a missing one is a half.
    pub errors: f64,
    /// Their ratio; null when nothing trained.
    pub ber: Option<f64>,
    /// Mean error of the equalised symbols as the receiver reports it, dB; null when it does not.
    pub evm_db: Option<f64>,
    /// Ratio of wrong bits over the bursts that were not garbage.
    #[serde(skip)]
    pub ber_sound: Option<f64>,
    /// Trained bursts with an error.
    #[serde(skip)]
    pub flawed: usize,
}

/// What became of one burst.
#[derive(Clone, Debug, Default)]
struct Outcome {
    trained: bool,
    score: Score,
    quality: Option<Figures>,
}

impl Point {
    /// Runs all bursts on `jobs` threads; the result does not depend on their number.
    pub fn run(&self, jobs: usize) -> Result<Row, Unavailable> {
        let groups = if self.short { self.bursts.div_ceil(GROUP) } else { self.bursts };
        let outcomes = in_order(groups, jobs, |group| self.group(group as u64))?;
        let outcomes: Vec<Outcome> = outcomes.into_iter().flatten().take(self.bursts).collect();
        Ok(self.row(&outcomes))
    }

    /// One burst, or the long training and the four short bursts behind it, over one line.
    fn group(&self, group: u64) -> Result<Vec<Outcome>, Unavailable> {
        let mut transmitter = self.tx.transmitter(self.opening)?;
        let mut receiver = self.rx.receiver(self.opening)?;
        let (first, count) = if self.short { (group * (GROUP as u64 + 1), GROUP as u64) } else { (group, 0) };
        let seconds = if self.short { 0.25 } else { self.seconds() };
        let long = self.burst(&mut *transmitter, &mut *receiver, Training::Long, seconds, first);
        if !self.short {
            return Ok(vec![long]);
        }
        Ok((1..=count)
            .map(|n| {
                let seconds = self.seconds();
                self.burst(&mut *transmitter, &mut *receiver, Training::Short, seconds, first + n)
            })
            .collect())
    }

    /// Seconds of data in a burst.
    fn seconds(&self) -> f64 {
        if self.opening == Opening::V21 { 8.0 } else { 2.0 }
    }

    fn burst(
        &self,
        transmitter: &mut dyn BenchTransmitter,
        receiver: &mut dyn BenchReceiver,
        training: Training,
        seconds: f64,
        instance: u64,
    ) -> Outcome {
        let rate = f64::from(self.opening.bit_rate().0);
        let mut data = Rng::stream(self.seed, Purpose::Data, instance);
        let (bits, first) = match self.opening {
            Opening::V21 => v21_bits(&mut data, (rate * seconds) as usize),
            _ => (data.bits((rate * seconds) as usize), 0),
        };
        let sent = transmitter.burst(training, &bits);
        let draws = Draws::from(&mut Rng::stream(self.seed, Purpose::Channel, instance));
        let heard = self.line.arrive(&sent, draws, &mut Rng::stream(self.seed, Purpose::Noise, instance));
        receiver.expect(training);
        let takes = Take::all(receiver, &heard);
        self.outcome(&takes, &heard, &bits, first)
    }

    /// Scores the take with the most bits: a receiver that was fooled ahead of the burst and found it
    /// after all has the burst.
    fn outcome(&self, takes: &[Take], heard: &Arrival, bits: &[bool], first: usize) -> Outcome {
        let Some(take) = takes.iter().max_by_key(|take| take.bits.len()) else {
            return Outcome::default();
        };
        let uncounted = UNCOUNTED_SYMBOLS * bits_per_symbol(self.opening);
        let base = match self.opening {
            Opening::V21 => {
                let bit = 8000.0 / 300.0 / (1.0 + self.line.clock_ppm * 1e-6);
                take.bits_before(heard.begin as f64 + first as f64 * bit, bit)
            }
            _ => 0,
        };
        let score = Score::of(&bits[first..], &take.bits, base, uncounted);
        // A carrier detector is not a training: V.21 counts when its bits are there.
        let trained = self.opening != Opening::V21 || score.probe_ratio() < 0.25;
        Outcome { trained, score, quality: take.quality }
    }

    fn row(&self, outcomes: &[Outcome]) -> Row {
        let trained: Vec<&Outcome> = outcomes.iter().filter(|outcome| outcome.trained).collect();
        let sound: Vec<&Outcome> = trained.iter().filter(|o| o.score.ratio() <= 0.3).copied().collect();
        let sum = |of: &[&Outcome]| {
            let bits: u64 = of.iter().map(|outcome| outcome.score.bits).sum();
            let errors = of.iter().map(|outcome| outcome.score.half_errors).sum::<u64>() as f64 / 2.0;
            (bits, errors, (bits > 0).then(|| errors / bits as f64))
        };
        let (bits, errors, ber) = sum(&trained);
        let powers: Vec<f64> = trained
            .iter()
            .filter_map(|outcome| outcome.quality)
            .map(|quality| maths::exp10(quality.evm_db / 10.0))
            .filter(|power| power.is_finite())
            .collect();
        let mean = powers.iter().sum::<f64>() / powers.len() as f64;
        Row {
            mode: self.opening.name().to_owned(),
            snr_db: self.line.snr_db,
            bursts: outcomes.len(),
            trained: trained.len(),
            garbage: trained.len() - sound.len(),
            bits,
            errors,
            ber,
            evm_db: (mean > 0.0).then(|| 10.0 * maths::log10(mean)),
            ber_sound: sum(&sound).2,
            flawed: trained.iter().filter(|outcome| outcome.score.half_errors > 0).count(),
        }
    }
}

/// All that a receiver delivers after one report of a training.
#[derive(Clone, Debug, Default)]
struct Take {
    quality: Option<Figures>,
    bits: Vec<bool>,
    /// End of the block in which each bit came, samples.
    times: Vec<usize>,
}

impl Take {
    /// Runs the receiver over an arrival, block by block.
    fn all(receiver: &mut dyn BenchReceiver, heard: &Arrival) -> Vec<Self> {
        let mut takes: Vec<Self> = Vec::new();
        for (n, block) in heard.samples.chunks(BLOCK).enumerate() {
            let time = n * BLOCK + block.len();
            receiver.process(block, &mut |report| match report {
                Report::Trained { quality } => takes.push(Self { quality, ..Self::default() }),
                Report::Bits { bits, count } => {
                    if let Some(take) = takes.last_mut() {
                        take.bits.extend((0..count).map(|n| bits >> n & 1 == 1));
                        take.times.resize(take.bits.len(), time);
                    }
                }
                Report::Failed | Report::Ended => {}
            });
        }
        takes
    }

    /// How many bits had come when the one on the line at this time was due; negative when none had
    /// and that many were missed.
    fn bits_before(&self, time: f64, samples_per_bit: f64) -> i64 {
        let due = time + BLOCK as f64;
        let count = self.times.partition_point(|at| *at as f64 <= due) as i64;
        match self.times.first() {
            Some(at) if count == 0 => -((*at as f64 - due) / samples_per_bit) as i64,
            _ => count,
        }
    }
}

/// Bits a symbol of the modem carries.
fn bits_per_symbol(opening: Opening) -> usize {
    match opening {
        Opening::V21 => 1,
        Opening::V27ter(_) if opening.bit_rate().0 == 2400 => 2,
        Opening::V27ter(_) => 3,
        Opening::V29(_) | Opening::V17(..) => opening.bit_rate().0 as usize / 2400,
    }
}

/// Flags, then random bits with a zero behind every five ones, `count` of them with the zeros. Returns
/// the bits and where the random ones begin.
fn v21_bits(rng: &mut Rng, count: usize) -> (Vec<bool>, usize) {
    const FLAG: [bool; 8] = [false, true, true, true, true, true, true, false];
    let mut bits = FLAG.repeat(V21_FLAGS);
    let first = bits.len();
    let mut ones = 0;
    while bits.len() < first + count {
        let bit = ones < 5 && rng.next_u64() >> 63 == 1;
        ones = if bit { ones + 1 } else { 0 };
        bits.push(bit);
    }
    (bits, first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn v21_data_never_looks_like_a_flag() {
        let (bits, first) = v21_bits(&mut Rng::seeded(1), 2400);
        assert_eq!((bits.len(), first), (2696, 296));
        assert!(bits[first..].windows(6).all(|six| six.contains(&false)));
    }

    #[test]
    fn the_place_of_a_bit_is_known_from_when_its_neighbours_came() {
        let take = Take { bits: vec![true; 60], times: (1..=60).map(|n| n * 27).collect(), quality: None };
        assert!((take.bits_before(27.0 * 30.0, 27.0) - 30).abs() < 8);
        assert!((take.bits_before(-2700.0, 27.0) + 100).abs() < 8);
        assert_eq!(Take::default().bits_before(100.0, 27.0), 0);
    }
}
