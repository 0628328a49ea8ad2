//! Reads `test-vectors/t30/cases.txt`; its head says what the lines mean.

use crate::oddity::Oddity;
use crate::support::{octets, vectors};
use fax_core::{Opening, Span};

/// One conformance case.
#[derive(Clone, Debug, Default)]
pub(crate) struct Case {
    pub(crate) group: String,
    pub(crate) name: String,
    pub(crate) is_caller: bool,
    pub(crate) about: String,
    /// What the device has to send.
    pub(crate) document: String,
    /// What the script calls the end.
    pub(crate) result: String,
    pub(crate) settings: Vec<(String, String)>,
    pub(crate) steps: Vec<Step>,
}

/// What happens next.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// The tester's next signal comes so late.
    Wait(Span),
    /// The tester says something.
    Say(Say),
    /// The device must say something, and within this time.
    Hear(Hear, Span),
    /// The tester drops the line.
    Drop,
    /// The device must be gone: so long after its DCN, or when the tester has dropped the line.
    Gone(Option<(Span, Span)>),
    /// These steps, so many times.
    Repeat(usize, usize, Vec<Step>),
}

#[derive(Clone, Debug)]
pub(crate) enum Say {
    Ced,
    Frames(Vec<(Vec<u8>, Check)>),
    Tcf { opening: Opening, octets: usize, junk: usize },
    Page { opening: Opening, chart: String, bad_rows: Vec<usize> },
    Block(Block),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Check {
    Right,
    Wrong,
}

/// A partial page.
#[derive(Clone, Debug)]
pub(crate) struct Block {
    pub(crate) opening: Opening,
    pub(crate) chart: String,
    /// Octets of a frame.
    pub(crate) size: usize,
    pub(crate) least_bits: u32,
    pub(crate) number: usize,
    /// A frame of the page.
    pub(crate) bad_frame: Option<usize>,
    pub(crate) is_mmr: bool,
}

#[derive(Clone, Debug)]
pub(crate) enum Hear {
    Tone(String),
    /// The frames that a burst must have, in this order; others that are not the last may stand among them.
    Frames(Vec<Pattern>),
    Tcf(Opening),
    Page(Opening),
    Block(Opening, usize),
}

/// A frame that must come.
#[derive(Clone, Debug)]
pub(crate) struct Pattern {
    pub(crate) name: String,
    /// One of these.
    pub(crate) octets: Vec<Vec<u8>>,
    /// Whether anything may stand behind them.
    pub(crate) is_open: bool,
}

/// All of them.
pub(crate) fn cases() -> Vec<Case> {
    let lines = vectors("cases.txt");
    let mut group = String::new();
    let mut cases = Vec::<Case>::new();
    let mut steps = Vec::new();
    // Steps outside a loop, while its own are read.
    let mut outer = None;
    for line in &lines {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        let rest = rest.to_owned();
        let Some(case) = cases.last_mut() else {
            match word {
                "group" => group = rest,
                _ => cases.push(begin(&group, &rest)),
            }
            continue;
        };
        match word {
            "group" => group = rest,
            "case" => {
                case.steps = std::mem::take(&mut steps);
                cases.push(begin(&group, &rest));
            }
            "about" => case.about = rest,
            "document" => case.document = rest,
            "result" => case.result = rest,
            "set" => {
                let (key, value) = rest.split_once(' ').unwrap_or((&rest, ""));
                case.settings.push((key.into(), value.into()));
            }
            "repeat" => {
                let (least, most) = rest.split_once(' ').expect("two bounds");
                let most = most.parse().unwrap_or(usize::MAX);
                outer = Some((least.parse().expect("a number"), most, std::mem::take(&mut steps)));
            }
            "end" => {
                let (least, most, before) = outer.take().expect("a loop");
                let body = std::mem::replace(&mut steps, before);
                steps.push(Step::Repeat(least, most, body));
            }
            who => step(who, &rest, &mut steps),
        }
    }
    if let Some(case) = cases.last_mut() {
        case.steps = steps;
    }
    cases.iter_mut().for_each(Case::mend);
    cases
}

impl Case {
    /// Replaces an end that no device can have.
    fn mend(&mut self) {
        let ends = Oddity::of(&self.name).map_or(&[][..], |oddity| oddity.ends);
        if !ends.is_empty() {
            self.steps.pop();
        }
        ends.iter().for_each(|line| step("D", line, &mut self.steps));
    }
}

fn begin(group: &str, rest: &str) -> Case {
    let (name, device) = rest.split_once(' ').expect("a name and a device");
    Case { group: group.into(), name: name.into(), is_caller: device == "caller", ..Case::default() }
}

fn step(who: &str, line: &str, steps: &mut Vec<Step>) {
    let words: Vec<_> = line.split(' ').collect();
    let option = |name| words.iter().position(|word| *word == name).map(|at| words[at + 1]);
    let number = |word: &str| word.parse::<usize>().unwrap_or_else(|_| panic!("{word} in {line}"));
    let millis = |word| Span::from_millis(number(word) as u64);
    let limit = millis(option("within").unwrap_or("7000"));
    match (who, words[0]) {
        ("T", "tone") => steps.push(Step::Say(Say::Ced)),
        ("T", "wait") => steps.push(Step::Wait(millis(words[1]))),
        ("T", "clear") => steps.push(Step::Drop),
        ("D", "clear") => {
            steps.push(Step::Gone(words.get(2).map(|most| (millis(words[1]), millis(most)))));
        }
        ("T", "frame") => {
            let check = if words.last() == Some(&"spoilt") { Check::Wrong } else { Check::Right };
            let frame = (octets(words[2]), check);
            match steps.last_mut() {
                Some(Step::Say(Say::Frames(frames))) if goes_on(&frames.last().expect("one").0) => {
                    frames.push(frame);
                }
                _ => steps.push(Step::Say(Say::Frames(vec![frame]))),
            }
        }
        ("D", "frame") => {
            let name = words[1].to_owned();
            let first = words[2].trim_end_matches('*');
            let is_open = words[2].ends_with('*');
            let all = [Some(first), option("or")].into_iter().flatten().map(octets).collect();
            let pattern = Pattern { name, octets: all, is_open };
            match steps.last_mut() {
                Some(Step::Hear(Hear::Frames(frames), _))
                    if goes_on(&frames.last().expect("one").octets[0]) =>
                {
                    frames.push(pattern);
                }
                _ => steps.push(Step::Hear(Hear::Frames(vec![pattern]), limit)),
            }
        }
        ("D", "tone") => steps.push(Step::Hear(Hear::Tone(words[1].into()), limit)),
        ("D", "tcf") => steps.push(Step::Hear(Hear::Tcf(opening(words[1])), limit)),
        ("D", "page") => steps.push(Step::Hear(Hear::Page(opening(words[1])), limit)),
        ("D", "ecm") => steps.push(Step::Hear(Hear::Block(opening(words[1]), number(words[3])), limit)),
        ("T", "tcf") => {
            let junk = option("junk").map_or(0, number);
            steps.push(Step::Say(Say::Tcf { opening: opening(words[1]), octets: number(words[2]), junk }));
        }
        ("T", "page") => {
            let bad_rows = option("bad").map_or(vec![], |rows| rows.split(',').map(number).collect());
            let (opening, chart) = (opening(words[1]), words[2].to_owned());
            steps.push(Step::Say(Say::Page { opening, chart, bad_rows }));
        }
        ("T", "ecm") => steps.push(Step::Say(Say::Block(Block {
            opening: opening(words[1]),
            chart: words[2].into(),
            size: number(words[3]),
            least_bits: option("least").map_or(0, number) as u32,
            number: option("block").map_or(0, number),
            bad_frame: option("bad").map(number),
            is_mmr: words.contains(&"mmr"),
        }))),
        _ => panic!("{who} {line}"),
    }
}

/// Whether more frames of the burst follow this one.
fn goes_on(frame: &[u8]) -> bool {
    frame.get(1) == Some(&0xC0)
}

fn opening(name: &str) -> Opening {
    let found = Opening::ALL.into_iter().find(|opening| opening.name() == name);
    found.unwrap_or_else(|| panic!("no modem {name}"))
}
