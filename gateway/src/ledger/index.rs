//! Records by time, place and cause: an index in SQLite, which anybody may read while the gateway writes.
//!
//! From: SQLite's write-ahead log: readers do not wait for the writer, nor it for them.

use super::entry::Entry;
use crate::clock::Utc;
use rusqlite::{Connection, OpenFlags, params};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The index of a directory of records.
#[derive(Debug)]
pub struct Index {
    connection: Connection,
}

/// What is looked for. The default is everything.
#[derive(Clone, Debug, Default)]
pub struct Query {
    /// Not before.
    pub since: Option<Utc>,
    /// Of this cause.
    pub cause: Option<String>,
    /// From or to this trunk or ata.
    pub trunk: Option<String>,
    /// At most so many, the latest.
    pub limit: u32,
}

const FILE: &str = "calls.sqlite";
const SCHEMA: &str = "
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = NORMAL;
    PRAGMA secure_delete = ON;
    CREATE TABLE IF NOT EXISTS calls (
        id TEXT PRIMARY KEY, began INTEGER NOT NULL, ended INTEGER NOT NULL,
        origin TEXT NOT NULL, target TEXT NOT NULL, route TEXT NOT NULL,
        mode TEXT NOT NULL, cause TEXT NOT NULL, pages INTEGER NOT NULL, entry TEXT NOT NULL
    ) STRICT;
    CREATE INDEX IF NOT EXISTS calls_began ON calls (began);
    CREATE INDEX IF NOT EXISTS calls_cause ON calls (cause, began);
    CREATE TABLE IF NOT EXISTS forget (id TEXT PRIMARY KEY) STRICT;
";

impl Index {
    /// Opens the index of a directory to write to it; says whether it is new.
    pub(super) fn open(directory: &Path) -> rusqlite::Result<(Self, bool)> {
        let path = directory.join(FILE);
        let new = !path.exists();
        let connection = Connection::open(path)?;
        connection.busy_timeout(Duration::from_secs(2))?;
        connection.execute_batch(SCHEMA)?;
        Ok((Self { connection }, new))
    }

    /// Opens it to read.
    ///
    /// # Errors
    /// There is none, or it is none.
    pub fn read(directory: &Path) -> rusqlite::Result<Self> {
        let connection = Connection::open_with_flags(directory.join(FILE), OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        connection.busy_timeout(Duration::from_secs(2))?;
        Ok(Self { connection })
    }

    /// Asks whoever writes to delete a call everywhere.
    ///
    /// # Errors
    /// The index cannot be written.
    pub fn ask_to_forget(directory: &Path, id: &str) -> rusqlite::Result<()> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE;
        let connection = Connection::open_with_flags(directory.join(FILE), flags)?;
        connection.busy_timeout(Duration::from_secs(2))?;
        connection.execute("INSERT OR IGNORE INTO forget (id) VALUES (?1)", [id]).map(drop)
    }

    pub(super) fn put(&self, entry: &Entry) -> rusqlite::Result<()> {
        let text = serde_json::to_string(entry).unwrap_or_default();
        let (began, ended) = (integer(entry.began.0), integer(entry.ended.0));
        let mut put = self
            .connection
            .prepare("INSERT OR REPLACE INTO calls VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)")?;
        let Entry { id, from, to, route, mode_used, cause, .. } = entry;
        put.execute(params![id, began, ended, from, to, route, mode_used, cause, entry.pages(), text])
            .map(drop)
    }

    pub(super) fn has(&self, id: &str) -> rusqlite::Result<bool> {
        self.connection.prepare("SELECT 1 FROM calls WHERE id = ?1")?.exists([id])
    }

    /// When the latest call began.
    pub(super) fn newest(&self) -> rusqlite::Result<Utc> {
        let newest = |row: &rusqlite::Row<'_>| row.get::<_, Option<i64>>(0);
        let began = self.connection.query_row("SELECT max(began) FROM calls", [], newest)?;
        Ok(Utc(began.and_then(|began| u64::try_from(began).ok()).unwrap_or(0)))
    }

