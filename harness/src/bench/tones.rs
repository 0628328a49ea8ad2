//! How soon and how surely a tone or V.21's preamble is heard.

use super::in_order;
use crate::stimulus::{Draws, Gap, Impairments, Purpose, Rng, to_i16};
use crate::system::{System, Unavailable};
use fax_core::{Dbm0, Opening, Tone, Training};
use fax_modem::tone::Generator;
use serde::{Deserialize, Serialize};

/// What is listened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Sound {
    /// 1100 Hz, half a second.
    Cng,
    /// 2100 Hz, three seconds.
    Ced,
    /// 2100 Hz with reversals and a swing of 15 Hz, three seconds.
    AnsAmPr,
    /// V.21 flags, one second.
    Preamble,
}

/// What was measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// What was listened for.
    pub sound: Sound,
    /// Signal to noise ratio over 4 kHz, dB.
    pub snr_db: f64,
    /// Trials.
    pub trials: usize,
    /// Trials in which it was heard before it was over.
    pub detected: usize,
    /// Median time from its begin, ms.
    pub median_ms: Option<f64>,
    /// Time within which it had been heard in 99 % of the trials, ms; null if it never was.
    pub within_ms: Option<f64>,
}

/// Samples a detector is given at once: the resolution of the times.
const BLOCK: usize = 40;

impl Sound {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Ced, Self::Cng, Self::AnsAmPr, Self::Preamble];

    /// As tables call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cng => "CNG",
            Self::Ced => "CED",
            Self::AnsAmPr => "ANSam with reversals",
            Self::Preamble => "V.21 preamble",
        }
    }

    /// It at -13 dBm0, from its first to its last sample.
    fn samples(self) -> Result<Vec<i16>, Unavailable> {
        let (tone, seconds) = match self {
            Self::Cng => (Tone::Cng, 0.5),
            Self::Ced => (Tone::Ced, 3.0),
            Self::AnsAmPr => (Tone::AnsAmPr, 3.0),
            Self::Preamble => {
                let flags = [false, true, true, true, true, true, true, false].repeat(37);
                return Ok(System::Ours.transmitter(Opening::V21)?.burst(Training::Long, &flags));
            }
        };
        let mut samples = vec![0; (seconds * 8000.0) as usize];
        Generator::new(tone, Dbm0(-13.0)).fill(&mut samples);
        Ok(samples)
    }
}

/// Many trials at one point, noise before and during the sound.
pub fn measure(
    system: System,
    sound: Sound,
    line: &Impairments,
    trials: usize,
    seed: u64,
    jobs: usize,
) -> Result<Row, Unavailable> {
    let samples = sound.samples()?;
    let line = Impairments { gap: Gap::Noisy, ..line.clone() };
    let times = in_order(trials, jobs, |n| {
        let draws = Draws::from(&mut Rng::stream(seed, Purpose::Channel, n as u64));
        let heard = line.arrive(&samples, draws, &mut Rng::stream(seed, Purpose::Noise, n as u64));
        let mut detector = system.detector(sound)?;
        let block = heard.samples[..heard.end].chunks(BLOCK).position(|block| detector.hears(block));
        let end = block.map(|n| ((n + 1) * BLOCK).min(heard.end));
        // What was heard before there was anything to hear is no detection.
        Ok(end.filter(|end| *end > heard.begin).map(|end| (end - heard.begin) as f64 / 8.0))
    })?;
    let mut times: Vec<f64> = times.into_iter().flatten().collect();
    times.sort_by(f64::total_cmp);
    // The trial that completes 99 %.
    let last = (trials * 99).div_ceil(100).max(1) - 1;
    Ok(Row {
        sound,
        snr_db: line.snr_db.unwrap_or(f64::INFINITY),
        trials,
        detected: times.len(),
        median_ms: times.get(times.len() / 2).copied(),
        within_ms: times.get(last).copied(),
    })
}

/// How often a detector hears its sound in so many seconds of white noise at -20 dBm0. It is made anew
/// after each.
pub fn false_hits(system: System, sound: Sound, seconds: usize, seed: u64) -> Result<usize, Unavailable> {
    let mut noise = Rng::stream(seed, Purpose::Source, 0);
    let rms = f64::from(Dbm0(-20.0).rms());
    let mut detector = system.detector(sound)?;
    let mut hits = 0;
    for _ in 0..seconds * 8000 / BLOCK {
        let block: [i16; BLOCK] = core::array::from_fn(|_| to_i16((rms * noise.normal()) as f32));
        if detector.hears(&block) {
            hits += 1;
            detector = system.detector(sound)?;
        }
    }
    Ok(hits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tone_far_above_the_noise_is_always_heard_and_noise_never() {
        let line = Impairments { snr_db: Some(30.0), ..Impairments::default() };
        for sound in Sound::ALL {
            let row = measure(System::Ours, sound, &line, 10, 1, 1).unwrap();
            assert_eq!(row.detected, 10, "{sound:?}");
            assert!(row.median_ms.is_some_and(|ms| ms > 5.0), "{sound:?}: {:?}", row.median_ms);
            assert_eq!(false_hits(System::Ours, sound, 5, 1), Ok(0), "{sound:?}");
        }
    }
}
