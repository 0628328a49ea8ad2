//! Keeps V.34 out of audio that is passed on, where that is wanted.
//!
//! ANSam invites the caller to say CM, and V.34 would follow, of which no gateway understands a word. As plain CED it invites
//! nobody. So a tone of 2100 Hz is passed on as one of the same power without modulation or reversals. Its phase follows
//! from the stamps: what is lost or overtaken on the way changes nothing.
//!
//! From: V.8 7.2, V.25 2.3, T.30 4.1.1; field note AUD-4.
//! Always: what is no answer tone passes as it came, and so do the first 60 ms of one, before any reversal (450 ms).
//! Not here: tones that a relay says (`fax_core::relay::Policy`).

use super::playout::silence;
use crate::{Law, SuperG3};
use fax_core::relay::Side;
use fax_core::{Dbm0, Span, Timestamp, maths};
use std::sync::LazyLock;

/// What is done to V.8 in both directions.
#[derive(Clone, Debug, Default)]
pub(super) struct V8Guard {
    near: AnswerTone,
    far: AnswerTone,
}

/// What was done to V.8 that came from one side, as numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct V8Counters {
    /// Packets of an answer tone that were made plain.
    pub made_plain: u32,
    /// Packets that were passed on as silence, as the other side's answer tone sounded.
    pub blocked: u32,
}

/// How long after an answer tone a CM may still be on its way: it is said until JM or T.30 is heard.
const AFTER: Span = Span::from_millis(500);

impl V8Guard {
    /// Changes audio that comes from a side and is passed on.
    pub(super) fn pass(
        &mut self,
        super_g3: SuperG3,
        now: Timestamp,
        from: Side,
        (law, stamp, octets): (Law, u32, &mut [u8]),
    ) {
        let (tone, answer) = match from {
            Side::Near => (&mut self.near, &self.far),
            Side::Far => (&mut self.far, &self.near),
        };
        match super_g3 {
            SuperG3::Pass => {}
            // An echo of the answer tone is no answer tone, so it is not looked for.
            SuperG3::Block if answer.last.is_some_and(|last| now.since(last) < AFTER) => {
                octets.fill(silence(law));
                tone.counters.blocked = tone.counters.blocked.saturating_add(1);
            }
            SuperG3::Suppress | SuperG3::Block => tone.pass(now, law, stamp, octets),
        }
    }

    /// What was done to what came from a side.
    pub(super) fn counters(&self, from: Side) -> V8Counters {
        match from {
            Side::Near => self.near.counters,
            Side::Far => self.far.counters,
        }
    }
}

/// The answer tone that comes from one side.
#[derive(Clone, Debug, Default)]
struct AnswerTone {
    state: State,
    /// When a packet of it was last made plain.
    last: Option<Timestamp>,
    counters: V8Counters,
}

#[derive(Clone, Copy, Debug, Default)]
enum State {
    #[default]
    Nothing,
    /// So many samples of 2100 Hz, with the sum of their squares.
    Begins { samples: usize, power: f32 },
    /// The wave that is said: so much of the cosine and of the sine that run with the stamps.
    Sounds([f32; 2]),
}

/// A tone of which so many samples have come is one: 60 ms.
const KNOWN: usize = 480;

impl AnswerTone {
    fn pass(&mut self, now: Timestamp, law: Law, stamp: u32, octets: &mut [u8]) {
        let look = Look::at(law, stamp, octets);
        self.state = match self.state {
            // A reversal spoils one piece of it.
            State::Sounds(wave) if 2 * look.tones >= look.pieces && look.tones > 0 => {
                say(wave, law, stamp, octets);
                self.last = Some(now);
                self.counters.made_plain = self.counters.made_plain.saturating_add(1);
                return;
            }
            State::Sounds(_) => State::Nothing,
            _ if look.tones < look.pieces || look.pieces == 0 => State::Nothing,
            State::Nothing => State::Begins { samples: octets.len(), power: look.power },
            State::Begins { samples, power } => {
                let (samples, power) = (samples + octets.len(), power + look.power);
                match samples {
                    KNOWN.. => State::Sounds(look.wave(2.0 * power / samples as f32)),
                    _ => State::Begins { samples, power },
                }
            }
        };
    }
}

/// Samples that are looked at as one, 5 ms: ten and a half periods, so that cosine and sine have the same power.
const PIECE: usize = 40;
/// The least share of the power that a tone has: 4 dB above noise.
const SHARE: f32 = 0.7;
/// The faintest tone that counts.
const FAINTEST: Dbm0 = Dbm0(-43.0);

