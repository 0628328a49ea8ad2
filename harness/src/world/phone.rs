//! One direction of a phone line between a fax machine and its gateway, block by block.
//!
//! Order, as in the stimulus of the modem bench: level, line filter, echo, frequency offset and phase
//! jitter, clock, G.711 legs, noise, rounding to 16 bits. Each stage is skipped when it has nothing to
//! do, so that a clean line costs a table look-up a sample.

mod stage;

use super::draw::{Direction, stream};
use crate::stimulus::{Echo, Gap, Impairments, Law, Rng, rms, to_i16};
use stage::{Fir, Resampler, Rotator};
use std::sync::LazyLock;

/// Level at which fax machines and gateways are taken to send, dBm0: a line of that level changes nothing.
pub const NOMINAL_DBM0: f64 = -13.0;

/// One direction in use.
#[derive(Debug)]
pub struct PhoneLine {
    delay: Delay,
    analogue: Option<Analogue>,
    laws: Vec<Law>,
    /// Half a sample between two digital legs.
    between: Vec<Resampler>,
    noise: Option<Noise>,
    buffer: Vec<f32>,
}

/// What is done to real-valued samples.
#[derive(Debug)]
struct Analogue {
    gain: f32,
    filter: Option<Fir>,
    echo: Option<Fir>,
    rotator: Option<Rotator>,
    clock: Option<Resampler>,
}

/// Where a direction of a line is, and what chance decided for it.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// The call's seed.
    pub seed: u64,
    /// Towards whom.
    pub direction: Direction,
    /// "line A" or "line B": the line's name in its random streams.
    pub line: &'static str,
    /// Whole samples by which it is late.
    pub delay: usize,
    /// Samples taken in for each one given out: 1 + ppm of the clock that sends against the one that hears.
    pub step: f64,
}

impl PhoneLine {
    /// A direction of a line; several digital legs as in `Impairments::g711`, none for none.
    pub fn new(impairments: &Impairments, place: Place) -> Self {
        let noise = impairments.snr_db.map(|_| Noise {
            rng: stream(place.seed, place.direction, &format!("{} noise", place.line)),
            loud: impairments.noise_rms(),
            gap: impairments.gap,
            since_signal: usize::MAX,
        });
        let legs = impairments.g711.len().saturating_sub(1);
        Self {
            delay: Delay(vec![0; place.delay]),
            analogue: Analogue::new(impairments, place),
            laws: impairments.g711.clone(),
            between: (0..legs).map(|_| Resampler::new(1.0, 0.5)).collect(),
            noise,
            buffer: Vec::new(),
        }
    }

    /// Takes a block in and gives a block out. Without a clock offset both have the same length.
    pub fn pass(&mut self, input: &[i16], output: &mut [i16]) {
        if self.analogue.is_none() && self.noise.is_none() && self.laws.len() <= 1 {
            self.delay.pass(input, output);
            if let Some(law) = self.laws.first() {
                output.iter_mut().for_each(|x| *x = recoded(*law, *x));
            }
            return;
        }
        let mut delayed = input.to_vec();
        self.delay.pass(input, &mut delayed);
        self.buffer.clear();
        self.buffer.extend(delayed.iter().map(|x| f32::from(*x)));
        if let Some(analogue) = &mut self.analogue {
            analogue.pass(&mut self.buffer, output.len());
        }
        for (n, law) in self.laws.iter().enumerate() {
            if let Some(between) = n.checked_sub(1).and_then(|n| self.between.get_mut(n)) {
                let count = self.buffer.len();
                between.pass(&mut self.buffer, count);
            }
            self.buffer.iter_mut().for_each(|x| *x = f32::from(recoded(*law, to_i16(*x))));
        }
        if let Some(noise) = &mut self.noise {
            noise.add(&mut self.buffer);
        }
        for (out, x) in output.iter_mut().zip(&self.buffer) {
            *out = to_i16(*x);
        }
    }
}

