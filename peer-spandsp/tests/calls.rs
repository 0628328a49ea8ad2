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

#[test]
fn every_compression_is_used_when_it_is_the_best_that_is_allowed() {
    for (coding, bits) in [(Coding::Mh, [0, 0]), (Coding::Mr, [1, 0]), (Coding::Mmr, [0, 1])] {
        let what = format!("{coding:?}");
        let desk = Desk::new(&format!("coding-{coding:?}"), "itu1.tif");
        let (sender, receiver) = desk.settings(&TerminalSettings { coding, ..TerminalSettings::default() });
        let mut caller = FaxTerminal::new(Role::Caller, &sender);
        let mut answerer = FaxTerminal::new(Role::Answerer, &receiver);
        call_on_a_line(&mut caller, &mut answerer, |_, _| {}).assert_success(&what);
        let dcs = frame(&caller.events().collect::<Vec<_>>(), "says DCS");
        // T.30 table 2: MR is bit 16 and T.6 bit 31; the first bit of the line is the low one here.
        assert_eq!([dcs[3 + 1] >> 7, (dcs[3 + 3] >> 6) & 1], bits, "{what}: {dcs:02x?}");
        desk.assert_identical(&what);
    }
}

#[test]
fn the_same_call_gives_the_same_samples() {
    let call = || {
        let desk = Desk::new("determinism", "itu2.tif");
        let (sender, receiver) = desk.settings(&TerminalSettings::default());
        let mut caller = FaxTerminal::new(Role::Caller, &sender);
        let mut answerer = FaxTerminal::new(Role::Answerer, &receiver);
        let mut said = Vec::new();
        call_on_a_line(&mut caller, &mut answerer, |forth, back| {
            said.extend_from_slice(forth);
            said.extend_from_slice(back);
        });
        (said, caller.events().collect::<Vec<_>>(), answerer.events().collect::<Vec<_>>())
    };
    assert!(call() == call());
}

#[test]
fn a_caller_with_nothing_to_send_polls() {
    let desk = Desk::new("polling", "itu2.tif");
    let (sender, receiver) = desk.settings(&TerminalSettings::default());
    let mut caller = FaxTerminal::new(Role::Caller, &receiver);
    let mut answerer = FaxTerminal::new(Role::Answerer, &sender);
    let report = call_on_a_line(&mut caller, &mut answerer, |_, _| {});
    report.assert_success("polling");
    assert_eq!((report.caller.pages_received, report.answerer.pages_sent), (1, 1));
    desk.assert_identical("polling");
}

#[test]
fn an_answerer_sends_its_nsf() {
    let desk = Desk::new("nsf", "itu2.tif");
    let nsf = vec![0xB5, 0x00, 0x01, 0x02];
    let (sender, receiver) = desk.settings(&TerminalSettings { nsf, ..TerminalSettings::default() });
    let mut caller = FaxTerminal::new(Role::Caller, &sender);
    let mut answerer = FaxTerminal::new(Role::Answerer, &receiver);
    call_on_a_line(&mut caller, &mut answerer, |_, _| {}).assert_success("NSF");
    let heard = frame(&caller.events().collect::<Vec<_>>(), "hears NSF");
    assert_eq!(heard[3..], [0xB5, 0x00, 0x01, 0x02]);
}

#[test]
fn a_document_of_several_pages_arrives_in_order() {
    let mut desk = Desk::new("pages", "itu2.tif");
    let page = |name| read_pages(&Desk::new("pages", name).sent).expect("a page").remove(0);
    desk.sent = desk.received.with_file_name("pages-sent.tif");
    write_pages(&desk.sent, &[page("itu2.tif"), page("itu1.tif"), page("itu2.tif")]).expect("written");
    let both = TerminalSettings { ecm: false, ..TerminalSettings::default() };
    let (sender, receiver) = desk.settings(&both);
    let mut caller = FaxTerminal::new(Role::Caller, &sender);
    let mut answerer = FaxTerminal::new(Role::Answerer, &receiver);
    let report = call_on_a_line(&mut caller, &mut answerer, |_, _| {});
    report.assert_success("pages");
    assert_eq!((report.caller.pages_sent, report.answerer.pages_received), (3, 3));
    desk.assert_identical("pages");
}

