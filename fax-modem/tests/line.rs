//! Two phone lines face to face: what one says the other hears, whatever it is.

use fax_core::{
    Chunk, Expectation, FrameEnd, Framing, Line, Opening, Progress, Signal, Span, Timestamp, Tone, Training,
};
use fax_modem::AudioLine;
use fax_modem::line::{Event, Settings};
use proptest::prelude::*;
use sentence::{Talk, any_speech, check};

#[path = "../../test-support/shared/sentence.rs"]
mod sentence;

const BLOCK: usize = 160;

/// A line that says a list of signals as it finds room, and one that hears it.
struct Pair {
    near: AudioLine,
    far: AudioLine,
    heard: Vec<(Timestamp, Signal)>,
    events: Vec<Event>,
    progress: Vec<Progress>,
}

impl Pair {
    fn new() -> Self {
        let (near, far) = (AudioLine::default(), AudioLine::default());
        Self { near, far, heard: Vec::new(), events: Vec::new(), progress: Vec::new() }
    }

    fn block(&mut self) {
        let mut samples = [0; BLOCK];
        self.near.fill(&mut samples);
        self.far.listen(&samples);
        self.heard.extend(core::iter::from_fn(|| self.far.hear()).map(|heard| (heard.at, heard.signal)));
        self.events.extend(core::iter::from_fn(|| self.far.event()).map(|(_, event)| event));
        self.progress.extend(core::iter::from_fn(|| self.near.progress()));
    }

    fn say(&mut self, signals: &[Signal]) {
        for signal in signals {
            for _ in 0..500 {
                if self.near.say(*signal).is_ok() {
                    break;
                }
                self.block();
            }
        }
    }

    fn run(&mut self, span: Span) {
        (0..span.samples() / BLOCK as u64).for_each(|_| self.block());
    }

    fn signals(&self) -> Vec<Signal> {
        self.heard.iter().map(|(_, signal)| *signal).collect()
    }
}

fn frame(octets: &[u8]) -> Vec<Signal> {
    let chunks = octets.chunks(8).map(|part| Signal::Octets(Chunk::from_octets(part)));
    chunks.chain([Signal::FrameEnd(FrameEnd::Good)]).collect()
}

/// Octets of the frames that ended good, and how many ended otherwise.
fn frames(signals: &[Signal]) -> (Vec<Vec<u8>>, usize) {
    let (mut frames, mut open, mut others) = (Vec::new(), Vec::new(), 0);
    for signal in signals {
        match signal {
            Signal::Octets(chunk) => open.extend_from_slice(chunk.octets()),
            Signal::FrameEnd(FrameEnd::Good) => frames.push(core::mem::take(&mut open)),
            Signal::FrameEnd(_) => {
                others += 1;
                open.clear();
            }
            _ => {}
        }
    }
    (frames, others)
}

fn bits(signals: &[Signal]) -> Vec<bool> {
    let chunks = signals.iter().filter_map(|s| if let Signal::Bits(chunk) = s { Some(*chunk) } else { None });
    chunks.flat_map(|chunk| chunk.iter_bits().collect::<Vec<_>>()).collect()
}

#[test]
fn ecm_frames_pass_on_every_carrier_though_nobody_said_what_would_come() {
    for opening in Opening::ALL {
        let mut pair = Pair::new();
        let sent: Vec<Vec<u8>> = (0..3_u8)
            .map(|n| (0..if opening == Opening::V21 { 20 } else { 260 }).map(|k| (k as u8) ^ n).collect())
            .collect();
        pair.run(Span::from_millis(100));
        pair.say(&[Signal::Begin(opening)]);
        for one in &sent {
            pair.say(&frame(one));
        }
        pair.say(&[Signal::End]);
        pair.run(Span::from_millis(4500));
        let heard = pair.signals();
        assert_eq!(heard.first(), Some(&Signal::Begin(opening)), "{opening}");
        assert_eq!(frames(&heard).0, sent, "{opening}: {heard:?}");
        assert_eq!(heard[heard.len() - 2..], [Signal::End, Signal::Silence], "{opening}");
        assert!(matches!(pair.progress[..], [Progress::Started(_, _), .., Progress::Ended(_)]));
    }
}

