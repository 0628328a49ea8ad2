//! Something like a telephone conversation, from a seed: voices with formants, gliding pitch and
//! fricatives, voices that hold their pitch, singing, babble, music, whistling, all through a
//! telephone band at changing levels, half of it through a G.711 leg.
//!
//! It is harder on a tone detector than speech is: pitches are held more often, and a third of the
//! voices are monotonous.

use super::random::Random;
use super::signals::{a_law_leg, mu_law_leg, rms};
use fax_core::maths;

/// Samples for which the slow parameters (pitch, formants, level) stand still: 2.5 ms.
const STEP: usize = 20;

/// What is on the line for some seconds.
enum Scene {
    Voice(Box<Voice>),
    Babble(Box<[Voice; 2]>),
    Music(Music),
    Whistle(Whistle),
}

/// An endless conversation.
pub struct Conversation {
    random: Random,
    scene: Scene,
    /// Steps until the scene changes.
    left: usize,
    level: f64,
    codec: u8,
    band: [Section; 3],
    /// Long-term power of the scene, to hold its level.
    power: f64,
    noise: f64,
    step: [f64; STEP],
    place: usize,
}

impl Conversation {
    pub fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let scene = Scene::Voice(Box::new(Voice::new(&mut random, false)));
        let band = [Section::high_pass(250.0), Section::high_pass(200.0), Section::low_pass(3400.0)];
        let mut out = Self {
            random,
            scene,
            left: 0,
            level: -20.0,
            codec: 0,
            band,
            power: 1e-3,
            noise: 1.0,
            step: [0.0; STEP],
            place: STEP,
        };
        out.change();
        out
    }

    /// Writes the next samples, all of `out`.
    pub fn fill(&mut self, out: &mut [i16]) {
        for out in out {
            if self.place == STEP {
                self.make_step();
                self.place = 0;
            }
            let sample = self.step[self.place].clamp(-32768.0, 32767.0) as i16;
            *out = match self.codec {
                0 => mu_law_leg(sample),
                1 => a_law_leg(sample),
                _ => sample,
            };
            self.place += 1;
        }
    }

    /// What is on the line now.
    pub fn scene(&self) -> &'static str {
        match &self.scene {
            Scene::Voice(voice) if voice.sings => "singing",
            Scene::Voice(_) => "speech",
            Scene::Babble(..) => "babble",
            Scene::Music(_) => "music",
            Scene::Whistle(_) => "whistling",
        }
    }

    fn change(&mut self) {
        let random = &mut self.random;
        self.scene = match random.below(20) {
            0..=10 => Scene::Voice(Box::new(Voice::new(random, false))),
            11..=13 => Scene::Voice(Box::new(Voice::new(random, true))),
            14..=15 => Scene::Babble(Box::new([Voice::new(random, false), Voice::new(random, false)])),
            16..=18 => Scene::Music(Music::new(random)),
            _ => Scene::Whistle(Whistle::new(random)),
        };
        self.left = (random.between(4.0, 15.0) * 400.0) as usize;
        self.level = rms(random.between(-42.0, -9.0));
        self.noise = rms(random.between(-75.0, -50.0));
        self.codec = random.below(4) as u8;
        self.power = 1e-3;
    }

    fn make_step(&mut self) {
        if self.left == 0 {
            self.change();
        }
        self.left -= 1;
        let mut step = [0.0; STEP];
        match &mut self.scene {
            Scene::Voice(voice) => voice.add(&mut step, &mut self.random),
            Scene::Babble(voices) => {
                voices.iter_mut().for_each(|voice| voice.add(&mut step, &mut self.random));
            }
            Scene::Music(music) => music.add(&mut step, &mut self.random),
            Scene::Whistle(whistle) => whistle.add(&mut step, &mut self.random),
        }
        for sample in &mut step {
            for section in &mut self.band {
                *sample = section.filter(*sample);
            }
        }
        // The level is that of the loud passages; pauses do not raise it.
        let power = step.iter().map(|x| x * x).sum::<f64>() / STEP as f64;
        self.power += (power - self.power) * if power > self.power { 0.02 } else { 0.0005 };
        let gain = self.level / self.power.sqrt();
        for sample in &mut step {
            // The sum of three uniform numbers is noise enough.
            let noise = self.random.unit() + self.random.unit() + self.random.unit() - 1.5;
            *sample = *sample * gain + 2.0 * self.noise * noise;
        }
        self.step = step;
    }
}