#[test]
fn damaged_rows_are_counted() {
    let desk = Desk::new("damage", "itu2.tif");
    let both = TerminalSettings { ecm: false, ..TerminalSettings::default() };
    let (sender, receiver) = desk.settings(&both);
    let mut caller = FaxTerminal::new(Role::Caller, &sender);
    let mut answerer = FaxTerminal::new(Role::Answerer, &receiver);
    let (mut forth, mut back) = ([0; BLOCK], [0; BLOCK]);
    let mut samples = 0;
    while !(caller.is_finished() && answerer.is_finished()) && samples < LONGEST {
        caller.exchange(&back.clone(), &mut forth);
        // 5 ms of silence in the page, twice.
        if samples == 14 * 8000 || samples == 17 * 8000 {
            forth[..40].fill(0);
        }
        answerer.exchange(&forth, &mut back);
        samples += BLOCK;
    }
    let report = report(caller.outcome(), answerer.outcome(), samples);
    let sent = read_pages(&desk.sent).expect("sent").remove(0);
    let received = read_pages(&desk.received).expect("received").remove(0);
    let told = report.answerer.bad_rows as usize;
    println!("{told} bad rows told, {} differ", sent.rows_that_differ(&received));
    assert!(told > 0 && sent.rows_that_differ(&received) > 0, "{told} rows, {:?}", report.answerer);
}

#[test]
fn hanging_up_is_the_outcome_at_once() {
    let mut caller = FaxTerminal::new(Role::Caller, &TerminalSettings::default());
    let (silence, mut said) = ([0; 8000], [0; 8000]);
    caller.exchange(&silence, &mut said);
    assert!(caller.outcome().is_none() && !caller.is_finished());
    caller.hang_up();
    let outcome = caller.outcome().expect("it ended");
    assert!(!outcome.ok && caller.is_finished(), "{outcome:?}");
    caller.exchange(&silence, &mut said);
    assert_eq!(said, silence, "on hook it says nothing");
}

/// The library's T30_ERR_CALLDROPPED.
const CALL_DROPPED: i32 = 49;

#[test]
fn a_call_cut_off_in_the_page_is_told_as_dropped_by_the_one_that_hung_up() {
    let desk = Desk::new("cut", "itu2.tif");
    let (sender, receiver) = desk.settings(&TerminalSettings::default());
    let mut caller = FaxTerminal::new(Role::Caller, &sender);
    let mut answerer = FaxTerminal::new(Role::Answerer, &receiver);
    let (mut forth, mut back) = ([0; BLOCK], [0; BLOCK]);
    let mut samples = 0;
    while !answerer.is_finished() && samples < LONGEST {
        caller.exchange(&back.clone(), &mut forth);
        if samples == 14 * 8000 {
            caller.hang_up();
        }
        answerer.exchange(&forth, &mut back);
        samples += BLOCK;
    }
    let report = report(caller.outcome(), answerer.outcome(), samples);
    assert_eq!(report.caller.code, CALL_DROPPED, "{:?}", report.caller);
    assert!(!report.answerer.ok, "{:?} after {:.1} s", report.answerer, report.seconds);
    println!("the other gives up after {:.1} s: {:?}", report.seconds - 14.0, report.answerer);
}

#[test]
fn the_log_is_told_as_events_and_only_when_asked_for() {
    let logged = |log| {
        let mut terminal =
            FaxTerminal::new(Role::Answerer, &TerminalSettings { log, ..TerminalSettings::default() });
        // The log begins to speak when CED ends.
        terminal.exchange(&[0; 32_000], &mut [0; 32_000]);
        terminal.events().filter(|event| event.text.starts_with("log ")).count()
    };
    assert_eq!(logged(Log::Off), 0);
    assert!(logged(Log::Debug) > 0);
}

#[test]
fn a_page_crosses_between_two_t38_terminals() {
    for (version, ecm) in [(0, true), (0, false), (1, true), (3, false)] {
        let what = format!("version {version}, ECM {ecm}");
        let desk = Desk::new(&format!("t38-{version}-{ecm}"), "itu2.tif");
        let t38 = T38Settings { version, ..T38Settings::default() };
        let (sender, receiver) = desk.settings(&TerminalSettings { ecm, t38, ..TerminalSettings::default() });
        let mut caller = T38Terminal::new(Role::Caller, &sender);
        let mut answerer = T38Terminal::new(Role::Answerer, &receiver);
        let mut samples = 0;
        while !(caller.is_finished() && answerer.is_finished()) && samples < LONGEST {
            caller.advance(BLOCK);
            answerer.advance(BLOCK);
            carry(|| caller.sent(), |ifp, seq| assert!(answerer.receive(ifp, seq), "{what}: {ifp:02x?}"));
            carry(|| answerer.sent(), |ifp, seq| assert!(caller.receive(ifp, seq), "{what}: {ifp:02x?}"));
            samples += BLOCK;
        }
        report(caller.outcome(), answerer.outcome(), samples).assert_success(&what);
        desk.assert_identical(&what);
    }
}

#[test]
fn the_copies_that_are_asked_for_are_as_set() {
    let copies = |copies| {
        let t38 = T38Settings { copies, ..T38Settings::default() };
        let mut answerer =
            T38Terminal::new(Role::Answerer, &TerminalSettings { t38, ..TerminalSettings::default() });
        answerer.advance(8000);
        answerer.sent().expect("an indicator within a second")
    };
    let (own, one) = (copies(None), copies(Some(Copies::ONE)));
    assert_eq!((own.copies, one.copies), (3, 1));
    assert_eq!((own.seq, own.ifp), (one.seq, one.ifp));
}

