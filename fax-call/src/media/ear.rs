//! When to listen for signs: an ear for them holds tens of kilobytes, and of most calls nobody needs it.
//!
//! A hint of a sign is where one of its frequencies holds more of the power than noise would put there. It costs four resonators,
//! and shows within some 30 ms. Then an ear is made, and hears what was played lately too, so that nothing of the sign is lost.
//! When there has been no hint for a while the ear is given back.
//!
//! Always: what an ear would have heard that listened all the time is heard, a little later at most.

use super::audio_leg::BLOCK;
use super::playout::Playout;
use super::sign::{Sign, SignEar};
use crate::Law;

/// The ear of one direction, if one is needed.
#[derive(Clone, Debug, Default)]
pub(super) struct Ear {
    hint: Hint,
    awake: Option<Box<SignEar>>,
    /// Samples since the last hint.
    quiet: usize,
    burst: Burst,
    knows_v21: bool,
}

/// What has been heard since the last pause.
#[derive(Clone, Copy, Debug, Default)]
struct Burst {
    samples: usize,
    /// Samples of the pause after it, if it is one.
    pause: usize,
    sign: Option<Sign>,
}

/// Mean square of a line that is in use: -43 dBm0, the faintest that a modem must hear.
const IN_USE: u64 = 12_500;
/// A pause ends a burst: between any two bursts of T.30 there are 75 ms.
const PAUSE: usize = 240;
/// A burst that has given no sign for so long is neither a tone nor V.21: 600 ms.
const UNNAMED: usize = 4800;

/// What a new ear is told of the past, samples: longer than a hint takes.
const REPLAYED: usize = 2400;
/// An ear stays for so long without a hint, samples: across the gaps between frames.
const LINGER: usize = 8000;

impl Ear {
    /// Takes the octets that were just played, a block at most; the strongest sign that began.
    pub(super) fn listen(&mut self, law: Law, octets: &[u8], played: &Playout) -> Option<Sign> {
        let mut block = [0; BLOCK];
        let samples = decoded(law, &mut octets.iter().copied(), &mut block);
        let sign = self.listen_for_signs(law, samples, played);
        self.knows_v21 |= sign == Some(Sign::V21Preamble);
        self.burst.goes_on(samples, sign);
        sign
    }

    /// Whether V.21 has been heard, and now something lasts that is neither V.21 nor a tone: a training or a page.
    pub(super) fn hears_fast_carrier(&self) -> bool {
        let Burst { samples, sign, .. } = self.burst;
        self.knows_v21 && sign.is_none() && samples >= UNNAMED
    }

    /// Whether a fax machine has spoken here.
    pub(super) fn knows_v21(&self) -> bool {
        self.knows_v21
    }

    fn listen_for_signs(&mut self, law: Law, samples: &[i16], played: &Playout) -> Option<Sign> {
        let is_hinted = self.hint.listen(samples);
        self.quiet = if is_hinted { 0 } else { self.quiet.saturating_add(samples.len()) };
        if self.quiet >= LINGER {
            self.awake = None;
        }
        match &mut self.awake {
            Some(ear) => ear.listen(samples),
            None if is_hinted => {
                let ear = self.awake.insert(Box::new(SignEar::new()));
                hear(ear, law, played.past(REPLAYED))
            }
            None => None,
        }
    }
}

/// Listens to octets of the past.
fn hear(ear: &mut SignEar, law: Law, mut octets: impl Iterator<Item = u8>) -> Option<Sign> {
    let (mut block, mut heard) = ([0; BLOCK], None);
    loop {
        let samples = decoded(law, &mut octets, &mut block);
        heard = heard.max(ear.listen(samples));
        if samples.len() < BLOCK {
            return heard;
        }
    }
}

/// The next octets as samples, as many as there are and a block has room for.
fn decoded<'a>(law: Law, octets: &mut impl Iterator<Item = u8>, block: &'a mut [i16; BLOCK]) -> &'a [i16] {
    let decode = law.decoder();
    let taken = block.iter_mut().zip(octets).map(|(place, octet)| *place = decode(octet)).count();
    block.get(..taken).unwrap_or_default()
}

