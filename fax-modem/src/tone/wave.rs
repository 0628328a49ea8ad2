//! The steady wave in a window of looks, and whether it is a tone.
//!
//! A tone is believed when 120 ms of looks agree with one steady wave, and when what is left beside it
//! is even noise: as strong near the tone as at the other frequency and over the whole band, and
//! without colour. So a tone is heard at 0 dB SNR, and the harmonic of a voice, which has its
//! neighbours and moves, is not.
//!
//! The limits on noise are several standard deviations of what white noise does in 120 ms; the limits
//! on steadiness were set by days of what is no tone.
//!
//! From: measured: docs/talk-off.md.

use super::front::{LOOKS_PER_SECOND, NOISE_SHARE};
use super::watch::WINDOW;
use fax_core::Hertz;
use fax_core::maths::Complex;

/// What a tone of one frequency must be like.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Nominal frequency.
    pub(super) hertz: Hertz,
    /// Farthest from nominal that is believed, hertz.
    pub(super) offset: f32,
    /// How much the amplitude may swing slowly: power of the swing per tone power.
    pub(super) swing: f32,
    /// Power of what is not even noise (harmonics, a voice behind it), per tone power, when the tone is
    /// believed late.
    pub(super) uneven: f32,
}

/// What the looks and samples of a window hold, as mean powers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Powers {
    /// Near the frequency.
    pub(super) near: f32,
    /// Near the other frequency; unknown while that one is our own tone and taken out.
    pub(super) other: Option<f32>,
    /// In the whole band.
    pub(super) total: f32,
}

/// How a window strikes the watch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Belief {
    /// A tone.
    Sure,
    /// A tone if it goes on like that.
    Likely,
}

/// A steady wave, fitted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wave {
    /// Turn a look.
    pub(super) step: Complex,
    /// Square of the amplitude.
    pub(super) square: f32,
    /// Mean square of the second differences.
    rough: f32,
    /// Mean square of what the amplitude does over 20 ms, of its mean.
    swing: f32,
    /// Mean square of what the phase does over 20 ms, radians.
    drift: f32,
}

/// Weakest tone believed, power in squared sample units: -49 dBm0.
pub(super) const FLOOR: f32 = 3280.0;

/// Smallest part of the whole power: an SNR of -0.7 dB.
pub(super) const SHARE: f32 = 0.46;

/// Noise near the tone is at most this many times the noise elsewhere, and the other way round.
const EVEN: f32 = 2.0;

/// The same for the noise at the other frequency: at most, and the other way round.
const EVEN_OTHER: f32 = 1.6;
const UNEVEN_OTHER: f32 = 2.5;

/// What white noise may do to the amplitude and phase of 20 ms parts, and to the looks' power beyond the
/// wave and itself, per noise near the tone. The mean of the first two is 0.07 with 4 degrees of
/// freedom: 0.3 is passed by all but 0.2 %, 0.22 by all but 1.4 % (and tried again 10 ms later).
const SWING_OF_NOISE: f32 = 0.3;
const DRIFT_OF_NOISE: f32 = 0.22;
const SLOW_OF_NOISE: f32 = 0.35;

/// Noise at one frequency is at most this many times the noise at the other.
const TILT: f32 = 1.9;

/// Noise near the tone of this part of the tone's power is always fine (G.711, phase jitter).
const NEAR: f32 = 0.01;

/// Power of what is not even noise, per tone power, when the tone is believed at once.
const UNEVEN: f32 = 0.02;

/// How a tone may differ from a steady wave in even noise.
struct Margin {
    /// Slow swing of the amplitude, beyond what the tone itself has: power per tone power.
    swing: f32,
    /// Drift of the phase, mean square of radians.
    drift: f32,
}

/// Believed at once.
const SURE: Margin = Margin { swing: 0.0005, drift: 0.0001 };

/// Believed when it goes on like that: jitter of 7 degrees peak to peak, a level on the move.
const LIKELY: Margin = Margin { swing: 0.008, drift: 0.002 };

/// Power at the other frequency, even noise apart, per tone power: an octave above CNG is the first
/// harmonic that a voice or an instrument would have.
const FAR: f32 = 0.002;

/// How far from white the noise beside a tone may be; see [`Front::colour`].
const COLOUR: f32 = 0.22;

