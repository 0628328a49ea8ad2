//! The tester: says and hears what a case tells it, on a medium, and holds the session to it.

use crate::blocks::Pages;
use crate::case::{Block, Case, Check, Hear, Pattern, Say, Step};
use crate::chart::{How, code, document, page};
use crate::desk::{Documents, Print, Printer};
use crate::medium::{Medium, STEP, Saying};
use crate::oddity::{Oddity, Variant};
use fax_core::image::Coding;
use fax_core::t30::fields::Ecm;
use fax_core::t30::session::{Cause, Offer, OnRtn, Poll, Role, Session, Settings, Verdict};
use fax_core::t30::{Body, Fcd, Frame, Station};
use fax_core::{Chunk, FrameEnd, Opening, Private, Signal, Span, Timestamp, Tone, Training};
use std::collections::VecDeque;

/// Before each signal of the tester.
const GAP: Span = Span::from_millis(75);
/// What a page may take.
const PAGE: Span = Span::from_millis(60_000);

/// A case being played.
pub(crate) struct Tester<'a, M> {
    case: &'a Case,
    variant: Variant,
    session: Session,
    documents: Documents,
    printer: Printer,
    now: Timestamp,
    medium: M,
    /// What the session says now, and what it has said.
    burst: Option<Burst>,
    bursts: VecDeque<Burst>,
    tones: Vec<Tone>,
    /// From when on the tester's next signal may be, and the gap before it.
    free_at: Timestamp,
    gap: Span,
    /// From when on the session is waited for.
    since: Timestamp,
    /// Trained since DCS or CTC: pages are trained short.
    is_trained: bool,
    pages: Pages,
    /// Charts that the tester has sent without ECM, and their broken rows.
    charts: Vec<(String, Vec<usize>)>,
    /// Code of the pages that the session has sent without ECM, and how many octets of a tail they may have.
    heard: Vec<(Vec<u8>, usize)>,
    /// When its last control burst ended, if that was DCN.
    gone_at: Option<Timestamp>,
}

/// A burst of the session.
struct Burst {
    opening: Opening,
    frames: Vec<Vec<u8>>,
    bits: Vec<u8>,
    began: Timestamp,
    ended: Timestamp,
}

/// What went wrong, or how the session ended.
pub(crate) type Outcome = Result<Option<Cause>, String>;

impl<'a, M: Medium> Tester<'a, M> {
    pub(crate) fn new(case: &'a Case, variant: Variant) -> Self {
        let role = if case.is_caller { Role::Caller } else { Role::Answerer };
        let mut documents = vec![document(&case.document)];
        documents.extend(case.settings.iter().filter(|(key, _)| key == "TXFILE").map(|_| document("white")));
        documents.retain(|pages| !pages.is_empty());
        Self {
            case,
            variant,
            session: Session::new(role, settings(case)),
            documents: Documents::new(documents),
            printer: Printer::default(),
            now: Timestamp::ZERO,
            medium: M::default(),
            burst: None,
            bursts: VecDeque::new(),
            tones: Vec::new(),
            free_at: Timestamp::ZERO,
            gap: GAP,
            since: Timestamp::ZERO,
            is_trained: false,
            pages: Pages::default(),
            charts: Vec::new(),
            heard: Vec::new(),
            gone_at: None,
        }
    }

    /// Plays the case to its end.
    pub(crate) fn play(&mut self) -> Outcome {
        self.steps(&self.case.steps)?;
        self.check_pages()?;
        Ok(self.session.outcome().map(|outcome| outcome.cause))
    }

    fn steps(&mut self, steps: &[Step]) -> Result<(), String> {
        for step in steps {
            let at = self.now;
            self.step(step).map_err(|what| format!("{:.2} s: {what}, at {step:?}", at.seconds()))?;
        }
        Ok(())
    }

