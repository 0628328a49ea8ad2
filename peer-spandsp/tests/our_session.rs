//! Our fax machine against the peer's, on a phone line and on T.38, as sender and as receiver. Received pages
//! are read by libtiff and held against the page that was sent, pixel by pixel; what is sent is what the
//! peer itself once coded.

#[path = "../../fax-core/tests/support/desk.rs"]
mod desk;
#[path = "common/packets.rs"]
mod packets;

use desk::{Pile, Tray};
use fax_core::t30::fields::{Coding as Code, Ecm, Length, Resolution, Width};
use fax_core::t30::session::{Cause, Event, Format, Offer, Poll, Role, Session, Settings};
use fax_core::t30::{Fcf, ModemSet};
use fax_core::{BitRate, Private, Timestamp};
use fax_modem::AudioLine;
use fax_t38::line::{Pacing, Settings as LineSettings, T38Line};
use packets::Packets;
use peer_spandsp::{
    Coding, FaxTerminal, Modems, Outcome, Page, PeerEvent, Role as PeerRole, T38Terminal, TerminalSettings,
    read_pages, write_pages,
};
use std::path::{Path, PathBuf};

/// 20 ms.
const BLOCK: usize = 160;
/// No call here may take longer: 30 minutes.
const LONGEST: u64 = 1800 * 8000;

fn vector(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../test-vectors/pages")).join(name)
}

fn scratch(name: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("our-session-{name}.tif"));
    let _ = std::fs::remove_file(&path);
    path
}

/// What lies between the two machines.
#[derive(Clone, Copy, Debug)]
enum Medium {
    /// A digital line, from samples to samples.
    Line,
    /// T.38 without loss.
    T38,
}

const MEDIA: [Medium; 2] = [Medium::Line, Medium::T38];

/// A call of our machine with the peer's.
struct Call {
    session: Session,
    events: Vec<(Timestamp, Event)>,
    peer: Outcome,
    seconds: f64,
}

impl Call {
    fn on(
        medium: Medium,
        role: Role,
        ours: Settings,
        theirs: &TerminalSettings,
        pile: &mut Pile,
        tray: &mut Tray,
    ) -> Self {
        let peer_role = if role == Role::Caller { PeerRole::Answerer } else { PeerRole::Caller };
        let mut session = Session::new(role, ours);
        let (events, outcome, samples) = match medium {
            Medium::Line => on_a_line(&mut session, FaxTerminal::new(peer_role, theirs), pile, tray),
            Medium::T38 => on_t38(&mut session, T38Terminal::new(peer_role, theirs), pile, tray),
        };
        if std::env::var_os("SHOW").is_some() {
            events.iter().for_each(|(at, event)| println!("{:8.3} {event:?}", at.seconds()));
        }
        let peer = outcome.unwrap_or_else(|| panic!("the peer did not end; ours: {:?}", session.outcome()));
        Self { session, events, peer, seconds: samples as f64 / 8000.0 }
    }

    fn assert_success(&self, what: &str) {
        let ours = self.session.outcome().map(|outcome| outcome.cause);
        println!("{what}: {:.1} s, {:?}", self.seconds, self.session.outcome());
        assert!(self.peer.ok && ours == Some(Cause::Success), "{what}: peer {:?}, ours {ours:?}", self.peer);
    }

    fn count(&self, is: impl Fn(&Event) -> bool) -> usize {
        self.events.iter().filter(|(_, event)| is(event)).count()
    }
}

/// What our session told, how the peer ended, and after how many samples.
type Played = (Vec<(Timestamp, Event)>, Option<Outcome>, u64);

fn on_a_line(session: &mut Session, mut peer: FaxTerminal, pile: &mut Pile, tray: &mut Tray) -> Played {
    let mut line = AudioLine::default();
    let (mut ours, mut theirs) = ([0; BLOCK], [0; BLOCK]);
    let (mut events, mut samples) = (Vec::new(), 0);
    while !(peer.is_finished() && session.outcome().is_some()) && samples < LONGEST {
        samples += BLOCK as u64;
        peer.exchange(&ours, &mut theirs);
        line.listen(&theirs);
        session.drive(Timestamp::from_samples(samples), &mut line, pile, tray);
        line.fill(&mut ours);
        events.extend(std::iter::from_fn(|| session.event()));
        while line.event().is_some() {}
    }
    show(peer.events());
    (events, peer.outcome(), samples)
}

