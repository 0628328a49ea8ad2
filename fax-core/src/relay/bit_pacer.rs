//! Plays bits that are not a page: TCF, or what nobody has announced.
//!
//! A TCF is zeros for 1.5 s, and what a receiver judges is how many of them come: where some are lost or
//! late, others stand in for them. Before it there may be ones, which are the end of the training.
//!
//! From: T.30 5.3.6.1.4 (TCF), T.38 8.2 (transferred TCF).

use super::tape::{Mark, Tape};
use crate::line::{Line, Nature};
use crate::signal::{Chunk, Signal};
use crate::time::Span;

const MARGIN: Span = Span::from_millis(30);
/// Zeros at a time.
const FILL: Span = Span::from_millis(20);
/// Octets in hand before the line is given the first: what follows may be late by so much unnoticed.
const CUSHION: Span = Span::from_millis(60);

/// The bits that are being played.
#[derive(Clone, Debug)]
pub(super) struct BitPacer {
    stage: Stage,
    filled: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Nothing but ones yet, or less than a cushion.
    Held,
    /// Going on.
    Begun,
}

impl BitPacer {
    pub(super) fn new() -> Self {
        Self { stage: Stage::Held, filled: 0 }
    }

    /// Octets of zeros put in so far.
    pub(super) fn filled(&self) -> u32 {
        self.filled
    }

    /// Says the next piece. Returns whether anything was done, so that there may be more to do.
    pub(super) fn step(&mut self, rate: u32, tape: &mut Tape, line: &mut impl Line) -> bool {
        let octets = |span: Span| (u64::from(rate) * span.micros() / 8_000_000).max(1) as usize;
        let packets = line.nature() == Nature::Packets;
        if self.stage == Stage::Held {
            while !packets && tape.octets_here() > 1 && tape.octet(0) == Some(0xFF) {
                tape.pass(1);
            }
            let ended = tape.until(|mark| mark == Mark::End).is_some();
            if packets || ended || tape.octets_here() >= octets(CUSHION) {
                self.stage = Stage::Begun;
                return true;
            }
            return false;
        }
        let room = line.room();
        let chunk = tape.look(0, tape.octets_here().min(room.bits / 8));
        if !chunk.is_empty() {
            let done = line.say(Signal::Bits(chunk)).is_ok();
            if done {
                tape.pass(chunk.octets().len());
            }
            return done;
        }
        let dry = room.dry_at.is_some_and(|dry| dry <= line.now() + MARGIN);
        if packets || !dry || tape.mark_here().is_some() {
            return false;
        }
        let fill = octets(FILL).min(room.bits / 8).min(Chunk::CAPACITY);
        let zeros = Chunk::from_octets(&[0; Chunk::CAPACITY][..fill]);
        let done = fill > 0 && line.say(Signal::Bits(zeros)).is_ok();
        self.filled += if done { fill as u32 } else { 0 };
        done
    }
}