#[test]
fn a_training_check_is_heard_bit_by_bit() {
    for opening in Opening::ALL.into_iter().skip(1) {
        let mut pair = Pair::new();
        pair.far.expect(Expectation::only(opening, Framing::Bits));
        let mut said = vec![Signal::Begin(opening)];
        let zeros = opening.bit_rate().0 as usize / 2 / 8;
        said.extend(vec![0; zeros].chunks(32).map(|part| Signal::Bits(Chunk::from_octets(part))));
        said.push(Signal::End);
        pair.say(&said);
        pair.run(Span::from_millis(2500));
        let heard = bits(&pair.signals());
        assert!(heard.len() >= 8 * zeros, "{opening}: {} of {}", heard.len(), 8 * zeros);
        assert!(heard[..8 * zeros].iter().all(|bit| !bit), "{opening}");
        assert!(heard.len() < 8 * zeros + 600, "{opening}: {} bits too many", heard.len() - 8 * zeros);
    }
}

#[test]
fn a_certain_training_is_announced_before_it_ends() {
    let opening = Opening::V17(fax_core::V17Rate::R14400, Training::Long);
    let mut pair = Pair::new();
    pair.far.expect(Expectation::only(opening, Framing::Bits));
    pair.say(&[Signal::Begin(opening)]);
    pair.run(Span::from_millis(300));
    assert_eq!(pair.signals(), [Signal::Begin(opening)]);
}

#[test]
fn a_fax_call_is_heard_as_it_is_said() {
    let v17 = |training| Opening::V17(fax_core::V17Rate::R14400, training);
    let mut pair = Pair::new();
    pair.run(Span::from_millis(300));
    pair.say(&[Signal::Tone(Tone::Ced)]);
    pair.run(Span::from_millis(2600));
    pair.say(&[Signal::Silence, Signal::Begin(Opening::V21)]);
    pair.say(&frame(&[0xFF, 0xC8, 0x80, 0, 0xEE, 0xF8]));
    pair.say(&[Signal::End, Signal::Begin(v17(Training::Long)), Signal::Bits(Chunk::from_octets(&[0; 32]))]);
    pair.say(&[Signal::End, Signal::Begin(Opening::V21)]);
    pair.say(&frame(&[0xFF, 0xC8, 0x84]));
    pair.say(&[Signal::End, Signal::Begin(v17(Training::Short))]);
    pair.say(&frame(&[0xFF, 0xC0, 0x60, 0, 1, 2, 3]));
    pair.say(&[Signal::End]);
    pair.run(Span::from_millis(5000));
    let shape: Vec<Signal> = pair
        .signals()
        .into_iter()
        .filter(|s| !matches!(s, Signal::Octets(_) | Signal::Bits(_) | Signal::FrameEnd(_)))
        .collect();
    assert_eq!(
        shape,
        [
            Signal::Tone(Tone::Ced),
            Signal::Silence,
            Signal::Begin(Opening::V21),
            Signal::End,
            Signal::Silence,
            Signal::Begin(v17(Training::Long)),
            Signal::End,
            Signal::Silence,
            Signal::Begin(Opening::V21),
            Signal::End,
            Signal::Silence,
            Signal::Begin(v17(Training::Short)),
            Signal::End,
            Signal::Silence,
        ]
    );
    let (frames, others) = frames(&pair.signals());
    assert_eq!(frames.len(), 3);
    assert_eq!(others, 0);
    // 75 ms lie between what ends and what begins.
    for pair in pair.progress.windows(2) {
        if let [Progress::Ended(ended), Progress::Started(_, started)] = pair {
            assert_eq!(started.since(*ended), Span::from_millis(75));
        }
    }
}

