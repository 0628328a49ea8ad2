//! The thread behind the ledger.

use super::Alarms;
use super::entry::{Entry, cause};
use super::index::Index;
use super::journal::{Journal, Mark};
use super::lines::{self, Lines};
use crate::clock::Utc;
use crate::config::Records;
use core::sync::atomic::Ordering;
use std::collections::{BTreeSet, VecDeque};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// What the thread is asked to do.
#[derive(Debug)]
pub(super) enum Task {
    Begin(Box<Entry>, oneshot::Sender<()>),
    Mark(Mark),
    Close(Box<Entry>),
    Stop,
}

#[derive(Debug)]
pub(super) struct Writer {
    directory: PathBuf,
    journal: Journal,
    lines: Lines,
    index: Index,
    alarms: Arc<Alarms>,
    /// Records that no file took yet, the oldest first.
    waiting: VecDeque<Entry>,
    /// Records that are in a file, and not yet in the index. Their calls stay open in the journal, so that the next program
    /// puts them there if this one is killed.
    unindexed: VecDeque<Entry>,
    /// Since when the index lacks records that found no room there.
    lacking: Option<Utc>,
    limit: u64,
    days: u16,
}

/// Records that wait for a disk; the oldest give way.
const WAITING: usize = 1024;
/// How often what failed is tried again, and what was asked to be forgotten is looked for.
const TICK: Duration = Duration::from_secs(5);
/// How long records are still taken after the end.
const LATE: Duration = Duration::from_millis(100);
/// How often old records are looked for.
const PURGE: Duration = Duration::from_secs(3600);

impl Writer {
    pub(super) fn open(
        directory: &Path,
        records: &Records,
        alarms: Arc<Alarms>,
    ) -> io::Result<(Self, Vec<Entry>)> {
        let (journal, open) = Journal::open(directory)?;
        let lines = Lines::open(directory)?;
        let (index, new) = Index::open(directory).map_err(io::Error::other)?;
        let limit = u64::from(records.rotate_mb.max(1)) * 1_000_000;
        let directory = directory.to_owned();
        let mut writer = Self {
            directory,
            journal,
            lines,
            index,
            alarms,
            waiting: VecDeque::new(),
            unindexed: VecDeque::new(),
            lacking: None,
            limit,
            days: records.days,
        };
        let written = writer.catch_up(&open, new)?;
        let lost = writer.write_lost(open, &written);
        Ok((writer, lost))
    }

    /// Puts into the index what it lacks, as when the last program died before it had put a record there, or when it is new.
    /// Gives the open calls that have their record.
    fn catch_up(&mut self, open: &[Entry], new: bool) -> io::Result<BTreeSet<String>> {
        let began = open.iter().map(|entry| entry.began);
        let newest = if new { Utc(0) } else { self.index.newest().map_err(io::Error::other)? };
        let since = began.chain([newest]).min().unwrap_or_default();
        let open: BTreeSet<_> = open.iter().map(|entry| &entry.id).collect();
        let mut written = BTreeSet::new();
        let indexed = self.index_lines(since, |entry| {
            if open.contains(&entry.id) {
                written.insert(entry.id.clone());
            }
        })?;
        if !self.check(indexed) {
            self.lacking = Some(since);
        }
        Ok(written)
    }

    /// Shows the records since a time, and puts those into the index that it lacks, if it can: that is the inner result. Files
    /// that are older are not read: years of records must not hold up a start. The clock may have been set since, by less
    /// than a day.
    fn index_lines(&self, since: Utc, mut take: impl FnMut(&Entry)) -> io::Result<io::Result<()>> {
        let mut indexed = Ok(());
        lines::each(&self.directory, since.days_before(1), |entry| {
            take(&entry);
            if indexed.is_ok() {
                let has = self.index.has(&entry.id);
                indexed = has.and_then(|has| if has { Ok(()) } else { self.index.put(&entry) });
            }
        })?;
        Ok(indexed.map_err(io::Error::other))
    }

    /// Calls that were on when the last program ended. One whose record was already written only lacked its end in
    /// the journal.
    fn write_lost(&mut self, open: Vec<Entry>, written: &BTreeSet<String>) -> Vec<Entry> {
        let mut lost = Vec::new();
        for mut entry in open {
            if written.contains(&entry.id) {
                _ = self.journal.close(&entry.id);
                continue;
            }
            entry.cause = cause::RESTART.into();
            entry.retry = "later".into();
            entry.ended = entry.ended.max(entry.began);
            entry.evidence.push(format!("the program that carried it had ended by {}", Utc::now()));
            lost.push(entry.clone());
            self.close(entry);
        }
        lost
    }