/// What is of 2100 Hz in a packet.
#[derive(Clone, Copy, Debug, Default)]
struct Look {
    pieces: usize,
    /// Pieces that are nothing else.
    tones: usize,
    /// The sum of all squares.
    power: f32,
    /// How much of the cosine and of the sine the last piece holds.
    last: [f32; 2],
}

impl Look {
    fn at(law: Law, stamp: u32, octets: &[u8]) -> Self {
        let decode = law.decoder();
        let least = PIECE as f32 * FAINTEST.rms() * FAINTEST.rms();
        let mut look = Self::default();
        for (piece, from) in octets.chunks_exact(PIECE).zip((0..).step_by(PIECE)) {
            let (mut held, mut power) = ([0.0; 2], 0.0);
            for (octet, n) in piece.iter().zip(from..) {
                let sample = f32::from(decode(*octet));
                let [cosine, sine] = turned(stamp.wrapping_add(n));
                held = [held[0] + sample * cosine, held[1] + sample * sine];
                power += sample * sample;
            }
            let share = 2.0 * (held[0] * held[0] + held[1] * held[1]) / (PIECE as f32 * power.max(1.0));
            look.pieces += 1;
            look.tones += usize::from(share >= SHARE && power >= least);
            look.power += power;
            look.last = held;
        }
        look
    }

    /// The wave that goes on where the last piece was, with so much power of its peak.
    fn wave(&self, peak: f32) -> [f32; 2] {
        let [cosine, sine] = self.last;
        let length = (cosine * cosine + sine * sine).sqrt().max(1.0);
        self.last.map(|part| part / length * peak.sqrt())
    }
}

/// Says the next of a wave.
fn say([cosine, sine]: [f32; 2], law: Law, stamp: u32, octets: &mut [u8]) {
    let encode = law.encoder();
    for (octet, n) in octets.iter_mut().zip(0..) {
        let [c, s] = turned(stamp.wrapping_add(n));
        *octet = encode((cosine * c + sine * s) as i16);
    }
}

/// Samples after which 2100 Hz begins anew, after 21 periods.
const ROUND: usize = 80;