/// First formants of vowels and nasals, hertz, as any phonetics book has them for a man.
const VOWELS: [[f64; 4]; 12] = [
    [270.0, 2290.0, 3010.0, 3500.0],
    [390.0, 1990.0, 2550.0, 3500.0],
    [530.0, 1840.0, 2480.0, 3500.0],
    [660.0, 1720.0, 2410.0, 3500.0],
    [730.0, 1090.0, 2440.0, 3500.0],
    [570.0, 840.0, 2410.0, 3500.0],
    [440.0, 1020.0, 2240.0, 3500.0],
    [300.0, 870.0, 2240.0, 3500.0],
    [640.0, 1190.0, 2390.0, 3500.0],
    [490.0, 1350.0, 1690.0, 3500.0],
    [250.0, 1100.0, 2100.0, 3300.0],
    [250.0, 1500.0, 2300.0, 3300.0],
];

/// Widths of the formants, hertz.
const WIDTHS: [f64; 4] = [60.0, 80.0, 110.0, 160.0];

/// A voice, speaking or singing.
struct Voice {
    sings: bool,
    pitch: f64,
    range: f64,
    tract: f64,
    jitter: f64,
    vibrato: f64,
    /// Sound now: pitch and its slope, targets of the formants, shares of voice and hiss.
    now_pitch: f64,
    slope: f64,
    wander: f64,
    formants: [f64; 4],
    targets: [f64; 4],
    voiced: f64,
    hiss: f64,
    gains: [f64; 2],
    left: usize,
    time: usize,
    phase: f64,
    resonators: [Section; 4],
    hiss_band: Section,
}

impl Voice {
    fn new(random: &mut Random, sings: bool) -> Self {
        let pitch = match random.below(3) {
            0 => random.between(75.0, 150.0),
            1 => random.between(150.0, 270.0),
            _ => random.between(230.0, 420.0),
        };
        let monotone = random.below(3) == 0;
        Self {
            sings,
            pitch: if sings { pitch * random.between(1.0, 2.2) } else { pitch },
            range: if monotone { 0.002 } else { random.between(0.05, 0.5) },
            tract: random.between(0.9, 1.3),
            jitter: random.between(0.0, 0.006),
            vibrato: if random.below(3) == 0 { 0.0 } else { random.between(0.002, 0.03) },
            now_pitch: pitch,
            slope: 0.0,
            wander: 0.0,
            formants: VOWELS[0],
            targets: VOWELS[0],
            voiced: 0.0,
            hiss: 0.0,
            gains: [0.0; 2],
            left: 0,
            time: 0,
            phase: 0.0,
            resonators: [Section::default(); 4],
            hiss_band: Section::resonator(2500.0, 800.0),
        }
    }

    /// The next sound: vowel, fricative, stop or pause.
    fn next_sound(&mut self, random: &mut Random) {
        let sound = random.below(20);
        let seconds = match sound {
            0..=11 if self.sings => random.between(0.12, 1.2),
            0..=11 => random.between(0.05, 0.3),
            12..=15 => random.between(0.04, 0.15),
            16..=17 => random.between(0.02, 0.08),
            _ => random.between(0.1, 0.9),
        };
        self.left = (seconds * 400.0) as usize;
        (self.voiced, self.hiss) = match sound {
            0..=11 => (random.between(0.5, 1.0), random.between(0.0, 0.02)),
            12..=13 => (random.between(0.1, 0.4), random.between(0.05, 0.3)),
            14..=15 => (0.0, random.between(0.1, 0.5)),
            _ => (0.0, 0.0),
        };
        self.hiss_band = Section::resonator(random.between(1200.0, 3300.0), random.between(300.0, 1500.0));
        self.targets = VOWELS[random.below(12)].map(|f| (f * self.tract).min(3700.0));
        if self.sings {
            // A note of the scale, held.
            let note = (12.0 * maths::ln(self.pitch / 440.0) / core::f64::consts::LN_2).round();
            let note = note + random.below(13) as f64 - 6.0;
            self.now_pitch = 440.0 * maths::exp(note * core::f64::consts::LN_2 / 12.0);
            self.slope = 0.0;
        } else {
            let target = self.pitch * maths::exp(self.range * random.between(-1.0, 1.0));
            self.slope = (target - self.now_pitch) / (self.left + 1) as f64;
        }
    }

