//! The listening half of a line: all receivers on the same samples, one sentence out of what they say.

use super::event::Event;
use super::framing::{Reader, frame};
use crate::fsk::{Channel, FskReceiver};
use crate::hdlc::{Deframer, Mended, Mender};
use crate::output::Output;
use crate::receive::QamReceiver;
use crate::table::Modem;
use crate::tone::{Detector, ToneOutput};
use crate::v8;
use fax_core::{Chunk, Expectation, FrameEnd, Framing, Heard, Opening, Outbox, Signal, Timestamp, Tone};

/// Samples for which V.8 is listened for after an answer tone that invites it: 8 s, longer than a
/// caller may take for its CM (V.8 8.1).
const V8_WINDOW: u64 = 64_000;
/// Samples after which bits that have been gathered are told.
const BLOCK: usize = 160;
/// Samples passed to the listeners at a time, so that what they say stays in the order of the line and does
/// not depend on how it is cut.
const FRAME: usize = 40;
/// Events that wait at most; the oldest give way.
const EVENTS: usize = 64;
/// Bits of a sample in which nothing but silence is: the steps of G.711 next to zero, and tones below
/// -63 dBm0.
const FAINT: u32 = 4;
/// Samples of silence after which nothing that comes is judged by what was before it: 120 ms, as long as
/// the windows of tones and longer than those of V.21.
const SILENCE: u64 = 960;
/// Samples that the others are behind at most while a burst is followed: 100 ms. It takes at most a third of
/// that to see that what comes is not the burst any more.
const LAG: u64 = 800;

/// Everything that listens.
#[derive(Clone, Debug)]
pub(crate) struct Ear {
    now: u64,
    frame: [i16; FRAME],
    filled: usize,
    /// Whether samples of the frame that is being filled were invented.
    invented: bool,
    /// Samples of silence up to now.
    silence: u64,
    attention: Attention,
    /// Samples that the tones are behind while V.21 is heard.
    tones_behind: u64,
    deaf_until: u64,
    tones: Detector,
    v21: FskReceiver,
    deframer: Deframer,
    mender: Mender,
    fast: QamReceiver,
    reader: Reader,
    v8: v8::Listener,
    v8_until: u64,
    expectation: Expectation,
    burst: Burst,
    tone: bool,
    out: Outbox<Event, EVENTS>,
}

/// Who listens. Most of a call is silence or a page, and who cannot hear anything then need not listen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Attention {
    /// Everyone.
    Full,
    /// Nobody: there has been silence for so long that more of it changes nothing. So many samples passed.
    Rest(u64),
    /// The fast receiver, which follows a burst that can be nothing else. The others are so many samples
    /// behind.
    Burst(u64),
}

/// Whose burst is being told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Burst {
    None,
    V21,
    /// A fast one that has been recognised but not trained: its opening was told if it was certain.
    Training {
        told: bool,
    },
    Fast,
}

impl Ear {
    pub(crate) fn new() -> Self {
        Self {
            now: 0,
            frame: [0; FRAME],
            filled: 0,
            invented: false,
            silence: 0,
            attention: Attention::Full,
            tones_behind: 0,
            deaf_until: 0,
            tones: Detector::new(),
            v21: FskReceiver::new(Channel::Two),
            deframer: Deframer::new(),
            mender: Mender::new(),
            fast: QamReceiver::any(),
            reader: Reader::new(),
            v8: v8::Listener::new(Channel::One),
            v8_until: 0,
            expectation: Expectation::ANYTHING,
            burst: Burst::None,
            tone: false,
            out: Outbox::new(Event::Overflow),
        }
    }

    pub(crate) fn hear(&mut self) -> Option<Heard> {
        self.out.take()
    }

    pub(crate) fn event(&mut self) -> Option<(Timestamp, Event)> {
        self.out.event()
    }

    /// Hears past this tone, which the line itself sends.
    pub(crate) fn notch(&mut self, own: Option<Tone>) {
        self.tones.ignore(own);
    }

    /// Does not listen while `speaking` and for `after` samples more.
    pub(crate) fn deafen(&mut self, speaking: bool, after: u64) {
        if speaking {
            self.deaf_until = self.now + after;
        }
    }

    /// A tone invites V.8: its messages may come on this channel.
    pub(crate) fn await_v8(&mut self, channel: Channel) {
        self.v8.tune(channel);
        self.v8_until = self.now + V8_WINDOW;
    }

    pub(crate) fn expect(&mut self, expectation: Expectation) {
        self.expectation = expectation;
        if expectation.is_anything() {
            self.fast.expect(&Modem::ALL);
            return;
        }
        let mut modems = [Modem::ALL[0]; Expectation::CAPACITY];
        let mut count = 0;
        for modem in expectation.iter().filter_map(|expected| Modem::of(expected.opening)) {
            modems[count] = modem;
            count += 1;
        }
        self.fast.expect(&modems[..count]);
    }

    /// As [`Ear::listen`], of samples that nobody sent.
    pub(crate) fn listen_invented(&mut self, samples: &[i16]) {
        for frame in samples.chunks(FRAME) {
            // Of two frames that they lie in, both.
            self.invented = true;
            self.listen(frame);
            self.invented = self.filled > 0;
        }
    }