impl Wave {
    /// The steady wave that fits the looks best, near the turn a look that `turn` points to.
    pub(super) fn fit(looks: [Complex; WINDOW], turn: Complex) -> Self {
        let step = turn.scale(1.0 / turn.abs().max(f32::MIN_POSITIVE));
        let mut parts = [Complex::ZERO; PARTS];
        let mut turned = Complex::ONE;
        let (mut before, mut last) = (Complex::ZERO, Complex::ZERO);
        let mut rough = 0.0;
        for (n, look) in looks.into_iter().enumerate() {
            let look = look * turned.conj();
            parts[n / PART] += look;
            if n > 1 {
                rough += (look - last - (last - before)).norm_sqr();
            }
            (before, last) = (last, look);
            turned = turned * step;
        }
        // What the parts still turn against each other.
        let mut residual = Complex::ZERO;
        for pair in parts.windows(2) {
            residual += pair[1] * pair[0].conj();
        }
        let slope = residual.angle() / PART as f32;
        for (n, part) in parts.iter_mut().enumerate() {
            *part = *part * Complex::unit(f64::from(-slope * (n * PART) as f32));
        }
        let sum = parts.iter().fold(Complex::ZERO, |sum, &part| sum + part);
        let (swing, drift) = unsteadiness(&parts, sum.scale(1.0 / PARTS as f32));
        Self {
            step: step * Complex::unit(f64::from(slope)),
            square: sum.norm_sqr() * (1.0 / (WINDOW * WINDOW) as f32),
            rough: rough * (1.0 / (WINDOW - 2) as f32),
            swing,
            drift,
        }
    }

    /// Whether the wave is a tone and the rest is noise. `colour` tells how far from white the samples
    /// are without a tone of this frequency and power.
    pub(super) fn belief(
        &self,
        powers: &Powers,
        limits: &Limits,
        colour: impl Fn(f32, f32) -> f32,
    ) -> Option<Belief> {
        if self.offset().abs() > limits.offset {
            return None;
        }
        let Powers { near, other, total } = *powers;
        let tone = self.square * 0.5;
        // Second differences pass nothing slow.
        let noise_near = self.rough * (0.5 / ROUGHNESS);
        let other = other.unwrap_or(noise_near);
        let slow = near - tone - noise_near;
        // ANSam's swing belongs to the tone.
        let tone = (tone + slow.clamp(0.0, limits.swing * tone)) * self.droop();
        let rest = (total - tone).max(0.0);
        let steady = |margin: &Margin| {
            let swing = limits.swing + margin.swing;
            self.swing * tone <= swing * tone + SWING_OF_NOISE * noise_near
                && self.drift * tone <= margin.drift * tone + DRIFT_OF_NOISE * noise_near
                && slow <= (swing + margin.drift) * tone + SLOW_OF_NOISE * noise_near
        };
        let even = tone >= FLOOR
            && tone >= SHARE * total
            && slow >= -(0.01 * tone + SLOW_OF_NOISE * noise_near)
            && noise_near <= EVEN * NOISE_SHARE * rest + NEAR * tone
            && noise_near <= TILT * other + NEAR * tone
            && other <= TILT * noise_near + NEAR * tone
            && other <= EVEN_OTHER * NOISE_SHARE * rest + FAR * tone
            && rest <= UNEVEN_OTHER / NOISE_SHARE * other + limits.uneven * tone
            && rest <= EVEN / NOISE_SHARE * noise_near + limits.uneven * tone;
        if !even || !steady(&LIKELY) {
            return None;
        }
        let white = || colour(limits.hertz.0 + self.offset(), tone) <= COLOUR;
        if steady(&SURE) && (rest <= UNEVEN * tone || white()) {
            Some(Belief::Sure)
        } else if rest <= limits.uneven * tone || white() {
            Some(Belief::Likely)
        } else {
            None
        }
    }

    /// Offset from nominal, hertz.
    fn offset(&self) -> f32 {
        self.step.angle() * (LOOKS_PER_SECOND / core::f32::consts::TAU)
    }

    /// What the look's raised cosine takes off a tone beside its middle, as a factor of power to put
    /// it right: 1 + 1.3 x^2, x the offset times 5 ms; right to 1 % within 50 Hz.
    fn droop(&self) -> f32 {
        let x = self.offset() * 0.005;
        1.0 + 1.3 * x * x
    }
}

/// What second differences make of white noise: 6 for independent looks, less 8 times the 1/6 by which
/// neighbours agree.
const ROUGHNESS: f32 = 6.0 - 8.0 / 6.0;

/// Parts of a window, 20 ms each, for what changes slowly.
const PARTS: usize = 6;

/// Looks in a part.
const PART: usize = WINDOW / PARTS;

/// How far the parts are from their mean, along it (amplitude) and across it (phase): mean squares, per
/// square of the mean.
fn unsteadiness(parts: &[Complex; PARTS], mean: Complex) -> (f32, f32) {
    let square = mean.norm_sqr();
    let scale = 1.0 / (square * square * PARTS as f32).max(f32::MIN_POSITIVE);
    let (mut swing, mut drift) = (0.0, 0.0);
    for &part in parts {
        let (length, side) = (along(part - mean, mean), along(part, mean.turned()));
        swing += length * length * scale;
        drift += side * side * scale;
    }
    (swing, drift)
}

/// How far `turn` goes along `step`.
pub(super) fn along(turn: Complex, step: Complex) -> f32 {
    turn.re * step.re + turn.im * step.im
}
