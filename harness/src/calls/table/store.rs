//! What has been measured: a file with a line of JSON a cell.

use crate::calls::Report;
use serde::{Deserialize, Serialize};
use std::error::Error;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};

/// All lines of the file.
#[derive(Debug)]
pub(super) struct Store {
    path: PathBuf,
    lines: Vec<Line>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Line {
    cell: String,
    #[serde(flatten)]
    report: Report,
}

impl Store {
    /// Reads the file; an empty one where there is none.
    ///
    /// # Errors
    /// When a line is none of ours.
    pub(super) fn open(path: &Path) -> Result<Self, Box<dyn Error>> {
        let text = std::fs::read_to_string(path).unwrap_or_default();
        let lines: Result<Vec<Line>, _> = text.lines().map(serde_json::from_str).collect();
        Ok(Self { path: path.to_owned(), lines: lines? })
    }

    /// What came of so many calls of a cell.
    pub(super) fn report(&self, cell: &str, calls: usize) -> Option<&Report> {
        self.lines
            .iter()
            .find(|line| line.cell == cell && line.report.calls == calls)
            .map(|line| &line.report)
    }

    /// Keeps a cell, in the file too.
    pub(super) fn keep(&mut self, cell: &str, report: Report) -> Result<(), Box<dyn Error>> {
        let line = Line { cell: cell.to_owned(), report };
        if let Some(folder) = self.path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let mut file = OpenOptions::new().create(true).append(true).open(&self.path)?;
        writeln!(file, "{}", serde_json::to_string(&line)?)?;
        self.lines.push(line);
        Ok(())
    }
}