    fn step(&mut self, step: &Step) -> Result<(), String> {
        match step {
            Step::Wait(gap) => self.gap = *gap,
            Step::Say(say) => return self.say(say),
            Step::Hear(hear, within) => return self.hear(hear, *within),
            Step::Drop => {
                self.not_looked_at()?;
                self.session.dropped(self.now, &mut self.documents, &mut self.printer);
            }
            Step::Gone(span) => return self.gone(*span),
            Step::Repeat(least, most, body) => {
                let repeats = self.oddity().and_then(|oddity| oddity.repeats);
                let (least, most) = &repeats.unwrap_or((*least, *most));
                let mut times = 0;
                while times < *most && (times < *least || self.begins(body)) {
                    match self.steps(body) {
                        // It has had enough of it before the tester spoke.
                        Err(_) if times >= *least && !self.bursts.is_empty() => break,
                        outcome => outcome?,
                    }
                    times += 1;
                }
            }
        }
        Ok(())
    }

    fn oddity(&self) -> Option<&'static Oddity> {
        Oddity::of(&self.case.name)
    }

    /// Lets 10 ms pass.
    fn pass(&mut self) {
        self.now += STEP;
        self.medium.pass(self.now, &mut self.session, &mut self.documents, &mut self.printer);
        while self.session.event().is_some() {}
        while let Some((at, signal)) = self.medium.hear() {
            self.listen(at, signal);
        }
    }

    fn listen(&mut self, at: Timestamp, signal: Signal) {
        match (signal, &mut self.burst) {
            (Signal::Tone(tone), _) => self.tones.push(tone),
            (Signal::Begin(opening), _) => {
                let frames = vec![vec![]];
                self.burst = Some(Burst { opening, frames, bits: vec![], began: at, ended: at });
            }
            (Signal::Octets(chunk), Some(burst)) => {
                burst.frames.last_mut().expect("one at least").extend_from_slice(chunk.octets());
            }
            (Signal::FrameEnd(FrameEnd::Good), Some(burst)) => burst.frames.push(vec![]),
            (Signal::FrameEnd(_), Some(burst)) => burst.frames.last_mut().expect("one at least").clear(),
            (Signal::Bits(chunk), Some(burst)) => burst.bits.extend_from_slice(chunk.octets()),
            (Signal::End, _) => {
                let mut burst = self.burst.take().expect("a burst ends");
                burst.frames.pop();
                burst.ended = at;
                self.gone_at = (name(&burst) == "DCN").then_some(at);
                self.bursts.push_back(burst);
            }
            _ => {}
        }
    }

    // What the session says.

    fn hear(&mut self, hear: &Hear, within: Span) -> Result<(), String> {
        if let Hear::Tone(tone) = hear {
            let tone = if tone == "CED" { Tone::Ced } else { Tone::Cng };
            let end = self.now + within;
            while !self.tones.contains(&tone) && self.now < end {
                self.pass();
            }
            return self.tones.contains(&tone).then_some(()).ok_or("no tone".into());
        }
        if let Hear::Tcf(opening) | Hear::Page(opening) | Hear::Block(opening, _) = hear {
            let is_long = matches!(hear, Hear::Tcf(_)) || !self.is_trained;
            let training = if is_long { Training::Long } else { Training::Short };
            self.medium.expect(opening.with_training(training));
        }
        let is_first = self.since == Timestamp::ZERO;
        let within = match hear {
            Hear::Frames(_) if !is_first => within,
            _ => within.max(PAGE),
        };
        let burst = self.next(within)?;
        let late = burst.began.since(self.since);
        match hear {
            Hear::Frames(patterns) => {
                expect_frames(patterns, &burst)?;
                let last = burst.frames.last().expect("the frames that fit");
                self.is_trained &= last[2] & 0x7F != 0x48; // CTC
                self.pages.control(last, self.case.is_caller);
                if burst.ended.since(self.since) > within {
                    return Err(format!("it takes {} ms", late.micros() / 1000));
                }
            }
            Hear::Tcf(opening) => {
                expect_opening(*opening, Training::Long, &burst)?;
                let octets = opening.bit_rate().0 as usize * 3 / 16;
                let zeros = burst.bits.iter().take_while(|octet| **octet == 0).count();
                if zeros < octets || burst.bits.len() > octets + tail::<M>(*opening) {
                    return Err(format!("no TCF: {} octets", burst.bits.len()));
                }
                self.is_trained = true;
            }
            Hear::Page(opening) => {
                expect_opening(*opening, self.training(), &burst)?;
                self.heard.push((burst.bits.clone(), tail::<M>(*opening)));
            }
            Hear::Block(opening, size) => {
                expect_opening(*opening, self.training(), &burst)?;
                self.is_trained = true;
                let size = self.oddity().and_then(|oddity| oddity.frames).unwrap_or(*size);
                self.expect_block(size, &burst)?;
            }
            Hear::Tone(_) => {}
        }
        self.since = burst.ended;
        (self.free_at, self.gap) = (burst.ended, GAP);
        Ok(())
    }

    fn training(&self) -> Training {
        if self.is_trained { Training::Short } else { Training::Long }
    }

    /// The session's next burst.
    fn next(&mut self, within: Span) -> Result<Burst, String> {
        let end = self.now.max(self.since) + within;
        while self.bursts.is_empty() {
            if let Some(outcome) = self.session.outcome() {
                return Err(format!("it is over: {:?}", outcome.cause));
            }
            if self.now >= end && self.burst.is_none() {
                return Err("nothing is said".into());
            }
            self.pass();
        }
        let burst = self.bursts.pop_front().expect("one is there");
        Ok(burst)
    }

    /// Whether the next that the session says is what these steps begin with.
    fn begins(&mut self, steps: &[Step]) -> bool {
        let Some(Step::Hear(Hear::Frames(patterns), within)) = steps.first() else { return false };
        match self.next(*within) {
            Ok(burst) => {
                let fits = expect_frames(patterns, &burst).is_ok();
                self.bursts.push_front(burst);
                fits
            }
            Err(_) => false,
        }
    }

    /// A partial page: frames in order, three RCP; its octets take their places in the page.
    fn expect_block(&mut self, size: usize, burst: &Burst) -> Result<(), String> {
        let (pieces, returns): (Vec<_>, Vec<_>) = burst.frames.iter().partition(|frame| frame[2] == 0x60);
        if returns.len() != 3 || pieces.iter().any(|frame| frame.len() != size + 4) {
            return Err(format!(
                "{} RCP, frames of {:?}",
                returns.len(),
                pieces.first().map(|p| p.len() - 4)
            ));
        }
        let numbers: Vec<_> = pieces.iter().map(|frame| frame[3].reverse_bits()).collect();
        if !numbers.is_sorted() {
            return Err("frames are out of order".into());
        }
        for (number, piece) in numbers.into_iter().zip(pieces) {
            self.pages.piece(number, Some(piece[4..].to_vec()));
        }
        Ok(())
    }

    fn gone(&mut self, span: Option<(Span, Span)>) -> Result<(), String> {
        let (least, most) = span.unwrap_or((Span::ZERO, Span::from_millis(100)));
        let from = self.gone_at.unwrap_or(self.since);
        let end = from.max(self.since) + most;
        while self.session.outcome().is_none() && self.now < end + STEP {
            self.pass();
        }
        if span.is_some() {
            self.not_looked_at()?;
        }
        let spent = self.now.since(from);
        match self.session.outcome() {
            None => Err(format!("it is still there: {:?}", self.session)),
            Some(_) if span.is_some() && spent < least => {
                Err(format!("gone after {} ms", spent.micros() / 1000))
            }
            Some(_) => Ok(()),
        }
    }

    /// What the session said while the tester speaks or waits: nothing, or what the case lets it say.
    fn not_looked_at(&mut self) -> Result<(), String> {
        let allowed = self.oddity().map_or(&[][..], |oddity| oddity.unheard);
        while let Some(burst) = self.bursts.front() {
            let name = name(burst);
            if !allowed.contains(&&*name) {
                return Err(format!("{name} was not asked for"));
            }
            self.bursts.pop_front();
        }
        Ok(())
    }

    // What the tester says.

    fn say(&mut self, say: &Say) -> Result<(), String> {
        self.free_at = self.free_at.max(self.now).max(self.since) + self.gap;
        self.gap = GAP;
        while self.now + STEP < self.free_at {
            self.pass();
        }
        self.not_looked_at()?;
        match say {
            Say::Ced => {
                self.medium.say(self.free_at, Saying::Tone(Tone::Ced, Span::from_millis(3000)));
            }
            Say::Frames(frames) => {
                let frames: Vec<_> =
                    frames.iter().map(|(frame, check)| (self.amend(frame), *check)).collect();
                self.say_frames(Opening::V21, &frames);
            }
            Say::Tcf { opening, octets, junk } => {
                let mut zeros = vec![0; *octets];
                zeros[..*junk].fill(0x55);
                self.say_bits(*opening, &zeros);
            }
            Say::Page { opening, chart, bad_rows } => {
                let rows = page(chart);
                self.charts.push((chart.clone(), bad_rows.clone()));
                // 4.9 and 5.1 s at 4800; the row itself has 7.8 kbit.
                let stretched = match chart.as_str() {
                    "duration1" => Some((118, 1_960)),
                    "duration2" => Some((118, 2_090)),
                    _ => None,
                };
                let how = How { bad_rows, stretched, ..How::plain(Coding::Mh, 0) };
                self.say_bits(opening.with_training(Training::Short), &code(&rows, &how));
            }
            Say::Block(block) => self.say_block(block),
        }
        self.free_at = loop {
            match self.medium.said() {
                Some(over) => break over,
                None => self.pass(),
            }
        };
        while self.now < self.free_at {
            self.pass();
        }
        self.since = self.free_at;
        self.not_looked_at()
    }

    /// PPS with its count as it should be, where this variant wants it so; the pages follow what is said.
    fn amend(&mut self, frame: &[u8]) -> Vec<u8> {
        let mut frame = frame.to_vec();
        if let [_, _, 0x7D, _, _, _, count] = &mut frame[..]
            && self.variant == Variant::CountsMended
            && !self.case.is_caller
        {
            *count = (self.pages.in_block.max(1) - 1).min(255) as u8;
            *count = count.reverse_bits();
        }
        self.is_trained &= frame[2] != 0x48; // CTC
        self.pages.control(&frame, !self.case.is_caller);
        frame
    }

    fn say_block(&mut self, block: &Block) {
        let how = How::plain(if block.is_mmr { Coding::Mmr } else { Coding::Mh }, block.least_bits);
        let octets = code(&page(&block.chart), &how);
        let frames = octets.chunks(block.size).enumerate().skip(256 * block.number).take(256);
        let frames: Vec<_> = frames
            .map(|(place, data)| {
                let check = if block.bad_frame == Some(place) { Check::Wrong } else { Check::Right };
                let number = (place % 256) as u8;
                let mut data = data.to_vec();
                data.resize(block.size, 0);
                let frame = write(&Body::Fcd(Fcd { number, data: Private::new(&data) }));
                self.pages.piece(number, (check == Check::Right).then_some(data));
                (frame, check)
            })
            .collect();
        let rcp = (vec![0xFF, 0xC0, 0x61], Check::Right);
        let all: Vec<_> = frames.into_iter().chain(std::iter::repeat_n(rcp, 3)).collect();
        self.say_frames(block.opening.with_training(Training::Short), &all);
    }

    fn say_bits(&mut self, opening: Opening, octets: &[u8]) {
        let bits = octets.chunks(Chunk::CAPACITY).map(|part| Signal::Bits(Chunk::from_octets(part)));
        self.medium.say(self.free_at, Saying::Burst(opening, bits.collect()));
    }

    fn say_frames(&mut self, opening: Opening, frames: &[(Vec<u8>, Check)]) {
        let mut signals = Vec::new();
        for (frame, check) in frames {
            // V.21 has never more room than for some octets.
            let parts = frame.chunks(if opening == Opening::V21 { 8 } else { Chunk::CAPACITY });
            signals.extend(parts.map(|part| Signal::Octets(Chunk::from_octets(part))));
            let end = if *check == Check::Right { FrameEnd::Good } else { FrameEnd::Bad };
            signals.push(Signal::FrameEnd(end));
        }
        self.medium.say(self.free_at, Saying::Burst(opening, signals));
    }

    // What must have come of it.

    /// Every page that was answered is on the paper as it was sent, and what the session sent is what it had.
    fn check_pages(&self) -> Result<(), String> {
        let answered = |page: &&Print| !matches!(page.verdict, None | Some(Verdict::Unsaid));
        let (plain, blocks): (Vec<_>, Vec<_>) =
            self.printer.pages.iter().filter(answered).partition(|page| page.terms.ecm == Ecm::Off);
        for (number, (print, (chart, bad_rows))) in plain.iter().zip(&self.charts).enumerate() {
            let rows = page(chart);
            let differ = (0..rows.len()).filter(|row| print.rows.get(*row) != Some(&rows[*row]));
            let differ: Vec<_> = differ.filter(|row| !bad_rows.contains(row)).collect();
            if print.rows.len() != rows.len() || !differ.is_empty() {
                return Err(format!("page {number} has {} rows, wrong {differ:?}", print.rows.len()));
            }
        }
        let came: Vec<_> = blocks.iter().map(|page| page.octets.len()).collect();
        let sent: Vec<_> = self.pages.done.iter().map(Vec::len).collect();
        if self.documents.sent.is_empty() && !blocks.iter().map(|page| &page.octets).eq(&self.pages.done) {
            return Err(format!("blocks: {sent:?} octets were sent, {came:?} came"));
        }
        let blocks = self.pages.done.iter().map(|page| (page.as_slice(), 0));
        let all = self.heard.iter().map(|(page, tail)| (page.as_slice(), *tail)).chain(blocks);
        for (number, ((heard, tail), (_, code))) in all.zip(&self.documents.sent).enumerate() {
            let rest = heard.strip_prefix(&code[..]);
            if rest.is_none_or(|rest| rest.len() > tail && rest.iter().any(|octet| *octet != 0)) {
                return Err(format!("page {number}: {} of {} octets", heard.len(), code.len()));
            }
        }
        Ok(())
    }
}