impl Analogue {
    /// None when there is nothing to do.
    fn new(impairments: &Impairments, place: Place) -> Option<Self> {
        let mut chance = stream(place.seed, place.direction, &format!("{} phases", place.line));
        let rotation = Rotator::rotation(impairments, &mut chance);
        let clock = (place.step != 1.0).then(|| Resampler::new(place.step, chance.uniform()));
        let made = Self {
            gain: (rms(impairments.level) / rms(NOMINAL_DBM0)) as f32,
            filter: impairments
                .line
                .as_ref()
                .map(|line| Fir::new(line.taps().iter().map(|tap| *tap as f32).collect())),
            echo: impairments.echo.map(|Echo { db, ms }| Fir::echo(db, ms)),
            rotator: (!rotation.is_still()).then(|| Rotator::new(rotation)),
            clock,
        };
        let idle = made.gain == 1.0
            && made.filter.is_none()
            && made.echo.is_none()
            && made.rotator.is_none()
            && made.clock.is_none();
        (!idle).then_some(made)
    }

    fn pass(&mut self, block: &mut Vec<f32>, count: usize) {
        block.iter_mut().for_each(|x| *x *= self.gain);
        if let Some(filter) = &mut self.filter {
            filter.pass(block);
        }
        if let Some(echo) = &mut self.echo {
            echo.pass(block);
        }
        if let Some(rotator) = &mut self.rotator {
            rotator.pass(block);
        }
        if let Some(clock) = &mut self.clock {
            clock.pass(block, count);
        }
    }
}

/// Whole samples later: those that are on the way.
#[derive(Debug)]
struct Delay(Vec<i16>);

impl Delay {
    fn pass(&mut self, input: &[i16], output: &mut [i16]) {
        self.0.extend_from_slice(input);
        let count = input.len().min(output.len());
        output[..count].copy_from_slice(&self.0[..count]);
        self.0.drain(..count);
    }
}

/// White noise, always or only while there is a signal.
#[derive(Debug)]
struct Noise {
    rng: Rng,
    loud: f64,
    gap: Gap,
    /// Samples since there was a signal.
    since_signal: usize,
}

/// Samples for which the noise stays after a signal.
const AFTER: usize = 40;
/// Level of the noise without a signal when the gap is quiet, dBm0.
const QUIET_DBM0: f64 = -75.0;

impl Noise {
    fn add(&mut self, block: &mut [f32]) {
        let quiet = rms(QUIET_DBM0);
        for x in block {
            self.since_signal = if x.abs() >= 1.0 { 0 } else { self.since_signal.saturating_add(1) };
            let near = self.since_signal <= AFTER || self.gap == Gap::Noisy;
            let level = if near { self.loud } else { quiet };
            *x += (level * self.rng.normal()) as f32;
        }
    }
}

