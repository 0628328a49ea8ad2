//! The relay between two lines that do nothing but listen and remember.

mod own_words;
mod regenerating;

use super::*;
use crate::line::{Deadline, Framing, Progress, Refusal, Room};
use crate::signal::{Chunk, Tone, Training, V17Rate};
use std::collections::VecDeque;

/// A line whose mouth takes what it has room for and says it at its rate.
struct Stage {
    nature: Nature,
    now: Timestamp,
    to_hear: VecDeque<Heard>,
    said: Vec<(Timestamp, Signal)>,
    open: Option<Opening>,
    /// When what has been said so far will have left.
    dry: Timestamp,
    /// How far ahead of its time a modem may be told things.
    ahead: Span,
    grammar: Grammar,
}

impl Stage {
    fn new(nature: Nature) -> Self {
        Self {
            nature,
            now: Timestamp::ZERO,
            to_hear: VecDeque::new(),
            said: Vec::new(),
            open: None,
            dry: Timestamp::ZERO,
            ahead: Span::from_millis(60_000),
            grammar: Grammar::default(),
        }
    }

    /// The octets of every frame or run of bits that was said, with how it ended.
    fn frames(&self) -> Vec<(Vec<u8>, Signal)> {
        let (mut frames, mut octets) = (Vec::new(), Vec::new());
        for (_, signal) in &self.said {
            match signal {
                Signal::Octets(chunk) | Signal::Bits(chunk) => octets.extend_from_slice(chunk.octets()),
                Signal::FrameEnd(_) => frames.push((core::mem::take(&mut octets), *signal)),
                Signal::End if !octets.is_empty() => frames.push((core::mem::take(&mut octets), *signal)),
                _ => {}
            }
        }
        frames
    }

    fn count(&self, wanted: Signal) -> usize {
        self.said.iter().filter(|(_, signal)| *signal == wanted).count()
    }
}

impl Line for Stage {
    fn nature(&self) -> Nature {
        self.nature
    }
    fn now(&self) -> Timestamp {
        self.now
    }
    fn hear(&mut self) -> Option<Heard> {
        self.to_hear.pop_front()
    }
    fn room(&self) -> Room {
        let rate = u64::from(self.open.map_or(0, |opening| opening.bit_rate().0));
        let ahead = (self.now + self.ahead).since(self.dry.max(self.now)).micros();
        let bits = (ahead * rate / 1_000_000).min(if self.open.is_some() { 2048 } else { 0 }) as usize;
        Room { bits, dry_at: self.open.map(|_| self.dry).filter(|_| self.nature == Nature::Modem) }
    }
    fn say(&mut self, signal: Signal) -> Result<(), Refusal> {
        self.grammar.take(signal)?;
        match signal {
            // A preamble or training of 300 ms, to be short.
            Signal::Begin(opening) => {
                (self.open, self.dry) = (Some(opening), self.now + Span::from_millis(300));
            }
            Signal::End => self.open = None,
            Signal::Octets(chunk) | Signal::Bits(chunk) => {
                let rate = u64::from(self.open.map_or(300, |opening| opening.bit_rate().0));
                self.dry =
                    self.dry.max(self.now) + Span::from_micros(chunk.len_bits() as u64 * 1_000_000 / rate);
            }
            _ => {}
        }
        self.said.push((self.now, signal));
        Ok(())
    }
    fn expect(&mut self, _: Expectation) {}
    fn progress(&mut self) -> Option<Progress> {
        None
    }
    fn deadline(&self) -> Option<Deadline> {
        None
    }
}

/// A gateway: a phone line near, packets far, and the time.
struct Bench {
    relay: Relay,
    near: Stage,
    far: Stage,
    now: Timestamp,
    events: Vec<Event>,
}

impl Bench {
    fn new() -> Self {
        Self {
            relay: Relay::new(Policy::default()),
            near: Stage::new(Nature::Modem),
            far: Stage::new(Nature::Packets),
            now: Timestamp::ZERO,
            events: Vec::new(),
        }
    }

    /// Phone lines on both sides.
    fn regenerating() -> Self {
        Self { far: Stage::new(Nature::Modem), ..Self::new() }
    }

    fn hear(&mut self, side: Side, signals: &[Signal]) {
        let line = if side == Side::Near { &mut self.near } else { &mut self.far };
        for signal in signals {
            line.to_hear.push_back(Heard { at: self.now, signal: *signal, grounds: crate::Grounds::Heard });
        }
        self.pass(0);
    }

