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
    length: u64,
    /// The last write failed within a line.
    torn: bool,
}

const CURRENT: &str = "calls.jsonl";

impl Lines {
    pub(super) fn open(directory: &Path) -> io::Result<Self> {
        let mut file = append(&directory.join(CURRENT))?;
        let length = file.metadata()?.len();
        let torn = length > 0 && file.seek(SeekFrom::End(-1)).is_ok() && last_octet(&mut file) != Some(b'\n');
        Ok(Self { directory: directory.to_owned(), file, length, torn })
    }

    /// Writes a record; when the file is longer than `limit` octets, the next begins a new one.
    pub(super) fn append(&mut self, entry: &Entry, limit: u64) -> io::Result<()> {
        if self.length > limit {
            self.rotate()?;
        }
        let mut octets = Vec::with_capacity(4096);
        if self.torn {
            octets.push(b'\n');
        }
        serde_json::to_writer(&mut octets, entry)?;
        octets.push(b'\n');
        self.torn = true;
        self.file.write_all(&octets)?;
        self.torn = false;
        self.length += octets.len() as u64;
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
            let ended = path.file_stem().and_then(|stem| stem.to_str()?.strip_prefix("calls-")?.parse().ok());
            if ended.is_some_and(|ended| Utc(ended) < before) {
                std::fs::remove_file(&path)?;
                gone += 1;
            }
        }
        Ok(gone)
    }

    fn rotate(&mut self) -> io::Result<()> {
        let older = self.directory.join(format!("calls-{}.jsonl", Utc::now().0));
        std::fs::rename(self.directory.join(CURRENT), older)?;
        *self = Self::open(&self.directory)?;
        Ok(())
    }
}

/// Hands every record of a directory to `take`, file by file; lines that are none are passed over.
pub(super) fn each(directory: &Path, mut take: impl FnMut(Entry)) -> io::Result<()> {
    for path in files(directory)? {
        for line in BufReader::new(File::open(path)?).split(b'\n') {
            if let Ok(entry) = serde_json::from_slice(&line?) {
                take(entry);
            }
        }
    }
    Ok(())
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
        each(directory, |entry| ids.push(entry.id)).unwrap();
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
        assert_eq!(files(&scratch.0).unwrap().len(), 3);
        assert_eq!(lines.purge(Utc(u64::MAX)).unwrap(), 2);
        assert_eq!(ids(&scratch.0), ["c"]);
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