    fn add(&mut self, out: &mut [f64; STEP], random: &mut Random) {
        if self.left == 0 {
            self.next_sound(random);
        }
        self.left -= 1;
        self.time += 1;
        self.now_pitch += self.slope;
        self.wander = 0.97 * self.wander + 0.24 * self.jitter * random.between(-1.7, 1.7);
        let swing = if self.sings { self.vibrato * sine(self.time as f64 * 5.5 / 400.0) } else { 0.0 };
        let advance = self.now_pitch * (1.0 + self.wander + swing) / 8000.0;
        for (n, width) in WIDTHS.into_iter().enumerate() {
            self.formants[n] += (self.targets[n] - self.formants[n]) * 0.06;
            self.resonators[n].tune(self.formants[n], width * self.tract);
        }
        for out in out {
            self.gains[0] += (self.voiced - self.gains[0]) * 0.008;
            self.gains[1] += (self.hiss - self.gains[1]) * 0.008;
            self.phase += advance;
            self.phase -= self.phase.floor();
            let breath = random.unit() - 0.5;
            let mut sample = self.gains[0] * (glottis(self.phase) + 0.02 * breath);
            for resonator in &mut self.resonators {
                sample = resonator.filter(sample);
            }
            *out += sample + self.gains[1] * self.hiss_band.filter(breath);
        }
    }
}

/// Rosenberg's glottal flow, differentiated, over one period.
fn glottis(phase: f64) -> f64 {
    const OPEN: f64 = 0.4;
    const CLOSED: f64 = 0.56;
    if phase < OPEN {
        let x = phase / OPEN;
        6.0 * (x - x * x) / OPEN * 0.1
    } else if phase < CLOSED {
        -2.0 * (phase - OPEN) / ((CLOSED - OPEN) * (CLOSED - OPEN)) * 0.1
    } else {
        0.0
    }
}

/// Chords and a melody of notes with five partials that die away.
struct Music {
    notes: [Note; 4],
    partials: [f64; 5],
    left: usize,
}

#[derive(Clone, Copy, Default)]
struct Note {
    advance: f64,
    phase: f64,
    gain: f64,
    decay: f64,
}

impl Music {
    fn new(random: &mut Random) -> Self {
        let bright = random.between(0.3, 0.9);
        let mut partials = [1.0; 5];
        for n in 1..5 {
            partials[n] = partials[n - 1] * bright * random.between(0.4, 1.1);
        }
        Self { notes: [Note::default(); 4], partials, left: 0 }
    }

    fn add(&mut self, out: &mut [f64; STEP], random: &mut Random) {
        if self.left == 0 {
            self.left = (random.between(0.12, 0.8) * 400.0) as usize;
            let root = random.below(25) as f64 - 24.0;
            for (n, interval) in [0.0, 4.0, 7.0, 12.0].into_iter().enumerate() {
                if n == 3 || random.below(2) == 0 {
                    let melody = if n == 3 { random.below(13) as f64 - 4.0 } else { 0.0 };
                    let pitch =
                        440.0 * maths::exp((root + interval + melody) * core::f64::consts::LN_2 / 12.0);
                    let decay = maths::exp(-random.between(0.5, 8.0) / 8000.0);
                    self.notes[n] = Note { advance: pitch / 8000.0, phase: 0.0, gain: 1.0, decay };
                }
            }
        }
        self.left -= 1;
        for out in out {
            for note in &mut self.notes {
                note.gain *= note.decay;
                note.phase += note.advance;
                for (n, partial) in self.partials.iter().enumerate() {
                    if note.advance * (n as f64 + 1.0) < 0.45 {
                        *out += note.gain * partial * sine(note.phase * (n as f64 + 1.0));
                    }
                }
            }
        }
    }
}

