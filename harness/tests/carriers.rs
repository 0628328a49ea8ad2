//! Our fax machines with their outside worlds: a pipe, sockets, virtual time.

use fax_call::{Leg, Terminal};
use fax_core::image::Resolution;
use fax_core::t30::Dis;
use fax_core::t30::fields::{Bit, Coding, Ecm};
use fax_core::t30::session::{Cause, Role, Verdict};
use fax_core::terminal::files::read_tiff;
use fax_core::terminal::{Document, FaxMachine, Header, Limits, Page, PageWriter, Settings, Way};
use fax_harness::carrier::{Clock, Medium, Pcm, UdptlSocket, between, carry};
use fax_harness::receipt::Receipt;
use fax_t38::line::{Pacing, Settings as LineSettings, T38Line};
use std::net::UdpSocket;
use std::thread;

fn vector(name: &str) -> Document {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../test-vectors/pages/");
    read_tiff(&std::fs::read(format!("{path}{name}")).expect("a file"), Limits::default())
        .expect("a document")
}

/// A page of so many rows of stripes, each row another.
fn stripes(width: u32, height: u32, resolution: Resolution) -> Page {
    let mut writer = PageWriter::new(width, resolution, usize::MAX).expect("a width");
    for row in 0..height {
        let octets: Vec<u8> =
            (0..width.div_ceil(8)).map(|n| if (n + row) % 7 < 3 { 0xFF >> (row % 8) } else { 0 }).collect();
        writer.row(&octets).expect("a row");
    }
    writer.finish()
}

fn short_document() -> Document {
    [stripes(1728, 24, Resolution::FINE)].into_iter().collect()
}

fn machine(role: Role, settings: Settings, document: Document) -> FaxMachine {
    FaxMachine::new(role, settings, document)
}

fn t38() -> Leg {
    Leg::t38(T38Line::new(LineSettings { pacing: Pacing::METERED, ..LineSettings::default() }))
}

fn leg(medium: Medium) -> Leg {
    if medium == Medium::Audio { Leg::audio() } else { t38() }
}

/// A call in virtual time; both machines after it.
fn call(medium: Medium, ours: [Settings; 2], document: &Document) -> [FaxMachine; 2] {
    let [caller, answerer] = ours;
    let mut sender = Terminal::new(machine(Role::Caller, caller, document.clone()), leg(medium));
    let mut receiver = Terminal::new(machine(Role::Answerer, answerer, Document::default()), leg(medium));
    between(&mut sender, &mut receiver, medium);
    [sender.into_machine(), receiver.into_machine()]
}

fn assert_success(what: &str, machine: &FaxMachine) {
    assert_eq!(machine.outcome().map(|outcome| outcome.cause), Some(Cause::Success), "{what}");
}

fn assert_arrived(what: &str, sent: &Document, machine: &FaxMachine) {
    assert_success(what, machine);
    let received = machine.received();
    assert_eq!(received.len(), sent.pages().len(), "{what}");
    for (sent, received) in sent.pages().iter().zip(received) {
        assert!(received.page.raster() == sent.raster(), "{what}: {received:?}");
    }
}

#[test]
fn two_machines_have_a_call_over_a_pair_of_pipes() {
    let (near_in, far_out) = std::io::pipe().expect("a pipe");
    let (far_in, near_out) = std::io::pipe().expect("a pipe");
    let far = thread::spawn(move || {
        let mut terminal =
            Terminal::new(machine(Role::Answerer, Settings::default(), Document::default()), Leg::audio());
        carry(&mut terminal, &mut Pcm::new(far_in, far_out), &mut |_, _| {}).expect("the pipe holds");
        terminal.into_machine()
    });
    let document = short_document();
    let sender = machine(Role::Caller, Settings::default(), document.clone());
    let mut terminal = Terminal::new(sender, Leg::audio());
    let mut pcm = Pcm::new(near_in, near_out).recorded();
    carry(&mut terminal, &mut pcm, &mut |_, _| {}).expect("the pipe holds");
    let recording = pcm.into_recording().expect("it was asked for");
    assert!(recording.said.len() > 8000 && recording.said.len() == recording.heard.len());
    // The pipe goes with the sender; a receiver that has said MCF has all that it wanted.
    assert_success("sender", terminal.machine());
    assert_arrived("receiver", &document, &far.join().expect("no panic"));
}

