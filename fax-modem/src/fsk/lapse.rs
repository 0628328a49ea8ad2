//! Takes a burst up again after a hole in it: a lost packet, a click, a slip of the clock.
//!
//! Frames follow each other within one burst with hardly a flag between them, so waiting for the
//! next preamble would lose them all. For half a second after a signal went, data of the same
//! strength and frequency count as its continuation, wherever its bits now begin.

use super::front::PER_BIT;
use super::hunt::{GRID, Hunt, PER_BIT_LOOKS};
use super::track::{Found, Track};

/// A signal that went and may come back.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lapse {
    /// Value of the envelope after which it will not.
    until: u64,
    turn: f32,
    amplitude: f32,
}

/// Bits that must look like data.
const BITS: usize = 20;
/// Least share of the tones in what comes through the front filter: 1 for V.21, 0.6 at a signal to
/// noise ratio of -4 dB, and less than half for the modems of more than 300 symbols a second that
/// follow a V.21 burst.
const LEAST_SHARE: f32 = 0.62;
/// Bits whose power is compared with the rest, so that the hole itself is not part of the data.
const PART: usize = 4;
const LEAST_TRANSITIONS: usize = 5;
/// Least mean difference of the tones' powers in a bit, relative to their sum: 0.71 for data whose
/// timing is right, about 0.45 for noise.
const LEAST_CONTRAST: f32 = 0.52;

impl Lapse {
    pub(super) fn new(now: u64, turn: f32, amplitude: f32) -> Self {
        const HALF_A_SECOND: u64 = 150 * PER_BIT as u64;
        Self { until: now + HALF_A_SECOND, turn, amplitude }
    }

    pub(super) const fn is_over(&self, now: u64) -> bool {
        now > self.until
    }

    /// Looks for data in the newest bits; tells where they begin. To be asked once a bit.
    pub(super) fn resumed(&self, hunt: &Hunt) -> Option<Found> {
        if hunt.looks() < ((BITS + 1) * PER_BIT_LOOKS) as u64 {
            return None;
        }
        let contrasts: [f32; PER_BIT_LOOKS] = core::array::from_fn(|age| contrast(hunt, age));
        let age = (0..PER_BIT_LOOKS).max_by(|a, b| contrasts[*a].total_cmp(&contrasts[*b]))?;
        if contrasts[age] < LEAST_CONTRAST {
            return None;
        }
        let power = self.data_power(hunt, age)?;
        let found = self.found(hunt, age, power)?;
        let mut track = Track::new();
        track.start(&found);
        for at in found.at..hunt.taken() {
            track.push(hunt.value(at));
        }
        track.is_in_step().then_some(found)
    }

    /// Mean power of the bits, if they are strong and even enough and change often enough.
    fn data_power(&self, hunt: &Hunt, age: usize) -> Option<f32> {
        let (mut power, mut part, mut weakest) = (0.0, 0.0, f32::MAX);
        let (mut transitions, mut last) = (0, None);
        for bits_back in (0..BITS).rev() {
            let tones = hunt.tones(age + bits_back * PER_BIT_LOOKS);
            let (space, mark) = (tones.space.norm_sqr(), tones.mark.norm_sqr());
            power += space.max(mark) / BITS as f32;
            part += space.max(mark) / PART as f32;
            if bits_back.is_multiple_of(PART) {
                weakest = weakest.min(part);
                part = 0.0;
            }
            transitions += usize::from(last.is_some_and(|last| last != (mark > space)));
            last = Some(mark > space);
        }
        let strong = power > 0.4 * self.amplitude * self.amplitude;
        (strong && weakest > 0.3 * power && transitions >= LEAST_TRANSITIONS).then_some(power)
    }

    /// Where the data begin, if little else comes with them.
    fn found(&self, hunt: &Hunt, age: usize, power: f32) -> Option<Found> {
        // Where the hole still covers the first bits, the data begin behind it.
        let stronger = |bits_back: usize| {
            let tones = hunt.tones(age + bits_back * PER_BIT_LOOKS);
            if tones.mark.norm_sqr() > tones.space.norm_sqr() { tones.mark } else { tones.space }
        };
        let first = (0..BITS).rev().find(|bits_back| stronger(*bits_back).norm_sqr() > 0.5 * power)?;
        let carrier = stronger(first);
        let carrier = carrier.scale((power / carrier.norm_sqr()).sqrt());
        let at = hunt.last_look() - (age * GRID + (first + 1) * PER_BIT) as u64;
        let wide: f32 = (at..hunt.taken()).map(|at| hunt.value(at).norm_sqr()).sum();
        let wide = wide * (PER_BIT * PER_BIT) as f32 / (hunt.taken() - at) as f32;
        if power < LEAST_SHARE * wide {
            return None;
        }
        Some(Found { at, late: 0.0, turn: self.turn, carrier, coherent: true })
    }
}

/// Mean power difference of the tones over the bits whose newest ended `age` looks ago, relative to
/// their sum.
fn contrast(hunt: &Hunt, age: usize) -> f32 {
    let (mut difference, mut sum) = (0.0, f32::MIN_POSITIVE);
    for bits_back in 0..BITS {
        let tones = hunt.tones(age + bits_back * PER_BIT_LOOKS);
        let (space, mark): (f32, f32) = (tones.space.norm_sqr(), tones.mark.norm_sqr());
        difference += (mark - space).abs();
        sum += mark + space;
    }
    difference / sum
}
