//! Hours of audio that is no clean call into every receiver: `faxlab modem soak`.
//!
//! Random, clipped, silent, structured and spliced audio goes to a receiver of each modem, a receiver of
//! all of them, the detector of tones and a whole phone line at once. From time to time a second of
//! silence and a clean burst of each modem follow, and must be received without a wrong bit, whatever
//! has been heard before.
//!
//! Always: equal seeds give equal runs. A panic ends the run: none is caught.

mod abuse;
mod bank;

use crate::stimulus::{Purpose, Rng};
use abuse::Abuse;
use bank::Bank;
use fax_core::{Chunk, Dbm0, FrameEnd, Opening, Training};
use fax_modem::hdlc::Framer;
use fax_modem::{EchoProtection, Transmitter};
use serde::Serialize;
use std::collections::BTreeSet;

/// How long, and how often a clean burst of each modem follows.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Audio altogether, seconds.
    pub seconds: u64,
    /// Audio from check to check, seconds.
    pub every: u64,
    /// Seed of all that is random.
    pub seed: u64,
}

/// What came of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Report {
    /// Audio so far, seconds, the checks left out.
    pub seconds: f64,
    /// Checks so far.
    pub checks: usize,
    /// Clean bursts sent in them, each to a receiver of its own, a receiver of all and a phone line.
    pub bursts: usize,
    /// Clean bursts that one of the three did not receive, with what had gone before.
    pub lost: Vec<String>,
    /// Frames with address FF, control C0 or C8 and a good check that nobody had sent.
    pub invented: usize,
    /// Other frames with a good check that nobody had sent.
    pub other_frames: usize,
    /// Frames received that had been sent, in spliced bursts that came through or in checks.
    pub true_frames: usize,
    /// Trainings that succeeded, in spliced bursts or in checks.
    pub trainings: usize,
    /// Tones that began.
    pub tones: usize,
    /// Signals of the phone line that were out of order.
    pub disorders: usize,
}

impl Report {
    /// Nothing lost, nothing invented, all in order.
    pub fn is_clean(&self) -> bool {
        self.lost.is_empty() && self.invented == 0 && self.disorders == 0
    }
}

/// Samples of silence ahead of a check: a second.
const BEFORE_CHECK: usize = 8000;
/// Samples of silence behind each clean burst.
const BEHIND_BURST: usize = 2400;
/// Names of pieces of audio that a lost burst is told with.
const REMEMBERED: usize = 6;

impl Plan {
    /// Runs it all; `progress` sees the report after each check.
    pub fn run(&self, progress: &mut dyn FnMut(&Report)) -> Report {
        let mut bank = Bank::new();
        let mut abuse = Abuse::new(self.seed);
        let mut rng = Rng::stream(self.seed, Purpose::Data, 0);
        let (mut report, mut samples) = (Report::default(), 0_u64);
        let mut before: Vec<&'static str> = Vec::new();
        let (mut sent, mut due) = (abuse.sent().clone(), self.every * 8000);
        while samples < self.seconds * 8000 {
            let (name, piece) = abuse.next();
            samples += piece.len() as u64;
            bank.hear(&piece, &mut rng);
            if before.len() == REMEMBERED {
                before.remove(0);
            }
            before.push(name);
            if samples >= due {
                due += self.every * 8000;
                bank.hear(&[0; BEFORE_CHECK], &mut rng);
                check(&mut bank, &mut rng, &mut sent, &before, &mut report);
                count(&mut bank, &sent, &mut report);
                report.seconds = samples as f64 / 8000.0;
                progress(&report);
            }
        }
        count(&mut bank, &sent, &mut report);
        report.seconds = samples as f64 / 8000.0;
        report
    }
}

/// A clean burst of each modem.
fn check(bank: &mut Bank, rng: &mut Rng, sent: &mut BTreeSet<Vec<u8>>, before: &[&str], report: &mut Report) {
    report.checks += 1;
    for opening in Opening::ALL {
        let level = Dbm0(-10.0 - 30.0 * rng.uniform() as f32);
        bank.begin_check();
        let missed = if opening == Opening::V21 {
            let mut frame = vec![0xFF, 0xC8];
            frame.extend((0..20).map(|_| rng.next_u64() as u8));
            let samples = burst(opening, Training::Long, EchoProtection::Off, level, &frame_bits(37, &frame));
            sent.insert(frame.clone());
            bank.hear(&samples, rng);
            bank.hear(&[0; BEHIND_BURST], rng);
            bank.without_frame(&frame)
        } else {
            let bits = rng.bits(opening.bit_rate().0 as usize / 2);
            let samples = burst(opening, Training::Long, EchoProtection::Off, level, &bits);
            bank.hear(&samples, rng);
            bank.hear(&[0; BEHIND_BURST], rng);
            bank.without_bits(opening, &bits)
        };
        report.bursts += 1;
        if !missed.is_empty() {
            report.lost.push(format!(
                "check {} {opening} {:.0} dBm0 by {missed:?} after {before:?}",
                report.checks, level.0
            ));
        }
    }
}

/// Moves what the bank has counted into the report.
fn count(bank: &mut Bank, sent: &BTreeSet<Vec<u8>>, report: &mut Report) {
    for frame in bank.take_frames() {
        match frame[..] {
            _ if sent.contains(&frame) => report.true_frames += 1,
            [0xFF, 0xC0 | 0xC8, ..] => report.invented += 1,
            _ => report.other_frames += 1,
        }
    }
    report.trainings = bank.trainings();
    report.tones = bank.tones();
    report.disorders = bank.disorders();
}

/// A whole burst of these bits.
fn burst(
    opening: Opening,
    training: Training,
    protection: EchoProtection,
    level: Dbm0,
    bits: &[bool],
) -> Vec<i16> {
    let mut line = Transmitter::new(opening, level);
    line.start(training, protection);
    let (mut rest, mut samples, mut block) = (bits.iter(), Vec::new(), [0; 160]);
    loop {
        while line.bits().room() > 0 {
            let Some(bit) = rest.next() else {
                line.finish();
                break;
            };
            line.bits().push(u32::from(*bit), 1);
        }
        let filled = line.fill(&mut block);
        samples.extend_from_slice(&block[..filled]);
        if filled < block.len() {
            return samples;
        }
    }
}

/// A frame behind so many flags.
fn frame_bits(flags: u32, frame: &[u8]) -> Vec<bool> {
    let (mut framer, mut bits) = (Framer::new(), Vec::new());
    framer.hold_flags(flags);
    for octets in frame.chunks(Chunk::CAPACITY) {
        while framer.room() < octets.len() + 1 {
            bits.push(framer.take(1) == 1);
        }
        framer.octets(&Chunk::from_octets(octets));
    }
    framer.end(FrameEnd::Good);
    while !framer.is_idle() {
        bits.push(framer.take(1) == 1);
    }
    bits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_minutes_of_abuse_every_clean_burst_is_received_and_no_frame_was_invented() {
        let report = Plan { seconds: 180, every: 30, seed: 1 }.run(&mut |_| ());
        assert_eq!((report.checks, report.bursts), (6, 54));
        assert!(report.is_clean(), "{report:#?}");
        // Three listeners to every clean burst at least: the abuse does not make the bank deaf or the
        // check void.
        assert!(report.trainings >= 3 * report.bursts && report.true_frames >= 12, "{report:#?}");
    }

    #[test]
    fn equal_seeds_give_equal_reports() {
        let run = |seed| Plan { seconds: 10, every: 10, seed }.run(&mut |_| ());
        assert_eq!(run(3), run(3));
        assert_ne!(run(3).trainings + run(3).tones, 0);
    }
}