fn settings(case: &Case) -> Settings {
    let value = |key| case.settings.iter().find(|(name, _)| name == key).map(|(_, value)| value.clone());
    let password = value("PWD").map(Private::new);
    let fetches = case.settings.iter().any(|(key, _)| key == "RXFILE");
    let mut settings = Settings {
        identification: Private::new(value("IDENT").unwrap_or_default()),
        polls: fetches.then(|| Poll { password: password.clone(), document: None }),
        offers: match password {
            _ if case.is_caller => Offer::Nothing,
            Some(password) => Offer::WithPassword(password),
            None => Offer::Freely,
        },
        on_rtn: OnRtn::Proceed,
        non_standard: Some(Private::new(vec![0xAD, 0x00, 0x55])),
        ..Settings::default()
    };
    if let Some(oddity) = Oddity::of(&case.name) {
        (oddity.set)(&mut settings);
    }
    settings
}

/// Octets that may stand behind what is not framed.
fn tail<M: Medium>(opening: Opening) -> usize {
    (M::TAIL.micros() * u64::from(opening.bit_rate().0) / 8_000_000) as usize
}

/// The name of a burst: its last frame's.
fn name(burst: &Burst) -> String {
    match burst.frames.last().map(|octets| Frame::parse(octets)) {
        Some(Ok(frame)) if burst.opening == Opening::V21 => frame.fcf().name().into(),
        _ => format!("{}", burst.opening),
    }
}

