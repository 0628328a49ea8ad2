//! The speaking half of a line: one thing after the other, with the silences between.

use super::Settings;
use super::event::Event;
use crate::bits::BitQueue;
use crate::hdlc::Framer;
use crate::modem::Transmitter;
use crate::tone::Generator;
use fax_core::{Events, Grammar, Opening, Progress, Refusal, Room, Signal, Span, Timestamp, Tone, V29Rate};
use std::collections::VecDeque;

/// Silence before a modem carrier: 75 +- 20 ms (T.30 5.3.2.2).
const GAP: Span = Span::from_millis(75);
/// Flags before the first frame on V.21: 1 s +- 15 % (T.30 5.3.1).
const PREAMBLE_FLAGS: u32 = 37;
/// Flags before the first frame of a fast burst: 200 ms, at most 300 (T.4 A.3).
const FAST_FLAGS: Span = Span::from_millis(200);
/// What may be said ahead of its time.
const LOOK_AHEAD: Span = Span::from_millis(300);
/// Bits kept in front of the modem while frames are sent: less than an octet at 300 bit/s would do, a
/// block of 20 ms at 14 400 bit/s needs 288.
const AHEAD: Span = Span::from_millis(25);
/// Samples made at a time.
const BLOCK: usize = 160;
/// Progress and events that wait at most.
const WAITING: usize = 32;

/// Everything that speaks.
#[derive(Clone, Debug)]
pub(crate) struct Mouth {
    settings: Settings,
    /// V.21, and the fast modem, whichever it is.
    modems: [Transmitter; 2],
    now: u64,
    /// Samples since the last sound.
    quiet: u64,
    grammar: Grammar,
    sound: Sound,
    /// A burst that begins when the one before has ended and the gap is kept.
    next: Option<Opening>,
    framer: Framer,
    carries: Carries,
    /// Something has been said and not yet been reported as drained.
    to_drain: bool,
    /// Zeros that the burst's modem had made up before it began.
    underrun_bits: u64,
    progress: VecDeque<Progress>,
    events: Events<Event, WAITING>,
}

#[derive(Clone, Debug)]
#[allow(clippy::large_enum_variant, reason = "one a line")]
enum Sound {
    Silence,
    Tone(Generator),
    /// A carrier is on, its place in `modems`; `ending` once no more will be said.
    Carrier {
        opening: Opening,
        modem: usize,
        ending: bool,
    },
}

/// What the open burst carries; told by the first thing said in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Carries {
    Undecided,
    Frames,
    Bits,
}