    pub(crate) fn listen(&mut self, samples: &[i16]) {
        for block in samples.chunks(BLOCK) {
            if self.hears_nothing(block.len() as u64) {
                continue;
            }
            let mut rest = block;
            while !rest.is_empty() {
                let (now, later) = rest.split_at(rest.len().min(FRAME - self.filled));
                self.frame[self.filled..self.filled + now.len()].copy_from_slice(now);
                self.filled += now.len();
                rest = later;
                if self.filled == FRAME {
                    self.filled = 0;
                    self.frame();
                    self.invented = self.invented && !rest.is_empty();
                }
            }
            self.flush();
        }
    }

    /// Whether so many samples, whole frames, pass with nobody listening whatever they are; then they have.
    fn hears_nothing(&mut self, samples: u64) -> bool {
        let whole = self.filled == 0 && samples.is_multiple_of(FRAME as u64);
        match &mut self.attention {
            Attention::Rest(passed) if whole && self.now + samples <= self.deaf_until => {
                *passed += samples;
                self.now += samples;
                true
            }
            _ => false,
        }
    }

    fn frame(&mut self) {
        let deaf = self.now < self.deaf_until;
        self.now += FRAME as u64;
        let silent = deaf || is_silent(&self.frame);
        if let (Attention::Rest(passed), true) = (self.attention, silent) {
            self.attention = Attention::Rest(passed + FRAME as u64);
            return;
        }
        let frame = if deaf { [0; FRAME] } else { self.frame };
        self.silence = if silent { self.silence + FRAME as u64 } else { 0 };
        self.attention = match self.attention {
            Attention::Full => {
                self.hear_others(&frame);
                self.hear_fast(&frame);
                self.who_listens()
            }
            Attention::Rest(passed) => {
                self.skip_others(passed);
                self.fast.skip(passed);
                self.hear_others(&frame);
                self.hear_fast(&frame);
                Attention::Full
            }
            Attention::Burst(behind) => {
                self.hear_fast(&frame);
                if self.fast.is_sure() {
                    Attention::Burst(behind + FRAME as u64)
                } else {
                    self.catch_up(behind + FRAME as u64);
                    Attention::Full
                }
            }
        };
    }

    fn who_listens(&self) -> Attention {
        let hears_v8 = self.v8.is_receiving() && self.now < self.v8_until;
        if self.tones.is_hearing() || self.tones_behind > 0 || self.v21.is_receiving() || hears_v8 {
            Attention::Full
        } else if self.fast.is_sure() {
            Attention::Burst(0)
        } else if self.silence >= SILENCE && !self.fast.is_busy() {
            Attention::Rest(0)
        } else {
            Attention::Full
        }
    }

    /// The others hear the last samples that they have missed.
    fn catch_up(&mut self, behind: u64) {
        let mut missed = behind.min(LAG);
        self.skip_others(behind - missed);
        while missed > 0 {
            let mut frame = [0; FRAME];
            self.fast.heard_before(missed, &mut frame);
            self.hear_others(&frame);
            missed -= FRAME as u64;
        }
    }

    /// In V.21 no tone is told, but what came since its end may be one.
    fn catch_up_tones(&mut self) {
        let mut missed = self.tones_behind.min(LAG);
        if self.tones_behind > missed {
            self.tones.skip(self.tones_behind - missed);
        }
        while missed > 0 {
            let mut frame = [0; FRAME];
            self.fast.heard_before(missed, &mut frame);
            self.hear_tones(&frame);
            missed -= FRAME as u64;
        }
        self.tones_behind = 0;
    }

    fn skip_others(&mut self, samples: u64) {
        if samples > 0 {
            self.tones.skip(samples);
            self.v21.skip(samples);
            self.v8.skip(samples);
        }
    }

    /// All but the fast modems.
    fn hear_others(&mut self, samples: &[i16]) {
        if self.v21.is_receiving() && !self.tones.is_hearing() {
            self.tones_behind += samples.len() as u64;
        } else {
            self.catch_up_tones();
            self.hear_tones(samples);
        }
        self.hear_v21(samples);
        if self.now < self.v8_until {
            self.hear_v8(samples);
        }
    }

    /// Bits that are gathered do not wait for more.
    fn flush(&mut self) {
        let now = Timestamp::from_samples(self.now);
        let Self { reader, out, burst, .. } = self;
        if *burst == Burst::Fast {
            reader.flush(&mut |signal| out.tell(now, signal));
        }
    }

    fn hear_tones(&mut self, samples: &[i16]) {
        let Self { tones, out, tone: on, v8, v8_until, now, .. } = self;
        tones.process(samples, &mut |output| match output {
            ToneOutput::Began { tone, at } | ToneOutput::Refined { tone, at } => {
                // Who sends that tone answers, with a JM.
                if tone.is_v8() {
                    v8.tune(Channel::Two);
                    *v8_until = *now + V8_WINDOW;
                }
                // Within a burst it is the burst's own spectrum, or an echo of it.
                if !out.in_burst() {
                    out.tell(Timestamp::from_samples(at), Signal::Tone(tone));
                    *on = true;
                }
            }
            ToneOutput::Ended { at } => {
                if core::mem::take(on) && !out.in_burst() {
                    out.tell(Timestamp::from_samples(at), Signal::Silence);
                }
            }
        });
    }

