//! The stimulus: a burst of a modem as it arrives over an impaired line, the same for every system
//! under test.
//!
//! Order: transmitter, level, line filter, listener echo, frequency offset with phase jitter and
//! carrier phase, clock offset and fractional delay, G.711 legs, noise, rounding to 16 bits with
//! saturation. `docs/impairments.md` has the formulas.
//!
//! Always: equal seeds give equal samples, on every machine and whatever else runs; every burst has
//! its own random fractional delay and carrier phase.

pub mod g711;
pub mod interpolate;
pub mod line;
pub mod rng;
pub mod rotate;

pub use g711::Law;
pub use line::Line;
pub use rng::{Purpose, Rng};

use fax_core::{Dbm0, maths};
use interpolate::REACH;
use rotate::Rotation;

/// What a line does to a burst.
#[derive(Clone, Debug, PartialEq)]
pub struct Impairments {
    /// Burst power over noise power, both from 0 to 4000 Hz, dB. None: no noise at all.
    pub snr_db: Option<f64>,
    /// Where the noise is.
    pub gap: Gap,
    /// Level of the burst, dBm0.
    pub level: f64,
    /// Frequency offset, hertz.
    pub frequency: f64,
    /// How much faster than ours the far clock runs, parts in 10^6.
    pub clock_ppm: f64,
    /// A single echo behind the signal.
    pub echo: Option<Echo>,
    /// A sine on the carrier's phase.
    pub jitter: Option<Jitter>,
    /// The line's filter.
    pub line: Option<Line>,
    /// Digital legs, in order.
    pub g711: Vec<Law>,
}

/// Where the noise is in time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Gap {
    /// With the burst, from 40 samples before to 40 samples after; -75 dBm0 elsewhere.
    #[default]
    Quiet,
    /// All the time.
    Noisy,
}

/// A copy of the signal that comes later.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Echo {
    /// Level against the signal, dB; negative.
    pub db: f64,
    /// How much later, milliseconds.
    pub ms: f64,
}

/// Phase jitter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Jitter {
    /// From peak to peak, degrees.
    pub degrees: f64,
    /// Its frequency.
    pub hertz: f64,
}

/// What chance decides for one burst.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Draws {
    /// Silence ahead, samples.
    pub lead: usize,
    /// Fractional delay, 0 to 1 sample.
    pub delay: f64,
    /// Turn of the carrier, radians.
    pub phase: f64,
    /// Phase of the jitter, radians.
    pub jitter_phase: f64,
}

/// A burst as it arrives, with silence before and after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// The samples, from the silence ahead to the end of the tail.
    pub samples: Vec<i16>,
    /// Where the carrier comes on, within a few samples.
    pub begin: usize,
    /// Where it goes off, within a few samples.
    pub end: usize,
}

/// Samples of silence behind a burst.
pub const TAIL: usize = 800;

/// Level of the noise outside a burst when the gap is quiet, dBm0.
const QUIET_DBM0: f64 = -75.0;
/// Samples by which the noise surrounds the burst when the gap is quiet.
const AROUND: usize = 40;

impl Default for Impairments {
    /// -13 dBm0 and nothing else.
    fn default() -> Self {
        Self {
            snr_db: None,
            gap: Gap::Quiet,
            level: -13.0,
            frequency: 0.0,
            clock_ppm: 0.0,
            echo: None,
            jitter: None,
            line: None,
            g711: Vec::new(),
        }
    }
}

impl Draws {
    /// Lead of 800..=1599 samples, any fractional delay, any phase.
    pub fn from(rng: &mut Rng) -> Self {
        Self {
            lead: 800 + rng.below(800) as usize,
            delay: rng.uniform(),
            phase: 2.0 * maths::PI * rng.uniform(),
            jitter_phase: 2.0 * maths::PI * rng.uniform(),
        }
    }
}