    fn pass(&mut self, millis: u64) {
        for _ in 0..=millis / 20 {
            if millis > 0 {
                self.now += Span::from_millis(20);
            }
            (self.near.now, self.far.now) = (self.now, self.now);
            self.relay.drive(self.now, &mut self.near, &mut self.far);
            self.events.extend(core::iter::from_fn(|| self.relay.event()).map(|(_, _, event)| event));
        }
    }

    /// A whole V.21 burst of one frame.
    fn frame(&mut self, side: Side, octets: &[u8]) {
        self.hear(side, &[BEGIN, frame(octets), GOOD, Signal::End, Signal::Silence]);
    }

    /// The dialogue up to where a page is due, the caller far.
    fn until_page(&mut self) {
        self.frame(Side::Near, &DIS);
        self.pass(300);
        self.frame(Side::Far, &DCS);
        self.pass(1200);
        self.hear(
            Side::Far,
            &[Signal::Begin(V17_LONG), Signal::Bits(Chunk::from_octets(&[0; 32])), Signal::End],
        );
        self.pass(600);
        self.frame(Side::Near, &CFR);
        self.pass(300);
    }
}

const BEGIN: Signal = Signal::Begin(Opening::V21);
const GOOD: Signal = Signal::FrameEnd(FrameEnd::Good);
const ABORTED: Signal = Signal::FrameEnd(FrameEnd::Aborted);
const V17_LONG: Opening = Opening::V17(V17Rate::R14400, Training::Long);
const V17_SHORT: Opening = Opening::V17(V17Rate::R14400, Training::Short);
const DIS: [u8; 6] = [0xFF, 0xC8, 0x01, 0x00, 0x77, 0x5E];
/// V.17 at 14 400 bit/s, no ECM.
const DCS: [u8; 6] = [0xFF, 0xC8, 0xC1, 0x00, 0x45, 0x1E];
const CFR: [u8; 3] = [0xFF, 0xC8, 0x21];
const EOP: [u8; 3] = [0xFF, 0xC8, 0xF4];
const MCF: [u8; 3] = [0xFF, 0xC8, 0x31];

fn frame(octets: &[u8]) -> Signal {
    Signal::Octets(Chunk::from_octets(octets))
}

/// IFP-14, AUD-4.
#[test]
fn tones_are_passed_on_and_an_invitation_to_v8_becomes_plain() {
    let mut bench = Bench::new();
    bench.hear(Side::Near, &[Signal::Tone(Tone::AnsAmPr), Signal::Silence]);
    bench.hear(Side::Far, &[Signal::Tone(Tone::Cng)]);
    assert_eq!(bench.far.count(Signal::Tone(Tone::Ced)), 1);
    assert_eq!(bench.far.count(Signal::Silence), 1);
    assert_eq!(bench.near.count(Signal::Tone(Tone::Cng)), 1);
}

/// IFP-18, IFP-25: packets wait for nothing, a modem for its cushion or the whole frame.
#[test]
fn a_frame_starts_at_once_to_packets_and_with_a_cushion_to_a_modem() {
    let mut bench = Bench::new();
    bench.hear(Side::Near, &[BEGIN, frame(&[0xFF])]);
    assert_eq!(bench.far.count(frame(&[0xFF])), 1);
    let mut bench = Bench::new();
    bench.hear(Side::Far, &[BEGIN, frame(&[0xFF, 0xC8, 0x01, 0, 0, 0, 0])]);
    assert_eq!(bench.near.frames(), []);
    assert!(!bench.near.said.iter().any(|(_, signal)| matches!(signal, Signal::Octets(_))));
    bench.hear(Side::Far, &[frame(&[0])]);
    assert!(bench.near.said.iter().any(|(_, signal)| matches!(signal, Signal::Octets(_))));
}

/// Lever L1: the classic engine ends such a frame with a good check.
#[test]
fn a_frame_that_runs_dry_is_broken_off_and_played_again_when_it_is_whole() {
    let mut bench = Bench::new();
    let octets = [0xFF, 0xC0, 0x02, 1, 2, 3, 4, 5, 6, 7];
    bench.hear(Side::Far, &[BEGIN, frame(&octets[..9])]);
    bench.pass(700);
    assert_eq!(bench.near.frames(), [(octets[..9].to_vec(), ABORTED)]);
    bench.hear(Side::Far, &[frame(&octets[9..]), GOOD, Signal::End]);
    bench.pass(300);
    assert_eq!(bench.near.frames()[1..], [(octets.to_vec(), GOOD)]);
    assert!(bench.events.contains(&Event::FrameReplayed { octets: 9 }));
}