    pub(super) fn run(mut self, todo: &Receiver<Task>) {
        let mut purged = None;
        let mut ticked = Instant::now();
        loop {
            match todo.recv_timeout(TICK) {
                Ok(Task::Stop) | Err(RecvTimeoutError::Disconnected) => break,
                Ok(task) => self.handle(task),
                Err(RecvTimeoutError::Timeout) => {}
            }
            if ticked.elapsed() >= TICK {
                ticked = Instant::now();
                self.retry();
                self.forget();
            }
            if purged.is_none_or(|purged: Instant| purged.elapsed() >= PURGE) {
                purged = Some(Instant::now());
                self.purge();
            }
        }
        // A call that is just over may be a moment behind whoever counted it as over.
        while let Ok(task) = todo.recv_timeout(LATE) {
            self.handle(task);
        }
        self.retry();
    }

    fn handle(&mut self, task: Task) {
        match task {
            Task::Begin(entry, written) => {
                let begun = self.journal.begin(&entry);
                self.check(begun);
                // Nobody waits any more if the call went on without it.
                _ = written.send(());
            }
            Task::Mark(mark) => {
                let marked = self.journal.mark(&mark);
                self.check(marked);
            }
            Task::Close(entry) => self.close(*entry),
            Task::Stop => {}
        }
    }

    pub(super) fn close(&mut self, entry: Entry) {
        if self.waiting.len() + self.unindexed.len() >= WAITING {
            self.give_up_oldest();
        }
        self.waiting.push_back(entry);
        self.retry();
    }

    /// A record that is in the lines comes into the index later, from there; another is lost.
    fn give_up_oldest(&mut self) {
        let written = self.unindexed.pop_front();
        let lost = if written.is_none() { self.waiting.pop_front() } else { None };
        if let Some(written) = &written {
            self.lacking = Some(self.lacking.map_or(written.began, |lacking| lacking.min(written.began)));
        }
        if let Some(lost) = &lost {
            Alarms::up(&self.alarms.dropped);
            // The log is then the only place that has it.
            tracing::error!(target: "faxgw::records", "no room for the record: {}", lost.summary());
        }
        if let Some(given_up) = written.or(lost) {
            _ = self.journal.close(&given_up.id);
        }
    }

    /// Writes what waits, in order, until one fails: first the lines, which are the truth, then the index.
    fn retry(&mut self) {
        while let Some(entry) = self.waiting.front() {
            let appended = self.lines.append(entry, self.limit);
            if !self.check(appended) {
                break;
            }
            self.unindexed.extend(self.waiting.pop_front());
        }
        while let Some(entry) = self.unindexed.front() {
            let indexed = self.index.put(entry).map_err(io::Error::other);
            if !self.check(indexed) {
                break;
            }
            let closed = self.journal.close(&entry.id);
            self.check(closed);
            self.unindexed.pop_front();
        }
        if self.waiting.is_empty() && self.unindexed.is_empty() {
            self.fill_index();
        }
        let waiting = self.waiting.len() + self.unindexed.len();
        self.alarms.waiting.store(waiting as u64, Ordering::Relaxed);
    }

    /// Puts into the index what it lacks of the lines.
    fn fill_index(&mut self) {
        let Some(since) = self.lacking.take() else { return };
        let filled = self.index_lines(since, |_| {}).and_then(|indexed| indexed);
        if !self.check(filled) {
            self.lacking = Some(since);
        }
    }

    /// Deletes what an operator asked to be deleted: lines, the index, captures.
    pub(super) fn forget(&mut self) {
        let Ok(ids) = self.index.to_forget() else { return };
        if ids.is_empty() {
            return;
        }
        for id in &ids {
            for entry in self.index.named(id).unwrap_or_default() {
                let files = entry.capture.iter().map(|file| self.directory.join(file));
                files.for_each(|file| _ = std::fs::remove_file(file));
            }
        }
        let files = self.lines.forget(&ids).and_then(|()| self.journal.renew());
        if self.check(files) {
            let index = self.index.forget(&ids).map_err(io::Error::other);
            if self.check(index) {
                tracing::info!(target: "faxgw::records", "deleted {} calls as asked", ids.len());
            }
        }
    }

    fn purge(&mut self) {
        let before = Utc::now().days_before(self.days);
        let calls = self.index.purge(before).map_err(io::Error::other);
        let files = self.lines.purge(before);
        if let (Ok(calls @ 1..), Ok(files)) = (&calls, &files) {
            tracing::info!(target: "faxgw::records", "deleted {calls} calls and {files} files older than {before}");
        }
        self.check(calls.map(drop));
        self.check(files.map(drop));
    }