/// A sample after one coding and decoding, from a table.
fn recoded(law: Law, sample: i16) -> i16 {
    static TABLES: LazyLock<[Vec<i16>; 2]> =
        LazyLock::new(|| [Law::A, Law::Mu].map(|law| (0..=u16::MAX).map(|x| law.recode(x as i16)).collect()));
    let [a, mu] = &*TABLES;
    let table = match law {
        Law::A => a,
        Law::Mu => mu,
    };
    table[usize::from(sample as u16)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stimulus::Jitter;
    use fax_core::maths;

    const PLACE: Place = Place { seed: 1, direction: Direction::AToB, line: "line A", delay: 0, step: 1.0 };

    fn wave(hertz: f64, count: usize) -> Vec<i16> {
        (0..count)
            .map(|n| to_i16((8000.0 * maths::sin(2.0 * maths::PI * hertz * n as f64 / 8000.0)) as f32))
            .collect()
    }

    fn passed(impairments: &Impairments, place: Place, input: &[i16], block: usize) -> Vec<i16> {
        let mut line = PhoneLine::new(impairments, place);
        let mut output = vec![0; input.len()];
        for (input, output) in input.chunks(block).zip(output.chunks_mut(block)) {
            line.pass(input, output);
        }
        output
    }

    fn power(x: &[i16]) -> f64 {
        x.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>() / x.len() as f64
    }

    fn everything() -> Impairments {
        Impairments {
            snr_db: Some(30.0),
            gap: Gap::Noisy,
            level: -20.0,
            frequency: 5.0,
            echo: Some(Echo { db: -12.0, ms: 3.3 }),
            jitter: Some(Jitter { degrees: 5.0, hertz: 60.0 }),
            line: Some("AD-5/EDD-2".parse().unwrap()),
            g711: vec![Law::Mu, Law::A],
            ..Impairments::default()
        }
    }

    #[test]
    fn a_clean_line_gives_what_it_takes_later() {
        let input = wave(1000.0, 1600);
        let output = passed(&Impairments::default(), Place { delay: 37, ..PLACE }, &input, 160);
        assert_eq!(output[37..], input[..1600 - 37]);
        let coded = Impairments { g711: vec![Law::Mu], ..Impairments::default() };
        let output = passed(&coded, PLACE, &input, 160);
        assert!(output.iter().zip(&input).all(|(out, x)| *out == Law::Mu.recode(*x)));
    }

    #[test]
    fn the_size_of_a_block_does_not_matter() {
        let input = wave(1700.0, 3200);
        assert_eq!(passed(&everything(), PLACE, &input, 160), passed(&everything(), PLACE, &input, 80));
        let other = Place { seed: 2, ..PLACE };
        assert_ne!(passed(&everything(), PLACE, &input, 160), passed(&everything(), other, &input, 160));
    }

    #[test]
    fn an_echo_comes_at_its_delay_and_level() {
        let mut pulse = vec![0_i16; 400];
        pulse[10] = 20_000;
        for (ms, at) in [(5.0, 40), (3.125, 25)] {
            let echo = Some(Echo { db: -6.0, ms });
            let output = passed(&Impairments { echo, ..Impairments::default() }, PLACE, &pulse, 160);
            let begin = output.iter().position(|x| *x == 20_000).expect("the pulse itself");
            assert_eq!(output[begin + at], 10_024);
            assert_eq!(output.iter().filter(|x| x.abs() > 2).count(), 2);
        }
        let echo = Some(Echo { db: -6.0, ms: 0.4 });
        let (input, clean) = (wave(1000.0, 2000), Impairments::default());
        let output = passed(&Impairments { echo, ..clean }, PLACE, &input, 160);
        // 1 + 0.501 at 144 degrees: 0.663.
        let ratio = (power(&output[400..]) / power(&input)).sqrt();
        assert!((ratio - 0.663).abs() < 0.002, "{ratio}");
    }

    #[test]
    fn level_and_noise_are_as_asked_for() {
        let input = wave(1000.0, 80_000);
        let weaker = passed(&Impairments { level: -23.0, ..Impairments::default() }, PLACE, &input, 160);
        assert!((power(&input) / power(&weaker) - 10.0).abs() < 0.01);
        let noisy = Impairments { snr_db: Some(20.0), ..Impairments::default() };
        let noise: Vec<i16> =
            passed(&noisy, PLACE, &input, 160).iter().zip(&input).map(|(y, x)| y - x).collect();
        // 20 dB below the nominal level, whatever is sent.
        let measured = 10.0 * maths::log10(power(&noise) / rms(NOMINAL_DBM0 - 20.0).powi(2));
        assert!(measured.abs() < 0.1, "{measured}");
        let silent = passed(&noisy, PLACE, &[0; 8000], 160);
        assert!(power(&silent) < 2.0 * rms(QUIET_DBM0).powi(2), "quiet while nobody speaks");
    }

    #[test]
    fn a_clock_offset_moves_the_pitch_and_loses_no_sample() {
        // Blocks of 160 or 161 in, 160 out: the sender's clock is 1000 ppm fast.
        let step = 1.001;
        let input = wave(1000.0, 81_000);
        let mut line = PhoneLine::new(&Impairments::default(), Place { step, ..PLACE });
        let (mut taken, mut heard) = (0, Vec::new());
        for beat in 1..=500 {
            let until = (f64::from(beat) * 160.0 * step) as usize;
            let mut block = [0; 160];
            line.pass(&input[taken..until], &mut block);
            (taken, heard) = (until, [heard, block.to_vec()].concat());
        }
        let error_at = |hertz: f64| {
            let angle = |n: usize| 2.0 * maths::PI * hertz * n as f64 / 8000.0;
            let (mut re, mut im) = (0.0, 0.0);
            for (n, x) in heard.iter().enumerate().skip(400) {
                re += f64::from(*x) * maths::cos(angle(n));
                im += f64::from(*x) * maths::sin(angle(n));
            }
            (re * re + im * im).sqrt() / (heard.len() - 400) as f64 / 4000.0
        };
        assert!((error_at(1001.0) - 1.0).abs() < 0.001, "{}", error_at(1001.0));
        assert!(error_at(1000.0) < 0.1);
    }
}
