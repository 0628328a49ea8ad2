//! Which calls are on: so that the next program can say what the last one carried when it died.
//!
//! Lines of JSON, each whole or not there. A call is opened before anybody is called for it, marked when its mode or
//! its pages change, and closed after its record is written.
//!
//! Always: at most two lines are kept for an open call when the file is made anew.

use super::entry::Entry;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The journal of open calls.
#[derive(Debug)]
pub(super) struct Journal {
    path: PathBuf,
    file: File,
    lines: usize,
    open: BTreeMap<String, Entry>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line<E> {
    Open(E),
    Mark(Mark),
    Close(String),
}

/// What changed on a call that is on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// Which call.
    pub id: String,
    /// Milliseconds since it began.
    pub at_ms: u64,
    /// Its mode by now.
    pub mode: String,
    /// The target that it went to.
    pub to: String,
    /// Pages confirmed by now.
    pub pages: u32,
}

/// The file is made anew after so many lines.
const LONGEST: usize = 4096;

impl Journal {
    /// Opens the journal of a directory; gives the calls that nobody closed.
    pub(super) fn open(directory: &Path) -> io::Result<(Self, Vec<Entry>)> {
        let path = directory.join("open-calls.jsonl");
        let lost = match std::fs::read(&path) {
            Ok(octets) => unclosed(&octets),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(error),
        };
        let file = OpenOptions::new().create(true).append(true).open(&path)?;
        let mut journal = Self { path, file, lines: LONGEST, open: BTreeMap::new() };
        journal.open = lost.iter().map(|entry| (entry.id.clone(), entry.clone())).collect();
        Ok((journal, lost))
    }

    /// A call begins.
    pub(super) fn begin(&mut self, entry: &Entry) -> io::Result<()> {
        self.open.insert(entry.id.clone(), entry.clone());
        self.write(&Line::Open(entry))
    }

    /// Something of it changed.
    pub(super) fn mark(&mut self, mark: &Mark) -> io::Result<()> {
        if let Some(entry) = self.open.get_mut(&mark.id) {
            apply(entry, mark);
            return self.write::<&Entry>(&Line::Mark(mark.clone()));
        }
        Ok(())
    }

    /// Its record is written.
    pub(super) fn close(&mut self, id: &str) -> io::Result<()> {
        self.open.remove(id);
        self.write::<&Entry>(&Line::Close(id.into()))
    }

    fn write<E: Serialize>(&mut self, line: &Line<E>) -> io::Result<()> {
        if self.lines >= LONGEST {
            return self.renew();
        }
        self.lines += 1;
        let mut octets = serde_json::to_vec(line)?;
        octets.push(b'\n');
        let written = self.file.write_all(&octets);
        if written.is_err() {
            // Of this line there may be a part: nothing may follow it, and what it says is not there.
            self.lines = LONGEST;
        }
        written
    }

    /// Writes what is open into a new file and puts it in the place of the old one.
    pub(super) fn renew(&mut self) -> io::Result<()> {
        let fresh = self.path.with_extension("new");
        let renewed = self.replace(&fresh);
        if renewed.is_err() {
            // It would hold room that records need.
            _ = std::fs::remove_file(&fresh);
        }
        renewed
    }

    fn replace(&mut self, fresh: &Path) -> io::Result<()> {
        let mut octets = Vec::new();
        for entry in self.open.values() {
            serde_json::to_writer(&mut octets, &Line::Open(entry))?;
            octets.push(b'\n');
        }
        std::fs::write(fresh, &octets)?;
        std::fs::rename(fresh, &self.path)?;
        self.file = OpenOptions::new().append(true).open(&self.path)?;
        self.lines = self.open.len();
        Ok(())
    }
}

fn unclosed(octets: &[u8]) -> Vec<Entry> {
    let mut open: BTreeMap<String, Entry> = BTreeMap::new();
    for line in octets.split(|octet| *octet == b'\n') {
        // A line that was cut by the end of the program is the last, and says nothing that counts.
        match serde_json::from_slice(line) {
            Ok(Line::Open(entry)) => _ = open.insert(Entry::id_of(&entry), entry),
            Ok(Line::Mark(mark)) => open.get_mut(&mark.id).into_iter().for_each(|entry| apply(entry, &mark)),
            Ok(Line::Close(id)) => _ = open.remove(&id),
            Err(_) => {}
        }
    }
    open.into_values().collect()
}

