//! A timeline for programs: one object a line, every packet, then the totals of each direction.

use super::timeline::{Came, Direction, Entry, Spacing, Timeline, Totals, What};
use fax_t38::event::Repair;
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::{Result, Write};

/// One line. What does not apply is left out.
#[derive(Debug, Default, Serialize)]
struct Row<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    /// Seconds since the first packet of the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<f64>,
    /// Counted from 1.
    stream: usize,
    direction: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    seq: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fields: Option<Vec<Field>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    copies: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    repaired_by: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    packets: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    octets: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ending: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gist: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

#[derive(Debug, Serialize)]
struct Field {
    name: &'static str,
    octets: usize,
}

#[derive(Debug, Serialize)]
struct TotalsRow<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    stream: usize,
    direction: &'static str,
    carrier: &'static str,
    from: String,
    to: String,
    syntax: &'static str,
    datagrams: u64,
    octets: u64,
    packets: u64,
    lost: u32,
    repaired_by_secondary: u32,
    repaired_by_parity: u32,
    reordered: u32,
    late: u32,
    duplicates: u32,
    most_secondaries: usize,
    most_parity_rows: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    spacing_us: Option<SpacingRow>,
    refused: &'a BTreeMap<String, u32>,
    frames: &'a BTreeMap<&'static str, u32>,
    oddities: BTreeMap<&'static str, u32>,
}

#[derive(Debug, Serialize)]
struct SpacingRow {
    median: u64,
    p95: u64,
    max: u64,
}

/// Writes every entry, then the totals.
///
/// # Errors
/// Those of `out`.
pub fn write(timeline: &Timeline, out: &mut impl Write) -> Result<()> {
    for entry in &timeline.entries {
        serde_json::to_writer(&mut *out, &row(entry))?;
        writeln!(out)?;
    }
    for (place, stream) in timeline.streams.iter().enumerate() {
        let [a, b] = stream.ends;
        let ways = [(Direction::AtoB, a, b), (Direction::BtoA, b, a)];
        for ((direction, from, to), totals) in ways.into_iter().zip(&stream.totals) {
            let row = TotalsRow {
                kind: "totals",
                stream: place + 1,
                direction: name(direction),
                carrier: stream.carrier,
                from: from.to_string(),
                to: to.to_string(),
                ..totals_row(totals)
            };
            serde_json::to_writer(&mut *out, &row)?;
            writeln!(out)?;
        }
    }
    Ok(())
}

const fn name(direction: Direction) -> &'static str {
    match direction {
        Direction::AtoB => "A>B",
        Direction::BtoA => "B>A",
    }
}

fn totals_row(totals: &Totals) -> TotalsRow<'_> {
    let spacing = |Spacing { median, p95, max }| SpacingRow { median, p95, max };
    TotalsRow {
        kind: "totals",
        stream: 0,
        direction: "",
        carrier: "",
        from: String::new(),
        to: String::new(),
        syntax: totals.syntax,
        datagrams: totals.datagrams,
        octets: totals.octets,
        packets: totals.packets,
        lost: totals.lost,
        repaired_by_secondary: totals.by_secondary,
        repaired_by_parity: totals.by_parity,
        reordered: totals.reordered,
        late: totals.late,
        duplicates: totals.duplicates,
        most_secondaries: totals.secondaries,
        most_parity_rows: totals.rows,
        spacing_us: totals.spacing.map(spacing),
        refused: &totals.refused,
        frames: &totals.frames,
        oddities: totals.oddities.iter().map(|(id, oddity)| (*id, oddity.count)).collect(),
    }
}

fn row(entry: &Entry) -> Row<'_> {
    let base = Row {
        at: Some(entry.at.seconds()),
        stream: entry.stream + 1,
        direction: name(entry.direction),
        seq: entry.seq.map(|seq| seq.0),
        ..Row::default()
    };
    let came = |came: &Came| (Some(came.copies), came.repair.map(repair));
    match &entry.what {
        What::Indicator { indicator, came: how } => {
            let (copies, repaired_by) = came(how);
            Row { kind: "indicator", name: Some(indicator.name()), copies, repaired_by, ..base }
        }
        What::Data { kind, fields, came: how } => {
            let (copies, repaired_by) = came(how);
            let fields =
                fields.iter().map(|(field, octets)| Field { name: field.name(), octets: *octets }).collect();
            Row { kind: "data", name: Some(kind.name()), fields: Some(fields), copies, repaired_by, ..base }
        }
        What::Frame(frame) => Row {
            kind: "frame",
            name: Some(&frame.name),
            octets: Some(frame.octets),
            ending: Some(frame.ending.word()),
            gist: frame.gist.as_deref(),
            content: frame.content.as_deref(),
            ..base
        },
        What::Missing { packets } => Row { kind: "lost", packets: *packets, ..base },
        What::Unreadable(why) => Row { kind: "unreadable", reason: Some(why.to_string()), ..base },
        What::Description(text) => Row { kind: "sdp", reason: None, gist: Some(text), ..base },
    }
}

const fn repair(repair: Repair) -> &'static str {
    match repair {
        Repair::Secondary => "secondary",
        Repair::Parity => "parity",
    }
}