    fn hear_v21(&mut self, samples: &[i16]) {
        let now = Timestamp::from_samples(self.now);
        let Self { v21, deframer, mender, out, burst, fast, tone, reader, invented, .. } = self;
        let mut tell = |output| match output {
            Output::Recognised { .. } => {}
            Output::Trained { began, quality, .. } => {
                // Flags for 80 ms are no fast modem, whatever was thought to be going on.
                if matches!(burst, Burst::Fast | Burst::Training { .. }) {
                    fast.reset();
                    reader.end(&mut |_| ());
                }
                out.close(now);
                (*burst, *tone) = (Burst::V21, false);
                *deframer = Deframer::new();
                mender.begin();
                let at = Timestamp::from_samples(began);
                out.note(at, Event::Trained(Opening::V21, quality));
                out.tell(at, Signal::Begin(Opening::V21));
            }
            Output::TrainingFailed { .. } => out.note(now, Event::TrainingFailed(Opening::V21)),
            Output::Bits { bits, count } | Output::Doubtful { bits, count } => {
                if *burst == Burst::V21 {
                    let doubtful = matches!(output, Output::Doubtful { .. });
                    deframer
                        .push(bits, count, &mut |event| frame(event, &mut |signal| out.tell(now, signal)));
                    mender.push(bits, count, doubtful, &mut |mended| tell_mended(mended, now, out));
                }
            }
            Output::Ended { at } => {
                if *burst == Burst::V21 {
                    deframer.carrier_lost(&mut |event| frame(event, &mut |signal| out.tell(now, signal)));
                    end(out, burst, Timestamp::from_samples(at));
                }
            }
        };
        if *invented {
            v21.process_invented(samples, &mut tell);
        } else {
            v21.process(samples, &mut tell);
        }
    }

    fn hear_fast(&mut self, samples: &[i16]) {
        let now = Timestamp::from_samples(self.now);
        let Self { fast, reader, out, burst, tone, expectation, .. } = self;
        fast.process(samples, &mut |output| match output {
            Output::Recognised { opening, began } => {
                let at = Timestamp::from_samples(began);
                out.close(at);
                (*burst, *tone) = (Burst::Training { told: opening.is_some() }, false);
                if let Some(opening) = opening {
                    out.tell(at, Signal::Begin(opening));
                }
            }
            Output::Trained { opening, began, quality } => {
                let at = Timestamp::from_samples(began);
                out.note(at, Event::Trained(opening, quality));
                if *burst != (Burst::Training { told: true }) {
                    out.close(at);
                    out.tell(at, Signal::Begin(opening));
                }
                (*burst, *tone) = (Burst::Fast, false);
                reader.begin(framing(expectation, opening));
            }
            Output::TrainingFailed { opening, .. } => {
                out.note(now, Event::TrainingFailed(opening));
                if matches!(burst, Burst::Training { .. }) {
                    end(out, burst, now);
                }
            }
            Output::Bits { bits, count } | Output::Doubtful { bits, count } => {
                if *burst == Burst::Fast {
                    reader.push(bits, count, &mut |signal| out.tell(now, signal));
                }
            }
            Output::Ended { at } => {
                if *burst == Burst::Fast {
                    let at = Timestamp::from_samples(at);
                    reader.end(&mut |signal| out.tell(at, signal));
                    end(out, burst, at);
                }
            }
        });
    }

    fn hear_v8(&mut self, samples: &[i16]) {
        let now = Timestamp::from_samples(self.now);
        let Self { v8, out, .. } = self;
        v8.process(samples, &mut |message| out.note(now, Event::V8(message)));
    }
}

/// A frame beside the damaged one that it was made of.
fn tell_mended(mended: &Mended, now: Timestamp, out: &mut Outbox<Event, EVENTS>) {
    for octets in mended.octets().chunks(Chunk::CAPACITY) {
        out.tell(now, Signal::Octets(Chunk::from_octets(octets)));
    }
    out.tell(now, Signal::FrameEnd(FrameEnd::Good));
}

fn is_silent(samples: &[i16; FRAME]) -> bool {
    let magnitudes = samples.iter().fold(0, |all, sample| all | (sample ^ sample >> 15));
    magnitudes >> FAINT == 0
}

/// What the burst carries: what was expected of this opening, or of its modem and rate.
fn framing(expectation: &Expectation, opening: Opening) -> Framing {
    let exact = expectation.iter().find(|expected| expected.opening == opening);
    let alike = || expectation.iter().find(|expected| expected.opening.name() == opening.name());
    exact.or_else(alike).map_or(Framing::Unknown, |expected| expected.framing)
}

/// Ends the burst, if one was told, with the silence after it.
fn end(out: &mut Outbox<Event, EVENTS>, burst: &mut Burst, at: Timestamp) {
    if out.close(at) {
        out.tell(at, Signal::Silence);
    }
    *burst = Burst::None;
}