fn apply(entry: &mut Entry, mark: &Mark) {
    let Mark { at_ms, mode, to, pages, .. } = mark;
    entry.mode_used.clone_from(mode);
    entry.to.clone_from(to);
    entry.ended = entry.began.plus_millis(*at_ms);
    if *pages > 0 {
        entry.fax.get_or_insert_default().pages = *pages;
    }
    entry.note(*at_ms, "-", format!("{mode}, pages confirmed: {pages}"));
}

impl Entry {
    fn id_of(&self) -> String {
        self.id.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Utc;
    use crate::ledger::testing::Scratch;

    fn entry(id: &str) -> Entry {
        Entry::begin(id.into(), Utc(1000))
    }

    fn lost(directory: &Path) -> Vec<String> {
        Journal::open(directory).unwrap().1.into_iter().map(|entry| entry.id).collect()
    }

    #[test]
    fn calls_that_nobody_closed_are_found_again_wherever_the_program_died() {
        let scratch = Scratch::new("journal");
        let (mut journal, none) = Journal::open(&scratch.0).unwrap();
        assert!(none.is_empty());
        journal.begin(&entry("a")).unwrap();
        journal.begin(&entry("b")).unwrap();
        journal
            .mark(&Mark { id: "b".into(), at_ms: 500, mode: "t38".into(), pages: 2, ..Mark::default() })
            .unwrap();
        journal.close("a").unwrap();
        drop(journal);
        let (_, found) = Journal::open(&scratch.0).unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].id.as_str(), found[0].mode_used.as_str(), found[0].pages()), ("b", "t38", 2));
        assert_eq!(found[0].ended, Utc(1500));
    }

    #[test]
    fn a_line_that_was_cut_hides_nothing_before_it() {
        let scratch = Scratch::new("journal-cut");
        let path = scratch.0.join("open-calls.jsonl");
        let (mut journal, _) = Journal::open(&scratch.0).unwrap();
        journal.begin(&entry("a")).unwrap();
        let before = std::fs::metadata(&path).unwrap().len();
        journal.begin(&entry("b")).unwrap();
        drop(journal);
        let whole = std::fs::read(&path).unwrap();
        for cut in before..whole.len() as u64 - 1 {
            std::fs::write(&path, &whole[..usize::try_from(cut).unwrap()]).unwrap();
            assert_eq!(lost(&scratch.0), ["a"], "cut at {cut}");
        }
    }

    /// `/dev/full` answers every write as a full disk does.
    #[test]
    fn what_a_full_disk_did_not_take_is_in_the_journal_once_there_is_room() {
        let scratch = Scratch::new("journal-full");
        let (mut journal, _) = Journal::open(&scratch.0).unwrap();
        journal.begin(&entry("a")).unwrap();
        journal.file = OpenOptions::new().append(true).open("/dev/full").unwrap();
        assert!(journal.begin(&entry("b")).is_err());
        // The disk has taken a part of that line.
        OpenOptions::new().append(true).open(&journal.path).unwrap().write_all(b"{\"open\":").unwrap();
        journal.file = OpenOptions::new().append(true).open(&journal.path).unwrap();
        journal.begin(&entry("c")).unwrap();
        drop(journal);
        assert_eq!(lost(&scratch.0), ["a", "b", "c"]);
    }

    #[test]
    fn the_file_does_not_grow_with_the_calls_that_are_over() {
        let scratch = Scratch::new("journal-long");
        let (mut journal, _) = Journal::open(&scratch.0).unwrap();
        journal.begin(&entry("stays")).unwrap();
        for number in 0..LONGEST {
            let id = format!("{number}");
            journal.begin(&entry(&id)).unwrap();
            journal.close(&id).unwrap();
        }
        let lines = std::fs::read(&journal.path).unwrap().split(|octet| *octet == b'\n').count();
        assert!(lines <= LONGEST + 1, "{lines}");
        assert_eq!(lost(&scratch.0), ["stays"]);
    }
}
