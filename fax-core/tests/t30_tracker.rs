//! The tracker on whole calls: what it expects when a burst comes is what comes.

mod support;

use fax_core::relay::{Phase, Side, Tracker};
use fax_core::t30::Frame;
use fax_core::{Expectation, Framing, Opening, Training};
use std::fmt::Write;
use support::{octets, vectors};

/// A line of a dialogue file.
struct Burst {
    side: Side,
    kind: Kind,
}

enum Kind {
    /// Frames with whether their FCS was right.
    V21(Vec<(bool, Vec<u8>)>),
    /// Modem and, where the case tells it, training; `true` for frames.
    Fast { opening: Opening, training: Option<Training>, framing: Framing },
}

/// Cases of a dialogue file by name.
fn cases(file: &str) -> Vec<(String, Vec<Burst>)> {
    let mut cases: Vec<(String, Vec<Burst>)> = Vec::new();
    for line in vectors(file) {
        match line.strip_prefix("case ") {
            Some(name) => cases.push((name.to_owned(), Vec::new())),
            None => cases.last_mut().unwrap().1.push(burst(&line)),
        }
    }
    cases
}

fn burst(line: &str) -> Burst {
    let words: Vec<_> = line.split(' ').collect();
    let side = if words[0] == "near" { Side::Near } else { Side::Far };
    let frame = |word: &&str| match word.strip_prefix("bad:") {
        Some(hex) => (false, octets(hex)),
        None => (true, octets(word)),
    };
    let kind = match words[1] {
        "v21" => Kind::V21(words[2..].iter().map(frame).collect()),
        kind => Kind::Fast {
            opening: words[2].parse().unwrap(),
            training: words.get(3).map(|word| if *word == "long" { Training::Long } else { Training::Short }),
            framing: if kind == "frames" { Framing::Frames } else { Framing::Bits },
        },
    };
    Burst { side, kind }
}

/// Lets a burst pass the tracker. Returns the names of its frames.
fn pass(tracker: &mut Tracker, burst: &Burst) -> String {
    match &burst.kind {
        Kind::V21(frames) => {
            tracker.burst_began(burst.side, Opening::V21);
            let mut names = Vec::new();
            for (good, octets) in frames {
                let frame = Frame::parse(octets).ok().filter(|_| *good);
                names.push(frame.map_or("(bad)", |frame| frame.fcf().name()));
                frame.and_then(|frame| tracker.frame(burst.side, &frame));
            }
            tracker.burst_ended(burst.side);
            names.join(" ")
        }
        Kind::Fast { opening, training, framing } => {
            let opening = training.map_or(*opening, |training| opening.with_training(training));
            tracker.burst_began(burst.side, opening);
            if *framing == Framing::Frames {
                let coded = [&[0xFF, 0xC0, 0x60, 0x00][..], &[0; 256]].concat();
                for octets in [&coded[..], &[0xFF, 0xC0, 0x61]] {
                    tracker.frame(burst.side, &Frame::parse(octets).unwrap());
                }
            }
            tracker.burst_ended(burst.side);
            format!("({} {})", opening.name(), kind(*framing))
        }
    }
}

fn kind(framing: Framing) -> &'static str {
    match framing {
        Framing::Unknown => "any",
        Framing::Frames => "frames",
        Framing::Bits => "bits",
    }
}

fn show(expectation: Expectation) -> String {
    let one = |expected: fax_core::Expected| match (expected.opening, expected.opening.training()) {
        (Opening::V21, _) => "-".to_owned(), // and nothing else
        (Opening::V17(..), Training::Short) => {
            format!("{} short {}", expected.opening.name(), kind(expected.framing))
        }
        (opening, _) => format!("{} long {}", opening.name(), kind(expected.framing)),
    };
    let all: Vec<_> = expectation.iter().map(one).collect();
    if all.is_empty() { "anything".to_owned() } else { all.join(", ") }
}

