//! Our fax machines among themselves, on a phone line and on T.38, in virtual time, whatever the line does to
//! them.

#[path = "../../fax-core/tests/support/desk.rs"]
mod desk;

use desk::{Pile, Tray, came_whole};
use fax_core::t30::ModemSet;
use fax_core::t30::session::{Cause, Event, Role, Session, Settings};
use fax_core::{BitRate, Span, Timestamp};
use fax_modem::AudioLine;
use fax_t38::line::{Pacing, Settings as LineSettings, T38Line};
use std::collections::VecDeque;

/// 20 ms.
const BLOCK: usize = 160;

struct Report {
    seconds: f64,
    caller: (Cause, Vec<(Timestamp, Event)>),
    answerer: (Cause, Vec<(Timestamp, Event)>),
}

impl Report {
    /// Prints both ends' events in order, if asked to.
    fn show(&self) {
        if std::env::var_os("SHOW").is_some() {
            let mut all: Vec<_> = self.caller.1.iter().map(|event| ("caller", event)).collect();
            all.extend(self.answerer.1.iter().map(|event| ("  answerer", event)));
            all.sort_by_key(|(_, (at, _))| *at);
            for (who, (at, event)) in all {
                println!("{:8.3} {who} {event:?}", at.seconds());
            }
        }
    }
}

fn events(session: &mut Session, into: &mut Vec<(Timestamp, Event)>) {
    while let Some(event) = session.event() {
        into.push(event);
    }
}

/// A call over two phone lines back to back; `wire` spoils what passes: samples, and whether the caller said
/// them.
fn on_audio(
    ours: [Settings; 2],
    pile: &mut Pile,
    tray: &mut Tray,
    mut wire: impl FnMut(&mut [i16], bool),
) -> Report {
    let [mut near, mut far] = [AudioLine::default(), AudioLine::default()];
    let [caller, answerer] = ours;
    let mut caller = Session::new(Role::Caller, caller);
    let mut answerer = Session::new(Role::Answerer, answerer);
    let (mut forth, mut back) = ([0; BLOCK], [0; BLOCK]);
    let (mut log, mut other_log) = (Vec::new(), Vec::new());
    let (mut no_source, mut no_sink) = (fax_core::t30::session::NoPages, fax_core::t30::session::NoPages);
    let mut samples = 0;
    while (caller.outcome().is_none() || answerer.outcome().is_none()) && samples < 8000 * 600 {
        samples += BLOCK as u64;
        let now = Timestamp::from_samples(samples);
        near.listen(&back);
        caller.drive(now, &mut near, pile, &mut no_sink);
        near.fill(&mut forth);
        wire(&mut forth, true);
        far.listen(&forth);
        answerer.drive(now, &mut far, &mut no_source, tray);
        far.fill(&mut back);
        wire(&mut back, false);
        events(&mut caller, &mut log);
        events(&mut answerer, &mut other_log);
        while near.event().is_some() || far.event().is_some() {}
    }
    let cause = |session: &Session| session.outcome().map_or(Cause::Internal, |outcome| outcome.cause);
    let report = Report {
        seconds: samples as f64 / 8000.0,
        caller: (cause(&caller), log),
        answerer: (cause(&answerer), other_log),
    };
    report.show();
    report
}

#[test]
fn pages_cross_a_phone_line_with_ecm_and_without() {
    for ecm in [false, true] {
        let caller = Settings { ecm, ..Settings::default() };
        let mut pile = Pile::noise(&[4000, 3000]);
        let mut tray = Tray::default();
        let report = on_audio([caller, Settings::default()], &mut pile, &mut tray, |_, _| {});
        println!("ECM {ecm}: {:.1} s", report.seconds);
        assert_eq!((report.caller.0, report.answerer.0), (Cause::Success, Cause::Success), "ECM {ecm}");
        assert_eq!(tray.pages.len(), 2, "ECM {ecm}");
        for (sent, received) in pile.pages.iter().zip(&tray.pages) {
            assert!(came_whole(sent, received), "ECM {ecm}: {} of {}", received.len(), sent.len());
        }
    }
}

