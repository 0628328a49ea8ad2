//! The peer's fax machines and gateways among themselves: what a call is without anything of ours in it.
//! Received pages are read by libtiff and held against the page that was sent, pixel by pixel.

use peer_spandsp::{
    Coding, Copies, FaxTerminal, GatewaySettings, Log, Modems, Outcome, Page, PeerEvent, Role, Sent,
    T38Gateway, T38Settings, T38Terminal, TerminalSettings, read_pages, write_pages,
};
use std::path::PathBuf;

/// 20 ms.
const BLOCK: usize = 160;

/// No call here may take longer: 5 minutes.
const LONGEST: usize = 300 * 8000;

/// Where the document is and where the received one goes.
struct Desk {
    sent: PathBuf,
    received: PathBuf,
}

impl Desk {
    fn new(name: &str, page: &str) -> Self {
        let sent = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../test-vectors/pages")).join(page);
        let received = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.tif"));
        let _ = std::fs::remove_file(&received);
        Self { sent, received }
    }

    /// The sender's settings and the receiver's, both made of these.
    fn settings(&self, both: &TerminalSettings) -> (TerminalSettings, TerminalSettings) {
        let sender = TerminalSettings { send: Some(self.sent.clone()), ..both.clone() };
        let receiver = TerminalSettings { receive: Some(self.received.clone()), ..both.clone() };
        (sender, receiver)
    }

    fn assert_identical(&self, what: &str) {
        let sent = read_pages(&self.sent).expect("the document can be read");
        let received = read_pages(&self.received).expect("what was received can be read");
        assert_eq!(sent.len(), received.len(), "{what}: pages");
        for (number, (sent, received)) in sent.iter().zip(&received).enumerate() {
            assert_eq!(sent.rows_that_differ(received), 0, "{what}: page {number}, {received:?}");
        }
    }
}

/// How both ends of a call saw it, and how long it took.
struct Report {
    caller: Outcome,
    answerer: Outcome,
    seconds: f64,
}

impl Report {
    fn assert_success(&self, what: &str) {
        assert!(self.caller.ok, "{what}: caller {:?}", self.caller);
        assert!(self.answerer.ok, "{what}: answerer {:?}", self.answerer);
    }
}

/// A phone line between two fax machines; `listen` hears what each said.
fn call_on_a_line(
    caller: &mut FaxTerminal,
    answerer: &mut FaxTerminal,
    mut listen: impl FnMut(&[i16], &[i16]),
) -> Report {
    let (mut forth, mut back) = ([0; BLOCK], [0; BLOCK]);
    let mut samples = 0;
    while !(caller.is_finished() && answerer.is_finished()) && samples < LONGEST {
        caller.exchange(&back.clone(), &mut forth);
        answerer.exchange(&forth, &mut back);
        listen(&forth, &back);
        samples += BLOCK;
    }
    report(caller.outcome(), answerer.outcome(), samples)
}

fn report(caller: Option<Outcome>, answerer: Option<Outcome>, samples: usize) -> Report {
    Report {
        caller: caller.expect("the caller ended"),
        answerer: answerer.expect("the answerer ended"),
        seconds: samples as f64 / 8000.0,
    }
}

/// Hands over all that one side wants sent, copies and all, without loss.
fn carry(mut next: impl FnMut() -> Option<Sent>, mut deliver: impl FnMut(&[u8], u16)) {
    while let Some(sent) = next() {
        for _ in 0..sent.copies {
            deliver(&sent.ifp, sent.seq);
        }
    }
}

/// Modem, rate and bit rate limit, of each way to carry a page.
const RATES: [(&str, Modems, u32); 8] = [
    ("V.17", Modems::ALL, 14_400),
    ("V.17", Modems::ALL, 12_000),
    ("V.17", Modems::ALL, 9_600),
    ("V.17", Modems::ALL, 7_200),
    ("V.29", Modems::UP_TO_V29, 9_600),
    ("V.29", Modems::UP_TO_V29, 7_200),
    ("V.27ter", Modems::V27TER, 4_800),
    ("V.27ter", Modems::V27TER, 2_400),
];

#[test]
fn a_page_crosses_a_phone_line_unharmed_at_every_rate() {
    for (index, (modem, modems, rate)) in RATES.into_iter().enumerate() {
        let ecm = index % 2 == 0;
        let what = format!("{modem} at {rate}, ECM {ecm}");
        let desk = Desk::new(&format!("rates-{index}"), "itu2.tif");
        let both = TerminalSettings { modems, max_rate: Some(rate), ecm, ..TerminalSettings::default() };
        let (sender, receiver) = desk.settings(&both);
        let mut caller = FaxTerminal::new(Role::Caller, &sender);
        let mut answerer = FaxTerminal::new(Role::Answerer, &receiver);
        let report = call_on_a_line(&mut caller, &mut answerer, |_, _| {});
        println!("{what}: {:.1} s {:?} {:?}", report.seconds, report.caller, report.answerer);
        report.assert_success(&what);
        assert_eq!((report.caller.bit_rate, report.caller.ecm), (rate, ecm), "{what}");
        assert_eq!((report.caller.pages_sent, report.answerer.pages_received), (1, 1), "{what}");
        let image_carrier = caller.events().chain(answerer.events()).count();
        assert!(image_carrier > 10, "{what}: frames and phases are told");
        desk.assert_identical(&what);
    }
}