/// IFP-4.
#[test]
fn a_frame_with_a_hole_leaves_as_bad_and_never_as_good() {
    let mut bench = Bench::new();
    let bad = Signal::FrameEnd(FrameEnd::Bad);
    bench.hear(Side::Far, &[BEGIN, frame(&[0xFF, 0xC8]), Signal::Missing, frame(&[0x21]), bad, Signal::End]);
    bench.pass(400);
    assert_eq!(bench.near.frames(), [(vec![0xFF, 0xC8, 0x21], bad)]);
}

/// IFP-4, lever L8: what was lost before a frame does not make it a bad one, which a line refuses to end well.
#[test]
fn a_hole_between_two_frames_of_a_page_spoils_neither_and_the_carrier_ends() {
    let mut bench = Bench::new();
    bench.near.ahead = Span::from_millis(600);
    bench.until_page();
    bench.hear(Side::Far, &[Signal::Begin(V17_SHORT)]);
    bench.pass(300);
    let octets: Vec<u8> = [0xFF, 0xC0, 0x60].into_iter().chain((3..=255).cycle().take(1500)).collect();
    let say = |bench: &mut Bench| {
        let parts: Vec<Signal> = octets.chunks(Chunk::CAPACITY).map(frame).collect();
        bench.hear(Side::Far, &[&parts[..], &[GOOD]].concat());
    };
    say(&mut bench);
    bench.hear(Side::Far, &[Signal::Missing]);
    say(&mut bench);
    bench.hear(Side::Far, &[Signal::End]);
    bench.pass(3000);
    let said = bench.near.frames();
    assert_eq!(said[said.len() - 2..], [(octets.clone(), GOOD), (octets, GOOD)]);
    assert_eq!(bench.near.said.last().map(|(_, signal)| *signal), Some(Signal::End));
}

/// T30-1, T30-2: bit 6 goes, the maker becomes nobody.
#[test]
fn what_two_machines_must_not_agree_on_is_edited_as_it_passes() {
    let mut bench = Bench::new();
    let nsf = [0xFF, 0xC0, 0x04, 0xB5, 0x00, 0x11, 0x22];
    bench.hear(Side::Near, &[BEGIN, frame(&nsf), GOOD, frame(&[0xFF, 0xC8, 0x01, 0x04, 0x77, 0x5E]), GOOD]);
    let said = bench.far.frames();
    assert_eq!(said[0].0, [0xFF, 0xC0, 0x04, 0xFF, 0x00, 0x00, 0x22]);
    assert_eq!(said[1].0[3], 0x00);
}

/// IFP-16.
#[test]
fn the_training_after_dcs_is_announced_before_it_is_heard_and_taken_back_if_it_does_not_come() {
    let mut bench = Bench::new();
    bench.frame(Side::Far, &DIS);
    bench.pass(300);
    bench.frame(Side::Near, &DCS);
    assert_eq!(bench.far.said.last().map(|(_, signal)| *signal), Some(Signal::Begin(V17_LONG)));
    bench.pass(1100);
    assert!(bench.events.contains(&Event::PredictionFailed(V17_LONG)));
    assert_eq!(bench.far.said.last().map(|(_, signal)| *signal), Some(Signal::Silence));
}

/// T.4 4.1.3, IFP-17, IFP-22.
#[test]
fn a_page_is_stretched_before_an_eol_and_nowhere_else() {
    let mut bench = Bench::new();
    bench.until_page();
    let eol = [0x00, 0x10];
    let row = [0xAA; 80];
    let send = |bench: &mut Bench, octets: &[u8]| {
        for part in octets.chunks(32) {
            bench.hear(Side::Far, &[Signal::Bits(Chunk::from_octets(part))]);
        }
    };
    bench.hear(Side::Far, &[Signal::Begin(V17_SHORT)]);
    send(&mut bench, &[&[0xFF][..], &eol, &row, &eol, &row[..40]].concat());
    bench.pass(1000);
    send(&mut bench, &[&row[40..], &eol].concat());
    bench.hear(Side::Far, &[Signal::End]);
    bench.pass(100);
    let page = bench.near.frames().pop().expect("a page was said").0;
    // The first EOL with what stood before it in its octets, a row, then fill where the line ran dry.
    assert_eq!(page[..3], [0xFF, 0x00, 0x10]);
    assert_eq!(page[3..83], row);
    let rest = &page[83..];
    let fill = rest.iter().take_while(|octet| **octet == 0).count();
    assert!(fill > 100, "{fill} octets of fill");
    assert_eq!(rest[fill..], [&[0x10][..], &row, &eol].concat());
}