#[test]
fn a_page_crosses_a_phone_line_at_every_rate() {
    let rates = [
        (ModemSet::V27terV29V17, 14_400),
        (ModemSet::V27terV29V17, 12_000),
        (ModemSet::V27terV29V17, 9600),
        (ModemSet::V27terV29V17, 7200),
        (ModemSet::V27terV29, 9600),
        (ModemSet::V27terV29, 7200),
        (ModemSet::V27ter, 4800),
        (ModemSet::V27ter, 2400),
    ];
    for (index, (modems, rate)) in rates.into_iter().enumerate() {
        let ecm = index % 2 == 1;
        let what = format!("{modems:?} at {rate}, ECM {ecm}");
        let caller = Settings { ecm, modems, max_rate: BitRate(rate), ..Settings::default() };
        let mut pile = Pile::noise(&[2000]);
        let mut tray = Tray::default();
        let report = on_audio([caller, Settings::default()], &mut pile, &mut tray, |_, _| {});
        assert_eq!((report.caller.0, report.answerer.0), (Cause::Success, Cause::Success), "{what}");
        assert_eq!(tray.terms[0].opening.bit_rate(), BitRate(rate), "{what}");
        assert!(came_whole(&pile.pages[0], &tray.pages[0]), "{what}");
    }
}

/// A small generator with a fixed seed (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) % bound
    }
}

fn assert_whole(what: &str, report: &Report, pile: &Pile, tray: &Tray) {
    assert_eq!((report.caller.0, report.answerer.0), (Cause::Success, Cause::Success), "{what}");
    assert_eq!(tray.pages.len(), pile.pages.len(), "{what}");
    for (sent, received) in pile.pages.iter().zip(&tray.pages) {
        assert!(came_whole(sent, received), "{what}: {} of {}", received.len(), sent.len());
    }
}

/// Clicks: silences of 20 ms, one in 8 s each way, hit frames, commands and trainings alike.
#[test]
fn ecm_brings_every_page_over_a_line_that_clicks() {
    for seed in 1..=6_u64 {
        let mut random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let mut pile = Pile::noise(&[9000, 5000]);
        let mut tray = Tray::default();
        let wire = |samples: &mut [i16], _| {
            if random.below(400) == 0 {
                samples.fill(0);
            }
        };
        let report = on_audio([Settings::default(), Settings::default()], &mut pile, &mut tray, wire);
        println!("clicks, seed {seed}: {:.1} s", report.seconds);
        assert_whole(&format!("clicks, seed {seed}"), &report, &pile, &tray);
    }
}

/// One command or response after the other is taken out of the line, from its first sample to its last.
#[test]
fn a_call_bears_the_loss_of_any_one_control_burst() {
    for ecm in [false, true] {
        for lost in 0..12 {
            let what = format!("ECM {ecm}, burst {lost} lost");
            let ours = || Settings { ecm, ..Settings::default() };
            let mut pile = Pile::noise(&[900, 700]);
            let mut tray = Tray::default();
            let mut bursts = [Bursts::default(), Bursts::default()];
            let mut count = 0;
            let wire = |samples: &mut [i16], forth: bool| {
                let burst = &mut bursts[usize::from(forth)];
                if burst.begins(samples) {
                    count += 1;
                }
                // Bursts are numbered as they come, both ways; CNG and CED are the first two.
                if burst.on && burst.number(count) == lost + 2 {
                    samples.fill(0);
                }
            };
            let report = on_audio([ours(), ours()], &mut pile, &mut tray, wire);
            assert!(
                report.caller.0.is_success() && report.answerer.0.is_success(),
                "{what}: {:?} {:?}",
                report.caller.0,
                report.answerer.0
            );
            assert!(tray.pages.len() >= 2, "{what}");
            let last = tray.pages.last().expect("a page");
            assert!(came_whole(&pile.pages[1], last), "{what}: {} of 700", last.len());
        }
    }
}

/// Where bursts begin and end, by level.
#[derive(Default)]
struct Bursts {
    on: bool,
    quiet: usize,
    mine: usize,
}

impl Bursts {
    fn begins(&mut self, samples: &[i16]) -> bool {
        let loud = samples.iter().any(|sample| sample.unsigned_abs() > 300);
        self.quiet = if loud { 0 } else { self.quiet + 1 };
        let was_on = self.on;
        self.on = self.quiet < 2 && (loud || self.on);
        if self.on && !was_on {
            self.mine = 0;
        }
        self.on && !was_on
    }

    /// The number of the burst that is on, `count` being the last one that began.
    fn number(&mut self, count: usize) -> usize {
        if self.mine == 0 {
            self.mine = count;
        }
        self.mine
    }
}