fn on_t38(session: &mut Session, mut peer: T38Terminal, pile: &mut Pile, tray: &mut Tray) -> Played {
    let settings = LineSettings { pacing: Pacing::METERED, ..LineSettings::default() };
    let mut line = T38Line::over(Packets::default(), settings);
    let (mut events, mut samples, mut seq, mut packet) = (Vec::new(), 0, 0_u16, [0; 400]);
    while !(peer.is_finished() && session.outcome().is_some()) && samples < LONGEST {
        samples += BLOCK as u64;
        let now = Timestamp::from_samples(samples);
        peer.advance(BLOCK);
        while let Some(sent) = peer.sent() {
            line.receive(now, &sent.ifp).expect("it is taken");
        }
        line.advance(now);
        session.drive(now, &mut line, pile, tray);
        while let Some(length) = line.transmit(&mut packet) {
            assert!(peer.receive(&packet[..length], seq), "the peer takes it");
            seq = seq.wrapping_add(1);
        }
        events.extend(std::iter::from_fn(|| session.event()));
    }
    show(peer.events());
    (events, peer.outcome(), samples)
}

fn show(events: impl Iterator<Item = PeerEvent>) {
    if std::env::var_os("SHOW").is_some() {
        events.for_each(|event| println!("{:8.3}     {}", event.at as f64 / 8000.0, event.text));
    }
}

fn format(codings: &'static [Code]) -> Format {
    Format { resolution: Resolution::R8x7_7, width: Width::Mm215, length: Length::A4, codings }
}

fn codings(coding: Coding) -> &'static [Code] {
    match coding {
        Coding::Mh => &[Code::Mh],
        Coding::Mr => &[Code::Mr],
        Coding::Mmr => &[Code::Mmr],
    }
}

/// Pages of a document as the peer codes them: received from it by our machine.
fn receive(medium: Medium, what: &str, theirs: TerminalSettings, ours: Settings) -> (Call, Tray) {
    let mut tray = Tray::default();
    let call = Call::on(medium, Role::Answerer, ours, &theirs, &mut Pile::noise(&[]), &mut tray);
    call.assert_success(what);
    (call, tray)
}

/// Sends coded pages to the peer, which writes them to a file.
fn send(
    medium: Medium,
    what: &str,
    pages: Vec<Vec<u8>>,
    coding: Coding,
    theirs: TerminalSettings,
    ours: Settings,
) -> Call {
    let mut pile = Pile { format: format(codings(coding)), ..Pile::new(pages) };
    let call = Call::on(medium, Role::Caller, ours, &theirs, &mut pile, &mut Tray::default());
    call.assert_success(what);
    call
}

/// Coded octets as a page: libtiff decodes them.
fn decode(what: &str, coded: &[u8], coding: Coding, like: &Page) -> Page {
    let path = scratch(what);
    let (compression, options) = match coding {
        Coding::Mh => (3, 0),
        Coding::Mr => (3, 1),
        Coding::Mmr => (4, 0),
    };
    let entries: [(u16, u32); 11] = [
        (256, like.width),
        (257, like.height),
        (258, 1),
        (259, compression),
        (262, 0),
        (266, 1),
        (273, 8),
        (277, 1),
        (278, like.height),
        (279, coded.len() as u32),
        (292, options),
    ];
    let mut file = b"II*\0".to_vec();
    let directory = (8 + coded.len()).next_multiple_of(2);
    file.extend_from_slice(&(directory as u32).to_le_bytes());
    file.extend_from_slice(coded);
    file.resize(directory, 0);
    let count = if compression == 4 { 10 } else { 11 };
    file.extend_from_slice(&(count as u16).to_le_bytes());
    for (tag, value) in &entries[..count] {
        file.extend_from_slice(&tag.to_le_bytes());
        file.extend_from_slice(&4_u16.to_le_bytes());
        file.extend_from_slice(&1_u32.to_le_bytes());
        file.extend_from_slice(&value.to_le_bytes());
    }
    file.extend_from_slice(&[0; 4]);
    std::fs::write(&path, file).expect("written");
    read_pages(&path).expect("it can be read").remove(0)
}

fn assert_same(what: &str, sent: &Path, received: &[Page]) {
    let sent = read_pages(sent).expect("the document can be read");
    assert_eq!(sent.len(), received.len(), "{what}: pages");
    for (sent, received) in sent.iter().zip(received) {
        assert_eq!(sent.rows_that_differ(received), 0, "{what}: {received:?}");
    }
}

