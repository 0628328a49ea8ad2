//! Our fax machine against the peer's on a phone line that loses what is said: each burst in turn, and pieces of
//! pages. Every page must arrive all the same, whoever sends.

#[path = "../../fax-core/tests/support/desk.rs"]
mod desk;

use desk::{Pile, Tray};
use fax_core::Timestamp;
use fax_core::t30::fields::{Coding as Code, Length, Resolution, Width};
use fax_core::t30::session::{Cause, Event, Format, Role, Session, Settings};
use fax_modem::AudioLine;
use peer_spandsp::{Coding, FaxTerminal, Page, Role as PeerRole, TerminalSettings, read_pages, write_pages};
use std::path::PathBuf;

/// 20 ms.
const BLOCK: usize = 160;
/// No call here may take longer: 15 minutes.
const LONGEST: u64 = 900 * 8000;

fn scratch(name: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("our-trouble-{name}.tif"));
    let _ = std::fs::remove_file(&path);
    path
}

/// What the line does to one way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trouble {
    None,
    /// The burst of this number is not heard. Tones count as bursts.
    Burst(usize),
    /// This many milliseconds of silence in each so many of sound.
    Holes(usize, usize),
}

/// One way of the line.
struct Way {
    trouble: Trouble,
    /// Bursts begun.
    bursts: usize,
    /// Samples of silence since the last sound, and of sound since the last silence.
    silence: usize,
    sound: usize,
}

impl Way {
    fn new(trouble: Trouble) -> Self {
        Self { trouble, bursts: 0, silence: BLOCK, sound: 0 }
    }

    /// Spoils what passes.
    fn pass(&mut self, samples: &mut [i16]) {
        for sample in samples {
            if *sample == 0 {
                self.silence += 1;
                if self.silence > 200 {
                    self.sound = 0;
                }
            } else {
                if self.silence > 200 {
                    self.bursts += 1;
                }
                self.silence = 0;
            }
            self.sound += 1;
            let is_lost = match self.trouble {
                Trouble::None => false,
                Trouble::Burst(number) => self.bursts == number + 1,
                Trouble::Holes(hole, every) => self.sound % (8 * every) >= 8 * (every - hole),
            };
            if is_lost {
                *sample = 0;
            }
        }
    }
}

/// What came of a call.
struct Call {
    ours: Option<Cause>,
    is_good_there: bool,
    /// Bursts of the peer and of ours.
    bursts: [usize; 2],
    events: Vec<Event>,
}

fn call(
    role: Role,
    ours: Settings,
    theirs: &TerminalSettings,
    pile: &mut Pile,
    tray: &mut Tray,
    troubles: [Trouble; 2],
) -> Call {
    let peer_role = if role == Role::Caller { PeerRole::Answerer } else { PeerRole::Caller };
    let mut peer = FaxTerminal::new(peer_role, theirs);
    let mut session = Session::new(role, ours);
    let mut line = AudioLine::default();
    let [mut back, mut forth] = troubles.map(Way::new);
    let (mut said, mut heard) = ([0; BLOCK], [0; BLOCK]);
    let mut events = Vec::new();
    let mut samples = 0;
    while !(peer.is_finished() && session.outcome().is_some()) && samples < LONGEST {
        samples += BLOCK as u64;
        peer.exchange(&said, &mut heard);
        back.pass(&mut heard);
        line.listen(&heard);
        session.drive(Timestamp::from_samples(samples), &mut line, pile, tray);
        line.fill(&mut said);
        forth.pass(&mut said);
        while let Some((at, event)) = session.event() {
            if std::env::var_os("SHOW").is_some() {
                println!("{:8.3} {event:?}", at.seconds());
            }
            events.push(event);
        }
        while line.event().is_some() {}
    }
    if std::env::var_os("SHOW").is_some() {
        peer.events().for_each(|event| println!("{:8.3}     {}", event.at as f64 / 8000.0, event.text));
    }
    Call {
        ours: session.outcome().map(|outcome| outcome.cause),
        is_good_there: peer.outcome().is_some_and(|outcome| outcome.ok),
        bursts: [back.bursts, forth.bursts],
        events,
    }
}

/// A document of two small pages, and what it is in this coding.
fn document(name: &str, coding: Coding, ecm: bool) -> (PathBuf, Vec<Vec<u8>>) {
    let page = |fill: u8| Page {
        width: 1728,
        height: 120,
        rows: (0..216 * 120).map(|at| fill ^ (at % 7) as u8).collect(),
    };
    let document = scratch(name);
    write_pages(&document, &[page(0x0F), page(0x3C)]).expect("written");
    let theirs =
        TerminalSettings { send: Some(document.clone()), coding, ecm, ..TerminalSettings::default() };
    let mut tray = Tray::default();
    let untroubled = [Trouble::None; 2];
    let call =
        call(Role::Answerer, Settings::default(), &theirs, &mut Pile::noise(&[]), &mut tray, untroubled);
    assert_eq!((call.ours, call.is_good_there), (Some(Cause::Success), true));
    (document, tray.pages)
}

