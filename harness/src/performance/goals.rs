//! What must be reached and what would be better still.

use crate::bench::tones::Sound;

/// Goals of one modem.
#[derive(Clone, Copy, Debug)]
pub(super) struct Goal {
    pub(super) mode: &'static str,
    /// Error ratio at which thresholds are compared.
    pub(super) level: f64,
    /// SNR at that error ratio, dB.
    pub(super) must_db: f64,
    /// The same, better.
    pub(super) stretch_db: f64,
}

/// Bit error goals.
pub(super) const ERRORS: [Goal; 9] = [
    Goal { mode: "v21", level: 1e-3, must_db: -1.6, stretch_db: -3.8 },
    Goal { mode: "v27ter-2400", level: 1e-4, must_db: 7.5, stretch_db: 7.3 },
    Goal { mode: "v27ter-4800", level: 1e-4, must_db: 13.8, stretch_db: 13.6 },
    Goal { mode: "v29-7200", level: 1e-4, must_db: 14.6, stretch_db: 14.5 },
    Goal { mode: "v29-9600", level: 1e-4, must_db: 18.0, stretch_db: 17.9 },
    Goal { mode: "v17-7200", level: 1e-4, must_db: 11.2, stretch_db: 11.0 },
    Goal { mode: "v17-9600", level: 1e-4, must_db: 14.4, stretch_db: 14.3 },
    Goal { mode: "v17-12000", level: 1e-4, must_db: 17.7, stretch_db: 17.5 },
    Goal { mode: "v17-14400", level: 1e-4, must_db: 20.6, stretch_db: 20.4 },
];

/// Success of short training.
pub(super) const SHORT_SUCCESS: f64 = 0.999;
/// Loss of short against long training, dB.
pub(super) const SHORT_LOSS_DB: f64 = 0.2;
/// Loss by an offset that must be stood, dB.
pub(super) const OFFSET_LOSS_DB: f64 = 0.2;
/// Ratio of CPU time to the peer's.
pub(super) const CPU_RATIO: f64 = 0.8;
/// The slowest block, microseconds.
pub(super) const WORST_BLOCK_US: f64 = 1000.0;

/// Goals of one detector: 99 % of all trials heard within the time.
#[derive(Clone, Copy, Debug)]
pub(super) struct SoundGoal {
    pub(super) sound: Sound,
    /// At this SNR, dB.
    pub(super) must_db: f64,
    pub(super) must_ms: f64,
    /// At this SNR, better.
    pub(super) stretch_db: f64,
    pub(super) stretch_ms: f64,
}

/// Goals of the detectors; the preamble's stretch names no time.
pub(super) const SOUNDS: [SoundGoal; 3] = [
    SoundGoal { sound: Sound::Ced, must_db: 3.0, must_ms: 250.0, stretch_db: 0.0, stretch_ms: 150.0 },
    SoundGoal { sound: Sound::Cng, must_db: 3.0, must_ms: 250.0, stretch_db: 0.0, stretch_ms: 150.0 },
    SoundGoal {
        sound: Sound::Preamble,
        must_db: -3.0,
        must_ms: 120.0,
        stretch_db: -5.0,
        stretch_ms: f64::INFINITY,
    },
];

/// Frequency offset that must be stood and the stretch, hertz.
pub(super) const FREQUENCY: (f64, f64) = (30.0, 50.0);
/// Clock offset, ppm.
pub(super) const CLOCK: (f64, f64) = (500.0, 1000.0);
/// Lowest level, dBm0.
pub(super) const LEVEL: (f64, f64) = (-48.0, -55.0);
/// Echo of V.17 14400: delays in ms and the level against the signal that must be stood there.
pub(super) const ECHO_MUST: [(f64, f64); 6] =
    [(1.0, -10.0), (2.0, -10.0), (3.0, -10.0), (5.0, -10.0), (8.0, -20.0), (10.0, -20.0)];
/// The same, stretched: to 12 ms.
pub(super) const ECHO_STRETCH_DB: f64 = -10.0;
/// Jitter of 60 Hz from peak to peak: must and stretch, degrees.
pub(super) const JITTER: [(&str, f64, f64); 2] = [("v17-14400", 9.0, 12.0), ("v29-9600", 21.0, 28.0)];
/// SNR over the eighteen lines, dB.
pub(super) const LINES: [(&str, f64); 3] = [("v17-14400", 33.0), ("v17-9600", 28.0), ("v29-9600", 28.0)];
/// Ratio of CPU time to the peer's, stretched: V.17's receiver, every transmitter.
pub(super) const CPU_STRETCH: f64 = 0.5;