/// Cosine and sine of 2100 Hz at a stamp. Where stamps begin anew, after six days, the phase jumps.
fn turned(stamp: u32) -> [f32; 2] {
    static COSINES: LazyLock<[f32; ROUND]> = LazyLock::new(|| {
        core::array::from_fn(|n| maths::cos(2.0 * maths::PI * 21.0 * n as f64 / ROUND as f64) as f32)
    });
    let at = stamp as usize % ROUND;
    // A quarter of a period is as far as twenty samples: 21 times 20 is five and a quarter rounds.
    [at, (at + ROUND - 20) % ROUND].map(|at| COSINES.get(at).copied().unwrap_or(0.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use fax_core::Tone;
    use fax_modem::tone::{Detector, Generator, ToneOutput};

    const LAW: Law = Law::Mu;

    /// A tone after 200 ms of silence, for 3 s, and 300 ms of silence, with noise of that level throughout.
    fn spoken(tone: Tone, level: f32, noise: Option<f32>) -> Vec<u8> {
        let mut samples = vec![0_i16; 28_000];
        Generator::new(tone, Dbm0(level)).fill(&mut samples[1600..25_600]);
        let mut seed = 1_u64;
        let rms = noise.map_or(0.0, |level| Dbm0(level).rms());
        let mut random = || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 40) as f32 / (1 << 24) as f32 - 0.5
        };
        for sample in &mut samples {
            let normal: f32 = (0..12).map(|_| random()).sum();
            *sample = (f32::from(*sample) + rms * normal) as i16;
        }
        samples.into_iter().map(LAW.encoder()).collect()
    }

    /// What becomes of that in packets of so many octets, of which each `lost`th does not come.
    fn passed(super_g3: SuperG3, octets: &[u8], packet: usize, lost: usize) -> (Vec<u8>, V8Counters) {
        let mut guard = V8Guard::default();
        let mut out = octets.to_vec();
        for (n, octets) in out.chunks_mut(packet).enumerate() {
            if n % lost == lost - 1 {
                continue;
            }
            let now = Timestamp::from_samples((n * packet) as u64);
            let stamp = 7777_u32.wrapping_add((n * packet) as u32);
            guard.pass(super_g3, now, Side::Far, (LAW, stamp, octets));
        }
        (out, guard.counters(Side::Far))
    }

    fn heard(octets: &[u8]) -> Vec<Tone> {
        let samples: Vec<i16> = octets.iter().map(|octet| LAW.decoder()(*octet)).collect();
        let (mut detector, mut tones) = (Detector::new(), Vec::new());
        detector.process(&samples, &mut |output| {
            if let ToneOutput::Began { tone, .. } | ToneOutput::Refined { tone, .. } = output {
                tones.push(tone);
            }
        });
        tones
    }

    /// AUD-4.
    #[test]
    fn an_answer_tone_that_invites_to_v8_becomes_plain() {
        for tone in [Tone::Ced, Tone::AnsPr, Tone::AnsAm, Tone::AnsAmPr] {
            for (level, noise) in [(-3.0, None), (-13.0, Some(-30.0)), (-40.0, None)] {
                let octets = spoken(tone, level, noise);
                for packet in [80, 160, 240, 320] {
                    let what = format!("{tone:?} at {level} dBm0 in {noise:?}, {packet} octets");
                    let (out, counters) = passed(SuperG3::Suppress, &octets, packet, usize::MAX);
                    assert_eq!(heard(&out), [Tone::Ced], "{what}");
                    let packets = counters.made_plain as usize;
                    let whole = 24_000 / packet;
                    assert!((whole - 480 / packet - 3..=whole).contains(&packets), "{what}: {packets}");
                    let (same, counters) = passed(SuperG3::Pass, &octets, packet, usize::MAX);
                    assert_eq!((same, counters), (octets.clone(), V8Counters::default()));
                }
            }
        }
    }

    /// Its power and phase go on: what measures a line by it measures the same.
    #[test]
    fn the_plain_tone_is_as_loud_and_begins_without_a_jump() {
        let octets = spoken(Tone::Ced, -13.0, None);
        let (out, _) = passed(SuperG3::Suppress, &octets, 160, usize::MAX);
        let decode = LAW.decoder();
        let error = |(a, b): (&u8, &u8)| f32::from(decode(*a) - decode(*b)).abs();
        let worst = octets.iter().zip(&out).map(error).fold(0.0, f32::max);
        // A twentieth of the peak, and a step of the law.
        assert!(worst < 250.0, "{worst}");
    }

    /// The packets that do not come are missing here as they were sent, which no plain tone has.
    #[test]
    fn lost_packets_leave_the_phase_as_it_is() {
        let (out, _) = passed(SuperG3::Suppress, &spoken(Tone::Ced, -13.0, None), 160, 7);
        assert_eq!(heard(&out), [Tone::Ced]);
    }

    #[test]
    fn what_is_no_answer_tone_passes_as_it_came() {
        let cng = spoken(Tone::Cng, -13.0, None);
        assert_eq!(passed(SuperG3::Suppress, &cng, 160, usize::MAX), (cng, V8Counters::default()));
        let noise = spoken(Tone::Cng, -60.0, Some(-13.0));
        assert_eq!(passed(SuperG3::Block, &noise, 160, usize::MAX), (noise, V8Counters::default()));
    }

    #[test]
    fn while_an_answer_tone_sounds_nothing_of_the_other_side_passes_if_cm_is_blocked() {
        let (answer, caller) = (spoken(Tone::AnsAmPr, -13.0, None), [0x33; 160]);
        let passes = |super_g3| {
            let mut guard = V8Guard::default();
            let mut packets = Vec::new();
            for (n, octets) in answer.chunks(160).enumerate() {
                let now = Timestamp::from_samples(160 * n as u64);
                let mut octets = octets.to_vec();
                guard.pass(super_g3, now, Side::Far, (LAW, 160 * n as u32, &mut octets));
                let mut octets = caller;
                guard.pass(super_g3, now, Side::Near, (LAW, 160 * n as u32, &mut octets));
                packets.push(octets == caller);
                assert!(packets[n] || octets == [silence(LAW); 160]);
            }
            (packets, guard.counters(Side::Near).blocked)
        };
        let (packets, blocked) = passes(SuperG3::Block);
        let first = packets.iter().position(|passes| !passes).expect("some are blocked");
        // 60 ms after the tone began, until there is no more of it than these 300 ms of silence.
        assert_eq!((first, blocked), (13, 162));
        assert!(!packets[first..].contains(&true));
        assert_eq!(passes(SuperG3::Suppress), (vec![true; 175], 0));
    }
}
