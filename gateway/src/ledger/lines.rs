//! Records as lines of JSON, in files that are begun anew when they are long.
//!
//! The file that is written is `calls.jsonl`; older ones have the time of their end in their name. A line is the truth
//! about a call; the index is made of lines.

use super::entry::Entry;
use crate::clock::Utc;
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

#[derive(Debug)]
pub(super) struct Lines {
    directory: PathBuf,
    file: File,
    /// Octets of whole lines.
    length: u64,
    /// The last write failed within a line: there may be a part of it behind the whole ones.
    torn: bool,
}

const CURRENT: &str = "calls.jsonl";

impl Lines {
    pub(super) fn open(directory: &Path) -> io::Result<Self> {
        let path = directory.join(CURRENT);
        let mut file = append(&path)?;
        let end = file.metadata()?.len();
        let torn = end > 0 && file.seek(SeekFrom::End(-1)).is_ok() && last_octet(&mut file) != Some(b'\n');
        let length = if torn { whole_lines(&std::fs::read(&path)?) } else { end };
        let mut lines = Self { directory: directory.to_owned(), file, length, torn };
        // Whoever was killed within a line had not closed its call in the journal: its record comes again.
        lines.mend()?;
        Ok(lines)
    }

    /// Writes a record; when the file is longer than `limit` octets, the next begins a new one.
    pub(super) fn append(&mut self, entry: &Entry, limit: u64) -> io::Result<()> {
        if self.length > limit {
            self.rotate()?;
        }
        self.mend()?;
        let mut octets = Vec::with_capacity(4096);
        serde_json::to_writer(&mut octets, entry)?;
        octets.push(b'\n');
        self.torn = true;
        self.file.write_all(&octets)?;
        self.torn = false;
        self.length += octets.len() as u64;
        Ok(())
    }

    /// Takes a part of a line back.
    fn mend(&mut self) -> io::Result<()> {
        if self.torn {
            self.file.set_len(self.length)?;
            self.torn = false;
        }
        Ok(())
    }

    /// Takes out the lines of calls, wherever they are. Files are replaced whole.
    pub(super) fn forget(&mut self, ids: &[String]) -> io::Result<()> {
        for path in files(&self.directory)? {
            let octets = std::fs::read(&path)?;
            let names = |line: &[u8]| {
                serde_json::from_slice::<Entry>(line).is_ok_and(|entry| ids.contains(&entry.id))
            };
            let lines = || octets.split_inclusive(|octet| *octet == b'\n');
            if lines().any(names) {
                let kept: Vec<u8> = lines().filter(|line| !names(line)).flatten().copied().collect();
                let fresh = path.with_extension("new");
                std::fs::write(&fresh, kept)?;
                std::fs::rename(&fresh, &path)?;
            }
        }
        *self = Self::open(&self.directory)?;
        Ok(())
    }

    /// Deletes files whose last record is older than this, and says how many.
    pub(super) fn purge(&self, before: Utc) -> io::Result<usize> {
        let mut gone = 0;
        for path in files(&self.directory)? {
            if ended(&path).is_some_and(|ended| ended < before) {
                std::fs::remove_file(&path)?;
                gone += 1;
            }
        }
        Ok(gone)
    }

    fn rotate(&mut self) -> io::Result<()> {
        let older = self.directory.join(format!("calls-{}.jsonl", Utc::now().0));
        match std::fs::rename(self.directory.join(CURRENT), older) {
            // Somebody has put it elsewhere, or there was no room for a new one the last time.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            moved => moved?,
        }
        *self = Self::open(&self.directory)?;
        Ok(())
    }
}

/// Hands the records of a directory to `take`, file by file, without files that ended before `since`; lines that are none are
/// passed over.
pub(super) fn each(directory: &Path, since: Utc, mut take: impl FnMut(Entry)) -> io::Result<()> {
    let files = files(directory)?;
    for path in files.into_iter().filter(|path| ended(path).is_none_or(|ended| ended >= since)) {
        for line in BufReader::new(File::open(path)?).split(b'\n') {
            if let Ok(entry) = serde_json::from_slice(&line?) {
                take(entry);
            }
        }
    }
    Ok(())
}

/// When a file was closed; none is known of the one that is written.
fn ended(path: &Path) -> Option<Utc> {
    path.file_stem()?.to_str()?.strip_prefix("calls-")?.parse().ok().map(Utc)
}