/// Modem, rate, and whether with ECM.
const RATES: [(Modems, ModemSet, u32, bool); 9] = [
    (Modems::ALL, ModemSet::V27terV29V17, 14_400, true),
    (Modems::ALL, ModemSet::V27terV29V17, 14_400, false),
    (Modems::ALL, ModemSet::V27terV29V17, 12_000, false),
    (Modems::ALL, ModemSet::V27terV29V17, 9600, true),
    (Modems::ALL, ModemSet::V27terV29V17, 7200, false),
    (Modems::UP_TO_V29, ModemSet::V27terV29, 9600, false),
    (Modems::UP_TO_V29, ModemSet::V27terV29, 7200, true),
    (Modems::V27TER, ModemSet::V27ter, 4800, false),
    (Modems::V27TER, ModemSet::V27ter, 2400, true),
];

#[test]
fn a_page_of_the_peer_is_received_and_sent_back_at_every_rate() {
    let document = vector("itu2.tif");
    let page = read_pages(&document).expect("a page").remove(0);
    let all = MEDIA.into_iter().flat_map(|medium| RATES.map(|rate| (medium, rate)));
    for (medium, (modems, set, rate, ecm)) in all {
        let what = format!("{medium:?} {set:?} {rate} ECM {ecm}");
        let coding = if ecm { Coding::Mmr } else { Coding::Mr };
        let name = format!("{medium:?}-{set:?}-{rate}-{ecm}");
        let theirs = TerminalSettings {
            send: Some(document.clone()),
            modems,
            max_rate: Some(rate),
            ecm,
            coding,
            ..TerminalSettings::default()
        };
        let (_, tray) = receive(medium, &what, theirs, Settings::default());
        let terms = tray.terms[0];
        assert_eq!((terms.opening.bit_rate(), terms.ecm != Ecm::Off), (BitRate(rate), ecm), "{what}");
        assert_same(&what, &document, &[decode(&name, &tray.pages[0], coding, &page)]);

        let received = scratch(&format!("{name}-back"));
        let theirs =
            TerminalSettings { receive: Some(received.clone()), modems, ..TerminalSettings::default() };
        let ours = Settings { modems: set, max_rate: BitRate(rate), ecm, ..Settings::default() };
        let call = send(medium, &what, tray.pages, coding, theirs, ours);
        assert_eq!((call.peer.bit_rate, call.peer.ecm), (rate, ecm), "{what}");
        assert_same(&what, &document, &read_pages(&received).expect("it was received"));
    }
}

/// A document of so many pages.
fn document(name: &str, pages: usize) -> PathBuf {
    let page = |name| read_pages(&vector(name)).expect("a page").remove(0);
    let pile: Vec<_> = ["itu2.tif", "itu1.tif"].into_iter().cycle().take(pages).map(page).collect();
    let path = scratch(name);
    write_pages(&path, &pile).expect("written");
    path
}

#[test]
fn several_pages_cross_in_every_coding() {
    let document = document("pages", 3);
    let pages = read_pages(&document).expect("it was just written");
    let codings_and_ecm = [
        (Coding::Mh, false),
        (Coding::Mr, false),
        (Coding::Mh, true),
        (Coding::Mr, true),
        (Coding::Mmr, true),
    ];
    let all = MEDIA.into_iter().flat_map(|medium| codings_and_ecm.map(|coding| (medium, coding)));
    for (medium, (coding, ecm)) in all {
        let what = format!("{medium:?} {coding:?} ECM {ecm}");
        let theirs =
            TerminalSettings { send: Some(document.clone()), ecm, coding, ..TerminalSettings::default() };
        let (call, tray) = receive(medium, &what, theirs, Settings::default());
        assert_eq!(call.count(|event| matches!(event, Event::PageReceived(_))), 3, "{what}");
        assert!(tray.terms.iter().all(|terms| codings(coding) == [terms.coding]), "{what}");
        let received: Vec<_> = tray
            .pages
            .iter()
            .zip(&pages)
            .enumerate()
            .map(|(at, (coded, like))| {
                decode(&format!("pages-{medium:?}-{coding:?}-{ecm}-{at}"), coded, coding, like)
            })
            .collect();
        assert_same(&what, &document, &received);

        let back = scratch(&format!("pages-{medium:?}-{coding:?}-{ecm}-back"));
        let theirs = TerminalSettings { receive: Some(back.clone()), ..TerminalSettings::default() };
        let call = send(medium, &what, tray.pages, coding, theirs, Settings { ecm, ..Settings::default() });
        assert_eq!(call.peer.pages_received, 3, "{what}");
        assert_same(&what, &document, &read_pages(&back).expect("it was received"));
    }
}