/// Somebody whistles: sweeps and notes, none of them quite steady.
struct Whistle {
    pitch: f64,
    target: f64,
    speed: f64,
    wander: f64,
    vibrato: f64,
    gain: f64,
    loud: f64,
    phase: f64,
    left: usize,
    time: usize,
}

impl Whistle {
    fn new(random: &mut Random) -> Self {
        Self {
            pitch: random.between(600.0, 2600.0),
            target: 1000.0,
            speed: 0.01,
            wander: 0.0,
            vibrato: random.between(0.003, 0.03),
            gain: 0.0,
            loud: 1.0,
            phase: 0.0,
            left: 0,
            time: 0,
        }
    }

    fn add(&mut self, out: &mut [f64; STEP], random: &mut Random) {
        if self.left == 0 {
            self.left = (random.between(0.1, 1.0) * 400.0) as usize;
            self.target = random.between(600.0, 2600.0);
            self.speed = random.between(0.003, 0.05);
            self.loud = if random.below(5) == 0 { 0.0 } else { random.between(0.3, 1.0) };
        }
        self.left -= 1;
        self.time += 1;
        self.pitch += (self.target - self.pitch) * self.speed;
        self.wander = 0.98 * self.wander + 0.2 * random.between(-0.006, 0.006);
        let swing = self.vibrato * sine(self.time as f64 * 5.0 / 400.0);
        let advance = self.pitch * (1.0 + self.wander + swing) / 8000.0;
        for out in out {
            self.gain += (self.loud - self.gain) * 0.003;
            self.phase += advance;
            self.phase -= self.phase.floor();
            *out += self.gain * (sine(self.phase) + 0.03 * (random.unit() - 0.5));
        }
    }
}

/// Sine of a number of turns, good to 2e-4.
fn sine(turns: f64) -> f64 {
    let x = turns - (turns + 0.5).floor();
    let x = if x > 0.25 {
        0.5 - x
    } else if x < -0.25 {
        -0.5 - x
    } else {
        x
    } * core::f64::consts::TAU;
    let square = x * x;
    x * (1.0 - square / 6.0 * (1.0 - square / 20.0 * (1.0 - square / 42.0)))
}

/// A filter of second order.
#[derive(Clone, Copy, Default)]
struct Section {
    b: [f64; 3],
    a: [f64; 2],
    state: [f64; 2],
}

impl Section {
    /// A resonance of gain 1 at 0 Hz.
    fn resonator(hertz: f64, width: f64) -> Self {
        let mut section = Self::default();
        section.tune(hertz, width);
        section
    }

    fn tune(&mut self, hertz: f64, width: f64) {
        let radius = 1.0 - maths::PI * width / 8000.0;
        self.a = [-2.0 * radius * sine(hertz / 8000.0 + 0.25), radius * radius];
        self.b = [1.0 + self.a[0] + self.a[1], 0.0, 0.0];
    }

    fn high_pass(hertz: f64) -> Self {
        let r = 1.0 - maths::PI * hertz / 8000.0;
        Self { b: [1.0, -2.0, 1.0], a: [-2.0 * r, r * r], state: [0.0; 2] }
    }

    /// Butterworth by the bilinear transform.
    fn low_pass(hertz: f64) -> Self {
        let k = maths::sin(maths::PI * hertz / 8000.0) / maths::cos(maths::PI * hertz / 8000.0);
        let norm = 1.0 / (1.0 + core::f64::consts::SQRT_2 * k + k * k);
        let a = [2.0 * (k * k - 1.0) * norm, (1.0 - core::f64::consts::SQRT_2 * k + k * k) * norm];
        Self { b: [k * k * norm, 2.0 * k * k * norm, k * k * norm], a, state: [0.0; 2] }
    }

    fn filter(&mut self, x: f64) -> f64 {
        let y = self.b[0] * x + self.state[0];
        self.state[0] = self.b[1] * x - self.a[0] * y + self.state[1];
        self.state[1] = self.b[2] * x - self.a[1] * y;
        y
    }
}