/// The files of a directory, the oldest first.
fn files(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(directory)? {
        let path = entry?.path();
        let named = path.file_name().and_then(|name| name.to_str());
        let ours = named.is_some_and(|name| name.starts_with("calls") && name.ends_with(".jsonl"));
        if ours && path.is_file() {
            files.push(path);
        }
    }
    // `calls-…` is before `calls.…`.
    files.sort();
    Ok(files)
}

/// Not readable by others than the group: a record says who faxed when.
fn append(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    OpenOptions::new().create(true).read(true).append(true).mode(0o640).open(path)
}

fn whole_lines(octets: &[u8]) -> u64 {
    octets.iter().rposition(|octet| *octet == b'\n').map_or(0, |at| at as u64 + 1)
}

fn last_octet(file: &mut File) -> Option<u8> {
    let mut octet = [0];
    file.read_exact(&mut octet).ok()?;
    Some(octet[0])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::testing::Scratch;

    fn entry(id: &str) -> Entry {
        Entry::begin(id.into(), Utc(1))
    }

    fn ids(directory: &Path) -> Vec<String> {
        let mut ids = Vec::new();
        each(directory, Utc(0), |entry| ids.push(entry.id)).unwrap();
        ids
    }

    #[test]
    fn long_files_give_way_to_new_ones_and_all_are_read_in_order() {
        let scratch = Scratch::new("lines");
        let mut lines = Lines::open(&scratch.0).unwrap();
        for id in ["a", "b", "c"] {
            lines.append(&entry(id), 10).unwrap();
            std::thread::sleep(std::time::Duration::from_millis(2)); // names differ by milliseconds
        }
        assert_eq!(ids(&scratch.0), ["a", "b", "c"]);
        let files = files(&scratch.0).unwrap();
        assert_eq!(files.len(), 3);
        let mut later = 0;
        each(&scratch.0, Utc(ended(&files[0]).unwrap().0 + 1), |_| later += 1).unwrap();
        assert_eq!(later, 2);
        assert_eq!(lines.purge(Utc(u64::MAX)).unwrap(), 2);
        assert_eq!(ids(&scratch.0), ["c"]);
    }

    #[test]
    fn a_long_file_that_somebody_took_away_gives_way_to_a_new_one_too() {
        let scratch = Scratch::new("lines-moved");
        let mut lines = Lines::open(&scratch.0).unwrap();
        lines.append(&entry("a"), 10).unwrap();
        std::fs::rename(scratch.0.join(CURRENT), scratch.0.join("elsewhere")).unwrap();
        lines.append(&entry("b"), 10).unwrap();
        assert_eq!(ids(&scratch.0), ["b"]);
    }

    #[test]
    fn a_line_that_was_cut_costs_no_other() {
        let scratch = Scratch::new("lines-cut");
        Lines::open(&scratch.0).unwrap().append(&entry("a"), u64::MAX).unwrap();
        let path = scratch.0.join(CURRENT);
        let mut octets = std::fs::read(&path).unwrap();
        octets.extend_from_slice(br#"{"id":"cut"#);
        std::fs::write(&path, octets).unwrap();
        Lines::open(&scratch.0).unwrap().append(&entry("b"), u64::MAX).unwrap();
        assert_eq!(ids(&scratch.0), ["a", "b"]);
    }

    /// Other programs read the file, and know nothing of lines that are none.
    #[test]
    fn a_line_that_was_cut_is_taken_back() {
        let scratch = Scratch::new("lines-torn");
        let path = scratch.0.join(CURRENT);
        let tear = || append(&path).unwrap().write_all(br#"{"id":"cut"#).unwrap();
        let mut lines = Lines::open(&scratch.0).unwrap();
        lines.append(&entry("a"), u64::MAX).unwrap();
        // The disk was full within a line.
        tear();
        lines.torn = true;
        lines.append(&entry("b"), u64::MAX).unwrap();
        // The program was killed within a line.
        tear();
        let mut lines = Lines::open(&scratch.0).unwrap();
        lines.append(&entry("c"), u64::MAX).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let read = text.lines().map(|line| serde_json::from_str::<Entry>(line).unwrap().id);
        assert_eq!(read.collect::<Vec<_>>(), ["a", "b", "c"]);
    }

    #[test]
    fn a_forgotten_call_is_in_no_file() {
        let scratch = Scratch::new("lines-forget");
        let mut lines = Lines::open(&scratch.0).unwrap();
        for id in ["a", "b", "c"] {
            lines.append(&entry(id), u64::MAX).unwrap();
        }
        lines.forget(&["b".into()]).unwrap();
        lines.append(&entry("d"), u64::MAX).unwrap();
        assert_eq!(ids(&scratch.0), ["a", "c", "d"]);
    }
}