/// Cases that show what the traces do not: failure to train, polling with a turn-around, frames sent again,
/// another rate in mid-page, a busy receiver, an echo.
const SHOWN: [&str; 6] = ["MRGN07", "ORGP10", "OREN03", "OTEN05", "Modem-change-at-CTC", "Tx-PPS-echo"];

/// What the tracker knew, burst by burst. Read it beside the dialogues.
fn transcript() -> String {
    let shown = cases("conformance.txt").into_iter().filter(|(name, _)| SHOWN.contains(&name.as_str()));
    let mut text = String::new();
    for (name, bursts) in cases("traces.txt").into_iter().chain(shown) {
        let mut tracker = Tracker::new();
        writeln!(text, "{name}").unwrap();
        for burst in bursts {
            let told = pass(&mut tracker, &burst);
            let near = show(tracker.expectation(Side::Near));
            let far = show(tracker.expectation(Side::Far));
            let side = if burst.side == Side::Near { "near" } else { "far" };
            let phase = format!("{} {:?}", tracker.phase().letter(), tracker.phase());
            writeln!(text, "  {side:<4}  {told:<20}  {phase:<14}  near: {near:<24}  far: {far}").unwrap();
        }
    }
    text
}

#[test]
fn calls_are_followed_as_the_golden_transcript_says() {
    let golden = include_str!("golden/t30_tracker.txt");
    let now = transcript();
    if now != golden {
        let path = std::env::temp_dir().join("t30_tracker.txt");
        std::fs::write(&path, now).unwrap();
        panic!("the transcript has changed; compare {} with tests/golden/t30_tracker.txt", path.display());
    }
}

/// IFP-15, IFP-16: modem, training and framing, from real announcements.
#[test]
fn what_comes_in_a_trace_is_what_was_likeliest() {
    for (name, bursts) in cases("traces.txt") {
        let mut tracker = Tracker::new();
        for burst in bursts {
            if let Kind::Fast { opening, training: Some(training), framing } = burst.kind {
                let opening = opening.with_training(training);
                let expected = tracker.expectation(burst.side).iter().next().unwrap();
                assert_eq!((expected.opening, expected.framing), (opening, framing), "{name}");
                assert_eq!(show(tracker.expectation(burst.side.other())), "-", "{name}");
                let predicted = (tracker.phase() == Phase::Commanded).then_some(opening);
                assert_eq!(tracker.predicted(burst.side), predicted, "{name}");
            }
            pass(&mut tracker, &burst);
        }
        assert_eq!(tracker.phase(), Phase::Released, "{name}");
    }
}

/// The tester sends TCF at another rate than its DCS says, or its DCS had a bad FCS and went by unread,
/// for the other machine too.
const UNFORESEEABLE: [&str; 3] = [
    "MRGN08: v27ter-2400 bits in Commanded, expected v27ter-4800 long bits",
    "MRGN11: v27ter-4800 bits in Identified, expected -",
    "MRGN11: v27ter-4800 bits in Identified, expected -",
];

#[test]
fn what_comes_in_a_conformance_case_was_expected() {
    let mut surprises = Vec::new();
    let mut foreseen = 0;
    for (name, bursts) in cases("conformance.txt") {
        let mut tracker = Tracker::new();
        for burst in bursts {
            if let Kind::Fast { opening, framing, .. } = burst.kind {
                let expected = tracker.expectation(burst.side).iter().next();
                let fits = expected.is_some_and(|expected| {
                    expected.opening.name() == opening.name() && expected.framing == framing
                });
                foreseen += usize::from(fits);
                if !fits {
                    surprises.push(format!(
                        "{name}: {} {} in {:?}, expected {}",
                        opening.name(),
                        kind(framing),
                        tracker.phase(),
                        show(tracker.expectation(burst.side)),
                    ));
                }
            }
            pass(&mut tracker, &burst);
        }
    }
    assert_eq!(surprises, UNFORESEEABLE);
    assert_eq!(foreseen, 426);
}