#[test]
fn a_line_does_not_hear_itself_and_hears_the_other_through_its_own_tone() {
    let mut line = AudioLine::default();
    line.say(Signal::Tone(Tone::Cng)).unwrap();
    let mut far = AudioLine::default();
    let (mut said, mut heard) = (false, Vec::new());
    for n in 0..400 {
        let (mut own, mut other) = ([0; BLOCK], [0; BLOCK]);
        line.fill(&mut own);
        far.fill(&mut other);
        if n == 50 {
            far.say(Signal::Begin(Opening::V21)).unwrap();
        }
        if !said && far.room().bits >= 24 {
            frame(&[0xFF, 0xC8, 0x80]).into_iter().for_each(|signal| far.say(signal).unwrap());
            far.say(Signal::End).unwrap();
            said = true;
        }
        // The hybrid sends a quarter of the own voice back.
        let both: Vec<i16> = own.iter().zip(&other).map(|(own, other)| own / 4 + other).collect();
        line.listen(&both);
        heard.extend(core::iter::from_fn(|| line.hear()).map(|heard| heard.signal));
    }
    assert_eq!(heard.first(), Some(&Signal::Begin(Opening::V21)), "{heard:?}");
    assert_eq!(frames(&heard).0, [[0xFF, 0xC8, 0x80]]);
}

#[test]
fn a_line_that_runs_dry_never_makes_a_frame_good() {
    let mut pair = Pair::new();
    pair.say(&[Signal::Begin(Opening::V21), Signal::Octets(Chunk::from_octets(&[0xFF, 0xC8, 1, 2]))]);
    pair.run(Span::from_millis(3000));
    pair.say(&[Signal::FrameEnd(FrameEnd::Good), Signal::End]);
    pair.run(Span::from_millis(1000));
    let (good, others) = frames(&pair.signals());
    assert!(good.is_empty() && others == 1, "{:?}", pair.signals());
    let aborted =
        core::iter::from_fn(|| pair.near.event()).any(|(_, e)| e == Event::FramesAborted { frames: 1 });
    assert!(aborted);
}

#[test]
fn what_may_not_be_said_changes_nothing() {
    let mut line = AudioLine::new(Settings::default());
    assert!(line.say(Signal::End).is_err());
    assert!(line.say(Signal::Bits(Chunk::from_octets(&[1]))).is_err());
    line.say(Signal::Begin(Opening::V21)).unwrap();
    assert!(line.say(Signal::Octets(Chunk::from_octets(&[1]))).is_err(), "the carrier is not on yet");
    assert_eq!(line.room().bits, 0);
    let mut samples = [0; 800];
    line.fill(&mut samples);
    assert!(line.room().bits > 0);
    line.say(Signal::Octets(Chunk::from_octets(&[1]))).unwrap();
}

impl Talk for Pair {
    fn speaker(&mut self) -> &mut impl Line {
        &mut self.near
    }