/// IFP-17.
#[test]
fn a_hole_in_a_page_costs_what_is_missing_and_nothing_else() {
    let mut bench = Bench::new();
    bench.until_page();
    let page = [0x00, 0x10, 0xAA, 0xAA, 0x00, 0x10, 0xBB, 0xCC, 0x00, 0x10, 0xDD];
    let bits = |octets: &[u8]| Signal::Bits(Chunk::from_octets(octets));
    bench.hear(Side::Far, &[Signal::Begin(V17_SHORT), bits(&page[..3]), Signal::Missing]);
    bench.hear(Side::Far, &[bits(&page[6..]), Signal::End]);
    bench.pass(100);
    let said = bench.near.frames().pop().expect("a page was said").0;
    assert_eq!(said, [&page[..3], &page[6..]].concat());
    assert_eq!(bench.near.count(Signal::Begin(V17_SHORT)), 1, "the carrier stays");
}

/// IFP-22, T.30 table 2: whoever took fill out, or nobody.
#[test]
fn a_row_that_is_too_short_for_the_printer_is_filled_up() {
    let mut bench = Bench::new();
    bench.frame(Side::Near, &DIS);
    bench.pass(300);
    // 20 ms a line: 36 octets at 14 400 bit/s.
    bench.frame(Side::Far, &[0xFF, 0xC8, 0xC1, 0x00, 0x45, 0x10]);
    bench.pass(1200);
    bench
        .hear(Side::Far, &[Signal::Begin(V17_LONG), Signal::Bits(Chunk::from_octets(&[0; 32])), Signal::End]);
    bench.pass(600);
    bench.frame(Side::Near, &CFR);
    bench.pass(300);
    let rows = [0x00, 0x10, 0xAA, 0xAA, 0x00, 0x10, 0xBB, 0xBB, 0x00, 0x10];
    bench.hear(Side::Far, &[Signal::Begin(V17_SHORT), Signal::Bits(Chunk::from_octets(&rows)), Signal::End]);
    bench.pass(300);
    let said = bench.near.frames().pop().expect("a page was said").0;
    let fill = said.len() - rows.len();
    assert!((2 * 32..=2 * 33).contains(&fill), "{fill} octets of fill");
    let content: Vec<u8> = said.iter().copied().filter(|octet| *octet != 0).collect();
    assert_eq!(content, rows.iter().copied().filter(|octet| *octet != 0).collect::<Vec<_>>());
}

/// Lever L7, delays of seconds.
#[test]
fn a_machine_whose_answer_is_late_is_held_with_flags_that_never_last_three_seconds() {
    let mut bench = Bench::new();
    bench.frame(Side::Near, &DIS);
    bench.pass(2400);
    assert_eq!(bench.near.count(BEGIN), 0);
    bench.pass(200);
    assert_eq!(bench.near.count(BEGIN), 1);
    assert!(bench.events.contains(&Event::Held));
    bench.pass(1500);
    bench.hear(Side::Far, &[BEGIN]);
    bench.pass(1500);
    assert_eq!((bench.near.count(BEGIN), bench.near.count(Signal::End)), (2, 1), "begun anew by a gap");
    bench.hear(Side::Far, &[frame(&DCS), GOOD, Signal::End]);
    bench.pass(300);
    assert_eq!(bench.near.frames(), [(DCS.to_vec(), GOOD)]);
}

#[test]
fn a_machine_is_not_held_longer_than_an_answer_can_take() {
    let mut bench = Bench::new();
    bench.frame(Side::Near, &DIS);
    bench.pass(7000);
    assert!(bench.events.contains(&Event::HeldInVain));
    assert_eq!(bench.near.said.last().map(|(_, signal)| *signal), Some(Signal::End));
}

