//! A timeline for people: aligned, a burst a line, what is wrong in capitals.

use super::timeline::{Came, Direction, Ending, Entry, Frame, Stream, Timeline, Totals, What};
use fax_core::Timestamp;
use fax_t38::Seq;
use fax_t38::event::Repair;
use fax_t38::ifp::{DataType, FieldType};
use std::io::{Result, Write};

/// Writes the timeline. `all` gives every packet a line of its own.
///
/// # Errors
/// Those of `out`.
pub fn write(timeline: &Timeline, all: bool, out: &mut impl Write) -> Result<()> {
    let file = &timeline.file;
    writeln!(out, "{} packets in {} s", file.packets, seconds(file.micros))?;
    for (reason, count) in &file.skipped {
        writeln!(out, "passed over: {count} {reason}")?;
    }
    if timeline.streams.is_empty() {
        writeln!(out, "no T.38 found; name a port with --port if there must be some")?;
    }
    for (place, stream) in timeline.streams.iter().enumerate() {
        let entries: Vec<_> = timeline.entries.iter().filter(|entry| entry.stream == place).collect();
        head(place, stream, out)?;
        let mut lines = lines(&entries, all);
        lines.sort_by_key(|line| line.at);
        for line in lines {
            line.write(out)?;
        }
        totals(stream, out)?;
    }
    Ok(())
}

fn head(place: usize, stream: &Stream, out: &mut impl Write) -> Result<()> {
    let [a, b] = stream.ends;
    let described = stream.described.as_deref().unwrap_or("no SDP");
    writeln!(out)?;
    writeln!(out, "stream {}  {}, {described}", place + 1, stream.carrier)?;
    writeln!(out, "          A = {a}")?;
    writeln!(out, "          B = {b}")?;
    writeln!(out)?;
    writeln!(out, "     time  way        number  what                                      how")
}

/// A line of the timeline.
struct Line {
    at: Timestamp,
    direction: Direction,
    numbers: String,
    what: String,
    how: String,
}

impl Line {
    fn write(&self, out: &mut impl Write) -> Result<()> {
        let Self { at, direction, numbers, what, how } = self;
        let line = format!("{:>9}  {direction}  {numbers:>12}  {what:<40}  {how}", seconds(at.micros()));
        writeln!(out, "{}", line.trim_end())
    }
}

fn lines(entries: &[&Entry], all: bool) -> Vec<Line> {
    let mut lines = Vec::new();
    for direction in Direction::BOTH {
        let mut run: Option<Run> = None;
        for entry in entries.iter().filter(|entry| entry.direction == direction) {
            match &entry.what {
                What::Data { kind, fields, came } => {
                    let goes_on = run.as_ref().is_some_and(|run| run.kind == *kind && !all);
                    if !goes_on {
                        lines.extend(run.take().map(Run::line));
                    }
                    run.get_or_insert_with(|| Run::new(entry, *kind)).packet(entry, fields, *came);
                }
                What::Frame(frame) => match &mut run {
                    Some(open) => {
                        open.frames.push(frame.clone());
                        if open.kind == DataType::V21 {
                            lines.extend(run.take().map(Run::line));
                        }
                    }
                    None => lines.push(lone_frame(entry, frame)),
                },
                _ => {
                    lines.extend(run.take().map(Run::line));
                    lines.push(single(entry));
                }
            }
        }
        lines.extend(run.map(Run::line));
    }
    lines
}

/// Data packets of one modem, one behind the other.
struct Run {
    at: Timestamp,
    last: Timestamp,
    direction: Direction,
    numbers: (Option<Seq>, Option<Seq>),
    kind: DataType,
    packets: u64,
    octets: usize,
    fields: Vec<FieldType>,
    frames: Vec<Frame>,
    copies: u32,
    repaired: (u32, u32),
}

impl Run {
    fn new(entry: &Entry, kind: DataType) -> Self {
        Self {
            at: entry.at,
            last: entry.at,
            direction: entry.direction,
            numbers: (entry.seq, entry.seq),
            kind,
            packets: 0,
            octets: 0,
            fields: Vec::new(),
            frames: Vec::new(),
            copies: 0,
            repaired: (0, 0),
        }
    }

    fn packet(&mut self, entry: &Entry, fields: &[(FieldType, usize)], came: Came) {
        self.last = entry.at;
        self.numbers.1 = entry.seq;
        self.packets += 1;
        self.copies = came.copies;
        match came.repair {
            Some(Repair::Secondary) => self.repaired.0 += 1,
            Some(Repair::Parity) => self.repaired.1 += 1,
            None => {}
        }
        for (field, octets) in fields {
            self.octets += octets;
            if !self.fields.contains(field) {
                self.fields.push(*field);
            }
        }
    }