impl Burst {
    fn goes_on(&mut self, samples: &[i16], sign: Option<Sign>) {
        let length = samples.len();
        let power: u64 = samples.iter().map(|sample| u64::from(sample.unsigned_abs()).pow(2)).sum();
        if power >= IN_USE * length as u64 {
            if self.pause >= PAUSE {
                *self = Self::default();
            }
            self.samples = self.samples.saturating_add(length);
            self.pause = 0;
        } else {
            self.pause = self.pause.saturating_add(length);
            if self.pause >= PAUSE {
                self.samples = 0;
            }
        }
        self.sign = self.sign.max(sign);
    }
}

/// Where the power is.
#[derive(Clone, Debug, Default)]
struct Hint {
    resonators: [[f32; 2]; 4],
    sum: f32,
    squares: f32,
    taken: usize,
    /// Of the power the part at 1100 Hz, at the tones of V.21 and at 2100 Hz, in the mean of some 40 ms.
    shares: [f32; 3],
}

impl Hint {
    /// Samples that are looked at as one: 200 Hz wide, as frequencies may be off by 38 Hz (T.30 4.1.1).
    const LOOK: usize = 40;
    /// Twice the cosine of a sample's turn at 1100, 1650, 1850 and 2100 Hz.
    const TURNS: [f32; 4] = [1.298_896_1, 0.542_880_9, 0.235_074_8, -0.156_918_2];
    /// What is more than noise: white noise has 0.05 of its power at one frequency, and with V.21's two 5 dB below it there is 0.3.
    const LEAST: [f32; 3] = [0.15, 0.22, 0.15];
    /// Power of a look, squared samples, below which there is nothing: -60 dBm0.
    const SILENCE: f32 = 40.0 * 16.0 * 16.0;
    /// Weight of a look in the mean.
    const WEIGHT: f32 = 1.0 / 8.0;

    /// Whether what comes may be a sign.
    fn listen(&mut self, samples: &[i16]) -> bool {
        let mut is_hinted = false;
        for sample in samples.iter().copied().map(f32::from) {
            for ([newer, older], turn) in self.resonators.iter_mut().zip(Self::TURNS) {
                (*newer, *older) = (sample + turn * *newer - *older, *newer);
            }
            self.sum += sample;
            self.squares += sample * sample;
            self.taken += 1;
            if self.taken == Self::LOOK {
                is_hinted |= self.look();
            }
        }
        is_hinted
    }