/// Lever L9: the machine that confirmed a page takes its command for a mistake.
#[test]
fn a_command_said_again_after_its_answer_is_answered_again_and_kept_back() {
    let mut bench = Bench::new();
    bench.until_page();
    bench
        .hear(Side::Far, &[Signal::Begin(V17_SHORT), Signal::Bits(Chunk::from_octets(&[0; 8])), Signal::End]);
    bench.pass(400);
    bench.frame(Side::Far, &EOP);
    bench.pass(400);
    bench.frame(Side::Near, &MCF);
    bench.pass(3000);
    let (to_near, to_far) = (bench.near.count(GOOD), bench.far.count(GOOD));
    bench.frame(Side::Far, &EOP);
    bench.pass(400);
    assert!(bench.events.contains(&Event::AnsweredAgain));
    assert_eq!(bench.near.count(GOOD), to_near);
    assert_eq!(bench.far.count(GOOD), to_far + 1);
    assert_eq!(bench.far.frames().last().map(|(octets, _)| octets.clone()), Some(MCF.to_vec()));
    // What is not that command passes: here the end of the call.
    bench.frame(Side::Far, &[0xFF, 0xC8, 0xDF]);
    bench.pass(400);
    assert_eq!(bench.near.count(GOOD), to_near + 1);
}

/// Lever L9, T.30 5.4.2: whoever asked for frames answers again, and T2 of that machine must not run out meanwhile.
#[test]
fn a_command_that_was_answered_by_asking_for_frames_is_said_again() {
    let mut bench = Bench::new();
    bench.until_page();
    bench
        .hear(Side::Far, &[Signal::Begin(V17_SHORT), Signal::Bits(Chunk::from_octets(&[0; 8])), Signal::End]);
    bench.pass(400);
    let pps = [0xFF, 0xC8, 0x7D, 0xF4, 0, 0, 9];
    bench.frame(Side::Far, &pps);
    bench.pass(400);
    let ppr = [&[0xFF, 0xC8, 0x3D][..], &[0; 32]].concat();
    bench
        .hear(Side::Near, &[BEGIN, frame(&ppr[..32]), frame(&ppr[32..]), GOOD, Signal::End, Signal::Silence]);
    bench.pass(3000);
    bench.frame(Side::Far, &pps);
    bench.pass(400);
    assert!(!bench.events.contains(&Event::AnsweredAgain));
    let said = bench.near.frames();
    assert_eq!(said.iter().filter(|(octets, _)| *octets == pps).count(), 2);
}

/// Lever L9: after PPR comes the rest of the page and a PPS that may read the same.
#[test]
fn a_command_that_reads_the_same_after_another_page_is_no_repetition() {
    let mut bench = Bench::new();
    bench.until_page();
    let page = [Signal::Begin(V17_SHORT), Signal::Bits(Chunk::from_octets(&[0; 8])), Signal::End];
    bench.hear(Side::Far, &page);
    bench.pass(400);
    bench.frame(Side::Far, &EOP);
    bench.pass(400);
    bench.frame(Side::Near, &MCF);
    bench.pass(400);
    bench.hear(Side::Far, &page);
    bench.pass(3000);
    let to_near = bench.near.count(GOOD);
    bench.frame(Side::Far, &EOP);
    bench.pass(400);
    assert!(!bench.events.contains(&Event::AnsweredAgain));
    assert_eq!(bench.near.count(GOOD), to_near + 1);
}

/// Lever L8.
#[test]
fn a_carrier_of_which_nothing_comes_any_more_is_let_go() {
    let mut bench = Bench::new();
    bench.hear(Side::Far, &[BEGIN, frame(&CFR), GOOD]);
    bench.pass(1700);
    assert_eq!(bench.near.said.last().map(|(_, signal)| *signal), Some(Signal::End));
    assert!(bench.events.contains(&Event::CarrierLetGo(Opening::V21)));
}

/// T.30 Annex A: after CTR a receiver awaits a long training until a frame of the page has reached it.
#[test]
fn after_ctr_the_training_stays_long_until_a_frame_has_passed() {
    let mut bench = Bench::new();
    bench.until_page();
    bench.frame(Side::Far, &[0xFF, 0xC8, 0xC8, 0x00, 0x45]);
    bench.pass(300);
    bench.frame(Side::Near, &[0xFF, 0xC8, 0x23]);
    bench.pass(300);
    bench.hear(Side::Far, &[Signal::Begin(V17_SHORT), Signal::End]);
    bench.pass(300);
    assert_eq!(bench.near.count(Signal::Begin(V17_SHORT)), 0);
    assert_eq!(bench.near.count(Signal::Begin(V17_LONG)), 2, "TCF and this one");
}