    /// The calls that were asked to be forgotten.
    pub(super) fn to_forget(&self) -> rusqlite::Result<Vec<String>> {
        self.connection.prepare("SELECT id FROM forget")?.query_map([], |row| row.get(0))?.collect()
    }

    pub(super) fn forget(&self, ids: &[String]) -> rusqlite::Result<()> {
        for id in ids {
            self.connection.execute("DELETE FROM calls WHERE id = ?1", [id])?;
            self.connection.execute("DELETE FROM forget WHERE id = ?1", [id])?;
        }
        // The log of writes holds what was deleted until it is folded into the index.
        self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
    }

    /// Deletes calls that ended before this, and says how many.
    pub(super) fn purge(&self, before: Utc) -> rusqlite::Result<usize> {
        self.connection.execute("DELETE FROM calls WHERE ended < ?1", [integer(before.0)])
    }

    /// Calls, the latest first.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn find(&self, query: &Query) -> rusqlite::Result<Vec<Entry>> {
        let mut find = self.connection.prepare(
            "SELECT entry FROM calls WHERE began >= ?1 AND (?2 IS NULL OR cause = ?2)
             AND (?3 IS NULL OR origin = ?3 OR target = ?3) ORDER BY began DESC, id DESC LIMIT ?4",
        )?;
        let since = query.since.map_or(0, |since| integer(since.0));
        let limit = if query.limit == 0 { 50 } else { query.limit };
        let rows =
            find.query_map(params![since, query.cause, query.trunk, limit], |row| row.get::<_, String>(0))?;
        // What a newer program wrote and this one cannot read is passed over.
        rows.map(|row| row.map(|text| serde_json::from_str(&text).ok()))
            .filter_map(Result::transpose)
            .collect()
    }

    /// Calls whose id begins so, at most two.
    ///
    /// # Errors
    /// The index cannot be read.
    pub fn named(&self, beginning: &str) -> rusqlite::Result<Vec<Entry>> {
        let mut find = self.connection.prepare(
            "SELECT entry FROM calls WHERE substr(id, 1, length(?1)) = ?1 ORDER BY id DESC LIMIT 2",
        )?;
        let rows = find.query_map([beginning], |row| row.get::<_, String>(0))?;
        rows.map(|row| row.map(|text| serde_json::from_str(&text).ok()))
            .filter_map(Result::transpose)
            .collect()
    }

    /// Where it is.
    pub fn path(directory: &Path) -> PathBuf {
        directory.join(FILE)
    }
}

/// SQLite knows signed numbers only.
fn integer(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::testing::Scratch;

    #[test]
    fn calls_are_found_by_time_place_and_cause_the_latest_first() {
        let scratch = Scratch::new("index");
        let (index, new) = Index::open(&scratch.0).unwrap();
        assert!(new);
        for (number, cause) in ["completed", "no_route", "completed"].into_iter().enumerate() {
            let mut entry = Entry::begin(format!("{number}x"), Utc(number as u64 * 1000));
            entry.cause = cause.into();
            entry.from = if number == 0 { "a".into() } else { "b".into() };
            index.put(&entry).unwrap();
            index.put(&entry).unwrap(); // again is the same
        }
        let reader = Index::read(&scratch.0).unwrap();
        let ids =
            |query: &Query| reader.find(query).unwrap().into_iter().map(|entry| entry.id).collect::<Vec<_>>();
        assert_eq!(ids(&Query::default()), ["2x", "1x", "0x"]);
        assert_eq!(ids(&Query { cause: Some("completed".into()), ..Query::default() }), ["2x", "0x"]);
        assert_eq!(ids(&Query { trunk: Some("b".into()), limit: 1, ..Query::default() }), ["2x"]);
        assert_eq!(ids(&Query { since: Some(Utc(1000)), ..Query::default() }), ["2x", "1x"]);
        assert_eq!(reader.named("1").unwrap()[0].id, "1x");
        Index::ask_to_forget(&scratch.0, "1x").unwrap();
        index.forget(&index.to_forget().unwrap()).unwrap();
        assert_eq!(ids(&Query::default()), ["2x", "0x"]);
        assert_eq!(index.purge(Utc(u64::MAX)).unwrap(), 2);
    }
}
