//! What must be reached and what would be better still.

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
