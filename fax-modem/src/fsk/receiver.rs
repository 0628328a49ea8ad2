//! The V.21 demodulator: hunts for a preamble, then follows the signal until it goes.

use super::Channel;
use super::front::{Front, PER_BIT};
use super::hunt::{Hunt, Preamble};
use super::lapse::Lapse;
use super::track::{Found, Seen, Step, Track};
use crate::{Output, Quality};
use core::ops::Range;
use fax_core::{Dbm0, Decibel};

/// Receives bits on one channel of V.21.
///
/// It has no level gate: a signal is what has the structure of one. The bits of a burst begin with
/// the preamble that it was found by.
#[derive(Clone, Debug)]
pub struct FskReceiver {
    front: Front,
    tail: Tail,
}

/// All that comes behind the front stage.
#[derive(Clone, Debug)]
struct Tail {
    hunt: Hunt,
    track: Track,
    tracking: bool,
    lapse: Option<Lapse>,
    /// The values of the envelope that came of invented samples, as long as bits of theirs are undecided.
    invented: Range<u64>,
    ready: Ready,
}

impl FskReceiver {
    /// A receiver that waits for T.30's preamble of flags.
    pub fn new(channel: Channel) -> Self {
        Self::hunting(channel, Preamble::Flags)
    }

    /// A receiver that waits for another beginning.
    pub fn hunting(channel: Channel, preamble: Preamble) -> Self {
        let tail = Tail {
            hunt: Hunt::new(preamble),
            track: Track::new(),
            tracking: false,
            lapse: None,
            invented: 0..0,
            ready: Ready::default(),
        };
        Self { front: Front::new(channel), tail }
    }

    /// Receives another channel from here on; what was being received is forgotten.
    pub fn tune(&mut self, channel: Channel) {
        self.front.tune(channel);
        self.reset();
    }

    /// Takes the next samples, any number, and tells what they were.
    pub fn process(&mut self, samples: &[i16], out: &mut impl FnMut(Output)) {
        let tail = &mut self.tail;
        self.front.process(samples, |value| {
            tail.hunt.keep(value);
            if tail.tracking {
                tail.follow(value, out);
            } else if let Some(found) = tail.hunt.look() {
                tail.begin(&found, out);
            } else {
                tail.resume(out);
            }
        });
        self.tail.ready.flush(out);
    }

    /// As [`FskReceiver::process`], of samples that were put there for some that did not come: their bits are told
    /// as doubtful.
    pub fn process_invented(&mut self, samples: &[i16], out: &mut impl FnMut(Output)) {
        let Tail { invented, hunt, .. } = &mut self.tail;
        let now = hunt.taken();
        let values = Front::values(samples.len()) + Front::SMEAR;
        let goes_on = now <= invented.end + Track::UNDECIDED;
        *invented = if goes_on { invented.start } else { now + 1 }..now + values;
        self.process(samples, out);
    }

    /// Whether a signal is being followed.
    pub const fn is_receiving(&self) -> bool {
        self.tail.tracking
    }

    /// Lets samples pass unheard, as if they had been silence: their number counts, and what came before
    /// them is forgotten. To be called only while nothing [is received](Self::is_receiving).
    pub fn skip(&mut self, samples: u64) {
        let values = self.front.skip(samples);
        self.tail.hunt.skip(values);
    }

    /// Forgets the burst that is being received, without a word, and hunts again. Bits of it that
    /// come later are found again only by a preamble.
    pub fn reset(&mut self) {
        self.tail.tracking = false;
        self.tail.lapse = None;
        self.tail.ready = Ready::default();
        self.tail.hunt.restart();
    }
}

impl Tail {
    /// Tells of the signal and follows what of it has come already.
    fn begin(&mut self, found: &Found, out: &mut impl FnMut(Output)) {
        let mut probe = Track::new();
        probe.start(found);
        (found.at..self.hunt.taken()).for_each(|at| {
            probe.push(self.hunt.value(at));
        });
        let began = Front::sample(found.at as f64 + f64::from(found.late));
        out(Output::Trained { began, opening: fax_core::Opening::V21, quality: quality(&probe.seen()) });
        self.tracking = true;
        self.lapse = None;
        self.track.start(found);
        for at in found.at..self.hunt.taken() {
            if !self.tracking {
                break;
            }
            self.follow(self.hunt.value(at), out);
        }
    }

    /// Takes up a burst that had ended, if it goes on.
    fn resume(&mut self, out: &mut impl FnMut(Output)) {
        let Some(lapse) = self.lapse else { return };
        if lapse.is_over(self.hunt.taken()) {
            self.lapse = None;
        } else if self.hunt.taken().is_multiple_of(PER_BIT as u64)
            && let Some(found) = lapse.resumed(&self.hunt)
        {
            self.begin(&found, out);
        }
    }

    /// Whether the bit that begins at this value of the envelope has values that came of invented samples.
    const fn is_invented(&self, at: u64) -> bool {
        at < self.invented.end && at + PER_BIT as u64 > self.invented.start
    }

    fn follow(&mut self, value: fax_core::maths::Complex, out: &mut impl FnMut(Output)) {
        match self.track.push(value) {
            Step::Wait => (),
            Step::Bit => {
                if let Some(bit) = self.track.decided() {
                    let doubtful = self.is_invented(self.track.decided_at());
                    self.ready.push(bit, doubtful, out);
                }
            }
            Step::Gone => {
                let (bits, count) = self.track.rest();
                (0..count).rev().for_each(|place| self.ready.push(bits >> place & 1 == 1, false, out));
                self.ready.flush(out);
                out(Output::Ended { at: Front::sample(self.track.gone_at()) });
                let (turn, amplitude) = self.track.carrier();
                self.lapse = Some(Lapse::new(self.hunt.taken(), turn, amplitude));
                self.tracking = false;
                self.hunt.restart();
            }
        }
    }
}

fn quality(seen: &Seen) -> Quality {
    /// Radians a value in hertz.
    const HERTZ: f32 = (300 * PER_BIT) as f32 / (2.0 * core::f32::consts::PI);
    let peak = seen.strength / PER_BIT as f32;
    Quality {
        evm: Decibel::from_power(seen.noise.max(1e-6)),
        frequency_offset: seen.turn * HERTZ,
        clock_offset: seen.stretch * (-1e6 / PER_BIT as f32),
        level: Dbm0::from_power(peak * peak / 2.0),
    }
}

/// Bits on their way out.
#[derive(Clone, Copy, Debug, Default)]
struct Ready {
    bits: u8,
    count: u8,
    doubtful: bool,
}

impl Ready {
    fn push(&mut self, bit: bool, doubtful: bool, out: &mut impl FnMut(Output)) {
        if doubtful != self.doubtful {
            self.flush(out);
            self.doubtful = doubtful;
        }
        self.bits |= u8::from(bit) << self.count;
        self.count += 1;
        if self.count == 8 {
            self.flush(out);
        }
    }

    fn flush(&mut self, out: &mut impl FnMut(Output)) {
        if self.count > 0 {
            let Self { bits, count, doubtful } = *self;
            out(if doubtful { Output::Doubtful { bits, count } } else { Output::Bits { bits, count } });
        }
        *self = Self::default();
    }
}