impl Mouth {
    pub(crate) fn new(settings: Settings) -> Self {
        let fast = Opening::V29(V29Rate::R9600);
        Self {
            settings,
            modems: [Opening::V21, fast].map(|opening| Transmitter::new(opening, settings.level)),
            now: 0,
            quiet: GAP.samples(),
            grammar: Grammar::default(),
            sound: Sound::Silence,
            next: None,
            framer: Framer::new(),
            carries: Carries::Undecided,
            to_drain: false,
            underrun_bits: 0,
            progress: VecDeque::with_capacity(WAITING),
            events: Events::new(),
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::from_samples(self.now)
    }

    /// The tone that is being sent, also in the pauses of its cadence.
    pub(crate) fn tone(&self) -> Option<Tone> {
        if let Sound::Tone(generator) = &self.sound { Some(generator.tone()) } else { None }
    }

    pub(crate) fn carrier_is_on(&self) -> bool {
        matches!(self.sound, Sound::Carrier { .. })
    }

    pub(crate) fn is_speaking(&self) -> bool {
        !matches!(self.sound, Sound::Silence) || self.next.is_some()
    }

    pub(crate) fn progress(&mut self) -> Option<Progress> {
        self.progress.pop_front()
    }

    pub(crate) fn event(&mut self) -> Option<(Timestamp, Event)> {
        self.events.take()
    }

    /// Bits that may be said: [`LOOK_AHEAD`] at the rate of the open burst, less what waits.
    pub(crate) fn room(&self) -> Room {
        let Sound::Carrier { opening, ending: false, .. } = &self.sound else {
            return Room { bits: 0, dry_at: None };
        };
        let rate = u64::from(opening.bit_rate().0);
        let waiting = self.waiting_bits();
        let ahead = ((rate * LOOK_AHEAD.micros() / 1_000_000) as usize).min(BitQueue::CAPACITY);
        let bits = ahead.saturating_sub(waiting).min(8 * self.framer.room().saturating_sub(2));
        let dry_at = self.now() + Span::from_micros(waiting as u64 * 1_000_000 / rate);
        Room { bits, dry_at: Some(dry_at) }
    }

    pub(crate) fn say(&mut self, signal: Signal) -> Result<(), Refusal> {
        let mut after = self.grammar;
        after.take(signal)?;
        match signal {
            Signal::Silence => self.stop_tone(),
            Signal::Tone(tone) => self.start_tone(tone)?,
            Signal::Begin(opening) => self.begin(opening)?,
            Signal::Octets(chunk) => {
                self.take_room(chunk.len_bits())?;
                self.carry_frames();
                self.framer.octets(&chunk);
            }
            Signal::FrameEnd(frame_end) => {
                if self.framer.room() == 0 || self.next.is_some() {
                    return Err(Refusal::Full);
                }
                self.carry_frames();
                self.framer.end(frame_end);
            }
            Signal::Bits(chunk) => {
                self.take_room(chunk.len_bits())?;
                self.carries = Carries::Bits;
                let Sound::Carrier { modem, .. } = self.sound else { return Err(Refusal::Full) };
                let mut left = chunk.len_bits();
                for octet in chunk.octets() {
                    let count = left.min(8);
                    self.modems[modem].bits().push(octet.reverse_bits().into(), count);
                    left -= count;
                }
                self.to_drain = true;
            }
            // What is missing is filled by whoever paces the line; it has nothing to send here.
            Signal::Missing => {}
            Signal::End => self.end()?,
        }
        self.grammar = after;
        Ok(())
    }

    pub(crate) fn fill(&mut self, out: &mut [i16]) {
        let mut done = 0;
        while done < out.len() {
            // A burst may end within a block: the rest of it is another sound.
            let end = out.len().min(done + BLOCK);
            let filled = self.block(&mut out[done..end]);
            done += filled;
        }
    }

    fn take_room(&self, bits: usize) -> Result<(), Refusal> {
        if bits <= self.room().bits { Ok(()) } else { Err(Refusal::Full) }
    }

    fn waiting_bits(&self) -> usize {
        let Sound::Carrier { modem, .. } = self.sound else { return 0 };
        let queued = self.modems[modem].queued_bits();
        queued + 8 * (Framer::CAPACITY - self.framer.room())
    }

    fn start_tone(&mut self, tone: Tone) -> Result<(), Refusal> {
        if self.carrier_is_on() || self.next.is_some() {
            return Err(Refusal::Full);
        }
        if self.tone() != Some(tone) {
            self.sound = Sound::Tone(Generator::new(tone, self.settings.level));
        }
        Ok(())
    }

    fn stop_tone(&mut self) {
        if matches!(self.sound, Sound::Tone(_)) {
            (self.sound, self.quiet) = (Sound::Silence, 0);
        }
    }

    fn begin(&mut self, opening: Opening) -> Result<(), Refusal> {
        if self.next.is_some() {
            return Err(Refusal::Full);
        }
        self.stop_tone();
        self.next = Some(opening);
        Ok(())
    }

    fn carry_frames(&mut self) {
        self.carries = Carries::Frames;
        self.to_drain = true;
    }

    fn end(&mut self) -> Result<(), Refusal> {
        // A burst that has not begun yet begins and ends with nothing said: the caller's wish.
        if self.next.is_some() {
            return Err(Refusal::Full);
        }
        if let Sound::Carrier { ending, .. } = &mut self.sound {
            *ending = true;
        }
        Ok(())
    }

    /// Makes samples of one sound; returns how many.
    fn block(&mut self, out: &mut [i16]) -> usize {
        self.start_next();
        match &mut self.sound {
            Sound::Silence => {
                // Not further than to where the next burst begins.
                let gap = GAP.samples().saturating_sub(self.quiet) as usize;
                let count = if self.next.is_some() { gap.clamp(1, out.len()) } else { out.len() };
                out[..count].fill(0);
                self.quiet += count as u64;
                self.now += count as u64;
                count
            }
            Sound::Tone(generator) => {
                generator.fill(out);
                self.now += out.len() as u64;
                out.len()
            }
            Sound::Carrier { opening, modem, ending } => {
                let (opening, modem, ending) = (*opening, *modem, *ending);
                self.feed(opening, modem, ending);
                let filled = self.modems[modem].fill(out);
                self.now += filled as u64;
                self.report_drained();
                if filled < out.len() {
                    self.ended(modem);
                }
                filled
            }
        }
    }

    fn start_next(&mut self) {
        if !matches!(self.sound, Sound::Silence) || self.quiet < GAP.samples() {
            return;
        }
        let Some(opening) = self.next.take() else { return };
        let place = usize::from(opening != Opening::V21);
        let modem = &mut self.modems[place];
        self.underrun_bits = modem.underrun_bits();
        modem.tune(opening);
        modem.start(opening.training(), self.settings.protection);
        self.framer.clear();
        let flags = match opening {
            Opening::V21 => PREAMBLE_FLAGS,
            fast => (u64::from(fast.bit_rate().0) * FAST_FLAGS.micros() / 8_000_000 + 1) as u32,
        };
        self.framer.hold_flags(flags);
        self.carries = if opening == Opening::V21 { Carries::Frames } else { Carries::Undecided };
        self.sound = Sound::Carrier { opening, modem: place, ending: false };
        let now = self.now();
        self.report(Progress::Started(opening, now));
    }

    /// Keeps the modem's queue filled with frames and flags, and tells it when there is nothing more.
    fn feed(&mut self, opening: Opening, modem: usize, ending: bool) {
        let modem = &mut self.modems[modem];
        if self.carries == Carries::Frames {
            let ahead = u64::from(opening.bit_rate().0) * AHEAD.micros() / 1_000_000 + 8;
            if !(ending && self.framer.is_idle()) {
                self.framer.fill(modem.bits(), ahead as usize);
            }
        }
        if ending && (self.carries != Carries::Frames || self.framer.is_idle()) {
            modem.finish();
        }
    }

    fn report_drained(&mut self) {
        if self.to_drain && self.framer.is_idle() && self.waiting_bits() < 8 {
            self.to_drain = false;
            let now = self.now();
            self.report(Progress::Drained(now));
        }
    }

    fn ended(&mut self, modem: usize) {
        let now = self.now();
        (self.sound, self.quiet) = (Sound::Silence, 0);
        self.report(Progress::Ended(now));
        if self.framer.aborts() > 0 {
            self.events.note(now, Event::FramesAborted { frames: self.framer.aborts() });
            self.framer = Framer::new();
        }
        let bits = self.modems[modem].underrun_bits() - self.underrun_bits;
        if bits > 0 {
            self.events.note(now, Event::Underrun { bits });
        }
    }

    fn report(&mut self, progress: Progress) {
        if self.progress.len() == WAITING {
            self.progress.pop_front();
        }
        self.progress.push_back(progress);
    }
}
