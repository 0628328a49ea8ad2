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
mod plan;
mod presence;
mod resync;
mod sighting;
mod slicer;
mod track;
mod trellis;

use crate::output::{Output, Quality};
use crate::table::Modem;
use align::{Align, Search};
use decode::Decoder;
use fax_core::maths::{self, Complex};
use fax_core::{Dbm0, Decibel, Opening, SAMPLE_RATE, Training};
use fit::{Fit, Outcome, Timebase};
use front::{History, Instant};
use lines::{BLOCK, LineDetector};
use plan::Plan;
use presence::Presence;
use resync::Learned;
use sighting::Sighting;
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
/// Modems that can be told apart by their alternation: pairs of carrier and symbol rate.
const KINDS: usize = 4;
/// Scrambled ones at the end of a training by which the rate is told when it is not known.
const RATE_SYMBOLS: usize = 48;

/// Receives the fast modems, one burst after the other.
#[derive(Clone, Debug)]
pub struct QamReceiver {
    /// What may come, likeliest first.
    expected: [Option<&'static Plan>; Modem::ALL.len()],
    hunters: [Option<Hunter>; KINDS],
    block: [f32; BLOCK],
    filled: usize,
    blocks: u32,
    history: History,
    align: Align,
    fit: Fit,
    track: Track,
    decoder: Decoder,
    presence: Presence,
    /// The modem and training of the burst that goes on, or of the last one.
    plan: &'static Plan,
    training: Training,
    began: u64,
    /// Error at the end of the burst's training, relative to the power of its symbols.
    trained: f32,
    /// What the last burst taught, and whose it was.
    learned: Option<(&'static Plan, Learned)>,
    retries: u8,
    /// An alternation that came while a training was thought to be going on.
    sighting: Option<Sighting>,
    /// Samples from where the opening alone seemed to stand to where the whole training said it was: on a
    /// line that delays the band's edges the next opening will seem to stand as wrong.
    shift: f64,
    ones: Vec<Complex>,
    burst: Burst,
}

/// Listens for one kind of alternation.
#[derive(Clone, Debug)]
struct Hunter {
    plan: &'static Plan,
    detector: LineDetector,
}

/// One burst as the receiver lives it.
#[derive(Clone, Copy, Debug)]
enum Burst {
    /// Nothing has been heard.
    Hunt,
    /// The alternation was heard; its end is sought.
    Align { cycles: f64, held: f32 },
    /// Where the training's known symbols begin is known; which training it is, is not.
    Choose { time: Timebase },
    /// The window of the training is being fitted, for one modem after the other where the training
    /// tells them apart.
    Fit { start: Timebase, tried: usize, best: Option<(f32, usize)> },
    /// The known symbols go by; `next` is the number of the next one.
    Train { next: usize, error: f32 },
    /// The rate is being told by the scrambled ones.
    Rate { error: f32 },
    /// User data.
    Data,
}

impl QamReceiver {
    /// A receiver for one modem. All memory that it will ever use is allocated here, and by the first
    /// receiver of a kind the tables that all share.
    pub fn new(modem: &'static Modem) -> Self {
        Self::listening(&[modem])
    }

    /// A receiver for whatever may come.
    pub fn any() -> Self {
        Self::listening(&Modem::ALL)
    }

    /// A receiver for some modems, likeliest first. Where several rates have the same training it
    /// tells the rate by the scrambled ones before the data.
    pub fn listening(modems: &[&'static Modem]) -> Self {
        // Every table that a later expectation may need is made now, not between samples.
        let plans = Modem::ALL.map(Plan::of);
        let plan = modems.first().map_or(plans[0], |first| Plan::of(first));
        let mut receiver = Self {
            expected: [None; Modem::ALL.len()],
            hunters: [const { None }; KINDS],
            block: [0.0; BLOCK],
            filled: 0,
            blocks: 0,
            history: History::new(),
            align: Align::new(),
            fit: Fit::new(),
            track: Track::new(),
            decoder: Decoder::new(plan),
            presence: Presence::of(plan.modem),
            plan,
            training: Training::Long,
            began: 0,
            trained: 0.0,
            learned: None,
            retries: 0,
            sighting: None,
            shift: 0.0,
            ones: Vec::with_capacity(RATE_SYMBOLS),
            burst: Burst::Hunt,
        };
        receiver.expect(modems);
        receiver
    }

    /// Replaces what may come. A burst that goes on is not touched.
    pub fn expect(&mut self, modems: &[&'static Modem]) {
        self.expected = [None; Modem::ALL.len()];
        let mut hunters = [const { None }; KINDS];
        for (place, modem) in self.expected.iter_mut().zip(modems) {
            let plan = Plan::of(modem);
            *place = Some(plan);
            let is_kin =
                |hunter: &Option<Hunter>| hunter.as_ref().is_none_or(|h: &Hunter| h.plan.is_kin(modem));
            if let Some(free @ None) = hunters.iter_mut().find(|hunter| is_kin(hunter)) {
                // A hunter that was there before goes on with what it has heard.
                let known = self.hunters.iter().flatten().find(|hunter| hunter.plan.is_kin(modem));
                let detector = known.map_or(LineDetector::new(), |hunter| hunter.detector.clone());
                *free = Some(Hunter { plan, detector });
            }
        }
        self.hunters = hunters;
    }

    /// The modem and training of the burst that goes on, or of the last one.
    pub fn opening(&self) -> Opening {
        self.plan.modem.opening.with_training(self.training)
    }

    /// The opening, if no other expected one has the same carrier and symbol rate.
    fn certain_opening(&self) -> Option<Opening> {
        let alike = self.expected.iter().flatten().filter(|plan| plan.is_kin(self.plan.modem)).count();
        (alike < 2).then(|| self.opening())
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
        self.sighting = None;
        self.hunt_anew();
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

    /// Samples taken that are not yet reflected in any output because a training is still being
    /// worked on; zero between bursts.
    pub fn is_training(&self) -> bool {
        !matches!(self.burst, Burst::Hunt | Burst::Data)
    }

    /// Whether data comes so clean that it can be nothing else than the burst that was trained.
    pub fn is_sure(&self) -> bool {
        matches!(self.burst, Burst::Data) && self.presence.is_sure() && self.track.error <= self.plan.clean
    }

    /// Lets samples pass unheard, as if they had been silence: their number counts. To be called only
    /// while it is not [busy](Self::is_busy), and at whole blocks of 5 ms.
    pub fn skip(&mut self, samples: u64) {
        self.history.skip(samples);
        self.hunt_anew();
    }

    /// The sample that came so many before the next one, and those after it; 1 s of them is kept.
    pub(crate) fn heard_before(&self, samples: u64, out: &mut [i16]) {
        self.history.copy(self.history.written().saturating_sub(samples), out);
    }

    fn hunt_anew(&mut self) {
        for hunter in self.hunters.iter_mut().flatten() {
            hunter.detector.reset();
        }
    }

    fn block(&mut self, out: &mut impl FnMut(Output), observe: &mut impl FnMut(Complex, Complex)) {
        self.history.push(&self.block);
        self.blocks = self.blocks.wrapping_add(1);
        self.hear_lines(out);
        // A state may end within the block; what follows must not wait for the next one.
        while let Some(next) = self.advance(out, observe) {
            self.burst = next;
        }
    }

    fn hear_lines(&mut self, out: &mut impl FnMut(Output)) {
        let power = maths::power(&self.block);
        let mut heard: Option<(lines::Alternation, &'static Plan)> = None;
        for hunter in self.hunters.iter_mut().flatten() {
            let Some(one) = hunter.detector.block(&hunter.plan.lines, &self.block, power) else { continue };
            if heard.is_none_or(|(other, _)| one.held > other.held) {
                heard = Some((one, hunter.plan));
            }
        }
        if let Some((alternation, plan)) = heard {
            self.alternation(alternation, plan, out);
        }
    }

    /// An alternation opens a training, whatever was thought to be going on.
    fn alternation(&mut self, heard: lines::Alternation, plan: &'static Plan, out: &mut impl FnMut(Output)) {
        let sighting = Sighting { heard, plan, at: self.history.written() };
        let surely = heard.held >= lines::SURELY;
        match self.burst {
            Burst::Hunt => {}
            // A window that lies wholly within the alternation shows the carrier best.
            Burst::Align { held, .. } if heard.held > held => {}
            Burst::Train { .. } | Burst::Rate { .. } if surely => {
                out(Output::TrainingFailed { opening: self.opening(), began: self.began });
            }
            Burst::Data if surely => {
                out(Output::Ended { at: self.history.written().saturating_sub(lines::SPAN as u64) });
            }
            Burst::Data => return,
            _ => {
                self.sighting = Some(self.sighting.map_or(sighting, |kept| kept.or_later(sighting)));
                return;
            }
        }
        self.burst = self.align(sighting);
    }

    fn align(&mut self, sighting: Sighting) -> Burst {
        self.plan = sighting.plan;
        self.align.begin(self.plan, sighting.start(), sighting.cycles());
        self.retries = RETRIES;
        self.sighting = None;
        Burst::Align { cycles: sighting.cycles(), held: sighting.heard.held }
    }

    /// There was no training. If another alternation was heard meanwhile, its training may lie in the
    /// samples that are kept.
    fn hunt(&mut self) -> Burst {
        match self.sighting.take() {
            Some(sighting) if self.history.covers(sighting.start()) => self.align(sighting),
            _ => Burst::Hunt,
        }
    }

    /// Goes on as far as the samples allow. Returns the next state, or `None` to wait for samples.
    fn advance(
        &mut self,
        out: &mut impl FnMut(Output),
        observe: &mut impl FnMut(Complex, Complex),
    ) -> Option<Burst> {
        match self.burst {
            Burst::Hunt => None,
            Burst::Align { cycles, .. } => match self.align.search(&self.history, self.plan.filter()) {
                Search::On => None,
                // What was recognised before it was sought again has failed.
                Search::Lost if self.retries < RETRIES => Some(self.fail(out)),
                Search::Lost => Some(self.hunt()),
                Search::Found { at, .. } => {
                    let time = Timebase { origin: at, half: self.plan.half(), cycles };
                    Some(Burst::Choose { time })
                }
            },
            Burst::Choose { time } => self.choose(time, out),
            Burst::Fit { start, tried, best } => self.step_fit(start, tried, best, out),
            Burst::Train { next, error } => self.train(next, error, out),
            Burst::Rate { error } => self.tell_rate(error, out),
            Burst::Data => self.data(out, observe),
        }
    }

    /// Tells the long training from the short one by what follows the symbols they share.
    fn choose(&mut self, time: Timebase, out: &mut impl FnMut(Output)) -> Option<Burst> {
        let mut start = time;
        let long = &self.plan.long;
        if let Some(short) = &self.plan.short {
            match align::continues(long, short.known.len(), time, &self.history, self.plan.filter())? {
                Some(shift) => start.origin = time.instant(shift),
                None => return Some(self.resynchronise(time, out)),
            }
            self.shift = start.origin.samples_from(time.origin);
        }
        self.training = Training::Long;
        self.began = self.beginning(start.origin, self.plan.long.alternations);
        out(Output::Recognised { opening: self.certain_opening(), began: self.began });
        self.begin_fit(start);
        let tried = self.expected.iter().flatten().position(|plan| core::ptr::eq(*plan, self.plan));
        Some(Burst::Fit { start, tried: tried.unwrap_or(0), best: None })
    }

    fn begin_fit(&mut self, start: Timebase) {
        // Where a symbol lasts longer, fewer of them teach the same and are kept as long.
        let symbols = (fit::WINDOW as f64 * self.plan.symbol_rate / 0.2) as usize;
        self.fit.begin(start, symbols.min(self.plan.long.known.len()));
    }

    fn resynchronise(&mut self, time: Timebase, out: &mut impl FnMut(Output)) -> Burst {
        self.training = Training::Short;
        let plan = self.plan;
        let short = plan.lesson(Training::Short);
        self.began = self.beginning(time.origin, short.alternations);
        out(Output::Recognised { opening: self.certain_opening(), began: self.began });
        let learned = self.learned.filter(|(of, _)| of.is_kin(plan.modem));
        let error = learned.and_then(|(_, learned)| {
            let time = Timebase { origin: time.origin.plus(self.shift), ..time };
            self.track.expect_power(plan.modem.mean_power());
            resync::resynchronise(&mut self.track, &learned, time, short, &self.history, plan.filter())
        });
        match error {
            Some(error) if is_usable(error) => Burst::Train { next: short.known.len(), error },
            _ => self.fail(out),
        }
    }

    fn fail(&mut self, out: &mut impl FnMut(Output)) -> Burst {
        out(Output::TrainingFailed { opening: self.opening(), began: self.began });
        self.hunt()
    }

    fn step_fit(
        &mut self,
        start: Timebase,
        tried: usize,
        best: Option<(f32, usize)>,
        out: &mut impl FnMut(Output),
    ) -> Option<Burst> {
        if !self.fit.ready(&self.history) || !self.blocks.is_multiple_of(FIT_EVERY) {
            return None;
        }
        // One step a block: the count moves on so that this one is not asked again.
        self.blocks = self.blocks.wrapping_add(1);
        let outcome = self.fit.step(&self.history, self.plan.filter(), &self.plan.long)?;
        if let Some(next) = self.other_training(tried, best, outcome.error) {
            return Some(self.try_training(start, next, tried, best, outcome.error));
        }
        self.began = self.beginning(self.fit.time.origin, self.plan.long.alternations);
        Some(if is_usable(outcome.error) { self.start_tracking(&outcome) } else { self.look_again(out) })
    }

    /// The next expected modem whose training might be the one at hand: one not tried yet, or at the
    /// end the best one again.
    fn other_training(&self, tried: usize, best: Option<(f32, usize)>, error: f32) -> Option<usize> {
        let rival =
            |plan: &&'static Plan| plan.is_kin(self.plan.modem) && plan.long.known != self.plan.long.known;
        // After the best one has been looked at again, `best` names it and its error is the same.
        if let Some((least, at)) = best {
            return (least < error && at != tried).then_some(at);
        }
        self.expected.iter().flatten().skip(tried).position(rival).map(|at| at + tried)
    }

    fn try_training(
        &mut self,
        start: Timebase,
        next: usize,
        tried: usize,
        best: Option<(f32, usize)>,
        error: f32,
    ) -> Burst {
        if let Some(plan) = self.expected.iter().flatten().nth(next) {
            self.plan = plan;
        }
        self.begin_fit(start);
        Burst::Fit { start, tried: next, best: best.or(Some((error, tried))) }
    }

    /// What was taken for the opening was not it; it may still lie ahead.
    fn look_again(&mut self, out: &mut impl FnMut(Output)) -> Burst {
        let Timebase { origin, cycles, .. } = self.fit.time;
        let later = self.sighting.is_some_and(|sighting| sighting.start() > origin);
        if self.retries == 0 || later {
            return self.fail(out);
        }
        self.retries -= 1;
        self.align.begin(self.plan, origin.plus(16.0 * self.plan.half()), cycles);
        Burst::Align { cycles, held: 1.0 }
    }

    fn start_tracking(&mut self, outcome: &Outcome) -> Burst {
        let next = (self.fit.symbols() as i64 - WARM_UP).max(0);
        self.track.expect_power(self.plan.modem.mean_power());
        self.track.begin(&self.fit, outcome, next, &self.history, self.plan.filter());
        Burst::Train { next: next as usize, error: outcome.error }
    }

    /// Runs through the rest of the known symbols.
    fn train(&mut self, mut next: usize, error: f32, out: &mut impl FnMut(Output)) -> Option<Burst> {
        let known = &self.plan.lesson(self.training).known;
        let filter = self.plan.filter();
        while let Some(symbol) = known.get(next) {
            let Some(_) = self.track.next(&self.history, filter) else {
                self.burst = Burst::Train { next, error };
                return None;
            };
            next += 1;
            self.track.learn(*symbol);
        }
        if !is_usable(self.track.error) {
            return Some(self.fail(out));
        }
        self.ones.clear();
        if self.rivals().count() > 1 {
            return Some(Burst::Rate { error });
        }
        self.start_data(error, out);
        Some(Burst::Data)
    }

    /// Expected modems that this training does not tell from each other.
    fn rivals(&self) -> impl Iterator<Item = &'static Plan> {
        let (plan, known) = (self.plan, &self.plan.long.known);
        let rival = move |other: &&'static Plan| other.is_kin(plan.modem) && other.long.known == *known;
        self.expected.iter().flatten().copied().filter(rival)
    }

    /// Gathers the scrambled ones and takes the rate at which they come out as ones.
    fn tell_rate(&mut self, error: f32, out: &mut impl FnMut(Output)) -> Option<Burst> {
        let training = self.training;
        while self.ones.len() < RATE_SYMBOLS {
            self.ones.push(self.track.next(&self.history, self.plan.filter())?);
            self.track.coast();
        }
        let unlike = |plan: &'static Plan| Decoder::unlike_ones(plan, plan.lesson(training), &self.ones);
        let best = self.rivals().map(|plan| (unlike(plan), plan)).min_by(|a, b| a.0.total_cmp(&b.0));
        if let Some((_, plan)) = best {
            self.plan = plan;
        }
        self.start_data(error, out);
        Some(Burst::Data)
    }

    fn start_data(&mut self, error: f32, out: &mut impl FnMut(Output)) {
        self.track.expect_power(self.plan.modem.mean_power());
        self.trained = self.track.error;
        self.learn();
        self.decoder.begin(self.plan, self.plan.lesson(self.training));
        self.presence = Presence::of(self.plan.modem);
        out(Output::Trained { opening: self.opening(), began: self.began, quality: self.quality(error) });
        // All of them belong to the training, so no bit comes out.
        for symbol in &self.ones {
            self.decoder.symbol(*symbol, false, &mut |_| ());
        }
    }

    fn data(
        &mut self,
        out: &mut impl FnMut(Output),
        observe: &mut impl FnMut(Complex, Complex),
    ) -> Option<Burst> {
        let count = self.plan.modem.bits_per_symbol as u8;
        let filter = self.plan.filter();
        while let Some(z) = self.track.next(&self.history, filter) {
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
        // A burst that got worse than its training, or was lost before its end, teaches nothing more.
        if self.track.error <= 2.0 * self.trained && !self.presence.was_overdriven() {
            self.learn();
        }
        let symbols = self.presence.away() as f64;
        let at = self.track.now().plus(-symbols / self.plan.symbol_rate);
        out(Output::Ended { at: at.sample().max(0) as u64 });
        self.hunt_anew();
    }

    /// Keeps what a later short training can start from.
    fn learn(&mut self) {
        if self.plan.short.is_some() {
            self.learned = Some((self.plan, self.track.learned()));
        }
    }

    /// The sample at which the alternation began whose last symbol stands before `origin`.
    fn beginning(&self, origin: Instant, alternations: usize) -> u64 {
        origin.plus(-(alternations as f64) / self.plan.symbol_rate).sample().max(0) as u64
    }

    fn quality(&self, error: f32) -> Quality {
        let cycles = self.track.cycles() - self.plan.carrier;
        let clock = self.plan.half() / self.track.half() - 1.0;
        Quality {
            evm: Decibel::from_power(error),
            frequency_offset: (cycles * f64::from(SAMPLE_RATE)) as f32,
            clock_offset: (clock * 1e6) as f32,
            level: Dbm0::from_power(self.history.power_since(self.began)),
        }
    }
}

/// Not so for what is no number.
fn is_usable(error: f32) -> bool {
    error <= UNUSABLE
}
