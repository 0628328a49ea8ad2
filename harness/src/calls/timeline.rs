//! A call on one axis of time: what each fax machine did, what went over the network, what was lost.

use crate::world::network::log::{Culprit, Fate};
use crate::world::passthrough::RED;
use crate::world::{Direction, Kept, Record};
use fax_core::Timestamp;
use fax_t38::ifp::{DataType, Indicator};
use std::fmt::Write;

/// The timeline as text, a line a happening. It needs what `Taps` calls events and datagrams.
pub fn timeline(record: &Record, kept: &Kept) -> String {
    let mut lines: Vec<(Timestamp, usize, String)> = Vec::new();
    for (column, notes) in [(CALLER, &kept.notes[0]), (ANSWERER, &kept.notes[1])] {
        lines.extend(notes.iter().map(|(at, note)| (*at, column, shortened(&note.text))));
    }
    for direction in Direction::BOTH {
        let column = if direction == Direction::AToB { FORTH } else { BACK };
        lines.extend(traffic(kept, direction).into_iter().map(|(at, text)| (at, column, text)));
    }
    lines.sort_by_key(|(at, column, _)| (*at, *column));
    let mut text = format!(
        "{:>9}  {:<34} {:<30} {:<30} answerer\n",
        "seconds", "caller", "caller > answerer", "caller < answerer"
    );
    for (at, column, what) in &lines {
        let columns: [&str; 4] = std::array::from_fn(|n| if n == *column { what.as_str() } else { "" });
        let [caller, forth, back, answerer] = columns;
        let line = format!("{:>9.3}  {caller:<34} {forth:<30} {back:<30} {answerer}", at.seconds());
        text += line.trim_end();
        text.push('\n');
    }
    let verdict = if record.verdict().strict() { "strict success".to_owned() } else { record.cause() };
    let _ = writeln!(
        text,
        "{:>9.3}  end: {verdict}; pages {} of {} identical, {} PPR",
        record.seconds, record.identical, record.pages, record.pprs
    );
    for direction in Direction::BOTH {
        let tally = record.tallies[direction.index()];
        let _ = writeln!(
            text,
            "           {}: {} datagrams, {} octets, {} lost in {} runs, the longest {}, {} overtaken",
            direction.name(),
            tally.packets,
            tally.octets,
            tally.lost,
            tally.runs,
            tally.longest,
            tally.overtaken
        );
    }
    text
}

const CALLER: usize = 0;
const FORTH: usize = 1;
const BACK: usize = 2;
const ANSWERER: usize = 3;

/// Runs of datagrams of one kind, with what was lost of them.
fn traffic(kept: &Kept, direction: Direction) -> Vec<(Timestamp, String)> {
    let passages = kept.logs[direction.index()].passages();
    let kinds = kept.datagrams[direction.index()].iter().map(|datagram| kind(datagram));
    let mut runs: Vec<Run> = Vec::new();
    for (passage, kind) in passages.iter().zip(kinds) {
        let culprit = match passage.fate {
            Fate::Lost(culprit) => Some(culprit),
            Fate::Delivered(_) | Fate::Doubled(..) => None,
        };
        match runs.last_mut().filter(|run| run.kind == kind) {
            Some(run) => run.add(culprit),
            None => {
                let mut run = Run { begin: passage.sent, kind, count: 0, lost: Vec::new() };
                run.add(culprit);
                runs.push(run);
            }
        }
    }
    runs.into_iter().map(|run| (run.begin, run.text())).collect()
}

/// Datagrams of one kind in a row.
struct Run {
    begin: Timestamp,
    kind: String,
    count: usize,
    lost: Vec<Culprit>,
}

impl Run {
    fn add(&mut self, culprit: Option<Culprit>) {
        self.count += 1;
        self.lost.extend(culprit);
    }

    fn text(&self) -> String {
        let mut text = self.kind.clone();
        if self.count > 1 {
            let _ = write!(text, " x{}", self.count);
        }
        if let Some(first) = self.lost.first() {
            let _ = write!(text, ", {} lost ({})", self.lost.len(), first.name());
        }
        text
    }
}

/// What a datagram carries, by the first octet of its primary: enough for a picture.
fn kind(datagram: &[u8]) -> String {
    // RTP with G.711 has version 2 in its first two bits and type 0 or 8; a sequence number of UDPTL gets
    // there after 32 768 packets.
    if let [0x80, kind, ..] = datagram
        && matches!(kind & 0x7F, 0 | 8 | RED)
    {
        return "audio".to_owned();
    }
    let Some(first) = datagram.get(3) else { return "nothing".to_owned() };
    let (extended, value) = (first & 0x20 != 0, first >> 1 & 0xF);
    match (first >> 6, extended) {
        (0, false) => Indicator::from_value(value).name().to_owned(),
        (3, false) => format!("{} data", DataType::from_value(value).name()),
        _ => "another packet".to_owned(),
    }
}

/// A frame's octets are personal, and long: its name stays.
fn shortened(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    match words.as_slice() {
        [verb @ ("hears" | "says"), name, ..] => format!("{verb} {name}"),
        _ => text.chars().take(34).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_datagram_is_named_by_its_first_octets() {
        assert_eq!(kind(&[0, 1, 1, 0x06, 0, 0]), "v21-preamble");
        assert_eq!(kind(&[0, 1, 5, 0xC0, 1, 0, 0, 0xFF, 0, 0]), "v21 data");
        assert_eq!(kind(&[0, 1, 5, 0xD0, 1, 0, 0, 0xFF, 0, 0]), "v17-14400 data");
        assert_eq!(kind(&[0x80, 0, 0, 1, 0, 0, 0, 0]), "audio");
        assert_eq!(kind(&[]), "nothing");
        assert_eq!(shortened("hears DCS ff c8 41"), "hears DCS");
    }
}