#[test]
fn the_lines_are_told_what_to_expect() {
    let mut bench = Bench::new();
    bench.frame(Side::Far, &DIS);
    bench.pass(100);
    bench.frame(Side::Near, &DCS);
    let expected = bench.relay.tracker().expectation(Side::Near);
    assert_eq!(expected, Expectation::only(V17_LONG, Framing::Bits));
    assert_eq!(bench.relay.near.expected, expected);
}

/// IFP-22.
#[test]
fn fill_is_left_out_on_the_way_into_packets_and_nothing_else() {
    let mut bench = Bench::new();
    bench.relay.policy.fill_removal = true;
    bench.frame(Side::Far, &DIS);
    bench.pass(300);
    bench.frame(Side::Near, &DCS);
    bench.hear(
        Side::Near,
        &[Signal::Begin(V17_LONG), Signal::Bits(Chunk::from_octets(&[0; 32])), Signal::End],
    );
    bench.frame(Side::Far, &CFR);
    bench.pass(300);
    let row = [0xAB, 0xCD, 0xEF];
    let heard = [&[0x00, 0x01][..], &row, &[0; 20], &[0x01], &row, &[0x00, 0x10], &row].concat();
    let tcf = bench.far.frames().iter().filter(|(octets, _)| octets.iter().all(|octet| *octet == 0)).count();
    assert_eq!(tcf, 1, "a TCF stays as it is");
    bench.hear(Side::Near, &[Signal::Begin(V17_SHORT), Signal::Bits(Chunk::from_octets(&heard[..31]))]);
    bench.hear(Side::Near, &[Signal::Bits(Chunk::from_octets(&heard[31..])), Signal::End]);
    let page = bench.far.frames().pop().expect("a page was said").0;
    let bits = |octets: &[u8]| octets.iter().map(|octet| format!("{octet:08b}")).collect::<String>();
    let short = |text: String| {
        let mut out = String::new();
        let mut zeros = 0;
        for bit in text.chars() {
            zeros = if bit == '0' { zeros + 1 } else { 0 };
            if zeros <= 14 {
                out.push(bit);
            }
        }
        out
    };
    let expected = short(bits(&heard));
    assert!(bits(&page).starts_with(&expected) && bits(&page).len() < expected.len() + 8);
    assert!(page.len() < heard.len() - 15);
}

/// T.38 8.1.
#[test]
fn with_local_tcf_none_crosses_and_a_bad_one_turns_the_confirmation_into_a_failure() {
    for (octet, answer) in [(0x00, 0x21), (0x01, 0x22)] {
        let mut bench = Bench::new();
        bench.relay.policy.tcf = TcfMethod::Local;
        bench.frame(Side::Far, &DIS);
        bench.pass(300);
        bench.frame(Side::Near, &DCS);
        bench.hear(Side::Near, &[Signal::Begin(V17_LONG)]);
        for _ in 0..84 {
            bench.hear(Side::Near, &[Signal::Bits(Chunk::from_octets(&[octet; 32]))]);
        }
        bench.hear(Side::Near, &[Signal::End, Signal::Silence]);
        bench.pass(100);
        assert!(!bench.far.said.iter().any(|(_, signal)| matches!(signal, Signal::Bits(_))));
        bench.frame(Side::Far, &CFR);
        bench.pass(300);
        assert_eq!(bench.near.frames().last().map(|(octets, _)| octets[2]), Some(answer));
    }
}

/// T.38 8.1.
#[test]
fn with_local_tcf_the_receiving_gateway_makes_its_own() {
    let mut bench = Bench::new();
    bench.relay.policy.tcf = TcfMethod::Local;
    bench.frame(Side::Near, &DIS);
    bench.pass(300);
    bench.frame(Side::Far, &DCS);
    bench.hear(Side::Far, &[Signal::Begin(V17_LONG), Signal::End, Signal::Silence]);
    bench.pass(3000);
    let (zeros, end) = bench.near.frames().pop().expect("a TCF was said");
    assert_eq!((zeros.len(), end), (2700, Signal::End));
    assert!(zeros.iter().all(|octet| *octet == 0));
    assert_eq!(bench.near.count(Signal::Begin(V17_LONG)), 1);
}
