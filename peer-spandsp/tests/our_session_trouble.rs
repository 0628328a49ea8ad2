//! Our fax machine against the peer's on a phone line and on T.38 that lose what is said: each burst in turn, and
//! pieces of pages. Every page must arrive all the same, whoever sends.

#[path = "../../fax-core/tests/support/desk.rs"]
mod desk;
#[path = "common/packets.rs"]
mod packets;

use desk::{Pile, Tray};
use fax_core::image::{self, Decoder, DecoderSettings};
use fax_core::t30::fields::{Coding as Code, Length, Resolution, Width};
use fax_core::t30::session::{Awaited, Cause, Event, Format, Offer, Poll, Role, Session, Settings};
use fax_core::{Private, Timestamp};
use fax_modem::AudioLine;
use fax_t38::line::{Pacing, Settings as LineSettings, T38Line};
use packets::Packets;
use peer_spandsp::{
    Coding, FaxTerminal, Outcome, Page, PeerEvent, Role as PeerRole, T38Terminal, TerminalSettings,
    read_pages, write_pages,
};
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

/// What lies between the two machines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Medium {
    Line,
    T38,
}

/// What it does to one way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trouble {
    None,
    /// The burst of this number is not heard. Tones count as bursts.
    Burst(usize),
    /// This many milliseconds of silence in each so many of sound.
    Holes(usize, usize),
    /// One packet of a page in so many.
    Packets(usize),
}

/// One way of the line.
struct Way {
    trouble: Trouble,
    /// Bursts begun.
    bursts: usize,
    /// Samples of silence since the last sound, and of sound since the last silence.
    silence: usize,
    sound: usize,
    /// What the last packet indicated, if it did, and packets of pages.
    indicated: Option<u8>,
    packets: usize,
}

