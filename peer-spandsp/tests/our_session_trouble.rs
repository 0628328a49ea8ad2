//! Our fax machine against the peer's on a phone line that loses what is said: each burst in turn, and pieces of
//! pages. Every page must arrive all the same, whoever sends.

#[path = "../../fax-core/tests/support/desk.rs"]
mod desk;

use desk::{Pile, Tray};
use fax_core::t30::fields::{Coding as Code, Length, Resolution, Width};
use fax_core::t30::session::{Awaited, Cause, Event, Format, Offer, Poll, Role, Session, Settings};
use fax_core::{Private, Timestamp};
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

/// A document of two pages, and what it is in this coding; `size` octets of each row are not white.
fn document(name: &str, size: usize, coding: Coding, ecm: bool) -> (PathBuf, Vec<Vec<u8>>) {
    let pel = |fill: u8, at: usize| if at % 216 < size { fill ^ (at % 7) as u8 } else { 0 };
    let page =
        |fill| Page { width: 1728, height: 120, rows: (0..216 * 120).map(|at| pel(fill, at)).collect() };
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

/// Pages that are over before T2.
const SMALL: usize = 12;

const KINDS: [(Coding, &[Code], bool); 2] =
    [(Coding::Mmr, &[Code::Mmr], true), (Coding::Mr, &[Code::Mr], false)];

/// All bursts of a call, each lost once.
fn losses(bursts: [usize; 2]) -> impl Iterator<Item = [Trouble; 2]> {
    let theirs = (0..bursts[0]).map(|burst| [Trouble::Burst(burst), Trouble::None]);
    theirs.chain((0..bursts[1]).map(|burst| [Trouble::None, Trouble::Burst(burst)]))
}

/// What SpanDSP 0.0.6 as a receiver does not bear, in the order of the calls: PPS again after its last MCF; DCS again
/// without a TCF between, twice; MPS without a page (it answers FF, a frame without a name); EOP without a page,
/// which it confirms.
#[test]
fn whatever_single_burst_is_lost_the_pages_reach_the_peer() {
    let mut left = Vec::new();
    for (coding, code, ecm) in KINDS {
        let (sent, pages) = document(&format!("to-{ecm}"), SMALL, coding, ecm);
        let sent = read_pages(&sent).expect("it was written");
        let run = |troubles| {
            let back = scratch(&format!("to-{ecm}-back"));
            let theirs = TerminalSettings { receive: Some(back.clone()), ..TerminalSettings::default() };
            let ours = Settings { ecm, ..Settings::default() };
            let mut pile = pile(&pages, code);
            let call = call(Role::Caller, ours, &theirs, &mut pile, &mut Tray::default(), troubles);
            (call, read_pages(&back).unwrap_or_default())
        };
        for troubles in losses(run([Trouble::None; 2]).0.bursts) {
            let (call, came) = run(troubles);
            let same =
                sent.iter().filter(|sent| came.iter().any(|came| sent.rows_that_differ(came) == 0)).count();
            println!("ECM {ecm}, {troubles:?}: {:?}, {same} pages of {}", call.ours, came.len());
            if !call.ours.is_some_and(Cause::is_success) || same != 2 {
                left.push((ecm, troubles, call.ours, same));
            }
        }
    }
    let lost = |ecm, way: usize, burst, cause, pages| {
        let mut troubles = [Trouble::None; 2];
        troubles[way] = Trouble::Burst(burst);
        (ecm, troubles, Some(cause), pages)
    };
    let known = [
        lost(true, 0, 4, Cause::Disconnected(Awaited::LastReceipt), 2),
        lost(true, 1, 1, Cause::NoAnswerToTraining, 0),
        lost(false, 1, 1, Cause::NoAnswerToTraining, 0),
        lost(false, 1, 2, Cause::Unknown, 0),
        lost(false, 1, 4, Cause::Success, 1),
    ];
    assert_eq!(left, known);
}

/// The peer does not send a page again that was rejected.
#[test]
fn whatever_single_burst_is_lost_the_pages_of_the_peer_arrive() {
    let mut left = Vec::new();
    for (coding, _, ecm) in KINDS {
        let (sent, pages) = document(&format!("from-{ecm}"), SMALL, coding, ecm);
        let run = |troubles| {
            let theirs =
                TerminalSettings { send: Some(sent.clone()), coding, ecm, ..TerminalSettings::default() };
            let (mut nothing, mut tray) = (Pile::noise(&[]), Tray::default());
            let call = call(Role::Answerer, Settings::default(), &theirs, &mut nothing, &mut tray, troubles);
            (call, tray)
        };
        for troubles in losses(run([Trouble::None; 2]).0.bursts) {
            let (call, tray) = run(troubles);
            let came =
                |sent: &&Vec<u8>| tray.pages.iter().any(|page| page.starts_with(&sent[..sent.len() - 8]));
            let same = pages.iter().filter(came).count();
            println!("ECM {ecm}, {troubles:?}: {:?}, {same} pages of {}", call.ours, tray.pages.len());
            if !call.ours.is_some_and(Cause::is_success) || same != 2 {
                left.push((ecm, troubles, call.ours, same));
            }
        }
    }
    let rejected = Some(Cause::Disconnected(Awaited::Retraining));
    assert_eq!(left, [(false, [Trouble::Burst(4), Trouble::None], rejected, 1)]);
}

/// A hole costs the rest of its burst. The peer as a receiver waits no longer than T2 for that, so that it has
/// smaller pages.
#[test]
fn holes_in_pages_are_mended_both_ways() {
    let (sent, _) = document("holes", 216, Coding::Mmr, true);
    let (_, pages) = document("holes-small", 40, Coding::Mmr, true);
    for (hole, every) in [(40, 3100), (80, 2300)] {
        let trouble = Trouble::Holes(hole, every);
        let theirs = TerminalSettings { send: Some(sent.clone()), ..TerminalSettings::default() };
        let (mut nothing, mut tray) = (Pile::noise(&[]), Tray::default());
        let troubles = [trouble, Trouble::None];
        let there = call(Role::Answerer, Settings::default(), &theirs, &mut nothing, &mut tray, troubles);
        println!("from the peer, {trouble:?}: {:?}, {} requests", there.ours, there.requests());
        assert!(there.requests() > 4 && there.ours.is_some_and(Cause::is_success), "{trouble:?}");

        let back = scratch("holes-back");
        let theirs = TerminalSettings { receive: Some(back.clone()), ..TerminalSettings::default() };
        let (mut pile, mut tray) = (pile(&pages, &[Code::Mmr]), Tray::default());
        let troubles = [Trouble::None, trouble];
        let here = call(Role::Caller, Settings::default(), &theirs, &mut pile, &mut tray, troubles);
        println!("to the peer, {trouble:?}: {:?}, {} requests", here.ours, here.requests());
        assert!(here.requests() > 0 && here.ours.is_some_and(Cause::is_success), "{trouble:?}");
    }
}

impl Call {
    /// PPR, ours or theirs.
    fn requests(&self) -> usize {
        self.events.iter().filter(|event| matches!(event, Event::FramesMissing { .. })).count()
    }
}

/// What is fetched goes the other way, and DTC takes the place of DIS.
#[test]
fn documents_are_fetched_both_ways_whatever_single_burst_is_lost() {
    let password = || Private::new("1234".into());
    let (sent, pages) = document("fetch", SMALL, Coding::Mmr, true);
    let (mut we_fetch, mut peer_fetches) = (Vec::new(), Vec::new());
    let fetch = |troubles| {
        let poll = Poll { password: Some(password()), document: None };
        let ours = Settings { polls: Some(poll), ..Settings::default() };
        let theirs = TerminalSettings { send: Some(sent.clone()), ..TerminalSettings::default() };
        let (mut nothing, mut tray) = (Pile::noise(&[]), Tray::default());
        let call = call(Role::Caller, ours, &theirs, &mut nothing, &mut tray, troubles);
        (call, tray.pages.len())
    };
    for troubles in losses(fetch([Trouble::None; 2]).0.bursts) {
        let (call, came) = fetch(troubles);
        println!("we fetch, {troubles:?}: {:?}, {came} pages", call.ours);
        if call.ours != Some(Cause::Success) || came != 2 {
            we_fetch.push((troubles, call.ours));
        }
    }
    let be_fetched_from = |troubles| {
        let ours = Settings { offers: Offer::WithPassword(password()), ..Settings::default() };
        let back = scratch("fetch-back");
        let theirs = TerminalSettings {
            receive: Some(back.clone()),
            password: Some("1234".into()),
            ..TerminalSettings::default()
        };
        let mut pile = pile(&pages, &[Code::Mmr]);
        let call = call(Role::Answerer, ours, &theirs, &mut pile, &mut Tray::default(), troubles);
        (call, read_pages(&back).unwrap_or_default().len())
    };
    for troubles in losses(be_fetched_from([Trouble::None; 2]).0.bursts) {
        let (call, came) = be_fetched_from(troubles);
        println!("the peer fetches, {troubles:?}: {:?}, {came} pages", call.ours);
        if call.ours != Some(Cause::Success) || came != 2 {
            peer_fetches.push((troubles, call.ours));
        }
    }
    assert_eq!(we_fetch, []);
    // Its two weaknesses as a receiver, as above.
    let known = [
        ([Trouble::Burst(3), Trouble::None], Some(Cause::Disconnected(Awaited::LastReceipt))),
        ([Trouble::None, Trouble::Burst(3)], Some(Cause::NoAnswerToTraining)),
    ];
    assert_eq!(peer_fetches, known);
}

#[test]
fn a_hundred_pages_cross_without_ecm_both_ways() {
    let small = Page { width: 1728, height: 40, rows: vec![0x0F; 216 * 40] };
    let sent = scratch("hundred");
    write_pages(&sent, &vec![small; 100]).expect("written");
    let theirs = TerminalSettings {
        send: Some(sent.clone()),
        coding: Coding::Mr,
        ecm: false,
        ..TerminalSettings::default()
    };
    let (mut nothing, mut tray) = (Pile::noise(&[]), Tray::default());
    let untroubled = [Trouble::None; 2];
    let there = call(Role::Answerer, Settings::default(), &theirs, &mut nothing, &mut tray, untroubled);
    assert_eq!((there.ours, there.is_good_there, tray.pages.len()), (Some(Cause::Success), true, 100));
    let back = scratch("hundred-back");
    let theirs = TerminalSettings { receive: Some(back.clone()), ..TerminalSettings::default() };
    let ours = Settings { ecm: false, ..Settings::default() };
    let mut pile = pile(&tray.pages, &[Code::Mr]);
    let here = call(Role::Caller, ours, &theirs, &mut pile, &mut Tray::default(), untroubled);
    assert_eq!((here.ours, here.is_good_there), (Some(Cause::Success), true));
    let (sent, came) = (read_pages(&sent).expect("sent"), read_pages(&back).expect("it came"));
    assert_eq!(came.len(), 100);
    assert!(sent.iter().zip(&came).all(|(sent, came)| sent.rows_that_differ(came) == 0));
}