#[test]
fn a_line_that_goes_in_the_middle_of_a_call_is_told_so() {
    let (input, output) = (&[0_u8; 32_000][..], Vec::new());
    let mut terminal =
        Terminal::new(machine(Role::Caller, Settings::default(), short_document()), Leg::audio());
    carry(&mut terminal, &mut Pcm::new(input, output), &mut |_, _| {}).expect("no fault");
    let outcome = terminal.machine().outcome().expect("it has ended");
    assert_eq!(outcome.cause, Cause::Dropped);
}

/// Eight times as fast as real time: the waits of T.30 are long, and nothing here measures time.
#[test]
fn two_machines_have_a_call_over_udptl_sockets() {
    let sockets = [(); 2].map(|()| UdpSocket::bind("127.0.0.1:0").expect("a port"));
    let [near, far] = sockets.each_ref().map(|socket| socket.local_addr().expect("its address"));
    let [near_socket, far_socket] = sockets;
    let clock = Clock::of_speed(8);
    let receiving = thread::spawn(move || {
        let mut terminal =
            Terminal::new(machine(Role::Answerer, Settings::default(), Document::default()), t38());
        let mut carrier = UdptlSocket::new(far_socket, None, clock);
        carry(&mut terminal, &mut carrier, &mut |_, _| {}).expect("the socket holds");
        assert_eq!(carrier.strangers(), 0, "{near} alone");
        terminal.into_machine()
    });
    let document = short_document();
    let mut terminal = Terminal::new(machine(Role::Caller, Settings::default(), document.clone()), t38());
    let mut carrier = UdptlSocket::new(near_socket, Some(far), clock);
    carry(&mut terminal, &mut carrier, &mut |_, _| {}).expect("the socket holds");
    assert_success("sender", terminal.machine());
    assert_arrived("receiver", &document, &receiving.join().expect("no panic"));
}

fn with_coding(codings: &'static [Coding], ecm: bool) -> Settings {
    let mut settings = Settings { codings, ..Settings::default() };
    settings.session.ecm = ecm;
    settings.session.receives = settings.session.receives.with(Bit::JBIG);
    settings
}