    fn look(&mut self) -> bool {
        let length = Self::LOOK as f32;
        // An offset is no sound.
        let power = self.squares - self.sum * self.sum / length;
        let mut at = [0.0; 4];
        for ((at, [newer, older]), turn) in at.iter_mut().zip(self.resonators).zip(Self::TURNS) {
            *at = newer * newer + older * older - turn * newer * older;
        }
        let [cng, mark, space, answer] = at;
        for (share, at) in self.shares.iter_mut().zip([cng, mark + space, answer]) {
            let now = if power > Self::SILENCE { 2.0 * at / (length * power) } else { 0.0 };
            *share += Self::WEIGHT * (now - *share);
        }
        (self.resonators, self.sum, self.squares, self.taken) = Default::default();
        self.shares.iter().zip(Self::LEAST).any(|(share, least)| *share > least)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fax_core::{Dbm0, Line, Opening, Signal, Tone};
    use fax_modem::AudioLine;
    use fax_modem::tone::Generator;

    #[derive(Clone, Copy, Debug)]
    enum Sound {
        Tone(Tone),
        V21,
    }

    /// Gaussian enough: twelve of a generator of D. Knuth's (MMIX).
    struct Noise(u64);

    impl Noise {
        fn next(&mut self) -> f32 {
            let mut uniform = || {
                self.0 =
                    self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (self.0 >> 40) as f32 / (1 << 24) as f32 - 0.5
            };
            (0..12).map(|_| uniform()).sum()
        }
    }

    /// Half a second of noise, the sound with it, and noise again.
    fn heard_in(sound: Sound, level: f32, noise: f32, seed: u64) -> Vec<u8> {
        let mut samples = vec![0_i16; 6 * 8000];
        let with_sound = &mut samples[4000..4 * 8000];
        match sound {
            Sound::Tone(tone) => Generator::new(tone, Dbm0(level)).fill(with_sound),
            Sound::V21 => {
                let mut line = AudioLine::default();
                line.say(Signal::Begin(Opening::V21)).unwrap();
                line.fill(with_sound);
                let power: f32 = with_sound.iter().map(|s| f32::from(*s) * f32::from(*s)).sum();
                let gain = Dbm0(level).rms() / (power / with_sound.len() as f32).sqrt();
                with_sound.iter_mut().for_each(|sample| *sample = (f32::from(*sample) * gain) as i16);
            }
        }
        let mut source = Noise(seed);
        let rms = Dbm0(noise).rms();
        let noisy = samples.iter().map(|sample| (f32::from(*sample) + rms * source.next()) as i16);
        let encode = Law::Mu.encoder();
        noisy.map(encode).collect()
    }

    type Times = Vec<(usize, Sign)>;

    /// Which signs are heard in which block by an ear that listens all the time and by one that is made on a hint.
    fn compared(octets: &[u8], block: usize) -> [Times; 2] {
        let (mut always, mut ear, mut playout) = (SignEar::new(), Ear::default(), Playout::new(0));
        let decode = Law::Mu.decoder();
        let mut times = [Times::new(), Times::new()];
        for (n, octets) in octets.chunks_exact(block).enumerate() {
            let mut played = vec![0; block];
            playout.take((n * block) as u32, octets);
            playout.play(&mut played);
            assert_eq!(played, octets);
            let samples: Vec<i16> = octets.iter().map(|octet| decode(*octet)).collect();
            times[0].extend(always.listen(&samples).map(|sign| (n * block, sign)));
            times[1].extend(ear.listen(Law::Mu, &played, &playout).map(|sign| (n * block, sign)));
        }
        times
    }

    /// All signs, from loud to the faintest that counts, clean and down to where the ear itself begins to fail.
    #[test]
    fn an_ear_that_is_made_on_a_hint_hears_what_one_hears_that_always_listens() {
        let tones = [Tone::Cng, Tone::Ced, Tone::AnsPr, Tone::AnsAm, Tone::AnsAmPr].map(Sound::Tone);
        let mut signs = 0;
        for sound in tones.into_iter().chain([Sound::V21]) {
            for (level, noise) in [
                (-5.0, -70.0),
                (-13.0, -60.0),
                (-43.0, -70.0),
                (-20.0, -30.0),
                (-20.0, -23.0),
                (-20.0, -20.0),
            ] {
                for (seed, block) in [(1, 160), (2, 80), (3, 240)] {
                    let [always, hinted] = compared(&heard_in(sound, level, noise, seed), block);
                    let what = format!("{sound:?} at {level} dBm0 in {noise}: {always:?} and {hinted:?}");
                    assert_eq!(always.len(), hinted.len(), "{what}");
                    for ((at, sign), (later, same)) in always.iter().zip(&hinted) {
                        assert!(sign == same && at <= later && later - at <= 400, "{what}");
                    }
                    signs += always.len();
                }
            }
        }
        assert!(signs > 100, "{signs}");
    }

    #[test]
    fn nobody_listens_while_there_is_silence_or_noise() {
        for level in [-90.0, -50.0, -20.0] {
            let mut ear = Ear::default();
            let (mut source, mut playout) = (Noise(9), Playout::new(0));
            let (rms, encode) = (Dbm0(level).rms(), Law::A.encoder());
            for n in 0..3000 {
                let octets: Vec<u8> = (0..160).map(|_| encode((rms * source.next()) as i16)).collect();
                playout.take(160 * n, &octets);
                playout.play(&mut [0; 160]);
                assert_eq!(ear.listen(Law::A, &octets, &playout), None);
                assert!(ear.awake.is_none(), "after {n} blocks at {level} dBm0");
            }
        }
    }

    #[test]
    fn an_ear_is_given_back_when_it_has_heard_nothing_for_a_while() {
        let octets = heard_in(Sound::Tone(Tone::Ced), -20.0, -80.0, 4);
        let (mut ear, mut playout) = (Ear::default(), Playout::new(0));
        let mut awake = Vec::new();
        for (n, octets) in octets.chunks_exact(160).enumerate() {
            playout.take(160 * n as u32, octets);
            playout.play(&mut [0; 160]);
            ear.listen(Law::Mu, octets, &playout);
            awake.push(ear.awake.is_some());
        }
        let changes: Vec<usize> = (1..awake.len()).filter(|n| awake[n - 1] != awake[*n]).collect();
        assert!(matches!(changes[..], [25..=27, 249..=254]), "{changes:?}");
    }
}