fn pile(pages: &[Vec<u8>], code: &'static [Code]) -> Pile {
    let format =
        Format { resolution: Resolution::R8x7_7, width: Width::Mm215, length: Length::A4, codings: code };
    Pile { format, ..Pile::new(pages.to_vec()) }
}

const KINDS: [(Coding, &[Code], bool); 2] =
    [(Coding::Mmr, &[Code::Mmr], true), (Coding::Mr, &[Code::Mr], false)];

#[test]
fn whatever_single_burst_is_lost_the_pages_reach_the_peer() {
    for (coding, code, ecm) in KINDS {
        let (sent, pages) = document(&format!("to-{ecm}"), coding, ecm);
        let sent = read_pages(&sent).expect("it was written");
        let run = |troubles| {
            let back = scratch(&format!("to-{ecm}-back"));
            let theirs = TerminalSettings { receive: Some(back.clone()), ..TerminalSettings::default() };
            let ours = Settings { ecm, ..Settings::default() };
            let mut pile = pile(&pages, code);
            let call = call(Role::Caller, ours, &theirs, &mut pile, &mut Tray::default(), troubles);
            (call, read_pages(&back).unwrap_or_default())
        };
        let (plain, _) = run([Trouble::None; 2]);
        for way in [0, 1] {
            for burst in 0..plain.bursts[way] {
                let mut troubles = [Trouble::None; 2];
                troubles[way] = Trouble::Burst(burst);
                let (call, came) = run(troubles);
                let differ: Vec<_> =
                    sent.iter().zip(&came).map(|(sent, came)| sent.rows_that_differ(came)).collect();
                println!(
                    "to the peer, ECM {ecm}, {troubles:?}: {:?}, there {}, {differ:?}",
                    call.ours, call.is_good_there
                );
                assert_eq!((call.ours.is_some_and(Cause::is_success), came.len()), (true, 2), "{troubles:?}");
            }
        }
    }
}

#[test]
fn whatever_single_burst_is_lost_the_pages_of_the_peer_arrive() {
    for (coding, _, ecm) in KINDS {
        let (sent, pages) = document(&format!("from-{ecm}"), coding, ecm);
        let run = |troubles| {
            let theirs =
                TerminalSettings { send: Some(sent.clone()), coding, ecm, ..TerminalSettings::default() };
            let mut tray = Tray::default();
            let call = call(
                Role::Answerer,
                Settings::default(),
                &theirs,
                &mut Pile::noise(&[]),
                &mut tray,
                troubles,
            );
            (call, tray)
        };
        let (plain, _) = run([Trouble::None; 2]);
        for way in [0, 1] {
            for burst in 0..plain.bursts[way] {
                let mut troubles = [Trouble::None; 2];
                troubles[way] = Trouble::Burst(burst);
                let (call, tray) = run(troubles);
                let came = tray
                    .pages
                    .iter()
                    .filter(|page| pages.iter().any(|sent| page.starts_with(&sent[..sent.len() - 8])))
                    .count();
                println!(
                    "from the peer, ECM {ecm}, {troubles:?}: {:?}, there {}, {came} of {}",
                    call.ours,
                    call.is_good_there,
                    tray.pages.len()
                );
                assert!(call.ours.is_some_and(Cause::is_success), "{troubles:?}");
                assert_eq!(came, 2, "{troubles:?}");
            }
        }
    }
}

#[test]
fn holes_in_pages_are_mended_both_ways() {
    let (sent, pages) = document("holes", Coding::Mmr, true);
    for (hole, every) in [(40, 3100), (80, 2300)] {
        let trouble = Trouble::Holes(hole, every);
        let theirs = TerminalSettings { send: Some(sent.clone()), ..TerminalSettings::default() };
        let mut tray = Tray::default();
        let there = call(
            Role::Answerer,
            Settings::default(),
            &theirs,
            &mut Pile::noise(&[]),
            &mut tray,
            [trouble, Trouble::None],
        );
        let asked = there.events.iter().filter(|event| matches!(event, Event::FramesMissing { .. })).count();
        println!("from the peer, {trouble:?}: {:?}, {asked} times frames were missing", there.ours);
        assert!(there.ours.is_some_and(Cause::is_success), "{trouble:?}");

        let back = scratch("holes-back");
        let theirs = TerminalSettings { receive: Some(back.clone()), ..TerminalSettings::default() };
        let mut pile = pile(&pages, &[Code::Mmr]);
        let here = call(
            Role::Caller,
            Settings::default(),
            &theirs,
            &mut pile,
            &mut Tray::default(),
            [Trouble::None, trouble],
        );
        let asked = here.events.iter().filter(|event| matches!(event, Event::FramesMissing { .. })).count();
        println!("to the peer, {trouble:?}: {:?}, {asked} times frames were missing", here.ours);
        assert!(here.ours.is_some_and(Cause::is_success), "{trouble:?}");
    }
}