impl Way {
    fn new(trouble: Trouble) -> Self {
        Self { trouble, bursts: 0, silence: BLOCK, sound: 0, indicated: None, packets: 0 }
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
                Trouble::None | Trouble::Packets(_) => false,
                Trouble::Burst(number) => self.bursts == number + 1,
                Trouble::Holes(hole, every) => self.sound % (8 * every) >= 8 * (every - hole),
            };
            if is_lost {
                *sample = 0;
            }
        }
    }

    /// Whether this IFP packet gets through. T.38 7.2: the two top bits tell data from indicators, then one bit is
    /// 0 and four are the type; indicator 0 is no signal, data 0 is V.21.
    fn carries(&mut self, ifp: &[u8]) -> bool {
        let head = ifp.first().copied().unwrap_or(0);
        let (is_data, kind) = (head & 0xC0 == 0xC0, head >> 1 & 0x0F);
        if is_data {
            self.indicated = None;
            self.packets += usize::from(kind != 0);
        } else {
            let is_again = self.indicated.replace(kind) == Some(kind);
            self.bursts += usize::from(kind != 0 && !is_again);
        }
        match self.trouble {
            Trouble::None | Trouble::Holes(..) => true,
            Trouble::Burst(number) => self.bursts != number + 1,
            Trouble::Packets(every) => !is_data || kind == 0 || !self.packets.is_multiple_of(every),
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
    medium: Medium,
    role: Role,
    ours: Settings,
    theirs: &TerminalSettings,
    pile: &mut Pile,
    tray: &mut Tray,
    troubles: [Trouble; 2],
) -> Call {
    let peer_role = if role == Role::Caller { PeerRole::Answerer } else { PeerRole::Caller };
    let mut session = Session::new(role, ours);
    let mut ways = troubles.map(Way::new);
    let (events, outcome) = match medium {
        Medium::Line => on_a_line(&mut session, FaxTerminal::new(peer_role, theirs), pile, tray, &mut ways),
        Medium::T38 => on_t38(&mut session, T38Terminal::new(peer_role, theirs), pile, tray, &mut ways),
    };
    Call {
        ours: session.outcome().map(|outcome| outcome.cause),
        is_good_there: outcome.is_some_and(|outcome| outcome.ok),
        bursts: ways.map(|way| way.bursts),
        events,
    }
}

type Played = (Vec<Event>, Option<Outcome>);

/// The ways are back, from the peer, and forth.
fn on_a_line(
    session: &mut Session,
    mut peer: FaxTerminal,
    pile: &mut Pile,
    tray: &mut Tray,
    [back, forth]: &mut [Way; 2],
) -> Played {
    let mut line = AudioLine::default();
    let (mut said, mut heard) = ([0; BLOCK], [0; BLOCK]);
    let (mut events, mut samples) = (Vec::new(), 0);
    while !(peer.is_finished() && session.outcome().is_some()) && samples < LONGEST {
        samples += BLOCK as u64;
        peer.exchange(&said, &mut heard);
        back.pass(&mut heard);
        line.listen(&heard);
        session.drive(Timestamp::from_samples(samples), &mut line, pile, tray);
        line.fill(&mut said);
        forth.pass(&mut said);
        events.extend(told(session));
        while line.event().is_some() {}
    }
    show(peer.events());
    (events, peer.outcome())
}

fn on_t38(
    session: &mut Session,
    mut peer: T38Terminal,
    pile: &mut Pile,
    tray: &mut Tray,
    [back, forth]: &mut [Way; 2],
) -> Played {
    let settings = LineSettings { pacing: Pacing::METERED, ..LineSettings::default() };
    let mut line = T38Line::over(Packets::default(), settings);
    let (mut events, mut samples, mut seq, mut packet) = (Vec::new(), 0, 0_u16, [0; 400]);
    while !(peer.is_finished() && session.outcome().is_some()) && samples < LONGEST {
        samples += BLOCK as u64;
        let now = Timestamp::from_samples(samples);
        peer.advance(BLOCK);
        while let Some(sent) = peer.sent() {
            let ifp = if back.carries(&sent.ifp) { &sent.ifp[..] } else { &[] };
            line.receive(now, ifp).expect("it is taken");
        }
        line.advance(now);
        session.drive(now, &mut line, pile, tray);
        while let Some(length) = line.transmit(&mut packet) {
            if forth.carries(&packet[..length]) {
                assert!(peer.receive(&packet[..length], seq), "the peer takes it");
            }
            seq = seq.wrapping_add(1);
        }
        events.extend(told(session));
    }
    show(peer.events());
    (events, peer.outcome())
}

fn told(session: &mut Session) -> Vec<Event> {
    let told: Vec<_> = std::iter::from_fn(|| session.event()).collect();
    if std::env::var_os("SHOW").is_some() {
        told.iter().for_each(|(at, event)| println!("{:8.3} {event:?}", at.seconds()));
    }
    told.into_iter().map(|(_, event)| event).collect()
}

fn show(events: impl Iterator<Item = PeerEvent>) {
    if std::env::var_os("SHOW").is_some() {
        events.for_each(|event| println!("{:8.3}     {}", event.at as f64 / 8000.0, event.text));
    }
}

/// A document of two pages, and what it is in this coding on this medium; `size` octets of each row are not white.
fn document(medium: Medium, name: &str, size: usize, coding: Coding, ecm: bool) -> (PathBuf, Vec<Vec<u8>>) {
    let pel = |fill: u8, at: usize| if at % 216 < size { fill ^ (at % 7) as u8 } else { 0 };
    let page =
        |fill| Page { width: 1728, height: 120, rows: (0..216 * 120).map(|at| pel(fill, at)).collect() };
    let document = scratch(name);
    write_pages(&document, &[page(0x0F), page(0x3C)]).expect("written");
    let theirs =
        TerminalSettings { send: Some(document.clone()), coding, ecm, ..TerminalSettings::default() };
    let mut tray = Tray::default();
    let untroubled = [Trouble::None; 2];
    let call = call(
        medium,
        Role::Answerer,
        Settings::default(),
        &theirs,
        &mut Pile::noise(&[]),
        &mut tray,
        untroubled,
    );
    assert_eq!((call.ours, call.is_good_there), (Some(Cause::Success), true));
    (document, tray.pages)
}

/// The rows of a coded page, whatever fill stands between them.
fn rows(octets: &[u8], coding: Coding) -> Vec<Vec<u8>> {
    let coding = match coding {
        Coding::Mh => image::Coding::Mh,
        Coding::Mr => image::Coding::Mr,
        Coding::Mmr => image::Coding::Mmr,
    };
    let mut decoder = Decoder::new(DecoderSettings::new(coding, 1728)).expect("a width of T.4");
    let mut rest = octets;
    std::iter::from_fn(|| decoder.next(&mut rest).map(|row| row.pels.to_vec())).collect()
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

/// Both kinds of pages, on both media.
fn kinds() -> impl Iterator<Item = (Medium, Coding, &'static [Code], bool)> {
    let media = [Medium::Line, Medium::T38];
    media.into_iter().flat_map(|medium| KINDS.map(|(coding, code, ecm)| (medium, coding, code, ecm)))
}

/// What SpanDSP 0.0.6 as a receiver does not bear, in the order of the calls: PPS again after its last MCF; DCS again
/// without a TCF between, twice; MPS without a page (it answers FF, a frame without a name); EOP without a page,
/// which it confirms.
#[test]
fn whatever_single_burst_is_lost_the_pages_reach_the_peer() {
    let mut left = Vec::new();
    for (medium, coding, code, ecm) in kinds() {
        let (sent, pages) = document(medium, &format!("to-{ecm}"), SMALL, coding, ecm);
        let sent = read_pages(&sent).expect("it was written");
        let run = |troubles| {
            let back = scratch(&format!("to-{ecm}-back"));
            let theirs = TerminalSettings { receive: Some(back.clone()), ..TerminalSettings::default() };
            let ours = Settings { ecm, ..Settings::default() };
            let mut pile = pile(&pages, code);
            let call = call(medium, Role::Caller, ours, &theirs, &mut pile, &mut Tray::default(), troubles);
            (call, read_pages(&back).unwrap_or_default())
        };
        for troubles in losses(run([Trouble::None; 2]).0.bursts) {
            let (call, came) = run(troubles);
            let same =
                sent.iter().filter(|sent| came.iter().any(|came| sent.rows_that_differ(came) == 0)).count();
            println!("{medium:?} ECM {ecm}, {troubles:?}: {:?}, {same} pages of {}", call.ours, came.len());
            if !call.ours.is_some_and(Cause::is_success) || same != 2 {
                left.push((medium, ecm, troubles, call.ours, same));
            }
        }
    }
    let lost = |medium, ecm, way: usize, burst, cause, pages| {
        let mut troubles = [Trouble::None; 2];
        troubles[way] = Trouble::Burst(burst);
        (medium, ecm, troubles, Some(cause), pages)
    };
    let known = [
        lost(Medium::Line, true, 0, 4, Cause::Disconnected(Awaited::LastReceipt), 2),
        lost(Medium::Line, true, 1, 1, Cause::NoAnswerToTraining, 0),
        lost(Medium::Line, false, 1, 1, Cause::NoAnswerToTraining, 0),
        lost(Medium::Line, false, 1, 2, Cause::Unknown, 0),
        lost(Medium::Line, false, 1, 4, Cause::Success, 1),
        lost(Medium::T38, true, 0, 4, Cause::Disconnected(Awaited::LastReceipt), 2),
        lost(Medium::T38, true, 1, 2, Cause::Disconnected(Awaited::Confirmation), 0),
        lost(Medium::T38, false, 1, 2, Cause::Disconnected(Awaited::Confirmation), 0),
        lost(Medium::T38, false, 1, 3, Cause::Unknown, 0),
        lost(Medium::T38, false, 1, 5, Cause::Success, 1),
    ];
    assert_eq!(left, known);
}

/// The peer does not send a page again that was rejected.
#[test]
fn whatever_single_burst_is_lost_the_pages_of_the_peer_arrive() {
    let mut left = Vec::new();
    for (medium, coding, _, ecm) in kinds() {
        let (sent, pages) = document(medium, &format!("from-{ecm}"), SMALL, coding, ecm);
        let run = |troubles| {
            let theirs =
                TerminalSettings { send: Some(sent.clone()), coding, ecm, ..TerminalSettings::default() };
            let (mut nothing, mut tray) = (Pile::noise(&[]), Tray::default());
            let call =
                call(medium, Role::Answerer, Settings::default(), &theirs, &mut nothing, &mut tray, troubles);
            (call, tray)
        };
        for troubles in losses(run([Trouble::None; 2]).0.bursts) {
            let (call, tray) = run(troubles);
            let came: Vec<_> = tray.pages.iter().map(|page| rows(page, coding)).collect();
            let same = pages.iter().filter(|page| came.contains(&rows(page, coding))).count();
            println!(
                "{medium:?} ECM {ecm}, {troubles:?}: {:?}, {same} pages of {}",
                call.ours,
                tray.pages.len()
            );
            if !call.ours.is_some_and(Cause::is_success) || same != 2 {
                left.push((medium, ecm, troubles, call.ours, same));
            }
        }
    }
    let rejected = Some(Cause::Disconnected(Awaited::Retraining));
    let known = [(Medium::Line, 4), (Medium::T38, 5)];
    let known =
        known.map(|(medium, burst)| (medium, false, [Trouble::Burst(burst), Trouble::None], rejected, 1));
    assert_eq!(left, known);
}

/// A hole costs the rest of its burst. The peer as a receiver waits no longer than T2 for that, so that it has
/// smaller pages.
#[test]
fn holes_in_pages_are_mended_both_ways() {
    let (sent, _) = document(Medium::Line, "holes", 216, Coding::Mmr, true);
    let (_, pages) = document(Medium::Line, "holes-small", 40, Coding::Mmr, true);
    for (medium, trouble) in [
        (Medium::Line, Trouble::Holes(40, 3100)),
        (Medium::Line, Trouble::Holes(80, 2300)),
        (Medium::T38, Trouble::Packets(23)),
        (Medium::T38, Trouble::Packets(41)),
    ] {
        let theirs = TerminalSettings { send: Some(sent.clone()), ..TerminalSettings::default() };
        let (mut nothing, mut tray) = (Pile::noise(&[]), Tray::default());
        let troubles = [trouble, Trouble::None];
        let there =
            call(medium, Role::Answerer, Settings::default(), &theirs, &mut nothing, &mut tray, troubles);
        println!("from the peer, {trouble:?}: {:?}, {} requests", there.ours, there.requests());
        assert!(there.requests() > 4 && there.ours.is_some_and(Cause::is_success), "{trouble:?}");

        let back = scratch("holes-back");
        let theirs = TerminalSettings { receive: Some(back.clone()), ..TerminalSettings::default() };
        let (mut pile, mut tray) = (pile(&pages, &[Code::Mmr]), Tray::default());
        let troubles = [Trouble::None, trouble];
        let here = call(medium, Role::Caller, Settings::default(), &theirs, &mut pile, &mut tray, troubles);
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
    let (sent, pages) = document(Medium::Line, "fetch", SMALL, Coding::Mmr, true);
    let (mut we_fetch, mut peer_fetches) = (Vec::new(), Vec::new());
    let fetch = |medium, troubles| {
        let poll = Poll { password: Some(password()), document: None };
        let ours = Settings { polls: Some(poll), ..Settings::default() };
        let theirs = TerminalSettings { send: Some(sent.clone()), ..TerminalSettings::default() };
        let (mut nothing, mut tray) = (Pile::noise(&[]), Tray::default());
        let call = call(medium, Role::Caller, ours, &theirs, &mut nothing, &mut tray, troubles);
        (call, tray.pages.len())
    };
    let be_fetched_from = |medium, troubles| {
        let ours = Settings { offers: Offer::WithPassword(password()), ..Settings::default() };
        let back = scratch("fetch-back");
        let theirs = TerminalSettings {
            receive: Some(back.clone()),
            password: Some("1234".into()),
            ..TerminalSettings::default()
        };
        let mut pile = pile(&pages, &[Code::Mmr]);
        let call = call(medium, Role::Answerer, ours, &theirs, &mut pile, &mut Tray::default(), troubles);
        (call, read_pages(&back).unwrap_or_default().len())
    };
    for medium in [Medium::Line, Medium::T38] {
        for troubles in losses(fetch(medium, [Trouble::None; 2]).0.bursts) {
            let (call, came) = fetch(medium, troubles);
            println!("{medium:?}, we fetch, {troubles:?}: {:?}, {came} pages", call.ours);
            if call.ours != Some(Cause::Success) || came != 2 {
                we_fetch.push((medium, troubles, call.ours));
            }
        }
        for troubles in losses(be_fetched_from(medium, [Trouble::None; 2]).0.bursts) {
            let (call, came) = be_fetched_from(medium, troubles);
            println!("{medium:?}, the peer fetches, {troubles:?}: {:?}, {came} pages", call.ours);
            if call.ours != Some(Cause::Success) || came != 2 {
                peer_fetches.push((medium, troubles, call.ours));
            }
        }
    }
    assert_eq!(we_fetch, []);
    // Its two weaknesses as a receiver, as above.
    let known = [
        (Medium::Line, [Trouble::Burst(3), Trouble::None], Some(Cause::Disconnected(Awaited::LastReceipt))),
        (Medium::Line, [Trouble::None, Trouble::Burst(3)], Some(Cause::NoAnswerToTraining)),
        (Medium::T38, [Trouble::Burst(4), Trouble::None], Some(Cause::Disconnected(Awaited::LastReceipt))),
        (Medium::T38, [Trouble::None, Trouble::Burst(3)], Some(Cause::Disconnected(Awaited::Confirmation))),
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
    let there =
        call(Medium::Line, Role::Answerer, Settings::default(), &theirs, &mut nothing, &mut tray, untroubled);
    assert_eq!((there.ours, there.is_good_there, tray.pages.len()), (Some(Cause::Success), true, 100));
    let back = scratch("hundred-back");
    let theirs = TerminalSettings { receive: Some(back.clone()), ..TerminalSettings::default() };
    let ours = Settings { ecm: false, ..Settings::default() };
    let mut pile = pile(&tray.pages, &[Code::Mr]);
    let here = call(Medium::Line, Role::Caller, ours, &theirs, &mut pile, &mut Tray::default(), untroubled);
    assert_eq!((here.ours, here.is_good_there), (Some(Cause::Success), true));
    let (sent, came) = (read_pages(&sent).expect("sent"), read_pages(&back).expect("it came"));
    assert_eq!(came.len(), 100);
    assert!(sent.iter().zip(&came).all(|(sent, came)| sent.rows_that_differ(came) == 0));
}
