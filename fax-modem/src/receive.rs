//! The receiver of the fast modems: V.27ter, V.29 and V.17 are tables, this is the code.
//!
//! ```text
//! samples -> history -> lines: the alternation that opens a training
//!               |    -> align: where its known symbols begin
//!               |    -> fit:   instants, carrier, equaliser, by least squares
//!               +----> matched filter -> equaliser -> turn back -> decide -> descramble -> bits
//!                           ^ clock        ^ taps       ^ phase      |
//!                           +--------------+------------+------------+ learn
//! ```
//!
//! Nothing is gated by level: a training is recognised by its pattern, so noise before a burst does
//! no harm and a faint burst is as good as a strong one. Samples are kept, so a training that was
//! recognised late is read from its beginning.
//!
//! Always: bits come only from a burst whose training left little enough error; a new alternation is
//! heard at any time, so that a false start never costs the burst after it; the output does not
//! depend on how the samples are cut into blocks.

mod align;
mod cholesky;
mod decode;
mod equaliser;
mod fit;
mod front;
mod lesson;
mod lines;
mod presence;
mod resync;
mod slicer;
mod track;
mod trellis;

use crate::output::{Output, Quality};
use crate::table::Modem;
use align::{Align, Search};
use decode::Decoder;
use fax_core::maths::Complex;
use fax_core::{Dbm0, Decibel, SAMPLE_RATE, Training};
use fit::{Fit, Outcome, Timebase};
use front::{History, Instant, MatchedFilter};
use lesson::Lesson;
use lines::{BLOCK, LineDetector};
use presence::Presence;
use resync::Learned;
use track::Track;

/// Error left by a training, relative to the power of the symbols, above which it has failed: any
/// modem here makes more than one bit error in ten there.
const UNUSABLE: f32 = 0.25;
/// How often the opening is sought again after something else was taken for it.
const RETRIES: u8 = 2;
/// Blocks between two steps of a fit, so that 160 samples never wait for more than two of them.
const FIT_EVERY: u32 = 2;
/// Symbols of a window that are run through again to warm the loops up.
const WARM_UP: i64 = 96;

/// Receives one fast modem.
#[derive(Clone, Debug)]
pub struct QamReceiver {
    modem: &'static Modem,
    /// Carrier in cycles, symbols in number, a sample.
    carrier: f64,
    symbol_rate: f64,
    long: Lesson,
    short: Option<Lesson>,
    block: [f32; BLOCK],
    filled: usize,
    blocks: u32,
    history: History,
    filter: MatchedFilter,
    lines: LineDetector,
    align: Align,
    fit: Fit,
    track: Track,
    decoder: Decoder,
    presence: Presence,
    learned: Option<Learned>,
    retries: u8,
    burst: Burst,
}

/// One burst as the receiver lives it.
#[derive(Clone, Copy, Debug)]
enum Burst {
    /// Nothing has been heard.
    Hunt,
    /// The alternation was heard; its end is sought.
    Align { cycles: f64 },
    /// Where the training's known symbols begin is known; which training it is, is not.
    Choose { time: Timebase },
    /// The window of the training is being fitted.
    Fit,
    /// The known symbols go by; `next` is the number of the next one.
    Train { training: Training, next: usize, began: u64, error: f32 },
    /// User data.
    Data,
}

impl QamReceiver {
    /// A receiver for one modem. All memory it will ever use is allocated here.
    pub fn new(modem: &'static Modem) -> Self {
        let carrier = f64::from(modem.carrier.0) / f64::from(SAMPLE_RATE);
        let symbol_rate = f64::from(modem.symbol_rate.0) / f64::from(SAMPLE_RATE);
        let long = Lesson::new(modem, Training::Long);
        let short = modem.short.map(|_| Lesson::new(modem, Training::Short));
        let shared = short.as_ref().map_or(long.known.len(), |short| short.known.len());
        let reach = long.alternations + 4 * align::OPENING;
        Self {
            modem,
            carrier,
            symbol_rate,
            block: [0.0; BLOCK],
            filled: 0,
            blocks: 0,
            history: History::new(),
            filter: MatchedFilter::new(carrier, symbol_rate, f64::from(modem.roll_off)),
            lines: LineDetector::new(carrier, symbol_rate, long.alternation),
            align: Align::new(&long.known[..shared.min(long.known.len())], reach),
            fit: Fit::new(),
            track: Track::new(modem.mean_power()),
            decoder: Decoder::new(modem),
            presence: Presence::new(modem),
            learned: None,
            retries: 0,
            burst: Burst::Hunt,
            long,
            short,
        }
    }