    fn line(self) -> Line {
        let mut how = Vec::new();
        let what = match (self.kind, &self.frames[..]) {
            (DataType::V21, [frame]) => {
                how.push(frame.ending.word().to_owned());
                told(frame)
            }
            (_, []) => {
                let data = [FieldType::HdlcData, FieldType::NonEcmData];
                let named = self.fields.iter().map(|field| field.name());
                let ends: Vec<_> = self
                    .fields
                    .iter()
                    .filter(|field| !data.contains(field))
                    .map(|field| field.name())
                    .collect();
                if self.packets > 1 && !ends.is_empty() && ends.len() < self.fields.len() {
                    how.push(format!("ended by {}", ends.join(" and ")));
                    self.kind.name().to_owned()
                } else {
                    format!("{} {}", self.kind.name(), named.collect::<Vec<_>>().join(" + "))
                }
            }
            (kind, frames) => {
                how.push(ecm(frames));
                format!("{} {}", kind.name(), count(frames.len(), "frame"))
            }
        };
        if self.packets == 1 {
            if self.octets > 0 {
                how.push(count(self.octets, "octet"));
            }
            if self.copies > 1 {
                how.push(format!("{} copies", self.copies));
            }
        } else {
            let span = seconds(self.last.since(self.at).micros());
            how.push(format!("{} in {} packets, {span} s", count(self.octets, "octet"), self.packets));
        }
        repaired(self.repaired, &mut how);
        Line {
            at: self.at,
            direction: self.direction,
            numbers: numbers(self.numbers),
            what,
            how: how.join(", "),
        }
    }
}

/// Frames of a page: which came well, and which did not.
fn ecm(frames: &[Frame]) -> String {
    let good = |frame: &&Frame| frame.ending == Ending::Good;
    let numbers: Vec<_> = frames.iter().filter(good).filter_map(|frame| frame.ecm).collect();
    let mut told = Vec::new();
    if !numbers.is_empty() {
        told.push(format!("FCD {}", ranges(&numbers)));
    }
    let mut rest: Vec<(String, usize)> = Vec::new();
    for frame in frames.iter().filter(|frame| !(good(frame) && frame.ecm.is_some())) {
        let name = match frame.ending {
            Ending::Good => frame.name.clone(),
            ending => format!("{} ({})", frame.name, ending.word()),
        };
        match rest.iter_mut().find(|(known, _)| *known == name) {
            Some((_, count)) => *count += 1,
            None => rest.push((name, 1)),
        }
    }
    told.extend(
        rest.into_iter().map(|(name, count)| if count > 1 { format!("{count} {name}") } else { name }),
    );
    told.join(", ")
}

/// Numbers that follow each other as `0-19`.
fn ranges(numbers: &[u8]) -> String {
    let mut ranges: Vec<(u8, u8)> = Vec::new();
    for number in numbers {
        match ranges.last_mut() {
            Some((_, to)) if to.checked_add(1) == Some(*number) => *to = *number,
            _ => ranges.push((*number, *number)),
        }
    }
    let range = |(from, to): &(u8, u8)| if from == to { from.to_string() } else { format!("{from}-{to}") };
    ranges.iter().map(range).collect::<Vec<_>>().join(" ")
}

fn told(frame: &Frame) -> String {
    let parts = [Some(&frame.name), frame.gist.as_ref(), frame.content.as_ref()];
    parts.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join("  ")
}

fn lone_frame(entry: &Entry, frame: &Frame) -> Line {
    let how = format!("{}, {}", frame.ending.word(), count(frame.octets, "octet"));
    let numbers = numbers((entry.seq, entry.seq));
    Line { at: entry.at, direction: entry.direction, numbers, what: told(frame), how }
}