/// Datagrams on their way.
struct Network {
    delay: Span,
    /// Lost in a thousand.
    loss: u64,
    random: Random,
    forth: VecDeque<(Timestamp, Vec<u8>)>,
    back: VecDeque<(Timestamp, Vec<u8>)>,
}

/// The next datagram that has come by now.
fn due(way: &mut VecDeque<(Timestamp, Vec<u8>)>, now: Timestamp) -> Option<Vec<u8>> {
    way.front().filter(|(at, _)| *at <= now)?;
    way.pop_front().map(|(_, octets)| octets)
}

fn on_t38(ours: [Settings; 2], pile: &mut Pile, tray: &mut Tray, mut network: Network) -> Report {
    let settings = LineSettings { pacing: Pacing::METERED, ..LineSettings::default() };
    let [mut near, mut far] = [T38Line::new(settings), T38Line::new(settings)];
    let [caller, answerer] = ours;
    let mut caller = Session::new(Role::Caller, caller);
    let mut answerer = Session::new(Role::Answerer, answerer);
    let (mut no_source, mut no_sink) = (fax_core::t30::session::NoPages, fax_core::t30::session::NoPages);
    let (mut log, mut other_log) = (Vec::new(), Vec::new());
    let mut datagram = [0; 1500];
    let mut now = Timestamp::ZERO;
    while (caller.outcome().is_none() || answerer.outcome().is_none()) && now.seconds() < 900.0 {
        now += Span::from_millis(10);
        while let Some(octets) = due(&mut network.back, now) {
            near.receive(now, &octets).expect("a datagram of ours");
        }
        near.advance(now);
        caller.drive(now, &mut near, pile, &mut no_sink);
        while let Some(length) = near.transmit(&mut datagram) {
            if network.random.below(1000) >= network.loss {
                network.forth.push_back((now + network.delay, datagram[..length].to_vec()));
            }
        }
        while let Some(octets) = due(&mut network.forth, now) {
            far.receive(now, &octets).expect("a datagram of ours");
        }
        far.advance(now);
        answerer.drive(now, &mut far, &mut no_source, tray);
        while let Some(length) = far.transmit(&mut datagram) {
            if network.random.below(1000) >= network.loss {
                network.back.push_back((now + network.delay, datagram[..length].to_vec()));
            }
        }
        events(&mut caller, &mut log);
        events(&mut answerer, &mut other_log);
        while near.event().is_some() || far.event().is_some() {}
    }
    let cause = |session: &Session| session.outcome().map_or(Cause::Internal, |outcome| outcome.cause);
    let report = Report {
        seconds: now.seconds(),
        caller: (cause(&caller), log),
        answerer: (cause(&answerer), other_log),
    };
    report.show();
    report
}

#[test]
fn pages_cross_t38_with_ecm_and_without() {
    for (ecm, delay) in [(false, 30), (true, 30), (false, 600), (true, 600)] {
        let what = format!("T.38 ECM {ecm}, {delay} ms");
        let ours = || Settings { ecm, ..Settings::default() };
        let mut pile = Pile::noise(&[8000, 3000]);
        let mut tray = Tray::default();
        let network = Network {
            delay: Span::from_millis(delay),
            loss: 0,
            random: Random(1),
            forth: VecDeque::new(),
            back: VecDeque::new(),
        };
        let report = on_t38([ours(), ours()], &mut pile, &mut tray, network);
        println!("{what}: {:.1} s", report.seconds);
        assert_whole(&what, &report, &pile, &tray);
    }
}

#[test]
fn ecm_brings_every_page_over_t38_that_loses_packets() {
    for loss in [10, 50, 100] {
        for seed in 1..=4_u64 {
            let what = format!("T.38 with {} % loss, seed {seed}", loss / 10);
            let mut pile = Pile::noise(&[9000, 5000]);
            let mut tray = Tray::default();
            let network = Network {
                delay: Span::from_millis(40),
                loss,
                random: Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15)),
                forth: VecDeque::new(),
                back: VecDeque::new(),
            };
            let report = on_t38([Settings::default(), Settings::default()], &mut pile, &mut tray, network);
            println!("{what}: {:.1} s", report.seconds);
            assert_whole(&what, &report, &pile, &tray);
        }
    }
}
