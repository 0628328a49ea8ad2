//! Which 2100 Hz tone is it: plain, with reversals, with ANSam's swing, or both?
//!
//! From: V.25 2.3, V.8 7.2.

use super::front::{HOP, LOOKS_PER_SECOND};
use super::watch::Carrier;
use super::{MODULATION, MODULATION_DEPTH, REVERSAL_PERIOD};
use fax_core::maths::{Complex, Phase};
use fax_core::{SAMPLE_RATE, Tone};

/// Looks over which the swing is measured: 200 ms, three of its periods.
const SWING_WINDOW: usize = 80;

/// Looks between two such measurements: 20 ms.
const SWING_INTERVAL: usize = 8;

/// Looks before and after the turn that are compared.
const SIDE: usize = 5;

/// Looks between the two sides: a look that holds the turn itself belongs to neither.
const GAP: usize = 3;

/// Looks kept, a power of two.
const MEMORY: usize = 16;

/// Depths of swing that are ANSam's: half to one and a half of nominal.
const DEPTHS: [f32; 2] = [0.5 * MODULATION_DEPTH, 1.5 * MODULATION_DEPTH];

/// Squared amplitude of a look that is in a dip, of the tone's.
const DIP: f32 = 0.16;

/// The swing stands out of the rest of the envelope by this many standard deviations.
const CERTAIN: f32 = 5.0;

/// How exactly a turn is half a turn: within 37 degrees, noise included.
const HALF_TURN: f32 = -0.8;

/// How far the time between two turns may be from 450 ms: 25 ms (V.25 2.3), and 10 ms for ours.
const REVERSAL_TOLERANCE: u64 = 35 * SAMPLE_RATE as u64 / 1000;

/// What is known of a 2100 Hz tone beyond its being there.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    /// Told so far.
    kind: Tone,
    looks: [Complex; MEMORY],
    envelope: [f32; SWING_WINDOW],
    taken: usize,
    /// The sample of the last turn; at first, the beginning of the tone.
    turned: u64,
    reversals: bool,
    swing: bool,
    /// Turn of the swing a look.
    wave: [Complex; SWING_WINDOW],
}

impl Answer {
    pub(super) fn new() -> Self {
        let step = f64::from(MODULATION.0 / LOOKS_PER_SECOND);
        let mut wave = [Complex::ZERO; SWING_WINDOW];
        for (n, point) in wave.iter_mut().enumerate() {
            *point = Phase::from_turns(step * n as f64).point();
        }
        Self {
            kind: Tone::Ced,
            looks: [Complex::ZERO; MEMORY],
            envelope: [0.0; SWING_WINDOW],
            taken: 0,
            turned: 0,
            reversals: false,
            swing: false,
            wave,
        }
    }

    /// A new tone, that began at this sample; `looks` is what convinced the watch.
    pub(super) fn begin(&mut self, began: u64, carrier: &Carrier, looks: impl Iterator<Item = Complex>) {
        self.kind = Tone::Ced;
        self.taken = 0;
        self.turned = began;
        self.reversals = false;
        self.swing = false;
        looks.for_each(|look| self.keep(look, carrier));
    }

    fn keep(&mut self, look: Complex, carrier: &Carrier) {
        self.looks[self.taken % MEMORY] = look;
        // The dip of a turn is no swing.
        let square = look.norm_sqr();
        let before = self.envelope[self.taken.wrapping_sub(1) % SWING_WINDOW];
        let dip = square < DIP * carrier.square;
        self.envelope[self.taken % SWING_WINDOW] = if dip { before } else { square.sqrt() };
        self.taken += 1;
    }

    /// Takes the next look at the tone, `now` being the samples counted so far. Tells what it turned
    /// out to be, when that is news.
    pub(super) fn take(&mut self, look: Complex, carrier: &Carrier, now: u64) -> Option<Tone> {
        self.keep(look, carrier);
        self.look_for_turn(carrier, now);
        if !self.swing && self.taken >= SWING_WINDOW && self.taken.is_multiple_of(SWING_INTERVAL) {
            self.swing = self.swings();
        }
        let kind = match (self.reversals, self.swing) {
            (false, false) => Tone::Ced,
            (true, false) => Tone::AnsPr,
            (false, true) => Tone::AnsAm,
            (true, true) => Tone::AnsAmPr,
        };
        (kind != core::mem::replace(&mut self.kind, kind)).then_some(kind)
    }

    /// Has the phase turned by half a turn just now, 450 ms after it last did?
    fn look_for_turn(&mut self, carrier: &Carrier, now: u64) {
        let span = 2 * SIDE + GAP;
        if self.reversals || self.taken < span {
            return;
        }
        // Both sums run along the carrier's turn, from the middle outwards.
        let (mut before, mut after) = (Complex::ZERO, Complex::ZERO);
        let mut turned = Complex::ONE;
        for n in 0..span {
            let look = self.looks[(self.taken - span + n) % MEMORY] * turned.conj();
            if n < SIDE {
                before += look;
            } else if n >= SIDE + GAP {
                after += look;
            }
            turned = turned * carrier.step;
        }
        let strong = 0.3 * (SIDE * SIDE) as f32 * carrier.square;
        let product = after * before.conj();
        let size = (before.norm_sqr() * after.norm_sqr()).sqrt();
        if before.norm_sqr() < strong || after.norm_sqr() < strong || product.re > HALF_TURN * size {
            return;
        }
        let at = now.saturating_sub((span / 2 * HOP) as u64);
        let since = at.saturating_sub(self.turned);
        // The same turn is seen by several looks.
        if since > SAMPLE_RATE as u64 / 20 {
            self.reversals = since.abs_diff(u64::from(REVERSAL_PERIOD)) <= REVERSAL_TOLERANCE;
            self.turned = at;
        }
    }

    /// Does the envelope swing at 15 Hz, and clearly so?
    fn swings(&self) -> bool {
        let (mut sum, mut squares, mut line) = (0.0, 0.0, Complex::ZERO);
        for (&amplitude, &wave) in self.envelope.iter().zip(&self.wave) {
            sum += amplitude;
            squares += amplitude * amplitude;
            line += wave.scale(amplitude);
        }
        let count = SWING_WINDOW as f32;
        let mean = sum / count;
        let depth = line.abs() * (2.0 / count);
        // What is neither mean nor swing, and how far it throws the depth about: noise is 4/3 as dense
        // at 15 Hz as it is on the whole in looks that overlap.
        let rest = (squares / count - mean * mean - depth * depth * 0.5).max(0.0);
        let deviation = (rest * (4.0 / 3.0) * (2.0 / count)).sqrt();
        // A tone that has just ended is no swing.
        let last: f32 = (1..=4).map(|back| self.envelope[(self.taken - back) % SWING_WINDOW]).sum();
        if last < 4.0 * 0.6 * mean {
            return false;
        }
        depth >= DEPTHS[0] * mean && depth <= DEPTHS[1] * mean && depth >= CERTAIN * deviation
    }
}