impl Impairments {
    /// The burst as it arrives; `noise` is the stream of its noise.
    pub fn arrive(&self, burst: &[i16], draws: Draws, noise: &mut Rng) -> Arrival {
        let burst = carrier(burst);
        let length = burst.len();
        let mut signal: Vec<f32> = burst.iter().map(|x| f32::from(*x)).collect();
        self.set_level(&mut signal, length);
        // Samples by which the signal has moved so far.
        let mut moved = 0.0;
        if let Some(line) = &self.line {
            signal = line.apply(&signal);
            moved += self.line_delay(line);
            self.set_level(&mut signal, length);
        }
        if let Some(echo) = self.echo {
            signal = with_echo(&signal, echo);
        }
        signal = self.rotation(draws).apply(&signal);
        moved += rotate::DELAY as f64;
        signal = self.clocked(&signal, draws.delay);
        moved += draws.delay + REACH as f64;
        signal = g711::legs(&self.g711, signal);
        self.with_noise(&signal, draws.lead, length, moved as usize, noise)
    }

    /// RMS of the noise in 16-bit samples.
    pub fn noise_rms(&self) -> f64 {
        self.snr_db.map_or(0.0, |snr| rms(self.level - snr))
    }

    /// Scales a signal that carries a burst of `length` samples to the level. What filters smear
    /// beyond its ends counts as power of the burst.
    fn set_level(&self, signal: &mut [f32], length: usize) {
        let energy: f64 = signal.iter().map(|x| f64::from(*x) * f64::from(*x)).sum();
        if energy > 0.0 {
            let gain = (rms(self.level) / (energy / length as f64).sqrt()) as f32;
            signal.iter_mut().for_each(|x| *x *= gain);
        }
    }

    /// Samples by which the line's filter delays the middle of its band.
    fn line_delay(&self, line: &Line) -> f64 {
        let taps = line.taps();
        let peak = taps.iter().enumerate().max_by(|a, b| a.1.abs().total_cmp(&b.1.abs()));
        peak.map_or(0.0, |(n, _)| n as f64)
    }

    fn rotation(&self, draws: Draws) -> Rotation {
        let jitter = self.jitter.unwrap_or(Jitter { degrees: 0.0, hertz: 0.0 });
        Rotation {
            phase: draws.phase,
            frequency: self.frequency,
            jitter_degrees: jitter.degrees,
            jitter_hertz: jitter.hertz,
            jitter_phase: draws.jitter_phase,
        }
    }

    /// Read by a clock that the far one outruns, and later by `delay`.
    fn clocked(&self, signal: &[f32], delay: f64) -> Vec<f32> {
        let step = 1.0 + self.clock_ppm * 1e-6;
        let count = ((signal.len() + 2 * REACH) as f64 / step) as usize + 2;
        interpolate::resample(signal, -(REACH as f64) - delay, step, count)
    }

    fn with_noise(
        &self,
        signal: &[f32],
        lead: usize,
        length: usize,
        moved: usize,
        noise: &mut Rng,
    ) -> Arrival {
        let length = (length as f64 / (1.0 + self.clock_ppm * 1e-6)) as usize;
        let (begin, end) = (lead + moved, lead + moved + length);
        let count = (lead + signal.len()).max(end) + TAIL;
        let (loud, quiet) = (self.noise_rms(), if self.snr_db.is_some() { rms(QUIET_DBM0) } else { 0.0 });
        let samples = (0..count)
            .map(|n| {
                let clean = n.checked_sub(lead).and_then(|n| signal.get(n)).map_or(0.0, |x| f64::from(*x));
                let near = n + AROUND >= begin && n < end + AROUND;
                let level = if near || self.gap == Gap::Noisy { loud } else { quiet };
                to_i16((clean + level * noise.normal()) as f32)
            })
            .collect();
        Arrival { samples, begin, end }
    }
}

/// The burst from carrier-on to carrier-off: without silence at its ends.
pub fn carrier(burst: &[i16]) -> &[i16] {
    let begin = burst.iter().position(|x| *x != 0).unwrap_or(burst.len());
    let end = burst.iter().rposition(|x| *x != 0).map_or(begin, |n| n + 1);
    &burst[begin..end]
}

