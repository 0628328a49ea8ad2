//! The records of calls: written by one thread, so that no call waits for a disk.
//!
//! Each call is in the journal while it is on, in a file of JSON Lines and in the index when it is over. When the
//! disk is full or gone, calls go on: records wait in memory, up to a limit, and an alarm counts; captures stop first.
//!
//! Always: a call that was opened gets a record, also if the program is killed: the next one writes it, with the cause
//! `process_restart`.

pub mod entry;
pub mod fold;
mod index;
mod journal;
mod lines;
#[cfg(test)]
pub(crate) mod testing;
pub mod text;
mod writer;

pub use entry::Entry;
pub use index::{Index, Query};
pub use journal::Mark;

use crate::config::Records;
use core::sync::atomic::{AtomicU64, Ordering};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use tokio::sync::oneshot;
use writer::{Task, Writer};

/// Tasks that wait for the writer.
const QUEUE: usize = 1024;

/// Where records go. Clones write to the same place.
#[derive(Clone, Debug)]
pub struct Ledger {
    tasks: SyncSender<Task>,
    alarms: Arc<Alarms>,
    directory: Arc<PathBuf>,
}

/// What went wrong with records: counts that only grow, and whether it does now.
#[derive(Debug, Default)]
pub struct Alarms {
    /// Writes that failed.
    pub failed: AtomicU64,
    /// Records that are in no file, and never will be.
    pub dropped: AtomicU64,
    /// Records that wait for the disk.
    pub waiting: AtomicU64,
}

impl Alarms {
    /// Whether records reach the disk.
    pub fn are_silent(&self) -> bool {
        self.waiting.load(Ordering::Relaxed) == 0
    }

    fn up(count: &AtomicU64) {
        count.fetch_add(1, Ordering::Relaxed);
    }
}

/// The thread that writes.
#[derive(Debug)]
pub struct Scribe {
    thread: JoinHandle<()>,
    tasks: SyncSender<Task>,
}

impl Ledger {
    /// Opens the records of a directory; gives the calls that the last program lost, which now have their records.
    ///
    /// # Errors
    /// The directory cannot be made or written.
    pub fn open(records: &Records) -> io::Result<(Self, Scribe, Vec<Entry>)> {
        let directory = records.directory();
        std::fs::create_dir_all(&directory)?;
        let alarms = Arc::new(Alarms::default());
        let (writer, lost) = Writer::open(&directory, records, alarms.clone())?;
        let (tasks, todo) = sync_channel(QUEUE);
        let thread = std::thread::Builder::new().name("records".into()).spawn(move || writer.run(&todo))?;
        let scribe = Scribe { thread, tasks: tasks.clone() };
        Ok((Self { tasks, alarms, directory: Arc::new(directory) }, scribe, lost))
    }

    /// A call begins. Ready when the journal has it; the call may go on without waiting.
    pub fn begin(&self, entry: Entry) -> oneshot::Receiver<()> {
        let (written, receiver) = oneshot::channel();
        self.send(Task::Begin(Box::new(entry), written));
        receiver
    }

    /// Something changed on a call that is on.
    pub fn mark(&self, mark: Mark) {
        self.send(Task::Mark(mark));
    }

    /// A call is over.
    pub fn close(&self, entry: Entry) {
        self.send(Task::Close(Box::new(entry)));
    }

    /// What went wrong so far.
    pub fn alarms(&self) -> &Alarms {
        &self.alarms
    }

    /// Where records are.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    fn send(&self, task: Task) {
        match self.tasks.try_send(task) {
            Ok(()) => {}
            Err(TrySendError::Full(task) | TrySendError::Disconnected(task)) => {
                Alarms::up(&self.alarms.failed);
                if let Task::Close(entry) = task {
                    // The log is then the only place that has it.
                    Alarms::up(&self.alarms.dropped);
                    tracing::error!(target: "faxgw::records", "no room for the record: {}", entry.summary());
                }
            }
        }
    }
}

impl Scribe {
    /// Writes all that waits, and ends.
    pub fn finish(self) {
        // Waits for room, as nothing is on any more.
        _ = self.tasks.send(Task::Stop);
        _ = self.thread.join();
    }
}

#[cfg(test)]
mod tests;
