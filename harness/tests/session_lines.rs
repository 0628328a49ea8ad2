//! Our fax machines among themselves, on a phone line and on T.38, in virtual time.

#[path = "../../fax-core/tests/support/desk.rs"]
mod desk;

use desk::{Pile, Tray, came_whole};
use fax_core::t30::ModemSet;
use fax_core::t30::session::{Cause, Event, Role, Session, Settings};
use fax_core::{BitRate, Timestamp};
use fax_modem::AudioLine;

/// 20 ms.
const BLOCK: usize = 160;

struct Report {
    seconds: f64,
    caller: (Cause, Vec<(Timestamp, Event)>),
    answerer: (Cause, Vec<(Timestamp, Event)>),
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
    if std::env::var_os("SHOW").is_some() {
        let mut all: Vec<_> = report.caller.1.iter().map(|event| ("caller", event)).collect();
        all.extend(report.answerer.1.iter().map(|event| ("  answerer", event)));
        all.sort_by_key(|(_, (at, _))| *at);
        for (who, (at, event)) in all {
            println!("{:8.3} {who} {event:?}", at.seconds());
        }
    }
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