    fn check(&self, done: io::Result<()>) -> bool {
        if let Err(error) = &done {
            // Once for each power of two: a full disk must not fill the log as well.
            let failed = self.alarms.failed.fetch_add(1, Ordering::Relaxed) + 1;
            if failed.is_power_of_two() {
                tracing::error!(target: "faxgw::records", failed, "cannot write records: {error}");
            }
        }
        done.is_ok()
    }
}

impl Writer {
    #[cfg(test)]
    pub(super) fn found(&self) -> Vec<Entry> {
        self.index.find(&super::Query::default()).unwrap()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::testing::Scratch;

    fn open(scratch: &Scratch) -> (Writer, Vec<Entry>) {
        let records = Records { dir: Some(scratch.0.clone()), ..Records::default() };
        Writer::open(&scratch.0, &records, Arc::default()).unwrap()
    }

    fn ids(writer: &Writer) -> Vec<String> {
        writer.found().into_iter().rev().map(|entry| entry.id).collect()
    }

    /// An index that is only read refuses every write, as one on a full disk does.
    #[test]
    fn a_record_that_the_index_did_not_take_comes_into_it_once_it_can_be_written() {
        let scratch = Scratch::new("writer-index");
        let (mut writer, _) = open(&scratch);
        writer.index = Index::read(&scratch.0).unwrap();
        for id in ["a", "b"] {
            writer.close(Entry::begin(id.into(), Utc(1)));
        }
        assert_eq!(ids(&writer), [""; 0]);
        assert!(!writer.alarms.are_silent());
        writer.index = Index::open(&scratch.0).unwrap().0;
        writer.retry();
        assert_eq!(ids(&writer), ["a", "b"]);
        assert!(writer.alarms.are_silent());
        let mut lines = 0;
        lines::each(&scratch.0, Utc(0), |_| lines += 1).unwrap();
        assert_eq!(lines, 2);
    }

    #[test]
    fn records_that_wait_have_a_limit_and_those_that_are_in_no_file_are_counted() {
        let scratch = Scratch::new("writer-limit");
        let (mut writer, _) = open(&scratch);
        writer.index = Index::read(&scratch.0).unwrap();
        let close = |writer: &mut Writer, from: usize, to: usize| {
            for number in from..to {
                writer.close(Entry::begin(format!("{number:04}"), Utc(1)));
            }
            let waiting = writer.waiting.len() + writer.unindexed.len();
            (waiting, writer.alarms.dropped.load(Ordering::Relaxed))
        };
        assert_eq!(close(&mut writer, 0, 1100), (WAITING, 0));
        let elsewhere = Scratch::new("writer-limit-full");
        std::os::unix::fs::symlink("/dev/full", elsewhere.0.join("calls.jsonl")).unwrap();
        writer.lines = Lines::open(&elsewhere.0).unwrap();
        assert_eq!(close(&mut writer, 1100, 2200), (WAITING, 76));
        // There is room again.
        writer.lines = Lines::open(&scratch.0).unwrap();
        writer.index = Index::open(&scratch.0).unwrap().0;
        writer.retry();
        let mut in_lines = 0;
        lines::each(&scratch.0, Utc(0), |_| in_lines += 1).unwrap();
        let everything = super::super::Query { limit: 5000, ..Default::default() };
        assert_eq!((in_lines, writer.index.find(&everything).unwrap().len()), (2124, 2124));
    }

    /// A call that was refused was never open.
    #[test]
    fn a_program_that_dies_between_the_lines_and_the_index_leaves_refused_calls_to_the_next() {
        let scratch = Scratch::new("writer-refused");
        let (mut writer, _) = open(&scratch);
        writer.close(Entry::begin("a".into(), Utc(1)));
        writer.lines.append(&Entry::begin("b".into(), Utc(2)), u64::MAX).unwrap();
        drop(writer);
        assert_eq!(ids(&open(&scratch).0), ["a", "b"]);
    }

    #[test]
    fn a_program_that_dies_before_the_index_took_a_record_leaves_that_to_the_next() {
        let scratch = Scratch::new("writer-index-killed");
        let (mut writer, _) = open(&scratch);
        let call = Entry::begin("a".into(), Utc(1));
        writer.handle(Task::Begin(Box::new(call.clone()), oneshot::channel().0));
        writer.index = Index::read(&scratch.0).unwrap();
        writer.close(call);
        drop(writer);
        let (writer, lost) = open(&scratch);
        assert!(lost.is_empty());
        assert_eq!(ids(&writer), ["a"]);
    }
}