    /// The modem it listens for.
    pub fn modem(&self) -> &'static Modem {
        self.modem
    }

    /// Takes the next samples, in blocks of any length, and tells what they held.
    pub fn process(&mut self, samples: &[i16], out: &mut impl FnMut(Output)) {
        self.process_observed(samples, out, &mut |_, _| ());
    }

    /// As [`QamReceiver::process`]; `observe` sees every symbol of the data as the decision meets it, and
    /// the decision, both in the units of [`Modem::points`].
    pub fn process_observed(
        &mut self,
        samples: &[i16],
        out: &mut impl FnMut(Output),
        observe: &mut impl FnMut(Complex, Complex),
    ) {
        let mut samples = samples;
        while !samples.is_empty() {
            let (now, later) = samples.split_at(samples.len().min(BLOCK - self.filled));
            for (place, sample) in self.block[self.filled..].iter_mut().zip(now) {
                *place = f32::from(*sample);
            }
            self.filled += now.len();
            samples = later;
            if self.filled == BLOCK {
                self.filled = 0;
                self.block(out, observe);
            }
        }
    }

    /// Forgets the burst and hunts for the next one. What a long training taught is kept for short
    /// ones.
    pub fn reset(&mut self) {
        self.burst = Burst::Hunt;
        self.lines.reset();
    }

    /// Forgets also what a long training taught: a new call has begun.
    pub fn forget(&mut self) {
        self.learned = None;
        self.reset();
    }

    /// Whether a burst has been recognised and is not over.
    pub fn is_busy(&self) -> bool {
        !matches!(self.burst, Burst::Hunt)
    }

    fn block(&mut self, out: &mut impl FnMut(Output), observe: &mut impl FnMut(Complex, Complex)) {
        self.history.push(&self.block);
        self.blocks = self.blocks.wrapping_add(1);
        if let Some(alternation) = self.lines.block(&self.block) {
            self.alternation(alternation, out);
        }
        // A state may end within the block; what follows must not wait for the next one.
        while let Some(next) = self.advance(out, observe) {
            self.burst = next;
        }
    }

    /// An alternation opens a training, whatever was thought to be going on.
    fn alternation(&mut self, heard: lines::Alternation, out: &mut impl FnMut(Output)) {
        match self.burst {
            Burst::Hunt => {}
            // The opening is still being looked for; the newer sight of its carrier is not better.
            Burst::Align { .. } => return,
            Burst::Choose { .. } | Burst::Fit => return,
            Burst::Train { .. } | Burst::Data => {
                if heard.held < lines::SURELY {
                    return;
                }
                out(Output::Ended { at: self.history.written() });
            }
        }
        let cycles = self.carrier + heard.offset;
        let now = Instant::of_sample(self.history.written());
        let back = (lines::SPAN + 2 * BLOCK) as f64;
        self.align.begin(now.plus(-back), cycles, 0.5 / self.symbol_rate);
        self.retries = RETRIES;
        self.burst = Burst::Align { cycles };
    }

    /// Goes on as far as the samples allow. Returns the next state, or `None` to wait for samples.
    fn advance(
        &mut self,
        out: &mut impl FnMut(Output),
        observe: &mut impl FnMut(Complex, Complex),
    ) -> Option<Burst> {
        match self.burst {
            Burst::Hunt => None,
            Burst::Align { cycles } => match self.align.search(&self.history, &self.filter) {
                Search::On => None,
                Search::Lost => Some(Burst::Hunt),
                Search::Found { at, .. } => {
                    let time = Timebase { origin: at, half: 0.5 / self.symbol_rate, cycles };
                    Some(Burst::Choose { time })
                }
            },
            Burst::Choose { time } => self.choose(time, out),
            Burst::Fit => self.step_fit(out),
            Burst::Train { training, next, began, error } => self.train(training, next, began, error, out),
            Burst::Data => self.data(out, observe),
        }
    }

    /// Tells the long training from the short one by what follows the symbols they share.
    fn choose(&mut self, time: Timebase, out: &mut impl FnMut(Output)) -> Option<Burst> {
        if let Some(short) = &self.short {
            let training = align::tell(&self.long, short.known.len(), time, &self.history, &self.filter)?;
            if training == Training::Short {
                return Some(self.resynchronise(time, out));
            }
        }
        // Where a symbol lasts longer, fewer of them teach the same and are kept as long.
        let symbols = (fit::WINDOW as f64 * self.symbol_rate / 0.2) as usize;
        self.fit.begin(time, symbols.min(self.long.known.len()));
        Some(Burst::Fit)
    }

    fn resynchronise(&mut self, time: Timebase, out: &mut impl FnMut(Output)) -> Burst {
        let began = self.began(time.origin);
        let (Some(short), Some(learned)) = (&self.short, &self.learned) else {
            out(Output::TrainingFailed { began });
            return Burst::Hunt;
        };
        let error = resync::resynchronise(&mut self.track, learned, time, short, &self.history, &self.filter);
        match error {
            Some(error) if error <= UNUSABLE => {
                let next = short.known.len();
                Burst::Train { training: Training::Short, next, began, error }
            }
            _ => {
                out(Output::TrainingFailed { began });
                Burst::Hunt
            }
        }
    }

    fn step_fit(&mut self, out: &mut impl FnMut(Output)) -> Option<Burst> {
        if !self.fit.ready(&self.history) || !self.blocks.is_multiple_of(FIT_EVERY) {
            return None;
        }
        let outcome = self.fit.step(&self.history, &self.filter, &self.long);
        // One step a turn: `None` also ends the turn when the fit is not finished.
        self.blocks = self.blocks.wrapping_add(u32::from(outcome.is_none()));
        let outcome = outcome?;
        let began = self.began(self.fit.time.origin);
        if outcome.error > UNUSABLE {
            return Some(self.look_again(began, out));
        }
        Some(self.start_tracking(&outcome, began))
    }

    /// What was taken for the opening was not it; it may still lie ahead.
    fn look_again(&mut self, began: u64, out: &mut impl FnMut(Output)) -> Burst {
        if self.retries == 0 {
            out(Output::TrainingFailed { began });
            return Burst::Hunt;
        }
        self.retries -= 1;
        let Timebase { origin, cycles, .. } = self.fit.time;
        self.align.begin(origin.plus(8.0 / self.symbol_rate), cycles, 0.5 / self.symbol_rate);
        Burst::Align { cycles }
    }

    fn start_tracking(&mut self, outcome: &Outcome, began: u64) -> Burst {
        let next = (self.fit.symbols() as i64 - WARM_UP).max(0);
        self.track.begin(&self.fit, outcome, next, &self.history, &self.filter);
        self.presence.begin();
        Burst::Train { training: Training::Long, next: next as usize, began, error: outcome.error }
    }

    /// Runs through the rest of the known symbols.
    fn train(
        &mut self,
        training: Training,
        mut next: usize,
        began: u64,
        error: f32,
        out: &mut impl FnMut(Output),
    ) -> Option<Burst> {
        let lesson = match (training, &self.short) {
            (Training::Short, Some(short)) => short,
            _ => &self.long,
        };
        while let Some(symbol) = lesson.known.get(next) {
            let Some(z) = self.track.next(&self.history, &self.filter) else {
                self.burst = Burst::Train { training, next, began, error };
                return None;
            };
            next += 1;
            self.presence.symbol(z);
            self.track.learn(*symbol);
        }
        if self.track.error > UNUSABLE {
            out(Output::TrainingFailed { began });
            return Some(Burst::Hunt);
        }
        self.decoder.begin(lesson);
        self.presence.begin();
        out(Output::Trained { began, quality: self.quality(error, began) });
        Some(Burst::Data)
    }

    fn data(
        &mut self,
        out: &mut impl FnMut(Output),
        observe: &mut impl FnMut(Complex, Complex),
    ) -> Option<Burst> {
        let count = self.modem.bits_per_symbol as u8;
        while let Some(z) = self.track.next(&self.history, &self.filter) {
            let away = self.presence.symbol(z);
            let decision = self.decoder.symbol(z, away, &mut |bits| out(Output::Bits { bits, count }));
            observe(z, decision);
            if !away {
                self.track.learn(decision);
                continue;
            }
            self.track.coast();
            if self.presence.is_gone() {
                self.end(out);
                return Some(Burst::Hunt);
            }
        }
        None
    }

    fn end(&mut self, out: &mut impl FnMut(Output)) {
        self.decoder.drop_withheld();
        if self.short.is_some() {
            self.learned = Some(self.track.learned());
        }
        let symbols = self.presence.away() as f64;
        let at = self.track.now().plus(-symbols / self.symbol_rate);
        out(Output::Ended { at: at.sample().max(0) as u64 });
        self.lines.reset();
    }

    /// The sample at which the alternation began whose last symbol stands before `origin`.
    fn began(&self, origin: Instant) -> u64 {
        origin.plus(-(self.long.alternations as f64) / self.symbol_rate).sample().max(0) as u64
    }

    fn quality(&self, error: f32, began: u64) -> Quality {
        let cycles = self.track.cycles() - self.carrier;
        let clock = 0.5 / self.symbol_rate / self.track.half() - 1.0;
        Quality {
            evm: Decibel::from_power(error),
            frequency_offset: (cycles * f64::from(SAMPLE_RATE)) as f32,
            clock_offset: (clock * 1e6) as f32,
            level: Dbm0::from_power(self.history.power_since(began)),
        }
    }
}
