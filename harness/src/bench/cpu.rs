//! What a modem costs: `faxlab modem cpu`.
//!
//! CPU time of the measuring thread over 60 s of audio in blocks of 160 samples, median of five runs.
//! *Lost* is a signal that the receiver cannot follow: random V.17 data at 14 400 bit/s joined in the
//! middle. The *worst block* is the slowest of a burst with its training, of a lost signal and of
//! trainings that break off; each block counts with the fastest of its repetitions, so that only the
//! receiver's own work is seen.

use super::ber::BLOCK;
use crate::stimulus::{Draws, Impairments, Purpose, Rng};
use crate::system::{BenchReceiver, Report, System, Unavailable};
use cpu_time::ThreadTime;
use fax_core::{Opening, Training, V17Rate};
use serde::{Deserialize, Serialize};
use std::hint::black_box;
use std::time::Duration;

/// What was measured. The fields of the JSON output, in order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// The modem's name.
    pub mode: String,
    /// Sending.
    pub tx_ns_per_sample: f64,
    /// Receiving data from a clean line.
    pub rx_ns_per_sample: f64,
    /// Hearing what cannot be followed.
    pub rx_lost_ns_per_sample: f64,
    /// The slowest block of 160 samples.
    pub rx_worst_block_us: f64,
}

/// How long and how often to measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effort {
    /// Audio of a run, seconds.
    pub seconds: usize,
    /// Runs, of which the median counts.
    pub runs: usize,
}

impl Default for Effort {
    fn default() -> Self {
        Self { seconds: 60, runs: 5 }
    }
}

/// Audio ahead of each measurement, training included, seconds.
const WARM_UP: usize = 3;
/// Signal to noise ratio of the burst whose blocks are timed one by one, dB.
const WORST_SNR_DB: f64 = 30.0;
/// Repetitions behind the time of a single block.
const REPETITIONS: usize = 9;

/// Measures one modem of one system.
pub fn measure(system: System, opening: Opening, effort: Effort) -> Result<Row, Unavailable> {
    let samples = effort.seconds * 8000;
    let data = stream(system, opening, samples + WARM_UP * 8000)?;
    let lost = lost_signal(system, samples + WARM_UP * 8000)?;
    let mut tx = Vec::new();
    let mut rx = Vec::new();
    let mut rx_lost = Vec::new();
    // Runs of the three kinds alternate, so that a slow spell of the machine meets all of them.
    for _ in 0..effort.runs {
        tx.push(send(system, opening, samples)?);
        rx.push(receive(system, opening, &data)?);
        rx_lost.push(receive(system, opening, &lost)?);
    }
    let per_sample = |times: Vec<Duration>| median(times).as_nanos() as f64 / samples as f64;
    Ok(Row {
        mode: opening.name().to_owned(),
        tx_ns_per_sample: round(per_sample(tx)),
        rx_ns_per_sample: round(per_sample(rx)),
        rx_lost_ns_per_sample: round(per_sample(rx_lost)),
        rx_worst_block_us: round(worst_block(system, opening, &lost)?),
    })
}

/// Time of sending `samples`.
fn send(system: System, opening: Opening, samples: usize) -> Result<Duration, Unavailable> {
    let mut transmitter = system.transmitter(opening)?;
    transmitter.stream(Training::Long, 1);
    let mut block = [0; BLOCK];
    for _ in 0..WARM_UP * 8000 / BLOCK {
        transmitter.fill(&mut block);
    }
    let begin = ThreadTime::now();
    for _ in 0..samples / BLOCK {
        transmitter.fill(&mut block);
        black_box(&block);
    }
    Ok(begin.elapsed())
}

/// Time of receiving all but the warm-up.
fn receive(system: System, opening: Opening, signal: &[i16]) -> Result<Duration, Unavailable> {
    let mut receiver = system.receiver(opening)?;
    receiver.expect(Training::Long);
    let (warm_up, measured) = signal.split_at(WARM_UP * 8000);
    warm_up.chunks(BLOCK).for_each(|block| receiver.count(block));
    let begin = ThreadTime::now();
    measured.chunks(BLOCK).for_each(|block| receiver.count(block));
    let time = begin.elapsed();
    black_box(receiver.counted());
    Ok(time)
}

/// The slowest block in microseconds.
fn worst_block(system: System, opening: Opening, lost: &[i16]) -> Result<f64, Unavailable> {
    let line = Impairments { snr_db: Some(WORST_SNR_DB), ..Impairments::default() };
    let bits = Rng::seeded(2).bits(opening.bit_rate().0 as usize);
    let burst = system.transmitter(opening)?.burst(Training::Long, &bits);
    let draws = Draws::from(&mut Rng::stream(1, Purpose::Channel, 0));
    let heard = line.arrive(&burst, draws, &mut Rng::stream(1, Purpose::Noise, 0)).samples;
    let broken = broken_off(&heard);
    let mut worst = 0.0_f64;
    for signal in [&heard[..], &lost[..lost.len().min(3 * 8000)], &broken] {
        let mut best = vec![f64::MAX; signal.len().div_ceil(BLOCK)];
        for _ in 0..REPETITIONS {
            let mut receiver = system.receiver(opening)?;
            receiver.expect(Training::Long);
            for (block, best) in signal.chunks(BLOCK).zip(&mut best) {
                *best = best.min(block_time(&mut *receiver, block));
            }
        }
        worst = best.into_iter().fold(worst, f64::max);
    }
    Ok(worst)
}

/// The beginnings of a burst, each a little longer than the one before.
fn broken_off(burst: &[i16]) -> Vec<i16> {
    const LENGTHS: [usize; 8] = [1200, 1700, 2300, 3100, 4000, 5300, 7000, 9000];
    LENGTHS.iter().flat_map(|length| &burst[..burst.len().min(800 + *length)]).copied().collect()
}

fn block_time(receiver: &mut dyn BenchReceiver, block: &[i16]) -> f64 {
    let begin = ThreadTime::now();
    receiver.process(block, &mut |report: Report| {
        black_box(report);
    });
    begin.elapsed().as_nanos() as f64 / 1000.0
}

/// A burst of random data as a clean line brings it, without end.
fn stream(system: System, opening: Opening, samples: usize) -> Result<Vec<i16>, Unavailable> {
    let mut transmitter = system.transmitter(opening)?;
    transmitter.stream(Training::Long, 7);
    let mut sent = vec![0; samples];
    sent.chunks_mut(BLOCK).for_each(|block| transmitter.fill(block));
    let draws = Draws { lead: 0, ..Draws::from(&mut Rng::stream(1, Purpose::Channel, 1)) };
    let mut heard = Impairments::default().arrive(&sent, draws, &mut Rng::seeded(1)).samples;
    heard.truncate(samples);
    Ok(heard)
}

/// V.17 data without their beginning.
fn lost_signal(system: System, samples: usize) -> Result<Vec<i16>, Unavailable> {
    const BEGINNING: usize = 2 * 8000;
    let v17 = Opening::V17(V17Rate::R14400, Training::Long);
    let mut heard = stream(system, v17, samples + BEGINNING)?;
    Ok(heard.split_off(BEGINNING))
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// To a tenth: more digits would be noise.
fn round(x: f64) -> f64 {
    (x * 10.0).round() / 10.0
}
