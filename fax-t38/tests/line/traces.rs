//! Six whole calls as foreign gateways and terminals sent them: a line hears the T.30 dialogue in them, and
//! what it heard is heard again when it is said.

use crate::support::{Wire, digits, hex, line, ms, told};
use fax_core::{Chunk, FrameEnd, Heard, Line, Signal, Timestamp};
use fax_t38::Version;
use fax_t38::line::{Settings, T38Line};
use std::fmt::Write as _;
use std::path::Path;

const TRACES: [&str; 6] = [
    "trace-ecm-1998",
    "trace-ecm-2002-2pages",
    "trace-nonecm-1998",
    "trace-nonecm-1998-2pages",
    "trace-terminal-ecm-1998",
    "trace-terminal-nonecm-1998",
];

/// The dialogues are in `dialogues/`, to be read; `WRITE_DIALOGUES=1` writes them anew.
#[test]
fn the_dialogue_of_every_recorded_call_is_heard() {
    for name in TRACES {
        let sides = ['A', 'B'].map(|side| (side, hear_trace(name, side)));
        let found = dialogue(&sides);
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/line/dialogues/{name}.txt"));
        if std::env::var_os("WRITE_DIALOGUES").is_some() {
            std::fs::write(&path, &found).unwrap();
        }
        let expected = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(found == expected, "{name} is heard otherwise:\n{found}");
    }
}

#[test]
fn what_was_heard_of_a_recorded_call_and_said_again_is_heard_alike() {
    for name in TRACES {
        for side in ['A', 'B'] {
            let heard = hear_trace(name, side);
            let again = say_again(&heard, settings(name));
            // The end of CNG is held back as its cadence pauses, and here the preamble comes first.
            let expected = told(&heard).replace("cng silence", "cng");
            assert!(told(&again) == expected, "{name} {side}");
        }
    }
}

fn settings(name: &str) -> Settings {
    let version = if name.contains("2002") { Version::V2 } else { Version::V0 };
    Settings { version, ..Settings::default() }
}

/// What the other side hears of `side`.
fn hear_trace(name: &str, side: char) -> Vec<Heard> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../test-vectors/t38/{name}.txt"));
    let text = std::fs::read_to_string(path).unwrap();
    let mut ear = line(settings(name));
    let mut heard = Vec::new();
    for row in text.lines().filter(|row| !row.starts_with('#')) {
        let words: Vec<&str> = row.split_whitespace().collect();
        let [seconds, direction, _, _, ifp] = words[..] else { continue };
        if direction.starts_with(side) {
            let at = Timestamp::from_micros((seconds.parse::<f64>().unwrap() * 1e6).round() as u64);
            ear.receive(at, &hex(ifp)).unwrap();
            heard.extend(core::iter::from_fn(|| ear.hear()));
        }
    }
    assert_eq!(ear.event(), None, "{name} {side}");
    heard
}

/// Says what was heard when it was heard, and hears it.
fn say_again(heard: &[Heard], settings: Settings) -> Vec<Heard> {
    let (mut mouth, mut ear) = (line(settings), line(settings));
    let mut again = Vec::new();
    let mut pass = |mouth: &mut T38Line<Wire>, now| {
        let mut ifp = [0; 300];
        while let Some(length) = mouth.transmit(&mut ifp) {
            ear.receive(now, &ifp[..length]).unwrap();
            again.extend(core::iter::from_fn(|| ear.hear()));
        }
    };
    for Heard { at, signal, .. } in heard {
        mouth.advance(*at);
        mouth.say(*signal).unwrap();
        pass(&mut mouth, *at);
    }
    let end = heard.last().map_or(Timestamp::ZERO, |last| last.at) + ms(10_000).since(ms(0));
    mouth.advance(end);
    pass(&mut mouth, end);
    again
}

/// One line for each thing heard: when it began, who said it, what it was.
fn dialogue(sides: &[(char, Vec<Heard>)]) -> String {
    let mut rows: Vec<(Timestamp, String)> = Vec::new();
    for (side, heard) in sides {
        let (mut octets, mut began) = (Vec::new(), Timestamp::ZERO);
        for Heard { at, signal, .. } in heard {
            let mut row = |at: Timestamp, what: String| rows.push((at, format!("{side}  {what}")));
            let chunk = |octets: &mut Vec<u8>, began: &mut Timestamp, chunk: &Chunk| {
                if octets.is_empty() {
                    *began = *at;
                }
                octets.extend_from_slice(chunk.octets());
            };
            match signal {
                Signal::Octets(more) | Signal::Bits(more) => chunk(&mut octets, &mut began, more),
                Signal::FrameEnd(end) => row(began, frame(&core::mem::take(&mut octets), *end)),
                Signal::End => {
                    if !octets.is_empty() {
                        row(began, bits(&core::mem::take(&mut octets)));
                    }
                    row(*at, "end".into());
                }
                other => {
                    row(*at, told(&[Heard { at: *at, signal: *other, grounds: fax_core::Grounds::Heard }]))
                }
            }
        }
    }
    rows.sort_by_key(|(at, _)| *at);
    rows.iter().fold(String::new(), |mut text, (at, row)| {
        writeln!(text, "{:8.3} {row}", at.seconds()).unwrap();
        text
    })
}

fn frame(octets: &[u8], end: FrameEnd) -> String {
    let name = octets.get(2).map_or("?", |code| name(*code));
    let shown = if octets.len() > 40 { 6 } else { octets.len() };
    let more = if shown < octets.len() { format!("... {} octets", octets.len()) } else { String::new() };
    format!("    {name:<4} {end:?}: {}{more}", digits(&octets[..shown]))
}

fn bits(octets: &[u8]) -> String {
    let zeros = octets.iter().filter(|octet| **octet == 0).count();
    let kind = if zeros == octets.len() { "zeros".into() } else { format!("{zeros} of them zero") };
    format!("    {} octets of bits, {kind}", octets.len())
}

/// T.30 5.3.6, the X bit left out.
fn name(code: u8) -> &'static str {
    match code & 0x7F {
        0x01 => "DIS",
        0x02 => "CSI",
        0x21 => "CFR",
        0x31 => "MCF",
        0x41 => "DCS",
        0x42 => "TSI",
        0x5F => "DCN",
        0x60 => "FCD",
        0x61 => "RCP",
        0x71 => "EOM",
        0x72 => "MPS",
        0x74 => "EOP",
        0x7D => "PPS",
        _ => "?",
    }
}