fn single(entry: &Entry) -> Line {
    let mut how = Vec::new();
    let mut last = entry.seq;
    let what = match &entry.what {
        What::Indicator { indicator, came } => {
            if came.copies > 1 {
                how.push(format!("{} copies", came.copies));
            }
            let by = |kind| u32::from(came.repair == Some(kind));
            repaired((by(Repair::Secondary), by(Repair::Parity)), &mut how);
            indicator.name().to_owned()
        }
        What::Missing { packets: Some(packets) } => {
            last = entry.seq.map(|seq| seq.plus(packets.saturating_sub(1)));
            format!("LOST {}", count(usize::from(*packets), "packet"))
        }
        What::Missing { packets: None } => "LOST, nobody knows how much".to_owned(),
        What::Unreadable(why) => {
            how.push(why.to_string());
            "UNREADABLE".to_owned()
        }
        What::Description(text) => text.clone(),
        What::Data { .. } | What::Frame(_) => String::new(),
    };
    let numbers = numbers((entry.seq, last));
    Line { at: entry.at, direction: entry.direction, numbers, what, how: how.join(", ") }
}

fn repaired((by_secondary, by_parity): (u32, u32), how: &mut Vec<String>) {
    if by_secondary > 0 {
        how.push(format!("{by_secondary} REPAIRED by secondary"));
    }
    if by_parity > 0 {
        how.push(format!("{by_parity} REPAIRED by parity"));
    }
}

fn numbers(numbers: (Option<Seq>, Option<Seq>)) -> String {
    match numbers {
        (Some(first), Some(last)) if first == last => first.0.to_string(),
        (Some(first), Some(last)) => format!("{}-{}", first.0, last.0),
        _ => String::new(),
    }
}

fn count(count: usize, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}

fn seconds(micros: u64) -> String {
    format!("{}.{:03}", micros / 1_000_000, micros / 1000 % 1000)
}

fn totals(stream: &Stream, out: &mut impl Write) -> Result<()> {
    writeln!(out)?;
    writeln!(out, "  {:<34} {:>12} {:>12}", "in all", "A>B", "B>A")?;
    let mut row = |name: &str, of: &dyn Fn(&Totals) -> String| -> Result<()> {
        let [a, b] = [&stream.totals[0], &stream.totals[1]].map(of);
        let is_empty = |text: &str| matches!(text, "" | "0");
        if is_empty(&a) && is_empty(&b) {
            return Ok(());
        }
        writeln!(out, "{}", format!("  {name:<34} {a:>12} {b:>12}").trim_end())
    };
    row("datagrams", &|t| t.datagrams.to_string())?;
    row("octets", &|t| t.octets.to_string())?;
    row("longest datagram", &|t| t.longest.to_string())?;
    row("packets (IFP)", &|t| t.packets.to_string())?;
    row("syntax", &|t| if t.packets > 0 { t.syntax.to_owned() } else { String::new() })?;
    row("first number", &|t| t.first.map_or(String::new(), |seq| format!("#{}", seq.0)))?;
    row("most secondaries", &|t| t.secondaries.to_string())?;
    row("most rows of parity", &|t| t.rows.to_string())?;
    row("LOST", &|t| t.lost.to_string())?;
    row("repaired by secondary", &|t| t.by_secondary.to_string())?;
    row("repaired by parity", &|t| t.by_parity.to_string())?;
    row("reordered", &|t| t.reordered.to_string())?;
    row("too late", &|t| t.late.to_string())?;
    row("duplicates", &|t| t.duplicates.to_string())?;
    let millis = |micros: u64| format!("{}.{} ms", micros / 1000, micros / 100 % 10);
    row("image packets apart, median", &|t| t.spacing.map_or(String::new(), |s| millis(s.median)))?;
    row("image packets apart, 95 of 100", &|t| t.spacing.map_or(String::new(), |s| millis(s.p95)))?;
    row("image packets apart, most", &|t| t.spacing.map_or(String::new(), |s| millis(s.max)))?;
    for ending in [Ending::Good, Ending::Bad, Ending::Holed, Ending::Unfinished] {
        let word = ending.word();
        row(&format!("frames {word}"), &|t| t.frames.get(word).map_or(String::new(), u32::to_string))?;
    }
    let mut reasons: Vec<_> = stream.totals.iter().flat_map(|totals| totals.refused.keys()).collect();
    reasons.sort_unstable();
    reasons.dedup();
    for reason in reasons {
        let counts = stream.totals.each_ref().map(|totals| totals.refused.get(reason).copied().unwrap_or(0));
        writeln!(out, "  not taken: {reason}: {} and {}", counts[0], counts[1])?;
    }
    for (direction, totals) in Direction::BOTH.into_iter().zip(&stream.totals) {
        for (id, oddity) in &totals.oddities {
            let first = seconds(oddity.first.micros());
            writeln!(
                out,
                "  odd: {direction} {id:<6} {} ({} times, first at {first})",
                oddity.text, oddity.count
            )?;
        }
    }
    Ok(())
}