fn expect_opening(opening: Opening, training: Training, burst: &Burst) -> Result<(), String> {
    let opening = opening.with_training(training);
    (burst.opening == opening).then_some(()).ok_or_else(|| format!("{} came", name(burst)))
}

fn expect_frames(patterns: &[Pattern], burst: &Burst) -> Result<(), String> {
    let wrong = |what: &str| Err(format!("{what}: {} came, {:02X?}", name(burst), burst.frames));
    let mut frames = burst.frames.iter();
    for pattern in patterns {
        if !frames.any(|frame| pattern.fits(frame)) {
            return wrong(&format!("no such {}", pattern.name));
        }
    }
    if frames.next().is_some() {
        return wrong("more frames");
    }
    Ok(())
}

impl Pattern {
    fn fits(&self, frame: &[u8]) -> bool {
        let is = |octets: &Vec<u8>| match self.name.as_str() {
            // Bits of frames that do not exist mean nothing; ours are set, as the scripts have them.
            _ if self.is_open => frame.starts_with(octets),
            _ => frame == octets,
        };
        self.octets.iter().any(is)
    }
}

fn write(body: &Body<'_>) -> Vec<u8> {
    let mut octets = [0; Frame::MAX];
    let length = body.write(Station::Called, &mut octets).expect("it fits");
    octets[..length].to_vec()
}