/// Page numbers of PPS are octets, and calls are not always short.
#[test]
fn a_hundred_pages_cross_in_one_call() {
    let small = Page { width: 1728, height: 40, rows: vec![0x0F; 216 * 40] };
    let document = scratch("hundred");
    write_pages(&document, &vec![small; 100]).expect("written");
    for (medium, (coding, ecm)) in [
        (Medium::Line, (Coding::Mmr, true)),
        (Medium::T38, (Coding::Mmr, true)),
        (Medium::T38, (Coding::Mr, false)),
    ] {
        let what = format!("a hundred, {medium:?}, ECM {ecm}");
        let theirs =
            TerminalSettings { send: Some(document.clone()), coding, ecm, ..TerminalSettings::default() };
        let (_, tray) = receive(medium, &what, theirs, Settings::default());
        assert_eq!(tray.pages.len(), 100);
        let received = scratch("hundred-back");
        let theirs = TerminalSettings { receive: Some(received.clone()), ..TerminalSettings::default() };
        send(medium, &what, tray.pages, coding, theirs, Settings { ecm, ..Settings::default() });
        assert_same(&what, &document, &read_pages(&received).expect("it was received"));
    }
}

#[test]
fn the_peer_is_fetched_from_and_fetches() {
    let document = vector("itu2.tif");
    let page = read_pages(&document).expect("a page").remove(0);
    let password = |text: &str| Some(Private::new(text.to_owned()));
    for medium in MEDIA {
        let ours = Settings {
            polls: Some(Poll { password: password("1234"), document: None }),
            ..Settings::default()
        };
        let theirs = TerminalSettings { send: Some(document.clone()), ..TerminalSettings::default() };
        let mut tray = Tray::default();
        let call = Call::on(medium, Role::Caller, ours, &theirs, &mut Pile::noise(&[]), &mut tray);
        let what = format!("we fetch, {medium:?}");
        call.assert_success(&what);
        assert_same(&what, &document, &[decode("fetched", &tray.pages[0], Coding::Mmr, &page)]);

        let received = scratch("fetching");
        let theirs = TerminalSettings {
            receive: Some(received.clone()),
            password: Some("1234".into()),
            ..TerminalSettings::default()
        };
        let offers = Offer::WithPassword(Private::new("1234".into()));
        let ours = Settings { offers, ..Settings::default() };
        let mut pile = Pile { format: format(&[Code::Mmr]), ..Pile::new(tray.pages) };
        let mut nothing = Tray::default();
        let call = Call::on(medium, Role::Answerer, ours.clone(), &theirs, &mut pile, &mut nothing);
        let what = format!("the peer fetches, {medium:?}");
        call.assert_success(&what);
        assert_same(&what, &document, &read_pages(&received).expect("it was received"));

        let theirs = TerminalSettings { password: Some("4321".into()), ..theirs };
        let mut pile = Pile::noise(&[100]);
        let call = Call::on(medium, Role::Answerer, ours, &theirs, &mut pile, &mut nothing);
        assert_eq!(call.session.outcome().map(|outcome| outcome.cause), Some(Cause::Password), "{what}");
    }
}

#[test]
fn a_peer_that_is_not_ready_is_waited_for() {
    let page = coded("not-ready-document", Coding::Mmr);
    for medium in MEDIA {
        let received = scratch("not-ready");
        let theirs =
            TerminalSettings { receive: Some(received.clone()), not_ready: 3, ..TerminalSettings::default() };
        let pages = vec![page.clone()];
        let call = send(medium, "not ready", pages, Coding::Mmr, theirs, Settings::default());
        assert_eq!(call.count(|event| matches!(event, Event::Heard(Fcf::Rnr))), 3);
        assert_same("not ready", &vector("itu2.tif"), &read_pages(&received).expect("it was received"));
    }
}

#[test]
fn who_speaks_and_where_to_is_told_both_ways() {
    let page = coded("idents-document", Coding::Mmr);
    for medium in MEDIA {
        let theirs = TerminalSettings {
            receive: Some(scratch("idents")),
            ident: "+44 20 1234".into(),
            nsf: vec![0xB5, 0x00, 0x01, 0x02],
            ..TerminalSettings::default()
        };
        let ours = Settings {
            identification: Private::new("+1 555 0100".into()),
            sub_address: Some(Private::new("4711".into())),
            ..Settings::default()
        };
        let call = send(medium, "idents", vec![page.clone()], Coding::Mmr, theirs, ours);
        let theirs = call.session.remote().identification.expect("CSI came").text();
        assert_eq!(theirs.reveal().as_str(), "+44 20 1234");
        assert_eq!(call.count(|event| matches!(event, Event::Maker { .. })), 1);
    }
}

/// A page as the peer codes it.
fn coded(name: &str, coding: Coding) -> Vec<u8> {
    let theirs = TerminalSettings { send: Some(vector("itu2.tif")), coding, ..TerminalSettings::default() };
    receive(Medium::Line, name, theirs, Settings::default()).1.pages.remove(0)
}