/// Nearest 16-bit value; what lies beyond the rails stays at them.
pub fn to_i16(x: f32) -> i16 {
    // Half away from zero, by arithmetic alone; the cast saturates.
    (if x < 0.0 { x - 0.5 } else { x + 0.5 }) as i16
}

/// RMS in 16-bit samples of a level in dBm0.
pub fn rms(level: f64) -> f64 {
    f64::from(Dbm0(level as f32).rms())
}

fn with_echo(signal: &[f32], echo: Echo) -> Vec<f32> {
    let gain = maths::exp10(echo.db / 20.0) as f32;
    let later = interpolate::delay(signal, echo.ms * 8.0).split_off(REACH);
    let mut sum = signal.to_vec();
    sum.resize(later.len(), 0.0);
    maths::axpy(gain, &later, &mut sum);
    sum
}

/// The Kaiser window at `x` from -1 to 1; 0 outside.
pub(crate) fn kaiser(x: f64, beta: f64) -> f64 {
    if x.abs() > 1.0 { 0.0 } else { bessel_i0(beta * (1.0 - x * x).sqrt()) / bessel_i0(beta) }
}

/// Modified Bessel function of the first kind, order 0, by its series.
pub(crate) fn bessel_i0(x: f64) -> f64 {
    let (mut sum, mut term, mut k) = (1.0, 1.0, 1.0);
    while term > sum * 1e-17 {
        term *= x * x / (4.0 * k * k);
        sum += term;
        k += 1.0;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two seconds of band-limited noise: a burst like any modem's.
    fn burst() -> Vec<i16> {
        let mut rng = Rng::seeded(77);
        let mut signal = vec![0_i16; 100];
        let (mut i, mut q) = ([0.0; 2], [0.0; 2]);
        signal.extend((0..16_000).map(|n| {
            for sum in [&mut i, &mut q] {
                sum[0] += 0.2 * (2000.0 * rng.normal() - sum[0]);
                sum[1] += 0.2 * (sum[0] - sum[1]);
            }
            let angle = 2.0 * maths::PI * 1800.0 * f64::from(n) / 8000.0;
            to_i16((8.0 * (i[1] * maths::cos(angle) - q[1] * maths::sin(angle))) as f32)
        }));
        signal.extend([0; 50]);
        signal
    }

    fn arrive(impairments: &Impairments, instance: u64) -> Arrival {
        let draws = Draws::from(&mut Rng::stream(1, Purpose::Channel, instance));
        impairments.arrive(&burst(), draws, &mut Rng::stream(1, Purpose::Noise, instance))
    }

    fn dbm0(samples: &[i16], over: usize) -> f64 {
        let energy: f64 = samples.iter().map(|x| f64::from(*x) * f64::from(*x)).sum();
        f64::from(Dbm0::from_power((energy / over as f64) as f32).0)
    }

    #[test]
    fn a_burst_arrives_at_the_level_asked_for_whatever_the_line() {
        for level in [-6.0, -13.0, -40.0] {
            for line in [None, Some("AD-9/EDD-3"), Some("AD-1/EDD-1")] {
                let line = line.map(|name| name.parse().unwrap());
                let heard = arrive(&Impairments { level, line: line.clone(), ..Impairments::default() }, 0);
                let measured = dbm0(&heard.samples, heard.end - heard.begin);
                assert!((measured - level).abs() < 0.05, "{measured} not {level} over {line:?}");
            }
        }
    }

    #[test]
    fn the_noise_is_as_far_below_the_burst_as_was_asked_for() {
        for snr in [0.0, 14.0, 30.0] {
            let clean = arrive(&Impairments::default(), 3);
            let noisy = arrive(&Impairments { snr_db: Some(snr), ..Impairments::default() }, 3);
            let (begin, end) = (clean.begin, clean.end);
            let noise: Vec<i16> =
                noisy.samples.iter().zip(&clean.samples).map(|(a, b)| a.wrapping_sub(*b)).collect();
            let burst = dbm0(&clean.samples[begin..end], end - begin);
            let inside = dbm0(&noise[begin..end], end - begin);
            assert!((burst - inside - snr).abs() < 0.15, "{} not {snr}", burst - inside);
            let before = dbm0(&noise[..begin - AROUND], begin - AROUND);
            assert!((before + 75.0).abs() < 0.6, "gap at {before} dBm0");
        }
    }

    #[test]
    fn a_noisy_gap_is_as_noisy_as_the_burst() {
        let impairments = Impairments { snr_db: Some(20.0), gap: Gap::Noisy, ..Impairments::default() };
        let heard = arrive(&impairments, 4);
        let gap = dbm0(&heard.samples[..heard.begin - 50], heard.begin - 50);
        assert!((gap + 33.0).abs() < 0.5, "{gap}");
    }

    #[test]
    fn the_burst_stands_where_the_arrival_says() {
        for line in [None, Some("AD-7/EDD-2")] {
            let line = line.map(|name| name.parse().unwrap());
            let heard = arrive(&Impairments { line, clock_ppm: 300.0, ..Impairments::default() }, 5);
            let whole = dbm0(&heard.samples, 16_000);
            let inside = dbm0(&heard.samples[heard.begin.saturating_sub(8)..heard.end + 40], 16_000);
            assert!(whole - inside < 0.02, "{whole} {inside}");
            assert!(heard.samples.len() >= heard.end + TAIL);
        }
    }

    #[test]
    fn an_echo_is_a_weaker_copy_at_its_delay() {
        let mut pulse = vec![0.0; 200];
        pulse[50] = 1.0;
        let with = with_echo(&pulse, Echo { db: -6.0, ms: 5.0 });
        assert!((with[50] - 1.0).abs() < 1e-6);
        assert!((with[90] - 0.501).abs() < 1e-3);
        assert!(with.iter().enumerate().all(|(n, x)| n == 50 || n == 90 || x.abs() < 1e-5));
    }

    #[test]
    fn a_clock_offset_shortens_the_burst() {
        let fast = arrive(&Impairments { clock_ppm: 1000.0, ..Impairments::default() }, 6);
        let slow = arrive(&Impairments { clock_ppm: -1000.0, ..Impairments::default() }, 6);
        assert_eq!((slow.end - slow.begin) - (fast.end - fast.begin), 32);
    }

    #[test]
    fn rounding_saturates_and_is_symmetric() {
        assert_eq!(
            [1e6, -1e6, 0.4, -0.4, 0.6, -0.6, 2.5, -2.5].map(to_i16),
            [32767, -32768, 0, 0, 1, -1, 3, -3]
        );
    }

    /// FNV-1a over everything the stimulus can do: the same on every machine.
    #[test]
    fn equal_seeds_give_equal_samples() {
        let impairments = Impairments {
            snr_db: Some(20.0),
            frequency: 7.0,
            clock_ppm: 80.0,
            echo: Some(Echo { db: -12.0, ms: 3.3 }),
            jitter: Some(Jitter { degrees: 5.0, hertz: 60.0 }),
            line: Some("AD-5/EDD-2".parse().unwrap()),
            g711: vec![Law::Mu, Law::A],
            ..Impairments::default()
        };
        let hash = |heard: &Arrival| {
            heard.samples.iter().flat_map(|x| x.to_le_bytes()).fold(0xCBF2_9CE4_8422_2325_u64, |h, b| {
                (h ^ u64::from(b)).wrapping_mul(0x0000_0100_0000_01B3)
            })
        };
        let first = arrive(&impairments, 9);
        assert_eq!(first, arrive(&impairments, 9));
        assert_ne!(first, arrive(&impairments, 10));
        assert_eq!(format!("{:016x}", hash(&first)), "5c9a2d46aaa8ed02");
    }
}