    fn pass(&mut self, hear: &mut impl FnMut(Timestamp, Signal)) {
        self.block();
        self.heard.drain(..).for_each(|(at, signal)| hear(at, signal));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn what_is_heard_is_always_a_sentence(speech in any_speech()) {
        check(&mut Pair::new(), speech)?;
    }
}

/// What a line says, as samples; each part after some time.
fn spoken(parts: &[(u64, &[Signal])]) -> Vec<i16> {
    let (mut line, mut samples) = (AudioLine::default(), Vec::new());
    let mut fill = |line: &mut AudioLine, count: u64| {
        let from = samples.len();
        samples.resize(from + count as usize, 0);
        line.fill(&mut samples[from..]);
    };
    for (millis, signals) in parts {
        fill(&mut line, millis * 8);
        for signal in *signals {
            while line.say(*signal).is_err() {
                fill(&mut line, 160);
            }
        }
        while signals.ends_with(&[Signal::End]) && line.deadline().is_some() {
            fill(&mut line, 1);
        }
    }
    fill(&mut line, 4000);
    samples
}

/// What a line hears in samples that come in blocks of some lengths, octets and bits one by one.
fn heard_in(samples: &[i16], blocks: &[usize]) -> Vec<(Timestamp, Signal)> {
    let (mut line, mut rest, mut heard) = (AudioLine::default(), samples, Vec::new());
    for block in blocks.iter().cycle() {
        let (now, later) = rest.split_at(rest.len().min(*block));
        line.listen(now);
        while let Some(one) = line.hear() {
            match one.signal {
                Signal::Octets(chunk) => heard.extend(
                    chunk
                        .octets()
                        .iter()
                        .map(|octet| (one.at, Signal::Octets(Chunk::from_octets(&[*octet])))),
                ),
                signal => heard.push((one.at, signal)),
            }
        }
        rest = later;
        if rest.is_empty() {
            break;
        }
    }
    heard
}

fn signals_of(heard: &[(Timestamp, Signal)]) -> Vec<Signal> {
    heard.iter().map(|(_, signal)| *signal).collect()
}

const V17: Opening = Opening::V17(fax_core::V17Rate::R14400, Training::Long);

fn burst(opening: Opening, frames: &[&[u8]]) -> Vec<Signal> {
    let frames = frames.iter().flat_map(|octets| frame(octets));
    [Signal::Begin(opening)].into_iter().chain(frames).chain([Signal::End]).collect()
}

/// Also where nobody listens, in silence, and where only the fast receiver does, in clean data.
#[test]
fn what_is_heard_does_not_depend_on_how_the_samples_are_cut() {
    let samples = spoken(&[
        (100, &[Signal::Tone(Tone::Ced)]),
        (1000, &[Signal::Silence]),
        (75, &burst(Opening::V21, &[&[0xFF, 0xC8, 0x80]])),
        (700, &burst(V17, &[&[0x5A; 260], &[7; 260], &[0x33; 260], &[0xF0; 260]])),
        (0, &burst(Opening::V21, &[&[0xFF, 0xC8, 0xF4]])),
        (0, &[Signal::Tone(Tone::Cng)]),
        (400, &[Signal::Silence]),
    ]);
    let wanted = signals_of(&heard_in(&samples, &[160]));
    assert_eq!(frames(&wanted).0.len(), 6);
    assert_eq!(wanted.iter().filter(|signal| matches!(signal, Signal::Tone(_))).count(), 2, "{wanted:?}");
    for blocks in [&[1][..], &[7, 301], &[40], &[80, 80, 1], &[960]] {
        assert_eq!(signals_of(&heard_in(&samples, blocks)), wanted, "{blocks:?}");
    }
}

/// A burst may be cut off by another station, and V.21 may follow it in the same moment.
#[test]
fn v21_that_breaks_into_clean_data_and_a_tone_that_follows_it_are_heard_in_time() {
    let page: Vec<Signal> = burst(V17, &[&[0x5A; 260][..]; 12]);
    let page = spoken(&[(0, &page)]);
    let v21 = spoken(&[(0, &burst(Opening::V21, &[&[0xFF, 0xC8, 0xF4]]))]);
    let cng = spoken(&[(0, &[Signal::Tone(Tone::Cng)]), (600, &[Signal::Silence])]);
    // Mid in the data, which has gone on for more than 500 ms.
    for cut in [19_000, 19_777, 20_011] {
        let samples = [&page[..cut], &v21[600..]].concat();
        let mut line = AudioLine::default();
        let mut told = None;
        for (n, block) in samples.chunks(160).enumerate() {
            line.listen(block);
            while let Some(heard) = line.hear() {
                if heard.signal == Signal::Begin(Opening::V21) {
                    told = told.or(Some(160 * (n + 1) - cut));
                }
            }
        }
        assert!(told.is_some_and(|samples| samples <= 8 * 130), "{told:?} samples after {cut}");
        let heard = signals_of(&heard_in(&samples, &[160]));
        assert_eq!(frames(&heard).0.last(), Some(&vec![0xFF, 0xC8, 0xF4]));

        // A tone needs the carrier's end: until then it counts as the burst's own spectrum.
        let heard = heard_in(&[&page[..cut], &[0; 480], &cng].concat(), &[160]);
        let began = heard.iter().find(|(_, signal)| *signal == Signal::Tone(Tone::Cng)).map(|(at, _)| *at);
        let late = began.map(|at| at.since(Timestamp::from_samples(cut as u64 + 480)));
        assert!(late.is_some_and(|late| late <= Span::from_millis(60)), "{late:?} after {cut}");
    }
}

#[test]
fn after_a_long_silence_times_are_right() {
    for silence in [119, 121, 500, 3333, 60_007] {
        let first = burst(Opening::V21, &[&[0xFF, 0xC8, 0x80]]);
        let samples =
            spoken(&[(0, &first), (silence, &[Signal::Tone(Tone::Ced)]), (500, &[Signal::Silence])]);
        let samples = [&samples[..], &vec![0; 8 * silence as usize][..], &samples[..]].concat();
        let quick = heard_in(&samples, &[160]);
        let began: Vec<u64> = quick
            .iter()
            .filter(|(_, s)| matches!(s, Signal::Begin(_) | Signal::Tone(_)))
            .map(|(at, _)| at.since(Timestamp::ZERO).samples())
            .collect();
        let half = (samples.len() as u64 + 8 * silence) / 2;
        assert_eq!(began.len(), 4, "{silence}");
        for pair in [[began[0], began[2]], [began[1], began[3]]] {
            assert!((pair[0] + half).abs_diff(pair[1]) <= 40, "{silence}: {began:?}, {half}");
        }
    }
}

/// A frame's burst in which 20 ms are lost here and there and the 20 ms before stand in their place.
fn with_lost_packets(samples: &[i16], lost: &[usize]) -> Vec<i16> {
    let mut samples = samples.to_vec();
    lost.iter().for_each(|block| samples.copy_within((block - 1) * 160..block * 160, block * 160));
    samples
}

/// The good frames that a line hears, told of these blocks that they were lost.
fn mended(line: &mut AudioLine, samples: &[i16], lost: &[usize]) -> Vec<Vec<u8>> {
    let mut heard = Vec::new();
    for (n, block) in samples.chunks(160).enumerate() {
        if lost.contains(&n) {
            line.listen_invented(block);
        } else {
            line.listen(block);
        }
        while let Some(one) = line.hear() {
            heard.push(one.signal);
        }
    }
    frames(&heard).0
}

const PPS: [u8; 7] = [0xFF, 0xC8, 0xBF, 0x2F, 0x00, 0x03, 0x4E];

/// A frame of eleven packets: whichever is lost, its bits are found by the check.
#[test]
fn a_frame_that_lost_a_packet_is_mended_where_the_line_is_told_so() {
    let samples = spoken(&[(100, &burst(Opening::V21, &[&PPS]))]);
    // The flags take about a second.
    let blocks = 56..66;
    let heard = |lost: usize, told: &[usize]| {
        mended(&mut AudioLine::default(), &with_lost_packets(&samples, &[lost]), told)
    };
    let whole = |told: bool| {
        blocks
            .clone()
            .filter(|lost| heard(*lost, if told { core::slice::from_ref(lost) } else { &[] }) == [PPS])
            .count()
    };
    assert!(whole(false) <= 1, "{} whole though hit", whole(false));
    assert!(whole(true) >= 9, "{} of 10 mended", whole(true));
}

/// T.30 5.4.2: what was not answered is said again. Nobody tells this line what was lost.
#[test]
fn two_damaged_copies_of_a_frame_are_mended_on_a_plain_line() {
    let samples = spoken(&[(100, &burst(Opening::V21, &[&PPS]))]);
    let mut line = AudioLine::default();
    assert_eq!(mended(&mut line, &with_lost_packets(&samples, &[58]), &[]), Vec::<Vec<u8>>::new());
    assert_eq!(mended(&mut line, &with_lost_packets(&samples, &[63]), &[]), [PPS]);
}