#[test]
fn a_page_crosses_two_gateways() {
    for (index, (modem, modems, rate)) in RATES.into_iter().enumerate() {
        let ecm = index % 2 == 1;
        let what = format!("{modem} at {rate}, ECM {ecm}");
        let desk = Desk::new(&format!("gateways-{index}"), "itu2.tif");
        let both = TerminalSettings { modems, max_rate: Some(rate), ecm, ..TerminalSettings::default() };
        let (sender, receiver) = desk.settings(&both);
        let mut caller = FaxTerminal::new(Role::Caller, &sender);
        let mut answerer = FaxTerminal::new(Role::Answerer, &receiver);
        let (mut near, mut far) = two_gateways();
        let mut lines = [[0; BLOCK]; 4];
        let mut samples = 0;
        while !(caller.is_finished() && answerer.is_finished()) && samples < LONGEST {
            let [forth, back, far_forth, far_back] = &mut lines;
            caller.exchange(back, forth);
            near.exchange(forth, back);
            carry(|| near.sent(), |ifp, seq| assert!(far.receive(ifp, seq), "{what}: {ifp:02x?}"));
            far.exchange(far_back, far_forth);
            answerer.exchange(far_forth, far_back);
            carry(|| far.sent(), |ifp, seq| assert!(near.receive(ifp, seq), "{what}: {ifp:02x?}"));
            samples += BLOCK;
        }
        let report = report(caller.outcome(), answerer.outcome(), samples);
        println!("{what}: {:.1} s", report.seconds);
        report.assert_success(&what);
        assert_eq!((report.caller.bit_rate, report.caller.ecm), (rate, ecm), "{what}");
        let carried = (near.transferred(), far.transferred());
        assert_eq!((carried.0.pages, carried.1.pages), (1, 1), "{what}: {carried:?}");
        desk.assert_identical(&what);
    }
}

#[test]
fn a_page_crosses_one_gateway_to_a_t38_terminal_and_back() {
    for caller_sends in [true, false] {
        let what = format!("phone calls T.38 {caller_sends}");
        let desk = Desk::new(&format!("one-gateway-{caller_sends}"), "itu2.tif");
        let (sender, receiver) = desk.settings(&TerminalSettings::default());
        let (phone, packets) = if caller_sends { (&sender, &receiver) } else { (&receiver, &sender) };
        let (phone_role, packet_role) = match caller_sends {
            true => (Role::Caller, Role::Answerer),
            false => (Role::Answerer, Role::Caller),
        };
        let mut phone = FaxTerminal::new(phone_role, phone);
        let mut gateway = T38Gateway::new(&GatewaySettings::default());
        let mut packets = T38Terminal::new(packet_role, packets);
        let (mut forth, mut back) = ([0; BLOCK], [0; BLOCK]);
        let mut samples = 0;
        while !(phone.is_finished() && packets.is_finished()) && samples < LONGEST {
            phone.exchange(&back, &mut forth);
            gateway.exchange(&forth, &mut back);
            packets.advance(BLOCK);
            carry(|| gateway.sent(), |ifp, seq| assert!(packets.receive(ifp, seq), "{what}: {ifp:02x?}"));
            carry(|| packets.sent(), |ifp, seq| assert!(gateway.receive(ifp, seq), "{what}: {ifp:02x?}"));
            samples += BLOCK;
        }
        report(phone.outcome(), packets.outcome(), samples).assert_success(&what);
        desk.assert_identical(&what);
    }
}

#[test]
fn a_page_in_any_coding_of_tiff_is_read_as_it_was_written() {
    let page = Page { width: 19, height: 2, rows: vec![0x80, 0xFF, 0x20, 0x00, 0x01, 0xC0] };
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("written.tif");
    write_pages(&path, &[page.clone(), page.clone()]).expect("written");
    assert_eq!(read_pages(&path), Ok(vec![page.clone(), page.clone()]));
    let other = Page { rows: vec![0x80, 0xFF, 0x20, 0x00, 0x01, 0x80], ..page.clone() };
    assert_eq!((page.rows_that_differ(&page), page.rows_that_differ(&other)), (0, 1));
    assert!(read_pages(&path.with_file_name("nothing.tif")).is_err());
}

fn two_gateways() -> (T38Gateway, T38Gateway) {
    let settings = GatewaySettings::default();
    (T38Gateway::new(&settings), T38Gateway::new(&settings))
}

/// The octets of the first event of that kind, from the address on.
fn frame(events: &[PeerEvent], which: &str) -> Vec<u8> {
    let text = events.iter().find_map(|event| event.text.strip_prefix(which)).expect("such a frame");
    text.split_whitespace().map(|octet| u8::from_str_radix(octet, 16).expect("hexadecimal")).collect()
}