#[test]
fn pages_cross_in_every_coding_on_audio_and_on_t38() {
    let document: Document =
        ["itu2.tif", "itu1.tif"].iter().flat_map(|name| vector(name).pages().to_vec()).collect();
    let cases: [(&'static [Coding], bool); 6] = [
        (&[Coding::Mh], false),
        (&[Coding::Mr], false),
        (&[Coding::Mh], true),
        (&[Coding::Mr], true),
        (&[Coding::Mmr], true),
        (&[Coding::Jbig], true),
    ];
    for medium in [Medium::Audio, Medium::T38] {
        for (codings, ecm) in cases {
            let what = format!("{medium:?} {codings:?} ECM {ecm}");
            let ours = [with_coding(codings, ecm), with_coding(codings, ecm)];
            let [sender, receiver] = call(medium, ours, &document);
            assert_success(&what, &sender);
            assert_arrived(&what, &document, &receiver);
            for (machine, way) in [(&sender, Way::Sent), (&receiver, Way::Received)] {
                for (account, page) in machine.accounts().iter().zip(document.pages()) {
                    assert_eq!((account.way, account.record.terms.coding), (way, codings[0]), "{what}");
                    assert_eq!((account.record.rows, account.record.bad_rows), (page.height(), 0), "{what}");
                    assert_eq!(account.record.terms.ecm != Ecm::Off, ecm, "{what}");
                    let seconds = account.took.micros() / 1_000_000;
                    assert!((3..60).contains(&seconds), "{what}: {seconds} s");
                }
                assert_eq!(machine.accounts().len(), 2, "{what}");
            }
        }
    }
}

/// A machine of the plainest kind: standard resolution, A4, MH, 20 ms a row, no ECM.
fn plain_receiver() -> Settings {
    let mut settings = Settings::default();
    let modems = settings.session.receives.modems();
    settings.session.receives = Dis::NOTHING.with(Bit::RECEIVE).with_modems(modems);
    settings
}

#[test]
fn a_page_is_fitted_to_what_the_far_machine_prints() {
    let document: Document = [
        stripes(1728, 200, Resolution::FINE),
        stripes(2592, 300, Resolution { across: 300, down: 300 }),
        stripes(2432, 200, Resolution::FINE),
        stripes(1700, 100, Resolution { across: 200, down: 100 }),
    ]
    .into_iter()
    .collect();
    let [sender, receiver] = call(Medium::T38, [Settings::default(), plain_receiver()], &document);
    assert_success("sender", &sender);
    let pages: Vec<_> =
        receiver.received().iter().map(|received| (received.page.width(), received.page.height())).collect();
    assert_eq!(pages, [(1728, 100), (1728, 97), (1728, 71), (1728, 100)]);
    let receipt = Receipt::of(&receiver, Vec::new());
    let page = &receipt.pages[1];
    assert_eq!((page.coding, page.ecm, page.verdict, page.bad_rows), ("mh", 0, "good", 0));
}

#[test]
fn a_header_stands_above_every_page_in_every_alphabet() {
    let document: Document =
        [stripes(1728, 50, Resolution::FINE), stripes(1728, 60, Resolution::STANDARD)].into_iter().collect();
    let header = Some(Header::new("Ελλάς · Москва · {page}/{pages} \u{4E2D}"));
    let [sender, receiver] =
        call(Medium::T38, [Settings { header, ..Settings::default() }, Settings::default()], &document);
    assert_success("sender", &sender);
    assert_eq!(sender.boxes(), 2, "one Chinese character on either page");
    for (sent, received) in document.pages().iter().zip(receiver.received()) {
        let (sent, rows) = (sent.raster(), received.page.raster());
        assert!(rows.len() > sent.len() && rows.ends_with(&sent));
        assert!(rows[..rows.len() - sent.len()].iter().any(|octet| *octet != 0), "something is written");
    }
}

#[test]
fn a_machine_that_is_full_confirms_nothing() {
    let document: Document = (0..3).map(|_| stripes(1728, 300, Resolution::FINE)).collect();
    for ecm in [true, false] {
        let limits = Limits { pages: 2, ..Limits::default() };
        let mut sends = Settings::default();
        sends.session.ecm = ecm;
        let [sender, receiver] =
            call(Medium::T38, [sends, Settings { limits, ..Settings::default() }], &document);
        let outcome = sender.outcome().expect("it has ended");
        assert_ne!(outcome.cause, Cause::Success, "ECM {ecm}");
        assert!(receiver.received().iter().filter(|page| page.is_confirmed()).count() <= 2, "ECM {ecm}");
        let small = Limits { octets: 3000, ..Limits::default() };
        let mut sends = Settings::default();
        sends.session.ecm = ecm;
        let [sender, receiver] =
            call(Medium::T38, [sends, Settings { limits: small, ..Settings::default() }], &document);
        assert_ne!(sender.outcome().expect("it has ended").cause, Cause::Success, "ECM {ecm}");
        let good = receiver.received().iter().filter(|page| page.verdict == Verdict::Good);
        assert!(good.into_iter().all(|page| page.page.height() == 300), "ECM {ecm}");
    }
}
